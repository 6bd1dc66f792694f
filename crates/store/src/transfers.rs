//! Transfers: goods on their way from one location to another.
//!
//! Sending takes the units from the one location, receiving adds them to the other; in between they are nobody's to
//! sell. Each step is one transaction under the products' locks, and each of its ledger entries has a cause of its own,
//! so a step that is sent again writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockbridge_domain::moves::TransferStatus;
use stockbridge_domain::stock::{EntryKind, Movement};
use stockbridge_domain::{LocationId, ProductId, Sku, Timestamp, TransferId};

use crate::columns::Columns as _;
use crate::db::{Kind, Row, Tx, Value};
use crate::filter::Filter;
use crate::stock::{Cause, NewEntry, StockBook};
use crate::{EntryError, Page, PageQuery, StoreError, Tenant, TenantTx};

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransferRecord {
    /// Its id.
    pub id: TransferId,
    /// What people call it; unique.
    pub reference: String,
    /// From where.
    pub from: LocationId,
    /// To where.
    pub to: LocationId,
    /// How far it has come.
    pub status: TransferStatus,
    /// A remark.
    pub note: Option<String>,
    /// Who wrote it down.
    pub actor: String,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When it left.
    pub sent_at: Option<Timestamp>,
    /// When the last unit had arrived or was given up, or it was called off.
    pub closed_at: Option<Timestamp>,
    /// What is moved.
    pub lines: Vec<TransferLine>,
}

/// One product of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransferLine {
    /// The product.
    pub product: ProductId,
    /// Its SKU.
    pub sku: Sku,
    /// Units sent.
    pub units: i64,
    /// Of these, arrived.
    pub received: i64,
    /// Of these, known to be lost on the way.
    pub lost: i64,
}

impl TransferLine {
    /// Units still on their way.
    pub const fn open(&self) -> i64 {
        self.units - self.received - self.lost
    }
}

/// A transfer to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransfer {
    /// What people call it; the same again answers the first.
    pub reference: String,
    /// From where.
    pub from: LocationId,
    /// To where.
    pub to: LocationId,
    /// Products and units.
    pub lines: Vec<(ProductId, i64)>,
    /// A remark.
    pub note: Option<String>,
    /// Who.
    pub actor: String,
}

/// What arrived of one product, and what is known to be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The product.
    pub product: ProductId,
    /// Units that arrived.
    pub received: i64,
    /// Units that will not.
    pub lost: i64,
}

