//! Prices, titles and statuses; strategies as they are kept.

use stockbridge_domain::pricing::{Rule, Scope};

use super::*;

#[tokio::test]
async fn a_price_somebody_else_set_is_set_right_or_taken_over() {
    for world in worlds().await {
        let account = world.account("one").await;
        world.show(account, &[listing("A", 5)]).await;
        let id = world
            .ours
            .listings(&crate::ListingFilter::default(), &PageQuery::default())
            .await
            .unwrap()
            .items[0]
            .id;
        let rule = Rule {
            price: Some(eur(2_499)),
            floor: Some(eur(2_000)),
            ..Rule::default()
        };
        let mut tx = world.ours.begin().await.unwrap();
        tx.set_price_rule(&Scope::Listing(id), &rule).await.unwrap();
        tx.price_listings(&[id], true).await.unwrap();
        tx.commit().await.unwrap();
        let show = async |minor| {
            world.later(Duration::from_secs(60));
            let mut shown = listing("A", 5);
            shown.price = Some(eur(minor));
            let at = world.store.env().now();
            let mut tx = world.ours.begin().await.unwrap();
            tx.upsert_compared(account, &[shown], at, TIMING).await.unwrap();
            let due = tx.has_due_prices(account).await.unwrap();
            tx.commit().await.unwrap();
            due
        };
        assert!(
            !show(2_499).await && live(&world).await.is_empty(),
            "{}",
            world.label
        );
        assert!(show(1_999).await, "the hub wins");
        assert_eq!(live(&world).await[0].field, Field::Price);
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(!tx.has_due_prices(account).await.unwrap());
        drop(tx);
        // Sent and answered; the channel shows it again.
        let mut tx = world.ours.begin().await.unwrap();
        let sent = tx.begin_prices(account, 5).await.unwrap();
        let answers = sent
            .into_iter()
            .map(|s| (s, crate::PriceAnswer::Accepted))
            .collect();
        tx.finish_prices(answers).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!show(2_499).await);
        assert_eq!(actions(&world).await, [Action::Repushed, Action::Agreed]);

        strategy(&world, Some(account), Field::Price, Strategy::SourceWins, 1).await;
        assert!(!show(2_300).await, "taken over: nothing to send");
        assert_eq!(
            world.ours.listing(id).await.unwrap().unwrap().price_wanted,
            Some(eur(2_300))
        );
        assert!(show(1_500).await, "but not below the floor");
        assert_eq!(
            world.ours.listing(id).await.unwrap().unwrap().price_wanted,
            Some(eur(2_000))
        );
    }
}

#[tokio::test]
async fn a_title_and_a_status_are_told_where_somebody_asked() {
    for world in worlds().await {
        let (account, _, _) = shop(&world).await;
        world.plan(&remote(&[account])).await;
        let show = async |title: &str, status| {
            let mut shown = listing("A", 5);
            (shown.title, shown.status) = (Some(title.to_owned()), status);
            let at = world.later(Duration::from_secs(60));
            let mut tx = world.ours.begin().await.unwrap();
            tx.compare_shown(account, &[shown], at, TIMING).await.unwrap();
            tx.commit().await.unwrap();
        };
        show("Tea", ListingStatus::Active).await;
        assert!(
            live(&world).await.is_empty(),
            "titles are the channel's unless somebody says otherwise"
        );
        strategy(&world, None, Field::Title, Strategy::Manual, 100).await;
        show("TEA!!!", ListingStatus::Suppressed).await;
        let mut found = live(&world).await;
        found.sort_by_key(|c| c.field);
        let told: Vec<_> = found
            .iter()
            .map(|c| (c.field, c.expected.as_str(), c.shown.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Field::Status, "active", "suppressed"),
                (Field::Title, "Tea", "TEA!!!")
            ],
            "{}",
            world.label
        );
        show("TEA!!!", ListingStatus::Suppressed).await;
        assert_eq!(live(&world).await.len(), 2, "told once");
        assert!(
            resolve(&world, found[0].id, Strategy::HubWins).await.is_err(),
            "the hub does not write it"
        );
        resolve(&world, found[0].id, Strategy::SourceWins).await.unwrap();
        show("Tea", ListingStatus::Active).await;
        assert!(live(&world).await.is_empty());
        let listed = walk!(async |query| world.ours.conflict_events(None, &query).await);
        assert!(listed.len() >= 4);
        let closed = ConflictFilter {
            state: Some(ConflictState::Closed),
            ..ConflictFilter::default()
        };
        let closed = walk!(async |query| world.ours.conflicts(&closed, &query).await);
        assert!(closed.len() >= 3 && closed.iter().all(|c| c.closed_at.is_some()));
        assert!(
            world
                .theirs
                .conflict_events(None, &PageQuery::default())
                .await
                .unwrap()
                .items
                .is_empty()
        );
        assert!(
            world
                .ours
                .conflicts(&ConflictFilter::default(), &bad_cursor())
                .await
                .is_err()
        );
    }
}

#[tokio::test]
async fn strategies_come_back_and_can_be_taken_back() {
    for world in worlds().await {
        let account = world.account("one").await;
        strategy(&world, Some(account), Field::Price, Strategy::Highest, 3).await;
        strategy(&world, None, Field::Quantity, Strategy::Manual, 100).await;
        let set = world.ours.conflict_strategies().await.unwrap();
        assert_eq!(set.len(), 2);
        assert_eq!(
            (set[1].scope.account, set[1].strategy, set[1].priority),
            (Some(account), Strategy::Highest, 3)
        );
        assert!(
            world.theirs.conflict_strategies().await.unwrap().is_empty(),
            "{}",
            world.label
        );
        strategy_of(&world, &PolicyScope::account(account), Field::Price, None).await;
        assert_eq!(world.ours.conflict_strategies().await.unwrap().len(), 1);
        let bad = Limit {
            repushes: 0,
            window_secs: 1,
        };
        assert_eq!(crate::limit_problems(&bad).len(), 2);
    }
}
