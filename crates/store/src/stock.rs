//! Stock: the ledger and its balances, under the product's lock.
//!
//! Every change of stock goes through a [`StockBook`]. Whoever holds a product's lock may also move the exposure of its listings, which is why orders,
//! plans, writes and own sales all begin here.
//!
//! Locks are taken in one order, so that no two transactions wait for each other: the account whose orders are written
//! ([`TenantTx::lock_account`]), then products by id, then listings by id, then dirty products by id. A transaction makes
//! one call that waits for products, or several for the same ones; [`TenantTx::settle`] waits for none and may come after
//! it. What was read before a lock is read again under it. Offers, plans and marks change under their product's lock only.

use std::collections::BTreeSet;

use serde::Serialize;
use stockbridge_domain::stock::{Balance, EntryKind, Movement};
use stockbridge_domain::{AccountId, LedgerEntryId, LocationId, ProductId, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Row, Value};
pub(crate) use crate::stock_book::{NewEntry, Sellable, StockBook};
use crate::{StoreError, TenantTx};

/// Why an entry was made; unique within a tenant, so that replaying the cause writes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What kind of thing caused it, such as `order.sale` or `manual`.
    pub kind: String,
    /// Which one.
    pub reference: String,
    /// Which part of it, with the counter it reached where it can cause several entries.
    pub line: String,
}

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerRecord {
    /// The entry.
    pub id: LedgerEntryId,
    /// The product.
    pub product: ProductId,
    /// Where.
    pub location: LocationId,
    /// Why stock changed.
    pub kind: EntryKind,
    /// What changed.
    pub change: Movement,
    /// The balance afterwards.
    pub after: Balance,
    /// What caused it.
    pub cause: Cause,
    /// What a person wrote about it.
    pub note: Option<String>,
    /// Who.
    pub actor: String,
    /// When it was entered.
    pub at: Timestamp,
}

/// Ids as the parameter of `{in $n}`.
pub(crate) fn id_list<T: ToString>(ids: impl IntoIterator<Item = T>) -> Value {
    Value::TextList(ids.into_iter().map(|id| id.to_string()).collect())
}

/// The columns [`ledger_from_row`] reads, in order.
pub(crate) const LEDGER_SELECT: &str = "SELECT id, product_id, location_id, kind, on_hand_change, reserved_change, on_hand_after, \
     reserved_after, cause_kind, cause_ref, cause_line, note, actor, at FROM stock_ledger";

pub(crate) fn ledger_from_row(row: &Row) -> Result<LedgerRecord, StoreError> {
    Ok(LedgerRecord {
        id: row.parsed(0)?,
        product: row.parsed(1)?,
        location: row.parsed(2)?,
        kind: row.named(3, EntryKind::parse)?,
        change: Movement {
            on_hand: row.int(4)?,
            reserved: row.int(5)?,
        },
        after: Balance {
            on_hand: row.int(6)?,
            reserved: row.int(7)?,
        },
        cause: Cause {
            kind: row.string(8)?,
            reference: row.string(9)?,
            line: row.string(10)?,
        },
        note: row.opt_string(11)?,
        actor: row.string(12)?,
        at: row.time(13)?,
    })
}

/// A change of stock entered by a person or a program, not by an order.
#[derive(Debug, Clone)]
pub struct ManualEntry {
    /// The product.
    pub product: ProductId,
    /// Where; the default location when nothing is said.
    pub location: Option<LocationId>,
    /// Why.
    pub kind: EntryKind,
    /// How many.
    pub amount: Amount,
    /// What makes it unique, such as a document number; the same again changes nothing.
    pub reference: String,
    /// A remark.
    pub note: Option<String>,
    /// Who.
    pub actor: String,
}

/// Why a change of stock was not entered. Nothing is written then.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// There is no such product.
    #[error("there is no product {0}; create it first")]
    NoProduct(ProductId),
    /// A kit has no stock of its own.
    #[error("product {0} is a kit and has no stock of its own; enter its components instead")]
    Kit(ProductId),
    /// There is no such location of the seller's, or it is closed.
    #[error("there is no open location {0}; choose one of the tenant's own locations")]
    NoLocation(LocationId),
    /// More would leave the shelf than lies there.
    #[error(
        "{on_hand} units lie there by the books, so {change} cannot be entered; enter what you count there now instead"
    )]
    BelowZero {
        /// Units by the books.
        on_hand: i64,
        /// The change asked for.
        change: i64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<EntryError> for StoreError {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Store(error) => error,
            wrong => Self::Invalid {
                detail: wrong.to_string(),
            },
        }
    }
}

/// How a manual entry says how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many more, or less.
    Change(i64),
    /// So many lie there now.
    Counted(i64),
}

