//! Amazon's static sandbox: every case it documents for the operations of the table, asked and compared.
//!
//! The cases are read from Amazon's published models, which say of each operation which request the sandbox knows and how
//! it answers. Nothing of them is built in, so newer models bring newer cases.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stockbridge_domain::channel::{
    ChannelError, HttpResponse, Io, SecretText, Tool, ToolField, ToolReport, ToolSpec,
};
use stockbridge_domain::{AccountId, BoxFut, FieldError};

use super::api::Api;
use super::marketplaces;
use super::operations::{ROWS, Row};
use crate::auth::lwa::{self, Grant};
use crate::auth::session::Sessions;
use crate::endpoint::{self, Query, encode};

/// Where the models are to be had.
const PUBLISHED: &str = "github.com/amzn/selling-partner-api-models, folder models";

const fn field(name: &'static str, help: &'static str) -> ToolField {
    ToolField {
        name,
        help,
        env: None,
        secret: false,
        required: false,
    }
}

const fn secret(name: &'static str, help: &'static str, env: &'static str) -> ToolField {
    ToolField {
        env: Some(env),
        secret: true,
        required: true,
        ..field(name, help)
    }
}

static SPEC: ToolSpec = ToolSpec {
    name: "sandbox-check",
    about: "Ask Amazon's sandbox every case it documents for the operations Stockbridge uses, and compare the answers",
    fields: &[
        ToolField {
            required: true,
            env: Some("STOCKBRIDGE_SPECS"),
            ..field(
                "models",
                "folder with Amazon's published models (github.com/amzn/selling-partner-api-models)",
            )
        },
        field("region", "NA, EU or FE; EU if not given"),
        field("endpoint", "address to ask instead of Amazon's sandbox"),
        field("lwa", "address that gives access tokens instead of Amazon's"),
        secret(
            "client_id",
            "LWA client id of a sandbox application",
            "STOCKBRIDGE_SANDBOX_CLIENT_ID",
        ),
        secret("client_secret", "its secret", "STOCKBRIDGE_SANDBOX_CLIENT_SECRET"),
        secret(
            "refresh_token",
            "refresh token from its page Sandbox Testing",
            "STOCKBRIDGE_SANDBOX_REFRESH_TOKEN",
        ),
    ],
};

/// The tool.
#[derive(Debug)]
pub(super) struct SandboxCheck;

impl Tool for SandboxCheck {
    fn spec(&self) -> &'static ToolSpec {
        &SPEC
    }

    fn run<'a>(
        &'a self,
        given: &'a BTreeMap<String, SecretText>,
        io: Io,
    ) -> BoxFut<'a, Result<ToolReport, Vec<FieldError>>> {
        Box::pin(async move {
            let api = api(given, io)?;
            let folder = PathBuf::from(text(given, "models").unwrap_or_default());
            let (cases, absent) = cases_in(&folder);
            if cases.is_empty() {
                let message = format!(
                    "there are no models of Amazon's in `{}`; take them from {PUBLISHED}",
                    folder.display()
                );
                return Err(vec![FieldError::new("models", message)]);
            }
            Ok(check(&api, &cases, &absent).await)
        })
    }
}

fn text<'a>(given: &'a BTreeMap<String, SecretText>, name: &str) -> Option<&'a str> {
    given.get(name).map(SecretText::expose).filter(|t| !t.is_empty())
}

fn api(given: &BTreeMap<String, SecretText>, io: Io) -> Result<Api, Vec<FieldError>> {
    let mut problems = Vec::new();
    let region = text(given, "region").unwrap_or("EU").to_ascii_uppercase();
    if !["NA", "EU", "FE"].contains(&region.as_str()) {
        problems.push(FieldError::new("region", "write NA, EU or FE"));
    }
    let mut address = |name: &str, own: &str| match text(given, name).map(endpoint::base) {
        None => own.to_owned(),
        Some(Ok(base)) => base,
        Some(Err(message)) => {
            problems.push(FieldError::new(name, message));
            String::new()
        }
    };
    let base = address("endpoint", marketplaces::sandbox(&region));
    let lwa = address("lwa", lwa::DEFAULT_BASE);
    if !problems.is_empty() {
        return Err(problems);
    }
    let credential = |name: &str| SecretText::new(text(given, name).unwrap_or_default());
    let grant = Grant {
        base: lwa,
        client_id: credential("client_id"),
        client_secret: credential("client_secret"),
        refresh_token: credential("refresh_token"),
    };
    let account: AccountId = io.env.id();
    Ok(Api {
        signer: None,
        session: grant.session(&Sessions::default(), account),
        io,
        account,
        base,
        grant,
    })
}

