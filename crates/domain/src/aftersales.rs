//! What a person asks a channel for after the sale, and how the hub knows what became of it.

use serde::{Deserialize, Serialize};

use crate::listing::named;
use crate::order::{OrderSnapshot, OrderStatus};
use crate::{OrderLineId, Timestamp};

named! {
    /// How far something is that a person asked a channel for.
    AskStatus {
        /// Written down. The channel was not asked yet, or what it answered is not known.
        Waiting = "waiting",
        /// The channel took it; what it shows does not say so yet.
        Accepted = "accepted",
        /// Done.
        Done = "done",
        /// The channel refused it; the message says why.
        Refused = "refused",
        /// No clear answer in all that time: a person has to look at the channel.
        Unclear = "unclear",
    }
}

impl AskStatus {
    /// Whether work on it goes on by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Accepted)
    }
}

/// Units of an order line that somebody wants called off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelledLine {
    /// The order line.
    pub line: OrderLineId,
    /// The channel's id of it.
    pub channel_line_id: String,
    /// Units of the listing.
    pub quantity: i64,
    /// Units that were called off before.
    pub before: i64,
}

/// Whether an order as its channel shows it has been called off as was asked; all of it when no lines are named.
pub fn is_called_off(wanted: &[CancelledLine], shown: &OrderSnapshot) -> bool {
    if shown.status == Some(OrderStatus::Cancelled) {
        return true;
    }
    if wanted.is_empty() {
        let gone = |line: &crate::order::LineSnapshot| line.ordered - line.shipped <= line.cancelled;
        let some = shown.lines.iter().any(|line| line.cancelled > 0);
        return some && shown.lines.iter().all(gone);
    }
    wanted.iter().all(|wanted| {
        let line = shown
            .lines
            .iter()
            .find(|line| line.channel_line_id == wanted.channel_line_id);
        line.is_some_and(|line| line.cancelled >= wanted.before.saturating_add(wanted.quantity))
    })
}

/// When something that was asked for and got no answer may be asked for again: not before whatever the channel did with the
/// first request has had time to show.
pub fn may_ask_again(asked_at: Option<Timestamp>, apply: std::time::Duration, now: Timestamp) -> bool {
    asked_at.is_none_or(|at| at.plus(apply) <= now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stepped;
    use crate::listing::FulfilledBy;
    use crate::order::LineSnapshot;
    use std::time::Duration;

    fn line(id: &str, ordered: i64, shipped: i64, cancelled: i64) -> LineSnapshot {
        LineSnapshot {
            channel_line_id: id.into(),
            sku: None,
            title: String::new(),
            ordered,
            shipped,
            cancelled,
            total: None,
        }
    }

    fn order(status: OrderStatus, lines: Vec<LineSnapshot>) -> OrderSnapshot {
        OrderSnapshot {
            channel_order_id: "1".into(),
            channel_status: "x".into(),
            status: Some(status),
            fulfilled_by: FulfilledBy::Seller,
            marketplace: None,
            placed_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
            ship_by: None,
            total: None,
            lines,
            oddities: vec![],
            payload: String::new(),
        }
    }

    fn wanted(id: &str, quantity: i64, before: i64) -> CancelledLine {
        CancelledLine {
            line: Stepped::new(Timestamp::EPOCH, 1).env().id(),
            channel_line_id: id.into(),
            quantity,
            before,
        }
    }

    #[test]
    fn an_order_is_called_off_when_nothing_of_it_is_open() {
        let open = OrderStatus::Open;
        assert!(is_called_off(&[], &order(OrderStatus::Cancelled, vec![])));
        assert!(!is_called_off(&[], &order(open, vec![line("a", 2, 0, 0)])));
        assert!(!is_called_off(
            &[],
            &order(open, vec![line("a", 2, 0, 2), line("b", 1, 0, 0)])
        ));
        assert!(is_called_off(
            &[],
            &order(open, vec![line("a", 2, 0, 2), line("b", 1, 1, 0)])
        ));
        assert!(
            !is_called_off(&[], &order(OrderStatus::Shipped, vec![line("a", 2, 2, 0)])),
            "all shipped is not called off"
        );
        assert!(!is_called_off(&[], &order(open, vec![])));
    }

    #[test]
    fn units_are_called_off_beyond_those_that_were_before() {
        let shown = order(OrderStatus::Open, vec![line("a", 5, 0, 2), line("b", 1, 0, 0)]);
        assert!(!is_called_off(&[wanted("a", 1, 2)], &shown));
        assert!(is_called_off(&[wanted("a", 1, 1)], &shown));
        assert!(!is_called_off(&[wanted("a", 1, 1), wanted("b", 1, 0)], &shown));
        assert!(
            !is_called_off(&[wanted("gone", 1, 0)], &shown),
            "a line that is not shown proves nothing"
        );
    }

    #[test]
    fn what_got_no_answer_is_not_asked_again_at_once() {
        let at = Timestamp::from_secs(100);
        let apply = Duration::from_secs(60);
        assert!(may_ask_again(None, apply, at));
        assert!(!may_ask_again(Some(at), apply, Timestamp::from_secs(159)));
        assert!(may_ask_again(Some(at), apply, Timestamp::from_secs(160)));
    }
}
