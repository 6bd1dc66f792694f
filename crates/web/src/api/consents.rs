//! Connecting by signing in at the channel: where to send the person, and the address the channel sends them back to.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use stockbridge_domain::channel::Returned;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::ConsentAddress;

use super::stores::{Connect, known};
use crate::extract::{ApiJson, ApiPath, Who, form_pairs};
use crate::guard::cookie;
use crate::pages;
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let callback = "/api/v1/integrations/{channel}/callback";
    vec![
        route::post(
            "/api/v1/integrations/{channel}/consent",
            "Begin to connect an account by signing in at the channel",
            begin,
        )
        .needs(Role::Admin)
        .takes("Connect")
        .gives(201, "ConsentAddress"),
        route::get(callback, "Where a channel sends a person back to", come_back)
            .open()
            .text("text/html"),
        route::post(callback, "Where a channel sends what was agreed to", told).open(),
    ]
}

async fn begin(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Connect>,
) -> Result<(StatusCode, ApiJson<ConsentAddress>), Problem> {
    let channel = known(&app, &path)?;
    let address = app.hub().begin_consent(&caller, channel, &body.into()).await?;
    Ok((StatusCode::CREATED, ApiJson(address)))
}

/// A person's browser: whatever comes of it is told on the page *Channels*.
async fn come_back(
    State(app): State<App>,
    path: ApiPath,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let channel = known(&app, &path)?;
    if app.hub().consent_comes_by_message(channel) {
        let text = "The store appears here as soon as its keys have arrived, which is usually at once. If you did not agree, nothing happens.";
        return Ok(pages::done(&app, "/channels", text));
    }
    let signed_in = match cookie(&headers, pages::session_cookie(&app)) {
        Some(token) => app.hub().session(token).await?.map(|caller| caller.actor),
        None => None,
    };
    let returned = Returned {
        query: form_pairs(query.unwrap_or_default().as_bytes()),
        headers,
        body: Bytes::new(),
    };
    let connected = app
        .hub()
        .finish_consent(channel, &returned, signed_in.as_deref())
        .await;
    Ok(match connected {
        Ok(account) => pages::done(
            &app,
            "/channels",
            format!(
                "{} is connected; what it lists and sells is being read in.",
                account.name
            ),
        ),
        Err(refusal) => pages::half_done(&app, "/channels", format!("Not connected: {refusal}")),
    })
}

/// The channel's own message, for those that send secrets rather than a person.
async fn told(
    State(app): State<App>,
    path: ApiPath,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let channel = known(&app, &path)?;
    let returned = Returned {
        query: form_pairs(query.unwrap_or_default().as_bytes()),
        headers,
        body,
    };
    app.hub().finish_consent(channel, &returned, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
