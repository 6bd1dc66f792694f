//! A channel described as data: feeds the connect form, the capability matrix, schedules and docs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::exchange::Change;
use super::io::BucketSpec;
use super::report::ReportKind;
use crate::listing::named;

/// Something a channel can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Orders can be read.
    Orders,
    /// Listings can be read.
    Listings,
    /// Quantities can be set.
    Stock,
    /// Prices can be set.
    Prices,
    /// Shipments can be confirmed.
    Fulfilment,
    /// The channel tells by itself what changed.
    Events,
    /// Orders can be called off.
    Cancellations,
    /// Returns can be read.
    Returns,
    /// Money can be given back.
    Refunds,
    /// The channel makes labels and invoices.
    Papers,
    /// The channel keeps goods of the seller's.
    Warehouse,
    /// The channel tells what money moved.
    Finance,
    /// The channel makes reports.
    Reports,
}

impl Capability {
    /// Every capability, in the order people are shown them.
    pub const ALL: [Self; 13] = [
        Self::Orders,
        Self::Listings,
        Self::Stock,
        Self::Prices,
        Self::Fulfilment,
        Self::Events,
        Self::Cancellations,
        Self::Returns,
        Self::Refunds,
        Self::Papers,
        Self::Warehouse,
        Self::Finance,
        Self::Reports,
    ];

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Listings => "listings",
            Self::Stock => "stock",
            Self::Prices => "prices",
            Self::Fulfilment => "shipments",
            Self::Events => "webhooks",
            Self::Cancellations => "cancellations",
            Self::Returns => "returns",
            Self::Refunds => "refunds",
            Self::Papers => "labels",
            Self::Warehouse => "channel's warehouse",
            Self::Finance => "money",
            Self::Reports => "reports",
        }
    }
}

/// A kind of data that is pulled on a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// Orders changed since the watermark.
    Orders,
    /// All listings.
    Listings,
    /// Read-back of what the channel shows.
    Inventory,
    /// Returns changed since the watermark.
    Returns,
    /// What lies in the channel's own warehouse.
    Warehouse,
    /// What money moved.
    Finance,
    /// Reports the account wants on schedule.
    Reports,
}

impl DataKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Orders,
        Self::Listings,
        Self::Inventory,
        Self::Returns,
        Self::Warehouse,
        Self::Finance,
        Self::Reports,
    ];

    /// The name in the API, in SQL and on pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Listings => "listings",
            Self::Inventory => "inventory",
            Self::Returns => "returns",
            Self::Warehouse => "warehouse",
            Self::Finance => "finance",
            Self::Reports => "reports",
        }
    }

    /// Reads [`Self::name`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// How often a kind of data is pulled unless the account says otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// What.
    pub kind: DataKind,
    /// How long between the end of one pull and the start of the next.
    pub every: Duration,
}

named! {
    /// How a channel takes a new quantity.
    WriteMode {
        /// Overwrites whatever is there, including sales the hub has not seen.
        Absolute = "absolute",
        /// Refuses when the quantity is not the one the writer names, which nothing overtakes in between.
        CompareAndSet = "compare_and_set",
        /// Adds or takes away; refuses what would go below zero.
        Relative = "relative",
    }
}

impl WriteMode {
    /// The change that brings a listing from `believed` to `quantity` in this mode.
    pub const fn change(self, believed: i64, quantity: i64) -> Change {
        match self {
            Self::Absolute => Change::Set,
            Self::CompareAndSet => Change::From(believed),
            Self::Relative => Change::By(quantity - believed),
        }
    }
}

/// How late a channel may be; the safety of stock rests on these, so they are upper bounds, not averages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// An order is visible to [`super::OrderSource::page`] at most this long after it was placed.
    pub order_visibility: Duration,
    /// An accepted write is applied, or never will be, at most this long after it was sent.
    pub write_apply: Duration,
}

/// One field of the connect form.
#[derive(Debug, Clone, Copy)]
pub struct CredentialField {
    /// Key in `credentials`.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// Where to find it.
    pub help: &'static str,
    /// Shown as dots and never given back.
    pub secret: bool,
    /// Must be there.
    pub required: bool,
    /// May have several lines, such as a key file.
    pub multiline: bool,
}

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// Any text.
    Text,
    /// Yes or no.
    Flag,
    /// A whole number.
    Number,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// A setting of an account that only this channel has.
#[derive(Debug, Clone, Copy)]
pub struct OptionField {
    /// Key in `options`.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it does, and where to find its value.
    pub help: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// Must be there.
    pub required: bool,
}

/// A country site of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marketplace {
    /// Short code people use, such as `DE`.
    pub code: &'static str,
    /// The channel's id.
    pub id: &'static str,
    /// Name of the country.
    pub name: &'static str,
    /// ISO 4217 code.
    pub currency: &'static str,
    /// Which of the channel's regions serves it; an account lives in one.
    pub region: &'static str,
    /// IANA time zone of its business day.
    pub time_zone: &'static str,
}

/// A lane's share of the channel's quota: operations that are limited together or belong together in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaGroup {
    /// Reading orders.
    Orders,
    /// Reading and writing listings, quantities and prices.
    Listings,
    /// Confirming shipments.
    Fulfilment,
    /// Reading what lies in the channel's warehouse.
    Warehouse,
    /// Reading what money moved.
    Finance,
    /// Batches of very many quantities.
    Bulk,
    /// Reports.
    Reports,
}

impl QuotaGroup {
    /// The name in lane keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Listings => "listings",
            Self::Fulfilment => "fulfilment",
            Self::Warehouse => "warehouse",
            Self::Finance => "finance",
            Self::Bulk => "bulk",
            Self::Reports => "reports",
        }
    }
}

/// A channel, described.
#[derive(Debug)]
pub struct Descriptor {
    /// The name in URLs, SQL and logs.
    pub kind: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// One sentence for the person choosing.
    pub summary: &'static str,
    /// What it can do.
    pub capabilities: &'static [Capability],
    /// What the connect form asks for.
    pub credentials: &'static [CredentialField],
    /// Names of secrets that signing in brings and nobody types, such as tokens that are renewed.
    pub tokens: &'static [&'static str],
    /// Settings only this channel has.
    pub options: &'static [OptionField],
    /// Its country sites; empty when it has none.
    pub marketplaces: &'static [Marketplace],
    /// Names of endpoints that may be replaced.
    pub endpoints: &'static [&'static str],
    /// Default schedules.
    pub schedules: &'static [Schedule],
    /// Every budget it draws on.
    pub buckets: &'static [BucketSpec],
    /// How late it may be.
    pub timing: Timing,
    /// How it takes quantities.
    pub write_mode: WriteMode,
    /// Most items of one write.
    pub write_batch: usize,
    /// Most SKUs of one read-back.
    pub read_batch: usize,
    /// False for a channel that lives in the hub itself: it sells from stock in the hub's own transaction.
    pub remote: bool,
    /// Reports it makes.
    pub reports: &'static [ReportKind],
}

impl Descriptor {
    /// Whether the channel claims a capability.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// A marketplace by code or id, ignoring case of the code.
    pub fn marketplace(&self, code_or_id: &str) -> Option<&'static Marketplace> {
        self.marketplaces
            .iter()
            .find(|m| m.id == code_or_id || m.code.eq_ignore_ascii_case(code_or_id))
    }
}
