//! A stepped world with one German seller, and a client that calls it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use stockbridge_sim::{
    BuyOptions, CallOutcome, Fulfilment, ListingConfig, Plan, SellerConfig, Sim, SimConfig, SpanMs, TimeMode,
    Truth,
};

use crate::models;

pub const DE: &str = "A1PA6795UKMFR9";
pub const FR: &str = "A13V1IB3VIYZZH";
pub const US: &str = "ATVPDKIKX0DER";
pub const SELLER: &str = "ASELLER1";
/// Ten units, merchant-fulfilled.
pub const MUG: &str = "MUG 1/red+blue";
/// Fulfilled by Amazon.
pub const FBA: &str = "FBA-1";

pub fn start() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub fn listing(sku: &str, quantity: u32) -> ListingConfig {
    ListingConfig {
        sku: sku.to_owned(),
        asin: "B000000001".to_owned(),
        title: format!("Thing {sku}"),
        quantity: Some(quantity),
        price: "12.90".parse().unwrap(),
        currency: "EUR".to_owned(),
        ..ListingConfig::default()
    }
}

/// A world that stands still, with generous plans, patches that take ten seconds, and no faults.
pub fn config() -> SimConfig {
    let fba = ListingConfig {
        quantity: None,
        fulfilment: Fulfilment::Platform,
        ..listing(FBA, 0)
    };
    let seller = SellerConfig::new(SELLER, "EU", &[DE, FR]).with_listings(vec![listing(MUG, 10), fba]);
    SimConfig {
        seed: 42,
        sellers: vec![seller],
        time: TimeMode::Stepped { start: start() },
        token_ttl_seconds: 7 * 24 * 3_600,
        patch_delay_ms: SpanMs {
            min: 10_000,
            max: 10_000,
        },
        ..SimConfig::default()
    }
}

/// A world whose search quota does not get in the way.
pub fn roomy() -> SimConfig {
    let mut config = config();
    config.plans.insert(
        "searchOrders".to_owned(),
        Plan {
            rate: 100.0,
            burst: 1_000.0,
        },
    );
    config
}

/// A simulator and a signed-in client.
pub struct Bench {
    pub sim: Arc<Sim>,
    pub token: String,
}

/// An answer, with its body as JSON (`null` when empty).
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
    pub head: http::HeaderMap,
}

impl Answer {
    pub fn details(&self) -> &str {
        self.body["errors"][0]["details"].as_str().unwrap()
    }

    pub fn code(&self) -> &str {
        self.body["errors"][0]["code"].as_str().unwrap()
    }

