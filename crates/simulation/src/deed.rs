//! What people, other tools and machines do, and how it is told.

use std::fmt;

/// Something that happens from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A buyer wants units on a channel. A pending payment is decided so many milliseconds later, and may fail.
    Buy {
        channel: usize,
        product: usize,
        units: i64,
        pending: Option<(u64, bool)>,
    },
    /// A buyer wants units in the own store.
    BuyHere { product: usize, units: i64 },
    /// A buyer calls an order off; the platform puts the units back on sale, or not.
    CallOff { nth: usize, restock: bool },
    /// Somebody packs the oldest orders.
    Pack { parcels: usize, partly: bool },
    /// Goods come in.
    Receive { product: usize, units: i64 },
    /// Goods break.
    Break { product: usize, units: i64 },
    /// The shelf is counted, and so many more or less lie there than the books say.
    Count { product: usize, difference: i64 },
    /// Goods are sent to the second location, or back from it; some never arrive.
    Send {
        product: usize,
        units: i64,
        back: bool,
        lost: i64,
        hours: u64,
    },
    /// The channel tells the hub that orders, or listings, have changed.
    Notify { channel: usize, listings: bool },
    /// Another tool writes a quantity to a channel.
    OtherTool {
        channel: usize,
        product: usize,
        quantity: u32,
    },
    /// A worker is killed where it stands; another takes its place.
    Kill { worker: usize },
    /// The whole program is killed and started again.
    KillAll,
    /// The machine holds a worker up.
    Stall { worker: usize, secs: u64 },
    /// The channel refuses the next calls.
    Outage { calls: u32, operation: &'static str },
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buy {
                channel,
                product,
                units,
                pending,
            } => {
                let how = if pending.is_some() {
                    ", payment pending"
                } else {
                    ""
                };
                write!(f, "a buyer wants {units} of P{product} on channel {channel}{how}")
            }
            Self::BuyHere { product, units } => {
                write!(f, "a buyer wants {units} of P{product} in the own store")
            }
            Self::CallOff { restock, .. } => {
                write!(f, "a buyer calls an order off (back on sale: {restock})")
            }
            Self::Pack { parcels, .. } => write!(f, "up to {parcels} orders are packed"),
            Self::Receive { product, units } => write!(f, "{units} of P{product} come in"),
            Self::Break { product, units } => write!(f, "{units} of P{product} break"),
            Self::Count { product, difference } => write!(f, "P{product} is counted: {difference:+}"),
            Self::Send {
                product,
                units,
                back,
                hours,
                ..
            } => {
                let way = if *back { "back from" } else { "to" };
                write!(
                    f,
                    "{units} of P{product} are sent {way} the second location, for {hours} h"
                )
            }
            Self::Notify { channel, listings } => {
                let what = if *listings { "listings" } else { "orders" };
                write!(f, "channel {channel} notifies the hub of {what}")
            }
            Self::OtherTool {
                channel,
                product,
                quantity,
            } => {
                write!(
                    f,
                    "another tool writes {quantity} for P{product} on channel {channel}"
                )
            }
            Self::Kill { worker } => write!(f, "worker {worker} is killed"),
            Self::KillAll => write!(f, "the program is killed and started again"),
            Self::Stall { worker, secs } => write!(f, "worker {worker} is held up for {secs} s"),
            Self::Outage { calls, operation } => {
                write!(f, "the next {calls} calls of {operation} are refused")
            }
        }
    }
}
