//! Everything the client can send, judged by Amazon's published Swagger models; everything their sandbox answers, read.

use std::collections::BTreeSet;

use super::swagger::{Documented, judge, matches_path, operations};
use crate::amazon::operations::{ROWS, Row};
use stockbridge_domain::channel::{ListingKey, ReportWish};

use super::*;
use crate::testing::model;

/// The models of the table's rows with the operations used of each, as far as they are at hand.
fn models() -> Vec<(Value, Vec<&'static Row>)> {
    let mut files: BTreeMap<&str, Vec<&'static Row>> = BTreeMap::new();
    for row in ROWS {
        files.entry(row.model).or_default().push(row);
    }
    let open = files
        .into_iter()
        .filter_map(|(file, rows)| Some((model(file)?, rows)));
    open.collect()
}

fn documented<'m>(models: &'m [(Value, Vec<&'static Row>)]) -> Vec<(Documented<'m>, &'static Row)> {
    let mut all = Vec::new();
    for (model, rows) in models {
        let names: Vec<_> = rows.iter().map(|row| row.operation.name).collect();
        for found in operations(model, &names) {
            let row = rows
                .iter()
                .find(|row| found.operation["operationId"] == row.operation.name);
            all.push((found, *row.unwrap()));
        }
    }
    all
}

/// Rate in calls per million seconds and burst, as the table in an operation's description has them.
fn plan(operation: &Value) -> Option<(i64, i64)> {
    let text = operation["description"].as_str()?;
    let row = text.lines().find(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).filter(|c| !c.is_empty()).collect();
        cells.len() >= 2 && cells.iter().rev().take(2).all(|c| c.parse::<f64>().is_ok())
    })?;
    let cells: Vec<_> = row.split('|').map(str::trim).filter(|c| !c.is_empty()).collect();
    let [.., rate, burst] = cells.as_slice() else {
        return None;
    };
    Some((crate::call::per_second_to_micro(rate)?, burst.parse().ok()?))
}

#[test]
fn every_row_of_the_table_is_as_amazon_documents_it() {
    let models = models();
    let mut checked = 0;
    for (documented, row) in documented(&models) {
        checked += 1;
        assert_eq!(documented.path, row.path);
        assert!(
            documented.method.eq_ignore_ascii_case(row.method.as_str()),
            "{}",
            row.path
        );
        assert_eq!(
            row.operation.effect.writes(),
            row.method != http::Method::GET || row.operation.name == "createReport"
        );
        let bucket = row.operation.bucket.unwrap();
        let ours = (bucket.rate_micro, bucket.burst);
        assert_eq!(plan(documented.operation), Some(ours), "{}", row.operation.name);
    }
    println!("{checked} rows of the table are as Amazon documents them");
}

