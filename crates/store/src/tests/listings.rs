//! Listings: importing, mapping and finding them.

use std::time::Duration;

use stockbridge_domain::ListingId;
use stockbridge_domain::channel::WriteMode;
use stockbridge_domain::offer::Offer;

use super::*;
use crate::{ListingFilter, ListingRecord, MapError, MappedBy, StoreError};

async fn all(tenant: &Tenant) -> Vec<ListingRecord> {
    tenant
        .listings(&ListingFilter::default(), &PageQuery::default())
        .await
        .unwrap()
        .items
}

async fn found(tenant: &Tenant, filter: ListingFilter) -> Vec<String> {
    let rows = walk!(async |query: PageQuery| tenant.listings(&filter, &query).await);
    rows.into_iter().map(|listing| listing.sku.to_string()).collect()
}

#[tokio::test]
async fn new_listings_are_mapped_by_sku_and_read() {
    for world in worlds().await {
        let ours = &world.ours;
        let product = world.products(&["A"]).await.remove(0);
        let account = world.account("in").await;
        world.take_dirty(ours).await;
        let twice = [listing("A", 9), listing("B", 3), listing("A", 5)];
        let outcome = world.show(account, &twice).await;
        let wanted = ListingsOutcome {
            seen: 3,
            created: 2,
            unmapped: 1,
            changed: 0,
        };
        assert_eq!(outcome, wanted, "{}", world.label);
        assert_eq!(world.take_dirty(ours).await, 1);
        let listings = all(ours).await;
        let [a, b] = &listings[..] else {
            panic!("{listings:?}")
        };
        assert_eq!(
            (a.product, a.mapped_by, a.units),
            (Some(product.id), Some(MappedBy::Sku), 1)
        );
        assert_eq!((b.product, b.mapped_by), (None, None));
        assert_eq!(
            (a.offer.exposure, a.offer.known(), a.expected),
            (5, false, Some(5))
        );
        assert!(a.verified && b.verified && !a.offer.settled);
        assert_eq!((a.title.as_str(), a.price), ("Listing of A", Some(eur(2_499))));
        assert_eq!(a.issues, ["image too small"]);
        assert_eq!(ours.listing(a.id).await.unwrap().as_ref(), Some(a));
        assert_eq!(world.theirs.listing(a.id).await.unwrap(), None);
        assert_eq!(all(&world.theirs).await, []);

        let mut tx = world.theirs.begin().await.unwrap();
        assert!(
            tx.upsert_listings(account, &twice, START).await.is_err(),
            "not their account"
        );
    }
}

#[tokio::test]
async fn the_same_page_again_changes_nothing_and_a_new_one_what_it_says() {
    for world in worlds().await {
        let ours = &world.ours;
        world.products(&["A"]).await;
        let account = world.account("in").await;
        world.show(account, &[listing("A", 5)]).await;
        let before = all(ours).await.remove(0);
        world.take_dirty(ours).await;
        let outcome = world.show(account, &[listing("A", 5)]).await;
        assert_eq!((outcome.created, outcome.changed), (0, 0));
        assert_eq!(all(ours).await, std::slice::from_ref(&before), "{}", world.label);
        assert_eq!(world.take_dirty(ours).await, 0);

        let later = world.later(Duration::from_secs(60));
        let mut shown = listing("A", 8);
        shown.title = Some("Renamed".to_owned());
        shown.status = ListingStatus::Suppressed;
        shown.price = None;
        let outcome = world.show(account, &[shown]).await;
        assert_eq!((outcome.created, outcome.changed), (0, 1));
        let after = all(ours).await.remove(0);
        assert_eq!(
            (after.id, after.title.as_str(), after.price),
            (before.id, "Renamed", before.price),
            "a price that is not told stays"
        );
        assert_eq!(
            (after.status, after.updated_at),
            (ListingStatus::Suppressed, later)
        );
        assert_eq!(after.offer.exposure, 8, "somebody raised it: believed at once");
        assert_eq!(world.take_dirty(ours).await, 1);
    }
}

