//! A channel connected to its platform, with one clock for both, and the questions scenarios ask of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stockbridge_domain::channel::{
    AccountConfig, BucketSpec, Capability, ChannelError, Connection, Descriptor, Grant, HttpRequest,
    HttpResponse, Io, ItemOutcome, KeepError, Keeper, Learned, Level, LevelPart, ListingKey, ListingSnapshot,
    OrderPage, OrderQuery, OrderSnapshot, OrderTime, Pacer, SecretText, ShipmentNotice, ShippedLine,
    Transport, TransportError, Turn, WriteMode,
};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::{AccountId, BoxFut, PushId, Sku, Timestamp};
use stockbridge_sim::{CallOutcome, Platform};

use crate::driver::{START, Setup};

/// The unguessable part of the account's webhook address.
pub const WEBHOOK_KEY: &str = "6b8d0c5f2a914e7fb3c6d1e8a0f9247561c3b5d7";
/// Where the platform is told to send its messages.
pub const WEBHOOK_URL: &str = "https://hub.example.com/api/v1/webhooks/channel/account";

pub struct Bench {
    pub setup: Setup,
    pub connection: Box<dyn Connection>,
    pub clock: Arc<Stepped>,
    io: Arc<World>,
}

/// Carries requests into the platform, keeps secrets, and never makes anybody wait for a budget.
struct World {
    platform: Arc<dyn Platform>,
    clock: Arc<Stepped>,
    kept: Mutex<BTreeMap<String, SecretText>>,
}

impl Bench {
    pub fn new(setup: Setup) -> Self {
        let clock = Stepped::new(START.parse_timestamp(), 7);
        let io = Arc::new(World {
            platform: setup.platform.clone(),
            clock: clock.clone(),
            kept: Mutex::new(setup.draft.credentials.clone()),
        });
        let mut bench = Self {
            connection: connect(&setup, &io),
            setup,
            clock,
            io,
        };
        // Platforms make the world's first second as they like; nobody buys before it is over.
        bench.pass(Duration::from_secs(1));
        bench.connection = bench.reconnect();
        bench
    }

    /// The account opened anew, as every job does.
    pub fn reconnect(&self) -> Box<dyn Connection> {
        connect(&self.setup, &self.io)
    }

    pub fn descriptor(&self) -> &'static Descriptor {
        self.setup.channel.descriptor()
    }

    pub fn can(&self, capability: Capability) -> bool {
        self.descriptor().can(capability)
    }

    /// Time passes for everybody.
    pub fn pass(&self, by: Duration) {
        self.clock.advance(by);
        self.setup.platform.advance(by);
    }

    /// So much time passes that every order placed until now is visible.
    pub fn until_visible(&self) {
        let timing = self.descriptor().timing_with(&self.setup.draft.options);
        self.pass(timing.order_visibility + Duration::from_secs(5));
    }

    /// So much time passes that every accepted write is applied.
    pub fn until_applied(&self) {
        let timing = self.descriptor().timing_with(&self.setup.draft.options);
        self.pass(timing.write_apply + Duration::from_secs(5));
    }

    /// A buyer buys, and so much time passes that everybody may know.
    pub fn bought(&self, sku: &str, quantity: u32) -> String {
        let order = self.setup.platform.buy(sku, quantity).expect("it is for sale");
        self.until_visible();
        order
    }

    pub async fn page(&self, query: &OrderQuery) -> Result<OrderPage, ChannelError> {
        self.connection.orders().expect("orders").page(query).await
    }

    /// All pages since `since`, and up to when the channel vouches for them.
    pub async fn orders(&self, since: Timestamp, by: OrderTime) -> (Vec<OrderSnapshot>, Option<Timestamp>) {
        let mut query = OrderQuery {
            since,
            by,
            cursor: None,
        };
        let (mut all, mut until) = (Vec::new(), None);
        for _ in 0..100 {
            let page = self.page(&query).await.expect("a page of orders");
            assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
            query.cursor = page.next;
            if let Some(at) = page.wait_until {
                self.pass(at.since(self.clock.env().now()));
                continue;
            }
            all.extend(page.orders);
            until = match (until, page.complete_until) {
                (Some(a), Some(b)) => Some(std::cmp::min::<Timestamp>(a, b)),
                (a, b) => a.or(b),
            };
            if query.cursor.is_none() {
                return (all, until);
            }
        }
        panic!("a hundred pages, and no end");
    }

    /// The latest snapshot of one order among those changed since the beginning.
    pub async fn order(&self, id: &str) -> OrderSnapshot {
        let (orders, _) = self.orders(START.parse_timestamp(), OrderTime::Updated).await;
        let found = orders.into_iter().filter(|o| o.channel_order_id == id);
        found.max_by_key(|o| o.updated_at).expect("the order is there")
    }

    /// All listings, by SKU.
    pub async fn listings(&self) -> BTreeMap<String, ListingSnapshot> {
        let source = self.connection.listings().expect("listings");
        let (mut all, mut cursor) = (BTreeMap::new(), None);
        for _ in 0..100 {
            let page = source.page(cursor.as_deref()).await.expect("a page of listings");
            assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
            cursor = page.next;
            if let Some(at) = page.wait_until {
                self.pass(at.since(self.clock.env().now()));
                continue;
            }
            all.extend(page.listings.into_iter().map(|l| (l.sku.as_str().to_owned(), l)));
            if cursor.is_none() {
                return all;
            }
        }
        panic!("a hundred pages, and no end");
    }

    pub async fn listing(&self, sku: &str) -> ListingSnapshot {
        self.listings().await.remove(sku).expect("the listing is there")
    }

    /// What the channel shows now, asked for by key as after a write.
    pub async fn read(&self, listing: &ListingSnapshot) -> ListingSnapshot {
        let key = ListingKey {
            sku: listing.sku.clone(),
            handle: listing.handle.clone(),
        };
        let source = self.connection.listings().expect("listings");
        let mut shown = source.read(std::slice::from_ref(&key)).await.expect("a reading");
        assert_eq!(shown.len(), 1, "{shown:?}");
        shown.remove(0)
    }

    /// The change that brings a listing from what it shows to `quantity`, the way the channel takes it.
    pub fn level(&self, listing: &ListingSnapshot, quantity: i64) -> Level {
        let mode: WriteMode = self.descriptor().write_mode_with(&self.setup.draft.options);
        let shown = listing.quantity.expect("a quantity");
        // All that changes does so at the first location.
        let mut left = quantity - shown;
        let part = |place: &stockbridge_domain::places::PlaceUnits| {
            let moved = left.max(-place.quantity);
            left -= moved;
            LevelPart {
                location: place.location.clone(),
                shown: place.quantity,
                quantity: place.quantity + moved,
            }
        };
        Level {
            sku: listing.sku.clone(),
            quantity,
            change: mode.change(shown, quantity),
            believed: Some(shown),
            parts: listing.places.iter().map(part).collect(),
            push: self.clock.env().id::<PushId>(),
            handle: listing.handle.clone(),
        }
    }

    pub async fn write(&self, levels: &[Level]) -> Vec<ItemOutcome> {
        let results = self.connection.stock().expect("stock").set(levels).await;
        let skus: Vec<&Sku> = results.iter().map(|r| &r.sku).collect();
        let asked: Vec<&Sku> = levels.iter().map(|l| &l.sku).collect();
        assert_eq!(skus, asked, "one result for each level, in order");
        results.into_iter().map(|r| r.outcome).collect()
    }

    /// A parcel with all of an order.
    pub fn parcel(&self, order: &OrderSnapshot, tracking: &str) -> ShipmentNotice {
        ShipmentNotice {
            channel_order_id: order.channel_order_id.clone(),
            marketplace: order.marketplace.clone(),
            parcel: 1,
            carrier: "DHL".into(),
            method: None,
            tracking: tracking.into(),
            shipped_at: self.clock.env().now(),
            lines: order
                .lines
                .iter()
                .map(|line| ShippedLine {
                    channel_line_id: line.channel_line_id.clone(),
                    quantity: line.ordered - line.shipped - line.cancelled,
                })
                .collect(),
        }
    }
}