/// Why a step of a transfer was not done. Nothing may be committed then.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is no such transfer.
    #[error("there is no transfer {0}")]
    NotFound(TransferId),
    /// Its status does not allow it.
    #[error("a transfer that is {0} cannot be {1}")]
    NotNow(TransferStatus, &'static str),
    /// Less is free at the location it leaves than is to be sent.
    #[error("{sku}: {wanted} units are to be sent, {free} lie there and are not promised to orders")]
    Short {
        /// The product.
        sku: Sku,
        /// Units to send.
        wanted: i64,
        /// Units that may leave.
        free: i64,
    },
    /// More arrived than is on its way.
    #[error("{sku}: {asked} units are said to have arrived or to be lost, {open} are on their way")]
    TooMany {
        /// The product.
        sku: Sku,
        /// Units named.
        asked: i64,
        /// Units on their way.
        open: i64,
    },
    /// A product is not part of it.
    #[error("product {0} is not part of this transfer")]
    NoLine(ProductId),
    /// Product, location or database.
    #[error(transparent)]
    Entry(#[from] EntryError),
}

impl From<StoreError> for TransferError {
    fn from(error: StoreError) -> Self {
        Self::Entry(error.into())
    }
}

const TRANSFER: &str =
    "id, reference, from_location, to_location, status, note, actor, created_at, sent_at, closed_at";

fn transfer(row: &Row) -> Result<TransferRecord, StoreError> {
    Ok(TransferRecord {
        id: row.parsed(0)?,
        reference: row.string(1)?,
        from: row.parsed(2)?,
        to: row.parsed(3)?,
        status: row.named(4, TransferStatus::parse)?,
        note: row.opt_string(5)?,
        actor: row.string(6)?,
        created_at: row.time(7)?,
        sent_at: row.opt_time(8)?,
        closed_at: row.opt_time(9)?,
        lines: Vec::new(),
    })
}

impl TenantTx {
    /// Writes a transfer down; nothing moves yet. The same reference again answers the first one.
    ///
    /// # Errors
    /// [`EntryError::NoProduct`], [`EntryError::NoLocation`].
    pub async fn create_transfer(&mut self, new: &NewTransfer) -> Result<TransferRecord, TransferError> {
        let products: BTreeSet<ProductId> = new.lines.iter().map(|(product, _)| *product).collect();
        let book = StockBook::lock(self, &products).await?;
        for location in [new.from, new.to] {
            book.open_place(location)?;
        }
        if let Some(missing) = products.iter().find(|product| !book.holds(**product)) {
            return Err(EntryError::NoProduct(*missing).into());
        }
        for product in &products {
            book.no_kit(*product)?;
        }
        let id: TransferId = self.env.id();
        let sql = "INSERT INTO transfers (tenant_id, id, reference, from_location, to_location, status, note, actor, \
                   created_at) VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7, $8) \
                   ON CONFLICT (tenant_id, reference) DO NOTHING";
        let values = [
            self.key(),
            id.into(),
            (&new.reference).into(),
            new.from.into(),
            new.to.into(),
            new.note.clone().into(),
            (&new.actor).into(),
            self.env.now().into(),
        ];
        if self.tx.exec(sql, &values).await? == 1 {
            let mut units: BTreeMap<ProductId, i64> = BTreeMap::new();
            for (product, more) in &new.lines {
                let slot = units.entry(*product).or_default();
                *slot = slot.saturating_add(*more);
            }
            let columns = [
                ("tenant_id", Kind::Text),
                ("transfer_id", Kind::Text),
                ("product_id", Kind::Text),
                ("units", Kind::Int),
                ("received", Kind::Int),
                ("lost", Kind::Int),
            ];
            let row = |(product, units): (ProductId, i64)| {
                vec![
                    self.tenant.into(),
                    id.into(),
                    product.into(),
                    units.into(),
                    0.into(),
                    0.into(),
                ]
            };
            let rows = units.into_iter().map(row).collect();
            self.tx.insert_many("transfer_lines", &columns, "", rows).await?;
        }
        let sql = format!("SELECT {TRANSFER} FROM transfers WHERE tenant_id = $1 AND reference = $2");
        let found = self
            .tx
            .query_one(&sql, &[self.key(), (&new.reference).into()])
            .await?;
        let mut record = transfer(&found)?;
        let key = self.key();
        fill_lines(&mut self.tx, key, std::slice::from_mut(&mut record)).await?;
        Ok(record)
    }

    /// Locks a transfer's products, then the transfer.
    async fn locked_transfer(
        &mut self,
        id: TransferId,
    ) -> Result<(TransferRecord, StockBook), TransferError> {
        let sql = "SELECT product_id FROM transfer_lines WHERE tenant_id = $1 AND transfer_id = $2";
        let rows = self.tx.query(sql, &[self.key(), id.into()]).await?;
        let products = rows
            .iter()
            .map(|row| row.parsed(0))
            .collect::<Result<BTreeSet<ProductId>, _>>()?;
        let book = StockBook::lock(self, &products).await?;
        let sql = format!("SELECT {TRANSFER} FROM transfers WHERE tenant_id = $1 AND id = $2 {{for_update}}");
        let row = self.tx.query_opt(&sql, &[self.key(), id.into()]).await?;
        let mut record = transfer(&row.ok_or(TransferError::NotFound(id))?)?;
        let key = self.key();
        fill_lines(&mut self.tx, key, std::slice::from_mut(&mut record)).await?;
        Ok((record, book))
    }

    async fn set_transfer(&mut self, record: &TransferRecord) -> Result<(), StoreError> {
        let sql =
            "UPDATE transfers SET status = $3, sent_at = $4, closed_at = $5 WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            record.id.into(),
            record.status.name().into(),
            record.sent_at.into(),
            record.closed_at.into(),
        ];
        self.tx.exec(sql, &values).await.map(drop)
    }

    /// Takes a transfer's units from the location they leave. Sent before, it changes nothing.
    ///
    /// # Errors
    /// [`TransferError::Short`] names the first product of which less may leave.
    pub async fn send_transfer(
        &mut self,
        id: TransferId,
        actor: &str,
    ) -> Result<TransferRecord, TransferError> {
        let (mut record, mut book) = self.locked_transfer(id).await?;
        match record.status {
            TransferStatus::Draft => {}
            TransferStatus::InTransit | TransferStatus::Received => return Ok(record),
            TransferStatus::Cancelled => return Err(TransferError::NotNow(record.status, "sent")),
        }
        book.open_place(record.from)?;
        book.open_place(record.to)?;
        for line in &record.lines {
            let free = book.shelf(line.product, record.from).balance.available();
            if line.units > free {
                return Err(TransferError::Short {
                    sku: line.sku.clone(),
                    wanted: line.units,
                    free: free.max(0),
                });
            }
            let entry = step(&record, line, record.from, ("send", -line.units), "", actor);
            book.post(self, entry)?;
            book.open_shelf(line.product, record.to);
        }
        book.write(self).await?;
        let now = self.env.now();
        (record.status, record.sent_at) = (TransferStatus::InTransit, Some(now));
        self.set_transfer(&record).await?;
        self.mark_moved(&record).await?;
        Ok(record)
    }

    async fn mark_moved(&mut self, record: &TransferRecord) -> Result<(), StoreError> {
        let products: Vec<ProductId> = record.lines.iter().map(|line| line.product).collect();
        let cause = format!("transfer {}", record.reference);
        self.mark_dirty(products, &cause, self.env.now()).await.map(drop)
    }

    /// Enters what arrived at the other location, and what is known to be lost; no arrivals named means everything that
    /// is on its way. The same `receipt` again changes nothing.
    ///
    /// # Errors
    /// [`TransferError::TooMany`], [`TransferError::NoLine`], [`TransferError::NotNow`] for one that was not sent.
    pub async fn receive_transfer(
        &mut self,
        id: TransferId,
        receipt: &str,
        arrivals: &[Arrival],
        actor: &str,
    ) -> Result<TransferRecord, TransferError> {
        let (mut record, mut book) = self.locked_transfer(id).await?;
        if matches!(record.status, TransferStatus::Draft | TransferStatus::Cancelled) {
            return Err(TransferError::NotNow(record.status, "received"));
        }
        let all: Vec<Arrival> = record.lines.iter().map(everything).collect();
        let arrivals = if arrivals.is_empty() { &all } else { arrivals };
        let known = self.receipts_of(id, receipt).await?;
        for arrival in arrivals {
            let at = record
                .lines
                .iter()
                .position(|line| line.product == arrival.product);
            let at = at.ok_or(TransferError::NoLine(arrival.product))?;
            if known.contains(&arrival.product) || (arrival.received, arrival.lost) == (0, 0) {
                continue;
            }
            let line = record.lines[at].clone();
            let asked = arrival.received.saturating_add(arrival.lost);
            if arrival.received < 0 || arrival.lost < 0 || asked > line.open() {
                return Err(TransferError::TooMany {
                    open: line.open(),
                    sku: line.sku,
                    asked,
                });
            }
            let note = (arrival.lost > 0).then(|| format!("{} lost on the way", arrival.lost));
            let mut entry = step(
                &record,
                &line,
                record.to,
                ("receive", arrival.received),
                receipt,
                actor,
            );
            entry.note = note.as_deref();
            book.post(self, entry)?;
            book.count(line.product, record.to);
            record.lines[at].received += arrival.received;
            record.lines[at].lost += arrival.lost;
        }
        book.write(self).await?;
        let changed: Vec<Vec<Value>> = record
            .lines
            .iter()
            .map(|line| self.line_values(id, line))
            .collect();
        let sql = "UPDATE transfer_lines SET received = $4, lost = $5 \
                   WHERE tenant_id = $1 AND transfer_id = $2 AND product_id = $3";
        self.tx.exec_many(sql, &changed).await?;
        if record.status == TransferStatus::InTransit && record.lines.iter().all(|line| line.open() == 0) {
            (record.status, record.closed_at) = (TransferStatus::Received, Some(self.env.now()));
            self.set_transfer(&record).await?;
        }
        self.mark_moved(&record).await?;
        Ok(record)
    }

    fn line_values(&self, id: TransferId, line: &TransferLine) -> Vec<Value> {
        vec![
            self.key(),
            id.into(),
            line.product.into(),
            line.received.into(),
            line.lost.into(),
        ]
    }

    /// Products this receipt was entered for before.
    async fn receipts_of(
        &mut self,
        id: TransferId,
        receipt: &str,
    ) -> Result<BTreeSet<ProductId>, StoreError> {
        let sql = "SELECT product_id, cause_line FROM stock_ledger WHERE tenant_id = $1 \
                   AND cause_kind = 'transfer.receive' AND cause_ref = $2";
        let rows = self.tx.query(sql, &[self.key(), id.to_string().into()]).await?;
        let mut known = BTreeSet::new();
        for row in &rows {
            let product: ProductId = row.parsed(0)?;
            if row.text(1)? == format!("{product}:{receipt}") {
                known.insert(product);
            }
        }
        Ok(known)
    }

    /// Calls a transfer off that was not sent; again changes nothing.
    ///
    /// # Errors
    /// [`TransferError::NotNow`] for one that was sent: receive it, or send it back.
    pub async fn cancel_transfer(&mut self, id: TransferId) -> Result<TransferRecord, TransferError> {
        let (mut record, _) = self.locked_transfer(id).await?;
        match record.status {
            TransferStatus::Cancelled => return Ok(record),
            TransferStatus::Draft => {}
            sent => return Err(TransferError::NotNow(sent, "called off")),
        }
        (record.status, record.closed_at) = (TransferStatus::Cancelled, Some(self.env.now()));
        self.set_transfer(&record).await?;
        Ok(record)
    }
}

