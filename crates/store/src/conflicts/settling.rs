//! Quantities: more than was given, right when it is read; everything else once orders are in; and what orders explain.

use std::time::Duration;

use stockbridge_domain::conflict::{Action, ConflictState, Field, Strategy, explained};
use stockbridge_domain::{ListingId, Timestamp};

use super::noting::{Difference, HUB, Live};
use super::strategies::Rules;
use crate::{StoreError, TenantTx};

/// Orders placed longer ago explain nothing.
const OLD: Duration = Duration::from_secs(7 * 86_400);
/// A listing whose channel is to win is not written for so long while orders may still explain what it shows.
const WAIT_FOR_ORDERS: Duration = Duration::from_secs(1_800);

/// The longest a reading is under way: a sale placed so long before its answer may not be in it.
const LONGEST_READING: Duration = Duration::from_secs(60);

/// Which orders may explain a quantity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    /// When it was read: whether a sale placed just then is in the reading is not known.
    pub read_at: Timestamp,
    /// When the reading was in that the expected quantity rests on: what was sold before is not in it.
    pub rests_on: Timestamp,
    /// From when on a cancellation may have given units back.
    pub since: Timestamp,
}

impl Around {
    /// Orders around a reading, those since the one before, and cancellations since.
    pub(crate) const fn new(read_at: Timestamp, rests_on: Timestamp, since: Timestamp) -> Self {
        Self {
            read_at,
            rests_on,
            since,
        }
    }
}

/// Units in orders of a listing.
pub(super) struct Ordered {
    /// Sold so close to the reading that what is shown may be lower than expected; or sold since the one before and called
    /// off, and the channel may not have put them back.
    lower_by: i64,
    /// Sold while the reading was under way, or given back by orders that came in or changed since: what is shown may be
    /// higher than expected.
    higher_by: i64,
    /// Sold lately and not given back: what a cancellation could still give back.
    standing: i64,
}

impl TenantTx {
    /// Notes a quantity above what the channel was given, right when it is read. An order that is not in yet may explain
    /// it; then it waits until all orders before the reading are in. What is surely too much is a difference at once.
    pub(crate) async fn note_excess(&mut self, found: &[Difference]) -> Result<(), StoreError> {
        if found.is_empty() {
            return Ok(());
        }
        let rules = self
            .conflict_rules(found.iter().filter_map(|f| f.product))
            .await?;
        let now = self.env.now();
        let now = Around::new(now, now, now);
        for found in found {
            let strategy = found.strategy(&rules);
            let excess = found.values.map_or(0, |(expected, shown)| shown - expected);
            let hub_wins = matches!(strategy, Strategy::HubWins | Strategy::Lowest);
            if hub_wins && excess > self.ordered(found, now).await?.standing {
                self.note_difference(&rules, found).await?;
                continue;
            }
            let known = self.live_conflict(found).await?;
            if known
                .as_ref()
                .is_some_and(|k| k.state != ConflictState::Healing && k.state != ConflictState::Waiting)
            {
                // A person is asked already, or it is fought over: settling tells the rest.
                continue;
            }
            if matches!(strategy, Strategy::SourceWins | Strategy::Highest) {
                let until = self.env.now().plus(WAIT_FOR_ORDERS);
                self.hold_writes(found.listing, Some(until)).await?;
            }
            let id = self
                .write_conflict(known.as_ref(), found, ConflictState::Waiting, strategy)
                .await?;
            self.conflict_event(id, found, Action::Awaited, strategy, HUB)
                .await?;
        }
        Ok(())
    }

    /// What settling found: quantities that differ, listings whose write got lost, and listings that show what they should.
    /// Answers the differences that no order explains.
    pub(crate) async fn note_settled(
        &mut self,
        differ: Vec<(Difference, Around)>,
        lost: Vec<Difference>,
        agree: Vec<Difference>,
    ) -> Result<Vec<ListingId>, StoreError> {
        let mut known = Vec::new();
        if !agree.is_empty() {
            let ids = crate::stock::id_list(agree.iter().map(|d| d.listing));
            known = self.live_conflicts(ids).await?;
            known.retain(|k| k.field == Field::Quantity);
        }
        if differ.is_empty() && lost.is_empty() && known.is_empty() {
            return Ok(Vec::new());
        }
        let noted = differ.iter().map(|(found, _)| found).chain(&agree);
        let products: Vec<_> = noted.filter_map(|found| found.product).collect();
        let rules = self.conflict_rules(products).await?;
        let mut unexplained = Vec::new();
        for (found, around) in differ {
            if self.is_explained(&found, around).await? {
                continue;
            }
            unexplained.push(found.listing);
            self.note_difference(&rules, &found).await?;
        }
        for found in lost {
            unexplained.push(found.listing);
            self.note_lost_write(&rules, &found).await?;
        }
        for known in known {
            if let Some(now) = agree.iter().find(|d| d.listing == known.listing) {
                self.settle_known(&rules, &known, now).await?;
            }
        }
        Ok(unexplained)
    }

