//! The single units an order is made of, grouped into lines by SKU.
//!
//! The id of a line is its SKU: units of one SKU differ in nothing a seller can see. Which of them are meant is decided when
//! something is done with them, always in the order of their numbers: the lowest open ones are shipped, the highest open
//! ones are out of stock. So both can be asked for in part, and neither takes the other's units.

use std::collections::BTreeMap;

use stockbridge_domain::channel::Fault;
use stockbridge_domain::order::{LineSnapshot, OrderStatus};
use stockbridge_domain::{Currency, Money, Sku};

use super::wire;
use crate::plain;

/// Where a unit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    Open,
    Shipped,
    Cancelled,
    /// The seller said that there is none.
    OutOfStock,
}

/// `None` for words we do not know.
pub(super) fn stand(unit: &wire::Unit) -> Option<Stand> {
    let by_hub = match unit.integration_status.as_str() {
        "INTEGRATION_ITEM_STATUS_UNSPECIFIED" | "INTEGRATION_ITEM_STATUS_ACKNOWLEDGED" => Stand::Open,
        "INTEGRATION_ITEM_STATUS_SHIPPED" => Stand::Shipped,
        "INTEGRATION_ITEM_STATUS_OUT_OF_STOCK" => Stand::OutOfStock,
        _ => return None,
    };
    match (unit.mp_status.as_str(), by_hub) {
        // A parcel that had left before is on its way all the same.
        ("MP_ITEM_STATUS_CANCELLED", Stand::Shipped) => Some(Stand::Shipped),
        ("MP_ITEM_STATUS_CANCELLED", Stand::OutOfStock) => Some(Stand::OutOfStock),
        ("MP_ITEM_STATUS_CANCELLED", _) => Some(Stand::Cancelled),
        ("MP_ITEM_STATUS_CONFIRMED", by_hub) => Some(by_hub),
        _ => None,
    }
}

/// The word that tells most about a unit.
pub(super) fn word(unit: &wire::Unit) -> &str {
    match unit.mp_status.as_str() {
        "MP_ITEM_STATUS_CONFIRMED" => &unit.integration_status,
        other => other,
    }
}

/// The id of the line a unit belongs to.
pub(super) fn line_of(unit: &wire::Unit) -> &str {
    unit.partner_sku
        .as_deref()
        .filter(|sku| !sku.is_empty())
        .unwrap_or(&unit.mp_item_nr)
}

/// Where an order stands by its units.
pub(super) fn status(units: &[wire::Unit]) -> Option<OrderStatus> {
    let stands: Vec<Stand> = units.iter().map(stand).collect::<Option<_>>()?;
    let any = |wanted: Stand| stands.contains(&wanted);
    Some(match (any(Stand::Open), any(Stand::Shipped)) {
        (true, true) => OrderStatus::PartiallyShipped,
        (true, false) => OrderStatus::Open,
        (false, true) => OrderStatus::Shipped,
        (false, false) => OrderStatus::Cancelled,
    })
}

/// Units as lines.
pub(super) fn lines(
    units: &[wire::Unit],
    currency: Option<Currency>,
    oddities: &mut Vec<String>,
) -> Vec<LineSnapshot> {
    let mut lines: BTreeMap<&str, (LineSnapshot, bool)> = BTreeMap::new();
    for unit in units {
        let id = line_of(unit);
        let (line, priced) = lines.entry(id).or_insert_with(|| (empty(unit, oddities), true));
        line.ordered += 1;
        match stand(unit) {
            Some(Stand::Open) => {}
            Some(Stand::Shipped) => line.shipped += 1,
            Some(Stand::Cancelled | Stand::OutOfStock) => line.cancelled += 1,
            None => {
                let known = unit.mp_status == "MP_ITEM_STATUS_CONFIRMED"
                    || unit.mp_status == "MP_ITEM_STATUS_CANCELLED";
                let word = if known {
                    &unit.integration_status
                } else {
                    &unit.mp_status
                };
                oddities.push(format!(
                    "unit {}: the status `{}` is not known",
                    plain::line(&unit.mp_item_nr),
                    plain::line(word)
                ));
            }
        }
        let price = price(unit, currency, oddities);
        line.total = match (line.total, price) {
            (Some(sum), Some(price)) => sum.plus(price).ok(),
            (None, price) if line.ordered == 1 => price,
            _ => None,
        };
        *priced &= price.is_some();
    }
    lines
        .into_values()
        .map(|(line, priced)| LineSnapshot {
            total: line.total.filter(|_| priced),
            ..line
        })
        .collect()
}

