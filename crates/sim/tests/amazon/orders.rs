//! Orders 2026-01-01: windows, pages, parts, and the life of an order.

use http::StatusCode;
use serde_json::Value;
use stockbridge_sim::{BuyOptions, Fault, ListingEdit, OrderStatus, Plan, Refused, SimConfig};

use crate::bench::{Answer, Bench, DE, FBA, FR, MUG, SELLER, config, listing};

/// A world whose search quota does not get in the way.
fn roomy() -> SimConfig {
    let mut config = config();
    config.plans.insert(
        "searchOrders".to_owned(),
        Plan {
            rate: 100.0,
            burst: 1_000.0,
        },
    );
    config
}

fn bench() -> Bench {
    Bench::with(roomy())
}

/// All pages of a search.
fn walk(bench: &Bench, query: &str) -> Vec<Answer> {
    let mut pages = vec![bench.orders(query)];
    while let Some(token) = pages
        .last()
        .and_then(|p| p.body["pagination"]["nextToken"].as_str())
    {
        let token = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC);
        pages.push(bench.orders(&format!("{query}&paginationToken={token}")));
    }
    pages
}

#[test]
fn exactly_one_kind_of_window_may_be_asked_for() {
    let bench = bench();
    for query in [
        "maxResultsPerPage=10",
        "createdAfter=2026-02-01T00:00:00Z&lastUpdatedAfter=2026-02-01T00:00:00Z",
        "createdAfter=2026-02-01T00:00:00Z&lastUpdatedBefore=2026-02-02T00:00:00Z",
        "lastUpdatedAfter=2026-02-01T00:00:00Z&createdBefore=2026-02-02T00:00:00Z",
        "createdAfter=yesterday",
        "createdAfter=2026-02-02T00:00:00Z&createdBefore=2026-02-01T00:00:00Z",
        "createdAfter=2026-02-01T00:00:00Z&maxResultsPerPage=101",
        "createdAfter=2026-02-01T00:00:00Z&maxResultsPerPage=0",
        "createdAfter=2026-02-01T00:00:00Z&fulfilledBy=NOBODY",
        "createdAfter=2026-02-01T00:00:00Z&fulfillmentStatuses=CANCELED",
        "createdAfter=2026-02-01T00:00:00Z&includedData=EVERYTHING",
        "createdAfter=2026-02-01T00:00:00Z&paginationToken=none",
    ] {
        let answer = bench.orders(query);
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, "InvalidInput"),
            "{query}"
        );
    }
}

#[test]
fn the_last_two_minutes_can_neither_be_asked_for_nor_are_they_shown() {
    let bench = bench();
    let id = bench.buy(MUG, 1);
    bench.advance(119);
    let early = bench.all_orders();
    assert_eq!(early.ids(), Vec::<String>::new());
    assert_eq!(early.body["lastUpdatedBefore"], "2026-03-01T11:59:59Z");
    let too_new = bench.orders("createdAfter=2026-03-01T00:00:00Z&createdBefore=2026-03-01T12:00:00Z");
    assert_eq!(
        (too_new.status, too_new.details()),
        (StatusCode::BAD_REQUEST, "createdBefore")
    );
    bench.advance(1);
    let late = bench.all_orders();
    assert_eq!(late.ids(), std::slice::from_ref(&id));
    assert_eq!(late.body["lastUpdatedBefore"], "2026-03-01T12:00:00Z");
    let created = bench.orders("createdAfter=2026-03-01T12:00:00Z");
    assert_eq!(created.ids(), [id]);
    assert_eq!(created.body["createdBefore"], "2026-03-01T12:00:00Z");
    assert!(created.body.get("lastUpdatedBefore").is_none());
}

#[test]
fn freshness_is_a_setting() {
    let bench = Bench::with(SimConfig {
        freshness_ms: 2_000,
        ..roomy()
    });
    bench.buy(MUG, 1);
    bench.advance(2);
    assert_eq!(bench.all_orders().ids().len(), 1);
}

