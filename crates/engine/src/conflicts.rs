//! Differences between channels and hub as people handle them: resolved one by one or many at once, and by strategy.

use stockbridge_domain::conflict::{Field, Limit, Strategy};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ConflictId, FieldError};
use stockbridge_store::{ConflictRecord, NewAudit, ResolveError, limit_problems};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;
use crate::policies::scope_in_words;

/// Most differences resolved at once.
const MOST: usize = 200;
/// The largest priority, which is the last.
const LAST_PRIORITY: i64 = 1_000;

/// Who is to win a field from now on, as typed in.
#[derive(Debug, Clone)]
pub struct StrategyChange {
    /// On accounts of this channel.
    pub channel: Option<String>,
    /// On this account.
    pub account: Option<AccountId>,
    /// For listings of the product with this SKU.
    pub sku: Option<String>,
    /// The field.
    pub field: Field,
    /// Who wins, and the priority among sources that win; `None` takes back what was set.
    pub strategy: Option<(Strategy, i64)>,
}

/// What became of one difference.
#[derive(Debug)]
pub struct ResolveOutcome {
    /// Which one.
    pub conflict: ConflictId,
    /// The difference as it is now, or why nothing was done.
    pub result: Result<ConflictRecord, Refusal>,
}

impl Hub {
    /// Resolves a difference.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none that is not over, [`Refusal::Fields`] when it cannot be resolved so.
    pub async fn resolve_conflict(
        &self,
        caller: &Caller,
        id: ConflictId,
        strategy: Strategy,
    ) -> Result<ConflictRecord, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let missing = || Refusal::NotFound(format!("there is no conflict {id}"));
        let known = tenant.conflict(id).await?.ok_or_else(missing)?;
        let mut tx = tenant.begin().await?;
        let field = tx
            .resolve_conflict(id, strategy, &caller.actor)
            .await
            .map_err(|error| match error {
                ResolveError::Store(error) => Refusal::Store(error),
                ResolveError::NotLive(_) => Refusal::Conflict(format!("the conflict {id} is over already")),
                ResolveError::Cannot(message) => Refusal::field("strategy", message),
            })?;
        match field {
            Field::Quantity => drop(tx.enqueue(job::plan(caller.tenant, self.env().now())).await?),
            Field::Price => drop(
                tx.enqueue(job::push_price(known.account, self.env().now()))
                    .await?,
            ),
            Field::Status | Field::Title | Field::Data | Field::Images => {}
        }
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "conflict.resolve",
            subject: &id.to_string(),
            detail: &format!("{} of {}: {strategy}", known.field, known.sku),
        })
        .await?;
        // Somebody looks after it: the alert is over until it is seen again.
        tx.resolve_alert(&crate::notices::conflict_key(&known)).await?;
        tx.commit().await?;
        tenant.conflict(id).await?.ok_or_else(missing)
    }

    /// Resolves many, each by itself: what cannot be done leaves the others done.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for none or too many; the database's own errors end it all.
    pub async fn resolve_conflicts(
        &self,
        caller: &Caller,
        ids: &[ConflictId],
        strategy: Strategy,
    ) -> Result<Vec<ResolveOutcome>, Refusal> {
        caller.require(Role::Operator)?;
        if ids.is_empty() || ids.len() > MOST {
            return Err(Refusal::field(
                "ids",
                format!("name 1 to {MOST} conflicts at once"),
            ));
        }
        if strategy == Strategy::Manual {
            return Err(Refusal::field(
                "strategy",
                "say who wins; `manual` leaves them as they are",
            ));
        }
        let mut outcomes = Vec::with_capacity(ids.len());
        for id in ids {
            let result = match self.resolve_conflict(caller, *id, strategy).await {
                Err(Refusal::Store(error)) => return Err(Refusal::Store(error)),
                result => result,
            };
            outcomes.push(ResolveOutcome {
                conflict: *id,
                result,
            });
        }
        Ok(outcomes)
    }

    /// Sets who wins for a field where `change` says; `None` for its strategy takes back what was set there.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a strategy the field does not allow, and for a channel, an account or a SKU that is not
    /// there.
    pub async fn set_conflict_strategy(
        &self,
        caller: &Caller,
        change: &StrategyChange,
    ) -> Result<(), Refusal> {
        caller.require(Role::Admin)?;
        let (field, strategy) = (change.field, change.strategy);
        let (channel, sku) = (change.channel.as_deref(), change.sku.as_deref());
        let (scope, mut wrong) = self
            .scope_named(caller.tenant, channel, change.account, sku)
            .await?;
        let mut refuse = |field: &str, message: String| wrong.push(FieldError::new(field, message));
        if let Some((strategy, priority)) = strategy {
            if !field.strategies().contains(&strategy) {
                refuse("strategy", format!("{}; `manual` asks a person", field.refusal()));
            }
            if !(1..=LAST_PRIORITY).contains(&priority) {
                refuse("priority", format!("a priority is 1 (first) to {LAST_PRIORITY}"));
            }
        }
        let tenant = self.tenant(caller.tenant);
        if let Some(id) = change.account {
            if channel.is_some() {
                refuse(
                    "account",
                    "an account belongs to one channel; name one of the two".into(),
                );
            }
            if tenant.account(id).await?.is_none() {
                refuse(
                    "account",
                    format!("there is no store {id}; see the list of stores"),
                );
            }
        }
        if !wrong.is_empty() {
            return Err(Refusal::Fields(wrong));
        }
        let mut tx = tenant.begin().await?;
        tx.set_conflict_strategy(&scope, field, strategy).await?;
        let told = strategy.map_or_else(
            || "as more general".to_owned(),
            |(s, p)| format!("{s}, priority {p}"),
        );
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "conflict.strategy",
            subject: &scope_in_words(channel, change.account, sku),
            detail: &format!("{field}: {told}"),
        })
        .await?;
        Ok(tx.commit().await?)
    }

    /// Sets when a field counts as fought over.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for what cannot be.
    pub async fn set_conflict_limit(&self, caller: &Caller, limit: Limit) -> Result<(), Refusal> {
        caller.require(Role::Admin)?;
        let problems = limit_problems(&limit);
        if !problems.is_empty() {
            return Err(Refusal::Fields(problems));
        }
        let mut tx = self.tenant(caller.tenant).begin().await?;
        tx.set_conflict_limit(&limit).await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "conflict.limit",
            subject: "conflicts",
            detail: &format!("{} times in {} s", limit.repushes, limit.window_secs),
        })
        .await?;
        Ok(tx.commit().await?)
    }
}
