//! The HTTP API and the dashboard of Stockbridge.
//!
//! [`app`] gives one router. Its routes come from one table (method, path, who may, handler, shapes), from which the
//! OpenAPI document and the tests are made as well. Handlers ask the engine to do things and read through the tenant's
//! handle; what HTTP statuses mean is decided here and nowhere else. Pages are rendered on the server from typed contexts
//! and work without scripts; small modules of our own make them live.

mod api;
mod assets;
mod extract;
mod guard;
mod idempotent;
mod kept;
mod openapi;
mod pages;
mod problem;
mod render;
mod route;
mod shapes;
mod shell;
mod state;
#[cfg(test)]
mod tests;
mod view;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use stockbridge_engine::Hub;
use tokio::net::TcpListener;

use crate::problem::Problem;
use crate::state::App;
pub use crate::state::WebOptions;

/// The router that serves API and dashboard of a hub.
///
/// A request that carries a [`stockbridge_engine::Caller`] as an extension is that caller's: so the command line talks to
/// the API within its own process. Extensions cannot come over the network.
pub fn app(hub: Hub, options: WebOptions) -> Router {
    let app = App::new(hub, options);
    let mut routes = api::routes();
    routes.extend(pages::routes());
    let router = route::router(routes, &app)
        .fallback(nothing_here)
        .method_not_allowed_fallback(no_such_method)
        .with_state(app.clone());
    let again = from_fn_with_state(router.clone(), kept::show_again);
    shell::around(router.layer(again), &app)
}

/// Serves `app` until `stop` ends; requests under way are finished first.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, app).with_graceful_shutdown(stop).await
}

async fn nothing_here(uri: Uri) -> Problem {
    Problem::not_found(format!(
        "There is nothing at {}; /docs lists everything there is.",
        uri.path()
    ))
}

async fn no_such_method(method: Method, uri: Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "/docs#method",
        "Not this way",
        format!(
            "{} does not take {method}; /docs lists what it takes.",
            uri.path()
        ),
    )
}
