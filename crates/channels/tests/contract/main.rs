//! The contract: one set of scenarios that every channel passes against its simulated platform.
//!
//! A channel takes part by a file that builds its [`driver::Setup`] and by a line below. A scenario that asks for something
//! the channel does not claim is not run for it, and the matrix in the documentation says so.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod bench;
mod custom;
mod driver;
mod flipkart;
mod matrix;
mod medusa;
mod noon;
mod scenarios;
mod shopify;
mod woocommerce;

use driver::{Channel, Setup};

/// Every channel that keeps the contract, by its name, with what builds it anew beside a fresh platform.
pub const CHANNELS: &[Channel] = &[
    Channel {
        name: "shopify",
        label: "Shopify",
        verified: "Shopify's GraphQL schema, version 2026-10",
        build: shopify::setup,
    },
    Channel {
        name: "woocommerce",
        label: "WooCommerce",
        verified: "the attributes and parameters its documentation lists",
        build: woocommerce::setup,
    },
    Channel {
        name: "medusa",
        label: "Medusa",
        verified: "a real server of 2.21.2, and its schemas",
        build: medusa::setup,
    },
    Channel {
        name: "flipkart",
        label: "Flipkart",
        verified: "shapes of its public reference",
        build: flipkart::setup,
    },
    Channel {
        name: "noon",
        label: "Noon",
        verified: "a summary of its public reference",
        build: noon::setup,
    },
    Channel {
        name: "custom",
        label: "Custom",
        verified: "its document, and a server in another language",
        build: custom::setup,
    },
];

/// Makes one test of each scenario for a channel.
macro_rules! keeps_the_contract {
    ($channel:ident) => {
        mod $channel {
            keeps_the_contract!(@each $channel connect import_once import_again page_boundary update cancel call_off push
                partial_refusal throttle expired_token lost_answer price webhook unknown_status revoked_access
                refund);
        }
    };
    (@each $channel:ident $($scenario:ident)*) => {
        $(
            #[tokio::test]
            async fn $scenario() {
                let setup: $crate::Setup = $crate::$channel::setup();
                $crate::scenarios::$scenario($crate::bench::Bench::new(setup)).await;
            }
        )*
    };
}

mod keeps {
    keeps_the_contract!(shopify);
    keeps_the_contract!(woocommerce);
    keeps_the_contract!(medusa);
    keeps_the_contract!(flipkart);
    keeps_the_contract!(noon);
    keeps_the_contract!(custom);
}