/// Whether to wait for what somebody else has locked, or to go without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Yes,
    No,
}

impl Wait {
    /// The lock in SQL, of rows by their id.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Yes => "{lock_by id}",
            Self::No => "{skip_locked}",
        }
    }
}

impl TenantTx {
    /// Locks products in the order of their ids and answers those that exist (and are free, if it must not wait).
    pub(crate) async fn lock_products(
        &mut self,
        products: &BTreeSet<ProductId>,
        wait: Wait,
    ) -> Result<BTreeSet<ProductId>, StoreError> {
        let sql = format!(
            "SELECT id FROM products WHERE tenant_id = $1 AND id {{in $2}} {}",
            wait.token()
        );
        let rows = self.tx.query(&sql, &[self.key(), id_list(products)]).await?;
        rows.iter().map(|row| row.parsed(0)).collect()
    }

    /// Locks every product, or every product with a listing on one account, in the order of their ids.
    pub(crate) async fn lock_all_products(&mut self, account: Option<AccountId>) -> Result<(), StoreError> {
        let of_account =
            "AND id IN (SELECT product_id FROM listings WHERE tenant_id = $1 AND account_id = $2)";
        let (which, params) = match account {
            Some(account) => (of_account, vec![self.key(), account.into()]),
            None => ("", vec![self.key()]),
        };
        // Counted, so that their ids need not travel.
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT id FROM products WHERE tenant_id = $1 {which} {{lock_by id}}) p"
        );
        self.tx.query(&sql, &params).await.map(drop)
    }

    /// Locks an account: its orders are written by one transaction at a time, so what a page was compared with stays as
    /// it was. Comes before every lock of products.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when there is no such account.
    pub(crate) async fn lock_account(&mut self, account: AccountId) -> Result<(), StoreError> {
        let sql = "SELECT id FROM accounts WHERE tenant_id = $1 AND id = $2 {for_update}";
        let row = self.tx.query_opt(sql, &[self.key(), account.into()]).await?;
        row.map(drop).ok_or_else(|| StoreError::Invalid {
            detail: format!("there is no account {account}; connect it first"),
        })
    }

    /// Locks every account, in the order of their ids.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn lock_accounts(&mut self) -> Result<(), StoreError> {
        let sql = "SELECT id FROM accounts WHERE tenant_id = $1 {lock_by id}";
        self.tx.query(sql, &[self.key()]).await.map(drop)
    }

    /// Makes a manual entry and marks the product for new offers. Answers the entry, or the earlier one with the same
    /// reference, and whether it is new.
    ///
    /// # Errors
    /// [`EntryError`]; nothing is entered then.
    pub async fn enter_stock(&mut self, entry: &ManualEntry) -> Result<(LedgerRecord, bool), EntryError> {
        let mut book = StockBook::lock(self, &BTreeSet::from([entry.product])).await?;
        let known = format!(
            "{LEDGER_SELECT} WHERE tenant_id = $1 AND cause_kind = 'manual' AND cause_ref = $2 AND cause_line = $3"
        );
        let line = entry.product.to_string();
        let params = [self.key(), (&entry.reference).into(), (&line).into()];
        if let Some(row) = self.tx.query_opt(&known, &params).await? {
            return Ok((ledger_from_row(&row)?, false));
        }
        if !book.holds(entry.product) {
            return Err(EntryError::NoProduct(entry.product));
        }
        book.no_kit(entry.product)?;
        let location = match entry.location {
            Some(location) => book.open_place(location)?.id,
            None => book.default_location(),
        };
        let before = book.shelf(entry.product, location).balance;
        let change = match entry.amount {
            Amount::Change(change) => change,
            Amount::Counted(counted) => counted - before.on_hand,
        };
        // Only a count may say that less than nothing lies there.
        let on_hand = before.on_hand + change;
        if change < 0 && on_hand < 0 && matches!(entry.amount, Amount::Change(_)) {
            return Err(EntryError::BelowZero {
                on_hand: before.on_hand,
                change,
            });
        }
        book.count(entry.product, location);
        let record = book
            .post(
                self,
                NewEntry {
                    product: entry.product,
                    location,
                    kind: entry.kind,
                    movement: Movement {
                        on_hand: change,
                        reserved: 0,
                    },
                    cause: Cause {
                        kind: "manual".into(),
                        reference: entry.reference.clone(),
                        line,
                    },
                    note: entry.note.as_deref(),
                    actor: &entry.actor,
                },
            )?
            .clone();
        book.write(self).await?;
        self.mark_dirty(
            [entry.product],
            &format!("{} {}", entry.kind, entry.reference),
            record.at,
        )
        .await?;
        Ok((record, true))
    }
}
