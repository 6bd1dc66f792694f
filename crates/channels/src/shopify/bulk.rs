//! All listings at once: Shopify writes a file in the background, which is then read part by part.
//!
//! The kept place is `wait:TRIES`, `run:ID` or `file:OFFSET:ID`. The file's address is asked for anew with every part, so
//! that no signed address is kept anywhere, and a part is a range of bytes, so that memory does not grow with the shop.
//! Lines are grouped: a variant is followed by its levels. The last group of a part may go on in the next one, which
//! therefore begins with it.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use stockbridge_domain::channel::{ChannelError, Fault, ListingPage};

use super::ShopConnection;
use super::api::DIALECT;
use super::client::{self, BULK_FILE};
use super::listings::from_the_first_page;
use super::variant::{self, BulkLevel, LevelNode, Variant};
use super::wire::{IdOnly, ShopCurrency, UserError};
use crate::call::perform;

/// How long between two looks at an operation.
const PAUSE: Duration = Duration::from_secs(10);
/// How long until another try to start one, while one of somebody else's runs.
const OCCUPIED: Duration = Duration::from_secs(60);
/// So many such tries; then the listings are read by page.
const TRIES: u32 = 10;
/// Bytes of one part: some hundred variants.
const PART: usize = 256 * 1024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    bulk_operation_run_query: Option<Started>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    bulk_operation: Option<IdOnly>,
    user_errors: Vec<UserError>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Looked {
    shop: ShopCurrency,
    bulk_operation: Option<Operation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    status: String,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

/// A part of the file.
struct Part {
    bytes: Bytes,
    /// Whether the file ends with it.
    last: bool,
}

/// A variant's line, with the lines of its levels.
type Group = (String, (Variant, Vec<LevelNode>));

impl ShopConnection {
    /// Starts an operation. Where another one is in the way it is waited for, within reason.
    pub(super) async fn begin_bulk(&self, tries: u32) -> Result<ListingPage, ChannelError> {
        if tries >= TRIES {
            return Ok(self.later(from_the_first_page(), Duration::ZERO));
        }
        let query = client::plain(client::BULK_VARIANTS);
        let call = client::call(&client::BULK_RUN, json!({"query": query}));
        let answer = self.api.call(&call).await?;
        let started = answer.read::<Run>()?.bulk_operation_run_query;
        let started = started.ok_or_else(|| answer.contract("`bulkOperationRunQuery` is null"))?;
        if let Some(operation) = started.bulk_operation.filter(|_| started.user_errors.is_empty()) {
            return Ok(self.later(format!("run:{}", operation.id), PAUSE));
        }
        let code = started.user_errors.first().and_then(|e| e.code.as_deref());
        if matches!(code, Some("OPERATION_IN_PROGRESS" | "LIMIT_REACHED")) {
            return Ok(self.later(format!("wait:{}", tries + 1), OCCUPIED));
        }
        // Whatever keeps Shopify from making a file, pages are left.
        Ok(self.later(from_the_first_page(), Duration::ZERO))
    }

    /// Goes on where the kept place says.
    pub(super) async fn go_on_in_bulk(&self, place: &str) -> Result<ListingPage, ChannelError> {
        let lost = || {
            let message = "the kept place in the list of listings cannot be read; the list is begun anew";
            client::BULK_OPERATION.error(Fault::Rejected, message)
        };
        let (step, rest) = place.split_once(':').ok_or_else(lost)?;
        match step {
            "wait" => self.begin_bulk(rest.parse().map_err(|_| lost())?).await,
            "run" => self.look(rest, 0).await,
            "file" => {
                let (offset, id) = rest.split_once(':').ok_or_else(lost)?;
                self.look(id, offset.parse().map_err(|_| lost())?).await
            }
            _ => Err(lost()),
        }
    }

    /// Looks how far the operation is, and reads the part of its file that begins at `offset` when it is done.
    async fn look(&self, id: &str, offset: usize) -> Result<ListingPage, ChannelError> {
        let call = client::of(&client::BULK_OPERATION, id, None);
        let looked: Looked = self.api.ask(&call).await?;
        let Some(operation) = looked.bulk_operation else {
            return Ok(self.later(from_the_first_page(), Duration::ZERO));
        };
        match (operation.status.as_str(), operation.url) {
            ("COMPLETED", None) => Ok(ListingPage::default()),
            ("COMPLETED", Some(url)) => self.part(id, &url, offset, &looked.shop.currency_code).await,
            ("CANCELED" | "EXPIRED" | "FAILED", _) => {
                tracing::warn!(account.id = %self.api.account, code = operation.error_code, "the file of listings ended as {}; they are read by page", operation.status);
                Ok(self.later(from_the_first_page(), Duration::ZERO))
            }
            _ => Ok(self.later(format!("run:{id}"), PAUSE)),
        }
    }

    fn later(&self, next: String, pause: Duration) -> ListingPage {
        ListingPage {
            next: Some(next),
            wait_until: Some(self.api.io.env.now().plus(pause)),
            ..ListingPage::default()
        }
    }

    async fn part(
        &self,
        id: &str,
        url: &str,
        offset: usize,
        currency: &str,
    ) -> Result<ListingPage, ChannelError> {
        let part = self.download(url, offset).await?;
        let mut result = ListingPage::default();
        let (groups, used) = groups(&part, &mut result)?;
        self.sort_out(groups, currency, &mut result).await?;
        if !part.last {
            result.next = Some(format!("file:{}:{id}", offset + used));
        }
        Ok(result)
    }

    /// One range of the file's bytes. A server that sends the whole file all the same is understood too.
    async fn download(&self, url: &str, offset: usize) -> Result<Part, ChannelError> {
        let error = |fault, message: &str| ChannelError::new(fault, BULK_FILE.name, message);
        let secure = url.starts_with("https://") || self.api.base.starts_with("http://");
        let request = http::Request::get(url)
            .header(header::RANGE, format!("bytes={offset}-{}", offset + PART - 1))
            .body(Bytes::new())
            .ok()
            .filter(|_| secure)
            .ok_or_else(|| {
                error(
                    Fault::Contract,
                    "Shopify named no address for the file that can be read",
                )
            })?;
        let response = perform(&self.api.io, self.api.account, &DIALECT, &BULK_FILE, request).await?;
        let (status, body) = (response.status(), response.body());
        match status {
            StatusCode::PARTIAL_CONTENT => {
                let total = response.headers().get(header::CONTENT_RANGE);
                let total = total.and_then(|v| v.to_str().ok()?.rsplit('/').next()?.parse::<usize>().ok());
                Ok(Part {
                    last: total.map_or(body.len() < PART, |total| offset + body.len() >= total),
                    bytes: body.clone(),
                })
            }
            StatusCode::OK => {
                let from = offset.min(body.len());
                let to = (offset + PART).min(body.len());
                Ok(Part {
                    last: to == body.len(),
                    bytes: body.slice(from..to),
                })
            }
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(Part {
                bytes: Bytes::new(),
                last: true,
            }),
            s if s.is_client_error() => Err(error(
                Fault::NotFound,
                "the file of listings is gone; the list is begun anew",
            )),
            _ => Err(error(
                Fault::Unavailable,
                "the file of listings cannot be had now; it is tried again",
            )),
        }
    }
}

/// The whole groups of a part, and how many bytes they take. A variant that cannot be read goes to `result`.
fn groups(part: &Part, result: &mut ListingPage) -> Result<(Vec<Group>, usize), ChannelError> {
    let contract = |message: &str| ChannelError::new(Fault::Contract, BULK_FILE.name, message);
    #[expect(clippy::type_complexity, reason = "a list of this function's own")]
    let mut groups: Vec<(usize, Result<Group, (String, String)>)> = Vec::new();
    let mut at = 0;
    for line in part.bytes.split_inclusive(|byte| *byte == b'\n') {
        let begin = at;
        at += line.len();
        if !line.ends_with(b"\n") && !part.last {
            break;
        }
        let text = std::str::from_utf8(line).map_err(|_| contract("the file of listings is not UTF-8"))?;
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if let Ok(child) = serde_json::from_str::<BulkLevel>(text) {
            match groups.last_mut().map(|(_, group)| group) {
                Some(Ok((_, (variant, levels))))
                    if [&variant.id, &variant.inventory_item.id].contains(&&child.parent) =>
                {
                    levels.push(child.level);
                }
                // The levels of a variant that cannot be read are of no use.
                Some(Err(_)) => {}
                _ => {
                    return Err(contract(
                        "the file of listings is not grouped as it was asked to be",
                    ));
                }
            }
            continue;
        }
        let group = serde_json::from_str::<Variant>(text)
            .map(|variant| (text.to_owned(), (variant, Vec::new())))
            .map_err(|e| (text.to_owned(), super::api::clean(&e.to_string())));
        groups.push((begin, group));
    }
    let mut used = part.bytes.len();
    if !part.last {
        // The last group may have more lines than came.
        let (begin, _) = groups.pop().unwrap_or((0, Err((String::new(), String::new()))));
        if begin == 0 {
            return Err(contract(
                "a line of the file of listings is longer than can be read at once",
            ));
        }
        used = begin;
    }
    let mut whole = Vec::new();
    for (_, group) in groups {
        match group {
            Ok(group) => whole.push(group),
            Err((raw, reason)) => result.unreadable.push(variant::unreadable(&raw, reason)),
        }
    }
    Ok((whole, used))
}
