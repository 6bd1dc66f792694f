//! Webhooks: both families of headers, both secrets, and subscriptions that vanish.

use stockbridge_domain::channel::{Inbound, InboundRefusal, Nudge};
use stockbridge_sim::Fault as Trouble;

use super::*;

const URL: &str = "https://hub.example.com/hooks/1";

fn inbound(request: &http::Request<bytes::Bytes>) -> Inbound {
    Inbound {
        topic: request
            .uri()
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned(),
        url: request.uri().to_string(),
        method: "POST".into(),
        headers: request.headers().clone(),
        body: request.body().clone(),
        key: None,
    }
}

#[tokio::test]
async fn subscriptions_are_kept_in_order() {
    let stage = Stage::with(vec![ShopifyVariant::at("A", &[("101", 9)])]);
    let connection = stage.connect();
    let events = connection.events().unwrap();
    let first = events.register(URL).await.unwrap();
    assert!(
        first.mended >= 8 && first.kept == 0 && first.by_hand.is_empty(),
        "{first:?}"
    );
    for _ in 0..9 {
        stage.shop.webhook_failed("ORDERS_CREATE");
    }
    let audit = events.register(URL).await.unwrap();
    assert_eq!(
        (audit.kept, audit.mended),
        (first.mended - 1, 1),
        "what vanished is made again"
    );
    events.unregister(URL).await.unwrap();
    assert!(stage.shop.topics().is_empty());
}

#[tokio::test]
async fn messages_are_proved_and_named() {
    let stage = Stage::with(vec![ShopifyVariant::at("A", &[("101", 9)])]);
    let connection = stage.connect();
    let events = connection.events().unwrap();
    events.register(URL).await.unwrap();
    stage.shop.fail_next("webhook", Trouble::Duplicate, 1);
    let id = stage.shop.buy("A", 1).unwrap();
    let sent = stage.shop.take_webhooks();
    assert_eq!(sent.len(), 3, "the order twice, the quantity once");
    let read = |request| events.receive(&inbound(request), now()).unwrap();
    let orders: Vec<_> = sent
        .iter()
        .map(read)
        .filter(|e| e.topic == "orders/create")
        .collect();
    assert_eq!(orders[0].id, orders[1].id, "one message, sent twice");
    assert_eq!(orders[0].nudges, [Nudge::Order(id)]);
    let body = String::from_utf8_lossy(sent[0].body()).into_owned();
    assert!(!body.contains("buyer@"), "nothing of the buyer is sent: {body}");
    let level = sent
        .iter()
        .map(read)
        .find(|e| e.topic == "inventory_levels/update")
        .unwrap();
    let [Nudge::Listing(word)] = &level.nudges[..] else {
        panic!("{level:?}")
    };
    let handle = stage.listing("A").await.handle.unwrap();
    assert!(
        handle.split(' ').any(|part| part == word),
        "{word} is part of {handle}"
    );

    let mut newer = inbound(&sent[0]);
    let headers = std::mem::take(&mut newer.headers);
    for (name, value) in &headers {
        let name = name.as_str().strip_prefix("x-").unwrap_or(name.as_str());
        newer
            .headers
            .insert(http::HeaderName::try_from(name).unwrap(), value.clone());
    }
    assert!(events.receive(&newer, now()).is_ok(), "the newer headers");
    let mut tampered = inbound(&sent[0]);
    tampered.body = bytes::Bytes::from_static(b"{}");
    let mut elsewhere = inbound(&sent[0]);
    elsewhere
        .headers
        .insert("x-shopify-shop-domain", "other.myshopify.com".parse().unwrap());
    for wrong in [tampered, elsewhere] {
        let refused = events.receive(&wrong, now());
        assert!(
            matches!(refused, Err(InboundRefusal::Unauthentic(_))),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn both_secrets_count_while_one_is_replaced() {
    let mut stage = Stage::with(vec![ShopifyVariant::at("A", &[("101", 9)])]);
    stage.connect().events().unwrap().register(URL).await.unwrap();
    stage.shop.buy("A", 1).unwrap();
    let sent = stage.shop.take_webhooks();
    let old = stage
        .draft
        .credentials
        .insert("client_secret".into(), SecretText::new("new-secret"))
        .unwrap();
    let refused = stage
        .connect()
        .events()
        .unwrap()
        .receive(&inbound(&sent[0]), now());
    assert!(refused.is_err());
    stage.draft.credentials.insert("other_client_secret".into(), old);
    assert!(
        stage
            .connect()
            .events()
            .unwrap()
            .receive(&inbound(&sent[0]), now())
            .is_ok()
    );
}

#[tokio::test]
async fn an_uninstalled_app_is_told() {
    let stage = Stage::with(vec![ShopifyVariant::at("A", &[("101", 9)])]);
    let connection = stage.connect();
    connection.events().unwrap().register(URL).await.unwrap();
    stage.shop.uninstall();
    let sent = stage.shop.take_webhooks();
    let event = connection
        .events()
        .unwrap()
        .receive(&inbound(&sent[0]), now())
        .unwrap();
    assert_eq!(event.nudges, [Nudge::Access]);
}
