//! What a channel is asked for after the sale, written down before it is asked.

use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::order::OrderStatus::{Cancelled, Open, Shipped};

use super::sales::whole;
use super::shop::order;
use super::*;
use crate::{AskNote, Asked, CancelError};

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
