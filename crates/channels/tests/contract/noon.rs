//! Noon, with the catalogue as an export.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use ring::signature::{KeyPair as _, RsaKeyPair};
use serde_json::json;
use stockbridge_channels::noon::Noon;
use stockbridge_domain::channel::{AccountDraft, SecretText};
use stockbridge_sim::{NoonConfig, NoonDestination, NoonListing, NoonShop, TimeMode};

use crate::bench::{WEBHOOK_KEY, WEBHOOK_URL};
use crate::driver::{PAGE, START, STOCK, Setup};

const KEY: &str = include_str!("../../src/fixtures/rsa-key-for-tests.pem");

pub fn setup() -> Setup {
    let config = NoonConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        page: PAGE,
        listings: STOCK
            .map(|(sku, quantity)| NoonListing::new(sku, quantity))
            .to_vec(),
        public_key: public_key(),
        destination: Some(NoonDestination {
            url: format!("{WEBHOOK_URL}/events"),
            header: "X-Stockbridge-Key".to_owned(),
            secret: WEBHOOK_KEY.to_owned(),
        }),
        ..NoonConfig::default()
    };
    let file = json!({"key_id": config.key_id, "private_key": KEY, "project_code": config.project_code, "type": "apijwt"});
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
    }
}

/// The public half of the key, as the platform keeps it.
fn public_key() -> String {
    let body: String = KEY.lines().filter(|line| !line.starts_with("---")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    let pair = RsaKeyPair::from_pkcs8(&der).unwrap();
    pair.public_key()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
