//! Noting a difference, and doing at once what its strategy says.

use stockbridge_domain::conflict::{Action, ConflictState, Field, Judgement, Resolution, Strategy, judge};
use stockbridge_domain::{AccountId, ConflictEventId, ConflictId, ListingId, Money, ProductId, Timestamp};

use super::strategies::{Rules, Winner};
use crate::columns::Columns as _;
use crate::db::{Row, Value};
use crate::{StoreError, TenantTx};

/// Who acts where no person does.
pub(super) const HUB: &str = "hub";

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

impl Difference {
    /// Who wins it.
    pub(super) fn strategy(&self, rules: &Rules) -> Strategy {
        rules.of(Some(self.account), self.product, self.field).strategy
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

impl TenantTx {
    /// Differences of these listings that are not closed.
    pub(super) async fn live_conflicts(&mut self, listings: Value) -> Result<Vec<Live>, StoreError> {
        let sql = format!(
            "SELECT {LIVE} FROM conflicts WHERE tenant_id = $1 AND state <> 'closed' AND listing_id {{in $2}}"
        );
        let rows = self.tx.query(&sql, &[self.key(), listings]).await?;
        rows.iter().map(live).collect()
    }

    /// Notes that a listing shows what it did before a write of the hub that got lost. Planning sends it again, whoever is
    /// to win: what is shown is nobody's word, so nothing is taken over and nobody is fought with. Unless one write after
    /// the other seems to get lost: then somebody sets them back before they are seen, or the channel takes none.
    pub(super) async fn note_lost_write(
        &mut self,
        rules: &Rules,
        found: &Difference,
    ) -> Result<(), StoreError> {
        let known = self.live_conflict(found).await?;
        // Where somebody is asked, or it is fought over, that stands.
        if known
            .as_ref()
            .is_some_and(|k| matches!(k.state, ConflictState::Open | ConflictState::Stopped))
        {
            return Ok(());
        }
        if self.lost_in_a_row(rules, found).await? >= rules.limit.repushes {
            return self.note_difference(rules, found).await;
        }
        let Winner { strategy, .. } = rules.of(Some(found.account), found.product, found.field);
        self.hold_writes(found.listing, None).await?;
        let id = self
            .write_conflict(known.as_ref(), found, ConflictState::Healing, strategy)
            .await?;
        self.conflict_event(id, found, Action::Resent, strategy, HUB)
            .await
    }

    /// Notes a difference that is one for sure, and does what its strategy says.
    pub(super) async fn note_difference(
        &mut self,
        rules: &Rules,
        found: &Difference,
    ) -> Result<(), StoreError> {
        let known = self.live_conflict(found).await?;
        let Winner {
            strategy, priority, ..
        } = rules.of(Some(found.account), found.product, found.field);
        if known.as_ref().is_some_and(|k| {
            k.state == ConflictState::Open
                && k.shown == found.shown
                && k.strategy == strategy
                && (!found.field.describes() || k.expected == found.expected)
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
            Resolution::Leave => (ConflictState::Closed, Action::Ignored),
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

    pub(super) async fn live_conflict(&mut self, found: &Difference) -> Result<Option<Live>, StoreError> {
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
            let theirs = rules
                .of(Some(row.parsed(0)?), found.product, found.field)
                .priority;
            // Two channels that word a title in their own way would rename the product for ever: the first keeps it.
            if theirs < priority || (theirs == priority && found.field == Field::Data) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How often the hub set a field right within the window, since a person last had it go on. Writes that seem to have
    /// got lost count only [in a row](Self::lost_in_a_row).
    async fn repushes(&mut self, rules: &Rules, found: &Difference) -> Result<i64, StoreError> {
        let repushed = self
            .done_since(rules, found, Action::Repushed, Action::Resumed)
            .await?;
        Ok(repushed + self.lost_in_a_row(rules, found).await?)
    }

    /// How many writes of a field have got lost within the window since one was last seen to land.
    async fn lost_in_a_row(&mut self, rules: &Rules, found: &Difference) -> Result<i64, StoreError> {
        let agreed = self
            .done_since(rules, found, Action::Resent, Action::Agreed)
            .await?;
        let resumed = self
            .done_since(rules, found, Action::Resent, Action::Resumed)
            .await?;
        Ok(agreed.min(resumed))
    }

    /// How often something was done about a field within the window, since something else was last done.
    async fn done_since(
        &mut self,
        rules: &Rules,
        found: &Difference,
        done: Action,
        since: Action,
    ) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM conflict_events WHERE tenant_id = $1 AND listing_id = $2 AND field = $3 \
             AND action = $5 AND at > $4 AND at > COALESCE((SELECT MAX(at) FROM conflict_events \
             WHERE tenant_id = $1 AND listing_id = $2 AND field = $3 AND action = $6), 0)";
        let values = [
            self.key(),
            found.listing.into(),
            found.field.name().into(),
            self.env.now().minus(rules.limit.window()).into(),
            done.name().into(),
            since.name().into(),
        ];
        self.tx.query_one(sql, &values).await?.int(0)
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
        // What holds afterwards: the channel's value where it was taken or left, else what it should show.
        let taken = matches!(action, Action::Accepted | Action::Ignored);
        let after = if taken { &found.shown } else { &found.expected };
        let sql = "INSERT INTO conflict_events (tenant_id, id, conflict_id, listing_id, account_id, product_id, field, \
             action, strategy, actor, before, after, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let before = if taken { &found.expected } else { &found.shown };
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
