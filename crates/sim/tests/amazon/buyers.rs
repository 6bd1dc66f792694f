//! Buyers who act by themselves, and the promise that a seed repeats a world.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::json;
use stockbridge_sim::{
    BuyerConfig, FaultConfig, OrderStatus, SellerConfig, Sim, SimConfig, TimeMode, Truth, generate_listings,
};

use crate::bench::{Bench, DE, SELLER, path, start, stock};

fn busy(seed: u64) -> SimConfig {
    let seller = SellerConfig::new(SELLER, "EU", &[DE]).with_listings(generate_listings(9, 40, "EUR"));
    let buyers = BuyerConfig {
        orders_per_second: 2.0,
        ..BuyerConfig::default()
    };
    SimConfig {
        seed,
        sellers: vec![seller],
        buyers,
        time: TimeMode::Stepped { start: start() },
        ..SimConfig::default()
    }
}

fn tries(truth: &Truth) -> usize {
    truth.orders.len() + truth.refused.len()
}

#[test]
fn buyers_come_at_their_rate_and_stop_when_told() {
    let sim = Sim::new(busy(1));
    sim.advance(Duration::from_secs(500));
    let truth = sim.truth();
    assert!((850..1_150).contains(&tries(&truth)), "{}", tries(&truth));
    assert!(!truth.refused.is_empty(), "popular products sell out");
    for status in [
        OrderStatus::Pending,
        OrderStatus::Unshipped,
        OrderStatus::Cancelled,
    ] {
        assert!(truth.orders.iter().any(|o| o.status == status), "{status:?}");
    }
    assert!(truth.orders.iter().any(|o| o.cancel_requested));
    sim.stop_buyers();
    sim.advance(Duration::from_secs(500));
    let after = sim.truth();
    assert_eq!(tries(&after), tries(&truth));
    assert!(
        after.orders.iter().all(|o| o.status != OrderStatus::Pending),
        "pending payments still settle"
    );
    sim.set_buyers(BuyerConfig {
        orders_per_second: 1.0,
        ..BuyerConfig::default()
    });
    sim.buyer_tick(sim.now() + Duration::from_secs(100));
    assert!(tries(&sim.truth()) > tries(&after));
}

#[test]
fn units_are_neither_made_nor_lost() {
    let sim = Sim::new(busy(2));
    let units = |truth: &Truth| -> BTreeMap<String, i64> {
        truth
            .listings
            .iter()
            .map(|l| (l.sku.clone(), i64::from(l.quantity.unwrap())))
            .collect()
    };
    let mut expected = units(&sim.truth());
    sim.advance(Duration::from_secs(600));
    let truth = sim.truth();
    for order in truth.orders.iter().filter(|o| !o.restocked) {
        for line in &order.lines {
            *expected.get_mut(&line.sku).unwrap() -= i64::from(line.quantity);
        }
    }
    assert_eq!(units(&truth), expected);
    assert!(truth.orders.iter().any(|o| o.restocked));
}

#[test]
fn one_leap_and_many_small_steps_give_the_same_world() {
    let (leap, steps) = (Sim::new(busy(3)), Sim::new(busy(3)));
    leap.advance(Duration::from_secs(300));
    (0..3_000).for_each(|_| steps.advance(Duration::from_millis(100)));
    assert_eq!(leap.truth(), steps.truth());
}

#[test]
fn the_same_seed_and_calls_give_the_same_world_and_another_seed_another() {
    let run = |seed: u64| {
        let bench = Bench::with(busy(seed));
        bench.sim.set_faults(FaultConfig::wild());
        let skus: Vec<String> = bench.truth().listings.into_iter().map(|l| l.sku).collect();
        let mut answers = String::new();
        for round in 0..60 {
            let body =
                json!({"productType": "PRODUCT", "patches": [stock("merge", json!({"quantity": round}))]});
            let target = format!("{}?marketplaceIds={DE}", path(&skus[round % skus.len()]));
            for request in [
                bench.request(Method::PATCH, &target, &body),
                bench.request(
                    Method::GET,
                    "/orders/2026-01-01/orders?createdAfter=2026-03-01T00:00:00Z",
                    &json!(null),
                ),
            ] {
                answers += &format!("{:?}\n", bench.sim.call(request));
            }
            bench.advance(7);
        }
        (answers, bench.truth())
    };
    let (first, again, other) = (run(4), run(4), run(5));
    assert_eq!(first, again);
    assert_ne!(first.1, other.1);
}
