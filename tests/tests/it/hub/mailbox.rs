//! Notifications by a queue: from the marketplace's message to what it causes, and what happens when things go wrong between.

use std::time::Duration;

use serde_json::{Value, json};
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::SecretText;
use stockbridge_engine::{AccountPatch, ConnectRequest};
use stockbridge_sim::{BuyOptions, Fault, SellerConfig};
use stockbridge_store::{AccountStatus, InboxFilter, InboxRecord, InboxState, PageQuery};

use super::harness::{INDIA, World, seller};

const QUEUE: &str = "http://marketplace.test/000000000000/hub";

fn with_queue(world: &World, seller: &SellerConfig) -> ConnectRequest {
    let mut request = world.request(seller, INDIA);
    // Seldom enough that the queue alone can be what brings an order.
    request.options.insert("orders_every_secs".into(), json!(80_000));
    request.options.insert("queue_url".into(), json!(QUEUE));
    request.options.insert("queue_region".into(), json!("eu-west-1"));
    for name in ["aws_access_key_id", "aws_secret_access_key"] {
        request.credentials.insert(name.into(), SecretText::new("key"));
    }
    request
}

async fn connected(world: &World, seller: &SellerConfig) -> AccountId {
    let request = with_queue(world, seller);
    let account = world
        .hub
        .connect(&world.caller, "amazon", request)
        .await
        .unwrap()
        .id;
    world.secs(60).await;
    account
}

/// Empties the mailbox and works what that caused; answers letters handed out and removed.
async fn emptied(world: &World, account: AccountId) -> (usize, usize) {
    let emptied = world
        .hub
        .empty_mailbox(world.tenant_id(), account, Duration::ZERO)
        .await
        .unwrap();
    world.work().await;
    (emptied.letters, emptied.removed)
}

async fn inbox(world: &World) -> Vec<InboxRecord> {
    let page = PageQuery::first(100);
    let found = world
        .tenant()
        .inbox(&InboxFilter::default(), &page)
        .await
        .unwrap();
    found.items
}

fn buy(world: &World, seller: &SellerConfig) -> String {
    world
        .sim
        .buy(&seller.seller_id, INDIA, "SKU-1", 1, BuyOptions::default())
        .unwrap()
}

async fn world_with(seller: &SellerConfig) -> World {
    let world = World::new(vec![seller.clone()]).await;
    world.stocked("SKU-1", 10).await;
    world
}

#[tokio::test]
async fn an_order_comes_by_the_queue_and_is_removed_once_it_is_stored() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = world_with(&india).await;
    let account = connected(&world, &india).await;
    let subscriptions = world.tenant().subscriptions(account).await.unwrap();
    assert!(
        subscriptions.len() == 6 && subscriptions.iter().all(|s| s.id.is_some()),
        "{subscriptions:?}"
    );
    let health = world.tenant().account_health(account).await.unwrap();
    assert_eq!(
        (health.registered_url.as_deref(), health.by_hand.len()),
        (Some(QUEUE), 0)
    );

    let order = buy(&world, &india);
    world.sim.advance(Duration::from_secs(1));
    world.clock.advance(Duration::from_secs(1));
    let (handed, removed) = emptied(&world, account).await;
    assert!(handed >= 1 && handed == removed, "{handed} {removed}");
    let orders = world.orders().await;
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].channel_order_id, order);
    assert_eq!(emptied(&world, account).await, (0, 0), "it does not come again");
    let inbox = inbox(&world).await;
    assert!(
        inbox.iter().all(|event| event.state == InboxState::Done),
        "{inbox:?}"
    );
}

