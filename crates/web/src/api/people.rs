//! Who asks, for which tenant, and the tokens programs ask with.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{TenantId, Timestamp, TokenId};
use stockbridge_store::{TenantRecord, TokenRecord};

use crate::extract::{ApiJson, ApiPath, List, Who};
use crate::guard::Access;
use crate::idempotent::KeptBody;
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let viewer = Access::Role(Role::Viewer);
    let admin = Access::Role(Role::Admin);
    vec![
        Route::api(
            Method::GET,
            "/api/v1/me",
            viewer,
            "Who asks, and what they may do",
            me,
        )
        .gives(200, "Me"),
        Route::api(
            Method::GET,
            "/api/v1/tenants",
            viewer,
            "The tenant asked for",
            tenants,
        )
        .lists("Tenant"),
        Route::api(Method::GET, "/api/v1/tokens", admin, "API tokens", tokens).lists("Token"),
        Route::api(
            Method::POST,
            "/api/v1/tokens",
            admin,
            "Make an API token; it is shown this once",
            create,
        )
        .takes("NewToken")
        .gives(201, "MadeToken"),
        Route::api(
            Method::DELETE,
            "/api/v1/tokens/{id}",
            admin,
            "Revoke an API token",
            revoke,
        ),
    ]
}

#[derive(Debug, Serialize)]
struct Me {
    tenant: TenantId,
    actor: String,
    name: String,
    role: Role,
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
    if app.tenant(caller.tenant).revoke_token(id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found(
            "There is no such token, or it was revoked before.",
        ))
    }
}
