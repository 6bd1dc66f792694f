//! What a transaction is made of: the tree of breakdowns as a list of amounts by kind.
//!
//! Amazon publishes no list of its words, so known ones are recognised and all others are kept as told. The tree is descended
//! until a known word; what its branches do not explain of an amount stays a part of its own, so parts always add up.

use stockbridge_domain::channel::{MoneyEvent, MoneyKind, MoneyPart};
use stockbridge_domain::{Money, Sku};

use super::super::error::clean;
use super::wire::{Breakdown, Transaction};
use super::{money, rest_kind};

/// Deeper is no breakdown of Amazon's.
const DEEPEST: usize = 12;

/// What a transaction is about, by Amazon's word.
pub(super) fn event(told: &str) -> MoneyEvent {
    let word = letters(told);
    match word.as_str() {
        "shipment" | "order" | "orderpayment" => MoneyEvent::Sale,
        "transfer" | "disbursement" | "payout" => MoneyEvent::Payout,
        w if w.contains("refund") || w.contains("chargeback") || w.contains("guaranteeclaim") => {
            MoneyEvent::Refund
        }
        w if w.contains("adjustment") || w.contains("reimbursement") || w.contains("retrocharge") => {
            MoneyEvent::Adjustment
        }
        w if w.contains("fee") || w.contains("productads") => MoneyEvent::Fee,
        _ => MoneyEvent::Other,
    }
}

/// Lower-case letters and digits: Amazon writes `Product Charges` and `ProductCharges`.
fn letters(told: &str) -> String {
    told.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// What a breakdown's word stands for; nothing for one that is not known or only holds others.
fn known(told: &str) -> Option<MoneyKind> {
    let word = letters(told);
    let w = word.as_str();
    Some(match w {
        "principal" | "principle" | "ourpriceprincipal" | "productcharges" => MoneyKind::Principal,
        "shipping" | "shippingcharge" | "shippingcharges" | "shippingprincipal" | "ourpriceshipping" => {
            MoneyKind::Shipping
        }
        _ if w.contains("withheld") || w.contains("marketplacefacilitator") => MoneyKind::WithheldTax,
        _ if w.contains("commission") || w.contains("referralfee") => MoneyKind::Commission,
        _ if w.starts_with("fba") || w.contains("fulfillmentfee") => MoneyKind::FulfilmentFee,
        "amazonfees" => return None,
        _ if w.ends_with("fee") || w.ends_with("fees") => MoneyKind::Fee,
        _ if w.contains("promotion") || w.contains("rebate") || w.contains("discount") => MoneyKind::Discount,
        _ if w == "tax" || w.ends_with("tax") || w.ends_with("taxes") => MoneyKind::Tax,
        _ if w.contains("adjustment") || w.contains("reimbursement") => MoneyKind::Adjustment,
        _ => return None,
    })
}

/// What an amount below a word is unless it says otherwise.
fn branch(told: &str, above: MoneyKind) -> MoneyKind {
    match letters(told).as_str() {
        "amazonfees" | "expenses" | "refundedexpenses" => MoneyKind::Fee,
        _ => above,
    }
}

/// The parts of a transaction; by SKU where its items explain all of it.
pub(super) fn parts(
    read: &Transaction,
    event: MoneyEvent,
    told: &str,
    total: Money,
) -> Result<Vec<MoneyPart>, String> {
    let mut list = Listing {
        event,
        parts: Vec::new(),
    };
    let items = read.items.as_deref().unwrap_or_default();
    if explain_all(items, total)? {
        for item in items {
            let sku = item.sku().and_then(|text| Sku::parse(text).ok());
            let Some(amount) = &item.total_amount else {
                continue;
            };
            let amount = money(amount, "items.totalAmount")?;
            list.take(&item.breakdowns, told, sku.as_ref(), amount, MoneyKind::Other, 0)?;
        }
    } else {
        list.take(&read.breakdowns, told, None, total, rest_kind(event), 0)?;
    }
    Ok(list.parts)
}

/// Whether items with breakdowns add up to the whole.
fn explain_all(items: &[super::wire::Item], total: Money) -> Result<bool, String> {
    let mut sum = Money::from_minor(0, total.currency());
    for item in items {
        let (Some(amount), false) = (&item.total_amount, item.breakdowns.is_empty()) else {
            return Ok(false);
        };
        let amount = money(amount, "items.totalAmount")?;
        match sum.plus(amount) {
            Ok(more) => sum = more,
            Err(_) => return Ok(false),
        }
    }
    Ok(!items.is_empty() && sum == total)
}

struct Listing {
    event: MoneyEvent,
    parts: Vec<MoneyPart>,
}

impl Listing {
    /// Takes the parts of an amount; what they leave of it becomes one of the kind `rest`.
    fn take(
        &mut self,
        all: &[Breakdown],
        told: &str,
        sku: Option<&Sku>,
        whole: Money,
        rest: MoneyKind,
        depth: usize,
    ) -> Result<(), String> {
        if depth > DEEPEST {
            return Err("`breakdowns` are nested too deeply".to_owned());
        }
        let mut left = whole.minor();
        for one in all {
            let Some(amount) = &one.breakdown_amount else {
                continue;
            };
            let amount = money(amount, "breakdownAmount")?;
            if amount.currency() != whole.currency() {
                return Err("`breakdownAmount` is in another currency than the whole".to_owned());
            }
            left = left.saturating_sub(amount.minor());
            let word = one.breakdown_type.as_deref().unwrap_or_default();
            match known(word) {
                Some(kind) => {
                    // Tax on a fee belongs to the fee.
                    let kind = if rest == MoneyKind::Fee && kind == MoneyKind::Tax {
                        rest
                    } else {
                        kind
                    };
                    self.push(kind, word, sku, amount);
                }
                None => {
                    let below = branch(word, rest);
                    self.take(&one.breakdowns, word, sku, amount, below, depth + 1)?;
                }
            }
        }
        if left != 0 {
            self.push(rest, told, sku, Money::from_minor(left, whole.currency()));
        }
        Ok(())
    }

    fn push(&mut self, kind: MoneyKind, told: &str, sku: Option<&Sku>, amount: Money) {
        let kind = match kind {
            MoneyKind::Principal if self.event == MoneyEvent::Refund => MoneyKind::Refund,
            other => other,
        };
        if amount.minor() != 0 {
            self.parts.push(MoneyPart {
                kind,
                told: clean(told),
                sku: sku.cloned(),
                amount,
            });
        }
    }
}
