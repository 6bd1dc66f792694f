//! `patchListingsItem`: writes to stock and price that take effect later, or never.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use stockbridge_sim::{Fault, SimConfig, SpanMs};

use crate::bench::{Bench, DE, FBA, FR, MUG, config, path, stock};

fn price(op: &str, fields: Value) -> Value {
    let mut entry = json!({"marketplace_id": DE, "currency": "EUR", "audience": "ALL"});
    entry
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    json!({"op": op, "path": "/attributes/purchasable_offer", "value": [entry]})
}

fn our_price(value: impl Into<Value>) -> Value {
    json!({"our_price": [{"schedule": [{"value_with_tax": value.into()}]}]})
}

fn availability(bench: &Bench, sku: &str) -> Value {
    bench.item(sku)["attributes"]["fulfillment_availability"][0].clone()
}

#[test]
fn accepted_is_not_applied() {
    let bench = Bench::new();
    let answer = bench.set_quantity(MUG, 17);
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (StatusCode::OK, &json!("ACCEPTED"))
    );
    bench.advance(9);
    assert_eq!(bench.quantity(MUG), Some(10));
    bench.advance(1);
    assert_eq!(bench.quantity(MUG), Some(17));
    let write = bench.truth().writes.remove(0);
    assert_eq!(
        (write.quantity, write.submission_id.as_str()),
        (Some(17), answer.body["submissionId"].as_str().unwrap())
    );
    assert_eq!(
        write
            .applied_at
            .unwrap()
            .duration_since(write.received_at)
            .as_secs(),
        10
    );
}

#[test]
fn an_absolute_write_forgets_what_was_sold_before_it_took_effect() {
    let bench = Bench::new();
    bench.set_quantity(MUG, 10);
    bench.buy(MUG, 4);
    assert_eq!(bench.quantity(MUG), Some(6));
    bench.advance(10);
    assert_eq!(bench.quantity(MUG), Some(10));
}

#[test]
fn writes_to_one_sku_take_effect_in_order_whatever_their_delays() {
    let bench = Bench::with(SimConfig {
        patch_delay_ms: SpanMs { min: 0, max: 60_000 },
        ..config()
    });
    for quantity in 1..=5 {
        bench.set_quantity(MUG, quantity);
    }
    bench.advance(60);
    let applied: Vec<_> = bench
        .truth()
        .writes
        .iter()
        .map(|w| (w.applied_at.unwrap(), w.quantity))
        .collect();
    assert!(applied.is_sorted_by_key(|(at, _)| *at));
    assert_eq!(bench.quantity(MUG), Some(5));
}

#[test]
fn merge_keeps_the_other_fields_and_replace_wipes_them() {
    let bench = Bench::new();
    let terms = json!({"quantity": 5, "lead_time_to_ship_max_days": 3, "restock_date": "2026-04-01"});
    bench.patch(MUG, json!([stock("replace", terms)]));
    bench.advance(10);
    bench.set_quantity(MUG, 8);
    bench.advance(10);
    let kept = availability(&bench, MUG);
    assert_eq!(
        (&kept["quantity"], &kept["lead_time_to_ship_max_days"]),
        (&json!(8), &json!(3))
    );
    assert_eq!(kept["restock_date"], "2026-04-01");
    bench.patch(MUG, json!([stock("replace", json!({"quantity": 9}))]));
    bench.advance(10);
    let wiped = availability(&bench, MUG);
    assert_eq!(
        wiped,
        json!({"fulfillment_channel_code": "DEFAULT", "quantity": 9})
    );
    bench.patch(
        MUG,
        json!([{"op": "delete", "path": "/attributes/fulfillment_availability"}]),
    );
    bench.advance(10);
    assert_eq!(bench.quantity(MUG), Some(0));
}

