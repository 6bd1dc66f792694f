//! Everything the client can send, judged by Amazon's published Swagger models; everything their sandbox answers, read.

use std::collections::BTreeSet;

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

/// An operation of a model.
struct Documented<'m> {
    model: &'m Value,
    path: &'m str,
    method: &'m str,
    operation: &'m Value,
    /// Parameters of the path and of the operation, references resolved.
    parameters: Vec<&'m Value>,
}

fn operations<'m>(model: &'m Value, names: &[&str]) -> Vec<Documented<'m>> {
    let mut found = Vec::new();
    for (path, methods) in model["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if !names.iter().any(|n| operation["operationId"] == **n) {
                continue;
            }
            let shared = methods.get("parameters").and_then(Value::as_array);
            let own = operation["parameters"].as_array();
            let parameters = shared
                .into_iter()
                .chain(own)
                .flatten()
                .map(|p| resolve(model, p))
                .collect();
            found.push(Documented {
                model,
                path,
                method,
                operation,
                parameters,
            });
        }
    }
    assert_eq!(found.len(), names.len(), "{names:?}");
    found
}

fn resolve<'m>(model: &'m Value, schema: &'m Value) -> &'m Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => resolve(model, model.pointer(reference.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// Problems of a value under a schema of Swagger 2: types, enumerations, bounds, required and known properties.
fn check(model: &Value, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    let schema = resolve(model, schema);
    let fits = match schema.get("type").and_then(Value::as_str) {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    let mut say = |what: String| problems.push(format!("{at}: {what}"));
    if !fits {
        return say(format!("{value} is no {}", schema["type"]));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array)
        && !words.contains(value)
    {
        say(format!("{value} is not in the enumeration"));
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(number) = value.as_f64()
        && (bound("maximum").is_some_and(|max| number > max)
            || bound("minimum").is_some_and(|min| number < min))
    {
        say(format!("{number} is out of bounds"));
    }
    if let Some(text) = value.as_str() {
        if schema.get("format").is_some_and(|f| f == "date-time") && Timestamp::parse(text).is_err() {
            say(format!("{text} is no instant"));
        }
        let length = text.chars().count();
        let limit = |name: &str| {
            schema
                .get(name)
                .and_then(Value::as_u64)
                .map(|n| usize::try_from(n).unwrap())
        };
        if limit("maxLength").is_some_and(|max| length > max)
            || limit("minLength").is_some_and(|min| length < min)
        {
            say(format!("{text} has the wrong length"));
        }
    }
    if let Some(items) = value.as_array() {
        if schema
            .get("maxItems")
            .and_then(Value::as_u64)
            .is_some_and(|max| items.len() as u64 > max)
        {
            say("too many items".into());
        }
        for (n, item) in items.iter().enumerate() {
            check(model, &schema["items"], item, &format!("{at}/{n}"), problems);
        }
    }
    if let (Some(object), Some(properties)) = (value.as_object(), schema.get("properties")) {
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if !object.contains_key(name.as_str().unwrap()) {
                problems.push(format!("{at}: {name} is missing"));
            }
        }
        for (name, member) in object {
            match properties.get(name) {
                Some(schema) => check(model, schema, member, &format!("{at}/{name}"), problems),
                None => problems.push(format!("{at}: {name} is not documented")),
            }
        }
    }
}

/// The values of a path's parameters, if the path has this shape.
fn matches_path<'p>(template: &'p str, path: &'p str) -> Option<Vec<(&'p str, String)>> {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let mut values = Vec::new();
    for (expected, given) in template.iter().zip(&path) {
        match expected.strip_prefix('{').and_then(|e| e.strip_suffix('}')) {
            Some(name) => values.push((
                name,
                percent_encoding::percent_decode_str(given)
                    .decode_utf8()
                    .unwrap()
                    .into_owned(),
            )),
            None if expected != given => return None,
            None => {}
        }
    }
    (template.len() == path.len()).then_some(values)
}

fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number") => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Some("array") => text
            .split(',')
            .map(|part| {
                percent_encoding::percent_decode_str(part)
                    .decode_utf8()
                    .unwrap()
                    .into_owned()
            })
            .collect(),
        _ => json!(percent_encoding::percent_decode_str(text).decode_utf8().unwrap()),
    }
}

fn judge(documented: &Documented<'_>, request: &HttpRequest, path_values: &[(&str, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut given: BTreeSet<&str> = BTreeSet::new();
    let named = |place: &str, name: &str| {
        documented
            .parameters
            .iter()
            .find(|p| p["in"] == place && p["name"] == name)
    };
    for (name, value) in path_values {
        given.insert(name);
        match named("path", name) {
            Some(parameter) => check(documented.model, parameter, &json!(value), name, &mut problems),
            None => problems.push(format!("path parameter {name} is not documented")),
        }
    }
    for pair in request
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|p| !p.is_empty())
    {
        let (name, text) = pair.split_once('=').unwrap();
        if !given.insert(name) {
            problems.push(format!("{name} is given twice"));
        }
        match named("query", name) {
            Some(parameter) => check(
                documented.model,
                parameter,
                &typed(parameter, text),
                name,
                &mut problems,
            ),
            None => problems.push(format!("query parameter {name} is not documented")),
        }
    }
    match (
        documented.parameters.iter().find(|p| p["in"] == "body"),
        request.body().is_empty(),
    ) {
        (Some(body), false) => {
            given.insert(body["name"].as_str().unwrap());
            let value = serde_json::from_slice(request.body()).unwrap();
            check(documented.model, &body["schema"], &value, "body", &mut problems);
        }
        (None, false) => problems.push("a body is not documented".into()),
        _ => {}
    }
    for parameter in &documented.parameters {
        let name = parameter["name"].as_str().unwrap();
        if parameter["required"] == true && !given.contains(name) {
            problems.push(format!("{name} is missing"));
        }
    }
    problems
}

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
        let skus: Vec<_> = ODD_SKUS.iter().map(|s| sku(s)).collect();
        connection.listings().unwrap().read(&skus).await.unwrap();
        let many: Vec<_> = (0..40).map(|n| sku(&format!("SKU {n}"))).collect();
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
        "getListingsItem" => format!("{} listings", listings.read(&[sku("a,b")]).await?.len()),
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
