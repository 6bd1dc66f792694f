//! Quantities: read, write, read again.
//!
//! The shop takes *stocked* units, among them those that are reserved for orders. So a location that is to sell `n` is
//! written `n + reserved`, with what was reserved a moment before. What may happen in between, and what comes of it:
//!
//! | meanwhile | stocked | reserved | the location then sells |
//! | --- | --- | --- | --- |
//! | an order is placed, or called off | | changes | what was written less, or plus, that order: nothing is overwritten |
//! | a fulfilment is made | falls | falls | as many too many; the second reading sees it, and it is set right |
//! | a fulfilment is called off, a return arrives | rises | may rise | too few, until the next write |
//! | a person counts | changes | | what was written: the last one wins |
//!
//! A checkout that looked at the old quantity a moment before may still end after the answer. Therefore a write is only
//! *accepted* here, and proved by a later reading.

use std::collections::{BTreeMap, BTreeSet};

use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{Change, ChannelError, Fault, ItemOutcome, ItemResult, Level, StockSink};

use super::listings::{Selling, Stock, stock_of};
use super::wire::{self, NewLevel};
use super::{MedusaConnection, client};

/// What one level asks for, beside what is there.
struct Plan {
    /// Position in the batch.
    index: usize,
    item: String,
    /// What each location is to sell.
    wanted: Vec<(String, i64)>,
    writes: Vec<Write>,
}

/// A level to be set.
#[derive(Clone)]
struct Write {
    level: NewLevel,
    /// The location has no level of the item yet.
    new: bool,
}

impl StockSink for MedusaConnection {
    fn set<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let outcomes = self.set_all(levels).await;
            let result = |(level, outcome): (&Level, ItemOutcome)| ItemResult {
                sku: level.sku.clone(),
                outcome,
            };
            levels.iter().zip(outcomes).map(result).collect()
        })
    }
}

impl MedusaConnection {
    async fn set_all(&self, levels: &[Level]) -> Vec<ItemOutcome> {
        let (selling, variants) = match self.before(levels).await {
            Ok(read) => read,
            Err(e) => return vec![ItemOutcome::NotApplied(e); levels.len()],
        };
        let mut outcomes: Vec<Option<ItemOutcome>> = vec![None; levels.len()];
        let (mut plans, mut taken) = (Vec::new(), BTreeSet::new());
        for (index, level) in levels.iter().enumerate() {
            let planned = self.plan(index, level, &variants, &selling);
            match planned.and_then(|plan| alone(plan, &mut taken)) {
                Ok(plan) => plans.push(plan),
                Err(outcome) => outcomes[index] = Some(*outcome),
            }
        }
        for (plan, outcome) in plans.iter().zip(self.write(&plans).await) {
            outcomes[plan.index] = Some(outcome);
        }
        let written: Vec<&Plan> = plans
            .iter()
            .filter(|plan| matches!(outcomes[plan.index], Some(ItemOutcome::Accepted { .. })))
            .collect();
        for (index, outcome) in self.verify(levels, &written).await {
            outcomes[index] = Some(outcome);
        }
        let nothing = || ItemOutcome::NotApplied(error(Fault::Contract, "nothing was decided about it"));
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(nothing))
            .collect()
    }

    async fn before(
        &self,
        levels: &[Level],
    ) -> Result<(Selling, BTreeMap<String, wire::Variant>), ChannelError> {
        let selling = self.selling().await?;
        Ok((selling, self.by_sku(levels.iter()).await?))
    }

    async fn by_sku<'a>(
        &self,
        levels: impl Iterator<Item = &'a Level>,
    ) -> Result<BTreeMap<String, wire::Variant>, ChannelError> {
        let variants = self.variants(levels.map(|level| &level.sku)).await?;
        let named = |variant: wire::Variant| Some((variant.sku.clone()?, variant));
        Ok(variants.into_iter().filter_map(named).collect())
    }

    /// Looks at what is there, and says what to write.
    fn plan(
        &self,
        index: usize,
        level: &Level,
        variants: &BTreeMap<String, wire::Variant>,
        selling: &Selling,
    ) -> Result<Plan, Box<ItemOutcome>> {
        let not = |fault, message: &str| Box::new(ItemOutcome::NotApplied(error(fault, message)));
        if level.change != Change::Set {
            let message =
                "Medusa sets quantities; it neither compares them with what it shows nor adds to it";
            return Err(not(Fault::Rejected, message));
        }
        let variant = variants
            .get(level.sku.as_str())
            .ok_or_else(|| not(Fault::NotFound, "the shop has no variant with this SKU"))?;
        let stock = stock_of(variant).map_err(|why| not(Fault::Rejected, &why))?;
        let mut wanted = Vec::new();
        if level.parts.is_empty() {
            let location = selling
                .locations
                .iter()
                .find(|id| stock.level(id).is_some())
                .cloned();
            let location = location.or_else(|| self.fallback(selling)).ok_or_else(|| {
                not(
                    Fault::Rejected,
                    "no stock location is linked to the sales channel",
                )
            })?;
            wanted.push((location, level.quantity.max(0)));
        } else {
            let parts = level.parts.iter();
            wanted.extend(parts.map(|part| (part.location.clone(), part.quantity.max(0))));
        }
        if let Some((location, _)) = wanted.iter().find(|(location, _)| !selling.from(location)) {
            let message = format!(
                "buyers cannot buy from location `{location}`: it is not linked to the sales channel"
            );
            return Err(not(Fault::Rejected, &message));
        }
        Ok(Plan {
            index,
            item: stock.item.to_owned(),
            writes: writes(&stock, &wanted),
            wanted,
        })
    }

    /// Writes all plans at once; if the shop refuses, each by itself, so that one does not take the others with it.
    async fn write(&self, plans: &[Plan]) -> Vec<ItemOutcome> {
        let all: Vec<&Plan> = plans.iter().collect();
        match self.send(&all).await {
            Err(e)
                if plans.len() > 1
                    && matches!(e.fault, Fault::Rejected | Fault::NotFound | Fault::Conflict) => {}
            sent => {
                let outcome = outcome(sent);
                return plans.iter().map(|_| outcome.clone()).collect();
            }
        }
        let mut outcomes = Vec::new();
        for plan in plans {
            outcomes.push(outcome(self.send(&[plan]).await));
        }
        outcomes
    }

    async fn send(&self, plans: &[&Plan]) -> Result<(), ChannelError> {
        let mut batch = wire::LevelBatch::default();
        for write in plans.iter().flat_map(|plan| &plan.writes) {
            let list = if write.new {
                &mut batch.create
            } else {
                &mut batch.update
            };
            list.push(write.level.clone());
        }
        if batch.create.is_empty() && batch.update.is_empty() {
            return Ok(());
        }
        self.api.call(&client::levels(&batch)).await.map(|_| ())
    }

    /// Reads what was written. A location that sells more than it should, because a fulfilment came in between, is set
    /// right once; one that sells less has sold something meanwhile. Answers for those that are no longer just accepted.
    async fn verify(&self, levels: &[Level], written: &[&Plan]) -> Vec<(usize, ItemOutcome)> {
        if written.is_empty() {
            return Vec::new();
        }
        for again in [false, true] {
            // Without a reading the answer stands: a later one proves it.
            let Ok(variants) = self.by_sku(written.iter().map(|plan| &levels[plan.index])).await else {
                return Vec::new();
            };
            let over: Vec<Plan> = written
                .iter()
                .filter_map(|plan| too_many(plan, variants.get(levels[plan.index].sku.as_str())?))
                .collect();
            if over.is_empty() {
                return Vec::new();
            }
            let sent = match again {
                false => self.send(&over.iter().collect::<Vec<_>>()).await,
                true => Err(error(
                    Fault::Ambiguous,
                    "the shop shows more than was written, twice in a row; it is looked up",
                )),
            };
            if let Err(e) = sent {
                let message = format!(
                    "more is shown than was written, and it could not be set right: {}",
                    e.message
                );
                let unknown = ItemOutcome::Unknown(error(Fault::Ambiguous, &message));
                return over.iter().map(|plan| (plan.index, unknown.clone())).collect();
            }
        }
        Vec::new()
    }
}

