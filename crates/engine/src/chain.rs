//! "Why is this number 3?", as one chain in the order of time: what happened to a quantity, a price or a status, who said
//! so, and what follows from it now.

mod pushes;

use serde::{Deserialize, Serialize};
use stockbridge_domain::{ListingId, Sku, TenantId, Timestamp};
use stockbridge_store::{LedgerRecord, ListingRecord, OpenLine, PreviewRow, StoreError};

use crate::caller::Caller;
use crate::explain::{Explanation, ListingExplanation};
use crate::hub::Hub;

/// How much of each kind of link is told; the newest.
const RECENT: i64 = 30;

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplainField {
    /// How many there are, or a listing offers.
    #[default]
    Quantity,
    /// What a listing costs.
    Price,
    /// Whether buyers can buy it.
    Status,
}

/// What a link of the chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// An entry of the ledger.
    Ledger,
    /// An order that holds units.
    Order,
    /// A change that was sent.
    Push,
    /// The channel's answer to it.
    Answer,
    /// A reading that proved it, or the last one.
    Reading,
    /// A step of a policy or a price rule, as it holds now.
    Policy,
    /// What is done, or held back, now.
    Plan,
    /// Something that went wrong.
    Problem,
}

/// One link: what happened, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// When; for what holds now, now.
    pub at: Timestamp,
    /// What it is.
    pub kind: LinkKind,
    /// One sentence.
    pub what: String,
    /// The number, price or status after it.
    pub value: Option<String>,
    /// Id of the entry, order or push.
    pub row: Option<String>,
}

/// Why a number is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The product's SKU.
    pub sku: Sku,
    /// The listing, when asked about one.
    pub listing: Option<ListingId>,
    /// Where it is listed.
    pub account_name: Option<String>,
    /// What was asked about.
    pub field: ExplainField,
    /// What it is.
    pub value: Option<String>,
    /// What led to it, the oldest first.
    pub links: Vec<Link>,
}

impl Hub {
    /// Explains a product's quantity, or a listing's quantity, price or status, in the order of time; `None` when there is no
    /// such product or listing. Reads the same few rows whatever the length of the ledger.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chain(
        &self,
        tenant: TenantId,
        sku: &Sku,
        listing: Option<ListingId>,
        field: ExplainField,
    ) -> Result<Option<Chain>, StoreError> {
        let Some(why) = self.explain(tenant, sku).await? else {
            return Ok(None);
        };
        let now = self.env().now();
        let mut chain = Chain {
            sku: sku.clone(),
            listing,
            account_name: None,
            field,
            value: None,
            links: Vec::new(),
        };
        let Some(id) = listing else {
            chain.value = Some(why.stock.available.to_string());
            chain.links = of_product(&why, now);
            return Ok(Some(chain));
        };
        let Some(record) = self.tenant(tenant).listing(id).await? else {
            return Ok(None);
        };
        if record.product != Some(why.product.id) {
            return Ok(None);
        }
        let of_listing = why.listings.iter().find(|l| l.offer.listing == id);
        chain.account_name = of_listing.map(|l| l.account_name.clone());
        match field {
            ExplainField::Quantity => {
                chain.value = record.expected.map(|n| n.to_string());
                chain.links = of_product(&why, now);
                chain.links.extend(
                    why.shares
                        .iter()
                        .filter(|row| row.listing == Some(id))
                        .flat_map(|row| share_links(row, now)),
                );
                chain
                    .links
                    .extend(of_listing.iter().flat_map(|l| offer_links(l, now)));
            }
            ExplainField::Price => {
                chain.value = record.price.map(|price| price.to_string());
                chain.links = self.price_links(tenant, &record, now).await?;
            }
            ExplainField::Status => {
                chain.value = Some(record.status.to_string());
                chain.links = status_links(&record);
            }
        }
        if field != ExplainField::Status {
            let pushes = self
                .tenant(tenant)
                .pushes_of_listing(id, field.column(), RECENT)
                .await?;
            chain.links.extend(pushes.iter().flat_map(pushes::push_links));
        }
        chain.links.sort_by_key(|link| link.at);
        Ok(Some(chain))
    }

    /// How the listing's price comes about now.
    async fn price_links(
        &self,
        tenant: TenantId,
        listing: &ListingRecord,
        now: Timestamp,
    ) -> Result<Vec<Link>, StoreError> {
        let link = |what: String, value: Option<String>| Link {
            at: now,
            kind: LinkKind::Policy,
            what,
            value,
            row: None,
        };
        // Whoever could read the product may read its price.
        let Ok(preview) = self.explain_price(&Caller::operator(tenant), listing.id).await else {
            return Ok(Vec::new());
        };
        let steps = preview.priced.iter().flat_map(|priced| &priced.steps);
        let mut links: Vec<Link> = steps
            .map(|step| link(step.because.clone(), Some(step.amount.to_string())))
            .collect();
        if let Some(wanted) = preview.wanted {
            links.push(link("so it is to show".to_owned(), Some(wanted.to_string())));
        }
        Ok(links)
    }
}

