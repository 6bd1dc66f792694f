//! Buyers on four stores, and deliveries.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use stockbridge_sim::BuyOptions;

use super::Closing;
use super::market::Shop;

/// Longest time between two purchases of one buyer, in milliseconds.
const THINKS_MS: u64 = 1_600;
/// Between two deliveries.
const DELIVERY: Duration = Duration::from_millis(700);
/// Every other product is delivered again; the others sell out, so that the last unit is fought for.
const DELIVERED: usize = 2;
/// Before the same request is sent again.
const AGAIN: Duration = Duration::from_millis(50);

/// What happened, by the buyers' own books.
#[derive(Debug, Default)]
pub(super) struct Tally {
    bought: AtomicUsize,
    turned_away: AtomicUsize,
    cut_off: AtomicUsize,
    /// References of orders the own store confirmed, with SKU and units.
    own: Mutex<BTreeMap<String, (String, i64)>>,
    /// Units delivered, by SKU.
    delivered: Mutex<BTreeMap<String, i64>>,
}

impl Tally {
    pub(super) fn line(&self) -> String {
        format!(
            "{} marketplace orders, {} own orders, {} turned away, {} requests cut off",
            self.bought.load(Ordering::Relaxed),
            self.own().len(),
            self.turned_away.load(Ordering::Relaxed),
            self.cut_off()
        )
    }

    pub(super) fn cut_off(&self) -> usize {
        self.cut_off.load(Ordering::Relaxed)
    }

    pub(super) fn own(&self) -> BTreeMap<String, (String, i64)> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn delivered(&self) -> BTreeMap<String, i64> {
        self.delivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// SplitMix64.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)).checked_rem(bound).unwrap_or(0)
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(u64::try_from(len).unwrap_or(1))).unwrap_or(0)
    }
}

/// One who buys now here, now there.
pub(super) struct Buyer {
    number: u32,
    random: Random,
    shop: Arc<Shop>,
    tally: Arc<Tally>,
}

impl Buyer {
    pub(super) fn new(number: u32, seed: u64, shop: Arc<Shop>, tally: Arc<Tally>) -> Self {
        Self {
            number,
            random: Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number.into())),
            shop,
            tally,
        }
    }

    pub(super) async fn buy(mut self, closing: Closing) -> anyhow::Result<()> {
        for purchase in 0.. {
            let think = self.random.below(THINKS_MS);
            tokio::time::sleep(Duration::from_millis(think)).await;
            if closing.closed() {
                break;
            }
            // Some products are wanted more than others.
            let wanted = self
                .random
                .index(self.shop.skus.len())
                .min(self.random.index(self.shop.skus.len()));
            let sku = self.shop.skus[wanted].clone();
            let units = if self.random.below(4) == 0 { 2 } else { 1 };
            match self.random.index(self.shop.sites.len() + 1).checked_sub(1) {
                Some(site) => self.buy_there(site, &sku, units),
                None => self.buy_here(purchase, &sku, units).await?,
            }
        }
        Ok(())
    }

    /// On a marketplace, which decides by itself; some payments arrive later, some never.
    fn buy_there(&mut self, site: usize, sku: &str, units: u32) {
        let options = BuyOptions {
            pending: self.random.below(5) == 0,
            settle_after_ms: Some(1_000 + self.random.below(5_000)),
            payment_fails: self.random.below(4) == 0,
            late_ms: None,
        };
        let (seller, marketplace) = &self.shop.sites[site];
        let outcome = match self.shop.sim.buy(seller, marketplace, sku, units, options) {
            Ok(_) => &self.tally.bought,
            Err(_) => &self.tally.turned_away,
        };
        outcome.fetch_add(1, Ordering::Relaxed);
    }

    /// In the own store: said again under the same reference until there is an answer.
    async fn buy_here(&self, purchase: u32, sku: &str, units: u32) -> anyhow::Result<()> {
        let reference = format!("till-{}-{purchase}", self.number);
        let order = json!({
            "account": self.shop.own,
            "reference": reference,
            "lines": [{"sku": sku, "quantity": units}],
        });
        loop {
            match self.shop.api.post("/api/v1/orders", &order).await {
                Ok(answer) if answer.status == 201 => break,
                // The order of an earlier try whose answer was cut off.
                Ok(answer) if answer.body.to_string().contains("with the reference") => break,
                Ok(answer) if matches!(answer.status, 409 | 422) => {
                    self.tally.turned_away.fetch_add(1, Ordering::Relaxed);
                    return Ok(());
                }
                Ok(answer) if answer.status < 500 => anyhow::bail!("HTTP {}: {}", answer.status, answer.body),
                _ => {
                    self.tally.cut_off.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
        let mut own = self.tally.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.insert(reference, (sku.to_owned(), units.into()));
        Ok(())
    }
}

/// Deliveries of every other product, each said again until there is an answer.
pub(super) async fn deliver(
    seed: u64,
    shop: Arc<Shop>,
    tally: Arc<Tally>,
    closing: Closing,
) -> anyhow::Result<()> {
    let mut random = Random::new(seed ^ 0x00D0_11E7);
    for number in 0.. {
        tokio::time::sleep(DELIVERY).await;
        if closing.closed() {
            break;
        }
        let sku = &shop.skus[random.index(shop.skus.len() / DELIVERED) * DELIVERED];
        let units = i64::try_from(5 + random.below(20)).unwrap_or(5);
        let delivery = json!({"sku": sku, "kind": "restock", "change": units, "reference": format!("delivery-{number}")});
        loop {
            match shop.api.post("/api/v1/inventory/adjustments", &delivery).await {
                Ok(answer) if answer.status < 300 => break,
                Ok(answer) if answer.status < 500 => anyhow::bail!("HTTP {}: {}", answer.status, answer.body),
                _ => {
                    tally.cut_off.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
        let mut delivered = tally.delivered.lock().unwrap_or_else(PoisonError::into_inner);
        *delivered.entry(sku.clone()).or_default() += units;
    }
    Ok(())
}
