//! HTTP: what a path means, what a query costs, and what the faults make of the answer.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::State;
use super::graphql::Document;
use crate::faults::{CALL_FAULTS, Fault};
use crate::sim::CallOutcome;

/// The dearest single query.
const DEAREST: i64 = 1_000;

impl State {
    /// Answers one request, or fails to as the faults will have it.
    pub(super) fn handle(&mut self, request: &Request<Bytes>) -> CallOutcome {
        let path = request.uri().path().to_owned();
        self.address = address(request);
        let document = self.document(request);
        let operation = match &document {
            Ok((document, _)) => document
                .fields(&document.selections, "")
                .ok()
                .and_then(|fields| fields.iter().map(|f| f.name.clone()).find(|name| name != "shop"))
                .unwrap_or_else(|| "shop".to_owned()),
            Err(_) if path.ends_with("/access_token") => "access_token".to_owned(),
            Err(_) => path
                .trim_matches('/')
                .split('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
        };
        let fault = self
            .faults
            .draw(&CALL_FAULTS, &operation, self.now, &mut self.rng);
        match fault {
            Some(Fault::Throttle) => CallOutcome::Answer(self.dated(self.throttled(100))),
            Some(Fault::ServerError) => {
                let page = "<html><body>We're having trouble</body></html>";
                let mut response = Response::new(Bytes::from_static(page.as_bytes()));
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                CallOutcome::Answer(response)
            }
            Some(Fault::TimeoutBefore) => CallOutcome::Lost,
            Some(Fault::DropBefore) => CallOutcome::Dropped,
            applied => {
                let response = match path.as_str() {
                    "/admin/oauth/access_token" => self.token(request),
                    "/admin/api/2026-10/graphql.json" => self.graphql(request, document),
                    file if file.starts_with("/bulk/") => self.file(file, request),
                    _ => answer(StatusCode::NOT_FOUND, &json!({"errors": "Not Found"})),
                };
                let response = self.dated(response);
                match applied {
                    Some(Fault::TimeoutAfter) => CallOutcome::Lost,
                    Some(Fault::DropAfter) => CallOutcome::Dropped,
                    Some(Fault::Truncated) => CallOutcome::Answer(cut_short(response)),
                    _ => CallOutcome::Answer(response),
                }
            }
        }
    }

    fn document(&self, request: &Request<Bytes>) -> Result<(Document, Map<String, Value>), String> {
        let body: Value = serde_json::from_slice(request.body()).map_err(|e| e.to_string())?;
        let text = body["query"].as_str().ok_or("no query")?;
        let variables = body["variables"].as_object().cloned().unwrap_or_default();
        Ok((Document::parse(text, &variables)?, variables))
    }

    fn graphql(
        &mut self,
        request: &Request<Bytes>,
        document: Result<(Document, Map<String, Value>), String>,
    ) -> Response<Bytes> {
        if !self.signed_in(request) {
            let text = "[API] Invalid API key or access token (unrecognized login or wrong password)";
            return answer(StatusCode::UNAUTHORIZED, &json!({"errors": text}));
        }
        let refused = |message: &str, code: &str| {
            let errors = json!([{"message": message, "extensions": {"code": code}}]);
            answer(StatusCode::OK, &json!({"errors": errors}))
        };
        let document = match document {
            Ok((mut document, _)) => {
                document.most = self.config.page;
                document
            }
            Err(message) => return refused(&message, "syntaxError"),
        };
        let price = match document.price(&document.selections) {
            Ok(price) => price + if document.mutation { 9 } else { 0 },
            Err(message) => return refused(&message, "undefinedField"),
        };
        if price > DEAREST {
            let message =
                format!("Query cost is {price}, which exceeds the single query max cost limit 1000");
            return refused(&message, "MAX_COST_EXCEEDED");
        }
        if self.points() < price {
            return self.throttled(price);
        }
        let mut count = 0;
        match self.perform(&document, &mut count) {
            Ok(data) => {
                let actual = price.min(count.max(1) + if document.mutation { 9 } else { 0 });
                self.budget = (self.points() - actual, self.now);
                let extensions = self.extensions(price, Some(actual));
                answer(StatusCode::OK, &json!({"data": data, "extensions": extensions}))
            }
            Err(message) => refused(&message, "undefinedField"),
        }
    }

    /// Points now: what was left, and what came back since.
    pub(super) fn points(&self) -> i64 {
        let (left, at) = self.budget;
        let back = self.now.duration_since(at).as_millis() * i128::from(self.config.restore_rate) / 1_000;
        left.saturating_add(i64::try_from(back).unwrap_or(i64::MAX))
            .min(self.config.points)
    }

    fn extensions(&self, requested: i64, actual: Option<i64>) -> Value {
        // Written with a point, as the platform does.
        json!({"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": {
            "maximumAvailable": self.config.points as f64, "currentlyAvailable": self.points(),
            "restoreRate": self.config.restore_rate as f64}}})
    }

    fn throttled(&self, price: i64) -> Response<Bytes> {
        let errors = json!([{"message": "Throttled", "extensions": {"code": "THROTTLED",
            "documentation": "https://shopify.dev/api/usage/rate-limits"}}]);
        answer(
            StatusCode::OK,
            &json!({"errors": errors, "extensions": self.extensions(price, None)}),
        )
    }

    /// The answer with the shop's time and the version it speaks.
    fn dated(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        let date = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = HeaderValue::from_str(&date) {
            response.headers_mut().insert(header::DATE, date);
        }
        let version = HeaderValue::from_static("2026-10");
        response.headers_mut().insert("x-shopify-api-version", version);
        response
    }

    /// A range of a bulk operation's file.
    fn file(&mut self, path: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let number = path.rsplit('/').next().and_then(|n| n.parse::<u64>().ok());
        let Some(whole) = number.and_then(|n| self.bulk_file(n)) else {
            return answer(StatusCode::NOT_FOUND, &json!({}));
        };
        let range = request.headers().get(header::RANGE).and_then(|r| r.to_str().ok());
        let range = range.and_then(|r| r.strip_prefix("bytes=")?.split_once('-'));
        let parsed =
            range.and_then(|(from, to)| Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?)));
        let Some((from, to)) = parsed else {
            return Response::new(whole);
        };
        if from >= whole.len() {
            return answer(StatusCode::RANGE_NOT_SATISFIABLE, &json!({}));
        }
        let to = to.min(whole.len() - 1);
        let mut response = Response::new(whole.slice(from..=to));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        if let Ok(range) = HeaderValue::from_str(&format!("bytes {from}-{to}/{}", whole.len())) {
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        response
    }
}

/// Where the shop was called, so that what it names is found there as well.
fn address(request: &Request<Bytes>) -> String {
    let uri = request.uri();
    let named = request.headers().get(header::HOST).and_then(|h| h.to_str().ok());
    match (uri.scheme_str(), uri.authority(), named) {
        (Some(scheme), Some(host), _) => format!("{scheme}://{host}"),
        (_, _, Some(host)) => format!("http://{host}"),
        _ => String::new(),
    }
}

/// A JSON answer.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// The same answer with half its body, still promising all of it.
fn cut_short(mut response: Response<Bytes>) -> Response<Bytes> {
    let full = response.body().len();
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(full));
    response.map(|body| body.slice(..full / 2))
}