fn everything(line: &TransferLine) -> Arrival {
    Arrival {
        product: line.product,
        received: line.open(),
        lost: 0,
    }
}

/// The ledger entry of one step of a transfer.
fn step<'a>(
    record: &TransferRecord,
    line: &TransferLine,
    location: LocationId,
    (what, units): (&str, i64),
    part: &str,
    actor: &'a str,
) -> NewEntry<'a> {
    NewEntry {
        product: line.product,
        location,
        kind: EntryKind::Transfer,
        movement: Movement {
            on_hand: units,
            reserved: 0,
        },
        cause: Cause {
            kind: format!("transfer.{what}"),
            reference: record.id.to_string(),
            line: format!("{}:{part}", line.product),
        },
        note: None,
        actor,
    }
}

async fn fill_lines(tx: &mut Tx, tenant: Value, records: &mut [TransferRecord]) -> Result<(), StoreError> {
    let ids: Vec<String> = records.iter().map(|record| record.id.to_string()).collect();
    let sql = "SELECT t.transfer_id, t.product_id, p.sku, t.units, t.received, t.lost FROM transfer_lines t \
               JOIN products p ON p.tenant_id = t.tenant_id AND p.id = t.product_id \
               WHERE t.tenant_id = $1 AND t.transfer_id {in $2} ORDER BY p.sku";
    for row in tx.query(sql, &[tenant, Value::TextList(ids)]).await? {
        let id: TransferId = row.parsed(0)?;
        let line = TransferLine {
            product: row.parsed(1)?,
            sku: row.sku(2)?,
            units: row.int(3)?,
            received: row.int(4)?,
            lost: row.int(5)?,
        };
        if let Some(record) = records.iter_mut().find(|record| record.id == id) {
            record.lines.push(line);
        }
    }
    Ok(())
}

