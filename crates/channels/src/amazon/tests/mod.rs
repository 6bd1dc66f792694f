//! Amazon through the port: a transport answers from a script, the models judge the requests.

mod connect;
mod consent;
mod errors;
mod feeds;
mod finance;
mod listings;
mod models;
mod notifications;
mod orders;
mod reports;
mod sandbox;
mod signing;
mod swagger;
mod warehouse;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use stockbridge_domain::Sku;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Change, Channel, Connection, HttpRequest, Level, OrderQuery, OrderTime,
    PriceLevel, SecretText, ShipmentNotice, ShippedLine,
};
use stockbridge_domain::{Currency, Money, Timestamp};

use super::Amazon;
use crate::testing::{Answer, World, account, answer};

/// SKUs as sellers really have them.
const ODD_SKUS: [&str; 7] = [
    "A/b c+d%25#é",
    "100% cotton & silk",
    "قميص-١",
    "a,b",
    "..",
    "x?y=z",
    "0123456789012345678901234567890123456789",
];

fn draft(marketplaces: &[&str]) -> AccountDraft {
    let credentials = [
        ("client_id", "amzn1.application-oa2-client.0123"),
        ("client_secret", "amzn1.oa2-cs.v1.0123"),
        ("refresh_token", "Atzr|IwEB"),
        ("seller_id", "A3EXAMPLE1"),
    ];
    AccountDraft {
        name: "Main".into(),
        marketplaces: marketplaces.iter().map(|m| (*m).to_owned()).collect(),
        credentials: credentials
            .iter()
            .map(|(k, v)| ((*k).to_owned(), SecretText::new(*v)))
            .collect(),
        endpoints: BTreeMap::new(),
        options: BTreeMap::new(),
    }
}

fn open(world: &Arc<World>, marketplaces: &[&str]) -> Box<dyn Connection> {
    open_with(&Amazon::default(), world, draft(marketplaces))
}

fn open_with(amazon: &Amazon, world: &Arc<World>, draft: AccountDraft) -> Box<dyn Connection> {
    let config = AccountConfig {
        account: account(),
        checked: amazon.check(&draft).unwrap(),
        credentials: draft.credentials,
        endpoints: draft.endpoints,
        options: draft.options,
        webhook_key: SecretText::new("webhook-key"),
    };
    amazon.connect(config, world.io()).unwrap()
}

/// A world that grants tokens and answers everything else as told.
fn world(script: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static) -> Arc<World> {
    World::new(move |request| match request.uri().path() {
        "/auth/o2/token" => answer(200, r#"{"access_token":"Atza|a","expires_in":3600}"#),
        _ => script(request),
    })
}

/// A world with one answer to everything but token requests.
fn always(status: u16, body: Value) -> Arc<World> {
    world(move |_| answer(status, body.to_string()))
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

fn level(text: &str, quantity: i64) -> Level {
    Level {
        sku: sku(text),
        quantity,
        change: Change::Set,
        believed: None,
        parts: Vec::new(),
        push: "psh_00000000000000000000000007".parse().unwrap(),
        handle: None,
    }
}

fn price(text: &str, amount: &str, currency: &str) -> PriceLevel {
    let price = Money::from_decimal(amount, Currency::parse(currency).unwrap()).unwrap();
    PriceLevel {
        sku: sku(text),
        price,
        handle: Some("SHIRT".into()),
    }
}

fn notice() -> ShipmentNotice {
    ShipmentNotice {
        channel_order_id: "902-1106328-1059050".into(),
        marketplace: None,
        parcel: 1,
        carrier: "FedEx".into(),
        method: Some("FedEx Ground".into()),
        tracking: "112345678".into(),
        shipped_at: Timestamp::parse("2026-11-20T10:00:00.5Z").unwrap(),
        lines: vec![ShippedLine {
            channel_line_id: "79039765272157".into(),
            quantity: 1,
        }],
    }
}

fn query() -> OrderQuery {
    OrderQuery {
        by: OrderTime::Updated,
        since: Timestamp::parse("2026-11-20T00:00:00.9Z").unwrap(),
        cursor: None,
    }
}

fn errors(code: &str, message: &str, details: &str) -> Value {
    json!({"errors": [{"code": code, "message": message, "details": details}]})
}
