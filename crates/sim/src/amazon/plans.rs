//! Usage plans: a token bucket per (seller, operation).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::route::Operation;
use crate::config::Plan;

/// The default plan of an operation, from Amazon's models.
pub(super) fn documented(operation: Operation) -> Plan {
    let (rate, burst) = match operation {
        // Login with Amazon, Seller Central, queues and the files beside the API publish no plan; this one is never reached.
        Operation::Token | Operation::Consent | Operation::Document | Operation::Queue => (1_000.0, 1_000.0),
        Operation::GetMarketplaceParticipations => (0.016, 15.0),
        Operation::SearchListingsItems | Operation::PatchListingsItem => (5.0, 5.0),
        Operation::GetListingsItem => (5.0, 10.0),
        Operation::SearchOrders => (0.0056, 20.0),
        Operation::GetOrder => (0.5, 30.0),
        Operation::ConfirmShipment => (2.0, 10.0),
        Operation::GetInventorySummaries => (2.0, 2.0),
        Operation::ListTransactions => (0.5, 10.0),
        Operation::GetReports => (0.0222, 10.0),
        Operation::CreateReport | Operation::GetReportDocument => (0.0167, 15.0),
        Operation::GetReport => (2.0, 15.0),
        Operation::CreateFeedDocument => (0.5, 15.0),
        Operation::CreateFeed => (0.0083, 15.0),
        Operation::GetFeed => (2.0, 15.0),
        Operation::GetFeeds | Operation::GetFeedDocument => (0.0222, 10.0),
        Operation::GetDestinations
        | Operation::CreateDestination
        | Operation::GetSubscription
        | Operation::CreateSubscription
        | Operation::DeleteSubscription => (1.0, 5.0),
    };
    Plan { rate, burst }
}

/// All buckets in use.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    overrides: BTreeMap<String, Plan>,
    levels: BTreeMap<(String, Operation), Level>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Timestamp,
}

impl Buckets {
    pub(super) fn new(overrides: BTreeMap<String, Plan>) -> Self {
        Self {
            overrides,
            levels: BTreeMap::new(),
        }
    }

    /// The plan in force for `operation`.
    pub(super) fn plan(&self, operation: Operation) -> Plan {
        self.overrides
            .get(operation.name())
            .copied()
            .unwrap_or_else(|| documented(operation))
    }

    /// Takes one token of (`seller_id`, `operation`); false when the bucket is empty.
    pub(super) fn take(&mut self, seller_id: &str, operation: Operation, now: Timestamp) -> bool {
        let plan = self.plan(operation);
        let key = (seller_id.to_owned(), operation);
        let level = self.levels.entry(key).or_insert(Level {
            tokens: plan.burst,
            at: now,
        });
        let elapsed_s = now.duration_since(level.at).as_secs_f64().max(0.0);
        level.tokens = (level.tokens + elapsed_s * plan.rate).min(plan.burst);
        level.at = now;
        // Room for the rounding of adding up a rate such as 0.0056.
        let enough = level.tokens >= 1.0 - 1e-9;
        if enough {
            level.tokens -= 1.0;
        }
        enough
    }
}
