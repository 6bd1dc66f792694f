//! Systems of one's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use stockbridge_channels::custom::Custom;
use stockbridge_domain::channel::{AccountDraft, SecretText};
use stockbridge_sim::{CustomShop, ShopConfig, ShopListing, TimeMode};

use crate::bench::WEBHOOK_URL;
use crate::driver::{PAGE, START, STOCK, Setup, Tells, barcode};

pub fn setup() -> Setup {
    let config = ShopConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        page: PAGE,
        webhook_url: Some(WEBHOOK_URL.to_owned()),
        listings: STOCK
            .map(|(sku, quantity)| ShopListing {
                barcode: Some(barcode(sku)),
                ..ShopListing::new(sku, quantity)
            })
            .to_vec(),
        ..ShopConfig::default()
    };
    let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    let draft = AccountDraft {
        name: "Shop".into(),
        credentials: BTreeMap::from([
            text("base_url", "http://shop.test"),
            text("key_id", &config.key_id),
            text("secret", &config.secret),
        ]),
        ..AccountDraft::default()
    };
    Setup {
        channel: Arc::new(Custom),
        draft,
        platform: CustomShop::new(config),
        tells: Tells {
            titles: true,
            barcodes: true,
        },
    }
}
