//! Many orders at once, as a file.

use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{Fault, OrderQuery, OrderTime};
use stockbridge_domain::order::OrderSnapshot;

use super::*;

/// More than are read by page.
const MANY: usize = 1_010;

impl Stage {
    /// A shop with many orders, some of two lines and one called off, all of them visible.
    fn busy() -> Self {
        let stage = Self::with(vec![
            ShopifyVariant::at("A", &[("101", 5_000)]),
            ShopifyVariant::at("B", &[("102", 5_000)]),
        ]);
        for n in 0..MANY {
            let lines: &[(&str, i64)] = if n % 3 == 0 {
                &[("A", 1), ("B", 2)]
            } else {
                &[("A", 1)]
            };
            let id = stage.shop.buy_all(lines).unwrap();
            if n == 5 {
                assert!(stage.shop.cancel(&id));
            }
        }
        stage.pass(3_600);
        stage
    }

    /// All orders since, up to when they are vouched for, and how often somebody had to wait.
    async fn since(&self, since: Timestamp) -> (Vec<OrderSnapshot>, Option<Timestamp>, usize) {
        let mut query = OrderQuery {
            since,
            by: OrderTime::Updated,
            cursor: None,
        };
        let (mut all, mut until, mut waits) = (Vec::new(), None, 0);
        for _ in 0..300 {
            let page = match self.connect().orders().unwrap().page(&query).await {
                Err(e) if e.fault == Fault::Throttled => {
                    self.pass(60);
                    continue;
                }
                page => page.unwrap(),
            };
            assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
            if let Some(at) = page.wait_until {
                waits += 1;
                self.pass(at.since(self.world.io().env.now()).as_secs() + 1);
            }
            all.extend(page.orders);
            until = page.complete_until.or(until);
            query.cursor = page.next;
            if query.cursor.is_none() {
                all.sort_by(|a, b| a.channel_order_id.cmp(&b.channel_order_id));
                return (all, until, waits);
            }
        }
        panic!("no end");
    }
}

/// The same orders without how they came.
fn read(orders: Vec<OrderSnapshot>) -> Vec<OrderSnapshot> {
    let bare = |order| OrderSnapshot {
        payload: String::new(),
        ..order
    };
    orders.into_iter().map(bare).collect()
}

fn long_ago() -> Timestamp {
    now().minus(Duration::from_secs(30 * 86_400))
}

#[tokio::test]
async fn the_first_import_of_a_busy_shop_is_one_file_and_says_what_its_pages_say() {
    let stage = Stage::busy();
    let begun = stage.world.io().env.now();
    let (orders, until, waits) = stage.since(long_ago()).await;
    assert_eq!(orders.len(), MANY);
    assert!(waits > 0, "the file takes its time");
    assert!(
        until.is_some_and(|until| until <= begun.plus(Duration::from_secs(1))),
        "{until:?}"
    );
    assert_eq!(stage.asked("query Orders("), 0, "no pages");
    let paged = Stage::busy();
    let (by_page, _, _) = paged.since(now()).await;
    assert!(paged.asked("query Orders(") > 50);
    assert_eq!(
        paged.asked("OrdersCount"),
        0,
        "what is recent is not counted first"
    );
    assert_eq!(read(orders), read(by_page));
}

#[tokio::test]
async fn a_file_of_orders_that_ends_badly_is_read_by_page() {
    let stage = Stage::busy();
    stage.shop.end_next_bulk("EXPIRED");
    let (orders, until, _) = stage.since(long_ago()).await;
    assert_eq!(orders.len(), MANY);
    assert!(until.is_some());
    assert!(stage.asked("query Orders(") > 50);
}

#[tokio::test]
async fn an_operation_of_somebody_else_is_waited_for() {
    let stage = Stage::busy();
    let query = OrderQuery {
        since: long_ago(),
        by: OrderTime::Updated,
        cursor: None,
    };
    let other = stage.connect().orders().unwrap().page(&query).await.unwrap();
    assert!(other.wait_until.is_some());
    let (orders, _, waits) = stage.since(long_ago()).await;
    assert_eq!(orders.len(), MANY);
    assert!(waits >= 2, "once for the other, once for ours: {waits}");
    assert_eq!(stage.asked("query Orders("), 0);
}

#[tokio::test]
async fn few_orders_are_read_by_page_however_long_ago() {
    let stage = Stage::with(vec![ShopifyVariant::at("A", &[("101", 50)])]);
    stage.shop.buy("A", 1).unwrap();
    stage.pass(3_600);
    let (orders, _, waits) = stage.since(long_ago()).await;
    assert_eq!((orders.len(), waits), (1, 0));
    assert_eq!((stage.asked("OrdersCount"), stage.asked("BulkRun")), (1, 0));
}
