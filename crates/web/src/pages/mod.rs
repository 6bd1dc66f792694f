//! The dashboard's pages: each reads through the tenant's handle, words what it found and renders one context.
//!
//! A form's target does one thing through the engine and sends the browser back with a notice; a problem goes the same
//! way, so that nothing typed in a form ends on a dead page.

mod alerts;
mod allocation;
mod channels;
mod conflicts;
mod listings;
mod locations;
mod orders;
mod overview;
mod prices;
mod product;
mod product_prices;
mod signin;
mod stock;
mod sync;

use std::collections::BTreeMap;

use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use stockbridge_domain::AccountId;
use stockbridge_domain::tenant::Role;
use stockbridge_store::{AccountRecord, StoreError, Tenant};

use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form, cookie};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::signin::ProblemPage;
use crate::view::{Choice, Chrome, Framed, Notice, Pager, Tone};

/// Every page and form's target.
pub(crate) fn routes() -> Vec<Route> {
    let viewer = Access::Role(Role::Viewer);
    let mut routes = vec![
        Route::page(Method::GET, "/assets/{name}", Access::Public, asset),
        Route::page(Method::POST, "/theme", viewer, set_theme),
    ];
    routes.extend(signin::routes());
    routes.extend(overview::routes());
    routes.extend(orders::routes());
    routes.extend(stock::routes());
    routes.extend(locations::routes());
    routes.extend(allocation::routes());
    routes.extend(product::routes());
    routes.extend(listings::routes());
    routes.extend(prices::routes());
    routes.extend(product_prices::routes());
    routes.extend(conflicts::routes());
    routes.extend(channels::routes());
    routes.extend(sync::routes());
    routes.extend(alerts::routes());
    routes
}

/// Everything except what never needs escaping in a path or a query.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Text as one part of an address.
pub(crate) fn component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// The page of a product.
fn product_href(sku: &str) -> String {
    format!("/stock/{}", component(sku))
}

/// An address with those parameters that are not empty.
fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let query: Vec<String> = parameters
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", component(value)))
        .collect();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

/// Links to the rest of a list.
fn pager(path: &str, parameters: &[(&str, &str)], cursor: Option<&str>, next: Option<&str>) -> Pager {
    let with = |cursor: &str| {
        let mut all = parameters.to_vec();
        all.push(("cursor", cursor));
        address(path, &all)
    };
    Pager {
        next: next.map(with),
        first: cursor.map(|_| address(path, parameters)),
    }
}

async fn asset(path: ApiPath) -> Response {
    use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
    match crate::assets::find(path.text("name")) {
        Some((kind, text)) => {
            // An hour, because modules import each other without a version in the address.
            let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=3600")];
            (headers, text).into_response()
        }
        None => Problem::not_found("There is no such file.").into_response(),
    }
}

/// The name of the session's cookie. With TLS its prefix makes browsers refuse it from anywhere else.
pub(crate) fn session_cookie(app: &App) -> &'static str {
    if app.options().cookie_secure {
        "__Host-session"
    } else {
        "session"
    }
}

/// A cookie for this server only, which scripts cannot read.
fn set_cookie(app: &App, name: &str, value: &str, max_age_secs: u64) -> Option<HeaderValue> {
    let secure = if app.options().cookie_secure {
        "; Secure"
    } else {
        ""
    };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_secs}{secure}");
    HeaderValue::from_str(&text).ok()
}

/// The theme a browser asked for: `light`, `dark` or `auto`.
pub(crate) fn theme(headers: &HeaderMap) -> &'static str {
    match cookie(headers, "theme") {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "auto",
    }
}

const YEAR_SECS: u64 = 31_536_000;