#[tokio::test]
async fn what_the_channel_ships_is_nobodys_exposure() {
    for world in worlds().await {
        let ours = &world.ours;
        world.products(&["A", "B"]).await;
        let account = world.account("in").await;
        let mut fba = listing("A", 40);
        fba.fulfilled_by = FulfilledBy::Channel;
        fba.quantity = None;
        world.show(account, &[fba.clone(), listing("B", 4)]).await;
        let a = all(ours).await.remove(0);
        let untouched = Offer {
            settled: true,
            ..Offer::default()
        };
        assert_eq!(
            (a.offer, a.fulfilled_by),
            (untouched, FulfilledBy::Channel),
            "{}",
            world.label
        );

        world.take_dirty(ours).await;
        world.later(Duration::from_secs(60));
        fba.sku = sku("B");
        world.show(account, &[listing("A", 7), fba]).await;
        let listings = all(ours).await;
        assert_eq!((listings[0].offer.exposure, listings[0].expected), (7, Some(7)));
        let b = listings[1].offer;
        assert_eq!((b.exposure, b.shown.map(|shown| shown.quantity)), (4, Some(0)));
        assert_eq!(world.take_dirty(ours).await, 2, "who ships changed");
    }
}

#[tokio::test]
async fn mapping_reserves_the_orders_that_waited() {
    for world in worlds().await {
        let ours = &world.ours;
        let product = world.products(&["P"]).await.remove(0);
        let account = world.account("in").await;
        world.show(account, &[listing("X", 5)]).await;
        let order = world.place(account, &[order("O1", START, &[("X", 2)])]).await[0];
        world.take_dirty(ours).await;
        let x = all(ours).await.remove(0);

        let error = ours.map_listing(x.id, product.id, 0).await.unwrap_err();
        assert!(matches!(error, MapError::Units(0)), "{error}");
        let error = ours.map_listing(x.id, ours.env().id(), 1).await.unwrap_err();
        assert!(matches!(error, MapError::UnknownProduct(_)), "{error}");
        for error in [
            world.theirs.map_listing(x.id, product.id, 1).await.unwrap_err(),
            world.theirs.unmap_listing(x.id).await.unwrap_err(),
        ] {
            assert!(
                matches!(error, MapError::UnknownListing(id) if id == x.id),
                "{error}"
            );
        }
        let outcome = ours.map_listing(x.id, product.id, 3).await.unwrap();
        assert_eq!(outcome.changed, 1, "{}: one order had waited", world.label);
        let x = ours.listing(x.id).await.unwrap().unwrap();
        assert_eq!(
            (x.product, x.units, x.mapped_by),
            (Some(product.id), 3, Some(MappedBy::Person))
        );
        let line = ours.order(order).await.unwrap().unwrap().order.lines.remove(0);
        assert_eq!((line.product, line.stock.reserved), (Some(product.id), 6));
        assert_eq!(world.take_dirty(ours).await, 1);

        ours.unmap_listing(x.id).await.unwrap();
        let x = ours.listing(x.id).await.unwrap().unwrap();
        assert_eq!((x.product, x.mapped_by), (None, Some(MappedBy::Person)));
        assert_eq!(world.take_dirty(ours).await, 1);
        world.products(&["X"]).await;
        let x = ours.listing(x.id).await.unwrap().unwrap();
        assert_eq!(x.product, None, "a person's word stands");
    }
}

#[tokio::test]
async fn a_new_product_takes_over_the_listings_and_orders_of_its_sku() {
    for world in worlds().await {
        let ours = &world.ours;
        let (one, two) = (world.account("one").await, world.account("two").await);
        for account in [one, two] {
            world.show(account, &[listing("N", 5), listing("M", 5)]).await;
            world
                .place(account, &[order("O1", START, &[("N", 1), ("M", 1)])])
                .await;
        }
        let created = ours.create_products(vec![new_product("N")]).await.unwrap();
        assert_eq!(created.adopted.changed, 2, "{}", world.label);
        let product = created.products[0].id;
        let of_product = ListingFilter {
            product: Some(product),
            ..ListingFilter::default()
        };
        assert_eq!(found(ours, of_product.clone()).await, ["N", "N"]);
        assert_eq!(found(&world.theirs, of_product).await, Vec::<String>::new());
        let mut tx = ours.begin().await.unwrap();
        let sql = "SELECT reserved FROM stock_balances WHERE tenant_id = $1 AND product_id = $2";
        let row = tx.tx.query_one(sql, &[ours.key(), product.into()]).await.unwrap();
        assert_eq!(row.int(0).unwrap(), 2);
    }
}

