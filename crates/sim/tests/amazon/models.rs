//! Amazon's Swagger models as JSON Schemas. They are not part of the repository: without them the answers are
//! not validated, and one line says so.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

type Models = HashMap<&'static str, Value>;

static MODELS: LazyLock<Option<Models>> = LazyLock::new(load);
static VALIDATORS: LazyLock<Mutex<HashMap<String, Validator>>> = LazyLock::new(Mutex::default);

/// Operation, model file, schema of the success answer, schema of the error answer.
const OPERATIONS: [(&str, &str, &str, &str); 16] = [
    (
        "createFeedDocument",
        "feeds_2021-06-30",
        "CreateFeedDocumentResponse",
        "ErrorList",
    ),
    (
        "createFeed",
        "feeds_2021-06-30",
        "CreateFeedResponse",
        "ErrorList",
    ),
    ("getFeed", "feeds_2021-06-30", "Feed", "ErrorList"),
    ("getFeeds", "feeds_2021-06-30", "GetFeedsResponse", "ErrorList"),
    ("getFeedDocument", "feeds_2021-06-30", "FeedDocument", "ErrorList"),
    (
        "getReports",
        "reports_2021-06-30",
        "GetReportsResponse",
        "ErrorList",
    ),
    (
        "getReportDocument",
        "reports_2021-06-30",
        "ReportDocument",
        "ErrorList",
    ),
    (
        "listTransactions",
        "finances_2024-06-19",
        "ListTransactionsResponse",
        "ErrorList",
    ),
    (
        "getInventorySummaries",
        "fbaInventory",
        "GetInventorySummariesResponse",
        "GetInventorySummariesResponse",
    ),
    (
        "getMarketplaceParticipations",
        "sellers",
        "GetMarketplaceParticipationsResponse",
        "GetMarketplaceParticipationsResponse",
    ),
    (
        "searchListingsItems",
        "listingsItems_2021-08-01",
        "ItemSearchResults",
        "ErrorList",
    ),
    ("getListingsItem", "listingsItems_2021-08-01", "Item", "ErrorList"),
    (
        "patchListingsItem",
        "listingsItems_2021-08-01",
        "ListingsItemSubmissionResponse",
        "ErrorList",
    ),
    (
        "searchOrders",
        "orders_2026-01-01",
        "SearchOrdersResponse",
        "ErrorList",
    ),
    ("getOrder", "orders_2026-01-01", "GetOrderResponse", "ErrorList"),
    ("confirmShipment", "ordersV0", "", "ConfirmShipmentErrorResponse"),
];

/// Panics when `body` is not what the model of `operation` allows. The models leave objects open; here they
/// are closed, so that a misspelt field is found.
pub fn check(operation: &str, success: bool, body: &Value) {
    let Some(models) = MODELS.as_ref() else { return };
    let Some((_, file, ok, error)) = OPERATIONS.iter().find(|(name, ..)| *name == operation) else {
        return;
    };
    let definition = if success { ok } else { error };
    let mut validators = VALIDATORS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let validator = validators
        .entry(format!("{file}#{definition}"))
        .or_insert_with(|| {
            let schema = json!({
                "$ref": format!("#/definitions/{definition}"),
                "definitions": models[file]["definitions"],
            });
            jsonschema::options()
                .with_draft(jsonschema::Draft::Draft4)
                .should_validate_formats(true)
                .build(&schema)
                .unwrap()
        });
    let errors: Vec<String> = validator
        .iter_errors(body)
        .map(|e| format!("{} at {}", e, e.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "{operation} does not fit {definition}: {errors:#?}\n{body:#}"
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests find the documents by an environment variable"
)]
fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("STOCKBRIDGE_SPECS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    Some(root.join("sp-api")).filter(|folder| folder.is_dir())
}

/// Documented rate and burst by operation; `None` (and a line saying so) when Amazon's models are absent.
pub fn plans() -> Option<HashMap<&'static str, (f64, u64)>> {
    let Some(folder) = folder() else {
        say("Amazon's models are absent: usage plans are not compared with them (set STOCKBRIDGE_SPECS)");
        return None;
    };
    let text = std::fs::read_to_string(folder.join("operations.json")).unwrap();
    let documents: Value = serde_json::from_str(&text).unwrap();
    let plan = |name: &str, file: &str| {
        let apis = documents["apis"].as_array().unwrap();
        let api = apis.iter().find(|a| a["file"] == format!("{file}.json")).unwrap();
        let op = api["ops"]
            .as_array()
            .unwrap()
            .iter()
            .find(|o| o["op"] == name)
            .unwrap();
        (op["rate"].as_f64().unwrap(), op["burst"].as_u64().unwrap())
    };
    Some(
        OPERATIONS
            .iter()
            .map(|(name, file, ..)| (*name, plan(name, file)))
            .collect(),
    )
}

fn load() -> Option<Models> {
    let Some(folder) = folder() else {
        say("Amazon's models are absent: answers are not validated against them (set STOCKBRIDGE_SPECS)");
        return None;
    };
    let folder = folder.join("models");
    let files: std::collections::BTreeSet<_> = OPERATIONS.iter().map(|(_, file, ..)| *file).collect();
    let read = |file: &'static str| {
        let text = std::fs::read_to_string(folder.join(format!("{file}.json"))).unwrap();
        let mut model: Value = serde_json::from_str(&text).unwrap();
        let all = model["definitions"].clone();
        for schema in model["definitions"].as_object_mut().unwrap().values_mut() {
            join(schema, &all);
            close(schema);
        }
        (file, model)
    };
    Some(files.into_iter().map(read).collect())
}

#[expect(
    clippy::print_stderr,
    reason = "the person running the tests must learn what was left out"
)]
fn say(line: &str) {
    eprintln!("{line}");
}

/// A schema made of several as one that has the properties of all, so that it can be closed like any other.
fn join(schema: &mut Value, all: &Value) {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array).cloned() else {
        return;
    };
    let mut joined = json!({"type": "object", "properties": {}, "required": []});
    for part in &parts {
        let named = part["$ref"]
            .as_str()
            .and_then(|r| r.strip_prefix("#/definitions/"));
        let part = named.map_or(part, |name| &all[name]);
        for (name, property) in part["properties"].as_object().into_iter().flatten() {
            joined["properties"][name] = property.clone();
        }
        let required = part["required"].as_array().into_iter().flatten().cloned();
        joined["required"].as_array_mut().unwrap().extend(required);
    }
    *schema = joined;
}

fn close(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.contains_key("properties") && !object.contains_key("additionalProperties") {
        object.insert("additionalProperties".to_owned(), json!(false));
    }
}

#[test]
fn a_misspelt_field_and_a_wrong_type_are_found() {
    if MODELS.is_none() {
        return;
    }
    let refused = |body: Value| std::panic::catch_unwind(|| check("getOrder", true, &body)).is_err();
    let order = json!({"orderId": "1", "createdTime": "2026-01-01T00:00:00Z",
        "lastUpdatedTime": "2026-01-01T00:00:00Z", "salesChannel": {"channelName": "AMAZON"}, "orderItems": []});
    check("getOrder", true, &json!({"order": order}));
    let with = |field: &str, value: Value| {
        let mut changed = order.clone();
        changed[field] = value;
        json!({"order": changed})
    };
    assert!(refused(with("orderItem", json!([]))));
    assert!(refused(with("createdTime", json!("yesterday"))));
    assert!(refused(with("fulfillment", json!({"fulfillmentStatus": "LOST"}))));
}
