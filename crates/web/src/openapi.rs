//! The OpenAPI 3.1 document and its page, made from the routes' table and the shapes' table.
//!
//! Both tables are plain data, so the document cannot speak of a route that does not exist, and a test compares real
//! answers with the shapes.

mod page;

pub(crate) use page::page;

use serde_json::{Map, Value, json};

use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::allocation::{self, Level, Method};
use stockbridge_domain::channel::{CancelReason, DataKind, PaperKind, ReturnStatus, WriteMode};
use stockbridge_domain::conflict::{self, Action, ConflictState, Strategy};
use stockbridge_domain::fulfilment::ShipmentStatus;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::mode::{Mode, Regime};
use stockbridge_domain::offer::WriteState;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::pricing::{Reason, StepKind};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::tenant::Role;
use stockbridge_store::{
    AccountStatus, AlertState, BulkStage, InboxState, JobState, MappedBy, RunState, Severity,
};

use crate::guard::Access;
use crate::route::{Answer, Route};
use crate::shapes::{Field, SHAPES, Shape};

/// The document.
pub(crate) fn document(routes: &[Route]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation(route);
    }
    let schemas: Map<String, Value> = SHAPES
        .iter()
        .map(|shape| (shape.name.to_owned(), schema(shape)))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Stockbridge",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Stock that can be trusted: one ledger, every channel in step.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags(routes).into_iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "An API token" },
            },
            "responses": {
                "Problem": {
                    "description": "What is wrong and what to do",
                    "content": { "application/problem+json": { "schema": reference("Problem") } },
                },
            },
        },
    })
}

/// The part of the API a path belongs to.
fn tag(path: &str) -> &str {
    match path.strip_prefix("/api/v1/") {
        Some(rest) if rest.starts_with("integrations") => "stores",
        Some(rest) => rest.split('/').next().unwrap_or(rest),
        None => "server",
    }
}

fn tags(routes: &[Route]) -> Vec<&str> {
    let mut tags = Vec::new();
    for route in routes {
        let tag = tag(route.path);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn operation(route: &Route) -> Value {
    let mut responses = Map::new();
    let (status, answer) = match route.answer {
        Answer::One(status, shape) => (status, json_answer(reference(shape))),
        Answer::List(status, shape) => (status, json_answer(list_of(shape))),
        Answer::Nothing => (204, json!({ "description": "Done" })),
        Answer::Text(kind) => (200, json!({ "description": "Done", "content": { kind: {} } })),
    };
    responses.insert(status.to_string(), answer);
    for status in refusals(route) {
        responses.insert(
            status.to_string(),
            json!({ "$ref": "#/components/responses/Problem" }),
        );
    }
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [tag(route.path)],
        "parameters": parameters(route),
        "responses": responses,
    });
    operation["security"] = match route.access {
        Access::Public => json!([]),
        Access::Role(role) => {
            operation["x-role"] = role.name().into();
            json!([{ "token": [] }])
        }
    };
    if route.raw {
        operation["requestBody"] = json!({ "required": true, "content": { "*/*": {} } });
    }
    if let Some(shape) = route.body {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": reference(shape) } },
        });
    }
    if route.file {
        operation["requestBody"] = json!({
            "required": true,
            "content": {
                "text/csv": {},
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {},
            },
        });
    }
    operation
}

fn json_answer(schema: Value) -> Value {
    json!({ "description": "Done", "content": { "application/json": { "schema": schema } } })
}

/// The statuses a route may refuse with.
fn refusals(route: &Route) -> Vec<u16> {
    let mut statuses = Vec::new();
    if route.access != Access::Public {
        statuses.extend([401, 403]);
    }
    if route.path.contains('{') || route.raw {
        statuses.push(404);
    }
    if route.raw {
        statuses.extend([400, 401, 413, 503]);
    }
    if route.idempotent() {
        statuses.push(409);
    }
    if route.body.is_some() || route.file {
        statuses.extend([400, 413]);
    }
    if route.body.is_some() || route.file || !route.query.is_empty() && !route.raw {
        statuses.push(422);
    }
    statuses
}

