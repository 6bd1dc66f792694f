//! Orders: what a channel says of one, and what that does to the order and to stock.
//!
//! A snapshot is merged, never replayed: the order's own state and the snapshot together say what changes. An older
//! snapshot than the one last merged is ignored, so pages and notifications may come twice and in any order.

use serde::{Deserialize, Serialize};

use crate::listing::{FulfilledBy, named};
use crate::stock::{LineStep, LineStock};
use crate::{Money, Sku, Timestamp};

named! {
    /// Where an order stands, the same for all channels.
    OrderStatus {
        /// Accepted by the channel, not payable yet: stock is reserved, nothing may be shipped.
        Pending = "pending",
        /// To be shipped.
        Open = "open",
        /// Some of it is shipped.
        PartiallyShipped = "partially_shipped",
        /// All of it is shipped.
        Shipped = "shipped",
        /// Called off; nothing more will be shipped.
        Cancelled = "cancelled",
        /// The channel says something we do not know: stock is reserved, a person has to look.
        Unknown = "unknown",
    }
}

impl OrderStatus {
    /// Whether an order may go from this status to `next`.
    ///
    /// Shipped and cancelled are ends, except that a partly shipped order may end cancelled and channels do ship what
    /// they had called cancelled when the parcel had left already. See [`Self::may_be_taken_up_as`] as well.
    pub fn may_become(self, next: Self) -> bool {
        use OrderStatus::{Cancelled, Open, PartiallyShipped, Pending, Shipped, Unknown};
        self == next
            || match self {
                Unknown | Pending => true,
                Open => matches!(next, PartiallyShipped | Shipped | Cancelled | Unknown),
                PartiallyShipped => matches!(next, Shipped | Cancelled | Unknown),
                Cancelled => matches!(next, PartiallyShipped | Shipped),
                Shipped => false,
            }
    }

    /// Whether an order that was called off may be gone on with as `next`: a payment that comes late brings it back, and
    /// its units have to be reserved anew before somebody else buys them.
    pub fn may_be_taken_up_as(self, next: Self) -> bool {
        self == Self::Cancelled && matches!(next, Self::Pending | Self::Open)
    }

    /// Whether unshipped units of such an order stay reserved.
    pub const fn holds_stock(self) -> bool {
        matches!(
            self,
            Self::Pending | Self::Open | Self::PartiallyShipped | Self::Unknown
        )
    }
}

/// What a channel says of one order at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSnapshot {
    /// The channel's id: with the account, the order's identity.
    pub channel_order_id: String,
    /// The channel's word for where it stands, as it came.
    pub channel_status: String,
    /// The same in our words; `None` when we do not know the word.
    pub status: Option<OrderStatus>,
    /// Who ships it.
    pub fulfilled_by: FulfilledBy,
    /// The country site, in the channel's spelling.
    pub marketplace: Option<String>,
    /// When the buyer placed it, by the channel's clock.
    pub placed_at: Timestamp,
    /// When it last changed, by the channel's clock: snapshots of one order are ordered by this.
    pub updated_at: Timestamp,
    /// Latest instant to ship.
    pub ship_by: Option<Timestamp>,
    /// What the buyer pays; absent while pending on channels that hide it.
    pub total: Option<Money>,
    /// Lines.
    pub lines: Vec<LineSnapshot>,
    /// Things that were read but not understood, each one sentence naming the field and its value.
    pub oddities: Vec<String>,
    /// The order as it came; may hold personal data, is sealed at rest.
    pub payload: String,
}

/// What a channel says of one order line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSnapshot {
    /// The channel's id of the line.
    pub channel_line_id: String,
    /// The listing it sold; `None` when the channel no longer says.
    pub sku: Option<Sku>,
    /// Title at the time of sale.
    pub title: String,
    /// Units ordered.
    pub ordered: i64,
    /// Of these, units shipped.
    pub shipped: i64,
    /// Of these, units called off.
    pub cancelled: i64,
    /// What the line costs in all, without shipping.
    pub total: Option<Money>,
}

