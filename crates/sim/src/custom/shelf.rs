//! Quantities: how a change is made, whole or not at all.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{ShopWrite, State, Waiting};
use crate::faults::Fault;
use crate::time::after_ms;

/// One listing's change as asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    key: String,
    sku: String,
    mode: String,
    parts: Vec<Part>,
}

/// The change at one location.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    #[serde(default)]
    location: String,
    expected: Option<u32>,
    quantity: Option<u32>,
    delta: Option<i64>,
}

impl State {
    /// Answers one change of a batch, as the faults will have it: at once, later, or never although it was taken in.
    pub(super) fn change_quantity(&mut self, change: Change) -> Value {
        if let Some(before) = self.done.get(&change.key) {
            return before.clone();
        }
        let operation = "changeQuantities";
        let (now, rng) = (self.now, &mut self.rng);
        let dropped = self.faults.hits(Fault::SilentReject, operation, now, rng);
        let slow = self.faults.hits(Fault::SlowPatch, operation, now, &mut self.rng);
        let key = change.key.clone();
        let mut answer = if dropped || slow {
            let due = after_ms(now, self.faults.config.slow_patch_ms);
            self.note(&change, "accepted");
            let at = self.waiting.partition_point(|w| w.due <= due);
            let waiting = Waiting { due, change, dropped };
            let answer = json!({"sku": waiting.change.sku, "outcome": "accepted", "receipt": key});
            self.waiting.insert(at, waiting);
            answer
        } else {
            self.make(&change)
        };
        answer["key"] = json!(key);
        self.done.insert(key, answer.clone());
        answer
    }

    /// Makes a change now; answers what became of it.
    pub(super) fn make(&mut self, change: &Change) -> Value {
        let answer = match self.listings.get(&change.sku) {
            None => json!({"sku": change.sku, "outcome": "not_found"}),
            Some(_) if !self.config.write_modes.contains(&change.mode) => json!({"sku": change.sku,
                "outcome": "refused", "code": "write_mode", "message": "this way of writing is not offered"}),
            Some(listing) => match changed(&listing.quantities, change) {
                Ok(quantities) => {
                    let answer =
                        json!({"sku": change.sku, "outcome": "applied", "shown": shown(&quantities)});
                    if let Some(listing) = self.listings.get_mut(&change.sku) {
                        listing.quantities = quantities;
                    }
                    answer
                }
                Err(Refused::Differs) => json!({"sku": change.sku, "outcome": "differs",
                    "shown": shown(&listing.quantities)}),
                Err(Refused::Invalid(message)) => json!({"sku": change.sku, "outcome": "refused",
                    "code": "invalid", "message": message}),
            },
        };
        let outcome = answer["outcome"].as_str().unwrap_or_default().to_owned();
        self.note(change, &outcome);
        answer
    }

    fn note(&mut self, change: &Change, outcome: &str) {
        let left = self.listings.get(&change.sku);
        self.writes.push(ShopWrite {
            at: self.now,
            sku: change.sku.clone(),
            mode: change.mode.clone(),
            outcome: outcome.to_owned(),
            left: left.map_or(0, |listing| listing.quantities.values().sum()),
        });
    }
}

/// Why a change is not made.
enum Refused {
    /// Another quantity is there than the change was made for.
    Differs,
    /// The change makes no sense.
    Invalid(String),
}

/// The quantities after a change; none of them is touched unless all parts can be made.
fn changed(before: &BTreeMap<String, u32>, change: &Change) -> Result<BTreeMap<String, u32>, Refused> {
    let mut after = before.clone();
    for part in &change.parts {
        let place = after
            .get_mut(&part.location)
            .ok_or_else(|| Refused::Invalid(format!("there is no location `{}`", part.location)))?;
        let missing = |field: &str| Refused::Invalid(format!("`{field}` is missing for this mode"));
        *place = match change.mode.as_str() {
            "absolute" => part.quantity.ok_or_else(|| missing("quantity"))?,
            "compare_and_set" if Some(*place) == part.expected => {
                part.quantity.ok_or_else(|| missing("quantity"))?
            }
            "compare_and_set" if part.expected.is_none() => return Err(missing("expected")),
            "compare_and_set" => return Err(Refused::Differs),
            "relative" => {
                let moved = i64::from(*place) + part.delta.ok_or_else(|| missing("delta"))?;
                u32::try_from(moved).map_err(|_| Refused::Differs)?
            }
            _ => return Err(Refused::Invalid("the mode is not known".to_owned())),
        };
    }
    Ok(after)
}

/// Quantities as the protocol writes them.
pub(super) fn shown(quantities: &BTreeMap<String, u32>) -> Vec<Value> {
    let one = |(location, quantity): (&String, &u32)| match location.as_str() {
        "" => json!({"quantity": quantity}),
        location => json!({"location": location, "quantity": quantity}),
    };
    quantities.iter().map(one).collect()
}
