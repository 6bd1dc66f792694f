//! Inbox: what channels sent, what came of it, and having it worked again.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::channel::Nudge;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, InboxId, Timestamp};
use stockbridge_store::{InboxFilter, InboxRecord, InboxState, PageQuery};

use super::{Accounts, Frame, address, done, pager};
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::inbox::{InboxPage, MessagePage, MessageRow, NONE_HERE, NOTHING_CAME};
use crate::view::words::{count, when};
use crate::view::{Badge, Tab, Tone};

/// Of a message that asks for much, so much is told in a list.
const TOLD: usize = 3;

pub(super) fn routes() -> Vec<Route> {
    let viewer = Access::Role(Role::Viewer);
    vec![
        Route::page(Method::GET, "/inbox", viewer, list),
        Route::page(Method::GET, "/inbox/{id}", viewer, one),
        Route::page(Method::POST, "/inbox/{id}/body", Access::Role(Role::Admin), body),
        Route::page(
            Method::POST,
            "/inbox/{id}/replay",
            Access::Role(Role::Operator),
            replay,
        ),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    state: Option<String>,
    account: Option<String>,
    topic: Option<String>,
    cursor: Option<String>,
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let (state, account, topic) = (
        wanted.state.unwrap_or_default(),
        wanted.account.unwrap_or_default(),
        wanted.topic.unwrap_or_default(),
    );
    let filter = InboxFilter {
        state: InboxState::parse(&state),
        account: account.parse::<AccountId>().ok(),
        topic: Some(topic.trim().to_owned()).filter(|t| !t.is_empty()),
    };
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let tenant = frame.tenant();
    let found = tenant.inbox(&filter, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let now = frame.app.now();
    let kept = [("account", account.as_str()), ("topic", topic.as_str())];
    let parameters = [("state", state.as_str()), kept[0], kept[1]];
    let page = InboxPage {
        tabs: tabs(&state, &kept),
        accounts: accounts.choices(&account),
        rows: found.items.iter().map(|e| row(e, &accounts, now)).collect(),
        pager: pager(
            "/inbox",
            &parameters,
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
        empty: if filter == InboxFilter::default() {
            NOTHING_CAME
        } else {
            NONE_HERE
        },
        state,
        topic,
    };
    frame.show("inbox", "Inbox", "inbox", &page).await
}

fn tabs(chosen: &str, kept: &[(&str, &str); 2]) -> Vec<Tab> {
    let views = [
        ("", "All"),
        ("new", "Waiting"),
        ("done", "Done"),
        ("refused", "Unreadable"),
        ("dead", "Failed"),
    ];
    let tab = |(state, text): (&str, &str)| Tab {
        href: address("/inbox", &[("state", state), kept[0], kept[1]]),
        text: text.to_owned(),
        count: None,
        chosen: state == chosen,
    };
    views.into_iter().map(tab).collect()
}

fn row(event: &InboxRecord, accounts: &Accounts, now: Timestamp) -> MessageRow {
    let state = match event.state {
        InboxState::New => Badge::new(Tone::Info, "waiting"),
        InboxState::Done => Badge::new(Tone::Good, "done"),
        InboxState::Refused => Badge::new(Tone::Warn, "unreadable"),
        InboxState::Dead => Badge::new(Tone::Bad, "failed"),
    };
    MessageRow {
        id: event.id.to_string(),
        href: format!("/inbox/{}", event.id),
        topic: event.topic.clone(),
        asks: asks(&event.nudges),
        account: accounts.name(event.account),
        received: when(event.received_at, now),
        state,
        outcome: event.outcome.clone(),
        again: !event.nudges.is_empty() || event.state == InboxState::Refused,
    }
}

/// What a message asked to look at, in words.
fn asks(nudges: &[Nudge]) -> String {
    let word = |nudge: &Nudge| match nudge {
        Nudge::Order(id) => format!("order {id}"),
        Nudge::Orders => "orders".to_owned(),
        Nudge::Listing(text) => format!("listing {text}"),
        Nudge::Listings => "listings".to_owned(),
        Nudge::Returns => "returns".to_owned(),
        Nudge::Access => "access".to_owned(),
    };
    let mut words: Vec<String> = nudges.iter().take(TOLD).map(word).collect();
    if nudges.len() > TOLD {
        let rest = i64::try_from(nudges.len() - TOLD).unwrap_or(i64::MAX);
        words.push(format!("and {}", count(rest, "more", "more")));
    }
    if words.is_empty() {
        return "nothing".to_owned();
    }
    words.join(", ")
}

async fn one(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let id: InboxId = path.id("id")?;
    show(&frame, id, None).await
}

async fn show(frame: &Frame, id: InboxId, body: Option<String>) -> Result<Response, Problem> {
    let tenant = frame.tenant();
    let Some(event) = tenant.inbox_event(id).await? else {
        return Err(Problem::not_found(format!("There is no message {id}.")));
    };
    let accounts = Accounts::of(&tenant).await?;
    let now = frame.app.now();
    let page = MessagePage {
        row: row(&event, &accounts, now),
        event_id: event.event_id,
        occurred: event.occurred_at.map(|at| when(at, now)),
        attempts: event.attempts,
        worked: event.worked_at.map(|at| when(at, now)),
        headers: event.headers.into_iter().collect(),
        body,
    };
    frame.show("message", &event.topic, "inbox", &page).await
}

async fn body(mut frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let id: InboxId = path.id("id")?;
    let body = frame.app.hub().event_body(&frame.who.0, id).await?;
    // The address of what is shown is the message's, so that coming back does not send the form again.
    frame.here = format!("/inbox/{id}");
    show(&frame, id, Some(String::from_utf8_lossy(&body).into_owned())).await
}

async fn replay(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    app.hub().replay_event(&caller, path.id("id")?).await?;
    Ok(done(
        &app,
        &form.back(),
        "It is worked again; what came of it is shown here.",
    ))
}
