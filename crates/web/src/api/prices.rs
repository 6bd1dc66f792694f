//! Prices: rules by level, sales, exchange rates, what waits for a word, and why a price is what it is.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::pricing::{Day, Quote, Rule, Sale, SaleChange, Scope, rate_micro, read_ecb};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, Currency, ListingId, Money, ProductId, SaleId, Sku, Timestamp};
use stockbridge_engine::{NewSale, ProductPricePatch, ProductPrices};
use stockbridge_store::{
    HeldPrice, Hypothesis, PriceFilter, PricePreview, PriceSettings, ProductCosts, RateRecord, RuleRecord,
};

use super::catalog::{found, present};
use super::inventory::{no_product, sku_of};
use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Paging, Who, parsed};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = of_rules();
    routes.extend(of_sales_and_rates());
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

fn of_sales_and_rates() -> Vec<Route> {
    vec![
        route::get("/api/v1/prices/sales", "Sales, those that end last first", sales)
            .query(paged![])
            .lists("Sale"),
        route::post("/api/v1/prices/sales", "Enter a sale", create_sale)
            .takes("NewSale")
            .gives(201, "Sale"),
        route::delete(
            "/api/v1/prices/sales/{id}",
            "Take a sale away, or end it now",
            delete_sale,
        ),
        route::get(
            "/api/v1/prices/rates",
            "Exchange rates, the latest day first",
            rates,
        )
        .query(paged!["day": "Only of this day, such as 2026-11-20"])
        .lists("Rate"),
        route::post(
            "/api/v1/prices/rates",
            "Import exchange rates: a file of the European Central Bank, or values",
            import,
        )
        .takes("RatesImport")
        .gives(200, "RatesImported"),
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
        route::get(
            "/api/v1/products/{sku}/prices",
            "A product's base price, cost and floor",
            product,
        )
        .gives(200, "ProductPrices"),
        route::put(
            "/api/v1/products/{sku}/prices",
            "Set a product's base price, cost and floor",
            set_product,
        )
        .takes("ProductPricesPut")
        .gives(200, "ProductPrices"),
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
struct Window {
    limit: Option<String>,
    cursor: Option<String>,
}

impl Window {
    fn paging(self) -> Paging {
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

/// A sale as the API gives it.
#[derive(Serialize)]
struct SaleView {
    id: SaleId,
    name: String,
    scope: Scope,
    starts_at: Timestamp,
    ends_at: Timestamp,
    price: Option<Money>,
    off: Option<BasisPoints>,
    now: bool,
}

impl SaleView {
    fn of(sale: Sale, now: Timestamp) -> Self {
        let (price, off) = match sale.change {
            SaleChange::Price(price) => (Some(price), None),
            SaleChange::Off(off) => (None, Some(off)),
        };
        Self {
            now: sale.holds(now),
            id: sale.id,
            name: sale.name,
            scope: sale.scope,
            starts_at: sale.starts_at,
            ends_at: sale.ends_at,
            price,
            off,
        }
    }
}

async fn sales(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(window): ApiQuery<Window>,
) -> Result<ApiJson<List<SaleView>>, Problem> {
    let page = app
        .tenant(caller.tenant)
        .price_sales(&window.paging().query()?)
        .await?;
    let now = app.now();
    Ok(ApiJson(List {
        data: page
            .items
            .into_iter()
            .map(|sale| SaleView::of(sale, now))
            .collect(),
        next_cursor: page.next,
    }))
}

/// A sale as it is sent: exactly one of `price` and `off`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSaleBody {
    name: String,
    scope: Scope,
    starts_at: Timestamp,
    ends_at: Timestamp,
    price: Option<Money>,
    off: Option<BasisPoints>,
}

impl NewSaleBody {
    fn read(self, id: SaleId) -> Result<Sale, Problem> {
        let change = match (self.price, self.off) {
            (Some(price), None) => SaleChange::Price(price),
            (None, Some(off)) => SaleChange::Off(off),
            _ => {
                let message = "give either `price`, or `off` in hundredths of a percent";
                return Err(Problem::field("/off", message));
            }
        };
        Ok(Sale {
            id,
            name: self.name,
            scope: self.scope,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            change,
        })
    }
}

async fn create_sale(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<NewSaleBody>,
) -> Result<(StatusCode, ApiJson<SaleView>), Problem> {
    let sale = body.read(app.hub().env().id())?;
    let new = NewSale {
        name: sale.name,
        scope: sale.scope,
        starts_at: sale.starts_at,
        ends_at: sale.ends_at,
        change: sale.change,
    };
    let sale = app.hub().create_sale(&caller, new).await?;
    Ok((StatusCode::CREATED, ApiJson(SaleView::of(sale, app.now()))))
}

async fn delete_sale(State(app): State<App>, Who(caller): Who, path: ApiPath) -> Result<StatusCode, Problem> {
    app.hub().delete_sale(&caller, path.id("id")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedRates {
    day: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn rates(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<WantedRates>,
) -> Result<ApiJson<List<RateRecord>>, Problem> {
    let day = wanted.day.as_deref().map(Day::parse).transpose();
    let day = day.map_err(|message| Problem::field("/query/day", message))?;
    let page = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    };
    let page = page.query()?;
    Ok(ApiJson(
        app.tenant(caller.tenant).exchange_rates(day, &page).await?.into(),
    ))
}

/// Rates: the text of the bank's file, or a day and its values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    ecb_xml: Option<String>,
    day: Option<Day>,
    rates: Option<std::collections::BTreeMap<String, String>>,
}

#[derive(Serialize)]
struct Imported {
    imported: usize,
    day: Day,
}

async fn import(
    State(app): State<App>,
    Who(caller): Who,
    ApiJson(body): ApiJson<Import>,
) -> Result<ApiJson<Imported>, Problem> {
    let (quotes, source) = match (body.ecb_xml, body.day, body.rates) {
        (Some(xml), None, None) => {
            let quotes = read_ecb(&xml).map_err(|error| Problem::field("/ecb_xml", error.to_string()))?;
            (quotes, "European Central Bank")
        }
        (None, Some(day), Some(rates)) => (typed_rates(day, &rates)?, "entered"),
        _ => {
            let message = "give either `ecb_xml`, or `day` and `rates`";
            return Err(Problem::field("/ecb_xml", message));
        }
    };
    let imported = app.hub().import_rates(&caller, &quotes, source).await?;
    let day = quotes.iter().map(|q| q.day).max().unwrap_or(Day(0));
    Ok(ApiJson(Imported { imported, day }))
}

fn typed_rates(day: Day, rates: &std::collections::BTreeMap<String, String>) -> Result<Vec<Quote>, Problem> {
    if rates.is_empty() || rates.len() > 200 {
        return Err(Problem::field(
            "/rates",
            "give 1 to 200 rates, such as {\"USD\": \"1.0876\"}",
        ));
    }
    let quote = |(code, rate): (&String, &String)| {
        let pointer = format!("/rates/{code}");
        let currency = Currency::parse(code).map_err(|e| Problem::field(&pointer, e.to_string()))?;
        let per_euro_micro = rate_micro(code, rate).map_err(|e| Problem::field(&pointer, e.to_string()))?;
        Ok(Quote {
            day,
            currency,
            per_euro_micro,
        })
    };
    rates.iter().map(quote).collect()
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
    let page = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    };
    let page = page.query()?;
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

/// A product's prices as the API gives them.
#[derive(Serialize)]
struct ProductView {
    sku: Sku,
    base: Option<Money>,
    cost: Option<Money>,
    floor: Option<Money>,
}

impl From<ProductPrices> for ProductView {
    fn from(prices: ProductPrices) -> Self {
        Self {
            sku: prices.product.sku,
            base: prices.product.base_price,
            cost: prices.costs.cost,
            floor: prices.costs.floor,
        }
    }
}

async fn product(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<ProductView>, Problem> {
    let sku = sku_of(&path)?;
    let tenant = app.tenant(caller.tenant);
    let product = tenant
        .product_by_sku(&sku)
        .await?
        .ok_or_else(|| no_product(&sku))?;
    let costs = tenant.product_costs(product.id).await?;
    Ok(ApiJson(ProductPrices { product, costs }.into()))
}

/// What changes: null takes an amount away, what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetProduct {
    #[serde(default, deserialize_with = "present")]
    base: Option<Option<Money>>,
    #[serde(default, deserialize_with = "present")]
    cost: Option<Option<Money>>,
    #[serde(default, deserialize_with = "present")]
    floor: Option<Option<Money>>,
}

async fn set_product(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    ApiJson(body): ApiJson<SetProduct>,
) -> Result<ApiJson<ProductView>, Problem> {
    let sku = sku_of(&path)?;
    let patch = ProductPricePatch {
        base: body.base,
        cost: body.cost,
        floor: body.floor,
    };
    Ok(ApiJson(
        app.hub().set_product_prices(&caller, &sku, patch).await?.into(),
    ))
}
