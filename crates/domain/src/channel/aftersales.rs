//! After the sale: calling orders off, goods that come back, money that goes back, and a parcel's papers.

use serde::{Deserialize, Serialize};

use super::exchange::{ShippedLine, Unreadable};
use super::fault::ChannelError;
use crate::listing::named;
use crate::{BoxFut, Money, Timestamp};

/// Some units of an order line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineUnits {
    /// The channel's id of the line.
    pub channel_line_id: String,
    /// Units.
    pub quantity: i64,
}

named! {
    /// Why the seller calls an order off.
    CancelReason {
        /// There are no goods.
        OutOfStock = "out_of_stock",
        /// The buyer asked for it.
        Customer = "customer",
        /// The address cannot be delivered to.
        Undeliverable = "undeliverable",
        /// Price or listing was wrong.
        Pricing = "pricing",
        /// The order looks fraudulent.
        Fraud = "fraud",
        /// Something else.
        Other = "other",
    }
}

/// An order, or units of it, to be called off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelNotice {
    /// The channel's order id.
    pub channel_order_id: String,
    /// Which units; empty for all that is open.
    pub lines: Vec<LineUnits>,
    /// Why.
    pub reason: CancelReason,
    /// Words for the channel, if it takes any.
    pub note: Option<String>,
    /// Names this cancellation, so that the same one is never made twice where the channel has a way to tell.
    pub key: String,
}

/// Calls orders off.
pub trait CancelSink: Send + Sync {
    /// Whether single units can be called off, or whole orders only.
    fn partial(&self) -> bool;
    /// Calls off. Calling off the same again changes nothing. The hub learns what became of it by reading the order.
    fn cancel<'a>(&'a self, notice: &'a CancelNotice) -> BoxFut<'a, Result<(), ChannelError>>;
}

named! {
    /// Where a return stands, the same for all channels.
    ReturnStatus {
        /// The buyer asked for it.
        Requested = "requested",
        /// It was agreed to; goods may be on their way.
        Open = "open",
        /// Goods have arrived, all of them.
        Received = "received",
        /// It is over and nothing came back, or nothing more will.
        Closed = "closed",
        /// It was refused or called off.
        Cancelled = "cancelled",
    }
}

/// What a channel says of one return at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnSnapshot {
    /// The channel's id: with the account, the return's identity.
    pub channel_return_id: String,
    /// The channel's id of the order.
    pub channel_order_id: String,
    /// The channel's word for where it stands.
    pub channel_status: String,
    /// The same in our words; `None` when we do not know the word.
    pub status: Option<ReturnStatus>,
    /// When it was asked for, by the channel's clock.
    pub created_at: Timestamp,
    /// When it last changed, by the channel's clock: snapshots of one return are ordered by this.
    pub updated_at: Timestamp,
    /// What comes back.
    pub lines: Vec<ReturnLine>,
    /// Tracking number of the way back.
    pub tracking: Option<String>,
    /// What was read but not understood, each one sentence.
    pub oddities: Vec<String>,
}

/// One line of a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLine {
    /// The channel's id of the order line; `None` when the channel names only the product.
    pub channel_line_id: Option<String>,
    /// The seller's SKU, where the channel names it.
    pub sku: Option<String>,
    /// Units.
    pub quantity: i64,
    /// The buyer's reason, in the channel's words.
    pub reason: Option<String>,
}

/// Which returns to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnQuery {
    /// Returns changed at or after this instant.
    pub since: Timestamp,
    /// The former page's `next`.
    pub cursor: Option<String>,
}

/// One page of returns.
#[derive(Debug, Clone, Default)]
pub struct ReturnPage {
    /// Returns that could be read.
    pub returns: Vec<ReturnSnapshot>,
    /// Returns that could not, kept as they came.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<String>,
    /// The channel vouches for everything changed before this instant, once the last page is in.
    pub complete_until: Option<Timestamp>,
}

/// Reads returns.
pub trait ReturnSource: Send + Sync {
    /// One page of the returns changed since the query's instant.
    fn page<'a>(&'a self, query: &'a ReturnQuery) -> BoxFut<'a, Result<ReturnPage, ChannelError>>;
}

/// Money to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundNotice {
    /// The channel's order id.
    pub channel_order_id: String,
    /// How much, in the order's currency.
    pub amount: Money,
    /// For which units; empty for money alone.
    pub lines: Vec<LineUnits>,
    /// Whether the channel is to have the payment provider send the money. Never unasked: otherwise it is only noted.
    pub pay_out: bool,
    /// Words for the buyer or the books.
    pub note: Option<String>,
    /// Names this refund, so that the same one is never made twice where the channel has a way to tell.
    pub key: String,
}

/// Gives money back.
pub trait RefundSink: Send + Sync {
    /// Makes one refund and answers the channel's id of it.
    fn refund<'a>(&'a self, notice: &'a RefundNotice) -> BoxFut<'a, Result<Option<String>, ChannelError>>;
}

named! {
    /// What a document is.
    PaperKind {
        /// The label on the parcel.
        Label = "label",
        /// The invoice.
        Invoice = "invoice",
        /// Both in one file.
        LabelAndInvoice = "label_and_invoice",
        /// The list of parcels handed over.
        Manifest = "manifest",
    }
}

/// A document of a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// What it is.
    pub kind: PaperKind,
    /// Its media type, such as `application/pdf`.
    pub media_type: String,
    /// The document.
    pub bytes: bytes::Bytes,
    /// When the channel stops accepting it.
    pub expires_at: Option<Timestamp>,
}

/// A parcel whose papers are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParcelRequest {
    /// The channel's order id.
    pub channel_order_id: String,
    /// Number of the parcel within the order, from 1.
    pub parcel: u32,
    /// What is inside; empty for everything that is open.
    pub lines: Vec<ShippedLine>,
    /// Weight in grams.
    pub weight_grams: Option<i64>,
    /// Length, width and height in millimetres.
    pub size_mm: Option<[i64; 3]>,
    /// The seller's number of the invoice.
    pub invoice_number: Option<String>,
}

/// How far a parcel's papers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Papers {
    /// The channel is still making them; ask again at this instant.
    Pending(Timestamp),
    /// They are there.
    Ready {
        /// The documents.
        papers: Vec<Paper>,
        /// Carrier and tracking number, where the channel gives them out.
        tracking: Option<(String, String)>,
    },
}

/// Has the channel make a parcel's papers, where it ships in its own name.
pub trait PaperSource: Send + Sync {
    /// Asks for the papers, or how far they are: asking again for the same parcel makes no second one.
    fn papers<'a>(&'a self, parcel: &'a ParcelRequest) -> BoxFut<'a, Result<Papers, ChannelError>>;
    /// Tells the channel that the parcel is ready to be fetched. Telling it again changes nothing.
    fn hand_over<'a>(&'a self, parcel: &'a ParcelRequest) -> BoxFut<'a, Result<(), ChannelError>>;
}
