//! The whole hub against the simulator in one process and in stepped time: no socket, no waiting, the same every time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stockbridge_domain::channel::{HttpRequest, HttpResponse, SecretText, Transport, TransportError};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{AccountId, BoxFut, LocationId, TenantId, Timestamp};
use stockbridge_engine::{
    Adjustment, Caller, ConnectRequest, Hub, HubSettings, NewProductRequest, Step, Worker, WorkerOptions,
};
use stockbridge_sim::{
    CallOutcome, CustomShop, ListingConfig, Platform, SellerConfig, Sim, SimConfig, SpanMs, TimeMode,
};
use stockbridge_store::testing::{TestDb, databases};
use stockbridge_store::{
    Database, MasterKey, OrderFilter, OrderRecord, PageQuery, Store, StoreConfig, Tenant,
};
use tokio::sync::Notify;

/// When every test begins.
pub const START: &str = "2026-11-21T06:00:00Z";
/// The host of a shop of one's own.
pub const SHOP: &str = "shop.test";
/// The host of the marketplace.
const MARKETPLACE: &str = "marketplace.test";
/// One tick of the stepped clock.
const TICK: Duration = Duration::from_millis(500);

/// Carries requests straight into the simulator, and can be told never to come back from one.
pub struct IntoSim {
    sim: Arc<Sim>,
    /// A shop of one's own, at [`SHOP`].
    shop: Mutex<Option<Arc<CustomShop>>>,
    /// Any other platform, at every host but those of the marketplace and of the shop.
    pub platform: Mutex<Option<Arc<dyn Platform>>>,
    /// Calls until the one that never comes back; negative for never.
    left: AtomicI64,
    /// Whether that call is applied before it is lost.
    applied: AtomicBool,
    /// Told when it is reached.
    pub reached: Notify,
}

impl IntoSim {
    fn new(sim: Arc<Sim>) -> Arc<Self> {
        Arc::new(Self {
            sim,
            shop: Mutex::default(),
            platform: Mutex::default(),
            left: AtomicI64::new(-1),
            applied: AtomicBool::new(false),
            reached: Notify::new(),
        })
    }

    /// The call after `calls` more never comes back.
    pub fn hang_after(&self, calls: i64, applied: bool) {
        self.applied.store(applied, Ordering::SeqCst);
        self.left.store(calls, Ordering::SeqCst);
    }

    fn answer(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let outcome = match (&*self.shop.lock().expect("a shop"), request.uri().host()) {
            (Some(shop), Some(SHOP)) => shop.call(&request),
            (_, Some(host)) if host != MARKETPLACE => {
                let platform = self.platform.lock().expect("a platform").clone();
                platform.expect("a platform there").call(&request)
            }
            _ => self.sim.call(request),
        };
        match outcome {
            CallOutcome::Answer(answer) => {
                let promised = answer
                    .headers()
                    .get("content-length")
                    .and_then(|l| l.to_str().ok()?.parse().ok());
                if promised.is_some_and(|length: usize| length > answer.body().len()) {
                    return Err(TransportError::NoAnswer("the answer was cut off".to_owned()));
                }
                Ok(answer)
            }
            CallOutcome::Lost => Err(TransportError::NoAnswer("timed out".to_owned())),
            CallOutcome::Dropped => Err(TransportError::NoAnswer("connection closed".to_owned())),
        }
    }
}

impl Transport for IntoSim {
    fn send(
        &self,
        request: HttpRequest,
        _timeout: Duration,
    ) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            if self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
                if self.applied.load(Ordering::SeqCst) {
                    let _ = self.answer(request);
                }
                self.reached.notify_one();
                return std::future::pending().await;
            }
            self.answer(request)
        })
    }
}

/// A hub with one tenant beside a simulated marketplace.
pub struct World {
    pub clock: Arc<Stepped>,
    pub sim: Arc<Sim>,
    pub hub: Hub,
    pub caller: Caller,
    pub wire: Arc<IntoSim>,
    worker: Worker,
    /// Keeps the database's folder for as long as the world is there.
    _database: Option<TestDb>,
}

/// A seller of the simulated marketplace with these listings.
pub fn seller(id: &str, marketplace: &str, listings: &[(&str, u32)]) -> SellerConfig {
    let in_india = marketplace == "A21TJRUUN4KGV";
    let currency = if in_india { "INR" } else { "EUR" };
    let mut made = stockbridge_sim::generate_listings(7, listings.len(), currency);
    for (listing, (sku, quantity)) in made.iter_mut().zip(listings) {
        *listing = ListingConfig {
            sku: (*sku).to_owned(),
            ..listing.clone()
        };
        listing.quantity = Some(*quantity);
        listing.fulfilment = stockbridge_sim::Fulfilment::Merchant;
    }
    SellerConfig::new(id, "EU", &[marketplace]).with_listings(made)
}

