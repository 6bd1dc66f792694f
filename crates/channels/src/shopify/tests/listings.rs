//! Listings by page and as one file, and what has no SKU of its own.

use stockbridge_domain::channel::{Fault, ListingPage};

use super::*;

impl Stage {
    /// All listings and what could not be read.
    async fn all(&self) -> ListingPage {
        let (mut all, mut cursor) = (ListingPage::default(), None::<String>);
        for _ in 0..200 {
            let connection = self.connect();
            let page = match connection.listings().unwrap().page(cursor.as_deref()).await {
                Err(e) if e.fault == Fault::Throttled => {
                    self.pass(60);
                    continue;
                }
                page => page.unwrap(),
            };
            if let Some(at) = page.wait_until {
                self.pass(at.since(self.world.io().env.now()).as_secs() + 1);
            }
            all.listings.extend(page.listings);
            all.unreadable.extend(page.unreadable);
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
        panic!("no end");
    }
}

#[tokio::test]
async fn what_shares_a_sku_or_has_none_is_told_with_the_remedy() {
    let stock: &[(&str, i64)] = &[("101", 5)];
    let at = |sku: &str| ShopifyVariant::at(sku, stock);
    let stage = Stage::with(vec![at("A"), at("TWICE"), at(""), at("TWICE"), at("AB")]);
    let all = stage.all().await;
    let skus: Vec<_> = all.listings.iter().map(|l| l.sku.as_str()).collect();
    assert_eq!(skus, ["A", "AB"]);
    let reasons: Vec<_> = all.unreadable.iter().map(|u| u.reason.as_str()).collect();
    assert_eq!(reasons.len(), 3);
    assert!(reasons[0].contains("SKU of its own"), "{reasons:?}");
    assert!(reasons[1].contains("has no SKU"), "{reasons:?}");
    assert!(all.unreadable.iter().all(|u| u.id.is_some() && !u.raw.is_empty()));
}

#[tokio::test]
async fn a_large_shop_is_read_as_one_file_in_parts() {
    let variant = |n: usize| ShopifyVariant::at(&format!("SKU-{n:04}"), &[("101", 1), ("102", 2)]);
    let stage = Stage::with((0..1_200).map(variant).collect());
    let all = stage.all().await;
    assert_eq!((all.listings.len(), all.unreadable.len()), (1_200, 0));
    assert!(
        all.listings
            .iter()
            .all(|l| l.quantity == Some(3) && l.places.len() == 2)
    );
    assert_eq!(stage.asked("query Variants("), 0, "no pages");
    let sent = stage.world.sent.lock().unwrap();
    let parts = sent
        .iter()
        .filter(|r| r.uri().path().starts_with("/bulk/"))
        .count();
    assert!(parts > 2, "{parts} parts");
    let signed = sent.iter().filter(|r| r.uri().path().starts_with("/bulk/"));
    assert!(
        signed
            .into_iter()
            .all(|r| !r.headers().contains_key("x-shopify-access-token"))
    );
}

#[tokio::test]
async fn an_oversold_location_keeps_its_number_to_compare_with() {
    let stage = Stage::with(vec![ShopifyVariant::at("A", &[("101", -2), ("102", 5)])]);
    let listing = stage.listing("A").await;
    assert_eq!(listing.quantity, Some(3));
    let outcome = stage.set(&[level(&listing, 1, &[0, 3])]).await.remove(0);
    assert!(matches!(outcome, ItemOutcome::Applied { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_file_that_ends_badly_is_read_by_page() {
    for ends in ["CANCELED", "EXPIRED", "FAILED"] {
        let variant = |n: usize| ShopifyVariant::at(&format!("SKU-{n:04}"), &[("101", 1)]);
        let stage = Stage::with((0..1_000).map(variant).collect());
        stage.shop.end_next_bulk(ends);
        let all = stage.all().await;
        assert_eq!((all.listings.len(), all.unreadable.len()), (1_000, 0), "{ends}");
        assert!(stage.asked("query Variants(") > 1, "{ends}");
    }
}
