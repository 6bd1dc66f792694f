//! The port: what a sales channel has to provide, and what it is given.
//!
//! The engine knows these traits and nothing else of any channel. A channel is a value with a [`Descriptor`] (data that
//! feeds pages, forms and docs) and a way to open a [`Connection`] for one account. A capability exists when the
//! connection's accessor returns something; the descriptor's list is for people, and a test compares the two.
//!
//! Everything that crosses the port is neutral: snapshots of what the channel said ([`OrderSnapshot`],
//! [`ListingSnapshot`]), levels and prices to set, and faults that say what happens next ([`Fault`]).

mod aftersales;
mod bulk;
mod consent;
mod descriptor;
mod event;
mod exchange;
mod fault;
mod finance;
mod io;
mod mailbox;
pub mod options;
mod plausible;
mod report;
mod settlement;
mod term;
mod tool;
mod warehouse;

pub use aftersales::{
    CancelNotice, CancelReason, CancelSink, LineUnits, Paper, PaperKind, PaperSource, Papers, ParcelRequest,
    RefundNotice, RefundSink, ReturnLine, ReturnPage, ReturnQuery, ReturnSnapshot, ReturnSource,
    ReturnStatus,
};
pub use bulk::{BulkState, BulkStockSink, BulkTerms, BulkTicket};
pub use consent::{Consent, Consented, Returned, Ticket};
pub use descriptor::{
    Capability, CredentialField, DataKind, Descriptor, Marketplace, OptionField, OptionKind, QuotaGroup,
    Schedule, Timing, WriteMode,
};
pub use event::{Event, EventSource, Inbound, InboundRefusal, Nudge, Registered};
pub use exchange::{
    Change, Health, ItemOutcome, ItemResult, Level, LevelPart, ListingKey, ListingPage, ListingSnapshot,
    OrderPage, OrderQuery, OrderTime, PriceLevel, ShipmentNotice, ShippedLine, Unreadable,
};
pub use fault::{ChannelError, Disposition, Fault};
pub use finance::{
    FinancePage, FinanceSource, MoneyEvent, MoneyKind, MoneyPart, MoneyState, MoneyTransaction, MoneyVerdict,
    OrderMoney, order_money,
};
pub use io::{
    BucketSpec, Grant, HttpRequest, HttpResponse, Io, KeepError, Keeper, Learned, Pacer, SecretText,
    Transport, TransportError, Turn, Unkept,
};
pub use mailbox::{Delivered, Letter, Mailbox, Reading, Subscription, Told};
pub use report::{ReportFile, ReportKind, ReportProgress, ReportSource, ReportWish};
pub use settlement::{Settlement, SettlementLine, SettlementSource, SettlementVerdict, settlement_verdict};
pub use term::Term;
pub use tool::{Tool, ToolField, ToolReport, ToolSpec};
pub use warehouse::{
    COVER_DAYS, WarehouseHealth, WarehousePage, WarehouseSource, WarehouseStock, WarehouseUnits,
    days_of_cover, warehouse_health,
};

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::order::{LineSnapshot, OrderSnapshot};
use crate::{AccountId, BoxFut, FieldError};

/// The name of a channel: an open text such as `own`, so that adding one changes no type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelKind(String);

impl ChannelKind {
    /// Wraps a name; whether such a channel exists is known to the registry of the binary.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person typed in to connect an account, before it is checked.
#[derive(Debug, Clone, Default)]
pub struct AccountDraft {
    /// What people call the account.
    pub name: String,
    /// Codes or ids of marketplaces, as typed.
    pub marketplaces: Vec<String>,
    /// Named secrets, as the descriptor's fields ask for them.
    pub credentials: BTreeMap<String, SecretText>,
    /// Addresses that replace the channel's own, for tests and proxies; allowed only where the operator says so.
    pub endpoints: BTreeMap<String, String>,
    /// Channel-specific settings.
    pub options: BTreeMap<String, serde_json::Value>,
}

/// A draft that was found sound.
#[derive(Debug, Clone)]
pub struct CheckedAccount {
    /// What tells this account from every other on the channel (seller id and region, shop address): connecting the
    /// same one twice in a tenant is refused.
    pub external_id: String,
    /// Ids of its marketplaces in the channel's own spelling, without repeats. Empty for channels without any.
    pub marketplaces: Vec<String>,
    /// The currency of the first marketplace.
    pub currency: Option<crate::Currency>,
}

/// One connected account, as an adapter needs it.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    /// The account.
    pub account: AccountId,
    /// What [`Channel::check`] said of it.
    pub checked: CheckedAccount,
    /// Opened secrets.
    pub credentials: BTreeMap<String, SecretText>,
    /// Addresses that replace the channel's own.
    pub endpoints: BTreeMap<String, String>,
    /// Channel-specific settings.
    pub options: BTreeMap<String, serde_json::Value>,
    /// The unguessable part of the account's webhook address, which also serves as the secret of signatures where a channel
    /// signs with a text of our choice. Made when the account is connected.
    pub webhook_key: SecretText,
}