pub const INDIA: &str = "A21TJRUUN4KGV";
pub const GERMANY: &str = "A1PA6795UKMFR9";

impl World {
    /// A world on the embedded database without a file: the quickest.
    pub async fn new(sellers: Vec<SellerConfig>) -> Self {
        Self::at(None, sellers).await
    }

    /// The same with an address that channels can send people back to.
    pub async fn at(public_url: Option<&str>, sellers: Vec<SellerConfig>) -> Self {
        let clock = Stepped::new(Timestamp::parse(START).expect("an instant"), 11);
        let config = StoreConfig {
            database: Database::Memory,
            master_key: MasterKey::Bytes([7; 32]),
        };
        let store = Store::open(&config, clock.env())
            .await
            .expect("a store in memory");
        Self::on(store, clock, None, sellers, public_url).await
    }

    /// The same world on every database there is: SQLite in a file, and PostgreSQL where the tests have one.
    pub async fn each(sellers: &[SellerConfig]) -> Vec<Self> {
        let mut worlds = Vec::new();
        for database in databases().await.expect("databases") {
            let clock = Stepped::new(Timestamp::parse(START).expect("an instant"), 11);
            let store = database.store(clock.env()).await.expect("a store");
            worlds.push(Self::on(store, clock, Some(database), sellers.to_vec(), None).await);
        }
        worlds
    }

    async fn on(
        store: Store,
        clock: Arc<Stepped>,
        database: Option<TestDb>,
        sellers: Vec<SellerConfig>,
        public_url: Option<&str>,
    ) -> Self {
        let sim = Sim::new(SimConfig {
            seed: 5,
            sellers,
            time: TimeMode::Stepped {
                start: START.parse().expect("an instant"),
            },
            freshness_ms: 1_000,
            patch_delay_ms: SpanMs { min: 200, max: 1_500 },
            ..SimConfig::default()
        });
        let (tenant, _) = store
            .system()
            .create_tenant("Lakeside", "owner@lakeside.example")
            .await
            .expect("a tenant");
        let settings = HubSettings {
            endpoint_overrides: true,
            public_url: public_url.map(str::to_owned),
        };
        let wire = IntoSim::new(sim.clone());
        let hub = Hub::new(store, stockbridge_channels::all(), wire.clone(), settings);
        let worker = Worker::new(
            hub.clone(),
            WorkerOptions {
                workers: 1,
                owner: "test".to_owned(),
            },
        );
        Self {
            clock,
            sim,
            wire,
            worker,
            caller: Caller::operator(tenant),
            hub,
            _database: database,
        }
    }

    pub fn tenant(&self) -> Tenant {
        self.hub.tenant(self.tenant_id())
    }

    pub fn tenant_id(&self) -> TenantId {
        self.caller.tenant
    }

    /// Enters a product and counts it.
    pub async fn stocked(&self, sku: &str, units: i64) {
        let product = NewProductRequest {
            sku: sku.to_owned(),
            title: format!("Product {sku}"),
            cost: None,
            details: stockbridge_domain::catalog::ProductDetails::default(),
            price: None,
        };
        self.hub
            .create_products(&self.caller, vec![product])
            .await
            .expect("a product");
        self.counted(sku, units).await;
    }

    pub async fn counted(&self, sku: &str, units: i64) {
        self.counted_at(sku, units, None).await;
    }

    /// Counts a product at one location, or at the default one.
    pub async fn counted_at(&self, sku: &str, units: i64, location: Option<LocationId>) {
        let count = Adjustment {
            sku: sku.to_owned(),
            location,
            kind: EntryKind::Count,
            change: None,
            counted: Some(units),
            note: None,
            reference: None,
        };
        self.hub.adjust(&self.caller, count).await.expect("a count");
    }

    pub fn request(&self, seller: &SellerConfig, marketplace: &str) -> ConnectRequest {
        let secret = |k: &str, v: &str| (k.to_owned(), SecretText::new(v));
        let number = |k: &str, v: u64| (k.to_owned(), serde_json::json!(v));
        let base = format!("http://{MARKETPLACE}");
        ConnectRequest {
            name: format!("Store {marketplace}"),
            marketplaces: vec![marketplace.to_owned()],
            credentials: BTreeMap::from([
                secret("client_id", &seller.client_id),
                secret("client_secret", &seller.client_secret),
                secret("refresh_token", &seller.refresh_token),
                secret("seller_id", &seller.seller_id),
            ]),
            endpoints: BTreeMap::from([("api".to_owned(), base.clone()), ("lwa".to_owned(), base)]),
            options: BTreeMap::from([
                number("orders_every_secs", 200),
                number("inventory_every_secs", 600),
                number("order_visibility_secs", 8),
                number("write_apply_secs", 10),
            ]),
        }
    }

