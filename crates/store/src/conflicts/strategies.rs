//! Who wins, by field, for everything, a channel, an account, a product, or a product on one of them; and when a field
//! counts as fought over.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use stockbridge_domain::allocation::Level;
use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::conflict::{Field, Limit, Strategy};
use stockbridge_domain::{AccountId, FieldError, ProductId, Sku};

use crate::columns::Columns as _;
use crate::db::{Tx, Value};
use crate::policies::rules::{channels, scope_from_row};
use crate::stock::id_list;
use crate::{PolicyScope, StoreError, Tenant, TenantTx};

/// The priority of a store nobody gave one.
const USUAL_PRIORITY: i64 = 100;

/// A strategy for a field, as somebody set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StrategyRecord {
    /// What it holds for.
    #[serde(flatten)]
    pub scope: PolicyScope,
    /// The product's SKU.
    pub sku: Option<Sku>,
    /// What kind of scope that is.
    pub level: Level,
    /// The field.
    pub field: Field,
    /// Who wins.
    pub strategy: Strategy,
    /// Among sources that win: the lower number first.
    pub priority: i64,
}

/// Who wins a field, and where that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Winner {
    /// The field.
    pub field: Field,
    /// Who wins.
    pub strategy: Strategy,
    /// Among sources that win: the lower number first.
    pub priority: i64,
    /// The level that says so; nothing where nobody set anything and the usual holds.
    pub level: Option<Level>,
}

/// What holds for differences of some products.
pub(super) struct Rules {
    strategies: Vec<StrategyRecord>,
    /// Each account's channel; empty while no strategy names a channel.
    channels: HashMap<AccountId, (usize, ChannelKind)>,
    pub(super) limit: Limit,
}

impl Rules {
    async fn load(tx: &mut Tx, tenant: Value, products: &BTreeSet<ProductId>) -> Result<Self, StoreError> {
        let strategies = strategies(tx, tenant.clone(), Some(products)).await?;
        let channels = if strategies.iter().any(|s| s.scope.channel.is_some()) {
            channels(tx, tenant.clone()).await?
        } else {
            HashMap::new()
        };
        let limit = limit(tx, tenant).await?;
        Ok(Self {
            strategies,
            channels,
            limit,
        })
    }

    /// Who wins a field of a product's listing on an account: what the most specific level says, else the usual.
    pub(super) fn of(&self, account: Option<AccountId>, product: Option<ProductId>, field: Field) -> Winner {
        let channel = account.and_then(|a| self.channels.get(&a)).map(|(_, c)| c);
        let holds = |s: &&StrategyRecord| {
            let scope = &s.scope;
            s.field == field
                && (scope.product.is_none() || scope.product == product)
                && (scope.account.is_none() || scope.account == account)
                && (scope.channel.is_none() || scope.channel.as_ref() == channel)
        };
        let set = self.strategies.iter().filter(holds).max_by_key(|s| s.level);
        Winner {
            field,
            strategy: set.map_or(field.usual(), |s| s.strategy),
            priority: set.map_or(USUAL_PRIORITY, |s| s.priority),
            level: set.map(|s| s.level),
        }
    }
}

/// What is wrong with a limit, if anything.
pub fn limit_problems(limit: &Limit) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if !(1..=100).contains(&limit.repushes) {
        let message = "a field may be set right 1 to 100 times before it counts as fought over";
        problems.push(FieldError::new("repushes", message));
    }
    if !(600..=2_592_000).contains(&limit.window_secs) {
        problems.push(FieldError::new(
            "window_secs",
            "the window is 600 seconds to 30 days (2592000)",
        ));
    }
    problems
}

impl TenantTx {
    /// What holds for differences of these products.
    pub(super) async fn conflict_rules(
        &mut self,
        products: impl IntoIterator<Item = ProductId>,
    ) -> Result<Rules, StoreError> {
        let (tenant, products) = (self.key(), products.into_iter().collect());
        Rules::load(&mut self.tx, tenant, &products).await
    }

