//! Differences between channels and hub: found, resolved, remembered, and not fought for ever.

use stockbridge_domain::conflict::{Action, ConflictState, Field, Limit, Strategy};
use stockbridge_domain::{ConflictId, ListingId, ProductId};

mod data;
mod images;
mod levels;
mod shown;

use stockbridge_domain::stock::EntryKind;

use super::offers::{TIMING, remote};
use super::shop::entry;
use super::*;
use crate::{
    Amount, Answer, ConflictEvent, ConflictFilter, ConflictRecord, PolicyScope, Reading, ResolveError,
    WriteAnswer,
};

/// An account with the listing `A`, of which it shows five, and its product, of which forty were counted.
async fn shop(world: &World) -> (AccountId, ListingId, ProductId) {
    let account = world.account("one").await;
    let product = world.counted("A", 40).await;
    let listing = world.listing(account, "A", Some(product), 1, Some(5)).await;
    (account, listing, product)
}

async fn read(world: &World, account: AccountId, quantity: i64) {
    let now = world.store.env().now();
    let reading = Reading {
        sku: sku("A"),
        quantity: Some(quantity),
        places: Vec::new(),
    };
    let mut tx = world.ours.begin().await.unwrap();
    tx.apply_readings(account, &[reading], now).await.unwrap();
    tx.commit().await.unwrap();
}

