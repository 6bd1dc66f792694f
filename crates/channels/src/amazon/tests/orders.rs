//! Orders: requests, mapping, paging and falling back.

use super::*;
use stockbridge_domain::channel::{Fault, OrderPage};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus;

fn order(status: &str, by: &str) -> Value {
    json!({"orderId": "028-1", "createdTime": "2026-11-20T01:00:00Z", "lastUpdatedTime": "2026-11-20T02:00:00.5Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
        "proceeds": {"grandTotal": {"amount": "19.90", "currencyCode": "EUR"}},
        "fulfillment": {"fulfillmentStatus": status, "fulfilledBy": by,
            "shipByWindow": {"latestDateTime": "2026-11-22T00:00:00Z"}},
        "orderItems": [{"orderItemId": "1", "quantityOrdered": 3,
            "product": {"title": "Hemd", "sellerSku": "A/b c"},
            "proceeds": {"breakdowns": [{"type": "SHIPPING", "subtotal": {"amount": "4.00", "currencyCode": "EUR"}},
                {"type": "ITEM", "subtotal": {"amount": "15.90", "currencyCode": "EUR"}}]},
            "fulfillment": {"quantityFulfilled": 1, "quantityUnfulfilled": 2}}]})
}

async fn page_of(orders: Value) -> OrderPage {
    let world = always(
        200,
        json!({"orders": orders, "lastUpdatedBefore": "2026-11-21T03:23:00Z"}),
    );
    open(&world, &["DE"])
        .orders()
        .unwrap()
        .page(&query())
        .await
        .unwrap()
}

async fn one(order: Value) -> stockbridge_domain::order::OrderSnapshot {
    let mut page = page_of(json!([order])).await;
    assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
    page.orders.remove(0)
}

#[tokio::test]
async fn the_request_is_a_net_without_an_upper_end() {
    let world = always(200, json!({"orders": []}));
    let mut draft = draft(&["DE", "FR"]);
    draft.options.insert("fbm_only".into(), json!(true));
    let connection = open_with(&Amazon::default(), &world, draft);
    let next = OrderQuery {
        cursor: Some("a+b/c=".into()),
        ..query()
    };
    connection.orders().unwrap().page(&next).await.unwrap();
    open(&world, &["DE"])
        .orders()
        .unwrap()
        .page(&query())
        .await
        .unwrap();
    assert_eq!(
        world.targets(),
        [
            "/orders/2026-01-01/orders?lastUpdatedAfter=2026-11-20T00%3A00%3A00Z&marketplaceIds=A1PA6795UKMFR9,A13V1IB3VIYZZH&fulfilledBy=MERCHANT&maxResultsPerPage=100&includedData=PROCEEDS,CANCELLATION,FULFILLMENT&paginationToken=a%2Bb%2Fc%3D",
            "/orders/2026-01-01/orders?lastUpdatedAfter=2026-11-20T00%3A00%3A00Z&marketplaceIds=A1PA6795UKMFR9&maxResultsPerPage=100&includedData=PROCEEDS,CANCELLATION,FULFILLMENT",
        ]
    );
}

#[tokio::test]
async fn an_order_is_read_in_full() {
    let raw = order("PARTIALLY_SHIPPED", "MERCHANT");
    let read = one(raw.clone()).await;
    assert_eq!(
        (read.status, read.channel_status.as_str(), read.fulfilled_by),
        (
            Some(OrderStatus::PartiallyShipped),
            "PARTIALLY_SHIPPED",
            FulfilledBy::Seller
        )
    );
    assert_eq!(read.updated_at.to_string(), "2026-11-20T02:00:00.5Z");
    assert_eq!(read.ship_by.unwrap().to_string(), "2026-11-22T00:00:00Z");
    assert_eq!(read.total.unwrap().to_string(), "19.90 EUR");
    let line = &read.lines[0];
    assert_eq!(
        (line.ordered, line.shipped, line.cancelled, line.title.as_str()),
        (3, 1, 0, "Hemd")
    );
    assert_eq!(
        (line.sku.as_ref().unwrap().as_str(), line.total.unwrap().amount()),
        ("A/b c", "15.90".to_owned())
    );
    assert!(read.oddities.is_empty(), "{:?}", read.oddities);
    assert_eq!(read.payload, raw.to_string(), "kept as it came");
}

