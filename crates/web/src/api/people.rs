//! Who asks, for which tenant, and the tokens programs ask with.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{TenantId, Timestamp, TokenId};
use stockbridge_store::{AuditRecord, TenantRecord, TokenRecord};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, page_query};
use crate::idempotent::KeptBody;
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get("/api/v1/me", "Who asks, and what they may do", me).gives(200, "Me"),
        route::get("/api/v1/tenants", "The tenant asked for", tenants).lists("Tenant"),
        route::get("/api/v1/audit", "Who did what, newest first", audit)
            .needs(Role::Admin)
            .query(paged![])
            .lists("AuditEntry"),
        route::get("/api/v1/tokens", "API tokens", tokens)
            .needs(Role::Admin)
            .lists("Token"),
        route::post(
            "/api/v1/tokens",
            "Make an API token; it is shown this once",
            create,
        )
        .needs(Role::Admin)
        .takes("NewToken")
        .gives(201, "MadeToken"),
        route::delete("/api/v1/tokens/{id}", "Revoke an API token", revoke).needs(Role::Admin),
    ]
}

#[derive(Debug, Serialize)]
struct Me {
    tenant: TenantId,
    actor: String,
    name: String,
    role: Role,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    limit: Option<String>,
    cursor: Option<String>,
}

async fn audit(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(window): ApiQuery<Window>,
) -> Result<ApiJson<List<AuditRecord>>, Problem> {
    let page = page_query(window.limit, window.cursor)?;
    Ok(ApiJson(app.tenant(caller.tenant).audit_log(&page).await?.into()))
}

async fn me(Who(caller): Who) -> ApiJson<Me> {
    ApiJson(Me {
        tenant: caller.tenant,
        actor: caller.actor,
        name: caller.name,
        role: caller.role,
    })
}

async fn tenants(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<List<TenantRecord>>, Problem> {
    let own = app.tenant(caller.tenant).record().await?;
    Ok(List::whole(own.into_iter().collect()))
}

async fn tokens(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<List<TokenRecord>>, Problem> {
    Ok(List::whole(app.tenant(caller.tenant).tokens().await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    name: String,
    role: Role,
    expires_at: Option<Timestamp>,
}

/// A token, shown once.
#[derive(Debug, Serialize)]
struct MadeToken<'a> {
    #[serde(flatten)]
    record: &'a TokenRecord,
    token: Option<&'a str>,
}

async fn create(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<NewToken>,
) -> Result<Response, Problem> {
    let (token, record) = app
        .hub()
        .create_token(&caller, &body.name, body.role, body.expires_at)
        .await?;
    let shown = MadeToken {
        record: &record,
        token: Some(&token),
    };
    let mut response = (StatusCode::CREATED, ApiJson(shown)).into_response();
    // The secret is not kept for a replay: whoever lost the first answer makes another token.
    let kept = serde_json::to_string(&MadeToken {
        record: &record,
        token: None,
    })
    .map_err(|_| Problem::internal())?;
    response.extensions_mut().insert(KeptBody(kept));
    Ok(response)
}

async fn revoke(State(app): State<App>, Who(caller): Who, path: ApiPath) -> Result<StatusCode, Problem> {
    let id: TokenId = path.id("id")?;
    let tenant = app.tenant(caller.tenant);
    if !tenant.revoke_token(id, &caller.actor).await? {
        return Err(Problem::not_found(
            "There is no such token, or it was revoked before.",
        ));
    }
    Ok(StatusCode::NO_CONTENT)
}
