//! The shape of a route: the one line from which router, document and coverage test are made.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};

use stockbridge_domain::tenant::Role;

use crate::extract::MAX_UPLOAD;
use crate::guard::{Access, Guard, guard};
use crate::idempotent::once;
use crate::state::App;

/// A parameter of the query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// What a route answers when all is well.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// One thing of this shape.
    One(u16, &'static str),
    /// A page of things of this shape.
    List(u16, &'static str),
    /// Nothing.
    Nothing,
    /// Text that is no JSON, of this media type.
    Text(&'static str),
}

/// One operation.
pub(crate) struct Route {
    /// GET, POST …
    pub method: Method,
    /// With `{parameters}`.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
    /// One sentence without a stop.
    pub summary: &'static str,
    /// Parameters of the query.
    pub query: &'static [Param],
    /// Shape of the body.
    pub body: Option<&'static str>,
    /// The body is a file instead, or a form with one.
    pub file: bool,
    /// What it answers.
    pub answer: Answer,
    /// A page for people; not in the document.
    pub page: bool,
    /// Its body is the handler's own to read, byte for byte.
    pub raw: bool,
    handler: MethodRouter<App>,
}

impl Route {
    /// A route of the API.
    pub(crate) fn api<H, T>(
        method: Method,
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self {
            handler: on(filter(&method), handler),
            method,
            path,
            access,
            summary,
            query: &[],
            body: None,
            file: false,
            answer: Answer::Nothing,
            page: false,
            raw: false,
        }
    }

    /// A page or a form's target.
    pub(crate) fn page<H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self {
            page: true,
            answer: Answer::Text("text/html"),
            ..Self::api(method, path, access, "", handler)
        }
    }

    /// Asks for another role than the method's usual one.
    pub(crate) fn needs(self, role: Role) -> Self {
        Self {
            access: Access::Role(role),
            ..self
        }
    }

    /// Is for everybody.
    pub(crate) fn open(self) -> Self {
        Self {
            access: Access::Public,
            ..self
        }
    }

    /// Gets the body as it comes, whatever it is.
    pub(crate) fn raw(self) -> Self {
        Self { raw: true, ..self }
    }

    /// Takes these parameters.
    pub(crate) fn query(self, query: &'static [Param]) -> Self {
        Self { query, ..self }
    }

    /// Takes a body of this shape.
    pub(crate) fn takes(self, shape: &'static str) -> Self {
        Self {
            body: Some(shape),
            ..self
        }
    }

    /// Takes a file of products or mappings, larger than anything else that is sent.
    pub(crate) fn takes_file(self) -> Self {
        Self { file: true, ..self }
    }

    /// Answers one thing.
    pub(crate) fn gives(self, status: u16, shape: &'static str) -> Self {
        Self {
            answer: Answer::One(status, shape),
            ..self
        }
    }

    /// Answers a list.
    pub(crate) fn lists(self, shape: &'static str) -> Self {
        Self {
            answer: Answer::List(200, shape),
            ..self
        }
    }

    /// Answers a list with another status than 200.
    pub(crate) fn lists_with(self, status: u16, shape: &'static str) -> Self {
        Self {
            answer: Answer::List(status, shape),
            ..self
        }
    }

    /// Answers text.
    pub(crate) fn text(self, kind: &'static str) -> Self {
        Self {
            answer: Answer::Text(kind),
            ..self
        }
    }

    /// Whether the same write may be sent again under a key.
    pub(crate) fn idempotent(&self) -> bool {
        self.method == Method::POST && !self.page && self.access != Access::Public
    }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $method:ident, $role:ident;)+) => { $(
        $(#[$doc])*
        pub(crate) fn $name<H, T>(path: &'static str, summary: &'static str, handler: H) -> Route
        where
            H: Handler<T, App>,
            T: 'static,
        {
            Route::api(Method::$method, path, Access::Role(Role::$role), summary, handler)
        }
    )+ };
}

methods! {
    /// Reads: for every viewer.
    get = GET, Viewer;
    /// Does something: for operators.
    post = POST, Operator;
    /// Sets something: for operators.
    put = PUT, Operator;
    /// Changes something: for operators.
    patch = PATCH, Operator;
    /// Takes something away: for operators.
    delete = DELETE, Operator;
}

fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::POST => MethodFilter::POST,
        Method::PUT => MethodFilter::PUT,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

/// A router of all routes, each behind its guard.
pub(crate) fn router(routes: Vec<Route>, app: &App) -> Router<App> {
    routes.into_iter().fold(Router::new(), |router, route| {
        let keyed = route.idempotent();
        let state = Guard {
            app: app.clone(),
            access: route.access,
            page: route.page,
            raw: route.raw,
        };
        let mut handler = route.handler;
        if keyed {
            handler = handler.route_layer(from_fn_with_state(app.clone(), once));
        }
        handler = handler.route_layer(from_fn_with_state(state, guard));
        if route.file {
            handler = handler.route_layer(DefaultBodyLimit::max(MAX_UPLOAD));
        }
        router.route(route.path, handler)
    })
}
