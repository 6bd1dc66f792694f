//! Conflicts: what channels show otherwise than they should, who wins, and what was done about it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stockbridge_domain::conflict::{ConflictState, Field, Limit, Strategy};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ConflictId, ListingId};
use stockbridge_engine::StrategyChange;
use stockbridge_store::{ConflictEvent, ConflictFilter, ConflictRecord, StrategyRecord, Winner};

use super::{inventory, paged};
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, one_of, page_query, parsed};
use crate::problem::{FieldProblem, Problem};
use crate::route::{self, Param, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/inventory/conflicts",
            "What channels show otherwise than they should; all that is not closed unless a state is given",
            list,
        )
        .query(paged![
            "state": "waiting, open, healing, stopped or closed",
            "field": "quantity, price, status, title, data or images",
            "account": "Only this store's, by id",
            "listing": "Only of this listing, by id",
        ])
        .lists("Conflict"),
        route::get("/api/v1/inventory/conflicts/{id}", "One conflict", get).gives(200, "Conflict"),
        route::post(
            "/api/v1/inventory/conflicts/{id}/resolve",
            "Decide who wins a conflict, or resume one that was stopped",
            resolve,
        )
        .takes("ConflictResolution")
        .gives(200, "Conflict"),
        route::post(
            "/api/v1/inventory/conflicts/resolve",
            "Decide many conflicts, each with its own outcome",
            resolve_many,
        )
        .takes("ConflictResolutions")
        .lists("ConflictOutcome"),
        route::get(
            "/api/v1/inventory/conflicts/history",
            "What was done about conflicts, the last first",
            history,
        )
        .query(paged!["conflict": "Only of this one, by id"])
        .lists("ConflictEvent"),
    ]
    .into_iter()
    .chain(settings())
    .collect()
}

