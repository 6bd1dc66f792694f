//! People of the demo: buyers in the own store and on platforms, and the clerk who packs parcels.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stockbridge_domain::order::OrderStatus;
use stockbridge_engine::{Caller, Hub, OwnOrderLine, OwnOrderRequest, Parcel, Refusal};
use stockbridge_store::{OrderFilter, PageQuery};
use tokio::sync::watch;

use super::witness::Seat;
use super::world::Seller;

/// Between two buyers of the own store.
const BUYER_EVERY: Duration = Duration::from_millis(500);
/// Every how many buyers the clerk packs some parcels.
const PACK_EVERY: u64 = 4;
/// Of so many buyers on a platform one calls the order off.
const CANCELS_ONE_IN: usize = 25;
/// Parcels the clerk packs at once.
const PARCELS: i64 = 5;

/// What happened in the own stores.
pub(super) struct Shop {
    hub: Hub,
    sellers: Vec<Seller>,
    state: AtomicU64,
    /// Orders accepted.
    pub(super) accepted: AtomicU64,
    /// Buyers told that too little is left.
    pub(super) turned_away: AtomicU64,
    /// Parcels packed.
    pub(super) packed: AtomicU64,
}

impl Shop {
    pub(super) fn new(hub: Hub, sellers: Vec<Seller>, seed: u64) -> Self {
        let zero = AtomicU64::default;
        Self {
            hub,
            sellers,
            state: AtomicU64::new(seed),
            accepted: zero(),
            turned_away: zero(),
            packed: zero(),
        }
    }

    /// A number below `bound`; the demo's buyers need no good randomness, only the same one for the same seed.
    fn below(&self, bound: usize) -> usize {
        let next = self
            .state
            .fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed)
            .wrapping_mul(0xBF58_476D_1CE4_E5B9);
        usize::try_from(next >> 33)
            .unwrap_or(0)
            .checked_rem(bound)
            .unwrap_or(0)
    }

    async fn buy(&self) {
        for seller in self.sellers.iter().filter(|s| s.own.is_some()) {
            let skus: Vec<&String> = seller.stock.keys().collect();
            let Some(sku) = skus.get(self.below(skus.len())) else {
                continue;
            };
            let quantity = i64::try_from(1 + self.below(2)).unwrap_or(1);
            let request = OwnOrderRequest {
                account: seller.own,
                reference: None,
                lines: vec![OwnOrderLine {
                    sku: (*sku).clone(),
                    quantity,
                    unit_price: None,
                }],
                buyer: None,
                unpaid: false,
            };
            match self
                .hub
                .create_order(&Caller::operator(seller.tenant), request)
                .await
            {
                Ok(_) => self.accepted.fetch_add(1, Ordering::Relaxed),
                Err(Refusal::Shortage(_)) => self.turned_away.fetch_add(1, Ordering::Relaxed),
                Err(error) => {
                    tracing::warn!(%error, "a buyer of the own store could not be served");
                    0
                }
            };
        }
    }

    /// On every platform one buyer comes, and now and then one thinks better of it.
    fn buy_on_platforms(&self) {
        for seller in &self.sellers {
            let skus: Vec<&String> = seller.stock.keys().collect();
            for platform in seller.seats.iter().filter_map(Seat::platform) {
                let Some(sku) = skus.get(self.below(skus.len())) else {
                    continue;
                };
                let quantity = if self.below(4) == 0 { 2 } else { 1 };
                match platform.buy(sku, quantity) {
                    Some(order) if self.below(CANCELS_ONE_IN) == 0 => {
                        platform.cancel(&order);
                    }
                    Some(_) => {}
                    None => {
                        self.turned_away.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }
    }

    async fn pack(&self) {
        for seller in &self.sellers {
            let filter = OrderFilter {
                status: Some(OrderStatus::Open),
                ..OrderFilter::default()
            };
            let Ok(page) = self
                .hub
                .tenant(seller.tenant)
                .orders(&filter, &PageQuery::first(PARCELS))
                .await
            else {
                continue;
            };
            for order in page.items {
                let number = self.packed.load(Ordering::Relaxed);
                let parcel = Parcel {
                    carrier: "DHL".to_owned(),
                    method: Some("Standard".to_owned()),
                    tracking: format!("DEMO{number:08}"),
                    lines: Vec::new(),
                };
                if self
                    .hub
                    .ship_order(&Caller::operator(seller.tenant), order.id, parcel)
                    .await
                    .is_ok()
                {
                    self.packed.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

/// Lets people buy and pack until `closed`.
pub(super) async fn run(shop: std::sync::Arc<Shop>, mut closed: watch::Receiver<bool>) {
    for round in 1u64.. {
        tokio::select! {
            _ = closed.changed() => return,
            () = tokio::time::sleep(BUYER_EVERY) => {}
        }
        shop.buy().await;
        shop.buy_on_platforms();
        if round.is_multiple_of(PACK_EVERY) {
            shop.pack().await;
        }
    }
}