/// All orders up to now are in, and then some time passes.
async fn settle(world: &World, account: AccountId) {
    world.later(Duration::from_secs(70));
    let now = world.store.env().now();
    let mut tx = world.ours.begin().await.unwrap();
    tx.settle(
        account,
        now,
        stockbridge_domain::channel::OrderTime::Placed,
        TIMING,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

async fn strategy(
    world: &World,
    account: Option<AccountId>,
    field: Field,
    strategy: Strategy,
    priority: i64,
) {
    let scope = account.map_or(PolicyScope::ALL, PolicyScope::account);
    strategy_of(world, &scope, field, Some((strategy, priority))).await;
}

async fn strategy_of(world: &World, scope: &PolicyScope, field: Field, to: Option<(Strategy, i64)>) {
    let mut tx = world.ours.begin().await.unwrap();
    tx.set_conflict_strategy(scope, field, to).await.unwrap();
    tx.commit().await.unwrap();
}

/// Differences that are not over, without titles that are not their products', which have cases of their own.
async fn live(world: &World) -> Vec<ConflictRecord> {
    let page = world
        .ours
        .conflicts(&ConflictFilter::default(), &PageQuery::default())
        .await;
    let mut found = page.unwrap().items;
    found.retain(|conflict| conflict.field != Field::Data);
    found
}

async fn events(world: &World) -> Vec<ConflictEvent> {
    let mut events = world
        .ours
        .conflict_events(None, &PageQuery::default())
        .await
        .unwrap()
        .items;
    events.retain(|event| event.field != Field::Data);
    events.reverse();
    events
}

async fn actions(world: &World) -> Vec<Action> {
    events(world).await.into_iter().map(|e| e.action).collect()
}

async fn not_before(world: &World, listing: ListingId) -> Option<i64> {
    let sql = "SELECT not_before FROM listings WHERE tenant_id = $1 AND id = $2";
    let mut tx = world.ours.read().await.unwrap();
    let row = tx
        .query_one(sql, &[world.ours.key(), listing.into()])
        .await
        .unwrap();
    row.opt_int(0).unwrap()
}

async fn resolve(world: &World, id: ConflictId, strategy: Strategy) -> Result<Field, ResolveError> {
    let mut tx = world.ours.begin().await.unwrap();
    let field = tx.resolve_conflict(id, strategy, "user:asha").await?;
    tx.commit().await.unwrap();
    Ok(field)
}

#[tokio::test]
async fn more_than_was_ever_sent_is_a_difference_at_once_and_counts_as_exposure() {
    for world in worlds().await {
        let (account, listing, _) = shop(&world).await;
        read(&world, account, 60).await;
        assert_eq!(world.offer(listing).await.exposure, 60, "{}", world.label);
        let found = live(&world).await;
        assert_eq!(found.len(), 1);
        assert_eq!(
            (
                found[0].state,
                found[0].expected.as_str(),
                found[0].shown.as_str()
            ),
            (ConflictState::Healing, "5", "60")
        );
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(tx.conflicts_noted(account, START).await.unwrap(), found);
        drop(tx);
        world.plan(&remote(&[account])).await;
        let due = world.ours.listing(listing).await.unwrap().unwrap().due;
        assert!(due.is_some_and(|due| due < 60), "a decrease is due: {due:?}");
        assert!(world.theirs.conflict(found[0].id).await.unwrap().is_none());
        assert_eq!(
            world.ours.conflict(found[0].id).await.unwrap().as_ref(),
            Some(&found[0])
        );
        let counts = world.ours.conflict_counts().await.unwrap();
        assert_eq!((counts.open, counts.stopped, counts.healing), (0, 0, 1));
        assert_eq!(
            world.theirs.conflict_counts().await.unwrap(),
            crate::ConflictCounts::default()
        );
    }
}

#[tokio::test]
async fn what_a_cancellation_explains_settles_without_a_word() {
    for world in worlds().await {
        let (account, listing, _) = shop(&world).await;
        world.later(Duration::from_secs(100));
        let now = world.store.env().now();
        world.place(account, &[order("1", now, &[("A", 2)])]).await;
        assert_eq!(world.offer(listing).await.exposure, 3);
        // The buyer called it off; the channel shows the units again before the hub hears of it.
        world.later(Duration::from_secs(10));
        read(&world, account, 5).await;
        assert_eq!(
            live(&world).await[0].state,
            ConflictState::Waiting,
            "{}",
            world.label
        );
        let mut called_off = order("1", now, &[("A", 2)]);
        called_off.updated_at = world.store.env().now();
        called_off.status = Some(OrderStatus::Cancelled);
        called_off.lines[0].cancelled = 2;
        world.place(account, &[called_off]).await;
        world.later(Duration::from_secs(1));
        read(&world, account, 5).await;
        settle(&world, account).await;
        assert!(live(&world).await.is_empty());
        assert_eq!(actions(&world).await, [Action::Awaited, Action::Explained]);
    }
}

#[tokio::test]
async fn a_sale_while_a_reading_is_under_way_is_nobodys_change() {
    for world in worlds().await {
        let (account, listing, _) = shop(&world).await;
        settle(&world, account).await;
        let placed = world.later(Duration::from_secs(100));
        // The channel wrote its answer just before the buyer came; it was in a second later.
        world.later(Duration::from_secs(1));
        read(&world, account, 5).await;
        world.place(account, &[order("1", placed, &[("A", 1)])]).await;
        settle(&world, account).await;
        let offer = world.offer(listing).await;
        assert_eq!(
            (offer.exposure, offer.settled),
            (4, true),
            "{}: as known from before, not from that reading",
            world.label
        );
        world.later(Duration::from_secs(900));
        read(&world, account, 4).await;
        settle(&world, account).await;
        assert_eq!(world.offer(listing).await.exposure, 4, "{}", world.label);
        assert!(live(&world).await.is_empty() && actions(&world).await.is_empty());
        // What no order explains still is a difference.
        world.later(Duration::from_secs(900));
        read(&world, account, 2).await;
        settle(&world, account).await;
        assert_eq!(actions(&world).await, [Action::Repushed], "{}", world.label);
    }
}

#[tokio::test]
async fn units_called_off_and_not_put_back_are_nobodys_change() {
    for world in worlds().await {
        let (account, listing, _) = shop(&world).await;
        settle(&world, account).await;
        world.later(Duration::from_secs(100));
        let mut gone = order("1", world.store.env().now(), &[("A", 2)]);
        // Placed and called off before the hub saw it, so it was never taken out of what is expected.
        gone.updated_at = world.later(Duration::from_secs(10));
        gone.status = Some(OrderStatus::Cancelled);
        gone.lines[0].cancelled = 2;
        world.place(account, &[gone]).await;
        world.later(Duration::from_secs(300));
        read(&world, account, 3).await;
        settle(&world, account).await;
        assert_eq!(world.offer(listing).await.exposure, 3, "{}", world.label);
        assert!(live(&world).await.is_empty() && actions(&world).await.is_empty());
        // The same order explains nothing twice.
        world.later(Duration::from_secs(900));
        read(&world, account, 1).await;
        settle(&world, account).await;
        assert_eq!(actions(&world).await, [Action::Repushed], "{}", world.label);
    }
}

#[tokio::test]
async fn two_systems_that_fight_are_stopped_and_resumed_by_a_person_or_by_quiet() {
    for world in worlds().await {
        let (account, listing, _) = shop(&world).await;
        let limit = Limit {
            repushes: 2,
            window_secs: 7_200,
        };
        let mut tx = world.ours.begin().await.unwrap();
        tx.set_conflict_limit(&limit).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.ours.conflict_limit().await.unwrap(), limit);
        assert_eq!(world.theirs.conflict_limit().await.unwrap(), Limit::default());
        for shown in [50, 60, 70] {
            world.later(Duration::from_secs(100));
            read(&world, account, shown).await;
        }
        let found = live(&world).await.remove(0);
        assert_eq!(
            (found.state, found.times),
            (ConflictState::Stopped, 3),
            "{}",
            world.label
        );
        assert!(not_before(&world, listing).await.is_some(), "nothing is written");
        assert_eq!(
            world.offer(listing).await.exposure,
            70,
            "what it shows still counts"
        );
        assert_eq!(
            actions(&world).await,
            [Action::Repushed, Action::Repushed, Action::Stopped]
        );
        // It goes on: the hub does not join in.
        world.later(Duration::from_secs(100));
        read(&world, account, 80).await;
        assert_eq!(actions(&world).await.len(), 3);

        assert!(resolve(&world, found.id, Strategy::Manual).await.is_err());
        assert_eq!(
            resolve(&world, found.id, Strategy::HubWins).await.unwrap(),
            Field::Quantity
        );
        assert_eq!(not_before(&world, listing).await, None);
        let last = events(&world).await.pop().unwrap();
        assert_eq!((last.action, last.actor.as_str()), (Action::Resumed, "user:asha"));

        for shown in [90, 100, 110] {
            world.later(Duration::from_secs(100));
            read(&world, account, shown).await;
        }
        assert_eq!(
            live(&world).await[0].state,
            ConflictState::Stopped,
            "the count began anew and is full again"
        );
        // Two quiet hours later the pause is over by itself.
        let until = not_before(&world, listing).await.unwrap();
        world.later(Duration::from_secs(7_300));
        assert!(until <= world.store.env().now().micros());
    }
}

async fn count(world: &World, product: ProductId, units: i64) {
    let mut tx = world.ours.begin().await.unwrap();
    let counted = Amount::Counted(units);
    let entry = entry(product, EntryKind::Count, counted, &format!("count {units}"));
    tx.enter_stock(&entry).await.unwrap();
    tx.commit().await.unwrap();
}

/// A write of the hub that the channel accepts and then applies, or not.
async fn write(world: &World, account: AccountId, listing: ListingId, lands: bool) {
    let accounts = remote(&[account]);
    world.plan(&accounts).await;
    let mut tx = world.ours.begin().await.unwrap();
    let sent = tx.begin_writes(account, &accounts, 10).await.unwrap();
    let answers: Vec<_> = sent
        .iter()
        .map(|out| WriteAnswer {
            listing: out.listing,
            push: out.push,
            answer: Answer::Accepted,
        })
        .collect();
    tx.finish_writes(&answers).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(sent.len(), 1, "{}: one is due", world.label);
    world.later(Duration::from_secs(31));
    let before = world.offer(listing).await.shown.map_or(0, |shown| shown.quantity);
    let shown = if lands { sent[0].level.quantity } else { before };
    read(world, account, shown).await;
    settle(world, account).await;
}

#[tokio::test]
async fn writes_that_get_lost_are_no_fight_and_nobodys_word() {
    for world in worlds().await {
        let (account, listing, product) = shop(&world).await;
        strategy(&world, Some(account), Field::Quantity, Strategy::SourceWins, 1).await;
        settle(&world, account).await;
        for units in [80, 160, 320, 640, 1_280] {
            count(&world, product, units).await;
            write(&world, account, listing, false).await;
            assert_eq!(
                live(&world).await[0].state,
                ConflictState::Healing,
                "{}",
                world.label
            );
            write(&world, account, listing, true).await;
            assert!(live(&world).await.is_empty(), "{}", world.label);
            let stock = world.ours.stock_of(&sku("A")).await.unwrap().unwrap();
            assert_eq!(stock.on_hand, units, "what is shown was not taken over");
        }
        assert_eq!(actions(&world).await, [Action::Resent, Action::Agreed].repeat(5));
        assert_eq!(not_before(&world, listing).await, None);
        // One after the other: somebody is quicker than any reading.
        strategy(&world, Some(account), Field::Quantity, Strategy::HubWins, 1).await;
        count(&world, product, 20).await;
        for _ in 0..4 {
            write(&world, account, listing, false).await;
        }
        assert_eq!(live(&world).await[0].state, ConflictState::Stopped);
        assert!(not_before(&world, listing).await.is_some());
    }
}

#[tokio::test]
async fn a_source_that_wins_changes_the_ledger_once_all_orders_are_in() {
    for world in worlds().await {
        let (account, listing, product) = shop(&world).await;
        strategy(&world, Some(account), Field::Quantity, Strategy::SourceWins, 1).await;
        read(&world, account, 9).await;
        assert_eq!(
            live(&world).await[0].state,
            ConflictState::Waiting,
            "{}",
            world.label
        );
        assert!(
            not_before(&world, listing).await.is_some(),
            "not lowered meanwhile"
        );
        settle(&world, account).await;
        assert!(live(&world).await.is_empty());
        assert_eq!(not_before(&world, listing).await, None);
        let stock = world.ours.stock_of(&sku("A")).await.unwrap().unwrap();
        assert_eq!((stock.product, stock.on_hand), (product, 44));
        assert_eq!(world.offer(listing).await.exposure, 9, "never more than it shows");
        let last = events(&world).await.pop().unwrap();
        assert_eq!(
            (last.action, last.before.as_str(), last.after.as_str()),
            (Action::Accepted, "5", "9")
        );

        // Absurd numbers are asked about, not taken over.
        read(&world, account, 90_000_000).await;
        settle(&world, account).await;
        let absurd = live(&world).await.remove(0);
        assert_eq!(absurd.state, ConflictState::Open);
        let refused = resolve(&world, absurd.id, Strategy::SourceWins)
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains("cannot be taken over"), "{refused}");
        assert_eq!(world.ours.stock_of(&sku("A")).await.unwrap().unwrap().on_hand, 44);
    }
}

