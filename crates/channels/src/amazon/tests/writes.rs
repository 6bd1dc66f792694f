//! Quantities, prices and shipments: what is sent and what becomes of it.

use super::*;
use stockbridge_domain::channel::{Fault, ItemOutcome};

fn accepted() -> Value {
    json!({"sku": "A", "status": "ACCEPTED", "submissionId": "sub-1", "issues": []})
}

fn sent(world: &World, index: usize) -> (String, String) {
    let requests = world.sent.lock().unwrap();
    let request = requests
        .iter()
        .filter(|r| !r.uri().path().starts_with("/auth/"))
        .nth(index)
        .unwrap();
    assert_eq!(request.headers()["content-type"], "application/json");
    let target = request.uri().path_and_query().unwrap().to_string();
    (
        format!("{} {target}", request.method()),
        String::from_utf8(request.body().to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn a_quantity_is_merged_into_the_sellers_own_fulfilment() {
    let world = always(200, accepted());
    let results = open(&world, &["DE", "FR"])
        .stock()
        .unwrap()
        .set(&[level("A/b c+d%25#é", 17)])
        .await;
    assert!(matches!(&results[0].outcome, ItemOutcome::Accepted { receipt: Some(r) } if r == "sub-1"));
    let (line, body) = sent(&world, 0);
    assert_eq!(
        line,
        "PATCH /listings/2021-08-01/items/A3EXAMPLE1/A%2Fb%20c%2Bd%2525%23%C3%A9?marketplaceIds=A1PA6795UKMFR9,A13V1IB3VIYZZH&issueLocale=en_US"
    );
    assert_eq!(
        body,
        r#"{"productType":"PRODUCT","patches":[{"op":"merge","path":"/attributes/fulfillment_availability","value":[{"fulfillment_channel_code":"DEFAULT","quantity":17}]}]}"#
    );
}

#[tokio::test]
async fn a_price_is_an_exact_number_in_the_main_marketplace() {
    for (site, amount, currency, written) in [
        ("DE", "12.90", "EUR", "12.90"),
        ("JP", "1200", "JPY", "1200"),
        ("IN", "90071992547409.93", "INR", "90071992547409.93"),
    ] {
        let world = always(200, accepted());
        open(&world, &[site])
            .prices()
            .unwrap()
            .set(&[price("A", amount, currency)])
            .await;
        let (line, body) = sent(&world, 0);
        let id = crate::amazon::marketplaces::find(site).unwrap().id;
        assert_eq!(
            line,
            format!("PATCH /listings/2021-08-01/items/A3EXAMPLE1/A?marketplaceIds={id}&issueLocale=en_US")
        );
        assert_eq!(
            body,
            format!(
                r#"{{"productType":"SHIRT","patches":[{{"op":"replace","path":"/attributes/purchasable_offer","value":[{{"marketplace_id":"{id}","currency":"{currency}","audience":"ALL","our_price":[{{"schedule":[{{"value_with_tax":{written}}}]}}]}}]}}]}}"#
            )
        );
    }
}

#[tokio::test]
async fn what_cannot_be_right_is_not_sent() {
    let world = always(200, accepted());
    let connection = open(&world, &["DE"]);
    let mut results = connection
        .stock()
        .unwrap()
        .set(&[level("A", -1), level("B", 0)])
        .await;
    assert!(
        matches!(results.remove(1).outcome, ItemOutcome::Accepted { .. }),
        "the others go on"
    );
    results.extend(
        connection
            .prices()
            .unwrap()
            .set(&[price("A", "5", "USD"), price("A", "0", "EUR")])
            .await,
    );
    for (result, hint) in results.iter().zip(["negative", "EUR", "greater than zero"]) {
        assert!(
            matches!(&result.outcome, ItemOutcome::NotApplied(e) if e.fault == Fault::Rejected && e.message.contains(hint)),
            "{result:?}"
        );
    }
    assert_eq!(world.targets().len(), 1);
}

#[tokio::test]
async fn a_sku_of_dots_never_reaches_another_path() {
    let world = always(200, accepted());
    let results = open(&world, &["DE"])
        .stock()
        .unwrap()
        .set(&[level("..", 1), level(".", 1), level("...", 1)])
        .await;
    for result in &results[..2] {
        assert!(
            matches!(&result.outcome, ItemOutcome::NotApplied(e) if e.fault == Fault::Rejected && e.message.contains("rename")),
            "{result:?}"
        );
    }
    assert_eq!(world.targets().len(), 1);
}

#[tokio::test]
async fn invalid_with_200_is_a_refusal_with_amazons_reasons() {
    let issue = |severity: &str, message: &str| json!({"code": "1", "message": message, "severity": severity, "categories": []});
    let world = always(
        200,
        json!({"sku": "A", "status": "INVALID", "submissionId": "s", "issues": [issue("WARNING", "meh"), issue("ERROR", "No such SKU."), issue("ERROR", "Bad.")]}),
    );
    let result = open(&world, &["DE"])
        .stock()
        .unwrap()
        .set(&[level("A", 1)])
        .await
        .remove(0);
    let ItemOutcome::NotApplied(error) = result.outcome else {
        panic!("{result:?}")
    };
    assert_eq!(
        (error.fault, error.message.as_str()),
        (Fault::Rejected, "Amazon refused the change: No such SKU.; Bad.")
    );
}

#[tokio::test]
async fn an_unknown_word_leaves_the_outcome_open() {
    let world = always(
        200,
        json!({"sku": "A", "status": "PONDERING", "submissionId": "s"}),
    );
    let result = open(&world, &["DE"])
        .stock()
        .unwrap()
        .set(&[level("A", 1)])
        .await
        .remove(0);
    assert!(
        matches!(&result.outcome, ItemOutcome::Unknown(e) if e.fault == Fault::Ambiguous && e.message.contains("PONDERING"))
    );
}

#[tokio::test]
async fn a_batch_stops_where_calling_on_is_of_no_use() {
    for (status, code, calls) in [
        (429, "QuotaExceeded", 2),
        (400, "InvalidInput", 4),
        (500, "InternalFailure", 4),
    ] {
        let world = world(move |request| match request.uri().path().ends_with("/S1") {
            true => answer(status, errors(code, "x", "").to_string()),
            false => answer(200, accepted().to_string()),
        });
        let levels: Vec<_> = (0..4).map(|n| level(&format!("S{n}"), n)).collect();
        let results = open(&world, &["DE"]).stock().unwrap().set(&levels).await;
        assert_eq!(world.targets().len(), calls, "{code}");
        let skus: Vec<_> = results.iter().map(|r| r.sku.as_str()).collect();
        assert_eq!(skus, ["S0", "S1", "S2", "S3"], "one result each, in order");
        let throttled = |r: &stockbridge_domain::channel::ItemResult| matches!(&r.outcome, ItemOutcome::NotApplied(e) if e.fault == Fault::Throttled && e.retry_at.is_some());
        assert_eq!(results[2..].iter().all(throttled), calls == 2);
    }
    let world = World::new(|_| answer(400, r#"{"error":"invalid_grant"}"#));
    let results = open(&world, &["DE"])
        .stock()
        .unwrap()
        .set(&[level("A", 1), level("B", 1)])
        .await;
    assert!(
        results
            .iter()
            .all(|r| matches!(&r.outcome, ItemOutcome::NotApplied(e) if e.fault == Fault::Credentials))
    );
    assert_eq!(world.token_calls(), 1);
}

#[tokio::test]
async fn a_parcel_is_confirmed_by_its_number() {
    let world = world(|_| answer(204, ""));
    let mut notice = notice();
    let connection = open(&world, &["DE"]);
    connection.fulfilment().unwrap().confirm(&notice).await.unwrap();
    let (line, body) = sent(&world, 0);
    assert_eq!(
        line,
        "POST /orders/v0/orders/902-1106328-1059050/shipmentConfirmation"
    );
    let expected = json!({"marketplaceId": "A1PA6795UKMFR9", "packageDetail": {"packageReferenceId": "1", "carrierCode": "FedEx",
        "carrierName": "FedEx", "shippingMethod": "FedEx Ground", "trackingNumber": "112345678", "shipDate": "2026-11-20T10:00:00.500Z",
        "orderItems": [{"orderItemId": "79039765272157", "quantity": 1}]}});
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    (notice.carrier, notice.marketplace, notice.method) =
        ("Other: Kurier Müller".into(), Some("A13V1IB3VIYZZH".into()), None);
    connection.fulfilment().unwrap().confirm(&notice).await.unwrap();
    let body: Value = serde_json::from_str(&sent(&world, 1).1).unwrap();
    let package = &body["packageDetail"];
    assert_eq!(
        (
            &body["marketplaceId"],
            &package["carrierCode"],
            &package["carrierName"]
        ),
        (&json!("A13V1IB3VIYZZH"), &json!("Other"), &json!("Kurier Müller"))
    );
    assert!(package.get("shippingMethod").is_none());
}

#[tokio::test]
async fn incomplete_parcels_are_refused_before_sending() {
    let world = world(|_| answer(204, ""));
    let connection = open(&world, &["DE"]);
    let whole = notice();
    for notice in [
        ShipmentNotice {
            parcel: 0,
            ..whole.clone()
        },
        ShipmentNotice {
            carrier: " ".into(),
            ..whole.clone()
        },
        ShipmentNotice {
            tracking: String::new(),
            ..whole.clone()
        },
        ShipmentNotice {
            lines: vec![],
            ..whole.clone()
        },
    ] {
        let error = connection
            .fulfilment()
            .unwrap()
            .confirm(&notice)
            .await
            .unwrap_err();
        assert_eq!(error.fault, Fault::Rejected);
    }
    assert!(world.sent.lock().unwrap().is_empty());
}