impl Tenant {
    /// One transfer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn transfer(&self, id: TransferId) -> Result<Option<TransferRecord>, StoreError> {
        let sql = format!("SELECT {TRANSFER} FROM transfers WHERE tenant_id = $1 AND id = $2");
        let mut tx = self.read().await?;
        let Some(row) = tx.query_opt(&sql, &[self.key(), id.into()]).await? else {
            return Ok(None);
        };
        let mut record = transfer(&row)?;
        fill_lines(&mut tx, self.key(), std::slice::from_mut(&mut record)).await?;
        Ok(Some(record))
    }

    /// Transfers, newest first; of one status, or all.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn transfers(
        &self,
        status: Option<TransferStatus>,
        query: &PageQuery,
    ) -> Result<Page<TransferRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("status = ?", status.map(TransferStatus::name));
        filter.and_some("id < ?", query.after("transfers")?.map(|[id]: [String; 1]| id));
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {TRANSFER} FROM transfers WHERE {} ORDER BY id DESC LIMIT ${limit}",
            filter.text()
        );
        let mut tx = self.read().await?;
        let rows = tx.query(&sql, filter.params()).await?;
        let mut items = rows.iter().map(transfer).collect::<Result<Vec<_>, _>>()?;
        fill_lines(&mut tx, self.key(), &mut items).await?;
        Ok(query.page("transfers", items, |last| [last.id.to_string()]))
    }
}
