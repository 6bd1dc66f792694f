//! The simulated store at its worst: lost answers, refusals, unknown words, pages that move, webhooks out of order.

use std::time::Duration;

use stockbridge_domain::channel::{
    CancelNotice, CancelReason, Fault, Inbound, InboundRefusal, ItemOutcome, Nudge, OrderQuery, OrderTime,
    RefundNotice,
};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{Currency, Money, Timestamp};
use stockbridge_sim::{Fault as Broken, MedusaConfig, MedusaVariant, TimeMode};

use crate::contract::parcels::{line_of, notice};
use crate::side::{Side, WEBHOOK_KEY, level, set};

const START: &str = "2026-11-21T03:25:00Z";

fn stepped() -> Side {
    Side::of(MedusaConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        webhook_key: WEBHOOK_KEY.to_owned(),
        variants: vec![MedusaVariant::new("BOWL", 1_000)],
        ..MedusaConfig::default()
    })
}

fn since_start(cursor: Option<String>) -> OrderQuery {
    OrderQuery {
        since: Timestamp::parse(START).unwrap(),
        by: OrderTime::Updated,
        cursor,
    }
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_parcel() {
    for operation in ["createFulfillment", "createShipment"] {
        for lost in [
            Broken::TimeoutAfter,
            Broken::DropAfter,
            Broken::Truncated,
            Broken::TimeoutBefore,
        ] {
            let side = stepped();
            let connection = side.connect();
            let id = side.buy("BOWL", 2).await;
            let parcel = notice(&id, 1, &line_of(&*connection, &id).await, 2, "JD-1");
            side.store().fail_next(operation, lost, 1);
            let first = connection.fulfilment().unwrap().confirm(&parcel).await;
            // A shipment's answer has nothing to read, so half of it is as good as all.
            if (operation, lost) != ("createShipment", Broken::Truncated) {
                assert_eq!(first.unwrap_err().fault, Fault::Ambiguous, "{operation} {lost:?}");
            }
            connection.fulfilment().unwrap().confirm(&parcel).await.unwrap();
            let truth = side.store().orders().remove(0);
            assert_eq!((truth.parcels, truth.shipped), (1, 2), "{operation} {lost:?}");
            assert_eq!(side.store().level("BOWL", "sloc_warehouse"), Some((998, 0)));
        }
    }
}

#[tokio::test]
async fn a_parcel_a_person_packed_is_taken_up() {
    let side = stepped();
    let connection = side.connect();
    let id = side.buy("BOWL", 2).await;
    assert!(side.store().fulfil(&id));
    let parcel = notice(&id, 1, &line_of(&*connection, &id).await, 2, "JD-1");
    for _ in 0..2 {
        connection.fulfilment().unwrap().confirm(&parcel).await.unwrap();
    }
    let truth = side.store().orders().remove(0);
    assert_eq!((truth.parcels, truth.shipped), (1, 2));
}

#[tokio::test]
async fn lost_answers_give_no_money_back_twice_and_call_off_once() {
    let side = stepped();
    let connection = side.connect();
    let id = side.buy("BOWL", 1).await;
    side.capture(&id).await;
    let refund = RefundNotice {
        channel_order_id: id.clone(),
        amount: Money::from_decimal("5", Currency::parse("EUR").unwrap()).unwrap(),
        lines: Vec::new(),
        pay_out: true,
        note: None,
        key: "rfd_1".into(),
    };
    side.store().fail_next("refundPayment", Broken::TimeoutAfter, 1);
    let lost = connection.refunds().unwrap().refund(&refund).await.unwrap_err();
    assert_eq!(lost.fault, Fault::Ambiguous);
    connection.refunds().unwrap().refund(&refund).await.unwrap();
    assert_eq!(
        side.store().orders()[0].paid.to_string(),
        "9.875",
        "14.875 less 5, once"
    );
    let cancel = CancelNotice {
        channel_order_id: id,
        lines: Vec::new(),
        reason: CancelReason::Customer,
        note: None,
        key: "can_1".into(),
    };
    side.store().fail_next("cancelOrder", Broken::DropAfter, 1);
    let lost = connection
        .cancellations()
        .unwrap()
        .cancel(&cancel)
        .await
        .unwrap_err();
    assert_eq!(lost.fault, Fault::Ambiguous);
    connection.cancellations().unwrap().cancel(&cancel).await.unwrap();
    assert!(side.store().orders()[0].cancelled);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_unknown_and_one_that_never_left_is_not() {
    let side = stepped();
    let connection = side.connect();
    let down = level(&side, "BOWL", 10);
    for (broken, unknown) in [
        (Broken::Throttle, false),
        (Broken::ServerError, true),
        (Broken::TimeoutBefore, true),
        (Broken::TimeoutAfter, true),
    ] {
        side.store().fail_next("setInventoryLevels", broken, 1);
        let outcome = set(&*connection, std::slice::from_ref(&down)).await.remove(0);
        assert_eq!(
            matches!(outcome, ItemOutcome::Unknown(_)),
            unknown,
            "{broken:?}: {outcome:?}"
        );
        assert_eq!(
            matches!(outcome, ItemOutcome::NotApplied(_)),
            !unknown,
            "{broken:?}: {outcome:?}"
        );
    }
    assert_eq!(side.store().shown("BOWL"), 10, "the last one was made");
}

#[tokio::test]
async fn reads_that_fail_say_what_happens_next() {
    let side = stepped();
    let connection = side.connect();
    let source = connection.orders().unwrap();
    side.buy("BOWL", 1).await;
    for (broken, fault) in [
        (Broken::Throttle, Fault::Throttled),
        (Broken::ServerError, Fault::Unavailable),
        (Broken::TimeoutAfter, Fault::Unavailable),
        (Broken::Truncated, Fault::Unavailable),
    ] {
        side.store().fail_next("listOrders", broken, 1);
        let error = source.page(&since_start(None)).await.unwrap_err();
        assert_eq!(error.fault, fault, "{broken:?}: {error}");
    }
    side.store().fail_next("listOrders", Broken::UnknownValue, 1);
    let page = source.page(&since_start(None)).await.unwrap();
    assert_eq!(
        (page.orders[0].status, page.orders[0].oddities.len()),
        (None, 1),
        "kept and told"
    );
    side.store().revoke(true);
    let error = source.page(&since_start(None)).await.unwrap_err();
    assert_eq!(error.fault, Fault::Credentials, "{error}");
    side.store().revoke(false);
    let again = source.page(&since_start(None)).await.unwrap();
    assert_eq!(
        again.complete_until.unwrap().to_string(),
        "2026-11-21T03:24:50Z",
        "the store's own word"
    );
}

#[tokio::test]
async fn a_payment_that_is_awaited_leaves_an_order_pending_until_it_comes() {
    let side = stepped();
    let connection = side.connect();
    let id = side.buy("BOWL", 1).await;
    side.store().await_payment(&id);
    let source = connection.orders().unwrap();
    let waiting = source.get(&id).await.unwrap();
    assert_eq!(waiting.status, Some(OrderStatus::Pending), "{waiting:?}");
    side.store().advance(Duration::from_secs(3_600));
    side.capture(&id).await;
    let paid = source.get(&id).await.unwrap();
    assert_eq!(paid.status, Some(OrderStatus::Open));
    assert!(
        paid.updated_at > waiting.updated_at,
        "though the order's own instant did not move"
    );
}

#[tokio::test]
async fn nothing_slips_through_while_orders_change_under_the_walk() {
    let side = stepped();
    let connection = side.connect();
    let source = connection.orders().unwrap();
    let mut ids = Vec::new();
    for n in 0..130 {
        // Some share an instant, some do not.
        side.store().advance(Duration::from_millis(u64::from(n % 3 == 0)));
        ids.push(side.buy("BOWL", 1).await);
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut query = since_start(None);
    let mut pages = 0;
    loop {
        let page = source.page(&query).await.unwrap();
        seen.extend(page.orders.into_iter().map(|order| order.channel_order_id));
        pages += 1;
        // What was read moves to the end of the list.
        side.store().advance(Duration::from_secs(1));
        if let Some(id) = ids.get(pages) {
            side.store().cancel(id);
        }
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert!(pages >= 3);
    assert!(
        ids.iter().all(|id| seen.contains(id)),
        "{} of {}",
        seen.len(),
        ids.len()
    );
    query.cursor = Some("from somebody else".into());
    assert_eq!(source.page(&query).await.unwrap_err().fault, Fault::Contract);
}

fn inbound(request: &http::Request<bytes::Bytes>) -> Inbound {
    Inbound {
        topic: "events".into(),
        url: request.uri().to_string(),
        method: "POST".into(),
        headers: request.headers().clone(),
        body: request.body().clone(),
        key: None,
    }
}

#[tokio::test]
async fn what_the_subscriber_sends_is_taken_once_proved() {
    let side = stepped();
    let connection = side.connect();
    let events = connection.events().unwrap();
    let now = Timestamp::parse(START).unwrap();
    let id = side.buy("BOWL", 1).await;
    side.capture(&id).await;
    let line = line_of(&*connection, &id).await;
    connection
        .fulfilment()
        .unwrap()
        .confirm(&notice(&id, 1, &line, 1, "JD-1"))
        .await
        .unwrap();
    side.send_back(&id, &line).await;
    side.store().fail_next("webhook", Broken::Duplicate, 1);
    side.store().fail_next("webhook", Broken::LateVisibility, 1);
    let requests = side.store().take_webhooks("https://hub.example.com/hooks/events");
    assert_eq!(requests.len(), 10, "five events, each twice");
    let received: Vec<_> = requests
        .iter()
        .map(|r| events.receive(&inbound(r), now).unwrap())
        .collect();
    assert_eq!(
        received[0].topic, "order.return_requested",
        "the last comes first"
    );
    assert_eq!(received[0].nudges, [Nudge::Order(id.clone()), Nudge::Returns]);
    assert_eq!(received[0].id, received[1].id, "the same message again");
    assert!(
        received
            .iter()
            .all(|event| event.nudges[0] == Nudge::Order(id.clone())),
        "{received:?}"
    );

    let mut forged = inbound(&requests[0]);
    forged.body = bytes::Bytes::from(String::from_utf8_lossy(&forged.body).replace("return", "retire"));
    assert!(matches!(
        events.receive(&forged, now),
        Err(InboundRefusal::Unauthentic(_))
    ));
    let mut bare = inbound(&requests[0]);
    bare.headers.remove("stockbridge-signature");
    assert!(matches!(
        events.receive(&bare, now),
        Err(InboundRefusal::Unauthentic(_))
    ));
    let late = now.plus(Duration::from_secs(301));
    assert!(matches!(
        events.receive(&inbound(&requests[0]), late),
        Err(InboundRefusal::Stale(_))
    ));

    let registered = events
        .register("https://hub.example.com/hooks/acc_1")
        .await
        .unwrap();
    assert_eq!(
        (registered.kept, registered.mended, registered.by_hand.len()),
        (0, 0, 3)
    );
    assert!(
        registered.by_hand[1].contains("https://hub.example.com/hooks/acc_1/events"),
        "{registered:?}"
    );
    events
        .unregister("https://hub.example.com/hooks/acc_1")
        .await
        .unwrap();
}
