//! Quantities and prices: lines of a call that answers 200 whatever became of each of them.

use serde_json::{Value, json};
use stockbridge_domain::channel::{
    ChannelError, Fault, ItemOutcome, ItemResult, Level, PriceLevel, PriceSink, StockSink,
};
use stockbridge_domain::{BoxFut, Money, Sku};

use super::client::{self, BATCH, Call};
use super::{NoonConnection, wire};
use crate::call::Operation;
use crate::plain;

/// One line of a write: which item it belongs to, where it goes, and its JSON.
struct Line {
    item: usize,
    sku: String,
    /// Warehouse or country.
    place: String,
    body: Value,
}

impl StockSink for NoonConnection {
    fn set<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let mut lines = Vec::new();
            let mut outcomes = Vec::new();
            for (item, level) in levels.iter().enumerate() {
                let read = self.quantities_of(level);
                outcomes.push(
                    read.as_ref()
                        .err()
                        .map(|error| ItemOutcome::NotApplied(error.clone())),
                );
                lines.extend(read.into_iter().flatten().map(|(warehouse, quantity)| Line {
                    item,
                    sku: level.sku.as_str().to_owned(),
                    body: json!({"warehouse_code": warehouse, "partner_sku": level.sku.as_str(), "qty": quantity}),
                    place: warehouse,
                }));
            }
            self.write(&client::STOCK, client::stock, &lines, &mut outcomes)
                .await;
            levels
                .iter()
                .map(|level| &level.sku)
                .zip(outcomes)
                .map(answered(&client::STOCK))
                .collect()
        })
    }
}

impl PriceSink for NoonConnection {
    fn set<'a>(&'a self, prices: &'a [PriceLevel]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let mut lines = Vec::new();
            let mut outcomes = Vec::new();
            for (item, price) in prices.iter().enumerate() {
                let currency = price.price.currency().code();
                let country = self
                    .settings
                    .countries
                    .iter()
                    .find(|country| country.currency == currency);
                let refused = |message: String| {
                    let error = ChannelError::new(Fault::Rejected, client::PRICES.name, message);
                    Some(ItemOutcome::NotApplied(error))
                };
                let Some(country) = country else {
                    outcomes.push(refused(format!(
                        "none of this store's countries has prices in {currency}"
                    )));
                    continue;
                };
                let Some(amount) = double(price.price) else {
                    outcomes.push(refused("Noon's prices do not hold so many digits".to_owned()));
                    continue;
                };
                outcomes.push(None);
                let place = country.code.to_ascii_lowercase();
                lines.push(Line {
                    item,
                    sku: price.sku.as_str().to_owned(),
                    body: json!({"partner_sku": price.sku.as_str(), "country_code": place, "price": amount}),
                    place,
                });
            }
            self.write(&client::PRICES, client::prices, &lines, &mut outcomes)
                .await;
            prices
                .iter()
                .map(|price| &price.sku)
                .zip(outcomes)
                .map(answered(&client::PRICES))
                .collect()
        })
    }
}

/// A price as Noon has it, a double; `None` if that would be another price, digit by digit.
fn double(price: Money) -> Option<Value> {
    let amount: Value = serde_json::from_str(&price.amount()).ok()?;
    let again = Money::from_decimal(&amount.to_string(), price.currency());
    again.is_ok_and(|again| again == price).then_some(amount)
}

/// One result; what nothing was said about is looked up.
fn answered(operation: &'static Operation) -> impl Fn((&Sku, Option<ItemOutcome>)) -> ItemResult {
    move |(sku, outcome)| ItemResult {
        sku: sku.clone(),
        outcome: outcome
            .unwrap_or_else(|| unclear(operation, "Noon did not answer for this SKU; it is looked up")),
    }
}

fn unclear(operation: &Operation, message: &str) -> ItemOutcome {
    ItemOutcome::Unknown(ChannelError::new(Fault::Ambiguous, operation.name, message))
}

