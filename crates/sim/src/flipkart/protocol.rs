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
                let page = Bytes::from_static(b"<html><body>Internal Server Error</body></html>");
                CallOutcome::Answer(reply::typed(StatusCode::INTERNAL_SERVER_ERROR, "text/html", page))
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
        if operation == "token" {
            return self.token(request);
        }
        if !self.signed_in(request) {
            return error(
                StatusCode::UNAUTHORIZED,
                "the access token has expired or is not valid",
            );
        }
        if operation == "getLabels" {
            return match self.label(&last_part(request)) {
                Ok(pdf) => reply::typed(StatusCode::OK, "application/pdf", pdf),
                Err(Failure(status, message)) => error(status, &message),
            };
        }
        match self.perform(operation, request) {
            Ok(body) => reply::json(StatusCode::OK, &body),
            Err(Failure(status, message)) => error(status, &message),
        }
    }

    fn perform(&mut self, operation: &str, request: &Request<Bytes>) -> Result<Value, Failure> {
        let query = query(request);
        let ids = |name: &str| {
            let one = query.iter().find(|(n, _)| n == name).map(|(_, v)| v.split(','));
            one.into_iter().flatten().map(str::to_owned).collect::<Vec<_>>()
        };
        match operation {
            "searchPreDispatchShipment" if request.method() == Method::GET => {
                let token = query
                    .iter()
                    .find(|(n, _)| n == "next_token")
                    .map(|(_, v)| v.as_str());
                self.next_shipments(token.unwrap_or_default())
            }
            "searchPreDispatchShipment" => self.first_shipments(&body(request)?),
            "getShipmentDetailsByInternalId" => {
                Ok(self.shipments_by_id(&ids("shipmentIds"), &ids("orderIds")))
            }
            "getShipmentDetails" => Ok(self.couriers(&part(request, 3))),
            "pack" => self.pack(&body(request)?),
            "markRTD" => self.dispatch(&body(request)?),
            "submitSelfShiptDispatchRequest" => self.self_ship(&body(request)?),
            "updateTrackingInfo" => self.update_tracking(&part(request, 3), &body(request)?),
            "cancelByEnforcedGroupIds" => self.cancel_groups(&body(request)?),
            "listingSearch" => self.search(&body(request)?),
            "getListings" => self.details(&last_part(request)),
            "updateInventory" => self.update_inventory(&body(request)?),
            "updatePrice" => self.update_price(&body(request)?),
            "getReturns" => self.returns_page(&query),
            "locations" => {
                let ids = self.config.locations.iter();
                Ok(json!({"locations": ids.map(|id| json!({"locationId": id})).collect::<Vec<_>>()}))
            }
            "createTestOrders" => self.test_order(&body(request)?),
            _ => Err(Failure(StatusCode::NOT_FOUND, "no such endpoint".to_owned())),
        }
    }
}

fn operation(request: &Request<Bytes>) -> &'static str {
    let path: Vec<&str> = request.uri().path().trim_matches('/').split('/').collect();
    match (request.method(), path.as_slice()) {
        (&Method::GET, ["oauth-service", "oauth", "token"]) => "token",
        (&Method::POST | &Method::GET, ["sellers", "v3", "shipments", "filter"]) => {
            "searchPreDispatchShipment"
        }
        (&Method::GET, ["sellers", "v3", "shipments"]) => "getShipmentDetailsByInternalId",
        (&Method::GET, ["sellers", "v3", "shipments", _]) => "getShipmentDetails",
        (&Method::POST, ["sellers", "v3", "shipments", "labels"]) => "pack",
        (&Method::GET, ["sellers", "v3", "shipments", _, "labels"]) => "getLabels",
        (&Method::POST, ["sellers", "v3", "shipments", "dispatch"]) => "markRTD",
        (&Method::POST, ["sellers", "v3", "shipments", "selfShip", "dispatch"]) => {
            "submitSelfShiptDispatchRequest"
        }
        (&Method::POST, ["sellers", "v3", "shipments", _, "update"]) => "updateTrackingInfo",
        (&Method::POST, ["sellers", "v3", "shipments", "cancel"]) => "cancelByEnforcedGroupIds",
        (&Method::POST, ["sellers", "listings", "v3", "search"]) => "listingSearch",
        (&Method::POST, ["sellers", "listings", "v3", "update", "inventory"]) => "updateInventory",
        (&Method::POST, ["sellers", "listings", "v3", "update", "price"]) => "updatePrice",
        (&Method::GET, ["sellers", "listings", "v3", _]) => "getListings",
        (&Method::GET, ["sellers", "v2", "returns"]) => "getReturns",
        (&Method::GET, ["sellers", "locations", "allLocations"]) => "locations",
        (&Method::POST, ["sellers", "orders", "sandbox", "test_orders"]) => "createTestOrders",
        _ => "unknown",
    }
}

/// The query's parameters, decoded.
pub(super) fn query(request: &Request<Bytes>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// One part of the path, decoded.
fn part(request: &Request<Bytes>, index: usize) -> String {
    let part = request
        .uri()
        .path()
        .trim_matches('/')
        .split('/')
        .nth(index)
        .unwrap_or_default();
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn last_part(request: &Request<Bytes>) -> String {
    let path = request.uri().path().trim_end_matches("/labels");
    percent_decode_str(path.rsplit('/').next().unwrap_or_default())
        .decode_utf8_lossy()
        .into_owned()
}

fn body(request: &Request<Bytes>) -> Result<Value, Failure> {
    serde_json::from_slice(request.body()).map_err(|e| Failure::bad(format!("body: {e}")))
}

fn error(status: StatusCode, message: &str) -> Response<Bytes> {
    let code = status.as_u16();
    reply::json(
        status,
        &json!({"errors": [{"severity": "ERROR", "code": code, "description": message}]}),
    )
}
