//! The custom protocol as its document has it: one set of scenarios against the simulated shop, and against the example
//! server in another language, over real sockets.

mod after_the_sale;
mod program;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stockbridge_channels::custom::Custom;
use stockbridge_channels::http::{HttpOptions, HttpTransport};
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, BucketSpec, Change, Channel as _, Connection, Fault, Grant, HttpRequest,
    HttpResponse, Io, ItemOutcome, Learned, Level, OrderQuery, OrderTime, Pacer, PriceLevel, ReturnQuery,
    SecretText, ShipmentNotice, ShippedLine, Transport, TransportError, Unkept,
};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::order::{LineSnapshot, OrderStatus};
use stockbridge_domain::{AccountId, BoxFut, Currency, Money, PushId, Sku, Timestamp};
use stockbridge_sim::{CallOutcome, CustomShop, ShopConfig, ShopListing};

use program::Program;

const SECRET: &str = "correct-horse-battery-staple";

/// Both shops begin with this.
const STOCK: [(&str, u32); 3] = [("BOWL", 7), ("MUG-BLUE", 5), ("MUG-RED", 3)];

struct Unpaced;

impl Pacer for Unpaced {
    fn take<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: i64) -> BoxFut<'a, Grant> {
        Box::pin(async { Grant::Go })
    }

    fn learn<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: Learned) -> BoxFut<'a, ()> {
        Box::pin(async {})
    }

    fn exhausted<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: Duration) -> BoxFut<'a, Timestamp> {
        Box::pin(async { now() })
    }
}

struct IntoShop(Arc<CustomShop>);

impl Transport for IntoShop {
    fn send(&self, request: HttpRequest, _: Duration) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            match self.0.call(&request) {
                CallOutcome::Answer(answer) => Ok(answer),
                other => panic!("{other:?}"),
            }
        })
    }
}

/// A real server compares the time of a signature with its own clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the other side is a program with the machine's clock"
)]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::EPOCH.plus(since.unwrap())
}

struct OtherSide {
    base: String,
    transport: Arc<dyn Transport>,
}

