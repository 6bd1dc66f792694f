//! Titles that differ from their products'.

use super::*;

/// A shop whose channel shows a listing under a title, some time later.
async fn show(world: &World, account: AccountId, title: &str) {
    let mut shown = listing("A", 5);
    shown.title = Some(title.to_owned());
    let at = world.later(Duration::from_secs(60));
    let mut tx = world.ours.begin().await.unwrap();
    tx.compare_shown(account, &[shown], at, TIMING).await.unwrap();
    tx.commit().await.unwrap();
}

async fn call(world: &World, product: ProductId, title: &str) {
    let named = |p: &mut Product| title.clone_into(&mut p.title);
    assert!(edit(&world.ours, product, named).await);
}

async fn differing(world: &World) -> Vec<ConflictRecord> {
    let wanted = ConflictFilter {
        field: Some(Field::Data),
        ..ConflictFilter::default()
    };
    let page = world.ours.conflicts(&wanted, &PageQuery::default()).await;
    page.unwrap().items
}

async fn done(world: &World) -> Vec<Action> {
    let events = world.ours.conflict_events(None, &PageQuery::default()).await;
    let of_data = |event: &ConflictEvent| event.field == Field::Data;
    let mut actions: Vec<Action> = events
        .unwrap()
        .items
        .into_iter()
        .filter(of_data)
        .map(|e| e.action)
        .collect();
    actions.reverse();
    actions
}

#[tokio::test]
async fn a_title_that_is_not_its_products_is_listed_once_and_over_when_both_say_the_same() {
    for world in worlds().await {
        let (account, _, product) = shop(&world).await;
        call(&world, product, "Assam tea, 250 g").await;
        show(&world, account, "ASSAM  Tea, 250 G").await;
        assert!(differing(&world).await.is_empty(), "only words count");
        for _ in 0..3 {
            show(&world, account, "Tea *NEW*").await;
        }
        let found = differing(&world).await;
        assert_eq!(found.len(), 1, "{}", world.label);
        assert_eq!(
            (
                found[0].state,
                found[0].expected.as_str(),
                found[0].shown.as_str(),
                found[0].times
            ),
            (ConflictState::Open, "Assam tea, 250 g", "Tea *NEW*", 1)
        );
        let counts = world.ours.conflict_counts().await.unwrap();
        assert_eq!((counts.open, counts.data), (0, 1), "nothing waits for it");
        let theirs = world.theirs.conflict_counts().await.unwrap();
        assert_eq!(theirs, crate::ConflictCounts::default());
        call(&world, product, "Tea").await;
        show(&world, account, "Tea *NEW*").await;
        assert_eq!(
            differing(&world).await[0].expected,
            "Tea",
            "the product was renamed"
        );
        call(&world, product, "Tea *new*").await;
        show(&world, account, "Tea *NEW*").await;
        assert!(differing(&world).await.is_empty());
        assert_eq!(done(&world).await, [Action::Asked, Action::Agreed]);
    }
}

#[tokio::test]
async fn a_title_is_left_as_it_is_until_it_changes() {
    for world in worlds().await {
        let (account, _, _) = shop(&world).await;
        show(&world, account, "Tea").await;
        let id = differing(&world).await[0].id;
        let refused = resolve(&world, id, Strategy::HubWins).await;
        assert!(
            matches!(&refused, Err(ResolveError::Cannot(why)) if why.contains("does not write titles")),
            "{refused:?}"
        );
        world.later(Duration::from_secs(1));
        resolve(&world, id, Strategy::Ignore).await.unwrap();
        show(&world, account, "Tea").await;
        assert!(differing(&world).await.is_empty(), "{}", world.label);
        show(&world, account, "Tea!").await;
        assert_eq!(
            differing(&world).await[0].shown,
            "Tea!",
            "another title is another question"
        );
        strategy(&world, Some(account), Field::Data, Strategy::Ignore, 100).await;
        show(&world, account, "Tea!").await;
        assert!(
            differing(&world).await.is_empty(),
            "nobody is asked on this account"
        );
        assert_eq!(
            done(&world).await,
            [Action::Asked, Action::Ignored, Action::Asked, Action::Ignored]
        );
    }
}

#[tokio::test]
async fn two_channels_do_not_rename_a_product_for_ever() {
    for world in worlds().await {
        let (one, _, product) = shop(&world).await;
        let two = world.account("two").await;
        world.listing(two, "A", Some(product), 1, Some(5)).await;
        strategy(&world, None, Field::Data, Strategy::SourceWins, 100).await;
        let called = async || world.ours.product(product).await.unwrap().unwrap().title;
        show(&world, one, "Tea, loose").await;
        assert_eq!(called().await, "Tea, loose", "{}", world.label);
        for _ in 0..3 {
            show(&world, two, "Loose tea").await;
            show(&world, one, "Tea, loose").await;
        }
        assert_eq!(called().await, "Tea, loose", "the first keeps it");
        let asked = differing(&world).await;
        assert_eq!((asked.len(), asked[0].account), (1, two));
        resolve(&world, asked[0].id, Strategy::SourceWins).await.unwrap();
        assert_eq!(called().await, "Loose tea", "a person may decide otherwise");
    }
}
