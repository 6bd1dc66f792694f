//! Stock: the ledger and its balances, under the product's lock.
//!
//! Every change of stock goes through a [`StockBook`]: it locks the products, folds new entries into their balances and
//! writes both together. Whoever holds a product's lock may also move the exposure of its listings, which is why orders,
//! plans, writes and own sales all begin here.
//!
//! Locks are taken in one order, so that no two transactions wait for each other: the account whose orders are written
//! ([`TenantTx::lock_account`]), then products by id, then listings by id, then dirty products by id. A transaction makes
//! one call that waits for products, or several for the same ones; [`TenantTx::settle`] waits for none and may come after
//! it. What was read before a lock is read again under it. Offers, plans and marks change under their product's lock only.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockbridge_domain::stock::{Balance, EntryKind, Movement};
use stockbridge_domain::{AccountId, LedgerEntryId, LocationId, ProductId, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Kind, Row, Value};
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

/// An entry to be made.
pub(crate) struct NewEntry<'a> {
    pub product: ProductId,
    pub kind: EntryKind,
    pub movement: Movement,
    pub cause: Cause,
    pub note: Option<&'a str>,
    pub actor: &'a str,
}

/// A product's stock at the default location, as known under its lock.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BookLine {
    pub balance: Balance,
    /// Somebody said how much there is.
    pub counted: bool,
    changed: bool,
}

/// Locked products and what is being entered for them.
pub(crate) struct StockBook {
    location: LocationId,
    lines: BTreeMap<ProductId, BookLine>,
    entries: Vec<LedgerRecord>,
}

impl StockBook {
    /// Locks `products` (in the order of their ids, so that two of these never wait for each other) and reads their
    /// balances at the default location.
    pub(crate) async fn lock(tx: &mut TenantTx, products: &BTreeSet<ProductId>) -> Result<Self, StoreError> {
        let location = Self::default_location(tx).await?;
        let locked = tx.lock_products(products, Wait::Yes).await?;
        let mut lines: BTreeMap<_, _> = locked.into_iter().map(|id| (id, BookLine::default())).collect();
        let (key, ids) = (tx.key(), id_list(products));
        let rows = tx
            .tx
            .query(
                "SELECT product_id, on_hand, reserved, counted FROM stock_balances \
                 WHERE tenant_id = $1 AND product_id {in $2} AND location_id = $3",
                &[key, ids, location.into()],
            )
            .await?;
        for row in rows {
            let balance = Balance {
                on_hand: row.int(1)?,
                reserved: row.int(2)?,
            };
            lines.insert(
                row.parsed(0)?,
                BookLine {
                    balance,
                    counted: row.int(3)? == 1,
                    changed: false,
                },
            );
        }
        Ok(Self {
            location,
            lines,
            entries: Vec::new(),
        })
    }

    async fn default_location(tx: &mut TenantTx) -> Result<LocationId, StoreError> {
        let key = tx.key();
        let sql = "SELECT id FROM locations WHERE tenant_id = $1 AND is_default = 1 ORDER BY id LIMIT 1";
        tx.tx.query_one(sql, &[key]).await?.parsed(0)
    }

    pub(crate) fn location(&self) -> LocationId {
        self.location
    }

    pub(crate) fn line(&self, product: ProductId) -> BookLine {
        self.lines.get(&product).copied().unwrap_or_default()
    }

    /// Whether the product exists and is locked.
    pub(crate) fn holds(&self, product: ProductId) -> bool {
        self.lines.contains_key(&product)
    }

    /// Says that the product's quantity is known from now on.
    pub(crate) fn count(&mut self, product: ProductId) {
        if let Some(line) = self.lines.get_mut(&product) {
            (line.counted, line.changed) = (true, true);
        }
    }

