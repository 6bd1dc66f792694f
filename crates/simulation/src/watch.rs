//! Safety, looked at after every step: the hub's beliefs against what is true.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stockbridge_domain::mode::Mode;
use stockbridge_domain::offer::{Offer, SURE};
use stockbridge_sim::Shelf;
use stockbridge_store::{OfferRecord, StockRecord};

use crate::script::CHANNELS;
use crate::turns::at_once;
use crate::world::{World, must, sku};
use crate::{Broken, Violation};

/// A reading that was in so long after another tool's write has certainly seen it: longer than any call takes.
const SEEN_AFTER: Duration = Duration::from_secs(60);

/// What the hub believes of listings: product or kit, and channel.
type Offers = BTreeMap<(usize, usize), OfferRecord>;

/// A listing in truth.
struct Shown {
    /// Product or kit, and channel.
    listing: (usize, usize),
    /// Units of the shelf that one of it takes.
    units: i64,
    shelf: Shelf,
}

/// What a listing could still sell of a shelf, in truth.
fn could_sell(listing: &Shown, offers: &Offers) -> i64 {
    let shown = i64::from(listing.shelf.quantity);
    let waiting = listing.shelf.waiting.iter().map(|q| i64::from(*q));
    let most = if offers.get(&listing.listing).is_some_and(|o| assumes(&o.offer)) {
        waiting.fold(shown, i64::max)
    } else {
        shown + waiting.sum::<i64>()
    };
    most * listing.units
}

/// Above [`SURE`] units of exposure when a write leaves, the protocol assumes, and says so, that not everything is sold
/// while the write is on its way.
fn assumes(offer: &Offer) -> bool {
    let Some(write) = offer.write else { return false };
    let risen = write.quantity + write.margin;
    // The bound became `risen` if it was lower; what is missing from that by now was sold, and was in the bound.
    let when_it_left = write.prior_exposure + (risen - offer.exposure).max(0);
    // A bound that did not rise was above `risen`, which only a margin that does not cover all of it leaves room for.
    let did_not_rise = offer.exposure == write.prior_exposure && write.quantity > 0;
    when_it_left > SURE || (did_not_rise && write.margin >= SURE)
}

impl World {
    /// Looks at every product, unless nothing can have changed.
    pub(crate) fn look(&mut self) -> Result<(), Broken> {
        let changes = self.turns.beliefs() + self.wire.writes() + self.books.changes;
        if changes == self.seen_changes {
            return Ok(());
        }
        self.seen_changes = changes;
        let stock = self.believed_stock()?;
        for product in 0..stock.len() {
            self.tell_state(product);
        }
        // Kits have no stock of their own: what they take is looked at component by component.
        for (product, stock) in stock.iter().take(self.script.stock.len()).enumerate() {
            self.look_at(product, stock)?;
        }
        Ok(())
    }

    /// What the hub believes of stock, read anew unless no row of it was written since it was last read.
    fn believed_stock(&mut self) -> Result<Arc<[StockRecord]>, Broken> {
        let beliefs = self.turns.beliefs();
        if let Some((at, stock)) = &self.believed
            && *at == beliefs
        {
            return Ok(stock.clone());
        }
        let stock = at_once(self.tenant().stock(None, None, 100));
        let stock: Arc<[StockRecord]> = must("reading stock", stock)?.into();
        self.believed = Some((beliefs, stock.clone()));
        Ok(stock)
    }

    fn look_at(&mut self, product: usize, stock: &StockRecord) -> Result<(), Broken> {
        let channels = 0..self.script.channels;
        let listings: Vec<Shown> = self
            .books
            .drawing_on(product)
            .flat_map(|(listed, units)| channels.clone().map(move |channel| (listed, units, channel)))
            .filter_map(|(listed, units, channel)| {
                let shelf = self.sim.shelf(CHANNELS[channel].0, &sku(listed))?;
                Some(Shown {
                    listing: (listed, channel),
                    units,
                    shelf,
                })
            })
            .collect();
        let shelf = &self.books.shelves[product];
        // Single offers matter only while writes are on their way or somebody else had a hand in it.
        let quiet = shelf.debt == 0
            && shelf.unread.is_empty()
            && listings.iter().all(|shown| shown.shelf.waiting.is_empty());
        let offers = if quiet {
            BTreeMap::new()
        } else {
            self.offers_on(product)?
        };
        self.forget_what_was_read(product, &listings, &offers);
        let could_sell: i64 = listings.iter().map(|shown| could_sell(shown, &offers)).sum();
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
        } else if self.mode == Mode::Strict && true_headroom < -shelf.debt {
            let text = format!(
                "the channels could sell {} units more than there are, {} of them by hands from outside",
                -true_headroom, shelf.debt
            );
            self.violated(product, "promise", text);
        } else if self.mode == Mode::Strict && shelf.oversold > 0 {
            let text = format!("{} units were sold that were not there", shelf.oversold);
            self.violated(product, "oversold", text);
        }
    }

    /// What the hub believes of the listings that draw on a shelf.
    fn offers_on(&self, shelf: usize) -> Result<Offers, Broken> {
        let mut offers = Offers::new();
        for (listed, _) in self.books.drawing_on(shelf) {
            let of = at_once(self.tenant().offers_of(self.products[listed]));
            for record in must("reading offers", of)? {
                let channel = self.accounts.iter().position(|a| *a == record.account);
                if let Some(channel) = channel {
                    offers.insert((listed, channel), record);
                }
            }
        }
        Ok(offers)
    }

    /// What another tool wrote counts as read once a reading from after it is settled on. A write that is still waiting in
    /// the channel wipes that out again, though the other tool's number may have passed for its proof.
    fn forget_what_was_read(&mut self, product: usize, listings: &[Shown], offers: &Offers) {
        let now = self.now();
        self.books.shelves[product].unread.retain(|listing, (_, since)| {
            let waits = |shown: &Shown| shown.listing == *listing && !shown.shelf.waiting.is_empty();
            if listings.iter().any(waits) {
                *since = now;
            }
            let read = |o: &OfferRecord| o.offer.settled && o.offer.since > since.plus(SEEN_AFTER);
            !offers.get(listing).is_some_and(read)
        });
    }

    /// At rest, what hands from outside did is over: from then on the hub is held to account again.
    fn forgive(&mut self, product: usize, stock: &StockRecord, offers: &Offers, true_headroom: i64) {
        let rest = true_headroom >= 0
            && stock.available >= stock.exposure
            && offers
                .values()
                .all(|o| o.offer.settled && o.offer.write.is_none())
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
    text += &format!("; should show {}", record.desired.unwrap_or(0));
    match (record.due, record.hold) {
        (Some(due), _) => text + &format!(", {due} is due"),
        (None, Some(hold)) => text + &format!(", held back: {hold}"),
        (None, None) => text,
    }
}
