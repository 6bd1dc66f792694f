//! What the hub notes of a parcel on the shop's order.
//!
//! The core counts no shipped units, and what counts tracking numbers differs by shop. So each parcel is also an entry in
//! the order's meta: it tells the same parcel from another one when it is confirmed again, and which units of an order
//! that is not completed have left.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stockbridge_domain::channel::ShipmentNotice;

use super::wire::{Meta, PARCEL_KEY};

/// A parcel as noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parcel {
    pub(super) parcel: u32,
    pub(super) carrier: String,
    pub(super) tracking: String,
    pub(super) items: Vec<Item>,
}

/// Units of one line in a parcel; also the form of a fulfilment's `_items`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) item_id: u64,
    pub(super) qty: i64,
}

impl Parcel {
    /// The parcel of a notice; `None` when a line of it is none of this platform's.
    pub(super) fn of_notice(notice: &ShipmentNotice) -> Option<Self> {
        let mut items: Vec<Item> = Vec::new();
        for line in &notice.lines {
            let item_id = line.channel_line_id.parse().ok()?;
            match items.iter_mut().find(|item| item.item_id == item_id) {
                Some(item) => item.qty += line.quantity,
                None => items.push(Item {
                    item_id,
                    qty: line.quantity,
                }),
            }
        }
        Some(Self {
            parcel: notice.parcel,
            carrier: notice.carrier.clone(),
            tracking: notice.tracking.clone(),
            items,
        })
    }

    /// The entry it is noted as: a text, because the shop gives objects back changed.
    pub(super) fn entry(&self) -> Meta {
        let text = serde_json::to_string(self).unwrap_or_default();
        Meta::text(format!("{PARCEL_KEY}_{}", self.parcel), text)
    }

    /// Every parcel noted on an order; an entry that somebody changed beyond reading is none.
    pub(super) fn all_of(entries: &[Meta]) -> Vec<Self> {
        let noted = entries.iter().filter(|entry| {
            let number = entry
                .key
                .strip_prefix(PARCEL_KEY)
                .and_then(|rest| rest.strip_prefix('_'));
            number.is_some_and(|number| number.parse::<u32>().is_ok())
        });
        noted
            .filter_map(|entry| match &entry.value {
                Value::String(text) => serde_json::from_str(text).ok(),
                _ => None,
            })
            .collect()
    }

    /// Units of a line in it.
    pub(super) fn units_of(&self, line: u64) -> i64 {
        self.items
            .iter()
            .filter(|item| item.item_id == line)
            .map(|item| item.qty.max(0))
            .sum()
    }
}
