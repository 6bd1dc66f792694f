//! The API: who may, what a method and path mean, pages, errors, and what faults make of the answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::batch::Batch;
use super::{State, WooParcels};
use crate::faults::{CALL_FAULTS, Fault};
use crate::sim::CallOutcome;

/// Why a call fails, as the API has it.
pub(super) struct Failure {
    status: u16,
    code: String,
    message: String,
}

impl Failure {
    pub(super) fn new(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    pub(super) fn invalid_id(kind: &str) -> Self {
        Self::new(404, &format!("woocommerce_rest_{kind}_invalid_id"), "Invalid ID.")
    }

    pub(super) fn param(name: &str) -> Self {
        Self::new(
            400,
            "rest_invalid_param",
            &format!("Invalid parameter(s): {name}"),
        )
    }

    pub(super) fn no_route() -> Self {
        Self::new(
            404,
            "rest_no_route",
            "No route was found matching the URL and request method.",
        )
    }
}

/// A page of things, and how many there are in all.
pub(super) struct Paged {
    things: Vec<Value>,
    total: usize,
    pages: usize,
}

/// Parameters of an address.
pub(super) struct Query {
    given: Vec<(String, String)>,
    most_per_page: usize,
}

impl Query {
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.given
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    pub(super) fn ids(&self, name: &str) -> Vec<u64> {
        let text = self.one(name).unwrap_or_default();
        text.split(',').filter_map(|id| id.parse().ok()).collect()
    }

    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        let read = self.one(name).map(|text| format!("{text}Z").parse::<Timestamp>());
        read.transpose().map_err(|_| Failure::param(name))
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.one(name).and_then(|n| n.parse().ok()).unwrap_or(default)
    }

    /// The page asked for; `offset` goes before `page`.
    pub(super) fn page(&self, all: Vec<Value>) -> Paged {
        let size = self.number("per_page", 10).clamp(1, self.most_per_page);
        let start = match self.one("offset") {
            Some(_) => self.number("offset", 0),
            None => (self.number("page", 1).max(1) - 1) * size,
        };
        let (total, pages) = (all.len(), all.len().div_ceil(size));
        let fields: Option<Vec<&str>> = self.one("_fields").map(|fields| fields.split(',').collect());
        let things = all.into_iter().skip(start).take(size).map(|mut thing| {
            if let (Some(fields), Some(object)) = (&fields, thing.as_object_mut()) {
                object.retain(|name, _| fields.contains(&name.as_str()));
            }
            thing
        });
        Paged {
            things: things.collect(),
            total,
            pages,
        }
    }
}

/// What a call is answered with.
enum Answer {
    One(Value),
    Many(Paged),
    TimedOut,
}

impl State {
    /// Answers one request, or fails to as the faults will have it.
    pub(super) fn handle(&mut self, request: &Request<Bytes>) -> CallOutcome {
        if self.pages > 0 {
            self.pages -= 1;
            return CallOutcome::Answer(page(StatusCode::FORBIDDEN, "Access denied by the firewall"));
        }
        let parameters = request.uri().query().unwrap_or_default().as_bytes();
        let query = Query {
            given: url::form_urlencoded::parse(parameters).into_owned().collect(),
            most_per_page: self.config.most_per_page.clamp(1, 100),
        };
        let Some(path) = self.route(request.uri().path(), &query) else {
            return CallOutcome::Answer(page(StatusCode::NOT_FOUND, "Page not found"));
        };
        let operation = operation(request.method(), &path);
        let fault = self
            .faults
            .draw(&CALL_FAULTS, &operation, self.now, &mut self.rng);
        match fault {
            Some(Fault::Throttle) => {
                let mut response = page(StatusCode::TOO_MANY_REQUESTS, "Slow down");
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
                CallOutcome::Answer(response)
            }
            Some(Fault::ServerError) => CallOutcome::Answer(self.failure(&Failure::new(
                500,
                "internal_server_error",
                "There has been a critical error on this website.",
            ))),
            Some(Fault::TimeoutBefore) => CallOutcome::Lost,
            Some(Fault::DropBefore) => CallOutcome::Dropped,
            applied => {
                let response = self.answer(request, &path, &query);
                match applied {
                    Some(Fault::TimeoutAfter) => CallOutcome::Lost,
                    Some(Fault::DropAfter) => CallOutcome::Dropped,
                    Some(Fault::Truncated) => CallOutcome::Answer(cut_short(response)),
                    _ => CallOutcome::Answer(response),
                }
            }
        }
    }

