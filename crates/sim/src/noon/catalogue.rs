//! Stock, prices and products; the catalogue as an export.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Uri;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::protocol::Failure;
use super::{NoonListing, NoonWrite, State};
use crate::faults::Fault;
use crate::time::after_ms;

/// A change taken in and not made yet.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    due: Timestamp,
    sku: String,
    warehouse: String,
    units: u32,
    /// It will be thrown away.
    dropped: bool,
}

fn items(body: &Value) -> Result<&Vec<Value>, Failure> {
    let items = body["items"]
        .as_array()
        .filter(|items| (1..=1_000).contains(&items.len()));
    items.ok_or_else(|| Failure::bad("items: from 1 to 1000"))
}

fn text<'v>(item: &'v Value, name: &str) -> &'v str {
    item[name].as_str().unwrap_or_default()
}

impl State {
    /// `POST /stock/v1/stock-update`: each line by itself.
    pub(super) fn stock_update(&mut self, body: &Value) -> Result<Value, Failure> {
        let mut answers = Vec::new();
        for item in items(body)? {
            let (sku, warehouse) = (text(item, "partner_sku"), text(item, "warehouse_code"));
            let units = item["qty"].as_u64().and_then(|n| u32::try_from(n).ok());
            let code = match (self.listings.contains_key(sku), units) {
                (false, _) => "PARTNER_SKU_NOT_FOUND",
                _ if !self.config.warehouses.iter().any(|code| code == warehouse) => "WAREHOUSE_NOT_FOUND",
                (_, None) => "INVALID_QTY",
                _ if self.refused_skus.contains(sku) => "SKU_BLOCKED",
                (true, Some(units)) => self.take_in(sku, warehouse, units),
            };
            let left = self
                .listings
                .get(sku)
                .map_or(0, |listing| listing.quantities.values().sum());
            self.writes.push(NoonWrite {
                at: self.now,
                sku: sku.to_owned(),
                status: code.to_owned(),
                left,
            });
            answers.push(
                json!({"warehouse_code": warehouse, "partner_sku": sku, "status": {"status_code": code}}),
            );
        }
        Ok(json!({"items": answers}))
    }

