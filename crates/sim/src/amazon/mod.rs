//! Amazon's Selling Partner API and Login with Amazon, as its published models describe them: orders
//! 2026-01-01, listings items 2021-08-01, sellers v1, FBA inventory v1, feeds 2021-06-30, finances 2024-06-19, and `confirmShipment` of orders v0.
//!
//! A call passes, in this order: path, call faults, headers and token, usage plan, then its operation.

mod auth;
mod consent;
mod error;
mod feeds;
mod finances;
mod inventory;
mod issue;
mod listing_json;
mod listings;
mod marketplaces;
mod order_json;
mod orders;
mod pages;
mod patches;
mod plans;
mod platform;
mod post;
mod reports;
mod route;
mod sellers;
mod settlements;
mod shipping;

pub use platform::AmazonSeller;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use self::error::ApiError;
use self::feeds::Feeds;
use self::pages::Pages;
use self::plans::Buckets;
use self::route::{Call, Operation, Query};
use crate::config::SimConfig;
use crate::faults::{CALL_FAULTS, Fault};
use crate::sim::CallOutcome;
use crate::world::World;

/// What Amazon remembers beside the world: tokens, budgets, pages.
#[derive(Debug)]
pub(crate) struct Amazon {
    tokens: auth::Tokens,
    codes: consent::Codes,
    post: post::Post,
    buckets: Buckets,
    pages: Pages,
    feeds: Feeds,
    reports: reports::Reports,
}

/// An order id in Amazon's shape, such as `171-9876543-2109876`.
pub(crate) fn order_id(rng: &mut ChaCha8Rng) -> String {
    let first = rng.random_range(100..1_000);
    format!(
        "{first}-{:07}-{:07}",
        rng.random_range(0..10_000_000),
        rng.random_range(0..10_000_000)
    )
}

impl Amazon {
    pub(crate) fn new(config: &SimConfig) -> Self {
        Self {
            tokens: auth::Tokens::new(config.token_ttl_seconds),
            codes: consent::Codes::default(),
            post: post::Post::default(),
            buckets: Buckets::new(config.plans.clone()),
            pages: Pages::of_at_most(config.most_per_page),
            feeds: Feeds::default(),
            reports: reports::Reports::default(),
        }
    }

    /// Takes back every access token.
    pub(crate) fn expire_tokens(&mut self) {
        self.tokens.end();
    }

    /// Puts a notification into every queue, as for the application as a whole.
    pub(crate) fn announce(&mut self, world: &mut World, notification: &serde_json::Value) {
        self.post.announce(world, notification);
    }

    /// The client's secret is replaced; the former one is taken for seven more days, and the new one is announced.
    pub(crate) fn rotate_secret(&mut self, world: &mut World, client_id: &str) -> String {
        let (secret, old_until, until) = self.tokens.rotate(world, client_id);
        let notification = serde_json::json!({
            "notificationVersion": "1.0",
            "notificationType": "APPLICATION_OAUTH_CLIENT_NEW_SECRET",
            "payloadVersion": "2022-01-01",
            "eventTime": world.now.to_string(),
            "payload": {"applicationOAuthClientNewSecret": {
                "clientId": client_id,
                "newClientSecret": secret,
                "newClientSecretExpiryTime": until.to_string(),
                "oldClientSecretExpiryTime": old_until.to_string(),
            }},
            "notificationMetadata": {"applicationId": "amzn1.sellerapps.app.simulated", "subscriptionId": "application"},
        });
        self.post.announce(world, &notification);
        secret
    }

    /// Answers one request, or fails to as the faults will have it.
    pub(crate) fn handle(&mut self, world: &mut World, request: &Request<Bytes>) -> CallOutcome {
        let Some((operation, path)) = route::route(request.method(), request.uri().path()) else {
            world.count_call("unknown");
            return CallOutcome::Answer(with_ids(world, ApiError::unauthorized("").into_response()));
        };
        world.count_call(operation.name());
        // Login with Amazon is not under a usage plan, so it is not throttled by chance either.
        let candidates = if matches!(
            operation,
            Operation::Token | Operation::Consent | Operation::Document | Operation::Queue
        ) {
            &CALL_FAULTS[1..]
        } else {
            &CALL_FAULTS[..]
        };
        let fault = world
            .faults
            .draw(candidates, operation.name(), world.now, &mut world.rng);
        match fault {
            Some(Fault::Throttle) => {
                world.count_throttled();
                CallOutcome::Answer(with_ids(world, ApiError::quota().into_response()))
            }
            Some(Fault::ServerError) => {
                let plain = world.rng.random_bool(0.5);
                let response = if plain {
                    error::gateway_unavailable()
                } else {
                    ApiError::internal().into_response()
                };
                CallOutcome::Answer(with_ids(world, response))
            }
            Some(Fault::TimeoutBefore) => CallOutcome::Lost,
            Some(Fault::DropBefore) => CallOutcome::Dropped,
            applied => {
                let response = self.answer(world, operation, path, request);
                match applied {
                    Some(Fault::TimeoutAfter) => CallOutcome::Lost,
                    Some(Fault::DropAfter) => CallOutcome::Dropped,
                    // An answer without a body has no middle to stop in.
                    Some(Fault::Truncated) if response.body().is_empty() => CallOutcome::Dropped,
                    Some(Fault::Truncated) => CallOutcome::Answer(cut_short(response)),
                    _ => CallOutcome::Answer(response),
                }
            }
        }
    }