#[tokio::test]
async fn words_become_statuses_and_unknown_ones_are_kept() {
    use OrderStatus::{Cancelled, Open, PartiallyShipped, Pending, Shipped};
    for (word, by, status) in [
        ("PENDING_AVAILABILITY", "MERCHANT", Some(Pending)),
        ("PENDING", "MERCHANT", Some(Pending)),
        ("UNSHIPPED", "MERCHANT", Some(Open)),
        ("PARTIALLY_SHIPPED", "MERCHANT", Some(PartiallyShipped)),
        ("SHIPPED", "AMAZON", Some(Shipped)),
        ("CANCELLED", "MERCHANT", Some(Cancelled)),
        ("UNFULFILLABLE", "AMAZON", Some(Cancelled)),
        ("UNFULFILLABLE", "MERCHANT", None),
        ("TELEPORTED", "MERCHANT", None),
    ] {
        let read = one(order(word, by)).await;
        assert_eq!((read.status, read.channel_status.as_str()), (status, word));
        assert_eq!(
            read.oddities.iter().any(|o| o.contains(word)),
            status.is_none(),
            "{:?}",
            read.oddities
        );
    }
}

#[tokio::test]
async fn cancelled_units_are_only_those_amazon_says_were_cancelled() {
    let with = |status: &str, fulfilled: Value, open: Value, cancellation: Value| {
        let mut order = order(status, "MERCHANT");
        order["orderItems"][0]["fulfillment"] =
            json!({"quantityFulfilled": fulfilled, "quantityUnfulfilled": open});
        order["orderItems"][0]["cancellation"] = cancellation;
        order
    };
    let executed = json!({"cancellationExecution": {"cancelledBy": "BUYER"}});
    let asked = json!({"cancellationRequest": {"requester": "BUYER"}});
    for (order, shipped, cancelled, odd) in [
        (with("CANCELLED", json!(1), json!(2), json!(null)), 1, 2, false),
        (
            with("UNSHIPPED", json!(0), json!(2), executed.clone()),
            0,
            1,
            false,
        ),
        (
            with("UNSHIPPED", json!(0), json!(0), executed.clone()),
            0,
            3,
            false,
        ),
        (with("UNSHIPPED", json!(0), json!(null), executed), 0, 0, true),
        (with("UNSHIPPED", json!(0), json!(3), asked), 0, 0, false),
        (with("UNSHIPPED", json!(0), json!(1), json!(null)), 0, 0, true),
        (with("PENDING", json!(0), json!(0), json!(null)), 0, 0, false),
        (with("SHIPPED", json!(5), json!(0), json!(null)), 3, 0, true),
    ] {
        let read = one(order.clone()).await;
        let line = &read.lines[0];
        assert_eq!(
            (line.shipped, line.cancelled, !read.oddities.is_empty()),
            (shipped, cancelled, odd),
            "{order} {:?}",
            read.oddities
        );
    }
}

#[tokio::test]
async fn money_that_cannot_be_read_is_told_and_missing_money_is_missing() {
    let mut yen = order("UNSHIPPED", "MERCHANT");
    yen["proceeds"]["grandTotal"] = json!({"amount": "1200", "currencyCode": "JPY"});
    assert_eq!(one(yen.clone()).await.total.unwrap().to_string(), "1200 JPY");
    yen["proceeds"]["grandTotal"]["amount"] = json!("1200.5");
    let read = one(yen).await;
    assert!(
        read.total.is_none() && read.oddities[0].contains("1200.5"),
        "{:?}",
        read.oddities
    );
    let mut pending = order("PENDING", "MERCHANT");
    pending.as_object_mut().unwrap().remove("proceeds");
    pending["orderItems"][0]
        .as_object_mut()
        .unwrap()
        .remove("proceeds");
    let read = one(pending).await;
    assert!(read.total.is_none() && read.lines[0].total.is_none() && read.oddities.is_empty());
}

