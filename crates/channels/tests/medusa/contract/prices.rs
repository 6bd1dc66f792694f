//! Prices: one is set, all others stay.

use stockbridge_domain::channel::{ItemOutcome, PriceLevel};
use stockbridge_domain::{Currency, Money};

use crate::side::{Side, listing, sku};

pub async fn kept(side: &Side) {
    let connection = side.connect();
    side.price_region("MUG-RED", "11").await;
    let (all, ruled) = side.prices("MUG-RED").await;
    assert!(ruled >= 1, "{all} prices");
    let price = |name: &str, amount: &str| PriceLevel {
        sku: sku(name),
        price: Money::from_decimal(amount, Currency::parse("EUR").unwrap()).unwrap(),
        handle: None,
    };
    let results = connection
        .prices()
        .unwrap()
        .set(&[price("MUG-RED", "13.99"), price("NO-SUCH", "1.00")])
        .await;
    assert!(
        matches!(results[0].outcome, ItemOutcome::Applied { .. }),
        "{results:?}"
    );
    assert!(
        matches!(results[1].outcome, ItemOutcome::NotApplied(_)),
        "{results:?}"
    );
    assert_eq!(
        listing(&*connection, "MUG-RED").await.price.unwrap().amount(),
        "13.99"
    );
    assert_eq!(
        side.prices("MUG-RED").await,
        (all, ruled),
        "no price was lost, and a region's is still one"
    );
}
