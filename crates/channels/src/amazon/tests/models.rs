//! Everything the client can send, judged by Amazon's published Swagger models; everything their sandbox answers, read.

use std::collections::BTreeSet;

use super::swagger::{judge, matches_path, operations};
use stockbridge_domain::channel::ListingKey;

use super::*;
use crate::testing::model;

const MODELS: [(&str, &[&str]); 4] = [
    ("sellers.json", &["getMarketplaceParticipations"]),
    (
        "listingsItems_2021-08-01.json",
        &["searchListingsItems", "getListingsItem", "patchListingsItem"],
    ),
    ("orders_2026-01-01.json", &["searchOrders", "getOrder"]),
    ("ordersV0.json", &["confirmShipment"]),
];

/// Drives every operation in every form the client knows, and gives back what was sent.
async fn everything_sent() -> Vec<HttpRequest> {
    let world = world(|request| match request.uri().path() {
        "/sellers/v1/marketplaceParticipations" => answer(200, r#"{"payload":[]}"#),
        "/orders/2026-01-01/orders" => {
            let refused = request.uri().query().is_some_and(|q| q.contains("includedData"));
            answer(if refused { 403 } else { 200 }, r#"{"orders":[]}"#)
        }
        path if path.starts_with("/orders/v0") => answer(204, ""),
        path if path.starts_with("/listings") && request.method() == "PATCH" => {
            answer(200, r#"{"sku":"A","status":"ACCEPTED","submissionId":"1"}"#)
        }
        path if path.ends_with("/A3EXAMPLE1") => answer(200, r#"{"numberOfResults":0,"items":[]}"#),
        _ => answer(404, "{}"),
    });
    let amazon = Amazon::default();
    for (sites, fbm_only) in [(&["JP"][..], false), (&["DE", "FR", "ES", "IT"], true)] {
        let mut draft = draft(sites);
        draft.options.insert("fbm_only".into(), json!(fbm_only));
        let connection = open_with(&amazon, &world, draft);
        connection.probe().await.unwrap();
        let skus: Vec<ListingKey> = ODD_SKUS.iter().map(|s| sku(s).into()).collect();
        connection.listings().unwrap().read(&skus).await.unwrap();
        let many: Vec<_> = (0..40).map(|n| sku(&format!("SKU {n}")).into()).collect();
        connection.listings().unwrap().read(&many).await.unwrap();
        for cursor in [
            None,
            Some(r#"{"after":"2021-02-01T00:00:00.123Z","token":"a+/=","seen":20,"reached":null}"#),
        ] {
            connection.listings().unwrap().page(cursor).await.unwrap();
        }
        let levels: Vec<_> = ODD_SKUS.iter().map(|s| level(s, 100_000_000)).collect();
        connection.stock().unwrap().set(&levels).await;
        let (low, high, currency) = if fbm_only {
            ("0.01", "92233720368547758.07", "EUR")
        } else {
            ("1", "9223372036854775807", "JPY")
        };
        connection
            .prices()
            .unwrap()
            .set(&[price("A", low, currency), price("A", high, currency)])
            .await;
        for cursor in [None, Some("to+ken==".to_owned())] {
            connection
                .orders()
                .unwrap()
                .page(&OrderQuery { cursor, ..query() })
                .await
                .unwrap();
        }
        connection
            .orders()
            .unwrap()
            .get("028-1234567-8901234")
            .await
            .unwrap_err();
        connection.fulfilment().unwrap().confirm(&notice()).await.unwrap();
    }
    let sent = std::mem::take(&mut *world.sent.lock().unwrap());
    sent.into_iter()
        .filter(|r| !r.uri().path().starts_with("/auth/"))
        .collect()
}

#[tokio::test]
async fn every_request_is_one_amazon_documents() {
    let models: Vec<_> = MODELS
        .iter()
        .filter_map(|(file, names)| Some((model(file)?, names)))
        .collect();
    let documented: Vec<_> = models
        .iter()
        .flat_map(|(m, names)| operations(m, names))
        .collect();
    if documented.is_empty() {
        return;
    }
    let (mut used, sent) = (BTreeSet::new(), everything_sent().await);
    for request in &sent {
        let (operation, values) = documented
            .iter()
            .filter(|d| d.method.eq_ignore_ascii_case(request.method().as_str()))
            .find_map(|d| Some((d, matches_path(d.path, request.uri().path())?)))
            .unwrap_or_else(|| panic!("{} {} is not documented", request.method(), request.uri()));
        used.insert(operation.operation["operationId"].as_str().unwrap());
        let problems = judge(operation, request, &values);
        assert!(
            problems.is_empty(),
            "{} {}\n{problems:#?}",
            request.method(),
            request.uri()
        );
    }
    assert_eq!(used.len(), documented.len(), "every operation was used: {used:?}");
    println!(
        "{} requests of {} operations fit Amazon's models",
        sent.len(),
        used.len()
    );
}

/// Asks the operation through the port and says what it made of the answer.
async fn ask(
    operation: &str,
    world: &Arc<World>,
) -> Result<String, stockbridge_domain::channel::ChannelError> {
    let connection = open(world, &["US", "CA"]);
    let listings = connection.listings().unwrap();
    Ok(match operation {
        "getMarketplaceParticipations" => connection.probe().await?.summary,
        "searchListingsItems" => {
            let page = listings.page(None).await?;
            assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
            format!("{} listings", page.listings.len())
        }
        "getListingsItem" => format!("{} listings", listings.read(&[sku("a,b").into()]).await?.len()),
        "patchListingsItem" => match connection
            .stock()
            .unwrap()
            .set(&[level("A", 1)])
            .await
            .remove(0)
            .outcome
        {
            stockbridge_domain::channel::ItemOutcome::NotApplied(error) => return Err(error),
            outcome => format!("{outcome:?}"),
        },
        "searchOrders" => {
            let page = connection.orders().unwrap().page(&query()).await?;
            assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
            assert!(
                page.orders
                    .iter()
                    .all(|o| o.oddities.is_empty() && o.status.is_some()),
                "{page:?}"
            );
            format!("{} orders", page.orders.len())
        }
        "getOrder" => {
            let order = connection.orders().unwrap().get("1").await?;
            assert!(order.oddities.is_empty() && order.status.is_some(), "{order:?}");
            order.channel_status
        }
        _ => format!("{:?}", connection.fulfilment().unwrap().confirm(&notice()).await?),
    })
}

#[tokio::test]
async fn every_answer_of_the_static_sandbox_is_read() {
    let mut cases = 0;
    for (file, names) in MODELS {
        let Some(model) = model(file) else { return };
        for documented in operations(&model, names) {
            let name = documented.operation["operationId"].as_str().unwrap();
            for (status, response) in documented.operation["responses"].as_object().unwrap() {
                let sandbox = response
                    .pointer("/x-amzn-api-sandbox/static")
                    .and_then(Value::as_array);
                for case in sandbox.into_iter().flatten() {
                    cases += 1;
                    let world = always(status.parse().unwrap(), case["response"].clone());
                    let outcome = ask(name, &world).await;
                    let refused = status.starts_with('4') || case["response"]["status"] == "INVALID";
                    assert_eq!(outcome.is_err(), refused, "{name} {status}: {outcome:?}");
                    if let Err(error) = outcome {
                        assert_eq!(
                            error.fault,
                            stockbridge_domain::channel::Fault::Rejected,
                            "{name}: {error}"
                        );
                    }
                }
            }
        }
    }
    println!("{cases} answers of the static sandbox were read");
    assert!(cases >= 19, "{cases}");
}
