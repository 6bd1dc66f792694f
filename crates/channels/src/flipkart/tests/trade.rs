//! Orders, listings, quantities and prices, against the simulated marketplace.

use super::*;
use stockbridge_domain::channel::{ItemOutcome, PriceLevel};
use stockbridge_domain::listing::ListingStatus;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{Currency, Money};
use stockbridge_sim::Fault as Trouble;

#[tokio::test]
async fn shipments_are_found_on_all_pages_of_all_passes() {
    let market = market(|_| {}, json!({}));
    let mut bought = Vec::new();
    for n in 0..7 {
        let id = market.shop.buy("MUG", 1, 0).unwrap();
        match n {
            0 => assert!(market.shop.move_on(&id, "SHIPPED")),
            1 => assert!(market.shop.cancel(&id)),
            _ => {}
        }
        bought.push(id);
        market.pass(1);
    }
    market.pass(2);
    for by in [OrderTime::Updated, OrderTime::Placed] {
        let orders = market.orders(by).await;
        let mut found: Vec<_> = orders.iter().map(|o| o.channel_order_id.clone()).collect();
        found.sort_unstable();
        assert_eq!(found, bought);
        let of = |id: &str| orders.iter().find(|o| o.channel_order_id == id).unwrap();
        assert_eq!(of(&bought[0]).status, Some(OrderStatus::Shipped));
        assert_eq!(of(&bought[1]).status, Some(OrderStatus::Cancelled));
        let open = of(&bought[2]);
        assert_eq!((open.status, open.lines[0].ordered), (Some(OrderStatus::Open), 1));
        assert_eq!(open.total.unwrap().minor(), 83_900, "shipping included");
        assert_eq!(open.lines[0].total.unwrap().minor(), 79_900, "without shipping");
        assert_eq!(
            open.ship_by,
            Some(open.placed_at.plus(Duration::from_secs(86_400)))
        );
        assert!(open.oddities.is_empty(), "{open:?}");
    }
}

#[tokio::test]
async fn a_walk_vouches_for_the_time_of_its_first_page_and_no_later() {
    let market = market(|_| {}, json!({}));
    let query = OrderQuery {
        since: now(),
        by: OrderTime::Updated,
        cursor: None,
    };
    let page = market.connection.orders().unwrap().page(&query).await.unwrap();
    assert_eq!(page.complete_until, Some(now()), "the date of the answer");
    assert_eq!(page.next.as_deref(), Some("1"));
    let sent = market.world.sent.lock().unwrap();
    let filter = &body(&sent[1])["filter"];
    assert_eq!(
        filter["modifiedDate"]["from"], "2026-11-21T08:45:00+05:30",
        "ten minutes before, in Indian time"
    );
    assert_eq!(filter["type"], "preDispatch");
}

#[tokio::test]
async fn an_unknown_word_is_kept_and_told() {
    let market = market(|_| {}, json!({}));
    market.shop.buy("MUG", 2, 0).unwrap();
    market.pass(5);
    market
        .shop
        .fail_next("searchPreDispatchShipment", Trouble::UnknownValue, 1);
    let orders = market.orders(OrderTime::Updated).await;
    assert_eq!(
        (orders[0].status, orders[0].channel_status.as_str()),
        (None, "AT_THE_FLORIST")
    );
    assert!(orders[0].oddities[0].contains("AT_THE_FLORIST"), "{orders:?}");
}

#[tokio::test]
async fn listings_are_walked_and_read_with_their_places() {
    let many = |config: &mut FlipkartConfig| {
        config.listings = (0..130)
            .map(|n| FlipkartListing::new(&format!("S{n:03}"), n))
            .collect();
        config.listings_page = 120;
    };
    let market = market(many, json!({"location_ids": "LOC1,LOC2"}));
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = market
            .connection
            .listings()
            .unwrap()
            .page(cursor.as_deref())
            .await
            .unwrap();
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        seen.extend(page.listings);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 130);
    let one = seen.iter().find(|l| l.sku.as_str() == "S007").unwrap();
    assert_eq!(
        (one.quantity, one.handle.as_deref(), one.status),
        (Some(7), Some("FSNS007"), ListingStatus::Active)
    );
    let places: Vec<_> = one
        .places
        .iter()
        .map(|p| (p.location.as_str(), p.quantity))
        .collect();
    assert_eq!(
        places,
        [("LOC1", 7), ("LOC2", 0)],
        "a location of the option that the listing does not name yet"
    );
    assert_eq!(one.price.unwrap().minor(), 79_900);
    assert!(market.read(&["NO-SUCH"]).await.is_empty());
}