impl NoonConnection {
    /// What each warehouse gets.
    fn quantities_of(&self, level: &Level) -> Result<Vec<(String, i64)>, ChannelError> {
        let refused = |message: &str| ChannelError::new(Fault::Rejected, client::STOCK.name, message);
        let mut parts: Vec<(String, i64)> = level
            .parts
            .iter()
            .map(|part| (part.location.clone(), part.quantity))
            .collect();
        if parts.is_empty() {
            let warehouse = self.settings.default_warehouse.clone();
            let warehouse =
                warehouse.ok_or_else(|| refused("no warehouse is named; set the option `warehouse_code`"))?;
            parts.push((warehouse, level.quantity));
        }
        if parts.iter().any(|(_, quantity)| *quantity < 0) {
            return Err(refused("a quantity is not negative"));
        }
        Ok(parts)
    }

    /// Sends lines, at most [`BATCH`] at once, and says of each item what became of it.
    async fn write(
        &self,
        operation: &'static Operation,
        build: fn(&[Value]) -> Call,
        lines: &[Line],
        outcomes: &mut [Option<ItemOutcome>],
    ) {
        for lines in lines.chunks(BATCH) {
            let bodies: Vec<Value> = lines.iter().map(|line| line.body.clone()).collect();
            let answered = self.written(operation, &build(&bodies)).await;
            for line in lines {
                let outcome = match &answered {
                    Err(whole) => whole.clone(),
                    Ok(answers) => of_line(operation, line, answers),
                };
                if let Some(known) = outcomes.get_mut(line.item) {
                    *known = Some(match known.take() {
                        None => outcome,
                        Some(before) => both(operation, before, outcome),
                    });
                }
            }
        }
    }

    /// Performs a write; an error is what became of every line.
    async fn written(
        &self,
        operation: &'static Operation,
        call: &Call,
    ) -> Result<Vec<wire::Outcome>, ItemOutcome> {
        let answer = match self.api.call(call).await {
            Ok(answer) => answer,
            Err(e) if e.fault == Fault::Ambiguous => return Err(ItemOutcome::Unknown(e)),
            Err(e) => return Err(ItemOutcome::NotApplied(e)),
        };
        match answer.read::<wire::Outcomes>(operation) {
            Ok(outcomes) => Ok(outcomes.items),
            Err(e) => {
                let message = format!("{}; the change may have been made and is looked up", e.message);
                Err(unclear(operation, &message))
            }
        }
    }
}

fn of_line(operation: &Operation, line: &Line, answers: &[wire::Outcome]) -> ItemOutcome {
    let here = |answer: &&wire::Outcome| {
        let place = answer.warehouse_code.as_ref().or(answer.country_code.as_ref());
        answer.partner_sku == line.sku && place.is_none_or(|place| place.eq_ignore_ascii_case(&line.place))
    };
    let Some(answer) = answers.iter().find(here) else {
        return unclear(operation, "Noon did not answer for this SKU; it is looked up");
    };
    match &answer.status {
        Some(status) if status.status_code == "OK" => ItemOutcome::Accepted { receipt: None },
        Some(status) => {
            let said = status
                .message
                .as_deref()
                .map(plain::line)
                .filter(|text| !text.is_empty());
            let message = said.unwrap_or_else(|| "Noon refused the change without saying why".to_owned());
            let error = ChannelError::new(Fault::Rejected, operation.name, message);
            ItemOutcome::NotApplied(error.with_code(plain::line(&status.status_code)))
        }
        None => unclear(operation, "Noon did not say what became of it; it is looked up"),
    }
}

/// What became of an item that went to several warehouses: one that was taken at some and refused at others is looked up.
fn both(operation: &Operation, a: ItemOutcome, b: ItemOutcome) -> ItemOutcome {
    match (a, b) {
        (ItemOutcome::Unknown(e), _) | (_, ItemOutcome::Unknown(e)) => ItemOutcome::Unknown(e),
        (ItemOutcome::NotApplied(e), ItemOutcome::NotApplied(_)) => ItemOutcome::NotApplied(e),
        (ItemOutcome::NotApplied(e), _) | (_, ItemOutcome::NotApplied(e)) => {
            let message = format!("some warehouses took the change and one did not: {}", e.message);
            unclear(operation, &message)
        }
        (taken, _) => taken,
    }
}