#[test]
fn pages_hold_every_order_once_even_while_new_ones_arrive() {
    let mut config = roomy();
    config.sellers[0].listings.push(listing("MANY", 1_000));
    let bench = Bench::with(config);
    let mut bought: Vec<String> = (0..25).map(|_| bench.buy("MANY", 1)).collect();
    bench.advance(200);
    let query = "createdAfter=2026-03-01T00:00:00Z&maxResultsPerPage=10";
    let first = bench.orders(query);
    bench.buy("MANY", 1);
    bench.advance(200);
    let pages = walk(&bench, query);
    assert_eq!(
        pages.iter().map(|p| p.ids().len()).collect::<Vec<_>>(),
        [10, 10, 6]
    );
    let token = first.body["pagination"]["nextToken"].as_str().unwrap();
    let token = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC).to_string();
    let changed = bench.orders(&format!(
        "createdAfter=2026-03-01T00:00:00Z&maxResultsPerPage=9&paginationToken={token}"
    ));
    assert_eq!(
        (changed.status, changed.details()),
        (StatusCode::BAD_REQUEST, "paginationToken")
    );
    let mut old: Vec<String> = first.ids();
    let mut next = bench.orders(&format!("{query}&paginationToken={token}"));
    assert_eq!(next.body["createdBefore"], first.body["createdBefore"]);
    old.extend(next.ids());
    let token = next.body["pagination"]["nextToken"].as_str().unwrap();
    let token = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC).to_string();
    next = bench.orders(&format!("{query}&paginationToken={token}"));
    old.extend(next.ids());
    assert!(next.body.get("pagination").is_none());
    old.sort();
    bought.sort();
    assert_eq!(old, bought);
    bench.advance(24 * 3_600);
    let expired = bench.orders(&format!("{query}&paginationToken={token}"));
    assert_eq!(
        (expired.status, expired.details()),
        (StatusCode::BAD_REQUEST, "paginationToken")
    );
}

