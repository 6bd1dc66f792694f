//! Parcels whose papers a channel makes, and the papers, sealed at rest.

use serde::{Deserialize, Serialize};
use stockbridge_domain::channel::{Paper, PaperKind};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{AccountId, OrderId, OrderLineId, PaperId, ParcelId, Timestamp};

use super::{ASK, Ask, ask};
use crate::audit::NewAudit;
use crate::columns::{Columns as _, json_value};
use crate::db::{Row, Tx, Value};
use crate::{StoreError, System, Tenant, TenantTx};

/// What papers are sealed for.
const PURPOSE: &str = "paper";
/// Most papers that are kept of one parcel.
const MOST: usize = 8;

/// A parcel whose papers are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParcel {
    /// The order.
    pub order: OrderId,
    /// Number of the parcel within the order, from 1.
    pub parcel: i64,
    /// What is inside; empty for everything that is open.
    pub lines: Vec<(OrderLineId, i64)>,
    /// Weight in grams.
    pub weight_grams: Option<i64>,
    /// Length, width and height in millimetres.
    pub size_mm: Option<[i64; 3]>,
    /// The seller's number of the invoice.
    pub invoice_number: Option<String>,
    /// Who.
    pub actor: String,
}

/// A parcel whose papers a channel makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParcelRecord {
    /// Its id.
    pub id: ParcelId,
    /// The order.
    pub order: OrderId,
    /// Number of the parcel within the order, from 1.
    pub parcel: i64,
    /// What is inside; empty for everything that is open.
    pub lines: Vec<PackedLine>,
    /// Weight in grams.
    pub weight_grams: Option<i64>,
    /// Length, width and height in millimetres.
    pub size_mm: Option<[i64; 3]>,
    /// The seller's number of the invoice.
    pub invoice_number: Option<String>,
    /// Who carries it, where the channel says so.
    pub carrier: Option<String>,
    /// Its number, where the channel gives one out.
    pub tracking: Option<String>,
    /// When the channel was told that it is ready to be fetched.
    pub handed_over_at: Option<Timestamp>,
    /// How far its papers are.
    #[serde(flatten)]
    pub ask: Ask,
    /// Its papers.
    pub papers: Vec<PaperRecord>,
}

/// Part of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedLine {
    /// The order line.
    pub line: OrderLineId,
    /// The channel's id of it.
    pub channel_line_id: String,
    /// Units of the listing.
    pub quantity: i64,
}

/// A paper, without what is on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaperRecord {
    /// Its id.
    pub id: PaperId,
    /// What it is.
    pub kind: PaperKind,
    /// Its media type, such as `application/pdf`.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// When the channel stops accepting it.
    pub expires_at: Option<Timestamp>,
    /// When it was fetched.
    pub made_at: Timestamp,
}

/// An order that is to be dispatched soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueOrder {
    /// The order.
    pub id: OrderId,
    /// On which account.
    pub account: AccountId,
    /// The channel's number.
    pub channel_order_id: String,
    /// Latest instant to ship.
    pub ship_by: Timestamp,
}

