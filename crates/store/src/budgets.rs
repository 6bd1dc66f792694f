//! Budgets: the token buckets of channels' quotas, shared by all processes.
//!
//! One row per account and bucket, advanced in a short write transaction, so that however many processes run, a
//! quota is spent once. What the channel says about its rate is kept; a token that a crash of the machine forgets is
//! answered by the channel itself, so these commits do not wait for the disk.

use serde::Serialize;
use std::time::Duration;

use stockbridge_domain::channel::{BucketSpec, Grant, Learned};
use stockbridge_domain::job::Bucket;
use stockbridge_domain::{AccountId, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Row, Value};
use crate::{StoreError, Tenant, TenantTx};

/// A budget, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetRecord {
    /// Whose quota.
    pub account: AccountId,
    /// The bucket's name.
    pub bucket: String,
    /// Millionths of a token in it now; negative while the channel keeps us waiting.
    pub level_micro: i64,
    /// Tokens per million seconds.
    pub rate_micro: i64,
    /// Most tokens it holds.
    pub burst: i64,
}

fn read(row: &Row, from: usize) -> Result<Bucket, StoreError> {
    Ok(Bucket {
        level_micro: row.int(from)?,
        at: row.time(from + 1)?,
        rate_micro: row.int(from + 2)?,
        burst: row.int(from + 3)?,
    })
}

impl Tenant {
    /// Takes tokens of the account's bucket, or says when there will be as many.
    ///
    /// # Errors
    /// When the database fails; no token was taken then.
    pub async fn take_tokens(
        &self,
        account: AccountId,
        spec: &BucketSpec,
        tokens: i64,
    ) -> Result<Grant, StoreError> {
        let now = self.env().now();
        self.with_bucket(account, spec, |bucket| bucket.take(now, tokens))
            .await
    }

    /// Notes what the channel says of the bucket; what it does not say stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn learn_budget(
        &self,
        account: AccountId,
        spec: &BucketSpec,
        learned: Learned,
    ) -> Result<(), StoreError> {
        let now = self.env().now();
        self.with_bucket(account, spec, |bucket| {
            *bucket = bucket.at(now);
            if let Some(rate) = learned.rate_micro {
                bucket.rate_micro = rate.max(1);
            }
            if let Some(left) = learned.left {
                bucket.level_micro = left.clamp(0, bucket.burst).saturating_mul(1_000_000);
            }
        })
        .await
    }

    /// Notes that the channel refused a call: whatever we believed, the bucket is empty. Answers when it holds a token
    /// again, by the rate as learned, and not before `least` has passed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exhaust(
        &self,
        account: AccountId,
        spec: &BucketSpec,
        least: Duration,
    ) -> Result<Timestamp, StoreError> {
        let now = self.env().now();
        self.with_bucket(account, spec, |bucket| {
            *bucket = bucket.at(now);
            bucket.level_micro = bucket.level_micro.min(0);
            let until = match { *bucket }.take(now, 1) {
                Grant::Go => now,
                Grant::Wait(at) => at,
            }
            .max(now.plus(least));
            // So low that it reaches one token at `until`.
            let gained = until
                .since(now)
                .as_micros()
                .saturating_mul(bucket.rate_micro.unsigned_abs().into());
            let gained = i64::try_from(gained / 1_000_000).unwrap_or(i64::MAX);
            bucket.level_micro = bucket
                .level_micro
                .min(1_000_000_i64.saturating_sub(gained).saturating_sub(1));
            until
        })
        .await
    }

    /// All budgets as they are now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn budgets(&self) -> Result<Vec<BudgetRecord>, StoreError> {
        let now = self.env().now();
        let sql = "SELECT account_id, bucket, level_micro, at, rate_micro, burst FROM budgets \
                   WHERE tenant_id = $1 ORDER BY account_id, bucket";
        let rows = self.read().await?.query(sql, &[self.key()]).await?;
        let record = |row: &Row| {
            let bucket = read(row, 2)?.at(now);
            Ok(BudgetRecord {
                account: row.parsed(0)?,
                bucket: row.string(1)?,
                level_micro: bucket.level_micro,
                rate_micro: bucket.rate_micro,
                burst: bucket.burst,
            })
        };
        rows.iter().map(record).collect()
    }

    async fn with_bucket<T>(
        &self,
        account: AccountId,
        spec: &BucketSpec,
        change: impl FnOnce(&mut Bucket) -> T,
    ) -> Result<T, StoreError> {
        let mut tx = self.begin().await?;
        let key = [self.key(), account.into(), spec.name.into()];
        let mut bucket = tx.lock_bucket(&key, spec).await?;
        let answer = change(&mut bucket);
        let sql = "UPDATE budgets SET level_micro = $4, at = $5, rate_micro = $6, burst = $7 \
                   WHERE tenant_id = $1 AND account_id = $2 AND bucket = $3";
        tx.tx.exec(sql, &[key.to_vec(), values(&bucket)].concat()).await?;
        tx.commit_soon().await?;
        Ok(answer)
    }
}

fn values(bucket: &Bucket) -> Vec<Value> {
    vec![
        bucket.level_micro.into(),
        bucket.at.into(),
        bucket.rate_micro.into(),
        bucket.burst.into(),
    ]
}

