//! Who wins conflicts by itself, and when a field counts as fought over.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::AccountId;
use stockbridge_domain::allocation::Level;
use stockbridge_domain::conflict::{Field, Limit, Strategy};
use stockbridge_domain::tenant::Role;
use stockbridge_engine::StrategyChange;
use stockbridge_store::{StoreError, StrategyRecord, Tenant, Winner};

use super::typed::{chosen, whole};
use super::{Accounts, channel_label, done};
use crate::extract::Who;
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::Choice;
use crate::view::conflicts::StrategyRow;

pub(super) fn routes() -> Vec<Route> {
    let admin = Access::Role(Role::Admin);
    vec![
        Route::page(Method::POST, "/conflicts/strategy", admin, set_strategy),
        Route::page(Method::POST, "/conflicts/limit", admin, set_limit),
    ]
}

/// Who wins by itself, where somebody said so.
pub(super) async fn strategies(
    app: &App,
    tenant: &Tenant,
    accounts: &Accounts,
) -> Result<Vec<StrategyRow>, StoreError> {
    let set = tenant.conflict_strategies().await?;
    let row = |s: StrategyRecord| {
        let channel = s.scope.channel.as_ref().map(|c| channel_label(app, c.as_str()));
        let account = s.scope.account.map(|id| accounts.name(id));
        let of = channel.or(account).unwrap_or_else(|| "Everything".into());
        StrategyRow {
            of: match s.sku {
                Some(sku) if s.level == Level::Product => sku.to_string(),
                Some(sku) => format!("{sku} on {of}"),
                None => of,
            },
            field: s.field.to_string(),
            winner: winner(s.strategy, s.priority),
        }
    };
    Ok(set.into_iter().map(row).collect())
}

/// Channels of the tenant's accounts, with all of them first.
pub(super) fn channels(app: &App, accounts: &Accounts) -> Vec<Choice> {
    let kinds: BTreeSet<&str> = accounts.0.iter().map(|a| a.channel.as_str()).collect();
    let all = Choice {
        value: String::new(),
        text: "All channels".into(),
        chosen: true,
    };
    let one = |kind: &str| Choice {
        value: kind.to_owned(),
        text: channel_label(app, kind),
        chosen: false,
    };
    std::iter::once(all).chain(kinds.into_iter().map(one)).collect()
}

/// Who wins a conflict by itself, and where that was said: `the hub, as set for the channel`.
pub(super) fn rule(found: Winner) -> String {
    let from = match found.level {
        None => "as usual; nobody set anything for it",
        Some(Level::Tenant) => "as set for everything",
        Some(Level::Channel) => "as set for the channel",
        Some(Level::Account) => "as set for the account",
        Some(Level::Product) => "as set for the product",
        Some(Level::ProductOnChannel) => "as set for the product on the channel",
        Some(Level::ProductOnAccount) => "as set for the product on the account",
    };
    format!("{}, {from}", winner(found.strategy, found.priority))
}

/// Who may win by itself.
pub(super) fn set_winners() -> Vec<Choice> {
    let usual = Choice {
        value: String::new(),
        text: "as usual".into(),
        chosen: true,
    };
    let one = |strategy: &Strategy| Choice {
        value: strategy.name().into(),
        text: match strategy {
            Strategy::SourceWins => "the channel, by priority".into(),
            other => winner(*other, 0),
        },
        chosen: false,
    };
    std::iter::once(usual)
        .chain(Strategy::ALL.iter().map(one))
        .collect()
}

fn winner(strategy: Strategy, priority: i64) -> String {
    match strategy {
        Strategy::HubWins => "the hub".into(),
        Strategy::SourceWins => format!("the channel, priority {priority}"),
        Strategy::Highest => "the higher of the two".into(),
        Strategy::Lowest => "the lower of the two".into(),
        Strategy::Ignore => "nobody, both stay as they are".into(),
        Strategy::Manual => "a person decides".into(),
    }
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
