//! How far prices may move by themselves, and exchange rates of each day.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::pricing::{Day, Quote, read_ecb};
use stockbridge_domain::tenant::Role;
use stockbridge_store::{PageQuery, PriceSettings, RateRecord};

use super::prices::in_percent;
use super::typed::{percentage, whole};
use super::{Frame, done, pager};
use crate::api::sales::typed_rates;
use crate::extract::{ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::prices::{PriceSettingsPage, RateRow};
use crate::view::words::{count, when};

pub(super) fn routes() -> Vec<Route> {
    let (viewer, operator) = (Access::Role(Role::Viewer), Access::Role(Role::Operator));
    vec![
        Route::page(Method::GET, "/prices/settings", viewer, show),
        Route::page(Method::POST, "/prices/settings", Access::Role(Role::Admin), set),
        Route::page(Method::POST, "/prices/rates", operator, import),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    cursor: Option<String>,
}

async fn show(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let tenant = frame.tenant();
    let settings = tenant.price_settings().await?;
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let found = tenant.exchange_rates(None, &query).await?;
    let now = frame.app.now();
    let row = |rate: &RateRecord| RateRow {
        day: rate.day.to_string(),
        currency: rate.currency.to_string(),
        per_euro: rate.per_euro.clone(),
        source: rate.source.clone(),
        imported: when(rate.imported_at, now),
    };
    let page = PriceSettingsPage {
        variance: in_percent(settings.variance),
        rate_max_days: settings.rate_max_days,
        today: Day::of(now).to_string(),
        rates: found.items.iter().map(row).collect(),
        pager: pager(
            "/prices/settings",
            &[],
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
    };
    frame
        .show("price_settings", "Limits and exchange rates", "prices", &page)
        .await
}

async fn set(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let missing = |name: &str, message: &str| Problem::field(format!("/{name}"), message);
    let settings = PriceSettings {
        variance: percentage(&form, "variance")?
            .ok_or_else(|| missing("variance", "say how far a price may move, in percent, such as 10"))?,
        rate_max_days: whole(&form, "rate_max_days")?
            .ok_or_else(|| missing("rate_max_days", "say how many days a rate may be old, such as 5"))?,
    };
    app.hub().set_price_settings(&caller, settings).await?;
    Ok(done(&app, &form.back(), "Saved; prices are computed anew."))
}

/// Rates as typed: the bank's file when it looks like one, else a currency and its rate to a line.
fn quotes(form: &Form) -> Result<(Vec<Quote>, &'static str), Problem> {
    let text = form.get("rates");
    if text.starts_with('<') {
        let quotes = read_ecb(text).map_err(|error| Problem::field("/rates", error.to_string()))?;
        return Ok((quotes, "European Central Bank"));
    }
    let day = Day::parse(form.get("day")).map_err(|message| Problem::field("/day", message))?;
    let mut rates = BTreeMap::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let wrong = || {
            let message = format!(
                "line {}: `{}` is no currency with its rate; write it like USD 1.0876",
                index + 1,
                line.trim()
            );
            Problem::field("/rates", message)
        };
        let (code, rate) = line.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
        rates.insert(code.to_uppercase(), rate.trim().to_owned());
    }
    let read = typed_rates(day, &rates);
    let quotes = read.map_err(|mut problem| {
        for error in &mut problem.errors {
            error.pointer = "/rates".into();
        }
        problem
    })?;
    Ok((quotes, "entered"))
}

async fn import(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let (quotes, source) = quotes(&form)?;
    let imported = app.hub().import_rates(&caller, &quotes, source).await?;
    let many = i64::try_from(imported).unwrap_or(i64::MAX);
    let text = format!(
        "{} taken in; prices that need them follow.",
        count(many, "rate", "rates")
    );
    Ok(done(&app, &form.back(), text))
}
