//! The life of an order, from the purchase on: units held, payment, cancellation.

use stockbridge_sim::{BuyOptions, ListingEdit, Refused, SimConfig};

use crate::bench::{Bench, DE, FBA, FR, MUG, SELLER, listing, roomy};

fn bench() -> Bench {
    Bench::with(roomy())
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