#[tokio::test]
async fn quantities_are_put_location_by_location() {
    let market = market(|_| {}, json!({}));
    market.shop.refuse("MUG", true);
    let levels = [
        level("BOWL", &[("LOC1", 1), ("LOC2", 9)], Some("FSNBOWL")),
        level("MUG", &[("LOC1", 1)], Some("FSNMUG")),
        Level {
            quantity: 3,
            ..level("BOWL", &[], Some("FSNBOWL"))
        },
    ];
    let results = market.connection.stock().unwrap().set(&levels[..2]).await;
    assert!(
        matches!(results[0].outcome, ItemOutcome::Accepted { .. }),
        "{results:?}"
    );
    assert!(
        matches!(&results[1].outcome, ItemOutcome::NotApplied(e) if e.message.contains("blocked")),
        "{results:?}"
    );
    assert_eq!(
        market.shop.quantities("BOWL"),
        BTreeMap::from([("LOC1".to_owned(), 1), ("LOC2".to_owned(), 9)])
    );
    let results = market.connection.stock().unwrap().set(&levels[2..]).await;
    assert!(matches!(&results[0].outcome, ItemOutcome::NotApplied(e) if e.message.contains("location_ids")));
}

#[tokio::test]
async fn prices_are_whole_rupees_and_keep_the_mrp() {
    let market = market(|_| {}, json!({}));
    let price = |sku: &str, amount: &str, currency: &str| PriceLevel {
        sku: Sku::parse(sku).unwrap(),
        price: Money::from_decimal(amount, Currency::parse(currency).unwrap()).unwrap(),
        handle: Some(format!("FSN{sku}")),
    };
    let prices = [
        price("MUG", "555", "INR"),
        price("BOWL", "555.50", "INR"),
        price("BOWL", "5", "EUR"),
        price("CUP", "5", "INR"),
    ];
    let results = market.connection.prices().unwrap().set(&prices).await;
    assert!(
        matches!(results[0].outcome, ItemOutcome::Accepted { .. }),
        "{results:?}"
    );
    for (result, hint) in results[1..].iter().zip(["whole rupees", "INR", "does not know"]) {
        assert!(
            matches!(&result.outcome, ItemOutcome::NotApplied(e) if e.message.contains(hint)),
            "{result:?}"
        );
    }
    assert_eq!(
        (market.shop.price("MUG"), market.shop.price("BOWL")),
        (Some(555), Some(799))
    );
    let sent = market.world.sent.lock().unwrap();
    assert_eq!(body(sent.last().unwrap())["MUG"]["price"]["mrp"], 999);
}

#[tokio::test]
async fn the_sandbox_makes_orders() {
    let market = market(|_| {}, json!({}));
    let item = crate::flipkart::sandbox::TestItem {
        listing_id: "LSTMUG".into(),
        quantity: 2,
    };
    let (path, order) = crate::flipkart::sandbox::test_order(
        "LOC1",
        crate::flipkart::sandbox::TestShipment::SelfShip,
        &[item],
    );
    market.connection.probe().await.unwrap();
    let token = market.world.sent.lock().unwrap()[1].headers()["authorization"].clone();
    let request = http::Request::post(format!("https://sandbox.test{path}"))
        .header("authorization", token)
        .body(order.to_string().into())
        .unwrap();
    of_platform(market.shop.call(&request)).unwrap();
    assert!(market.shop.orders()[0].self_ship);
    assert_eq!(market.shop.shown("MUG"), 8);
}