#[test]
fn filters_choose_by_marketplace_fulfilment_and_status() {
    let bench = bench();
    let german = bench.buy(MUG, 1);
    let french = bench.sim.buy(SELLER, FR, MUG, 1, BuyOptions::default()).unwrap();
    let amazons = bench.buy(FBA, 3);
    let pending = bench.buy_pending(MUG, 1);
    bench.advance(200);
    let find = |filter: &str| {
        let mut ids = bench
            .orders(&format!("createdAfter=2026-03-01T00:00:00Z&{filter}"))
            .ids();
        ids.sort();
        ids
    };
    let sorted = |ids: &[&String]| {
        let mut ids: Vec<String> = ids.iter().map(|i| (*i).clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(find(&format!("marketplaceIds={FR}")), sorted(&[&french]));
    assert_eq!(
        find(&format!("marketplaceIds={FR},{DE}")),
        sorted(&[&german, &french, &amazons, &pending])
    );
    assert_eq!(find("fulfilledBy=AMAZON"), sorted(&[&amazons]));
    assert_eq!(
        find("fulfilledBy=MERCHANT&fulfillmentStatuses=UNSHIPPED"),
        sorted(&[&german, &french])
    );
    assert_eq!(find("fulfillmentStatuses=PENDING,CANCELLED"), sorted(&[&pending]));
}

#[test]
fn parts_are_shown_only_when_asked_for() {
    let bench = bench();
    let id = bench.buy(MUG, 2);
    let plain = bench
        .get("getOrder", &format!("/orders/2026-01-01/orders/{id}"))
        .body["order"]
        .clone();
    for part in ["buyer", "recipient", "proceeds", "fulfillment", "packages"] {
        assert!(plain.get(part).is_none(), "{part}");
    }
    assert_eq!(plain["orderItems"][0]["quantityOrdered"], 2);
    assert_eq!(plain["orderItems"][0]["product"]["sellerSku"], MUG);
    let full = bench.order(&id);
    assert_eq!(full["proceeds"]["grandTotal"]["amount"], "25.80");
    assert_eq!(
        full["orderItems"][0]["product"]["price"]["unitPrice"]["amount"],
        "12.90"
    );
    assert_eq!(full["fulfillment"]["fulfillmentStatus"], "UNSHIPPED");
    assert_eq!(full["fulfillment"]["fulfilledBy"], "MERCHANT");
    assert_eq!(full["recipient"]["deliveryAddress"]["countryCode"], "DE");
    assert!(full["recipient"]["deliveryAddress"]["addressLine1"].is_string());
    let amazons = bench.order(&bench.buy(FBA, 1));
    assert_eq!(amazons["fulfillment"]["fulfilledBy"], "AMAZON");
    assert!(amazons["recipient"]["deliveryAddress"].get("name").is_none());
}

#[test]
fn a_pending_order_holds_units_but_shows_no_money_until_paid() {
    let bench = bench();
    let id = bench.buy_pending(MUG, 4);
    assert_eq!(bench.quantity(MUG), Some(6));
    let pending = bench.order(&id);
    assert_eq!(pending["fulfillment"]["fulfillmentStatus"], "PENDING");
    assert!(pending.get("proceeds").is_none() && pending.get("recipient").is_none());
    assert!(pending["orderItems"][0]["product"].get("price").is_none());
    bench.advance(30);
    bench.sim.pay(&id).unwrap();
    let paid = bench.order(&id);
    assert_eq!(paid["fulfillment"]["fulfillmentStatus"], "UNSHIPPED");
    assert_eq!(paid["proceeds"]["grandTotal"]["amount"], "51.60");
    assert_eq!(paid["lastUpdatedTime"], "2026-03-01T12:00:30Z");
    assert_eq!(paid["createdTime"], "2026-03-01T12:00:00Z");
    assert!(matches!(bench.sim.pay(&id), Err(Refused::WrongStatus { .. })));
}

#[test]
fn pending_orders_settle_by_themselves_at_their_due_time() {
    let bench = bench();
    let buy = |fails: bool| {
        let options = BuyOptions {
            pending: true,
            settle_after_ms: Some(60_000),
            payment_fails: fails,
            late_ms: None,
        };
        bench.sim.buy(SELLER, DE, MUG, 1, options).unwrap()
    };
    let (good, bad) = (buy(false), buy(true));
    bench.advance(59);
    assert_eq!(bench.order(&good)["fulfillment"]["fulfillmentStatus"], "PENDING");
    bench.advance(3_600);
    assert_eq!(
        bench.order(&good)["fulfillment"]["fulfillmentStatus"],
        "UNSHIPPED"
    );
    let cancelled = bench.order(&bad);
    assert_eq!(cancelled["fulfillment"]["fulfillmentStatus"], "CANCELLED");
    assert_eq!(cancelled["lastUpdatedTime"], "2026-03-01T12:01:00Z");
    assert_eq!(
        cancelled["orderItems"][0]["cancellation"]["cancellationExecution"]["cancelledBy"],
        "AMAZON"
    );
}

#[test]
fn amazon_lowers_the_quantity_itself_and_refuses_what_it_does_not_have() {
    let bench = bench();
    bench.buy(MUG, 7);
    assert_eq!(bench.quantity(MUG), Some(3));
    let refused = bench
        .sim
        .buy(SELLER, FR, MUG, 4, BuyOptions::default())
        .unwrap_err();
    assert!(
        matches!(
            refused,
            Refused::OutOfStock {
                available: 3,
                wanted: 4,
                ..
            }
        ),
        "{refused}"
    );
    bench.buy(FBA, 500);
    assert_eq!(bench.quantity(FBA), None);
    let truth = bench.truth();
    assert_eq!((truth.orders.len(), truth.refused.len()), (2, 1));
    assert!(bench.sim.buy(SELLER, DE, MUG, 0, BuyOptions::default()).is_err());
}

#[test]
fn a_cancelled_order_may_or_may_not_give_its_units_back() {
    let bench = bench();
    let (back, gone) = (bench.buy(MUG, 2), bench.buy(MUG, 3));
    bench.sim.cancel(&back, Some(true)).unwrap();
    bench.sim.cancel(&gone, Some(false)).unwrap();
    assert_eq!(bench.quantity(MUG), Some(7));
    let chance = |share: f64| {
        let bench = Bench::with(SimConfig {
            cancel_restock_share: share,
            ..roomy()
        });
        bench.sim.cancel(&bench.buy(MUG, 2), None).unwrap();
        bench.quantity(MUG)
    };
    assert_eq!((chance(0.0), chance(1.0)), (Some(8), Some(10)));
    assert_eq!(
        bench.order(&back)["orderItems"][0]["fulfillment"]["quantityUnfulfilled"],
        0
    );
}

#[test]
fn a_request_to_cancel_is_shown_and_changes_nothing_else() {
    let bench = bench();
    let id = bench.buy(MUG, 1);
    bench.sim.request_cancel(&id).unwrap();
    let order = bench.order(&id);
    assert_eq!(
        order["orderItems"][0]["cancellation"]["cancellationRequest"]["requester"],
        "BUYER"
    );
    assert_eq!(order["fulfillment"]["fulfillmentStatus"], "UNSHIPPED");
    assert!(bench.truth().orders[0].cancel_requested);
}

#[test]
fn a_basket_is_one_order_of_several_lines_or_nothing() {
    let mut config = roomy();
    config.sellers[0].listings.push(listing("CUP", 1));
    let bench = Bench::with(config);
    let buy = |basket: &[(&str, u32)]| bench.sim.buy_basket(SELLER, DE, basket, BuyOptions::default());
    assert!(buy(&[(MUG, 1), ("CUP", 2)]).is_err());
    assert_eq!(bench.quantity(MUG), Some(10));
    let order = bench.order(&buy(&[(MUG, 1), ("CUP", 1)]).unwrap());
    assert_eq!(order["orderItems"].as_array().unwrap().len(), 2);
    assert_eq!(buy(&[(MUG, 1), (FBA, 1)]), Err(Refused::EmptyBasket));
}

#[test]
fn a_late_order_appears_after_a_watermark_already_passed_it() {
    let bench = bench();
    bench.sim.fail_next("placeOrder", Fault::LateVisibility, 1);
    let late = bench.buy(MUG, 1);
    let punctual = bench.buy(MUG, 1);
    bench.advance(120);
    assert_eq!(bench.all_orders().ids(), [punctual]);
    bench.advance(300);
    let found = bench.all_orders();
    assert_eq!(found.ids().len(), 2);
    let shown = found.body["orders"]
        .as_array()
        .unwrap()
        .iter()
        .find(|o| o["orderId"] == late.as_str());
    assert_eq!(shown.unwrap()["lastUpdatedTime"], "2026-03-01T12:00:00Z");
    assert_eq!(bench.truth().faults.len(), 1);
}

#[test]
fn a_status_nobody_knows_can_be_asked_for() {
    let bench = bench();
    let id = bench.buy(MUG, 1);
    bench.sim.fail_next("getOrder", Fault::UnknownValue, 1);
    let target = format!("/orders/2026-01-01/orders/{id}?includedData=FULFILLMENT");
    let odd = crate::bench::answered(
        bench
            .sim
            .call(bench.request(http::Method::GET, &target, &Value::Null)),
    );
    assert_eq!(
        odd.body["order"]["fulfillment"]["fulfillmentStatus"],
        "AWAITING_CARRIER_SCAN"
    );
    assert_eq!(bench.order(&id)["fulfillment"]["fulfillmentStatus"], "UNSHIPPED");
}

#[test]
fn orders_of_others_do_not_exist() {
    let mut config = roomy();
    let mut other = config.sellers[0].clone();
    other.seller_id = "AOTHER".to_owned();
    other.refresh_token = "Atzr|other".to_owned();
    config.sellers.push(other);
    let bench = Bench::with(config);
    let theirs = bench
        .sim
        .buy("AOTHER", DE, MUG, 1, BuyOptions::default())
        .unwrap();
    bench.advance(200);
    assert_eq!(bench.all_orders().ids(), Vec::<String>::new());
    let answer = bench.get("getOrder", &format!("/orders/2026-01-01/orders/{theirs}"));
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::NOT_FOUND, "NotFound")
    );
    assert_eq!(bench.truth().orders[0].status, OrderStatus::Unshipped);
}

#[test]
fn an_offer_off_sale_cannot_be_bought() {
    let bench = bench();
    let edit = ListingEdit {
        seller_id: SELLER.to_owned(),
        sku: MUG.to_owned(),
        suppressed: Some(true),
        ..ListingEdit::default()
    };
    bench.sim.edit_listing(&edit).unwrap();
    let refused = bench.sim.buy(SELLER, DE, MUG, 1, BuyOptions::default());
    assert!(matches!(refused, Err(Refused::NotOnSale { .. })));
    assert!(matches!(
        bench.sim.buy(SELLER, DE, "NONE", 1, BuyOptions::default()),
        Err(Refused::UnknownListing(_))
    ));
    assert!(matches!(
        bench.sim.buy("X", DE, MUG, 1, BuyOptions::default()),
        Err(Refused::UnknownSeller(_))
    ));
}
