//! Products and variations: kept, listed, and counted.

use serde_json::{Value, json};

use super::protocol::{Failure, Paged, Query};
use super::{Item, State, WooManage, WooProduct};

impl State {
    pub(super) fn add_product(&mut self, product: WooProduct) -> u64 {
        let id = self.id();
        let mut children = Vec::new();
        for variation in &product.variations {
            let child = self.id();
            children.push(child);
            self.keep(child, Some(id), Vec::new(), variation.clone());
        }
        self.keep(id, None, children, product);
        self.happened("product.created", id);
        id
    }

    fn keep(&mut self, id: u64, parent: Option<u64>, children: Vec<u64>, given: WooProduct) {
        let item = Item {
            parent,
            children,
            given,
            status: "publish".to_owned(),
            modified_at: self.now,
        };
        self.items.insert(id, item);
    }

    pub(super) fn remove_product(&mut self, sku: &str) {
        let found = self
            .items
            .iter()
            .find(|(_, item)| item.given.sku == sku)
            .map(|(id, _)| *id);
        if let Some(id) = found {
            let children = self
                .items
                .remove(&id)
                .map(|item| item.children)
                .unwrap_or_default();
            self.items.retain(|id, _| !children.contains(id));
            self.happened("product.deleted", id);
        }
    }

    /// The product or variation a buyer would get under this code.
    pub(super) fn item_by_sku(&self, sku: &str) -> Option<u64> {
        let mut found = self
            .items
            .iter()
            .filter(|(_, item)| item.children.is_empty() && item.given.sku == sku);
        found.next().map(|(id, _)| *id)
    }

    pub(super) fn move_stock(&mut self, item: u64, by: i64) {
        let stock = self.items.get(&item).map(|item| item.given.stock);
        if let Some(stock) = stock {
            self.set_stock(item, stock + by);
        }
    }

    pub(super) fn set_stock(&mut self, id: u64, quantity: i64) {
        let now = self.now;
        if let Some(item) = self.items.get_mut(&id) {
            item.given.stock = quantity;
            item.modified_at = now;
            self.happened("product.updated", id);
        }
    }

    pub(super) fn products_page(&self, query: &Query) -> Paged {
        let skus = query
            .one("sku")
            .map(|skus| skus.split(',').map(str::to_owned).collect::<Vec<_>>());
        let ids = query.ids("include");
        let found = self.items.iter().filter(|(id, item)| match &skus {
            Some(skus) => {
                skus.contains(&item.given.sku) && (item.parent.is_none() || self.config.sku_finds_variations)
            }
            None => item.parent.is_none() && (ids.is_empty() || ids.contains(id)),
        });
        query.page(found.map(|(id, item)| self.product_json(*id, item)).collect())
    }

    pub(super) fn variations_page(&self, parent: u64, query: &Query) -> Result<Paged, Failure> {
        let product = self
            .items
            .get(&parent)
            .ok_or_else(|| Failure::invalid_id("product"))?;
        let ids = query.ids("include");
        let children = product
            .children
            .iter()
            .filter(|id| ids.is_empty() || ids.contains(id));
        let found = children.filter_map(|id| Some(self.product_json(*id, self.items.get(id)?)));
        Ok(query.page(found.collect()))
    }

    pub(super) fn product_json(&self, id: u64, item: &Item) -> Value {
        let given = &item.given;
        let parent = item.parent.and_then(|parent| self.items.get(&parent));
        let counted = given.manage == WooManage::Own;
        let kind = match (item.parent, item.children.is_empty()) {
            (Some(_), _) => "variation",
            (None, true) => "simple",
            (None, false) => "variable",
        };
        // A variation without a code of its own gives out its product's.
        let sku = match (given.sku.as_str(), parent) {
            ("", Some(parent)) => parent.given.sku.as_str(),
            (sku, _) => sku,
        };
        let on_sale = !given.sale_price.is_empty();
        let mut shown = json!({
            "id": id, "parent_id": item.parent.unwrap_or(0), "name": given.name, "type": kind, "status": item.status, "sku": sku,
            "price": if on_sale { &given.sale_price } else { &given.price }, "regular_price": given.price,
            "sale_price": given.sale_price, "on_sale": on_sale,
            "date_modified_gmt": super::gmt(item.modified_at),
            "manage_stock": match given.manage {
                WooManage::Own => json!(true),
                WooManage::Not => json!(false),
                WooManage::Parent => json!("parent"),
            },
            "stock_quantity": if counted { json!(given.stock) } else { Value::Null },
            "stock_status": if counted && given.stock <= 0 { "outofstock" } else { "instock" },
            "backorders": "no", "variations": item.children, "meta_data": [],
            "attributes": if item.parent.is_some() { json!([{"id": 1, "name": "Kind", "option": given.name}]) } else { json!([]) },
        });
        if let Some(barcode) = &given.barcode {
            shown["global_unique_id"] = json!(barcode);
        }
        shown
    }
}