/// A kind of place to sell on.
pub trait Channel: Send + Sync {
    /// What it is called, what it can do, what it asks for.
    fn descriptor(&self) -> &'static Descriptor;

    /// Checks a draft without any network.
    ///
    /// # Errors
    /// Every problem found, each naming its field and the remedy.
    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>>;

    /// Opens a connection; no network traffic yet.
    ///
    /// # Errors
    /// Problems of the stored configuration, each naming its field.
    fn connect(&self, account: AccountConfig, io: Io) -> Result<Box<dyn Connection>, Vec<FieldError>>;

    /// A person can sign in at the channel instead of typing its secrets.
    fn consent(&self) -> Option<&dyn Consent> {
        None
    }

    /// What it offers on the command line.
    fn tools(&self) -> &[&dyn Tool] {
        &[]
    }

    /// What of its accounts ends by itself after a while.
    fn terms(&self) -> &'static [Term] {
        &[]
    }
}

/// One account of a channel, ready to talk.
pub trait Connection: Send + Sync {
    /// "Test connection": proves with the cheapest signed-in call that the account works.
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>>;
    /// Orders can be read.
    fn orders(&self) -> Option<&dyn OrderSource> {
        None
    }
    /// Listings can be read.
    fn listings(&self) -> Option<&dyn ListingSource> {
        None
    }
    /// Quantities can be set.
    fn stock(&self) -> Option<&dyn StockSink> {
        None
    }
    /// Very many quantities can be set at once; in addition to [`Self::stock`].
    fn bulk(&self) -> Option<&dyn BulkStockSink> {
        None
    }
    /// Prices can be set.
    fn prices(&self) -> Option<&dyn PriceSink> {
        None
    }
    /// Shipments can be confirmed.
    fn fulfilment(&self) -> Option<&dyn FulfilmentSink> {
        None
    }
    /// The channel tells by itself what changed.
    fn events(&self) -> Option<&dyn EventSource> {
        None
    }
    /// The channel writes what changed into a mailbox, and the account has one.
    fn mailbox(&self) -> Option<&dyn Mailbox> {
        None
    }
    /// Orders can be called off.
    fn cancellations(&self) -> Option<&dyn CancelSink> {
        None
    }
    /// Returns can be read.
    fn returns(&self) -> Option<&dyn ReturnSource> {
        None
    }
    /// Money can be given back.
    fn refunds(&self) -> Option<&dyn RefundSink> {
        None
    }
    /// The channel makes labels and invoices.
    fn papers(&self) -> Option<&dyn PaperSource> {
        None
    }
    /// The channel keeps goods of the seller's.
    fn warehouse(&self) -> Option<&dyn WarehouseSource> {
        None
    }
    /// The channel tells what money moved.
    fn finance(&self) -> Option<&dyn FinanceSource> {
        None
    }
    /// The channel makes reports.
    fn reports(&self) -> Option<&dyn ReportSource> {
        None
    }
    /// The channel tells what it paid.
    fn settlements(&self) -> Option<&dyn SettlementSource> {
        None
    }
}

/// Reads orders.
pub trait OrderSource: Send + Sync {
    /// One page of the orders changed or placed since the query's instant, oldest first where the channel allows.
    fn page<'a>(&'a self, query: &'a OrderQuery) -> BoxFut<'a, Result<OrderPage, ChannelError>>;
    /// One order by the channel's own id.
    fn get<'a>(&'a self, channel_order_id: &'a str) -> BoxFut<'a, Result<OrderSnapshot, ChannelError>>;
}

/// Reads listings.
pub trait ListingSource: Send + Sync {
    /// One page of all listings of the account; `cursor` is the former page's `next`.
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<ListingPage, ChannelError>>;
    /// What the channel shows now for these listings (at most [`Descriptor::read_batch`]); those it does not know are absent.
    fn read<'a>(
        &'a self,
        listings: &'a [ListingKey],
    ) -> BoxFut<'a, Result<Vec<ListingSnapshot>, ChannelError>>;
}

/// Sets quantities.
pub trait StockSink: Send + Sync {
    /// Sets quantities the way each level asks for, at most [`Descriptor::write_batch`] at once; one result for each level, in order.
    fn set<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Vec<ItemResult>>;
}

/// Sets prices.
pub trait PriceSink: Send + Sync {
    /// Sets prices, at most [`Descriptor::write_batch`] at once; one result for each, in order.
    fn set<'a>(&'a self, prices: &'a [PriceLevel]) -> BoxFut<'a, Vec<ItemResult>>;
}

/// Tells the channel what was shipped.
pub trait FulfilmentSink: Send + Sync {
    /// Confirms one parcel. Confirming the same parcel again changes nothing.
    fn confirm<'a>(&'a self, notice: &'a ShipmentNotice) -> BoxFut<'a, Result<(), ChannelError>>;
}