    pub async fn connect(&self, seller: &SellerConfig, marketplace: &str) -> AccountId {
        self.joined("amazon", self.request(seller, marketplace)).await
    }

    /// Puts a shop of one's own beside the marketplace and connects it, with quantities written in `mode`.
    pub async fn connect_shop(&self, shop: &Arc<CustomShop>, mode: &str) -> AccountId {
        *self.wire.shop.lock().expect("a shop") = Some(shop.clone());
        let secret = |k: &str, v: &str| (k.to_owned(), SecretText::new(v));
        let number = |k: &str, v: u64| (k.to_owned(), serde_json::json!(v));
        let request = ConnectRequest {
            name: "Our shop".to_owned(),
            credentials: BTreeMap::from([
                secret("base_url", &format!("http://{SHOP}")),
                secret("key_id", "key-1"),
                secret("secret", "0123456789abcdef0123456789abcdef"),
            ]),
            options: BTreeMap::from([
                number("orders_every_secs", 60),
                number("inventory_every_secs", 600),
                number("order_visibility_secs", 8),
                number("write_apply_secs", 10),
                ("write_mode".to_owned(), serde_json::json!(mode)),
            ]),
            ..ConnectRequest::default()
        };
        self.joined("custom", request).await
    }

    pub async fn joined(&self, channel: &str, request: ConnectRequest) -> AccountId {
        let connected = self.hub.connect(&self.caller, channel, request).await;
        connected.expect("connected").id
    }

    /// Works all there is to do now.
    pub async fn work(&self) {
        for _ in 0..500 {
            if self.worker.step().await.expect("the queue") != Step::Worked {
                return;
            }
        }
        panic!("the work does not end");
    }

    /// Kills the worker at its `calls`th call from now on, before or after the channel has applied it, and starts
    /// another. What it had begun is never ended by it. Answers whether it came that far.
    pub async fn kill_at_call(&mut self, calls: i64, applied: bool, within: Duration) -> bool {
        self.wire.hang_after(calls, applied);
        let wire = self.wire.clone();
        let killed = tokio::select! {
            () = wire.reached.notified() => true,
            () = self.pass(within) => false,
        };
        self.wire.hang_after(-1, false);
        let options = WorkerOptions {
            workers: 1,
            owner: format!("after-{calls}"),
        };
        self.worker = Worker::new(self.hub.clone(), options);
        killed
    }

    /// Lets time pass, working whatever becomes due.
    pub async fn pass(&self, span: Duration) {
        // Long waits are for schedules alone; they need no fine ticks.
        let fine = span <= Duration::from_secs(100);
        let tick = if fine { TICK } else { TICK * 6 };
        let mut left = span;
        while !left.is_zero() {
            self.work().await;
            self.clock.advance(tick);
            self.sim.advance(tick);
            if let Some(shop) = &*self.wire.shop.lock().expect("a shop") {
                shop.advance(tick);
            }
            if let Some(platform) = &*self.wire.platform.lock().expect("a platform") {
                platform.advance(tick);
            }
            left = left.saturating_sub(tick);
        }
        self.work().await;
    }

    pub async fn secs(&self, secs: u64) {
        self.pass(Duration::from_secs(secs)).await;
    }

    /// What the marketplace really shows.
    pub fn shown(&self, seller: &SellerConfig, sku: &str) -> i64 {
        let truth = self.sim.truth();
        let listing = truth
            .listings
            .iter()
            .find(|l| l.seller_id == seller.seller_id && l.sku == sku);
        i64::from(listing.expect("a listing").quantity.expect("a quantity"))
    }

    pub async fn orders(&self) -> Vec<OrderRecord> {
        self.tenant()
            .orders(&OrderFilter::default(), &PageQuery::first(200))
            .await
            .expect("orders")
            .items
    }

    /// Available units of a SKU, by the books.
    pub async fn available(&self, sku: &str) -> i64 {
        let sku = stockbridge_domain::Sku::parse(sku).expect("a SKU");
        self.tenant()
            .stock_of(&sku)
            .await
            .expect("stock")
            .expect("a product")
            .available
    }
}
