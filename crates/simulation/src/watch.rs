//! Safety, looked at after every step: the hub's beliefs against what is true.

use std::time::Duration;

use stockbridge_domain::offer::SURE;
use stockbridge_sim::Shelf;
use stockbridge_store::{OfferRecord, StockRecord};

use crate::script::CHANNELS;
use crate::turns::at_once;
use crate::world::{World, must, sku};
use crate::{Broken, Violation};

/// A reading that was in so long after another tool's write has certainly seen it: longer than any call takes.
const SEEN_AFTER: Duration = Duration::from_secs(60);

impl World {
    /// Looks at every product, unless nothing can have changed.
    pub(crate) fn look(&mut self) -> Result<(), Broken> {
        let changes = self.turns.beliefs() + self.wire.writes() + self.books.changes;
        if changes == self.seen_changes {
            return Ok(());
        }
        self.seen_changes = changes;
        let tenant = self.tenant();
        let stock = must("reading stock", at_once(tenant.stock(None, None, 100)))?;
        for (product, stock) in stock.iter().enumerate() {
            self.tell_state(product);
            self.look_at(product, stock)?;
        }
        Ok(())
    }

    fn look_at(&mut self, product: usize, stock: &StockRecord) -> Result<(), Broken> {
        let shelves: Vec<Option<Shelf>> = (0..self.script.channels)
            .map(|channel| self.sim.shelf(CHANNELS[channel].0, &sku(product)))
            .collect();
        let shelf = &self.books.shelves[product];
        // Single offers matter only while writes are on their way or somebody else had a hand in it.
        let quiet = shelf.debt == 0
            && shelf.unread.is_empty()
            && shelves.iter().flatten().all(|s| s.waiting.is_empty());
        let offers = if quiet {
            Vec::new()
        } else {
            must(
                "reading offers",
                at_once(self.tenant().offers_of(self.products[product])),
            )?
        };
        self.forget_what_was_read(product, &offers);
        let could_sell: i64 = shelves
            .iter()
            .enumerate()
            .filter_map(|(channel, shelf)| Some(self.could_sell(channel, shelf.as_ref()?, &offers)))
            .sum();
        self.compare(product, stock, could_sell);
        if !quiet {
            let true_headroom = self.books.shelves[product].available() - could_sell;
            self.forgive(product, stock, &offers, true_headroom);
        }
        Ok(())
    }

    fn compare(&mut self, product: usize, stock: &StockRecord, could_sell: i64) {
        let shelf = &self.books.shelves[product];
        let true_headroom = shelf.available() - could_sell;
        let unread: i64 = shelf.unread.values().map(|u| u.0).sum();
        let believed = stock.available - stock.exposure;
        if stock.on_hand != shelf.on_hand {
            let text = format!(
                "the hub has {} on hand, the shelf {}",
                stock.on_hand, shelf.on_hand
            );
            self.violated(product, "ledger", text);
        } else if believed > true_headroom + unread {
            let text = format!(
                "the hub believes that {believed} units are beyond everybody's reach, in truth {true_headroom} are: the \
                 channels could still sell {could_sell}, {} are available",
                shelf.available()
            );
            self.violated(product, "exposure", text);
        } else if true_headroom < -shelf.debt {
            let text = format!(
                "the channels could sell {} units more than there are, {} of them by hands from outside",
                -true_headroom, shelf.debt
            );
            self.violated(product, "promise", text);
        } else if shelf.oversold > 0 {
            let text = format!("{} units were sold that were not there", shelf.oversold);
            self.violated(product, "oversold", text);
        }
    }

    /// What a channel could still sell of a product, in truth.
    fn could_sell(&self, channel: usize, shelf: &Shelf, offers: &[OfferRecord]) -> i64 {
        let shown = i64::from(shelf.quantity);
        let waiting: i64 = shelf.waiting.iter().map(|q| i64::from(*q)).sum();
        // Above this exposure the protocol assumes, and says so, that not everything is sold while a write is on its way.
        let assumed = offers
            .iter()
            .find(|o| o.account == self.accounts[channel])
            .and_then(|o| o.offer.write)
            .is_some_and(|w| w.prior_exposure > SURE);
        if assumed {
            shown.max(waiting)
        } else {
            shown + waiting
        }
    }

    fn forget_what_was_read(&mut self, product: usize, offers: &[OfferRecord]) {
        let accounts = &self.accounts;
        self.books.shelves[product].unread.retain(|channel, (_, since)| {
            let offer = offers.iter().find(|o| o.account == accounts[*channel]);
            !offer.is_some_and(|o| o.offer.settled && o.offer.since > since.plus(SEEN_AFTER))
        });
    }

    /// At rest, what hands from outside did is over: from then on the hub is held to account again.
    fn forgive(&mut self, product: usize, stock: &StockRecord, offers: &[OfferRecord], true_headroom: i64) {
        let rest = true_headroom >= 0
            && stock.available >= stock.exposure
            && offers.iter().all(|o| o.offer.settled && o.offer.write.is_none())
            && self.books.shelves[product].unread.is_empty();
        if rest {
            self.books.shelves[product].debt = 0;
        }
    }

    /// Notes what each channel shows and what the hub believes of it, where that has changed.
    fn tell_state(&mut self, product: usize) {
        if self.trace.is_none() {
            return;
        }
        let offers = at_once(self.tenant().offers_of(self.products[product]));
        for record in offers.and_then(Result::ok).unwrap_or_default() {
            let channel = self
                .accounts
                .iter()
                .position(|a| *a == record.account)
                .unwrap_or(0);
            let shelf = self.sim.shelf(CHANNELS[channel].0, &sku(product));
            let line = format!(
                "   P{product} on channel {channel}: {}",
                in_words(shelf.as_ref(), &record)
            );
            let key = (product, channel);
            if self.told.get(&key) != Some(&line) {
                self.tell(|_| line.clone());
                self.told.insert(key, line);
            }
        }
    }

    pub(crate) fn violated(&mut self, product: usize, rule: &'static str, text: String) {
        let violation = Violation {
            rule: rule.to_owned(),
            at: self.now(),
            text: format!("P{product}: {text}"),
        };
        self.tell(|_| format!("** {rule}: {}", violation.text));
        self.violations.push(violation);
    }
}

/// A listing in truth and in the hub's belief.
fn in_words(shelf: Option<&Shelf>, record: &OfferRecord) -> String {
    let offer = &record.offer;
    let (shown, waiting) = shelf.map_or((0, Vec::new()), |s| (s.quantity, s.waiting.clone()));
    let mut text = format!("shows {shown}");
    if !waiting.is_empty() {
        text += &format!(", then {waiting:?}");
    }
    text += &format!("; bound {}", offer.exposure);
    if !offer.settled {
        text += " (not exact)";
    }
    if let Some(anchor) = offer.anchor {
        text += &format!(
            ", reading {} of {} waits, {} sold since",
            anchor.quantity, anchor.at, anchor.sold_since
        );
    }
    if let Some(write) = offer.write {
        text += &format!(
            ", write of {} is {} ({} without it, {} sold since)",
            write.quantity,
            write.state,
            write.prior.map_or("unknown".to_owned(), |p| p.to_string()),
            write.sold_since
        );
    }
    text + &format!("; should show {}", record.desired.unwrap_or(0))
}
