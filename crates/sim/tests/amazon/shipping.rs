//! `confirmShipment`: what it does, what it refuses.

use http::StatusCode;
use serde_json::{Value, json};

use crate::bench::{Bench, FBA, MUG};

fn item(bench: &Bench, order: &str) -> String {
    bench.order(order)["orderItems"][0]["orderItemId"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn package(reference: &str, item: &str, quantity: u32) -> Value {
    json!({
        "packageReferenceId": reference,
        "carrierCode": "DHL",
        "shippingMethod": "Paket",
        "trackingNumber": format!("TRACK{reference}"),
        "shipDate": "2026-03-01T12:00:00Z",
        "orderItems": [{"orderItemId": item, "quantity": quantity}],
    })
}

fn status(bench: &Bench, order: &str) -> String {
    bench.order(order)["fulfillment"]["fulfillmentStatus"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn parcels_lead_from_unshipped_over_partially_shipped_to_shipped() {
    let bench = Bench::new();
    let order = bench.buy(MUG, 3);
    let item = item(&bench, &order);
    bench.advance(60);
    let answer = bench.ship(&order, &package("1", &item, 1));
    assert_eq!(
        (answer.status, &answer.body),
        (StatusCode::NO_CONTENT, &Value::Null)
    );
    assert_eq!(answer.head["x-amzn-ratelimit-limit"], "2.0");
    assert_eq!(status(&bench, &order), "PARTIALLY_SHIPPED");
    let too_many = bench.ship(&order, &package("2", &item, 3));
    assert_eq!(too_many.details(), "packageDetail.orderItems.quantity");
    assert_eq!(
        bench.ship(&order, &package("2", &item, 2)).status,
        StatusCode::NO_CONTENT
    );
    let shipped = bench.order(&order);
    assert_eq!(shipped["fulfillment"]["fulfillmentStatus"], "SHIPPED");
    assert_eq!(shipped["packages"][1]["trackingNumber"], "TRACK2");
    assert_eq!(shipped["orderItems"][0]["fulfillment"]["quantityFulfilled"], 3);
    assert_eq!(shipped["lastUpdatedTime"], "2026-03-01T12:01:00Z");
    let writes = bench.truth().writes;
    assert_eq!(writes.len(), 2);
    assert_eq!(
        (writes[1].kind.as_str(), writes[1].quantity),
        ("shipment", Some(2))
    );
}

#[test]
fn the_same_reference_edits_its_parcel_and_a_new_one_on_a_shipped_order_is_unknown() {
    let bench = Bench::new();
    let order = bench.buy(MUG, 2);
    let item = item(&bench, &order);
    bench.ship(&order, &package("1", &item, 2));
    let mut again = package("1", &item, 2);
    again["trackingNumber"] = json!("CORRECTED");
    assert_eq!(bench.ship(&order, &again).status, StatusCode::NO_CONTENT);
    let shown = bench.order(&order);
    assert_eq!(shown["packages"].as_array().unwrap().len(), 1);
    assert_eq!(shown["packages"][0]["trackingNumber"], "CORRECTED");
    let unknown = bench.ship(&order, &package("2", &item, 1));
    assert_eq!(
        (unknown.status, unknown.code()),
        (StatusCode::BAD_REQUEST, "PackageToUpdateNotFound")
    );
    assert_eq!(
        bench.ship(&order, &package("1", &item, 1)).status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(status(&bench, &order), "PARTIALLY_SHIPPED");
}

/// The details of the refusal a shipment must meet.
fn refused(bench: &Bench, order: &str, package: &Value) -> String {
    let answer = bench.ship(order, package);
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::BAD_REQUEST, "InvalidInput"),
        "{package}"
    );
    answer.details().to_owned()
}

#[test]
fn pending_cancelled_and_amazons_orders_are_not_for_the_seller_to_ship() {
    let bench = Bench::new();
    let pending = bench.buy_pending(MUG, 1);
    let parcel = package("1", &item(&bench, &pending), 1);
    assert_eq!(refused(&bench, &pending, &parcel), "orderId");
    bench.sim.cancel(&pending, None).unwrap();
    assert_eq!(refused(&bench, &pending, &parcel), "orderId");
    let amazons = bench.buy(FBA, 1);
    assert_eq!(
        refused(&bench, &amazons, &package("1", &item(&bench, &amazons), 1)),
        "orderId"
    );
    assert_eq!(
        bench.ship("000-0000000-0000000", &parcel).status,
        StatusCode::NOT_FOUND
    );
    assert!(bench.truth().writes.is_empty());
}

#[test]
fn a_parcel_with_a_wrong_field_is_refused_by_name() {
    let bench = Bench::new();
    let order = bench.buy(MUG, 2);
    let item = item(&bench, &order);
    let good = package("1", &item, 1);
    bench.advance(60);
    let unknown = json!([{"orderItemId": "9", "quantity": 1}]);
    let too_many = json!([{"orderItemId": item, "quantity": 3}]);
    let none = json!([{"orderItemId": item, "quantity": 0}]);
    for (field, value, named) in [
        (
            "packageReferenceId",
            json!("first"),
            "packageDetail.packageReferenceId",
        ),
        (
            "packageReferenceId",
            json!("0"),
            "packageDetail.packageReferenceId",
        ),
        ("packageReferenceId", json!(1), "packageReferenceId"),
        ("carrierCode", Value::Null, "carrierCode"),
        ("carrierCode", json!("Other"), "carrierName"),
        ("trackingNumber", json!(""), "trackingNumber"),
        ("shipDate", json!("02/21/2022"), "packageDetail.shipDate"),
        (
            "shipDate",
            json!("2026-03-01T11:59:59Z"),
            "packageDetail.shipDate",
        ),
        (
            "shipDate",
            json!("2026-03-01T13:00:00Z"),
            "packageDetail.shipDate",
        ),
        ("orderItems", json!([]), "orderItems"),
        ("orderItems", unknown, "packageDetail.orderItems"),
        ("orderItems", too_many, "packageDetail.orderItems.quantity"),
        ("orderItems", none, "packageDetail.orderItems.quantity"),
    ] {
        bench.advance(1);
        let mut bad = good.clone();
        bad[field] = value;
        assert_eq!(refused(&bench, &order, &bad), named, "{field}");
    }
    assert_eq!(status(&bench, &order), "UNSHIPPED");
    assert!(bench.truth().writes.is_empty());
}
