//! What happens between reading and writing a quantity, in the simulated store.

use stockbridge_domain::channel::ItemOutcome;
use stockbridge_sim::Meanwhile;

use crate::side::{Side, level, set, shown};

#[tokio::test]
async fn a_sale_between_reading_and_writing_is_not_overwritten() {
    let side = Side::simulated();
    let connection = side.connect();
    side.store()
        .before_next("setInventoryLevels", Meanwhile::Buy("BOWL".into(), 2));
    let outcome = set(&*connection, &[level(&side, "BOWL", 10)]).await;
    assert!(matches!(outcome[0], ItemOutcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(
        shown(&*connection, "BOWL").await,
        8,
        "ten less the two that were sold"
    );
    assert_eq!(side.store().level("BOWL", "sloc_warehouse"), Some((10, 2)));
}

#[tokio::test]
async fn a_fulfilment_between_reading_and_writing_is_set_right() {
    let side = Side::simulated();
    let connection = side.connect();
    let order = side.buy("BOWL", 5).await;
    side.store()
        .before_next("setInventoryLevels", Meanwhile::Fulfil(order));
    let outcome = set(&*connection, &[level(&side, "BOWL", 10)]).await;
    assert!(matches!(outcome[0], ItemOutcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(side.store().shown("BOWL"), 10);
    let stocked: Vec<u32> = side.store().writes().iter().map(|write| write.stocked).collect();
    assert_eq!(
        stocked,
        [15, 10],
        "first with what had been reserved, then without"
    );
}

#[tokio::test]
async fn what_cannot_be_set_right_is_looked_up() {
    let side = Side::simulated();
    let connection = side.connect();
    let (first, second) = (side.buy("BOWL", 5).await, side.buy("BOWL", 5).await);
    side.store()
        .before_next("setInventoryLevels", Meanwhile::Fulfil(first));
    // The call after the first write reads; the second write meets the next fulfilment.
    side.store()
        .before_next("listStockLocations", Meanwhile::Buy("BOWL".into(), 1));
    let levels = [level(&side, "BOWL", 10)];
    let outcome = set(&*connection, &levels).await;
    assert!(matches!(outcome[0], ItemOutcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(side.store().shown("BOWL"), 10);
    side.store()
        .before_next("setInventoryLevels", Meanwhile::Fulfil(second));
    side.store()
        .fail_next("listVariants", stockbridge_sim::Fault::TimeoutAfter, 1);
    let outcome = set(&*connection, &[level(&side, "BOWL", 4)]).await;
    assert!(
        matches!(outcome[0], ItemOutcome::NotApplied(_)),
        "nothing is written unread: {outcome:?}"
    );
}

#[tokio::test]
async fn a_count_before_or_after_reading_is_overwritten_for_the_shop_compares_nothing() {
    let side = Side::simulated();
    let connection = side.connect();
    for call in ["listVariants", "setInventoryLevels"] {
        side.store()
            .before_next(call, Meanwhile::Count("BOWL".into(), 20));
        let outcome = set(&*connection, &[level(&side, "BOWL", 10)]).await;
        assert!(matches!(outcome[0], ItemOutcome::Accepted { .. }), "{outcome:?}");
        assert_eq!(side.store().shown("BOWL"), 10, "{call}");
    }
}

#[tokio::test]
async fn orders_of_both_kinds_leave_units_neither_made_nor_lost() {
    let side = Side::simulated();
    let (kept, gone) = (side.buy("MUG-RED", 4).await, side.buy("MUG-RED", 3).await);
    assert_eq!(side.store().level("MUG-RED", "sloc_warehouse"), Some((30, 7)));
    assert!(side.store().cancel(&gone));
    assert!(side.store().fulfil(&kept));
    assert_eq!(side.store().level("MUG-RED", "sloc_warehouse"), Some((26, 0)));
    assert!(
        side.store().buy("MUG-RED", 27, 0).is_none(),
        "nobody can buy more than there is"
    );
}
