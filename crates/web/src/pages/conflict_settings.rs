//! Who wins conflicts by itself, and when a field counts as fought over.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::AccountId;
use stockbridge_domain::conflict::{Field, Limit, Strategy};
use stockbridge_domain::tenant::Role;
use stockbridge_engine::StrategyChange;

use super::done;
use super::typed::{chosen, whole};
use crate::extract::Who;
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;

pub(super) fn routes() -> Vec<Route> {
    let admin = Access::Role(Role::Admin);
    vec![
        Route::page(Method::POST, "/conflicts/strategy", admin, set_strategy),
        Route::page(Method::POST, "/conflicts/limit", admin, set_limit),
    ]
}

async fn set_strategy(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let field = Field::parse(form.get("field")).ok_or_else(|| chosen("field", "choose a field"))?;
    let account = form
        .optional("account")
        .map(|id| id.parse::<AccountId>())
        .transpose();
    let account = account.map_err(|_| chosen("account", "choose an account of the list"))?;
    let priority = whole(&form, "priority")?.unwrap_or(100);
    let change = StrategyChange {
        channel: form.optional("channel"),
        account,
        sku: form.optional("sku"),
        field,
        strategy: Strategy::parse(form.get("strategy")).map(|s| (s, priority)),
    };
    app.hub().set_conflict_strategy(&caller, &change).await?;
    Ok(done(&app, "/conflicts", format!("Saved: {field}.")))
}

async fn set_limit(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let missing = |name: &str, message: &str| Problem::field(format!("/{name}"), message);
    let repushes = whole(&form, "repushes")?.ok_or_else(|| {
        missing(
            "repushes",
            "say how often the hub may set a field right, such as 3",
        )
    })?;
    let hours = whole(&form, "window_hours")?
        .ok_or_else(|| missing("window_hours", "say within how many hours, such as 24"))?;
    let limit = Limit {
        repushes,
        window_secs: hours.saturating_mul(3_600),
    };
    let set = app.hub().set_conflict_limit(&caller, limit).await;
    set.map_err(|refusal| {
        let mut problem = Problem::from(refusal);
        for error in problem.errors.iter_mut().filter(|e| e.pointer == "/window_secs") {
            error.pointer = "/window_hours".into();
            error.message = format!("`{hours}` cannot be; give 1 to 720 hours (30 days)");
        }
        problem
    })?;
    Ok(done(
        &app,
        "/conflicts",
        "Saved; it holds from the next difference on.",
    ))
}