    /// A listing with a known difference settled as it should.
    async fn settle_known(
        &mut self,
        rules: &Rules,
        known: &Live,
        now: &Difference,
    ) -> Result<(), StoreError> {
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        let before = Difference {
            expected: known.expected.clone(),
            shown: known.shown.clone(),
            values: Some((number(&known.expected), number(&known.shown))),
            ..now.clone()
        };
        let (seen, earlier) = (known.shown_since, known.shown_since.minus(WAIT_FOR_ORDERS));
        let around = Around::new(seen, seen, earlier);
        match known.state {
            ConflictState::Waiting if self.is_explained(&before, around).await? => {
                self.close(known, &before, Action::Explained).await?;
            }
            ConflictState::Waiting => self.note_difference(rules, &before).await?,
            ConflictState::Healing => self.close(known, now, Action::Agreed).await?,
            // Settled on what the channel shows, which is not yet what it should.
            _ if now.values.is_some_and(|(expected, shown)| expected == shown) => {
                self.close(known, now, Action::Agreed).await?;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn close(
        &mut self,
        known: &Live,
        now: &Difference,
        action: Action,
    ) -> Result<(), StoreError> {
        if known.field == Field::Quantity {
            self.hold_writes(known.listing, None).await?;
        }
        let at = self.env.now();
        let sql = "UPDATE conflicts SET state = 'closed', closed_at = $3, last_at = $3 WHERE tenant_id = $1 AND id = $2";
        self.tx
            .exec(sql, &[self.key(), known.id.into(), at.into()])
            .await?;
        let now = Difference {
            expected: now.shown.clone(),
            shown: known.shown.clone(),
            ..now.clone()
        };
        self.conflict_event(known.id, &now, action, known.strategy, HUB)
            .await
    }

    async fn is_explained(&mut self, found: &Difference, around: Around) -> Result<bool, StoreError> {
        let Some((expected, shown)) = found.values else {
            return Ok(false);
        };
        let ordered = self.ordered(found, around).await?;
        Ok(explained(expected, shown, ordered.lower_by, ordered.higher_by))
    }

    /// Units in a listing's orders of the last days.
    async fn ordered(&mut self, found: &Difference, around: Around) -> Result<Ordered, StoreError> {
        let sql = "SELECT \
             CAST(COALESCE(SUM(CASE WHEN o.placed_at BETWEEN $5 AND $6 THEN l.ordered \
             WHEN o.placed_at BETWEEN $9 AND $6 THEN l.cancelled END), 0) AS BIGINT), \
             CAST(COALESCE(SUM(CASE WHEN o.placed_at BETWEEN $8 AND $6 THEN l.ordered END), 0) AS BIGINT), \
             CAST(COALESCE(SUM(CASE WHEN o.updated_at >= $7 OR o.imported_at >= $7 THEN l.cancelled END), 0) AS BIGINT), \
             CAST(COALESCE(SUM(l.ordered - l.cancelled), 0) AS BIGINT) \
             FROM orders o JOIN order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id \
             WHERE o.tenant_id = $1 AND o.account_id = $2 AND o.placed_at >= $4 AND l.listing_id = $3";
        let close = stockbridge_domain::offer::CLOCK_SKEW * 2;
        let values = [
            self.key(),
            found.account.into(),
            found.listing.into(),
            self.env.now().minus(OLD).into(),
            around.read_at.minus(close).into(),
            around.read_at.plus(close).into(),
            around.since.into(),
            around.read_at.minus(LONGEST_READING + close).into(),
            around.rests_on.minus(LONGEST_READING + close).into(),
        ];
        let row = self.tx.query_one(sql, &values).await?;
        Ok(Ordered {
            lower_by: row.int(0)?,
            higher_by: row.int(1)? + row.int(2)?,
            standing: row.int(3)?,
        })
    }
}
