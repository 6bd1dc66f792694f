//! Buyers that come by on their own. Gaps between purchases are drawn from an exponential distribution, so
//! they come in bunches as real ones do; some products are wanted more than others, so they sell out.

use rand::RngExt;

use crate::config::BuyerConfig;
use crate::world::{BuyOptions, Effect, World};

/// What the buyers do, and which run of them is current.
#[derive(Debug, Default)]
pub(crate) struct Buyers {
    config: BuyerConfig,
    /// Purchases of an earlier run are dropped when they fall due.
    run: u64,
}

impl World {
    /// Replaces the buyers by those of `config`; a rate of zero stops them.
    pub(crate) fn set_buyers(&mut self, config: BuyerConfig) {
        self.buyers = Buyers {
            config,
            run: self.buyers.run + 1,
        };
        self.schedule_next_purchase();
    }

    /// No more purchases by themselves. Pending payments still settle.
    pub(crate) fn stop_buyers(&mut self) {
        let config = BuyerConfig {
            orders_per_second: 0.0,
            ..self.buyers.config.clone()
        };
        self.set_buyers(config);
    }

    /// One purchase of the run `run`, then the next.
    pub(crate) fn purchase_by_chance(&mut self, run: u64) {
        if run != self.buyers.run {
            return;
        }
        if let Some((seller_id, marketplace_id, sku)) = self.draw_want() {
            let quantity = self.draw_quantity();
            let options = self.draw_options();
            let bought = self.buy(&seller_id, &marketplace_id, &[(sku, quantity)], &options);
            let regrets = self.rng.random::<f64>() < self.buyers.config.request_cancel_share;
            if let (Ok(id), true, false) = (bought, regrets, options.pending) {
                let wait = self.draw_ms(self.buyers.config.pending_ms);
                self.schedule(wait, Effect::RequestCancel(id));
            }
        }
        self.schedule_next_purchase();
    }

    fn schedule_next_purchase(&mut self) {
        let rate = self.buyers.config.orders_per_second;
        if !rate.is_finite() || rate <= 0.0 {
            return;
        }
        let gap_s = -(1.0 - self.rng.random::<f64>()).ln() / rate;
        // A float-to-integer cast saturates; gaps are a few seconds.
        self.schedule(
            ((gap_s * 1_000.0) as u64).max(1),
            Effect::Purchase(self.buyers.run),
        );
    }

    /// Seller, marketplace and SKU a buyer wants; squaring the draw makes early listings popular.
    fn draw_want(&mut self) -> Option<(String, String, String)> {
        let at = self.rng.random_range(0..self.sellers.len().max(1));
        let (pull, shop) = (self.rng.random::<f64>().powi(2), self.rng.random::<f64>());
        let (seller_id, seller) = self.sellers.iter().nth(at)?;
        let listing = seller
            .listings
            .values()
            .nth(share_of(pull, seller.listings.len()))?;
        let marketplace = listing.offers.keys().nth(share_of(shop, listing.offers.len()))?;
        Some((seller_id.clone(), marketplace.clone(), listing.sku.clone()))
    }

    fn draw_quantity(&mut self) -> u32 {
        let most = self.buyers.config.max_quantity.max(1);
        if self.rng.random_bool(0.7) {
            1
        } else {
            self.rng.random_range(1..=most)
        }
    }

    fn draw_options(&mut self) -> BuyOptions {
        let config = self.buyers.config.clone();
        let pending = self.rng.random::<f64>() < config.pending_share;
        let payment_fails = self.rng.random::<f64>() < config.cancel_share;
        let wait = self.draw_ms(config.pending_ms);
        BuyOptions {
            pending,
            settle_after_ms: Some(wait),
            payment_fails,
            late_ms: None,
        }
    }
}

/// The index in `0..len` at `share` of the way.
fn share_of(share: f64, len: usize) -> usize {
    ((share * len as f64) as usize).min(len.saturating_sub(1))
}
