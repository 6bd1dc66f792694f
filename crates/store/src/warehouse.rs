//! What lies in channels' own warehouses: shown and reckoned with by people, never sold from by the hub.

use serde::Serialize;
use stockbridge_domain::channel::{COVER_DAYS, WarehouseStock, WarehouseUnits};
use stockbridge_domain::{AccountId, ProductId, Sku, Timestamp};

use crate::columns::{Columns as _, json_value};
use crate::db::{Kind, Row};
use crate::filter::{Filter, contains_pattern};
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

const COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("account_id", Kind::Text),
    ("marketplace", Kind::Text),
    ("sku", Kind::Text),
    ("label", Kind::Text),
    ("channel_ref", Kind::Text),
    ("title", Kind::Text),
    ("condition", Kind::Text),
    ("sellable", Kind::Int),
    ("inbound", Kind::Int),
    ("reserved", Kind::Int),
    ("unfulfillable", Kind::Int),
    ("total", Kind::Int),
    ("units", Kind::Text),
    ("changed_at", Kind::Int),
    ("read_at", Kind::Int),
];

/// One SKU in a channel's warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarehouseRecord {
    /// Whose.
    pub account: AccountId,
    /// The marketplace it is counted for.
    pub marketplace: String,
    /// The SKU on the channel.
    pub sku: Sku,
    /// The channel's label on the goods; empty where it names none.
    pub label: String,
    /// The channel's product id.
    pub channel_ref: Option<String>,
    /// Title.
    pub title: String,
    /// Condition, in the channel's words.
    pub condition: Option<String>,
    /// How many, by what they are doing.
    pub units: WarehouseUnits,
    /// When the channel last changed them.
    pub changed_at: Option<Timestamp>,
    /// When this was read.
    pub read_at: Timestamp,
    /// The product its listing is mapped to.
    pub product: Option<ProductId>,
    /// That product's SKU.
    pub product_sku: Option<Sku>,
    /// Units sold in this marketplace and shipped by the channel within the last days ([`COVER_DAYS`]).
    pub sold: i64,
}

/// A channel's warehouse as a place: all of one marketplace together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarehousePlace {
    /// Whose.
    pub account: AccountId,
    /// The account's name.
    pub name: String,
    /// The marketplace.
    pub marketplace: String,
    /// SKUs there.
    pub skus: i64,
    /// Units that can be sold.
    pub sellable: i64,
    /// On their way in.
    pub inbound: i64,
    /// Set aside.
    pub reserved: i64,
    /// That cannot be sold.
    pub unfulfillable: i64,
    /// All of them.
    pub total: i64,
    /// When the oldest of it was read.
    pub read_at: Timestamp,
}

/// Which of it to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarehouseFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this marketplace.
    pub marketplace: Option<String>,
    /// Whose SKU or title has this in it.
    pub text: Option<String>,
    /// Only what cannot be sold.
    pub unfulfillable: bool,
}

const RECORD: &str = "w.account_id, w.marketplace, w.sku, w.label, w.channel_ref, w.title, w.condition, w.units, \
                      w.changed_at, w.read_at, l.product_id, p.sku";

impl TenantTx {
    /// Takes in one page of what lies in the account's warehouse. What the hub's own locations hold is another matter.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn upsert_warehouse(
        &mut self,
        account: AccountId,
        stock: &[WarehouseStock],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        // The last of several with one key counts, as they would one after the other.
        let mut rows = std::collections::BTreeMap::new();
        for item in stock {
            let units = &item.units;
            let label = item.label.clone().unwrap_or_default();
            let key = (
                item.marketplace.clone(),
                item.sku.as_str().to_owned(),
                label.clone(),
            );
            rows.insert(
                key,
                vec![
                    self.key(),
                    account.into(),
                    item.marketplace.as_str().into(),
                    item.sku.as_str().into(),
                    label.into(),
                    item.channel_ref.as_deref().into(),
                    item.title.as_str().into(),
                    item.condition.as_deref().into(),
                    units.sellable.into(),
                    units.inbound().into(),
                    units.reserved().into(),
                    units.unfulfillable.into(),
                    units.total.into(),
                    json_value(units)?,
                    item.changed_at.into(),
                    at.into(),
                ],
            );
        }
        let conflict = "ON CONFLICT (tenant_id, account_id, marketplace, sku, label) DO UPDATE SET \
            channel_ref = excluded.channel_ref, title = excluded.title, condition = excluded.condition, \
            sellable = excluded.sellable, inbound = excluded.inbound, reserved = excluded.reserved, \
            unfulfillable = excluded.unfulfillable, total = excluded.total, units = excluded.units, \
            changed_at = excluded.changed_at, read_at = excluded.read_at";
        self.tx
            .insert_many("warehouse_stock", COLUMNS, conflict, rows.into_values().collect())
            .await?;
        Ok(())
    }

    /// Forgets what the channel did not name any more since a reading began; returns how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_unread_warehouse(
        &mut self,
        account: AccountId,
        began: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "DELETE FROM warehouse_stock WHERE tenant_id = $1 AND account_id = $2 AND read_at < $3";
        self.tx
            .exec(sql, &[self.key(), account.into(), began.into()])
            .await
    }
}

