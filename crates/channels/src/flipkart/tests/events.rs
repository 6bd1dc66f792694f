//! Notifications: the published signature, age, and what they say to look at.

use super::*;
use crate::flipkart::events::signature;
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{Inbound, InboundRefusal, Nudge};

fn inbound(request: &HttpRequest) -> Inbound {
    Inbound {
        topic: "events".into(),
        url: request.uri().to_string(),
        method: request.method().to_string(),
        headers: request.headers().clone(),
        body: request.body().clone(),
        key: None,
    }
}

/// The sample of Flipkart's page on notifications.
#[test]
fn the_published_sample_is_authentic() {
    let (id, secret) = (
        "6113ca4a-fe05-11e4-a322-1697f925ec7b",
        "669a57f4-fe05-11e4-a322-1697f925ec7b",
    );
    let sent_at = Timestamp::from_secs(1_432_026_135);
    let url = "http://seller.api.pilotseller.com/notify/fki";
    assert_eq!(
        signature(sent_at, url, "POST", secret),
        "83762abd87b41e66ddd58320a4e803251e72b776"
    );
    let mut draft = draft(json!({}));
    draft.credentials.insert("app_id".into(), SecretText::new(id));
    draft
        .credentials
        .insert("app_secret".into(), SecretText::new(secret));
    let connection = open(&draft, &World::new(|_| crate::testing::answer(500, "")));
    let login = "FKLOGIN NjExM2NhNGEtZmUwNS0xMWU0LWEzMjItMTY5N2Y5MjVlYzdiOjgzNzYyYWJkODdiNDFlNjZkZGQ1ODMyMGE0ZTgwMzI1MWU3MmI3NzY=";
    let request = http::Request::post(url)
        .header("X_Date", "Tue, 19 May 2015 09:02:15 GMT")
        .header("X_Authorization", login)
        .body(r#"{"eventType":"shipment_packed","source":"flipkart","shipmentId":"S1"}"#.into())
        .unwrap();
    let event = connection
        .events()
        .unwrap()
        .receive(&inbound(&request), sent_at)
        .unwrap();
    assert_eq!(
        (event.topic.as_str(), event.at),
        ("shipment_packed", Some(sent_at))
    );
}

#[tokio::test]
async fn notifications_are_authentic_fresh_and_say_what_to_look_at() {
    let market = market(|_| {}, json!({}));
    let source = market.connection.events().unwrap();
    let id = market.shop.buy("MUG", 1, 0).unwrap();
    market
        .shop
        .fail_next("notify", stockbridge_sim::Fault::Duplicate, 1);
    let sent = market.shop.take_webhooks();
    assert_eq!(sent.len(), 2);
    let at = market.world.clock.env().now();
    let events: Vec<_> = sent
        .iter()
        .map(|request| source.receive(&inbound(request), at).unwrap())
        .collect();
    assert_eq!(events[0].nudges, [Nudge::Order(id.clone())]);
    assert_eq!(
        (events[0].id.as_str(), events[0].topic.as_str()),
        (events[1].id.as_str(), "shipment_created")
    );
    market.pass(60);
    market.shop.cancel(&id);
    let other = source
        .receive(&inbound(&market.shop.take_webhooks()[0]), at)
        .unwrap();
    assert_ne!(other.id, events[0].id);

    let good = inbound(&sent[0]);
    let changed = |change: fn(&mut Inbound)| {
        let mut inbound = good.clone();
        change(&mut inbound);
        source.receive(&inbound, at)
    };
    for change in [
        (|i| i.url.push('x')) as fn(&mut Inbound),
        |i| i.method = "PUT".into(),
        |i| {
            i.headers.remove("x_date");
        },
        |i| {
            i.headers
                .insert("x_date", "Sat, 21 Nov 2026 03:25:01 GMT".parse().unwrap());
        },
        |i| {
            i.headers
                .insert("x_authorization", "FKLOGIN YXBwLTE6YQ==".parse().unwrap());
        },
    ] {
        assert!(matches!(changed(change), Err(InboundRefusal::Unauthentic(_))));
    }
    let late = source.receive(&good, at.plus(Duration::from_secs(901)));
    assert!(matches!(late, Err(InboundRefusal::Stale(_))), "{late:?}");
    let garbled = changed(|i| i.body = "no JSON".into());
    assert!(
        matches!(garbled, Err(InboundRefusal::Unreadable(_))),
        "the body is not signed"
    );
    let unheard = changed(|i| i.body = r#"{"eventType":"shipment_sang","shipmentId":"S1"}"#.into()).unwrap();
    assert_eq!(
        unheard.nudges,
        [Nudge::Order("S1".into())],
        "a new kind of event is taken"
    );
    let back = changed(|i| i.body = r#"{"eventType":"return_created","returnId":"R1"}"#.into()).unwrap();
    assert_eq!(back.nudges, [Nudge::Returns]);
}

#[tokio::test]
async fn registering_is_by_hand() {
    let market = market(|_| {}, json!({}));
    let source = market.connection.events().unwrap();
    let registered = source.register("https://hub.example.com/hooks/1").await.unwrap();
    assert!(
        registered.by_hand[0].contains("https://hub.example.com/hooks/1/events"),
        "{registered:?}"
    );
    source
        .unregister("https://hub.example.com/hooks/1")
        .await
        .unwrap();
}