/// Refuses a second plan for one inventory item in the same batch: whichever came last would win.
fn alone(plan: Plan, taken: &mut BTreeSet<String>) -> Result<Plan, Box<ItemOutcome>> {
    if taken.insert(plan.item.clone()) {
        return Ok(plan);
    }
    let message = "the variant shares its inventory item with another one that is written as well; in Medusa one number \
                   serves both, so link only one of them";
    Err(Box::new(ItemOutcome::NotApplied(error(Fault::Rejected, message))))
}

/// The levels that have to change for each location to sell what is wanted.
fn writes(stock: &Stock<'_>, wanted: &[(String, i64)]) -> Vec<Write> {
    let write = |(location, quantity): &(String, i64)| {
        let level = stock.level(location);
        let reserved = level.map_or(0, |level| level.reserved_quantity);
        // Never below nothing, whatever was reserved.
        let stocked = quantity.saturating_mul(stock.per).saturating_add(reserved).max(0);
        let differs = level.map(|level| level.stocked_quantity) != Some(stocked);
        differs.then(|| Write {
            level: NewLevel {
                inventory_item_id: stock.item.to_owned(),
                location_id: location.clone(),
                stocked_quantity: stocked,
            },
            new: level.is_none(),
        })
    };
    wanted.iter().filter_map(write).collect()
}

/// The same plan for the locations that sell more than they should.
fn too_many(plan: &Plan, variant: &wire::Variant) -> Option<Plan> {
    let stock = stock_of(variant).ok()?;
    let over = |(location, quantity): &&(String, i64)| {
        stock
            .level(location)
            .is_some_and(|level| stock.sellable(level) > *quantity)
    };
    let wanted: Vec<(String, i64)> = plan.wanted.iter().filter(over).cloned().collect();
    (!wanted.is_empty()).then(|| Plan {
        index: plan.index,
        item: plan.item.clone(),
        writes: writes(&stock, &wanted),
        wanted,
    })
}

fn outcome(sent: Result<(), ChannelError>) -> ItemOutcome {
    match sent {
        Ok(()) => ItemOutcome::Accepted { receipt: None },
        Err(e) if e.fault == Fault::Ambiguous => ItemOutcome::Unknown(e),
        Err(e) => ItemOutcome::NotApplied(e),
    }
}

fn error(fault: Fault, message: &str) -> ChannelError {
    ChannelError::new(fault, client::LEVELS.name, message)
}