    /// Ids of the orders of a search answer.
    pub fn ids(&self) -> Vec<String> {
        self.body["orders"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| o["orderId"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Bench {
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: SimConfig) -> Self {
        let first = config.sellers[0].clone();
        let sim = Sim::new(config);
        let mut bench = Self {
            sim,
            token: String::new(),
        };
        let answer = bench.sign_in(&first);
        bench.token = answer.body["access_token"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        bench
    }

    pub fn sign_in(&self, seller: &SellerConfig) -> Answer {
        self.grant(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &seller.refresh_token),
            ("client_id", &seller.client_id),
            ("client_secret", &seller.client_secret),
        ])
    }

    pub fn grant(&self, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = Request::post("https://api.amazon.com/auth/o2/token")
            .header("content-type", "application/x-www-form-urlencoded;charset=UTF-8")
            .body(Bytes::from(body))
            .unwrap();
        answered(self.sim.call(request))
    }

    pub fn request(&self, method: Method, target: &str, body: &Value) -> Request<Bytes> {
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        Request::builder()
            .method(method)
            .uri(target)
            .header("x-amz-access-token", &self.token)
            .header("user-agent", "Test/1.0 (Language=Rust/1.95)")
            .header("x-amz-date", "20260301T120000Z")
            .body(body)
            .unwrap()
    }

    /// Calls and holds the answer against the model of `operation`.
    pub fn call(&self, operation: &str, method: Method, target: &str, body: &Value) -> Answer {
        let answer = answered(self.sim.call(self.request(method, target, body)));
        assert!(answer.head.contains_key("x-amzn-requestid"));
        if !answer.body.is_null() {
            models::check(operation, answer.status.is_success(), &answer.body);
        }
        answer
    }

    pub fn get(&self, operation: &str, target: &str) -> Answer {
        self.call(operation, Method::GET, target, &Value::Null)
    }

    /// `searchOrders` with `query`.
    pub fn orders(&self, query: &str) -> Answer {
        self.get("searchOrders", &format!("/orders/2026-01-01/orders?{query}"))
    }

    /// `searchOrders` for everything updated since the start of the world.
    pub fn all_orders(&self) -> Answer {
        self.orders(
            "lastUpdatedAfter=2026-03-01T00:00:00Z&includedData=FULFILLMENT,PROCEEDS,CANCELLATION,PACKAGES",
        )
    }

    /// `getOrder` with every part.
    pub fn order(&self, id: &str) -> Value {
        let parts = "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES";
        let answer = self.get(
            "getOrder",
            &format!("/orders/2026-01-01/orders/{id}?includedData={parts}"),
        );
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body["order"].clone()
    }

    /// `getListingsItem` of `sku` with every part.
    pub fn item(&self, sku: &str) -> Value {
        let parts = "summaries,attributes,issues,offers,fulfillmentAvailability,relationships,productTypes";
        let answer = self.get(
            "getListingsItem",
            &format!("{}?marketplaceIds={DE}&includedData={parts}", path(sku)),
        );
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    /// `patchListingsItem` of `sku` in Germany.
    pub fn patch(&self, sku: &str, patches: Value) -> Answer {
        self.patch_with(sku, "", patches)
    }

    pub fn patch_with(&self, sku: &str, more: &str, patches: Value) -> Answer {
        let target = format!("{}?marketplaceIds={DE}{more}", path(sku));
        let body = json!({"productType": "PRODUCT", "patches": patches});
        self.call("patchListingsItem", Method::PATCH, &target, &body)
    }

    /// Writes a quantity by `merge`.
    pub fn set_quantity(&self, sku: &str, quantity: impl Into<Value>) -> Answer {
        self.patch(sku, json!([stock("merge", json!({"quantity": quantity.into()}))]))
    }

    pub fn ship(&self, order: &str, package: &Value) -> Answer {
        let target = format!("/orders/v0/orders/{order}/shipmentConfirmation");
        let body = json!({"marketplaceId": DE, "packageDetail": package});
        self.call("confirmShipment", Method::POST, &target, &body)
    }

    pub fn buy(&self, sku: &str, quantity: u32) -> String {
        self.sim
            .buy(SELLER, DE, sku, quantity, BuyOptions::default())
            .unwrap()
    }

    pub fn buy_pending(&self, sku: &str, quantity: u32) -> String {
        let options = BuyOptions {
            pending: true,
            ..BuyOptions::default()
        };
        self.sim.buy(SELLER, DE, sku, quantity, options).unwrap()
    }

    pub fn advance(&self, seconds: u64) {
        self.sim.advance(Duration::from_secs(seconds));
    }

    pub fn truth(&self) -> Truth {
        self.sim.truth()
    }

    /// Units of `sku` the platform would sell now.
    pub fn quantity(&self, sku: &str) -> Option<u32> {
        self.truth()
            .listings
            .into_iter()
            .find(|l| l.sku == sku)
            .unwrap()
            .quantity
    }
}

/// The path of a listing, percent-encoded.
pub fn path(sku: &str) -> String {
    let sku = percent_encoding::utf8_percent_encode(sku, percent_encoding::NON_ALPHANUMERIC);
    format!("/listings/2021-08-01/items/{SELLER}/{sku}")
}

/// A patch of `fulfillment_availability` with `fields` in its `DEFAULT` entry.
pub fn stock(op: &str, mut fields: Value) -> Value {
    fields["fulfillment_channel_code"] = json!("DEFAULT");
    json!({"op": op, "path": "/attributes/fulfillment_availability", "value": [fields]})
}

pub fn answered(outcome: CallOutcome) -> Answer {
    match outcome {
        CallOutcome::Answer(response) => read(response),
        other => panic!("no answer: {other:?}"),
    }
}

fn read(response: Response<Bytes>) -> Answer {
    let (head, body) = response.into_parts();
    let body = match body.as_ref() {
        [] => Value::Null,
        text => serde_json::from_slice(text).unwrap_or(Value::Null),
    };
    Answer {
        status: head.status,
        body,
        head: head.headers,
    }
}
