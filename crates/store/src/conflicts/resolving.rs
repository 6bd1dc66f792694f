//! A person decides.

use std::collections::BTreeSet;

use stockbridge_domain::conflict::{
    Action, ConflictState, Field, Judgement, Limit, Resolution, Strategy, judge,
};
use stockbridge_domain::{ConflictId, Money};

use super::noting::{Difference, LIVE, live};
use crate::columns::Columns as _;
use crate::stock::Wait;
use crate::{StoreError, TenantTx};

/// Why a difference was not resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// No such difference, or it is over.
    #[error("there is no conflict {0} that is not over; see the list of conflicts")]
    NotLive(ConflictId),
    /// This cannot be done with it.
    #[error("{0}")]
    Cannot(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TenantTx {
    /// Resolves a difference as a person decided. One that was stopped goes on from here, with a fresh count.
    ///
    /// # Errors
    /// See [`ResolveError`]; nothing is to be committed then.
    pub async fn resolve_conflict(
        &mut self,
        id: ConflictId,
        strategy: Strategy,
        actor: &str,
    ) -> Result<Field, ResolveError> {
        let sql = "SELECT l.id, l.account_id, l.product_id, l.units, l.price_minor, l.price_currency FROM conflicts c \
             JOIN listings l ON l.tenant_id = c.tenant_id AND l.id = c.listing_id \
             WHERE c.tenant_id = $1 AND c.id = $2 AND c.state <> 'closed'";
        let row = self.tx.query_opt(sql, &[self.key(), id.into()]).await?;
        let row = row.ok_or(ResolveError::NotLive(id))?;
        let product = row.opt_parsed(2)?;
        self.lock_products(&product.into_iter().collect::<BTreeSet<_>>(), Wait::Yes)
            .await?;
        let listing = row.parsed(0)?;
        let lock = "SELECT id FROM listings WHERE tenant_id = $1 AND id = $2 {for_update}";
        self.tx
            .query(lock, &[self.key(), crate::db::Value::from(listing)])
            .await?;
        let sql = format!(
            "SELECT {LIVE} FROM conflicts WHERE tenant_id = $1 AND id = $2 AND state <> 'closed' {{for_update}}"
        );
        let found = self.tx.query_opt(&sql, &[self.key(), id.into()]).await?;
        let known = live(&found.ok_or(ResolveError::NotLive(id))?)?;
        let price: Option<Money> = row.opt_money(4)?;
        let numbers = match known.field {
            Field::Quantity => Some((number(&known.expected), number(&known.shown))),
            Field::Price => prices(&known.expected, &known.shown),
            Field::Status | Field::Title | Field::Data | Field::Images => None,
        };
        let difference = Difference {
            listing,
            account: row.parsed(1)?,
            product,
            units: row.int(3)?.max(1),
            field: known.field,
            expected: known.expected.clone(),
            shown: known.shown.clone(),
            values: numbers,
            price,
        };
        let resolution = self.decided(&difference, strategy).await?;
        self.carry_out(resolution, &difference, Limit::default(), actor)
            .await?;
        let (state, action) = match resolution {
            Resolution::Accept => (ConflictState::Closed, Action::Accepted),
            Resolution::Leave => (ConflictState::Closed, Action::Ignored),
            _ if known.state == ConflictState::Stopped => (ConflictState::Healing, Action::Resumed),
            _ => (ConflictState::Healing, Action::Repushed),
        };
        self.write_conflict(Some(&known), &difference, state, strategy)
            .await?;
        self.conflict_event(id, &difference, action, strategy, actor)
            .await?;
        Ok(known.field)
    }

    /// What a person's word means here.
    async fn decided(&mut self, found: &Difference, strategy: Strategy) -> Result<Resolution, ResolveError> {
        if strategy == Strategy::Manual || !found.field.strategies().contains(&strategy) {
            return Err(ResolveError::Cannot(found.field.refusal()));
        }
        let resolution = judge(&Judgement {
            field: found.field,
            strategy,
            values: found.values,
            outranked: false,
            repushes: 0,
            limit: Limit::default(),
        });
        match resolution {
            Resolution::Accept if !self.can_accept(found).await? => Err(ResolveError::Cannot(format!(
                "`{}` cannot be taken over: {}",
                found.shown,
                match found.field {
                    Field::Quantity =>
                        "the listing needs a product that somebody counted, and a number that can be",
                    Field::Data => "the listing needs a product, and a title that can be",
                    _ => "it is no price",
                }
            ))),
            Resolution::Ask => Err(ResolveError::Cannot(
                "the two cannot be compared (two currencies); choose hub_wins or source_wins".to_owned(),
            )),
            decided => Ok(decided),
        }
    }
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}

/// Two prices of one currency, in minor units.
fn prices(expected: &str, shown: &str) -> Option<(i64, i64)> {
    let read = |text: &str| {
        let (amount, code) = text.split_once(' ')?;
        Money::from_decimal(amount, stockbridge_domain::Currency::parse(code).ok()?).ok()
    };
    let (expected, shown) = (read(expected)?, read(shown)?);
    (expected.currency() == shown.currency()).then_some((expected.minor(), shown.minor()))
}
