//! Parcels: what left, and whether the channel knows.

use serde::{Deserialize, Serialize};
use stockbridge_domain::fulfilment::ShipmentStatus;
use stockbridge_domain::{OrderId, OrderLineId, ShipmentId, Timestamp};

use crate::columns::{Columns as _, json_value};
use crate::db::{Row, Tx, Value};
use crate::{StoreError, Tenant, TenantTx};

/// Part of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentLine {
    /// The order line.
    pub line: OrderLineId,
    /// The channel's id of it.
    pub channel_line_id: String,
    /// Units of the listing.
    pub quantity: i64,
}

/// A parcel to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShipment {
    /// Of which order.
    pub order: OrderId,
    /// Number of the parcel within the order, from 1.
    pub parcel: i64,
    /// Carrier code or name.
    pub carrier: String,
    /// Service, such as "Ground".
    pub method: Option<String>,
    /// Tracking number.
    pub tracking: String,
    /// When it was handed over.
    pub shipped_at: Timestamp,
    /// Whether the channel has to be told.
    pub status: ShipmentStatus,
    /// What is inside.
    pub lines: Vec<ShipmentLine>,
}

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShipmentRecord {
    /// Its id.
    pub id: ShipmentId,
    /// Of which order.
    pub order: OrderId,
    /// Number of the parcel within the order, from 1.
    pub parcel: i64,
    /// Carrier code or name.
    pub carrier: String,
    /// Service.
    pub method: Option<String>,
    /// Tracking number.
    pub tracking: String,
    /// When it was handed over.
    pub shipped_at: Timestamp,
    /// Whether the channel knows.
    pub status: ShipmentStatus,
    /// What the channel said about it.
    pub message: Option<String>,
    /// What is inside.
    pub lines: Vec<ShipmentLine>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

const SHIPMENT: &str =
    "id, order_id, parcel, carrier, method, tracking, shipped_at, status, message, lines, created_at";

fn record(row: &Row) -> Result<ShipmentRecord, StoreError> {
    Ok(ShipmentRecord {
        id: row.parsed(0)?,
        order: row.parsed(1)?,
        parcel: row.int(2)?,
        carrier: row.string(3)?,
        method: row.opt_string(4)?,
        tracking: row.string(5)?,
        shipped_at: row.time(6)?,
        status: row.named(7, ShipmentStatus::parse)?,
        message: row.opt_string(8)?,
        lines: row.json(9)?,
        created_at: row.time(10)?,
    })
}

impl TenantTx {
    /// Records a parcel; nothing when there is no such order.
    ///
    /// # Errors
    /// When the database refuses, also a second parcel with the same number.
    pub async fn create_shipment(&mut self, new: &NewShipment) -> Result<Option<ShipmentId>, StoreError> {
        let id = self.env.id::<ShipmentId>();
        let sql = "INSERT INTO shipments (tenant_id, id, order_id, parcel, carrier, method, tracking, shipped_at, \
             status, lines, created_at) SELECT tenant_id, $3, id, $4, $5, $6, $7, $8, $9, $10, $11 FROM orders \
             WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            new.order.into(),
            id.into(),
            new.parcel.into(),
            (&new.carrier).into(),
            new.method.clone().into(),
            (&new.tracking).into(),
            new.shipped_at.into(),
            new.status.name().into(),
            json_value(&new.lines)?,
            self.env.now().into(),
        ];
        Ok((self.tx.exec(sql, &values).await? == 1).then_some(id))
    }

    /// Notes what the channel said of a parcel; false when there is no such parcel.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_shipment_status(
        &mut self,
        id: ShipmentId,
        status: ShipmentStatus,
        message: Option<&str>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE shipments SET status = $3, message = $4 WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), id.into(), status.name().into(), message.into()];
        Ok(self.tx.exec(sql, &values).await? == 1)
    }
}

impl Tenant {
    /// [`TenantTx::set_shipment_status`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_shipment_status(
        &self,
        id: ShipmentId,
        status: ShipmentStatus,
        message: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let changed = tx.set_shipment_status(id, status, message).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// One parcel.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shipment(&self, id: ShipmentId) -> Result<Option<ShipmentRecord>, StoreError> {
        let sql = format!("SELECT {SHIPMENT} FROM shipments WHERE tenant_id = $1 AND id = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), id.into()])
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// Another order of the account with a parcel under this tracking number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shipped_under(&self, order: OrderId, tracking: &str) -> Result<Option<OrderId>, StoreError> {
        let sql = "SELECT o.id FROM orders o JOIN orders ours ON ours.tenant_id = o.tenant_id \
                   AND ours.account_id = o.account_id JOIN shipments s ON s.tenant_id = o.tenant_id \
                   AND s.order_id = o.id WHERE ours.tenant_id = $1 AND ours.id = $2 AND o.id <> $2 \
                   AND s.tracking = $3 LIMIT 1";
        let values = [self.key(), order.into(), tracking.into()];
        let row = self.read().await?.query_opt(sql, &values).await?;
        row.map(|row| row.parsed(0)).transpose()
    }

    /// The parcels of an order, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shipments(&self, order: OrderId) -> Result<Vec<ShipmentRecord>, StoreError> {
        of_order(&mut self.read().await?, self.key(), order).await
    }
}

pub(crate) async fn of_order(
    tx: &mut Tx,
    tenant: Value,
    order: OrderId,
) -> Result<Vec<ShipmentRecord>, StoreError> {
    let sql =
        format!("SELECT {SHIPMENT} FROM shipments WHERE tenant_id = $1 AND order_id = $2 ORDER BY parcel");
    let rows = tx.query(&sql, &[tenant, order.into()]).await?;
    rows.iter().map(record).collect()
}
