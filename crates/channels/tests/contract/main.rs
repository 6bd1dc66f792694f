//! The contract: one set of scenarios that every channel passes against its simulated platform.
//!
//! A channel takes part by a file that builds its [`driver::Setup`] and by a line below. A scenario that asks for something
//! the channel does not claim is not run for it, and the matrix in the documentation says so.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod amazon;
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
use stockbridge_domain::channel::Capability;

/// Every channel that keeps the contract, by its name, with what builds it anew beside a fresh platform.
pub const CHANNELS: &[Channel] = &[
    Channel {
        name: "amazon",
        label: "Amazon",
        verified: "its published models and its static sandbox's samples",
        cannot: &[
            (
                Capability::Events,
                "its messages go to a queue, not to an address",
            ),
            (Capability::Cancellations, "the connector does not call off yet"),
            (Capability::Refunds, "the connector does not refund yet"),
        ],
        build: amazon::setup,
    },
    Channel {
        name: "shopify",
        label: "Shopify",
        verified: "Shopify's GraphQL schema, version 2026-10",
        cannot: &[],
        build: shopify::setup,
    },
    Channel {
        name: "woocommerce",
        label: "WooCommerce",
        verified: "the attributes and parameters its documentation lists",
        cannot: &[],
        build: woocommerce::setup,
    },
    Channel {
        name: "medusa",
        label: "Medusa",
        verified: "a real server of 2.21.2, and its schemas",
        cannot: &[],
        build: medusa::setup,
    },
    Channel {
        name: "flipkart",
        label: "Flipkart",
        verified: "shapes of its public reference",
        cannot: &[(
            Capability::Refunds,
            "the platform gives money back by itself; sellers have no call for it",
        )],
        build: flipkart::setup,
    },
    Channel {
        name: "noon",
        label: "Noon",
        verified: "a summary of its public reference",
        cannot: &[(
            Capability::Refunds,
            "the platform gives money back by itself; sellers have no call for it",
        )],
        build: noon::setup,
    },
    Channel {
        name: "custom",
        label: "Custom",
        verified: "its document, and a server in another language",
        cannot: &[],
        build: custom::setup,
    },
];

/// What a scenario asks for beyond reading orders and listings, for those that ask for it.
pub const NEEDS: &[(&str, Capability)] = &[
    ("call_off", Capability::Cancellations),
    ("price", Capability::Prices),
    ("push", Capability::Stock),
    ("refund", Capability::Refunds),
    ("update", Capability::Fulfilment),
    ("webhook", Capability::Events),
];

/// Makes one test of each scenario for a channel.
macro_rules! keeps_the_contract {
    ($channel:ident) => {
        mod $channel {
            keeps_the_contract!(@each $channel connect import_once import_again page_boundary update cancel call_off push
                partial_refusal throttle expired_token lost_answer price webhook unknown_status revoked_access
                refund told);
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
    keeps_the_contract!(amazon);
    keeps_the_contract!(shopify);
    keeps_the_contract!(woocommerce);
    keeps_the_contract!(medusa);
    keeps_the_contract!(flipkart);
    keeps_the_contract!(noon);
    keeps_the_contract!(custom);
}
