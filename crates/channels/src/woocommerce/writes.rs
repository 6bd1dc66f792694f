//! Quantities and prices, in batches whose items are answered one by one.
//!
//! A quantity overwrites whatever is there: the API can neither compare nor add. The answer shows the product as it is
//! after the change, so an item counts as in force only where the answer has the quantity that was asked for.

use std::collections::BTreeMap;

use serde_json::Value;
use stockbridge_domain::channel::{
    ChannelError, Fault, ItemOutcome, ItemResult, Level, PriceLevel, PriceSink, StockSink,
};
use stockbridge_domain::{BoxFut, Money, Sku};

use super::client::Call;
use super::error::clean;
use super::listing_read::Target;
use super::sent::{self, Change};
use super::wire::{self, Product};
use super::{WooConnection, client};
use crate::call::Operation;

impl StockSink for WooConnection {
    fn set<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let items = levels.iter().map(|level| Item {
                sku: &level.sku,
                handle: level.handle.as_deref(),
                asked: Asked::Quantity(level.quantity),
            });
            self.write(items.collect()).await
        })
    }
}

impl PriceSink for WooConnection {
    fn set<'a>(&'a self, prices: &'a [PriceLevel]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let items = prices.iter().map(|level| Item {
                sku: &level.sku,
                handle: level.handle.as_deref(),
                asked: Asked::Price(level.price),
            });
            self.write(items.collect()).await
        })
    }
}

/// What is asked of one listing.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Quantity(i64),
    Price(Money),
}

struct Item<'a> {
    sku: &'a Sku,
    handle: Option<&'a str>,
    asked: Asked,
}

impl Item<'_> {
    fn change(&self, id: u64) -> Change {
        let (stock_quantity, regular_price) = match self.asked {
            Asked::Quantity(units) => (Some(units), None),
            Asked::Price(price) => (None, Some(price.amount())),
        };
        Change {
            id,
            stock_quantity,
            regular_price,
        }
    }
}

impl WooConnection {
    /// Writes items where each belongs; answers for each of them, in order.
    async fn write(&self, items: Vec<Item<'_>>) -> Vec<ItemResult> {
        let mut outcomes: Vec<Option<ItemOutcome>> = items.iter().map(|_| None).collect();
        let groups = self.groups(&items, &mut outcomes).await;
        let mut stopped: Option<ChannelError> = None;
        for (parent, members) in groups {
            let mut rest = members.as_slice();
            while !rest.is_empty() {
                let (batch, later) = rest.split_at(self.api.memory.batch().min(rest.len()));
                rest = later;
                // What keeps one batch from the shop keeps the others from it as well.
                let answered = match &stopped {
                    Some(error) => batch
                        .iter()
                        .map(|_| ItemOutcome::NotApplied(error.clone()))
                        .collect(),
                    None => self.batch(parent, batch, &items, &mut stopped).await,
                };
                for ((index, _), outcome) in batch.iter().zip(answered) {
                    outcomes[*index] = Some(outcome);
                }
            }
        }
        let result = |(item, outcome): (&Item<'_>, Option<ItemOutcome>)| ItemResult {
            sku: item.sku.clone(),
            outcome: outcome.unwrap_or_else(|| ItemOutcome::NotApplied(unknown_product())),
        };
        items.iter().zip(outcomes).map(result).collect()
    }

