//! Parcels: goods leave the shelf, once, whatever the channel says later.

use std::collections::BTreeSet;

use stockbridge_domain::channel::OrderSnapshot;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::stock::LineStock;
use stockbridge_domain::{LocationId, OrderId, OrderLineId, ProductId};

use crate::columns::Columns as _;
use crate::import::lines::line_entries;
use crate::stock::StockBook;
use crate::{Notice, StoreError, TenantTx};

/// Why a parcel cannot leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParcelError {
    /// There is no such order.
    #[error("there is no such order")]
    NoOrder,
    /// A line is not part of the order.
    #[error("line {0} is not part of this order")]
    NoLine(OrderLineId),
    /// More than is left to ship.
    #[error("line {line}: {asked} units are to be shipped, {left} are left")]
    TooMany {
        /// The line.
        line: OrderLineId,
        /// Units asked for.
        asked: i64,
        /// Units left.
        left: i64,
    },
    /// The order's status does not allow it.
    #[error("an order that is {0} cannot be shipped")]
    NotNow(OrderStatus),
}

/// A parcel's stock effect, done.
#[derive(Debug, Clone)]
pub struct Shipped {
    /// Number of the parcel within the order.
    pub parcel: i64,
    /// What is inside: line, the channel's id of it, units of the listing.
    pub lines: Vec<(OrderLineId, String, i64)>,
    /// What a person should know.
    pub notices: Vec<Notice>,
}

impl TenantTx {
    /// Takes a parcel's units from the shelf. `lines` empty means everything that is left.
    ///
    /// An order of a channel inside the hub (`own`) moves on by itself; for a remote one the channel's word decides.
    ///
    /// # Errors
    /// When the database refuses; the inner error says why the parcel cannot leave, and nothing is written then.
    pub async fn ship_lines(
        &mut self,
        order: OrderId,
        lines: &[(OrderLineId, i64)],
        own: bool,
    ) -> Result<Result<Shipped, ParcelError>, StoreError> {
        if self.lock_order(order).await?.is_none() {
            return Ok(Err(ParcelError::NoOrder));
        }
        let row = self
            .tx
            .query_one(
                "SELECT status, (SELECT COUNT(*) FROM shipments s WHERE s.tenant_id = o.tenant_id AND s.order_id = o.id) \
                 FROM orders o WHERE tenant_id = $1 AND id = $2",
                &[self.key(), order.into()],
            )
            .await?;
        let status = row.named(0, OrderStatus::parse)?;
        if !matches!(status, OrderStatus::Open | OrderStatus::PartiallyShipped) {
            return Ok(Err(ParcelError::NotNow(status)));
        }
        let parcel = row.int(1)? + 1;
        let stored = self.parcel_lines(order).await?;
        let chosen = match choose(&stored, lines) {
            Ok(chosen) => chosen,
            Err(error) => return Ok(Err(error)),
        };
        let notices = self.take_from_shelf(order, &chosen).await?;
        let shipped = Shipped {
            parcel,
            notices,
            lines: chosen
                .iter()
                .map(|(l, units)| (l.id, l.channel_line_id.clone(), *units))
                .collect(),
        };
        if own && let Some((account, mut snapshot)) = self.own_snapshot(order).await? {
            advance(&mut snapshot, &shipped);
            self.import_orders(&account, &[snapshot]).await?;
        }
        Ok(Ok(shipped))
    }

    async fn parcel_lines(&mut self, order: OrderId) -> Result<Vec<ParcelLine>, StoreError> {
        let rows = self
            .tx
            .query(
                "SELECT id, channel_line_id, product_id, units, ordered, shipped, cancelled, stock_reserved, \
                 stock_released, stock_shipped, location_id FROM order_lines WHERE tenant_id = $1 AND order_id = $2 ORDER BY id",
                &[self.key(), order.into()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(ParcelLine {
                    id: row.parsed(0)?,
                    channel_line_id: row.string(1)?,
                    product: row.opt_parsed(2)?,
                    location: row.opt_parsed(10)?,
                    units: row.int(3)?.max(1),
                    open: row.int(4)? - row.int(6)? - row.int(5)?.max(row.int(9)? / row.int(3)?.max(1)),
                    stock: LineStock {
                        reserved: row.int(7)?,
                        released: row.int(8)?,
                        shipped: row.int(9)?,
                    },
                })
            })
            .collect()
    }

