//! Carries out what happens from outside, in the marketplace, in the hub and in the books at one instant.

use std::time::Duration;

use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::stock::EntryKind;
use stockbridge_engine::{
    Adjustment, CancelRequest, OwnOrderLine, OwnOrderRequest, Parcel, ParcelLineRequest, Refusal,
};
use stockbridge_sim::{BuyOptions, Fault, ListingEdit};
use stockbridge_store::{OrderFilter, OrderRecord, PageQuery};

use crate::Broken;
use crate::books::{Sold, Standing};
use crate::deed::Deed;
use crate::script::{CHANNELS, WORKERS};
use crate::turns::at_once;
use crate::world::{FollowUp, World, must, sku};

impl World {
    /// Does a deed; `at` is the worker who stands at its moment.
    pub(crate) fn perform(&mut self, deed: &Deed, at: Option<usize>) -> Result<(), Broken> {
        self.tell(|_| format!("-- {deed}"));
        self.books.changes += 1;
        match deed {
            Deed::Buy {
                channel,
                product,
                units,
                pending,
            } => {
                self.buy(*channel, *product, *units, *pending);
                Ok(())
            }
            Deed::BuyHere { product, units } => self.buy_here(*product, *units),
            Deed::CallOff { nth, restock } => {
                self.call_off(*nth, *restock);
                Ok(())
            }
            Deed::Pack { parcels, partly } => self.pack(*parcels, *partly),
            Deed::Receive { product, units } => {
                self.books.shelves[*product].received += units;
                self.enter(*product, EntryKind::Restock, *units)
            }
            Deed::Break { product, units } => {
                let units = (*units).min(self.lying_at(*product, 0)?.max(0));
                self.books.shelves[*product].debt += units;
                self.enter(*product, EntryKind::Damage, -units)
            }
            Deed::Count { product, difference } => self.count(*product, *difference),
            Deed::Send {
                product,
                units,
                back,
                lost,
                hours,
            } => self.send(*product, *units, (*lost, *hours), *back),
            Deed::Notify { channel, listings } => self.notify(*channel, *listings),
            Deed::OtherTool {
                channel,
                product,
                quantity,
            } => {
                self.other_tool(*channel, *product, *quantity);
                Ok(())
            }
            Deed::Kill { worker } => {
                let place = at.unwrap_or(*worker % WORKERS);
                let point = self.stage.point(place);
                self.kills += 1;
                self.note_kill(point);
                self.tell(|_| format!("w{place} is killed {point}"));
                self.start_worker(place);
                Ok(())
            }
            Deed::KillAll => {
                self.kills += 1;
                self.restart();
                Ok(())
            }
            Deed::Stall { worker, secs } => {
                let place = at.unwrap_or(*worker % WORKERS);
                self.turns.stall(place, Duration::from_secs(*secs));
                Ok(())
            }
            Deed::Outage { calls, operation } => {
                self.sim.fail_next(operation, Fault::ServerError, *calls);
                Ok(())
            }
        }
    }

    pub(crate) fn follow_up(&mut self, follow: &FollowUp) -> Result<(), Broken> {
        self.books.changes += 1;
        let (order, fails, restock) = match follow {
            FollowUp::Decide {
                order,
                fails,
                restock,
            } => (order, fails, restock),
            FollowUp::Arrive {
                transfer,
                product,
                units,
                lost,
                aside,
            } => return self.arrive(*transfer, *product, (*units, *lost), *aside),
        };
        let standing = self.books.orders.get(order).map(|o| o.standing);
        if standing != Some(Standing::Pending) {
            return Ok(());
        }
        if !fails {
            if let Some(sold) = self.books.orders.get_mut(order) {
                sold.standing = Standing::Open;
            }
            self.tell(|_| format!("-- {order} is paid"));
            return self.sim.pay(order).map_err(|e| Broken(e.to_string()));
        }
        self.tell(|_| format!("-- the payment of {order} fails (back on sale: {restock})"));
        self.cancel_there(order, *restock);
        Ok(())
    }

    fn buy(&mut self, channel: usize, product: usize, units: i64, pending: Option<(u64, bool)>) {
        let (seller, marketplace, _) = CHANNELS[channel];
        self.books.want(product, units);
        let options = BuyOptions {
            pending: pending.is_some(),
            ..BuyOptions::default()
        };
        let wanted = u32::try_from(units).unwrap_or(1);
        match self.sim.buy(seller, marketplace, &sku(product), wanted, options) {
            Ok(id) => {
                let standing = if pending.is_some() {
                    Standing::Pending
                } else {
                    Standing::Open
                };
                let sold = Sold {
                    product,
                    units,
                    shipped: 0,
                    standing,
                    own: None,
                };
                self.tell(|_| format!("   order {id}"));
                self.books.accept(id.clone(), sold);
                if let Some((wait_ms, fails)) = pending {
                    let at = self.now().plus(Duration::from_millis(wait_ms));
                    let key = (at, self.next_follow_up());
                    let restock = wait_ms % 2 == 0;
                    let decide = FollowUp::Decide {
                        order: id,
                        fails,
                        restock,
                    };
                    self.follow.insert(key, decide);
                }
            }
            Err(refused) => self.tell(|_| format!("   {refused}")),
        }
    }