#[test]
fn the_quantity_is_one_number_for_all_marketplaces_and_the_price_is_not() {
    let bench = Bench::new();
    bench.set_quantity(MUG, 3);
    bench.patch(MUG, json!([price("merge", our_price(9.5))]));
    bench.advance(10);
    let french = bench.get(
        "getListingsItem",
        &format!(
            "{}?marketplaceIds={FR}&includedData=offers,fulfillmentAvailability",
            path(MUG)
        ),
    );
    assert_eq!(french.body["fulfillmentAvailability"][0]["quantity"], 3);
    assert_eq!(french.body["offers"][0]["price"]["amount"], "12.90");
    assert_eq!(bench.item(MUG)["offers"][0]["price"]["amount"], "9.50");
}

#[test]
fn a_sale_price_holds_from_start_to_end_and_ends_with_replace() {
    let bench = Bench::new();
    let sale = json!({"discounted_price": [{"schedule": [
        {"start_at": "2026-03-01T13:00:00Z", "end_at": "2026-03-01T14:00:00Z", "value_with_tax": 10}]}]});
    bench.patch(MUG, json!([price("merge", sale.clone())]));
    let shown = || {
        bench.item(MUG)["offers"][0]["price"]["amount"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    bench.advance(3_599);
    assert_eq!(shown(), "12.90");
    bench.advance(1);
    assert_eq!(shown(), "10.00");
    let order = bench.order(&bench.buy(MUG, 1));
    assert_eq!(order["proceeds"]["grandTotal"]["amount"], "10.00");
    bench.patch(MUG, json!([price("replace", our_price(12))]));
    bench.advance(10);
    assert_eq!(shown(), "12.00");
    bench.patch(MUG, json!([price("merge", sale)]));
    bench.advance(3_600);
    assert_eq!(shown(), "12.00");
}

#[test]
fn a_price_outside_its_bounds_takes_the_offer_off_sale() {
    let bench = Bench::new();
    let mut terms = our_price(5);
    terms["minimum_seller_allowed_price"] = json!([{"schedule": [{"value_with_tax": 8}]}]);
    bench.patch(MUG, json!([price("merge", terms)]));
    bench.advance(10);
    assert_eq!(bench.item(MUG)["summaries"][0]["status"], json!(["DISCOVERABLE"]));
    bench.patch(MUG, json!([price("merge", our_price(8))]));
    bench.advance(10);
    assert_eq!(
        bench.item(MUG)["summaries"][0]["status"],
        json!(["BUYABLE", "DISCOVERABLE"])
    );
    bench.set_quantity(MUG, 0);
    bench.advance(10);
    assert_eq!(bench.item(MUG)["summaries"][0]["status"], json!(["DISCOVERABLE"]));
}

#[test]
fn values_amazon_would_refuse_are_invalid_with_an_issue_and_http_200() {
    let bench = Bench::new();
    let channel = json!({"op": "merge", "path": "/attributes/fulfillment_availability",
        "value": [{"fulfillment_channel_code": "AMAZON_EU", "quantity": 1}]});
    let unknown = json!({"op": "replace", "path": "/attributes/fake_attribute", "value": [{"value": 1}]});
    let dollars = json!({"op": "merge", "path": "/attributes/purchasable_offer", "value": [
        {"marketplace_id": DE, "currency": "USD", "our_price": [{"schedule": [{"value_with_tax": 1}]}]}]});
    let abroad = json!({"op": "merge", "path": "/attributes/purchasable_offer", "value": [
        {"marketplace_id": FR, "currency": "EUR", "our_price": [{"schedule": [{"value_with_tax": 1}]}]}]});
    for patch in [
        stock("merge", json!({"quantity": -1})),
        stock("merge", json!({"quantity": 1.5})),
        stock("merge", json!({"quantity": "7"})),
        channel,
        unknown,
        dollars,
        abroad,
        price("merge", our_price(0)),
        price("merge", our_price("9.99")),
        price("merge", our_price(9.999)),
        price("replace", json!({})),
    ] {
        let answer = bench.patch(MUG, json!([patch]));
        assert_eq!(
            (answer.status, &answer.body["status"]),
            (StatusCode::OK, &json!("INVALID")),
            "{patch}"
        );
        assert_eq!(answer.body["issues"][0]["severity"], "ERROR");
        bench.advance(1);
    }
    assert_eq!(
        bench
            .patch(FBA, json!([stock("merge", json!({"quantity": 1}))]))
            .body["status"],
        "INVALID"
    );
    bench.advance(60);
    assert!(bench.truth().writes.is_empty());
    assert_eq!(bench.quantity(MUG), Some(10));
}

#[test]
fn a_body_out_of_shape_is_400() {
    let bench = Bench::new();
    let target = format!("{}?marketplaceIds={DE}", path(MUG));
    let good = json!([stock("merge", json!({"quantity": 1}))]);
    for (body, named) in [
        (json!({"patches": good}), "productType"),
        (json!({"productType": "PRODUCT"}), "patches"),
        (json!({"productType": "PRODUCT", "patches": []}), "patches"),
        (
            json!({"productType": "PRODUCT", "patches": [{"op": "set", "path": "/attributes/x"}]}),
            "patches.op",
        ),
        (
            json!({"productType": "PRODUCT", "patches": [{"op": "merge", "path": "/x"}]}),
            "patches.path",
        ),
        (
            json!({"productType": "PRODUCT", "patches": [{"op": "merge", "path": "/attributes/x/0/y"}]}),
            "patches.path",
        ),
        (
            json!({"productType": "PRODUCT", "patches": [{"op": "merge", "path": "/attributes/x", "value": 1}]}),
            "patches.value",
        ),
    ] {
        let answer = bench.call("patchListingsItem", Method::PATCH, &target, &body);
        assert_eq!(
            (answer.status, answer.details()),
            (StatusCode::BAD_REQUEST, named),
            "{body}"
        );
        bench.advance(1);
    }
    let mode = bench.patch_with(MUG, "&mode=LOOK", good.clone());
    assert_eq!(mode.details(), "mode");
    assert_eq!(
        bench.patch_with(MUG, "&includedData=identifiers", good).details(),
        "includedData"
    );
}

#[test]
fn a_preview_validates_and_writes_nothing() {
    let bench = Bench::new();
    let preview = |quantity: i64| {
        let patches = json!([stock("merge", json!({"quantity": quantity}))]);
        bench
            .patch_with(
                MUG,
                "&mode=VALIDATION_PREVIEW&includedData=identifiers,issues",
                patches,
            )
            .body
    };
    let valid = preview(5);
    assert_eq!(valid["status"], "VALID");
    assert_eq!(
        valid["identifiers"],
        json!([{"marketplaceId": DE, "asin": "B000000001"}])
    );
    assert_eq!(preview(-5)["status"], "INVALID");
    bench.advance(60);
    assert_eq!(bench.quantity(MUG), Some(10));
}

#[test]
fn a_write_thrown_away_silently_shows_an_issue_until_a_later_one_holds() {
    let bench = Bench::new();
    bench.sim.fail_next("patchListingsItem", Fault::SilentReject, 1);
    assert_eq!(bench.set_quantity(MUG, 4).body["status"], "ACCEPTED");
    assert_eq!(bench.item(MUG)["issues"], json!([]));
    bench.advance(10);
    assert_eq!(
        bench.item(MUG)["issues"][0]["attributeNames"],
        json!(["fulfillment_availability"])
    );
    assert_eq!(bench.quantity(MUG), Some(10));
    let write = bench.truth().writes.remove(0);
    assert!(write.rejected && write.applied_at.is_none());
    bench.set_quantity(MUG, 4);
    bench.advance(10);
    assert_eq!(bench.item(MUG)["issues"], json!([]));
    assert_eq!(bench.quantity(MUG), Some(4));
}

#[test]
fn a_slow_write_takes_effect_much_later() {
    let bench = Bench::new();
    bench.sim.fail_next("patchListingsItem", Fault::SlowPatch, 1);
    bench.set_quantity(MUG, 4);
    bench.advance(60);
    assert_eq!(bench.quantity(MUG), Some(10));
    bench.advance(120);
    assert_eq!(bench.quantity(MUG), Some(4));
}
