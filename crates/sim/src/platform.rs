//! What tests, the demo and the server need of every simulated platform, whichever it is.

use std::fmt::Debug;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;

use crate::faults::{Fault, FaultConfig};
use crate::sim::CallOutcome;

/// A kind of call, whatever the platform calls it: faults are scripted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Signing in or renewing a token.
    SignIn,
    /// Reading a page of orders.
    ReadOrders,
    /// Reading a page of listings.
    ReadListings,
    /// Setting quantities.
    WriteStock,
    /// Setting prices.
    WritePrice,
    /// Confirming a parcel.
    Ship,
}

/// An order as it really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformOrder {
    /// The platform's id of it, as its API gives it.
    pub id: String,
    /// What was bought.
    pub lines: Vec<PlatformLine>,
    /// When.
    pub placed_at: Timestamp,
    /// Called off as a whole.
    pub cancelled: bool,
    /// Tracking numbers the platform was told, one for each parcel.
    pub parcels: Vec<String>,
}

/// A line of an order as it really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformLine {
    /// The seller's SKU.
    pub sku: String,
    /// Units bought.
    pub quantity: u32,
    /// Units the platform was told were shipped.
    pub shipped: u32,
    /// Units called off.
    pub cancelled: u32,
}

/// One seller's account on a simulated platform.
pub trait Platform: Send + Sync + Debug {
    /// Makes one HTTP call without a network.
    fn call(&self, request: &Request<Bytes>) -> CallOutcome;
    /// Moves the clock on; what falls due meanwhile happens.
    fn advance(&self, by: Duration);
    /// A buyer buys and pays; gives the order's id, or nothing when there is not enough.
    fn buy(&self, sku: &str, quantity: u32) -> Option<String>;
    /// The buyer, or the platform, calls an order off of which nothing was shipped.
    fn cancel(&self, order: &str) -> bool;
    /// Units for sale; `None` for a SKU it does not know.
    fn shown(&self, sku: &str) -> Option<u32>;
    /// Every order there really is.
    fn orders(&self) -> Vec<PlatformOrder>;
    /// Scripts `fault` for the next `count` calls of this kind.
    fn fail_next(&self, act: Act, fault: Fault, count: u32);
    /// Replaces all fault probabilities.
    fn set_faults(&self, faults: FaultConfig);
    /// Access tokens given out so far are not taken any more; false where the platform has none.
    fn expire_tokens(&self) -> bool;
    /// The seller withdraws the consent: nothing is answered until somebody authorises anew.
    fn revoke(&self);
    /// Takes the messages the platform has sent to subscribed addresses since the last time, signed as it signs them.
    fn take_webhooks(&self) -> Vec<Request<Bytes>>;
}
