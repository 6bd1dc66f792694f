//! What crosses the port: neutral questions and answers.

use serde::{Deserialize, Serialize};

use super::fault::ChannelError;
use crate::images::Images;
use crate::listing::{FulfilledBy, ListingStatus};
use crate::order::OrderSnapshot;
use crate::places::PlaceUnits;
use crate::{Money, PushId, Sku, Timestamp};

/// What "test connection" found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// One sentence: who we are signed in as.
    pub summary: String,
    /// Things that work less well than they should, each a sentence with a remedy.
    pub warnings: Vec<String>,
}

/// Which of an order's two times a question about orders goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderTime {
    /// When it last changed: finds every change, but an order that has just changed is in no answer for a while, even if
    /// it was placed long ago.
    #[default]
    Updated,
    /// When it was placed: an order that could be seen once can be seen ever after.
    Placed,
}

/// Which orders to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// Orders changed, or placed, at or after this instant.
    pub since: Timestamp,
    /// Which of the two.
    pub by: OrderTime,
    /// The former page's `next`; all else must be as it was then.
    pub cursor: Option<String>,
}

/// One page of orders.
#[derive(Debug, Clone, Default)]
pub struct OrderPage {
    /// Orders that could be read.
    pub orders: Vec<OrderSnapshot>,
    /// Orders that could not, kept as they came.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<String>,
    /// The channel is still preparing this page: nothing was read, and `next` is to be asked for again at this instant.
    pub wait_until: Option<Timestamp>,
    /// The channel vouches for everything changed (or placed, if that was asked for) before this instant, once the last page is in. Taken from the answer
    /// itself, never from our clock.
    pub complete_until: Option<Timestamp>,
}

/// Something the channel sent that we could not read: kept and shown, never guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The channel's id of the thing, if that much was readable.
    pub id: Option<String>,
    /// Which field, and what was wrong with it.
    pub reason: String,
    /// The thing as it came.
    pub raw: String,
}

/// What a channel shows for one listing. What the channel does not tell is `None`; a title, price, barcode, id or handle that
/// was known before stays then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingSnapshot {
    /// The seller's SKU on the channel: identifies the listing within the account.
    pub sku: Sku,
    /// The channel's own product id (ASIN and the like).
    pub channel_ref: Option<String>,
    /// Its EAN, UPC or GTIN as the channel shows it: empty where it says that there is none.
    pub barcode: Option<String>,
    /// Title; never empty.
    pub title: Option<String>,
    /// Who ships it.
    pub fulfilled_by: FulfilledBy,
    /// Units for sale, at all its locations together; `None` when the channel does not say (its own warehouse, missing
    /// role).
    pub quantity: Option<i64>,
    /// Units at each of the channel's locations, which add up to `quantity`; empty where it has none.
    pub places: Vec<PlaceUnits>,
    /// Price in the account's first marketplace.
    pub price: Option<Money>,
    /// Whether buyers can buy it.
    pub status: ListingStatus,
    /// Its images; nothing when the channel does not tell.
    pub images: Option<Images>,
    /// What the connector wants handed back with every read and write of the listing, such as the channel's own ids or its
    /// type of the product. Opaque to everybody else.
    pub handle: Option<String>,
    /// Problems the channel reports, each one sentence.
    pub issues: Vec<String>,
}

/// One page of listings.
#[derive(Debug, Clone, Default)]
pub struct ListingPage {
    /// Listings that could be read.
    pub listings: Vec<ListingSnapshot>,
    /// Listings that could not.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page starts.
    pub next: Option<String>,
    /// The channel is still preparing this page: nothing was read, and `next` is to be asked for again at this instant.
    pub wait_until: Option<Timestamp>,
}

/// A listing to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingKey {
    /// The seller's SKU on the channel.
    pub sku: Sku,
    /// The listing's [`ListingSnapshot::handle`] as last read.
    pub handle: Option<String>,
}

impl From<Sku> for ListingKey {
    /// A listing that its SKU alone identifies.
    fn from(sku: Sku) -> Self {
        Self { sku, handle: None }
    }
}

/// How a quantity is to be changed, as the channel's [`WriteMode`](super::WriteMode) has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Whatever is there is overwritten.
    Set,
    /// Only if exactly so many are shown.
    From(i64),
    /// So many are added, or taken away if negative, to whatever is there.
    By(i64),
}

/// The part of a quantity that one of the channel's locations gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelPart {
    /// The channel's id of the location.
    pub location: String,
    /// What it showed when last read.
    pub shown: i64,
    /// What it is to show, if it still does.
    pub quantity: i64,
}

/// A quantity to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// The listing.
    pub sku: Sku,
    /// Units for sale after the change, if the channel shows what the hub believes.
    pub quantity: i64,
    /// What is asked of the channel.
    pub change: Change,
    /// What the channel should show now, as far as the hub can tell.
    pub believed: Option<i64>,
    /// What each location gets, to be changed together or not at all; empty where the channel has none. Compared with
    /// `shown` and changed by the difference to it where the channel compares or takes changes.
    pub parts: Vec<LevelPart>,
    /// The attempt: the same attempt is never made twice, so it serves as an idempotency key.
    pub push: PushId,
    /// The listing's [`ListingSnapshot::handle`].
    pub handle: Option<String>,
}

/// A price to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceLevel {
    /// The listing.
    pub sku: Sku,
    /// The price buyers pay, tax included where the marketplace shows it so.
    pub price: Money,
    /// The listing's [`ListingSnapshot::handle`].
    pub handle: Option<String>,
}

/// What became of one item of a write.
#[derive(Debug, Clone)]
pub enum ItemOutcome {
    /// Taken in for processing. Not applied yet: only a read-back shows that.
    Accepted {
        /// The channel's receipt, for its support desk.
        receipt: Option<String>,
    },
    /// In force: whoever buys from now on buys from the new quantity. For channels that answer after the change only.
    Applied {
        /// The channel's receipt, for its support desk.
        receipt: Option<String>,
    },
    /// Surely not applied, because the channel shows another quantity than the one named in [`Change::From`], or fewer
    /// than [`Change::By`] would take away.
    Differs {
        /// What it shows, if it says.
        shown: Option<i64>,
        /// What it shows at each of its locations, if it has several and says.
        places: Vec<PlaceUnits>,
        /// What it said.
        error: ChannelError,
    },
    /// Surely not applied.
    NotApplied(ChannelError),
    /// May have been applied.
    Unknown(ChannelError),
}

/// One item of a write and what became of it.
#[derive(Debug, Clone)]
pub struct ItemResult {
    /// The listing.
    pub sku: Sku,
    /// What became of it.
    pub outcome: ItemOutcome,
}

/// A parcel to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipmentNotice {
    /// The channel's order id.
    pub channel_order_id: String,
    /// The order's marketplace, in the channel's spelling.
    pub marketplace: Option<String>,
    /// Number of the parcel within the order, from 1; the same number edits the same parcel.
    pub parcel: u32,
    /// Carrier code or name.
    pub carrier: String,
    /// Service, such as "Ground".
    pub method: Option<String>,
    /// Tracking number.
    pub tracking: String,
    /// When it was handed over.
    pub shipped_at: Timestamp,
    /// What is inside.
    pub lines: Vec<ShippedLine>,
}

/// Part of a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippedLine {
    /// The channel's id of the order line.
    pub channel_line_id: String,
    /// Units.
    pub quantity: i64,
}
