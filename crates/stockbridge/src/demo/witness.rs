//! What really happened on one account, as its platform tells it: the answer sheet the hub's belief is held against.

use std::sync::Arc;

use stockbridge_domain::AccountId;
use stockbridge_sim::{Fulfilment, OrderStatus, Platform, Sim, Truth};

/// An account of the demo and who knows what really happened there.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    /// The account.
    pub(super) account: AccountId,
    /// Who knows.
    pub(super) witness: Witness,
}

impl Seat {
    /// The platform of its own that the account is on, if any.
    pub(super) fn platform(&self) -> Option<&Arc<dyn Platform>> {
        match &self.witness {
            Witness::Platform(platform) => Some(platform),
            Witness::Seller(_) => None,
        }
    }
}

/// Who knows what really happened.
#[derive(Debug, Clone)]
pub(super) enum Witness {
    /// A seller of the simulated marketplace, by its id there.
    Seller(String),
    /// A simulated platform of the account's own.
    Platform(Arc<dyn Platform>),
}

/// An order as it really is.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// The channel's id of it.
    pub(super) id: String,
    /// SKU, units that buyers have, units the channel was told were shipped.
    pub(super) lines: Vec<(String, i64, i64)>,
    /// Called off as a whole.
    pub(super) cancelled: bool,
    /// Not payable yet.
    pub(super) pending: bool,
}

/// The marketplace's books at one moment; platforms are asked when they are needed.
pub(super) struct Books(Truth);

impl Books {
    pub(super) fn of(sim: &Sim) -> Self {
        Self(sim.truth())
    }

    /// Everything the marketplace knows.
    pub(super) fn truth(&self) -> &Truth {
        &self.0
    }

    /// Orders of an account that its seller ships.
    pub(super) fn orders(&self, seat: &Seat) -> Vec<Seen> {
        match &seat.witness {
            Witness::Seller(seller) => self.of_seller(seller),
            Witness::Platform(platform) => of_platform(platform.as_ref()),
        }
    }

    fn of_seller(&self, seller: &str) -> Vec<Seen> {
        let mine = self.0.orders.iter().filter(|o| o.seller_id == seller);
        mine.map(|order| {
            let cancelled = order.status == OrderStatus::Cancelled;
            let bought = !cancelled && order.fulfilled_by == Fulfilment::Merchant;
            let lines = order.lines.iter().map(|line| {
                let units = if bought { i64::from(line.quantity) } else { 0 };
                (line.sku.clone(), units, i64::from(line.shipped))
            });
            Seen {
                id: order.order_id.clone(),
                lines: lines.collect(),
                cancelled,
                pending: order.status == OrderStatus::Pending,
            }
        })
        .collect()
    }
}

fn of_platform(platform: &dyn Platform) -> Vec<Seen> {
    let seen = |order: stockbridge_sim::PlatformOrder| Seen {
        lines: order
            .lines
            .into_iter()
            .map(|line| {
                let left = if order.cancelled {
                    0
                } else {
                    line.quantity - line.cancelled
                };
                (line.sku, i64::from(left), i64::from(line.shipped))
            })
            .collect(),
        id: order.id,
        cancelled: order.cancelled,
        pending: false,
    };
    platform.orders().into_iter().map(seen).collect()
}
