//! Quantities and prices: set, refused in part, and answers that get lost.

use stockbridge_domain::channel::{Fault, ItemOutcome, PriceLevel};
use stockbridge_domain::{Money, Sku};
use stockbridge_sim::{Act, Fault as Trouble};

use crate::bench::Bench;

/// A quantity is set and read back, up and down.
pub async fn push(bench: Bench) {
    needs!(bench, Listings, Stock);
    for quantity in [4, 0, 9] {
        let listing = bench.listing("BOWL").await;
        let outcome = bench.write(&[bench.level(&listing, quantity)]).await.remove(0);
        assert!(
            matches!(
                outcome,
                ItemOutcome::Applied { .. } | ItemOutcome::Accepted { .. }
            ),
            "{outcome:?}"
        );
        bench.until_applied();
        assert_eq!(bench.read(&listing).await.quantity, Some(quantity));
        let there = bench.setup.platform.shown("BOWL").unwrap();
        assert_eq!(i64::from(there), quantity);
    }
}

/// What one item is refused for does not keep the others from being set.
pub async fn partial_refusal(bench: Bench) {
    needs!(bench, Listings, Stock);
    let good = bench.listing("BOWL").await;
    let mut unknown = good.clone();
    unknown.sku = Sku::parse("NO-SUCH").unwrap();
    unknown.handle = good.handle.as_ref().map(|handle| elsewhere(handle));
    let levels = [bench.level(&unknown, 5), bench.level(&good, 5)];
    let batch = bench.descriptor().write_batch;
    let mut outcomes = Vec::new();
    for levels in levels.chunks(batch) {
        outcomes.extend(bench.write(levels).await);
    }
    assert!(
        matches!(&outcomes[0], ItemOutcome::NotApplied(e) if matches!(e.fault, Fault::NotFound | Fault::Rejected)),
        "{outcomes:?}"
    );
    assert!(
        matches!(
            outcomes[1],
            ItemOutcome::Applied { .. } | ItemOutcome::Accepted { .. }
        ),
        "{outcomes:?}"
    );
    bench.until_applied();
    assert_eq!(bench.setup.platform.shown("BOWL"), Some(5));
}

/// The same handle, with every number in it another one.
fn elsewhere(handle: &str) -> String {
    let turned = |c: char| match c {
        '1'..='8' => char::from_u32(u32::from(c) + 1).unwrap_or(c),
        '9' => '1',
        other => other,
    };
    handle.chars().map(turned).collect()
}

/// An answer that gets lost leaves the outcome open until it is looked up, whether or not the write was made.
pub async fn lost_answer(bench: Bench) {
    needs!(bench, Listings, Stock);
    for (trouble, quantity, shown) in [(Trouble::TimeoutAfter, 4, 4), (Trouble::TimeoutBefore, 2, 4)] {
        let listing = bench.listing("BOWL").await;
        bench.setup.platform.fail_next(Act::WriteStock, trouble, 1);
        let outcome = bench.write(&[bench.level(&listing, quantity)]).await.remove(0);
        assert!(
            matches!(outcome, ItemOutcome::Unknown(_)),
            "{trouble:?}: {outcome:?}"
        );
        bench.until_applied();
        assert_eq!(bench.read(&listing).await.quantity, Some(shown), "{trouble:?}");
    }
}

/// A price is set and shown.
pub async fn price(bench: Bench) {
    needs!(bench, Listings, Prices);
    let listing = bench.listing("MUG-RED").await;
    let before = listing.price.expect("a price");
    let price = Money::from_decimal("13", before.currency()).unwrap();
    assert_ne!(before, price);
    let level = PriceLevel {
        sku: listing.sku.clone(),
        price,
        handle: listing.handle.clone(),
    };
    let sink = bench.connection.prices().unwrap();
    let result = sink.set(std::slice::from_ref(&level)).await.remove(0);
    assert!(
        matches!(
            result.outcome,
            ItemOutcome::Applied { .. } | ItemOutcome::Accepted { .. }
        ),
        "{result:?}"
    );
    bench.until_applied();
    assert_eq!(bench.read(&listing).await.price, Some(price));
}
