//! Variants, locations and the store as the Admin API shows them, whole; what was not asked for is cut off later.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{MedusaLocation, Price, State, Units, Variant};

/// The one sales channel.
pub(super) const SALES_CHANNEL: &str = "sc_web";

impl Variant {
    pub(super) fn id(&self) -> String {
        format!("variant_{:026}", self.number)
    }

    pub(super) fn product_id(&self) -> String {
        format!("prod_{:026}", self.number)
    }

    pub(super) fn item_id(&self) -> String {
        format!("iitem_{:026}", self.number)
    }
}

/// Instants have milliseconds, as JavaScript writes them.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

pub(super) fn level(item: &str, location: &str, units: Units, at: Timestamp) -> Value {
    json!({
        "id": format!("ilev_{item}_{location}"),
        "inventory_item_id": item,
        "location_id": location,
        "stocked_quantity": units.stocked,
        "reserved_quantity": units.reserved,
        "incoming_quantity": 0,
        "available_quantity": units.stocked - units.reserved,
        "metadata": null,
        "created_at": instant(at),
        "updated_at": instant(at),
        "deleted_at": null,
    })
}

fn sales_channel(at: Timestamp) -> Value {
    json!({"id": SALES_CHANNEL, "name": "Web shop", "description": null, "is_disabled": false, "metadata": null,
        "created_at": instant(at), "updated_at": instant(at), "deleted_at": null})
}

impl State {
    pub(super) fn store_json(&self) -> Value {
        json!({"id": "store_1", "name": self.config.name, "supported_currencies": [
            {"id": "stocur_1", "currency_code": self.config.currency, "is_default": true}]})
    }

    pub(super) fn location_json(&self, location: &MedusaLocation) -> Value {
        let channels = if location.linked {
            json!([sales_channel(self.now)])
        } else {
            json!([])
        };
        json!({"id": location.id, "name": location.name, "metadata": null, "address_id": "laddr_1", "sales_channels": channels})
    }

    /// A variant; the rules of its prices are there only `with_rules`, and otherwise look empty.
    pub(super) fn variant_json(&self, variant: &Variant, with_rules: bool) -> Value {
        let config = &variant.config;
        let price = |price: &Price| {
            json!({"id": price.id, "title": "", "currency_code": price.currency, "amount": price.amount,
                "min_quantity": price.min, "max_quantity": price.max, "price_set_id": "pset_1", "raw_amount": {},
                "variant_id": variant.id(), "rules": if with_rules { Value::Object(price.rules.clone()) } else { json!({}) },
                "created_at": instant(variant.created_at), "updated_at": instant(variant.created_at), "deleted_at": null})
        };
        let levels: Vec<Value> = self
            .levels
            .iter()
            .filter(|((sku, _), _)| *sku == config.sku)
            .map(|((_, location), units)| level(&variant.item_id(), location, *units, variant.created_at))
            .collect();
        let link = json!([{"id": format!("pvitem_{}", variant.number), "variant_id": variant.id(),
            "inventory_item_id": variant.item_id(), "required_quantity": config.per.max(1),
            "inventory": {"id": variant.item_id(), "sku": config.sku, "title": config.sku, "requires_shipping": true,
                "stocked_quantity": null, "reserved_quantity": null, "location_levels": levels}}]);
        json!({
            "id": variant.id(),
            "sku": if config.sku.is_empty() { Value::Null } else { json!(config.sku) },
            "title": "Plain",
            "barcode": null,
            "ean": if config.ean.is_empty() { Value::Null } else { json!(config.ean) },
            "upc": null,
            "product_id": variant.product_id(),
            "manage_inventory": !config.unmanaged,
            "allow_backorder": false,
            "created_at": instant(variant.created_at),
            "updated_at": instant(variant.created_at),
            "deleted_at": null,
            "product": {"id": variant.product_id(), "title": config.product_title(), "status": "published", "thumbnail": null, "images": [],
                "sales_channels": [sales_channel(variant.created_at)]},
            "prices": variant.prices.iter().map(price).collect::<Vec<_>>(),
            "inventory_items": if config.unmanaged { json!([]) } else { link },
        })
    }
}
