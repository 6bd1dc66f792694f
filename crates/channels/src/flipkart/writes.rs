//! Quantities and prices: maps by SKU, at most ten, each answered by itself inside a 200.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use stockbridge_domain::channel::{
    ChannelError, Fault, ItemOutcome, ItemResult, Level, PriceLevel, PriceSink, StockSink,
};
use stockbridge_domain::{BoxFut, Sku};

use super::client::{self, Call};
use super::{FlipkartConnection, wire};
use crate::call::Operation;
use crate::plain;

/// What goes to Flipkart for one SKU, or why nothing does.
type Item<'a> = (&'a Sku, Result<Value, ChannelError>);

impl StockSink for FlipkartConnection {
    fn set<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let items: Vec<Item<'_>> = levels
                .iter()
                .map(|level| (&level.sku, self.inventory_of(level)))
                .collect();
            self.batch(&client::INVENTORY, client::inventory, items).await
        })
    }
}

impl PriceSink for FlipkartConnection {
    fn set<'a>(&'a self, prices: &'a [PriceLevel]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            // A price is sent together with the printed maximum (MRP), which stays what it is.
            let skus: Vec<&str> = prices.iter().map(|price| price.sku.as_str()).collect();
            let answer = match self
                .api
                .call(&client::details(&client::DETAILS_OF_TWO, &skus))
                .await
            {
                Ok(answer) => answer.read::<wire::DetailsPage>(&client::DETAILS_OF_TWO),
                Err(error) => Err(error),
            };
            let details = match answer {
                Ok(page) => page.available,
                Err(error) => {
                    let stopped =
                        |price: &PriceLevel| result(&price.sku, ItemOutcome::NotApplied(error.clone()));
                    return prices.iter().map(stopped).collect();
                }
            };
            let item = |price: &'a PriceLevel| (&price.sku, price_of(price, &details));
            self.batch(&client::PRICE, client::price, prices.iter().map(item).collect())
                .await
        })
    }
}

fn result(sku: &Sku, outcome: ItemOutcome) -> ItemResult {
    ItemResult {
        sku: sku.clone(),
        outcome,
    }
}

/// The largest number Flipkart's fields hold.
const MOST: i64 = i32::MAX as i64;

impl FlipkartConnection {
    fn inventory_of(&self, level: &Level) -> Result<Value, ChannelError> {
        let refused = |fault, message: &str| ChannelError::new(fault, client::INVENTORY.name, message);
        let product = level
            .handle
            .as_deref()
            .filter(|handle| !handle.is_empty())
            .ok_or_else(|| {
                refused(
                    Fault::Conflict,
                    "Flipkart's product id (FSN) is not known yet; it comes with the listings",
                )
            })?;
        let mut parts: Vec<(&str, i64)> = level
            .parts
            .iter()
            .map(|part| (part.location.as_str(), part.quantity))
            .collect();
        if parts.is_empty() {
            let location = self.settings.default_location.as_deref().ok_or_else(|| {
                let message = "the listing has no location yet; enter yours in the option `location_ids`";
                refused(Fault::Rejected, message)
            })?;
            parts.push((location, level.quantity));
        }
        if parts.iter().any(|(_, quantity)| !(0..=MOST).contains(quantity)) {
            return Err(refused(
                Fault::Rejected,
                "Flipkart takes quantities from 0 to 2147483647",
            ));
        }
        let location =
            |(id, quantity): &(&str, i64)| json!({"id": id, "status": "ENABLED", "inventory": quantity});
        Ok(json!({"product_id": product, "locations": parts.iter().map(location).collect::<Vec<_>>()}))
    }