    /// Items by the batch they belong to: products, and the variations of each product. What has no handle yet is looked
    /// up by its SKU; what cannot be written is answered at once.
    async fn groups(
        &self,
        items: &[Item<'_>],
        outcomes: &mut [Option<ItemOutcome>],
    ) -> BTreeMap<Option<u64>, Vec<(usize, u64)>> {
        let mut groups: BTreeMap<Option<u64>, Vec<(usize, u64)>> = BTreeMap::new();
        let unhandled: Vec<&str> = items
            .iter()
            .filter(|item| item.handle.and_then(Target::parse).is_none())
            .map(|item| item.sku.as_str())
            .collect();
        let looked_up = if unhandled.is_empty() {
            Ok(Vec::new())
        } else {
            self.look_up(&unhandled).await
        };
        for (index, item) in items.iter().enumerate() {
            let target = match item.handle.and_then(Target::parse) {
                Some(target) => Ok(target),
                None => match &looked_up {
                    Ok(found) => {
                        let found = found.iter().find(|product| product.sku == item.sku.as_str());
                        found.map(Target::of).ok_or_else(unknown_product)
                    }
                    Err(e) => Err(e.clone()),
                },
            };
            match target {
                Ok(target) => groups.entry(target.parent).or_default().push((index, target.id)),
                Err(error) => outcomes[index] = Some(ItemOutcome::NotApplied(error)),
            }
        }
        if let Some(refusal) = self.foreign_currency(items) {
            for (index, item) in items.iter().enumerate() {
                if matches!(item.asked, Asked::Price(price) if Some(price.currency()) != self.known_currency())
                {
                    groups
                        .values_mut()
                        .for_each(|members| members.retain(|(other, _)| *other != index));
                    outcomes[index] = Some(ItemOutcome::NotApplied(refusal.clone()));
                }
            }
        }
        groups
    }

    /// Why prices of another currency than the shop's are not written; `None` where there are none.
    fn foreign_currency(&self, items: &[Item<'_>]) -> Option<ChannelError> {
        let ours = self.known_currency()?;
        let foreign = items.iter().find_map(|item| match item.asked {
            Asked::Price(price) if price.currency() != ours => Some(price.currency()),
            _ => None,
        })?;
        let message = format!(
            "the shop sells in {}, so a price in {} cannot be set",
            ours.code(),
            foreign.code()
        );
        Some(ChannelError::new(
            Fault::Rejected,
            client::PRODUCT_BATCH.name,
            message,
        ))
    }

    async fn look_up(&self, skus: &[&str]) -> Result<Vec<Product>, ChannelError> {
        self.api
            .call(&client::products_by_sku(skus))
            .await?
            .read(&client::PRODUCTS)
            // Looking up changed nothing, whatever came back.
            .map_err(|e| ChannelError {
                fault: Fault::Unavailable,
                ..e
            })
    }

    /// Sends one batch. What stops it as a whole stops each item in the same way.
    async fn batch(
        &self,
        parent: Option<u64>,
        members: &[(usize, u64)],
        items: &[Item<'_>],
        stopped: &mut Option<ChannelError>,
    ) -> Vec<ItemOutcome> {
        let update = members
            .iter()
            .map(|(index, id)| items[*index].change(*id))
            .collect();
        let call = client::batch(parent, &sent::BatchBody { update });
        let read = match self.api.call(&call).await {
            Ok(answer) => answer.read::<wire::BatchAnswer>(call.operation),
            Err(e) => Err(e),
        };
        match read {
            Ok(answer) => {
                self.api.memory.batch_went_well(members.len());
                members
                    .iter()
                    .map(|(index, id)| outcome(&call, &answer.update, *id, items[*index].asked))
                    .collect()
            }
            Err(e) if e.fault == Fault::Ambiguous => {
                self.api.memory.batch_was_too_much();
                members.iter().map(|_| ItemOutcome::Unknown(e.clone())).collect()
            }
            Err(e) => {
                // A product whose variations are written may be gone; that says nothing of the others.
                if e.fault != Fault::NotFound {
                    *stopped = Some(e.clone());
                }
                members
                    .iter()
                    .map(|_| ItemOutcome::NotApplied(e.clone()))
                    .collect()
            }
        }
    }
}

fn unknown_product() -> ChannelError {
    let message = "the shop has no product with this SKU";
    ChannelError::new(Fault::NotFound, client::PRODUCTS.name, message)
}

/// What became of one item.
fn outcome(call: &Call, answers: &[Value], id: u64, asked: Asked) -> ItemOutcome {
    let operation = call.operation;
    let answer = answers.iter().find_map(|value| {
        let answer: wire::ItemAnswer = serde_json::from_value(value.clone()).ok()?;
        (answer.id == id).then_some((answer, value))
    });
    let Some((answer, value)) = answer else {
        return unclear(
            operation,
            "the shop did not answer for this item; it is looked up",
        );
    };
    if let Some(refusal) = answer.error {
        return ItemOutcome::NotApplied(refusal.of_item(operation));
    }
    let Ok(product) = serde_json::from_value::<Product>(value.clone()) else {
        return unclear(
            operation,
            "the shop's answer for this item cannot be read; it is looked up",
        );
    };
    match asked {
        Asked::Quantity(units) => quantity_outcome(operation, &product, units),
        Asked::Price(price) => price_outcome(operation, &product, price),
    }
}

fn quantity_outcome(operation: &Operation, product: &Product, asked: i64) -> ItemOutcome {
    if product.manage_stock != Value::Bool(true) {
        let message = if product.manage_stock == "parent" {
            "the product counts its stock for all variations together, so this one has no quantity to set; tick `Manage stock?` at \
             the variation"
        } else {
            "the shop does not count this product, so it has no quantity to set; tick `Track stock quantity for this product` in its \
             inventory settings"
        };
        return ItemOutcome::NotApplied(ChannelError::new(Fault::Rejected, operation.name, message));
    }
    match wire::units(&product.stock_quantity) {
        Some(shown) if shown == asked => ItemOutcome::Applied { receipt: None },
        _ => unclear(
            operation,
            &format!(
                "the shop shows {} after the change instead of {asked}; it is looked up",
                clean(&product.stock_quantity.to_string())
            ),
        ),
    }
}

fn price_outcome(operation: &Operation, product: &Product, asked: Money) -> ItemOutcome {
    let read = |text: &str| Money::from_decimal(text, asked.currency()).ok();
    if read(&product.regular_price) != Some(asked) {
        let shown = clean(&product.regular_price);
        return unclear(
            operation,
            &format!("the shop shows {shown} after the change; it is looked up"),
        );
    }
    if product.price.is_empty() || read(&product.price) == Some(asked) {
        return ItemOutcome::Applied { receipt: None };
    }
    let message = format!(
        "the regular price was set, but buyers pay the shop's own sale price of {}; remove the sale price in the shop",
        clean(&product.price)
    );
    ItemOutcome::NotApplied(ChannelError::new(Fault::Rejected, operation.name, message))
}

fn unclear(operation: &Operation, message: &str) -> ItemOutcome {
    ItemOutcome::Unknown(ChannelError::new(Fault::Ambiguous, operation.name, message))
}