    async fn take_from_shelf(
        &mut self,
        order: OrderId,
        chosen: &[(&ParcelLine, i64)],
    ) -> Result<Vec<Notice>, StoreError> {
        let ids = chosen.iter().map(|(line, _)| line.id.to_string()).collect();
        let parts = self.line_parts(ids).await?;
        let mut products: BTreeSet<ProductId> = chosen.iter().filter_map(|(l, _)| l.product).collect();
        products.extend(parts.values().flatten().map(|part| part.product));
        let mut book = StockBook::lock(self, &products).await?;
        let mut updates = Vec::new();
        for (line, units) in chosen {
            let Some(product) = line.product else { continue };
            let mut stock = line.stock;
            let units = units * line.units;
            let location = line.location.unwrap_or_else(|| book.default_location());
            let of_kit = parts.get(&line.id).map_or(&[][..], Vec::as_slice);
            for step in stock.converge(stock.outstanding() - units, stock.shipped + units) {
                let at = (product, location);
                for entry in line_entries(order, line.id, at, of_kit, &step, "parcel") {
                    book.post(self, entry)?;
                }
            }
            updates.push(vec![
                self.key(),
                line.id.into(),
                stock.reserved.into(),
                stock.released.into(),
                stock.shipped.into(),
            ]);
        }
        let notices = book.below_zero().into_iter().map(Notice::BelowZero).collect();
        book.write(self).await?;
        self.tx
            .exec_many(
                "UPDATE order_lines SET stock_reserved = $3, stock_released = $4, stock_shipped = $5 \
                 WHERE tenant_id = $1 AND id = $2",
                &updates,
            )
            .await?;
        Ok(notices)
    }
}

/// A line as a parcel needs it.
struct ParcelLine {
    id: OrderLineId,
    channel_line_id: String,
    product: Option<ProductId>,
    location: Option<LocationId>,
    units: i64,
    open: i64,
    stock: LineStock,
}

fn choose<'a>(
    stored: &'a [ParcelLine],
    asked: &[(OrderLineId, i64)],
) -> Result<Vec<(&'a ParcelLine, i64)>, ParcelError> {
    if asked.is_empty() {
        return Ok(stored
            .iter()
            .filter(|l| l.open > 0)
            .map(|l| (l, l.open))
            .collect());
    }
    let mut chosen: Vec<(&ParcelLine, i64)> = Vec::new();
    for (id, units) in asked {
        let line = stored
            .iter()
            .find(|l| l.id == *id)
            .ok_or(ParcelError::NoLine(*id))?;
        // A line may be named twice; its units add up.
        let at = chosen.iter().position(|(l, _)| l.id == *id);
        let units = at.map_or(*units, |at| chosen[at].1.saturating_add(*units));
        if units < 1 || units > line.open {
            return Err(ParcelError::TooMany {
                line: *id,
                asked: units,
                left: line.open,
            });
        }
        match at {
            Some(at) => chosen[at].1 = units,
            None => chosen.push((line, units)),
        }
    }
    Ok(chosen)
}

fn advance(snapshot: &mut OrderSnapshot, shipped: &Shipped) {
    for (_, channel_line, units) in &shipped.lines {
        if let Some(line) = snapshot
            .lines
            .iter_mut()
            .find(|l| l.channel_line_id == *channel_line)
        {
            line.shipped += units;
        }
    }
    let all = snapshot
        .lines
        .iter()
        .all(|l| l.shipped + l.cancelled >= l.ordered);
    let status = if all {
        OrderStatus::Shipped
    } else {
        OrderStatus::PartiallyShipped
    };
    snapshot.status = Some(status);
    status.name().clone_into(&mut snapshot.channel_status);
}