/// One request the sandbox knows, and how it answers.
#[derive(Debug)]
struct Case {
    row: &'static Row,
    number: usize,
    target: String,
    body: Option<String>,
    status: u16,
    answer: Value,
}

/// The cases of all models in a folder, and the operations whose model is not there or names none.
fn cases_in(folder: &Path) -> (Vec<Case>, Vec<&'static Row>) {
    let mut models: BTreeMap<&str, Option<Value>> = BTreeMap::new();
    let (mut cases, mut absent) = (Vec::new(), Vec::new());
    for row in ROWS {
        let model = models.entry(row.model).or_insert_with(|| open(folder, row.model));
        let found = model.as_ref().map(|m| cases_of(m, row)).unwrap_or_default();
        if found.is_empty() {
            absent.push(*row);
        }
        cases.extend(found);
    }
    (cases, absent)
}

/// A model's file, in the folder itself or in one of its subfolders, as Amazon keeps them.
fn open(folder: &Path, file: &str) -> Option<Value> {
    let mut places = vec![
        folder.to_owned(),
        folder.join("models"),
        folder.join("sp-api/models"),
    ];
    for parent in [folder.to_owned(), folder.join("models")] {
        let inside = std::fs::read_dir(parent).ok().into_iter().flatten();
        places.extend(inside.filter_map(|entry| Some(entry.ok()?.path())));
    }
    let bytes = places
        .iter()
        .find_map(|place| std::fs::read(place.join(file)).ok())?;
    serde_json::from_slice(&bytes).ok()
}

fn cases_of(model: &Value, row: &'static Row) -> Vec<Case> {
    let method = row.method.as_str().to_ascii_lowercase();
    let operation = &model["paths"][row.path][&method];
    let parameters: Vec<&Value> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|p| resolved(model, p))
        .collect();
    let mut cases = Vec::new();
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let known = response
            .pointer("/x-amzn-api-sandbox/static")
            .and_then(Value::as_array);
        for case in known.into_iter().flatten() {
            let given = &case["request"]["parameters"];
            cases.push(Case {
                row,
                number: cases.len() + 1,
                target: target(row, &parameters, given),
                body: body(row, &parameters, given),
                status: status.parse().unwrap_or(0),
                answer: case["response"].clone(),
            });
        }
    }
    cases
}

fn resolved<'m>(model: &'m Value, parameter: &'m Value) -> &'m Value {
    let reference = parameter["$ref"].as_str();
    reference
        .and_then(|r| model.pointer(r.trim_start_matches('#')))
        .unwrap_or(parameter)
}

/// A value as it stands in a path or query; what a case leaves open is filled with a word or the first one allowed.
fn written(parameter: &Value, given: &Value) -> Vec<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match given {
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Null => {
            let allowed = parameter.pointer("/items/enum").or_else(|| parameter.get("enum"));
            let first = allowed.and_then(|words| words.get(0)).map(plain);
            let marketplace = parameter["name"].as_str() == Some("marketplaceIds");
            vec![first.unwrap_or_else(|| if marketplace { "ATVPDKIKX0DER" } else { "EXAMPLE" }.to_owned())]
        }
        value => vec![plain(value)],
    }
}

