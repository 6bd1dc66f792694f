//! What happens from outside in one run: drawn from the seed before it begins, as a list, so that parts of it can be left
//! out to see what a failure needs.

use std::time::Duration;

use serde::Serialize;

use crate::deed::Deed;
use crate::dice::Dice;
use crate::minimal::Part;
use crate::scenery::Annex;

/// Milliseconds of a day.
pub(crate) const DAY_MS: u64 = 86_400_000;

/// Where the seller sells besides the own store: seller id, marketplace.
pub(crate) const CHANNELS: [(&str, &str, &str); 3] = [
    ("A1ALPHA00001", "A21TJRUUN4KGV", "INR"),
    ("A1BRAVO00001", "A1PA6795UKMFR9", "EUR"),
    ("A1CARGO00001", "A1VC38T7YXB528", "JPY"),
];

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// At its instant.
    Then,
    /// At the worst moment: when, from its instant on, a worker next stops there.
    At(Moment),
}

/// Moments at which the hub is most easily caught out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A write is decided and recorded and has not left.
    BeforeWrite,
    /// A write is with the channel and the hub does not know.
    AfterWrite,
    /// What a listing shows is on its way to the hub.
    AfterReading,
    /// A page of orders is on its way to the hub.
    AfterSearch,
    /// A transaction was committed.
    AfterCommit,
    /// More is due for a channel and has not been decided anew yet.
    Due,
    /// A worker stops for the so-manieth time from then on, wherever that is: before or after a transaction or a call.
    Stop(u32),
}

/// A deed and its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Act {
    /// From the beginning of the first day.
    pub(crate) at_ms: u64,
    pub(crate) when: When,
    pub(crate) deed: Deed,
}

/// How badly the marketplace behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weather {
    /// It does nothing wrong.
    Calm,
    /// Now and then something goes wrong.
    Mild,
    /// Something goes wrong all the time.
    Wild,
}

impl Weather {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Mild => "mild",
            Self::Wild => "wild",
        }
    }

    /// The weather of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Calm, Self::Mild, Self::Wild]
            .into_iter()
            .find(|weather| weather.name() == name)
    }
}

/// One run's world and everything that happens in it from outside.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) seed: u64,
    pub(crate) channels: usize,
    /// Units of each product at the start.
    pub(crate) stock: Vec<i64>,
    /// Products put together from these, so many units of each; numbered after the others.
    pub(crate) kits: Vec<Vec<(usize, i64)>>,
    /// The second location, if there is one.
    pub(crate) annex: Option<Annex>,
    /// Whether others than the hub have a hand in stock.
    pub(crate) hands: bool,
    pub(crate) weather: Weather,
    /// How often the seller has orders and listings read.
    pub(crate) habits: Habits,
    /// How far the marketplaces' clock is from the hub's.
    pub(crate) skew_ms: i64,
    pub(crate) days: u64,
    /// How long buyers come.
    pub(crate) lasts: Duration,
    pub(crate) acts: Vec<Act>,
}

/// What a seller has set, the same for every channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Habits {
    /// Orders are read this often, seconds.
    pub(crate) orders_every: u64,
    /// Every listing is read this often, seconds.
    pub(crate) inventory_every: u64,
}

impl Habits {
    /// The channel's defaults for half of the sellers; the others read less often, so that the hub knows less.
    fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 5);
        let rarely = |dice: &mut Dice| match dice.below(10) {
            0..=4 => 1,
            5..=7 => 2,
            _ => 4,
        };
        Self {
            orders_every: 900 * rarely(&mut dice),
            inventory_every: 3_600 * rarely(&mut dice),
        }
    }
}

/// How long after its last deed a part of a script ends.
const AFTERMATH_MS: u64 = 3_600_000;

/// How scarce a product is: units at the start and orders wanted a day.
fn draw_product(dice: &mut Dice) -> (i64, u64) {
    match dice.below(4) {
        0 => (dice.units(1, 6), dice.between(3, 8)),
        1 => (dice.units(6, 18), dice.between(2, 8)),
        2 => (dice.units(18, 60), dice.between(4, 12)),
        _ => (dice.units(60, 300), dice.between(6, 20)),
    }
}

impl Script {
    /// The run of this seed.
    pub(crate) fn new(seed: u64, days: u64) -> Self {
        let mut dice = Dice::new(seed, 3);
        let channels = if dice.permille(300) { 3 } else { 2 };
        let products: Vec<(i64, u64)> = (0..dice.between(1, 3)).map(|_| draw_product(&mut dice)).collect();
        let weather = match dice.below(10) {
            0 => Weather::Calm,
            1..=4 => Weather::Mild,
            _ => Weather::Wild,
        };
        // Half of the runs have no hand in stock but the hub's, so that nothing can be blamed on anybody else.
        let hands = dice.permille(500);
        let mut script = Self {
            seed,
            channels,
            stock: products.iter().map(|p| p.0).collect(),
            kits: Vec::new(),
            annex: None,
            hands,
            weather,
            habits: Habits::draw(seed),
            skew_ms: dice.units(-1_800, 1_800),
            days,
            lasts: Duration::from_millis(days * DAY_MS),
            acts: Vec::new(),
        };
        for (product, (stock, orders)) in products.into_iter().enumerate() {
            script.shop(&mut dice, product, stock, orders);
            if hands {
                script.hands(&mut dice, product, stock);
            }
        }
        script.trouble(&mut dice);
        script.enrich();
        script.acts.sort_by_key(|a| a.at_ms);
        script
    }

