//! Lists: filtered, sorted, counted off and cut to the fields that were asked for.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::State;
use super::body::Failure;
use super::fields::Fields;
use crate::faults::Fault;

/// A query, in order.
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(|(n, _)| n == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn fields(&self) -> Option<Fields> {
        Fields::parse(self.one("fields"))
    }

    fn number(&self, name: &str, otherwise: usize) -> Result<usize, Failure> {
        self.one(name).map_or(Ok(otherwise), |text| {
            text.parse().map_err(|_| {
                Failure::invalid(format!(
                    "Invalid request: Expected type: 'number' for field '{name}'"
                ))
            })
        })
    }

    /// Whether a thing passes the filters by instant. What is no instant breaks the store's query.
    fn since(&self, created: Timestamp, updated: Timestamp) -> Result<bool, Failure> {
        for (name, at) in [("created_at[$gte]", created), ("updated_at[$gte]", updated)] {
            if let Some(text) = self.one(name) {
                let since: Timestamp = text.parse().map_err(|_| Failure::unknown())?;
                if at < since {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether the list is sorted by `updated_at` rather than by `created_at`; several columns break the store's query.
    fn by_updated(&self) -> Result<bool, Failure> {
        match self.one("order") {
            None | Some("created_at") => Ok(false),
            Some("updated_at") => Ok(true),
            Some(_) => Err(Failure::unknown()),
        }
    }

    /// One page of what was found, as `name`.
    fn page(&self, name: &str, found: &[Value], limit: usize, most: usize) -> Result<Value, Failure> {
        let (offset, limit) = (self.number("offset", 0)?, self.number("limit", limit)?.min(most));
        let page = found.iter().skip(offset).take(limit);
        let page: Vec<Value> = match self.fields() {
            Some(fields) => page.map(|one| fields.of(one)).collect(),
            None => page.cloned().collect(),
        };
        Ok(json!({name: page, "count": found.len(), "offset": offset, "limit": limit}))
    }
}

impl State {
    pub(super) fn orders_page(&mut self, query: &Query) -> Result<Value, Failure> {
        let channels = query.all("sales_channel_id[]");
        let mut found = Vec::new();
        for (index, order) in self.orders.iter().enumerate() {
            let sold = channels.is_empty() || channels.contains(&super::json::SALES_CHANNEL);
            if sold && order.visible_at <= self.now && query.since(order.created_at, order.updated_at)? {
                found.push(index);
            }
        }
        let by_updated = query.by_updated()?;
        found.sort_by_key(|index| {
            let order = &self.orders[*index];
            (
                if by_updated {
                    order.updated_at
                } else {
                    order.created_at
                },
                order.id.clone(),
            )
        });
        let found: Vec<Value> = found.into_iter().map(|index| self.order_json(index)).collect();
        let mut page = query.page("orders", &found, 15, self.config.page)?;
        if self
            .faults
            .hits(Fault::UnknownValue, "listOrders", self.now, &mut self.rng)
            && let Some(first) = page["orders"].get_mut(0)
        {
            first["status"] = json!("at_the_florist");
        }
        Ok(page)
    }

    pub(super) fn one_order(&self, id: &str, query: &Query) -> Result<Value, Failure> {
        let index = self
            .orders
            .iter()
            .position(|order| order.id == id && order.visible_at <= self.now);
        let index = index.ok_or_else(|| Failure::not_found(format!("Order id not found: {id}")))?;
        let order = self.order_json(index);
        Ok(json!({"order": query.fields().map_or_else(|| order.clone(), |fields| fields.of(&order))}))
    }

    pub(super) fn returns_page(&self, query: &Query) -> Result<Value, Failure> {
        let mut found = Vec::new();
        for one in &self.returns {
            if query.since(one.updated_at, one.updated_at)? {
                found.push(one);
            }
        }
        query.by_updated()?;
        found.sort_by_key(|one| one.updated_at);
        let found: Vec<Value> = found.into_iter().map(|one| self.return_json(one)).collect();
        query.page("returns", &found, 15, self.config.page)
    }

    pub(super) fn variants_page(&self, query: &Query) -> Result<Value, Failure> {
        let skus = query.all("sku[]");
        let rules = query
            .fields()
            .is_none_or(|fields| fields.has("prices.price_rules"));
        let mut found = Vec::new();
        for variant in &self.variants {
            let named = skus.is_empty() || skus.contains(&variant.config.sku.as_str());
            if named && query.since(variant.created_at, variant.created_at)? {
                found.push(self.variant_json(variant, rules));
            }
        }
        query.by_updated()?;
        query.page("variants", &found, 50, self.config.page)
    }

    pub(super) fn locations_page(&self, query: &Query) -> Result<Value, Failure> {
        let found: Vec<Value> = self
            .config
            .locations
            .iter()
            .map(|l| self.location_json(l))
            .collect();
        query.page("stock_locations", &found, 20, self.config.page)
    }

    pub(super) fn stores_page(&self, query: &Query) -> Result<Value, Failure> {
        query.page("stores", &[self.store_json()], 50, self.config.page)
    }
}
