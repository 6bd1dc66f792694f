//! Money that channels moved: what they took, kept, gave back and paid out.

use axum::extract::State;
use serde::Deserialize;
use stockbridge_domain::channel::{MoneyEvent, OrderMoney};
use stockbridge_domain::{AccountId, OrderId, Timestamp};
use stockbridge_store::{MoneyFilter, MoneyRecord, MoneySum, SettlementFilter, SettlementRecord};

use super::paged;
use crate::extract::{ApiJson, ApiPath, ApiQuery, List, Who, one_of, page_query, parsed};
use crate::problem::Problem;
use crate::route::{self, Param, Route};
use crate::state::App;

const SUMMED: &[Param] = &[
    Param {
        name: "account",
        about: "Only this store's, by id",
    },
    Param {
        name: "from",
        about: "Posted at or after this instant (RFC 3339)",
    },
    Param {
        name: "to",
        about: "Posted before this instant (RFC 3339)",
    },
];

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::get(
            "/api/v1/finance/transactions",
            "Money that channels moved, the latest first, as they posted it",
            transactions,
        )
        .query(paged![
            "account": "Only this store's, by id",
            "event": "sale, refund, fee, adjustment, payout or other",
            "order": "Only of the order with this number of the channel's",
            "from": "Posted at or after this instant (RFC 3339)",
            "to": "Posted before this instant (RFC 3339)",
        ])
        .lists("MoneyTransaction"),
        route::get(
            "/api/v1/finance/summary",
            "Sums by store, kind and currency; what was held back and released counts once",
            summary,
        )
        .query(SUMMED)
        .lists("MoneySum"),
        route::get(
            "/api/v1/finance/settlements",
            "What channels paid, the latest first, against their own lines and the transactions that name them",
            settlements,
        )
        .query(paged!["account": "Only this store's, by id"])
        .lists("Settlement"),
        route::get(
            "/api/v1/orders/{id}/money",
            "What the channel posted of an order against what the order says, by currency",
            of_order,
        )
        .lists("OrderMoney"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    account: Option<String>,
    event: Option<String>,
    order: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn transactions(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<ApiJson<List<MoneyRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let filter = MoneyFilter {
        account: parsed::<AccountId>("account", wanted.account)?,
        event: one_of("event", wanted.event, MoneyEvent::ALL)?,
        order: wanted.order,
        from: instant("from", wanted.from)?,
        to: instant("to", wanted.to)?,
    };
    let found = app.tenant(caller.tenant).money(&filter, &page).await?;
    Ok(ApiJson(found.into()))
}

fn instant(name: &str, text: Option<String>) -> Result<Option<Timestamp>, Problem> {
    text.map(|t| Timestamp::parse(&t).map_err(|message| Problem::field(format!("/query/{name}"), message)))
        .transpose()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Period {
    account: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

async fn summary(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Period>,
) -> Result<ApiJson<List<MoneySum>>, Problem> {
    let filter = MoneyFilter {
        account: parsed::<AccountId>("account", wanted.account)?,
        from: instant("from", wanted.from)?,
        to: instant("to", wanted.to)?,
        ..MoneyFilter::default()
    };
    Ok(List::whole(app.tenant(caller.tenant).money_sums(&filter).await?))
}

async fn of_order(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
) -> Result<ApiJson<List<OrderMoney>>, Problem> {
    let id: OrderId = path.id("id")?;
    let money = app.tenant(caller.tenant).order_money(id).await?;
    Ok(List::whole(
        money.ok_or_else(|| Problem::not_found("There is no such order."))?,
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paid {
    account: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn settlements(
    State(app): State<App>,
    Who(caller): Who,
    ApiQuery(wanted): ApiQuery<Paid>,
) -> Result<ApiJson<List<SettlementRecord>>, Problem> {
    let page = page_query(wanted.limit, wanted.cursor)?;
    let filter = SettlementFilter {
        account: parsed::<AccountId>("account", wanted.account)?,
    };
    let found = app.tenant(caller.tenant).settlements(&filter, &page).await?;
    Ok(ApiJson(found.into()))
}
