//! Goods between locations, and what channels tell the hub of by themselves.

use std::time::Duration;

use stockbridge_domain::TransferId;
use stockbridge_domain::channel::DataKind;
use stockbridge_engine::{ArrivalRequest, Refusal, TransferRequest, UnitsOf};

use crate::Broken;
use crate::turns::at_once;
use crate::world::{FollowUp, World, must, sku};

impl World {
    /// Units that lie at a location: all there are where there is only one.
    pub(crate) fn lying_at(&self, product: usize, place: usize) -> Result<i64, Broken> {
        let Some(place) = self.places.get(place) else {
            return Ok(self.books.shelves[product].on_hand);
        };
        let stock = at_once(self.tenant().stock_of(&Self::sku_of(product)?));
        let stock = must("reading stock", stock)?;
        let at = stock.and_then(|s| s.locations.into_iter().find(|at| at.location == *place));
        Ok(at.map_or(0, |at| at.on_hand))
    }

    /// Whether nothing is sold from a location.
    fn is_aside(&self, place: usize) -> bool {
        place == 1 && self.script.annex.is_some_and(|annex| !annex.sellable)
    }

    /// Sends goods to the second location or back; `fate` is how many are lost on the way and how many hours it takes.
    pub(crate) fn send(
        &mut self,
        product: usize,
        units: i64,
        fate: (i64, u64),
        back: bool,
    ) -> Result<(), Broken> {
        let (from, to) = if back { (1, 0) } else { (0, 1) };
        let (Some(here), Some(there)) = (self.places.get(from).copied(), self.places.get(to).copied()) else {
            return Ok(());
        };
        let units = units.min(self.lying_at(product, from)?);
        if units <= 0 {
            return Ok(());
        }
        let request = TransferRequest {
            reference: None,
            from: here,
            to: there,
            lines: vec![UnitsOf {
                sku: sku(product),
                units,
            }],
            note: None,
        };
        let hub = self.hub.clone();
        let made = must("a transfer", at_once(hub.create_transfer(&self.caller, request)))?;
        match at_once(hub.send_transfer(&self.caller, made.id)) {
            Some(Ok(_)) => {}
            Some(Err(Refusal::Conflict(_) | Refusal::Fields(_))) => {
                self.tell(|_| "   refused: they are promised".to_owned());
                return Ok(());
            }
            other => return must("sending a transfer", other).map(drop),
        }
        let (from_aside, to_aside) = (self.is_aside(from), self.is_aside(to));
        let shelf = &mut self.books.shelves[product];
        shelf.on_hand -= units;
        if from_aside {
            shelf.aside -= units;
        } else {
            // Whoever carries away what is offered does what breaking it would.
            shelf.debt += units;
        }
        let (lost, hours) = fate;
        let arrive = FollowUp::Arrive {
            transfer: made.id,
            product,
            units,
            lost: lost.min(units),
            aside: to_aside,
        };
        let key = (
            self.now().plus(Duration::from_secs(3_600 * hours)),
            self.next_follow_up(),
        );
        self.follow.insert(key, arrive);
        Ok(())
    }

    /// Goods arrive; `units` were sent, some of them are lost.
    pub(crate) fn arrive(
        &mut self,
        transfer: TransferId,
        product: usize,
        (units, lost): (i64, i64),
        aside: bool,
    ) -> Result<(), Broken> {
        let arrived = units - lost;
        self.tell(|_| format!("-- {arrived} of P{product} arrive, {lost} are lost"));
        let lines = vec![ArrivalRequest {
            sku: sku(product),
            received: arrived,
            lost,
        }];
        let hub = self.hub.clone();
        let received = at_once(hub.receive_transfer(&self.caller, transfer, None, lines));
        must("receiving a transfer", received)?;
        let shelf = &mut self.books.shelves[product];
        shelf.on_hand += arrived;
        if aside {
            shelf.aside += arrived;
        }
        Ok(())
    }

    /// A notification: all it does is to have the hub look now instead of later.
    pub(crate) fn notify(&mut self, channel: usize, listings: bool) -> Result<(), Broken> {
        let kind = if listings {
            DataKind::Inventory
        } else {
            DataKind::Orders
        };
        let hub = self.hub.clone();
        match at_once(hub.sync_now(&self.caller, self.accounts[channel], &[kind])) {
            // Nothing is asked of a store whose authorisation was refused.
            Some(Err(Refusal::Conflict(_))) => Ok(()),
            told => must("a notification", told).map(drop),
        }
    }
}
