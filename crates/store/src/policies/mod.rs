//! Policies: how stock is shared out, for everything, a channel, an account, a product, or a product on one of them.
//!
//! What a level says is one row; what applies to a product on an account is found by [`rules::Rules`]. A policy that
//! contradicts itself, or shares on one level that add up to more than all, are refused here; contradictions between
//! levels are found by [`TenantTx::policy_contradictions`].

mod contradictions;
mod preview;
pub(crate) mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockbridge_domain::allocation::{BasisPoints, Level, Terms, claimed};
use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::{AccountId, FieldError, ProductId, Sku, Timestamp};

use crate::accounts::AccountStatus;
use crate::columns::Columns as _;
use crate::db::{Row, Value};
use crate::filter::Filter;
use crate::stock::Wait;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};
pub use contradictions::PolicyContradiction;
pub use preview::{Offered, PolicyDraft, PreviewRow, PreviewWanted};
use rules::{Rules, TERMS, scope_from_row, terms_from_row, terms_values};

/// What a policy, or who wins a conflict, holds for; everything when all are left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct PolicyScope {
    /// Accounts of this channel.
    pub channel: Option<ChannelKind>,
    /// This account.
    pub account: Option<AccountId>,
    /// This product.
    pub product: Option<ProductId>,
}

impl PolicyScope {
    /// Everything.
    pub const ALL: Self = Self {
        channel: None,
        account: None,
        product: None,
    };

    /// One account.
    pub const fn account(account: AccountId) -> Self {
        Self {
            account: Some(account),
            ..Self::ALL
        }
    }

    /// One product.
    pub const fn product(product: ProductId) -> Self {
        Self {
            product: Some(product),
            ..Self::ALL
        }
    }

    /// Product, channel and account as they are kept: empty where it holds for all.
    pub(crate) fn texts(&self) -> [String; 3] {
        [
            self.product.map(|p| p.to_string()).unwrap_or_default(),
            self.channel.as_ref().map(ToString::to_string).unwrap_or_default(),
            self.account.map(|a| a.to_string()).unwrap_or_default(),
        ]
    }

    /// The level of such a policy.
    pub const fn level(&self) -> Level {
        match (
            self.product.is_some(),
            self.account.is_some(),
            self.channel.is_some(),
        ) {
            (false, false, false) => Level::Tenant,
            (false, false, true) => Level::Channel,
            (false, true, _) => Level::Account,
            (true, false, false) => Level::Product,
            (true, false, true) => Level::ProductOnChannel,
            (true, true, _) => Level::ProductOnAccount,
        }
    }
}

/// A policy as it was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyRecord {
    /// What it holds for.
    #[serde(flatten)]
    pub scope: PolicyScope,
    /// The product's SKU.
    pub sku: Option<Sku>,
    /// What kind of scope that is.
    pub level: Level,
    /// What it says.
    pub terms: Terms,
    /// When it was set.
    pub updated_at: Timestamp,
}

/// Why policies were refused.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// What is wrong with which of the changes, by its position, each with its remedy.
    #[error("{}", .0.iter().map(|(_, wrong)| wrong.to_string()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<(usize, FieldError)>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn percent(basis_points: i64) -> String {
    format!("{}.{:02}", basis_points / 100, basis_points % 100)
}

impl TenantTx {
    /// Sets and removes policies together, and has the offers concerned computed anew. What is set for a scope replaces
    /// all that was set for it before; what its terms leave out is left to more general policies.
    ///
    /// # Errors
    /// [`PolicyError`] says what is wrong; nothing may be committed then.
    pub async fn change_policies(&mut self, changes: &[PolicyDraft]) -> Result<(), PolicyError> {
        self.write_policies(changes).await?;
        let products = changes.iter().map(|change| change.scope.product);
        if products.clone().any(|product| product.is_none()) {
            self.mark_all_dirty(None, "policy").await?;
            return Ok(());
        }
        let products: BTreeSet<ProductId> = products.flatten().collect();
        self.lock_products(&products, Wait::Yes).await?;
        Ok(self.mark_dirty(products, "policy", self.env.now()).await?)
    }

