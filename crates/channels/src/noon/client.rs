//! Operations with their budgets, and pure builders of their requests.
//!
//! Noon allows 1,500 calls a minute for each endpoint; half of them at once and half spread over the minute never exceed
//! that.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::BucketSpec;

use crate::call::{Effect, Operation, instant};
use crate::endpoint::{Query, encode};

/// Items of one write; the most Noon takes is not published.
pub(super) const BATCH: usize = 100;
/// SKUs of one read-back, each of which is a call.
pub(super) const READ_BATCH: usize = 50;
/// Listings of one of our pages.
pub(super) const LISTINGS_PAGE: usize = 100;
/// Air waybills taken in reserve at once.
pub(super) const WAYBILLS: usize = 10;

const fn bucket(name: &'static str) -> BucketSpec {
    BucketSpec {
        name,
        rate_micro: 12_500_000,
        burst: 750,
    }
}

/// Every budget, in the order of the operations below.
pub(super) static BUCKETS: [BucketSpec; 15] = [
    bucket("identity.whoami"),
    bucket("warehouses.list"),
    bucket("orders.list"),
    bucket("order.get"),
    bucket("order.update"),
    bucket("shipment.create"),
    bucket("shipment.get"),
    bucket("awbs.get"),
    bucket("product.get"),
    bucket("stock.list"),
    bucket("stock.update"),
    bucket("pricing.upsert"),
    bucket("export.create"),
    bucket("export.status"),
    bucket("export.download"),
];

const MIB: usize = 1024 * 1024;

const fn operation(index: usize, effect: Effect, max_body_bytes: usize) -> Operation {
    Operation {
        name: BUCKETS[index].name,
        bucket: Some(&BUCKETS[index]),
        cost: 1,
        timeout: Duration::from_secs(30),
        effect,
        max_body_bytes,
    }
}

/// Who we are.
pub(super) static WHOAMI: Operation = operation(0, Effect::Read, MIB);
/// The seller's warehouses.
pub(super) static WAREHOUSES: Operation = operation(1, Effect::Read, 4 * MIB);
/// Orders by creation, 50 a page.
pub(super) static ORDERS: Operation = operation(2, Effect::Read, 8 * MIB);
/// One order.
pub(super) static ORDER: Operation = operation(3, Effect::Read, 4 * MIB);
/// Units out of stock. What is, stays so.
pub(super) static OUT_OF_STOCK: Operation = operation(4, Effect::Idempotent, MIB);
/// A shipment; the number is ours, so the same one again is no other.
pub(super) static SHIP: Operation = operation(5, Effect::Idempotent, MIB);
/// A shipment by our number.
pub(super) static SHIPMENT: Operation = operation(6, Effect::Read, MIB);
/// Air waybills of Noon's own logistics; those that are not used harm nothing.
pub(super) static WAYBILL: Operation = operation(7, Effect::Read, MIB);
/// One product.
pub(super) static PRODUCT: Operation = operation(8, Effect::Read, 2 * MIB);
/// Quantities as they are.
pub(super) static STOCK_LIST: Operation = operation(9, Effect::Read, 4 * MIB);
/// Quantities; absolute.
pub(super) static STOCK: Operation = operation(10, Effect::Idempotent, 4 * MIB);
/// Prices; absolute.
pub(super) static PRICES: Operation = operation(11, Effect::Idempotent, 4 * MIB);
/// Begins an export of the catalogue. Another one harms nothing.
pub(super) static EXPORT: Operation = operation(12, Effect::Read, MIB);
/// How far an export is.
pub(super) static EXPORT_STATUS: Operation = operation(13, Effect::Read, MIB);
/// The table an export made, from wherever Noon keeps it.
pub(super) static DOWNLOAD: Operation = Operation {
    timeout: Duration::from_secs(120),
    ..operation(14, Effect::Read, 30 * MIB)
};

/// A call, built but not signed.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: &'static Operation,
    pub(super) method: Method,
    /// Path below the gateway, and query.
    pub(super) target: String,
    /// `Null` for none.
    pub(super) body: Value,
}

fn get(operation: &'static Operation, target: String) -> Call {
    Call {
        operation,
        method: Method::GET,
        target,
        body: Value::Null,
    }
}

fn post(operation: &'static Operation, target: impl Into<String>, body: Value) -> Call {
    Call {
        operation,
        method: Method::POST,
        target: target.into(),
        body,
    }
}

/// `GET /identity/v1/whoami`.
pub(super) fn whoami() -> Call {
    get(&WHOAMI, "/identity/v1/whoami".to_owned())
}

