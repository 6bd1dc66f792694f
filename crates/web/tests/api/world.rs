//! A hub with two tenants, and requests to its API.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, TenantId, Timestamp};
use stockbridge_engine::{Caller, Hub, HubSettings, Step, Worker, WorkerOptions};
use stockbridge_store::{Database, MasterKey, Store, StoreConfig};
use stockbridge_web::WebOptions;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::channel::{Asked, Bazaar, Nowhere, Own};

/// The instant at which every world begins.
pub const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The pointers of the problem's fields.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array();
        errors
            .into_iter()
            .flatten()
            .map(|e| e["pointer"].as_str().unwrap())
            .collect()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
}

/// Everything a test needs.
pub struct World {
    pub app: Router,
    pub hub: Hub,
    pub clock: Arc<Stepped>,
    pub stop: watch::Sender<bool>,
    /// What the channel far away was asked.
    pub asked: Asked,
    /// Of the first tenant.
    pub tenant: TenantId,
    pub owner: String,
    pub operator: String,
    pub viewer: String,
    /// The owner of the second tenant.
    pub stranger: String,
}

impl World {
    /// Two tenants without anything.
    pub async fn new() -> Self {
        let clock = Stepped::new(START, 7);
        let config = StoreConfig {
            database: Database::Memory,
            master_key: MasterKey::Bytes([7; 32]),
        };
        let store = Store::open(&config, clock.env()).await.unwrap();
        let settings = HubSettings {
            endpoint_overrides: false,
            public_url: Some("https://hub.example.com/".into()),
        };
        let bazaar = Bazaar::default();
        let asked = Arc::clone(&bazaar.asked);
        let hub = Hub::new(
            store,
            vec![Arc::new(bazaar), Arc::new(Own)],
            Arc::new(Nowhere),
            settings,
        );
        let (stop, shutdown) = watch::channel(false);
        let options = WebOptions {
            shutdown: Some(shutdown),
            ..WebOptions::default()
        };
        let system = hub.store().system();
        let (tenant, _) = system.create_tenant("Ours", "owner@example.com").await.unwrap();
        let (theirs, _) = system.create_tenant("Theirs", "other@example.com").await.unwrap();
        let token = async |tenant, role: Role| {
            let operator = Caller::operator(tenant);
            hub.create_token(&operator, role.name(), role, None)
                .await
                .unwrap()
                .0
        };
        Self {
            owner: token(tenant, Role::Owner).await,
            operator: token(tenant, Role::Operator).await,
            viewer: token(tenant, Role::Viewer).await,
            stranger: token(theirs, Role::Owner).await,
            app: stockbridge_web::app(hub.clone(), options),
            hub,
            clock,
            stop,
            asked,
            tenant,
        }
    }

    /// Two tenants, the first with stores, products and stock: SKUs `P-1` and on with 10 units each.
    pub async fn with_stock(products: usize) -> Self {
        let world = Self::new().await;
        world
            .post("/integrations/own/connect", json!({ "name": "Till" }))
            .await
            .expect(201);
        let news: Vec<Value> = (1..=products)
            .map(|n| {
                let price = json!({ "amount": "499.00", "currency": "INR" });
                json!({ "sku": format!("P-{n}"), "title": format!("Product {n}"), "price": price })
            })
            .collect();
        world.post("/products", json!(news)).await.expect(201);
        for n in 1..=products {
            let count = json!({ "sku": format!("P-{n}"), "counted": 10 });
            world.post("/inventory/adjustments", count).await.expect(201);
        }
        world
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    /// Calls the API with a token.
    pub async fn call(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"));
        let body = match body {
            // Text is a file.
            Some(Value::String(file)) => {
                request = request.header("content-type", "text/csv");
                Body::from(file)
            }
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    /// The owner reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(&self.owner, Method::GET, &format!("/api/v1{path}"), None)
            .await
    }

    /// The owner writes.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(&self.owner, Method::POST, &format!("/api/v1{path}"), Some(body))
            .await
    }

    /// The owner changes something.
    pub async fn change(&self, method: Method, path: &str, body: Value) -> Answer {
        self.call(&self.owner, method, &format!("/api/v1{path}"), Some(body))
            .await
    }

    /// The unguessable part of a store's webhook address.
    pub async fn key(&self, account: AccountId) -> String {
        let config = self
            .hub
            .tenant(self.tenant)
            .account_config(account)
            .await
            .unwrap();
        config.unwrap().1.webhook_key.expose().to_owned()
    }

    /// A connected store of the channel far away.
    pub async fn bazaar(&self) -> AccountId {
        let connect = json!({ "name": "Bazaar", "credentials": { "key": "k1" } });
        let store = self
            .post("/integrations/bazaar/connect", connect)
            .await
            .expect(201);
        store["id"].as_str().unwrap().parse().unwrap()
    }

    /// Works the queue until nothing is due.
    pub async fn work(&self) {
        let options = WorkerOptions {
            workers: 1,
            owner: "test".into(),
        };
        let worker = Worker::new(self.hub.clone(), options);
        while worker.step().await.unwrap() == Step::Worked {}
    }
}
