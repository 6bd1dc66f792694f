//! Orders: bought, listed by creation, shipped by waybill, out of stock unit by unit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::RngExt;
use serde_json::{Value, json};

use super::protocol::Failure;
use super::{NoonOrder, NoonShipment, NoonUnit, State};
use crate::faults::Fault;
use crate::time::after_ms;

const CONFIRMED: &str = "MP_ITEM_STATUS_CONFIRMED";
const CANCELLED: &str = "MP_ITEM_STATUS_CANCELLED";
const ACKNOWLEDGED: &str = "INTEGRATION_ITEM_STATUS_ACKNOWLEDGED";
const OUT_OF_STOCK: &str = "INTEGRATION_ITEM_STATUS_OUT_OF_STOCK";
const SHIPPED: &str = "INTEGRATION_ITEM_STATUS_SHIPPED";

fn open(unit: &NoonUnit) -> bool {
    unit.mp_status == CONFIRMED && unit.integration_status == ACKNOWLEDGED
}

impl State {
    pub(super) fn buy(&mut self, wanted: &[(&str, u32)], late_ms: u64) -> Option<String> {
        let enough = |(sku, quantity): &(&str, u32)| {
            let there = self
                .listings
                .get(*sku)
                .map(|listing| listing.quantities.values().sum::<u32>());
            there.is_some_and(|there| there >= *quantity)
        };
        if !wanted.iter().all(enough)
            || !wanted
                .iter()
                .all(|(sku, quantity)| self.take_units(sku, *quantity))
        {
            return None;
        }
        let number = self.number();
        let skus = wanted
            .iter()
            .flat_map(|(sku, quantity)| (0..*quantity).map(move |_| (*sku).to_owned()));
        let unit = |(index, sku): (usize, String)| NoonUnit {
            nr: format!("I{number:07}-{index:03}"),
            sku,
            mp_status: CONFIRMED.to_owned(),
            integration_status: ACKNOWLEDGED.to_owned(),
        };
        let drawn = match self
            .faults
            .hits(Fault::LateVisibility, "placeOrder", self.now, &mut self.rng)
        {
            true => self.rng.random_range(0..=self.faults.config.max_late_ms),
            false => 0,
        };
        let nr = format!("F{number:08}");
        let order = NoonOrder {
            nr: nr.clone(),
            units: skus.enumerate().map(unit).collect(),
            created_at: self.now,
            visible_at: after_ms(self.now, self.config.freshness_ms + late_ms.max(drawn)),
        };
        self.orders.insert(nr.clone(), order);
        self.notify("FBPI::ORDER_CREATED", &nr);
        Some(nr)
    }

    pub(super) fn cancel(&mut self, nr: &str) -> bool {
        let Some(order) = self.orders.get_mut(nr) else {
            return false;
        };
        let mut back: BTreeMap<String, u32> = BTreeMap::new();
        for unit in order.units.iter_mut().filter(|unit| open(unit)) {
            CANCELLED.clone_into(&mut unit.mp_status);
            *back.entry(unit.sku.clone()).or_default() += 1;
        }
        self.put_back(&back);
        self.notify("FBPI::ORDER_SYNC", nr);
        !back.is_empty()
    }

    /// `POST /fbpi/v1/fbpi-orders/list`: by creation alone.
    pub(super) fn list_orders(&self, body: &Value, token: Option<&str>) -> Result<Value, Failure> {
        let instant = |name: &str, otherwise: Timestamp| match body[name].as_str() {
            None => Ok(otherwise),
            Some(text) => text
                .parse::<Timestamp>()
                .map_err(|_| Failure::bad(format!("{name} is no instant"))),
        };
        let (after, before) = (
            instant("created_after", Timestamp::MIN)?,
            instant("created_before", Timestamp::MAX)?,
        );
        let warehouse = body["warehouse_code"].as_str().unwrap_or_default();
        if !self.config.warehouses.iter().any(|code| code == warehouse) {
            return Err(Failure::bad("the warehouse is not known"));
        }
        let first = self
            .config
            .warehouses
            .first()
            .is_some_and(|code| code == warehouse);
        let mut found: Vec<&NoonOrder> = self
            .orders
            .values()
            .filter(|o| first && o.visible_at <= self.now && o.created_at >= after && o.created_at <= before)
            .filter(|o| token.is_none_or(|token| o.nr.as_str() > token))
            .collect();
        let more = found.len() > self.config.page;
        found.truncate(self.config.page);
        let next = found.last().filter(|_| more).map_or("", |last| last.nr.as_str());
        let list: Vec<Value> = found
            .iter()
            .map(|o| json!({"fbpi_order_nr": o.nr, "order_created_at": o.created_at.to_string()}))
            .collect();
        Ok(json!({"fbpi_orders": list, "next_token": next}))
    }

    /// `GET /fbpi/v1/fbpi-order/{nr}/get`.
    pub(super) fn get_order(&mut self, nr: &str) -> Result<Value, Failure> {
        let unknown = self
            .faults
            .hits(Fault::UnknownValue, "getOrder", self.now, &mut self.rng);
        let order = self.orders.get(nr).ok_or_else(|| Failure::unknown("order"))?;
        let item = |unit: &NoonUnit| {
            let price = self
                .listings
                .get(&unit.sku)
                .and_then(|l| serde_json::from_str::<Value>(&l.price).ok());
            json!({
                "mp_item_nr": unit.nr,
                "partner_sku": unit.sku,
                "mp_status": unit.mp_status,
                "integration_status": if unknown { "INTEGRATION_ITEM_STATUS_AT_THE_FLORIST" } else { &unit.integration_status },
                "delivered_invoice_price": price,
            })
        };
        Ok(json!({
            "fbpi_order_nr": order.nr,
            "mp_code": "noon",
            "mp_order_nr": format!("N{}", order.nr),
            "mp_country_code": self.config.country,
            "customer_country_code": self.config.country,
            "merchant_code": "STR1",
            "currency_code": self.config.currency,
            "warehouse_code": self.config.warehouses.first(),
            "items": order.units.iter().map(item).collect::<Vec<_>>(),
            "order_created_at": order.created_at.to_string(),
        }))
    }

