//! What becomes of messages: work, replay, registration, and accounts that are looked after.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use stockbridge_store::{AccountStatus, InboxState};

use crate::webhooks::Sender;

impl Sender {
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.world.asked.lock().unwrap())
    }

    async fn states(&self) -> Vec<InboxState> {
        self.inbox().await.iter().map(|event| event.state).collect()
    }

    async fn status(&self) -> AccountStatus {
        let account = self
            .world
            .hub
            .tenant(self.world.tenant)
            .account(self.account)
            .await;
        account.unwrap().unwrap().status
    }

    async fn change(&self, patch: Value) {
        let path = format!("/integrations/bazaar/stores/{}", self.account);
        self.world.change(Method::PATCH, &path, patch).await.expect(200);
    }
}

#[tokio::test]
async fn many_messages_about_one_order_in_any_order_are_one_call() {
    let sender = Sender::new().await;
    sender.world.work().await;
    sender.asked();
    for n in [3, 1, 2] {
        sender.tell(&format!("e{n}"), "B-1").await.expect(200);
    }
    sender.tell("e4", "unknown").await.expect(200);
    sender.world.work().await;
    let asked = sender.asked();
    assert_eq!(asked.iter().filter(|a| *a == "get B-1").count(), 1, "{asked:?}");
    let orders = sender.world.get("/orders").await.expect(200);
    assert_eq!(orders["data"].as_array().unwrap().len(), 1);
    let inbox = sender.inbox().await;
    let done = inbox.iter().filter(|e| e.state == InboxState::Done);
    assert_eq!(done.count(), 3, "{inbox:?}");
    for _ in 0..6 {
        sender.world.clock.advance(Duration::from_secs(60));
        sender.world.work().await;
    }
    let unknown = sender.inbox().await.remove(0);
    assert_eq!(unknown.state, InboxState::Done);
    assert!(unknown.outcome.unwrap().contains("does not know"));
}

#[tokio::test]
async fn many_orders_at_once_are_read_as_a_list() {
    let sender = Sender::new().await;
    sender.world.work().await;
    sender.asked();
    for n in 0..60 {
        sender.tell(&format!("e{n}"), &format!("B-{n}")).await.expect(200);
    }
    assert_eq!(sender.jobs("order.pull").await, 20);
    sender.world.work().await;
    let asked = sender.asked();
    assert_eq!(asked.iter().filter(|a| a.starts_with("get ")).count(), 20);
    assert_eq!(asked.iter().filter(|a| *a == "page").count(), 1);
    assert!(
        sender
            .states()
            .await
            .iter()
            .all(|state| *state == InboxState::Done)
    );
}

#[tokio::test]
async fn a_paused_stores_messages_are_kept_and_worked_when_it_goes_on() {
    let sender = Sender::new().await;
    sender.world.work().await;
    sender.change(json!({ "paused": true })).await;
    sender.asked();
    sender.tell("e1", "B-1").await.expect(200);
    sender.world.work().await;
    assert_eq!(
        (sender.asked().len(), sender.states().await),
        (0, vec![InboxState::New])
    );
    sender.change(json!({ "paused": false })).await;
    sender.world.work().await;
    assert_eq!(sender.states().await, [InboxState::Done]);
}

#[tokio::test]
async fn a_message_can_be_worked_again_and_its_body_is_seen_by_admins_alone() {
    let sender = Sender::new().await;
    let world = &sender.world;
    let id = sender.tell("e1", "B-1").await.expect(200)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.work().await;
    sender.asked();
    let again = world
        .post(&format!("/inbox/{id}/replay"), json!({}))
        .await
        .expect(200);
    assert_eq!(again["state"], "new");
    world.work().await;
    assert!(sender.asked().contains(&"get B-1".to_owned()));
    let event = world.get(&format!("/inbox/{id}")).await.expect(200);
    assert_eq!((&event["state"], &event["attempts"]), (&json!("done"), &json!(2)));
    let body = world.get(&format!("/inbox/{id}/body")).await.expect(200);
    assert!(body["text"].as_str().unwrap().contains("\"B-1\""));
    let log = world.get("/audit").await.expect(200);
    assert!(log.to_string().contains("inbox.read_body"));
    let path = format!("/api/v1/inbox/{id}/body");
    world
        .call(&world.operator, Method::GET, &path, None)
        .await
        .expect(403);
    for filter in [
        "state=done",
        "topic=orders",
        &format!("account={}", sender.account),
    ] {
        let list = world.get(&format!("/inbox?{filter}")).await.expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), 1, "{filter}");
    }
    world.get("/inbox?state=odd").await.expect(422);
}

