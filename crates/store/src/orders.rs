//! Orders as people see them. Written by `import` and `sales`.

use std::collections::HashMap;

use serde::Serialize;
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::stock::LineStock;
use stockbridge_domain::{AccountId, ListingId, Money, OrderId, OrderLineId, ProductId, Sku, Timestamp};

use crate::audit::NewAudit;
use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};
use crate::filter::{Filter, after_prefix};
use crate::page::cursor_int;
use crate::stock::{LEDGER_SELECT, ledger_from_row};
use crate::{AfterSales, LedgerRecord, Page, PageQuery, ShipmentRecord, StoreError, Tenant};

/// What orders as they came are sealed for.
pub(crate) const PAYLOAD: &str = "order";

/// An order with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderRecord {
    /// Its id.
    pub id: OrderId,
    /// On which account.
    pub account: AccountId,
    /// The channel's id.
    pub channel_order_id: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// The channel's word for that.
    pub channel_status: String,
    /// Who ships it.
    pub fulfilled_by: FulfilledBy,
    /// The country site, in the channel's spelling.
    pub marketplace: Option<String>,
    /// When the buyer placed it, by the channel's clock.
    pub placed_at: Timestamp,
    /// When it last changed, by the channel's clock.
    pub updated_at: Timestamp,
    /// When the hub first had it.
    pub imported_at: Timestamp,
    /// Latest instant to ship.
    pub ship_by: Option<Timestamp>,
    /// Until when an own order that is not paid yet is kept.
    pub pay_by: Option<Timestamp>,
    /// What the buyer pays.
    pub total: Option<Money>,
    /// What a person has to look at.
    pub attention: Option<String>,
    /// Its lines.
    pub lines: Vec<OrderLineRecord>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderLineRecord {
    /// Its id.
    pub id: OrderLineId,
    /// The channel's id.
    pub channel_line_id: String,
    /// The listing it sold, where known.
    pub listing: Option<ListingId>,
    /// The product it sold; nothing while unmapped.
    pub product: Option<ProductId>,
    /// The SKU, as the channel gave it.
    pub sku: Option<Sku>,
    /// Title at the time of sale.
    pub title: String,
    /// Units of the product in one of the listing.
    pub units: i64,
    /// Units of the listing ordered.
    pub ordered: i64,
    /// Of these, shipped.
    pub shipped: i64,
    /// Of these, called off.
    pub cancelled: i64,
    /// What the line costs in all.
    pub total: Option<Money>,
    /// What it did to stock, in units of the product.
    pub stock: LineStock,
}

/// An order with all that happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderDetail {
    /// The order.
    pub order: OrderRecord,
    /// Its parcels.
    pub shipments: Vec<ShipmentRecord>,
    /// What it did to stock, oldest first.
    pub ledger: Vec<LedgerRecord>,
    /// What happened to it after the sale.
    pub after_sales: AfterSales,
}

/// Which orders to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// With this status.
    pub status: Option<OrderStatus>,
    /// On this account.
    pub account: Option<AccountId>,
    /// Whose channel order id begins with this, or with a line of this SKU.
    pub search: Option<String>,
    /// Placed at or after this instant.
    pub placed_from: Option<Timestamp>,
    /// Placed before this instant.
    pub placed_to: Option<Timestamp>,
    /// Only those a person has to look at.
    pub attention: bool,
}

const ORDER: &str = "id, account_id, channel_order_id, status, channel_status, fulfilled_by, marketplace, placed_at, \
     updated_at, imported_at, ship_by, total_minor, total_currency, attention, pay_by";
const LINE: &str = "order_id, id, channel_line_id, listing_id, product_id, sku, title, units, ordered, shipped, \
     cancelled, total_minor, total_currency, stock_reserved, stock_released, stock_shipped";