#[tokio::test]
async fn what_was_stored_but_not_removed_comes_again_and_changes_nothing() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = world_with(&india).await;
    let account = connected(&world, &india).await;
    buy(&world, &india);
    world.sim.advance(Duration::from_secs(1));
    // Killed between storing and removing: of the two calls the second never comes back.
    world.wire.hang_after(1, false);
    {
        let emptying = world
            .hub
            .empty_mailbox(world.tenant_id(), account, Duration::ZERO);
        tokio::select! {
            () = world.wire.reached.notified() => {}
            done = emptying => panic!("{done:?}"),
        }
    }
    world.wire.hang_after(-1, false);
    world.work().await;
    let before = inbox(&world).await;
    assert_eq!(world.orders().await.len(), 1);
    assert_eq!(emptied(&world, account).await, (0, 0), "it is hidden yet");
    world.sim.advance(Duration::from_secs(61));
    let (handed, removed) = emptied(&world, account).await;
    assert!(handed >= 1 && handed == removed);
    assert_eq!(inbox(&world).await.len(), before.len(), "known by its id");
    assert_eq!(world.orders().await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_for_a_person_and_what_is_nobodys_after_a_few_times() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = world_with(&india).await;
    let account = connected(&world, &india).await;
    emptied(&world, account).await;
    world
        .sim
        .announce(&json!({"NotificationMetadata": {}, "odd": true, "client_secret": "hush"}));
    assert_eq!(emptied(&world, account).await, (1, 1));
    let kept = inbox(&world).await;
    assert_eq!(kept[0].state, InboxState::Refused);
    let body = world.hub.event_body(&world.caller, kept[0].id).await.unwrap();
    assert!(!String::from_utf8(body).unwrap().contains("hush"));

    world.sim.announce(&order_change("A9STRANGER", "171-1"));
    for _ in 0..3 {
        assert_eq!(
            emptied(&world, account).await,
            (1, 0),
            "it may be somebody else's"
        );
        world.sim.advance(Duration::from_secs(61));
    }
    assert_eq!(emptied(&world, account).await, (1, 1));
    let kept = inbox(&world).await;
    assert_eq!(kept.len(), 2);
    let nobodys = |outcome: &String| outcome.contains("no store of this tenant");
    assert!(
        kept.iter().any(|k| k.outcome.as_ref().is_some_and(nobodys)),
        "{kept:?}"
    );
    assert!(world.orders().await.is_empty());
}

fn order_change(seller: &str, order: &str) -> Value {
    json!({
        "NotificationVersion": "1.0", "NotificationType": "ORDER_CHANGE", "PayloadVersion": "1.0",
        "EventTime": "2026-11-21T06:00:00Z",
        "Payload": {"OrderChangeNotification": {"SellerId": seller, "AmazonOrderId": order}},
        "NotificationMetadata": {"SubscriptionId": "theirs"},
    })
}

#[tokio::test]
async fn the_health_of_the_sellers_account_is_told_and_parks_nothing_by_itself() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = world_with(&india).await;
    let account = connected(&world, &india).await;
    emptied(&world, account).await;
    let subscriptions = world.tenant().subscriptions(account).await.unwrap();
    let id = subscriptions
        .iter()
        .find(|s| s.topic == "ACCOUNT_STATUS_CHANGED")
        .unwrap()
        .id
        .clone();
    let say = |status: &str| {
        world.sim.announce(&json!({
            "notificationType": "ACCOUNT_STATUS_CHANGED", "payloadVersion": "2021-01-01",
            "payload": {"accountStatusChangeNotification": {"previousAccountStatus": "NORMAL", "currentAccountStatus": status}},
            "notificationMetadata": {"subscriptionId": id},
        }));
    };
    let open = async || {
        let filter = stockbridge_store::AlertFilter {
            state: Some(stockbridge_store::AlertState::Open),
            ..Default::default()
        };
        let alerts = world
            .tenant()
            .alerts(&filter, &PageQuery::first(50))
            .await
            .unwrap()
            .items;
        alerts
            .into_iter()
            .filter(|a| a.kind == "account.notice")
            .map(|a| a.title)
            .collect::<Vec<_>>()
    };
    say("DEACTIVATED");
    emptied(&world, account).await;
    assert_eq!(open().await, ["Amazon has deactivated the seller's account"]);
    let record = world.tenant().account(account).await.unwrap().unwrap();
    assert_eq!(
        record.status,
        AccountStatus::Active,
        "the token endpoint has not said so"
    );
    say("NORMAL");
    emptied(&world, account).await;
    assert!(open().await.is_empty());

    // The authorisation went with it: then the look that the message causes finds out.
    world.sim.set_revoked(&india.seller_id, true).unwrap();
    say("DEACTIVATED");
    emptied(&world, account).await;
    let record = world.tenant().account(account).await.unwrap().unwrap();
    assert_eq!(record.status, AccountStatus::NeedsReauthorisation);
}