fn target(row: &Row, parameters: &[&Value], given: &Value) -> String {
    let named = |name: &str| {
        let parameter = parameters.iter().find(|p| p["name"] == name).copied();
        written(parameter.unwrap_or(&Value::Null), &given[name]["value"]).join(",")
    };
    let segments = row.path.split('/').map(|segment| {
        let name = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
        name.map_or_else(|| segment.to_owned(), |name| encode(&named(name)))
    });
    let path = segments.collect::<Vec<_>>().join("/");
    let mut query = Query::default();
    for parameter in parameters.iter().filter(|p| p["in"] == "query") {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = &given[name]["value"];
        if !value.is_null() || parameter["required"] == true {
            query = query.with_list(name, &written(parameter, value));
        }
    }
    path + query.as_str()
}

fn body(row: &Row, parameters: &[&Value], given: &Value) -> Option<String> {
    let takes = parameters.iter().find(|p| p["in"] == "body")?;
    // Cases say `body` whatever the parameter is called.
    let names = ["body", takes["name"].as_str().unwrap_or("body")];
    let value = names
        .iter()
        .map(|name| &given[*name]["value"])
        .find(|v| !v.is_null());
    if let Some(value) = value {
        return Some(value.to_string());
    }
    let any = serde_json::json!({"productType": "PRODUCT", "patches": [
        {"op": "merge", "path": "/attributes/fulfillment_availability",
         "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 1}]}]});
    Some(if row.method == http::Method::PATCH {
        any.to_string()
    } else {
        "{}".to_owned()
    })
}

async fn check(api: &Api, cases: &[Case], absent: &[&'static Row]) -> ToolReport {
    let mut report = ToolReport {
        columns: vec!["operation", "case", "expected", "answered", "result"],
        ..ToolReport::default()
    };
    let (mut passed, mut differing) = (0, 0);
    for case in cases {
        let answered = api.exchange(case.row, &case.target, case.body.as_deref()).await;
        let (status, verdict) = judge(case, answered);
        passed += usize::from(verdict.good());
        differing += usize::from(verdict == Verdict::Differs);
        report.rows.push(vec![
            case.row.operation.name.to_owned(),
            case.number.to_string(),
            case.status.to_string(),
            status,
            verdict.to_string(),
        ]);
    }
    let operations: std::collections::BTreeSet<_> = cases.iter().map(|c| c.row.operation.name).collect();
    report.ok = passed == cases.len();
    report.summary.push(format!(
        "{} cases of {} operations: {passed} passed, {} failed.",
        cases.len(),
        operations.len(),
        cases.len() - passed
    ));
    if differing > 0 {
        report.summary.push(format!(
            "{differing} answers could be read and are other than the models say."
        ));
    }
    if !absent.is_empty() {
        let names: Vec<_> = absent.iter().map(|row| row.operation.name).collect();
        report
            .summary
            .push(format!("Without a case in these models: {}.", names.join(", ")));
    }
    report
}

/// What one case came to.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// As documented.
    Same,
    /// The right status and readable, but other words.
    Differs,
    /// Another status, or unreadable.
    Failed(String),
}

impl Verdict {
    fn good(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Same => f.write_str("ok"),
            Self::Differs => f.write_str("ok, other words"),
            Self::Failed(why) => write!(f, "FAILED: {why}"),
        }
    }
}

fn judge(case: &Case, answered: Result<HttpResponse, ChannelError>) -> (String, Verdict) {
    let response = match answered {
        Ok(response) => response,
        Err(error) => return ("none".to_owned(), Verdict::Failed(error.to_string())),
    };
    let status = response.status().as_u16();
    let shown = status.to_string();
    if status != case.status {
        let said = super::error::clean(&String::from_utf8_lossy(response.body()));
        return (shown, Verdict::Failed(said));
    }
    if response.body().is_empty() {
        return (shown, Verdict::Same);
    }
    if response.status().is_success()
        && let Err(e) = (case.row.reads)(response.body())
    {
        return (shown, Verdict::Failed(format!("the answer cannot be read: {e}")));
    }
    let same = serde_json::from_slice::<Value>(response.body()).is_ok_and(|body| body == case.answer);
    (shown, if same { Verdict::Same } else { Verdict::Differs })
}