    /// What a scope itself says, locked until the transaction ends; nothing while nobody said anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_terms(&mut self, scope: &PolicyScope) -> Result<Terms, StoreError> {
        let sql = format!(
            "SELECT {TERMS} FROM policies WHERE tenant_id = $1 AND product_id = $2 AND channel = $3 AND account_id = $4 \
             {{for_update}}"
        );
        let row = self.tx.query_opt(&sql, &self.scope_values(scope)).await?;
        row.map_or(Ok(Terms::NONE), |row| terms_from_row(&row, 0))
    }

    /// Writes the rows and checks what they come to together.
    async fn write_policies(&mut self, changes: &[PolicyDraft]) -> Result<(), PolicyError> {
        let mut wrong = Vec::new();
        for (index, change) in changes.iter().enumerate() {
            let Some(terms) = &change.terms else {
                let sql = "DELETE FROM policies WHERE tenant_id = $1 AND product_id = $2 AND channel = $3 AND account_id = $4";
                self.tx.exec(sql, &self.scope_values(&change.scope)).await?;
                continue;
            };
            let found = self.wrong_with(&change.scope, terms).await?;
            if found.is_empty() {
                self.upsert_policy(&change.scope, terms).await?;
            }
            wrong.extend(found.into_iter().map(|error| (index, error)));
        }
        // Shares are added up when all are written: some may be lowered for others to rise.
        let sharing = changes
            .iter()
            .enumerate()
            .filter(|(_, c)| c.terms.is_some_and(|t| t.share.is_some()));
        let mut last: BTreeMap<Option<ProductId>, usize> = BTreeMap::new();
        last.extend(sharing.map(|(index, change)| (change.scope.product, index)));
        for (product, index) in last {
            let sum = self.claimed(product).await?;
            if sum > i64::from(BasisPoints::ALL.0) {
                let sum = percent(sum);
                let message = format!("the shares add up to {sum} percent, more than 100; lower one of them");
                wrong.push((index, FieldError::new("share", message)));
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(PolicyError::Refused(wrong))
        }
    }

    async fn wrong_with(
        &mut self,
        scope: &PolicyScope,
        terms: &Terms,
    ) -> Result<Vec<FieldError>, StoreError> {
        let mut wrong = terms.check(scope.level());
        if scope.channel.is_some() && scope.account.is_some() {
            wrong.push(FieldError::new(
                "account",
                "an account belongs to one channel; name one of the two",
            ));
        }
        if let Some(account) = scope.account
            && self.account(account).await?.is_none()
        {
            let message = format!("there is no store {account}; the list of stores names them");
            wrong.push(FieldError::new("account", message));
        }
        if let Some(product) = scope.product {
            let sql = "SELECT 1 FROM products WHERE tenant_id = $1 AND id = $2";
            if self
                .tx
                .query_opt(sql, &[self.key(), product.into()])
                .await?
                .is_none()
            {
                wrong.push(FieldError::new("sku", "there is no such product; enter it first"));
            }
        }
        Ok(wrong)
    }

    async fn upsert_policy(&mut self, scope: &PolicyScope, terms: &Terms) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO policies (tenant_id, product_id, channel, account_id, {TERMS}, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
             ON CONFLICT (tenant_id, product_id, channel, account_id) DO UPDATE SET mode = excluded.mode, \
             cover_days = excluded.cover_days, method = excluded.method, share_bp = excluded.share_bp, \
             tier = excluded.tier, fixed = excluded.fixed, cap = excluded.cap, minimum = excluded.minimum, \
             buffer_units = excluded.buffer_units, buffer_bp = excluded.buffer_bp, updated_at = excluded.updated_at"
        );
        let mut values = self.scope_values(scope);
        values.extend(terms_values(terms));
        values.push(self.env.now().into());
        self.tx.exec(&sql, &values).await?;
        Ok(())
    }

    pub(crate) fn scope_values(&self, scope: &PolicyScope) -> Vec<Value> {
        std::iter::once(self.key())
            .chain(scope.texts().map(Value::from))
            .collect()
    }

    /// What the shares of one level add up to: those set in general, or those of one product.
    async fn claimed(&mut self, product: Option<ProductId>) -> Result<i64, StoreError> {
        let products = product.into_iter().collect();
        let rules = Rules::load(self, Some(&products)).await?;
        Ok(claimed(
            &rules.claims_of(product, &self.sharing_accounts().await?),
        ))
    }

    /// Accounts that stock is shared out to, with their channels.
    async fn sharing_accounts(&mut self) -> Result<Vec<(AccountId, ChannelKind)>, StoreError> {
        let sql = "SELECT id, channel FROM accounts WHERE tenant_id = $1 AND status <> $2 ORDER BY id";
        let rows = self
            .tx
            .query(sql, &[self.key(), AccountStatus::Disconnected.name().into()])
            .await?;
        rows.iter()
            .map(|row| Ok((row.parsed(0)?, ChannelKind::new(row.text(1)?))))
            .collect()
    }
}

impl Tenant {
    /// What holds for `scope` itself; more general policies may say more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy(&self, scope: &PolicyScope) -> Result<Option<PolicyRecord>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE y.tenant_id = $1 AND y.product_id = $2 AND y.channel = $3 AND y.account_id = $4"
        );
        let [product, channel, account] = scope.texts().map(Value::from);
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), product, channel, account])
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// Every policy, those for all products first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`] for a cursor of another list.
    pub async fn policies(
        &self,
        product: Option<ProductId>,
        query: &PageQuery,
    ) -> Result<Page<PolicyRecord>, StoreError> {
        let mut filter = Filter::of_tenant("y.tenant_id = $1", self.key());
        filter.and_some("y.product_id = ?", product);
        if let Some([product, channel, account]) = query.after(LIST)? {
            let (product, channel, account) = (
                filter.param(product),
                filter.param(channel),
                filter.param(account),
            );
            filter.and(&format!(
                "(y.product_id, y.channel, y.account_id) > (${product}, ${channel}, ${account})"
            ));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "{SELECT} WHERE {} ORDER BY y.product_id, y.channel, y.account_id LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let records = rows.iter().map(record).collect::<Result<_, _>>()?;
        Ok(query.page(LIST, records, |last: &PolicyRecord| last.scope.texts()))
    }

    /// [`TenantTx::change_policies`] as a transaction of its own.
    ///
    /// # Errors
    /// As there; nothing is changed then.
    pub async fn change_policies(&self, changes: &[PolicyDraft]) -> Result<(), PolicyError> {
        let mut tx = self.begin().await?;
        tx.change_policies(changes).await?;
        Ok(tx.commit().await?)
    }
}

/// What cursors of the list are told by.
const LIST: &str = "policies";

const SELECT: &str = "SELECT y.product_id, y.channel, y.account_id, p.sku, y.updated_at, y.mode, y.cover_days, y.method, \
     y.share_bp, y.tier, y.fixed, y.cap, y.minimum, y.buffer_units, y.buffer_bp FROM policies y \
     LEFT JOIN products p ON p.tenant_id = y.tenant_id AND p.id = y.product_id";

fn record(row: &Row) -> Result<PolicyRecord, StoreError> {
    let scope = scope_from_row(row, 0)?;
    Ok(PolicyRecord {
        level: scope.level(),
        scope,
        sku: row.opt_sku(3)?,
        updated_at: row.time(4)?,
        terms: terms_from_row(row, 5)?,
    })
}
