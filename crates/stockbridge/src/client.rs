//! Operator commands are API calls: to a server somewhere, or to the same API in this process on the database itself.
//!
//! One way to do a thing means that command line, dashboard and scripts cannot differ in what they check or allow.

use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt as _, Full};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::time::Duration;
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{HttpRequest, HttpResponse, SecretText, TransportError};
use stockbridge_engine::{Caller, Hub};
use stockbridge_store::StoreError;
use stockbridge_web::WebOptions;
use tower::ServiceExt as _;

use crate::cli::{Form, Place};
use crate::commands::{Context, tenant_named};
use crate::failure::usage;
use crate::wiring;

/// Everything about the API lies below.
const PREFIX: &str = "/api/v1";
/// How long a server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Rows the API gives at once.
const PAGE: usize = 200;
/// What stands for itself in a part of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Where an operator command does its work.
#[derive(Debug, Args)]
pub struct Target {
    #[command(flatten)]
    place: Place,
    /// Ask the running server at URL instead of opening the database.
    #[arg(long, value_name = "URL", env = "STOCKBRIDGE_SERVER", conflicts_with_all = ["data_dir", "database"])]
    server: Option<String>,
    /// The API token for --server.
    #[arg(long, value_name = "TOKEN", env = "STOCKBRIDGE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The tenant, by name or id; needed when there are several.
    #[arg(long, value_name = "TENANT", conflicts_with = "server")]
    tenant: Option<String>,
    #[command(flatten)]
    form: Form,
}

impl Target {
    /// Whether a machine reads the answer.
    pub fn json(&self) -> bool {
        self.form.json
    }

    /// Opens the way to the API.
    ///
    /// # Errors
    /// When the server's address cannot be used, or the database cannot be opened.
    pub async fn open(&self, context: &Context) -> anyhow::Result<Api> {
        let Some(server) = &self.server else {
            let opened = context.store(&self.place).await;
            let (settings, store) = opened.map_err(|error| match error.downcast_ref::<StoreError>() {
                Some(StoreError::Locked { .. }) => {
                    anyhow::anyhow!("{error}; or ask the running server: --server URL --token TOKEN")
                }
                _ => error,
            })?;
            let tenant = tenant_named(&store, self.tenant.as_deref()).await?.id;
            return Ok(Api::here(
                wiring::hub(&settings, store)?,
                Caller::operator(tenant),
            ));
        };
        context.settings(&self.place)?;
        let token = self.token.clone().ok_or_else(|| {
            usage(
                "--server needs --token (or STOCKBRIDGE_TOKEN); `stockbridge token create` makes one \
                 where the database is",
            )
        })?;
        Api::at(server, SecretText::new(token))
    }
}

type Exchange =
    Box<dyn Fn(HttpRequest) -> BoxFut<'static, Result<HttpResponse, TransportError>> + Send + Sync>;

/// The API, wherever it is.
pub struct Api {
    /// What stands before every path: scheme and host, with the path a proxy adds.
    base: String,
    exchange: Exchange,
}

impl Api {
    /// The API in this process: the same routes and checks, for an operator who has the database itself.
    fn here(hub: Hub, caller: Caller) -> Self {
        let app = stockbridge_web::app(hub, WebOptions::default());
        let exchange: Exchange = Box::new(move |mut request| {
            let app = app.clone();
            request.extensions_mut().insert(caller.clone());
            Box::pin(async move {
                let request = request.map(Full::new);
                let answer = app.oneshot(request).await;
                let (head, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
                let body = body.collect().await;
                let body = body.map_err(|error| TransportError::NoAnswer(error.to_string()))?;
                Ok(HttpResponse::from_parts(head, body.to_bytes()))
            })
        });
        Self {
            base: "http://localhost".into(),
            exchange,
        }
    }

    /// The API of a server.
    fn at(server: &str, token: SecretText) -> anyhow::Result<Self> {
        let base = server.trim().trim_end_matches('/').trim_end_matches(PREFIX);
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(usage(format!(
                "--server: `{server}` is no address; write it like https://hub.example.com"
            )));
        }
        let transport = wiring::to_server()?;
        if token.expose().is_empty() || !token.expose().bytes().all(|b| b.is_ascii_graphic()) {
            return Err(usage(
                "--token: it is empty or holds characters no token has; copy it again",
            ));
        }
        let exchange: Exchange = Box::new(move |mut request| {
            if let Ok(bearer) = format!("Bearer {}", token.expose()).parse() {
                request.headers_mut().insert("authorization", bearer);
            }
            let transport = transport.clone();
            Box::pin(async move { transport.send(request, TIMEOUT).await })
        });
        Ok(Self {
            base: base.to_owned(),
            exchange,
        })
    }

