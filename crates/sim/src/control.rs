//! The control interface under `/control`: what a test or a person at a demo does to the world. JSON in and
//! out; an error says what is wrong in `{"error": ...}`.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::BuyerConfig;
use crate::faults::{Fault, FaultConfig};
use crate::world::{BuyOptions, ListingEdit, Refused, World};

/// Body of `POST /control/orders`; `lines` for a basket, else `sku` and `quantity`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    seller_id: String,
    marketplace_id: String,
    #[serde(default)]
    sku: Option<String>,
    #[serde(default = "one")]
    quantity: u32,
    #[serde(default)]
    lines: Vec<Line>,
    #[serde(default)]
    options: BuyOptions,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sku: String,
    quantity: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Cancel {
    restock: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NextFault {
    operation: String,
    fault: Fault,
    #[serde(default = "one")]
    count: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SellerOnly {
    seller_id: String,
}

/// Why a control call failed.
struct Failure(StatusCode, String);

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let status = match refused {
            Refused::UnknownSeller(_) | Refused::UnknownListing(_) | Refused::UnknownOrder(_) => {
                StatusCode::NOT_FOUND
            }
            Refused::EmptyBasket => StatusCode::BAD_REQUEST,
            Refused::NotOnSale { .. } | Refused::OutOfStock { .. } | Refused::WrongStatus { .. } => {
                StatusCode::CONFLICT
            }
        };
        Self(status, refused.to_string())
    }
}

const fn one() -> u32 {
    1
}

/// Answers a call under `/control`.
pub(crate) fn handle(world: &mut World, request: &Request<Bytes>) -> Response<Bytes> {
    let (status, body) = match act(world, request) {
        Ok(body) => (StatusCode::OK, body),
        Err(Failure(status, error)) => (status, json!({"error": error})),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn act(world: &mut World, request: &Request<Bytes>) -> Result<Value, Failure> {
    let path: Vec<&str> = request.uri().path().split('/').skip(2).collect();
    let body = request.body();
    let done = || json!({"done": true});
    match (request.method(), path.as_slice()) {
        (&Method::GET, ["health"]) => Ok(json!({"status": "ok", "now": world.now.to_string()})),
        (&Method::GET, ["truth"]) => to_json(&world.truth()),
        (&Method::POST, ["orders"]) => place(world, read(body)?),
        (&Method::POST, ["orders", id, "pay"]) => Ok(world.pay(id).map(|()| done())?),
        (&Method::POST, ["orders", id, "request-cancel"]) => Ok(world.request_cancel(id).map(|()| done())?),
        (&Method::POST, ["orders", id, "refund"]) => Ok(world.refund(id).map(|()| done())?),
        (&Method::POST, ["orders", id, "cancel"]) => {
            let Cancel { restock } = if body.is_empty() {
                Cancel::default()
            } else {
                read(body)?
            };
            Ok(world.cancel(id, "BUYER", restock).map(|()| done())?)
        }
        (&Method::POST, ["advance"]) => {
            let Advance { seconds } = read(body)?;
            let by = Duration::try_from_secs_f64(seconds).map_err(|e| bad(format!("seconds: {e}")))?;
            world.advance(by);
            Ok(json!({"now": world.now.to_string()}))
        }
        (&Method::POST, ["faults"]) => {
            world.faults.config = read_faults(body)?;
            to_json(&world.faults.config)
        }
        (&Method::POST, ["faults", "next"]) => {
            let NextFault {
                operation,
                fault,
                count,
            } = read(body)?;
            world.faults.script(&operation, fault, count);
            Ok(done())
        }
        (&Method::POST, ["buyers"]) => {
            world.set_buyers(read::<BuyerConfig>(body)?);
            Ok(done())
        }
        (&Method::POST, ["listings"]) => {
            Ok(world.edit_listing(&read::<ListingEdit>(body)?).map(|()| done())?)
        }
        (&Method::POST, ["revoke"]) => Ok(consent(world, body, true).map(|()| done())?),
        (&Method::POST, ["restore"]) => Ok(consent(world, body, false).map(|()| done())?),
        _ => Err(Failure(
            StatusCode::NOT_FOUND,
            "no such control call; see docs/simulator.md".to_owned(),
        )),
    }
}

fn place(world: &mut World, place: Place) -> Result<Value, Failure> {
    let mut basket: Vec<(String, u32)> = place.lines.into_iter().map(|l| (l.sku, l.quantity)).collect();
    basket.extend(place.sku.map(|sku| (sku, place.quantity)));
    let id = world.buy(&place.seller_id, &place.marketplace_id, &basket, &place.options)?;
    Ok(json!({"order_id": id}))
}

fn consent(world: &mut World, body: &Bytes, revoked: bool) -> Result<(), Failure> {
    let SellerOnly { seller_id } = read(body)?;
    Ok(world.set_revoked(&seller_id, revoked)?)
}

/// Probabilities, or `{"preset": name}`.
fn read_faults(body: &Bytes) -> Result<FaultConfig, Failure> {
    let body: Value = read(body)?;
    match body["preset"].as_str() {
        Some(preset) => FaultConfig::preset(preset)
            .ok_or_else(|| bad(format!("preset {preset:?}: use none, mild or wild"))),
        None => serde_json::from_value(body).map_err(|e| bad(format!("body: {e}"))),
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|e| bad(format!("body: {e}")))
}

fn to_json(value: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|e| Failure(StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))
}

fn bad(error: String) -> Failure {
    Failure(StatusCode::BAD_REQUEST, error)
}
