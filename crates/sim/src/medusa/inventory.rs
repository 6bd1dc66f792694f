//! Stocked units and prices: what is counted, what is written.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::body::{Failure, LevelBatch, VariantUpdate};
use super::{MedusaWrite, Price, State, Units, Variant};

impl State {
    pub(super) fn variant(&self, sku: &str) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.config.sku == sku)
    }

    /// Units of a variant that buyers can buy at one location.
    pub(super) fn sellable_at(&self, sku: &str, location: &str) -> i64 {
        let per = self
            .variant(sku)
            .map_or(1, |variant| i64::from(variant.config.per.max(1)));
        let units = self.levels.get(&(sku.to_owned(), location.to_owned()));
        units.map_or(0, |units| (units.stocked - units.reserved).div_euclid(per))
    }

    /// Units of a variant that buyers can buy.
    pub(super) fn sellable(&self, sku: &str) -> i64 {
        let linked = self.config.locations.iter().filter(|location| location.linked);
        linked
            .map(|location| self.sellable_at(sku, &location.id).max(0))
            .sum()
    }

    pub(super) fn count(&mut self, sku: &str, location: &str, stocked: u32) {
        let units = self
            .levels
            .entry((sku.to_owned(), location.to_owned()))
            .or_default();
        units.stocked = i64::from(stocked);
    }

    pub(super) fn price_region(&mut self, sku: &str, region: &str, amount: &str) {
        let price = Price {
            id: self.id("price"),
            currency: self.config.currency.clone(),
            amount: amount.parse().unwrap_or(Value::Null),
            min: Value::Null,
            max: Value::Null,
            rules: Map::from_iter([("region_id".to_owned(), json!(region))]),
        };
        if let Some(variant) = self.variants.iter_mut().find(|variant| variant.config.sku == sku) {
            variant.prices.push(price);
        }
    }

    /// Stocked units of several items at once, all of them or none.
    pub(super) fn set_levels(&mut self, batch: &LevelBatch) -> Result<Value, Failure> {
        let mut changed = Vec::new();
        for (new, level) in batch
            .create
            .iter()
            .map(|l| (true, l))
            .chain(batch.update.iter().map(|l| (false, l)))
        {
            if level.stocked_quantity < 0 {
                return Err(Failure::invalid(
                    "Invalid request: Value for field 'update, 0, stocked_quantity' too small, expected at least: '0'",
                ));
            }
            let item = &level.inventory_item_id;
            let sku = self
                .variants
                .iter()
                .find(|v| v.item_id() == *item)
                .map(|v| v.config.sku.clone());
            let key = (sku.unwrap_or_default(), level.location_id.clone());
            match (new, self.levels.contains_key(&key)) {
                (true, true) => {
                    return Err(Failure::invalid(format!(
                        "Inventory level with inventory_item_id: {item}, location_id: {}, already exists.",
                        level.location_id
                    )));
                }
                (false, false) => {
                    let message = format!("Item {item} is not stocked at location {}", level.location_id);
                    return Err(Failure::not_found(message));
                }
                _ => changed.push((key, level.stocked_quantity)),
            }
        }
        let created = batch.create.len();
        let mut levels = Vec::new();
        for ((sku, location), stocked) in changed {
            let units = self.levels.entry((sku.clone(), location.clone())).or_default();
            units.stocked = stocked;
            let units = *units;
            self.writes.push(MedusaWrite {
                at: self.now,
                stocked: u32::try_from(stocked).unwrap_or(u32::MAX),
                available: units.stocked - units.reserved,
                sku: sku.clone(),
                location: location.clone(),
            });
            let item = self.variant(&sku).map(Variant::item_id).unwrap_or_default();
            levels.push(self.level_json(&item, &location, units));
        }
        let updated = levels.split_off(created);
        Ok(json!({"created": levels, "updated": updated, "deleted": []}))
    }

    /// The whole set of a variant's prices; those that are not in it are gone.
    pub(super) fn set_prices(&mut self, variant_id: &str, update: VariantUpdate) -> Result<Value, Failure> {
        let index = self
            .variants
            .iter()
            .position(|variant| variant.id() == variant_id)
            .ok_or_else(|| Failure::not_found(format!("Variant with id: {variant_id} was not found")))?;
        let known: BTreeSet<String> = self.variants[index]
            .prices
            .iter()
            .map(|price| price.id.clone())
            .collect();
        let mut prices = Vec::new();
        for price in update.prices {
            if let Some(unknown) = price.id.as_ref().filter(|id| !known.contains(*id)) {
                return Err(Failure::invalid(format!(
                    "Price with id {unknown} is not of the variant"
                )));
            }
            if !price.amount.is_number() {
                return Err(Failure::invalid(
                    "Invalid request: Expected type: 'number' for field 'prices, 0, amount'",
                ));
            }
            prices.push(Price {
                id: match price.id {
                    Some(id) => id,
                    None => self.id("price"),
                },
                currency: price.currency_code,
                amount: price.amount,
                min: price.min_quantity,
                max: price.max_quantity,
                rules: price.rules,
            });
        }
        self.variants[index].prices = prices;
        let product = self.variants[index].product_id();
        self.note("product-variant.updated", json!({"id": variant_id}));
        Ok(json!({"product": {"id": product}}))
    }

    fn level_json(&self, item: &str, location: &str, units: Units) -> Value {
        super::json::level(item, location, units, self.now)
    }
}
