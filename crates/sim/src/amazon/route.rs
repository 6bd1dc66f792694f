//! Which operation a method and path mean, and the request's parameters.

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::error::ApiError;

/// The operations this simulator knows, by Amazon's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Token,
    Consent,
    GetMarketplaceParticipations,
    SearchListingsItems,
    GetListingsItem,
    PatchListingsItem,
    SearchOrders,
    GetOrder,
    ConfirmShipment,
    GetInventorySummaries,
    ListTransactions,
    CreateReport,
    GetReport,
    GetReports,
    GetReportDocument,
    CreateFeedDocument,
    GetFeedDocument,
    CreateFeed,
    GetFeed,
    GetFeeds,
    Document,
    GetDestinations,
    CreateDestination,
    GetSubscription,
    CreateSubscription,
    DeleteSubscription,
    Queue,
}

impl Operation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Consent => "consent",
            Self::GetMarketplaceParticipations => "getMarketplaceParticipations",
            Self::SearchListingsItems => "searchListingsItems",
            Self::GetListingsItem => "getListingsItem",
            Self::PatchListingsItem => "patchListingsItem",
            Self::SearchOrders => "searchOrders",
            Self::GetOrder => "getOrder",
            Self::ConfirmShipment => "confirmShipment",
            Self::GetInventorySummaries => "getInventorySummaries",
            Self::ListTransactions => "listTransactions",
            Self::CreateReport => "createReport",
            Self::GetReport => "getReport",
            Self::GetReports => "getReports",
            Self::GetReportDocument => "getReportDocument",
            Self::CreateFeedDocument => "createFeedDocument",
            Self::GetFeedDocument => "getFeedDocument",
            Self::CreateFeed => "createFeed",
            Self::GetFeed => "getFeed",
            Self::GetFeeds => "getFeeds",
            Self::Document => "document",
            Self::GetDestinations => "getDestinations",
            Self::CreateDestination => "createDestination",
            Self::GetSubscription => "getSubscription",
            Self::CreateSubscription => "createSubscription",
            Self::DeleteSubscription => "deleteSubscriptionById",
            Self::Queue => "queue",
        }
    }
}

impl Operation {
    /// The scope of the token an operation takes that no seller has to agree to.
    pub(super) fn scope(self) -> Option<&'static str> {
        match self {
            Self::GetDestinations | Self::CreateDestination | Self::DeleteSubscription => {
                Some("sellingpartnerapi::notifications")
            }
            _ => None,
        }
    }
}

