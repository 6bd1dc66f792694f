//! What is not as it should be once faults and buyers have stopped: orders, listings, shelves.

use std::collections::BTreeMap;

use stockbridge_domain::exposure::Hold;
use stockbridge_domain::mode::Mode;
use stockbridge_domain::order::OrderStatus;
use stockbridge_sim::OrderStatus as There;
use stockbridge_store::{OfferRecord, OrderFilter, OrderRecord, PageQuery};

use crate::Broken;
use crate::books::{Sold, Standing};
use crate::script::CHANNELS;
use crate::turns::at_once;
use crate::world::{World, must, sku};

/// Something that is not as it should be.
pub(crate) struct Open {
    pub(crate) rule: &'static str,
    pub(crate) product: usize,
    pub(crate) text: String,
    /// Whether the hub has stopped writing for a while because somebody else writes as well, and says so.
    pub(crate) paused: bool,
}

fn open(rule: &'static str, product: usize, text: String) -> Open {
    Open {
        rule,
        product,
        text,
        paused: false,
    }
}

impl World {
    /// What is not as it should be.
    pub(crate) fn unfinished(&self) -> Result<Vec<Open>, Broken> {
        let mut found = self.unfinished_orders()?;
        for product in 0..self.products.len() {
            self.unfinished_listings(product, &mut found)?;
        }
        for product in 0..self.books.shelves.len() {
            self.unfinished_shelf(product, &mut found)?;
        }
        Ok(found)
    }

    /// Every listing shows what it should, and the hub knows it; also where another tool has written.
    fn unfinished_listings(&self, product: usize, found: &mut Vec<Open>) -> Result<(), Broken> {
        let offers = at_once(self.tenant().offers_of(self.products[product]));
        let offers = must("reading offers", offers)?;
        for (channel, account) in self.accounts.iter().enumerate() {
            match offers.iter().find(|o| o.account == *account) {
                Some(record) => found.extend(self.unfinished_listing(product, channel, record)),
                None => {
                    let text = format!("channel {channel} has no listing");
                    found.push(open("convergence", product, text));
                }
            }
        }
        Ok(())
    }

    fn unfinished_listing(&self, product: usize, channel: usize, record: &OfferRecord) -> Option<Open> {
        let shelf = self.sim.shelf(CHANNELS[channel].0, &sku(product));
        let shown = shelf.map(|s| i64::from(s.quantity));
        let (offer, expected) = (&record.offer, record.offer.expected());
        if !offer.settled || offer.write.is_some() || shown != expected {
            let text = format!("channel {channel} shows {shown:?}, the hub is not sure of {expected:?}");
            return Some(open("convergence", product, text));
        }
        let hold = record.hold.filter(|h| stuck(*h, expected, record.desired))?;
        let text = format!(
            "channel {channel} should show {} and keeps {expected:?} for ever ({hold})",
            record.desired.unwrap_or(0)
        );
        Some(Open {
            paused: hold == Hold::NotWritable,
            ..open("convergence", product, text)
        })
    }

    /// All channels together offer no more than there is, kits included, and what is promised is reserved.
    fn unfinished_shelf(&self, product: usize, found: &mut Vec<Open>) -> Result<(), Broken> {
        let stock = at_once(self.tenant().stock_of(&Self::sku_of(product)?));
        let stock = must("reading stock", stock)?;
        let shelf = &self.books.shelves[product];
        let channels = 0..self.script.channels;
        let could_sell: i64 = self
            .books
            .drawing_on(product)
            .flat_map(|(listed, units)| channels.clone().map(move |channel| (listed, units, channel)))
            .filter_map(|(listed, units, channel)| {
                let shelf = self.sim.shelf(CHANNELS[channel].0, &sku(listed))?;
                Some(i64::from(shelf.quantity) * units)
            })
            .sum();
        if self.mode == Mode::Strict && could_sell > shelf.available() {
            let there = shelf.available();
            let text = format!("the channels offer {could_sell} for ever, {there} are available");
            found.push(open("convergence", product, text));
        }
        if stock.is_none_or(|s| s.reserved != shelf.promised) {
            let text = format!("{} units are promised in truth", shelf.promised);
            found.push(open("reservation", product, text));
        }
        Ok(())
    }

    /// Every order is in the hub once, and as it is in truth.
    fn unfinished_orders(&self) -> Result<Vec<Open>, Broken> {
        let mut found = Vec::new();
        let mut known = self.known_orders(&mut found)?;
        let truth = self.sim.truth();
        let there: BTreeMap<&str, &stockbridge_sim::TruthOrder> =
            truth.orders.iter().map(|o| (o.order_id.as_str(), o)).collect();
        for (id, sold) in &self.books.orders {
            let Some(order) = known.remove(id) else {
                let text = format!("order {id} is not in the hub");
                found.push(open("lost", sold.product, text));
                continue;
            };
            let wanted = standing(sold);
            if order.status != wanted {
                let text = format!("order {id} is {wanted}, the hub says {}", order.status);
                found.push(open("order", sold.product, text));
            }
            // No channel contradicts itself here, so nobody has to look into an order: what sounds like it is old news.
            if let Some(attention) = &order.attention {
                let text = format!("a person is to look at order {id}: {attention}");
                found.push(open("order", sold.product, text));
            }
            let Some(told) = there.get(id.as_str()) else {
                continue;
            };
            let shipped: i64 = told.lines.iter().map(|l| i64::from(l.shipped)).sum();
            if shipped != sold.shipped {
                let left = sold.shipped;
                let text = format!("of order {id} {left} units left, the channel knows of {shipped}");
                found.push(open("shipment", sold.product, text));
            }
            if (told.status == There::Cancelled) != (sold.standing == Standing::Cancelled) {
                let text = format!("the books and the marketplace disagree about order {id}");
                return Err(Broken(text));
            }
        }
        for id in known.keys() {
            found.push(open("doubled", 0, format!("nobody placed order {id}")));
        }
        Ok(found)
    }

    /// Every order in the hub, by the channel's id.
    fn known_orders(&self, found: &mut Vec<Open>) -> Result<BTreeMap<String, OrderRecord>, Broken> {
        let mut known: BTreeMap<String, OrderRecord> = BTreeMap::new();
        let mut query = PageQuery::first(200);
        loop {
            let tenant = self.tenant();
            let page = at_once(tenant.orders(&OrderFilter::default(), &query));
            let page = must("listing orders", page)?;
            for order in page.items {
                let id = order.channel_order_id.clone();
                if known.insert(id.clone(), order).is_some() {
                    found.push(open("doubled", 0, format!("order {id} is in the hub twice")));
                }
            }
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return Ok(known),
            }
        }
    }
}

/// Where an order stands in truth, in the hub's words.
fn standing(sold: &Sold) -> OrderStatus {
    match sold.standing {
        Standing::Cancelled => OrderStatus::Cancelled,
        Standing::Pending => OrderStatus::Pending,
        Standing::Open if sold.shipped == 0 => OrderStatus::Open,
        Standing::Open if sold.shipped < sold.units => OrderStatus::PartiallyShipped,
        Standing::Open => OrderStatus::Shipped,
    }
}

/// Whether a hold keeps a listing from what it should show. Small differences stay as they are, and units move from one
/// listing to another only when that has less than half of its share.
fn stuck(hold: Hold, expected: Option<i64>, desired: Option<i64>) -> bool {
    match hold {
        Hold::Close => false,
        Hold::NoHeadroom => expected.unwrap_or(0) * 2 < desired.unwrap_or(0),
        _ => true,
    }
}
