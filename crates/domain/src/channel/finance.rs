//! Money a channel moved: what it took from buyers, kept as fees, gave back and paid out.
//!
//! Nothing is ever worked out here: each amount is as the channel posted it, sorted by kind, and what has no known kind is
//! shown by the channel's own word.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::exchange::Unreadable;
use super::fault::ChannelError;
use crate::listing::named;
use crate::{BoxFut, Currency, Money, Sku, Timestamp};

named! {
    /// What a transaction is about.
    MoneyEvent {
        /// Goods were sold.
        Sale = "sale",
        /// A buyer got money back.
        Refund = "refund",
        /// The channel charges for something that belongs to no sale.
        Fee = "fee",
        /// Something is set right.
        Adjustment = "adjustment",
        /// Money left for the seller's bank.
        Payout = "payout",
        /// Something else, in the channel's word.
        Other = "other",
    }
}

named! {
    /// Whether a transaction's money is the seller's already.
    MoneyState {
        /// Held back for now.
        Held = "held",
        /// The seller's.
        Released = "released",
        /// Was held back and is told once more by the transaction that released it; never counted.
        Superseded = "superseded",
        /// Something else, in the channel's word; counted.
        Unknown = "unknown",
    }
}

named! {
    /// What an amount is for.
    MoneyKind {
        /// The goods.
        Principal = "principal",
        /// Tax the buyer paid.
        Tax = "tax",
        /// Tax the channel keeps and pays to the state.
        WithheldTax = "withheld_tax",
        /// Shipping the buyer paid.
        Shipping = "shipping",
        /// Taken off the price.
        Discount = "discount",
        /// The channel's share of the sale.
        Commission = "commission",
        /// The channel's price for storing, packing and sending.
        FulfilmentFee = "fulfilment_fee",
        /// Another fee, in the channel's word.
        Fee = "fee",
        /// Goods' price given back.
        Refund = "refund",
        /// Something set right.
        Adjustment = "adjustment",
        /// Paid to the seller's bank.
        Payout = "payout",
        /// Something else, in the channel's word.
        Other = "other",
    }
}

impl MoneyKind {
    /// Whether it is the channel's own charge.
    pub const fn is_fee(self) -> bool {
        matches!(self, Self::Commission | Self::FulfilmentFee | Self::Fee)
    }

    /// Whether the buyer pays it with the order.
    pub const fn is_charge(self) -> bool {
        matches!(
            self,
            Self::Principal | Self::Tax | Self::Shipping | Self::Discount
        )
    }
}

/// A part of a transaction's total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyPart {
    /// What it is for.
    pub kind: MoneyKind,
    /// The channel's own word for it.
    pub told: String,
    /// Whose, where the channel tells.
    pub sku: Option<Sku>,
    /// How much; below zero where the seller pays.
    pub amount: Money,
}

/// Money that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoneyTransaction {
    /// The channel's id.
    pub id: String,
    /// When the channel posted it.
    pub posted_at: Timestamp,
    /// What it is about.
    pub event: MoneyEvent,
    /// The channel's own word for that.
    pub told: String,
    /// What else the channel says of it.
    pub description: String,
    /// Whether the money is the seller's.
    pub state: MoneyState,
    /// The channel's own word for that.
    pub state_told: String,
    /// The order, by the channel's number.
    pub channel_order_id: Option<String>,
    /// The settlement it belongs to, by the channel's id.
    pub settlement: Option<String>,
    /// The country site.
    pub marketplace: Option<String>,
    /// All of it.
    pub total: Money,
    /// What it is made of; adds up to the total.
    pub parts: Vec<MoneyPart>,
}

/// One page of transactions.
#[derive(Debug, Clone)]
pub struct FinancePage {
    /// What could be read.
    pub transactions: Vec<MoneyTransaction>,
    /// What could not.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<String>,
    /// Until when the channel was asked.
    pub until: Timestamp,
}

/// Reads what money moved.
pub trait FinanceSource: Send + Sync {
    /// One page of what was posted since an instant; `cursor` is the former page's `next`. However long the time is, the source
    /// cuts it into what the channel takes.
    fn page<'a>(
        &'a self,
        since: Timestamp,
        cursor: Option<&'a str>,
    ) -> BoxFut<'a, Result<FinancePage, ChannelError>>;
}

named! {
    /// Whether what the channel posted fits what the order says.
    MoneyVerdict {
        /// Nothing of the sale is posted yet.
        Waiting = "waiting",
        /// The buyer was charged what the order says.
        Agrees = "agrees",
        /// Less of the order is posted than it says; the rest may follow.
        Less = "less",
        /// More is posted than the order says.
        More = "more",
        /// The order does not say what the buyer pays, or in another currency.
        Unknown = "unknown",
    }
}

/// What the channel posted of one order in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderMoney {
    /// What the order says the buyer pays.
    pub charged: Option<Money>,
    /// What the channel says the buyer paid: goods, tax, shipping, less discounts.
    pub posted: Money,
    /// Posted less charged.
    pub difference: Option<Money>,
    /// Whether the two agree.
    pub verdict: MoneyVerdict,
    /// The channel's fees, below zero.
    pub fees: Money,
    /// What is left for the seller, after everything.
    pub net: Money,
    /// How much of it the channel still holds back.
    pub held: Money,
    /// Sums by kind.
    pub kinds: BTreeMap<MoneyKind, Money>,
}