    /// The API's path in an address, if it is one of this shop's.
    fn route(&self, path: &str, query: &Query) -> Option<String> {
        let path = path.strip_prefix(self.config.folder.as_str())?;
        if let Some(route) = query.one("rest_route") {
            return Some(route.to_owned());
        }
        let route = path.strip_prefix("/wp-json")?;
        (!self.config.plain_permalinks).then(|| route.to_owned())
    }

    fn answer(&mut self, request: &Request<Bytes>, path: &str, query: &Query) -> Response<Bytes> {
        let answered = match self.may(request, query) {
            Ok(()) => self.perform(request.method(), path, query, request.body()),
            Err(failure) => Err(failure),
        };
        let mut response = match answered {
            Ok(Answer::One(body)) => {
                let status = if request.method() == Method::POST && !path.ends_with("/batch") {
                    201
                } else {
                    200
                };
                self.json(status, &body)
            }
            Ok(Answer::Many(paged)) => {
                let mut response = self.json(200, &Value::Array(paged.things));
                let headers = response.headers_mut();
                headers.insert("x-wp-total", HeaderValue::from(paged.total));
                headers.insert("x-wp-totalpages", HeaderValue::from(paged.pages));
                response
            }
            Ok(Answer::TimedOut) => page(StatusCode::GATEWAY_TIMEOUT, "Gateway time-out"),
            Err(failure) => self.failure(&failure),
        };
        if self.notices > 0 {
            self.notices -= 1;
            let notice = "<br />\n<b>Deprecated</b>: Creation of dynamic property in /srv/plugin.php on line 7<br />\n";
            response = response.map(|body| Bytes::from([notice.as_bytes(), &body].concat()));
        }
        if let Some(age) = self.cached {
            response.headers_mut().insert(header::AGE, HeaderValue::from(age));
        }
        response
    }

