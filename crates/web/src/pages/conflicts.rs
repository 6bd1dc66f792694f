//! Conflicts: the list with its filters, deciding many at once after a second look, and one with its history.

use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::conflict::{Action, ConflictState, Field, Strategy};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ConflictId, Timestamp};
use stockbridge_store::{ConflictCounts, ConflictEvent, ConflictFilter, ConflictRecord, PageQuery};

use super::conflict_settings::{channels, rule, set_winners, strategies};
use super::doers::Doers;
use super::{Accounts, Frame, address, done, pager, product_href};
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::view::conflicts::{
    ALL_AGREE, Confirm, ConflictPage, ConflictRow, ConflictsPage, EventRow, NONE_HERE,
};
use crate::view::words::{count, duration, when};
use crate::view::{Badge, Choice, Tab, Tone};

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::GET, "/conflicts", Access::Role(Role::Viewer), list),
        Route::page(Method::POST, "/conflicts/resolve", operator, resolve),
        Route::page(Method::GET, "/conflicts/{id}", Access::Role(Role::Viewer), one),
    ]
}

#[derive(Deserialize, Default)]
struct Wanted {
    state: Option<String>,
    field: Option<String>,
    account: Option<String>,
    cursor: Option<String>,
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    show(frame, wanted, None).await
}

/// What a person has to decide of conflicts and prices.
pub(super) fn to_decide(
    conflicts: ConflictCounts,
    prices_held: i64,
) -> [(i64, Tone, [&'static str; 2], &'static str); 5] {
    [
        (
            conflicts.stopped,
            Tone::Bad,
            [
                "listing is fought over with another system",
                "listings are fought over with another system",
            ],
            "/conflicts?state=stopped",
        ),
        (
            conflicts.open,
            Tone::Warn,
            [
                "channel's value waits for your decision",
                "channels' values wait for your decision",
            ],
            "/conflicts?state=open",
        ),
        (
            conflicts.data,
            Tone::Info,
            [
                "listing is called otherwise than its product",
                "listings are called otherwise than their products",
            ],
            "/conflicts?field=data",
        ),
        (
            conflicts.images,
            Tone::Info,
            [
                "listing has fewer images than another of its product",
                "listings have fewer images than others of their products",
            ],
            "/conflicts?field=images",
        ),
        (
            prices_held,
            Tone::Warn,
            ["price is not sent", "prices are not sent"],
            "/prices",
        ),
    ]
}

async fn show(frame: Frame, wanted: Wanted, confirm: Option<Confirm>) -> Result<Response, Problem> {
    let (state, field, account) = (
        wanted.state.unwrap_or_default(),
        wanted.field.unwrap_or_default(),
        wanted.account.unwrap_or_default(),
    );
    let filter = ConflictFilter {
        state: ConflictState::parse(&state),
        field: Field::parse(&field),
        account: account.parse::<AccountId>().ok(),
        listing: None,
    };
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let tenant = frame.tenant();
    let found = tenant.conflicts(&filter, &query).await?;
    let counts = tenant.conflict_counts().await?;
    let accounts = Accounts::of(&tenant).await?;
    let doers = Doers::of(&tenant).await?;
    let limit = tenant.conflict_limit().await?;
    let history = tenant.conflict_events(None, &PageQuery::first(20)).await?.items;
    let now = frame.app.now();
    let parameters = [
        ("state", state.as_str()),
        ("field", &field),
        ("account", &account),
    ];
    let page = ConflictsPage {
        tabs: tabs(
            &state,
            [
                counts.open + counts.data + counts.images,
                counts.stopped,
                counts.healing,
            ],
        ),
        accounts: accounts.choices(&account),
        fields: fields(&field),
        rows: found.items.iter().map(|c| row(c, &accounts, now)).collect(),
        live: filter.state != Some(ConflictState::Closed),
        pager: pager(
            "/conflicts",
            &parameters,
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
        empty: if filter == ConflictFilter::default() {
            ALL_AGREE
        } else {
            NONE_HERE
        },
        confirm,
        strategies: strategies(&frame.app, &tenant, &accounts).await?,
        channels: channels(&frame.app, &accounts),
        limit: format!(
            "{} in {}",
            count(limit.repushes, "time", "times"),
            duration(limit.window())
        ),
        repushes: limit.repushes,
        window_hours: limit.window_secs / 3_600,
        set_fields: fields("").split_off(1),
        set_winners: set_winners(),
        winners: winners(Strategy::ALL),
        history: history.iter().map(|e| event(e, &doers, now)).collect(),
        state,
    };
    frame.show("conflicts", "Conflicts", "conflicts", &page).await
}

/// Ways to resolve a conflict by hand, of those that are allowed.
fn winners(allowed: &[Strategy]) -> Vec<Choice> {
    let words = |strategy: Strategy| match strategy {
        Strategy::HubWins => Some("the hub wins: write its value again, or resume"),
        Strategy::SourceWins => Some("the channel wins: take its value over"),
        Strategy::Highest => Some("the higher value wins"),
        Strategy::Lowest => Some("the lower value wins"),
        Strategy::Ignore => Some("nobody: leave both titles, or images, as they are"),
        Strategy::Manual => None,
    };
    let one = |strategy: &Strategy| {
        Some(Choice {
            value: strategy.name().into(),
            text: words(*strategy)?.into(),
            chosen: false,
        })
    };
    allowed.iter().filter_map(one).collect()
}

fn tabs(state: &str, [open, stopped, healing]: [i64; 3]) -> Vec<Tab> {
    let views = [
        ("", "All", None),
        ("open", "To decide", Some(open)),
        ("stopped", "Fought over", Some(stopped)),
        ("healing", "Being set right", Some(healing)),
        ("closed", "Over", None),
    ];
    views
        .into_iter()
        .map(|(value, text, count)| Tab {
            href: address("/conflicts", &[("state", value)]),
            text: text.into(),
            count,
            chosen: value == state,
        })
        .collect()
}

fn fields(chosen: &str) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        text: "All fields".into(),
        chosen: chosen.is_empty(),
    };
    let one = |field: &Field| Choice {
        value: field.name().into(),
        text: field.name().into(),
        chosen: field.name() == chosen,
    };
    std::iter::once(all).chain(Field::ALL.iter().map(one)).collect()
}

