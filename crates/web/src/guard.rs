//! Who may pass: signs of identity, roles, and proof that a form came from our own page.
//!
//! Every route declares what it needs; the guard in front of it is built from that, so a handler cannot forget it. A
//! browser is known by its session's cookie, a program by an API token. A write with a cookie also has to carry the
//! session's CSRF token, as header `X-CSRF-Token` or as form field `csrf`: a foreign page can send neither.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use stockbridge_domain::tenant::Role;
use stockbridge_engine::Caller;
use subtle::ConstantTimeEq;

use crate::extract::{Who, body_problem, form_pairs};
use crate::pages;
use crate::problem::Problem;
use crate::state::App;

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Public,
    /// Somebody with at least this role.
    Role(Role),
}

/// What a guard in front of a route knows.
#[derive(Clone)]
pub(crate) struct Guard {
    /// Everything shared.
    pub app: App,
    /// What the route asks.
    pub access: Access,
    /// A page for people: sends those who are not signed in to the door, and shows problems as pages.
    pub page: bool,
    /// Comes from a program that proves itself to the handler: nothing is read before it does.
    pub raw: bool,
}

/// The fields of a form, read by the guard while it looked for the CSRF token.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

/// The file of a form, read by the guard; empty when none was chosen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upload(pub Bytes);

impl<S: Send + Sync> FromRequestParts<S> for Upload {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl Form {
    /// A field; empty when it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, v)| v.trim())
    }

    /// Sets a field, whatever was sent.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(n, _)| n != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// A field that may be left empty.
    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        Some(self.get(name))
            .filter(|v| !v.is_empty())
            .map(ToOwned::to_owned)
    }

    /// What a person typed, by field; of a field sent several times the first.
    pub(crate) fn typed(&self) -> BTreeMap<String, String> {
        let mut typed = BTreeMap::new();
        for (name, value) in &self.0 {
            if name != "csrf" && name != "back" {
                typed.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        typed
    }

    /// All values of a field that may be sent several times.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, v)| v.trim())
            .collect()
    }

    /// Fields whose name begins with `lead`, without it.
    pub(crate) fn group(&self, lead: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter_map(move |(n, v)| Some((n.strip_prefix(lead)?, v.trim())))
            .filter(|(_, v)| !v.is_empty())
    }

    /// The page to come back to: always a path of ours.
    pub(crate) fn back(&self) -> String {
        own_path(self.get("back"))
    }
}

/// A path of this server, or the start page: never another server's address.
pub(crate) fn own_path(text: &str) -> String {
    let fine = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains('\\')
        && !text.chars().any(char::is_control);
    if fine { text.to_owned() } else { "/".to_owned() }
}

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::malformed("Send the fields of the form."))
    }
}

/// Lets a request pass, or says why not.
pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let here = request
        .uri()
        .path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string);
    let theme = pages::theme(request.headers());
    let reads = is_safe(request.method());
    let action = request.uri().path().to_owned();
    let (request, form) = match admitted(&guard, request).await {
        Ok(passed) => passed,
        Err(problem) if guard.page && problem.status == 401 && reads => return pages::to_door(&here),
        Err(problem) => return finish(&guard, problem.into_response(), None, theme),
    };
    let response = next.run(request).await;
    finish(&guard, response, form.map(|form| (action, form)), theme)
}

/// Shows a problem of a page as a page, or takes it back to the form's page.
fn finish(
    guard: &Guard,
    mut response: Response,
    form: Option<(String, Form)>,
    theme: &'static str,
) -> Response {
    if let Some(at) = response
        .extensions()
        .get::<Problem>()
        .and_then(|problem| problem.retry_at)
    {
        let secs = at.since(guard.app.now()).as_secs_f64().ceil().max(1.0);
        if let Ok(secs) = HeaderValue::from_str(&format!("{secs:.0}")) {
            response.headers_mut().insert(header::RETRY_AFTER, secs);
        }
    }
    if !guard.page {
        return response;
    }
    match response.extensions().get::<Problem>() {
        Some(problem) => pages::problem(&guard.app, problem, form.as_ref(), theme),
        None => response,
    }
}

