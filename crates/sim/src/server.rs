//! The simulator over HTTP. Answers that never come and connections that break do so on the wire too.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use http::{StatusCode, header};
use tokio::net::TcpListener;

use crate::platform::Platform;
use crate::sim::{CallOutcome, Sim};

/// Larger bodies are refused.
const BODY_LIMIT: usize = 4 << 20;

impl Sim {
    /// The platform's paths and `/control` as an axum router.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new().fallback(answer).with_state(Arc::clone(self))
    }
}

/// Serves `sim` on `listener` until `shutdown` ends; keeps a world in real time moving meanwhile.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    sim: Arc<Sim>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stop, stopped) = tokio::sync::oneshot::channel::<Infallible>();
    let server = axum::serve(listener, sim.router()).with_graceful_shutdown(async move {
        shutdown.await;
        drop(stop);
    });
    // A call that is being held must not hold up the end, so the server is not waited for after shutdown.
    tokio::select! {
        ended = server.into_future() => ended,
        _ = stopped => Ok(()),
        () = sim.run_buyers() => Ok(()),
    }
}

async fn answer(State(sim): State<Arc<Sim>>, request: Request) -> Response {
    match whole(request).await {
        Ok(request) => send(sim.call(request), sim.hang()).await,
        Err(refused) => refused,
    }
}

/// Serves any platform on `listener` until `shutdown` ends; calls that are never answered are held for `hang`.
///
/// # Errors
/// The listener fails.
pub async fn serve_platform(
    platform: Arc<dyn Platform>,
    hang: Duration,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let answer = move |request: Request| {
        let platform = platform.clone();
        async move {
            match whole(request).await {
                Ok(request) => send(platform.call(&request), hang).await,
                Err(refused) => refused,
            }
        }
    };
    let server = axum::serve(listener, Router::new().fallback(answer));
    tokio::select! {
        ended = server.into_future() => ended,
        () = shutdown => Ok(()),
    }
}

/// The request with its whole body, unless that is too large.
async fn whole(request: Request) -> Result<http::Request<Bytes>, Response> {
    let (parts, body) = request.into_parts();
    match axum::body::to_bytes(body, BODY_LIMIT).await {
        Ok(body) => Ok(Request::from_parts(parts, body)),
        Err(_) => {
            let mut refused = Response::new(Body::empty());
            *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            Err(refused)
        }
    }
}

async fn send(outcome: CallOutcome, hang: Duration) -> Response {
    match outcome {
        CallOutcome::Answer(response) => answered(response),
        CallOutcome::Lost => {
            tokio::time::sleep(hang).await;
            broken(Bytes::new())
        }
        CallOutcome::Dropped => broken(Bytes::new()),
    }
}

fn answered(response: http::Response<Bytes>) -> Response {
    let promised = response
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse().ok());
    if promised.is_some_and(|length: usize| length > response.body().len()) {
        let (parts, body) = response.into_parts();
        return Response::from_parts(parts, broken(body).into_body());
    }
    response.map(Body::from)
}

/// An answer that breaks after `start`. The server writes nothing until a body yields, so with an empty start
/// the connection closes without a byte.
fn broken(start: Bytes) -> Response {
    let fail = || Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionAborted));
    let body = if start.is_empty() {
        Body::from_stream(stream::iter([fail()]))
    } else {
        let rest = stream::once(async move {
            // Gives the server a turn to write what it has.
            tokio::task::yield_now().await;
            fail()
        });
        Body::from_stream(stream::iter([Ok(start)]).chain(rest))
    };
    Response::new(body)
}