#[tokio::test]
async fn one_unreadable_order_does_not_take_the_others_with_it() {
    let mut wrong = order("UNSHIPPED", "MERCHANT");
    wrong["orderItems"][0]["quantityOrdered"] = json!("three");
    let mut unknown = order("UNSHIPPED", "ROBOT");
    unknown["orderId"] = json!("028-2");
    let mut late = order("UNSHIPPED", "MERCHANT");
    late["lastUpdatedTime"] = json!("yesterday");
    let page = page_of(json!([wrong, unknown, late, order("UNSHIPPED", "MERCHANT"), 7])).await;
    assert_eq!(page.orders.len(), 1);
    let told: Vec<_> = page
        .unreadable
        .iter()
        .map(|u| (u.id.as_deref(), u.reason.as_str()))
        .collect();
    assert_eq!(told.len(), 4);
    for ((id, reason), (expected, hint)) in told.iter().zip([
        (Some("028-1"), "three"),
        (Some("028-2"), "ROBOT"),
        (Some("028-1"), "lastUpdatedTime"),
        (None, "7"),
    ]) {
        assert!(*id == expected && reason.contains(hint), "{id:?} {reason}");
    }
    assert_eq!(page.unreadable[1].raw, unknown.to_string());
}

#[tokio::test]
async fn orders_of_the_sellers_own_are_no_sales() {
    let mut own = order("UNSHIPPED", "AMAZON");
    own["salesChannel"]["channelName"] = json!("NON_AMAZON");
    let page = page_of(json!([own.clone()])).await;
    assert!(page.orders.is_empty() && page.unreadable.is_empty());
    let world = always(200, json!({"order": own}));
    let error = open(&world, &["DE"])
        .orders()
        .unwrap()
        .get("028-1")
        .await
        .unwrap_err();
    assert_eq!(error.fault, Fault::Rejected);
}

#[tokio::test]
async fn the_watermark_and_the_next_page_come_from_the_answer() {
    let world = always(
        200,
        json!({"orders": [], "pagination": {"nextToken": "t"}, "lastUpdatedBefore": "2026-11-21T03:23:00Z"}),
    );
    let page = open(&world, &["DE"])
        .orders()
        .unwrap()
        .page(&query())
        .await
        .unwrap();
    assert_eq!(
        (
            page.next.as_deref(),
            page.complete_until.unwrap().to_string().as_str()
        ),
        (Some("t"), "2026-11-21T03:23:00Z")
    );
    assert!(page_of(json!([])).await.next.is_none());
    let world = always(200, json!({"orders": [], "lastUpdatedBefore": "soon"}));
    let error = open(&world, &["DE"])
        .orders()
        .unwrap()
        .page(&query())
        .await
        .unwrap_err();
    assert!(
        error.fault == Fault::Contract && error.message.contains("lastUpdatedBefore"),
        "{error}"
    );
}

#[tokio::test]
async fn refused_data_is_left_out_and_the_account_remembers() {
    let world = world(|request| {
        if request.uri().query().unwrap_or_default().contains("PROCEEDS") {
            return answer(403, errors("Unauthorized", "Access denied", "").to_string());
        }
        answer(
            200,
            json!({"orders": [order("UNSHIPPED", "MERCHANT")]}).to_string(),
        )
    });
    let amazon = Amazon::default();
    for searches in [2, 3] {
        let page = open_with(&amazon, &world, draft(&["DE"]))
            .orders()
            .unwrap()
            .page(&query())
            .await
            .unwrap();
        assert_eq!((page.orders.len(), world.targets().len()), (1, searches));
    }
}

#[tokio::test]
async fn orders_without_their_status_are_read_one_by_one() {
    let mut bare = order("UNSHIPPED", "MERCHANT");
    bare.as_object_mut().unwrap().remove("fulfillment");
    let world = world(
        move |request| match (request.uri().path(), request.uri().query()) {
            ("/orders/2026-01-01/orders", Some(q)) if q.contains("includedData") => {
                answer(403, errors("Unauthorized", "Access denied", "").to_string())
            }
            ("/orders/2026-01-01/orders", _) => answer(200, json!({"orders": [bare]}).to_string()),
            _ => answer(200, json!({"order": order("UNSHIPPED", "MERCHANT")}).to_string()),
        },
    );
    let page = open(&world, &["DE"])
        .orders()
        .unwrap()
        .page(&query())
        .await
        .unwrap();
    assert_eq!(page.orders[0].status, Some(OrderStatus::Open));
    let targets = world.targets();
    assert!(targets[2].contains("maxResultsPerPage=20"), "{targets:?}");
    assert_eq!(
        targets[3],
        "/orders/2026-01-01/orders/028-1?includedData=PROCEEDS,CANCELLATION,FULFILLMENT"
    );
}
