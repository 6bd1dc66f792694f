//! Amazon's answers that say no: `{"errors":[{code, message, details}]}`.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    code: &'static str,
    message: String,
    details: String,
}

/// The documented texts by which one 403 is told from another.
pub(super) const TOKEN_MISSING: &str = "Access token is missing in the request header.";
pub(super) const TOKEN_BAD: &str = "The access token you provided is revoked, malformed or invalid.";
pub(super) const WRONG_REGION: &str = "The marketplaces you provided are not valid for region.";

impl ApiError {
    /// 400: `message` says what is wrong, `details` names the parameter or field.
    pub(super) fn invalid(message: impl Into<String>, details: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "InvalidInput",
            message: message.into(),
            details: details.into(),
        }
    }

    /// 400 with a code of its own.
    pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
            details: String::new(),
        }
    }

    /// 403; empty details mean "role missing, or path unknown".
    pub(super) fn unauthorized(details: &str) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "Unauthorized",
            message: "Access to requested resource is denied.".to_owned(),
            details: details.to_owned(),
        }
    }

    /// What it says.
    pub(super) fn into_message(self) -> String {
        self.message
    }

    /// 404.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: "NotFound",
            message: message.into(),
            details: String::new(),
        }
    }

    /// 409.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            code: "Conflict",
            message: message.into(),
            details: String::new(),
        }
    }

    /// 429.
    pub(super) fn quota() -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "QuotaExceeded",
            message: "You exceeded your quota for the requested resource.".to_owned(),
            details: String::new(),
        }
    }

    /// 500.
    pub(super) fn internal() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalFailure",
            message: "We encountered an internal error. Please try again.".to_owned(),
            details: String::new(),
        }
    }

    pub(super) fn into_response(self) -> Response<Bytes> {
        let error = json!({"code": self.code, "message": self.message, "details": self.details});
        json_response(self.status, &json!({"errors": [error]}))
    }
}

/// An answer with a JSON body.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

/// What a gateway says when the service behind it is away: no JSON.
pub(super) fn gateway_unavailable() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(
        b"<html><body>Service Unavailable</body></html>",
    ));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let html = http::HeaderValue::from_static("text/html");
    response.headers_mut().insert(http::header::CONTENT_TYPE, html);
    response
}