    fn may(&self, request: &Request<Bytes>, query: &Query) -> Result<(), Failure> {
        let header = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let header = header.filter(|_| !self.config.strips_authorization);
        let pair = match (header, query.one("consumer_key"), query.one("consumer_secret")) {
            (Some(value), _, _) => value
                .strip_prefix("Basic ")
                .and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok())
                .unwrap_or_default(),
            (None, Some(key), Some(secret)) => format!("{key}:{secret}"),
            _ => {
                return Err(Failure::new(
                    401,
                    "woocommerce_rest_cannot_view",
                    "Sorry, you cannot list resources.",
                ));
            }
        };
        if pair != format!("{}:{}", self.config.consumer_key, self.config.consumer_secret) {
            return Err(Failure::new(
                401,
                "woocommerce_rest_authentication_error",
                "Consumer secret is invalid.",
            ));
        }
        if !self.config.may_write && request.method() != Method::GET {
            let message = "The API key provided does not have write permissions.";
            return Err(Failure::new(
                401,
                "woocommerce_rest_authentication_error",
                message,
            ));
        }
        Ok(())
    }

    fn perform(
        &mut self,
        method: &Method,
        path: &str,
        query: &Query,
        body: &Bytes,
    ) -> Result<Answer, Failure> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let writes = (method != Method::GET).then_some(&sent);
        let id = |text: &str| text.parse::<u64>().map_err(|_| Failure::no_route());
        Ok(match (method.as_str(), parts.as_slice()) {
            ("GET", [""]) => Answer::One(self.index()),
            ("GET", ["wc", "v3"]) => Answer::One(self.routes()),
            ("GET", ["wc", "v3", "data", "currencies", "current"]) => {
                Answer::One(json!({"code": self.config.currency, "name": "Money", "symbol": "&euro;"}))
            }
            ("GET", ["wc", "v3", "orders"]) => {
                let mut paged = self.orders_page(query)?;
                let unknown = self
                    .faults
                    .hits(Fault::UnknownValue, "GET /orders", self.now, &mut self.rng);
                if let (true, Some(first)) = (unknown, paged.things.first_mut()) {
                    first["status"] = json!("awaiting-engraving");
                }
                Answer::Many(paged)
            }
            ("GET", ["wc", "v3", "orders", order]) => Answer::One(self.order(id(order)?)?),
            ("PUT", ["wc", "v3", "orders", order]) => Answer::One(self.update_order(id(order)?, &sent)?),
            ("GET", ["wc", "v3", "orders", order, "refunds"]) => {
                Answer::Many(self.refunds_page(id(order)?, query)?)
            }
            ("POST", ["wc", "v3", "orders", order, "refunds"]) => {
                Answer::One(self.make_refund(id(order)?, &sent)?)
            }
            ("GET" | "POST", ["wc", "v3", "orders", order, "notes"]) => {
                Answer::One(self.notes(id(order)?, writes)?)
            }
            ("GET" | "POST", ["wc", "v3", "orders", order, "fulfillments"]) => {
                Answer::One(self.fulfillments(id(order)?, None, writes)?)
            }
            ("PUT", ["wc", "v3", "orders", order, "fulfillments", known]) => {
                Answer::One(self.fulfillments(id(order)?, Some(id(known)?), writes)?)
            }
            (
                "GET" | "POST",
                [
                    "wc-shipment-tracking",
                    "v3",
                    "orders",
                    order,
                    "shipment-trackings",
                ],
            ) => Answer::One(self.trackings(id(order)?, writes)?),
            ("GET", ["wc", "v3", "products"]) => Answer::Many(self.products_page(query)),
            ("GET", ["wc", "v3", "products", parent, "variations"]) => {
                Answer::Many(self.variations_page(id(parent)?, query)?)
            }
            ("POST", ["wc", "v3", "products", "batch"]) => batched(self.batch(None, &sent)?),
            ("POST", ["wc", "v3", "products", parent, "variations", "batch"]) => {
                batched(self.batch(Some(id(parent)?), &sent)?)
            }
            ("GET", ["wc", "v3", "webhooks"]) => Answer::Many(self.webhooks_page(query)),
            ("POST", ["wc", "v3", "webhooks"]) => Answer::One(self.make_webhook(&sent)?),
            ("PUT", ["wc", "v3", "webhooks", hook]) => Answer::One(self.change_webhook(id(hook)?, &sent)?),
            ("DELETE", ["wc", "v3", "webhooks", hook]) => Answer::One(self.end_webhook(id(hook)?)?),
            _ => return Err(Failure::no_route()),
        })
    }

    fn index(&self) -> Value {
        let mut namespaces = vec!["wp/v2", "wc/v3", "wc/store/v1"];
        if self.config.parcels == WooParcels::Tracking {
            namespaces.push("wc-shipment-tracking/v3");
        }
        json!({"name": "Simulated shop", "namespaces": namespaces})
    }

    fn routes(&self) -> Value {
        let mut routes = json!({"/wc/v3/orders": {}, "/wc/v3/products": {}});
        if self.config.parcels == WooParcels::Fulfillments {
            routes[r"/wc/v3/orders/(?P<order_id>[\d]+)/fulfillments"] = json!({});
        }
        json!({"namespace": "wc/v3", "routes": routes})
    }

    fn failure(&self, failure: &Failure) -> Response<Bytes> {
        let body =
            json!({"code": failure.code, "message": failure.message, "data": {"status": failure.status}});
        self.json(failure.status, &body)
    }

    fn json(&self, status: u16, body: &Value) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=UTF-8"),
        );
        let date = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = HeaderValue::try_from(date) {
            headers.insert(header::DATE, date);
        }
        response
    }
}

fn batched(batch: Batch) -> Answer {
    match batch {
        Batch::Answered(body) => Answer::One(body),
        Batch::TimedOut => Answer::TimedOut,
    }
}

/// Method and route with ids left out.
fn operation(method: &Method, path: &str) -> String {
    let path = path.strip_prefix("/wc/v3").unwrap_or(path);
    let parts = path
        .split('/')
        .map(|part| if part.parse::<u64>().is_ok() { "{id}" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

fn page(status: StatusCode, title: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("<!DOCTYPE html><title>{title}</title>")));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
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