    /// Folds an entry into the balance; written by [`Self::write`].
    ///
    /// # Errors
    /// When more would be released than is reserved: the books and the orders disagree, nothing is entered. When the
    /// product is not locked: its balance is not known.
    pub(crate) fn post(&mut self, tx: &TenantTx, entry: NewEntry<'_>) -> Result<&LedgerRecord, StoreError> {
        let line = self
            .lines
            .get_mut(&entry.product)
            .ok_or_else(|| no_product(entry.product))?;
        let after = line
            .balance
            .apply(entry.movement)
            .map_err(|error| StoreError::Corrupt {
                detail: format!("product {}: {error}; run `stockbridge doctor`", entry.product),
            })?;
        (line.balance, line.changed) = (after, true);
        let index = self.entries.len();
        self.entries.push(LedgerRecord {
            id: tx.env.id(),
            product: entry.product,
            location: self.location,
            kind: entry.kind,
            change: entry.movement,
            after,
            cause: entry.cause,
            note: entry.note.map(str::to_owned),
            actor: entry.actor.to_owned(),
            at: tx.env.now(),
        });
        Ok(&self.entries[index])
    }

    /// Products whose balance moved.
    pub(crate) fn touched(&self) -> impl Iterator<Item = ProductId> + '_ {
        self.lines
            .iter()
            .filter(|(_, line)| line.changed)
            .map(|(id, _)| *id)
    }

    /// Writes balances and entries.
    pub(crate) async fn write(self, tx: &mut TenantTx) -> Result<(), StoreError> {
        let now = tx.env.now();
        let balances = self
            .lines
            .iter()
            .filter(|(_, line)| line.changed)
            .map(|(product, line)| {
                vec![
                    tx.key(),
                    (*product).into(),
                    self.location.into(),
                    line.balance.on_hand.into(),
                    line.balance.reserved.into(),
                    line.counted.into(),
                    now.into(),
                ]
            })
            .collect();
        tx.tx
            .insert_many(
                "stock_balances",
                &[
                    ("tenant_id", Kind::Text),
                    ("product_id", Kind::Text),
                    ("location_id", Kind::Text),
                    ("on_hand", Kind::Int),
                    ("reserved", Kind::Int),
                    ("counted", Kind::Int),
                    ("updated_at", Kind::Int),
                ],
                "ON CONFLICT (tenant_id, product_id, location_id) DO UPDATE SET on_hand = excluded.on_hand, \
                 reserved = excluded.reserved, counted = excluded.counted, updated_at = excluded.updated_at",
                balances,
            )
            .await?;
        let entries = self
            .entries
            .into_iter()
            .map(|entry| entry_values(tx.key(), entry))
            .collect();
        tx.tx
            .insert_many("stock_ledger", LEDGER_COLUMNS, "", entries)
            .await?;
        Ok(())
    }
}

fn no_product(product: ProductId) -> StoreError {
    StoreError::Invalid {
        detail: format!("there is no product {product}; create it first"),
    }
}

/// Ids as the parameter of `{in $n}`.
pub(crate) fn id_list<T: ToString>(ids: impl IntoIterator<Item = T>) -> Value {
    Value::TextList(ids.into_iter().map(|id| id.to_string()).collect())
}

const LEDGER_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("product_id", Kind::Text),
    ("location_id", Kind::Text),
    ("kind", Kind::Text),
    ("on_hand_change", Kind::Int),
    ("reserved_change", Kind::Int),
    ("on_hand_after", Kind::Int),
    ("reserved_after", Kind::Int),
    ("cause_kind", Kind::Text),
    ("cause_ref", Kind::Text),
    ("cause_line", Kind::Text),
    ("note", Kind::Text),
    ("actor", Kind::Text),
    ("at", Kind::Int),
];

fn entry_values(tenant: Value, entry: LedgerRecord) -> Vec<Value> {
    vec![
        tenant,
        entry.id.into(),
        entry.product.into(),
        entry.location.into(),
        entry.kind.name().into(),
        entry.change.on_hand.into(),
        entry.change.reserved.into(),
        entry.after.on_hand.into(),
        entry.after.reserved.into(),
        entry.cause.kind.into(),
        entry.cause.reference.into(),
        entry.cause.line.into(),
        entry.note.into(),
        entry.actor.into(),
        entry.at.into(),
    ]
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
    /// [`StoreError::Invalid`] when there is no such product.
    pub async fn enter_stock(&mut self, entry: &ManualEntry) -> Result<(LedgerRecord, bool), StoreError> {
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
            return Err(no_product(entry.product));
        }
        let before = book.line(entry.product).balance;
        let change = match entry.amount {
            Amount::Change(change) => change,
            Amount::Counted(counted) => counted - before.on_hand,
        };
        book.count(entry.product);
        let record = book
            .post(
                self,
                NewEntry {
                    product: entry.product,
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