impl ExplainField {
    /// What a push of it is called.
    fn column(self) -> &'static str {
        match self {
            Self::Quantity => "quantity",
            Self::Price => "price",
            Self::Status => "status",
        }
    }
}

fn of_product(why: &Explanation, now: Timestamp) -> Vec<Link> {
    let mut links: Vec<Link> = why.ledger.iter().map(entry_link).collect();
    links.extend(why.open_lines.iter().map(order_link));
    links.extend(why.because.iter().map(|what| Link {
        at: now,
        kind: LinkKind::Policy,
        what: what.clone(),
        value: None,
        row: None,
    }));
    links.sort_by_key(|link| link.at);
    links
}

/// What the policies give a listing, and what they keep back.
fn share_links(row: &PreviewRow, now: Timestamp) -> Vec<Link> {
    let link = |what: String, value: Option<i64>| Link {
        at: now,
        kind: LinkKind::Policy,
        what,
        value: value.map(|n| n.to_string()),
        row: None,
    };
    let share = &row.after;
    let withheld = share.withheld.iter();
    let mut links: Vec<Link> = withheld
        .map(|kept| {
            link(
                format!(
                    "{} of the available units are not offered here: {}",
                    kept.units, kept.reason
                ),
                None,
            )
        })
        .collect();
    links.extend(share.remarks.iter().map(|remark| link(remark.clone(), None)));
    links.push(link(
        format!("the policies give it {}", share.quantity),
        Some(share.quantity),
    ));
    links
}

fn entry_link(entry: &LedgerRecord) -> Link {
    let note = entry
        .note
        .as_ref()
        .map(|note| format!(" ({note})"))
        .unwrap_or_default();
    Link {
        at: entry.at,
        kind: LinkKind::Ledger,
        what: format!(
            "{}{note} by {}: {:+} on hand, {:+} reserved, because of {} {}",
            entry.kind,
            entry.actor,
            entry.change.on_hand,
            entry.change.reserved,
            entry.cause.kind,
            entry.cause.reference
        ),
        value: Some(entry.after.available().to_string()),
        row: Some(entry.id.to_string()),
    }
}

fn order_link(line: &OpenLine) -> Link {
    Link {
        at: line.placed_at,
        kind: LinkKind::Order,
        what: format!(
            "order {} was placed and is {}; it holds {}",
            line.channel_order_id, line.status, line.reserved
        ),
        value: None,
        row: Some(line.order.to_string()),
    }
}

/// What holds for the listing now, and its last reading.
fn offer_links(listing: &ListingExplanation, now: Timestamp) -> Vec<Link> {
    let mut links: Vec<Link> = listing
        .because
        .iter()
        .map(|what| Link {
            at: now,
            kind: LinkKind::Plan,
            what: what.clone(),
            value: None,
            row: None,
        })
        .collect();
    links.extend(listing.offer.offer.shown.map(|shown| Link {
        at: shown.at,
        kind: LinkKind::Reading,
        what: format!("the channel was read and showed {}", shown.quantity),
        value: Some(shown.quantity.to_string()),
        row: None,
    }));
    links
}

fn status_links(listing: &ListingRecord) -> Vec<Link> {
    let link = |at, kind, what| Link {
        at,
        kind,
        what,
        value: None,
        row: Some(listing.id.to_string()),
    };
    let mut links = vec![link(
        listing.updated_at,
        LinkKind::Reading,
        format!("the channel says it is {}", listing.status),
    )];
    links.extend(listing.issues.iter().map(|issue| {
        link(
            listing.updated_at,
            LinkKind::Problem,
            format!("the channel says: {issue}"),
        )
    }));
    if let (Some(what), Some(at)) = (&listing.last_problem, listing.problem_at) {
        links.push(link(
            at,
            LinkKind::Problem,
            format!("a change was refused: {what}"),
        ));
    }
    if let Some(at) = listing.verified_at {
        links.push(link(
            at,
            LinkKind::Reading,
            "it was seen to show what it should".to_owned(),
        ));
    }
    links.sort_by_key(|link| link.at);
    links
}
