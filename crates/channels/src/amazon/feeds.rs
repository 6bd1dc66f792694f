//! Feeds: very many quantities handed in as one file (`JSON_LISTINGS_FEED`), worked through by Amazon when it comes to it.
//!
//! Amazon works through the messages of a feed in no order, so no SKU is in one twice; and it may take minutes or hours, so
//! its quantities count as on their way until the processing report is in. `DONE` says that the feed was worked through,
//! not that it was applied: the report tells that message by message.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use stockbridge_domain::channel::{
    BulkState, BulkStockSink, BulkTerms, BulkTicket, ChannelError, Fault, ItemOutcome, ItemResult, Level,
};
use stockbridge_domain::{BoxFut, Sku, Timestamp};

use super::error::clean;
use super::operations::{CREATE_FEED, GET_FEED, PATCH_LISTING};
use super::{AmazonConnection, client, documents, wire};

/// The kind of feed that writes listings.
pub(super) const LISTINGS: &str = "JSON_LISTINGS_FEED";
const JSON: &str = "application/json; charset=UTF-8";

/// Most messages of one feed.
const MOST_MESSAGES: usize = 25_000;
/// From so many waiting quantities on a feed is worth it, unless the account says otherwise.
pub(super) const WORTH_FROM: usize = 5_000;
/// The first look at a feed, and the pauses after.
const FIRST_LOOK: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Amazon's clock and ours may differ by so much when a lost feed is looked for.
const SKEW: Duration = Duration::from_secs(120);

impl BulkStockSink for AmazonConnection {
    fn terms(&self) -> BulkTerms {
        BulkTerms {
            most: MOST_MESSAGES,
            worth_from: self.bulk_from,
            single_rate_micro: PATCH_LISTING.row.operation.bucket.map_or(0, |b| b.rate_micro),
            takes: Duration::from_secs(600),
            takes_at_most: Duration::from_secs(6 * 3_600),
            apart: Duration::from_secs(300),
        }
    }

    fn submit<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Result<BulkTicket, ChannelError>> {
        Box::pin(async move {
            let content = listings_feed(&self.seller_id, levels)?;
            let created = self.hand_in(LISTINGS, JSON, content).await?;
            Ok(BulkTicket {
                id: created,
                look_at: self.api.io.env.now().plus(FIRST_LOOK),
            })
        })
    }

    fn collect<'a>(
        &'a self,
        ticket: &'a str,
        skus: &'a [Sku],
    ) -> BoxFut<'a, Result<BulkState, ChannelError>> {
        Box::pin(async move {
            let feed = self.api.ask(&client::get_feed(ticket)).await?;
            let again = BulkState::Waiting(self.api.io.env.now().plus(LOOK_AGAIN));
            match feed.processing_status.as_str() {
                "DONE" | "FATAL" => {
                    let report = match feed.result_feed_document_id.as_deref() {
                        Some(document) => Some(self.report(document).await?),
                        None => None,
                    };
                    Ok(outcome(&feed, report.as_ref(), skus))
                }
                "CANCELLED" => Ok(all(skus, "Amazon cancelled the feed", |error| {
                    ItemOutcome::NotApplied(ChannelError {
                        fault: Fault::Unavailable,
                        ..error
                    })
                })),
                // In the queue, under way, or a word nobody knows yet: what it is shows later.
                _ => Ok(again),
            }
        })
    }

    fn find<'a>(
        &'a self,
        since: Timestamp,
        known: &'a [String],
    ) -> BoxFut<'a, Result<Option<BulkTicket>, ChannelError>> {
        Box::pin(async move {
            let call = client::get_feeds(LISTINGS, &self.marketplaces, since.minus(SKEW));
            let found = self.api.ask(&call).await?;
            let lost = found.feeds.into_iter().find(|f| !known.contains(&f.feed_id));
            Ok(lost.map(|feed| BulkTicket {
                id: feed.feed_id,
                look_at: self.api.io.env.now(),
            }))
        })
    }
}

impl AmazonConnection {
    /// Uploads a file and makes a feed of it; its id. Until the last call nothing has happened.
    pub(super) async fn hand_in(
        &self,
        feed_type: &str,
        kind: &str,
        content: Vec<u8>,
    ) -> Result<String, ChannelError> {
        let document = self.api.ask(&client::create_feed_document(kind)).await?;
        documents::upload(&self.api, &document.url, kind, Bytes::from(content)).await?;
        let call = client::create_feed(feed_type, &self.marketplaces, &document.feed_document_id);
        let answer = self.api.call(&call).await?;
        answer.read().map(|created| created.feed_id).map_err(|error| {
            let message = format!("{}; the feed may have been made and is looked for", error.message);
            ChannelError::new(Fault::Ambiguous, CREATE_FEED.name(), message)
        })
    }