/// The operation of a request and its path parameters, percent-decoded; `None` for an unknown path.
pub(super) fn route(method: &Method, path: &str) -> Option<(Operation, Vec<String>)> {
    let raw: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let (operation, parameters): (Operation, &[&str]) = match (method.as_str(), raw.as_slice()) {
        ("POST", ["auth", "o2", "token"]) => (Operation::Token, &[]),
        ("POST", [""]) => (Operation::Queue, &[]),
        ("GET", ["notifications", "v1", "destinations"]) => (Operation::GetDestinations, &[]),
        ("POST", ["notifications", "v1", "destinations"]) => (Operation::CreateDestination, &[]),
        ("GET", ["notifications", "v1", "subscriptions", rest @ ..]) if rest.len() == 1 => {
            (Operation::GetSubscription, rest)
        }
        ("POST", ["notifications", "v1", "subscriptions", rest @ ..]) if rest.len() == 1 => {
            (Operation::CreateSubscription, rest)
        }
        ("DELETE", ["notifications", "v1", "subscriptions", rest @ ..]) if rest.len() == 2 => {
            (Operation::DeleteSubscription, rest)
        }
        ("GET", ["apps", "authorize", "consent"]) => (Operation::Consent, &[]),
        ("GET", ["sellers", "v1", "marketplaceParticipations"]) => {
            (Operation::GetMarketplaceParticipations, &[])
        }
        ("GET", ["listings", "2021-08-01", "items", rest @ ..]) if rest.len() == 1 => {
            (Operation::SearchListingsItems, rest)
        }
        ("GET", ["listings", "2021-08-01", "items", rest @ ..]) if rest.len() == 2 => {
            (Operation::GetListingsItem, rest)
        }
        ("PATCH", ["listings", "2021-08-01", "items", rest @ ..]) if rest.len() == 2 => {
            (Operation::PatchListingsItem, rest)
        }
        ("PUT" | "GET", ["documents", rest @ ..]) if rest.len() == 1 => (Operation::Document, rest),
        ("POST", ["feeds", "2021-06-30", "documents"]) => (Operation::CreateFeedDocument, &[]),
        ("GET", ["feeds", "2021-06-30", "documents", rest @ ..]) if rest.len() == 1 => {
            (Operation::GetFeedDocument, rest)
        }
        ("POST", ["feeds", "2021-06-30", "feeds"]) => (Operation::CreateFeed, &[]),
        ("GET", ["feeds", "2021-06-30", "feeds"]) => (Operation::GetFeeds, &[]),
        ("GET", ["feeds", "2021-06-30", "feeds", rest @ ..]) if rest.len() == 1 => (Operation::GetFeed, rest),
        ("GET", ["finances", "2024-06-19", "transactions"]) => (Operation::ListTransactions, &[]),
        ("POST", ["reports", "2021-06-30", "reports"]) => (Operation::CreateReport, &[]),
        ("GET", ["reports", "2021-06-30", "reports"]) => (Operation::GetReports, &[]),
        ("GET", ["reports", "2021-06-30", "reports", rest @ ..]) if rest.len() == 1 => {
            (Operation::GetReport, rest)
        }
        ("GET", ["reports", "2021-06-30", "documents", rest @ ..]) if rest.len() == 1 => {
            (Operation::GetReportDocument, rest)
        }
        ("GET", ["fba", "inventory", "v1", "summaries"]) => (Operation::GetInventorySummaries, &[]),
        ("GET", ["orders", "2026-01-01", "orders"]) => (Operation::SearchOrders, &[]),
        ("GET", ["orders", "2026-01-01", "orders", rest @ ..]) if rest.len() == 1 => {
            (Operation::GetOrder, rest)
        }
        ("POST", ["orders", "v0", "orders", rest @ .., "shipmentConfirmation"]) if rest.len() == 1 => {
            (Operation::ConfirmShipment, rest)
        }
        _ => return None,
    };
    let decoded = parameters
        .iter()
        .map(|p| percent_decode_str(p).decode_utf8().map(|s| s.into_owned()));
    Some((operation, decoded.collect::<Result<_, _>>().ok()?))
}

/// A call that passed authentication.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) seller_id: String,
    /// Region of the endpoint that was called.
    pub(super) region: String,
    /// Scheme and host of the call, for addresses of documents.
    pub(super) origin: String,
    pub(super) path: Vec<String>,
    pub(super) query: Query,
    pub(super) body: Bytes,
}

impl Call {
    /// The path parameter at `index`; the router has counted them.
    pub(super) fn path_parameter(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }
}

/// Query parameters in the order given.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(query: &str) -> Self {
        Self(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The value of `name`; an empty one counts as absent.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, v)| n == name && !v.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// A comma-joined list. It is split after decoding, so a value cannot itself hold a comma.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(n, _)| n == name);
        values
            .flat_map(|(_, v)| v.split(','))
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A list whose values come from a published set.
    pub(super) fn list_of(&self, name: &str, allowed: &[&str]) -> Result<Vec<String>, ApiError> {
        let values = self.list(name);
        match values.iter().find(|v| !allowed.contains(&v.as_str())) {
            Some(bad) => Err(ApiError::invalid(format!("Value '{bad}' is not allowed."), name)),
            None => Ok(values),
        }
    }

    /// An instant in ISO 8601 with an offset.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        let parse = |v: &str| {
            v.parse::<Timestamp>()
                .map_err(|_| ApiError::invalid(format!("'{v}' is no ISO 8601 time."), name))
        };
        self.one(name).map(parse).transpose()
    }

    /// A whole number from `low` to `high`.
    pub(super) fn number(&self, name: &str, low: usize, high: usize) -> Result<Option<usize>, ApiError> {
        let parse = |v: &str| match v.parse::<usize>() {
            Ok(n) if (low..=high).contains(&n) => Ok(n),
            _ => Err(ApiError::invalid(
                format!("'{v}' must be a number from {low} to {high}."),
                name,
            )),
        };
        self.one(name).map(parse).transpose()
    }

    /// Everything except the parameter `token`: what must not change from page to page.
    pub(super) fn signature_without(&self, token: &str) -> String {
        let mut rest: Vec<_> = self
            .0
            .iter()
            .filter(|(n, _)| n != token)
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        rest.sort();
        rest.join("&")
    }
}
