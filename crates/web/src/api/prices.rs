//! Prices: rules by level, what waits for a word, and why a price is what it is.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::pricing::{Rule, Scope};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ListingId, Money, ProductId};
use stockbridge_store::{
    HeldPrice, Hypothesis, PriceFilter, PricePreview, PriceSettings, ProductCosts, RuleRecord,
};

use super::catalog::found;
use super::paged;
use super::sales::NewSaleBody;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Paging, Who, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = of_rules();
    routes.extend(of_listings());
    routes
}

fn of_rules() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/prices/settings",
            "How far prices may move by themselves",
            settings,
        )
        .gives(200, "PriceSettings"),
        route::put(
            "/api/v1/prices/settings",
            "Set how far prices may move by themselves",
            set_settings,
        )
        .needs(Role::Admin)
        .takes("PriceSettings")
        .gives(200, "PriceSettings"),
        route::get("/api/v1/prices/rules", "Price rules by level", rules)
            .query(paged![])
            .lists("PriceRule"),
        route::put(
            "/api/v1/prices/rules",
            "Set a level's price rule; an empty one takes it away",
            set_rule,
        )
        .takes("PriceRulePut")
        .gives(200, "PriceRule"),
        route::post(
            "/api/v1/prices/preview",
            "What prices would be, with every step; writes nothing",
            preview,
        )
        .needs(Role::Viewer)
        .takes("PricePreviewQuery")
        .lists("PricePreview"),
    ]
}

fn of_listings() -> Vec<Route> {
    vec![
        route::get("/api/v1/prices/held", "Prices that are not sent, and why", held)
            .query(paged!["account": "Only this store's, by id"])
            .lists("HeldPrice"),
        route::post(
            "/api/v1/prices/held/{id}/approve",
            "Say yes to the price of a listing that waits",
            approve,
        )
        .takes("PriceApproval")
        .gives(200, "PricePreview"),
        route::get(
            "/api/v1/listings/{id}/price",
            "Why a listing's price is what it is",
            why,
        )
        .gives(200, "PricePreview"),
        route::delete(
            "/api/v1/listings/{id}/price",
            "Take a listing's own price away, so that the rules decide",
            clear,
        ),
    ]
}