/// Who wins by itself, and when a field counts as fought over.
fn settings() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/inventory/conflicts/strategies",
            "Who wins, as somebody set it: for everything, a channel, a store, a product, or a product on one of them",
            strategies,
        )
        .gives(200, "ConflictStrategies"),
        route::get(
            "/api/v1/inventory/conflicts/winners",
            "Who wins each field of a product on a store, and which level says so",
            winners,
        )
        .query(&[
            Param {
                name: "account",
                about: "The store, by id; what holds on all of them unless given",
            },
            Param {
                name: "sku",
                about: "The product; what holds for those nothing was set for unless given",
            },
        ])
        .lists("ConflictWinner"),
        route::put(
            "/api/v1/inventory/conflicts/strategies",
            "Set who wins a field; null takes it back",
            set,
        )
        .needs(Role::Admin)
        .takes("ConflictStrategyPut")
        .gives(200, "ConflictStrategies"),
        route::put(
            "/api/v1/inventory/conflicts/limit",
            "Set when a field counts as fought over",
            set_limit,
        )
        .needs(Role::Admin)
        .takes("ConflictLimit")
        .gives(200, "ConflictLimit"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    state: Option<String>,
    field: Option<String>,
    account: Option<String>,
    listing: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<ConflictRecord>>, Problem> {
    let filter = ConflictFilter {
        state: one_of("state", wanted.state, ConflictState::ALL)?,
        field: one_of("field", wanted.field, Field::ALL)?,
        account: parsed::<AccountId>("account", wanted.account)?,
        listing: parsed::<ListingId>("listing", wanted.listing)?,
    };
    let page = page_query(wanted.limit, wanted.cursor)?;
    Ok(ApiJson(
        app.tenant(caller.tenant).conflicts(&filter, &page).await?.into(),
    ))
}

async fn get(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<ConflictRecord>, Problem> {
    let id: ConflictId = path.id("id")?;
    let conflict = app.tenant(caller.tenant).conflict(id).await?;
    let missing = || Problem::not_found(format!("There is no conflict {id}."));
    Ok(ApiJson(conflict.ok_or_else(missing)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resolve {
    strategy: Strategy,
}

async fn resolve(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Resolve>,
) -> Result<ApiJson<ConflictRecord>, Problem> {
    let resolved = app
        .hub()
        .resolve_conflict(&caller, path.id("id")?, body.strategy)
        .await?;
    Ok(ApiJson(resolved))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResolveMany {
    ids: Vec<ConflictId>,
    strategy: Strategy,
}

/// What became of one of many.
#[derive(Serialize)]
struct Outcome {
    conflict: ConflictId,
    status: &'static str,
    state: Option<ConflictState>,
    errors: Vec<FieldProblem>,
}

async fn resolve_many(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<ResolveMany>,
) -> Result<ApiJson<List<Outcome>>, Problem> {
    let outcomes = app
        .hub()
        .resolve_conflicts(&caller, &body.ids, body.strategy)
        .await?;
    let outcome = |one: stockbridge_engine::ResolveOutcome| match one.result {
        Ok(resolved) => Outcome {
            conflict: one.conflict,
            status: "done",
            state: Some(resolved.state),
            errors: Vec::new(),
        },
        Err(refusal) => {
            let problem = Problem::from(refusal);
            let whole = FieldProblem {
                pointer: "/ids".into(),
                message: problem.detail,
            };
            Outcome {
                conflict: one.conflict,
                status: "refused",
                state: None,
                errors: if problem.errors.is_empty() {
                    vec![whole]
                } else {
                    problem.errors
                },
            }
        }
    };
    Ok(List::whole(outcomes.into_iter().map(outcome).collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedHistory {
    conflict: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn history(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<WantedHistory>,
) -> Result<ApiJson<List<ConflictEvent>>, Problem> {
    let conflict = parsed::<ConflictId>("conflict", wanted.conflict)?;
    let page = page_query(wanted.limit, wanted.cursor)?;
    Ok(ApiJson(
        app.tenant(caller.tenant)
            .conflict_events(conflict, &page)
            .await?
            .into(),
    ))
}

/// What is set, and what holds where nothing is.
#[derive(Serialize)]
struct Strategies {
    set: Vec<StrategyRecord>,
    usual: Vec<Usual>,
    limit: Limit,
}

#[derive(Serialize)]
struct Usual {
    field: Field,
    strategy: Strategy,
    allowed: &'static [Strategy],
}

async fn told(app: &App, who: &stockbridge_engine::Caller) -> Result<ApiJson<Strategies>, Problem> {
    let tenant = app.tenant(who.tenant);
    let usual = |field: &Field| Usual {
        field: *field,
        strategy: field.usual(),
        allowed: field.strategies(),
    };
    Ok(ApiJson(Strategies {
        set: tenant.conflict_strategies().await?,
        usual: Field::ALL.iter().map(usual).collect(),
        limit: tenant.conflict_limit().await?,
    }))
}

async fn strategies(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<Strategies>, Problem> {
    told(&app, &caller).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WinnersOf {
    account: Option<String>,
    sku: Option<String>,
}

async fn winners(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(of): ApiQuery<WinnersOf>,
) -> Result<ApiJson<List<Winner>>, Problem> {
    let tenant = app.tenant(caller.tenant);
    let account = parsed::<AccountId>("account", of.account)?;
    if let Some(id) = account
        && tenant.account(id).await?.is_none()
    {
        return Err(Problem::not_found(format!("There is no store {id}.")));
    }
    let product = match of.sku {
        Some(sku) => {
            let sku = inventory::parsed_sku(&sku)?;
            let product = tenant.product_by_sku(&sku).await?;
            Some(product.ok_or_else(|| inventory::no_product(&sku))?.id)
        }
        None => None,
    };
    Ok(List::whole(tenant.conflict_winners(account, product).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetStrategy {
    channel: Option<String>,
    sku: Option<String>,
    account: Option<AccountId>,
    field: Field,
    strategy: Option<Strategy>,
    priority: Option<i64>,
}

async fn set(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<SetStrategy>,
) -> Result<ApiJson<Strategies>, Problem> {
    let change = StrategyChange {
        channel: body.channel,
        account: body.account,
        sku: body.sku,
        field: body.field,
        strategy: body.strategy.map(|s| (s, body.priority.unwrap_or(100))),
    };
    app.hub().set_conflict_strategy(&caller, &change).await?;
    told(&app, &caller).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetLimit {
    repushes: i64,
    window_secs: i64,
}

async fn set_limit(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<SetLimit>,
) -> Result<ApiJson<Limit>, Problem> {
    let limit = Limit {
        repushes: body.repushes,
        window_secs: body.window_secs,
    };
    app.hub().set_conflict_limit(&caller, limit).await?;
    Ok(ApiJson(limit))
}
