//! The sync promise: how long orders took into the hub and out to the other channels, kept as histograms.
//!
//! Each duration is counted in the transaction that ends its step, so a crash neither loses nor doubles one. Counted are
//! orders placed since their account was connected, and changes that an order caused.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use stockbridge_domain::latency::{Histogram, PromiseStep, bucket_of};
use stockbridge_domain::{AccountId, PushId, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Kind, Row, Value};
use crate::stock::id_list;
use crate::{StoreError, System, Tenant, TenantTx};

/// What the causes of changes begin with that an order caused.
const ORDER: &str = "order ";
/// The row that holds the sum of the durations.
const SUM: i64 = -1;
/// The row that holds everything since ever.
const EVER: i64 = 0;
const HOUR_MICROS: i64 = 3_600_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;
/// How long counts are kept by the hour; after that by the day.
const HOURS_KEPT: Duration = Duration::from_secs(35 * 86_400);
/// How long counts are kept at all: a year can be asked for.
const DAYS_KEPT: Duration = Duration::from_secs(400 * 86_400);
const COLUMNS: [(&str, Kind); 6] = [
    ("tenant_id", Kind::Text),
    ("account_id", Kind::Text),
    ("step", Kind::Text),
    ("hour", Kind::Int),
    ("bucket", Kind::Int),
    ("times", Kind::Int),
];
const ADD: &str = "ON CONFLICT (tenant_id, account_id, step, hour, bucket) \
     DO UPDATE SET times = promise_buckets.times + excluded.times";

/// A step that ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) account: AccountId,
    pub(crate) step: PromiseStep,
    pub(crate) took: Duration,
}

/// How long a step took on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromiseRecord {
    /// The account.
    pub account: AccountId,
    /// The step.
    pub step: PromiseStep,
    /// The durations.
    pub histogram: Histogram,
}

impl Measured {
    /// A change that leaves now, if an order caused it.
    pub(crate) fn sent(
        account: AccountId,
        cause: Option<&str>,
        caused_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Self> {
        let placed_at = caused_at.filter(|_| cause.is_some_and(|cause| cause.starts_with(ORDER)))?;
        Some(Self {
            account,
            step: PromiseStep::Sent,
            took: now.since(placed_at),
        })
    }
}

impl TenantTx {
    /// Counts steps that this transaction ends.
    pub(crate) async fn measure(&mut self, measured: &[Measured]) -> Result<(), StoreError> {
        let hour = self.env.now().micros().div_euclid(HOUR_MICROS) * HOUR_MICROS;
        let mut counts: BTreeMap<(AccountId, &str, i64, i64), i64> = BTreeMap::new();
        for Measured { account, step, took } in measured {
            let ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
            for hour in [EVER, hour] {
                *counts.entry((*account, step.name(), hour, SUM)).or_default() += ms;
                let bucket = i64::from(bucket_of(*took));
                *counts.entry((*account, step.name(), hour, bucket)).or_default() += 1;
            }
        }
        let rows = counts
            .into_iter()
            .map(|((account, step, hour, bucket), times)| {
                vec![
                    self.key(),
                    account.into(),
                    step.into(),
                    hour.into(),
                    bucket.into(),
                    times.into(),
                ]
            })
            .collect();
        self.tx
            .insert_many("promise_buckets", &COLUMNS, ADD, rows)
            .await?;
        Ok(())
    }

