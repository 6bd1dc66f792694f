//! Every request of a working day, and every answer of the simulated marketplace, against the published shapes.

use super::*;
use crate::testing::document;
use percent_encoding::percent_decode_str;
use stockbridge_domain::channel::{
    CancelNotice, CancelReason, ParcelRequest, PriceLevel, ReturnQuery, ShipmentNotice,
};
use stockbridge_domain::{Currency, Money};

const SHAPES: &str = "channel-specs/flipkart/flipkart-seller-shapes.openapi.json";

/// Paths the public reference does not have, and the token endpoint, which is no part of it.
const BESIDE: [&str; 2] = ["/oauth-service/oauth/token", "/sellers/locations/allLocations"];

/// A day on which everything is done once.
async fn day() -> Market {
    let market = market(|config| config.page = 1, json!({"location_ids": "LOC1,LOC2"}));
    let connection = &market.connection;
    connection.probe().await.unwrap();
    connection.listings().unwrap().page(None).await.unwrap();
    let levels = [level("BOWL", &[("LOC1", 4), ("LOC2", 3)], Some("FSNBOWL"))];
    connection.stock().unwrap().set(&levels).await;
    let price = PriceLevel {
        sku: Sku::parse("MUG").unwrap(),
        price: Money::from_decimal("700", Currency::parse("INR").unwrap()).unwrap(),
        handle: Some("FSNMUG".into()),
    };
    connection.prices().unwrap().set(&[price]).await;
    let (label, own) = (
        market.shop.buy("MUG", 1, 0).unwrap(),
        market.shop.buy_all(&[("MUG", 1)], true).unwrap(),
    );
    let off = market.shop.buy("BOWL", 1, 0).unwrap();
    let parcel = ParcelRequest {
        channel_order_id: label.clone(),
        parcel: 1,
        lines: Vec::new(),
        weight_grams: Some(350),
        size_mm: Some([125, 80, 40]),
        invoice_number: Some("INV-1".into()),
    };
    let papers = connection.papers().unwrap();
    papers.papers(&parcel).await.unwrap();
    market.pass(15);
    papers.papers(&parcel).await.unwrap();
    papers.hand_over(&parcel).await.unwrap();
    for tracking in ["T1", "T2"] {
        let notice = ShipmentNotice {
            channel_order_id: own.clone(),
            marketplace: None,
            parcel: 1,
            carrier: "DTDC".into(),
            method: None,
            tracking: tracking.into(),
            shipped_at: now(),
            lines: Vec::new(),
        };
        connection.fulfilment().unwrap().confirm(&notice).await.unwrap();
    }
    let notice = CancelNotice {
        channel_order_id: off,
        lines: Vec::new(),
        reason: CancelReason::OutOfStock,
        note: None,
        key: "can_1".into(),
    };
    connection.cancellations().unwrap().cancel(&notice).await.unwrap();
    market.shop.move_on(&label, "DELIVERED");
    market.shop.send_back(&label, "DEFECTIVE");
    market.pass(5);
    market.orders(OrderTime::Updated).await;
    market.orders(OrderTime::Placed).await;
    let query = ReturnQuery {
        since: now(),
        cursor: None,
    };
    connection.returns().unwrap().page(&query).await.unwrap();
    market
}

/// The operation a request is for: its path in the shapes, and itself.
fn operation<'s>(shapes: &'s Value, method: &str, path: &str) -> Option<&'s Value> {
    let asked: Vec<&str> = path.trim_matches('/').split('/').collect();
    let paths = shapes["paths"].as_object().unwrap();
    let mut found: Vec<(&String, &Value)> = paths
        .iter()
        .filter(|(template, methods)| {
            let under = format!("/sellers{template}");
            let fits = |template: &str| {
                let parts: Vec<&str> = template.trim_matches('/').split('/').collect();
                parts.len() == asked.len()
                    && parts
                        .iter()
                        .zip(&asked)
                        .all(|(p, a)| p == a || p.starts_with('{'))
            };
            methods.get(method).is_some() && (fits(template) || fits(&under))
        })
        .collect();
    found.sort_by_key(|(template, _)| template.matches('{').count());
    found.first().map(|(_, methods)| &methods[method])
}

/// Fields of a value that its schema does not know.
fn unknown(schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let known = schema["properties"]
                    .get(name)
                    .or_else(|| schema.get("additionalProperties"));
                match known {
                    Some(known) => unknown(known, field, &format!("{at}/{name}"), problems),
                    None => problems.push(format!("{at}/{name} is not documented")),
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| unknown(&schema["items"], item, &format!("{at}[]"), problems)),
        _ => {}
    }
}

fn check(schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    let validator = jsonschema::validator_for(schema).unwrap();
    problems.extend(
        validator
            .iter_errors(value)
            .map(|e| format!("{at}{}: {e}", e.instance_path())),
    );
    unknown(schema, value, at, problems);
}

#[tokio::test]
async fn every_request_is_one_flipkart_documents() {
    let Some(shapes) = document(SHAPES) else {
        return;
    };
    let market = day().await;
    let mut problems = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for request in market.world.sent.lock().unwrap().iter() {
        let (method, path) = (request.method().as_str().to_lowercase(), request.uri().path());
        if BESIDE.contains(&path) {
            continue;
        }
        let at = format!("{method} {path}");
        let Some(operation) = operation(&shapes, &method, path) else {
            problems.push(format!("{at}: no such operation"));
            continue;
        };
        seen.insert(operation["operationId"].as_str().unwrap_or_default().to_owned());
        let content = operation["requestBody"]["content"].as_object();
        if let Some(media) = content.and_then(|content| content.values().next()) {
            check(&media["schema"], &body(request), &at, &mut problems);
        }
        for pair in request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            let name = percent_decode_str(pair.split('=').next().unwrap()).decode_utf8_lossy();
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            // The address of the next page is Flipkart's own, whatever it holds.
            if name != "offset" && !parameters.into_iter().any(|p| p["name"] == *name) {
                problems.push(format!("{at}: parameter {name} is not documented"));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    let expected = [
        "cancelByEnforcedGroupIds",
        "getLabels",
        "getListings",
        "getReturns",
        "getShipmentDetails",
        "getShipmentDetailsByInternalId",
        "listingSearch",
        "markRTD",
        "pack",
        "searchPreDispatchShipmentGet",
        "searchPreDispatchShipmentPost",
        "submitSelfShiptDispatchRequest",
        "updateInventory",
        "updatePrice",
        "updateTrackingInfo",
    ];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn every_answer_of_the_simulated_marketplace_has_the_documented_shape() {
    let Some(shapes) = document(SHAPES) else {
        return;
    };
    let market = day().await;
    let requests: Vec<HttpRequest> = {
        let sent = market.world.sent.lock().unwrap();
        sent.iter()
            .filter(|r| !BESIDE.contains(&r.uri().path()))
            .cloned()
            .collect()
    };
    let mut problems = Vec::new();
    for request in requests {
        let (method, path) = (request.method().as_str().to_lowercase(), request.uri().path());
        let operation = operation(&shapes, &method, path).unwrap();
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let answer = of_platform(market.shop.call(&request)).unwrap();
        // The schema has one listing where the prose has a list of them.
        if schema.is_null() || operation["operationId"] == "listingSearch" || answer.status() != 200 {
            continue;
        }
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        // Courier and addresses of the details are in the prose only.
        let mut found = Vec::new();
        check(schema, &body, &format!("{method} {path}"), &mut found);
        problems.extend(
            found
                .into_iter()
                .filter(|problem| !problem.contains("/courierDetails")),
        );
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
