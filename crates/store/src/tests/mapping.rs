//! Mapping by itself, the queue of what waits for it, and what mapping reserves: once, whatever happens at the same time.

use std::time::Duration;

use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{ListingId, ProductId};

use super::*;
use crate::{Amount, ListingFilter, ListingRecord, ManualEntry, MapError, MappedBy, QueueFilter, StoreError};

const EAN: &str = "4006381333931";

fn coded(text: &str, barcode: &str) -> ListingSnapshot {
    ListingSnapshot {
        barcode: Some(barcode.to_owned()),
        ..listing(text, 5)
    }
}

fn with_barcode(text: &str) -> NewProduct {
    NewProduct {
        details: ProductDetails {
            barcodes: vec![EAN.to_owned()],
            ..ProductDetails::default()
        },
        ..new_product(text)
    }
}

async fn of_sku(tenant: &Tenant, text: &str) -> ListingRecord {
    let filter = ListingFilter {
        search: Some(text.to_owned()),
        ..ListingFilter::default()
    };
    tenant
        .listings(&filter, &PageQuery::default())
        .await
        .unwrap()
        .items
        .remove(0)
}

async fn reserved(world: &World, product: ProductId) -> (i64, i64) {
    let stock = world.ours.stock(None, None, 100).await.unwrap();
    let of = stock.iter().find(|record| record.product == product).unwrap();
    (of.on_hand, of.reserved)
}

async fn count(world: &World, product: ProductId, units: i64) {
    let entry = ManualEntry {
        product,
        location: None,
        kind: EntryKind::Count,
        amount: Amount::Counted(units),
        reference: format!("{product}-{units}"),
        note: None,
        actor: "cli".to_owned(),
    };
    let mut tx = world.ours.begin().await.unwrap();
    tx.enter_stock(&entry).await.unwrap();
    tx.commit().await.unwrap();
}

async fn queue(tenant: &Tenant, filter: &QueueFilter) -> Vec<(String, i64, i64)> {
    let rows = walk!(async |query: PageQuery| tenant.unmapped_listings(filter, &query).await);
    rows.into_iter()
        .map(|row| (row.sku.to_string(), row.orders_waiting, row.units_waiting))
        .collect()
}

#[tokio::test]
async fn a_barcode_that_one_product_has_maps_and_one_that_two_have_does_not() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        world
            .show(
                account,
                &[
                    coded("X", "04006381333931"),
                    coded("Y", "B0CX23V2ZK"),
                    listing("A", 3),
                ],
            )
            .await;
        world.place(account, &[order("O-1", START, &[("X", 2)])]).await;
        let a = ours
            .create_products(vec![with_barcode("A")])
            .await
            .unwrap()
            .products
            .remove(0);
        let mut tx = ours.begin().await.unwrap();
        let outcome = tx.auto_map(account).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            (outcome.by_sku, outcome.by_barcode, outcome.more),
            (0, 1, false),
            "{}",
            world.label
        );
        assert_eq!(outcome.adopted.changed, 1);
        let x = of_sku(ours, "X").await;
        assert_eq!((x.product, x.mapped_by), (Some(a.id), Some(MappedBy::Barcode)));
        assert_eq!(x.barcode.as_deref(), Some("04006381333931"));
        assert_eq!(
            of_sku(ours, "Y").await.product,
            None,
            "no barcode, whatever the channel calls it"
        );
        assert_eq!(reserved(&world, a.id).await, (0, 2));
        let mut tx = ours.begin().await.unwrap();
        let again = tx.auto_map(account).await.unwrap();
        assert_eq!((again.by_sku, again.by_barcode), (0, 0));
        drop(tx);

        ours.create_products(vec![with_barcode("B")]).await.unwrap();
        world.show(account, &[coded("Z", EAN)]).await;
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(
            tx.auto_map(account).await.unwrap().by_barcode,
            0,
            "two products have it"
        );
        drop(tx);
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(matches!(
            tx.auto_map(account).await,
            Err(StoreError::Invalid { .. })
        ));
    }
}

