//! Every way out of Stockbridge: the one HTTP transport and one folder per channel.
//!
//! A channel implements the port in `stockbridge_domain::channel`; nothing outside its folder knows its name. Inside,
//! requests are built by pure functions and read by pure functions, and [`call`] performs what lies between them: pace,
//! send, cap, classify. Start there, then read a channel's `mod.rs`.

pub mod amazon;
pub mod auth;
pub mod call;
pub mod check;
pub mod custom;
pub mod endpoint;
pub mod flipkart;
pub mod http;
pub mod medusa;
pub mod noon;
pub mod own;
pub mod plain;
pub mod shopify;
pub mod woocommerce;

#[cfg(test)]
mod testing;

use std::sync::Arc;

use stockbridge_domain::channel::Channel;

/// Every channel there is, in the order people are shown them; adding one is a line here.
pub fn all() -> Vec<Arc<dyn Channel>> {
    vec![
        Arc::new(amazon::Amazon::default()),
        Arc::new(flipkart::Flipkart::default()),
        Arc::new(noon::Noon::default()),
        Arc::new(shopify::Shopify::default()),
        Arc::new(woocommerce::WooCommerce::default()),
        Arc::new(medusa::Medusa),
        Arc::new(custom::Custom),
        Arc::new(own::Own),
    ]
}

#[cfg(test)]
mod tests;
