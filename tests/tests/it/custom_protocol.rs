//! The custom protocol as its document has it: one set of scenarios against the simulated shop, and against the example
//! server in another language, over real sockets.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use stockbridge_channels::custom::Custom;
use stockbridge_channels::http::{HttpOptions, HttpTransport};
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, BucketSpec, Change, Channel as _, Connection, Fault, Grant, HttpRequest,
    HttpResponse, Io, ItemOutcome, Learned, Level, OrderQuery, OrderTime, Pacer, PriceLevel, SecretText,
    ShipmentNotice, ShippedLine, Transport, TransportError, Unkept,
};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{AccountId, BoxFut, Currency, Money, PushId, Sku, Timestamp};
use stockbridge_sim::{CallOutcome, CustomShop, ShopConfig, ShopListing};

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
        let io = Io {
            transport: self.transport.clone(),
            pacer: Arc::new(Unpaced),
            keeper: Arc::new(Unkept),
            env: Stepped::new(now(), u64::from(std::process::id())).env(),
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
    let notice = ShipmentNotice {
        channel_order_id: order.channel_order_id.clone(),
        marketplace: None,
        parcel: 1,
        carrier: "DHL".into(),
        method: None,
        tracking: "JD1".into(),
        shipped_at: now(),
        lines: vec![ShippedLine {
            channel_line_id: order.lines[0].channel_line_id.clone(),
            quantity: 2,
        }],
    };
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

/// Everything a system has to do to be a channel; `buy` has a buyer buy two blue mugs there.
async fn keeps_the_contract(other: &OtherSide, buy: impl AsyncFnOnce()) {
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
    buy().await;
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

#[tokio::test]
async fn the_simulated_shop_keeps_the_contract() {
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
    let buy = async || {
        shop.buy("MUG-BLUE", 2, 0).unwrap();
    };
    keeps_the_contract(&other, buy).await;
}

/// Ends the example server with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_example_in_another_language_keeps_the_contract() {
    let server = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/custom-channel/server.py"
    );
    let started = Command::new("python3")
        .args([server, "0"])
        .env("SECRET", SECRET)
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => Ended(child),
        Err(error) => {
            println!("left out: the example server, because python3 cannot be started ({error})");
            return;
        }
    };
    let mut line = String::new();
    let out = child.0.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let base = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let options = HttpOptions {
        allow_private: true,
        ..HttpOptions::default()
    };
    let transport = HttpTransport::new(options).unwrap();
    let other = OtherSide {
        base: base.clone(),
        transport: transport.clone(),
    };
    let buy = async || {
        let mut request = HttpRequest::new(r#"{"sku": "MUG-BLUE", "quantity": 2}"#.into());
        *request.method_mut() = "POST".parse().unwrap();
        *request.uri_mut() = format!("{base}/shop/buy").parse().unwrap();
        let answer = transport.send(request, Duration::from_secs(30)).await.unwrap();
        assert_eq!(answer.status(), 200);
    };
    keeps_the_contract(&other, buy).await;

    // Nobody points the hub at the operator's own network unless the operator allows it.
    let guarded = OtherSide {
        base: other.base,
        transport: HttpTransport::new(HttpOptions::default()).unwrap(),
    };
    let refused = guarded.connect(SECRET).probe().await.unwrap_err();
    assert_eq!(refused.fault, Fault::Unavailable);
    assert!(refused.message.contains("private"), "{refused}");
}