async fn settings(State(app): State<App>, Who(caller): Who) -> Result<ApiJson<PriceSettings>, Problem> {
    Ok(ApiJson(app.tenant(caller.tenant).price_settings().await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetSettings {
    variance: BasisPoints,
    rate_max_days: i64,
}

async fn set_settings(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<SetSettings>,
) -> Result<ApiJson<PriceSettings>, Problem> {
    let settings = PriceSettings {
        variance: body.variance,
        rate_max_days: body.rate_max_days,
    };
    app.hub().set_price_settings(&caller, settings).await?;
    Ok(ApiJson(settings))
}

/// Part of a list without conditions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    limit: Option<String>,
    cursor: Option<String>,
}

impl Window {
    /// How much of it.
    pub(super) fn paging(self) -> Paging {
        Paging {
            limit: self.limit,
            cursor: self.cursor,
        }
    }
}

async fn rules(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(window): ApiQuery<Window>,
) -> Result<ApiJson<List<RuleRecord>>, Problem> {
    let page = window.paging().query()?;
    Ok(ApiJson(
        app.tenant(caller.tenant).price_rules(&page).await?.into(),
    ))
}

/// A rule and its level, in one object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetRule {
    scope: Scope,
    keep: Option<bool>,
    fee_part: Option<BasisPoints>,
    fee_fixed: Option<Money>,
    margin: Option<BasisPoints>,
    floor: Option<Money>,
    ending: Option<stockbridge_domain::pricing::Ending>,
    price: Option<Money>,
}

impl SetRule {
    fn parts(self) -> (Scope, Rule) {
        let rule = Rule {
            keep: self.keep,
            fee_part: self.fee_part,
            fee_fixed: self.fee_fixed,
            margin: self.margin,
            floor: self.floor,
            ending: self.ending,
            price: self.price,
        };
        (self.scope, rule)
    }
}

async fn set_rule(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<SetRule>,
) -> Result<ApiJson<RuleRecord>, Problem> {
    let (scope, rule) = body.parts();
    app.hub().set_price_rule(&caller, &scope, rule).await?;
    Ok(ApiJson(RuleRecord {
        scope,
        rule,
        updated_at: app.now(),
    }))
}

/// Which prices, and what is supposed of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppose {
    scope: Option<Scope>,
    search: Option<String>,
    after: Option<ListingId>,
    limit: Option<i64>,
    rule: Option<SetRule>,
    product: Option<SupposeProduct>,
    sale: Option<NewSaleBody>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SupposeProduct {
    product: ProductId,
    base: Option<Money>,
    cost: Option<Money>,
    floor: Option<Money>,
}

async fn preview(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<Suppose>,
) -> Result<ApiJson<List<PricePreview>>, Problem> {
    let limit = body.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Problem::field(
            "/limit",
            format!("`{limit}` is not a whole number from 1 to 200"),
        ));
    }
    let rule = body.rule.map(SetRule::parts);
    if let Some((scope, rule)) = &rule {
        refuse_below("/rule", rule.problems(scope))?;
    }
    let sale = match body.sale {
        None => None,
        Some(sale) => {
            let sale = sale.read(app.hub().env().id()).map_err(|p| below("/sale", p))?;
            refuse_below("/sale", sale.problems())?;
            Some(sale)
        }
    };
    let scope = body
        .scope
        .or_else(|| rule.as_ref().map(|(scope, _)| scope.clone()));
    let wanted = PriceFilter {
        scope: scope
            .or_else(|| body.product.as_ref().map(|p| Scope::Product(p.product)))
            .or_else(|| sale.as_ref().map(|s| s.scope.clone())),
        search: body.search,
        after: body.after,
        limit,
    };
    let product = body.product.map(|p| {
        let costs = ProductCosts {
            cost: p.cost,
            floor: p.floor,
        };
        (p.product, p.base, costs)
    });
    let supposed = Hypothesis { rule, product, sale };
    Ok(List::whole(
        app.tenant(caller.tenant)
            .preview_prices(&wanted, &supposed)
            .await?,
    ))
}

fn refuse_below(place: &str, found: Vec<stockbridge_domain::FieldError>) -> Result<(), Problem> {
    if found.is_empty() {
        return Ok(());
    }
    Err(below(place, stockbridge_engine::Refusal::Fields(found).into()))
}

/// A problem with its pointers inside of a part of the body.
fn below(place: &str, mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        error.pointer = format!("{place}{}", error.pointer);
    }
    Problem::fields(problem.errors)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedHeld {
    account: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn held(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<WantedHeld>,
) -> Result<ApiJson<List<HeldPrice>>, Problem> {
    let account = parsed::<AccountId>("account", wanted.account)?;
    let page = page_query(wanted.limit, wanted.cursor)?;
    Ok(ApiJson(
        app.tenant(caller.tenant)
            .held_prices(account, &page)
            .await?
            .into(),
    ))
}

/// The price as the person saw it who says yes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    price: Money,
}

async fn approve(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<Approval>,
) -> Result<ApiJson<PricePreview>, Problem> {
    let id: ListingId = path.id("id")?;
    app.hub().approve_price(&caller, id, body.price).await?;
    Ok(ApiJson(app.hub().explain_price(&caller, id).await?))
}

async fn why(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<PricePreview>, Problem> {
    Ok(ApiJson(app.hub().explain_price(&caller, path.id("id")?).await?))
}

async fn clear(State(app): State<App>, who: Who, path: ApiPath) -> Result<StatusCode, Problem> {
    let id: ListingId = path.id("id")?;
    found(&app, &who, id).await?;
    app.hub().clear_price(&who.0, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