    fn answer(
        &mut self,
        world: &mut World,
        operation: Operation,
        path: Vec<String>,
        request: &Request<Bytes>,
    ) -> Response<Bytes> {
        if operation == Operation::Consent {
            return self.codes.page(world, request);
        }
        if operation == Operation::Queue {
            return self.post.queue(world, request);
        }
        self.feeds.work(world);
        if operation == Operation::Document {
            let id = path.first().map_or("", String::as_str);
            let response = self.feeds.file(world, id, request);
            return with_ids(world, response);
        }
        if operation == Operation::Token {
            let response = self.tokens.grant(world, &mut self.codes, request);
            return with_ids(world, response);
        }
        let mut response = match self.admit(world, operation, path, request) {
            Ok(call) => self.perform(world, &call).unwrap_or_else(ApiError::into_response),
            Err(refused) => refused.into_response(),
        };
        // The models promise the rate on these answers only.
        let status = response.status();
        let rated = [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].contains(&status);
        if status.is_success() || rated {
            let rate = format!("{:?}", self.buckets.plan(operation).rate);
            insert_header(&mut response, "x-amzn-ratelimit-limit", &rate);
        }
        with_ids(world, response)
    }

    /// Checks headers, token and usage plan.
    fn admit(
        &mut self,
        world: &mut World,
        operation: Operation,
        path: Vec<String>,
        request: &Request<Bytes>,
    ) -> Result<Call, ApiError> {
        let seller_id = self
            .tokens
            .authenticate(world, request.headers(), operation.scope())?;
        if !self.buckets.take(&seller_id, operation, world.now) {
            world.count_throttled();
            return Err(ApiError::quota());
        }
        let home = world
            .sellers
            .get(&seller_id)
            .map(|s| s.account.region.clone())
            .unwrap_or_default();
        let region = auth::region_of_host(request).map_or(home, str::to_owned);
        let query = Query::parse(request.uri().query().unwrap_or_default());
        Ok(Call {
            operation,
            seller_id,
            region,
            origin: origin(request),
            path,
            query,
            body: request.body().clone(),
        })
    }

    fn perform(&mut self, world: &mut World, call: &Call) -> Result<Response<Bytes>, ApiError> {
        match call.operation {
            Operation::GetMarketplaceParticipations => sellers::participations(world, call),
            Operation::SearchListingsItems => listings::search(world, &mut self.pages, call),
            Operation::GetListingsItem => listings::get(world, call),
            Operation::PatchListingsItem => listings::patch(world, call),
            Operation::SearchOrders => orders::search(world, &mut self.pages, call),
            Operation::GetOrder => orders::get(world, call),
            Operation::ConfirmShipment => shipping::confirm(world, call),
            Operation::GetInventorySummaries => inventory::summaries(world, &mut self.pages, call),
            Operation::ListTransactions => finances::transactions(world, &mut self.pages, call),
            Operation::CreateReport => self.reports.create(world, call),
            Operation::GetReport => self.reports.get(world, call),
            Operation::GetReports => self.reports.list(world, call),
            Operation::GetReportDocument => self.reports.document(world, &mut self.feeds, call),
            Operation::CreateFeedDocument => self.feeds.create_document(world, call),
            Operation::GetFeedDocument => self.feeds.document(world, call),
            Operation::CreateFeed => self.feeds.create(world, call),
            Operation::GetFeed => self.feeds.get(call),
            Operation::GetFeeds => self.feeds.list(call),
            Operation::GetDestinations
            | Operation::CreateDestination
            | Operation::GetSubscription
            | Operation::CreateSubscription
            | Operation::DeleteSubscription => self.post.perform(world, call),
            Operation::Token | Operation::Consent | Operation::Document | Operation::Queue => {
                Err(ApiError::unauthorized(""))
            }
        }
    }
}

/// Scheme and host by which the caller reached this server.
fn origin(request: &Request<Bytes>) -> String {
    let uri = request.uri();
    let host = request
        .headers()
        .get(http::header::HOST)
        .and_then(|h| h.to_str().ok());
    let host = uri.authority().map(http::uri::Authority::as_str).or(host);
    format!(
        "{}://{}",
        uri.scheme_str().unwrap_or("http"),
        host.unwrap_or("localhost")
    )
}

/// Request ids, on every answer.
fn with_ids(world: &mut World, mut response: Response<Bytes>) -> Response<Bytes> {
    let id = uuid_text(&mut world.rng);
    insert_header(&mut response, "x-amzn-requestid", &id);
    response
}

/// A random id in the shape of a UUID.
fn uuid_text(rng: &mut ChaCha8Rng) -> String {
    let hex = format!("{:032x}", rng.random::<u128>());
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

fn insert_header(response: &mut Response<Bytes>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}

/// The same answer with half its body, still promising all of it.
fn cut_short(mut response: Response<Bytes>) -> Response<Bytes> {
    let full = response.body().len();
    insert_header(&mut response, "content-length", &full.to_string());
    response.map(|body| body.slice(..full / 2))
}
