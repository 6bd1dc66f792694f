//! Seller Central's consent page, and the codes a seller comes back with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use jiff::Timestamp;
use rand::RngExt;

use super::route::Query;
use crate::config::SellerConfig;
use crate::time::after_ms;
use crate::world::World;

/// How long a code is good: five minutes, as Amazon documents.
const LIFE_MS: u64 = 300_000;

/// Codes given out and not exchanged yet.
#[derive(Debug, Default)]
pub(super) struct Codes(BTreeMap<String, Code>);

#[derive(Debug)]
struct Code {
    seller_id: String,
    redirect_uri: String,
    until: Timestamp,
}

impl Codes {
    /// `GET /apps/authorize/consent`: who may agree, or, with `seller`, back with a code.
    pub(super) fn page(&mut self, world: &mut World, request: &Request<Bytes>) -> Response<Bytes> {
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let one = |name: &str| query.one(name).unwrap_or_default();
        let application = one("application_id");
        let sellers: Vec<&SellerConfig> = world
            .sellers
            .values()
            .map(|seller| &seller.account)
            .filter(|account| account.application_id() == application)
            .collect();
        if sellers.is_empty() || one("state").is_empty() {
            return html(
                StatusCode::BAD_REQUEST,
                "<h1>MD1000</h1><p>There is no such application.</p>",
            );
        }
        let back = url::Url::parse(one("redirect_uri")).ok();
        let Some(mut back) = back.filter(|back| matches!(back.scheme(), "http" | "https")) else {
            let text = "<h1>MD5101</h1><p>The redirect URI does not match a registered one.</p>";
            return html(StatusCode::BAD_REQUEST, text);
        };
        let chosen = one("seller");
        if !sellers.iter().any(|account| account.seller_id == chosen) {
            return html(
                StatusCode::OK,
                &choices(&sellers, request.uri().query().unwrap_or_default()),
            );
        }
        let code = format!("AN{:032x}", world.rng.random::<u128>());
        self.0.retain(|_, code| code.until > world.now);
        self.0.insert(
            code.clone(),
            Code {
                seller_id: chosen.to_owned(),
                redirect_uri: one("redirect_uri").to_owned(),
                until: after_ms(world.now, LIFE_MS),
            },
        );
        back.query_pairs_mut()
            .append_pair("state", one("state"))
            .append_pair("selling_partner_id", chosen)
            .append_pair("spapi_oauth_code", &code);
        let mut response = html(StatusCode::FOUND, "");
        if let Ok(value) = HeaderValue::from_str(back.as_str()) {
            response.headers_mut().insert(header::LOCATION, value);
        }
        response
    }

    /// Who agreed with this code: once, in time, and for the address they were sent back to.
    pub(super) fn take(&mut self, code: &str, redirect_uri: &str, now: Timestamp) -> Option<String> {
        let code = self.0.remove(code)?;
        (code.until > now && code.redirect_uri == redirect_uri).then_some(code.seller_id)
    }
}

/// One link a seller; its words are this simulator's.
fn choices(sellers: &[&SellerConfig], query: &str) -> String {
    let mut page =
        "<h1>Simulated Seller Central</h1><p>Confirm that the application may work for:</p><ul>".to_owned();
    let query = query.replace('&', "&amp;");
    for account in sellers {
        let id: String = account
            .seller_id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        // Writing to a text cannot fail.
        let _ = write!(page, "<li><a href=\"?{query}&amp;seller={id}\">{id}</a></li>");
    }
    page.push_str("</ul>");
    page
}

fn html(status: StatusCode, body: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("<!doctype html><meta charset=utf-8>{body}")));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
}
