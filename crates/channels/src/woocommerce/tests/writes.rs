//! Quantities and prices: batches, item by item, and what is not clear.

use stockbridge_domain::channel::{Fault, ItemOutcome, PriceLevel};
use stockbridge_domain::{Currency, Money};
use stockbridge_sim::{Fault as Bad, WooManage};

use super::*;

fn applied(outcome: &ItemOutcome) -> bool {
    matches!(outcome, ItemOutcome::Applied { .. })
}

#[tokio::test]
async fn each_item_is_written_where_it_belongs_and_answered_by_itself() {
    let bench = selling(vec![
        WooProduct::new("MUG", 9),
        WooProduct::variable("SHIRT", vec![WooProduct::new("SHIRT-S", 3)]),
        WooProduct {
            manage: WooManage::Not,
            ..WooProduct::new("VOUCHER", 0)
        },
        WooProduct::new("GONE", 1),
    ]);
    let all = bench.listings().await;
    bench.shop.remove("GONE");
    let levels: Vec<_> = all.iter().map(|l| level(l, 7)).collect();
    let results = bench.open().stock().unwrap().set(&levels).await;
    let of = |sku: &str| &results.iter().find(|r| r.sku.as_str() == sku).unwrap().outcome;
    assert!(applied(of("MUG")) && applied(of("SHIRT-S")), "{results:?}");
    let ItemOutcome::NotApplied(error) = of("VOUCHER") else {
        panic!("{results:?}")
    };
    assert!(
        error.fault == Fault::Rejected && error.message.contains("Track stock quantity"),
        "{error}"
    );
    let ItemOutcome::NotApplied(error) = of("GONE") else {
        panic!("{results:?}")
    };
    assert_eq!(error.fault, Fault::NotFound, "the product is looked for anew");
    assert_eq!((bench.shop.shown("MUG"), bench.shop.shown("SHIRT-S")), (7, 7));
    assert_eq!(bench.listing("MUG").await.quantity, Some(7), "read back");
}

#[tokio::test]
async fn a_listing_never_read_is_looked_up_by_its_sku() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    let mut level = level(&bench.listing("MUG").await, 4);
    level.handle = None;
    let mut unknown = level.clone();
    unknown.sku = Sku::parse("NOWHERE").unwrap();
    let results = bench.open().stock().unwrap().set(&[level, unknown]).await;
    assert!(applied(&results[0].outcome), "{results:?}");
    assert!(
        matches!(&results[1].outcome, ItemOutcome::NotApplied(e) if e.fault == Fault::NotFound),
        "{results:?}"
    );
}

#[tokio::test]
async fn batches_shrink_to_what_the_host_bears_and_nothing_is_taken_for_granted() {
    let products = (0..60)
        .map(|n| WooProduct::new(&format!("P-{n:02}"), 1))
        .collect();
    let bench = super::bench(WooConfig {
        most_batch: 10,
        ..config(products)
    });
    let listings = bench.listings().await;
    let mut left: Vec<_> = listings.iter().map(|l| level(l, 5)).collect();
    let mut rounds = 0;
    while !left.is_empty() && rounds < 10 {
        rounds += 1;
        let results = bench.open().stock().unwrap().set(&left).await;
        for result in &results {
            assert!(
                applied(&result.outcome) || matches!(result.outcome, ItemOutcome::Unknown(_)),
                "{result:?}"
            );
        }
        left.retain(|l| results.iter().any(|r| r.sku == l.sku && !applied(&r.outcome)));
    }
    assert!(rounds <= 4, "{rounds} rounds");
    assert!(listings.iter().all(|l| bench.shop.shown(l.sku.as_str()) == 5));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_a_refusal_changes_nothing() {
    let bench = selling(vec![WooProduct::new("MUG", 9)]);
    let levels = [level(&bench.listing("MUG").await, 4)];
    for (fault, unknown, shown) in [
        (Bad::TimeoutBefore, true, 9),
        (Bad::Throttle, false, 9),
        (Bad::ServerError, true, 9),
        (Bad::Truncated, true, 4),
        (Bad::TimeoutAfter, true, 4),
    ] {
        bench.shop.edit("MUG", 9);
        bench.shop.fail_next("POST /products/batch", fault, 1);
        let results = bench.open().stock().unwrap().set(&levels).await;
        let outcome = &results[0].outcome;
        let as_expected = match outcome {
            ItemOutcome::Unknown(e) => unknown && e.fault == Fault::Ambiguous,
            ItemOutcome::NotApplied(e) => !unknown && e.fault == Fault::Throttled,
            _ => false,
        };
        assert!(as_expected, "{fault:?}: {outcome:?}");
        assert_eq!(bench.shop.shown("MUG"), shown, "{fault:?}");
    }
}

#[tokio::test]
async fn a_price_counts_when_buyers_pay_it() {
    let bench = selling(vec![
        WooProduct::new("MUG", 9),
        WooProduct {
            sale_price: "9.00".into(),
            ..WooProduct::new("CUP", 9)
        },
    ]);
    let eur = Currency::parse("EUR").unwrap();
    let usd = Currency::parse("USD").unwrap();
    let mut prices = Vec::new();
    for (sku, minor, currency) in [("MUG", 1_999, eur), ("CUP", 1_999, eur), ("MUG", 500, usd)] {
        let listing = bench.listing(sku).await;
        prices.push(PriceLevel {
            sku: listing.sku,
            price: Money::from_minor(minor, currency),
            handle: listing.handle,
        });
    }
    let results = bench.open().prices().unwrap().set(&prices).await;
    assert!(applied(&results[0].outcome), "{results:?}");
    assert!(
        matches!(&results[1].outcome, ItemOutcome::NotApplied(e) if e.message.contains("remove the sale price")),
        "{results:?}"
    );
    assert!(
        matches!(&results[2].outcome, ItemOutcome::NotApplied(e) if e.message.contains("sells in EUR")),
        "{results:?}"
    );
    assert_eq!(bench.shop.price("MUG"), "19.99");
}
