//! Writes a merged page: orders, lines, listings, stock, dirty products.

use stockbridge_domain::latency::PromiseStep;

use super::load::KnownLine;
use super::{Goods, ImportAccount, ImportOutcome, LinePart, Merged, Notice};
use stockbridge_domain::OrderLineId;

use crate::columns::money_values;
use crate::db::{Kind, Set, Value};
use crate::listings_row::{OFFER_ASSIGNMENTS, OFFER_KINDS, offer_values};
use crate::promise::Measured;
use crate::{StoreError, TenantTx};

const ORDER_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("account_id", Kind::Text),
    ("channel_order_id", Kind::Text),
    ("status", Kind::Text),
    ("channel_status", Kind::Text),
    ("fulfilled_by", Kind::Text),
    ("marketplace", Kind::Text),
    ("placed_at", Kind::Int),
    ("updated_at", Kind::Int),
    ("imported_at", Kind::Int),
    ("ship_by", Kind::Int),
    ("total_minor", Kind::Int),
    ("total_currency", Kind::Text),
    ("attention", Kind::Text),
    ("digest", Kind::Text),
    ("payload", Kind::Bytes),
];

const LINE_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("order_id", Kind::Text),
    ("channel_line_id", Kind::Text),
    ("listing_id", Kind::Text),
    ("product_id", Kind::Text),
    ("location_id", Kind::Text),
    ("sku", Kind::Text),
    ("title", Kind::Text),
    ("units", Kind::Int),
    ("ordered", Kind::Int),
    ("shipped", Kind::Int),
    ("cancelled", Kind::Int),
    ("total_minor", Kind::Int),
    ("total_currency", Kind::Text),
    ("stock_reserved", Kind::Int),
    ("stock_released", Kind::Int),
    ("stock_shipped", Kind::Int),
];

/// An order or line that is there already keeps what identifies it and takes over the rest.
const ORDER_UPSERT: &str = "ON CONFLICT (tenant_id, id) DO UPDATE SET status = excluded.status, \
     channel_status = excluded.channel_status, fulfilled_by = excluded.fulfilled_by, marketplace = excluded.marketplace, \
     updated_at = excluded.updated_at, ship_by = COALESCE(excluded.ship_by, orders.ship_by), \
     total_minor = COALESCE(excluded.total_minor, orders.total_minor), \
     total_currency = COALESCE(excluded.total_currency, orders.total_currency), attention = excluded.attention, \
     digest = excluded.digest, payload = excluded.payload";
const LINE_UPSERT: &str = "ON CONFLICT (tenant_id, id) DO UPDATE SET listing_id = excluded.listing_id, \
     product_id = excluded.product_id, location_id = excluded.location_id, sku = excluded.sku, title = excluded.title, \
     units = excluded.units, ordered = excluded.ordered, shipped = excluded.shipped, cancelled = excluded.cancelled, \
     total_minor = excluded.total_minor, total_currency = excluded.total_currency, \
     stock_reserved = excluded.stock_reserved, stock_released = excluded.stock_released, \
     stock_shipped = excluded.stock_shipped";

impl TenantTx {
    pub(super) async fn write_import(
        &mut self,
        account: &ImportAccount,
        merged: Vec<Merged<'_>>,
        goods: Goods,
        outcome: &mut ImportOutcome,
    ) -> Result<(), StoreError> {
        let sealer = self.sealer().await?;
        let mut orders = Vec::with_capacity(merged.len());
        let mut lines = Vec::with_capacity(merged.len() * 2);
        for order in &merged {
            let payload = sealer.seal("order", &order.id.to_string(), order.snapshot.payload.as_bytes())?;
            orders.push(self.order_values(account, order, payload));
            lines.extend(
                order
                    .lines
                    .iter()
                    .map(|l| line_values(self.key(), order.id.into(), l)),
            );
        }
        self.tx
            .insert_many("orders", ORDER_COLUMNS, ORDER_UPSERT, orders)
            .await?;
        let now = self.env.now();
        let arrived = merged
            .iter()
            .filter(|order| !order.known && order.snapshot.placed_at >= account.connected_at)
            .map(|order| Measured {
                account: account.id,
                step: PromiseStep::Imported,
                took: now.since(order.snapshot.placed_at),
            });
        self.measure(&arrived.collect::<Vec<_>>()).await?;
        self.write_goods(goods, lines, outcome).await
    }