#[tokio::test]
async fn a_new_client_secret_is_in_use_at_once_and_never_kept_in_the_open() {
    let mut india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let mut other = seller("A2INDIA", INDIA, &[("SKU-1", 0)]);
    for one in [&mut india, &mut other] {
        one.client_id = "amzn1.application-oa2-client.shared".to_owned();
        one.client_secret = "first".to_owned();
    }
    let world = World::new(vec![india.clone(), other.clone()]).await;
    world.stocked("SKU-1", 10).await;
    let account = connected(&world, &india).await;
    let second = connected(&world, &other).await;
    emptied(&world, account).await;
    let secret = world.sim.rotate_secret(&india.client_id);
    assert_eq!(emptied(&world, account).await, (1, 1));
    for account in [account, second] {
        let kept = world.tenant().credentials(account).await.unwrap().unwrap();
        assert_eq!(
            kept["client_secret"].expose(),
            secret,
            "every store of the application"
        );
        let terms = world.tenant().account_terms(account).await.unwrap();
        let told = terms
            .iter()
            .find(|t| t.name == "client_secret")
            .unwrap()
            .ends_at
            .unwrap();
        let days = told.since(world.hub.env().now()).as_secs() / 86_400;
        assert!((179..=180).contains(&days), "{days}");
    }
    for event in inbox(&world).await {
        let body = world.hub.event_body(&world.caller, event.id).await.unwrap();
        assert!(!String::from_utf8(body).unwrap().contains(&secret));
    }
    // The former secret ends; the stores go on.
    world.clock.advance(Duration::from_secs(8 * 86_400));
    world.sim.advance(Duration::from_secs(8 * 86_400));
    world.hub.test_account(&world.caller, account).await.unwrap();

    // A notice of the end alone moves the date.
    world.sim.announce(&json!({
        "notificationType": "APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY", "eventTime": "2026-11-29T06:00:00Z",
        "payload": {"applicationOAuthClientSecretExpiry": {"clientId": india.client_id,
            "clientSecretExpiryTime": "2026-12-20T06:00:00Z", "clientSecretExpiryReason": "PERIODIC_ROTATION"}},
        "notificationMetadata": {},
    }));
    emptied(&world, account).await;
    let terms = world.hub.account_terms(&world.caller, account).await.unwrap();
    let secret = terms.iter().find(|t| t.name == "client_secret").unwrap();
    assert_eq!(
        (secret.ends_at.to_string().as_str(), secret.told),
        ("2026-12-20T06:00:00Z", true)
    );
}

#[tokio::test]
async fn a_lost_subscription_is_made_again_and_ended_with_the_account() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = world_with(&india).await;
    let account = connected(&world, &india).await;
    let of = async |topic: &str| {
        let all = world.tenant().subscriptions(account).await.unwrap();
        all.into_iter().find(|s| s.topic == topic).unwrap()
    };
    let first = of("ORDER_CHANGE").await.id;
    // Another queue: every subscription leads there from now on.
    let mut options = with_queue(&world, &india).options;
    options.insert(
        "queue_url".into(),
        json!("http://marketplace.test/000000000000/second"),
    );
    let patch = AccountPatch {
        options: Some(options),
        ..AccountPatch::default()
    };
    world
        .hub
        .update_account(&world.caller, account, patch)
        .await
        .unwrap();
    world.secs(30).await;
    assert_ne!(of("ORDER_CHANGE").await.id, first);
    // One call in the middle fails; the rest follows.
    let day = Duration::from_secs(86_400 + 3_600);
    world.clock.advance(day);
    world.sim.advance(day);
    world.sim.fail_next("getSubscription", Fault::ServerError, 1);
    world.hub.upkeep().await.unwrap();
    world.secs(300).await;
    let all = world.tenant().subscriptions(account).await.unwrap();
    let before = world.hub.env().now().minus(Duration::from_secs(600));
    assert!(
        all.iter().all(|s| s.id.is_some() && s.checked_at > before),
        "{all:?}"
    );
    world.hub.disconnect(&world.caller, account).await.unwrap();
    assert!(world.tenant().subscriptions(account).await.unwrap().is_empty());
}
