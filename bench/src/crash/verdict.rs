//! What really happened beside what the hub believes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::bail;
use serde_json::Value;
use stockbridge_sim::{Fulfilment, OrderStatus, Truth};

use super::buyers::Tally;
use super::market::Shop;
use super::process::Server;

/// Longest time everything is given to settle.
const SETTLE: Duration = Duration::from_secs(180);
const STEP: Duration = Duration::from_secs(1);

/// What came out.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Orders on the marketplaces.
    pub(super) placed: usize,
    /// Orders the own store confirmed.
    pub(super) own: usize,
    /// Units bought and not called off.
    pub(super) units: usize,
    /// Orders the hub does not have, or has otherwise.
    pub(super) lost: usize,
    /// Orders it has that nobody placed, or twice.
    pub(super) doubled: usize,
    /// Units sold beyond those that were there.
    pub(super) oversold: usize,
    /// Units by which on hand or reserved differ from what they should be.
    pub(super) off: usize,
    /// Findings of the ledger check.
    pub(super) findings: usize,
    /// What is wrong, in words; the first few.
    wrong: Vec<String>,
}

impl Verdict {
    pub(super) fn into_result(self) -> anyhow::Result<()> {
        if self.wrong.is_empty() {
            return Ok(());
        }
        bail!("{}", self.wrong.join("\n"))
    }

    fn wrong(&mut self, text: String) {
        if self.wrong.len() < 20 {
            self.wrong.push(text);
        }
    }
}

/// Waits for quiet, compares, and has the books checked; the server is killed for that.
pub(super) async fn judge(shop: &Shop, tally: &Tally, server: &mut Server) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    let (mut left, mut before) = (SETTLE, usize::MAX);
    loop {
        let (open, why) = unsettled(shop).await?;
        if open == 0 && before == 0 {
            break;
        }
        if left.is_zero() {
            verdict.wrong(format!("{open} things were not settled in {SETTLE:?}: {why}"));
            break;
        }
        before = open;
        tokio::time::sleep(STEP).await;
        left = left.saturating_sub(STEP);
    }
    compare(shop, tally, &mut verdict).await?;
    let checked = server.check().await?;
    let pages = checked["pages"].as_array().into_iter().flatten();
    let tenants = checked["tenants"].as_array().into_iter().flatten();
    let findings = tenants.flat_map(|books| books["findings"].as_array().into_iter().flatten());
    for finding in pages.chain(findings) {
        verdict.findings += 1;
        verdict.wrong(format!("check: {}", finding["what"]));
    }
    if checked["ok"] != Value::Bool(true) && verdict.findings == 0 {
        verdict.wrong(format!("check: {checked}"));
    }
    Ok(verdict)
}

/// The seller's own orders on the marketplaces.
fn merchant(truth: &Truth) -> impl Iterator<Item = &stockbridge_sim::TruthOrder> {
    truth
        .orders
        .iter()
        .filter(|order| order.fulfilled_by == Fulfilment::Merchant)
}

/// How many things are open, and what the first of them is.
async fn unsettled(shop: &Shop) -> anyhow::Result<(usize, String)> {
    let known = known(shop).await?;
    let truth = shop.sim.truth();
    let late: Vec<&str> = merchant(&truth)
        .filter(|order| {
            order.status == OrderStatus::Pending
                || known.get(&order.order_id).is_none_or(|hub| {
                    (order.status == OrderStatus::Cancelled) != (hub[0]["status"] == "cancelled")
                })
        })
        .map(|order| order.order_id.as_str())
        .collect();
    let listings = shop
        .api
        .all("/api/v1/listings?verified=false&mapped=true")
        .await?;
    let why = match (late.first(), listings.first()) {
        (Some(order), _) => format!("order {order}"),
        (None, Some(listing)) => format!("listing {listing}"),
        (None, None) => String::new(),
    };
    Ok((late.len() + listings.len(), why))
}

