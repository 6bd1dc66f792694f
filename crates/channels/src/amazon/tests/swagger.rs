//! Judges requests by a Swagger 2 model: a small validator of what Amazon's models use.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::HttpRequest;

/// An operation of a model.
pub(super) struct Documented<'m> {
    model: &'m Value,
    pub(super) path: &'m str,
    pub(super) method: &'m str,
    pub(super) operation: &'m Value,
    /// Parameters of the path and of the operation, references resolved.
    parameters: Vec<&'m Value>,
}

pub(super) fn operations<'m>(model: &'m Value, names: &[&str]) -> Vec<Documented<'m>> {
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
        check_text(schema, text).into_iter().for_each(&mut say);
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

/// Problems of a text: its format and length.
fn check_text(schema: &Value, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if schema.get("format").is_some_and(|f| f == "date-time") && Timestamp::parse(text).is_err() {
        problems.push(format!("{text} is no instant"));
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
        problems.push(format!("{text} has the wrong length"));
    }
    problems
}

/// The values of a path's parameters, if the path has this shape.
pub(super) fn matches_path<'p>(template: &'p str, path: &'p str) -> Option<Vec<(&'p str, String)>> {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let mut values = Vec::new();
    for (expected, given) in template.iter().zip(&path) {
        match expected.strip_prefix('{').and_then(|e| e.strip_suffix('}')) {
            Some(name) => values.push((
                name,
                percent_decode_str(given).decode_utf8().unwrap().into_owned(),
            )),
            None if expected != given => return None,
            None => {}
        }
    }
    (template.len() == path.len()).then_some(values)
}

fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number" | "boolean") => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Some("array") => text
            .split(',')
            .map(|part| percent_decode_str(part).decode_utf8().unwrap().into_owned())
            .collect(),
        _ => json!(percent_decode_str(text).decode_utf8().unwrap()),
    }
}

pub(super) fn judge(
    documented: &Documented<'_>,
    request: &HttpRequest,
    path_values: &[(&str, String)],
) -> Vec<String> {
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

#[test]
fn the_validator_finds_what_is_wrong() {
    let model = json!({"definitions": {"Body": {"type": "object", "required": ["a"], "properties": {
            "a": {"type": "string", "enum": ["x"]}, "n": {"type": "integer", "maximum": 20}, "t": {"type": "string", "format": "date-time"}}}},
        "paths": {"/p/{id}": {"post": {"operationId": "op", "parameters": [
            {"name": "id", "in": "path", "required": true, "type": "string"},
            {"name": "m", "in": "query", "required": true, "type": "array", "maxItems": 1, "items": {"type": "string"}},
            {"name": "body", "in": "body", "required": true, "schema": {"$ref": "#/definitions/Body"}}]}}}});
    let documented = operations(&model, &["op"]).remove(0);
    for (uri, body, problems) in [
        ("/p/1?m=a", r#"{"a":"x","n":20,"t":"2026-01-01T00:00:00Z"}"#, 0),
        ("/p/1?m=a,b", r#"{"a":"x"}"#, 1),
        ("/p/1?m=a&m=a&z=1", r#"{"a":"x"}"#, 2),
        ("/p/1", r#"{"a":"y","n":21,"t":"today","b":1}"#, 5),
        ("/p/1?m=a", r#"{"n":"1"}"#, 2),
        ("/p/1?m=a", "", 1),
    ] {
        let request = http::Request::post(uri).body(bytes::Bytes::from(body)).unwrap();
        let values = matches_path(documented.path, request.uri().path()).unwrap();
        let found = judge(&documented, &request, &values);
        assert_eq!(found.len(), problems, "{uri} {body}: {found:?}");
    }
    assert!(matches_path("/p/{id}", "/p/1/2").is_none() && matches_path("/p/{id}", "/q/1").is_none());
}
