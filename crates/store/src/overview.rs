//! The figures of the dashboard's first page, in a handful of statements on one snapshot.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::{AccountId, Timestamp};

use crate::accounts::AccountStatus;
use crate::alerts::{AlertCounts, alert_counts};
use crate::columns::Columns as _;
use crate::db::{Row, Tx};
use crate::listings::{ListingCounts, listing_counts};
use crate::queue::{QueueCounts, queue_counts};
use crate::{StoreError, Tenant};

/// Orders of how long are counted.
const ORDERS_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// Pushes of how long are measured.
const PUSHES_WITHIN: Duration = Duration::from_secs(3600);
/// Pushes measured at most, the newest.
const PUSHES: i64 = 2_000;
/// What the causes of pushes that follow a sale begin with.
const SALE: &str = "order ";

/// How a tenant stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    /// By account, oldest first.
    pub accounts: Vec<AccountFigures>,
    /// Orders placed within the last 24 hours.
    pub orders_24h: i64,
    /// Orders to be shipped, in part or whole, or not payable yet.
    pub orders_open: i64,
    /// Orders a person has to look at.
    pub orders_with_attention: i64,
    /// Order lines that wait for a product.
    pub lines_unmapped: i64,
    /// Open alerts.
    pub alerts: AlertCounts,
    /// Durable work.
    pub queue: QueueCounts,
    /// Products whose offers have to be computed anew.
    pub products_dirty: i64,
    /// Units that can still be promised, over all products.
    pub units_available: i64,
    /// Units that channels could still sell, over all products: at most the former, product by product.
    pub units_exposed: i64,
    /// From a buyer's order to the first byte of the push it caused, last hour.
    pub sale_to_push: Latency,
    /// From a buyer's order to the moment another channel was seen to show the new quantity, last hour.
    pub sale_to_verified: Latency,
}

/// How one account stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountFigures {
    /// The account.
    pub account: AccountId,
    /// What people call it.
    pub name: String,
    /// Which channel.
    pub channel: ChannelKind,
    /// Whether it is worked for.
    pub status: AccountStatus,
    /// Orders placed within the last 24 hours.
    pub orders_24h: i64,
    /// Its listings; nothing when it has none.
    pub listings: Option<ListingCounts>,
    /// When the channel last answered as it should.
    pub last_ok_at: Option<Timestamp>,
    /// Orders changed before this instant are all imported.
    pub orders_complete_until: Timestamp,
}

/// How long something took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// How often it was measured.
    pub count: usize,
    /// Half were at most this long, in milliseconds.
    pub p50_ms: Option<i64>,
    /// 95 of 100 were at most this long.
    pub p95_ms: Option<i64>,
    /// 99 of 100 were at most this long.
    pub p99_ms: Option<i64>,
}

impl Latency {
    /// From durations in microseconds, in any order.
    pub fn from_micros(mut durations: Vec<i64>) -> Self {
        durations.sort_unstable();
        let at = |percent: usize| {
            let index = (durations.len() * percent).div_ceil(100).checked_sub(1)?;
            durations.get(index).map(|micros| micros / 1_000)
        };
        Self {
            count: durations.len(),
            p50_ms: at(50),
            p95_ms: at(95),
            p99_ms: at(99),
        }
    }
}

/// Everything that is a single number. Placeholders: tenant, open states are written out for their index.
const NUMBERS: &str = "SELECT \
     (SELECT COUNT(*) FROM orders WHERE tenant_id = $1 \
      AND status IN ('pending', 'open', 'partially_shipped', 'unknown')), \
     (SELECT COUNT(*) FROM orders WHERE tenant_id = $1 AND attention IS NOT NULL), \
     (SELECT COUNT(*) FROM order_lines WHERE tenant_id = $1 AND product_id IS NULL), \
     (SELECT COUNT(*) FROM dirty_products WHERE tenant_id = $1), \
     (SELECT CAST(COALESCE(SUM(on_hand - reserved - safety), 0) AS BIGINT) FROM stock_balances \
      WHERE tenant_id = $1 AND counted = 1 AND on_hand > reserved + safety AND location_id IN \
      (SELECT id FROM locations WHERE tenant_id = $1 AND sellable = 1 AND closed_at IS NULL))";