fn operation_id(route: &Route) -> String {
    let mut id = route.method.as_str().to_ascii_lowercase();
    for part in route.path.trim_start_matches("/api/v1").split(['/', '-', '.']) {
        let word = part.trim_matches(['{', '}']);
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            id.extend(first.to_uppercase());
            id.push_str(letters.as_str());
        }
    }
    id
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn about_path(name: &str) -> &'static str {
    match name {
        "channel" => "Name of the channel",
        "topic" => "What the message is about, as the channel was told",
        "sku" => "The product's SKU, percent-encoded",
        _ => "Its id",
    }
}

fn parameters(route: &Route) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let mut parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "description": about_path(name), "schema": text }))
        .collect();
    for param in route.query {
        let schema = match param.name {
            "limit" => json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 }),
            "attention" | "mapped" | "verified" | "dry_run" | "skip_bad" | "ignored" => {
                json!({ "type": "boolean" })
            }
            _ => text.clone(),
        };
        parameters
            .push(json!({ "name": param.name, "in": "query", "description": param.about, "schema": schema }));
    }
    if route.idempotent() {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header",
            "description": "The same key with the same request answers as the first time",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
        }));
    }
    parameters
}

fn reference(shape: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{shape}") })
}

fn list_of(shape: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": { "type": "array", "items": reference(shape) },
            "next_cursor": { "type": ["string", "null"], "description": "Send it back as `cursor`; null on the last page" },
        },
    })
}

fn schema(shape: &Shape) -> Value {
    let properties: Map<String, Value> = shape
        .fields
        .iter()
        .map(|field| {
            let mut schema = kind(field.kind);
            schema["description"] = field.about.into();
            (field.name.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> = shape
        .fields
        .iter()
        .filter(|f| required(shape, f))
        .map(|f| f.name)
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": shape.about,
        "properties": properties,
        "required": required,
    });
    if shape.input {
        schema["additionalProperties"] = false.into();
    }
    if shape.name == "NewProduct" {
        return json!({ "oneOf": [schema, { "type": "array", "items": schema, "maxItems": 1_000 }] });
    }
    schema
}

/// Of what is sent, fields that may be left out end in `?`; of what is answered, these are null.
fn required(shape: &Shape, field: &Field) -> bool {
    field.name != "errors" && !(shape.input && field.kind.ends_with('?'))
}

/// The schema of a kind: `text`, `int`, `bool`, `instant`, `any`, `map`, a shape's name, `[kind]`, `kind?`.
fn kind(text: &str) -> Value {
    if let Some(inner) = text.strip_suffix('?') {
        let schema = kind(inner);
        let plain = if schema.get("enum").is_some() {
            None
        } else {
            schema.get("type")
        };
        return match plain.and_then(Value::as_str) {
            Some(plain) => {
                let plain = plain.to_owned();
                let mut schema = schema;
                schema["type"] = json!([plain, "null"]);
                schema
            }
            None => json!({ "anyOf": [schema, { "type": "null" }] }),
        };
    }
    if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        return json!({ "type": "array", "items": kind(inner) });
    }
    if let Some(prefix) = text.strip_prefix("id:") {
        return json!({ "type": "string", "pattern": format!("^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$") });
    }
    if let Some(name) = text.strip_prefix("word:") {
        return json!({ "type": "string", "enum": words(name) });
    }
    match text {
        "count" => json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": 100_000_000 }),
        "decimal" => json!({ "type": "string", "pattern": r"^-?\d+(\.\d+)?$" }),
        "text" => json!({ "type": "string" }),
        "int" => json!({ "type": "integer", "format": "int64" }),
        "bool" => json!({ "type": "boolean" }),
        "instant" => json!({ "type": "string", "format": "date-time" }),
        "map" => json!({ "type": "object", "additionalProperties": true }),
        "any" => json!({}),
        shape => json!({ "allOf": [reference(shape)] }),
    }
}

