//! Listings, quantities and prices.

use super::*;
use crate::testing::answer;
use stockbridge_domain::channel::{ItemOutcome, ListingKey, ListingSnapshot, PriceLevel};
use stockbridge_domain::listing::ListingStatus;
use stockbridge_domain::{Currency, Money};

async fn walk(market: &Market) -> Vec<ListingSnapshot> {
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = market
            .connection
            .listings()
            .unwrap()
            .page(cursor.as_deref())
            .await
            .unwrap();
        cursor = page.next;
        if let Some(until) = page.wait_until {
            assert!(page.listings.is_empty());
            market.pass(until.since(market.world.clock.env().now()).as_secs());
            continue;
        }
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        seen.extend(page.listings);
        if cursor.is_none() {
            return seen;
        }
    }
}

#[tokio::test]
async fn the_catalogue_is_exported_waited_for_and_looked_up() {
    let many = |config: &mut NoonConfig| {
        config.listings = (0..130)
            .map(|n| NoonListing::new(&format!("S{n:03}"), n))
            .collect()
    };
    let market = market(many, &draft(json!({})));
    let seen = walk(&market).await;
    assert_eq!(seen.len(), 130);
    let one = seen.iter().find(|l| l.sku.as_str() == "S007").unwrap();
    assert_eq!(
        (one.quantity, one.status, one.channel_ref.as_deref()),
        (Some(7), ListingStatus::Active, Some("NS007A"))
    );
    assert_eq!(
        (one.price.unwrap().minor(), one.places.len()),
        (4_990, 0),
        "one warehouse is no choice"
    );
    let sent = market.world.sent.lock().unwrap();
    let download = sent
        .iter()
        .find(|r| r.uri().path().starts_with("/tables/"))
        .unwrap();
    assert!(
        !download.headers().contains_key("cookie"),
        "cookies go to the gateway alone"
    );
}

