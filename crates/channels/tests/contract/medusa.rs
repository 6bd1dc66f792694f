//! Medusa stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use stockbridge_channels::medusa::Medusa;
use stockbridge_domain::channel::{AccountDraft, SecretText};
use stockbridge_sim::{MedusaConfig, MedusaStore, MedusaVariant, TimeMode};

use crate::bench::{WEBHOOK_KEY, WEBHOOK_URL};
use crate::driver::{PAGE, START, STOCK, Setup, Tells, barcode};

pub fn setup() -> Setup {
    let config = MedusaConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        page: PAGE,
        webhook_key: WEBHOOK_KEY.to_owned(),
        webhook_url: format!("{WEBHOOK_URL}/events"),
        variants: STOCK
            .map(|(sku, quantity)| MedusaVariant {
                ean: barcode(sku),
                ..MedusaVariant::new(sku, quantity)
            })
            .to_vec(),
        ..MedusaConfig::default()
    };
    let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    let draft = AccountDraft {
        name: "Shop".into(),
        credentials: BTreeMap::from([
            text("base_url", "https://store.example.com"),
            text("api_key", &config.api_key),
        ]),
        options: BTreeMap::from([("currency".to_owned(), json!("EUR"))]),
        ..AccountDraft::default()
    };
    Setup {
        channel: Arc::new(Medusa),
        draft,
        platform: MedusaStore::new(config),
        tells: Tells {
            titles: true,
            barcodes: true,
        },
    }
}
