//! Writes: quantities, prices and shipments. Quantities and prices go as batches whose items are answered one by one.

use stockbridge_domain::channel::{
    Change, ChannelError, Fault, FulfilmentSink, ItemOutcome, ItemResult, Level, PriceLevel, PriceSink,
    ShipmentNotice, StockSink, WriteMode,
};
use stockbridge_domain::{BoxFut, Sku};

use super::api::clean;
use super::client::{self, Call};
use super::{CustomConnection, read, wire};
use crate::call::{Operation, instant};

impl StockSink for CustomConnection {
    fn set<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let body = wire::QuantityChanges {
                changes: levels.iter().map(quantity_change).collect(),
            };
            let skus = levels.iter().map(|level| &level.sku).collect::<Vec<_>>();
            self.batch(&client::QUANTITIES, &client::quantities(&body), &skus)
                .await
        })
    }
}

impl PriceSink for CustomConnection {
    fn set<'a>(&'a self, prices: &'a [PriceLevel]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let change = |level: &PriceLevel| wire::PriceChange {
                sku: level.sku.as_str().to_owned(),
                price: wire::Amount {
                    amount: level.price.amount(),
                    currency: level.price.currency().code().to_owned(),
                },
            };
            let body = wire::PriceChanges {
                changes: prices.iter().map(change).collect(),
            };
            let skus = prices.iter().map(|level| &level.sku).collect::<Vec<_>>();
            self.batch(&client::PRICES, &client::prices(&body), &skus).await
        })
    }
}

impl FulfilmentSink for CustomConnection {
    fn confirm<'a>(&'a self, notice: &'a ShipmentNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let body = wire::Parcel {
                order: notice.channel_order_id.clone(),
                parcel: notice.parcel,
                carrier: notice.carrier.clone(),
                method: notice.method.clone(),
                tracking: notice.tracking.clone(),
                shipped_at: instant(notice.shipped_at),
                lines: notice
                    .lines
                    .iter()
                    .map(|line| wire::Units {
                        line: line.channel_line_id.clone(),
                        quantity: line.quantity,
                    })
                    .collect(),
            };
            // Any success means it was taken; there is nothing to read.
            self.api.call(&client::shipments(&body)).await.map(|_| ())
        })
    }
}

fn quantity_change(level: &Level) -> wire::QuantityChange {
    let mode = match level.change {
        Change::Set => WriteMode::Absolute,
        Change::From(_) => WriteMode::CompareAndSet,
        Change::By(_) => WriteMode::Relative,
    };
    let part = |location: Option<&str>, expected: i64, quantity: i64, delta: i64| wire::Part {
        location: location.map(str::to_owned),
        expected: (mode == WriteMode::CompareAndSet).then_some(expected),
        quantity: (mode != WriteMode::Relative).then_some(quantity),
        delta: (mode == WriteMode::Relative).then_some(delta),
    };
    let parts = match (level.parts.as_slice(), level.change) {
        ([], Change::Set) => vec![part(None, 0, level.quantity, 0)],
        ([], Change::From(expected)) => vec![part(None, expected, level.quantity, 0)],
        ([], Change::By(delta)) => vec![part(None, 0, level.quantity, delta)],
        (parts, _) => parts
            .iter()
            .map(|p| part(Some(&p.location), p.shown, p.quantity, p.quantity - p.shown))
            .collect(),
    };
    wire::QuantityChange {
        key: level.push.to_string(),
        sku: level.sku.as_str().to_owned(),
        mode: mode.name(),
        parts,
    }
}

impl CustomConnection {
    /// Sends a batch and answers for each item. What stops the whole batch stops each item in the same way.
    async fn batch(&self, operation: &'static Operation, call: &Call, skus: &[&Sku]) -> Vec<ItemResult> {
        let all = |outcome: &ItemOutcome| {
            let result = |sku: &&Sku| ItemResult {
                sku: (*sku).clone(),
                outcome: outcome.clone(),
            };
            skus.iter().map(result).collect::<Vec<_>>()
        };
        let answer = match self.api.call(call).await {
            Ok(answer) => answer,
            Err(e) if e.fault == Fault::Ambiguous => return all(&ItemOutcome::Unknown(e)),
            Err(e) => return all(&ItemOutcome::NotApplied(e)),
        };
        let unclear = |message: String| {
            ItemOutcome::Unknown(answer.blame(ChannelError::new(Fault::Ambiguous, operation.name, message)))
        };
        let results: wire::Results = match answer.read(operation) {
            Ok(results) => results,
            Err(e) => {
                let message = format!("{}; the change may have been made and is looked up", e.message);
                return all(&unclear(message));
            }
        };
        let mut results = results.results.into_iter();
        let result = |sku: &&Sku| {
            let result = results.next().filter(|result| result.sku == sku.as_str());
            ItemResult {
                sku: (*sku).clone(),
                outcome: match result {
                    Some(result) => outcome(operation, result).unwrap_or_else(|word| {
                        unclear(format!("the outcome `{word}` is not known; it is looked up"))
                    }),
                    None => {
                        unclear("the other side did not answer for this item; it is looked up".to_owned())
                    }
                },
            }
        };
        skus.iter().map(result).collect()
    }
}

/// What became of one item; an unknown word is given back.
fn outcome(operation: &Operation, result: wire::Outcome) -> Result<ItemOutcome, String> {
    let said = result.message.as_deref().map(clean);
    let error = |fault, otherwise: &str| {
        let message = said.clone().unwrap_or_else(|| otherwise.to_owned());
        let error = ChannelError::new(fault, operation.name, message);
        match &result.code {
            Some(code) => error.with_code(clean(code)),
            None => error,
        }
    };
    Ok(match result.outcome.as_str() {
        "applied" => ItemOutcome::Applied {
            receipt: result.receipt,
        },
        "accepted" => ItemOutcome::Accepted {
            receipt: result.receipt,
        },
        "differs" => {
            let shown = result.shown.as_deref().and_then(|shown| read::total(shown).ok());
            let otherwise = match shown {
                Some(shown) => format!("the other side shows {shown}"),
                None => "the other side shows another quantity".to_owned(),
            };
            ItemOutcome::Differs {
                shown,
                places: result.shown.as_deref().map(read::places).unwrap_or_default(),
                error: error(Fault::Conflict, &otherwise),
            }
        }
        "refused" => ItemOutcome::NotApplied(error(
            Fault::Rejected,
            "the other side refused the change without saying why",
        )),
        "not_found" => {
            ItemOutcome::NotApplied(error(Fault::NotFound, "the other side does not know the SKU"))
        }
        "busy" => ItemOutcome::NotApplied(error(
            Fault::Unavailable,
            "the other side could not make the change now; it is tried again",
        )),
        other => return Err(clean(other)),
    })
}
