//! The endpoints: what a method and path mean, and what the faults make of the answer.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::State;
use crate::faults::{CALL_FAULTS, Fault};
use crate::reply;
use crate::sim::CallOutcome;

/// Why a call fails.
pub(super) struct Failure(pub(super) StatusCode, pub(super) String);

impl Failure {
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, message.into())
    }

    pub(super) fn unknown(what: &str) -> Self {
        Self(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }
}

impl State {
    /// Answers one request, or fails to as the faults will have it.
    pub(super) fn handle(&mut self, request: &Request<Bytes>) -> CallOutcome {
        let operation = operation(request);
        let fault = self.faults.draw(&CALL_FAULTS, operation, self.now, &mut self.rng);
        match fault {
            Some(Fault::Throttle) => {
                let mut response = error(StatusCode::TOO_MANY_REQUESTS, "too many calls");
                let seconds = HeaderValue::from_static("2");
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                CallOutcome::Answer(response)
            }
            Some(Fault::ServerError) => {
                CallOutcome::Answer(error(StatusCode::BAD_GATEWAY, "the service is not there"))
            }
            Some(Fault::TimeoutBefore) => CallOutcome::Lost,
            Some(Fault::DropBefore) => CallOutcome::Dropped,
            applied => {
                let response = reply::dated(self.answer(operation, request), self.now);
                match applied {
                    Some(Fault::TimeoutAfter) => CallOutcome::Lost,
                    Some(Fault::DropAfter) => CallOutcome::Dropped,
                    Some(Fault::Truncated) => CallOutcome::Answer(reply::cut_short(response)),
                    _ => CallOutcome::Answer(response),
                }
            }
        }
    }

    fn answer(&mut self, operation: &str, request: &Request<Bytes>) -> Response<Bytes> {
        if !request.headers().contains_key(header::USER_AGENT) {
            return error(StatusCode::FORBIDDEN, "a request names its program");
        }
        match operation {
            "login" => return self.login(request),
            // Wherever it lies, it asks for nothing but its address.
            "download" => return reply::typed(StatusCode::OK, "text/csv", self.table()),
            _ if !self.signed_in(request) => return error(StatusCode::UNAUTHORIZED, "nobody is signed in"),
            _ => {}
        }
        match self.perform(operation, request) {
            Ok(body) => reply::json(StatusCode::OK, &body),
            Err(Failure(status, message)) => error(status, &message),
        }
    }

    fn perform(&mut self, operation: &str, request: &Request<Bytes>) -> Result<Value, Failure> {
        match operation {
            "whoami" => Ok(
                json!({"user_code": "U1", "username": format!("api@{}.idp.noon.partners", self.config.project_code)}),
            ),
            "warehouses" => {
                let warehouse = |code: &String| json!({"warehouse_code": code, "display_name": code, "fulfillment_system_code": "fbpi", "is_active": true});
                Ok(
                    json!({"warehouses": self.config.warehouses.iter().map(warehouse).collect::<Vec<_>>(), "next_token": ""}),
                )
            }
            "listOrders" => {
                let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
                let token = query
                    .into_owned()
                    .find(|(name, _)| name == "next_token")
                    .map(|(_, value)| value);
                self.list_orders(&body(request)?, token.as_deref())
            }
            "getOrder" => self.get_order(&part(request, 3)),
            "updateOrder" => self.update_order(&body(request)?),
            "getAwbs" => self.give_out(&body(request)?),
            "createShipment" => self.create_shipment(&body(request)?),
            "getShipment" => self.get_shipment(&body(request)?),
            "getProduct" => self.product(&part(request, 3)),
            "stockList" => self.stock_list(&body(request)?),
            "stockUpdate" => self.stock_update(&body(request)?),
            "priceUpsert" => self.price_upsert(&body(request)?),
            "priceGet" => self.price_get(&body(request)?),
            "createExport" => Ok(self.create_export()),
            "exportStatus" => self.export_status(&body(request)?, request.uri()),
            "createSandboxOrder" => self.sandbox_order(&body(request)?),
            _ => Err(Failure::unknown("endpoint")),
        }
    }
}

fn operation(request: &Request<Bytes>) -> &'static str {
    let path: Vec<&str> = request.uri().path().trim_matches('/').split('/').collect();
    // The older documents have a version before everything.
    let path = match path.as_slice() {
        ["v1", rest @ ..]
            if (rest.len() > 2 && rest.get(1) == Some(&"v1")) || rest.first() == Some(&"identity") =>
        {
            rest
        }
        all => all,
    };
    match (request.method(), path) {
        (&Method::POST, ["identity", "public", "v1", "api", "login"]) => "login",
        (&Method::GET, ["identity", "v1", "whoami"]) => "whoami",
        (&Method::POST, ["warehouse_platform", "v1", "warehouses", "list"]) => "warehouses",
        (&Method::POST, ["fbpi", "v1", "fbpi-orders", "list"]) => "listOrders",
        (&Method::GET, ["fbpi", "v1", "fbpi-order", _, "get"]) => "getOrder",
        (&Method::POST, ["fbpi", "v1", "fbpi-order", "update"]) => "updateOrder",
        (&Method::POST, ["fbpi", "v1", "shipment", "noon-logistics-awbs", "get"]) => "getAwbs",
        (&Method::POST, ["fbpi", "v1", "shipment", "create"]) => "createShipment",
        (&Method::POST, ["fbpi", "v1", "shipment", "get"]) => "getShipment",
        (&Method::POST, ["fbpi", "v1", "sandbox-order", "create"]) => "createSandboxOrder",
        (&Method::GET, ["offer", "v1", "product", _]) => "getProduct",
        (&Method::POST, ["stock", "v1", "stock-list"]) => "stockList",
        (&Method::POST, ["stock", "v1", "stock-update"]) => "stockUpdate",
        (&Method::POST, ["pricing", "v1", "pricing", "upsert"]) => "priceUpsert",
        (&Method::POST, ["pricing", "v1", "pricing", "get"]) => "priceGet",
        (&Method::POST, ["v1", "export", "create"]) => "createExport",
        (&Method::POST, ["v1", "export", "status"]) => "exportStatus",
        (&Method::GET, ["tables", _]) => "download",
        _ => "unknown",
    }
}

fn part(request: &Request<Bytes>, index: usize) -> String {
    let path = request.uri().path().trim_matches('/');
    let shift = usize::from(path.starts_with("v1/"));
    let part = path.split('/').nth(index + shift).unwrap_or_default();
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn body(request: &Request<Bytes>) -> Result<Value, Failure> {
    serde_json::from_slice(request.body()).map_err(|e| Failure::bad(format!("body: {e}")))
}

fn error(status: StatusCode, message: &str) -> Response<Bytes> {
    reply::json(status, &json!({"message": message}))
}
