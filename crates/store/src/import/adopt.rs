//! Orders of a listing that was not mapped: they waited visibly, and are reserved the moment it is.

use std::collections::HashMap;

use stockbridge_domain::channel::{LineSnapshot, OrderSnapshot};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{AccountId, OrderId, ProductId, Sku, Timestamp};

use super::load::{LINE_COLUMNS, line_from_row};
use super::write::line_values;
use super::{ImportAccount, ImportOutcome, Merged, lines};
use crate::columns::Columns as _;
use crate::stock::id_list;
use crate::{StoreError, TenantTx};

impl TenantTx {
    /// Reserves stock for the lines of an account's orders that sell `sku` and had no product. Call it after mapping the
    /// listing; answers what it did as an import would.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when there is no such account.
    pub async fn adopt_lines(&mut self, account: AccountId, sku: &Sku) -> Result<ImportOutcome, StoreError> {
        let mut outcome = ImportOutcome::default();
        self.lock_account(account).await?;
        let waiting = self.waiting_orders(account, sku).await?;
        if waiting.is_empty() {
            return Ok(outcome);
        }
        let fresh: Vec<(&OrderSnapshot, String)> = waiting.iter().map(|(_, s)| (s, String::new())).collect();
        let mut known = self.lines_of(&waiting, sku).await?;
        let mut goods = self.goods(account, &fresh, &known).await?;
        let taken_in = self.taken_in(goods.product_of(sku.as_str())).await?;
        // Connected long before any of these; what was shipped before the shelf was counted is history all the same.
        let import = ImportAccount {
            id: account,
            connected_at: Timestamp::EPOCH,
        };
        let mut values = Vec::new();
        for (id, snapshot) in &waiting {
            let mut order = Merged {
                id: *id,
                snapshot,
                status: snapshot.status.unwrap_or(OrderStatus::Unknown),
                digest: String::new(),
                known: true,
                attention: None,
                lines: Vec::new(),
            };
            let mut lines = known.remove(id).unwrap_or_default();
            if snapshot.updated_at < taken_in {
                lines::make_history(&order, &mut lines);
            }
            lines::merge(self, &import, &mut order, lines, &mut goods, &mut outcome.notices)?;
            values.extend(
                order
                    .lines
                    .iter()
                    .map(|l| line_values(self.key(), (*id).into(), l)),
            );
            outcome.changed += 1;
        }
        self.write_goods(goods, values, &mut outcome).await?;
        let ids = id_list(waiting.iter().map(|(id, _)| id));
        self.tx
            .exec(
                "UPDATE orders SET attention = NULL WHERE tenant_id = $1 AND id {in $2} AND attention = $3 \
                 AND NOT EXISTS (SELECT 1 FROM order_lines l WHERE l.tenant_id = orders.tenant_id \
                 AND l.order_id = orders.id AND l.product_id IS NULL)",
                &[self.key(), ids, lines::UNMAPPED.into()],
            )
            .await?;
        Ok(outcome)
    }

    /// The last instant at which somebody said what lies on the shelf: when the product was counted, else when it was
    /// entered. What an order shipped before then is not taken from it again.
    async fn taken_in(&mut self, product: Option<ProductId>) -> Result<Timestamp, StoreError> {
        let Some(product) = product else {
            return Ok(Timestamp::EPOCH);
        };
        let sql = "SELECT p.created_at, (SELECT MAX(l.at) FROM stock_ledger l WHERE l.tenant_id = p.tenant_id \
             AND l.product_id = p.id AND l.kind = 'count') FROM products p WHERE p.tenant_id = $1 AND p.id = $2";
        let row = self.tx.query_one(sql, &[self.key(), product.into()]).await?;
        let (entered, counted) = (row.time(0)?, row.opt_time(1)?);
        Ok(counted.map_or(entered, |counted| counted.max(entered)))
    }

    /// Orders with waiting lines, as snapshots that hold those lines alone.
    async fn waiting_orders(
        &mut self,
        account: AccountId,
        sku: &Sku,
    ) -> Result<Vec<(OrderId, OrderSnapshot)>, StoreError> {
        let rows = self
            .tx
            .query(
                "SELECT o.id, o.channel_order_id, o.status, o.channel_status, o.placed_at, o.updated_at, \
                 l.channel_line_id, l.title, l.ordered, l.shipped, l.cancelled FROM order_lines l JOIN orders o \
                 ON o.tenant_id = l.tenant_id AND o.id = l.order_id WHERE l.tenant_id = $1 AND l.sku = $2 \
                 AND l.product_id IS NULL AND o.account_id = $3 AND o.fulfilled_by = 'seller' ORDER BY o.id",
                &[self.key(), sku.into(), account.into()],
            )
            .await?;
        let mut orders: Vec<(OrderId, OrderSnapshot)> = Vec::new();
        for row in &rows {
            let id: OrderId = row.parsed(0)?;
            if orders.last().is_none_or(|(last, _)| *last != id) {
                orders.push((
                    id,
                    OrderSnapshot {
                        channel_order_id: row.string(1)?,
                        status: Some(row.named(2, OrderStatus::parse)?),
                        channel_status: row.string(3)?,
                        fulfilled_by: FulfilledBy::Seller,
                        marketplace: None,
                        placed_at: row.time(4)?,
                        updated_at: row.time(5)?,
                        ship_by: None,
                        total: None,
                        lines: Vec::new(),
                        oddities: Vec::new(),
                        payload: String::new(),
                    },
                ));
            }
            let line = LineSnapshot {
                channel_line_id: row.string(6)?,
                sku: Some(sku.clone()),
                title: row.string(7)?,
                ordered: row.int(8)?,
                shipped: row.int(9)?,
                cancelled: row.int(10)?,
                total: None,
            };
            if let Some((_, order)) = orders.last_mut() {
                order.lines.push(line);
            }
        }
        Ok(orders)
    }

    async fn lines_of(
        &mut self,
        waiting: &[(OrderId, OrderSnapshot)],
        sku: &Sku,
    ) -> Result<HashMap<OrderId, Vec<super::load::KnownLine>>, StoreError> {
        let ids = id_list(waiting.iter().map(|(id, _)| id));
        let sql = format!(
            "SELECT {LINE_COLUMNS} FROM order_lines WHERE tenant_id = $1 AND order_id {{in $2}} AND sku = $3 \
             AND product_id IS NULL"
        );
        let rows = self.tx.query(&sql, &[self.key(), ids, sku.into()]).await?;
        let mut lines: HashMap<OrderId, Vec<super::load::KnownLine>> = HashMap::new();
        for row in &rows {
            let (order, line) = line_from_row(row)?;
            lines.entry(order).or_default().push(line);
        }
        Ok(lines)
    }
}