/// Why no papers are asked for. Nothing may be committed then.
#[derive(Debug, thiserror::Error)]
pub enum PapersError {
    /// There is no such order.
    #[error("there is no order {0}")]
    NoOrder(OrderId),
    /// A line is not part of the order.
    #[error("line {0} is not part of this order, or has not that many units")]
    NoLine(OrderLineId),
    /// Its status does not allow it.
    #[error("an order that is {0} needs no papers")]
    NotNow(OrderStatus),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const PARCEL: &str =
    "id, order_id, parcel, lines, weight_grams, size_mm, invoice_number, carrier, tracking, handed_over_at";

fn record(row: &Row) -> Result<ParcelRecord, StoreError> {
    Ok(ParcelRecord {
        id: row.parsed(0)?,
        order: row.parsed(1)?,
        parcel: row.int(2)?,
        lines: row.json(3)?,
        weight_grams: row.opt_int(4)?,
        size_mm: match row.opt_string(5)? {
            Some(_) => Some(row.json(5)?),
            None => None,
        },
        invoice_number: row.opt_string(6)?,
        carrier: row.opt_string(7)?,
        tracking: row.opt_string(8)?,
        handed_over_at: row.opt_time(9)?,
        ask: ask(row, 10)?,
        papers: Vec::new(),
    })
}

fn paper(row: &Row) -> Result<PaperRecord, StoreError> {
    Ok(PaperRecord {
        id: row.parsed(0)?,
        kind: row.named(1, PaperKind::parse)?,
        media_type: row.string(2)?,
        size: row.int(3)?,
        expires_at: row.opt_time(4)?,
        made_at: row.time(5)?,
    })
}

async fn papers_of(tx: &mut Tx, tenant: &Value, parcel: ParcelId) -> Result<Vec<PaperRecord>, StoreError> {
    let sql = "SELECT id, kind, media_type, size, expires_at, made_at FROM papers \
               WHERE tenant_id = $1 AND parcel_id = $2 ORDER BY id";
    let rows = tx.query(sql, &[tenant.clone(), parcel.into()]).await?;
    rows.iter().map(paper).collect()
}

impl TenantTx {
    /// Writes down that a parcel's papers are wanted. While they are being made, the same parcel again is the same; papers
    /// that are there, or were refused, are asked for anew.
    ///
    /// # Errors
    /// [`PapersError`]; nothing may be committed then.
    pub async fn want_papers(&mut self, new: &NewParcel) -> Result<ParcelId, PapersError> {
        if self.lock_order(new.order).await?.is_none() {
            return Err(PapersError::NoOrder(new.order));
        }
        let sql = "SELECT status FROM orders WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), new.order.into()];
        let status = self
            .tx
            .query_one(sql, &values)
            .await?
            .named(0, OrderStatus::parse)?;
        if matches!(status, OrderStatus::Pending | OrderStatus::Cancelled) {
            return Err(PapersError::NotNow(status));
        }
        let sql =
            "SELECT id, channel_line_id, ordered FROM order_lines WHERE tenant_id = $1 AND order_id = $2";
        let rows = self.tx.query(sql, &values).await?;
        let mut lines = Vec::new();
        for (id, units) in &new.lines {
            let mut named = None;
            for row in &rows {
                if row.parsed::<OrderLineId>(0)? == *id && (1..=row.int(2)?).contains(units) {
                    named = Some(row.string(1)?);
                }
            }
            lines.push(PackedLine {
                line: *id,
                channel_line_id: named.ok_or(PapersError::NoLine(*id))?,
                quantity: *units,
            });
        }
        let sql = "INSERT INTO parcels AS known (tenant_id, id, order_id, parcel, lines, weight_grams, size_mm, \
                   invoice_number, status, actor, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10, $10) \
                   ON CONFLICT (tenant_id, order_id, parcel) DO UPDATE SET lines = excluded.lines, \
                   weight_grams = excluded.weight_grams, size_mm = excluded.size_mm, \
                   invoice_number = excluded.invoice_number, message = NULL, actor = excluded.actor, \
                   status = CASE WHEN known.status = 'accepted' THEN 'accepted' ELSE 'waiting' END, \
                   updated_at = excluded.updated_at RETURNING id";
        let size = match &new.size_mm {
            Some(size) => json_value(size)?,
            None => Value::Null,
        };
        let values = [
            self.key(),
            self.env.id::<ParcelId>().into(),
            new.order.into(),
            new.parcel.into(),
            json_value(&lines)?,
            new.weight_grams.into(),
            size,
            new.invoice_number.clone().into(),
            (&new.actor).into(),
            self.env.now().into(),
        ];
        Ok(self.tx.query_one(sql, &values).await?.parsed(0)?)
    }

    /// Keeps a parcel's papers in place of those before, and what the channel says of its way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_papers(
        &mut self,
        parcel: ParcelId,
        papers: &[Paper],
        tracking: Option<&(String, String)>,
    ) -> Result<(), StoreError> {
        let sealer = self.sealer().await?;
        let now = self.env.now();
        let sql = "DELETE FROM papers WHERE tenant_id = $1 AND parcel_id = $2";
        self.tx.exec(sql, &[self.key(), parcel.into()]).await?;
        for paper in papers.iter().take(MOST) {
            let id = self.env.id::<PaperId>();
            let sealed = sealer.seal(PURPOSE, &id.to_string(), &paper.bytes)?;
            let sql = "INSERT INTO papers (tenant_id, id, parcel_id, kind, media_type, size, sealed, expires_at, made_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
            let values = [
                self.key(),
                id.into(),
                parcel.into(),
                paper.kind.name().into(),
                (&paper.media_type).into(),
                i64::try_from(paper.bytes.len()).unwrap_or(i64::MAX).into(),
                sealed.into(),
                paper.expires_at.into(),
                now.into(),
            ];
            self.tx.exec(sql, &values).await?;
        }
        let sql = "UPDATE parcels SET status = 'done', message = NULL, updated_at = $3, carrier = COALESCE($4, carrier), \
                   tracking = COALESCE($5, tracking) WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            parcel.into(),
            now.into(),
            tracking.map(|(carrier, _)| carrier.clone()).into(),
            tracking.map(|(_, number)| number.clone()).into(),
        ];
        self.tx.exec(sql, &values).await?;
        Ok(())
    }

    /// Notes that the channel was told that a parcel is ready, or why it would not hear it; false when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_handed_over(
        &mut self,
        parcel: ParcelId,
        at: Option<Timestamp>,
        message: Option<&str>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE parcels SET handed_over_at = COALESCE($3, handed_over_at), message = $4, updated_at = $5 \
                   WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            parcel.into(),
            at.into(),
            message.into(),
            self.env.now().into(),
        ];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }
}

