//! The inbox: each message once, with its work and what came of it.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use stockbridge_domain::channel::{Nudge, Registered};
use stockbridge_domain::job::Priority;
use stockbridge_domain::{AccountId, InboxId};

use super::*;
use crate::{
    AccountCheck, InboxFilter, InboxState, NewEvent, NewJob, RefusedRequest, StoreError, Tenant, Worked,
};

fn event(account: AccountId, id: &str, nudges: &[Nudge]) -> NewEvent {
    NewEvent {
        account,
        event_id: id.to_owned(),
        topic: "orders".to_owned(),
        occurred_at: Some(START),
        headers: BTreeMap::from([("x-topic".to_owned(), "orders".to_owned())]),
        body: Bytes::from_static(b"{\"buyer\":\"Eve\"}"),
        nudges: nudges.to_vec(),
        refused: None,
    }
}

fn order_nudge(id: &str) -> Nudge {
    Nudge::Order(id.to_owned())
}

async fn receive(tenant: &Tenant, events: &[NewEvent]) -> Vec<Option<InboxId>> {
    let mut tx = tenant.begin().await.unwrap();
    let events: Vec<&NewEvent> = events.iter().collect();
    let ids = tx.receive_events(&events).await.unwrap();
    tx.commit().await.unwrap();
    ids
}