#[tokio::test]
async fn connecting_registers_the_address_and_disconnecting_says_farewell() {
    let sender = Sender::new().await;
    let world = &sender.world;
    let base = format!(
        "https://hub.example.com/api/v1/webhooks/bazaar/{}",
        sender.account
    );
    let path = format!("/integrations/bazaar/stores/{}/webhooks", sender.account);
    assert_eq!(world.get(&path).await.expect(200)["registered_at"], Value::Null);
    world.work().await;
    assert!(sender.asked().contains(&format!("register {base}")));
    let state = world.get(&path).await.expect(200);
    assert_eq!(state["registered_url"], base);
    assert_eq!(state["address"], format!("{base}/{{topic}}"));
    let key = world.key(sender.account).await;
    assert_eq!(state["address_with_key"], format!("{base}/{{topic}}?key={key}"));
    let seen = world
        .call(&world.viewer, Method::GET, &format!("/api/v1{path}"), None)
        .await
        .expect(200);
    assert_eq!(seen["address_with_key"], Value::Null, "the key is for admins");
    let store = format!("/api/v1/integrations/bazaar/stores/{}", sender.account);
    world
        .call(&world.owner, Method::DELETE, &store, None)
        .await
        .expect(204);
    assert_eq!(
        sender.asked(),
        [format!("unregister {base}")],
        "its failure keeps nobody"
    );
    assert_eq!(sender.status().await, AccountStatus::Disconnected);
}

#[tokio::test]
async fn an_account_that_keeps_failing_is_paused_and_comes_back_by_itself() {
    let sender = Sender::new().await;
    let world = &sender.world;
    world.work().await;
    // What calls nobody would count as an answer.
    let rarely = json!({ "listings": 600_000, "inventory": 600_000 });
    sender
        .change(json!({ "options": { "fails": "down" }, "schedules": rarely }))
        .await;
    sender.tell("e1", "B-1").await.expect(200);
    for _ in 0..60 {
        world.clock.advance(Duration::from_secs(120));
        world.work().await;
        if sender.status().await == AccountStatus::Paused {
            break;
        }
    }
    assert_eq!(sender.status().await, AccountStatus::Paused);
    let alerts = world.get("/alerts?state=open").await.expect(200);
    assert!(alerts.to_string().contains("failures in a row"), "{alerts}");
    world.clock.advance(Duration::from_secs(120));
    world.work().await;
    assert_eq!(sender.status().await, AccountStatus::Paused, "it is still down");
    sender.change(json!({ "options": {} })).await;
    world.clock.advance(Duration::from_secs(16 * 60));
    world.work().await;
    assert_eq!(sender.status().await, AccountStatus::Active);
    let path = format!("/integrations/bazaar/stores/{}/webhooks", sender.account);
    let state = world.get(&path).await.expect(200);
    assert_eq!(
        (&state["summary"], &state["paused_at"]),
        (&json!("Signed in."), &Value::Null)
    );
    assert_eq!(state["warnings"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn accounts_are_looked_after_once_a_day() {
    let sender = Sender::new().await;
    let world = &sender.world;
    world.work().await;
    assert_eq!(world.hub.upkeep().await.unwrap().account_checks, 0);
    world.clock.advance(Duration::from_secs(25 * 3_600));
    assert_eq!(world.hub.upkeep().await.unwrap().account_checks, 1);
    sender.asked();
    world.work().await;
    assert!(
        sender.asked().iter().any(|asked| asked.starts_with("register ")),
        "repairs what is missing"
    );
    assert_eq!(world.hub.upkeep().await.unwrap().account_checks, 0);
}