    /// Writes lines (as values) and everything they moved.
    pub(super) async fn write_goods(
        &mut self,
        goods: Goods,
        lines: Vec<Vec<Value>>,
        outcome: &mut ImportOutcome,
    ) -> Result<(), StoreError> {
        let Goods {
            listings,
            book,
            causes,
            parts,
            ..
        } = goods;
        for product in book.touched() {
            let stock = book.sellable(product);
            // Of a product nobody has counted, nothing is offered and nothing can be short.
            if stock.counted && stock.available < 0 {
                outcome.notices.push(Notice::Short {
                    product,
                    units: -stock.available,
                });
            }
        }
        outcome
            .notices
            .extend(book.below_zero().into_iter().map(Notice::BelowZero));
        outcome.dirty = causes.len();
        outcome.reread = listings.values().any(|l| l.reread);
        // Balances go first: lines and entries refer to them.
        book.write(self).await?;
        self.tx
            .insert_many("order_lines", LINE_COLUMNS, LINE_UPSERT, lines)
            .await?;
        self.write_parts(parts).await?;
        let now = self.env.now();
        let moved: Vec<Vec<Value>> = listings
            .values()
            .filter(|l| l.changed)
            .map(|l| {
                let mut values = vec![self.key(), l.id.into()];
                values.extend(offer_values(&l.offer));
                values.push(l.pace.sold_milli.into());
                values.push(l.pace.at.into());
                values.push(if l.reread { now.into() } else { Value::Null });
                values
            })
            .collect();
        let assignments = format!(
            "{OFFER_ASSIGNMENTS}, sold_milli = $22, sold_at = $23, read_due_at = COALESCE($24, read_due_at)"
        );
        let set = Set {
            assignments: &assignments,
            only: "",
        };
        let kinds = [&[Kind::Text; 2][..], &OFFER_KINDS, &[Kind::Int; 3]].concat();
        self.tx.update_many("listings", &set, &kinds, moved).await?;
        self.mark_dirty_each(
            causes
                .into_iter()
                .map(|(product, (cause, at))| (product, cause, at)),
        )
        .await
    }

    /// Keeps what lines of kits take.
    async fn write_parts(&mut self, parts: Vec<(OrderLineId, LinePart)>) -> Result<(), StoreError> {
        let columns = [
            ("tenant_id", Kind::Text),
            ("line_id", Kind::Text),
            ("product_id", Kind::Text),
            ("units", Kind::Int),
            ("location_id", Kind::Text),
        ];
        let row = |(line, part): (OrderLineId, LinePart)| {
            vec![
                self.tenant.into(),
                line.into(),
                part.product.into(),
                part.units.into(),
                part.location.into(),
            ]
        };
        let rows = parts.into_iter().map(row).collect();
        self.tx
            .insert_many("order_line_parts", &columns, "", rows)
            .await
            .map(drop)
    }

    fn order_values(&self, account: &ImportAccount, order: &Merged<'_>, payload: Vec<u8>) -> Vec<Value> {
        let snapshot = order.snapshot;
        let [minor, currency] = money_values(snapshot.total);
        vec![
            self.key(),
            order.id.into(),
            account.id.into(),
            (&snapshot.channel_order_id).into(),
            order.status.name().into(),
            (&snapshot.channel_status).into(),
            snapshot.fulfilled_by.name().into(),
            snapshot.marketplace.clone().into(),
            snapshot.placed_at.into(),
            snapshot.updated_at.into(),
            self.env.now().into(),
            snapshot.ship_by.into(),
            minor,
            currency,
            order.attention.clone().into(),
            (&order.digest).into(),
            Value::Bytes(payload),
        ]
    }
}

/// A line's columns, in the order of `LINE_COLUMNS`.
pub(super) fn line_values(tenant: Value, order: Value, line: &KnownLine) -> Vec<Value> {
    let [minor, currency] = money_values(line.total);
    vec![
        tenant,
        line.id.into(),
        order,
        (&line.channel_line_id).into(),
        line.listing.into(),
        line.product.into(),
        line.location.into(),
        line.sku.clone().into(),
        (&line.title).into(),
        line.units.into(),
        line.ordered.into(),
        line.shipped.into(),
        line.cancelled.into(),
        minor,
        currency,
        line.stock.reserved.into(),
        line.stock.released.into(),
        line.stock.shipped.into(),
    ]
}
