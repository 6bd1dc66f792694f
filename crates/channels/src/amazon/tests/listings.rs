//! Listings: walking all of them, reading some back, mapping.

use std::sync::Mutex;

use super::*;
use stockbridge_domain::channel::{Fault, ListingSnapshot};
use stockbridge_domain::images::Images;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};

fn item(sku: &str, created: &str) -> Value {
    json!({"sku": sku,
        "summaries": [{"marketplaceId": "A1PA6795UKMFR9", "asin": "B071VG5N9D", "productType": "SHIRT", "status": ["BUYABLE", "DISCOVERABLE"],
            "itemName": "Hemd", "createdDate": created, "lastUpdatedDate": created}],
        "offers": [{"marketplaceId": "A13V1IB3VIYZZH", "offerType": "B2C", "price": {"currencyCode": "EUR", "amount": "1.00"}},
            {"marketplaceId": "A1PA6795UKMFR9", "offerType": "B2B", "price": {"currencyCode": "EUR", "amount": "2.00"}},
            {"marketplaceId": "A1PA6795UKMFR9", "offerType": "B2C", "price": {"currencyCode": "EUR", "amount": "19.90"}, "audience": {"value": "ALL"}}],
        "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": 17}],
        "issues": [{"code": "1", "message": "Image is small.", "severity": "WARNING", "categories": []},
            {"code": "2", "message": "For your information.", "severity": "INFO", "categories": []}]})
}

async fn one(item: Value) -> ListingSnapshot {
    let world = always(200, json!({"numberOfResults": 1, "items": [item]}));
    open(&world, &["DE", "FR"])
        .listings()
        .unwrap()
        .read(&[sku("A").into()])
        .await
        .unwrap()
        .remove(0)
}

#[tokio::test]
async fn a_listing_is_read_in_full() {
    let read = one(item("A/b c", "2021-02-01T00:00:00Z")).await;
    assert_eq!(
        (
            read.sku.as_str(),
            read.channel_ref.as_deref(),
            read.title.as_deref().unwrap()
        ),
        ("A/b c", Some("B071VG5N9D"), "Hemd")
    );
    assert_eq!(
        (read.fulfilled_by, read.quantity, read.status),
        (FulfilledBy::Seller, Some(17), ListingStatus::Active)
    );
    assert_eq!(
        (read.price.unwrap().to_string().as_str(), read.handle.as_deref()),
        ("19.90 EUR", Some("SHIRT"))
    );
    assert_eq!(read.issues, ["Image is small."]);
    assert_eq!(read.images, Some(Images::main_only(None)), "no main image");
    let mut with_image = item("A", "2021-02-01T00:00:00Z");
    with_image["summaries"][0]["mainImage"] =
        json!({"link": "https://m.example/1.jpg", "height": 500, "width": 500});
    let main = Some("https://m.example/1.jpg".to_owned());
    assert_eq!(one(with_image).await.images, Some(Images::main_only(main)));
}

#[tokio::test]
async fn who_ships_follows_the_channel_code() {
    for (availability, fn_sku, by, quantity) in [
        (
            json!([{"fulfillmentChannelCode": "AMAZON_EU", "quantity": 5}]),
            false,
            FulfilledBy::Channel,
            None,
        ),
        (
            json!([{"fulfillmentChannelCode": "AMAZON_EU"}, {"fulfillmentChannelCode": "DEFAULT", "quantity": 2}]),
            false,
            FulfilledBy::Seller,
            Some(2),
        ),
        (json!(null), true, FulfilledBy::Channel, None),
        (json!([]), false, FulfilledBy::Seller, None),
    ] {
        let mut item = item("A", "2021-02-01T00:00:00Z");
        item["fulfillmentAvailability"] = availability;
        if fn_sku {
            item["summaries"][0]["fnSku"] = json!("X000");
        }
        let read = one(item).await;
        assert_eq!((read.fulfilled_by, read.quantity), (by, quantity));
        assert_eq!(
            read.issues.iter().any(|i| i.contains("role")),
            by == FulfilledBy::Seller && quantity.is_none()
        );
    }
}

#[tokio::test]
async fn statuses_and_suppressions() {
    let enforced = |exemption: &str| {
        json!([{"code": "3", "message": "No.", "severity": "ERROR", "categories": [],
        "enforcements": {"actions": [{"action": "SEARCH_SUPPRESSED"}], "exemption": {"status": exemption}}}])
    };
    for (words, issues, status) in [
        (json!(["BUYABLE"]), enforced("NOT_EXEMPT"), ListingStatus::Active),
        (json!([]), json!([]), ListingStatus::Inactive),
        (
            json!(["DISCOVERABLE"]),
            enforced("EXEMPT"),
            ListingStatus::Inactive,
        ),
        (
            json!(["DISCOVERABLE"]),
            enforced("NOT_EXEMPT"),
            ListingStatus::Suppressed,
        ),
        (json!(["LEASABLE"]), json!([]), ListingStatus::Unknown),
    ] {
        let mut item = item("A", "2021-02-01T00:00:00Z");
        item["summaries"][0]["status"] = words;
        item["issues"] = issues;
        assert_eq!(one(item.clone()).await.status, status, "{item}");
    }
}

