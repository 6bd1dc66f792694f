//! Answers as HTTP has them, shared by the platforms that speak plain JSON.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    typed(status, "application/json", Bytes::from(body.to_string()))
}

/// An answer of any media type.
pub(crate) fn typed(status: StatusCode, media_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static(media_type);
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}

/// The same answer with half its body, still promising all of it.
pub(crate) fn cut_short(mut response: Response<Bytes>) -> Response<Bytes> {
    let full = response.body().len();
    let length = HeaderValue::from(full);
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
    response.map(|body| body.slice(..full / 2))
}

/// The same answer with the time it was made.
pub(crate) fn dated(mut response: Response<Bytes>, at: Timestamp) -> Response<Bytes> {
    if let Ok(date) = HeaderValue::from_str(&http_date(at)) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// An instant as HTTP writes it.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
