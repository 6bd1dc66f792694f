//! Noon: what it asks for, how it signs in, what it sends, and the loop against the simulated marketplace.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ring::signature::{KeyPair as _, RsaKeyPair};
use serde_json::{Value, json};
use stockbridge_domain::Sku;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Change, Channel as _, Connection, Fault, HttpRequest, Level, LevelPart,
    OrderQuery, OrderTime, SecretText,
};
use stockbridge_domain::order::OrderSnapshot;
use stockbridge_sim::{NoonConfig, NoonDestination, NoonListing, NoonShop, TimeMode};

use super::Noon;
use crate::testing::{World, account, now, of_platform};

mod orders;
mod parcels;
mod shapes;
mod signing;
mod trade;

const KEY: &str = include_str!("../../fixtures/rsa-key-for-tests.pem");
const WEBHOOK_KEY: &str = "webhook-key-0123456789";

/// The public half of the key, as the simulated marketplace keeps it.
fn public_key() -> String {
    use base64::Engine as _;
    let body: String = KEY.lines().filter(|line| !line.starts_with("---")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    let pair = RsaKeyPair::from_pkcs8(&der).unwrap();
    pair.public_key()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn key_file() -> String {
    json!({"key_id": "noon-partners-key-id-1", "private_key": KEY, "channel_identifier": "user@p1001.idp.noon.partners",
        "project_code": "PRJ1001", "type": "apijwt", "issued_at": "2026-11-01T00:00:00Z"})
    .to_string()
}

fn draft(options: Value) -> AccountDraft {
    let mut options: BTreeMap<String, Value> = serde_json::from_value(options).unwrap();
    options
        .entry("warehouse_code".to_owned())
        .or_insert_with(|| json!("W001"));
    AccountDraft {
        name: "Noon".into(),
        marketplaces: vec!["AE".into()],
        credentials: BTreeMap::from([("service_account".to_owned(), SecretText::new(key_file()))]),
        options,
        ..AccountDraft::default()
    }
}

fn open(draft: &AccountDraft, world: &Arc<World>) -> Box<dyn Connection> {
    let channel = Noon::default();
    let config = AccountConfig {
        account: account(),
        checked: channel.check(draft).unwrap(),
        credentials: draft.credentials.clone(),
        endpoints: draft.endpoints.clone(),
        options: draft.options.clone(),
        webhook_key: SecretText::new(WEBHOOK_KEY),
    };
    channel.connect(config, world.io()).unwrap()
}

/// A simulated marketplace and a connection to it, on one clock.
struct Market {
    shop: Arc<NoonShop>,
    world: Arc<World>,
    connection: Box<dyn Connection>,
}

fn market(change: impl FnOnce(&mut NoonConfig), draft: &AccountDraft) -> Market {
    let mut config = NoonConfig {
        time: TimeMode::Stepped {
            start: now().to_string().parse().unwrap(),
        },
        public_key: public_key(),
        listings: vec![NoonListing::new("MUG", 10), NoonListing::new("BOWL", 7)],
        page: 2,
        destination: Some(NoonDestination {
            url: "https://hub.example.com/hooks/noon/1/events".to_owned(),
            header: "X-Stockbridge-Key".to_owned(),
            secret: WEBHOOK_KEY.to_owned(),
        }),
        ..NoonConfig::default()
    };
    change(&mut config);
    let shop = NoonShop::new(config);
    let answering = shop.clone();
    let world = World::new(move |request| of_platform(answering.call(request)));
    let connection = open(draft, &world);
    Market {
        shop,
        world,
        connection,
    }
}

impl Market {
    fn pass(&self, secs: u64) {
        self.world.clock.advance(Duration::from_secs(secs));
        self.shop.advance(Duration::from_secs(secs));
    }

    async fn orders(&self, since: stockbridge_domain::Timestamp, by: OrderTime) -> Vec<OrderSnapshot> {
        let mut query = OrderQuery {
            since,
            by,
            cursor: None,
        };
        let mut all = Vec::new();
        loop {
            let page = self.connection.orders().unwrap().page(&query).await.unwrap();
            assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
            assert!(page.complete_until.is_some(), "by the date of the answer");
            all.extend(page.orders);
            query.cursor = page.next;
            if query.cursor.is_none() {
                return all;
            }
        }
    }

    async fn order(&self, nr: &str) -> OrderSnapshot {
        self.connection.orders().unwrap().get(nr).await.unwrap()
    }

    fn calls(&self, path: &str) -> usize {
        let sent = self.world.sent.lock().unwrap();
        sent.iter().filter(|r| r.uri().path().ends_with(path)).count()
    }
}

fn level(sku: &str, quantity: i64, parts: &[(&str, i64)]) -> Level {
    let part = |(location, quantity): &(&str, i64)| LevelPart {
        location: (*location).to_owned(),
        shown: 0,
        quantity: *quantity,
    };
    Level {
        sku: Sku::parse(sku).unwrap(),
        quantity,
        change: Change::Set,
        believed: None,
        parts: parts.iter().map(part).collect(),
        push: "psh_00000000000000000000000007".parse().unwrap(),
        handle: None,
    }
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(request.body()).unwrap_or_default()
}

#[test]
fn what_was_typed_is_checked_field_by_field() {
    let channel = Noon::default();
    let checked = channel.check(&draft(json!({}))).unwrap();
    assert_eq!(
        (checked.external_id.as_str(), checked.currency.unwrap().code()),
        ("PRJ1001", "AED")
    );
    let mut wrong = draft(json!({"signing": "magic", "open_days": 0, "export_prefix": "a b"}));
    wrong.marketplaces = vec!["DE".into()];
    wrong
        .credentials
        .insert("service_account".into(), SecretText::new("{\"key_id\": 5"));
    let problems = channel.check(&wrong).unwrap_err();
    let mut fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    fields.sort_unstable();
    let expected = [
        "credentials/service_account",
        "marketplaces",
        "options/export_prefix",
        "options/open_days",
        "options/signing",
    ];
    assert_eq!(fields, expected, "{problems:?}");
    let mut none = draft(json!({}));
    none.marketplaces.clear();
    assert!(
        channel.check(&none).unwrap_err()[0]
            .to_string()
            .contains("AE, SA or EG")
    );
}

#[tokio::test]
async fn testing_names_the_warehouses() {
    let market = market(|_| {}, &draft(json!({"warehouse_code": "W009"})));
    let health = market.connection.probe().await.unwrap();
    assert_eq!(
        health.summary,
        "Signed in at Noon as api@PRJ1001.idp.noon.partners."
    );
    assert!(
        health.warnings[0].contains("W009") && health.warnings[0].contains("W001"),
        "{health:?}"
    );
}