impl Tenant {
    /// The figures of the dashboard's first page.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overview(&self) -> Result<Overview, StoreError> {
        let now = self.env().now();
        let mut tx = self.read().await?;
        let listings = listing_counts(self, &mut tx).await?;
        let units_exposed = listings.iter().map(|counts| counts.exposed_units).sum();
        let accounts = self.account_figures(&mut tx, listings, now).await?;
        let numbers = tx.query_one(NUMBERS, &[self.key()]).await?;
        let (pushed, verified) = self.latencies(&mut tx, now).await?;
        Ok(Overview {
            orders_24h: accounts.iter().map(|figures| figures.orders_24h).sum(),
            accounts,
            orders_open: numbers.int(0)?,
            orders_with_attention: numbers.int(1)?,
            lines_unmapped: numbers.int(2)?,
            alerts: alert_counts(&mut tx, self.key(), now).await?,
            queue: queue_counts(&mut tx, self.key()).await?,
            products_dirty: numbers.int(3)?,
            units_available: numbers.int(4)?,
            units_exposed,
            sale_to_push: pushed,
            sale_to_verified: verified,
        })
    }

    async fn account_figures(
        &self,
        tx: &mut Tx,
        listings: Vec<ListingCounts>,
        now: Timestamp,
    ) -> Result<Vec<AccountFigures>, StoreError> {
        let mut listings: HashMap<AccountId, ListingCounts> = listings
            .into_iter()
            .map(|counts| (counts.account, counts))
            .collect();
        let sql = "SELECT id, name, channel, status, (SELECT COUNT(*) FROM orders o WHERE o.tenant_id = $1 \
             AND o.account_id = a.id AND o.placed_at >= $2), last_ok_at, orders_complete_until \
             FROM accounts a WHERE tenant_id = $1 ORDER BY id";
        let rows = tx
            .query(sql, &[self.key(), now.minus(ORDERS_WITHIN).into()])
            .await?;
        rows.iter()
            .map(|row| {
                let account = row.parsed(0)?;
                Ok(AccountFigures {
                    account,
                    name: row.string(1)?,
                    channel: ChannelKind::new(row.text(2)?),
                    status: row.named(3, AccountStatus::parse)?,
                    orders_24h: row.int(4)?,
                    listings: listings.remove(&account),
                    last_ok_at: row.opt_time(5)?,
                    orders_complete_until: row.time(6)?,
                })
            })
            .collect()
    }

    /// How long pushes that follow a sale took to leave and to be seen.
    async fn latencies(&self, tx: &mut Tx, now: Timestamp) -> Result<(Latency, Latency), StoreError> {
        let sql = "SELECT caused_at, sent_at, verified_at FROM pushes WHERE tenant_id = $1 AND sent_at >= $2 \
             AND caused_at IS NOT NULL AND cause >= $3 AND cause < $4 ORDER BY sent_at DESC LIMIT $5";
        let values = [
            self.key(),
            now.minus(PUSHES_WITHIN).into(),
            SALE.into(),
            crate::filter::after_prefix(SALE).into(),
            PUSHES.into(),
        ];
        let rows = tx.query(sql, &values).await?;
        let lasted = |end: usize| -> Result<Vec<i64>, StoreError> {
            let durations = rows.iter().map(|row: &Row| {
                let begun = row.int(0)?;
                Ok(row.opt_int(end)?.map(|at| (at - begun).max(0)))
            });
            let durations = durations.collect::<Result<Vec<_>, StoreError>>()?;
            Ok(durations.into_iter().flatten().collect())
        };
        Ok((Latency::from_micros(lasted(1)?), Latency::from_micros(lasted(2)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_values_themselves() {
        assert_eq!(Latency::from_micros(Vec::new()), Latency::default());
        let one = Latency::from_micros(vec![7_900]);
        assert_eq!((one.count, one.p50_ms, one.p99_ms), (1, Some(7), Some(7)));
        let hundred = Latency::from_micros((1..=100).rev().map(|ms| ms * 1_000).collect());
        assert_eq!(
            (hundred.p50_ms, hundred.p95_ms, hundred.p99_ms),
            (Some(50), Some(95), Some(99))
        );
    }
}
