//! What a platform sends by itself.

use stockbridge_domain::channel::{Inbound, InboundRefusal, Nudge, SecretText};

use crate::bench::{Bench, WEBHOOK_KEY, WEBHOOK_URL};

/// Messages are authenticated and say what to look at; the same one again is known as the same, in whatever order they
/// come; one that was tampered with, or names no secret, is refused.
pub async fn webhook(bench: Bench) {
    needs!(bench, Events, Orders);
    let source = bench.connection.events().unwrap();
    let registered = source.register(WEBHOOK_URL).await.expect("subscribed");
    let again = source.register(WEBHOOK_URL).await.expect("subscribed");
    assert_eq!(again.kept, registered.kept + registered.mended, "{again:?}");
    assert_eq!(again.mended, 0, "{again:?}");
    bench.setup.platform.take_webhooks();
    let id = bench.bought("MUG-BLUE", 2);
    let mut sent = bench.setup.platform.take_webhooks();
    assert!(!sent.is_empty(), "a purchase is told");
    sent.reverse();
    let now = bench.clock.env().now();
    let inbound = |request: &http::Request<bytes::Bytes>| {
        let uri = request.uri();
        let key = uri
            .query()
            .and_then(|q| q.split('&').find_map(|p| p.strip_prefix("key=")));
        Inbound {
            topic: uri
                .path()
                .strip_prefix("/api/v1/webhooks/channel/account/")
                .unwrap_or_default()
                .to_owned(),
            url: uri.to_string(),
            method: request.method().to_string(),
            headers: request.headers().clone(),
            body: request.body().clone(),
            key: key.map(SecretText::new),
        }
    };
    let mut told = false;
    for request in &sent {
        let inbound = inbound(request);
        let event = source.receive(&inbound, now).expect("authentic");
        let again = source.receive(&inbound, now).expect("authentic");
        assert_eq!((&event.id, &event.nudges), (&again.id, &again.nudges));
        told |= event.nudges.iter().any(|n| match n {
            Nudge::Order(order) => *order == id,
            other => *other == Nudge::Orders,
        });
        let mut stranger = inbound.clone();
        stranger.key = None;
        for (name, value) in &mut stranger.headers {
            if ["signature", "hmac", "authorization", "secret", "key"]
                .iter()
                .any(|w| name.as_str().contains(w))
            {
                *value = http::HeaderValue::from_static("AAAA");
            }
        }
        stranger.url = stranger.url.replace(WEBHOOK_KEY, "guessed");
        let refused = source.receive(&stranger, now);
        assert!(
            matches!(refused, Err(InboundRefusal::Unauthentic(_))),
            "{refused:?}"
        );
        let message = refused.unwrap_err().to_string();
        assert!(!message.contains(WEBHOOK_KEY), "{message}");
    }
    assert!(told, "one of them names the order");
    source.unregister(WEBHOOK_URL).await.expect("unsubscribed");
    // What was made by hand at the channel stays until a hand removes it.
    if !registered.by_hand.is_empty() {
        return;
    }
    bench.setup.platform.take_webhooks();
    bench.bought("MUG-BLUE", 1);
    assert!(bench.setup.platform.take_webhooks().is_empty());
}
