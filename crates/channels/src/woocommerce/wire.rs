//! The API's JSON: only the fields that are used, and tolerant of what PHP makes of them.
//!
//! A list whose keys have gaps comes as an object, an empty object as a list, a number as a text. Words of the shop stay
//! text: an unknown one must not make the rest unreadable.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// Raw JSON of the things in a list, so that one unreadable thing does not take the others with it.
pub(super) type Raw = Box<RawValue>;

/// Key of an entry of the hub in an order's meta: a parcel, by its number.
pub(super) const PARCEL_KEY: &str = "_stockbridge_parcel";
/// Key of an entry of the hub in a refund's and its order's meta.
pub(super) const REFUND_KEY: &str = "_stockbridge_refund";

/// One entry of `meta_data`; its value can be anything.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Meta {
    #[serde(default)]
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: Value,
}

impl Meta {
    /// An entry with a text.
    pub(super) fn text(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: Value::String(value.into()),
        }
    }
}

/// The value of a key as text, be it a text or a number.
pub(super) fn meta<'a>(entries: &'a [Meta], key: &str) -> Option<&'a Value> {
    entries
        .iter()
        .find(|entry| entry.key == key)
        .map(|entry| &entry.value)
}

/// A list, an object that was one, or nothing.
fn list<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(d: D) -> Result<Vec<T>, D::Error> {
    let items = match Value::deserialize(d)? {
        Value::Array(items) => items,
        Value::Object(fields) => fields.into_iter().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    items
        .into_iter()
        .map(|item| serde_json::from_value(item).map_err(D::Error::custom))
        .collect()
}

/// [`list`] of which what cannot be read is left out: for meta, of which only our own entries matter.
fn loose<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(d: D) -> Result<Vec<T>, D::Error> {
    let items: Vec<Value> = list(d)?;
    Ok(items
        .into_iter()
        .filter_map(|item| serde_json::from_value(item).ok())
        .collect())
}

/// A whole number, or its digits in a text.
pub(super) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A count as shops write it: whole, with decimals where a plugin sells by weight, or either in a text. Rounded towards
/// fewer units for sale.
pub(super) fn units(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = fraction.bytes().all(|b| b.is_ascii_digit());
    let units: i64 = whole.parse().ok().filter(|_| digits)?;
    let below = text.starts_with('-') && fraction.bytes().any(|b| b != b'0');
    Some(units - i64::from(below))
}

/// Whether a count has decimals that [`units`] cuts off.
pub(super) fn has_fraction(value: &Value) -> bool {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return false,
    };
    text.split_once('.')
        .is_some_and(|(_, fraction)| fraction.bytes().any(|b| b != b'0'))
}

fn id<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    whole(&Value::deserialize(d)?).ok_or_else(|| D::Error::custom("an id is not a whole number"))
}

fn or_zero<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    Ok(whole(&Value::deserialize(d)?).unwrap_or(0))
}

/// A text; a number keeps its digits, anything else is none.
fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    })
}

/// The id and times alone, for orders of which nothing else can be read.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Stamp {
    #[serde(default)]
    pub(super) id: Value,
    #[serde(default)]
    pub(super) date_created_gmt: Value,
    #[serde(default)]
    pub(super) date_modified_gmt: Value,
}

/// An order.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    pub(super) status: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) currency: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) date_created_gmt: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) date_modified_gmt: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) date_completed_gmt: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) total: String,
    #[serde(default, deserialize_with = "loose")]
    pub(super) meta_data: Vec<Meta>,
    #[serde(deserialize_with = "list")]
    pub(super) line_items: Vec<Line>,
    #[serde(default, deserialize_with = "list")]
    pub(super) refunds: Vec<Value>,
}

/// What an unpaid order holds.
#[derive(Debug, Deserialize)]
pub(super) struct Held {
    #[serde(default, deserialize_with = "list")]
    pub(super) line_items: Vec<Line>,
}

/// A line of an order, or of a refund.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "or_zero")]
    pub(super) product_id: u64,
    #[serde(default, deserialize_with = "or_zero")]
    pub(super) variation_id: u64,
    #[serde(default)]
    pub(super) quantity: Value,
    #[serde(default, deserialize_with = "text")]
    pub(super) sku: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) total: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) total_tax: String,
    #[serde(default, deserialize_with = "loose")]
    pub(super) meta_data: Vec<Meta>,
}

