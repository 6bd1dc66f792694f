//! Flipkart: shipments that the seller's own courier brings, so that parcels can be confirmed.

use std::collections::BTreeMap;
use std::sync::Arc;

use stockbridge_channels::flipkart::Flipkart;
use stockbridge_domain::channel::{AccountDraft, SecretText};
use stockbridge_sim::{FlipkartConfig, FlipkartListing, FlipkartShop, TimeMode};

use crate::bench::WEBHOOK_URL;
use crate::driver::{PAGE, START, STOCK, Setup, Tells};

pub fn setup() -> Setup {
    let config = FlipkartConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        page: PAGE,
        listings_page: PAGE,
        listings: STOCK
            .map(|(sku, quantity)| FlipkartListing::new(sku, quantity))
            .to_vec(),
        self_ship: true,
        notify_url: Some(format!("{WEBHOOK_URL}/events")),
        ..FlipkartConfig::default()
    };
    let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    let draft = AccountDraft {
        name: "Flipkart".into(),
        credentials: BTreeMap::from([
            text("app_id", &config.app_id),
            text("app_secret", &config.app_secret),
        ]),
        ..AccountDraft::default()
    };
    Setup {
        channel: Arc::new(Flipkart::default()),
        draft,
        platform: FlipkartShop::new(config),
        tells: Tells {
            titles: false,
            barcodes: false,
        },
    }
}