impl Tenant {
    /// One parcel with its papers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parcel(&self, id: ParcelId) -> Result<Option<ParcelRecord>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!("SELECT {PARCEL}, {ASK} FROM parcels WHERE tenant_id = $1 AND id = $2");
        let Some(row) = tx.query_opt(&sql, &[self.key(), id.into()]).await? else {
            return Ok(None);
        };
        let mut found = record(&row)?;
        found.papers = papers_of(&mut tx, &self.key(), id).await?;
        Ok(Some(found))
    }

    /// A paper and what is on it; that `actor` fetched it is written to the audit log, as it names a buyer.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when it does not open.
    pub async fn paper(
        &self,
        id: PaperId,
        actor: &str,
    ) -> Result<Option<(PaperRecord, Vec<u8>)>, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "SELECT id, kind, media_type, size, expires_at, made_at, sealed FROM papers \
                   WHERE tenant_id = $1 AND id = $2";
        let Some(row) = tx.tx.query_opt(sql, &[self.key(), id.into()]).await? else {
            return Ok(None);
        };
        let found = paper(&row)?;
        let text = id.to_string();
        let bytes = tx.sealer().await?.open(PURPOSE, &text, row.bytes(6)?)?.to_vec();
        tx.audit(&NewAudit::of(actor, "paper.read", &text)).await?;
        tx.commit().await?;
        Ok(Some((found, bytes)))
    }

    /// Orders of sellers' own goods that are to be shipped by `until` and of which nothing is known to have left, the
    /// most urgent first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn orders_due(&self, until: Timestamp, limit: i64) -> Result<Vec<DueOrder>, StoreError> {
        let sql = "SELECT id, account_id, channel_order_id, ship_by FROM orders o WHERE tenant_id = $1 \
                   AND status IN ('open', 'partially_shipped') AND fulfilled_by = 'seller' AND ship_by <= $2 \
                   AND (status = 'partially_shipped' OR NOT EXISTS (SELECT 1 FROM shipments s \
                   WHERE s.tenant_id = o.tenant_id AND s.order_id = o.id)) \
                   AND NOT EXISTS (SELECT 1 FROM parcels p WHERE p.tenant_id = o.tenant_id AND p.order_id = o.id \
                   AND p.handed_over_at IS NOT NULL) ORDER BY ship_by, id LIMIT $3";
        let values = [self.key(), until.into(), limit.into()];
        let rows = self.read().await?.query(sql, &values).await?;
        let due = |row: &Row| {
            Ok(DueOrder {
                id: row.parsed(0)?,
                account: row.parsed(1)?,
                channel_order_id: row.string(2)?,
                ship_by: row.time(3)?,
            })
        };
        rows.iter().map(due).collect()
    }
}

impl System {
    /// Forgets papers made before `before`, some of them at a time; answers how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_papers(&self, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let sql = "DELETE FROM papers WHERE (tenant_id, id) IN \
                   (SELECT tenant_id, id FROM papers WHERE made_at < $1 ORDER BY made_at LIMIT $2)";
        let count = tx.exec(sql, &[before.into(), limit.into()]).await?;
        tx.commit().await?;
        Ok(count)
    }
}

impl ParcelRecord {
    /// The channel is making the papers, or is about to be asked.
    pub fn is_awaited(&self) -> bool {
        self.ask.status.is_open()
    }
}

pub(super) async fn of_order(
    tx: &mut Tx,
    tenant: &Value,
    order: OrderId,
) -> Result<Vec<ParcelRecord>, StoreError> {
    let sql =
        format!("SELECT {PARCEL}, {ASK} FROM parcels WHERE tenant_id = $1 AND order_id = $2 ORDER BY parcel");
    let rows = tx.query(&sql, &[tenant.clone(), order.into()]).await?;
    let mut parcels = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    for parcel in &mut parcels {
        parcel.papers = papers_of(tx, tenant, parcel.id).await?;
    }
    Ok(parcels)
}
