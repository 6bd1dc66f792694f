//! Webhooks: what channels send by themselves. No session and no token; whether a request is authentic is the channel's to
//! say, over the raw bytes. Nothing is parsed before that.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use stockbridge_domain::channel::{Inbound, SecretText};
use stockbridge_domain::{AccountId, InboxId};
use stockbridge_engine::{NotTaken, Taken};

use crate::extract::{ApiJson, ApiPath, form_pairs};
use crate::guard::Access;
use crate::problem::Problem;
use crate::route::{Param, Route};
use crate::state::App;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

const KEY: Param = Param {
    name: "key",
    about: "The unguessable part of the address, for channels that do not sign",
};

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let post = |path, summary| {
        Route::api(Method::POST, path, Access::Public, summary, take)
            .raw()
            .gives(200, "WebhookTaken")
    };
    vec![
        post(
            "/api/v1/webhooks/{channel}/{store_id}/{topic}",
            "What a channel sends by itself, as it sends it",
        )
        .query(&[KEY]),
        post(
            "/api/v1/inventory/webhook",
            "The same for a system of one's own: stock or prices changed there",
        )
        .query(&[
            Param {
                name: "store",
                about: "The store, by id",
            },
            KEY,
        ]),
    ]
}

/// What became of a message.
#[derive(Debug, Serialize)]
struct WebhookTaken {
    /// Its id in the inbox; nothing for one that was there.
    id: Option<InboxId>,
    /// Whether it was there.
    duplicate: bool,
}

/// All there is to say about an address that leads nowhere: whether the store is unknown, another's, of another channel or
/// disconnected is nobody's business.
fn nowhere() -> Problem {
    Problem::not_found("There is no webhook at this address.")
}

async fn take(State(app): State<App>, path: ApiPath, request: Request) -> Response {
    let Some(_room) = app.webhook_room() else {
        let busy = Problem::unavailable("Too many messages at once; send it again in a moment.");
        return busy.until(app.now().plus(Duration::from_secs(1))).into_response();
    };
    match received(&app, &path, request).await {
        Ok(taken) => ApiJson(taken).into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn received(app: &App, path: &ApiPath, request: Request) -> Result<WebhookTaken, Problem> {
    let (parts, body) = request.into_parts();
    let query = form_pairs(parts.uri.query().unwrap_or_default().as_bytes());
    let asked = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let named = path.text("channel");
    let (channel, account, topic) = if named.is_empty() {
        (None, asked("store").unwrap_or_default(), "inventory")
    } else {
        (Some(named), path.text("store_id"), path.text("topic"))
    };
    let account: AccountId = account.parse().map_err(|_| nowhere())?;
    let door = app
        .hub()
        .webhook_door(channel, account)
        .await?
        .ok_or_else(nowhere)?;
    let limit = app.options().webhook_bytes();
    let declared = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|declared| declared > limit) {
        return Err(too_large(limit));
    }
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let inbound = Inbound {
        topic: topic.to_owned(),
        url: app.hub().sent_to(target),
        method: parts.method.as_str().to_owned(),
        key: asked("key").map(SecretText::new),
        body: read(body, limit).await?,
        headers: parts.headers,
    };
    match app.hub().take_webhook(&door, &inbound).await {
        Ok(Taken::Stored(id)) => Ok(WebhookTaken {
            id: Some(id),
            duplicate: false,
        }),
        Ok(Taken::Duplicate) => Ok(WebhookTaken {
            id: None,
            duplicate: true,
        }),
        Err(NotTaken::Unauthentic(why) | NotTaken::Stale(why)) => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "/docs#unauthenticated",
            "Not taken",
            why,
        )),
        Err(error @ NotTaken::Unavailable) => Err(Problem::unavailable(error.to_string())),
    }
}

/// A body, of which no more is kept in memory than the limit allows.
async fn read(body: Body, limit: usize) -> Result<bytes::Bytes, Problem> {
    let whole = tokio::time::timeout(PATIENCE, Limited::new(body, limit).collect()).await;
    match whole {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Ok(Err(_)) => Err(Problem::malformed(
            "The body did not arrive whole; send it again.",
        )),
        Err(_) => Err(Problem::malformed(
            "The body took too long to arrive; send it again.",
        )),
    }
}

fn too_large(limit: usize) -> Problem {
    Problem {
        detail: format!("A webhook has at most {limit} bytes."),
        ..Problem::too_large()
    }
}