async fn set_theme(axum::extract::State(app): axum::extract::State<App>, form: Form) -> Response {
    let theme = if form.get("theme") == "dark" {
        "dark"
    } else {
        "light"
    };
    let mut response = to(&form.back());
    if let Some(cookie) = set_cookie(&app, "theme", theme, YEAR_SECS) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Sends the browser to a path of ours.
pub(crate) fn to(path: &str) -> Response {
    let place = HeaderValue::from_str(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

/// Sends somebody who is not signed in to the door, to come back afterwards.
pub(crate) fn to_door(here: &str) -> Response {
    to(&address(
        "/signin",
        &[("next", if here == "/" { "" } else { here })],
    ))
}

/// What is told on the next page.
#[derive(Serialize, Deserialize)]
struct Flash {
    good: bool,
    text: String,
    fields: Vec<String>,
}

const FLASH: &str = "notice";

fn with_flash(app: &App, path: &str, flash: &Flash) -> Response {
    let mut response = to(path);
    let value = serde_json::to_vec(flash)
        .map(|json| URL_SAFE_NO_PAD.encode(json))
        .unwrap_or_default();
    if let Some(cookie) = set_cookie(app, FLASH, &value, 60) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn read_flash(headers: &HeaderMap) -> Option<Notice> {
    let json = URL_SAFE_NO_PAD
        .decode(cookie(headers, FLASH).filter(|v| !v.is_empty())?)
        .ok()?;
    let flash: Flash = serde_json::from_slice(&json).ok()?;
    Some(Notice {
        tone: if flash.good { Tone::Good } else { Tone::Bad },
        text: flash.text,
        fields: flash.fields,
    })
}

/// The end of a form that did what it should: back, with a sentence.
fn done(app: &App, path: &str, text: impl Into<String>) -> Response {
    let flash = Flash {
        good: true,
        text: text.into(),
        fields: Vec::new(),
    };
    with_flash(app, path, &flash)
}

/// Shows a problem to a person: on the form's page if there was a form, else on a page of its own.
pub(crate) fn problem(app: &App, problem: &Problem, form: Option<&Form>, theme: &'static str) -> Response {
    let fields: Vec<String> = match problem.errors.as_slice() {
        [_] => Vec::new(),
        many => many
            .iter()
            .map(|e| {
                format!(
                    "{}: {}",
                    e.pointer.trim_start_matches('/').replace('/', " "),
                    e.message
                )
            })
            .collect(),
    };
    let text = match problem.errors.as_slice() {
        [one] => one.message.clone(),
        _ => problem.detail.clone(),
    };
    if let Some(form) = form.filter(|f| !f.get("back").is_empty() && problem.status < 500) {
        let flash = Flash {
            good: false,
            text,
            fields,
        };
        return with_flash(app, &form.back(), &flash);
    }
    let page = ProblemPage {
        status: problem.status,
        title: problem.title.to_owned(),
        detail: text,
        fields,
        back: "/".into(),
        theme,
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match app.render("problem", serde_json::json!({ "page": page })) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => status.into_response(),
    }
}

/// What a page needs to frame itself.
pub(crate) struct Frame {
    app: App,
    who: Who,
    headers: HeaderMap,
    here: String,
}

impl axum::extract::FromRequestParts<App> for Frame {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &App) -> Result<Self, Problem> {
        let who = Who::from_request_parts(parts, app).await?;
        let here = |uri: &Uri| {
            uri.path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string)
        };
        Ok(Self {
            app: app.clone(),
            who,
            headers: parts.headers.clone(),
            here: here(&parts.uri),
        })
    }
}

impl Frame {
    /// The tenant's data.
    fn tenant(&self) -> Tenant {
        self.app.tenant(self.who.0.tenant)
    }

    /// Renders a page in its frame.
    async fn show(
        &self,
        template: &str,
        title: &str,
        section: &'static str,
        page: &impl Serialize,
    ) -> Result<Response, Problem> {
        let caller = &self.who.0;
        let snapshot = crate::api::events::snapshot(&self.app, caller.tenant).await?;
        let tenant = self.tenant().record().await?.map(|t| t.name).unwrap_or_default();
        let notice = read_flash(&self.headers);
        let seen = notice.is_some();
        let chrome = Chrome {
            title: title.to_owned(),
            section,
            tenant,
            person: caller.name.clone(),
            may_operate: caller.role.includes(Role::Operator),
            may_admin: caller.role.includes(Role::Admin),
            csrf: caller.csrf.clone().unwrap_or_default(),
            theme: theme(&self.headers),
            alerts_open: snapshot.alerts_open,
            here: self.here.clone(),
            notice,
        };
        let html = self.app.render(
            template,
            Framed {
                chrome: &chrome,
                page,
            },
        )?;
        let mut response = Html(html).into_response();
        if let Some(cookie) = set_cookie(&self.app, FLASH, "", 0).filter(|_| seen) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

/// The tenant's accounts with their names.
struct Accounts(Vec<AccountRecord>);

impl Accounts {
    async fn of(tenant: &Tenant) -> Result<Self, StoreError> {
        Ok(Self(tenant.accounts().await?))
    }

    fn names(&self) -> BTreeMap<AccountId, &str> {
        self.0.iter().map(|a| (a.id, a.name.as_str())).collect()
    }

    fn name(&self, id: AccountId) -> String {
        self.names()
            .get(&id)
            .map_or_else(|| "—".into(), |name| (*name).to_owned())
    }

    /// Choices of a filter, with all of them first.
    fn choices(&self, chosen: &str) -> Vec<Choice> {
        let all = Choice {
            value: String::new(),
            text: "All accounts".into(),
            chosen: chosen.is_empty(),
        };
        std::iter::once(all)
            .chain(self.0.iter().map(|a| choice(a, chosen)))
            .collect()
    }
}

fn choice(account: &AccountRecord, chosen: &str) -> Choice {
    let value = account.id.to_string();
    Choice {
        chosen: value == chosen,
        text: account.name.clone(),
        value,
    }
}

/// What people call a channel.
fn channel_label(app: &App, kind: &str) -> String {
    app.hub()
        .channel(kind)
        .map_or_else(|| kind.to_owned(), |c| c.descriptor().label.to_owned())
}

/// Whether a channel has a remote side.
fn is_remote(app: &App, kind: &str) -> bool {
    app.hub().channel(kind).is_none_or(|c| c.descriptor().remote)
}