/// `POST /warehouse_platform/v1/warehouses/list`: the first 500.
pub(super) fn warehouses() -> Call {
    post(&WAREHOUSES, "/warehouse_platform/v1/warehouses/list", json!({}))
}

/// `POST /fbpi/v1/fbpi-orders/list`: those of a warehouse created since.
pub(super) fn orders(warehouse: &str, after: Timestamp, next_token: Option<&str>) -> Call {
    let query = next_token.map_or_else(Query::default, |token| Query::default().with("next_token", token));
    let body = json!({"warehouse_code": warehouse, "created_after": instant(after)});
    post(
        &ORDERS,
        format!("/fbpi/v1/fbpi-orders/list{}", query.as_str()),
        body,
    )
}

/// `GET /fbpi/v1/fbpi-order/{nr}/get`.
pub(super) fn order(nr: &str) -> Call {
    get(&ORDER, format!("/fbpi/v1/fbpi-order/{}/get", encode(nr)))
}

/// `POST /fbpi/v1/fbpi-order/update`: declares units out of stock.
pub(super) fn out_of_stock(nr: &str, units: &[&str]) -> Call {
    let unit =
        |nr: &&str| json!({"mp_item_nr": nr, "status": "UPDATE_ORDER_REQUEST_ITEM_STATUS_OUT_OF_STOCK"});
    let items: Vec<Value> = units.iter().map(unit).collect();
    post(
        &OUT_OF_STOCK,
        "/fbpi/v1/fbpi-order/update",
        json!({"fbpi_order_nr": nr, "items": items}),
    )
}

/// `POST /fbpi/v1/shipment/create`.
pub(super) fn ship(
    warehouse: &str,
    number: &str,
    order: &str,
    courier: &str,
    waybill: &str,
    units: &[&str],
) -> Call {
    let body = json!({
        "warehouse_code": warehouse,
        "integration_shipment_nr": number,
        "fbpi_order_nr": order,
        "awbs": [{"courier": courier, "awb_nr": waybill}],
        "items": units.iter().map(|nr| json!({"mp_item_nr": nr})).collect::<Vec<_>>(),
    });
    post(&SHIP, "/fbpi/v1/shipment/create", body)
}

/// `POST /fbpi/v1/shipment/get`.
pub(super) fn shipment(warehouse: &str, number: &str) -> Call {
    let body = json!({"warehouse_code": warehouse, "integration_shipment_nr": number});
    post(&SHIPMENT, "/fbpi/v1/shipment/get", body)
}

/// `POST /fbpi/v1/shipment/noon-logistics-awbs/get`.
pub(super) fn waybills(country: &str) -> Call {
    let body = json!({"country_code": country, "qty": WAYBILLS});
    post(&WAYBILL, "/fbpi/v1/shipment/noon-logistics-awbs/get", body)
}

/// `GET /offer/v1/product/{partner_sku}`.
pub(super) fn product(sku: &str) -> Call {
    get(&PRODUCT, format!("/offer/v1/product/{}", encode(sku)))
}

/// `POST /stock/v1/stock-list`: each SKU at each warehouse.
pub(super) fn stock_list(warehouses: &[String], skus: &[&str]) -> Call {
    let at = |sku: &&str| {
        let sku = (*sku).to_owned();
        warehouses
            .iter()
            .map(move |code| json!({"warehouse_code": code, "partner_sku": sku}))
            .collect::<Vec<_>>()
    };
    let items: Vec<Value> = skus.iter().flat_map(at).collect();
    post(&STOCK_LIST, "/stock/v1/stock-list", json!({"items": items}))
}

/// `POST /stock/v1/stock-update`.
pub(super) fn stock(items: &[Value]) -> Call {
    post(&STOCK, "/stock/v1/stock-update", json!({"items": items}))
}

/// `POST /pricing/v1/pricing/upsert`.
pub(super) fn prices(items: &[Value]) -> Call {
    post(&PRICES, "/pricing/v1/pricing/upsert", json!({"items": items}))
}

/// `POST /v1/export/create` of the service `prefix`.
pub(super) fn export(prefix: &str) -> Call {
    let body = json!({"export_category_code": "noon_catalog_catalogexport", "params": {}});
    post(&EXPORT, format!("{prefix}/v1/export/create"), body)
}

/// `POST /v1/export/status` of the service `prefix`.
pub(super) fn export_status(prefix: &str, code: &str) -> Call {
    post(
        &EXPORT_STATUS,
        format!("{prefix}/v1/export/status"),
        json!({"export_code": code}),
    )
}
