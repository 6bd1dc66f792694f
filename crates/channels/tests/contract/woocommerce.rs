//! A WooCommerce shop.

use std::collections::BTreeMap;
use std::sync::Arc;

use stockbridge_channels::woocommerce::WooCommerce;
use stockbridge_domain::channel::{AccountDraft, SecretText};
use stockbridge_sim::{TimeMode, WooConfig, WooParcels, WooProduct, WooShop};

use crate::driver::{PAGE, START, STOCK, Setup, Tells, barcode};

pub fn setup() -> Setup {
    let config = WooConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        most_per_page: PAGE,
        parcels: WooParcels::Fulfillments,
        products: STOCK
            .map(|(sku, quantity)| WooProduct {
                barcode: Some(barcode(sku)),
                ..WooProduct::new(sku, i64::from(quantity))
            })
            .to_vec(),
        ..WooConfig::default()
    };
    let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    let draft = AccountDraft {
        name: "Shop".into(),
        credentials: BTreeMap::from([
            text("shop_url", "https://shop.example.com"),
            text("consumer_key", &config.consumer_key),
            text("consumer_secret", &config.consumer_secret),
        ]),
        ..AccountDraft::default()
    };
    Setup {
        channel: Arc::new(WooCommerce::default()),
        draft,
        platform: WooShop::new(config),
        tells: Tells {
            titles: true,
            barcodes: true,
        },
    }
}