#[tokio::test]
async fn listings_are_filtered_and_counted() {
    for world in worlds().await {
        let ours = &world.ours;
        world.products(&["A-1", "A-2", "B"]).await;
        let (one, two) = (world.account("one").await, world.account("two").await);
        let silent = ListingSnapshot {
            quantity: None,
            places: Vec::new(),
            ..listing("B", 0)
        };
        world
            .show(one, &[listing("A-1", 1), listing("A-2", 2), listing("Z%", 3)])
            .await;
        world.show(two, &[listing("A-1", 4), silent]).await;
        let accounts = if one < two { [one, two] } else { [two, one] };
        let rows = walk!(async |query: PageQuery| ours.listings(&ListingFilter::default(), &query).await);
        assert!(
            rows.is_sorted_by_key(|row| (row.account, row.sku.clone())),
            "{}",
            world.label
        );
        assert_eq!((rows.len(), rows[0].account), (5, accounts[0]));
        let search = |text: &str| ListingFilter {
            search: Some(text.to_owned()),
            account: Some(one),
            ..ListingFilter::default()
        };
        for (filter, wanted) in [
            (search("A-"), vec!["A-1", "A-2"]),
            (search("listing of z"), vec!["Z%"]),
            (search("REF-A-2"), vec!["A-2"]),
            (search("Z_"), vec![]),
            (with(|f| f.mapped = Some(false)), vec!["Z%"]),
            (
                with(|f| (f.mapped, f.account) = (Some(true), Some(two))),
                vec!["A-1", "B"],
            ),
            (with(|f| f.verified = Some(false)), vec!["B"]),
            (
                with(|f| (f.verified, f.account) = (Some(true), Some(two))),
                vec!["A-1"],
            ),
        ] {
            assert_eq!(
                found(ours, filter.clone()).await,
                wanted,
                "{}: {filter:?}",
                world.label
            );
        }
        let counts = ours.listing_counts().await.unwrap();
        let of = |account| *counts.iter().find(|count| count.account == account).unwrap();
        assert_eq!((of(one).total, of(one).unmapped, of(one).kept), (3, 1, 2));
        assert_eq!(
            (of(one).unverified, of(one).due, of(one).exposed_units),
            (0, 0, 3)
        );
        assert_eq!(
            (of(two).total, of(two).unverified, of(two).exposed_units),
            (2, 1, 4)
        );
        assert_eq!(world.theirs.listing_counts().await.unwrap(), []);
        let bad = ours.listings(&ListingFilter::default(), &bad_cursor()).await;
        assert!(matches!(bad, Err(StoreError::BadCursor)));
    }
}

fn with(change: impl FnOnce(&mut ListingFilter)) -> ListingFilter {
    let mut filter = ListingFilter::default();
    change(&mut filter);
    filter
}

#[tokio::test]
async fn sql_and_domain_agree_on_what_is_verified() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        world.show(account, &[listing("A", 5)]).await;
        let id: ListingId = all(ours).await[0].id;
        let env = ours.env().clone();
        let mut offer = Offer::default();
        let mut states = vec![offer];
        offer.read(5, env.now());
        states.push(offer);
        states.push(Offer {
            settled: true,
            anchor: None,
            ..offer
        });
        states.push(Offer {
            anchor: None,
            ..offer
        });
        world.later(Duration::from_secs(10));
        offer.send(env.id(), WriteMode::Absolute, 9, 5, env.now());
        states.push(offer);
        world.later(Duration::from_secs(10));
        offer.sale(2, env.now());
        let mut same = offer;
        same.read(7, env.now());
        states.push(same);
        offer.read(9, env.now());
        states.push(offer);
        let mut gone = offer;
        gone.sale(20, env.now());
        states.push(gone);
        world.later(Duration::from_secs(10));
        gone.read(0, env.now());
        states.push(gone);
        let sql = format!(
            "UPDATE listings SET {} WHERE tenant_id = $1 AND id = $2",
            crate::listings_row::OFFER_ASSIGNMENTS
        );
        let mut seen = std::collections::BTreeSet::new();
        for offer in states {
            let mut values = vec![ours.key(), id.into()];
            values.extend(crate::listings_row::offer_values(&offer));
            let mut tx = ours.begin().await.unwrap();
            tx.tx.exec(&sql, &values).await.unwrap();
            tx.commit().await.unwrap();
            let verified = found(ours, with(|f| f.verified = Some(true))).await.len() == 1;
            let unverified = found(ours, with(|f| f.verified = Some(false))).await.len() == 1;
            assert_eq!(
                (verified, unverified),
                (offer.verified(), !offer.verified()),
                "{offer:?}"
            );
            assert_eq!(ours.listing(id).await.unwrap().unwrap().offer, offer);
            seen.insert(verified);
        }
        assert_eq!(seen.len(), 2, "both answers occur");
    }
}