fn row(conflict: &ConflictRecord, accounts: &Accounts, now: Timestamp) -> ConflictRow {
    let (tone, text, means) = match conflict.state {
        ConflictState::Waiting => (Tone::Info, "waiting", "It may be an order that is not in yet."),
        ConflictState::Open if conflict.field.describes() => (
            Tone::Info,
            "to decide",
            "Nothing waits for it; the hub writes no titles and images to channels.",
        ),
        ConflictState::Open => (
            Tone::Warn,
            "to decide",
            "Nothing is raised before somebody decides.",
        ),
        ConflictState::Healing => (Tone::Info, "being set right", "The hub writes its value again."),
        ConflictState::Stopped => (
            Tone::Bad,
            "fought over",
            "The hub has stopped writing it; what it shows is counted.",
        ),
        ConflictState::Closed => (Tone::Quiet, "over", "Both show the same, or it was decided."),
    };
    ConflictRow {
        id: conflict.id.to_string(),
        href: format!("/conflicts/{}", conflict.id),
        sku: conflict.sku.to_string(),
        account: accounts.name(conflict.account),
        field: conflict.field.to_string(),
        expected: conflict.expected.clone(),
        shown: conflict.shown.clone(),
        state: Badge::new(tone, text),
        means,
        last: when(conflict.last_at, now),
        times: conflict.times,
    }
}

fn event(event: &ConflictEvent, doers: &Doers, now: Timestamp) -> EventRow {
    let done = match event.action {
        Action::Awaited => "waited for orders",
        Action::Repushed => "written again",
        Action::Resent => "a write got lost; written again",
        Action::Accepted => "taken over from the channel",
        Action::Asked => "somebody is asked",
        Action::Stopped => "stopped, because it is fought over",
        Action::Resumed => "resumed",
        Action::Ignored => "both left as they are",
        Action::Explained => "explained by an order",
        Action::Agreed => "in step again",
    };
    EventRow {
        at: when(event.at, now),
        text: format!("{}: {done}, {} → {}", event.field, event.before, event.after),
        actor: doers.name(&event.actor),
    }
}