#[tokio::test]
async fn less_than_it_should_waits_for_a_person_where_they_said_so() {
    for world in worlds().await {
        let (account, listing, _) = shop(&world).await;
        strategy(&world, None, Field::Quantity, Strategy::Manual, 100).await;
        world.later(Duration::from_secs(100));
        read(&world, account, 2).await;
        assert!(live(&world).await.is_empty(), "may be sold: {}", world.label);
        settle(&world, account).await;
        let found = live(&world).await.remove(0);
        assert_eq!(
            (found.state, found.expected.as_str(), found.shown.as_str()),
            (ConflictState::Open, "5", "2")
        );
        assert!(
            not_before(&world, listing).await.is_some(),
            "not raised before somebody decides"
        );
        let mut tx = world.theirs.begin().await.unwrap();
        let theirs = tx.resolve_conflict(found.id, Strategy::HubWins, "user:eve").await;
        assert!(matches!(theirs, Err(ResolveError::NotLive(_))));
        drop(tx);
        resolve(&world, found.id, Strategy::Lowest).await.unwrap();
        assert_eq!(world.ours.stock_of(&sku("A")).await.unwrap().unwrap().on_hand, 37);
        assert!(matches!(
            resolve(&world, found.id, Strategy::HubWins).await,
            Err(ResolveError::NotLive(_))
        ));
    }
}
