//! Errors of shops, and of what stands in front of them, as faults.
//!
//! The API answers errors as `{code, message, data: {status}}`. Anything that is not JSON comes from somebody else: a
//! firewall, a proxy, a page of the theme.

use http::StatusCode;
use serde::Deserialize;
use stockbridge_domain::channel::{ChannelError, Fault};

use super::api::status_of;
use crate::call::Operation;
use crate::plain;

/// No such route: the API, the version of it or an extension is not there.
pub(super) const NO_ROUTE: &str = "rest_no_route";
/// A parameter's value is not taken.
pub(super) const INVALID_PARAM: &str = "rest_invalid_param";

/// An error as the API has it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    data: serde_json::Value,
}

impl Refusal {
    fn status(&self) -> Option<StatusCode> {
        let status = self.data.get("status")?.as_u64()?;
        status_of(u16::try_from(status).ok()?)
    }

    /// What became of one item of a batch that this stands for: it was surely not made.
    pub(super) fn of_item(&self, operation: &Operation) -> ChannelError {
        let fault = match self.status() {
            _ if self.code.ends_with("_invalid_id") => Fault::NotFound,
            Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Fault::Forbidden,
            Some(StatusCode::NOT_FOUND) => Fault::NotFound,
            Some(StatusCode::CONFLICT) => Fault::Conflict,
            _ => Fault::Rejected,
        };
        let message = format!("the shop refused it: {}", clean(&self.message));
        ChannelError::new(fault, operation.name, message).with_code(clean(&self.code))
    }
}

/// The status of an error that came as a success, as some caches and plugins send them.
pub(super) fn inside(body: &[u8]) -> Option<StatusCode> {
    if !body.starts_with(br#"{"code":"#) {
        return None;
    }
    serde_json::from_slice::<Refusal>(body).ok()?.status()
}

/// The fault behind a status that is no success.
pub(super) fn judge(operation: &Operation, status: StatusCode, body: &[u8]) -> ChannelError {
    let refusal = serde_json::from_slice::<Refusal>(body)
        .ok()
        .filter(|r| !r.code.is_empty());
    let number = status.as_u16();
    let said = match &refusal {
        Some(refusal) if !refusal.message.is_empty() => clean(&refusal.message),
        _ => format!("status {number}"),
    };
    let (fault, message) = match (&refusal, status) {
        (_, s) if s.is_redirection() => (
            Fault::Contract,
            "the shop's address sends visitors elsewhere; enter the address it ends up at, with or without www, as shop URL"
                .to_owned(),
        ),
        (_, StatusCode::UNAUTHORIZED) => (
            Fault::Credentials,
            format!(
                "the shop does not take the keys ({said}); make new ones with permission Read/Write under WooCommerce, Settings, \
                 Advanced, REST API, and if that does not help set the option `query_auth`, because some hosts take the keys away"
            ),
        ),
        (Some(_), StatusCode::FORBIDDEN) => (
            Fault::Forbidden,
            format!("the user the keys belong to may not do this ({said}); the user has to be a shop manager or administrator"),
        ),
        (Some(refusal), StatusCode::NOT_FOUND) if refusal.code == NO_ROUTE => (
            Fault::Contract,
            format!(
                "the shop has no such interface ({said}); WooCommerce has to be active, and Settings, Permalinks anything but Plain, \
                 or set the option `rest_route`"
            ),
        ),
        (None, StatusCode::NOT_FOUND) => (
            Fault::Contract,
            "there is no WooCommerce interface at this address; compare the shop URL, set Settings, Permalinks to anything but \
             Plain, or set the option `rest_route`"
                .to_owned(),
        ),
        (Some(_), StatusCode::NOT_FOUND) | (_, StatusCode::GONE) => {
            (Fault::NotFound, format!("the shop does not know it: {said}"))
        }
        (Some(refusal), StatusCode::BAD_REQUEST) if refusal.code.ends_with("_invalid_id") => {
            (Fault::NotFound, format!("the shop does not know it: {said}"))
        }
        (_, StatusCode::CONFLICT) => (Fault::Conflict, format!("the shop has another state of it: {said}")),
        (_, StatusCode::LOCKED | StatusCode::TOO_EARLY) => {
            (Fault::Unavailable, format!("the shop is busy with it ({said}); it is tried again"))
        }
        (_, s) if s.is_server_error() || s == StatusCode::REQUEST_TIMEOUT => failed(operation, &said),
        (Some(_), s) if s.is_client_error() => (Fault::Rejected, format!("the shop refused it: {said}")),
        (None, s) if s.is_client_error() => (
            Fault::Unavailable,
            format!(
                "a firewall or security plugin in front of the shop turned the request away (status {number}); let /wp-json/ through, it is \
                 tried again"
            ),
        ),
        _ => (Fault::Contract, format!("the shop answered {status}, which it never should")),
    };
    let error = ChannelError::new(fault, operation.name, message);
    match refusal {
        Some(refusal) => error.with_code(clean(&refusal.code)),
        None => error,
    }
}

/// A failure on the other side: a write may have been made before it.
fn failed(operation: &Operation, said: &str) -> (Fault, String) {
    if operation.effect.writes() {
        let message =
            format!("the shop failed ({said}), so the change may or may not have been made; it is looked up");
        (Fault::Ambiguous, message)
    } else {
        (
            Fault::Unavailable,
            format!("the shop failed ({said}); it is tried again"),
        )
    }
}

/// Why a success cannot be read. Of a write that means that it may have been made.
pub(super) fn unreadable(operation: &Operation, body: &[u8], e: &serde_json::Error) -> ChannelError {
    let (fault, message) = match before_json(body) {
        Some(before) => (
            Fault::Contract,
            format!(
                "messages of PHP stand before the answer (`{before}`); have the shop's host switch off their display \
                 (WP_DEBUG_DISPLAY) and repair what they name"
            ),
        ),
        None if e.is_data() => (
            Fault::Contract,
            format!("the answer is not as documented: {}", clean(&e.to_string())),
        ),
        None => (
            Fault::Unavailable,
            "the answer was cut off or is a page instead of data; it is tried again".to_owned(),
        ),
    };
    if operation.effect.writes() {
        let message = format!("{message}; the change may have been made and is looked up");
        return ChannelError::new(Fault::Ambiguous, operation.name, message);
    }
    ChannelError::new(fault, operation.name, message)
}

/// What stands before the JSON of an answer that would be whole without it.
fn before_json(body: &[u8]) -> Option<String> {
    let starts = memchr::memchr2_iter(b'{', b'[', body).take(8);
    let start = starts
        .filter(|at| *at > 0)
        .find(|at| serde_json::from_slice::<serde::de::IgnoredAny>(&body[*at..]).is_ok())?;
    let before = String::from_utf8_lossy(&body[..start]).replace('\u{feff}', "(byte order mark)");
    Some(clean(&before).chars().take(120).collect())
}

/// A text of the shop, fit for messages: one line, bounded, without anything that looks like a key.
pub(super) fn clean(text: &str) -> String {
    plain::line_without(text, |word| {
        plain::hexadecimal(word) || word.contains("ck_") || word.contains("cs_")
    })
}
