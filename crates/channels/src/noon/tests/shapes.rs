//! Every request of a working day against the shapes that are public.

use super::*;
use crate::testing::document;
use stockbridge_domain::channel::{CancelNotice, CancelReason, ParcelRequest, PriceLevel};
use stockbridge_domain::{Currency, Money};

const SHAPES: &str = "channel-specs/noon/noon-partner-shapes.json";

/// What a shape says of a value, in its own notation: fields, of which those with `?` may be missing, lists of one shape,
/// and words for kinds or the values there are.
fn check(shape: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    match (shape, value) {
        (Value::Object(fields), Value::Object(given)) => {
            for (name, shape) in fields {
                let plain = name.split(['?', ' ']).next().unwrap();
                match given.get(plain) {
                    Some(value) => check(shape, value, &format!("{at}/{plain}"), problems),
                    None if name.contains('?') => {}
                    None => problems.push(format!("{at}/{plain} is missing")),
                }
            }
            let known = |name: &String| {
                fields
                    .keys()
                    .any(|field| field.split(['?', ' ']).next() == Some(name))
            };
            problems.extend(
                given
                    .keys()
                    .filter(|name| !known(name))
                    .map(|name| format!("{at}/{name} is not in the shape")),
            );
        }
        (Value::Array(one), Value::Array(given)) => {
            given.iter().for_each(|value| check(&one[0], value, at, problems))
        }
        (Value::String(kind), value) => {
            let fits = match kind.split([' ', ',']).next().unwrap() {
                "integer" => value.is_i64(),
                "number" | "double" => value.is_number(),
                "boolean" => value.is_boolean(),
                "string" | "date-time" | "UTC" | "default" | "noon" => value.is_string(),
                words => value
                    .as_str()
                    .is_some_and(|word| words.split('|').any(|known| known == word)),
            };
            if !fits {
                problems.push(format!("{at}: {value} is no {kind}"));
            }
        }
        (shape, value) => problems.push(format!("{at}: {value} is not {shape}")),
    }
}

#[tokio::test]
async fn every_request_has_the_published_shape() {
    let Some(shapes) = document(SHAPES) else {
        return;
    };
    let market = market(|_| {}, &draft(json!({"listing_skus": "MUG,BOWL"})));
    let connection = &market.connection;
    connection.probe().await.unwrap();
    connection.listings().unwrap().page(None).await.unwrap();
    connection.stock().unwrap().set(&[level("BOWL", 7, &[])]).await;
    let price = PriceLevel {
        sku: Sku::parse("MUG").unwrap(),
        price: Money::from_decimal("12.25", Currency::parse("AED").unwrap()).unwrap(),
        handle: None,
    };
    connection.prices().unwrap().set(&[price]).await;
    let (ship, off) = (
        market.shop.buy("MUG", 1, 0).unwrap(),
        market.shop.buy("MUG", 1, 0).unwrap(),
    );
    market.pass(2);
    market.orders(now(), OrderTime::Updated).await;
    let parcel = ParcelRequest {
        channel_order_id: ship,
        parcel: 1,
        lines: Vec::new(),
        weight_grams: None,
        size_mm: None,
        invoice_number: None,
    };
    connection.papers().unwrap().papers(&parcel).await.unwrap();
    let notice = CancelNotice {
        channel_order_id: off,
        lines: Vec::new(),
        reason: CancelReason::OutOfStock,
        note: None,
        key: "can_1".into(),
    };
    connection.cancellations().unwrap().cancel(&notice).await.unwrap();
    let services = shapes["services"].as_object().unwrap();
    let known: Vec<&Value> = services
        .values()
        .flat_map(|service| service.as_array().unwrap())
        .collect();
    let mut problems = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for request in market.world.sent.lock().unwrap().iter() {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let fits = |entry: &&&Value| {
            let template = entry["path"].as_str().unwrap();
            let (a, b): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
            entry["method"] == method
                && a.len() == b.len()
                && a.iter().zip(&b).all(|(a, b)| a == b || a.starts_with('{'))
        };
        match known.iter().find(fits) {
            None => problems.push(format!("{method} {path}: no such call")),
            Some(entry) => {
                seen.insert(entry["path"].as_str().unwrap());
                if let Some(shape) = entry.get("request") {
                    check(shape, &body(request), path, &mut problems);
                }
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    assert_eq!(seen.len(), 13, "{seen:#?}");
}