    /// `POST /fbpi/v1/fbpi-order/update`: units that are not there. They stay off the shelf: there are none.
    pub(super) fn update_order(&mut self, body: &Value) -> Result<Value, Failure> {
        let nr = body["fbpi_order_nr"].as_str().unwrap_or_default().to_owned();
        let order = self
            .orders
            .get_mut(&nr)
            .ok_or_else(|| Failure::unknown("order"))?;
        let asked = body["items"]
            .as_array()
            .ok_or_else(|| Failure::bad("items are missing"))?;
        for item in asked {
            if item["status"] != "UPDATE_ORDER_REQUEST_ITEM_STATUS_OUT_OF_STOCK" {
                return Err(Failure::bad("a unit can be declared out of stock, nothing else"));
            }
            let unit = order
                .units
                .iter_mut()
                .find(|unit| item["mp_item_nr"] == json!(unit.nr));
            let unit = unit.ok_or_else(|| Failure::unknown("unit"))?;
            if unit.integration_status == SHIPPED {
                return Err(Failure::bad("the unit is shipped"));
            }
            OUT_OF_STOCK.clone_into(&mut unit.integration_status);
        }
        self.notify("FBPI::ORDER_SYNC", &nr);
        Ok(json!({}))
    }

    /// `POST /fbpi/v1/shipment/noon-logistics-awbs/get`.
    pub(super) fn give_out(&mut self, body: &Value) -> Result<Value, Failure> {
        let count = body["qty"].as_u64().filter(|count| (1..=1_000).contains(count));
        let count = count.ok_or_else(|| Failure::bad("qty: from 1 to 1000"))?;
        if body["country_code"] != json!(self.config.country) {
            return Err(Failure::bad("the country is not known"));
        }
        let numbers: Vec<String> = (0..count).map(|_| format!("AWB{:09}", self.number())).collect();
        self.given_out.extend(numbers.iter().cloned());
        Ok(json!({"awb_nrs": numbers}))
    }

    /// `POST /fbpi/v1/shipment/create`: the same number again is no other shipment.
    pub(super) fn create_shipment(&mut self, body: &Value) -> Result<Value, Failure> {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (number, nr) = (text("integration_shipment_nr"), text("fbpi_order_nr"));
        let waybill = &body["awbs"][0];
        let courier = waybill["courier"].as_str().unwrap_or_default().to_owned();
        let awb = waybill["awb_nr"].as_str().unwrap_or_default().to_owned();
        let units: Vec<String> = body["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| item["mp_item_nr"].as_str().map(str::to_owned))
            .collect();
        if number.is_empty() || awb.is_empty() || courier.is_empty() || units.is_empty() {
            return Err(Failure::bad("a shipment has a number, a waybill and units"));
        }
        if self.shipments.contains_key(&number) {
            return Ok(json!({}));
        }
        if courier == "noon" && !self.given_out.contains(&awb) {
            return Err(Failure::bad("the waybill was not given out"));
        }
        let order = self
            .orders
            .get_mut(&nr)
            .ok_or_else(|| Failure::unknown("order"))?;
        if !units
            .iter()
            .all(|nr| order.units.iter().any(|unit| unit.nr == *nr && open(unit)))
        {
            return Err(Failure::bad("a unit is not open"));
        }
        for unit in order.units.iter_mut().filter(|unit| units.contains(&unit.nr)) {
            SHIPPED.clone_into(&mut unit.integration_status);
        }
        let shipment = NoonShipment {
            number: number.clone(),
            order: nr.clone(),
            waybill: (courier, awb),
            units,
        };
        self.shipments.insert(number, shipment);
        self.notify("FBPI::ORDER_SYNC", &nr);
        Ok(json!({}))
    }

    /// `POST /fbpi/v1/shipment/get`.
    pub(super) fn get_shipment(&self, body: &Value) -> Result<Value, Failure> {
        let number = body["integration_shipment_nr"].as_str().unwrap_or_default();
        let shipment = self
            .shipments
            .get(number)
            .ok_or_else(|| Failure::unknown("shipment"))?;
        let (courier, awb) = &shipment.waybill;
        Ok(json!({
            "integration_shipment_nr": shipment.number,
            "fbpi_order_nr": shipment.order,
            "awbs": [{"courier": courier, "awb_nr": awb}],
            "items": shipment.units.iter().map(|nr| json!({"mp_item_nr": nr})).collect::<Vec<_>>(),
        }))
    }

    /// `POST /fbpi/v1/sandbox-order/create`.
    pub(super) fn sandbox_order(&mut self, body: &Value) -> Result<Value, Failure> {
        let key = body["idempotency_key"].as_str().unwrap_or_default();
        if key.is_empty() || key.len() > 10 {
            return Err(Failure::bad("idempotency_key has up to 10 characters"));
        }
        let skus: Vec<String> = body["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| item["partner_sku"].as_str().map(str::to_owned))
            .collect();
        let wanted: Vec<(&str, u32)> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
        let nr = self
            .buy(&wanted, 0)
            .ok_or_else(|| Failure::bad("there is not enough of it"))?;
        Ok(json!({"fbpi_order_nr": nr}))
    }
}