    /// Reads something.
    ///
    /// # Errors
    /// The API's own words with the remedy.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call("GET", path, None).await
    }

    /// Does something.
    ///
    /// # Errors
    /// The API's own words with the remedy.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("POST", path, Some(body)).await
    }

    /// Sends a file.
    ///
    /// # Errors
    /// The API's own words with the remedy.
    pub async fn send_file(&self, path: &str, file: Vec<u8>) -> anyhow::Result<Value> {
        let answer = self
            .ask("POST", path, Bytes::from(file), "application/octet-stream")
            .await?;
        self.json(&answer)
    }

    /// Reads something that is no JSON.
    ///
    /// # Errors
    /// The API's own words with the remedy.
    pub async fn download(&self, path: &str) -> anyhow::Result<Bytes> {
        self.ask("GET", path, Bytes::new(), "").await
    }

    /// Reads a list page by page, up to `most` rows. `path` may have a query.
    ///
    /// # Errors
    /// The API's own words with the remedy.
    pub async fn list(&self, path: &str, most: usize) -> anyhow::Result<Vec<Value>> {
        let (mut rows, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let limit = most.saturating_sub(rows.len()).min(PAGE);
            let mut page = format!("{path}{joint}limit={limit}");
            if let Some(cursor) = &cursor {
                page.push_str(&format!("&cursor={}", segment(cursor)));
            }
            let mut answer = self.get(&page).await?;
            if let Some(Value::Array(data)) = answer.get_mut("data").map(Value::take) {
                rows.extend(data);
            }
            cursor = answer
                .get("next_cursor")
                .and_then(Value::as_str)
                .map(str::to_owned);
            if cursor.is_none() || rows.len() >= most {
                return Ok(rows);
            }
        }
    }

    /// One call; the answer's body, or nothing when it has none.
    ///
    /// # Errors
    /// The API's own words with the remedy.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let bytes = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let kind = if body.is_some() { "application/json" } else { "" };
        let answer = self.ask(method, path, bytes, kind).await?;
        self.json(&answer)
    }

    async fn ask(&self, method: &str, path: &str, body: Bytes, kind: &str) -> anyhow::Result<Bytes> {
        let mut request = HttpRequest::new(body);
        *request.method_mut() = method.parse()?;
        *request.uri_mut() = format!("{}{PREFIX}{path}", self.base).parse()?;
        let headers = request.headers_mut();
        headers.insert("accept", "application/json".parse()?);
        headers.insert("host", host(&self.base).parse()?);
        if !kind.is_empty() {
            headers.insert("content-type", kind.parse()?);
        }
        let answer = (self.exchange)(request)
            .await
            .map_err(|error| self.unanswered(&error))?;
        let status = answer.status();
        if !status.is_success() {
            anyhow::bail!(
                "{}",
                problem(status.as_u16(), &String::from_utf8_lossy(answer.body()))
            );
        }
        Ok(answer.into_body())
    }

    fn json(&self, body: &Bytes) -> anyhow::Result<Value> {
        if body.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(body).map_err(|_| {
            anyhow::anyhow!(
                "{} answered something other than JSON; check that it is Stockbridge's address",
                self.base
            )
        })
    }

    fn unanswered(&self, error: &TransportError) -> anyhow::Error {
        match error {
            TransportError::NotSent(why) => anyhow::anyhow!(
                "the server at {} cannot be reached ({why}); check the address, and that `stockbridge serve` runs",
                self.base
            ),
            other => anyhow::anyhow!(
                "the server at {} gave no usable answer ({other}); it may have done what was asked: \
                 look before you repeat it",
                self.base
            ),
        }
    }
}

/// A value as a part of a path or query.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn host(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    rest.split_once('/').map_or(rest, |(host, _)| host)
}

/// A refusal (RFC 9457) in words: what is wrong with each field, or the detail.
fn problem(status: u16, body: &str) -> String {
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |at: &str| answer.pointer(at).and_then(Value::as_str);
    let fields: Vec<String> = answer
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|e| {
            let part = |name| e.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("{}: {}", place(part("pointer")), part("message"))
        })
        .collect();
    let said = match (fields.is_empty(), text("/detail").or_else(|| text("/title"))) {
        (false, _) => fields.join("\n"),
        (true, Some(detail)) => detail.to_owned(),
        (true, None) => format!("the server answered with status {status}; its log says more"),
    };
    if status == 401 {
        return format!("{said}\nthe token was refused; make one with `stockbridge token create`");
    }
    said
}

/// Where a problem is: in a file the row and its column.
fn place(pointer: &str) -> String {
    let path = pointer.trim_start_matches('/');
    match path
        .strip_prefix("rows/")
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
    {
        Some((row, "")) => format!("row {row}"),
        Some((row, column)) => format!("row {row}, {}", column.replace("~1", "/").replace("~0", "~")),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_in_words() {
        let body = r#"{"title":"t","detail":"2 fields","errors":[
            {"pointer":"/endpoints","message":"off"},{"pointer":"/name","message":"too long"}]}"#;
        assert_eq!(problem(422, body), "endpoints: off\nname: too long");
        assert_eq!(
            problem(409, r#"{"detail":"it is there already"}"#),
            "it is there already"
        );
        let rows = r#"{"errors":[{"pointer":"/rows/3/weight_g","message":"no"},{"pointer":"/rows/4","message":"no"}]}"#;
        assert_eq!(problem(422, rows), "row 3, weight_g: no\nrow 4: no");
        assert!(problem(401, "{}").contains("token create"));
        assert!(problem(502, "<html>").contains("502"));
    }

    #[test]
    fn parts_of_paths_are_escaped() {
        assert_eq!(segment("A/B 1?"), "A%2FB%201%3F");
        assert_eq!(host("https://hub.example.com/shop"), "hub.example.com");
    }
}
