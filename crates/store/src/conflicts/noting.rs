//! Noting a difference, and doing at once what its strategy says.

use std::time::Duration;

use stockbridge_domain::conflict::{
    Action, ConflictState, Field, Judgement, Limit, Resolution, Strategy, explained, judge,
};
use stockbridge_domain::pricing::Scope;
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{AccountId, ConflictEventId, ConflictId, ListingId, Money, ProductId, Timestamp};

use super::{StrategyRecord, USUAL_PRIORITY, limit, strategies};
use crate::columns::Columns as _;
use crate::db::{Row, Value};
use crate::{Amount, ManualEntry, StoreError, TenantTx};

/// Who acts where no person does.
pub(super) const HUB: &str = "hub";
/// Orders placed longer ago explain nothing.
const OLD: Duration = Duration::from_secs(7 * 86_400);
/// A listing whose channel is to win is not written for so long while orders may still explain what it shows.
const WAIT_FOR_ORDERS: Duration = Duration::from_secs(1_800);
/// A quantity above this is a mistake of the channel, never a fact to take over.
const MOST_UNITS: i64 = 1_000_000;

/// A field of a listing that shows something else than it should.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    pub listing: ListingId,
    pub account: AccountId,
    pub product: Option<ProductId>,
    /// Units of the product in one of the listing.
    pub units: i64,
    pub field: Field,
    pub expected: String,
    pub shown: String,
    /// Both as numbers, where they can be compared.
    pub values: Option<(i64, i64)>,
    /// The price shown, for a price.
    pub price: Option<Money>,
}

/// Which orders may explain a quantity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    /// When it was read: whether a sale placed just then is in the reading is not known.
    pub read_at: Timestamp,
    /// From when on a cancellation may have given units back.
    pub since: Timestamp,
}

/// What holds for differences of an account.
pub(super) struct Rules {
    strategies: Vec<StrategyRecord>,
    limit: Limit,
}

impl Rules {
    fn of(&self, account: AccountId, field: Field) -> (Strategy, i64) {
        let find = |account: Option<AccountId>| {
            self.strategies
                .iter()
                .find(|s| s.account == account && s.field == field)
                .map(|s| (s.strategy, s.priority))
        };
        find(Some(account))
            .or_else(|| find(None))
            .unwrap_or((field.usual(), USUAL_PRIORITY))
    }
}

/// A difference that is not closed.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub id: ConflictId,
    pub listing: ListingId,
    pub field: Field,
    pub state: ConflictState,
    pub expected: String,
    pub shown: String,
    pub shown_since: Timestamp,
    pub strategy: Strategy,
}

pub(super) const LIVE: &str = "id, listing_id, field, state, expected, shown, shown_since, strategy";

pub(super) fn live(row: &Row) -> Result<Live, StoreError> {
    Ok(Live {
        id: row.parsed(0)?,
        listing: row.parsed(1)?,
        field: row.named(2, Field::parse)?,
        state: row.named(3, ConflictState::parse)?,
        expected: row.string(4)?,
        shown: row.string(5)?,
        shown_since: row.time(6)?,
        strategy: row.named(7, Strategy::parse)?,
    })
}

/// Units in orders of a listing.
pub(super) struct Ordered {
    /// Sold so close to a reading that nobody can tell which was first.
    sold: i64,
    /// Given back by orders that came in or changed since.
    given_back: i64,
    /// Sold lately and not given back: what a cancellation could still give back.
    standing: i64,
}

impl TenantTx {
    pub(super) async fn conflict_rules(&mut self) -> Result<Rules, StoreError> {
        Ok(Rules {
            strategies: strategies(&mut self.tx, self.tenant.into()).await?,
            limit: limit(&mut self.tx, self.tenant.into()).await?,
        })
    }

    /// Differences of these listings that are not closed.
    pub(super) async fn live_conflicts(&mut self, listings: Value) -> Result<Vec<Live>, StoreError> {
        let sql = format!(
            "SELECT {LIVE} FROM conflicts WHERE tenant_id = $1 AND state <> 'closed' AND listing_id {{in $2}}"
        );
        let rows = self.tx.query(&sql, &[self.key(), listings]).await?;
        rows.iter().map(live).collect()
    }

