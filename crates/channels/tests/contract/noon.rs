//! Noon, with the catalogue as an export.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use stockbridge_channels::noon::Noon;
use stockbridge_domain::channel::{AccountDraft, SecretText};
use stockbridge_sim::{
    NOON_PRACTICE_KEY, NoonConfig, NoonDestination, NoonListing, NoonShop, TimeMode, noon_public_half,
};

use crate::bench::{WEBHOOK_KEY, WEBHOOK_URL};
use crate::driver::{PAGE, START, STOCK, Setup, Tells};

pub fn setup() -> Setup {
    let config = NoonConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        page: PAGE,
        listings: STOCK
            .map(|(sku, quantity)| NoonListing::new(sku, quantity))
            .to_vec(),
        public_key: noon_public_half(NOON_PRACTICE_KEY),
        destination: Some(NoonDestination {
            url: format!("{WEBHOOK_URL}/events"),
            header: "X-Stockbridge-Key".to_owned(),
            secret: WEBHOOK_KEY.to_owned(),
        }),
        ..NoonConfig::default()
    };
    let file = json!({"key_id": config.key_id, "private_key": NOON_PRACTICE_KEY, "project_code": config.project_code, "type": "apijwt"});
    let draft = AccountDraft {
        name: "Noon".into(),
        marketplaces: vec!["AE".into()],
        credentials: BTreeMap::from([("service_account".to_owned(), SecretText::new(file.to_string()))]),
        options: BTreeMap::from([("warehouse_code".to_owned(), json!("W001"))]),
        ..AccountDraft::default()
    };
    Setup {
        channel: Arc::new(Noon::default()),
        draft,
        platform: NoonShop::new(config),
        tells: Tells {
            titles: true,
            barcodes: false,
        },
    }
}