/// What merging a snapshot into an order does to its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// The snapshot is older than what is known: ignore it.
    Stale,
    /// Take it over with this status.
    Apply(OrderStatus),
    /// The channel goes on with an order it had called off: take it over with this status, reserve anew, and tell a person.
    TakenUp(OrderStatus),
    /// The channel goes back on something final: take over everything but keep this status, and tell a person.
    Contradiction(OrderStatus),
}

/// Decides what a snapshot does to the status of an order known as `(status, updated_at)`, or to a new one.
pub fn merge_status(known: Option<(OrderStatus, Timestamp)>, snapshot: &OrderSnapshot) -> Merge {
    let Some((status, updated_at)) = known else {
        return Merge::Apply(snapshot.status.unwrap_or(OrderStatus::Unknown));
    };
    if snapshot.updated_at < updated_at {
        return Merge::Stale;
    }
    match snapshot.status {
        // An unknown word says nothing about a status we know; the word itself is kept beside it.
        None => Merge::Apply(status),
        Some(next) if status.may_become(next) => Merge::Apply(next),
        // Of two words of the same instant nobody knows which came first; calling off is final then.
        Some(next) if status.may_be_taken_up_as(next) && snapshot.updated_at > updated_at => {
            Merge::TakenUp(next)
        }
        Some(_) => Merge::Contradiction(status),
    }
}

