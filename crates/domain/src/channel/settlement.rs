//! Settlements: what a channel paid to the bank, line by line, against what its transactions promised.

use serde::{Deserialize, Serialize};

use super::fault::ChannelError;
use crate::listing::named;
use crate::{BoxFut, Money, Timestamp};

/// One line of a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettlementLine {
    /// What it is about, in the channel's word.
    pub told: String,
    /// What kind of amount, in the channel's words.
    pub amount_told: String,
    /// The order, by the channel's number.
    pub channel_order_id: Option<String>,
    /// The seller's SKU as told.
    pub sku: Option<String>,
    /// How much.
    pub amount: Money,
}

/// What a channel paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The channel's id.
    pub id: String,
    /// Its first instant.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// When the money was sent to the bank.
    pub deposited_at: Option<Timestamp>,
    /// How much was paid.
    pub total: Money,
    /// What it is made of.
    pub lines: Vec<SettlementLine>,
}

named! {
    /// Whether what was paid fits what was told before.
    SettlementVerdict {
        /// Its own lines do not add up to what was paid.
        Unsound = "unsound",
        /// No transaction of it was read.
        Unmatched = "unmatched",
        /// Paid what the transactions say.
        Agrees = "agrees",
        /// Paid another amount.
        Differs = "differs",
    }
}

/// Judges a settlement: minor units paid, the sum of its lines, and the sum of the transactions that name it, if there are any.
pub fn settlement_verdict(paid: i64, lines: i64, expected: Option<i64>) -> SettlementVerdict {
    match expected {
        _ if paid != lines => SettlementVerdict::Unsound,
        None => SettlementVerdict::Unmatched,
        Some(sum) if sum == paid => SettlementVerdict::Agrees,
        Some(_) => SettlementVerdict::Differs,
    }
}

/// Reads settlements.
pub trait SettlementSource: Send + Sync {
    /// What to read each settlement of late by, the latest first.
    fn list(&self) -> BoxFut<'_, Result<Vec<String>, ChannelError>>;
    /// One of them.
    fn read<'a>(&'a self, reference: &'a str) -> BoxFut<'a, Result<Settlement, ChannelError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_first_and_nothing_to_compare_with_is_no_difference() {
        use SettlementVerdict as V;
        assert_eq!(settlement_verdict(5, 4, Some(5)), V::Unsound);
        assert_eq!(settlement_verdict(5, 5, None), V::Unmatched);
        assert_eq!(settlement_verdict(5, 5, Some(5)), V::Agrees);
        assert_eq!(settlement_verdict(5, 5, Some(4)), V::Differs);
    }
}