#[tokio::test]
async fn what_waits_is_listed_with_its_orders_left_alone_and_restored() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        world
            .show(account, &[listing("A", 1), listing("B", 1), listing("C", 1)])
            .await;
        let orders = [
            order("O-1", START, &[("A", 2), ("B", 1)]),
            order("O-2", START, &[("A", 3), ("LOOSE", 1)]),
        ];
        world.place(account, &orders).await;
        let all = QueueFilter::default();
        let wanted = [("A", 2, 5), ("B", 1, 1), ("C", 0, 0)].map(|(s, o, u)| (s.to_owned(), o, u));
        assert_eq!(queue(ours, &all).await, wanted, "{}", world.label);
        assert_eq!(queue(&world.theirs, &all).await, []);
        let lines = walk!(async |query: PageQuery| ours.waiting_lines(&query).await);
        let told: Vec<_> = lines
            .iter()
            .map(|l| (l.sku.as_ref().unwrap().as_str(), l.units, l.listing.is_some()))
            .collect();
        assert_eq!(told.len(), 4);
        assert!(told.contains(&("LOOSE", 1, false)) && told.contains(&("A", 3, true)));
        assert_eq!(
            world
                .theirs
                .waiting_lines(&PageQuery::default())
                .await
                .unwrap()
                .items,
            []
        );

        let b = of_sku(ours, "B").await.id;
        ours.unmap_listing(b).await.unwrap();
        assert_eq!(queue(ours, &all).await.len(), 2);
        let ignored = QueueFilter {
            ignored: true,
            ..QueueFilter::default()
        };
        assert_eq!(queue(ours, &ignored).await, [("B".to_owned(), 1, 1)]);
        assert_eq!(ours.listing_counts().await.unwrap()[0].unmapped, 2);
        world.products(&["B"]).await;
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(tx.auto_map(account).await.unwrap().by_sku, 0, "left alone");
        assert!(tx.restore_listing(b).await.unwrap());
        assert!(!tx.restore_listing(b).await.unwrap(), "once");
        assert_eq!(tx.auto_map(account).await.unwrap().by_sku, 1);
        tx.commit().await.unwrap();
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(matches!(
            tx.restore_listing(b).await,
            Err(MapError::UnknownListing(_))
        ));
        drop(tx);
        let known = ours
            .mapped_listings(account, vec!["A".into(), "B".into(), "NONE".into()])
            .await
            .unwrap();
        assert_eq!(
            (known.len(), known["A"].1, known["B"].0, known["B"].2),
            (2, None, b, 1)
        );
        let theirs = world
            .theirs
            .mapped_listings(account, vec!["A".into()])
            .await
            .unwrap();
        assert!(theirs.is_empty());
    }
}

/// Maps a listing in a transaction of its own, again while somebody else was faster.
async fn map(tenant: Tenant, listing: ListingId, product: ProductId) -> Result<(), MapError> {
    loop {
        match tenant.map_listing(listing, product, 1).await {
            Err(MapError::Store(error)) if error.is_transient() => tokio::task::yield_now().await,
            done => return done.map(drop),
        }
    }
}

#[tokio::test]
async fn two_who_map_at_once_reserve_once() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        let made = world.products(&["P", "Q"]).await;
        let (p, q) = (made[0].id, made[1].id);
        for round in 0..8_i64 {
            let text = format!("L-{round}");
            world.show(account, &[listing(&text, 5)]).await;
            world
                .place(
                    account,
                    &[order(&format!("O-{round}"), START, &[(text.as_str(), 2)])],
                )
                .await;
            let id = of_sku(ours, &text).await.id;
            let (first, second, third) = tokio::join!(
                map(ours.clone(), id, p),
                map(ours.clone(), id, q),
                map(ours.clone(), id, p)
            );
            first.unwrap();
            second.unwrap();
            third.unwrap();
            let (of_p, of_q) = (reserved(&world, p).await.1, reserved(&world, q).await.1);
            assert_eq!(of_p + of_q, 2 * (round + 1), "{}", world.label);
        }
        assert_eq!(queue(ours, &QueueFilter::default()).await, []);
        assert_eq!(ours.waiting_lines(&PageQuery::default()).await.unwrap().items, []);
    }
}

