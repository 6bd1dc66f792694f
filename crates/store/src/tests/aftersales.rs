//! What a channel is asked for after the sale, written down before it is asked.

use stockbridge_domain::OrderLineId;
use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::channel::{DataKind, ReturnLine, ReturnSnapshot, ReturnStatus};
use stockbridge_domain::moves::Condition;
use stockbridge_domain::order::OrderStatus::{Cancelled, Open, Shipped};

use super::sales::{balance, buy, created, own_line, whole};
use super::shop::{at, order};
use super::*;
use crate::{AskNote, Asked, CancelError, ChannelReturnFilter, NewReceipt, ReceiptError, ReturnedLine};

#[tokio::test]
async fn a_cancellation_is_written_down_and_releases_nothing_by_itself() {
    for world in worlds().await {
        let account = world.account("one").await;
        let a = world.counted("A", 10).await;
        world.listing(account, "A", Some(a), 1, Some(9)).await;
        let snapshot = |status, n, cancelled| order("1", status, n, &[("A", 3, 0, cancelled)]);
        let id = world.import(account, &[snapshot(Open, 20, 0)]).await.orders["1"];
        let line = world.ours.order(id).await.unwrap().unwrap().order.lines[0].id;
        let mut tx = world.theirs.begin().await.unwrap();
        let foreign = tx.create_cancellation(&whole(id, &[])).await.unwrap_err();
        assert!(matches!(foreign, CancelError::NoOrder(_)), "{foreign}");
        drop(tx);
        let mut tx = world.ours.begin().await.unwrap();
        let asked = tx.create_cancellation(&whole(id, &[(line, 2)])).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = world.ours.begin().await.unwrap();
        let twice = tx.create_cancellation(&whole(id, &[])).await.unwrap_err();
        assert!(matches!(twice, CancelError::UnderWay), "{twice}");
        drop(tx);

        let kept = world.ours.cancellation(asked).await.unwrap().unwrap();
        assert_eq!(
            (kept.ask.status, kept.ask.asked_at, kept.lines[0].before),
            (AskStatus::Waiting, None, 0)
        );
        assert_eq!(kept.note.as_deref(), Some("changed their mind"));
        assert_eq!(world.theirs.cancellation(asked).await.unwrap(), None);
        assert_eq!(world.balance(a).await.reserved, 3, "{}", world.label);

        let named = Asked::Cancellation(asked);
        let taken = AskNote::of(AskStatus::Accepted, Some(START)).saying("in the background");
        assert!(!world.theirs.note_asked(named, &taken).await.unwrap());
        assert!(world.ours.note_asked(named, &taken).await.unwrap());
        let done = AskNote::of(AskStatus::Done, Some(START));
        assert!(world.ours.note_asked(named, &done).await.unwrap());
        assert!(
            !world.ours.note_asked(named, &taken).await.unwrap(),
            "what is settled stays so"
        );
        world.import(account, &[snapshot(Cancelled, 30, 3)]).await;
        assert_eq!(world.balance(a).await.reserved, 0);
        let mut tx = world.ours.begin().await.unwrap();
        let late = tx.create_cancellation(&whole(id, &[])).await.unwrap_err();
        assert!(matches!(late, CancelError::NotNow(Cancelled)), "{late}");
        drop(tx);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn what_has_left_here_cannot_be_called_off_though_the_channel_does_not_know_yet() {
    for world in worlds().await {
        let account = world.account("one").await;
        let a = world.counted("A", 10).await;
        world.listing(account, "A", Some(a), 1, Some(9)).await;
        let open = [order("1", Open, 20, &[("A", 3, 0, 0)])];
        let id = world.import(account, &open).await.orders["1"];
        let mut tx = world.ours.begin().await.unwrap();
        tx.ship_lines(id, &[], false).await.unwrap().unwrap();
        let left = tx.create_cancellation(&whole(id, &[])).await.unwrap_err();
        assert!(matches!(left, CancelError::NothingOpen), "{left}");
        drop(tx);
        world
            .import(account, &[order("1", Shipped, 30, &[("A", 3, 3, 0)])])
            .await;
        let mut tx = world.ours.begin().await.unwrap();
        let late = tx.create_cancellation(&whole(id, &[])).await.unwrap_err();
        assert!(matches!(late, CancelError::NotNow(Shipped)), "{late}");
    }
}

fn announced(status: &str, updated: i64, units: i64) -> ReturnSnapshot {
    ReturnSnapshot {
        channel_return_id: "RET-1".to_owned(),
        channel_order_id: "1".to_owned(),
        channel_status: status.to_owned(),
        status: ReturnStatus::parse(status),
        created_at: at(40),
        updated_at: at(updated),
        lines: vec![ReturnLine {
            channel_line_id: Some("1".to_owned()),
            sku: None,
            quantity: units,
            reason: Some("too small".to_owned()),
        }],
        tracking: None,
        oddities: Vec::new(),
    }
}

#[tokio::test]
async fn an_announced_return_is_kept_once_and_received_once() {
    for world in worlds().await {
        let account = world.account("one").await;
        let a = world.counted("A", 10).await;
        world.listing(account, "A", Some(a), 1, Some(9)).await;
        let first = import(&world, account, announced("open", 50, 2)).await;
        assert_eq!((first.changed, first.arrived.len()), (1, 0), "{}", world.label);
        assert_eq!(import(&world, account, announced("open", 50, 2)).await.changed, 0);
        assert_eq!(
            import(&world, account, announced("requested", 45, 2))
                .await
                .changed,
            0,
            "older"
        );
        let all = ChannelReturnFilter::default();
        let listed = world
            .ours
            .channel_returns(&all, &PageQuery::first(9))
            .await
            .unwrap();
        let back = &listed.items[0];
        assert_eq!((back.order, back.units, back.received), (None, 2, 0));
        let id = back.id;
        let early = receive(&world, id, None, &[]).await.unwrap_err();
        assert!(matches!(early, ReceiptError::NoOrder(_)), "{early}");

        let shipped = order("1", Shipped, 20, &[("A", 3, 0, 0)]);
        let order_id = world.import(account, &[shipped]).await.orders["1"];
        let arrived = import(&world, account, announced("received", 60, 2)).await;
        assert_eq!(arrived.arrived[0].id, id);
        let back = world.ours.channel_return(id).await.unwrap().unwrap();
        let line = back.lines[0].line.unwrap();
        assert_eq!(back.order, Some(order_id));
        let many = receive(&world, id, None, &[(line, 3)]).await.unwrap_err();
        assert!(matches!(many, ReceiptError::TooMany { left: 2, .. }), "{many}");
        let twice = receive(&world, id, None, &[(line, 1), (line, 1)])
            .await
            .unwrap_err();
        assert!(matches!(twice, ReceiptError::NoLine(_)), "{twice}");
        let on_hand = world.balance(a).await.on_hand;
        for again in 0..2 {
            let (records, whole) = receive(&world, id, Some("one"), &[(line, 1)]).await.unwrap();
            assert_eq!((records.len(), whole), (1, false), "{again}");
            assert_eq!(world.balance(a).await.on_hand, on_hand + 1, "{again}");
        }
        let (_, whole) = receive(&world, id, None, &[(line, 1)]).await.unwrap();
        assert!(whole);
        let over = receive(&world, id, None, &[(line, 1)]).await.unwrap_err();
        assert!(matches!(over, ReceiptError::TooMany { left: 0, .. }), "{over}");
        let detail = world.ours.order(order_id).await.unwrap().unwrap();
        let back = &detail.after_sales.returns[0];
        assert_eq!((back.received, back.lines[0].received), (2, 2));
        let awaited = ChannelReturnFilter {
            awaited: true,
            account: Some(account),
        };
        let awaited = world.ours.channel_returns(&awaited, &PageQuery::first(9)).await;
        assert!(awaited.unwrap().items.is_empty());
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_word_nobody_knows_leaves_the_status_and_is_kept_beside_it() {
    for world in worlds().await {
        let account = world.account("one").await;
        import(&world, account, announced("open", 50, 2)).await;
        let odd = import(&world, account, announced("LOST_IN_SPACE", 60, 2)).await;
        assert_eq!(odd.unknown, [("RET-1".to_owned(), "LOST_IN_SPACE".to_owned())]);
        let all = ChannelReturnFilter::default();
        let listed = world
            .ours
            .channel_returns(&all, &PageQuery::first(9))
            .await
            .unwrap();
        let back = &listed.items[0];
        assert_eq!(back.status, Some(ReturnStatus::Open), "{}", world.label);
        assert_eq!(back.channel_status, "LOST_IN_SPACE");
        assert!(
            back.attention
                .as_deref()
                .unwrap_or_default()
                .contains("LOST_IN_SPACE")
        );
        let called_off = import(&world, account, announced("cancelled", 70, 2)).await;
        assert_eq!(called_off.over, [back.id]);
        let none = world
            .theirs
            .channel_returns(&all, &PageQuery::first(9))
            .await
            .unwrap();
        assert!(none.items.is_empty());
        assert_eq!(world.theirs.channel_return(back.id).await.unwrap(), None);

        assert_eq!(world.ours.returns_complete_until(account).await.unwrap(), None);
        let mut tx = world.ours.begin().await.unwrap();
        tx.set_returns_complete_until(account, at(60)).await.unwrap();
        tx.set_returns_complete_until(account, at(50)).await.unwrap();
        tx.commit().await.unwrap();
        let until = world.ours.returns_complete_until(account).await.unwrap();
        assert_eq!(until, Some(at(60)), "never backwards");
        assert_eq!(world.theirs.returns_complete_until(account).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_schedule_that_came_later_is_added_and_leaves_those_there_are() {
    for world in worlds().await {
        let account = world.account("one").await;
        let every = Duration::from_secs(300);
        let add = async |kind, every| {
            let mut tx = world.ours.begin().await.unwrap();
            let added = tx.add_schedule(account, kind, every, START).await.unwrap();
            tx.commit().await.unwrap();
            added
        };
        assert!(add(DataKind::Returns, every).await, "{}", world.label);
        assert!(!add(DataKind::Returns, every * 2).await, "what was set stays");
        let schedules = world.ours.schedules().await.unwrap();
        assert_eq!((schedules.len(), schedules[0].every), (1, every));
    }
}

async fn import(world: &World, account: AccountId, back: ReturnSnapshot) -> crate::ReturnsOutcome {
    let mut tx = world.ours.begin().await.unwrap();
    let outcome = tx.import_returns(account, &[back]).await.unwrap();
    tx.commit().await.unwrap();
    outcome
}

async fn receive(
    world: &World,
    id: stockbridge_domain::ChannelReturnId,
    reference: Option<&str>,
    lines: &[(stockbridge_domain::OrderLineId, i64)],
) -> Result<(Vec<crate::ReturnRecord>, bool), ReceiptError> {
    let new = NewReceipt {
        id,
        reference: reference.map(str::to_owned),
        lines: lines
            .iter()
            .map(|(line, units)| ReturnedLine {
                line: *line,
                units: *units,
                condition: Condition::Sellable,
                location: None,
            })
            .collect(),
        note: None,
        actor: "test".to_owned(),
    };
    let mut tx = world.ours.begin().await.unwrap();
    let received = tx.receive_return(&new).await?;
    tx.commit().await.unwrap();
    Ok(received)
}

#[tokio::test]
async fn units_of_an_own_order_are_called_off_and_the_rest_stays() {
    for world in worlds().await {
        let own = world.account("own").await;
        let a = world.counted("A", 10).await;
        let b = world.counted("B", 10).await;
        let lines = [own_line(a, "A", 3), own_line(b, "B", 2)];
        let order = created(&buy(&world.ours, own, "1", &lines).await);
        let ids = world.lines_of(order).await;
        let many = world
            .cancel(order, &[(ids[0], 2), (ids[0], 2)])
            .await
            .unwrap_err();
        assert!(
            matches!(
                many,
                CancelError::TooMany {
                    asked: 4,
                    open: 3,
                    ..
                }
            ),
            "{many}"
        );
        let foreign: OrderLineId = world.store.env().id();
        let foreign = world.cancel(order, &[(foreign, 1)]).await.unwrap_err();
        assert!(matches!(foreign, CancelError::NoLine(_)), "{foreign}");
        world.cancel(order, &[(ids[0], 2)]).await.unwrap();
        assert_eq!(world.balance(a).await, balance(10, 1), "{}", world.label);
        assert_eq!(world.status_of(order).await, Open.name());
        world.ship(order, &[(ids[0], 1)], true).await.unwrap();
        world.cancel(order, &[(ids[1], 2)]).await.unwrap();
        assert_eq!(world.balance(b).await, balance(10, 0));
        assert_eq!(
            world.status_of(order).await,
            Shipped.name(),
            "what is left of it has left"
        );
        let detail = world.ours.order(order).await.unwrap().unwrap();
        let called_off = &detail.after_sales.cancellations;
        assert_eq!(called_off.len(), 2);
        assert_eq!(
            (called_off[0].ask.status, called_off[1].lines[0].quantity),
            (AskStatus::Done, 2)
        );
        let whole = created(&buy(&world.ours, own, "2", &[own_line(b, "B", 2)]).await);
        let ids = world.lines_of(whole).await;
        world.cancel(whole, &[(ids[0], 2)]).await.unwrap();
        assert_eq!(
            world.status_of(whole).await,
            Cancelled.name(),
            "all units are the whole order"
        );
        world.books_agree().await;
    }
}
