//! Simulated marketplaces: servers that behave as the real platforms do, for tests and for the demo.
//!
//! Start at [`Sim`]: build one from a [`SimConfig`], then call it in process ([`Sim::call`]: synchronous and,
//! in [`TimeMode::Stepped`], deterministic) or serve it over HTTP ([`serve`]). Buyers place orders through
//! [`Sim::buy`] or by themselves ([`BuyerConfig`]); [`Sim::truth`] tells what really happened, which is what
//! a test compares a client's view with.
//!
//! Rooms: `world` (sellers, listings, orders, effects due later), `buyers`, `faults`, `time` and `control`
//! know no platform; everything that belongs to one platform's protocol lives in its own folder. Amazon's is played by
//! [`Sim`], one seller of which is an [`AmazonSeller`]; a system of one's own ([`CustomShop`]), [`FlipkartShop`], [`MedusaStore`], [`NoonShop`], [`ShopifyShop`] and
//! [`WooShop`] are small worlds by themselves, one seller each. [`Platform`] is what these have in common.
//! This crate depends on no other crate of the workspace: it is written from the platforms' published models,
//! so that a misreading in a connector cannot agree with itself.

mod amazon;
mod buyers;
mod catalogue;
mod config;
mod control;
mod custom;
mod faults;
mod flipkart;
mod medusa;
mod noon;
mod platform;
mod reply;
mod server;
mod shopify;
mod sim;
mod time;
mod woocommerce;
mod world;

pub use amazon::AmazonSeller;
pub use catalogue::generate_listings;
pub use config::{
    BuyerConfig, Fulfilment, ListingConfig, OfferConfig, Plan, SellerConfig, SimConfig, SpanMs,
};
pub use custom::{CustomShop, ShopConfig, ShopListing, ShopOrder, ShopRefund, ShopWrite};
pub use faults::{Fault, FaultConfig, FaultFired};
pub use flipkart::{
    FlipkartConfig, FlipkartItem, FlipkartListing, FlipkartShipment, FlipkartShop, FlipkartWrite,
};
pub use medusa::{
    Meanwhile, MedusaConfig, MedusaLocation, MedusaOrder, MedusaStore, MedusaVariant, MedusaWrite,
};
pub use noon::{NOON_PRACTICE_KEY, noon_public_half};
pub use noon::{
    NoonConfig, NoonDestination, NoonListing, NoonOrder, NoonShipment, NoonShop, NoonUnit, NoonWrite,
};
pub use platform::{Act, Platform, PlatformLine, PlatformOrder};
pub use server::{serve, serve_platform};
pub use shopify::{
    ShopifyConfig, ShopifyLine, ShopifyOrder, ShopifyParcel, ShopifyShop, ShopifyVariant, ShopifyWrite,
};
pub use sim::{CallOutcome, Sim};
pub use time::TimeMode;
pub use woocommerce::{
    WooConfig, WooLine, WooManage, WooOrder, WooParcels, WooProduct, WooRefund, WooShop, WooWrite,
};
pub use world::{
    BuyOptions, ListingEdit, OrderStatus, Refused, Shelf, Truth, TruthLine, TruthListing, TruthOrder,
    TruthRefusal, WriteRecord,
};
