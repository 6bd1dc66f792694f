//! One product, from policies and offers to a decision for each of its listings: the pure part of planning.

use std::hint::black_box;
use std::time::Duration;

use stockbridge_domain::Timestamp;
use stockbridge_domain::allocation::{
    BasisPoints, Layers, Level, Listed, Method, Participant, Stock, Terms, share_out,
};
use stockbridge_domain::channel::{Timing, WriteMode};
use stockbridge_domain::exposure::{Candidate, plan};
use stockbridge_domain::mode::{Mode, Regime};
use stockbridge_domain::offer::Offer;

use crate::allocations;
use crate::env::{Stopwatch, number};
use crate::report::{Goal, Report};

const LISTINGS: usize = 20;
const ROUNDS: usize = 100_000;
/// What a product with twenty listings may take.
const GOAL_MICROS: f64 = 20.0;

const TIMING: Timing = Timing {
    order_visibility: Duration::from_secs(300),
    write_apply: Duration::from_secs(60),
};

/// Measures every mode and method.
pub fn run(report: &mut Report) {
    let cases = [
        ("strict, by shares", Mode::Strict, Method::Split),
        ("strict, by tiers", Mode::Strict, Method::Priority),
        ("strict, by pace", Mode::Strict, Method::Velocity),
        ("shared", Mode::Shared, Method::Split),
        ("hybrid, by pace", Mode::Hybrid, Method::Velocity),
    ];
    let mut section = report.section("plan", "");
    for (name, mode, method) in cases {
        let product = Product::new(mode, method);
        for _ in 0..ROUNDS / 10 {
            black_box(product.plan());
        }
        let allocated = allocations::count();
        let watch = Stopwatch::start();
        for _ in 0..ROUNDS {
            black_box(product.plan());
        }
        let micros = watch.elapsed().as_secs_f64() * 1_000_000.0 / number(ROUNDS);
        let allocated = usize::try_from(allocations::count() - allocated).unwrap_or(usize::MAX);
        section.goal(
            format!("20 listings, {name}"),
            micros,
            "µs",
            Goal::Below(GOAL_MICROS),
        );
        section.add(
            format!("20 listings, {name}"),
            number(allocated) / number(ROUNDS),
            "allocations",
        );
    }
}

/// A product on twenty accounts, each with a policy of its own on four levels.
struct Product {
    tenant: Terms,
    channel: Terms,
    accounts: Vec<Terms>,
    listed: Vec<Listed>,
    offers: Vec<Offer>,
}

impl Product {
    fn new(mode: Mode, method: Method) -> Self {
        let n = |i: usize| i64::try_from(i).unwrap_or(0);
        let tenant = Terms {
            mode: Some(mode),
            method: Some(method),
            buffer_part: Some(BasisPoints(500)),
            ..Terms::NONE
        };
        let channel = Terms {
            cap: Some(70),
            ..Terms::NONE
        };
        let account = |i: usize| Terms {
            share: i.is_multiple_of(3).then_some(BasisPoints(400)),
            tier: Some(1 + n(i) % 4),
            minimum: (i % 4 == 1).then_some(5),
            cap: (i % 5 == 2).then_some(40),
            fixed: (i == 7).then_some(12),
            ..Terms::NONE
        };
        let listed = |i: usize| Listed {
            participant: i,
            units: 1 + n(i) % 2,
            units_per_day: n(i) * 3,
            regime: Regime::Strict,
        };
        let offer = |i: usize| {
            let mut offer = Offer::default();
            offer.read(n(i) * 3, Timestamp::from_secs(1));
            offer.settle(Timestamp::from_secs(10_000), TIMING);
            offer
        };
        Self {
            tenant,
            channel,
            accounts: (0..LISTINGS).map(account).collect(),
            listed: (0..LISTINGS).map(listed).collect(),
            offers: (0..LISTINGS).map(offer).collect(),
        }
    }

    /// Resolves the policies, shares the stock out and decides for each listing.
    fn plan(&self) -> usize {
        let stock = Stock {
            available: 1_000,
            safety: 10,
        };
        let participants: Vec<Participant> = self
            .accounts
            .iter()
            .enumerate()
            .map(|(i, account)| {
                let layers = Layers::default()
                    .with(Level::Tenant, Some(&self.tenant))
                    .with(Level::Channel, Some(&self.channel))
                    .with(Level::Account, Some(account));
                Participant {
                    terms: layers.resolve(),
                    claim: layers.claim(i % 5),
                }
            })
            .collect();
        let outcome = share_out(stock, &participants, &self.listed);
        let candidates: Vec<Candidate> = (0..LISTINGS)
            .map(|i| Candidate {
                offer: self.offers[i],
                units: self.listed[i].units,
                desired: outcome.listings[i].quantity,
                units_per_day: self.listed[i].units_per_day,
                timing: TIMING,
                mode: WriteMode::Absolute,
                writable: true,
                regime: outcome.accounts[i].regime,
            })
            .collect();
        plan(stock.available, &candidates).len()
    }
}
