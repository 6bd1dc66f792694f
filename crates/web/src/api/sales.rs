//! Sales, and exchange rates of each day.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::pricing::{Day, Quote, Sale, SaleChange, Scope, rate_micro, read_ecb};
use stockbridge_domain::{Currency, Money, SaleId, Timestamp};
use stockbridge_engine::NewSale;
use stockbridge_store::RateRecord;

use super::paged;
use super::prices::Window;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, page_query};
use crate::problem::Problem;
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
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
pub(super) struct NewSaleBody {
    name: String,
    scope: Scope,
    starts_at: Timestamp,
    ends_at: Timestamp,
    price: Option<Money>,
    off: Option<BasisPoints>,
}

impl NewSaleBody {
    /// Under an id.
    ///
    /// # Errors
    /// Neither a price nor a part off, or both.
    pub(super) fn read(self, id: SaleId) -> Result<Sale, Problem> {
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
    let page = page_query(wanted.limit, wanted.cursor)?;
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
    rates: Option<BTreeMap<String, String>>,
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

/// Rates of a day as typed: by currency, units of it for one euro.
pub(crate) fn typed_rates(day: Day, rates: &BTreeMap<String, String>) -> Result<Vec<Quote>, Problem> {
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
