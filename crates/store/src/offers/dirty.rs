//! Dirty products: those whose offers have to be computed anew.
//!
//! A mark is never lost: marking a product that is marked already still locks its mark, so the planner that is about to
//! take it waits and then plans with what the marking transaction wrote.

use std::collections::BTreeMap;

use stockbridge_domain::{AccountId, ProductId, Timestamp};

use crate::db::Kind;
use crate::{StoreError, TenantTx};

const COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("product_id", Kind::Text),
    ("cause", Kind::Text),
    ("caused_at", Kind::Int),
];

/// A product marked before keeps its cause; writing it over itself locks the row.
const KEEP_FIRST: &str = "ON CONFLICT (tenant_id, product_id) DO UPDATE SET cause = dirty_products.cause";

impl TenantTx {
    /// Marks products for new offers; a product marked before keeps its earlier cause. Call it after what locked them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mark_dirty(
        &mut self,
        products: impl IntoIterator<Item = ProductId>,
        cause: &str,
        caused_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.mark_dirty_each(products.into_iter().map(|p| (p, cause.to_owned(), caused_at)))
            .await
    }

    pub(crate) async fn mark_dirty_each(
        &mut self,
        products: impl Iterator<Item = (ProductId, String, Timestamp)>,
    ) -> Result<(), StoreError> {
        let mut marks = BTreeMap::new();
        for (product, cause, at) in products {
            marks.entry(product).or_insert((cause, at));
        }
        let rows = marks
            .into_iter()
            .map(|(product, (cause, at))| vec![self.key(), product.into(), cause.into(), at.into()])
            .collect::<Vec<_>>();
        self.marked |= !rows.is_empty();
        self.tx
            .insert_many("dirty_products", COLUMNS, KEEP_FIRST, rows)
            .await?;
        Ok(())
    }

    /// Marks every product, or every product with a listing on one account: the periodic full pass, and what follows
    /// when an account comes back or a policy changes.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mark_all_dirty(
        &mut self,
        account: Option<AccountId>,
        cause: &str,
    ) -> Result<u64, StoreError> {
        self.lock_all_products(account).await?;
        let params = [self.key(), cause.into(), self.env.now().into(), account.into()];
        let (source, params) = match account {
            Some(_) => (
                "SELECT DISTINCT $1, product_id, $2, CAST($3 AS BIGINT) FROM listings \
                 WHERE tenant_id = $1 AND account_id = $4 AND product_id IS NOT NULL ORDER BY product_id",
                &params[..],
            ),
            None => (
                "SELECT $1, id, $2, CAST($3 AS BIGINT) FROM products WHERE tenant_id = $1 ORDER BY id",
                &params[..3],
            ),
        };
        let sql = format!(
            "INSERT INTO dirty_products (tenant_id, product_id, cause, caused_at) {source} {KEEP_FIRST}"
        );
        let marked = self.tx.exec(&sql, params).await?;
        self.marked |= marked > 0;
        Ok(marked)
    }

    /// Whether this transaction has marked products, so that a plan has to follow.
    pub fn has_marked(&self) -> bool {
        self.marked
    }
}
