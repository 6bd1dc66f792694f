//! The store on the other side, simulated or real, and how a buyer or a person acts there.

mod real;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use stockbridge_channels::http::{HttpOptions, HttpTransport};
use stockbridge_channels::medusa::Medusa;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, BucketSpec, Change, Channel as _, Connection, Grant, HttpRequest,
    HttpResponse, Io, ItemOutcome, Learned, Level, LevelPart, ListingKey, ListingSnapshot, Pacer, SecretText,
    Transport, TransportError, Unkept,
};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::{AccountId, BoxFut, PushId, Sku, Timestamp};
use stockbridge_sim::{CallOutcome, MedusaConfig, MedusaStore, MedusaVariant};

/// The webhook key of the account.
pub const WEBHOOK_KEY: &str = "0123456789abcdef";

struct Unpaced;

impl Pacer for Unpaced {
    fn take<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: i64) -> BoxFut<'a, Grant> {
        Box::pin(async { Grant::Go })
    }

    fn learn<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: Learned) -> BoxFut<'a, ()> {
        Box::pin(async {})
    }

    fn exhausted<'a>(&'a self, _: AccountId, _: &'a BucketSpec, least: Duration) -> BoxFut<'a, Timestamp> {
        Box::pin(async move { now().plus(least) })
    }
}

/// Calls the simulated store in process, and remembers what was asked.
pub struct IntoStore {
    store: Arc<MedusaStore>,
    pub sent: std::sync::Mutex<Vec<(HttpRequest, Option<HttpResponse>)>>,
}

impl Transport for IntoStore {
    fn send(&self, request: HttpRequest, _: Duration) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            let outcome = self.store.call(&request);
            let answer = match &outcome {
                CallOutcome::Answer(answer) => Some(answer.clone()),
                CallOutcome::Lost | CallOutcome::Dropped => None,
            };
            self.sent.lock().unwrap().push((request, answer.clone()));
            answer.ok_or_else(|| TransportError::NoAnswer(format!("{outcome:?}")))
        })
    }
}

/// A real server goes by the machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the other side is a program with the machine's clock"
)]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::EPOCH.plus(since.unwrap())
}

/// What `tests/medusa/seed.mjs` says of a real store.
struct Real {
    world: Value,
    transport: Arc<dyn Transport>,
}

enum Kind {
    Simulated(Arc<MedusaStore>),
    Real(Real),
}

/// A store.
pub struct Side {
    kind: Kind,
    pub into: Option<Arc<IntoStore>>,
    transport: Arc<dyn Transport>,
    base: String,
    key: String,
    /// The location buyers buy from.
    pub warehouse: String,
}

impl Side {
    /// A fresh simulated store with what the real one has.
    pub fn simulated() -> Self {
        let mut digital = MedusaVariant::at("DIGITAL", &[]);
        digital.unmanaged = true;
        let config = MedusaConfig {
            webhook_key: WEBHOOK_KEY.to_owned(),
            variants: vec![
                MedusaVariant::new("BOWL", 70),
                MedusaVariant::new("MUG-BLUE", 50),
                MedusaVariant::new("MUG-RED", 30),
                MedusaVariant::at("MUG-SPARE", &[]),
                digital,
            ],
            ..MedusaConfig::default()
        };
        Self::of(config)
    }

    pub fn of(config: MedusaConfig) -> Self {
        let key = config.api_key.clone();
        let store = MedusaStore::new(config);
        let into = Arc::new(IntoStore {
            store: store.clone(),
            sent: std::sync::Mutex::default(),
        });
        Self {
            kind: Kind::Simulated(store),
            transport: into.clone(),
            into: Some(into),
            base: "https://store.example.com".to_owned(),
            key,
            warehouse: "sloc_warehouse".to_owned(),
        }
    }

