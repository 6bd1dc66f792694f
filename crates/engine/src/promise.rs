//! The sync promise as people, programs and monitoring read it.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::latency::{Histogram, PromiseStep, upper_ms};
use stockbridge_domain::{AccountId, TenantId};
use stockbridge_store::StoreError;

use crate::hub::Hub;

/// How many took at most so long, and longer than the bucket before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PromiseBucket {
    /// The longest of the bucket, in milliseconds.
    pub at_most_ms: i64,
    /// How many.
    pub count: i64,
}

/// How long one step took on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromiseRow {
    /// The account: for `imported` the one of the order, otherwise the one that was told.
    pub account: AccountId,
    /// What people call it.
    pub account_name: String,
    /// Its channel.
    pub channel: ChannelKind,
    /// The step.
    pub step: PromiseStep,
    /// How often it was measured.
    pub count: i64,
    /// All of them together, in milliseconds.
    pub sum_ms: i64,
    /// Half took at most this; a percentile is told at most a quarter too large.
    pub p50_ms: Option<i64>,
    /// 95 of 100 took at most this.
    pub p95_ms: Option<i64>,
    /// 99 of 100 took at most this.
    pub p99_ms: Option<i64>,
    /// The counts themselves; those of several rows can be added up.
    pub buckets: Vec<PromiseBucket>,
    /// The same to calculate with.
    #[serde(skip)]
    pub histogram: Histogram,
}

impl Hub {
    /// How long steps took that ended within `within` (to the hour), by account and step; since ever without.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn promise(
        &self,
        tenant: TenantId,
        within: Option<Duration>,
    ) -> Result<Vec<PromiseRow>, StoreError> {
        let tenant = self.tenant(tenant);
        let since = within.map(|within| self.env().now().minus(within));
        let accounts = tenant.accounts().await?;
        let named: HashMap<AccountId, _> = accounts
            .into_iter()
            .map(|a| (a.id, (a.name, a.channel)))
            .collect();
        let rows = tenant.promise(since).await?.into_iter().filter_map(|record| {
            let (account_name, channel) = named.get(&record.account)?.clone();
            let histogram = record.histogram;
            Some(PromiseRow {
                account: record.account,
                account_name,
                channel,
                step: record.step,
                count: histogram.count,
                sum_ms: histogram.sum_ms,
                p50_ms: histogram.quantile_ms(500),
                p95_ms: histogram.quantile_ms(950),
                p99_ms: histogram.quantile_ms(990),
                buckets: histogram
                    .buckets()
                    .map(|(bucket, count)| PromiseBucket {
                        at_most_ms: upper_ms(bucket),
                        count,
                    })
                    .collect(),
                histogram,
            })
        });
        Ok(rows.collect())
    }
}