    /// Notes a difference that is one for sure, and does what its strategy says.
    pub(super) async fn note_difference(
        &mut self,
        rules: &Rules,
        found: &Difference,
    ) -> Result<(), StoreError> {
        let known = self.live_conflict(found).await?;
        let (strategy, priority) = rules.of(found.account, found.field);
        if known.as_ref().is_some_and(|k| {
            k.state == ConflictState::Open && k.shown == found.shown && k.strategy == strategy
        }) {
            return Ok(());
        }
        let judgement = Judgement {
            field: found.field,
            strategy,
            values: found.values,
            outranked: strategy == Strategy::SourceWins && self.outranked(rules, found, priority).await?,
            repushes: self.repushes(rules, found).await?,
            limit: rules.limit,
        };
        let mut resolution = judge(&judgement);
        let now = self.env.now();
        let stopped = known.as_ref().filter(|k| k.state == ConflictState::Stopped);
        if let Some(stopped) = stopped.filter(|_| matches!(resolution, Resolution::Repush | Resolution::Stop))
        {
            let stays =
                stopped.shown == found.shown && now.since(stopped.shown_since) >= rules.limit.window();
            resolution = if stays {
                Resolution::Repush
            } else {
                Resolution::Stop
            };
        }
        if resolution == Resolution::Accept && !self.can_accept(found).await? {
            resolution = Resolution::Ask;
        }
        self.carry_out(resolution, found, rules.limit, HUB).await?;
        let (state, action) = match resolution {
            Resolution::Repush => (ConflictState::Healing, Action::Repushed),
            Resolution::Accept => (ConflictState::Closed, Action::Accepted),
            Resolution::Ask => (ConflictState::Open, Action::Asked),
            Resolution::Stop => (ConflictState::Stopped, Action::Stopped),
        };
        let same = known
            .as_ref()
            .is_some_and(|k| k.state == state && state != ConflictState::Healing);
        let id = self
            .write_conflict(known.as_ref(), found, state, strategy)
            .await?;
        if !same {
            self.conflict_event(id, found, action, strategy, HUB).await?;
        }
        Ok(())
    }

