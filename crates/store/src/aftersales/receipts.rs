//! Receiving what an announced return brought back: bounded by what was announced, and each step once.

use stockbridge_domain::{AccountId, ChannelReturnId, OrderLineId};

use super::channel_returns::one;
use crate::columns::Columns as _;
use crate::{NewReturn, ReturnError, ReturnRecord, ReturnedLine, StoreError, TenantTx};

/// What of an announced return was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    /// The return.
    pub id: ChannelReturnId,
    /// What makes this step unique: the same one again enters nothing. Made up from what was received before when nothing
    /// is said.
    pub reference: Option<String>,
    /// What came back, each line once.
    pub lines: Vec<ReturnedLine>,
    /// A remark.
    pub note: Option<String>,
    /// Who.
    pub actor: String,
}

/// Why nothing was received. Nothing may be committed then.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// There is no such return.
    #[error("there is no announced return {0}")]
    NoReturn(ChannelReturnId),
    /// The order is not here.
    #[error("the order {0} of this return is not in the hub; sync the store's orders first")]
    NoOrder(String),
    /// The line is not part of the return.
    #[error("line {0} is not part of this return, or was named twice")]
    NoLine(OrderLineId),
    /// More than was announced and is not here yet.
    #[error(
        "line {line}: {asked} units are said to have come back, {left} are announced and not received yet"
    )]
    TooMany {
        /// The line.
        line: OrderLineId,
        /// Units named.
        asked: i64,
        /// Units that are still to come.
        left: i64,
    },
    /// Goods cannot be entered.
    #[error(transparent)]
    Return(#[from] ReturnError),
}

impl From<StoreError> for ReceiptError {
    fn from(error: StoreError) -> Self {
        Self::Return(error.into())
    }
}

impl TenantTx {
    /// Receives what came back of an announced return, bounded by what was announced: the goods lie where
    /// [`TenantTx::return_goods`] puts them. Answers the returns, those entered before under the same reference among
    /// them, and whether all that was announced is here now.
    ///
    /// # Errors
    /// [`ReceiptError`]; nothing may be committed then.
    pub async fn receive_return(
        &mut self,
        new: &NewReceipt,
    ) -> Result<(Vec<ReturnRecord>, bool), ReceiptError> {
        let no_return = || ReceiptError::NoReturn(new.id);
        let sql = "SELECT account_id FROM channel_returns WHERE tenant_id = $1 AND id = $2";
        let row = self.tx.query_opt(sql, &[self.key(), new.id.into()]).await?;
        let account: AccountId = row.ok_or_else(no_return)?.parsed(0)?;
        // Whoever receives at the same time waits here.
        self.lock_account(account).await?;
        let tenant = self.key();
        let mut found = one(&mut self.tx, &tenant, new.id).await?;
        let back = found.as_mut().ok_or_else(no_return)?;
        let order = back
            .order
            .ok_or_else(|| ReceiptError::NoOrder(back.channel_order_id.clone()))?;
        let reference = match &new.reference {
            Some(reference) => reference.clone(),
            None => format!("{}/{}", back.channel_return_id, back.received),
        };
        let before = self.returns_named(order, &reference).await?;
        if !before.is_empty() {
            return Ok((before, back.received >= back.units));
        }
        for (index, asked) in new.lines.iter().enumerate() {
            let twice = new.lines[..index].iter().any(|other| other.line == asked.line);
            let lines = back.lines.iter().filter(|line| line.line == Some(asked.line));
            let left: i64 = lines.clone().map(|line| line.quantity - line.received).sum();
            if twice || lines.count() == 0 {
                return Err(ReceiptError::NoLine(asked.line));
            }
            if asked.units < 1 || asked.units > left {
                return Err(ReceiptError::TooMany {
                    line: asked.line,
                    asked: asked.units,
                    left,
                });
            }
        }
        let goods = NewReturn {
            order,
            reference: reference.clone(),
            lines: new.lines.clone(),
            note: new.note.clone(),
            actor: new.actor.clone(),
        };
        let units: i64 = new.lines.iter().map(|line| line.units).sum();
        let records = self.return_goods(&goods).await?;
        let sql = "UPDATE returns SET channel_return_id = $4 WHERE tenant_id = $1 AND order_id = $2 AND reference = $3";
        let values = [self.key(), order.into(), reference.into(), new.id.into()];
        self.tx.exec(sql, &values).await?;
        let sql = "UPDATE channel_returns SET received = received + $3 WHERE tenant_id = $1 AND id = $2";
        let values = [self.key(), new.id.into(), units.into()];
        self.tx.exec(sql, &values).await?;
        Ok((records, back.received + units >= back.units))
    }
}
