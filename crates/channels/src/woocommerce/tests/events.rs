//! Webhooks: who is believed, what is looked at, and what is repaired.

use stockbridge_domain::channel::{Inbound, InboundRefusal, Nudge};

use super::*;

const URL: &str = "https://hub.example/hooks/acc/k";

fn inbound(request: &http::Request<bytes::Bytes>) -> Inbound {
    Inbound {
        topic: request.uri().path().rsplit('/').next().unwrap().to_owned(),
        url: request.uri().to_string(),
        method: request.method().to_string(),
        headers: request.headers().clone(),
        body: request.body().clone(),
        key: None,
    }
}

#[tokio::test]
async fn webhooks_are_made_answered_and_what_was_switched_off_is_switched_on() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    let connection = bench.open();
    let events = connection.events().unwrap();
    let made = events.register(URL).await.unwrap();
    assert_eq!((made.kept, made.mended), (0, 8));
    for ping in bench.shop.take_webhooks() {
        let event = events.receive(&inbound(&ping), now()).unwrap();
        assert_eq!(
            (event.topic.as_str(), event.nudges.len()),
            ("ping", 0),
            "unsigned, and it asks for nothing"
        );
    }
    for _ in 0..6 {
        bench.shop.webhook_failed("order.updated");
    }
    assert!(
        bench
            .shop
            .webhooks()
            .iter()
            .any(|(_, status, _)| status == "disabled")
    );
    let again = events.register(URL).await.unwrap();
    assert_eq!((again.kept, again.mended), (7, 1));
    assert!(
        bench
            .shop
            .webhooks()
            .iter()
            .all(|(_, status, _)| status == "active")
    );
    assert!(
        bench
            .shop
            .webhooks()
            .iter()
            .all(|(topic, _, url)| *url == format!("{URL}/{topic}"))
    );
    events.unregister(URL).await.unwrap();
    assert!(bench.shop.webhooks().is_empty());
}

#[tokio::test]
async fn a_message_is_believed_by_its_signature_and_is_only_a_reason_to_look() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    let connection = bench.open();
    let events = connection.events().unwrap();
    events.register(URL).await.unwrap();
    bench.shop.take_webhooks();
    let id = bench.shop.buy("MUG", 1).unwrap().to_string();
    assert!(
        bench.shop.take_webhooks().is_empty(),
        "nobody has visited the shop yet"
    );
    bench.pass(120);
    let sent = bench.shop.take_webhooks();
    let read: Vec<_> = sent
        .iter()
        .map(|r| events.receive(&inbound(r), now()).unwrap())
        .collect();
    assert!(
        read.iter().any(|e| e.nudges == [Nudge::Order(id.clone())]),
        "{read:?}"
    );
    let mug = bench.listing("MUG").await;
    let listing = Nudge::Listing(mug.channel_ref.unwrap());
    assert!(read.iter().any(|e| e.nudges == [listing.clone()]), "{read:?}");
    let ids: std::collections::BTreeSet<_> = read.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids.len(), read.len(), "each delivery has an id of its own");
    assert_eq!(
        events.receive(&inbound(&sent[0]), now()).unwrap().id,
        read[0].id,
        "sent again it has the same"
    );

    let refused = |change: &dyn Fn(&mut Inbound)| {
        let mut message = inbound(&sent[0]);
        change(&mut message);
        events.receive(&message, now()).unwrap_err()
    };
    type Edit = fn(&mut Inbound);
    let edits: [Edit; 4] = [
        |m| m.body = bytes::Bytes::from_static(b"{\"id\":1}"),
        |m| drop(m.headers.remove("x-wc-webhook-signature")),
        |m| {
            drop(
                m.headers
                    .insert("x-wc-webhook-signature", "AAAA".parse().unwrap()),
            )
        },
        |m| m.key = Some(SecretText::new("another")),
    ];
    for edit in edits {
        let error = refused(&edit);
        assert!(matches!(error, InboundRefusal::Unauthentic(_)), "{error}");
        assert!(!error.to_string().contains("webhook-key"), "{error}");
    }
}

#[test]
fn variations_are_looked_at_one_by_one_and_errors_in_place_of_an_object_are_told() {
    let nudges =
        |topic: &str, body: Value| super::super::events::nudges_of(topic, body.to_string().as_bytes());
    let variable = nudges("product.updated", json!({"id": 7, "variations": [8, 9]})).unwrap();
    assert_eq!(variable, [Nudge::Listing("8".into()), Nudge::Listing("9".into())]);
    assert_eq!(
        nudges("product.created", json!({"id": 7})).unwrap(),
        [Nudge::Listings]
    );
    assert_eq!(
        nudges("order.deleted", json!({"id": 7})).unwrap(),
        [Nudge::Order("7".into())]
    );
    assert_eq!(nudges("coupon.created", json!({"id": 7})).unwrap(), []);
    let error = nudges(
        "order.updated",
        json!({"code": "woocommerce_rest_cannot_view", "message": "no"}),
    )
    .unwrap_err();
    assert!(error.to_string().contains("may not read it"), "{error}");
}
