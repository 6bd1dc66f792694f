//! What a channel leaves out of an answer.

use std::time::Duration;

use super::offers::TIMING;
use super::*;
use crate::{ListingFilter, ListingRecord};

#[tokio::test]
async fn what_a_channel_does_not_tell_stays_as_it_was() {
    for world in worlds().await {
        let ours = &world.ours;
        let product = world.products(&["A"]).await.remove(0);
        let account = world.account("one").await;
        let full = ListingSnapshot {
            barcode: Some("4006381333931".to_owned()),
            ..listing("A", 5)
        };
        world.show(account, &[full.clone(), listing("B", 1)]).await;
        let known = by_sku(ours, "A").await;
        assert_eq!(known.product, Some(product.id));
        let silent = ListingSnapshot {
            channel_ref: None,
            barcode: None,
            title: None,
            price: None,
            handle: None,
            ..full.clone()
        };
        let at = world.later(Duration::from_secs(60));
        let mut tx = ours.begin().await.unwrap();
        let seen = tx.upsert_compared(account, &[silent], at, TIMING).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(seen.changed, 0, "{}", world.label);
        let still = by_sku(ours, "A").await;
        assert_eq!(
            (
                still.title,
                still.price,
                still.barcode,
                still.channel_ref,
                still.handle
            ),
            (
                known.title,
                known.price,
                known.barcode,
                known.channel_ref,
                known.handle
            ),
            "{}",
            world.label
        );
        // Where it says that there is none, there is none.
        let bare = ListingSnapshot {
            barcode: Some(String::new()),
            ..full
        };
        world.show(account, &[bare]).await;
        assert_eq!(by_sku(ours, "A").await.barcode, None, "{}", world.label);
    }
}

#[tokio::test]
async fn a_listing_whose_title_nobody_tells_is_shown_by_its_products() {
    for world in worlds().await {
        world.products(&["A"]).await;
        let account = world.account("one").await;
        let silent = |sku: &str| ListingSnapshot {
            title: None,
            ..listing(sku, 1)
        };
        world.show(account, &[silent("A"), silent("B")]).await;
        assert_eq!(
            by_sku(&world.ours, "A").await.title,
            "Title of A",
            "{}",
            world.label
        );
        assert_eq!(by_sku(&world.ours, "B").await.title, "", "{}", world.label);
        let alive = world
            .ours
            .conflicts(&Default::default(), &PageQuery::default())
            .await;
        assert!(alive.unwrap().items.is_empty(), "{}", world.label);
    }
}

/// The listing of this SKU.
async fn by_sku(tenant: &Tenant, text: &str) -> ListingRecord {
    let filter = ListingFilter {
        search: Some(text.to_owned()),
        ..ListingFilter::default()
    };
    let page = tenant.listings(&filter, &PageQuery::default()).await.unwrap();
    page.items.into_iter().find(|l| l.sku == sku(text)).unwrap()
}