#[tokio::test]
async fn a_message_is_stored_once_however_often_it_comes() {
    for world in worlds().await {
        let ours = &world.ours;
        let (one, two) = (world.account("one").await, world.account("two").await);
        let first = [
            event(one, "b", &[order_nudge("1")]),
            event(one, "a", &[]),
            event(one, "b", &[order_nudge("9")]),
            event(two, "b", &[Nudge::Listings]),
        ];
        let ids = receive(ours, &first).await;
        assert_eq!(
            ids.iter().map(Option::is_some).collect::<Vec<_>>(),
            [true, true, false, true],
            "{}",
            world.label
        );
        let again = receive(ours, &[event(one, "a", &[]), event(one, "c", &[])]).await;
        assert!(again[0].is_none() && again[1].is_some());
        let names = [
            (one, "a".to_owned()),
            (one, "z".to_owned()),
            (two, "b".to_owned()),
        ];
        let known = ours.known_events(&names).await.unwrap();
        assert!(known.contains(&names[0]) && known.contains(&names[2]) && !known.contains(&names[1]));
        assert_eq!(world.theirs.known_events(&names).await.unwrap(), BTreeSet::new());

        let all = walk!(async |query: PageQuery| ours.inbox(&InboxFilter::default(), &query).await);
        assert_eq!(all.len(), 4);
        let waiting = InboxFilter {
            state: Some(InboxState::New),
            account: Some(one),
            topic: Some("orders".to_owned()),
        };
        let waiting = ours.inbox(&waiting, &PageQuery::default()).await.unwrap().items;
        assert_eq!((waiting.len(), waiting[0].id), (1, ids[0].unwrap()));
        assert_eq!(
            waiting[0].nudges,
            [order_nudge("1")],
            "the first of a name counts"
        );
        assert!(matches!(
            ours.inbox(&InboxFilter::default(), &bad_cursor()).await,
            Err(StoreError::BadCursor)
        ));
        assert_eq!(
            world
                .theirs
                .inbox(&InboxFilter::default(), &PageQuery::default())
                .await
                .unwrap()
                .items,
            []
        );
        assert_eq!(ours.clock_ahead(one).await.unwrap(), Some(0));
        assert_eq!(world.theirs.clock_ahead(one).await.unwrap(), None);
        assert_eq!(ours.last_event(two).await.unwrap().unwrap().account, two);
        assert!(world.theirs.last_event(two).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn bodies_are_sealed_and_looking_is_noted() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("one").await;
        let id = receive(ours, &[event(account, "a", &[])]).await[0].unwrap();
        assert_eq!(world.theirs.inbox_body(id, "eve").await.unwrap(), None);
        assert_eq!(world.theirs.inbox_event(id).await.unwrap(), None);
        let body = ours.inbox_body(id, "owner").await.unwrap().unwrap();
        assert_eq!(body, b"{\"buyer\":\"Eve\"}");
        let log = ours.audit_log(&PageQuery::default()).await.unwrap().items;
        let looked = log.iter().filter(|entry| entry.action == "inbox.read_body");
        assert_eq!(
            looked.map(|entry| entry.actor.as_str()).collect::<Vec<_>>(),
            ["owner"]
        );
        let mut tx = ours.begin().await.unwrap();
        let kept = "SELECT body FROM inbox WHERE tenant_id = $1";
        let row = tx.tx.query_one(kept, &[ours.key()]).await.unwrap();
        assert!(!row.bytes(0).unwrap().windows(3).any(|part| part == b"Eve"));
        assert_eq!(tx.event_body(id).await.unwrap().unwrap(), body);
    }
}

#[tokio::test]
async fn a_message_is_done_when_all_its_work_is() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("one").await;
        let nudges = [order_nudge("1"), Nudge::Listings];
        let id = receive(ours, &[event(account, "a", &nudges)]).await[0].unwrap();
        let (orders, listings) = ("order.pull x".to_owned(), "listings.pull x".to_owned());
        let waits = vec![(orders.clone(), id), (listings.clone(), id)];
        let mut tx = ours.begin().await.unwrap();
        tx.await_work(waits.clone()).await.unwrap();
        tx.await_work(waits).await.unwrap();
        let lane = format!("{account}/orders");
        for n in 0..3 {
            tx.enqueue(NewJob {
                kind: "order.pull",
                lane: lane.clone(),
                account: Some(account),
                dedupe_key: Some(n.to_string()),
                payload: serde_json::Value::Null,
                priority: Priority::ORDER_NUDGE,
                run_at: START,
            })
            .await
            .unwrap();
        }
        assert_eq!(tx.jobs_waiting(&lane, "order.pull", 2).await.unwrap(), 2);
        assert_eq!(tx.jobs_waiting(&lane, "order.pull", 20).await.unwrap(), 3);
        assert_eq!(tx.jobs_waiting(&lane, "orders.pull", 20).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(
            ours.events_awaiting(&orders, 10).await.unwrap(),
            [(id, nudges.to_vec())]
        );
        assert_eq!(world.theirs.events_awaiting(&orders, 10).await.unwrap(), []);
        let state = async || {
            let event = ours.inbox_event(id).await.unwrap().unwrap();
            (event.state, event.attempts)
        };
        let worked = async |tenant: &Tenant, work: &str, ended| {
            tenant.events_worked(work, &[id], ended, "words").await.unwrap();
        };
        worked(&world.theirs, &orders, Worked::Dead).await;
        worked(ours, &orders, Worked::Again).await;
        assert_eq!(state().await, (InboxState::New, 1), "{}", world.label);
        worked(ours, &orders, Worked::Done).await;
        assert_eq!(
            state().await,
            (InboxState::New, 2),
            "listings are still waited for"
        );
        worked(ours, &listings, Worked::Dead).await;
        assert_eq!(state().await, (InboxState::Dead, 3));
        worked(ours, &listings, Worked::Done).await;
        assert_eq!(state().await, (InboxState::Done, 4), "a person tried it again");
        let mut tx = ours.begin().await.unwrap();
        assert!(tx.replay_event(id, &nudges).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(state().await.0, InboxState::New);
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(!tx.replay_event(id, &nudges).await.unwrap());
    }
}

#[tokio::test]
async fn old_messages_are_forgotten_with_what_waits_for_them() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("one").await;
        let ids = receive(ours, &[event(account, "a", &[]), event(account, "b", &[])]).await;
        let mut tx = ours.begin().await.unwrap();
        tx.await_work(vec![("w".to_owned(), ids[0].unwrap())])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let system = world.store.system();
        assert_eq!(system.purge_inbox(START, 10).await.unwrap(), 0);
        let later = world.later(Duration::from_secs(1));
        assert_eq!(system.purge_inbox(later, 1).await.unwrap(), 1);
        assert_eq!(system.purge_inbox(later, 10).await.unwrap(), 1);
        assert_eq!(ours.events_awaiting("w", 10).await.unwrap(), []);
        assert_eq!(system.account_tenant(account).await.unwrap(), Some(ours.id()));
        let nobody = world.store.env().id();
        assert_eq!(system.account_tenant(nobody).await.unwrap(), None);
    }
}

