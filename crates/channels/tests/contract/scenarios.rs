//! The scenarios. Each begins with a fresh platform and asks only for what the channel claims.

/// Ends a scenario that asks for something the channel does not claim.
macro_rules! needs {
    ($bench:ident, $($capability:ident),+) => {
        if !($($bench.can(stockbridge_domain::channel::Capability::$capability))&&+) {
            return;
        }
    };
}

mod messages;
mod writes;

use std::collections::BTreeSet;
use std::time::Duration;

use stockbridge_domain::channel::{
    CancelNotice, CancelReason, Fault, ItemOutcome, LineUnits, OrderTime, RefundNotice,
};
use stockbridge_domain::order::OrderStatus;
use stockbridge_sim::{Act, Fault as Trouble};

pub use messages::webhook;
pub use writes::{lost_answer, partial_refusal, price, push};

use crate::bench::{Bench, start};
use crate::driver::STOCK;

/// The cheapest call works, says who we are, and gives no secret away; everything that is for sale is listed.
pub async fn connect(bench: Bench) {
    let health = bench.connection.probe().await.expect("a good account");
    assert!(!health.summary.is_empty());
    for secret in bench.descriptor().credentials.iter().filter(|f| f.secret) {
        let text = bench.setup.draft.credentials.get(secret.name);
        assert!(
            text.is_none_or(|text| !format!("{health:?}").contains(text.expose())),
            "{health:?}"
        );
    }
    needs!(bench, Listings);
    let listings = bench.listings().await;
    for (sku, quantity) in STOCK {
        let listing = listings.get(sku).unwrap_or_else(|| panic!("{sku}: {listings:?}"));
        assert_eq!(listing.quantity, Some(i64::from(quantity)), "{listing:?}");
        assert_eq!(bench.read(listing).await.quantity, listing.quantity);
    }
}

/// A purchase is in the next search, by change and by placement, with what was bought; the channel vouches for the time.
pub async fn import_once(bench: Bench) {
    needs!(bench, Orders);
    let before = bench.clock.env().now();
    let id = bench.bought("MUG-BLUE", 2);
    for by in [OrderTime::Updated, OrderTime::Placed] {
        let (orders, until) = bench.orders(start(), by).await;
        let [order] = &orders[..] else {
            panic!("one order: {orders:?}")
        };
        assert_eq!(order.channel_order_id, id);
        assert!(
            matches!(order.status, Some(OrderStatus::Open | OrderStatus::Pending)),
            "{order:?}"
        );
        let ordered: i64 = order.lines.iter().map(|l| l.ordered).sum();
        assert_eq!(ordered, 2, "{order:?}");
        assert_eq!(order.lines[0].sku.as_ref().unwrap().as_str(), "MUG-BLUE");
        assert!(order.oddities.is_empty(), "{:?}", order.oddities);
        assert!(
            order.placed_at.plus(Duration::from_secs(2)) >= before,
            "{order:?}"
        );
        assert!(until.is_some_and(|until| until > order.placed_at), "{until:?}");
    }
    let got = bench.connection.orders().unwrap().get(&id).await.unwrap();
    assert_eq!(got.channel_order_id, id);
    let unknown = bench.connection.orders().unwrap().get("999999999").await;
    assert!(unknown.is_err_and(|e| matches!(e.fault, Fault::NotFound | Fault::Rejected)));
    assert_eq!(
        bench.listing("MUG-BLUE").await.quantity,
        Some(23),
        "counted down by itself"
    );
}

/// The same search again says the same.
pub async fn import_again(bench: Bench) {
    needs!(bench, Orders);
    bench.bought("MUG-BLUE", 2);
    let (first, _) = bench.orders(start(), OrderTime::Updated).await;
    let (again, _) = bench.orders(start(), OrderTime::Updated).await;
    assert_eq!(first, again);
}