fn record(row: &Row) -> Result<OrderRecord, StoreError> {
    Ok(OrderRecord {
        id: row.parsed(0)?,
        account: row.parsed(1)?,
        channel_order_id: row.string(2)?,
        status: row.named(3, OrderStatus::parse)?,
        channel_status: row.string(4)?,
        fulfilled_by: row.named(5, FulfilledBy::parse)?,
        marketplace: row.opt_string(6)?,
        placed_at: row.time(7)?,
        updated_at: row.time(8)?,
        imported_at: row.time(9)?,
        ship_by: row.opt_time(10)?,
        pay_by: row.opt_time(14)?,
        total: row.opt_money(11)?,
        attention: row.opt_string(13)?,
        lines: Vec::new(),
    })
}

fn line(row: &Row) -> Result<OrderLineRecord, StoreError> {
    Ok(OrderLineRecord {
        id: row.parsed(1)?,
        channel_line_id: row.string(2)?,
        listing: row.opt_parsed(3)?,
        product: row.opt_parsed(4)?,
        sku: row.opt_sku(5)?,
        title: row.string(6)?,
        units: row.int(7)?,
        ordered: row.int(8)?,
        shipped: row.int(9)?,
        cancelled: row.int(10)?,
        total: row.opt_money(11)?,
        stock: LineStock {
            reserved: row.int(13)?,
            released: row.int(14)?,
            shipped: row.int(15)?,
        },
    })
}