impl OtherSide {
    fn connect(&self, secret: &str) -> Box<dyn Connection> {
        let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
        let draft = AccountDraft {
            name: "Shop".into(),
            credentials: BTreeMap::from([
                text("base_url", &self.base),
                text("key_id", "key-1"),
                text("secret", secret),
            ]),
            ..AccountDraft::default()
        };
        let config = AccountConfig {
            account: "acc_00000000000000000000000007".parse().unwrap(),
            checked: Custom.check(&draft).unwrap(),
            credentials: draft.credentials,
            endpoints: draft.endpoints,
            options: draft.options,
            webhook_key: SecretText::new(""),
        };
        // No two connections of this process sign with the same nonces.
        static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
        let seed = (u64::from(std::process::id()) << 32) + CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        let io = Io {
            transport: self.transport.clone(),
            pacer: Arc::new(Unpaced),
            keeper: Arc::new(Unkept),
            env: Stepped::new(now(), seed).env(),
        };
        Custom.connect(config, io).unwrap()
    }
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

fn level(name: &str, quantity: i64, change: Change, push: PushId) -> Level {
    Level {
        sku: sku(name),
        quantity,
        change,
        believed: None,
        parts: Vec::new(),
        push,
        handle: None,
    }
}

async fn write(connection: &dyn Connection, level: Level) -> ItemOutcome {
    connection.stock().unwrap().set(&[level]).await.remove(0).outcome
}

async fn shown(connection: &dyn Connection, name: &str) -> i64 {
    let listings = connection
        .listings()
        .unwrap()
        .read(&[sku(name).into()])
        .await
        .unwrap();
    listings[0].quantity.unwrap()
}

async fn quantities(connection: &dyn Connection) {
    let ids = Stepped::new(now(), 5).env();
    let (first, other) = (ids.id::<PushId>(), || ids.id::<PushId>());
    for again in [false, true] {
        let outcome = write(connection, level("BOWL", 4, Change::From(7), first)).await;
        assert!(
            matches!(outcome, ItemOutcome::Applied { .. }),
            "{again}: {outcome:?}"
        );
    }
    assert_eq!(shown(connection, "BOWL").await, 4);
    let outcome = write(connection, level("BOWL", 9, Change::From(7), other())).await;
    assert!(
        matches!(outcome, ItemOutcome::Differs { shown: Some(4), .. }),
        "{outcome:?}"
    );
    let by = other();
    for again in [false, true] {
        let outcome = write(connection, level("BOWL", 2, Change::By(-2), by)).await;
        assert!(
            matches!(outcome, ItemOutcome::Applied { .. }),
            "{again}: {outcome:?}"
        );
    }
    assert_eq!(shown(connection, "BOWL").await, 2, "the same change is made once");
    let outcome = write(connection, level("BOWL", 0, Change::By(-3), other())).await;
    assert!(
        matches!(outcome, ItemOutcome::Differs { shown: Some(2), .. }),
        "{outcome:?}"
    );
    let outcome = write(connection, level("BOWL", 6, Change::Set, other())).await;
    assert!(matches!(outcome, ItemOutcome::Applied { .. }), "{outcome:?}");
    assert_eq!(shown(connection, "BOWL").await, 6);
    let outcome = write(connection, level("NO-SUCH", 6, Change::Set, other())).await;
    assert!(
        matches!(&outcome, ItemOutcome::NotApplied(e) if e.fault == Fault::NotFound),
        "{outcome:?}"
    );
}

fn parcel_of(order: &str, line: &LineSnapshot) -> ShipmentNotice {
    ShipmentNotice {
        channel_order_id: order.to_owned(),
        marketplace: None,
        parcel: 1,
        carrier: "DHL".into(),
        method: None,
        tracking: "JD1".into(),
        shipped_at: now(),
        lines: vec![ShippedLine {
            channel_line_id: line.channel_line_id.clone(),
            quantity: line.ordered,
        }],
    }
}

async fn orders(connection: &dyn Connection, since: Timestamp) {
    let source = connection.orders().unwrap();
    let query = OrderQuery {
        since,
        by: OrderTime::Placed,
        cursor: None,
    };
    let page = source.page(&query).await.unwrap();
    assert_eq!(
        (page.orders.len(), page.unreadable.len(), page.next),
        (1, 0, None)
    );
    let order = &page.orders[0];
    assert!(page.complete_until.unwrap() >= order.placed_at);
    assert_eq!(
        (order.status, order.lines[0].ordered),
        (Some(OrderStatus::Open), 2)
    );
    let notice = parcel_of(&order.channel_order_id, &order.lines[0]);
    for _ in 0..2 {
        connection.fulfilment().unwrap().confirm(&notice).await.unwrap();
    }
    let shipped = source.get(&order.channel_order_id).await.unwrap();
    assert_eq!(
        (shipped.status, shipped.lines[0].shipped),
        (Some(OrderStatus::Shipped), 2)
    );
    assert_eq!(
        source.get("no such order").await.unwrap_err().fault,
        Fault::NotFound
    );
}

/// The people of the other side: they buy, and send back what they bought.
trait Buyers {
    /// Somebody buys so many; answers the order's id.
    async fn buy(&self, sku: &str, quantity: u32) -> String;
    /// One unit of an order is announced back.
    async fn send_back(&self, order: &str);
}

/// Everything a system has to do to be a channel.
async fn keeps_the_contract(other: &OtherSide, buyers: &impl Buyers) {
    let began = now().minus(Duration::from_secs(5));
    let connection = other.connect(SECRET);
    let health = connection.probe().await.unwrap();
    assert!(health.warnings.is_empty(), "{health:?}");
    let page = connection.listings().unwrap().page(None).await.unwrap();
    let all: Vec<_> = page
        .listings
        .iter()
        .map(|l| (l.sku.as_str(), l.quantity))
        .collect();
    assert_eq!(all, STOCK.map(|(sku, quantity)| (sku, Some(i64::from(quantity)))));
    quantities(&*connection).await;
    buyers.buy("MUG-BLUE", 2).await;
    assert_eq!(
        shown(&*connection, "MUG-BLUE").await,
        3,
        "its own sales are counted down at once"
    );
    orders(&*connection, began).await;
    let price = PriceLevel {
        sku: sku("MUG-RED"),
        price: Money::from_decimal("13.99", Currency::parse("EUR").unwrap()).unwrap(),
        handle: None,
    };
    let result = connection
        .prices()
        .unwrap()
        .set(std::slice::from_ref(&price))
        .await
        .remove(0);
    assert!(
        matches!(result.outcome, ItemOutcome::Applied { .. }),
        "{result:?}"
    );
    let listings = connection
        .listings()
        .unwrap()
        .read(&[sku("MUG-RED").into()])
        .await
        .unwrap();
    assert_eq!(listings[0].price, Some(price.price));
    let stranger = other.connect("another-horse-battery-staple");
    assert_eq!(stranger.probe().await.unwrap_err().fault, Fault::Credentials);
}

struct Simulated(Arc<CustomShop>);

impl Buyers for Simulated {
    async fn buy(&self, sku: &str, quantity: u32) -> String {
        self.0.buy(sku, quantity, 0).unwrap()
    }