/// The hub's orders by the channel's number.
async fn known(shop: &Shop) -> anyhow::Result<BTreeMap<String, Vec<Value>>> {
    let mut known: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for order in shop.api.all("/api/v1/orders").await? {
        let id = order["channel_order_id"].as_str().unwrap_or_default().to_owned();
        known.entry(id).or_default().push(order);
    }
    Ok(known)
}

/// Units of each SKU in an order of the hub.
fn units(order: &Value) -> BTreeMap<String, i64> {
    let mut units = BTreeMap::new();
    for line in order["lines"].as_array().into_iter().flatten() {
        let sku = line["sku"].as_str().unwrap_or_default().to_owned();
        *units.entry(sku).or_insert(0) += line["ordered"].as_i64().unwrap_or(0);
    }
    units
}

async fn compare(shop: &Shop, tally: &Tally, verdict: &mut Verdict) -> anyhow::Result<()> {
    let (known, truth, own) = (known(shop).await?, shop.sim.truth(), tally.own());
    let mut expected: BTreeMap<String, (BTreeMap<String, i64>, bool)> = BTreeMap::new();
    for order in merchant(&truth) {
        let lines = order
            .lines
            .iter()
            .map(|l| (l.sku.clone(), i64::from(l.quantity)))
            .collect();
        expected.insert(
            order.order_id.clone(),
            (lines, order.status == OrderStatus::Cancelled),
        );
    }
    verdict.placed = expected.len();
    verdict.own = own.len();
    for (reference, (sku, quantity)) in own {
        expected.insert(reference, (BTreeMap::from([(sku, quantity)]), false));
    }
    let mut sold: BTreeMap<&str, i64> = BTreeMap::new();
    for (id, (lines, cancelled)) in &expected {
        match known.get(id).map(Vec::as_slice) {
            Some([order]) if units(order) == *lines && (order["status"] == "cancelled") == *cancelled => {}
            Some([order]) => {
                verdict.lost += 1;
                verdict.wrong(format!(
                    "order {id} should be {lines:?}, cancelled {cancelled}: {order}"
                ));
            }
            Some(several) => {
                verdict.doubled += several.len() - 1;
                verdict.wrong(format!("order {id} is there {} times", several.len()));
            }
            None => {
                verdict.lost += 1;
                verdict.wrong(format!("order {id} of {lines:?} never reached the hub"));
            }
        }
        if !cancelled {
            for (sku, quantity) in lines {
                *sold.entry(sku).or_default() += quantity;
            }
        }
    }
    for id in known.keys().filter(|id| !expected.contains_key(*id)) {
        verdict.doubled += 1;
        verdict.wrong(format!("nobody placed order {id}"));
    }
    verdict.units = usize::try_from(sold.values().sum::<i64>())?;
    compare_stock(shop, tally, &sold, verdict).await
}

async fn compare_stock(
    shop: &Shop,
    tally: &Tally,
    sold: &BTreeMap<&str, i64>,
    verdict: &mut Verdict,
) -> anyhow::Result<()> {
    let delivered = tally.delivered();
    for stock in shop.api.all("/api/v1/inventory/stock").await? {
        let sku = stock["sku"].as_str().unwrap_or_default();
        let there = shop.units + delivered.get(sku).copied().unwrap_or(0);
        let sold = sold.get(sku).copied().unwrap_or(0);
        if sold > there {
            verdict.oversold += usize::try_from(sold - there)?;
            verdict.wrong(format!("SKU {sku}: {sold} sold of {there}"));
        }
        let number = |field: &str| stock[field].as_i64().unwrap_or(i64::MIN);
        let off = (number("on_hand") - there).abs() + (number("reserved") - sold).abs();
        if off != 0 {
            verdict.off += usize::try_from(off)?;
            verdict.wrong(format!(
                "SKU {sku}: {there} on hand and {sold} reserved expected: {stock}"
            ));
        }
    }
    Ok(())
}
