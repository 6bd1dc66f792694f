//! Batches: each item by itself, and too large ones only in part.

use serde_json::{Value, json};

use super::protocol::Failure;
use super::{State, WooManage, WooWrite};

/// What a batch came to.
pub(super) enum Batch {
    /// Every item was answered.
    Answered(Value),
    /// The host gave up; items before it were made.
    TimedOut,
}

impl State {
    /// `POST /products/batch` and `POST /products/{parent}/variations/batch`.
    pub(super) fn batch(&mut self, parent: Option<u64>, body: &Value) -> Result<Batch, Failure> {
        let updates = body["update"].as_array().cloned().unwrap_or_default();
        if updates.len() > 100 {
            return Err(Failure::new(
                413,
                "woocommerce_rest_request_entity_too_large",
                "Unable to accept more than 100 items for this request.",
            ));
        }
        let mut answers = Vec::new();
        for (n, change) in updates.iter().enumerate() {
            if n >= self.config.most_batch {
                return Ok(Batch::TimedOut);
            }
            answers.push(self.change(parent, change));
        }
        Ok(Batch::Answered(json!({"update": answers})))
    }

    fn change(&mut self, parent: Option<u64>, change: &Value) -> Value {
        let id = change["id"].as_u64().unwrap_or_default();
        let invalid = json!({"id": id, "error": {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID.", "data": {"status": 400}}});
        let Some(item) = self.items.get_mut(&id).filter(|item| item.parent == parent) else {
            return invalid;
        };
        if let Some(price) = change["regular_price"].as_str() {
            price.clone_into(&mut item.given.price);
        }
        // A quantity of what is not counted is taken without a word and forgotten.
        let quantity = change["stock_quantity"]
            .as_i64()
            .filter(|_| item.given.manage == WooManage::Own);
        if let Some(quantity) = quantity {
            self.writes.push(WooWrite {
                at: self.now,
                item: id,
                before: item.given.stock,
                quantity,
            });
            self.set_stock(id, quantity);
        }
        match self.items.get(&id) {
            Some(item) => self.product_json(id, item),
            None => invalid,
        }
    }
}
