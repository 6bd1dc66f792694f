//! An account's page of locations: the form that says which of ours feeds which of the channel's.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, LocationId};
use stockbridge_engine::{ChannelLocation, LocationFeeds};

use super::typed::chosen;
use super::{Frame, done};
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::Choice;
use crate::view::channel_locations::{ChannelLocationsPage, OurLocation, TheirLocation};

const PATH: &str = "/channels/{id}/locations";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::page(Method::GET, PATH, Access::Role(Role::Viewer), show),
        Route::page(Method::POST, PATH, Access::Role(Role::Admin), feed),
    ]
}

async fn show(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let id: AccountId = path.id("id")?;
    let tenant = frame.tenant();
    let missing = || Problem::not_found("There is no such account.");
    let account = tenant.account(id).await?.ok_or_else(missing)?;
    let theirs = frame.app.hub().channel_locations(&frame.who.0, id).await?;
    let map = PlaceMap::of_options(&account.options);
    let ours = tenant.locations().await?;
    let page = ChannelLocationsPage {
        id: id.to_string(),
        name: account.name,
        ours: ours
            .iter()
            .filter(|l| l.closed_at.is_none())
            .map(|l| OurLocation {
                field: format!("feeds.{}", l.id),
                choices: choices(
                    &theirs,
                    "the default location",
                    map.named(&l.id.to_string(), &l.name),
                ),
                name: l.name.clone(),
            })
            .collect(),
        defaults: choices(&theirs, "its first one", map.default_named()),
        theirs: theirs.into_iter().map(their).collect(),
    };
    let title = format!("Locations of {}", page.name);
    frame.show("channel_locations", &title, "channels", &page).await
}

fn their(location: ChannelLocation) -> TheirLocation {
    TheirLocation {
        fed_by: location.fed_by.join(", "),
        shown: location.shown,
        location: location.location,
    }
}

/// The channel's locations to choose from, with none first.
fn choices(theirs: &[ChannelLocation], none: &str, named: Option<&str>) -> Vec<Choice> {
    let choice = |value: &str, text: &str| Choice {
        chosen: named.unwrap_or_default() == value,
        value: value.to_owned(),
        text: text.to_owned(),
    };
    let theirs = theirs.iter().map(|t| choice(&t.location, &t.location));
    std::iter::once(choice("", none)).chain(theirs).collect()
}

async fn feed(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: AccountId = path.id("id")?;
    let theirs = app.hub().channel_locations(&caller, id).await?;
    let known = |field: &str, named: &str| {
        if theirs.iter().any(|t| t.location == named) {
            Ok(named.to_owned())
        } else {
            Err(chosen(
                field,
                &format!("the channel shows no location `{named}`; choose one of the list"),
            ))
        }
    };
    let mut feeds = LocationFeeds::default();
    for (ours, named) in form.group("feeds.") {
        let ours: LocationId = ours
            .parse()
            .map_err(|_| chosen(ours, "choose a location of the list"))?;
        feeds.feeds.push((ours, known(&format!("feeds.{ours}"), named)?));
    }
    if let Some(named) = form.optional("default") {
        feeds.default = Some(known("default", &named)?);
    }
    let account = app.hub().feed_locations(&caller, id, feeds).await?;
    let said = format!("{} is changed; its quantities follow.", account.name);
    Ok(done(&app, &format!("/channels/{id}/locations"), said))
}
