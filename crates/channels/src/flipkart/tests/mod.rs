//! Flipkart: what it asks for, what it sends, how it reads what comes back, and the loop against the simulated marketplace.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use stockbridge_domain::Sku;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Change, Channel as _, Connection, Fault, HttpRequest, Level, LevelPart,
    ListingKey, OrderQuery, OrderTime, SecretText,
};
use stockbridge_domain::order::OrderSnapshot;
use stockbridge_sim::{FlipkartConfig, FlipkartListing, FlipkartShop, TimeMode};

use super::Flipkart;
use crate::testing::{World, account, now, of_platform};

mod consent;
mod errors;
mod events;
mod parcels;
mod shapes;
mod trade;

const NOTIFY: &str = "https://hub.example.com/hooks/flipkart/1/events";

fn draft(options: Value) -> AccountDraft {
    let secret = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    AccountDraft {
        name: "Shop".into(),
        credentials: BTreeMap::from([
            secret("app_id", "app-1"),
            secret("app_secret", "app-secret-0123456789"),
        ]),
        options: serde_json::from_value(options).unwrap(),
        ..AccountDraft::default()
    }
}

fn open(draft: &AccountDraft, world: &Arc<World>) -> Box<dyn Connection> {
    let channel = Flipkart::default();
    let config = AccountConfig {
        account: account(),
        checked: channel.check(draft).unwrap(),
        credentials: draft.credentials.clone(),
        endpoints: draft.endpoints.clone(),
        options: draft.options.clone(),
        webhook_key: SecretText::new("webhook-key"),
    };
    channel.connect(config, world.io()).unwrap()
}

/// A simulated marketplace and a connection to it, on one clock.
struct Market {
    shop: Arc<FlipkartShop>,
    world: Arc<World>,
    connection: Box<dyn Connection>,
}

fn market(change: impl FnOnce(&mut FlipkartConfig), options: Value) -> Market {
    let mut config = FlipkartConfig {
        time: TimeMode::Stepped {
            start: now().to_string().parse().unwrap(),
        },
        locations: vec!["LOC1".to_owned(), "LOC2".to_owned()],
        listings: vec![
            FlipkartListing::new("MUG", 10),
            FlipkartListing::at("BOWL", &[("LOC1", 4), ("LOC2", 3)]),
        ],
        page: 2,
        notify_url: Some(NOTIFY.to_owned()),
        ..FlipkartConfig::default()
    };
    change(&mut config);
    let shop = FlipkartShop::new(config);
    let answering = shop.clone();
    let world = World::new(move |request| of_platform(answering.call(request)));
    let connection = open(&draft(options), &world);
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

    async fn orders(&self, by: OrderTime) -> Vec<OrderSnapshot> {
        let mut query = OrderQuery {
            since: now(),
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

    async fn order(&self, id: &str) -> OrderSnapshot {
        self.connection.orders().unwrap().get(id).await.unwrap()
    }

    async fn read(&self, skus: &[&str]) -> Vec<stockbridge_domain::channel::ListingSnapshot> {
        let key = |sku: &&str| ListingKey {
            sku: Sku::parse(sku).unwrap(),
            handle: None,
        };
        let keys: Vec<ListingKey> = skus.iter().map(key).collect();
        self.connection.listings().unwrap().read(&keys).await.unwrap()
    }
}

fn level(sku: &str, parts: &[(&str, i64)], handle: Option<&str>) -> Level {
    let part = |(location, quantity): &(&str, i64)| LevelPart {
        location: (*location).to_owned(),
        shown: 0,
        quantity: *quantity,
    };
    Level {
        sku: Sku::parse(sku).unwrap(),
        quantity: parts.iter().map(|(_, quantity)| quantity).sum(),
        change: Change::Set,
        believed: None,
        parts: parts.iter().map(part).collect(),
        push: "psh_00000000000000000000000007".parse().unwrap(),
        handle: handle.map(str::to_owned),
    }
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(request.body()).unwrap_or_default()
}

#[test]
fn what_was_typed_is_checked_field_by_field() {
    let channel = Flipkart::default();
    let checked = channel
        .check(&draft(
            json!({"location_ids": "LOC1, LOC2", "autodispatch": true}),
        ))
        .unwrap();
    assert_eq!(
        (checked.external_id.as_str(), checked.marketplaces.as_slice()),
        ("app-1", &["IN".to_owned()][..])
    );
    assert_eq!(
        channel
            .check(&draft(json!({"sandbox": true})))
            .unwrap()
            .external_id,
        "sandbox/app-1"
    );
    let mut wrong = draft(json!({"label_hours": 0, "sandbox": "perhaps", "location_ids": 5}));
    wrong.marketplaces.push("DE".into());
    wrong
        .credentials
        .insert("refresh_token".into(), SecretText::new("consent"));
    let problems = channel.check(&wrong).unwrap_err();
    let mut fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    fields.sort_unstable();
    let expected = [
        "credentials/seller_id",
        "marketplaces",
        "options/label_hours",
        "options/location_ids",
        "options/sandbox",
    ];
    assert_eq!(fields, expected, "{problems:?}");
}

#[tokio::test]
async fn the_connection_tells_what_does_not_fit() {
    let market = market(|_| {}, json!({"location_ids": "LOC9"}));
    let health = market.connection.probe().await.unwrap();
    assert_eq!(health.summary, "Signed in at Flipkart: 2 listings, 2 locations.");
    assert!(
        health.warnings[0].contains("LOC9") && health.warnings[0].contains("LOC1, LOC2"),
        "{health:?}"
    );
}

#[tokio::test]
async fn an_expired_token_is_replaced_once_and_revoked_access_is_told() {
    let market = market(|_| {}, json!({}));
    market.connection.probe().await.unwrap();
    market.shop.expire_tokens();
    market.connection.probe().await.unwrap();
    market.shop.revoke(true);
    let error = market.connection.probe().await.unwrap_err();
    assert_eq!(error.fault, Fault::Credentials, "{error:?}");
}
