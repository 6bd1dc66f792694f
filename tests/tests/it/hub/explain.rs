//! "Why is this number 3?": one chain in the order of time, by the same number of statements whatever has happened.

use stockbridge_domain::Sku;
use stockbridge_engine::{ExplainField, LinkKind};
use stockbridge_sim::BuyOptions;
use stockbridge_store::{ListingFilter, PageQuery};

use super::harness::{GERMANY, INDIA, World, seller};

#[tokio::test]
async fn a_number_is_explained_in_the_order_of_time_by_a_fixed_number_of_statements() {
    let (india, germany) = (
        seller("A1INDIA", INDIA, &[("SKU-1", 0)]),
        seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]),
    );
    let world = World::new(vec![india.clone(), germany.clone()]).await;
    world.stocked("SKU-1", 30).await;
    world.connect(&india, INDIA).await;
    world.connect(&germany, GERMANY).await;
    world.secs(30).await;
    let page = world
        .tenant()
        .listings(&ListingFilter::default(), &PageQuery::first(10))
        .await
        .unwrap();
    let listing = page.items[0].id;
    let sku = Sku::parse("SKU-1").unwrap();
    let ask = async |listing, field| {
        let before = world.hub.store().db().statements();
        let chain = world
            .hub
            .chain(world.tenant_id(), &sku, listing, field)
            .await
            .unwrap()
            .unwrap();
        assert!(chain.links.is_sorted_by_key(|link| link.at), "{chain:#?}");
        (chain, world.hub.store().db().statements() - before)
    };
    let (product, few) = ask(None, ExplainField::Quantity).await;
    assert_eq!(product.value.as_deref(), Some("30"));
    let (offer, few_of_listing) = ask(Some(listing), ExplainField::Quantity).await;
    let kinds: Vec<LinkKind> = offer.links.iter().map(|link| link.kind).collect();
    for kind in [
        LinkKind::Ledger,
        LinkKind::Push,
        LinkKind::Answer,
        LinkKind::Reading,
        LinkKind::Policy,
    ] {
        assert!(kinds.contains(&kind), "{kind:?}: {offer:#?}");
    }
    assert_eq!(kinds[0], LinkKind::Ledger, "the count came first");
    assert_eq!(
        offer.value,
        world
            .tenant()
            .listing(listing)
            .await
            .unwrap()
            .unwrap()
            .expected
            .map(|n| n.to_string())
    );

    for _ in 0..6 {
        world
            .sim
            .buy("A1INDIA", INDIA, "SKU-1", 1, BuyOptions::default())
            .unwrap();
    }
    world.secs(200).await;
    let (later, many) = ask(None, ExplainField::Quantity).await;
    assert_eq!(later.value.as_deref(), Some("24"));
    assert!(later.links.len() > product.links.len() + 6, "{later:#?}");
    assert!(later.links.iter().any(|link| link.kind == LinkKind::Order));
    assert_eq!(ask(Some(listing), ExplainField::Quantity).await.1, few_of_listing);
    assert_eq!(many, few, "whatever has happened");
}

#[tokio::test]
async fn prices_and_statuses_are_explained_too_and_what_is_not_there_is_not() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::new(vec![india.clone()]).await;
    world.stocked("SKU-1", 30).await;
    world.connect(&india, INDIA).await;
    world.secs(30).await;
    let page = world
        .tenant()
        .listings(&ListingFilter::default(), &PageQuery::first(10))
        .await
        .unwrap();
    let (sku, listing) = (Sku::parse("SKU-1").unwrap(), page.items[0].id);
    let ask = async |field| {
        let chain = world
            .hub
            .chain(world.tenant_id(), &sku, Some(listing), field)
            .await;
        chain.unwrap().unwrap()
    };
    let status = ask(ExplainField::Status).await;
    assert_eq!(status.value.as_deref(), Some("active"));
    let price = ask(ExplainField::Price).await;
    assert!(price.value.is_some(), "{price:#?}");
    let nobody = Sku::parse("NONE").unwrap();
    let none = world
        .hub
        .chain(world.tenant_id(), &nobody, None, ExplainField::Quantity);
    assert_eq!(none.await.unwrap(), None);
}