#[tokio::test]
async fn of_two_processes_that_store_a_message_at_once_one_does() {
    for db in databases().await.unwrap() {
        if db.label == "sqlite" {
            continue;
        }
        let world = world_on(db).await;
        let account = world.account("one").await;
        let other = world
            ._db
            .store(world.clock.env())
            .await
            .unwrap()
            .tenant(world.ours.id());
        for round in 0..20 {
            let events: Vec<NewEvent> = (0..8)
                .map(|n| event(account, &format!("{round}/{n}"), &[order_nudge("1")]))
                .collect();
            let mut backwards = events.clone();
            backwards.reverse();
            let (one, two) = tokio::join!(receive(&world.ours, &events), receive(&other, &backwards));
            let stored: BTreeSet<InboxId> = one.iter().chain(&two).flatten().copied().collect();
            assert_eq!(stored.len(), 8);
            for id in &stored {
                assert!(world.ours.inbox_event(*id).await.unwrap().is_some());
            }
        }
    }
}

#[tokio::test]
async fn how_an_account_was_found_is_kept() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("one").await;
        assert_eq!(
            ours.account_health(account).await.unwrap(),
            crate::AccountHealth::default()
        );
        let mut tx = ours.begin().await.unwrap();
        let check = AccountCheck {
            summary: "Signed in.".to_owned(),
            warnings: vec!["A role is missing.".to_owned()],
        };
        tx.keep_account_check(account, &check).await.unwrap();
        let registered = Registered {
            kept: 1,
            mended: 2,
            by_hand: vec!["Switch it on.".to_owned()],
        };
        tx.keep_registered(account, "https://hub.example.com/x", &registered)
            .await
            .unwrap();
        tx.set_paused_by_hub(account, Some(START)).await.unwrap();
        tx.commit().await.unwrap();
        let health = ours.account_health(account).await.unwrap();
        assert_eq!(health.warnings, check.warnings, "{}", world.label);
        assert_eq!((health.checked_at, health.paused_at), (Some(START), Some(START)));
        assert_eq!(
            health.registered_url.as_deref(),
            Some("https://hub.example.com/x")
        );
        assert_eq!(health.by_hand, registered.by_hand);
        assert_eq!(
            world.theirs.account_health(account).await.unwrap(),
            crate::AccountHealth::default()
        );
    }
}

#[tokio::test]
async fn refused_requests_are_counted_by_the_hour_and_the_last_few_kept() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("one").await;
        let mut lately = 0;
        for n in 0..12 {
            let refused = RefusedRequest {
                at: world.later(Duration::from_secs(60)),
                kind: "unauthentic".to_owned(),
                topic: "orders".to_owned(),
                reason: format!("number {n}"),
                times: 2,
            };
            let mut tx = ours.begin().await.unwrap();
            lately = tx.note_refused(account, refused).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(lately, 24, "{}", world.label);
        let health = ours.account_health(account).await.unwrap();
        assert_eq!((health.refused, health.refusals.len()), (24, 10));
        assert_eq!(health.refusals[0].reason, "number 11");
        let mut tx = ours.begin().await.unwrap();
        let refused = RefusedRequest {
            at: world.later(Duration::from_secs(7_200)),
            times: 1,
            ..health.refusals[0].clone()
        };
        assert_eq!(tx.note_refused(account, refused).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn listings_a_channel_names_are_read_again() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("one").await;
        world.products(&["A", "B", "C", "D"]).await;
        let mut shown: Vec<ListingSnapshot> = ["A", "B", "C", "D"].map(|text| listing(text, 5)).into();
        shown[2].handle = Some("{\"item\":\"gid://item/77\"}".to_owned());
        world.show(account, &shown).await;
        let texts = ["A", "REF-B", "gid://item/77", "100%_"].map(str::to_owned).into();
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(
            tx.read_listings_again(account, &texts).await.unwrap(),
            3,
            "{}",
            world.label
        );
        let due = skus(tx.listings_to_read(account, 10).await.unwrap());
        assert_eq!(
            due.iter().collect::<BTreeSet<_>>(),
            BTreeSet::from([&sku("A"), &sku("B"), &sku("C")])
        );
        drop(tx);
        let mut tx = world.theirs.begin().await.unwrap();
        assert_eq!(tx.read_listings_again(account, &texts).await.unwrap(), 0);
    }
}
