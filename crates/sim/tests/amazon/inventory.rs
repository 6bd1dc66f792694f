//! `getInventorySummaries`: what lies in Amazon's warehouses.

use http::StatusCode;
use serde_json::Value;
use stockbridge_sim::{Fulfilment, ListingConfig};

use crate::bench::{Bench, DE, FBA, FR, MUG, US, config, listing};

fn target(site: &str, more: &str) -> String {
    format!(
        "/fba/inventory/v1/summaries?details=true&granularityType=Marketplace&granularityId={site}&marketplaceIds={site}{more}"
    )
}

fn stored(sku: &str, stored: u32) -> ListingConfig {
    ListingConfig {
        quantity: None,
        fulfilment: Fulfilment::Platform,
        stored,
        unfulfillable: 2,
        inbound: 5,
        ..listing(sku, 0)
    }
}

#[test]
fn what_amazon_ships_is_told_with_its_breakdown() {
    let mut config = config();
    config.sellers[0].listings = vec![listing(MUG, 10), stored(FBA, 30)];
    let bench = Bench::with(config);
    bench.buy(FBA, 4);
    let answer = bench.get("getInventorySummaries", &target(DE, ""));
    let all = answer.body["payload"]["inventorySummaries"].as_array().unwrap();
    assert_eq!(all.len(), 1, "what the seller ships is not there");
    let details = &all[0]["inventoryDetails"];
    assert_eq!(details["fulfillableQuantity"], 26);
    assert_eq!(details["reservedQuantity"]["pendingCustomerOrderQuantity"], 4);
    assert_eq!(all[0]["totalQuantity"], 26 + 4 + 2 + 5);
    for wrong in [
        target(US, ""),
        target(DE, "").replace(&format!("granularityId={DE}"), &format!("granularityId={FR}")),
    ] {
        assert!(
            !bench.get("getInventorySummaries", &wrong).status.is_success(),
            "{wrong}"
        );
    }
}

#[test]
fn pages_follow_a_token_that_lives_half_a_minute() {
    let mut config = config();
    config.sellers[0].listings = (0..70).map(|n| stored(&format!("S{n:02}"), n)).collect();
    let bench = Bench::with(config);
    let first = bench.get("getInventorySummaries", &target(FR, ""));
    let token = first.body["pagination"]["nextToken"].as_str().unwrap().to_owned();
    let encoded: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let next = target(FR, &format!("&nextToken={encoded}"));
    let count = |body: &Value| body["payload"]["inventorySummaries"].as_array().unwrap().len();
    let second = bench.get("getInventorySummaries", &next);
    assert_eq!((count(&first.body), count(&second.body)), (50, 20));
    let again = bench.get("getInventorySummaries", &target(FR, ""));
    assert_eq!(
        again.status,
        StatusCode::TOO_MANY_REQUESTS,
        "two at once, then two a second"
    );
    bench.advance(31);
    let late = bench.get("getInventorySummaries", &next);
    assert_eq!(
        (late.status, late.details()),
        (StatusCode::BAD_REQUEST, "nextToken")
    );
}
