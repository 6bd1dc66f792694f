//! The endpoints: what a method and path mean, and what the faults make of the answer.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::shelf::{Change, shown};
use super::{ShopListing, State};
use crate::faults::{CALL_FAULTS, Fault};
use crate::sim::CallOutcome;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes<T> {
    changes: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceChange {
    sku: String,
    price: Amount,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Amount {
    pub(super) amount: String,
    pub(super) currency: String,
}

/// Why a call fails.
struct Failure(StatusCode, String);

impl From<String> for Failure {
    fn from(detail: String) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }
}

impl State {
    /// Answers one request, or fails to as the faults will have it.
    pub(super) fn handle(&mut self, request: &Request<Bytes>) -> CallOutcome {
        let operation = operation(request);
        let fault = self.faults.draw(&CALL_FAULTS, operation, self.now, &mut self.rng);
        match fault {
            Some(Fault::Throttle) => {
                let mut response = problem(StatusCode::TOO_MANY_REQUESTS, "too many calls");
                let seconds = HeaderValue::from_static("2");
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                CallOutcome::Answer(response)
            }
            Some(Fault::ServerError) => {
                CallOutcome::Answer(problem(StatusCode::INTERNAL_SERVER_ERROR, "something broke here"))
            }
            Some(Fault::TimeoutBefore) => CallOutcome::Lost,
            Some(Fault::DropBefore) => CallOutcome::Dropped,
            applied => {
                let response = self.answer(operation, request);
                match applied {
                    Some(Fault::TimeoutAfter) => CallOutcome::Lost,
                    Some(Fault::DropAfter) => CallOutcome::Dropped,
                    Some(Fault::Truncated) => CallOutcome::Answer(cut_short(response)),
                    _ => CallOutcome::Answer(response),
                }
            }
        }
    }

    fn answer(&mut self, operation: &str, request: &Request<Bytes>) -> Response<Bytes> {
        if let Err(why) = self.verify(request) {
            self.refused += 1;
            return problem(StatusCode::UNAUTHORIZED, why);
        }
        match self.perform(operation, request) {
            Ok(body) => json_response(StatusCode::OK, "application/json", &body),
            Err(Failure(status, detail)) => problem(status, &detail),
        }
    }

    fn perform(&mut self, operation: &str, request: &Request<Bytes>) -> Result<Value, Failure> {
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        match operation {
            "getInfo" => Ok(self.info()),
            "getListings" => Ok(self.listings_page(&query)),
            "getOrders" => Ok(self.orders_page(&query)?),
            "getOrder" => {
                let id = request.uri().path().rsplit('/').next().unwrap_or_default();
                let id = percent_decode_str(id).decode_utf8_lossy().into_owned();
                let order = self.orders.get(&id);
                let unknown = || Failure(StatusCode::NOT_FOUND, format!("there is no order `{id}`"));
                Ok(self.order_json(order.ok_or_else(unknown)?))
            }
            "changeQuantities" => {
                let body: Changes<Change> = read(request.body())?;
                let results: Vec<Value> = body
                    .changes
                    .into_iter()
                    .map(|change| self.change_quantity(change))
                    .collect();
                Ok(json!({"results": results}))
            }
            "changePrices" => {
                let body: Changes<PriceChange> = read(request.body())?;
                let results: Vec<Value> = body.changes.iter().map(|c| self.change_price(c)).collect();
                Ok(json!({"results": results}))
            }
            "confirmShipment" => {
                self.ship(&read(request.body())?)?;
                Ok(json!({}))
            }
            "cancelOrder" => {
                self.call_off(&read(request.body())?)?;
                Ok(json!({}))
            }
            "refundOrder" => Ok(self.refund(&read(request.body())?)?),
            "getReturns" => Ok(self.returns_page(&query)?),
            _ => Err(Failure(StatusCode::NOT_FOUND, "no such endpoint".to_owned())),
        }
    }

    fn info(&self) -> Value {
        let locations: Vec<Value> = self
            .config
            .locations
            .iter()
            .map(|id| json!({"id": id, "name": id}))
            .collect();
        json!({
            "protocol": 1,
            "name": self.config.name,
            "currency": self.config.currency,
            "write_modes": self.config.write_modes,
            "locations": locations,
            "after_sales": self.config.after_sales,
        })
    }

    fn listings_page(&self, query: &[(String, String)]) -> Value {
        let all = |name: &str| {
            let named = query.iter().filter(|(n, _)| n == name);
            named.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
        };
        let asked = all("sku");
        if !asked.is_empty() {
            let found = asked.iter().filter_map(|sku| self.listings.get(*sku));
            let listings: Vec<Value> = found.map(|l| self.listing_json(l)).collect();
            return json!({"listings": listings, "next": null});
        }
        let after = all("cursor").first().map(|cursor| (*cursor).to_owned());
        let rest: Vec<&ShopListing> = self
            .listings
            .values()
            .filter(|listing| after.as_ref().is_none_or(|after| listing.sku > *after))
            .take(self.config.page + 1)
            .collect();
        let page = &rest[..rest.len().min(self.config.page)];
        let next = page.last().filter(|_| rest.len() > page.len());
        json!({
            "listings": page.iter().map(|l| self.listing_json(l)).collect::<Vec<_>>(),
            "next": next.map(|listing| &listing.sku),
        })
    }

    fn listing_json(&self, listing: &ShopListing) -> Value {
        let mut out = json!({
            "sku": listing.sku,
            "ref": format!("ref-{}", listing.sku),
            "title": listing.title,
            "status": "active",
            "price": {"amount": listing.price, "currency": self.config.currency},
            "quantities": shown(&listing.quantities),
        });
        if let Some(barcode) = &listing.barcode {
            out["barcode"] = json!(barcode);
        }
        if let Some(images) = &listing.images {
            out["images"] = json!(images);
        }
        out
    }

    fn change_price(&mut self, change: &PriceChange) -> Value {
        let refused = change.price.currency != self.config.currency;
        let outcome = match self.listings.get_mut(&change.sku) {
            None => "not_found",
            Some(_) if refused => "refused",
            Some(listing) => {
                listing.price.clone_from(&change.price.amount);
                "applied"
            }
        };
        json!({"sku": change.sku, "outcome": outcome})
    }
}

fn operation(request: &Request<Bytes>) -> &'static str {
    let path: Vec<&str> = request.uri().path().trim_matches('/').split('/').collect();
    match (request.method(), path.as_slice()) {
        (&Method::GET, ["info"]) => "getInfo",
        (&Method::GET, ["listings"]) => "getListings",
        (&Method::GET, ["orders"]) => "getOrders",
        (&Method::GET, ["orders", _]) => "getOrder",
        (&Method::POST, ["quantities"]) => "changeQuantities",
        (&Method::POST, ["prices"]) => "changePrices",
        (&Method::POST, ["shipments"]) => "confirmShipment",
        (&Method::POST, ["cancellations"]) => "cancelOrder",
        (&Method::POST, ["refunds"]) => "refundOrder",
        (&Method::GET, ["returns"]) => "getReturns",
        _ => "unknown",
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|e| Failure(StatusCode::BAD_REQUEST, format!("body: {e}")))
}

fn problem(status: StatusCode, detail: &str) -> Response<Bytes> {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail});
    json_response(status, "application/problem+json", &body)
}

fn json_response(status: StatusCode, content_type: &'static str, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
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