    /// Counts a step of pushes that ends now, for those an order caused. Call it before the push itself is told.
    pub(crate) async fn measure_pushes(
        &mut self,
        pushes: &[PushId],
        step: PromiseStep,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if pushes.is_empty() {
            return Ok(());
        }
        // A push is proved once; readings after that prove it again.
        let only = match step {
            PromiseStep::Verified => "AND verified_at IS NULL",
            _ => "AND answered_at IS NULL",
        };
        let sql = format!(
            "SELECT account_id, caused_at FROM pushes WHERE tenant_id = $1 AND id {{in $2}} AND field = 'quantity' \
             AND caused_at IS NOT NULL AND cause >= $3 AND cause < $4 {only}"
        );
        let params = [
            self.key(),
            id_list(pushes),
            ORDER.into(),
            crate::filter::after_prefix(ORDER).into(),
        ];
        let rows = self.tx.query(&sql, &params).await?;
        let measured = rows.iter().map(|row| {
            Ok(Measured {
                account: row.parsed(0)?,
                step,
                took: at.since(row.time(1)?),
            })
        });
        let measured = measured.collect::<Result<Vec<_>, StoreError>>()?;
        self.measure(&measured).await
    }
}

fn records(rows: &[Row]) -> Result<Vec<PromiseRecord>, StoreError> {
    let mut histograms: BTreeMap<(AccountId, PromiseStep), Histogram> = BTreeMap::new();
    for row in rows {
        let step = row.named(1, PromiseStep::parse)?;
        let histogram = histograms.entry((row.parsed(0)?, step)).or_default();
        match row.int(2)? {
            SUM => histogram.sum_ms += row.int(3)?,
            bucket => histogram.put(u16::try_from(bucket).unwrap_or(u16::MAX), row.int(3)?),
        }
    }
    let record = |((account, step), histogram)| PromiseRecord {
        account,
        step,
        histogram,
    };
    Ok(histograms.into_iter().map(record).collect())
}

impl Tenant {
    /// How long steps took that ended since the hour of `since`, by account and step; all there ever were without.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn promise(&self, since: Option<Timestamp>) -> Result<Vec<PromiseRecord>, StoreError> {
        let (hours, from): (&str, Value) = match since {
            None => ("hour = $2", EVER.into()),
            Some(at) => (
                "hour >= $2",
                (at.micros().div_euclid(HOUR_MICROS) * HOUR_MICROS).max(1).into(),
            ),
        };
        let sql = format!(
            "SELECT account_id, step, bucket, CAST(SUM(times) AS BIGINT) FROM promise_buckets WHERE tenant_id = $1 \
             AND {hours} GROUP BY account_id, step, bucket"
        );
        records(&self.read().await?.query(&sql, &[self.key(), from]).await?)
    }
}

impl System {
    /// Adds hours that are long past up to days and forgets days that nobody can ask for any more, so that the counts of
    /// an account stay bounded; at most `limit` rows of each kind. Returns how many rows were looked at.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tidy_promise(&self, limit: i64) -> Result<u64, StoreError> {
        let day = |kept| self.env().now().minus(kept).micros().div_euclid(DAY_MICROS) * DAY_MICROS;
        let mut tx = self.write().await?;
        let old = "DELETE FROM promise_buckets WHERE (tenant_id, account_id, step, hour, bucket) IN (SELECT tenant_id, \
             account_id, step, hour, bucket FROM promise_buckets WHERE hour > 0 AND hour < $1 LIMIT $2)";
        let forgotten = tx.exec(old, &[day(DAYS_KEPT).into(), limit.into()]).await?;
        // Taken out before they are added up: of two processes that do this at once only one gets a row.
        let hours = "DELETE FROM promise_buckets WHERE (tenant_id, account_id, step, hour, bucket) IN (SELECT tenant_id, \
             account_id, step, hour, bucket FROM promise_buckets WHERE hour > 0 AND hour < $1 AND hour % $2 <> 0 LIMIT $3) \
             RETURNING tenant_id, account_id, step, hour, bucket, times";
        let params = [day(HOURS_KEPT).into(), DAY_MICROS.into(), limit.into()];
        let taken = tx.query(hours, &params).await?;
        let mut days: BTreeMap<(String, String, String, i64, i64), i64> = BTreeMap::new();
        for row in &taken {
            let day = row.int(3)?.div_euclid(DAY_MICROS) * DAY_MICROS;
            let key = (row.string(0)?, row.string(1)?, row.string(2)?, day, row.int(4)?);
            *days.entry(key).or_default() += row.int(5)?;
        }
        let rows = days
            .into_iter()
            .map(|((tenant, account, step, day, bucket), times)| {
                vec![
                    tenant.into(),
                    account.into(),
                    step.into(),
                    day.into(),
                    bucket.into(),
                    times.into(),
                ]
            });
        tx.insert_many("promise_buckets", &COLUMNS, ADD, rows.collect())
            .await?;
        tx.commit().await?;
        Ok(forgotten + u64::try_from(taken.len()).unwrap_or(u64::MAX))
    }
}