    fn buy_here(&mut self, product: usize, units: i64) -> Result<(), Broken> {
        self.books.want(product, units);
        let request = OwnOrderRequest {
            account: self.own,
            reference: None,
            lines: vec![OwnOrderLine {
                sku: sku(product),
                quantity: units,
                unit_price: None,
            }],
            buyer: None,
            unpaid: false,
        };
        let hub = self.hub.clone();
        match at_once(hub.create_order(&self.caller, request)) {
            Some(Ok(order)) => {
                let sold = Sold {
                    product,
                    units,
                    shipped: 0,
                    standing: Standing::Open,
                    own: Some(order.order.id),
                };
                self.books.accept(order.order.channel_order_id, sold);
                Ok(())
            }
            Some(Err(Refusal::Shortage(_))) => {
                self.tell(|_| "   refused: nothing is free".to_owned());
                Ok(())
            }
            other => must("an own order", other).map(drop),
        }
    }

    fn call_off(&mut self, nth: usize, restock: bool) {
        let recent = self.books.placed.len().checked_sub(nth + 1);
        let Some(id) = recent.and_then(|i| self.books.placed.get(i)).cloned() else {
            return;
        };
        match self.books.orders.get(&id).and_then(|o| o.own) {
            Some(own) => {
                if self.books.call_off(&id) {
                    let hub = self.hub.clone();
                    // The hub refuses when it is too late there; then the books would say so too.
                    let _ = at_once(hub.cancel_order(&self.caller, own, CancelRequest::default()));
                }
            }
            None => self.cancel_there(&id, restock),
        }
    }

    fn cancel_there(&mut self, id: &str, restock: bool) {
        if self.books.call_off(id) {
            // What the books allow, the platform does: nothing of the order was shipped.
            let _ = self.sim.cancel(id, Some(restock));
            self.tell(|_| format!("   {id} is called off"));
        }
    }

    /// Packs the oldest orders that the hub knows and that are still wanted.
    fn pack(&mut self, parcels: usize, partly: bool) -> Result<(), Broken> {
        let mut left = parcels;
        for status in [OrderStatus::PartiallyShipped, OrderStatus::Open] {
            let filter = OrderFilter {
                status: Some(status),
                ..OrderFilter::default()
            };
            let tenant = self.tenant();
            let page = must(
                "listing orders",
                at_once(tenant.orders(&filter, &PageQuery::first(30))),
            )?;
            for order in page.items.iter().rev() {
                if left == 0 {
                    return Ok(());
                }
                left -= usize::from(self.pack_one(order, partly)?);
            }
        }
        Ok(())
    }

    fn pack_one(&mut self, order: &OrderRecord, partly: bool) -> Result<bool, Broken> {
        let id = &order.channel_order_id;
        let Some(sold) = self.books.orders.get(id).cloned() else {
            return Ok(false);
        };
        let open = sold.units - sold.shipped;
        let there = self.books.lie_there(sold.product, open);
        if sold.standing != Standing::Open || open == 0 || !there {
            return Ok(false);
        }
        let units = if partly && open > 1 { 1 } else { open };
        let lines = order.lines.iter().take(1).map(|l| ParcelLineRequest {
            line: l.id,
            quantity: units,
        });
        let parcel = Parcel {
            carrier: "DHL".to_owned(),
            method: None,
            tracking: format!("T{}", self.books.placed.len()),
            lines: lines.collect(),
        };
        let hub = self.hub.clone();
        match at_once(hub.ship_order(&self.caller, order.id, parcel)) {
            Some(Ok(_)) => {
                self.books.ship(id, units);
                self.tell(|_| format!("   {units} of order {id} leave"));
                Ok(true)
            }
            Some(Err(Refusal::Conflict(_) | Refusal::Fields(_))) => Ok(false),
            other => must("packing", other).map(|_| false),
        }
    }

    fn enter(&mut self, product: usize, kind: EntryKind, change: i64) -> Result<(), Broken> {
        if change == 0 {
            return Ok(());
        }
        self.books.shelves[product].on_hand += change;
        self.adjust(product, kind, Some(change), None)
    }

    fn count(&mut self, product: usize, difference: i64) -> Result<(), Broken> {
        let before = self.lying_at(product, 0)?;
        let counted = (before + difference).max(0);
        let change = counted - before;
        let shelf = &mut self.books.shelves[product];
        shelf.debt += (-change).max(0);
        shelf.received += change.max(0);
        shelf.on_hand += change;
        self.adjust(product, EntryKind::Count, None, Some(counted))
    }

    fn adjust(
        &mut self,
        product: usize,
        kind: EntryKind,
        change: Option<i64>,
        counted: Option<i64>,
    ) -> Result<(), Broken> {
        let adjustment = Adjustment {
            sku: sku(product),
            kind,
            change,
            counted,
            location: None,
            note: None,
            reference: None,
        };
        let hub = self.hub.clone();
        must("changing stock", at_once(hub.adjust(&self.caller, adjustment))).map(drop)
    }

    fn other_tool(&mut self, channel: usize, product: usize, quantity: u32) {
        let (seller, ..) = CHANNELS[channel];
        let sku = sku(product);
        let before = self.sim.shelf(seller, &sku).map_or(0, |s| i64::from(s.quantity));
        let raised = (i64::from(quantity) - before).max(0);
        let now = self.now();
        for (part, units) in self.books.made_of[product].clone() {
            let shelf = &mut self.books.shelves[part];
            shelf.debt += raised * units;
            let unread = shelf.unread.entry((product, channel)).or_insert((0, now));
            *unread = (unread.0 + raised * units, now);
        }
        let edit = ListingEdit {
            seller_id: seller.to_owned(),
            sku,
            quantity: Some(quantity),
            ..ListingEdit::default()
        };
        // The listing is there: it was set up at the beginning.
        let _ = self.sim.edit_listing(&edit);
    }
}