/// Orders on several pages are all there.
pub async fn page_boundary(bench: Bench) {
    needs!(bench, Orders);
    let mut bought = BTreeSet::new();
    for _ in 0..7 {
        bought.insert(bench.setup.platform.buy("MUG-BLUE", 1).unwrap());
        bench.pass(Duration::from_secs(1));
    }
    bench.until_visible();
    for by in [OrderTime::Updated, OrderTime::Placed] {
        let (orders, _) = bench.orders(start(), by).await;
        let found: BTreeSet<String> = orders.into_iter().map(|o| o.channel_order_id).collect();
        assert_eq!(found, bought);
    }
}

/// A parcel is told, told again without effect, and shows in the order.
pub async fn update(bench: Bench) {
    needs!(bench, Orders, Fulfilment);
    let id = bench.bought("MUG-BLUE", 2);
    let order = bench.order(&id).await;
    let parcel = bench.parcel(&order, "JD014600003SE");
    let sink = bench.connection.fulfilment().unwrap();
    bench
        .setup
        .platform
        .fail_next(Act::Ship, Trouble::TimeoutAfter, 1);
    let lost = sink.confirm(&parcel).await.expect_err("no answer came");
    assert!(
        matches!(lost.fault, Fault::Ambiguous | Fault::Unavailable),
        "{lost:?}"
    );
    for _ in 0..2 {
        sink.confirm(&parcel).await.expect("the parcel is taken");
    }
    bench.until_visible();
    let shipped = bench.order(&id).await;
    assert_eq!(shipped.status, Some(OrderStatus::Shipped), "{shipped:?}");
    assert_eq!(shipped.lines.iter().map(|l| l.shipped).sum::<i64>(), 2);
    let truth = bench.setup.platform.orders();
    assert_eq!(
        truth[0].parcels,
        ["JD014600003SE"],
        "one parcel, whatever was lost"
    );
}

/// An order that is called off elsewhere is called off here.
pub async fn cancel(bench: Bench) {
    needs!(bench, Orders);
    let id = bench.bought("MUG-BLUE", 2);
    assert_eq!(bench.order(&id).await.lines[0].cancelled, 0);
    assert!(bench.setup.platform.cancel(&id));
    bench.until_visible();
    let order = bench.order(&id).await;
    assert_eq!(order.status, Some(OrderStatus::Cancelled), "{order:?}");
    assert_eq!(order.lines.iter().map(|l| l.cancelled).sum::<i64>(), 2);
}

/// An order is called off from here, once.
pub async fn call_off(bench: Bench) {
    needs!(bench, Orders, Cancellations);
    let id = bench.bought("MUG-BLUE", 2);
    let notice = CancelNotice {
        channel_order_id: id.clone(),
        lines: Vec::new(),
        reason: CancelReason::OutOfStock,
        note: None,
        key: "can_1".into(),
    };
    for _ in 0..2 {
        let sink = bench.connection.cancellations().unwrap();
        sink.cancel(&notice).await.expect("it is called off");
        bench.until_visible();
    }
    assert_eq!(bench.order(&id).await.status, Some(OrderStatus::Cancelled));
    let truth = bench.setup.platform.orders();
    assert!(
        truth[0].cancelled || truth[0].lines.iter().all(|l| l.cancelled == l.quantity),
        "{truth:?}"
    );
}

/// Titles and barcodes are read where the channel tells them; nothing is made up where it does not.
pub async fn told(bench: Bench) {
    needs!(bench, Listings);
    let tells = bench.setup.tells;
    for (sku, listing) in bench.listings().await {
        let title = listing.title.as_deref();
        assert_eq!(
            title.is_some_and(|t| t.contains(&sku)),
            tells.titles,
            "{listing:?}"
        );
        assert!(tells.titles || title.is_none(), "{listing:?}");
        let code = tells.barcodes.then(|| crate::driver::barcode(&sku));
        assert_eq!(listing.barcode, code, "{listing:?}");
    }
}