/// What the channel posted of an order against what the order says; one for each currency, the order's own first.
pub fn order_money(charged: Option<Money>, transactions: &[MoneyTransaction]) -> Vec<OrderMoney> {
    let mut currencies: Vec<Currency> = charged.iter().map(|m| m.currency()).collect();
    for transaction in transactions {
        if !currencies.contains(&transaction.total.currency()) {
            currencies.push(transaction.total.currency());
        }
    }
    let own = |currency| charged.filter(|m| m.currency() == currency);
    currencies
        .into_iter()
        .map(|currency| in_currency(currency, own(currency), transactions))
        .collect()
}

fn in_currency(currency: Currency, charged: Option<Money>, transactions: &[MoneyTransaction]) -> OrderMoney {
    let mut kinds: BTreeMap<MoneyKind, i64> = BTreeMap::new();
    let (mut posted, mut net, mut held, mut sold) = (0_i64, 0_i64, 0_i64, false);
    let counted = transactions
        .iter()
        .filter(|t| t.total.currency() == currency && t.state != MoneyState::Superseded);
    for transaction in counted {
        let (sale, total) = (transaction.event == MoneyEvent::Sale, transaction.total.minor());
        sold |= sale;
        net = net.saturating_add(total);
        if transaction.state == MoneyState::Held {
            held = held.saturating_add(total);
        }
        for part in &transaction.parts {
            let (sum, amount) = (kinds.entry(part.kind).or_default(), part.amount.minor());
            *sum = sum.saturating_add(amount);
            if sale && part.kind.is_charge() {
                posted = posted.saturating_add(amount);
            }
        }
    }
    let money = |minor| Money::from_minor(minor, currency);
    let fees = kinds
        .iter()
        .filter(|(kind, _)| kind.is_fee())
        .map(|(_, sum)| *sum);
    let difference = charged.map(|c| posted.saturating_sub(c.minor()));
    OrderMoney {
        charged,
        posted: money(posted),
        difference: difference.filter(|_| sold).map(money),
        verdict: match difference {
            _ if !sold => MoneyVerdict::Waiting,
            None => MoneyVerdict::Unknown,
            Some(0) => MoneyVerdict::Agrees,
            Some(less) if less < 0 => MoneyVerdict::Less,
            Some(_) => MoneyVerdict::More,
        },
        fees: money(fees.fold(0, i64::saturating_add)),
        net: money(net),
        held: money(held),
        kinds: kinds.into_iter().map(|(kind, sum)| (kind, money(sum))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::parse("EUR").unwrap())
    }

    fn transaction(event: MoneyEvent, state: MoneyState, parts: &[(MoneyKind, i64)]) -> MoneyTransaction {
        MoneyTransaction {
            id: "t".into(),
            posted_at: Timestamp::from_secs(0),
            event,
            told: "Shipment".into(),
            description: String::new(),
            state,
            state_told: String::new(),
            channel_order_id: Some("1".into()),
            settlement: None,
            marketplace: None,
            total: eur(parts.iter().map(|(_, amount)| amount).sum()),
            parts: parts
                .iter()
                .map(|(kind, amount)| MoneyPart {
                    kind: *kind,
                    told: "as told".into(),
                    sku: None,
                    amount: eur(*amount),
                })
                .collect(),
        }
    }

    #[test]
    fn each_sale_counts_once_and_a_refund_is_no_difference() {
        use {MoneyEvent as E, MoneyKind as K, MoneyState as S};
        let sold = [(K::Principal, 2_000), (K::Tax, 380), (K::Commission, -300)];
        let all = [
            transaction(E::Sale, S::Superseded, &sold),
            transaction(E::Sale, S::Released, &sold),
            transaction(
                E::Refund,
                S::Held,
                &[(K::Refund, -2_000), (K::Tax, -380), (K::Commission, 240)],
            ),
        ];
        let told = order_money(Some(eur(2_380)), &all);
        assert_eq!(told.len(), 1);
        let told = &told[0];
        assert_eq!((told.posted, told.difference), (eur(2_380), Some(eur(0))));
        assert_eq!(told.verdict, MoneyVerdict::Agrees);
        assert_eq!(
            (told.fees, told.net, told.held),
            (eur(-60), eur(-60), eur(-2_140))
        );
        assert_eq!(told.kinds[&K::Tax], eur(0));
    }

    #[test]
    fn what_is_missing_or_too_much_is_told_apart() {
        use {MoneyEvent as E, MoneyKind as K, MoneyState as S};
        let verdict = |charged: Option<i64>, posted: &[i64]| {
            let all: Vec<_> = posted
                .iter()
                .map(|amount| transaction(E::Sale, S::Released, &[(K::Principal, *amount)]))
                .collect();
            order_money(charged.map(eur), &all).first().map(|m| m.verdict)
        };
        assert_eq!(verdict(Some(100), &[]), Some(MoneyVerdict::Waiting));
        assert_eq!(verdict(None, &[]), None);
        assert_eq!(verdict(None, &[100]), Some(MoneyVerdict::Unknown));
        assert_eq!(verdict(Some(200), &[100]), Some(MoneyVerdict::Less));
        assert_eq!(verdict(Some(200), &[100, 101]), Some(MoneyVerdict::More));
        let yen = Money::from_minor(5, Currency::parse("JPY").unwrap());
        let both = order_money(
            Some(yen),
            &[transaction(E::Sale, S::Released, &[(K::Principal, 1)])],
        );
        let verdicts: Vec<_> = both.iter().map(|m| m.verdict).collect();
        assert_eq!(verdicts, [MoneyVerdict::Waiting, MoneyVerdict::Unknown]);
    }
}
