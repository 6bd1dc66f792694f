//! Policies: how stock is shared out, and what a change of that would do.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stockbridge_domain::AccountId;
use stockbridge_domain::allocation::{Terms, TermsPatch};
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{PolicyChange, PolicyPatch, PreviewRequest};
use stockbridge_store::{PolicyContradiction, PolicyRecord, PreviewRow};

use super::{inventory, paged};
use crate::extract::{ApiJson, ApiQuery, List, Who, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Param, Route};
use crate::state::App;

const PATH: &str = "/api/v1/inventory/policies";

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            PATH,
            "How stock is shared out: every policy, the general ones first",
            list,
        )
        .query(paged!["sku": "Those of one product"])
        .lists("Policy"),
        route::put(PATH, "Set and remove policies, all or none", change)
            .needs(Role::Admin)
            .takes("PolicyChanges")
            .gives(200, "PolicyOutcome"),
        route::patch(PATH, "Change single fields of policies, all or none", patch)
            .needs(Role::Admin)
            .takes("PolicyPatches")
            .gives(200, "PolicyOutcome"),
        route::delete(PATH, "Remove one policy", remove)
            .needs(Role::Admin)
            .query(SCOPE)
            .gives(200, "PolicyOutcome"),
        route::post(
            "/api/v1/inventory/policies/preview",
            "What a change of policies would do to each listing; nothing is changed",
            preview,
        )
        .needs(Role::Viewer)
        .takes("PolicyPreviewRequest")
        .gives(200, "PolicyPreview"),
    ]
}

const SCOPE: &[Param] = &[
    Param {
        name: "channel",
        about: "For stores of this channel",
    },
    Param {
        name: "account",
        about: "For this store",
    },
    Param {
        name: "sku",
        about: "For this product",
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    sku: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<PolicyRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let tenant = app.tenant(caller.tenant);
    let product = match wanted.sku {
        Some(sku) => {
            let sku = inventory::parsed_sku(&sku)?;
            let product = tenant.product_by_sku(&sku).await?;
            Some(product.ok_or_else(|| inventory::no_product(&sku))?.id)
        }
        None => None,
    };
    let page = tenant.policies(product, &page).await?;
    Ok(ApiJson(List {
        data: page.items,
        next_cursor: page.next,
    }))
}

/// One policy to be set, or removed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    channel: Option<String>,
    account: Option<AccountId>,
    sku: Option<String>,
    terms: Option<Terms>,
}

impl From<Change> for PolicyChange {
    fn from(change: Change) -> Self {
        Self {
            channel: change.channel,
            account: change.account,
            sku: change.sku,
            terms: change.terms,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    changes: Vec<Change>,
}

/// What changing policies came to.
#[derive(Serialize)]
struct Outcome {
    contradictions: Vec<PolicyContradiction>,
}

async fn change(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<Changes>,
) -> Result<ApiJson<Outcome>, Problem> {
    let changes: Vec<PolicyChange> = body.changes.into_iter().map(Into::into).collect();
    if changes.is_empty() {
        return Err(Problem::field(
            "/changes",
            "name at least one policy to set or to remove",
        ));
    }
    let contradictions = app.hub().change_policies(&caller, &changes).await?;
    Ok(ApiJson(Outcome { contradictions }))
}

/// What is to change of one policy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    channel: Option<String>,
    account: Option<AccountId>,
    sku: Option<String>,
    terms: TermsPatch,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patches {
    changes: Vec<Patch>,
}

async fn patch(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<Patches>,
) -> Result<ApiJson<Outcome>, Problem> {
    let patch = |patch: Patch| PolicyPatch {
        channel: patch.channel,
        account: patch.account,
        sku: patch.sku,
        terms: patch.terms,
    };
    let patches: Vec<PolicyPatch> = body.changes.into_iter().map(patch).collect();
    if patches.is_empty() {
        return Err(Problem::field("/changes", "name at least one policy to change"));
    }
    let contradictions = app.hub().patch_policies(&caller, &patches).await?;
    Ok(ApiJson(Outcome { contradictions }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removed {
    channel: Option<String>,
    account: Option<String>,
    sku: Option<String>,
}

async fn remove(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(scope): ApiQuery<Removed>,
) -> Result<(StatusCode, ApiJson<Outcome>), Problem> {
    let change = PolicyChange {
        channel: scope.channel,
        account: parsed("account", scope.account)?,
        sku: scope.sku,
        terms: None,
    };
    let contradictions = app.hub().change_policies(&caller, &[change]).await?;
    Ok((StatusCode::OK, ApiJson(Outcome { contradictions })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preview {
    #[serde(default)]
    changes: Vec<Change>,
    sku: Option<String>,
    after: Option<String>,
    limit: Option<i64>,
}

/// What a change would do.
#[derive(Serialize)]
struct Previewed {
    rows: Vec<PreviewRow>,
}

async fn preview(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<Preview>,
) -> Result<ApiJson<Previewed>, Problem> {
    let changes: Vec<PolicyChange> = body.changes.into_iter().map(Into::into).collect();
    let request = PreviewRequest {
        sku: body.sku,
        after: body.after,
        limit: body.limit,
    };
    let rows = app.hub().preview_policies(&caller, &changes, &request).await?;
    Ok(ApiJson(Previewed { rows }))
}