/// What one line does to stock once the order has `status`; brings `line` up to date.
///
/// Orders the channel ships from its own warehouse never touch the seller's stock.
pub fn merge_line(
    line: &mut LineStock,
    status: OrderStatus,
    fulfilled_by: FulfilledBy,
    snapshot: &LineSnapshot,
) -> Vec<LineStep> {
    if fulfilled_by == FulfilledBy::Channel {
        return Vec::new();
    }
    let shipped = match status {
        // Some channels say "shipped" for the whole without counting lines.
        OrderStatus::Shipped => (snapshot.ordered - snapshot.cancelled).max(snapshot.shipped),
        _ => snapshot.shipped,
    }
    .clamp(0, snapshot.ordered.max(0));
    let shipped = shipped.max(line.shipped);
    let open = (snapshot.ordered - snapshot.cancelled - shipped).max(0);
    line.converge(if status.holds_stock() { open } else { 0 }, shipped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stock::EntryKind;
    use proptest::prelude::*;

    fn snapshot(status: Option<OrderStatus>, updated: i64) -> OrderSnapshot {
        OrderSnapshot {
            channel_order_id: "1".into(),
            channel_status: "X".into(),
            status,
            fulfilled_by: FulfilledBy::Seller,
            marketplace: None,
            placed_at: Timestamp::EPOCH,
            updated_at: Timestamp::from_secs(updated),
            ship_by: None,
            total: None,
            lines: vec![],
            oddities: vec![],
            payload: String::new(),
        }
    }

    fn line(ordered: i64, shipped: i64) -> LineSnapshot {
        LineSnapshot {
            channel_line_id: "1".into(),
            sku: None,
            title: String::new(),
            ordered,
            shipped,
            cancelled: 0,
            total: None,
        }
    }

    #[test]
    fn older_snapshots_are_ignored_and_unknown_words_keep_the_status() {
        let known = Some((OrderStatus::Open, Timestamp::from_secs(10)));
        assert_eq!(
            merge_status(known, &snapshot(Some(OrderStatus::Pending), 9)),
            Merge::Stale
        );
        assert_eq!(
            merge_status(known, &snapshot(None, 11)),
            Merge::Apply(OrderStatus::Open)
        );
        assert_eq!(
            merge_status(None, &snapshot(None, 11)),
            Merge::Apply(OrderStatus::Unknown)
        );
    }

    #[test]
    fn shipped_orders_do_not_come_back() {
        let known = Some((OrderStatus::Shipped, Timestamp::from_secs(10)));
        for status in [OrderStatus::Pending, OrderStatus::Open, OrderStatus::Cancelled] {
            let merged = merge_status(known, &snapshot(Some(status), 11));
            assert_eq!(merged, Merge::Contradiction(OrderStatus::Shipped), "{status}");
        }
    }

    #[test]
    fn what_was_called_off_is_taken_up_by_a_later_word_and_reserved_anew() {
        let known = Some((OrderStatus::Cancelled, Timestamp::from_secs(10)));
        for status in [OrderStatus::Open, OrderStatus::Pending] {
            let merged = merge_status(known, &snapshot(Some(status), 11));
            assert_eq!(merged, Merge::TakenUp(status));
            let merged = merge_status(known, &snapshot(Some(status), 10));
            assert_eq!(
                merged,
                Merge::Contradiction(OrderStatus::Cancelled),
                "at the same instant"
            );
        }
        let mut stock = LineStock::default();
        for (status, reserved) in [
            (OrderStatus::Pending, 3),
            (OrderStatus::Cancelled, 0),
            (OrderStatus::Open, 3),
        ] {
            merge_line(&mut stock, status, FulfilledBy::Seller, &line(3, 0));
            assert_eq!(stock.outstanding(), reserved, "{status}");
        }
    }

    #[test]
    fn pending_reserves_cancelling_releases_shipping_consumes() {
        let mut stock = LineStock::default();
        let kinds = |steps: Vec<LineStep>| steps.into_iter().map(|s| s.kind).collect::<Vec<_>>();
        let merge = |stock: &mut LineStock, status, l: &LineSnapshot| {
            kinds(merge_line(stock, status, FulfilledBy::Seller, l))
        };
        assert_eq!(
            merge(&mut stock, OrderStatus::Pending, &line(3, 0)),
            [EntryKind::Sale]
        );
        assert_eq!(merge(&mut stock, OrderStatus::Open, &line(3, 0)), []);
        assert_eq!(
            merge(&mut stock, OrderStatus::PartiallyShipped, &line(3, 1)),
            [EntryKind::Shipment]
        );
        assert_eq!(
            merge(&mut stock, OrderStatus::Cancelled, &line(3, 1)),
            [EntryKind::Cancellation]
        );
        assert_eq!(
            stock,
            LineStock {
                reserved: 3,
                released: 2,
                shipped: 1
            }
        );
    }

    #[test]
    fn the_channels_own_warehouse_is_not_our_stock() {
        let mut stock = LineStock::default();
        assert!(merge_line(&mut stock, OrderStatus::Open, FulfilledBy::Channel, &line(3, 0)).is_empty());
    }

    proptest! {
        /// Merging the same snapshots in any order, with repeats, ends with the stock of the latest one.
        #[test]
        fn order_of_arrival_does_not_matter(shipped in prop::collection::vec(0i64..6, 1..8), order in prop::collection::vec(0usize..8, 1..30)) {
            let mut grown: Vec<i64> = shipped; grown.sort_unstable();
            let (mut stock, mut known) = (LineStock::default(), None);
            let mut latest = None;
            for index in order.into_iter().filter(|i| *i < grown.len()) {
                let status = if grown[index] == 0 { OrderStatus::Open } else if grown[index] == 5 { OrderStatus::Shipped } else { OrderStatus::PartiallyShipped };
                let snap = snapshot(Some(status), i64::try_from(index).unwrap());
                match merge_status(known, &snap) {
                    Merge::Stale => continue,
                    Merge::Contradiction(_) | Merge::TakenUp(_) => prop_assert!(false, "growing shipments never contradict"),
                    Merge::Apply(next) => {
                        merge_line(&mut stock, next, FulfilledBy::Seller, &line(5, grown[index]));
                        known = Some((next, snap.updated_at));
                        latest = latest.max(Some(index));
                    }
                }
            }
            if let Some(index) = latest {
                prop_assert_eq!(stock.shipped, grown[index]);
                prop_assert_eq!(stock.outstanding(), 5 - grown[index]);
            }
        }

        #[test]
        fn statuses_never_leave_an_end_for_a_beginning(a in prop::sample::select(OrderStatus::ALL), b in prop::sample::select(OrderStatus::ALL)) {
            if matches!(a, OrderStatus::Shipped | OrderStatus::Cancelled) && matches!(b, OrderStatus::Pending | OrderStatus::Open) {
                prop_assert!(!a.may_become(b));
            }
            prop_assert!(a.may_become(a));
        }
    }
}
