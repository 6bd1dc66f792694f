//! Alerts: the list, and what a person does with one.

use std::time::Duration;

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AlertId, Timestamp};
use stockbridge_store::{AlertFilter, AlertRecord, AlertState, PageQuery, Severity};

use super::{Accounts, Frame, address, component, done, pager};
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::alerts::{ALL_QUIET, AlertRow, AlertsPage, NONE_HERE};
use crate::view::words::when;
use crate::view::{Badge, Tab, Tone};

/// "Later" on the page.
const SNOOZE: Duration = Duration::from_secs(24 * 3_600);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::page(Method::GET, "/alerts", Access::Role(Role::Viewer), list),
        Route::page(Method::POST, "/alerts/{id}", Access::Role(Role::Operator), decide),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    state: Option<String>,
    cursor: Option<String>,
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let state = wanted
        .state
        .as_deref()
        .and_then(AlertState::parse)
        .unwrap_or(AlertState::Open);
    let filter = AlertFilter {
        state: Some(state),
        ..AlertFilter::default()
    };
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let tenant = frame.tenant();
    let found = tenant.alerts(&filter, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let now = frame.app.now();
    let tabs = [
        (AlertState::Open, "Open"),
        (AlertState::Acknowledged, "Seen"),
        (AlertState::Snoozed, "Later"),
        (AlertState::Resolved, "Resolved"),
    ];
    let page = AlertsPage {
        tabs: tabs
            .into_iter()
            .map(|(value, text)| Tab {
                href: address("/alerts", &[("state", value.name())]),
                text: text.into(),
                count: None,
                chosen: value == state,
            })
            .collect(),
        rows: found.items.iter().map(|a| row(a, &accounts, now)).collect(),
        pager: pager(
            "/alerts",
            &[("state", state.name())],
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
        empty: if state == AlertState::Open {
            ALL_QUIET
        } else {
            NONE_HERE
        },
    };
    frame.show("alerts", "Alerts", "alerts", &page).await
}

fn row(alert: &AlertRecord, accounts: &Accounts, now: Timestamp) -> AlertRow {
    let tone = match alert.severity {
        Severity::Critical => Tone::Bad,
        Severity::Warning => Tone::Warn,
        Severity::Info => Tone::Info,
    };
    AlertRow {
        id: alert.id.to_string(),
        tone,
        severity: alert.severity.name().to_owned(),
        title: alert.title.clone(),
        detail: alert.detail.clone(),
        link: link(&alert.kind, alert.subject.as_deref().unwrap_or_default()),
        account: alert.account.map(|id| accounts.name(id)),
        times: alert.times,
        first: when(alert.first_at, now),
        last: when(alert.last_at, now),
        state: Badge::new(Tone::Quiet, alert.state.name()),
        open: alert.state != AlertState::Resolved,
        acknowledged: alert.state == AlertState::Acknowledged,
    }
}

/// The page where something can be done about an alert.
fn link(kind: &str, subject: &str) -> Option<(String, &'static str)> {
    if subject.starts_with("ord_") {
        return Some((format!("/orders/{}", component(subject)), "Open the order"));
    }
    let (family, _) = kind.split_once('.')?;
    let plain = |path: &str, text| Some((path.to_owned(), text));
    match family {
        "stock" if !subject.is_empty() => {
            Some((format!("/stock/{}", component(subject)), "Open the product"))
        }
        "order" if !subject.is_empty() => Some((address("/orders", &[("q", subject)]), "Find the order")),
        "report" if !subject.is_empty() => {
            Some((format!("/reports/{}", component(subject)), "Open the report"))
        }
        "return" => plain("/returns", "Open returns"),
        "price" => plain("/prices", "Open prices"),
        "account" | "webhook" => plain("/channels", "Open channels"),
        "listing" if kind == "listing.unmapped" => plain("/mappings", "Map it to a product"),
        "listing" => plain("/conflicts", "Open conflicts"),
        "books" => plain("/sync", "Open sync"),
        _ => None,
    }
}

async fn decide(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: AlertId = path.id("id")?;
    let (state, until, text) = match form.get("do") {
        "acknowledge" => (AlertState::Acknowledged, None, "Marked as seen."),
        "snooze" => (
            AlertState::Snoozed,
            Some(app.now().plus(SNOOZE)),
            "It comes back in a day unless its cause is gone.",
        ),
        "resolve" => (
            AlertState::Resolved,
            None,
            "Resolved; it comes back if it happens again.",
        ),
        _ => {
            return Err(Problem::field(
                "/do",
                "choose what to do: acknowledge, snooze or resolve",
            ));
        }
    };
    if app
        .tenant(caller.tenant)
        .set_alert_state(id, state, until, &caller.actor)
        .await?
    {
        Ok(done(&app, &form.back(), text))
    } else {
        Err(Problem::not_found("There is no such alert."))
    }
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn an_alert_leads_to_where_something_can_be_done() {
        let cases = [
            ("stock.short", "BLUE/1", Some("/stock/BLUE%2F1")),
            ("stock.short", "", None),
            ("shipment.refused", "ord_1", Some("/orders/ord_1")),
            ("order.unknown_status", "C-1", Some("/orders?q=C-1")),
            ("listing.unmapped", "A", Some("/mappings")),
            ("listing.drift", "lst_1", Some("/conflicts")),
            ("books.broken", "", Some("/sync")),
            ("report.failed", "rpt_1", Some("/reports/rpt_1")),
            ("something.new", "x", None),
        ];
        for (kind, subject, expected) in cases {
            let found = link(kind, subject).map(|(href, _)| href);
            assert_eq!(found.as_deref(), expected, "{kind} {subject}");
        }
    }
}
