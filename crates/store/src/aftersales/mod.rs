//! What a person asks a channel for after the sale, written down before the channel is asked.

mod cancellations;
mod channel_returns;
mod papers;
mod receipts;
mod refunds;

use serde::Serialize;
use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::{CancellationId, OrderId, ParcelId, RefundId, Timestamp};

pub use cancellations::{CancelError, CancellationRecord, NewCancellation};
pub use channel_returns::{
    ArrivedReturn, ChannelReturnFilter, ChannelReturnLine, ChannelReturnRecord, ReturnsOutcome,
};
pub use papers::{DueOrder, NewParcel, PackedLine, PaperRecord, PapersError, ParcelRecord};
pub use receipts::{NewReceipt, ReceiptError};
pub use refunds::{NewRefund, RefundError, RefundRecord, RefundedLine};

use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};
use crate::{StoreError, Tenant, TenantTx};

/// How far something is that a channel was asked for, and who wanted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ask {
    /// How far it is.
    pub status: AskStatus,
    /// What the channel said last, or what is to be done.
    pub message: Option<String>,
    /// When the channel was last asked; nothing while it was not, or surely did not hear it.
    pub asked_at: Option<Timestamp>,
    /// Who wanted it.
    pub actor: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

/// Columns of [`Ask`], in its order.
const ASK: &str = "status, message, asked_at, actor, created_at, updated_at";

/// Reads [`ASK`] from column `at` on.
fn ask(row: &Row, at: usize) -> Result<Ask, StoreError> {
    Ok(Ask {
        status: row.named(at, AskStatus::parse)?,
        message: row.opt_string(at + 1)?,
        asked_at: row.opt_time(at + 2)?,
        actor: row.string(at + 3)?,
        created_at: row.time(at + 4)?,
        updated_at: row.time(at + 5)?,
    })
}

/// Which of the things a channel is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Calling an order off.
    Cancellation(CancellationId),
    /// Giving money back.
    Refund(RefundId),
    /// Making a parcel's papers.
    Parcel(ParcelId),
}

impl Asked {
    fn table_and_id(self) -> (&'static str, Value) {
        match self {
            Self::Cancellation(id) => ("cancellations", id.into()),
            Self::Refund(id) => ("refunds", id.into()),
            Self::Parcel(id) => ("parcels", id.into()),
        }
    }
}

/// What is known of an ask now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskNote {
    /// How far it is.
    pub status: AskStatus,
    /// What the channel said last.
    pub message: Option<String>,
    /// When the channel was asked; nothing when it surely did not hear it.
    pub asked_at: Option<Timestamp>,
}

impl AskNote {
    /// It stands like this and there is nothing to say about it.
    pub const fn of(status: AskStatus, asked_at: Option<Timestamp>) -> Self {
        Self {
            status,
            message: None,
            asked_at,
        }
    }

    /// Adds what the channel said.
    #[must_use]
    pub fn saying(self, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..self
        }
    }
}

/// What happened to an order after the sale.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AfterSales {
    /// What was called off, or is to be; the newest first.
    pub cancellations: Vec<CancellationRecord>,
    /// Returns its channel announces; the newest first.
    pub returns: Vec<ChannelReturnRecord>,
    /// Money that went back, or is to; the newest first.
    pub refunds: Vec<RefundRecord>,
    /// Parcels whose papers its channel makes.
    pub parcels: Vec<ParcelRecord>,
}

impl TenantTx {
    /// Notes what became of something the channel is asked for; false when there is none, or it is settled.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_asked(&mut self, asked: Asked, note: &AskNote) -> Result<bool, StoreError> {
        let (table, id) = asked.table_and_id();
        let sql = format!(
            "UPDATE {table} SET status = $3, message = $4, asked_at = $5, updated_at = $6 \
             WHERE tenant_id = $1 AND id = $2 AND status IN ('waiting', 'accepted')"
        );
        let values = [
            self.key(),
            id,
            note.status.name().into(),
            note.message.clone().into(),
            note.asked_at.into(),
            self.env.now().into(),
        ];
        Ok(self.tx.exec(&sql, &values).await? == 1)
    }
}

impl Tenant {
    /// [`TenantTx::note_asked`] as a transaction of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_asked(&self, asked: Asked, note: &AskNote) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let noted = tx.note_asked(asked, note).await?;
        tx.commit().await?;
        Ok(noted)
    }
}

/// What happened to an order after the sale.
pub(crate) async fn of_order(tx: &mut Tx, tenant: &Value, order: OrderId) -> Result<AfterSales, StoreError> {
    Ok(AfterSales {
        cancellations: cancellations::of_order(tx, tenant, order).await?,
        returns: channel_returns::of_order(tx, tenant, order).await?,
        refunds: refunds::of_order(tx, tenant, order).await?,
        parcels: papers::of_order(tx, tenant, order).await?,
    })
}
