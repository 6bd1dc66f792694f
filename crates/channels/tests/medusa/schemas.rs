//! Everything that is asked and answered, held against the schemas of Medusa 2.21.2: requests against its validators,
//! answers of the simulated store against its type declarations.
//!
//! The schemas are not part of the repository: without them one line says so.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::contract::{aftersales, listings, orders, parcels, prices, quantities};
use crate::side::Side;

#[expect(
    clippy::disallowed_methods,
    reason = "tests find the platforms' documents where the developer keeps them"
)]
fn schemas(name: &str) -> Option<Value> {
    let root = std::env::var_os("STOCKBRIDGE_SPECS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let read = std::fs::read(root.join("channel-specs/medusa").join(name));
    if read.is_err() {
        println!("left out: checks against {name}, which is not in $STOCKBRIDGE_SPECS/channel-specs/medusa");
    }
    Some(serde_json::from_slice(&read.ok()?).unwrap())
}

/// Method, path with `*` for ids, the validator of the query, of the body, and the declared type and key of the answer.
const ENDPOINTS: [(&str, &str, &str, &str, &str, &str); 12] = [
    (
        "GET",
        "orders",
        "orders#AdminGetOrdersParams",
        "",
        "AdminOrder",
        "orders",
    ),
    (
        "GET",
        "orders/*",
        "orders#AdminGetOrdersOrderParams",
        "",
        "AdminOrder",
        "order",
    ),
    (
        "GET",
        "product-variants",
        "product-variants#AdminGetProductVariantsParams",
        "",
        "AdminProductVariant",
        "variants",
    ),
    (
        "GET",
        "stock-locations",
        "stock-locations#AdminGetStockLocationsParams",
        "",
        "AdminStockLocation",
        "stock_locations",
    ),
    ("GET", "stores", "", "", "", ""),
    (
        "GET",
        "returns",
        "returns#AdminGetOrdersParams",
        "",
        "AdminReturn",
        "returns",
    ),
    (
        "POST",
        "inventory-items/location-levels/batch",
        "",
        "inventory-items#AdminBatchInventoryItemLevels",
        "AdminInventoryLevel",
        "updated",
    ),
    (
        "POST",
        "products/*/variants/*",
        "products#AdminGetProductVariantParams",
        "products#AdminUpdateProductVariant",
        "",
        "",
    ),
    (
        "POST",
        "orders/*/fulfillments",
        "orders#AdminGetOrdersOrderParams",
        "orders#AdminOrderCreateFulfillment",
        "AdminOrder",
        "order",
    ),
    (
        "POST",
        "orders/*/fulfillments/*/shipments",
        "orders#AdminGetOrdersOrderParams",
        "orders#AdminOrderCreateShipment",
        "AdminOrder",
        "order",
    ),
    (
        "POST",
        "orders/*/cancel",
        "orders#AdminGetOrdersOrderParams",
        "",
        "AdminOrder",
        "order",
    ),
    (
        "POST",
        "payments/*/refund",
        "payments#AdminGetPaymentParams",
        "payments#AdminCreatePaymentRefund",
        "AdminPayment",
        "payment",
    ),
];

/// Leaves no object open, so that a misspelt key is found.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(close);
            if object.contains_key("properties") && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

/// The declared types know whole objects; an answer has the fields that were asked for.
fn loosen(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("required");
            object.values_mut().for_each(loosen);
        }
        Value::Array(list) => list.iter_mut().for_each(loosen),
        _ => {}
    }
}

/// The types say of some columns that are null in every store that they are texts.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name.clone(), without_nulls(value)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// A query as the server's parser reads it: `a[]` is a list, `a[$gte]` an operator.
fn query(text: &str) -> Value {
    let mut object = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let (name, inner) = name
            .split_once('[')
            .map_or((&*name, None), |(n, i)| (n, Some(i.trim_end_matches(']'))));
        let plain = match name {
            "limit" | "offset" => value.parse().map_or_else(|_| json!(value), |n: i64| json!(n)),
            _ => json!(value),
        };
        match inner {
            None => object.insert(name.to_owned(), plain),
            Some("") => {
                let list = object.entry(name.to_owned()).or_insert_with(|| json!([]));
                list.as_array_mut().unwrap().push(plain);
                None
            }
            Some(operator) => object.insert(name.to_owned(), json!({ operator: plain })),
        };
    }
    Value::Object(object)
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern
            .iter()
            .zip(&path)
            .all(|(wanted, part)| *wanted == "*" || wanted == part)
}

fn assert_valid(schema: &Value, value: &Value, what: &str) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}\n{value:#}");
}

#[tokio::test]
async fn everything_asked_and_answered_is_as_medusa_declares_it() {
    let Some(requests) = schemas("admin-request-schemas-2.21.2.json") else {
        return;
    };
    let Some(answers) = schemas("admin-response-schemas-2.21.2.json") else {
        return;
    };
    let side = Side::simulated();
    listings::probed(&side).await;
    listings::shown(&side).await;
    quantities::written(&side).await;
    quantities::created(&side).await;
    orders::read(&side).await;
    parcels::shipped(&side).await;
    prices::kept(&side).await;
    aftersales::cancelled(&side).await;
    aftersales::refunded(&side).await;
    aftersales::returned(&side).await;
    let sent = side.into.as_ref().unwrap().sent.lock().unwrap();
    let mut used = std::collections::BTreeSet::new();
    for (request, answer) in sent.iter() {
        let path = request.uri().path().strip_prefix("/admin/").unwrap();
        let what = format!("{} {}", request.method(), request.uri());
        let endpoint = ENDPOINTS
            .iter()
            .find(|(m, p, ..)| request.method() == *m && matches(p, path));
        let (_, pattern, of_query, of_body, of_answer, key) = endpoint.unwrap_or_else(|| panic!("{what}"));
        used.insert(pattern);
        for (name, value) in [
            (of_query, query(request.uri().query().unwrap_or_default())),
            (
                of_body,
                serde_json::from_slice(request.body()).unwrap_or_default(),
            ),
        ] {
            if !name.is_empty() {
                let mut schema = requests.get(*name).unwrap_or_else(|| panic!("{name}")).clone();
                close(&mut schema);
                assert_valid(&schema, &value, &what);
            }
        }
        let Some(answer) = answer.as_ref().filter(|answer| answer.status().is_success()) else {
            continue;
        };
        if !of_answer.is_empty() {
            let body: Value = serde_json::from_slice(answer.body()).unwrap();
            let mut schema =
                json!({"$ref": format!("#/definitions/{of_answer}"), "definitions": answers["definitions"]});
            loosen(&mut schema);
            let value = without_nulls(&body[key]);
            for one in value.as_array().cloned().unwrap_or_else(|| vec![value]) {
                assert_valid(&schema, &one, &format!("answer of {what}"));
            }
        }
    }
    assert_eq!(used.len(), ENDPOINTS.len(), "every endpoint was called: {used:?}");
}
