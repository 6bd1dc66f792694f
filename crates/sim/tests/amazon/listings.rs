//! `getListingsItem` and `searchListingsItems`: what a listing shows, and how it is found.

use http::StatusCode;
use serde_json::json;
use stockbridge_sim::{Fault, Plan};

use crate::bench::{Bench, DE, FBA, MUG, SELLER, config, listing, path};

#[test]
fn a_listing_shows_the_parts_asked_for() {
    let bench = Bench::new();
    let plain = bench.get("getListingsItem", &format!("{}?marketplaceIds={DE}", path(MUG)));
    assert_eq!(
        plain.body["summaries"][0]["status"],
        json!(["BUYABLE", "DISCOVERABLE"])
    );
    assert!(plain.body.get("offers").is_none());
    let full = bench.item(MUG);
    assert_eq!(full["sku"], MUG);
    assert_eq!(
        full["offers"][0]["price"],
        json!({"amount": "12.90", "currencyCode": "EUR"})
    );
    assert_eq!(
        full["fulfillmentAvailability"],
        json!([{"fulfillmentChannelCode": "DEFAULT", "quantity": 10}])
    );
    assert_eq!(
        bench.item(FBA)["fulfillmentAvailability"],
        json!([{"fulfillmentChannelCode": "AMAZON_EU"}])
    );
    let missing = bench.get(
        "getListingsItem",
        &format!("{}?marketplaceIds={DE}", path("none")),
    );
    assert_eq!(
        (missing.status, missing.code()),
        (StatusCode::NOT_FOUND, "NotFound")
    );
    assert_eq!(
        bench.get("getListingsItem", &path(MUG)).details(),
        "marketplaceIds"
    );
    let other = bench.get(
        "getListingsItem",
        &format!("/listings/2021-08-01/items/NOBODY/x?marketplaceIds={DE}"),
    );
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}

#[test]
fn a_search_pages_through_all_listings_but_no_more_than_a_thousand() {
    let mut config = config();
    config.sellers[0].listings = (0..1_030).map(|n| listing(&format!("S{n:04}"), 1)).collect();
    config.plans.insert(
        "searchListingsItems".to_owned(),
        Plan {
            rate: 1.0,
            burst: 500.0,
        },
    );
    let bench = Bench::with(config);
    let base = format!("/listings/2021-08-01/items/{SELLER}?marketplaceIds={DE}&sortBy=sku&sortOrder=ASC");
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = bench
            .get("searchListingsItems", &format!("{base}&pageSize=20{token}"))
            .body;
        assert_eq!(page["numberOfResults"], 1_030);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|i| i["sku"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["pagination"]["nextToken"].as_str() else {
            break;
        };
        let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
        token = format!("&pageToken={next}");
    }
    assert_eq!(
        (seen.len(), seen[0].as_str(), seen[999].as_str()),
        (1_000, "S0000", "S0999")
    );
    assert!(seen.is_sorted());
    let changed = bench.get("searchListingsItems", &format!("{base}&pageSize=19{token}"));
    assert_eq!(changed.details(), "pageToken");
    assert_eq!(
        bench
            .get("searchListingsItems", &format!("{base}&pageSize=21"))
            .details(),
        "pageSize"
    );
}

#[test]
fn a_search_finds_by_identifier_status_and_change() {
    let bench = Bench::new();
    let find = |filter: &str| {
        let target = format!("/listings/2021-08-01/items/{SELLER}?marketplaceIds={DE}&{filter}");
        let answer = bench.get("searchListingsItems", &target);
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let items = answer.body["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|i| i["sku"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        find("identifiersType=SKU&identifiers=MUG%201%2Fred%2Bblue,none"),
        [MUG]
    );
    assert_eq!(
        find("identifiersType=EAN&identifiers=4000000000001"),
        Vec::<String>::new()
    );
    bench.set_quantity(MUG, 0);
    bench.advance(10);
    assert_eq!(find("withStatus=BUYABLE"), [FBA]);
    assert_eq!(find("withoutStatus=BUYABLE"), [MUG]);
    assert_eq!(find("lastUpdatedAfter=2026-03-01T12:00:10Z"), [MUG]);
    bench.advance(10);
    assert_eq!(find("sortBy=lastUpdatedDate&sortOrder=DESC"), [MUG, FBA]);
    bench.sim.fail_next("patchListingsItem", Fault::SilentReject, 1);
    bench.set_quantity(MUG, 4);
    bench.advance(10);
    assert_eq!(find("withIssueSeverity=ERROR"), [MUG]);
    let target = format!("/listings/2021-08-01/items/{SELLER}?marketplaceIds={DE}&identifiers=x");
    assert_eq!(
        bench.get("searchListingsItems", &target).details(),
        "identifiersType"
    );
}
