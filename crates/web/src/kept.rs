//! A form that was refused, or only asked what would be, comes back with what was typed.
//!
//! The handler of a form says what is wrong; the guard adds to its answer which form it was, what was typed and what
//! the problem is. [`show_again`] then renders the page the form stands on once more, in the same request, so that
//! nothing typed is lost and each message stands beside its field. Nothing of it is stored anywhere.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;
use stockbridge_engine::Caller;
use tower::ServiceExt as _;

use crate::guard::Form;
use crate::problem::Problem;

/// A form that comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Kept {
    /// Where it was sent: tells the forms of a page apart.
    pub action: String,
    /// What was typed, by field.
    pub typed: BTreeMap<String, String>,
    /// What is wrong with a field and what would be right.
    pub problems: BTreeMap<String, String>,
    /// The problem in words, as shown on top of the page.
    #[serde(skip)]
    pub text: String,
    /// Fields with their messages, for those that the page does not show.
    #[serde(skip)]
    pub lines: Vec<String>,
    /// The page the form stands on.
    #[serde(skip)]
    pub page: String,
    /// The HTTP status of the problem.
    #[serde(skip)]
    pub status: u16,
}

impl Kept {
    /// What was typed into a form that only asked what would be.
    pub(crate) fn tried(action: &str, form: &Form) -> Self {
        Self {
            action: action.to_owned(),
            typed: form.typed(),
            problems: BTreeMap::new(),
            text: String::new(),
            lines: Vec::new(),
            page: form.back(),
            status: 200,
        }
    }

    /// What is kept of a form sent to `action` that led to a problem.
    pub(crate) fn of(action: &str, form: &Form, problem: &Problem) -> Self {
        let problems: BTreeMap<String, String> = problem
            .errors
            .iter()
            .map(|e| (e.pointer.trim_start_matches('/').to_owned(), e.message.clone()))
            .collect();
        let lines = problem
            .errors
            .iter()
            .map(|e| format!("{}: {}", in_words(&e.pointer), e.message))
            .collect();
        Self {
            action: action.to_owned(),
            typed: form.typed(),
            text: if problems.is_empty() {
                problem.detail.clone()
            } else {
                "Nothing was changed:".into()
            },
            problems,
            lines,
            page: form.back(),
            status: problem.status,
        }
    }
}

/// A JSON pointer as people read it: `/lines/0/sku` is line 1's SKU.
pub(crate) fn in_words(pointer: &str) -> String {
    let part = |part: &str| match part.parse::<u32>() {
        Ok(index) => index.saturating_add(1).to_string(),
        Err(_) if part == "sku" => "SKU".to_owned(),
        Err(_) => part.replace(['_', '.'], " "),
    };
    let parts: Vec<String> = pointer.trim_start_matches('/').split('/').map(part).collect();
    parts.join(" ")
}

/// Shows the page of a refused form again.
pub(crate) async fn show_again(State(pages): State<Router>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<Caller>().cloned();
    let signs: Vec<_> = [header::COOKIE, header::AUTHORIZATION]
        .into_iter()
        .filter_map(|name| Some((name.clone(), request.headers().get(&name)?.clone())))
        .collect();
    let refused = next.run(request).await;
    let Some(kept) = refused.extensions().get::<Kept>().cloned() else {
        return refused;
    };
    let Ok(page) = kept.page.parse::<Uri>() else {
        return refused;
    };
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let mut again = Request::new(Body::empty());
    *again.uri_mut() = page;
    again.headers_mut().extend(signs);
    again.extensions_mut().insert(kept);
    if let Some(caller) = caller {
        again.extensions_mut().insert(caller);
    }
    let Ok(mut shown) = pages.oneshot(again).await;
    if shown.status() != StatusCode::OK {
        // The page is gone or no page: back to where the form stood, with the message alone.
        return refused;
    }
    *shown.status_mut() = status;
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_told_as_people_count() {
        assert_eq!(in_words("/lines/0/sku"), "lines 1 SKU");
        assert_eq!(in_words("/fee_fixed"), "fee fixed");
    }
}
