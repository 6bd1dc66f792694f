//! New secrets for a connected store, signing in again, what ends by itself, and the queue it is written to.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stockbridge_domain::channel::SecretText;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{AccountTerm, ConsentAddress, MailboxState, Replaced};
use stockbridge_store::AccountRecord;

use super::stores::found;
use crate::extract::{ApiJson, ApiPath, List, Who};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::post(
            "/api/v1/integrations/{channel}/stores/{id}/consent",
            "Begin to authorise a store again by signing in at its channel; its orders and listings stay",
            begin,
        )
        .needs(Role::Admin)
        .gives(201, "ConsentAddress"),
        route::put(
            "/api/v1/integrations/{channel}/stores/{id}/credentials",
            "Put new credentials in the place of those kept; for the same seller only, and those left out stay",
            replace,
        )
        .needs(Role::Admin)
        .takes("Credentials")
        .gives(200, "Store"),
        route::get(
            "/api/v1/integrations/{channel}/stores/{id}/mailbox",
            "How the queue a channel writes into is being read, and what it was asked to write about",
            mailbox,
        )
        .gives(200, "Mailbox"),
        route::get(
            "/api/v1/integrations/{channel}/stores/{id}/terms",
            "What of a store ends by itself unless somebody sees to it, and when",
            terms,
        )
        .lists("StoreTerm"),
    ]
}

async fn begin(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
) -> Result<(StatusCode, ApiJson<ConsentAddress>), Problem> {
    let account = found(&app, &who, &path).await?;
    let address = app.hub().begin_reauthorisation(&who.0, account.id).await?;
    Ok((StatusCode::CREATED, ApiJson(address)))
}

/// New credentials.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    #[serde(default)]
    credentials: BTreeMap<String, String>,
}

async fn replace(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Credentials>,
) -> Result<ApiJson<AccountRecord>, Problem> {
    let account = found(&app, &who, &path).await?;
    let secret = |(name, text): (String, String)| (name, SecretText::new(text));
    let replaced = Replaced::typed(body.credentials.into_iter().map(secret).collect());
    Ok(ApiJson(
        app.hub()
            .replace_credentials(&who.0, account.id, replaced)
            .await?,
    ))
}

async fn mailbox(State(app): State<App>, who: Who, path: ApiPath) -> Result<ApiJson<MailboxState>, Problem> {
    let account = found(&app, &who, &path).await?;
    Ok(ApiJson(app.hub().mailbox_state(&who.0, account.id).await?))
}

async fn terms(
    State(app): State<App>,
    who: Who,
    path: ApiPath,
) -> Result<ApiJson<List<AccountTerm>>, Problem> {
    let account = found(&app, &who, &path).await?;
    Ok(List::whole(app.hub().account_terms(&who.0, account.id).await?))
}