impl Tenant {
    /// Channels' warehouses, one for each account and marketplace.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn warehouses(&self) -> Result<Vec<WarehousePlace>, StoreError> {
        let sql = "SELECT w.account_id, a.name, w.marketplace, COUNT(*), CAST(SUM(w.sellable) AS BIGINT), \
                   CAST(SUM(w.inbound) AS BIGINT), CAST(SUM(w.reserved) AS BIGINT), \
                   CAST(SUM(w.unfulfillable) AS BIGINT), CAST(SUM(w.total) AS BIGINT), MIN(w.read_at) \
                   FROM warehouse_stock w JOIN accounts a ON a.tenant_id = w.tenant_id AND a.id = w.account_id \
                   WHERE w.tenant_id = $1 GROUP BY w.account_id, a.name, w.marketplace \
                   ORDER BY a.name, w.account_id, w.marketplace";
        let rows = self.read().await?.query(sql, &[self.key()]).await?;
        let read = |row: &Row| {
            Ok(WarehousePlace {
                account: row.parsed(0)?,
                name: row.string(1)?,
                marketplace: row.string(2)?,
                skus: row.int(3)?,
                sellable: row.int(4)?,
                inbound: row.int(5)?,
                reserved: row.int(6)?,
                unfulfillable: row.int(7)?,
                total: row.int(8)?,
                read_at: row.time(9)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// What lies in channels' warehouses, SKU by SKU.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn warehouse_stock(
        &self,
        wanted: &WarehouseFilter,
        query: &PageQuery,
    ) -> Result<Page<WarehouseRecord>, StoreError> {
        let mut filter = Filter::of_tenant("w.tenant_id = $1", self.key());
        filter.and_some("w.account_id = ?", wanted.account);
        filter.and_some("w.marketplace = ?", wanted.marketplace.as_deref());
        if let Some(text) = wanted.text.as_deref().filter(|t| !t.trim().is_empty()) {
            let like = "(LOWER(w.sku) LIKE ? ESCAPE '!' OR LOWER(w.title) LIKE ? ESCAPE '!')";
            filter.and_with(like, contains_pattern(text));
        }
        if wanted.unfulfillable {
            filter.and("w.unfulfillable > 0");
        }
        if let Some([sku, account, marketplace, label]) = query.after("warehouse_stock")? {
            let numbers = [sku, account, marketplace, label].map(|part| filter.param(part));
            let [a, b, c, d] = numbers;
            filter.and(&format!(
                "(w.sku, w.account_id, w.marketplace, w.label) > (${a}, ${b}, ${c}, ${d})"
            ));
        }
        let since = self
            .env()
            .now()
            .minus(std::time::Duration::from_secs(COVER_DAYS.unsigned_abs() * 86_400));
        let since = filter.param(since);
        let limit = filter.param(query.fetch());
        let sold = format!(
            "COALESCE((SELECT CAST(SUM(ol.ordered - ol.cancelled) AS BIGINT) FROM orders o \
             JOIN order_lines ol ON ol.tenant_id = o.tenant_id AND ol.order_id = o.id \
             WHERE o.tenant_id = w.tenant_id AND o.account_id = w.account_id AND o.placed_at >= ${since} \
             AND o.fulfilled_by = 'channel' AND o.marketplace = w.marketplace AND ol.sku = w.sku), 0)"
        );
        let sql = format!(
            "SELECT {RECORD}, {sold} FROM warehouse_stock w LEFT JOIN listings l ON l.tenant_id = w.tenant_id \
             AND l.account_id = w.account_id AND l.sku = w.sku \
             LEFT JOIN products p ON p.tenant_id = l.tenant_id AND p.id = l.product_id WHERE {} \
             ORDER BY w.sku, w.account_id, w.marketplace, w.label LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("warehouse_stock", items, |last| {
            [
                last.sku.as_str().to_owned(),
                last.account.to_string(),
                last.marketplace.clone(),
                last.label.clone(),
            ]
        }))
    }
}

fn record(row: &Row) -> Result<WarehouseRecord, StoreError> {
    Ok(WarehouseRecord {
        account: row.parsed(0)?,
        marketplace: row.string(1)?,
        sku: row.sku(2)?,
        label: row.string(3)?,
        channel_ref: row.opt_string(4)?,
        title: row.string(5)?,
        condition: row.opt_string(6)?,
        units: row.json(7)?,
        changed_at: row.opt_time(8)?,
        read_at: row.time(9)?,
        product: row.opt_parsed(10)?,
        product_sku: row.opt_sku(11)?,
        sold: row.int(12)?,
    })
}