/// The words of a closed set, from where they are defined.
fn words(name: &str) -> Vec<&'static str> {
    match name {
        "account_status" => AccountStatus::ALL.iter().map(|w| w.name()).collect(),
        "ask_status" => AskStatus::ALL.iter().map(|w| w.name()).collect(),
        "return_status" => ReturnStatus::ALL.iter().map(|w| w.name()).collect(),
        "condition" => stockbridge_domain::moves::Condition::ALL
            .iter()
            .map(|w| w.name())
            .collect(),
        "paper_kind" => PaperKind::ALL.iter().map(|w| w.name()).collect(),
        "cancel_reason" => CancelReason::ALL.iter().map(|w| w.name()).collect(),
        "alert_state" => AlertState::ALL.iter().map(|w| w.name()).collect(),
        "capability" => vec![
            "orders",
            "listings",
            "stock",
            "prices",
            "fulfilment",
            "events",
            "cancellations",
            "returns",
            "refunds",
            "papers",
            "warehouse",
            "finance",
            "reports",
        ],
        "conflict_action" => Action::ALL.iter().map(|w| w.name()).collect(),
        "conflict_field" => conflict::Field::ALL.iter().map(|w| w.name()).collect(),
        "conflict_state" => ConflictState::ALL.iter().map(|w| w.name()).collect(),
        "data_kind" => DataKind::ALL.iter().map(|w| w.name()).collect(),
        "entry_kind" => EntryKind::ALL.iter().map(|w| w.name()).collect(),
        "extent" => vec!["full", "partial"],
        "bulk_stage" => BulkStage::ALL.iter().map(|w| w.name()).collect(),
        "inbox_state" => InboxState::ALL.iter().map(|w| w.name()).collect(),
        "fulfilled_by" => FulfilledBy::ALL.iter().map(|w| w.name()).collect(),
        "job_state" => JobState::ALL.iter().map(|w| w.name()).collect(),
        "listing_status" => ListingStatus::ALL.iter().map(|w| w.name()).collect(),
        "manual_kind" => EntryKind::MANUAL.iter().map(|w| w.name()).collect(),
        "mapped_by" => MappedBy::ALL.iter().map(|w| w.name()).collect(),
        "order_status" => OrderStatus::ALL.iter().map(|w| w.name()).collect(),
        "outcome" => vec!["done", "refused"],
        "price_hold" => Reason::ALL.iter().map(|w| w.name()).collect(),
        "price_step" => StepKind::ALL.iter().map(|w| w.name()).collect(),
        "role" => Role::ALL.iter().map(|w| w.name()).collect(),
        "run_state" => RunState::ALL.iter().map(|w| w.name()).collect(),
        "policy_level" => Level::ALL.iter().map(|w| w.name()).collect(),
        "mode" => Mode::ALL.iter().map(|w| w.name()).collect(),
        "method" => Method::ALL.iter().map(|w| w.name()).collect(),
        "regime" => Regime::ALL.iter().map(|w| w.name()).collect(),
        "withheld" => allocation::Reason::ALL.iter().map(|w| w.name()).collect(),
        "severity" => Severity::ALL.iter().map(|w| w.name()).collect(),
        "shipment_status" => ShipmentStatus::ALL.iter().map(|w| w.name()).collect(),
        "strategy" => Strategy::ALL.iter().map(|w| w.name()).collect(),
        "write_mode" => WriteMode::ALL.iter().map(|w| w.name()).collect(),
        "write_state" => WriteState::ALL.iter().map(|w| w.name()).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reference_leads_to_a_shape() {
        let text = document(&crate::api::routes()).to_string();
        let known: BTreeSet<&str> = SHAPES.iter().map(|s| s.name).collect();
        let mut used = BTreeSet::new();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(known.contains(name), "no shape {name}");
            used.insert(name);
        }
        assert_eq!(known.len(), SHAPES.len(), "shapes have different names");
        assert_eq!(used, known, "every shape is used");
    }

    #[test]
    fn operations_have_different_ids_and_a_summary() {
        let routes = crate::api::routes();
        let ids: BTreeSet<String> = routes.iter().map(operation_id).collect();
        assert_eq!(ids.len(), routes.len());
        assert!(
            routes
                .iter()
                .all(|r| !r.summary.is_empty() && !r.summary.ends_with('.'))
        );
    }

    #[test]
    fn every_closed_set_has_its_words() {
        for field in SHAPES.iter().flat_map(|s| s.fields) {
            let kind = field.kind.trim_matches(['[', ']', '?']);
            if let Some(name) = kind.strip_prefix("word:") {
                assert!(!words(name).is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn kinds_that_may_be_missing_allow_null() {
        assert_eq!(kind("text?")["type"], json!(["string", "null"]));
        assert_eq!(kind("[int]")["items"]["type"], "integer");
        assert_eq!(kind("Money?")["anyOf"][1]["type"], "null");
    }
}