fn empty(unit: &wire::Unit, oddities: &mut Vec<String>) -> LineSnapshot {
    let sku = unit.partner_sku.as_deref().and_then(|text| {
        let read = Sku::parse(text);
        read.map_err(|e| {
            oddities.push(format!(
                "unit {}: `partner_sku`: {e}",
                plain::line(&unit.mp_item_nr)
            ))
        })
        .ok()
    });
    LineSnapshot {
        channel_line_id: line_of(unit).to_owned(),
        // Orders have no titles.
        title: line_of(unit).to_owned(),
        sku,
        ordered: 0,
        shipped: 0,
        cancelled: 0,
        total: None,
    }
}

fn price(unit: &wire::Unit, currency: Option<Currency>, oddities: &mut Vec<String>) -> Option<Money> {
    let read = Money::from_decimal(plain::decimal(unit.delivered_invoice_price.as_ref()?), currency?);
    read.map_err(|e| oddities.push(format!("`delivered_invoice_price`: {e}")))
        .ok()
}

/// What the buyer pays for all that is not called off.
pub(super) fn total(units: &[wire::Unit], currency: Option<Currency>) -> Option<Money> {
    let kept = units
        .iter()
        .filter(|unit| !matches!(stand(unit), Some(Stand::Cancelled | Stand::OutOfStock)));
    let mut sum: Option<Money> = None;
    for unit in kept {
        let price = price(unit, currency, &mut Vec::new())?;
        sum = Some(match sum {
            Some(sum) => sum.plus(price).ok()?,
            None => price,
        });
    }
    sum
}

/// Numbers of open units of an order, lowest first.
fn open<'u>(units: &'u [wire::Unit], line: Option<&str>) -> Vec<&'u str> {
    let of_line = |unit: &&wire::Unit| line.is_none_or(|line| line_of(unit) == line);
    let open = units
        .iter()
        .filter(of_line)
        .filter(|unit| stand(unit) == Some(Stand::Open));
    let mut numbers: Vec<&str> = open.map(|unit| unit.mp_item_nr.as_str()).collect();
    numbers.sort_unstable();
    numbers
}

/// The units to ship for what is asked of each line; all open ones if nothing is named.
///
/// # Errors
/// A line that is not there, or has fewer open units.
pub(super) fn to_ship<'u>(
    units: &'u [wire::Unit],
    asked: &[(&str, i64)],
) -> Result<Vec<&'u str>, (Fault, String)> {
    if asked.is_empty() {
        return Ok(open(units, None));
    }
    let mut chosen = Vec::new();
    for (line, wanted) in summed(asked) {
        let open = open(units, Some(line));
        let wanted = usize::try_from(wanted).unwrap_or(0);
        if open.len() < wanted {
            return Err(too_few(units, line, open.len()));
        }
        chosen.extend(open.into_iter().take(wanted));
    }
    Ok(chosen)
}

/// The units to declare out of stock, so that of each line as many *are* out of stock as is asked for: the same again asks
/// for nothing more. All open ones if nothing is named.
///
/// # Errors
/// A line that is not there, or has fewer open units.
pub(super) fn to_drop<'u>(
    units: &'u [wire::Unit],
    asked: &[(&str, i64)],
) -> Result<Vec<&'u str>, (Fault, String)> {
    if asked.is_empty() {
        return Ok(open(units, None));
    }
    let mut chosen = Vec::new();
    for (line, wanted) in summed(asked) {
        let gone = units
            .iter()
            .filter(|unit| line_of(unit) == line && stand(unit) == Some(Stand::OutOfStock));
        let open = open(units, Some(line));
        let wanted = usize::try_from(wanted).unwrap_or(0).saturating_sub(gone.count());
        if open.len() < wanted {
            return Err(too_few(units, line, open.len()));
        }
        chosen.extend(open.into_iter().rev().take(wanted));
    }
    Ok(chosen)
}

/// What is asked of each line, added up.
fn summed<'a>(asked: &[(&'a str, i64)]) -> BTreeMap<&'a str, i64> {
    asked.iter().fold(BTreeMap::new(), |mut sums, (line, units)| {
        *sums.entry(*line).or_default() += units;
        sums
    })
}

fn too_few(units: &[wire::Unit], line: &str, open: usize) -> (Fault, String) {
    let shown = plain::line(line);
    if units.iter().any(|unit| line_of(unit) == line) {
        (
            Fault::Conflict,
            format!("only {open} units of `{shown}` are open in this order"),
        )
    } else {
        (Fault::NotFound, format!("the order has no line `{shown}`"))
    }
}
