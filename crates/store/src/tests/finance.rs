//! Money that channels moved: kept once, summed once, compared with orders.

use stockbridge_domain::channel::{
    MoneyEvent, MoneyKind, MoneyPart, MoneyState, MoneyTransaction, MoneyVerdict,
};

use super::*;
use crate::{MoneyFilter, StoreError};

fn moved(id: &str, event: MoneyEvent, state: MoneyState, parts: &[(MoneyKind, i64)]) -> MoneyTransaction {
    MoneyTransaction {
        id: id.to_owned(),
        posted_at: START,
        event,
        told: format!("as told {id}"),
        description: "Order Payment".to_owned(),
        state,
        state_told: "TOLD".to_owned(),
        channel_order_id: Some("1".to_owned()),
        settlement: Some("77".to_owned()),
        marketplace: Some("M1".to_owned()),
        total: eur(parts.iter().map(|(_, amount)| amount).sum()),
        parts: parts
            .iter()
            .map(|(kind, amount)| MoneyPart {
                kind: *kind,
                told: "part".to_owned(),
                sku: Some(sku("A")),
                amount: eur(*amount),
            })
            .collect(),
    }
}

async fn take_in(world: &World, account: AccountId, all: &[MoneyTransaction]) {
    let mut tx = world.ours.begin().await.unwrap();
    tx.upsert_money(account, all, world.store.env().now())
        .await
        .unwrap();
    tx.upsert_money(account, &[], world.store.env().now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

const SOLD: &[(MoneyKind, i64)] = &[(MoneyKind::Principal, 2_499), (MoneyKind::Commission, -375)];

#[tokio::test]
async fn the_same_again_changes_nothing_and_a_changed_state_counts_once() {
    use {MoneyEvent as E, MoneyState as S};
    for world in worlds().await {
        let account = world.account("one").await;
        take_in(&world, account, &[moved("t1", E::Sale, S::Held, SOLD)]).await;
        take_in(&world, account, &[moved("t1", E::Sale, S::Held, SOLD)]).await;
        let all = MoneyFilter::default();
        let sums = async || {
            let sums = world.ours.money_sums(&all).await.unwrap();
            let sums = sums.iter().map(|s| (s.kind, s.amount.minor(), s.held.minor()));
            sums.collect::<Vec<_>>()
        };
        let held = [
            (MoneyKind::Commission, -375, -375),
            (MoneyKind::Principal, 2_499, 2_499),
        ];
        assert_eq!(sums().await, held, "{}", world.label);
        // Released: the first is told again by a second, and a third has fewer parts than before.
        let released = [
            moved("t1", E::Sale, S::Superseded, SOLD),
            moved("t2", E::Sale, S::Released, SOLD),
            moved("t3", E::Fee, S::Unknown, SOLD),
        ];
        take_in(&world, account, &released).await;
        take_in(
            &world,
            account,
            &[moved("t3", E::Fee, S::Unknown, &[(MoneyKind::Fee, -5)])],
        )
        .await;
        let once = [
            (MoneyKind::Commission, -375, 0),
            (MoneyKind::Fee, -5, 0),
            (MoneyKind::Principal, 2_499, 0),
        ];
        assert_eq!(sums().await, once, "{}", world.label);
        assert!(world.theirs.money_sums(&all).await.unwrap().is_empty());
    }
}

/// Filters, and how many of three transactions each finds.
fn wanted(account: AccountId) -> [(MoneyFilter, usize); 5] {
    let after = Some(START.plus(Duration::from_secs(1)));
    let (mut of, mut event, mut order, mut from, mut to) = (
        MoneyFilter::default(),
        MoneyFilter::default(),
        MoneyFilter::default(),
        MoneyFilter::default(),
        MoneyFilter::default(),
    );
    of.account = Some(account);
    event.event = Some(MoneyEvent::Refund);
    order.order = Some("1".into());
    (from.from, to.to) = (after, after);
    [(of, 3), (event, 1), (order, 2), (from, 1), (to, 2)]
}

#[tokio::test]
async fn transactions_are_listed_by_page_and_filter_and_lead_to_their_order() {
    use {MoneyEvent as E, MoneyState as S};
    for world in worlds().await {
        let account = world.account("one").await;
        let order = world.place(account, &[order("1", START, &[("A", 1)])]).await[0];
        let later = MoneyTransaction {
            posted_at: START.plus(Duration::from_secs(60)),
            channel_order_id: None,
            ..moved("t0", E::Payout, S::Released, &[(MoneyKind::Payout, -900)])
        };
        let sold = moved("t1", E::Sale, S::Released, SOLD);
        take_in(
            &world,
            account,
            &[sold.clone(), later, moved("t2", E::Refund, S::Released, SOLD)],
        )
        .await;
        let ours = &world.ours;
        let all = walk!(async |query: PageQuery| ours.money(&MoneyFilter::default(), &query).await);
        let seen: Vec<_> = all.iter().map(|r| (r.transaction.id.as_str(), r.order)).collect();
        assert_eq!(
            seen,
            [("t0", None), ("t2", Some(order)), ("t1", Some(order))],
            "{}",
            world.label
        );
        assert_eq!(all[2].transaction, sold);
        for (filter, found) in wanted(account) {
            let page = ours.money(&filter, &PageQuery::default()).await.unwrap();
            assert_eq!(page.items.len(), found, "{filter:?}");
        }
        let base = MoneyFilter::default;
        let theirs = world.theirs.money(&base(), &PageQuery::default()).await.unwrap();
        assert!(theirs.items.is_empty());
        assert!(matches!(
            ours.money(&base(), &bad_cursor()).await,
            Err(StoreError::BadCursor)
        ));
    }
}

#[tokio::test]
async fn what_was_posted_of_an_order_is_compared_with_it() {
    use {MoneyEvent as E, MoneyState as S};
    for world in worlds().await {
        let account = world.account("one").await;
        let charged = OrderSnapshot {
            total: Some(eur(2_499)),
            ..order("1", START, &[("A", 1)])
        };
        let order = world.place(account, &[charged]).await[0];
        let money = world.ours.order_money(order).await.unwrap().unwrap();
        assert_eq!(money[0].verdict, MoneyVerdict::Waiting, "{}", world.label);
        take_in(&world, account, &[moved("t1", E::Sale, S::Held, SOLD)]).await;
        let money = world.ours.order_money(order).await.unwrap().unwrap().remove(0);
        assert_eq!(
            (money.verdict, money.net, money.held),
            (MoneyVerdict::Agrees, eur(2_124), eur(2_124))
        );
        assert!(world.theirs.order_money(order).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn how_far_everything_was_read_is_remembered_for_each_account() {
    for world in worlds().await {
        let account = world.account("one").await;
        assert_eq!(world.ours.money_read_until(account).await.unwrap(), None);
        for at in [START, START.plus(Duration::from_secs(60))] {
            let mut tx = world.ours.begin().await.unwrap();
            tx.note_money_read(account, at).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(
                world.ours.money_read_until(account).await.unwrap(),
                Some(at),
                "{}",
                world.label
            );
        }
        assert_eq!(world.theirs.money_read_until(account).await.unwrap(), None);
    }
}