    /// The real server, or a line on the console saying what is left out without it.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told where the server is by the environment"
    )]
    pub fn real() -> Option<Self> {
        let Some(path) = std::env::var_os("STOCKBRIDGE_TEST_MEDUSA") else {
            println!("left out: a real Medusa server; start one with `scripts/medusa start DIR`");
            return None;
        };
        let world: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let options = HttpOptions {
            allow_private: true,
            ..HttpOptions::default()
        };
        let transport = HttpTransport::new(options).unwrap();
        let text = |name: &str| world[name].as_str().unwrap().to_owned();
        Some(Self {
            base: text("base"),
            key: text("secret_key"),
            warehouse: text("warehouse"),
            into: None,
            transport: transport.clone(),
            kind: Kind::Real(Real { world, transport }),
        })
    }

    pub fn store(&self) -> &MedusaStore {
        match &self.kind {
            Kind::Simulated(store) => store,
            Kind::Real(_) => panic!("only of the simulated store"),
        }
    }

    /// Where the real server's subscriber sends to.
    pub fn webhook_port(&self) -> u16 {
        match &self.kind {
            Kind::Simulated(_) => panic!("only of a real server"),
            Kind::Real(real) => u16::try_from(real.world["webhook_port"].as_u64().unwrap()).unwrap(),
        }
    }

    pub fn is_real(&self) -> bool {
        matches!(self.kind, Kind::Real(_))
    }

    pub fn connect(&self) -> Box<dyn Connection> {
        self.connect_with(&self.key, &json!({"currency": "EUR"}))
    }

    pub fn connect_with(&self, key: &str, options: &Value) -> Box<dyn Connection> {
        let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
        let draft = AccountDraft {
            name: "Shop".into(),
            credentials: BTreeMap::from([
                text("base_url", "https://store.example.com"),
                text("api_key", key),
            ]),
            endpoints: BTreeMap::from([("api".to_owned(), self.base.clone())]),
            options: serde_json::from_value(options.clone()).unwrap(),
            ..AccountDraft::default()
        };
        let config = AccountConfig {
            account: "acc_00000000000000000000000007".parse().unwrap(),
            checked: Medusa.check(&draft).unwrap(),
            credentials: draft.credentials,
            endpoints: draft.endpoints,
            options: draft.options,
            webhook_key: SecretText::new(WEBHOOK_KEY),
        };
        let io = Io {
            transport: self.transport.clone(),
            pacer: Arc::new(Unpaced),
            keeper: Arc::new(Unkept),
            env: Stepped::new(now(), 7).env(),
        };
        Medusa.connect(config, io).unwrap()
    }

    /// A buyer buys; gives the order's id.
    pub async fn buy(&self, sku: &str, quantity: u32) -> String {
        match &self.kind {
            Kind::Simulated(store) => store.buy(sku, quantity, 0).unwrap(),
            Kind::Real(real) => real.buy(sku, quantity).await,
        }
    }

    /// A person captures an order's payment.
    pub async fn capture(&self, order: &str) {
        match &self.kind {
            Kind::Simulated(store) => store.capture(order),
            Kind::Real(real) => {
                let target = format!("/admin/orders/{order}?fields=id,*payment_collections.payments");
                let answer = real.admin("GET", &target, None).await;
                let payment = answer["order"]["payment_collections"][0]["payments"][0]["id"]
                    .as_str()
                    .unwrap();
                let target = format!("/admin/payments/{payment}/capture");
                real.admin("POST", &target, Some(json!({}))).await;
            }
        }
    }

    /// A buyer sends back one unit of the order's only line, which was shipped.
    pub async fn send_back(&self, order: &str, line: &str) {
        match &self.kind {
            Kind::Simulated(store) => {
                store.send_back(order, 1).unwrap();
            }
            Kind::Real(real) => {
                let answer = real
                    .admin("POST", "/admin/returns", Some(json!({"order_id": order})))
                    .await;
                let id = answer["return"]["id"].as_str().unwrap().to_owned();
                let items = json!({"items": [{"id": line, "quantity": 1}]});
                real.admin("POST", &format!("/admin/returns/{id}/request-items"), Some(items))
                    .await;
                real.admin("POST", &format!("/admin/returns/{id}/request"), Some(json!({})))
                    .await;
            }
        }
    }

    /// A person adds a price of a region to a variant's prices in EUR.
    pub async fn price_region(&self, sku: &str, amount: &str) {
        match &self.kind {
            Kind::Simulated(store) => store.price_region(sku, "reg_1", amount),
            Kind::Real(real) => real.price_region(sku, amount).await,
        }
    }

    /// How many prices a variant has, and how many of them are of a region.
    pub async fn prices(&self, sku: &str) -> (usize, usize) {
        match &self.kind {
            Kind::Simulated(store) => {
                let prices = store.prices(sku);
                (prices.len(), prices.iter().filter(|(.., plain)| !plain).count())
            }
            Kind::Real(real) => {
                let prices = real.variant(sku).await["prices"].as_array().unwrap().clone();
                let ruled = prices
                    .iter()
                    .filter(|p| !p["rules"].as_object().unwrap().is_empty());
                (prices.len(), ruled.count())
            }
        }
    }
}

pub fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

/// A level at the location buyers buy from.
pub fn level(side: &Side, name: &str, quantity: i64) -> Level {
    Level {
        sku: sku(name),
        quantity,
        change: Change::Set,
        believed: None,
        parts: vec![LevelPart {
            location: side.warehouse.clone(),
            shown: 0,
            quantity,
        }],
        push: Stepped::new(now(), 5).env().id::<PushId>(),
        handle: None,
    }
}

pub async fn set(connection: &dyn Connection, levels: &[Level]) -> Vec<ItemOutcome> {
    let results = connection.stock().unwrap().set(levels).await;
    assert_eq!(results.len(), levels.len());
    results.into_iter().map(|result| result.outcome).collect()
}

pub async fn listing(connection: &dyn Connection, name: &str) -> ListingSnapshot {
    let key = ListingKey {
        sku: sku(name),
        handle: None,
    };
    let mut listings = connection.listings().unwrap().read(&[key]).await.unwrap();
    assert_eq!(listings.len(), 1, "{name}");
    listings.remove(0)
}

pub async fn shown(connection: &dyn Connection, name: &str) -> i64 {
    listing(connection, name).await.quantity.unwrap()
}