impl TenantTx {
    /// The bucket's row, locked; created full on first use. The burst is the program's, the rate what was learned.
    async fn lock_bucket(&mut self, key: &[Value; 3], spec: &BucketSpec) -> Result<Bucket, StoreError> {
        let find = "SELECT level_micro, at, rate_micro, burst FROM budgets \
                    WHERE tenant_id = $1 AND account_id = $2 AND bucket = $3 {for_update}";
        if let Some(row) = self.tx.query_opt(find, key).await? {
            return Ok(Bucket {
                burst: spec.burst,
                ..read(&row, 0)?
            });
        }
        let full = Bucket::full(spec.rate_micro, spec.burst, self.env.now());
        let create = "INSERT INTO budgets (tenant_id, account_id, bucket, level_micro, at, rate_micro, burst) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        self.tx
            .exec(create, &[key.to_vec(), values(&full)].concat())
            .await?;
        // Another process may have been first.
        read(&self.tx.query_one(find, key).await?, 0)
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "a test joins the tasks it starts itself"
    )]
    use std::time::Duration;

    use stockbridge_domain::Timestamp;
    use stockbridge_domain::clock::Stepped;

    use super::*;
    use crate::testing::databases;

    const SPEC: BucketSpec = BucketSpec {
        name: "orders.list",
        rate_micro: 500_000,
        burst: 5,
    };

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_budget_is_spent_once_however_many_ask() {
        for test in databases().await.unwrap() {
            let clock = Stepped::new(Timestamp::from_secs(1_700_000_000), 5);
            let store = test.store(clock.env()).await.unwrap();
            let tenant = store.tenant(clock.env().id());
            let account = clock.env().id();
            let asking: Vec<_> = (0..20)
                .map(|_| {
                    let tenant = tenant.clone();
                    tokio::spawn(async move { tenant.take_tokens(account, &SPEC, 1).await.unwrap() })
                })
                .collect();
            let mut granted = 0;
            for answer in asking {
                granted += u32::from(answer.await.unwrap() == Grant::Go);
            }
            assert_eq!(granted, 5);
            let Grant::Wait(at) = tenant.take_tokens(account, &SPEC, 1).await.unwrap() else {
                panic!("five is all")
            };
            assert_eq!(at.since(clock.env().now()).as_secs(), 2);
            let other = clock.env().id();
            assert_eq!(
                tenant.take_tokens(other, &SPEC, 1).await.unwrap(),
                Grant::Go,
                "its own"
            );
            clock.advance(Duration::from_secs(3));
            assert_eq!(tenant.take_tokens(account, &SPEC, 1).await.unwrap(), Grant::Go);
            assert!(store.tenant(clock.env().id()).budgets().await.unwrap().is_empty());
        }
    }

    #[tokio::test]
    async fn the_channel_corrects_rate_and_level() {
        for test in databases().await.unwrap() {
            let clock = Stepped::new(Timestamp::from_secs(1_700_000_000), 5);
            let store = test.store(clock.env()).await.unwrap();
            let tenant = store.tenant(clock.env().id());
            let account = clock.env().id();
            let slower = Learned {
                rate_micro: Some(100_000),
                left: None,
            };
            tenant.learn_budget(account, &SPEC, slower).await.unwrap();
            let minute = Duration::from_secs(60);
            let until = tenant.exhaust(account, &SPEC, minute).await.unwrap();
            assert_eq!(until, clock.env().now().plus(minute));
            let Grant::Wait(at) = tenant.take_tokens(account, &SPEC, 1).await.unwrap() else {
                panic!("the channel said no")
            };
            assert!(
                at >= until && at.since(until) < Duration::from_secs(1),
                "{at} {until}"
            );
            let budget = &tenant.budgets().await.unwrap()[0];
            assert_eq!(
                (budget.rate_micro, budget.burst, budget.account),
                (100_000, 5, account)
            );
            assert!(budget.level_micro < 0);
            clock.advance(Duration::from_secs(61));
            assert_eq!(tenant.take_tokens(account, &SPEC, 1).await.unwrap(), Grant::Go);
            // An earlier refusal does not shorten a later one, and the learned rate survives.
            let later = tenant.exhaust(account, &SPEC, minute).await.unwrap();
            tenant.exhaust(account, &SPEC, Duration::ZERO).await.unwrap();
            assert!(
                matches!(tenant.take_tokens(account, &SPEC, 1).await.unwrap(), Grant::Wait(at) if at >= later)
            );
            assert_eq!(tenant.budgets().await.unwrap()[0].rate_micro, 100_000);
        }
    }

    #[tokio::test]
    async fn dear_calls_take_many_tokens_and_the_channel_says_how_many_are_left() {
        for test in databases().await.unwrap() {
            let clock = Stepped::new(Timestamp::from_secs(1_700_000_000), 5);
            let store = test.store(clock.env()).await.unwrap();
            let tenant = store.tenant(clock.env().id());
            let account = clock.env().id();
            assert_eq!(tenant.take_tokens(account, &SPEC, 3).await.unwrap(), Grant::Go);
            let Grant::Wait(at) = tenant.take_tokens(account, &SPEC, 3).await.unwrap() else {
                panic!("two are left")
            };
            assert_eq!(at.since(clock.env().now()).as_secs(), 2, "one more is needed");
            let fuller = Learned {
                rate_micro: None,
                left: Some(900),
            };
            tenant.learn_budget(account, &SPEC, fuller).await.unwrap();
            let budget = &tenant.budgets().await.unwrap()[0];
            assert_eq!((budget.level_micro, budget.rate_micro), (5_000_000, 500_000));
        }
    }
}
