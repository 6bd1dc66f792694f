//! The dashboard's pages: each reads through the tenant's handle, words what it found and renders one context.
//!
//! A form's target does one thing through the engine and sends the browser back with a notice; a problem goes the same
//! way, so that nothing typed in a form ends on a dead page.

mod aftersales;
mod alerts;
mod allocation;
mod awaited;
mod channel_locations;
mod channels;
mod conflict_settings;
mod conflicts;
mod counts;
mod doers;
mod explain;
mod finance;
mod imports;
mod inbox;
mod kits;
mod listings;
mod locations;
mod mappings;
mod orders;
mod overview;
mod papers;
mod price_settings;
mod prices;
mod product;
mod product_data;
mod product_forms;
mod product_prices;
mod receipts;
mod renew;
mod reports;
mod returns;
mod sales;
mod signin;
mod stock;
mod sync;
mod told;
mod transfers;
mod typed;
mod warehouses;

use std::collections::BTreeMap;

use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use stockbridge_domain::AccountId;
use stockbridge_domain::tenant::Role;
use stockbridge_store::{AccountRecord, StoreError, Tenant};

use told::{FLASH, read_flash};
pub(crate) use told::{done, half_done, problem};

use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form, cookie};
use crate::kept::Kept;
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
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
    routes.extend(aftersales::routes());
    routes.extend(papers::routes());
    routes.extend(awaited::routes());
    routes.extend(returns::routes());
    routes.extend(stock::routes());
    routes.extend(locations::routes());
    routes.extend(finance::routes());
    routes.extend(reports::routes());
    routes.extend(warehouses::routes());
    routes.extend(receipts::routes());
    routes.extend(transfers::routes());
    routes.extend(counts::routes());
    routes.extend(allocation::routes());
    routes.extend(product::routes());
    routes.extend(product_forms::routes());
    routes.extend(product_data::routes());
    routes.extend(kits::routes());
    routes.extend(explain::routes());
    routes.extend(listings::routes());
    routes.extend(mappings::routes());
    routes.extend(imports::routes());
    routes.extend(prices::routes());
    routes.extend(sales::routes());
    routes.extend(price_settings::routes());
    routes.extend(product_prices::routes());
    routes.extend(conflicts::routes());
    routes.extend(conflict_settings::routes());
    routes.extend(channels::routes());
    routes.extend(channel_locations::routes());
    routes.extend(renew::routes());
    routes.extend(inbox::routes());
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

/// What a page needs to frame itself.
pub(crate) struct Frame {
    app: App,
    who: Who,
    headers: HeaderMap,
    here: String,
    kept: Option<Kept>,
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
            kept: parts.extensions.get::<Kept>().cloned(),
            here: here(&parts.uri),
        })
    }
}

impl Frame {
    /// The page shows what would be: the form that asked for it keeps what was typed, and leads back to `here`.
    fn trying(mut self, action: &str, form: &Form, here: impl Into<String>) -> Self {
        self.kept = Some(Kept::tried(action, form));
        self.here = here.into();
        self
    }

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
        let flashed = read_flash(&self.headers);
        let seen = flashed.is_some();
        let refused = self
            .kept
            .as_ref()
            .filter(|kept| !kept.text.is_empty())
            .map(|kept| Notice {
                tone: Tone::Bad,
                text: kept.text.clone(),
                fields: kept.lines.clone(),
            });
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
            notice: refused.or(flashed),
            kept: self.kept.clone(),
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