/// A refund.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "text")]
    pub(super) date_created_gmt: String,
    #[serde(default, deserialize_with = "list")]
    pub(super) line_items: Vec<Line>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) meta_data: Vec<Meta>,
}

/// A product or a variation.
#[derive(Debug, Deserialize)]
pub(super) struct Product {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "or_zero")]
    pub(super) parent_id: u64,
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) sku: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) price: String,
    /// GTIN, UPC, EAN or ISBN; shops before 9.2 have none to tell.
    #[serde(default)]
    pub(super) global_unique_id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(super) regular_price: String,
    #[serde(default)]
    pub(super) on_sale: bool,
    #[serde(default)]
    pub(super) manage_stock: Value,
    #[serde(default)]
    pub(super) stock_quantity: Value,
    #[serde(default, deserialize_with = "text")]
    pub(super) backorders: String,
    #[serde(default, deserialize_with = "list")]
    pub(super) variations: Vec<Value>,
    #[serde(default, deserialize_with = "loose")]
    pub(super) attributes: Vec<Attribute>,
}

/// An attribute of a variation.
#[derive(Debug, Deserialize)]
pub(super) struct Attribute {
    #[serde(default, deserialize_with = "text")]
    pub(super) option: String,
}

/// Answer of a batch: one entry for each item, whole or with an error.
#[derive(Debug, Deserialize)]
pub(super) struct BatchAnswer {
    #[serde(default, deserialize_with = "list")]
    pub(super) update: Vec<Value>,
}

/// One item's answer, as far as every item has it.
#[derive(Debug, Deserialize)]
pub(super) struct ItemAnswer {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    #[serde(default)]
    pub(super) error: Option<super::error::Refusal>,
}

/// A note of an order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Note {
    #[serde(deserialize_with = "text")]
    pub(super) note: String,
    #[serde(default)]
    pub(super) customer_note: bool,
}

/// A fulfilment.
#[derive(Debug, Deserialize)]
pub(super) struct Fulfilment {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "loose")]
    pub(super) meta_data: Vec<Meta>,
}

/// Lists of fulfilments come bare or below their name, by release.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Fulfilments {
    Bare(Vec<Fulfilment>),
    Named { fulfillments: Vec<Fulfilment> },
}

/// A tracking number of the extension.
#[derive(Debug, Deserialize)]
pub(super) struct Tracking {
    #[serde(default, deserialize_with = "text")]
    pub(super) tracking_number: String,
}

/// A webhook.
#[derive(Debug, Deserialize)]
pub(super) struct Webhook {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "text")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) topic: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) delivery_url: String,
}

/// Answer of the currency's endpoint.
#[derive(Debug, Deserialize)]
pub(super) struct ShopCurrency {
    pub(super) code: String,
}

/// The API's root: who answers, and which namespaces there are.
#[derive(Debug, Deserialize)]
pub(super) struct Index {
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "loose")]
    pub(super) namespaces: Vec<String>,
}

/// The routes of a namespace, by their pattern.
#[derive(Debug, Deserialize)]
pub(super) struct Routes {
    #[serde(default)]
    pub(super) routes: std::collections::BTreeMap<String, serde::de::IgnoredAny>,
}

/// What a store posts when its owner has agreed.
#[derive(Debug, Deserialize)]
pub(super) struct HandedOver {
    #[serde(default, deserialize_with = "text")]
    pub(super) user_id: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) consumer_key: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) consumer_secret: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) key_permissions: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_are_rounded_towards_fewer_units() {
        for (value, expected) in [
            (json!(5), Some(5)),
            (json!(2.5), Some(2)),
            (json!("7"), Some(7)),
            (json!(-1), Some(-1)),
            (json!(-0.5), Some(-1)),
            (json!("many"), None),
            (json!(null), None),
        ] {
            assert_eq!(units(&value), expected, "{value}");
        }
    }

    #[test]
    fn lists_that_php_made_objects_of_are_read() {
        let order = json!({"id": "7", "status": "processing", "currency": "EUR", "meta_data": {"3": {"key": "k", "value": {}}},
            "line_items": {"1": {"id": 1, "quantity": 2, "sku": null, "meta_data": []}}, "refunds": []});
        let order: Order = serde_json::from_value(order).unwrap();
        assert_eq!(
            (order.id, order.line_items.len(), order.meta_data.len()),
            (7, 1, 1)
        );
    }
}