impl Tenant {
    /// Orders with their lines, those placed last first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn orders(
        &self,
        wanted: &OrderFilter,
        query: &PageQuery,
    ) -> Result<Page<OrderRecord>, StoreError> {
        let mut tx = self.read().await?;
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        let searched = wanted
            .search
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let source = match searched {
            None => "orders".to_owned(),
            Some(text) => {
                let ids = filter.param(self.found(&mut tx, text).await?);
                let most = filter.param(3 * FOUND);
                // The limit keeps these few apart: they are looked up and sorted, whatever else is asked for.
                format!(
                    "(SELECT tenant_id, {ORDER} FROM orders WHERE tenant_id = $1 AND id {{in ${ids}}} LIMIT ${most}) few"
                )
            }
        };
        filter.and_some("status = ?", wanted.status.map(OrderStatus::name));
        filter.and_some("account_id = ?", wanted.account);
        filter.and_some("placed_at >= ?", wanted.placed_from);
        filter.and_some("placed_at < ?", wanted.placed_to);
        if wanted.attention {
            filter.and("attention IS NOT NULL");
        }
        if let Some([at, id]) = query.after("orders")? {
            let (at, id) = (filter.param(cursor_int(&at)?), filter.param(id));
            filter.and(&format!(
                "placed_at <= ${at} AND (placed_at < ${at} OR id < ${id})"
            ));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {ORDER} FROM {source} WHERE {} ORDER BY placed_at DESC, id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = tx.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        let mut page = query.page("orders", items, |last| {
            [last.placed_at.micros().to_string(), last.id.to_string()]
        });
        self.add_lines(&mut tx, &mut page.items).await?;
        Ok(page)
    }

    /// Ids of the orders that a search finds, at most [`FOUND`] of each kind, the newest.
    async fn found(&self, tx: &mut Tx, text: &str) -> Result<Value, StoreError> {
        let accounts = tx
            .query("SELECT id FROM accounts WHERE tenant_id = $1", &[self.key()])
            .await?;
        let accounts = accounts
            .iter()
            .map(|row| row.string(0))
            .collect::<Result<Vec<_>, _>>()?;
        // By account, because the channel's ids are indexed within accounts. Sorted by an expression, because no index
        // that has this order finds the rows.
        let sql = "SELECT id FROM orders WHERE tenant_id = $1 AND account_id {in $2} AND channel_order_id >= $3 \
                   AND channel_order_id < $4 ORDER BY id || '' DESC LIMIT $5";
        let values = [
            self.key(),
            accounts.into(),
            text.into(),
            after_prefix(text).into(),
            FOUND.into(),
        ];
        let mut rows = tx.query(sql, &values).await?;
        let sql = "SELECT order_id FROM order_lines WHERE tenant_id = $1 AND product_id IN (\
                   SELECT id FROM products WHERE tenant_id = $1 AND sku = $2 UNION \
                   SELECT product_id FROM listings WHERE tenant_id = $1 AND account_id {in $3} AND sku = $2) \
                   ORDER BY order_id || '' DESC LIMIT $4";
        let accounts = values.into_iter().nth(1).unwrap_or(Value::Null);
        let values = [self.key(), text.into(), accounts, FOUND.into()];
        rows.extend(tx.query(sql, &values).await?);
        let sql = "SELECT order_id FROM order_lines WHERE tenant_id = $1 AND sku = $2 AND product_id IS NULL \
                   ORDER BY order_id || '' DESC LIMIT $3";
        rows.extend(tx.query(sql, &[self.key(), text.into(), FOUND.into()]).await?);
        let ids = rows
            .iter()
            .map(|row| row.string(0))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Value::TextList(ids))
    }

    async fn add_lines(&self, tx: &mut Tx, orders: &mut [OrderRecord]) -> Result<(), StoreError> {
        if orders.is_empty() {
            return Ok(());
        }
        let ids = Value::TextList(orders.iter().map(|order| order.id.to_string()).collect());
        // Sorted here: SQLite would rather read the whole table in the order asked for than sort a few rows.
        let sql = format!("SELECT {LINE} FROM order_lines WHERE tenant_id = $1 AND order_id {{in $2}}");
        let mut lines: HashMap<OrderId, Vec<OrderLineRecord>> = HashMap::new();
        for row in tx.query(&sql, &[self.key(), ids]).await? {
            lines.entry(row.parsed(0)?).or_default().push(line(&row)?);
        }
        for order in orders {
            order.lines = lines.remove(&order.id).unwrap_or_default();
            order.lines.sort_unstable_by_key(|line| line.id);
        }
        Ok(())
    }

    /// One order with its lines, parcels and ledger entries.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn order(&self, id: OrderId) -> Result<Option<OrderDetail>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!("SELECT {ORDER} FROM orders WHERE tenant_id = $1 AND id = $2");
        let Some(row) = tx.query_opt(&sql, &[self.key(), id.into()]).await? else {
            return Ok(None);
        };
        let mut orders = [record(&row)?];
        self.add_lines(&mut tx, &mut orders).await?;
        let [order] = orders;
        let shipments = crate::shipments::of_order(&mut tx, self.key(), id).await?;
        let after_sales = crate::aftersales::of_order(&mut tx, &self.key(), id).await?;
        let sql = format!(
            "{LEDGER_SELECT} WHERE tenant_id = $1 AND cause_kind IN ('order.sale', 'order.cancellation', \
             'order.shipment') AND cause_ref = $2 ORDER BY at, id"
        );
        let rows = tx.query(&sql, &[self.key(), id.into()]).await?;
        Ok(Some(OrderDetail {
            order,
            shipments,
            ledger: rows.iter().map(ledger_from_row).collect::<Result<_, _>>()?,
            after_sales,
        }))
    }

    /// The order with this id on its channel.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn order_by_channel_id(
        &self,
        account: AccountId,
        channel_order_id: &str,
    ) -> Result<Option<OrderId>, StoreError> {
        let sql = "SELECT id FROM orders WHERE tenant_id = $1 AND account_id = $2 AND channel_order_id = $3";
        let values = [self.key(), account.into(), channel_order_id.into()];
        let row = self.read().await?.query_opt(sql, &values).await?;
        row.map(|row| row.parsed(0)).transpose()
    }

    /// An order as the channel sent it, personal data included; that `actor` looked is written to the audit log.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when it does not open.
    pub async fn order_payload(&self, id: OrderId, actor: &str) -> Result<Option<String>, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "SELECT payload FROM orders WHERE tenant_id = $1 AND id = $2";
        let Some(row) = tx.tx.query_opt(sql, &[self.key(), id.into()]).await? else {
            return Ok(None);
        };
        let id = id.to_string();
        let payload = tx.sealer().await?.open_text(PAYLOAD, &id, row.bytes(0)?)?;
        tx.audit(&NewAudit {
            actor,
            action: "order.read_payload",
            subject: &id,
            detail: "",
        })
        .await?;
        tx.commit().await?;
        Ok(Some(payload))
    }
}

/// How many orders a search looks at, by id and by SKU each.
const FOUND: i64 = 1_000;
