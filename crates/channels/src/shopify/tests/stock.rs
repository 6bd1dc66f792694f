//! Quantities at several locations: compared, whole or not at all, told item by item.

use stockbridge_domain::Money;
use stockbridge_domain::channel::{Fault, PriceLevel};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_sim::Fault as Trouble;

use super::*;

fn three() -> Stage {
    let at = |sku: &str| ShopifyVariant::at(sku, &[("101", 5), ("102", 3)]);
    Stage::with(vec![at("A"), at("B"), at("C")])
}

#[tokio::test]
async fn quantities_go_to_their_locations() {
    let stage = three();
    let listing = stage.listing("A").await;
    let place = |location: &str, quantity| PlaceUnits {
        location: location.to_owned(),
        quantity,
    };
    assert_eq!(listing.places, [place("101", 5), place("102", 3)]);
    let outcome = stage.set(&[level(&listing, 1, &[2, 7])]).await.remove(0);
    assert!(
        matches!(outcome, ItemOutcome::Applied { receipt: Some(_) }),
        "{outcome:?}"
    );
    assert_eq!(
        stage.shop.quantities("A"),
        BTreeMap::from([("101".into(), 2), ("102".into(), 7)])
    );
}

#[tokio::test]
async fn one_stale_item_differs_and_the_others_are_made() {
    let stage = three();
    let (a, b, c) = (
        stage.listing("A").await,
        stage.listing("B").await,
        stage.listing("C").await,
    );
    stage.shop.edit("B", "102", 1);
    let outcomes = stage
        .set(&[
            level(&a, 1, &[1, 1]),
            level(&b, 2, &[1, 1]),
            level(&c, 3, &[1, 1]),
        ])
        .await;
    assert!(matches!(outcomes[0], ItemOutcome::Applied { .. }), "{outcomes:?}");
    assert!(matches!(outcomes[2], ItemOutcome::Applied { .. }), "{outcomes:?}");
    match &outcomes[1] {
        ItemOutcome::Differs { shown, places, error } => {
            assert_eq!((*shown, places.len()), (Some(6), 2));
            assert_eq!(error.code.as_deref(), Some("CHANGE_FROM_QUANTITY_STALE"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.shop.quantities("B").values().sum::<i64>(), 6, "untouched");
    let keys: Vec<_> = stage.shop.writes().into_iter().map(|w| w.key).collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1], "another call, another key");
}

#[tokio::test]
async fn the_same_attempt_again_is_made_once() {
    let stage = three();
    let listing = stage.listing("A").await;
    let wanted = level(&listing, 1, &[0, 0]);
    stage
        .shop
        .fail_next("inventorySetQuantities", Trouble::TimeoutAfter, 1);
    let lost = stage.set(std::slice::from_ref(&wanted)).await.remove(0);
    assert!(matches!(lost, ItemOutcome::Unknown(_)), "{lost:?}");
    stage.shop.edit("A", "101", 9);
    let again = stage.set(&[wanted]).await.remove(0);
    assert!(
        matches!(again, ItemOutcome::Applied { .. }),
        "the key is remembered: {again:?}"
    );
    assert_eq!(stage.shop.shown("A"), 9, "and nothing was made a second time");
}

#[tokio::test]
async fn prices_go_by_product_and_never_in_another_currency() {
    let mut variants = vec![
        ShopifyVariant::at("A", &[("101", 5)]),
        ShopifyVariant::at("B", &[("101", 5)]),
    ];
    variants[1].product = 2;
    let stage = Stage::with(variants);
    let (a, b) = (stage.listing("A").await, stage.listing("B").await);
    let price = |listing: &ListingSnapshot, code: &str| PriceLevel {
        sku: listing.sku.clone(),
        price: Money::from_decimal("9.90", stockbridge_domain::Currency::parse(code).unwrap()).unwrap(),
        handle: listing.handle.clone(),
    };
    let prices = [price(&a, "EUR"), price(&b, "USD"), price(&b, "EUR")];
    let results = stage.connect().prices().unwrap().set(&prices).await;
    assert!(
        matches!(results[0].outcome, ItemOutcome::Applied { .. }),
        "{results:?}"
    );
    assert!(matches!(&results[1].outcome, ItemOutcome::NotApplied(e) if e.fault == Fault::Rejected));
    assert!(
        matches!(results[2].outcome, ItemOutcome::Applied { .. }),
        "{results:?}"
    );
    assert_eq!(
        (stage.shop.price("A"), stage.shop.price("B")),
        ("9.90".into(), "9.90".into())
    );
    assert_eq!(stage.asked("mutation SetPrices"), 2, "one call for each product");
}

#[test]
fn every_code_is_told_apart() {
    use super::super::stock::judge;
    use super::super::wire::UserError;
    for (code, fault) in [
        ("INVALID_INVENTORY_ITEM", Fault::NotFound),
        ("INVALID_LOCATION", Fault::Conflict),
        ("ITEM_NOT_STOCKED_AT_LOCATION", Fault::Conflict),
        ("INVALID_QUANTITY_NEGATIVE", Fault::Rejected),
        ("INVALID_QUANTITY_TOO_HIGH", Fault::Rejected),
        ("NON_MUTABLE_INVENTORY_ITEM", Fault::Rejected),
        ("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", Fault::Contract),
        ("A_CODE_OF_NEXT_YEAR", Fault::Rejected),
    ] {
        let error = UserError {
            field: None,
            message: "because".into(),
            code: Some(code.into()),
        };
        match judge(&error) {
            ItemOutcome::NotApplied(e) => assert_eq!((e.fault, e.code.as_deref()), (fault, Some(code))),
            other => panic!("{code}: {other:?}"),
        }
    }
}
