//! Orders: listed by creation, read again while they are open, grouped from units.

use super::*;
use crate::noon::orders::read_again;
use stockbridge_domain::Timestamp;
use stockbridge_domain::order::OrderStatus;
use stockbridge_sim::Fault as Trouble;

#[tokio::test]
async fn orders_are_found_on_all_pages_and_their_units_grouped() {
    let market = market(|_| {}, &draft(json!({})));
    let mut bought = vec![market.shop.buy_all(&[("MUG", 2), ("BOWL", 1)]).unwrap()];
    for _ in 0..4 {
        market.pass(1);
        bought.push(market.shop.buy("MUG", 1, 0).unwrap());
    }
    market.pass(2);
    for by in [OrderTime::Updated, OrderTime::Placed] {
        let orders = market.orders(now(), by).await;
        let found: Vec<_> = orders.iter().map(|o| o.channel_order_id.clone()).collect();
        assert_eq!(found, bought);
        let first = &orders[0];
        assert_eq!(
            (first.status, first.placed_at, first.updated_at),
            (Some(OrderStatus::Open), now(), now())
        );
        let lines: Vec<_> = first
            .lines
            .iter()
            .map(|l| (l.channel_line_id.as_str(), l.ordered, l.total.unwrap().minor()))
            .collect();
        assert_eq!(
            lines,
            [("BOWL", 1, 4_990), ("MUG", 2, 9_980)],
            "decimals are never floats"
        );
        assert_eq!(
            (first.total.unwrap().minor(), first.marketplace.as_deref()),
            (14_970, Some("AE"))
        );
        assert!(first.oddities.is_empty(), "{first:?}");
    }
}

#[tokio::test]
async fn an_open_order_says_the_same_again_and_a_change_counts_from_when_it_was_read() {
    let market = market(|_| {}, &draft(json!({})));
    let nr = market.shop.buy("MUG", 2, 0).unwrap();
    market.pass(60);
    let first = market.order(&nr).await;
    market.pass(60);
    assert_eq!(market.order(&nr).await, first);
    market.shop.cancel(&nr);
    market.pass(60);
    // Created long before, and found by its change all the same.
    let orders = market
        .orders(now().plus(Duration::from_secs(150)), OrderTime::Updated)
        .await;
    assert_eq!(
        (orders[0].status, orders[0].lines[0].cancelled),
        (Some(OrderStatus::Cancelled), 2)
    );
    assert_eq!(
        orders[0].updated_at,
        now().plus(Duration::from_secs(180)),
        "never before the change"
    );
    assert!(
        market
            .orders(now().plus(Duration::from_secs(150)), OrderTime::Placed)
            .await
            .is_empty()
    );
}

#[test]
fn open_days_are_read_again_now_and_then_and_the_last_two_always() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let open = Duration::from_secs(21 * 86_400);
    let usual = read_again(at("2026-11-21T07:00:00Z"), at("2026-11-21T07:20:00Z"), open);
    assert_eq!(usual, at("2026-11-19T07:20:00Z"));
    let deep = read_again(at("2026-11-21T11:50:00Z"), at("2026-11-21T12:05:00Z"), open);
    assert_eq!(deep, at("2026-10-31T12:05:00Z"), "past a quarter of the day");
    let first = read_again(at("2026-01-01T00:00:00Z"), at("2026-11-21T12:05:00Z"), open);
    assert_eq!(first, at("2026-01-01T00:00:00Z"), "never less than was asked for");
}

#[tokio::test]
async fn a_unit_in_an_unknown_state_is_kept_and_told() {
    let market = market(|_| {}, &draft(json!({})));
    let nr = market.shop.buy("MUG", 2, 0).unwrap();
    market.shop.fail_next("getOrder", Trouble::UnknownValue, 1);
    let order = market.order(&nr).await;
    assert_eq!(
        (order.status, order.lines[0].ordered, order.lines[0].cancelled),
        (None, 2, 0)
    );
    assert!(order.oddities[0].contains(&order.channel_status), "{order:?}");
}

#[tokio::test]
async fn several_warehouses_are_walked_one_after_the_other_and_none_is_an_error() {
    let two = |config: &mut NoonConfig| config.warehouses = vec!["W001".into(), "W002".into()];
    let market = market(two, &draft(json!({"warehouse_code": "W002, W001"})));
    market.shop.buy("MUG", 1, 0).unwrap();
    market.pass(5);
    assert_eq!(market.orders(now(), OrderTime::Placed).await.len(), 1);
    assert_eq!(market.calls("/fbpi-orders/list"), 2);
    let none = self::market(|_| {}, &draft(json!({"warehouse_code": ""})));
    let query = OrderQuery {
        since: now(),
        by: OrderTime::Placed,
        cursor: None,
    };
    let error = none.connection.orders().unwrap().page(&query).await.unwrap_err();
    assert!(error.message.contains("warehouse_code"), "{error:?}");
}

#[tokio::test]
async fn messages_carry_our_secret_and_name_the_order() {
    use stockbridge_domain::channel::{Inbound, InboundRefusal, Nudge};
    let market = market(|_| {}, &draft(json!({})));
    let source = market.connection.events().unwrap();
    let nr = market.shop.buy("MUG", 1, 0).unwrap();
    market.shop.fail_next("notify", Trouble::Duplicate, 1);
    let sent = market.shop.take_webhooks();
    let inbound = |request: &HttpRequest| Inbound {
        topic: "events".into(),
        url: request.uri().to_string(),
        method: "POST".into(),
        headers: request.headers().clone(),
        body: request.body().clone(),
        key: None,
    };
    let events: Vec<_> = sent
        .iter()
        .map(|r| source.receive(&inbound(r), now()).unwrap())
        .collect();
    assert_eq!(
        (events.len(), &events[0].id),
        (2, &events[1].id),
        "the same message twice"
    );
    assert_eq!(
        (events[0].nudges.as_slice(), events[0].topic.as_str()),
        (&[Nudge::Order(nr)][..], "FBPI::ORDER_CREATED")
    );
    let mut stranger = inbound(&sent[0]);
    stranger
        .headers
        .insert("x-stockbridge-key", "guessed".parse().unwrap());
    assert!(matches!(
        source.receive(&stranger, now()),
        Err(InboundRefusal::Unauthentic(_))
    ));
    let mut other = inbound(&sent[0]);
    other.body = r#"{"event_type":"RETURNS::REFERENCE_UPDATE","metadata":{"published_at":"2026-11-21T03:25:00Z"},"payload":{"barcode":"1"}}"#.into();
    let event = source.receive(&other, now()).unwrap();
    assert!(
        event.nudges.is_empty() && event.id.len() == 64,
        "without an id of its own: {event:?}"
    );
    other.body = "no JSON".into();
    assert!(matches!(
        source.receive(&other, now()),
        Err(InboundRefusal::Unreadable(_))
    ));
    let by_hand = source
        .register("https://hub.example.com/hooks/1")
        .await
        .unwrap()
        .by_hand;
    assert!(
        by_hand.iter().all(|step| !step.contains(WEBHOOK_KEY)) && by_hand[1].contains("X-Stockbridge-Key")
    );
}