/// Reads a constant of the tests.
trait ParseTimestamp {
    fn parse_timestamp(&self) -> Timestamp;
}

impl ParseTimestamp for str {
    fn parse_timestamp(&self) -> Timestamp {
        Timestamp::parse(self).expect("an instant")
    }
}

/// When every scenario begins.
pub fn start() -> Timestamp {
    START.parse_timestamp()
}

fn connect(setup: &Setup, io: &Arc<World>) -> Box<dyn Connection> {
    let credentials = io.kept.lock().unwrap().clone();
    let config = AccountConfig {
        account: "acc_00000000000000000000000007".parse().unwrap(),
        checked: setup.channel.check(&setup.draft).expect("a sound draft"),
        credentials,
        endpoints: setup.draft.endpoints.clone(),
        options: setup.draft.options.clone(),
        webhook_key: SecretText::new(WEBHOOK_KEY),
    };
    let io = Io {
        transport: io.clone(),
        pacer: io.clone(),
        keeper: io.clone(),
        env: io.clock.env(),
    };
    setup.channel.connect(config, io).expect("a connection")
}

impl Transport for World {
    fn send(&self, request: HttpRequest, _: Duration) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            match self.platform.call(&request) {
                CallOutcome::Answer(answer) => {
                    let promised = answer.headers().get("content-length");
                    let promised = promised.and_then(|l| l.to_str().ok()?.parse().ok());
                    if promised.is_some_and(|length: usize| length > answer.body().len()) {
                        return Err(TransportError::NoAnswer("the answer was cut off".to_owned()));
                    }
                    Ok(answer)
                }
                CallOutcome::Lost => Err(TransportError::NoAnswer("timed out".to_owned())),
                CallOutcome::Dropped => Err(TransportError::NoAnswer("connection closed".to_owned())),
            }
        })
    }
}

impl Pacer for World {
    fn take<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: i64) -> BoxFut<'a, Grant> {
        Box::pin(async { Grant::Go })
    }

    fn learn<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: Learned) -> BoxFut<'a, ()> {
        Box::pin(async {})
    }

    fn exhausted<'a>(&'a self, _: AccountId, _: &'a BucketSpec, least: Duration) -> BoxFut<'a, Timestamp> {
        Box::pin(async move { self.clock.env().now().plus(least.max(Duration::from_secs(1))) })
    }
}

impl Keeper for World {
    fn turn<'a>(
        &'a self,
        _: AccountId,
        name: &'a str,
        seen: Option<&'a SecretText>,
    ) -> BoxFut<'a, Result<Turn, KeepError>> {
        Box::pin(async move {
            let kept = self.kept.lock().unwrap().clone();
            Ok(if kept.get(name) == seen {
                Turn::Yours(kept)
            } else {
                Turn::Done(kept)
            })
        })
    }

    fn keep<'a>(
        &'a self,
        _: AccountId,
        fresh: BTreeMap<String, SecretText>,
    ) -> BoxFut<'a, Result<(), KeepError>> {
        Box::pin(async move {
            self.kept.lock().unwrap().extend(fresh);
            Ok(())
        })
    }
}
