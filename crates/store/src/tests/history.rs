//! What happened to listings: attempts, offers and open lines of a product.

use std::time::Duration;

use super::offers::remote;
use super::shop::at;
use super::*;
use crate::{OfferAccounts, Outgoing};

/// One product, counted and listed on one account, of which a write is due.
struct Due {
    account: AccountId,
    accounts: OfferAccounts,
    product: stockbridge_domain::ProductId,
}

async fn due(world: &World) -> Due {
    let account = world.account("in").await;
    let product = world.counted("A", 100).await;
    world.listing(account, "A", Some(product), 1, Some(5)).await;
    let accounts = remote(&[account]);
    world.plan(&accounts).await;
    Due {
        account,
        accounts,
        product,
    }
}

async fn send(world: &World, due: &Due) -> Vec<Outgoing> {
    let mut tx = world.ours.begin().await.unwrap();
    let outgoing = tx.begin_writes(due.account, &due.accounts, 10).await.unwrap();
    tx.commit().await.unwrap();
    outgoing
}

#[tokio::test]
async fn attempts_and_offers_of_a_product_are_told() {
    for world in worlds().await {
        let (ours, theirs) = (&world.ours, &world.theirs);
        let due = due(&world).await;
        let mut tx = ours.begin().await.unwrap();
        assert!(tx.has_due_writes(due.account).await.unwrap(), "{}", world.label);
        drop(tx);
        let mut tx = theirs.begin().await.unwrap();
        assert!(!tx.has_due_writes(due.account).await.unwrap());
        drop(tx);
        let offers = ours.offers_of(due.product).await.unwrap();
        assert_eq!(
            (offers.len(), offers[0].offer.exposure, offers[0].desired),
            (1, 5, Some(100))
        );
        let wanted = offers[0].due.unwrap().to_string();
        let sent = send(&world, &due).await;
        let pushes = ours.pushes_of(due.product, 10).await.unwrap();
        assert_eq!((pushes.len(), pushes[0].id), (1, sent[0].push));
        assert_eq!(
            (pushes[0].before.as_deref(), &pushes[0].value),
            (Some("5"), &wanted)
        );
        let of_listing = |field| ours.pushes_of_listing(sent[0].listing, field, 10);
        assert_eq!(of_listing("quantity").await.unwrap(), pushes);
        assert_eq!(of_listing("price").await.unwrap(), []);
        let not_theirs = theirs.pushes_of_listing(sent[0].listing, "quantity", 10).await;
        assert_eq!(not_theirs.unwrap(), []);
        let times = ours.push_times(START).await.unwrap();
        assert_eq!(
            (times.len(), times[0].account, times[0].by_sale),
            (1, due.account, false)
        );
        assert_eq!(ours.push_times(at(60)).await.unwrap(), []);
        assert_eq!(theirs.pushes_of(due.product, 10).await.unwrap(), []);
        assert_eq!(theirs.offers_of(due.product).await.unwrap(), []);
        assert_eq!(theirs.push_times(START).await.unwrap(), []);
    }
}

#[tokio::test]
async fn open_lines_are_those_that_hold_stock() {
    for world in worlds().await {
        let ours = &world.ours;
        let due = due(&world).await;
        let later = order("2", START.plus(Duration::from_secs(20)), &[("A", 2)]);
        let mut gone = order("3", START.plus(Duration::from_secs(30)), &[("A", 1)]);
        gone.status = Some(OrderStatus::Cancelled);
        let first = order("1", START.plus(Duration::from_secs(10)), &[("A", 1)]);
        world.place(due.account, &[later, gone, first]).await;
        let open = ours.open_lines_of(due.product, 10).await.unwrap();
        let told: Vec<_> = open
            .iter()
            .map(|line| (line.channel_order_id.as_str(), line.reserved))
            .collect();
        assert_eq!(told, [("1", 1), ("2", 2)], "{}", world.label);
        assert_eq!(ours.open_lines_of(due.product, 1).await.unwrap().len(), 1);
        assert_eq!(world.theirs.open_lines_of(due.product, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_forgotten_account_holds_back_no_stock() {
    for world in worlds().await {
        let ours = &world.ours;
        let due = due(&world).await;
        let mut tx = world.theirs.begin().await.unwrap();
        tx.forget_offers(due.account).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ours.offers_of(due.product).await.unwrap()[0].offer.exposure, 5);
        let mut tx = ours.begin().await.unwrap();
        tx.forget_offers(due.account).await.unwrap();
        assert!(!tx.has_due_writes(due.account).await.unwrap());
        tx.commit().await.unwrap();
        let offer = &ours.offers_of(due.product).await.unwrap()[0];
        assert_eq!(
            (
                offer.offer.exposure,
                offer.offer.shown,
                offer.due,
                offer.offer.known()
            ),
            (0, None, None, true),
            "{}",
            world.label
        );
        let mut tx = ours.begin().await.unwrap();
        tx.await_listings(due.account).await.unwrap();
        tx.commit().await.unwrap();
        let back = &ours.offers_of(due.product).await.unwrap()[0];
        assert!(!back.offer.known(), "what it sold meanwhile is not known");
        assert_eq!(world.marks().await.len(), 1);
    }
}

#[tokio::test]
async fn a_listing_that_tells_no_quantity_is_not_read_again() {
    for world in worlds().await {
        let ours = &world.ours;
        let due = due(&world).await;
        let mut tx = ours.begin().await.unwrap();
        tx.read_all_again(due.account).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = world.theirs.begin().await.unwrap();
        tx.skip_readings(due.account, &[sku("A")]).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(
            skus(tx.listings_to_read(due.account, 10).await.unwrap()),
            [sku("A")]
        );
        tx.skip_readings(due.account, &[]).await.unwrap();
        tx.skip_readings(due.account, &[sku("A")]).await.unwrap();
        assert_eq!(
            tx.listings_to_read(due.account, 10).await.unwrap(),
            [],
            "{}",
            world.label
        );
    }
}
