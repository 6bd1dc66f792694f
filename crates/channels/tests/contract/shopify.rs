//! Shops on Shopify, signed in by the app's own secret.

use std::collections::BTreeMap;
use std::sync::Arc;

use stockbridge_channels::shopify::Shopify;
use stockbridge_domain::channel::{AccountDraft, SecretText};
use stockbridge_sim::{ShopifyConfig, ShopifyShop, ShopifyVariant, TimeMode};

use crate::driver::{PAGE, START, STOCK, Setup, Tells, barcode};

pub fn setup() -> Setup {
    let config = ShopifyConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        page: PAGE,
        variants: STOCK
            .map(|(sku, quantity)| ShopifyVariant {
                barcode: barcode(sku),
                ..ShopifyVariant::at(sku, &[("101", quantity.into())])
            })
            .to_vec(),
        ..ShopifyConfig::default()
    };
    let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    let draft = AccountDraft {
        name: "Shop".into(),
        credentials: BTreeMap::from([
            text("shop", &config.shop),
            text("client_id", &config.client_id),
            text("client_secret", &config.client_secret),
        ]),
        ..AccountDraft::default()
    };
    Setup {
        channel: Arc::new(Shopify::default()),
        draft,
        platform: ShopifyShop::new(config),
        tells: Tells {
            titles: true,
            barcodes: true,
        },
    }
}
