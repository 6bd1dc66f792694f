//! What channels and people get wrong: told apart, explained, nothing lost, nothing half done.

use stockbridge_domain::channel::DataKind;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::stock::EntryKind;
use stockbridge_engine::{Adjustment, Hub, HubSettings, Refusal};
use stockbridge_sim::{BuyOptions, Fault};
use stockbridge_store::{AlertFilter, PageQuery};

use super::harness::{GERMANY, INDIA, World, seller};

#[tokio::test]
async fn a_page_cut_off_in_the_middle_is_read_again_and_nothing_is_half_imported() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 5)]);
    let world = World::new(vec![india.clone()]).await;
    world.stocked("SKU-1", 20).await;
    let account = world.connect(&india, INDIA).await;
    world.secs(30).await;
    world.sim.fail_next("searchOrders", Fault::Truncated, 1);
    world
        .sim
        .buy(&india.seller_id, INDIA, "SKU-1", 2, BuyOptions::default())
        .expect("in stock");
    world.secs(2).await;
    world
        .hub
        .sync_now(&world.caller, account, &[DataKind::Orders])
        .await
        .unwrap();
    world.work().await;
    assert_eq!(
        (world.orders().await.len(), world.available("SKU-1").await),
        (0, 20)
    );
    world.secs(30).await;
    assert_eq!(
        (world.orders().await.len(), world.available("SKU-1").await),
        (1, 18)
    );
}

#[tokio::test]
async fn a_status_nobody_knows_reserves_and_tells_a_person() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 5)]);
    let world = World::new(vec![india.clone()]).await;
    world.stocked("SKU-1", 20).await;
    world.connect(&india, INDIA).await;
    world.secs(30).await;
    world.sim.fail_next("searchOrders", Fault::UnknownValue, 2);
    let id = world
        .sim
        .buy(&india.seller_id, INDIA, "SKU-1", 2, BuyOptions::default())
        .expect("in stock");
    world.secs(205).await;
    let orders = world.orders().await;
    assert_eq!(
        (orders[0].status, world.available("SKU-1").await),
        (OrderStatus::Unknown, 18),
        "{orders:?}"
    );
    let alerts = world
        .tenant()
        .alerts(&AlertFilter::default(), &PageQuery::first(10))
        .await
        .unwrap()
        .items;
    assert!(
        alerts.iter().any(|a| a.kind == "order.unknown_status"),
        "{alerts:?}"
    );
    world.sim.request_cancel(&id).expect("an order");
    world.secs(240).await;
    assert_eq!(
        world.orders().await[0].status,
        OrderStatus::Open,
        "the next change says it right"
    );
}

#[tokio::test]
async fn wrong_marketplaces_and_credentials_are_named_all_at_once() {
    let india = seller("A1INDIA", INDIA, &[]);
    let world = World::new(vec![india.clone()]).await;
    let mut request = world.request(&india, INDIA);
    request.marketplaces = vec!["XX".into(), "DE".into(), "US".into(), "EG:A2VIGQ35RCS4UG".into()];
    request.credentials.remove("seller_id");
    request.options.insert("warp".into(), serde_json::json!(9));
    request.name = " ".into();
    let Refusal::Fields(fields) = world
        .hub
        .connect(&world.caller, "amazon", request)
        .await
        .unwrap_err()
    else {
        panic!("fields are named");
    };
    let all = fields
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    for part in [
        "name",
        "XX",
        "A2VIGQ35RCS4UG",
        "United Arab Emirates",
        "ARBP9OOSHTCHU",
        "credentials/seller_id",
        "warp",
    ] {
        assert!(all.contains(part), "{part} in:\n{all}");
    }
    assert!(
        world.tenant().accounts().await.unwrap().is_empty(),
        "nothing half done"
    );
}

#[tokio::test]
async fn marketplaces_of_two_regions_need_two_stores() {
    let india = seller("A1INDIA", INDIA, &[]);
    let world = World::new(vec![india.clone()]).await;
    let mut request = world.request(&india, INDIA);
    request.marketplaces = vec!["DE".into(), "US".into()];
    let refused = world
        .hub
        .connect(&world.caller, "amazon", request)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("EU") && refused.contains("NA") && refused.contains("region"),
        "{refused}"
    );
}

#[tokio::test]
async fn replacing_addresses_needs_the_operators_word() {
    let india = seller("A1INDIA", INDIA, &[]);
    let world = World::new(vec![india.clone()]).await;
    let strict = Hub::new(
        world.hub.store().clone(),
        stockbridge_channels::all(),
        world.wire.clone(),
        HubSettings::default(),
    );
    let refused = strict
        .connect(&world.caller, "amazon", world.request(&india, INDIA))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("channels.endpoint_overrides"), "{refused}");
}

#[tokio::test]
async fn impossible_quantities_are_refused_by_field() {
    let germany = seller("A1GERMANY", GERMANY, &[]);
    let world = World::new(vec![germany]).await;
    world.stocked("SKU-1", 3).await;
    let adjust = |change, counted, kind| Adjustment {
        sku: "SKU-1".into(),
        location: None,
        kind,
        change,
        counted,
        note: None,
        reference: None,
    };
    for (wrong, field) in [
        (adjust(Some(0), None, EntryKind::Adjustment), "change"),
        (adjust(Some(i64::MAX), None, EntryKind::Adjustment), "change"),
        (adjust(None, Some(-1), EntryKind::Count), "counted"),
        (adjust(Some(1), Some(1), EntryKind::Count), "change"),
        (adjust(None, None, EntryKind::Count), "change"),
        (adjust(Some(1), None, EntryKind::Sale), "kind"),
    ] {
        let refused = world.hub.adjust(&world.caller, wrong).await.unwrap_err();
        assert!(
            matches!(&refused, Refusal::Fields(f) if f[0].field == field),
            "{refused}"
        );
    }
    let unknown = Adjustment {
        sku: "NOPE".into(),
        location: None,
        ..adjust(Some(1), None, EntryKind::Restock)
    };
    assert!(matches!(
        world.hub.adjust(&world.caller, unknown).await.unwrap_err(),
        Refusal::NotFound(_)
    ));
    assert_eq!(world.available("SKU-1").await, 3);
}

#[tokio::test]
async fn a_silent_refusal_is_found_by_reading_back() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::new(vec![india.clone()]).await;
    world.sim.fail_next("patchListingsItem", Fault::SilentReject, 1);
    world.stocked("SKU-1", 6).await;
    world.connect(&india, INDIA).await;
    world.secs(15).await;
    assert_eq!(world.shown(&india, "SKU-1"), 0, "accepted, never applied");
    world.secs(620).await;
    assert_eq!(world.shown(&india, "SKU-1"), 6, "sent again");
    let alerts = world
        .tenant()
        .alerts(&AlertFilter::default(), &PageQuery::first(10))
        .await
        .unwrap()
        .items;
    assert!(alerts.iter().any(|a| a.kind == "listing.drift"), "{alerts:?}");
}