async fn one(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let id: ConflictId = path.id("id")?;
    let tenant = frame.tenant();
    let found = tenant.conflict(id).await?;
    let conflict = found.ok_or_else(|| Problem::not_found("There is no such conflict."))?;
    let accounts = Accounts::of(&tenant).await?;
    let history = tenant.conflict_events(Some(id), &PageQuery::first(100)).await?;
    let doers = Doers::of(&tenant).await?;
    let product = match conflict.product {
        Some(product) => tenant.product(product).await?,
        None => None,
    };
    let winning = tenant
        .conflict_winners(Some(conflict.account), conflict.product)
        .await?;
    let rule = winning.into_iter().find(|w| w.field == conflict.field).map(rule);
    let now = frame.app.now();
    let over = conflict.state == ConflictState::Closed;
    let page = ConflictPage {
        row: row(&conflict, &accounts, now),
        product: product.map(|p| product_href(p.sku.as_str())),
        since: when(conflict.shown_since, now),
        rule: rule.unwrap_or_default(),
        winners: if over {
            Vec::new()
        } else {
            winners(conflict.field.strategies())
        },
        cannot: if conflict.field.strategies().contains(&Strategy::HubWins) {
            String::new()
        } else {
            conflict.field.refusal()
        },
        history: history.items.iter().map(|e| event(e, &doers, now)).collect(),
    };
    frame.show("conflict", &page.row.sku, "conflicts", &page).await
}

/// The first time it asks; with `confirmed` it is done.
async fn resolve(mut frame: Frame, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let wrong = || Problem::field("/strategy", "say who wins");
    let strategy = Strategy::parse(form.get("strategy")).ok_or_else(wrong)?;
    let chosen = if form.get("every") == "yes" { "shown" } else { "id" };
    let ids: Vec<ConflictId> = form
        .all(chosen)
        .into_iter()
        .filter_map(|id| id.parse().ok())
        .collect();
    if ids.is_empty() {
        return Err(Problem::field("/id", "choose at least one conflict"));
    }
    if form.get("confirmed") != "yes" {
        let text = match strategy {
            Strategy::HubWins => {
                "The hub's values are written to the channels again, also where it had stopped."
            }
            Strategy::SourceWins => {
                "What the channels show is taken over: quantities as corrections of your stock, prices as the listings' own, \
                 titles as the products'."
            }
            Strategy::Highest => "The higher of the two values is kept, on whichever side it is.",
            Strategy::Lowest => "The lower of the two values is kept, on whichever side it is.",
            Strategy::Ignore => {
                "Titles and images stay as they are, and nobody is asked again until the listing's change. Only titles and \
                 images are ignored."
            }
            Strategy::Manual => return Err(wrong()),
        };
        let confirm = Confirm {
            ids: ids.iter().map(ToString::to_string).collect(),
            strategy: strategy.name().into(),
            text: text.into(),
        };
        // Forms on the page shown now come back to the list, not to this address.
        frame.here = "/conflicts".into();
        return show(frame, Wanted::default(), Some(confirm)).await;
    }
    let outcomes = frame.app.hub().resolve_conflicts(&caller, &ids, strategy).await?;
    let refused: Vec<String> = outcomes
        .iter()
        .filter_map(|o| o.result.as_ref().err().map(ToString::to_string))
        .collect();
    let resolved = i64::try_from(outcomes.len() - refused.len()).unwrap_or(0);
    let said = format!("{} resolved.", count(resolved, "conflict", "conflicts"));
    match refused.first() {
        None => Ok(done(&frame.app, "/conflicts", said)),
        Some(why) => Err(Problem::conflict(format!("{said} {} not: {why}", refused.len()))),
    }
}
