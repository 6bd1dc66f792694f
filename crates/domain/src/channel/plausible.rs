//! Numbers that cannot be, as channels sometimes send them: bounded and told, so that nothing behind the port can overflow.
//!
//! A quantity that is absurdly high counts as the highest there can be: what a channel shows it may sell, so nobody else is
//! promised anything until it is lowered. One below zero sells nothing. An order for absurdly many is no order that could be
//! served or taken back; it is set aside as it came and a person is told.

use super::exchange::{ListingPage, ListingSnapshot, OrderPage, Unreadable};
use crate::Quantity;
use crate::order::OrderSnapshot;

/// The highest quantity that is believed.
const MOST: i64 = Quantity::MAX as i64;

impl ListingSnapshot {
    /// The same with quantities that can be; what could not is among its issues.
    #[must_use]
    pub fn plausible(mut self) -> Self {
        let mut wrong = Vec::new();
        for quantity in self
            .quantity
            .iter_mut()
            .chain(self.places.iter_mut().map(|p| &mut p.quantity))
        {
            let bounded = (*quantity).clamp(0, MOST);
            if bounded != *quantity {
                wrong.push(format!(
                    "the channel shows a quantity of {quantity}, which cannot be; it counts as {bounded}"
                ));
                *quantity = bounded;
            }
        }
        wrong.dedup();
        self.issues.extend(wrong);
        self
    }
}

impl ListingPage {
    /// The same with quantities that can be.
    #[must_use]
    pub fn plausible(mut self) -> Self {
        self.listings = self
            .listings
            .into_iter()
            .map(ListingSnapshot::plausible)
            .collect();
        self
    }
}

impl OrderPage {
    /// The same with orders set aside whose numbers cannot be.
    #[must_use]
    pub fn plausible(mut self) -> Self {
        let wrong = |order: &mut OrderSnapshot| wrong_with(order).is_some();
        for order in self.orders.extract_if(.., wrong) {
            self.unreadable.push(Unreadable {
                reason: wrong_with(&order).unwrap_or_default(),
                id: Some(order.channel_order_id),
                raw: order.payload,
            });
        }
        self
    }
}

/// Which line of an order has a number that cannot be.
fn wrong_with(order: &OrderSnapshot) -> Option<String> {
    order.lines.iter().find_map(|line| {
        let numbers = [line.ordered, line.shipped, line.cancelled];
        let wrong = numbers.into_iter().find(|units| !(0..=MOST).contains(units))?;
        Some(format!(
            "line {}: {wrong} units cannot be; a line has 0 to {MOST}",
            line.channel_line_id
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::{FulfilledBy, ListingStatus};
    use crate::order::LineSnapshot;
    use crate::places::PlaceUnits;
    use crate::{Sku, Timestamp};

    fn listing(quantity: i64, at: &[i64]) -> ListingSnapshot {
        ListingSnapshot {
            sku: Sku::parse("A").unwrap(),
            channel_ref: None,
            title: None,
            fulfilled_by: FulfilledBy::Seller,
            quantity: Some(quantity),
            places: at
                .iter()
                .map(|quantity| PlaceUnits {
                    location: "b".into(),
                    quantity: *quantity,
                })
                .collect(),
            price: None,
            status: ListingStatus::Active,
            images: None,
            barcode: None,
            handle: None,
            issues: Vec::new(),
        }
    }

    fn order(ordered: i64) -> OrderSnapshot {
        OrderSnapshot {
            channel_order_id: format!("O{ordered}"),
            channel_status: "open".into(),
            status: None,
            fulfilled_by: FulfilledBy::Seller,
            marketplace: None,
            placed_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
            ship_by: None,
            total: None,
            lines: vec![LineSnapshot {
                channel_line_id: "1".into(),
                sku: None,
                title: String::new(),
                ordered,
                shipped: 0,
                cancelled: 0,
                total: None,
            }],
            oddities: Vec::new(),
            payload: "{}".into(),
        }
    }

    #[test]
    fn quantities_that_cannot_be_are_bounded_and_told() {
        let fine = listing(7, &[3, 4]);
        assert_eq!(fine.clone().plausible(), fine);
        let high = listing(i64::MAX, &[i64::MAX]).plausible();
        assert_eq!(
            (high.quantity, high.places[0].quantity),
            (Some(100_000_000), 100_000_000)
        );
        assert_eq!(high.issues.len(), 1, "the same is said once: {:?}", high.issues);
        let low = listing(-3, &[]).plausible();
        assert_eq!(low.quantity, Some(0));
        assert!(low.issues[0].contains("-3"), "{:?}", low.issues);
    }

    #[test]
    fn an_order_for_absurdly_many_is_set_aside_as_it_came() {
        let page = OrderPage {
            orders: vec![order(2), order(i64::MAX), order(-1)],
            ..OrderPage::default()
        };
        let page = page.plausible();
        assert_eq!((page.orders.len(), page.unreadable.len()), (1, 2));
        assert_eq!(page.orders[0].lines[0].ordered, 2);
        assert!(page.unreadable[0].reason.contains("0 to 100000000"));
        assert_eq!(page.unreadable[1].id.as_deref(), Some("O-1"));
    }
}