#[tokio::test]
async fn mapping_again_reserves_nothing_twice() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        let product = world.products(&["P"]).await[0].id;
        count(&world, product, 10).await;
        world.show(account, &[listing("L", 5)]).await;
        world.place(account, &[order("O-1", START, &[("L", 3)])]).await;
        assert_eq!(reserved(&world, product).await, (10, 0), "it waits");
        let id = of_sku(ours, "L").await.id;
        for _ in 0..2 {
            ours.map_listing(id, product, 1).await.unwrap();
            assert_eq!(reserved(&world, product).await, (10, 3), "{}", world.label);
        }
        ours.unmap_listing(id).await.unwrap();
        ours.map_listing(id, product, 1).await.unwrap();
        assert_eq!(reserved(&world, product).await, (10, 3), "{}", world.label);
    }
}

#[tokio::test]
async fn many_are_mapped_at_once() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        let made = world.products(&["P", "Q"]).await;
        world.show(account, &[listing("L", 5), listing("M", 5)]).await;
        world
            .place(account, &[order("O-1", START, &[("L", 3), ("M", 1)])])
            .await;
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(tx.waiting_skus().await.unwrap().len(), 2, "{}", world.label);
        let wanted = [
            (of_sku(ours, "L").await.id, made[0].id, 2),
            (of_sku(ours, "M").await.id, made[1].id, 1),
        ];
        tx.map_listings(account, &wanted).await.unwrap();
        assert_eq!(tx.waiting_skus().await.unwrap(), []);
        tx.commit().await.unwrap();
        assert_eq!(reserved(&world, made[0].id).await, (0, 6));
        assert_eq!(reserved(&world, made[1].id).await, (0, 1));
        let mut tx = world.theirs.begin().await.unwrap();
        assert_eq!(tx.waiting_skus().await.unwrap(), []);
        assert!(
            tx.map_listings(account, &wanted).await.is_err(),
            "not their account"
        );
    }
}

fn shipped(id: &str, placed_at: Timestamp, updated_at: Timestamp, text: &str) -> OrderSnapshot {
    let mut order = order(id, placed_at, &[(text, 2)]);
    order.updated_at = updated_at;
    order.status = Some(OrderStatus::Shipped);
    order.lines[0].shipped = 2;
    order
}

#[tokio::test]
async fn what_was_shipped_before_the_shelf_was_counted_is_not_taken_from_it() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        world.show(account, &[listing("L", 5)]).await;
        let early = world.later(Duration::from_secs(60));
        world.place(account, &[shipped("O-1", START, early, "L")]).await;
        world.later(Duration::from_secs(60));
        let product = world.products(&["P"]).await[0].id;
        count(&world, product, 10).await;
        let late = world.later(Duration::from_secs(60));
        let mut half = order("O-3", late, &[("L", 4)]);
        half.status = Some(OrderStatus::PartiallyShipped);
        half.lines[0].shipped = 1;
        world
            .place(account, &[shipped("O-2", START, late, "L"), half])
            .await;
        let id = of_sku(ours, "L").await.id;
        ours.map_listing(id, product, 1).await.unwrap();
        // Gone after the count: two of O-2 and one of O-3, of which three are still to be shipped.
        assert_eq!(reserved(&world, product).await, (7, 3), "{}", world.label);
        world
            .place(
                account,
                &[shipped("O-1", START, world.later(Duration::from_secs(60)), "L")],
            )
            .await;
        assert_eq!(reserved(&world, product).await, (7, 3), "said again");
        let sound = ours.check_ledger().await.unwrap();
        assert!(sound.findings.is_empty(), "{sound:?}");
    }
}