    async fn send_back(&self, order: &str) {
        self.0.send_back(order, 1).unwrap();
    }
}

fn simulated() -> (OtherSide, Simulated) {
    let shop = CustomShop::new(ShopConfig {
        secret: SECRET.to_owned(),
        freshness_ms: 0,
        listings: STOCK
            .map(|(sku, quantity)| ShopListing::new(sku, quantity))
            .to_vec(),
        ..ShopConfig::default()
    });
    let other = OtherSide {
        base: "http://shop.test".to_owned(),
        transport: Arc::new(IntoShop(shop.clone())),
    };
    (other, Simulated(shop))
}

#[tokio::test]
async fn the_simulated_shop_keeps_the_contract() {
    let (other, buyers) = simulated();
    keeps_the_contract(&other, &buyers).await;
}

#[tokio::test]
async fn the_simulated_shop_keeps_the_contract_after_the_sale() {
    let (other, buyers) = simulated();
    after_the_sale::keeps_the_contract(&other, &buyers).await;
}

#[tokio::test]
async fn the_example_in_another_language_keeps_the_contract() {
    let Some(program) = Program::start("server.py") else {
        return;
    };
    keeps_the_contract(&program.other_side(), &program).await;

    // What it does not say that it does, it is not asked for.
    let connection = program.other_side().connect(SECRET);
    let query = ReturnQuery {
        since: now(),
        cursor: None,
    };
    let page = connection.returns().unwrap().page(&query).await.unwrap();
    assert!(
        page.returns.is_empty() && page.complete_until.is_none(),
        "{page:?}"
    );

    // Nobody points the hub at the operator's own network unless the operator allows it.
    let guarded = OtherSide {
        base: program.base.clone(),
        transport: HttpTransport::new(HttpOptions::default()).unwrap(),
    };
    let refused = guarded.connect(SECRET).probe().await.unwrap_err();
    assert_eq!(refused.fault, Fault::Unavailable);
    assert!(refused.message.contains("private"), "{refused}");
}

#[tokio::test]
async fn the_example_keeps_the_contract_after_the_sale() {
    let Some(program) = Program::start("after_sales.py") else {
        return;
    };
    keeps_the_contract(&program.other_side(), &program).await;
    after_the_sale::keeps_the_contract(&program.other_side(), &program).await;
}