#[tokio::test]
async fn skus_with_commas_are_read_by_themselves_and_unknown_ones_are_absent() {
    let world = world(|request| match request.uri().path() {
        path if path.ends_with("/gone%2C1") => answer(404, errors("NOT_FOUND", "none", "").to_string()),
        path if path.ends_with("/a%2Cb") => answer(200, item("a,b", "2021-02-01T00:00:00Z").to_string()),
        _ => answer(
            200,
            json!({"numberOfResults": 1, "items": [item("x y", "2021-02-01T00:00:00Z")]}).to_string(),
        ),
    });
    let asked = ["a,b", "x y", "missing", "gone,1"].map(sku);
    let read = open(&world, &["DE"])
        .listings()
        .unwrap()
        .read(&asked.clone().map(Into::into))
        .await
        .unwrap();
    assert_eq!(
        read.iter().map(|l| l.sku.as_str()).collect::<Vec<_>>(),
        ["x y", "a,b"]
    );
    assert_eq!(
        world.targets(),
        [
            "/listings/2021-08-01/items/A3EXAMPLE1?marketplaceIds=A1PA6795UKMFR9&includedData=summaries,issues,offers,fulfillmentAvailability&identifiers=x%20y,missing&identifiersType=SKU&pageSize=20",
            "/listings/2021-08-01/items/A3EXAMPLE1/a%2Cb?marketplaceIds=A1PA6795UKMFR9&includedData=summaries,issues,offers,fulfillmentAvailability",
            "/listings/2021-08-01/items/A3EXAMPLE1/gone%2C1?marketplaceIds=A1PA6795UKMFR9&includedData=summaries,issues,offers,fulfillmentAvailability",
        ]
    );
}

#[tokio::test]
async fn an_unreadable_listing_is_set_aside_in_a_walk_but_fails_a_read_back() {
    let mut wrong = item("A", "2021-02-01T00:00:00Z");
    wrong["fulfillmentAvailability"][0]["quantity"] = json!("many");
    let world = always(
        200,
        json!({"numberOfResults": 2, "items": [wrong, item("B", "2021-02-01T00:00:00Z")]}),
    );
    let connection = open(&world, &["DE"]);
    let page = connection.listings().unwrap().page(None).await.unwrap();
    assert_eq!(
        (page.listings.len(), page.unreadable[0].id.as_deref(), page.next),
        (1, Some("A"), None)
    );
    // Absent would mean "not on Amazon", so a read-back rather fails.
    let error = connection
        .listings()
        .unwrap()
        .read(&[sku("A").into()])
        .await
        .unwrap_err();
    assert_eq!(error.fault, Fault::Contract);
}

/// A shop of `count` listings, `per_second` of them created each second, that refuses pages beyond 1000 of one question.
fn shop(count: usize, per_second: usize) -> Arc<World> {
    let created =
        move |n: usize| Timestamp::from_secs(1_700_000_000 + i64::try_from(n / per_second).unwrap());
    world(move |request| {
        let query: BTreeMap<String, String> =
            url::form_urlencoded::parse(request.uri().query().unwrap().as_bytes())
                .into_owned()
                .collect();
        assert_eq!(
            (query["sortBy"].as_str(), query["sortOrder"].as_str()),
            ("createdDate", "ASC")
        );
        let after = query.get("createdAfter").map(|t| Timestamp::parse(t).unwrap());
        let matching: Vec<usize> = (0..count)
            .filter(|n| after.is_none_or(|a| created(*n) >= a))
            .collect();
        let start: usize = query.get("pageToken").map_or(0, |t| t.parse().unwrap());
        if start >= 1000 {
            return answer(400, errors("InvalidInput", "beyond 1000", "").to_string());
        }
        let end = (start + 20).min(matching.len());
        let items: Vec<_> = matching[start..end]
            .iter()
            .map(|n| item(&format!("S{n}"), &created(*n).to_string()))
            .collect();
        let pagination = (end < matching.len()).then(|| json!({"nextToken": end.to_string()}));
        answer(
            200,
            json!({"numberOfResults": matching.len(), "items": items, "pagination": pagination}).to_string(),
        )
    })
}

#[tokio::test]
async fn a_walk_reaches_every_listing_beyond_a_thousand() {
    for (count, per_second) in [
        (0, 1),
        (1, 1),
        (20, 1),
        (1000, 7),
        (1001, 7),
        (2050, 7),
        (3000, 500),
    ] {
        let world = shop(count, per_second);
        let connection = open(&world, &["DE"]);
        let (seen, mut cursor) = (Mutex::new(std::collections::BTreeSet::new()), None);
        loop {
            let page = connection
                .listings()
                .unwrap()
                .page(cursor.as_deref())
                .await
                .unwrap();
            seen.lock()
                .unwrap()
                .extend(page.listings.into_iter().map(|l| l.sku));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.lock().unwrap().len(), count);
        assert!(
            world.targets().len() <= count / 20 + per_second / 5 + 10,
            "{} calls for {count}",
            world.targets().len()
        );
    }
}

#[tokio::test]
async fn a_walk_that_cannot_go_on_says_so() {
    let world = shop(1500, 1500);
    let connection = open(&world, &["DE"]);
    let mut cursor = None;
    let error = loop {
        match connection.listings().unwrap().page(cursor.as_deref()).await {
            Ok(page) => cursor = Some(page.next.expect("not at the end")),
            Err(error) => break error,
        }
    };
    assert!(
        error.fault == Fault::Contract && error.message.contains("one instant"),
        "{error}"
    );
    let error = connection
        .listings()
        .unwrap()
        .page(Some("rubbish"))
        .await
        .unwrap_err();
    assert!(error.message.contains("start over"), "{error}");
}