    fn take_in(&mut self, sku: &str, warehouse: &str, units: u32) -> &'static str {
        let dropped = self
            .faults
            .hits(Fault::SilentReject, "stockUpdate", self.now, &mut self.rng);
        let slow = self
            .faults
            .hits(Fault::SlowPatch, "stockUpdate", self.now, &mut self.rng);
        let wait = if slow || dropped {
            self.faults.config.slow_patch_ms
        } else {
            0
        };
        self.waiting.push(Waiting {
            due: after_ms(self.now, wait),
            sku: sku.to_owned(),
            warehouse: warehouse.to_owned(),
            units,
            dropped,
        });
        self.make_waiting();
        "OK"
    }

    /// Makes what has fallen due, in the order it was taken in.
    pub(super) fn make_waiting(&mut self) {
        let now = self.now;
        let due: Vec<Waiting> = self
            .waiting
            .extract_if(.., |waiting| waiting.due <= now)
            .collect();
        for waiting in due.into_iter().filter(|waiting| !waiting.dropped) {
            if let Some(listing) = self.listings.get_mut(&waiting.sku) {
                listing.quantities.insert(waiting.warehouse, waiting.units);
            }
        }
    }

    /// `POST /stock/v1/stock-list`.
    pub(super) fn stock_list(&self, body: &Value) -> Result<Value, Failure> {
        let line = |item: &Value| {
            let (sku, warehouse) = (text(item, "partner_sku"), text(item, "warehouse_code"));
            let units = self.listings.get(sku)?.quantities.get(warehouse)?;
            let at = self.now.to_string();
            Some(
                json!({"warehouse_code": warehouse, "partner_sku": sku, "qty": units, "processing_time": 1, "stock_updated_at": at}),
            )
        };
        Ok(json!({"items": items(body)?.iter().filter_map(line).collect::<Vec<_>>()}))
    }

    /// `POST /pricing/v1/pricing/upsert`.
    pub(super) fn price_upsert(&mut self, body: &Value) -> Result<Value, Failure> {
        let mut answers = Vec::new();
        for item in items(body)? {
            let sku = text(item, "partner_sku");
            let country = text(item, "country_code");
            let price = item["price"].is_number().then(|| item["price"].to_string());
            let code = match (self.listings.get_mut(sku), price) {
                (None, _) => "PARTNER_SKU_NOT_FOUND",
                _ if country != self.config.country => "COUNTRY_NOT_FOUND",
                (_, None) => "INVALID_PRICE",
                (Some(listing), Some(price)) => {
                    listing.price = price;
                    "OK"
                }
            };
            answers
                .push(json!({"partner_sku": sku, "country_code": country, "status": {"status_code": code}}));
        }
        Ok(json!({"items": answers}))
    }

    /// `POST /pricing/v1/pricing/get`.
    pub(super) fn price_get(&self, body: &Value) -> Result<Value, Failure> {
        let line = |item: &Value| {
            let listing = self.listings.get(text(item, "partner_sku"))?;
            Some(
                json!({"partner_sku": listing.sku, "country_code": self.config.country, "price": amount(listing)}),
            )
        };
        Ok(json!({"items": items(body)?.iter().filter_map(line).collect::<Vec<_>>()}))
    }

    /// `GET /offer/v1/product/{partner_sku}`.
    pub(super) fn product(&self, sku: &str) -> Result<Value, Failure> {
        let listing = self
            .listings
            .get(sku)
            .ok_or_else(|| Failure::unknown("product"))?;
        let units: u32 = listing.quantities.values().sum();
        let offer = json!({
            "offer_code": format!("O-{sku}"),
            "country_code": self.config.country,
            "business_model": "fbp",
            "price": {"amount": amount(listing), "currency": self.config.currency},
            "is_active": true,
            "active_net_stock": units,
            "live_status": "live",
            "offer_issues": [],
        });
        Ok(
            json!({"partner_sku": sku, "sku": format!("N{sku}A"), "title": listing.title, "brand": "Own", "offers": [offer]}),
        )
    }

    /// `POST /v1/export/create`.
    pub(super) fn create_export(&mut self) -> Value {
        let code = format!("EXP{}", self.number());
        self.exports
            .insert(code.clone(), after_ms(self.now, self.config.export_ms));
        json!({"export_code": code})
    }

    /// `POST /v1/export/status`.
    pub(super) fn export_status(&self, body: &Value, uri: &Uri) -> Result<Value, Failure> {
        let code = text(body, "export_code");
        let due = self.exports.get(code).ok_or_else(|| Failure::unknown("export"))?;
        if *due > self.now {
            return Ok(json!({"status": "RUNNING"}));
        }
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let scheme = uri.scheme_str().unwrap_or("https");
        Ok(json!({"status": "COMPLETE", "download_url": format!("{scheme}://{host}/tables/{code}")}))
    }

    /// The exported table.
    pub(super) fn table(&self) -> Bytes {
        let rows = self
            .listings
            .keys()
            .map(|sku| format!("\"Thing, {sku}\",{sku}\r\n"));
        Bytes::from(format!("Title,Partner SKU\r\n{}", rows.collect::<String>()))
    }

    /// Takes units of a SKU off the shelf; nothing when there are too few.
    pub(super) fn take_units(&mut self, sku: &str, quantity: u32) -> bool {
        let Some(listing) = self.listings.get_mut(sku) else {
            return false;
        };
        let there: u32 = listing.quantities.values().sum();
        if quantity == 0 || there < quantity {
            return false;
        }
        let mut left = quantity;
        for units in listing.quantities.values_mut() {
            let taken = left.min(*units);
            *units -= taken;
            left -= taken;
        }
        true
    }

    /// Puts units back on the first warehouse's shelf.
    pub(super) fn put_back(&mut self, units: &BTreeMap<String, u32>) {
        for (sku, quantity) in units {
            let shelf = self
                .listings
                .get_mut(sku)
                .and_then(|listing| listing.quantities.values_mut().next());
            if let Some(shelf) = shelf {
                *shelf += quantity;
            }
        }
    }
}

/// A price as a number with the digits it was given.
fn amount(listing: &NoonListing) -> Value {
    serde_json::from_str(&listing.price).unwrap_or_default()
}
