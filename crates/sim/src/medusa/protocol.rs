//! The endpoints: what a method and path mean, who may ask, and what the faults make of the answer.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::State;
use super::body::{self, Failure};
use super::lists::Query;
use crate::faults::{CALL_FAULTS, Fault};
use crate::sim::CallOutcome;

impl State {
    /// Answers one request, or fails to as the faults will have it.
    pub(super) fn handle(&mut self, request: &Request<Bytes>) -> CallOutcome {
        let path = segments(request);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let operation = operation(request.method(), &path);
        for act in self.meanwhile.remove(operation).unwrap_or_default() {
            self.act(act);
        }
        match self.faults.draw(&CALL_FAULTS, operation, self.now, &mut self.rng) {
            // The server itself limits nothing; what stands in front of it may.
            Some(Fault::Throttle) => {
                let mut response = html(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
                CallOutcome::Answer(self.dated(response))
            }
            Some(Fault::ServerError) => CallOutcome::Answer(self.dated(failed(&Failure::unknown()))),
            Some(Fault::TimeoutBefore) => CallOutcome::Lost,
            Some(Fault::DropBefore) => CallOutcome::Dropped,
            applied => {
                let response = self.answer(operation, &path, request);
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

    fn answer(&mut self, operation: &str, path: &[&str], request: &Request<Bytes>) -> Response<Bytes> {
        if let Err(message) = self.known(request) {
            self.refused += 1;
            return json_response(StatusCode::UNAUTHORIZED, &json!({"message": message}));
        }
        if operation == "unknown" {
            let message = format!("Cannot {} {}", request.method(), request.uri().path());
            return html(StatusCode::NOT_FOUND, &message);
        }
        let pairs = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let query = Query(pairs.into_owned().collect());
        match self.perform(operation, path, &query, request.body()) {
            Ok(body) => json_response(StatusCode::OK, &body),
            Err(failure) => failed(&failure),
        }
    }

    /// A secret key is the user name of Basic authentication, or stands there bare.
    fn known(&self, request: &Request<Bytes>) -> Result<(), &'static str> {
        let given = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let given = given.unwrap_or_default();
        if given.starts_with("Bearer sk_") {
            return Err(
                "A secret API key was passed as a Bearer token. Secret API keys must be sent using HTTP Basic \
                        authentication instead (Authorization: Basic <secret-api-key>).",
            );
        }
        let key = given.strip_prefix("Basic ").unwrap_or_default();
        let right =
            key == self.config.api_key || key == base64(format!("{}:", self.config.api_key).as_bytes());
        if right && !self.revoked {
            Ok(())
        } else {
            Err("Unauthorized")
        }
    }

    fn perform(
        &mut self,
        operation: &str,
        path: &[&str],
        query: &Query,
        body: &Bytes,
    ) -> Result<Value, Failure> {
        let cut = |answer: Value| match (answer.get("order"), query.fields()) {
            (Some(order), Some(fields)) => json!({"order": fields.of(order)}),
            _ => answer,
        };
        match (operation, path) {
            ("listStockLocations", _) => self.locations_page(query),
            ("listStores", _) => self.stores_page(query),
            ("listVariants", _) => self.variants_page(query),
            ("listOrders", _) => self.orders_page(query),
            ("listReturns", _) => self.returns_page(query),
            ("getOrder", [.., id]) => self.one_order(id, query),
            ("setInventoryLevels", _) => self.set_levels(&body::read(body)?),
            ("updateVariant", [.., id]) => self.set_prices(id, body::read(body)?),
            ("createFulfillment", [_, _, id, _]) => Ok(cut(self.fulfilled(id, body::read(body)?)?)),
            ("createShipment", [_, _, id, _, parcel, _]) => {
                Ok(cut(self.shipped(id, parcel, body::read(body)?)?))
            }
            ("cancelOrder", [_, _, id, _]) => self.cancel(id),
            ("refundPayment", [_, _, id, _]) => self.refund(id, &body::read(body)?),
            _ => Err(Failure::not_found("no such endpoint")),
        }
    }

    /// The server says what time it is, in whole seconds.
    fn dated(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        let date = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = HeaderValue::from_str(&date) {
            response.headers_mut().insert(header::DATE, date);
        }
        response
    }
}

fn segments(request: &Request<Bytes>) -> Vec<String> {
    let path = request.uri().path().trim_matches('/');
    path.split('/')
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect()
}

fn operation(method: &Method, path: &[&str]) -> &'static str {
    match (method, path) {
        (&Method::GET, ["admin", "stock-locations"]) => "listStockLocations",
        (&Method::GET, ["admin", "stores"]) => "listStores",
        (&Method::GET, ["admin", "product-variants"]) => "listVariants",
        (&Method::GET, ["admin", "orders"]) => "listOrders",
        (&Method::GET, ["admin", "orders", _]) => "getOrder",
        (&Method::GET, ["admin", "returns"]) => "listReturns",
        (&Method::POST, ["admin", "inventory-items", "location-levels", "batch"]) => "setInventoryLevels",
        (&Method::POST, ["admin", "products", _, "variants", _]) => "updateVariant",
        (&Method::POST, ["admin", "orders", _, "fulfillments"]) => "createFulfillment",
        (&Method::POST, ["admin", "orders", _, "fulfillments", _, "shipments"]) => "createShipment",
        (&Method::POST, ["admin", "orders", _, "cancel"]) => "cancelOrder",
        (&Method::POST, ["admin", "payments", _, "refund"]) => "refundPayment",
        _ => "unknown",
    }
}

fn failed(failure: &Failure) -> Response<Bytes> {
    let mut body = json!({"type": failure.kind, "message": failure.message});
    if failure.kind == "unknown_error" {
        body["code"] = json!("unknown_error");
    }
    json_response(failure.status, &body)
}

fn json_response(status: StatusCode, body: &Value) -> Response<Bytes> {
    with_type(status, "application/json; charset=utf-8", body.to_string())
}

fn html(status: StatusCode, message: &str) -> Response<Bytes> {
    let page =
        format!("<!DOCTYPE html>\n<html lang=\"en\">\n<body>\n<pre>{message}</pre>\n</body>\n</html>\n");
    with_type(status, "text/html; charset=utf-8", page)
}

fn with_type(status: StatusCode, kind: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
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

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let group = three
            .iter()
            .fold(0_u32, |group, byte| group << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * place) & 63) as usize];
            text.push(if place > three.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    text
}
