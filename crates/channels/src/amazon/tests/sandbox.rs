//! The sandbox: which accounts talk to it, and the check of its documented cases.

use stockbridge_domain::channel::{HttpRequest, ToolReport};

use super::swagger::matches_path;
use super::*;
use crate::testing::model;

/// A server that answers as Amazon's models say the static sandbox does: the first case whose parameters all match.
fn documented(models: Vec<Value>) -> Arc<World> {
    world(move |request| {
        let found = models.iter().find_map(|model| case(model, request));
        match found {
            Some((status, body)) if body.is_null() => answer(status, ""),
            Some((status, body)) => answer(status, body.to_string()),
            None => answer(
                400,
                errors("InvalidInput", "Could not match input arguments", "").to_string(),
            ),
        }
    })
}

fn case(model: &Value, request: &HttpRequest) -> Option<(u16, Value)> {
    let (template, values) = model["paths"]
        .as_object()?
        .keys()
        .find_map(|path| Some((path, matches_path(path, request.uri().path())?)))?;
    let operation = &model["paths"][template][&request.method().as_str().to_ascii_lowercase()];
    let mut best: Option<(usize, u16, Value)> = None;
    for (status, response) in operation["responses"].as_object()? {
        let cases = response
            .pointer("/x-amzn-api-sandbox/static")
            .and_then(Value::as_array);
        for case in cases.into_iter().flatten() {
            let wanted = case["request"]["parameters"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            let fits = wanted.iter().all(|(name, value)| {
                let given = given(request, &values, name);
                value
                    .get("value")
                    .is_none_or(|wanted| given.as_ref() == Some(wanted))
            });
            // The most particular case wins over one that takes anything.
            let named = wanted.values().filter(|v| v.get("value").is_some()).count();
            if fits && best.as_ref().is_none_or(|(most, ..)| named > *most) {
                best = Some((named, status.parse().ok()?, case["response"].clone()));
            }
        }
    }
    best.map(|(_, status, body)| (status, body))
}

/// What a request gives for a parameter, in the form the models write it.
fn given(request: &HttpRequest, path: &[(&str, String)], name: &str) -> Option<Value> {
    if name == "body" {
        return serde_json::from_slice(request.body()).ok();
    }
    if let Some((_, value)) = path.iter().find(|(n, _)| *n == name) {
        return Some(json!(value));
    }
    let query = request.uri().query()?;
    let text = url::form_urlencoded::parse(query.as_bytes())
        .find(|(n, _)| n == name)?
        .1;
    Some(match name {
        "pageSize" => json!(text.parse::<i64>().ok()?),
        _ if name.ends_with('s') || name == "includedData" || name == "skus" => {
            text.split(',').map(|v| json!(v)).collect()
        }
        _ => json!(text),
    })
}

fn credentials() -> BTreeMap<String, SecretText> {
    let given = [
        ("client_id", "c"),
        ("client_secret", "s"),
        ("refresh_token", "Atzr|r"),
    ];
    let pairs = given.map(|(k, v)| (k.to_owned(), SecretText::new(v)));
    BTreeMap::from(pairs)
}

/// Writes the models where the tool looks for them; nothing where they are not at hand.
fn folder() -> Option<(tempfile::TempDir, Vec<Value>)> {
    let folder = tempfile::tempdir().unwrap();
    let mut models = Vec::new();
    let files: std::collections::BTreeSet<_> =
        crate::amazon::operations::ROWS.iter().map(|r| r.model).collect();
    for file in files {
        let model = model(file)?;
        // Amazon keeps each model in a folder of its own.
        let place = folder
            .path()
            .join("models")
            .join(file.replace(".json", "-api-model"));
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join(file), model.to_string()).unwrap();
        models.push(model);
    }
    Some((folder, models))
}

async fn run(world: &Arc<World>, more: &[(&str, &str)]) -> Result<ToolReport, Vec<String>> {
    let mut given = credentials();
    for (name, value) in more {
        given.insert((*name).to_owned(), SecretText::new(*value));
    }
    let amazon = Amazon::default();
    let tool = amazon
        .tools()
        .iter()
        .find(|t| t.spec().name == "sandbox-check")
        .unwrap();
    let told = tool.run(&given, world.io()).await;
    told.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn every_documented_case_of_the_sandbox_passes() {
    let Some((folder, models)) = folder() else { return };
    let world = documented(models);
    let path = folder.path().to_str().unwrap();
    let report = run(&world, &[("models", path), ("region", "na")]).await.unwrap();
    let failed: Vec<_> = report
        .rows
        .iter()
        .filter(|r| r[4].starts_with("FAILED"))
        .collect();
    assert!(report.ok && failed.is_empty(), "{failed:#?}");
    println!("{}", report.summary.join(" "));
    assert!(report.rows.len() >= 19, "{:?}", report.summary);
    assert!(report.summary[0].contains(&format!("{} cases of", report.rows.len())));
    let hosts: std::collections::BTreeSet<_> = world
        .sent
        .lock()
        .unwrap()
        .iter()
        .filter_map(|r| r.uri().host().map(str::to_owned))
        .collect();
    let expected = ["api.amazon.com", "sandbox.sellingpartnerapi-na.amazon.com"];
    assert_eq!(hosts, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn answers_that_are_not_as_documented_are_told_and_counted() {
    let Some((folder, _)) = folder() else { return };
    let path = folder.path().to_str().unwrap();
    let world = always(200, json!({"sku": 7}));
    let report = run(&world, &[("models", path), ("endpoint", "http://127.0.0.1:9")])
        .await
        .unwrap();
    assert!(!report.ok);
    let of = |what: &str| report.rows.iter().filter(|r| r[4].contains(what)).count();
    assert!(of("cannot be read") > 5, "{:#?}", report.rows);
    assert!(report.summary[0].contains("failed"), "{:?}", report.summary);
}

#[tokio::test]
async fn what_is_wrong_with_the_arguments_is_named() {
    let world = always(200, json!({}));
    let told = run(
        &world,
        &[("models", "/nowhere"), ("region", "MOON"), ("endpoint", "x")],
    )
    .await;
    let told = told.unwrap_err().join(" ");
    assert!(told.contains("region") && told.contains("endpoint"), "{told}");
    let told = run(&world, &[("models", "/nowhere")])
        .await
        .unwrap_err()
        .join(" ");
    assert!(
        told.contains("models") && told.contains("github.com/amzn"),
        "{told}"
    );
}

#[tokio::test]
async fn an_account_marked_so_talks_to_the_sandbox() {
    for (site, host) in [
        ("US", "sandbox.sellingpartnerapi-na.amazon.com"),
        ("DE", "sandbox.sellingpartnerapi-eu.amazon.com"),
        ("JP", "sandbox.sellingpartnerapi-fe.amazon.com"),
    ] {
        let world = always(200, json!({"payload": []}));
        let mut draft = draft(&[site]);
        let real = Amazon::default().check(&draft).unwrap().external_id;
        draft.options.insert("sandbox".into(), json!(true));
        let practice = Amazon::default().check(&draft).unwrap().external_id;
        assert_ne!(real, practice, "one seller may have both");
        open_with(&Amazon::default(), &world, draft)
            .probe()
            .await
            .unwrap();
        let sent = world.sent.lock().unwrap();
        assert_eq!(sent.last().unwrap().uri().host(), Some(host));
        assert_eq!(
            sent[0].uri().host(),
            Some("api.amazon.com"),
            "tokens are given by the real server"
        );
    }
    let mut draft = draft(&["DE"]);
    draft.options.insert("sandbox".into(), json!("perhaps"));
    assert!(Amazon::default().check(&draft).is_err());
}
