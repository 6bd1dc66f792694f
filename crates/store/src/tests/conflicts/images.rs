//! Images of one product's listings.

use stockbridge_domain::images::Images;

use super::*;

/// An account's channel shows so many images of the listing `A`, or does not tell.
async fn show(world: &World, account: AccountId, images: Option<Images>) {
    let mut shown = listing("A", 5);
    shown.images = images;
    let at = world.later(Duration::from_secs(60));
    let mut tx = world.ours.begin().await.unwrap();
    tx.upsert_compared(account, &[shown], at, TIMING).await.unwrap();
    tx.commit().await.unwrap();
}

fn all(count: usize) -> Option<Images> {
    Some(Images::all(vec![
        "https://images.example/1.jpg".to_owned();
        count
    ]))
}

async fn differing(world: &World) -> Vec<ConflictRecord> {
    let wanted = ConflictFilter {
        field: Some(Field::Images),
        ..ConflictFilter::default()
    };
    let page = world.ours.conflicts(&wanted, &PageQuery::default()).await;
    page.unwrap().items
}

#[tokio::test]
async fn a_listing_with_fewer_images_than_another_of_its_product_is_listed_until_it_has_as_many() {
    for world in worlds().await {
        let (one, listing, product) = shop(&world).await;
        let two = world.account("two").await;
        world.listing(two, "A", Some(product), 1, Some(5)).await;
        show(&world, one, all(2)).await;
        assert!(
            differing(&world).await.is_empty(),
            "nothing to compare with: {}",
            world.label
        );
        let kept = world.ours.listing(listing).await.unwrap().unwrap().images;
        assert_eq!(kept, all(2));
        show(&world, two, all(5)).await;
        assert!(
            differing(&world).await.is_empty(),
            "more than elsewhere is in nobody's way"
        );
        for _ in 0..2 {
            show(&world, one, all(2)).await;
        }
        let found = differing(&world).await;
        assert_eq!(
            (found.len(), found[0].account, found[0].state, found[0].times),
            (1, one, ConflictState::Open, 1)
        );
        assert_eq!(
            (found[0].expected.as_str(), found[0].shown.as_str()),
            ("5 images on two", "2 images")
        );
        let counts = world.ours.conflict_counts().await.unwrap();
        assert_eq!((counts.open, counts.images), (0, 1), "nothing waits for it");
        assert!(world.theirs.conflict(found[0].id).await.unwrap().is_none());
        show(&world, one, all(5)).await;
        assert!(differing(&world).await.is_empty());
    }
}

#[tokio::test]
async fn a_missing_main_image_is_seen_also_where_a_channel_tells_of_no_other() {
    for world in worlds().await {
        let (one, _, product) = shop(&world).await;
        let two = world.account("two").await;
        world.listing(two, "A", Some(product), 1, Some(5)).await;
        show(&world, two, all(3)).await;
        let main = |address: Option<&str>| Some(Images::main_only(address.map(str::to_owned)));
        show(&world, one, main(Some("https://cdn.example/a.jpg"))).await;
        assert!(
            differing(&world).await.is_empty(),
            "the others are not told, not missing"
        );
        show(&world, one, main(None)).await;
        assert_eq!(
            differing(&world).await[0].shown,
            "no main image",
            "{}",
            world.label
        );
        show(&world, one, None).await;
        assert!(
            differing(&world).await.is_empty(),
            "a channel that does not tell differs in nothing"
        );
    }
}

#[tokio::test]
async fn images_are_left_as_they_are_until_they_change() {
    for world in worlds().await {
        let (one, _, product) = shop(&world).await;
        let two = world.account("two").await;
        world.listing(two, "A", Some(product), 1, Some(5)).await;
        show(&world, two, all(5)).await;
        show(&world, one, all(2)).await;
        let id = differing(&world).await[0].id;
        for cannot in [Strategy::HubWins, Strategy::SourceWins] {
            let refused = resolve(&world, id, cannot).await;
            assert!(
                matches!(&refused, Err(ResolveError::Cannot(why)) if why.contains("add them there")),
                "{refused:?}"
            );
        }
        resolve(&world, id, Strategy::Ignore).await.unwrap();
        show(&world, one, all(2)).await;
        assert!(differing(&world).await.is_empty(), "{}", world.label);
        show(&world, one, all(1)).await;
        assert_eq!(
            differing(&world).await[0].shown,
            "1 image",
            "another number is another question"
        );
    }
}