    async fn report(&self, document: &str) -> Result<wire::ProcessingReport, ChannelError> {
        let found = self.api.ask(&client::get_feed_document(document)).await?;
        let packed = found.compression_algorithm.as_deref();
        let text = documents::download(&self.api, &found.url, packed).await?;
        serde_json::from_slice(&text).map_err(|e| {
            let message = format!("the feed's report cannot be read: {}", clean(&e.to_string()));
            ChannelError::new(Fault::Contract, GET_FEED.name(), message)
        })
    }
}

/// The file: a message for each level, numbered from 1 in their order.
pub(super) fn listings_feed(seller_id: &str, levels: &[Level]) -> Result<Vec<u8>, ChannelError> {
    let refuse = |message: String| Err(ChannelError::new(Fault::Rejected, CREATE_FEED.name(), message));
    if levels.is_empty() || levels.len() > MOST_MESSAGES {
        return refuse(format!(
            "a feed holds 1 to {MOST_MESSAGES} messages, not {}",
            levels.len()
        ));
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut messages = Vec::with_capacity(levels.len());
    for (number, level) in (1..).zip(levels) {
        if level.quantity < 0 || !seen.insert(level.sku.as_str()) {
            return refuse(format!(
                "`{}` is twice in the feed, or below zero",
                level.sku.as_str()
            ));
        }
        messages.push(json!({
            "messageId": number,
            "sku": level.sku.as_str(),
            "operationType": "PATCH",
            "productType": level.handle.as_deref().unwrap_or("PRODUCT"),
            "patches": [{"op": "merge", "path": "/attributes/fulfillment_availability",
                "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": level.quantity}]}],
        }));
    }
    let feed = json!({
        "header": {"sellerId": seller_id, "version": "2.0", "issueLocale": "en_US"},
        "messages": messages,
    });
    Ok(feed.to_string().into_bytes())
}

/// The same outcome for every item.
fn all(skus: &[Sku], message: &str, outcome: impl Fn(ChannelError) -> ItemOutcome) -> BulkState {
    let error = ChannelError::new(Fault::Ambiguous, GET_FEED.name(), message);
    let results = skus.iter().map(|sku| ItemResult {
        sku: sku.clone(),
        outcome: outcome(error.clone()),
    });
    BulkState::Done {
        results: results.collect(),
        summary: message.to_owned(),
    }
}

/// What a feed that is over came to, item by item.
fn outcome(feed: &wire::Feed, report: Option<&wire::ProcessingReport>, skus: &[Sku]) -> BulkState {
    let Some(report) = report else {
        return match feed.processing_status.as_str() {
            // Without a report there was nothing to report.
            "DONE" => all(skus, "Amazon worked through the feed", |_| {
                ItemOutcome::Accepted {
                    receipt: Some(feed.feed_id.clone()),
                }
            }),
            _ => all(
                skus,
                "Amazon gave the feed up without a report; each quantity is looked up",
                ItemOutcome::Unknown,
            ),
        };
    };
    let refusals = refusals(report, skus);
    let whole = report
        .issues
        .iter()
        .find(|i| i.severity == "ERROR" && i.message_id.is_none() && i.sku.is_none());
    let fatal = feed.processing_status == "FATAL";
    let results = skus.iter().map(|sku| {
        let error = |fault, message: &str| ChannelError::new(fault, GET_FEED.name(), message);
        let outcome = match (refusals.get(sku.as_str()), whole) {
            (Some(said), _) => ItemOutcome::NotApplied(error(
                Fault::Rejected,
                &format!("Amazon refused the change: {}", clean(&said.join("; "))),
            )),
            (None, Some(issue)) => ItemOutcome::Unknown(error(
                Fault::Ambiguous,
                &format!("Amazon said of the whole feed: {}", clean(&issue.message)),
            )),
            (None, None) if fatal => ItemOutcome::Unknown(error(
                Fault::Ambiguous,
                "Amazon gave the feed up; the quantity is looked up",
            )),
            (None, None) => ItemOutcome::Accepted {
                receipt: Some(feed.feed_id.clone()),
            },
        };
        ItemResult {
            sku: sku.clone(),
            outcome,
        }
    });
    let summary = &report.summary;
    BulkState::Done {
        results: results.collect(),
        summary: format!(
            "{} messages: {} accepted, {} refused, {} warnings",
            summary.messages_processed, summary.messages_accepted, summary.messages_invalid, summary.warnings
        ),
    }
}

/// Amazon's reasons by SKU. An issue names the message, the SKU or both; messages are numbered in the order of `skus`.
fn refusals<'r>(report: &'r wire::ProcessingReport, skus: &'r [Sku]) -> BTreeMap<&'r str, Vec<String>> {
    let mut refusals: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for issue in report.issues.iter().filter(|i| i.severity == "ERROR") {
        let numbered = issue
            .message_id
            .and_then(|id| skus.get(usize::try_from(id).ok()?.checked_sub(1)?))
            .map(Sku::as_str);
        if let Some(sku) = numbered.or(issue.sku.as_deref()) {
            refusals.entry(sku).or_default().push(issue.message.clone());
        }
    }
    refusals
}