    /// Sends a batch and answers for each item. What stops the whole batch stops each item in the same way.
    async fn batch(
        &self,
        operation: &'static Operation,
        build: fn(Value) -> Call,
        items: Vec<Item<'_>>,
    ) -> Vec<ItemResult> {
        let sendable = items.iter().filter_map(|(sku, item)| {
            let body = item.as_ref().ok()?;
            Some((sku.as_str().to_owned(), body.clone()))
        });
        let body: Map<String, Value> = sendable.collect();
        let answered = if body.is_empty() {
            Ok(BTreeMap::new())
        } else {
            self.updated(operation, &build(Value::Object(body))).await
        };
        let outcome_of = |sku: &Sku, item: Result<Value, ChannelError>| match (item, &answered) {
            (Err(error), _) => ItemOutcome::NotApplied(error),
            (Ok(_), Err(whole)) => whole.clone(),
            (Ok(_), Ok(answers)) => match answers.get(sku.as_str()) {
                Some(answer) => outcome(operation, answer),
                None => unclear(operation, "Flipkart did not answer for this SKU; it is looked up"),
            },
        };
        items
            .into_iter()
            .map(|(sku, item)| result(sku, outcome_of(sku, item)))
            .collect()
    }

    /// Performs an update; an error is what became of every item.
    async fn updated(
        &self,
        operation: &'static Operation,
        call: &Call,
    ) -> Result<BTreeMap<String, wire::Updated>, ItemOutcome> {
        let answer = match self.api.call(call).await {
            Ok(answer) => answer,
            Err(e) if e.fault == Fault::Ambiguous => return Err(ItemOutcome::Unknown(e)),
            Err(e) => return Err(ItemOutcome::NotApplied(e)),
        };
        answer.read(operation).map_err(|e| {
            let message = format!("{}; the change may have been made and is looked up", e.message);
            ItemOutcome::Unknown(answer.blame(ChannelError::new(Fault::Ambiguous, operation.name, message)))
        })
    }
}

fn unclear(operation: &Operation, message: &str) -> ItemOutcome {
    ItemOutcome::Unknown(ChannelError::new(Fault::Ambiguous, operation.name, message))
}

/// What became of one SKU. Flipkart answers before the site shows the change, so a success is taken in, not in force.
fn outcome(operation: &Operation, answer: &wire::Updated) -> ItemOutcome {
    let errors = || answer.errors.iter().chain(&answer.attribute_errors);
    let error = errors()
        .find(|e| e.severity != "WARNING")
        .or_else(|| errors().next());
    match answer.status.as_str() {
        "SUCCESS" | "WARNING" => ItemOutcome::Accepted { receipt: None },
        "FAILURE" => {
            let said = error.and_then(|e| e.description.as_deref()).map(plain::line);
            let message = said.unwrap_or_else(|| "Flipkart refused the change without saying why".to_owned());
            let refused = ChannelError::new(Fault::Rejected, operation.name, message);
            ItemOutcome::NotApplied(match error.and_then(|e| e.code) {
                Some(code) => refused.with_code(code.to_string()),
                None => refused,
            })
        }
        other => {
            let word = plain::line(other);
            unclear(
                operation,
                &format!("the outcome `{word}` is not known; it is looked up"),
            )
        }
    }
}

fn price_of(price: &PriceLevel, details: &BTreeMap<String, wire::Raw>) -> Result<Value, ChannelError> {
    let refused = |fault, message: &str| ChannelError::new(fault, client::PRICE.name, message);
    if price.price.currency().code() != "INR" {
        return Err(refused(
            Fault::Rejected,
            "Flipkart takes prices in INR; choose that currency for the price",
        ));
    }
    let paise = price.price.minor();
    if paise % 100 != 0 || !(1..=MOST).contains(&(paise / 100)) {
        let message = "Flipkart takes prices in whole rupees, from 1; round the price with a price rule";
        return Err(refused(Fault::Rejected, message));
    }
    let raw = details.get(price.sku.as_str());
    let raw = raw.ok_or_else(|| refused(Fault::NotFound, "Flipkart does not know the SKU"))?;
    let now: wire::Details = serde_json::from_str(raw.get()).map_err(|e| {
        refused(
            Fault::Contract,
            &format!("its details cannot be read: {}", plain::line(&e.to_string())),
        )
    })?;
    let mrp = now.price.map(|now| now.mrp);
    let mrp = mrp.ok_or_else(|| {
        refused(
            Fault::Rejected,
            "the listing has no MRP, without which Flipkart takes no price; enter it in the Seller dashboard",
        )
    })?;
    Ok(json!({
        "product_id": now.product_id,
        "price": {"mrp": mrp, "selling_price": paise / 100, "currency": "INR"},
    }))
}
