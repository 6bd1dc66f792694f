//! Quantities: set, never compared or added to; and what a sale does to them.

use stockbridge_domain::channel::{Change, Fault, ItemOutcome, Level};

use crate::side::{Side, level, listing, set, shown};

pub async fn written(side: &Side) {
    let connection = side.connect();
    let first = listing(&*connection, "BOWL").await;
    let at = first.quantity.unwrap();
    assert!(at > 10, "{first:?}");
    assert_eq!(first.places.len(), 1);
    assert_eq!(first.places[0].location, side.warehouse);

    side.buy("BOWL", 2).await;
    assert_eq!(
        shown(&*connection, "BOWL").await,
        at - 2,
        "a sale is counted down at once"
    );
    let outcome = set(&*connection, &[level(side, "BOWL", 4)]).await;
    assert!(matches!(outcome[0], ItemOutcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(
        shown(&*connection, "BOWL").await,
        4,
        "what is reserved is added to what is written"
    );

    for change in [Change::From(4), Change::By(2)] {
        let asked = Level {
            change,
            ..level(side, "BOWL", 6)
        };
        let outcome = set(&*connection, &[asked]).await;
        assert!(
            matches!(&outcome[0], ItemOutcome::NotApplied(e) if e.fault == Fault::Rejected),
            "nobody compares or adds there: {outcome:?}"
        );
    }
    assert_eq!(shown(&*connection, "BOWL").await, 4);

    let batch = [
        level(side, "NO-SUCH", 1),
        level(side, "BOWL", 40),
        level(side, "DIGITAL", 1),
    ];
    let outcomes = set(&*connection, &batch).await;
    assert!(
        matches!(&outcomes[0], ItemOutcome::NotApplied(e) if e.fault == Fault::NotFound),
        "{outcomes:?}"
    );
    assert!(
        matches!(outcomes[1], ItemOutcome::Accepted { .. }),
        "{outcomes:?}"
    );
    assert!(
        matches!(&outcomes[2], ItemOutcome::NotApplied(e) if e.fault == Fault::Rejected),
        "{outcomes:?}"
    );
    assert_eq!(shown(&*connection, "BOWL").await, 40);
}

pub async fn created(side: &Side) {
    let connection = side.connect();
    let bare = listing(&*connection, "MUG-SPARE").await;
    assert_eq!((bare.quantity, bare.places.len()), (Some(0), 1), "{bare:?}");
    assert_eq!(
        bare.places[0].location, side.warehouse,
        "the one that buyers buy from"
    );
    let outcome = set(&*connection, &[level(side, "MUG-SPARE", 3)]).await;
    assert!(matches!(outcome[0], ItemOutcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(shown(&*connection, "MUG-SPARE").await, 3);
}
