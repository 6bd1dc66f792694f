//! The way in for what channels send: who is believed, what is stored, and that nothing else gets anywhere.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use stockbridge_domain::AccountId;
use stockbridge_store::{AlertFilter, InboxFilter, InboxRecord, InboxState, JobFilter, PageQuery};

use crate::channel::proof;
use crate::world::{Answer, START, World};

/// A store and how its channel proves itself.
pub struct Sender {
    pub world: World,
    pub account: AccountId,
    key: String,
}

impl Sender {
    pub async fn new() -> Self {
        let world = World::new().await;
        let account = world.bazaar().await;
        Self {
            key: world.key(account).await,
            account,
            world,
        }
    }

    pub fn path(&self) -> String {
        format!("/api/v1/webhooks/bazaar/{}/orders", self.account)
    }

    pub fn request(&self, body: &[u8]) -> axum::http::request::Builder {
        Request::post(self.path()).header("x-proof", proof(&self.key, body))
    }

    pub async fn send(&self, body: impl Into<Bytes>) -> Answer {
        let body: Bytes = body.into();
        // Ids sort by the millisecond.
        self.world.clock.advance(Duration::from_millis(1));
        let request = self.request(&body).body(Body::from(body)).unwrap();
        self.world.send(request).await
    }

    /// An authentic message about an order.
    pub async fn tell(&self, id: &str, order: &str) -> Answer {
        let secs = self.world.hub.env().now().micros() / 1_000_000;
        self.send(json!({ "id": id, "secs": secs, "orders": [order] }).to_string())
            .await
    }

    pub async fn inbox(&self) -> Vec<InboxRecord> {
        let tenant = self.world.hub.tenant(self.world.tenant);
        let all = PageQuery::first(500);
        tenant.inbox(&InboxFilter::default(), &all).await.unwrap().items
    }

    /// Jobs of a kind.
    pub async fn jobs(&self, kind: &str) -> usize {
        let filter = JobFilter {
            kind: Some(kind.to_owned()),
            ..JobFilter::default()
        };
        let tenant = self.world.hub.tenant(self.world.tenant);
        tenant
            .jobs(&filter, &PageQuery::first(500))
            .await
            .unwrap()
            .items
            .len()
    }

    async fn webhooks(&self) -> Value {
        let path = format!("/integrations/bazaar/stores/{}/webhooks", self.account);
        self.world.get(&path).await.expect(200)
    }
}

#[tokio::test]
async fn a_message_is_stored_with_its_work_before_it_is_answered() {
    let sender = Sender::new().await;
    let taken = sender.tell("e1", "B-1").await.expect(200);
    assert_eq!(taken["duplicate"], false);
    let inbox = sender.inbox().await;
    assert_eq!(inbox.len(), 1);
    assert_eq!(
        (inbox[0].id.to_string().as_str(), inbox[0].state),
        (taken["id"].as_str().unwrap(), InboxState::New)
    );
    assert_eq!(inbox[0].occurred_at, Some(START));
    assert_eq!(sender.jobs("order.pull").await, 1);
    assert!(!inbox[0].headers.contains_key("authorization"));
    // The same by the unguessable part of the address, and at the other address.
    let by_key = format!("/inventory/webhook?store={}&key={}", sender.account, sender.key);
    sender
        .world
        .post(&by_key, json!({ "id": "e2" }))
        .await
        .expect(200);
    assert_eq!(sender.inbox().await[0].topic, "inventory");
}

#[tokio::test]
async fn a_thousand_times_the_same_message_is_one() {
    let sender = Sender::new().await;
    sender.tell("e1", "B-1").await.expect(200);
    let before = sender.inbox().await;
    let statements = sender.world.hub.store().db().statements();
    for _ in 0..1_000 {
        let taken = sender.tell("e1", "B-1").await.expect(200);
        assert_eq!((&taken["duplicate"], &taken["id"]), (&json!(true), &Value::Null));
    }
    let each = (sender.world.hub.store().db().statements() - statements).div_ceil(1_000);
    assert!(each <= 1, "one look each and no write: {each}");
    assert_eq!(sender.inbox().await, before);
    assert_eq!(sender.jobs("order.pull").await, 1);
}

#[tokio::test]
async fn what_does_not_come_from_the_channel_is_refused_unread() {
    let sender = Sender::new().await;
    let body = json!({ "id": "e1", "orders": ["B-1"] }).to_string();
    let right = proof(&sender.key, body.as_bytes());
    let post = || Request::post(sender.path());
    let bomb = "[".repeat(900_000);
    let requests = [
        ("no proof", post().body(Body::from(body.clone()))),
        (
            "a wrong proof",
            post()
                .header("x-proof", "0".repeat(64))
                .body(Body::from(body.clone())),
        ),
        (
            "a changed byte",
            post()
                .header("x-proof", &right)
                .body(Body::from(body.replace("B-1", "B-2"))),
        ),
        ("a bomb", post().body(Body::from(bomb))),
        (
            "a form",
            post()
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from("id=e1")),
        ),
        (
            "an api token",
            post()
                .header("authorization", format!("Bearer {}", sender.world.owner))
                .body(Body::from(body.clone())),
        ),
    ];
    for (what, request) in requests {
        let answer = sender.world.send(request.unwrap()).await;
        assert_eq!(answer.status.as_u16(), 401, "{what}: {}", answer.body);
        assert!(!answer.body.to_string().contains(&sender.key), "{what}");
    }
    sender.world.clock.advance(Duration::from_secs(301));
    let old = json!({ "id": "e1", "secs": START.micros() / 1_000_000 }).to_string();
    sender.send(old).await.expect(401);
    assert_eq!(sender.inbox().await, []);
    assert_eq!(sender.jobs("order.pull").await, 0);
}