    /// Notes a quantity above what the channel was given, right when it is read. An order that is not in yet may explain
    /// it; then it waits until all orders before the reading are in. What is surely too much is a difference at once.
    pub(crate) async fn note_excess(&mut self, found: &[Difference]) -> Result<(), StoreError> {
        if found.is_empty() {
            return Ok(());
        }
        let rules = self.conflict_rules().await?;
        let now = Around {
            read_at: self.env.now(),
            since: self.env.now(),
        };
        for found in found {
            let (strategy, _) = rules.of(found.account, found.field);
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

    /// What settling found: quantities that differ, and listings that show what they should. Answers the differences that
    /// no order explains.
    pub(crate) async fn note_settled(
        &mut self,
        differ: Vec<(Difference, Around)>,
        agree: Vec<Difference>,
    ) -> Result<Vec<ListingId>, StoreError> {
        let mut known = Vec::new();
        if !agree.is_empty() {
            let ids = crate::stock::id_list(agree.iter().map(|d| d.listing));
            known = self.live_conflicts(ids).await?;
            known.retain(|k| k.field == Field::Quantity);
        }
        if differ.is_empty() && known.is_empty() {
            return Ok(Vec::new());
        }
        let rules = self.conflict_rules().await?;
        let mut unexplained = Vec::new();
        for (found, around) in differ {
            if self.is_explained(&found, around).await? {
                continue;
            }
            unexplained.push(found.listing);
            self.note_difference(&rules, &found).await?;
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
        let around = Around {
            read_at: known.shown_since,
            since: known.shown_since.minus(WAIT_FOR_ORDERS),
        };
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
        Ok(explained(expected, shown, ordered.sold, ordered.given_back))
    }

    /// Units in a listing's orders of the last days.
    async fn ordered(&mut self, found: &Difference, around: Around) -> Result<Ordered, StoreError> {
        let sql = "SELECT \
             CAST(COALESCE(SUM(CASE WHEN o.placed_at BETWEEN $5 AND $6 THEN l.ordered END), 0) AS BIGINT), \
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
        ];
        let row = self.tx.query_one(sql, &values).await?;
        Ok(Ordered {
            sold: row.int(0)?,
            given_back: row.int(1)?,
            standing: row.int(2)?,
        })
    }

    async fn live_conflict(&mut self, found: &Difference) -> Result<Option<Live>, StoreError> {
        let sql = format!(
            "SELECT {LIVE} FROM conflicts WHERE tenant_id = $1 AND listing_id = $2 AND field = $3 AND state <> 'closed'"
        );
        let values = [self.key(), found.listing.into(), found.field.name().into()];
        let row = self.tx.query_opt(&sql, &values).await?;
        row.as_ref().map(live).transpose()
    }

    /// Whether a store of higher priority has given this product's field another value within the window.
    async fn outranked(
        &mut self,
        rules: &Rules,
        found: &Difference,
        priority: i64,
    ) -> Result<bool, StoreError> {
        let Some(product) = found.product else {
            return Ok(false);
        };
        let sql = "SELECT DISTINCT account_id FROM conflict_events WHERE tenant_id = $1 AND product_id = $2 \
             AND field = $3 AND action = 'accepted' AND at > $4 AND account_id <> $5 AND after <> $6";
        let values = [
            self.key(),
            product.into(),
            found.field.name().into(),
            self.env.now().minus(rules.limit.window()).into(),
            found.account.into(),
            (&found.shown).into(),
        ];
        for row in self.tx.query(sql, &values).await? {
            if rules.of(row.parsed(0)?, found.field).1 < priority {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How often the hub set a field right within the window, since a person last had it go on.
    async fn repushes(&mut self, rules: &Rules, found: &Difference) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM conflict_events WHERE tenant_id = $1 AND listing_id = $2 AND field = $3 \
             AND action = 'repushed' AND at > $4 AND at > COALESCE((SELECT MAX(at) FROM conflict_events \
             WHERE tenant_id = $1 AND listing_id = $2 AND field = $3 AND action = 'resumed'), 0)";
        let values = [
            self.key(),
            found.listing.into(),
            found.field.name().into(),
            self.env.now().minus(rules.limit.window()).into(),
        ];
        self.tx.query_one(sql, &values).await?.int(0)
    }

    /// Whether the channel's value can be taken over: a stock that somebody counted, and no absurd number.
    pub(super) async fn can_accept(&mut self, found: &Difference) -> Result<bool, StoreError> {
        match (found.field, found.product) {
            (Field::Quantity, Some(product)) => {
                let shown = found.values.map_or(0, |(_, shown)| shown);
                let sql = "SELECT 1 FROM stock_balances WHERE tenant_id = $1 AND product_id = $2 AND counted = 1 LIMIT 1";
                let counted = self
                    .tx
                    .query_opt(sql, &[self.key(), product.into()])
                    .await?
                    .is_some();
                Ok(counted && (0..=MOST_UNITS).contains(&shown))
            }
            (Field::Quantity, None) => Ok(false),
            (Field::Price, _) => Ok(found
                .price
                .is_some_and(|p| stockbridge_domain::pricing::too_much(p, true).is_none())),
            (Field::Status | Field::Title, _) => Ok(true),
        }
    }

    /// Does what was decided. Accepting a quantity changes the ledger, never a bound: what the channel shows is in the
    /// listing's exposure since it was read, and planning makes everything else fit.
    pub(super) async fn carry_out(
        &mut self,
        resolution: Resolution,
        found: &Difference,
        limit: Limit,
        actor: &str,
    ) -> Result<(), StoreError> {
        match found.field {
            Field::Quantity => {
                let now = self.env.now();
                let hold = match resolution {
                    Resolution::Stop => Some(now.plus(limit.window())),
                    // More than it should is lowered in any case, for the sake of what others could sell.
                    Resolution::Ask if found.values.is_none_or(|(expected, shown)| shown < expected) => {
                        Some(Timestamp::MAX)
                    }
                    _ => None,
                };
                if resolution == Resolution::Accept {
                    self.take_over_stock(found, actor).await?;
                }
                self.hold_writes(found.listing, hold).await?;
                self.mark_dirty(found.product, "conflict", now).await
            }
            Field::Price if resolution == Resolution::Repush => {
                let sql = "UPDATE listings SET price_due = 1 WHERE tenant_id = $1 AND id = $2 \
                     AND price_wanted_minor IS NOT NULL";
                self.tx.exec(sql, &[self.key(), found.listing.into()]).await?;
                Ok(())
            }
            Field::Price if resolution == Resolution::Accept => {
                let scope = Scope::Listing(found.listing);
                let rule = self.price_rule(&scope).await?;
                let rule = stockbridge_domain::pricing::Rule {
                    price: found.price,
                    ..rule
                };
                self.set_price_rule(&scope, &rule).await?;
                // Where the floor is above it, the floor is sent.
                self.price_listings(&[found.listing], true).await?;
                Ok(())
            }
            Field::Price | Field::Status | Field::Title => Ok(()),
        }
    }

    async fn take_over_stock(&mut self, found: &Difference, actor: &str) -> Result<(), StoreError> {
        let (Some(product), Some((expected, shown))) = (found.product, found.values) else {
            return Ok(());
        };
        let entry = ManualEntry {
            product,
            kind: EntryKind::Adjustment,
            location: None,
            amount: Amount::Change((shown - expected).saturating_mul(found.units)),
            reference: self.env.id::<ConflictEventId>().to_string(),
            note: Some(format!("the channel shows {shown} instead of {expected}")),
            actor: actor.to_owned(),
        };
        self.enter_stock(&entry).await?;
        Ok(())
    }

    /// Leaves a listing's quantity alone until an instant, or no longer.
    pub(super) async fn hold_writes(
        &mut self,
        listing: ListingId,
        until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE listings SET not_before = $3 WHERE tenant_id = $1 AND id = $2";
        self.tx
            .exec(sql, &[self.key(), listing.into(), until.into()])
            .await?;
        Ok(())
    }

    pub(super) async fn write_conflict(
        &mut self,
        known: Option<&Live>,
        found: &Difference,
        state: ConflictState,
        strategy: Strategy,
    ) -> Result<ConflictId, StoreError> {
        let now = self.env.now();
        let closed_at = Some(now).filter(|_| state == ConflictState::Closed);
        if let Some(known) = known {
            let since = if known.shown == found.shown {
                known.shown_since
            } else {
                now
            };
            let sql = "UPDATE conflicts SET state = $3, expected = $4, shown = $5, shown_since = $6, strategy = $7, \
                 times = times + 1, last_at = $8, closed_at = $9 WHERE tenant_id = $1 AND id = $2";
            let values = [
                self.key(),
                known.id.into(),
                state.name().into(),
                (&found.expected).into(),
                (&found.shown).into(),
                since.into(),
                strategy.name().into(),
                now.into(),
                closed_at.into(),
            ];
            self.tx.exec(sql, &values).await?;
            return Ok(known.id);
        }
        let id = self.env.id::<ConflictId>();
        let sql = "INSERT INTO conflicts (tenant_id, id, listing_id, account_id, product_id, field, state, expected, \
             shown, shown_since, strategy, times, first_at, last_at, closed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $10, $10, $12)";
        let values = [
            self.key(),
            id.into(),
            found.listing.into(),
            found.account.into(),
            found.product.into(),
            found.field.name().into(),
            state.name().into(),
            (&found.expected).into(),
            (&found.shown).into(),
            now.into(),
            strategy.name().into(),
            closed_at.into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(id)
    }

    pub(super) async fn conflict_event(
        &mut self,
        conflict: ConflictId,
        found: &Difference,
        action: Action,
        strategy: Strategy,
        actor: &str,
    ) -> Result<(), StoreError> {
        // What holds afterwards: the channel's value where it was taken, else what it should show.
        let after = if action == Action::Accepted {
            &found.shown
        } else {
            &found.expected
        };
        let sql = "INSERT INTO conflict_events (tenant_id, id, conflict_id, listing_id, account_id, product_id, field, \
             action, strategy, actor, before, after, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let before = if action == Action::Accepted {
            &found.expected
        } else {
            &found.shown
        };
        let values = [
            self.key(),
            self.env.id::<ConflictEventId>().into(),
            conflict.into(),
            found.listing.into(),
            found.account.into(),
            found.product.into(),
            found.field.name().into(),
            action.name().into(),
            strategy.name().into(),
            actor.into(),
            before.into(),
            after.into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }
}