#[tokio::test]
async fn typed_skus_do_without_an_export_and_a_missing_one_is_explained() {
    let market = market(
        |_| {},
        &draft(json!({"listing_skus": "Title,Partner SKU\nMug,MUG\nBowl,BOWL"})),
    );
    let skus: Vec<_> = walk(&market)
        .await
        .into_iter()
        .map(|l| l.sku.as_str().to_owned())
        .collect();
    assert_eq!(skus, ["MUG", "BOWL"]);
    assert_eq!(market.calls("/export/create"), 0);
    let elsewhere = self::market(|_| {}, &draft(json!({"export_prefix": "nowhere"})));
    let error = elsewhere
        .connection
        .listings()
        .unwrap()
        .page(None)
        .await
        .unwrap_err();
    assert!(error.message.contains("listing_skus"), "{error:?}");
    let unknown = ListingKey {
        sku: Sku::parse("NO-SUCH").unwrap(),
        handle: None,
    };
    assert!(
        market
            .connection
            .listings()
            .unwrap()
            .read(&[unknown])
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn quantities_go_to_each_warehouse_and_lines_fail_by_themselves() {
    let two = |config: &mut NoonConfig| config.warehouses = vec!["W001".into(), "W002".into()];
    let market = market(
        two,
        &draft(json!({"warehouse_code": "W001,W002", "listing_skus": "MUG,BOWL"})),
    );
    market.shop.refuse("BOWL", true);
    let levels = [
        level("MUG", 9, &[("W001", 4), ("W002", 5)]),
        level("BOWL", 1, &[]),
        level("MUG", 9, &[("W001", 4), ("W009", 5)]),
        level("CUP", -1, &[]),
    ];
    let results = market.connection.stock().unwrap().set(&levels).await;
    assert!(
        matches!(results[0].outcome, ItemOutcome::Accepted { .. }),
        "{results:?}"
    );
    assert!(
        matches!(&results[1].outcome, ItemOutcome::NotApplied(e) if e.code.as_deref() == Some("SKU_BLOCKED")),
        "{results:?}"
    );
    assert!(
        matches!(&results[2].outcome, ItemOutcome::Unknown(_)),
        "taken at one warehouse: {results:?}"
    );
    assert!(
        matches!(&results[3].outcome, ItemOutcome::NotApplied(_)),
        "{results:?}"
    );
    assert_eq!(market.shop.shown("MUG"), Some(9));
    let seen = walk(&market).await;
    let places: Vec<_> = seen[0]
        .places
        .iter()
        .map(|p| (p.location.as_str(), p.quantity))
        .collect();
    assert_eq!(
        (seen[0].quantity, places),
        (Some(9), vec![("W001", 4), ("W002", 5)])
    );
}

#[tokio::test]
async fn prices_go_to_the_country_of_their_currency() {
    let market = market(|_| {}, &draft(json!({})));
    let price = |amount: &str, currency: &str| PriceLevel {
        sku: Sku::parse("MUG").unwrap(),
        price: Money::from_decimal(amount, Currency::parse(currency).unwrap()).unwrap(),
        handle: None,
    };
    let results = market
        .connection
        .prices()
        .unwrap()
        .set(&[price("13.50", "AED"), price("5", "EUR")])
        .await;
    assert!(
        matches!(results[0].outcome, ItemOutcome::Accepted { .. }),
        "{results:?}"
    );
    assert!(
        matches!(&results[1].outcome, ItemOutcome::NotApplied(e) if e.message.contains("EUR")),
        "{results:?}"
    );
    assert_eq!(market.shop.price("MUG").as_deref(), Some("13.5"));
}

#[tokio::test]
async fn every_answer_is_told_apart() {
    let ambiguous = Fault::Ambiguous;
    for (status, text, read, write) in [
        (400, r#"{"message":"no"}"#, Fault::Rejected, Fault::Rejected),
        (401, "", Fault::Credentials, Fault::Credentials),
        (403, "", Fault::Forbidden, Fault::Forbidden),
        (404, "", Fault::NotFound, Fault::NotFound),
        (409, "", Fault::Conflict, Fault::Conflict),
        (422, "", Fault::Rejected, Fault::Rejected),
        (423, "", Fault::Unavailable, Fault::Unavailable),
        (429, "", Fault::Throttled, Fault::Throttled),
        (502, "<html>", Fault::Unavailable, ambiguous),
        (302, "", Fault::Contract, Fault::Contract),
        (200, "<html>", Fault::Unavailable, ambiguous),
        (200, r#"{"fbpi_order_nr":"#, Fault::Unavailable, ambiguous),
        (200, r#"{"error":"x"}"#, Fault::Contract, ambiguous),
    ] {
        let world = World::new(move |request| match request.uri().path() {
            "/identity/public/v1/api/login" => {
                let mut response = answer(200, "{}").unwrap();
                response
                    .headers_mut()
                    .insert("set-cookie", "_npsid=PLANTED-cookie; Path=/".parse().unwrap());
                Ok(response)
            }
            _ => answer(status, text),
        });
        let connection = open(&draft(json!({})), &world);
        assert_eq!(
            connection.orders().unwrap().get("F1").await.unwrap_err().fault,
            read,
            "{status} {text}"
        );
        let outcome = connection
            .stock()
            .unwrap()
            .set(&[level("MUG", 1, &[])])
            .await
            .remove(0)
            .outcome;
        let told = match outcome {
            ItemOutcome::NotApplied(error) | ItemOutcome::Unknown(error) => error.fault,
            other => panic!("{status} {text}: {other:?}"),
        };
        assert_eq!(told, write, "{status} {text}");
    }
}

#[tokio::test]
async fn a_product_that_cannot_be_read_now_ends_the_page_and_loses_nothing_before_it() {
    let skus: Vec<String> = (0..20).map(|n| format!("SKU-{n:02}")).collect();
    let draft = draft(json!({"listing_skus": skus.join(",")}));
    let shop = market(
        |config| config.listings = skus.iter().map(|sku| NoonListing::new(sku, 1)).collect(),
        &draft,
    )
    .shop;
    let failures = std::sync::atomic::AtomicUsize::new(2);
    let world = World::new(move |request| {
        use std::sync::atomic::Ordering::SeqCst;
        let fails = request.uri().path().ends_with("/SKU-11")
            && failures
                .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1))
                .is_ok();
        if fails {
            return answer(503, "");
        }
        of_platform(shop.call(request))
    });
    let connection = open(&draft, &world);
    let listings = connection.listings().unwrap();
    let page = listings.page(None).await.unwrap();
    assert_eq!(page.listings.len(), 11);
    let cursor = page.next.unwrap();
    let error = listings.page(Some(&cursor)).await.unwrap_err();
    assert_eq!(error.fault, Fault::Unavailable, "nothing was read: {error}");
    let page = listings.page(Some(&cursor)).await.unwrap();
    assert_eq!((page.listings.len(), page.next), (9, None));
    assert_eq!(page.listings[0].sku.as_str(), "SKU-11");
}
