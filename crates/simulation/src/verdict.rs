//! Liveness: once faults and buyers have stopped, everything comes to rest as it should be.

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::exposure::Hold;
use stockbridge_domain::order::OrderStatus;
use stockbridge_sim::OrderStatus as There;
use stockbridge_store::{OrderFilter, OrderRecord, PageQuery};

use crate::books::Standing;
use crate::script::{CHANNELS, DAY_MS, Deed};
use crate::turns::at_once;
use crate::world::{World, must, sku};
use crate::{Broken, Outcome};

/// Between two looks at whether everything is at rest.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// Looks before it counts as never.
const LOOKS: u32 = 12;

impl World {
    /// Ends the faults and waits until everything is as it should be; a violation if it never is.
    pub(crate) fn come_to_rest(&mut self) -> Result<(), Broken> {
        self.calm_down();
        // Whoever sold what is not there gets it from somewhere, or the rest would never be served.
        for product in 0..self.products.len() {
            let missing = -self.books.shelves[product].available();
            if missing > 0 {
                self.perform(
                    &Deed::Receive {
                        product,
                        units: missing,
                    },
                    None,
                )?;
            }
        }
        let mut open = Vec::new();
        for _ in 0..LOOKS {
            self.run_for(PATIENCE)?;
            if !self.violations.is_empty() {
                return Ok(());
            }
            open = self.unfinished()?;
            if open.is_empty() {
                break;
            }
        }
        for (rule, product, text) in open {
            self.violated(product, rule, text);
        }
        self.check_ledger()
    }

    fn check_ledger(&mut self) -> Result<(), Broken> {
        let check = must("checking the ledger", at_once(self.tenant().check_ledger()))?;
        let problem = check.problems().next().map(str::to_owned);
        if let Some(problem) = problem {
            self.violated(0, "ledger", problem);
        }
        Ok(())
    }

    /// What is not as it should be: rule, product, text.
    fn unfinished(&self) -> Result<Vec<(&'static str, usize, String)>, Broken> {
        let mut open = self.unfinished_orders()?;
        for product in 0..self.products.len() {
            let offers = must(
                "reading offers",
                at_once(self.tenant().offers_of(self.products[product])),
            )?;
            for (channel, account) in self.accounts.iter().enumerate() {
                if self.books.shelves[product].fought_over.contains(&channel) {
                    continue;
                }
                let Some(record) = offers.iter().find(|o| o.account == *account) else {
                    open.push((
                        "convergence",
                        product,
                        format!("channel {channel} has no listing"),
                    ));
                    continue;
                };
                let shown = self
                    .sim
                    .shelf(CHANNELS[channel].0, &sku(product))
                    .map(|s| i64::from(s.quantity));
                let expected = record.offer.expected();
                if !record.offer.settled || record.offer.write.is_some() || shown != expected {
                    let text =
                        format!("channel {channel} shows {shown:?}, the hub is not sure of {expected:?}");
                    open.push(("convergence", product, text));
                } else if let Some(hold) = record.hold.filter(|h| stuck(*h, expected, record.desired)) {
                    let desired = record.desired.unwrap_or(0);
                    let text = format!(
                        "channel {channel} should show {desired} and keeps {expected:?} for ever ({})",
                        hold.name()
                    );
                    open.push(("convergence", product, text));
                }
            }
            let stock = must(
                "reading stock",
                at_once(self.tenant().stock_of(&Self::sku_of(product)?)),
            )?;
            let shelf = &self.books.shelves[product];
            let could_sell: i64 = (0..self.script.channels)
                .filter_map(|c| self.sim.shelf(CHANNELS[c].0, &sku(product)))
                .map(|s| i64::from(s.quantity))
                .sum();
            if could_sell > shelf.available() && shelf.fought_over.is_empty() {
                let text = format!(
                    "the channels offer {could_sell} for ever, {} are available",
                    shelf.available()
                );
                open.push(("convergence", product, text));
            }
            if stock.is_none_or(|s| s.reserved != shelf.promised) {
                open.push((
                    "reservation",
                    product,
                    format!("{} units are promised in truth", shelf.promised),
                ));
            }
        }
        Ok(open)
    }

    fn unfinished_orders(&self) -> Result<Vec<(&'static str, usize, String)>, Broken> {
        let mut known: BTreeMap<String, OrderRecord> = BTreeMap::new();
        let mut open = Vec::new();
        let mut query = PageQuery::first(200);
        loop {
            let tenant = self.tenant();
            let page = must(
                "listing orders",
                at_once(tenant.orders(&OrderFilter::default(), &query)),
            )?;
            for order in page.items {
                let id = order.channel_order_id.clone();
                if known.insert(id.clone(), order).is_some() {
                    open.push(("doubled", 0, format!("order {id} is in the hub twice")));
                }
            }
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => break,
            }
        }
        let truth = self.sim.truth();
        let there: BTreeMap<&str, &stockbridge_sim::TruthOrder> =
            truth.orders.iter().map(|o| (o.order_id.as_str(), o)).collect();
        for (id, sold) in &self.books.orders {
            let Some(order) = known.remove(id) else {
                open.push(("lost", sold.product, format!("order {id} is not in the hub")));
                continue;
            };
            let wanted = match sold.standing {
                Standing::Cancelled => OrderStatus::Cancelled,
                Standing::Pending => OrderStatus::Pending,
                Standing::Open if sold.shipped == 0 => OrderStatus::Open,
                Standing::Open if sold.shipped < sold.units => OrderStatus::PartiallyShipped,
                Standing::Open => OrderStatus::Shipped,
            };
            if order.status != wanted {
                let text = format!("order {id} is {wanted}, the hub says {}", order.status);
                open.push(("order", sold.product, text));
            }
            let told = there.get(id.as_str());
            let shipped_there: Option<i64> = told.map(|o| o.lines.iter().map(|l| i64::from(l.shipped)).sum());
            if shipped_there.is_some_and(|s| s != sold.shipped) {
                let text = format!(
                    "of order {id} {} units left, the channel knows of {shipped_there:?}",
                    sold.shipped
                );
                open.push(("shipment", sold.product, text));
            }
            if told.is_some_and(|o| (o.status == There::Cancelled) != (sold.standing == Standing::Cancelled))
            {
                return Err(Broken(format!(
                    "the books and the marketplace disagree about order {id}"
                )));
            }
        }
        for id in known.keys() {
            open.push(("doubled", 0, format!("nobody placed order {id}")));
        }
        Ok(open)
    }

    /// What the run came to.
    pub(crate) fn outcome(self) -> Outcome {
        let elapsed_ms = u64::try_from(self.now().since(self.begun).as_millis()).unwrap_or(0);
        Outcome {
            seed: self.script.seed,
            seller_days: (elapsed_ms / DAY_MS).min(self.script.days),
            orders: self.books.orders.len() as u64,
            wanted: self.books.sum(|s| s.wanted),
            sold: self.books.sum(|s| s.sold),
            stocked: self.books.sum(|s| s.received),
            serveable: self.books.sum(|s| s.wanted.min(s.received)),
            oversold_units: self.books.sum(|s| s.oversold),
            shortfall_units: self.books.sum(|s| s.shortfall),
            kills: self.kills,
            calls: self.wire.calls(),
            steps: self.steps,
            statements: self.hub.store().db().statements(),
            violations: self.violations,
            trace: self.trace.unwrap_or_default(),
        }
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