/// What Amazon says to each of them.
fn answered(request: &HttpRequest) -> Answer {
    match request.uri().path() {
        "/feeds/2021-06-30/documents" | "/feeds/2021-06-30/documents/r1" => answer(
            200,
            r#"{"feedDocumentId":"d1","url":"https://files.example/document"}"#,
        ),
        "/feeds/2021-06-30/feeds" if request.method() == "GET" => answer(200, r#"{"feeds":[]}"#),
        "/feeds/2021-06-30/feeds" => answer(202, r#"{"feedId":"f1"}"#),
        "/feeds/2021-06-30/feeds/f1" => answer(
            200,
            r#"{"feedId":"f1","processingStatus":"DONE","resultFeedDocumentId":"r1"}"#,
        ),
        "/document" => answer(200, "{}"),
        "/fba/inventory/v1/summaries" if request.uri().query().is_some_and(|q| q.contains("nextToken")) => {
            answer(200, r#"{"payload":{"granularity":{},"inventorySummaries":[]}}"#)
        }
        "/fba/inventory/v1/summaries" => answer(200, r#"{"pagination":{"nextToken":"a+/="}}"#),
        "/finances/2024-06-19/transactions" => {
            let token = if request.uri().query().is_some_and(|q| q.contains("nextToken")) {
                "null"
            } else {
                r#""a+/=""#
            };
            answer(
                200,
                format!(r#"{{"payload":{{"nextToken":{token},"transactions":[]}}}}"#),
            )
        }
        "/reports/2021-06-30/reports" => {
            let last = request.uri().query().is_some_and(|q| q.contains("nextToken"));
            let token = if last { "" } else { r#""nextToken":"a+/=","# };
            answer(200, format!(r#"{{{token}"reports":[]}}"#))
        }
        path if path.starts_with("/reports/2021-06-30/documents") => answer(
            200,
            r#"{"reportDocumentId":"d1","url":"https://files.example/document"}"#,
        ),
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
    }
}

/// Asks for everything about reports; the answers are no reports.
async fn ask_of_reports(connection: &dyn Connection) {
    let reports = connection.reports().unwrap();
    let instant = |text| stockbridge_domain::Timestamp::parse(text).unwrap();
    let wish = ReportWish {
        kind: "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL".into(),
        from: Some(instant("2026-10-01T00:00:00Z")),
        to: Some(instant("2026-10-31T00:00:00Z")),
        marketplace: None,
    };
    reports.request(&wish).await.unwrap_err();
    let found = reports
        .find(&wish.kind, instant("2026-10-31T00:00:00Z"), &[])
        .await;
    assert_eq!(found.unwrap(), None);
    reports.progress("ID323").await.unwrap_err();
}

/// Asks for everything about money.
async fn ask_of_money(connection: &dyn Connection) {
    let settlements = connection.settlements().unwrap();
    assert!(settlements.list().await.unwrap().is_empty());
    settlements.read("amzn1.tortuga.3").await.unwrap_err();
    let (money, mut at) = (connection.finance().unwrap(), None);
    loop {
        let since = stockbridge_domain::Timestamp::parse("2020-01-01T00:00:00Z").unwrap();
        at = money.page(since, at.as_deref()).await.unwrap().next;
        if at.is_none() {
            break;
        }
    }
}

/// Drives every operation in every form the client knows, and gives back what was sent.
async fn everything_sent() -> Vec<HttpRequest> {
    let world = world(answered);
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
        let bulk = connection.bulk().unwrap();
        bulk.submit(&levels).await.unwrap();
        bulk.collect("f1", &[sku("A")]).await.unwrap();
        bulk.find(query().since, &[]).await.unwrap();
        ask_of_money(&*connection).await;
        ask_of_reports(&*connection).await;
        ask_of_reports(&*connection).await;
        assert_eq!(connection.warehouse().is_none(), fbm_only);
        let mut cursor = Some(String::new());
        while let (Some(source), Some(at)) = (connection.warehouse(), cursor) {
            cursor = source
                .page(Some(at.as_str()).filter(|at| !at.is_empty()))
                .await
                .unwrap()
                .next;
        }
    }
    let sent = std::mem::take(&mut *world.sent.lock().unwrap());
    sent.into_iter()
        .filter(|r| !r.uri().path().starts_with("/auth/") && r.uri().path() != "/document")
        .collect()
}

/// An answer of an operation that the port asks only together with others, read by the client's own reader.
fn read_alone(
    row: &'static Row,
    status: &str,
    body: &Value,
) -> Result<String, stockbridge_domain::channel::ChannelError> {
    let status = http::StatusCode::from_bytes(status.as_bytes()).unwrap();
    let body = body.to_string();
    if status.is_success() {
        (row.reads)(body.as_bytes()).unwrap_or_else(|e| panic!("{}: {e}", row.operation.name));
        return Ok(row.operation.name.to_owned());
    }
    Err(crate::amazon::error::judge(
        &row.operation,
        status,
        body.as_bytes(),
    ))
}

#[tokio::test]
async fn every_request_is_one_amazon_documents() {
    let models = models();
    let documented: Vec<_> = documented(&models).into_iter().map(|(d, _)| d).collect();
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
        "listTransactions" => {
            let since = query().since;
            let page = connection.finance().unwrap().page(since, None).await?;
            assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
            format!("{} transactions", page.transactions.len())
        }
        "confirmShipment" => format!("{:?}", connection.fulfilment().unwrap().confirm(&notice()).await?),
        other => panic!("{other} has no way through the port alone"),
    })
}

#[tokio::test]
async fn every_answer_of_the_static_sandbox_is_read() {
    let mut cases = 0;
    let models = models();
    if models.is_empty() {
        return;
    }
    {
        for (documented, row) in documented(&models) {
            let name = documented.operation["operationId"].as_str().unwrap();
            for (status, response) in documented.operation["responses"].as_object().unwrap() {
                let sandbox = response
                    .pointer("/x-amzn-api-sandbox/static")
                    .and_then(Value::as_array);
                for case in sandbox.into_iter().flatten() {
                    cases += 1;
                    let world = always(status.parse().unwrap(), case["response"].clone());
                    let alone = row.model.starts_with("feeds_") || row.model.starts_with("reports_");
                    let outcome = match alone {
                        true => read_alone(row, status, &case["response"]),
                        false => ask(name, &world).await,
                    };
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