#[tokio::test]
async fn refusals_are_counted_and_told_when_they_pile_up() {
    let sender = Sender::new().await;
    let tenant = sender.world.hub.tenant(sender.world.tenant);
    for n in 0..12 {
        sender.world.clock.advance(Duration::from_secs(2));
        let request = Request::post(sender.path()).body(Body::from("{}")).unwrap();
        sender.world.send(request).await.expect(401);
        let alerts = tenant
            .alerts(&AlertFilter::default(), &PageQuery::default())
            .await
            .unwrap();
        assert_eq!(alerts.items.len(), usize::from(n >= 9), "{n}");
    }
    let state = sender.webhooks().await;
    assert_eq!(
        (&state["refused"], &state["refused_lately"]),
        (&json!(12), &json!(12))
    );
    assert_eq!(state["refusals"].as_array().unwrap().len(), 10);
    assert_eq!(state["refusals"][0]["kind"], "unauthentic");
    let alert = tenant
        .alerts(&AlertFilter::default(), &PageQuery::default())
        .await
        .unwrap()
        .items
        .remove(0);
    assert!(alert.detail.contains("wrong webhook secret"), "{}", alert.detail);
}

#[tokio::test]
async fn addresses_that_lead_nowhere_are_all_alike() {
    let sender = Sender::new().await;
    let world = &sender.world;
    let till = world
        .post("/integrations/own/connect", json!({ "name": "Till" }))
        .await
        .expect(201);
    let gone = json!({ "name": "Gone", "credentials": { "key": "k2" } });
    let gone = world.post("/integrations/bazaar/connect", gone).await.expect(201);
    let gone = gone["id"].as_str().unwrap().to_owned();
    let key = world.key(gone.parse().unwrap()).await;
    let told = format!("/webhooks/bazaar/{gone}/orders?key={key}");
    world.post(&told, json!({})).await.expect(200);
    let path = format!("/api/v1/integrations/bazaar/stores/{gone}");
    world
        .call(&world.owner, Method::DELETE, &path, None)
        .await
        .expect(204);
    let mut answers = Vec::new();
    for path in [
        "/webhooks/bazaar/acc_01jd0000000000000000000000/orders".to_owned(),
        "/webhooks/bazaar/nonsense/orders".to_owned(),
        format!("/webhooks/own/{}/orders", sender.account),
        format!("/webhooks/none/{}/orders", sender.account),
        format!("/webhooks/own/{}/orders", till["id"].as_str().unwrap()),
        "/inventory/webhook".to_owned(),
        told,
    ] {
        answers.push(world.post(&path, json!({})).await.expect(404));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        world
            .call(&world.owner, method, &sender.path(), None)
            .await
            .expect(405);
    }
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit() {
    let sender = Sender::new().await;
    let large = vec![b' '; 1024 * 1024 + 1];
    sender.send(large.clone()).await.expect(413);
    // Without a length that could be looked at first.
    let pieces = large
        .chunks(65_536)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)));
    let stream = Body::from_stream(futures_util::stream::iter(pieces.collect::<Vec<_>>()));
    let request = sender.request(&large).body(stream).unwrap();
    sender.world.send(request).await.expect(413);
    let declared = sender.request(b"{}").header("content-length", "99999999");
    sender
        .world
        .send(declared.body(Body::from("{}")).unwrap())
        .await
        .expect(413);
    assert_eq!(sender.inbox().await, []);
    let mut fits = json!({ "id": "big" }).to_string().into_bytes();
    fits.resize(1024 * 1024, b' ');
    sender.send(fits).await.expect(200);
}

#[tokio::test]
async fn what_is_authentic_and_unreadable_is_kept_and_asks_for_nothing() {
    let sender = Sender::new().await;
    for body in ["", "{", "no json", &"[".repeat(900_000), "id=1&topic=ping"] {
        sender.send(body.to_owned()).await.expect(200);
        let again = sender.send(body.to_owned()).await.expect(200);
        assert_eq!(again["duplicate"], true);
    }
    let inbox = sender.inbox().await;
    assert_eq!(inbox.len(), 5);
    assert!(
        inbox
            .iter()
            .all(|event| event.state == InboxState::Refused && event.nudges.is_empty())
    );
    let id = inbox[0].id;
    let again = sender.world.post(&format!("/inbox/{id}/replay"), json!({})).await;
    again.expect(409);
}

#[tokio::test]
async fn who_hangs_up_loses_nothing_and_holds_up_nobody() {
    let sender = Sender::new().await;
    let first = sender.tell("e0", "B-0");
    let mut first = Box::pin(first);
    // Begun and given up, again and again, at whatever point it stands.
    for _ in 0..3 {
        let once =
            futures_util::future::poll_fn(|cx| std::task::Poll::Ready(first.as_mut().poll(cx).is_ready()));
        if once.await {
            break;
        }
    }
    drop(first);
    let ids: Vec<String> = (0..40).map(|n| format!("e{n}")).collect();
    let sent = ids.iter().map(|id| sender.tell(id, "B-0"));
    for answer in futures_util::future::join_all(sent).await {
        answer.expect(200);
    }
    assert_eq!(sender.inbox().await.len(), 40);
    assert_eq!(sender.jobs("order.pull").await, 1);
    // An answer that got lost: the same again is there already.
    assert_eq!(sender.tell("e7", "B-0").await.expect(200)["duplicate"], true);
}