/// Too many calls: nothing was done, and it is said when to come back.
pub async fn throttle(bench: Bench) {
    needs!(bench, Orders, Stock);
    let platform = &bench.setup.platform;
    let query = stockbridge_domain::channel::OrderQuery {
        since: start(),
        by: OrderTime::Updated,
        cursor: None,
    };
    platform.fail_next(Act::ReadOrders, Trouble::Throttle, 1);
    let error = bench.page(&query).await.expect_err("too many calls");
    assert_eq!(error.fault, Fault::Throttled, "{error:?}");
    assert!(error.retry_at.is_some_and(|at| at > bench.clock.env().now()));
    let listing = bench.listing("BOWL").await;
    platform.fail_next(Act::WriteStock, Trouble::Throttle, 1);
    let outcome = bench.write(&[bench.level(&listing, 2)]).await.remove(0);
    assert!(
        matches!(&outcome, ItemOutcome::NotApplied(e) if e.fault == Fault::Throttled && e.retry_at.is_some()),
        "{outcome:?}"
    );
    assert_eq!(platform.shown("BOWL"), Some(7));
    platform.fail_next(Act::ReadOrders, Trouble::ServerError, 1);
    let error = bench.page(&query).await.expect_err("it broke");
    assert_eq!(error.fault, Fault::Unavailable, "{error:?}");
}

/// An access token that ended early is replaced without anybody noticing.
pub async fn expired_token(mut bench: Bench) {
    bench.connection.probe().await.expect("a good account");
    if !bench.setup.platform.expire_tokens() {
        return;
    }
    bench.connection.probe().await.expect("a new token was fetched");
    bench.setup.platform.expire_tokens();
    bench.connection = bench.reconnect();
    bench
        .connection
        .probe()
        .await
        .expect("also by the next connection");
}

/// A status nobody knows is kept and told, never guessed.
pub async fn unknown_status(bench: Bench) {
    needs!(bench, Orders);
    bench.bought("MUG-BLUE", 2);
    bench
        .setup
        .platform
        .fail_next(Act::ReadOrders, Trouble::UnknownValue, 1);
    let (orders, _) = bench.orders(start(), OrderTime::Updated).await;
    let [order] = &orders[..] else {
        panic!("one order: {orders:?}")
    };
    assert_eq!(order.status, None, "{order:?}");
    assert!(
        order.oddities.iter().any(|o| o.contains(&order.channel_status)),
        "the word itself is told: {order:?}"
    );
}

/// Consent that was withdrawn is told apart from every other trouble.
pub async fn revoked_access(mut bench: Bench) {
    bench.connection.probe().await.expect("a good account");
    bench.setup.platform.revoke();
    bench.connection = bench.reconnect();
    let error = bench.connection.probe().await.expect_err("no consent");
    assert_eq!(error.fault, Fault::Credentials, "{error:?}");
}

/// Money goes back once, and only where asked through the payment provider.
pub async fn refund(bench: Bench) {
    needs!(bench, Orders, Refunds);
    let id = bench.bought("MUG-BLUE", 2);
    let order = bench.order(&id).await;
    let total = order.total.expect("what was paid");
    let mut notice = RefundNotice {
        channel_order_id: id,
        amount: total,
        lines: order
            .lines
            .iter()
            .map(|line| LineUnits {
                channel_line_id: line.channel_line_id.clone(),
                quantity: line.ordered,
            })
            .collect(),
        pay_out: false,
        note: Some("broken in transit".into()),
        key: "refund-1".into(),
    };
    let sink = bench.connection.refunds().unwrap();
    // A channel that pays out with every refund refuses one that is only to be noted.
    let first = match sink.refund(&notice).await {
        Err(e) if e.fault == Fault::Rejected => {
            notice.pay_out = true;
            sink.refund(&notice).await.expect("paid out")
        }
        first => first.expect("noted"),
    };
    let again = sink.refund(&notice).await.expect("noted before");
    assert_eq!(first, again, "the same refund is made once");
}
