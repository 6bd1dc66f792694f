//! The dashboard against an in-memory store: every page and form is walked, as a browser without scripts would.

mod dashboard;
mod explain_pages;
mod mapping_pages;
mod order_pages;
mod price_pages;
mod stock_pages;
mod walk;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Channel, ChannelError, CheckedAccount, Connection, Descriptor, Health,
    HttpRequest, HttpResponse, Io, Timing, Transport, TransportError, WriteMode,
};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{BoxFut, FieldError, TenantId, Timestamp, UserId};
use stockbridge_engine::{Caller, Hub, HubSettings};
use stockbridge_store::{Database, MasterKey, Store, StoreConfig};
use tower::ServiceExt;

use crate::{WebOptions, app};

/// A store that lives in the hub: enough to sell without a remote side.
struct Till;

static TILL: Descriptor = Descriptor {
    kind: "own",
    label: "Own store",
    summary: "Sales made here.",
    capabilities: &[],
    credentials: &[],
    tokens: &[],
    options: &[],
    marketplaces: &[],
    endpoints: &[],
    schedules: &[],
    buckets: &[],
    timing: Timing {
        order_visibility: std::time::Duration::ZERO,
        write_apply: std::time::Duration::ZERO,
    },
    write_mode: WriteMode::Absolute,
    write_batch: 1,
    read_batch: 1,
    remote: false,
    reports: &[],
};

impl Channel for Till {
    fn descriptor(&self) -> &'static Descriptor {
        &TILL
    }
    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        if draft.name.trim().is_empty() {
            return Err(vec![FieldError::new("name", "give the store a name")]);
        }
        Ok(CheckedAccount {
            external_id: draft.name.to_lowercase(),
            marketplaces: Vec::new(),
            currency: None,
        })
    }
    fn connect(&self, _: AccountConfig, _: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        Ok(Box::new(Till))
    }
}

impl Connection for Till {
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        Box::pin(async {
            Ok(Health {
                summary: "It lives here.".into(),
                warnings: Vec::new(),
            })
        })
    }
}

/// Nothing may leave a test.
struct Nowhere;

impl Transport for Nowhere {
    fn send(
        &self,
        request: HttpRequest,
        _: std::time::Duration,
    ) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        panic!("a test called out: {request:?}")
    }
}

/// A server with one tenant and its people.
pub(crate) struct World {
    pub router: Router,
    pub hub: Hub,
    pub tenant: TenantId,
    pub owner: UserId,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }
    pub fn cookies(&self) -> String {
        let pairs = self.headers.get_all(header::SET_COOKIE).iter();
        pairs
            .filter_map(|v| v.to_str().ok()?.split(';').next().map(ToOwned::to_owned))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

impl World {
    pub async fn new() -> Self {
        let env = Stepped::new(Timestamp::from_secs(1_800_000_000), 7).env();
        let config = StoreConfig {
            database: Database::Memory,
            master_key: MasterKey::Bytes([7; 32]),
        };
        let store = Store::open(&config, env).await.unwrap();
        let (tenant, owner) = store
            .system()
            .create_tenant("Nordlicht", "asha@example.com")
            .await
            .unwrap();
        let hub = Hub::new(
            store,
            vec![Arc::new(Till)],
            Arc::new(Nowhere),
            HubSettings::default(),
        );
        Self {
            router: app(hub.clone(), WebOptions::default()),
            hub,
            tenant,
            owner,
        }
    }

    /// Another company on the same server.
    pub async fn other_tenant(&self) -> TenantId {
        let system = self.hub.store().system();
        system
            .create_tenant("Other", "other@example.com")
            .await
            .unwrap()
            .0
    }

    pub async fn token_of(&self, tenant: TenantId, role: Role) -> String {
        let caller = Caller::operator(tenant);
        self.hub
            .create_token(&caller, "test", role, None)
            .await
            .unwrap()
            .0
    }

    pub async fn token(&self, role: Role) -> String {
        self.token_of(self.tenant, role).await
    }

    pub async fn send(&self, request: Request<Body>) -> Got {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Got {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    pub async fn call(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Got {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = match body {
            Some(json) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(json.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    pub async fn get(&self, token: &str, path: &str) -> Got {
        self.call(token, Method::GET, path, None).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Got {
        self.call(token, Method::POST, path, Some(body)).await
    }

    /// A product with stock and an own store; gives the store's id.
    pub async fn stocked(&self, token: &str) -> String {
        let product = serde_json::json!({ "sku": "TEA/250 g", "title": "<script>tea</script>" });
        assert_eq!(self.post(token, "/api/v1/products", product).await.status, 201);
        let count = serde_json::json!({ "sku": "TEA/250 g", "counted": 10 });
        assert_eq!(
            self.post(token, "/api/v1/inventory/adjustments", count)
                .await
                .status,
            201
        );
        let store = self
            .post(
                token,
                "/api/v1/integrations/own/connect",
                serde_json::json!({ "name": "Till" }),
            )
            .await;
        assert_eq!(store.status, 201, "{}", store.text);
        store.json()["id"].as_str().unwrap().to_owned()
    }
}