    /// Sets who wins for a field, on all that say nothing more specific; nothing for `strategy` takes it back. Whether the
    /// field allows it, and whether there is what the scope names, is the caller's to check ([`Field::strategies`]).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_conflict_strategy(
        &mut self,
        scope: &PolicyScope,
        field: Field,
        strategy: Option<(Strategy, i64)>,
    ) -> Result<(), StoreError> {
        let mut values = self.scope_values(scope);
        values.push(field.name().into());
        let Some((strategy, priority)) = strategy else {
            let sql = "DELETE FROM conflict_strategies WHERE tenant_id = $1 AND product_id = $2 AND channel = $3 \
                 AND account_id = $4 AND field = $5";
            return self.tx.exec(sql, &values).await.map(drop);
        };
        let sql = "INSERT INTO conflict_strategies (tenant_id, product_id, channel, account_id, field, strategy, \
             priority, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (tenant_id, product_id, channel, account_id, field) DO UPDATE SET \
             strategy = excluded.strategy, priority = excluded.priority, updated_at = excluded.updated_at";
        values.extend([strategy.name().into(), priority.into(), self.env.now().into()]);
        self.tx.exec(sql, &values).await.map(drop)
    }

    /// Sets when a field counts as fought over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_conflict_limit(&mut self, limit: &Limit) -> Result<(), StoreError> {
        let sql = "INSERT INTO conflict_settings (tenant_id, repush_limit, window_secs, updated_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id) DO UPDATE SET repush_limit = excluded.repush_limit, \
             window_secs = excluded.window_secs, updated_at = excluded.updated_at";
        let values = [
            self.key(),
            limit.repushes.into(),
            limit.window_secs.into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }
}

impl Tenant {
    /// Every strategy somebody set, those for all products first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conflict_strategies(&self) -> Result<Vec<StrategyRecord>, StoreError> {
        strategies(&mut self.read().await?, self.key(), None).await
    }

    /// Who wins each field on an account, of a product's listings or of those nothing was set for, and which level says
    /// so. Without an account, what holds where nothing is set for a channel or an account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conflict_winners(
        &self,
        account: Option<AccountId>,
        product: Option<ProductId>,
    ) -> Result<Vec<Winner>, StoreError> {
        let products = product.into_iter().collect();
        let rules = Rules::load(&mut self.read().await?, self.key(), &products).await?;
        let fields = Field::ALL.iter();
        Ok(fields.map(|field| rules.of(account, product, *field)).collect())
    }

    /// When a field counts as fought over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conflict_limit(&self) -> Result<Limit, StoreError> {
        limit(&mut self.read().await?, self.key()).await
    }
}

/// The strategies somebody set: all, or those that may concern some products.
async fn strategies(
    tx: &mut Tx,
    tenant: Value,
    products: Option<&BTreeSet<ProductId>>,
) -> Result<Vec<StrategyRecord>, StoreError> {
    let mut sql = "SELECT s.product_id, s.channel, s.account_id, p.sku, s.field, s.strategy, s.priority \
         FROM conflict_strategies s LEFT JOIN products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id \
         WHERE s.tenant_id = $1"
        .to_owned();
    let mut params = vec![tenant];
    if let Some(products) = products {
        sql.push_str(" AND (s.product_id = '' OR s.product_id {in $2})");
        params.push(id_list(products));
    }
    sql.push_str(" ORDER BY s.product_id, s.channel, s.account_id, s.field");
    let rows = tx.query(&sql, &params).await?;
    rows.iter()
        .map(|row| {
            let scope = scope_from_row(row, 0)?;
            Ok(StrategyRecord {
                level: scope.level(),
                scope,
                sku: row.opt_sku(3)?,
                field: row.named(4, Field::parse)?,
                strategy: row.named(5, Strategy::parse)?,
                priority: row.int(6)?,
            })
        })
        .collect()
}

/// When a field counts as fought over.
async fn limit(tx: &mut Tx, tenant: Value) -> Result<Limit, StoreError> {
    let sql = "SELECT repush_limit, window_secs FROM conflict_settings WHERE tenant_id = $1";
    match tx.query_opt(sql, &[tenant]).await? {
        None => Ok(Limit::default()),
        Some(row) => Ok(Limit {
            repushes: row.int(0)?,
            window_secs: row.int(1)?,
        }),
    }
}