async fn admitted(guard: &Guard, request: Request) -> Result<(Request, Option<Form>), Problem> {
    if guard.raw {
        return Ok((request, None));
    }
    // Before the body is read: nobody unknown has the server hold a file.
    let known = match (guard.access, request.extensions().get::<Caller>()) {
        (Access::Public, _) => None,
        // Put there by this very process; it cannot come over the network.
        (Access::Role(_), Some(caller)) => Some(caller.clone()),
        (Access::Role(_), None) => Some(caller(&guard.app, request.headers()).await?),
    };
    let (mut request, form) = with_form(request).await?;
    if let (Access::Role(needed), Some(caller)) = (guard.access, known) {
        if !is_safe(request.method()) {
            from_our_page(&caller, request.headers(), form.as_ref())?;
        }
        caller.require(needed)?;
        request.extensions_mut().insert(Who(caller));
    } else if !is_safe(request.method()) {
        not_cross_site(request.headers())?;
    }
    if let Some(form) = &form {
        request.extensions_mut().insert(form.clone());
    }
    Ok((request, form))
}

const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Reads the form of a request that has one.
async fn with_form(request: Request) -> Result<(Request, Option<Form>), Problem> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        return with_upload(request)
            .await
            .map(|(request, form)| (request, Some(form)));
    }
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Ok((request, None));
    }
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &())
        .await
        .map_err(|error| body_problem(&error))?;
    let form = Form(form_pairs(&body));
    Ok((Request::from_parts(parts, Body::from(body)), Some(form)))
}

/// Reads a form that has a file with it.
async fn with_upload(request: Request) -> Result<(Request, Form), Problem> {
    let (parts, body) = request.into_parts();
    let torn = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::malformed("The form did not arrive whole; send it again."),
    };
    let mut multipart = Multipart::from_request(Request::from_parts(parts.clone(), body), &())
        .await
        .map_err(|_| Problem::malformed("The form cannot be read; send it again from its page."))?;
    let (mut fields, mut upload) = (Vec::new(), Upload::default());
    while let Some(field) = multipart.next_field().await.map_err(torn)? {
        let name = field.name().unwrap_or_default().to_owned();
        if field.file_name().is_some() {
            upload = Upload(field.bytes().await.map_err(torn)?);
        } else {
            fields.push((name, field.text().await.map_err(torn)?));
        }
    }
    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(upload);
    Ok((request, Form(fields)))
}

/// Who sends these headers.
async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value
            .to_str()
            .ok()
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(Problem::unauthenticated)?;
        return app
            .hub()
            .bearer(token)
            .await?
            .ok_or_else(Problem::unauthenticated);
    }
    let token = cookie(headers, pages::session_cookie(app)).ok_or_else(Problem::unauthenticated)?;
    app.hub()
        .session(token)
        .await?
        .ok_or_else(Problem::unauthenticated)
}

/// The value of a cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v)
}

/// Refuses a write by cookie that does not carry the session's token. Programs with an API token need none.
fn from_our_page(caller: &Caller, headers: &HeaderMap, form: Option<&Form>) -> Result<(), Problem> {
    let Some(wanted) = &caller.csrf else {
        return Ok(());
    };
    let given = headers
        .get("x-csrf-token")
        .and_then(|v| v.to_str().ok())
        .or_else(|| form.map(|f| f.get("csrf")))
        .unwrap_or_default();
    if bool::from(given.as_bytes().ct_eq(wanted.as_bytes())) {
        return Ok(());
    }
    Err(Problem::forbidden(
        "This did not come from a page of this session: reload the page and send the form again.",
    ))
}

/// Refuses a sign-in that another site's page sends: it would sign the person in as somebody else.
fn not_cross_site(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get("sec-fetch-site").and_then(|v| v.to_str().ok()) {
        Some("cross-site" | "same-site") => Err(Problem::forbidden(
            "Open the page of this server and send the form from there.",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_paths_are_come_back_to() {
        assert_eq!(own_path("/orders?status=open"), "/orders?status=open");
        for bad in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:1",
            "",
            "/a\nb",
        ] {
            assert_eq!(own_path(bad), "/", "{bad}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            header::HeaderValue::from_static("xsession=1; session=2; a=b=c"),
        );
        assert_eq!(cookie(&headers, "session"), Some("2"));
        assert_eq!(cookie(&headers, "a"), Some("b=c"));
        assert_eq!(cookie(&headers, "sess"), None);
    }
}
