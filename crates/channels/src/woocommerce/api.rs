//! The signed caller of one shop: builds the address, proves who we are, performs, judges, and hands out readable answers.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use serde::de::DeserializeOwned;
use stockbridge_domain::channel::{ChannelError, Fault, HttpRequest, Io, SecretText};
use stockbridge_domain::{AccountId, Timestamp};

use super::client::{Call, PAGE};
use super::error::{self, clean};
use super::memory::Memory;
use crate::call::{Dialect, Operation, perform};
use crate::endpoint::Query;
use crate::plain;

static DIALECT: Dialect = Dialect {
    rate_header: None,
    request_id_header: None,
};

/// An answer that is no error.
#[derive(Debug)]
pub(super) struct Answer {
    body: Bytes,
    /// How many things there are on all pages.
    pub(super) total: Option<u64>,
    /// How many pages there are.
    pub(super) pages: Option<u32>,
    /// The shop's clock when it answered.
    pub(super) date: Option<Timestamp>,
}

impl Answer {
    /// Whether pages follow `page`, on which there were `things`: the shop says how many there are, unless somebody in
    /// between takes that away. A shop may give out fewer things on a page than were asked for.
    pub(super) fn goes_on(&self, page: u32, things: usize) -> bool {
        things > 0 && self.pages.map_or(things >= PAGE, |pages| pages > page)
    }

    /// The same for an answer from which the first `offset` things were left out.
    pub(super) fn goes_on_after(&self, offset: usize, things: usize) -> bool {
        let seen = u64::try_from(offset + things).unwrap_or(u64::MAX);
        things > 0 && self.total.map_or(things >= PAGE, |total| total > seen)
    }

    /// Reads the body of an answer.
    ///
    /// # Errors
    /// As [`error::unreadable`] says.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: &Operation) -> Result<T, ChannelError> {
        serde_json::from_slice(&self.body).map_err(|e| error::unreadable(operation, &self.body, &e))
    }
}

/// The signed caller of one shop.
pub(super) struct Api {
    pub(super) io: Io,
    pub(super) account: AccountId,
    /// The shop's address, or the one that replaces it.
    pub(super) base: String,
    /// Name the route in a parameter, for shops without rewritten addresses.
    pub(super) rest_route: bool,
    /// Send the keys in the address, for hosts that take the header away.
    pub(super) query_auth: bool,
    pub(super) key: SecretText,
    pub(super) secret: SecretText,
    pub(super) memory: Arc<Memory>,
}

impl Api {
    /// Performs a call.
    ///
    /// # Errors
    /// As [`perform`] and [`error::judge`] say; [`Fault::Unavailable`] when a cache answered instead of the shop.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, ChannelError> {
        let request = self.sign(call)?;
        let response = perform(&self.io, self.account, &DIALECT, call.operation, request).await?;
        let (parts, body) = response.into_parts();
        let body = self.masked(body);
        if !parts.status.is_success() {
            return Err(error::judge(call.operation, parts.status, &body));
        }
        if let Some(status) = error::inside(&body) {
            return Err(error::judge(call.operation, status, &body));
        }
        let number = |name: &str| text(&parts.headers, name)?.trim().parse::<u64>().ok();
        if call.method == Method::GET && number("age").is_some_and(|age| age > 0) {
            let message = "a cache answered instead of the shop, so what it says may be old; exclude /wp-json/ from the \
                           cache of the host, the CDN or the caching plugin";
            return Err(ChannelError::new(
                Fault::Unavailable,
                call.operation.name,
                message,
            ));
        }
        Ok(Answer {
            total: number("x-wp-total"),
            pages: number("x-wp-totalpages").and_then(|pages| u32::try_from(pages).ok()),
            date: text(&parts.headers, "date").and_then(instant_of_date),
            body,
        })
    }

    /// The body without our keys, should the shop repeat them.
    fn masked(&self, body: Bytes) -> Bytes {
        let secrets = [self.secret.expose(), self.key.expose()];
        plain::body_without(body, &secrets)
    }

    fn sign(&self, call: &Call) -> Result<HttpRequest, ChannelError> {
        let failed = |e: &dyn std::fmt::Display| {
            let message = format!("the request could not be built: {e}");
            ChannelError::new(Fault::Contract, call.operation.name, message)
        };
        let mut request = http::Request::builder()
            .method(call.method.clone())
            .uri(self.address(call))
            .header(header::ACCEPT, "application/json");
        if !self.query_auth {
            let pair = format!("{}:{}", self.key.expose(), self.secret.expose());
            let mut value = http::HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
                .map_err(|e| failed(&e))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request
            .body(Bytes::from(call.body.clone()))
            .map_err(|e| failed(&e))
    }

    fn address(&self, call: &Call) -> String {
        let mut query = call.query.clone();
        if call.method == Method::GET {
            // Some caches keep answers of the API whatever its headers say; no two requests are alike to them.
            let fresh = self.io.env.bytes::<6>();
            let fresh: String = fresh.iter().map(|byte| format!("{byte:02x}")).collect();
            query = query.with("_cb", &fresh);
        }
        if self.query_auth {
            query = query
                .with("consumer_key", self.key.expose())
                .with("consumer_secret", self.secret.expose());
        }
        if !self.rest_route {
            return format!("{}/wp-json{}{}", self.base, call.path, query.as_str());
        }
        let rest = query.as_str().replacen('?', "&", 1);
        format!("{}/{}{rest}", self.base, route(&call.path).as_str())
    }
}

fn route(path: &str) -> Query {
    Query::default().with("rest_route", path)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Reads the value of a `Date` header (RFC 9110, section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn instant_of_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut words = text.split_whitespace().skip(1);
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Timestamp::parse(&format!("{year}-{month:02}-{day:0>2}T{time}Z")).ok()
}

/// An id of the shop in a text of the hub.
///
/// # Errors
/// [`Fault::NotFound`] for a text that is no id of this platform.
pub(super) fn id_of(operation: &Operation, text: &str) -> Result<u64, ChannelError> {
    text.parse().map_err(|_| {
        let message = format!(
            "`{}` is not an id of a shop like this; ids are whole numbers",
            clean(text)
        );
        ChannelError::new(Fault::NotFound, operation.name, message)
    })
}

/// The status an answer's body speaks of instead of the one it came with.
pub(super) fn status_of(number: u16) -> Option<StatusCode> {
    StatusCode::from_u16(number)
        .ok()
        .filter(|status| !status.is_success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_headers_are_read() {
        let read = instant_of_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(read.to_string(), "1994-11-06T08:49:37Z");
        assert_eq!(instant_of_date("yesterday"), None);
        assert_eq!(instant_of_date("Sun, 06 Nix 1994 08:49:37 GMT"), None);
    }
}
