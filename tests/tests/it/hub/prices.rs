//! Prices and conflicts end to end: rules reach the channel, sales come and go by themselves, and whoever else writes to a
//! listing is found, set right, and not fought for ever.

use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::channel::DataKind;
use stockbridge_domain::conflict::{ConflictState, Field, Strategy};
use stockbridge_domain::pricing::{Rule, SaleChange, Scope};
use stockbridge_domain::{AccountId, Currency, Money};
use stockbridge_engine::{NewSale, ProductPricePatch};
use stockbridge_sim::{ListingEdit, SellerConfig};
use stockbridge_store::{
    AlertFilter, ConflictFilter, ConflictRecord, ListingFilter, ListingRecord, PageQuery,
};

use super::harness::{GERMANY, World, seller};

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("EUR").unwrap())
}

/// A seller whose only listing is mapped, with its price kept at a base price of 20.00 EUR.
async fn shop() -> (World, SellerConfig, AccountId) {
    let germany = seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]);
    let world = World::new(vec![germany.clone()]).await;
    world.stocked("SKU-1", 20).await;
    let account = world.connect(&germany, GERMANY).await;
    world.secs(60).await;
    let patch = ProductPricePatch {
        base: Some(Some(eur(2_000))),
        ..ProductPricePatch::default()
    };
    let sku = stockbridge_domain::Sku::parse("SKU-1").unwrap();
    world
        .hub
        .set_product_prices(&world.caller, &sku, patch)
        .await
        .unwrap();
    (world, germany, account)
}

async fn listing(world: &World) -> ListingRecord {
    let found = world
        .tenant()
        .listings(&ListingFilter::default(), &PageQuery::first(5))
        .await;
    found.unwrap().items.remove(0)
}

/// What the marketplace really charges, in cents.
fn charged(world: &World, germany: &SellerConfig) -> String {
    let truth = world.sim.truth();
    let found = truth.listings.iter().find(|l| l.seller_id == germany.seller_id);
    format!("{:.2}", found.unwrap().prices[GERMANY])
}

async fn keep(world: &World, rule: Rule) {
    world
        .hub
        .set_price_rule(
            &world.caller,
            &Scope::Tenant,
            Rule {
                keep: Some(true),
                ..rule
            },
        )
        .await
        .unwrap();
    world.secs(10).await;
    if let Some(held) = world
        .tenant()
        .held_prices(None, &PageQuery::first(5))
        .await
        .unwrap()
        .items
        .first()
    {
        let price = held.held.unwrap();
        world
            .hub
            .approve_price(&world.caller, held.listing, price)
            .await
            .unwrap();
        world.secs(30).await;
    }
}

fn tamper(world: &World, germany: &SellerConfig, quantity: Option<u32>, price: Option<&str>) {
    let edit = ListingEdit {
        seller_id: germany.seller_id.clone(),
        sku: "SKU-1".into(),
        quantity,
        price: price.map(|p| p.parse().unwrap()),
        suppressed: None,
        add: None,
    };
    world.sim.edit_listing(&edit).unwrap();
}

async fn live(world: &World) -> Vec<ConflictRecord> {
    let found = world
        .tenant()
        .conflicts(&ConflictFilter::default(), &PageQuery::first(5))
        .await;
    found.unwrap().items
}

#[tokio::test]
async fn a_rule_reaches_the_channel_and_a_sale_comes_and_goes_by_itself() {
    let (world, germany, _) = shop().await;
    let before = charged(&world, &germany);
    let rule = Rule {
        fee_part: Some(BasisPoints(1_500)),
        ending: Some(".99".parse().unwrap()),
        ..Rule::default()
    };
    keep(&world, rule).await;
    // 20.00 / 0.85 = 23.53, rounded up to its ending.
    assert_ne!(before, "23.99");
    assert_eq!(charged(&world, &germany), "23.99");
    let now = world.hub.env().now();
    let sale = NewSale {
        name: "Flash".into(),
        scope: Scope::Tenant,
        starts_at: now.plus(std::time::Duration::from_secs(60)),
        ends_at: now.plus(std::time::Duration::from_secs(180)),
        change: SaleChange::Off(BasisPoints(5_000)),
    };
    world.hub.create_sale(&world.caller, sale).await.unwrap();
    world.secs(30).await;
    assert_eq!(charged(&world, &germany), "23.99", "not yet");
    world.secs(60).await;
    assert_eq!(
        charged(&world, &germany),
        "11.99",
        "half of 23.53, and its ending"
    );
    world.secs(120).await;
    assert_eq!(
        charged(&world, &germany),
        "23.99",
        "over, and nobody did anything"
    );
}

#[tokio::test]
async fn a_price_somebody_else_sets_is_found_and_set_right() {
    let (world, germany, account) = shop().await;
    keep(&world, Rule::default()).await;
    assert_eq!(charged(&world, &germany), "20.00");
    world.secs(120).await;
    tamper(&world, &germany, None, Some("9.99"));
    world
        .hub
        .sync_now(&world.caller, account, &[DataKind::Listings])
        .await
        .unwrap();
    world.secs(60).await;
    assert_eq!(charged(&world, &germany), "20.00");
    let events = world
        .tenant()
        .conflict_events(None, &PageQuery::first(5))
        .await
        .unwrap()
        .items;
    assert!(
        events
            .iter()
            .any(|e| e.field == Field::Price && e.before == "9.99 EUR" && e.after == "20.00 EUR"),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_tool_that_fights_over_a_quantity_is_stopped_and_a_person_resumes() {
    let (world, germany, account) = shop().await;
    let mut rounds = 0;
    while live(&world)
        .await
        .iter()
        .all(|c| c.state != ConflictState::Stopped)
    {
        rounds += 1;
        assert!(rounds < 12, "it goes on for ever");
        tamper(&world, &germany, Some(90), None);
        world
            .hub
            .sync_now(&world.caller, account, &[DataKind::Inventory])
            .await
            .unwrap();
        world.secs(400).await;
    }
    let stopped = live(&world).await.remove(0);
    assert_eq!(stopped.field, Field::Quantity);
    assert!(
        listing(&world).await.offer.exposure >= 90,
        "what it shows is counted"
    );
    let alerts = world
        .tenant()
        .alerts(&AlertFilter::default(), &PageQuery::first(20))
        .await
        .unwrap()
        .items;
    assert!(alerts.iter().any(|a| a.kind == "listing.fought"), "{alerts:?}");
    world.secs(600).await;
    assert_eq!(
        world.shown(&germany, "SKU-1"),
        90,
        "the hub does not join in any more"
    );

    world
        .hub
        .resolve_conflict(&world.caller, stopped.id, Strategy::HubWins)
        .await
        .unwrap();
    world.secs(900).await;
    assert!(
        world.shown(&germany, "SKU-1") <= 20,
        "{}",
        world.shown(&germany, "SKU-1")
    );
}