    /// Products and kits.
    pub(crate) fn listed(&self) -> usize {
        self.stock.len() + self.kits.len()
    }

    /// When a deed is due, from the beginning on.
    pub(crate) fn after(&self, deed: usize) -> Duration {
        Duration::from_millis(self.acts.get(deed).map_or(0, |act| act.at_ms))
    }

    /// The same world, in which only a part of all this happens.
    pub(crate) fn part(&self, part: &Part) -> Self {
        let mut script = self.clone();
        script.weather = part.weather.unwrap_or(self.weather);
        if let Some(deeds) = &part.deeds {
            script.acts = deeds.iter().filter_map(|i| self.acts.get(*i)).cloned().collect();
            let last = script.acts.iter().map(|act| act.at_ms).max().unwrap_or(0);
            script.lasts = self.lasts.min(Duration::from_millis(last + AFTERMATH_MS));
        }
        script
    }

    fn add(&mut self, at_ms: u64, when: When, deed: Deed) {
        self.acts.push(Act { at_ms, when, deed });
    }

    fn any_time(&self, dice: &mut Dice) -> u64 {
        dice.below(self.days * DAY_MS)
    }

    /// Buyers, cancellations, parcels and deliveries of one product.
    fn shop(&mut self, dice: &mut Dice, product: usize, stock: i64, orders: u64) {
        // Some channels sell a product much better than others.
        let liked = dice.index(self.channels);
        for _ in 0..orders * self.days {
            let (at, when) = (self.any_time(dice), moment(dice, 150));
            let deed = self.buyer(dice, product, liked);
            self.add(at, when, deed);
        }
        for _ in 0..self.days {
            if dice.permille(300) {
                self.rush(dice, product);
            }
            if dice.permille(350) {
                let (at, units) = (self.any_time(dice), dice.units(1, stock.max(2)));
                self.add(at, moment(dice, 300), Deed::Receive { product, units });
            }
            let at = self.any_time(dice);
            let parcels = dice.index(6) + 1;
            let partly = dice.permille(300);
            self.add(at, When::Then, Deed::Pack { parcels, partly });
            if dice.permille(400) {
                let (at, nth, restock) = (self.any_time(dice), dice.index(20), dice.permille(600));
                self.add(at, moment(dice, 300), Deed::CallOff { nth, restock });
            }
        }
    }

    fn buyer(&self, dice: &mut Dice, product: usize, liked: usize) -> Deed {
        let units = if dice.permille(750) { 1 } else { dice.units(1, 3) };
        if dice.permille(150) {
            return Deed::BuyHere { product, units };
        }
        let channel = if dice.permille(500) {
            liked
        } else {
            dice.index(self.channels)
        };
        let pending = dice
            .permille(250)
            .then(|| (dice.between(5_000, 1_800_000), dice.permille(350)));
        Deed::Buy {
            channel,
            product,
            units,
            pending,
        }
    }

    /// Many buyers within minutes, at every channel.
    fn rush(&mut self, dice: &mut Dice, product: usize) {
        let start = self.any_time(dice);
        for _ in 0..dice.between(4, 12) {
            let channel = dice.index(self.channels);
            let deed = self.buyer(dice, product, channel);
            let at = start + dice.below(600_000);
            self.add(at, moment(dice, 500), deed);
        }
    }

    /// People and tools that change stock and listings behind the hub's back.
    fn hands(&mut self, dice: &mut Dice, product: usize, stock: i64) {
        for _ in 0..self.days {
            if dice.permille(300) {
                let (at, units) = (self.any_time(dice), dice.units(1, (stock / 4).max(2)));
                self.add(at, moment(dice, 600), Deed::Break { product, units });
            }
            if dice.permille(300) {
                let (at, difference) = (self.any_time(dice), dice.units(-3, 3));
                self.add(at, moment(dice, 600), Deed::Count { product, difference });
            }
            if dice.permille(300) {
                let (at, channel) = (self.any_time(dice), dice.index(self.channels));
                let quantity = u32::try_from(dice.units(0, stock.max(3))).unwrap_or(1);
                let deed = Deed::OtherTool {
                    channel,
                    product,
                    quantity,
                };
                self.add(at, moment(dice, 500), deed);
            }
        }
    }

    /// Crashes, suspended machines and outages.
    fn trouble(&mut self, dice: &mut Dice) {
        const OPERATIONS: [&str; 4] = [
            "searchOrders",
            "patchListingsItem",
            "searchListingsItems",
            "token",
        ];
        for _ in 0..self.days * 3 {
            let (at, when) = (self.any_time(dice), moment(dice, 800));
            let worker = dice.index(WORKERS);
            let deed = match dice.below(10) {
                0..=4 => Deed::Kill { worker },
                5 | 6 => Deed::KillAll,
                7 => Deed::Stall {
                    worker,
                    secs: dice.between(5, 400),
                },
                _ => Deed::Outage {
                    calls: u32::try_from(dice.between(1, 6)).unwrap_or(1),
                    operation: OPERATIONS[dice.index(OPERATIONS.len())],
                },
            };
            self.add(at, when, deed);
        }
    }
}

/// Workers that work at the same time.
pub(crate) const WORKERS: usize = 2;

/// The instant itself, or in so many of a thousand cases the worst moment after it.
fn moment(dice: &mut Dice, worst: u64) -> When {
    if !dice.permille(worst) {
        return When::Then;
    }
    When::At(match dice.below(5) {
        0 => Moment::BeforeWrite,
        1 => Moment::AfterWrite,
        2 => Moment::AfterReading,
        3 => Moment::AfterSearch,
        _ => Moment::AfterCommit,
    })
}
