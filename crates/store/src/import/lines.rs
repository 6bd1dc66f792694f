//! What one order's lines do to stock and to what listings offer.

use std::collections::HashSet;

use stockbridge_domain::channel::LineSnapshot;
use stockbridge_domain::kit::Part;
use stockbridge_domain::order::{OrderStatus, merge_line};
use stockbridge_domain::stock::{EntryKind, LineStep, LineStock, Movement};
use stockbridge_domain::{LocationId, OrderId, OrderLineId, ProductId, Timestamp};

use super::load::KnownLine;
use super::{Goods, ImportAccount, LinePart, Merged, Notice, is_own};
use crate::offers::guarded;
use crate::stock::{Cause, NewEntry};
use crate::{StoreError, TenantTx};

/// What is said of an order with a line that belongs to no product.
pub(super) const UNMAPPED: &str = "a SKU of this order belongs to no product; map its listing";

/// Merges the lines of `order` with those known, posts what they do to stock and moves the exposures.
pub(super) fn merge(
    tx: &TenantTx,
    account: &ImportAccount,
    order: &mut Merged<'_>,
    mut known: Vec<KnownLine>,
    goods: &mut Goods,
    notices: &mut Vec<Notice>,
) -> Result<(), StoreError> {
    let mut seen = HashSet::new();
    for snapshot in &order.snapshot.lines {
        if !seen.insert(&*snapshot.channel_line_id) {
            let what = format!("line {} is listed twice", snapshot.channel_line_id);
            order.attention.get_or_insert_with(|| what.clone());
            notices.push(Notice::Odd {
                order: order.snapshot.channel_order_id.clone(),
                what,
            });
            continue;
        }
        let at = known
            .iter()
            .position(|l| l.channel_line_id == snapshot.channel_line_id);
        let line = match at {
            Some(index) => known.swap_remove(index),
            None => new_line(tx, account, order, snapshot),
        };
        merge_line_into(tx, order, line, snapshot, goods, notices)?;
    }
    // A channel may leave lines out, of a cancelled order often all: what was known of them goes on under the new status.
    // But what a shipped order lists is what was shipped; the rest was taken out of it.
    let taken_out = order.status == OrderStatus::Shipped && !order.snapshot.lines.is_empty();
    for line in known {
        let mut snapshot = line.as_known();
        if taken_out {
            snapshot.cancelled = snapshot.ordered - snapshot.shipped;
        }
        merge_line_into(tx, order, line, &snapshot, goods, notices)?;
    }
    if order.lines.iter().any(|l| l.product.is_none()) && is_own(order.snapshot.fulfilled_by) {
        order.attention.get_or_insert_with(|| UNMAPPED.to_owned());
    }
    Ok(())
}

fn merge_line_into(
    tx: &TenantTx,
    order: &mut Merged<'_>,
    mut line: KnownLine,
    snapshot: &LineSnapshot,
    goods: &mut Goods,
    notices: &mut Vec<Notice>,
) -> Result<(), StoreError> {
    take_over(&mut line, snapshot);
    if is_own(order.snapshot.fulfilled_by) {
        resolve(&mut line, goods, &order.snapshot.channel_order_id, notices);
        move_stock(tx, order, &mut line, snapshot, goods, notices)?;
    }
    order.lines.push(line);
    Ok(())
}

fn new_line(
    tx: &TenantTx,
    account: &ImportAccount,
    order: &Merged<'_>,
    snapshot: &LineSnapshot,
) -> KnownLine {
    // Shipped before the account was connected: gone before the shelf was counted, so it is not taken from stock.
    let historical = !order.known && order.snapshot.placed_at < account.connected_at;
    let shipped = if historical {
        shipped_units(order, snapshot)
    } else {
        0
    };
    KnownLine {
        id: tx.env.id(),
        channel_line_id: snapshot.channel_line_id.clone(),
        listing: None,
        product: None,
        location: None,
        sku: None,
        title: String::new(),
        units: 1,
        ordered: 0,
        shipped: 0,
        cancelled: 0,
        total: None,
        stock: LineStock {
            reserved: shipped,
            released: 0,
            shipped,
        },
        parts: Vec::new(),
    }
}

/// Says of lines that had no product yet that what they shipped was gone before the shelf was last counted.
pub(super) fn make_history(order: &Merged<'_>, lines: &mut [KnownLine]) {
    for snapshot in &order.snapshot.lines {
        let line = lines
            .iter_mut()
            .find(|l| l.channel_line_id == snapshot.channel_line_id);
        if let Some(line) = line.filter(|l| l.stock == LineStock::default()) {
            let shipped = shipped_units(order, snapshot);
            (line.stock.reserved, line.stock.shipped) = (shipped, shipped);
        }
    }
}

fn shipped_units(order: &Merged<'_>, snapshot: &LineSnapshot) -> i64 {
    match order.status {
        OrderStatus::Shipped => snapshot.ordered - snapshot.cancelled,
        _ => snapshot.shipped,
    }
    .max(0)
}

fn take_over(line: &mut KnownLine, snapshot: &LineSnapshot) {
    if let Some(sku) = &snapshot.sku {
        line.sku = Some(sku.as_str().to_owned());
    }
    line.title.clone_from(&snapshot.title);
    line.ordered = snapshot.ordered;
    line.shipped = snapshot.shipped;
    line.cancelled = snapshot.cancelled;
    line.total = snapshot.total.or(line.total);
}

/// Finds the line's listing and product, once; a line keeps the product it was reserved from.
fn resolve(line: &mut KnownLine, goods: &Goods, order: &str, notices: &mut Vec<Notice>) {
    let Some(sku) = line.sku.as_deref() else { return };
    let listing = goods.listings.get(sku);
    line.listing = line.listing.or(listing.map(|l| l.id));
    if line.product.is_none() {
        if let Some((product, units)) = listing.and_then(|l| l.product.map(|p| (p, l.units))) {
            (line.product, line.units) = (Some(product), units);
        } else if let Some(product) = goods.products.get(sku) {
            (line.product, line.units) = (Some(*product), 1);
        } else {
            notices.push(Notice::Unmapped {
                sku: sku.to_owned(),
                order: order.to_owned(),
            });
        }
        // History is kept in units of the product once those are known.
        line.stock.reserved *= line.units;
        line.stock.shipped *= line.units;
    }
}

fn move_stock(
    tx: &TenantTx,
    order: &Merged<'_>,
    line: &mut KnownLine,
    snapshot: &LineSnapshot,
    goods: &mut Goods,
    notices: &mut Vec<Notice>,
) -> Result<(), StoreError> {
    let Some(product) = line.product else {
        return Ok(());
    };
    if !order.known && order.status == OrderStatus::Cancelled {
        came_and_went(tx, goods, line, order.snapshot.updated_at);
    }
    let scaled = LineSnapshot {
        ordered: snapshot.ordered * line.units,
        shipped: snapshot.shipped * line.units,
        cancelled: snapshot.cancelled * line.units,
        ..snapshot.clone()
    };
    let units = (scaled.ordered - scaled.cancelled).max(0);
    if line.location.is_none() {
        line.parts = composed(goods, line, product, units);
        line.location = Some(goods.book.serve(product, units));
    }
    // Reserved again after it was given back: sold anew, when nobody knows exactly.
    let again = order.known && line.stock.released > 0;
    let steps = merge_line(
        &mut line.stock,
        order.status,
        order.snapshot.fulfilled_by,
        &scaled,
    );
    if steps.is_empty() {
        return Ok(());
    }
    post_steps(tx, goods, order.id, line, product, &steps)?;
    let channel_order = &order.snapshot.channel_order_id;
    for product in line.parts.iter().map(|part| part.product).chain([product]) {
        goods
            .causes
            .entry(product)
            .or_insert_with(|| (format!("order {channel_order}"), order.snapshot.placed_at));
    }
    for step in &steps {
        let units = step.movement.reserved.abs() / line.units;
        match step.kind {
            EntryKind::Sale if again => sold_again(tx, goods, line, units),
            EntryKind::Sale => sold(
                tx,
                goods,
                line,
                units,
                order.snapshot.placed_at,
                channel_order,
                notices,
            ),
            EntryKind::Cancellation => given_back(tx, goods, line, units),
            _ => {}
        }
    }
    Ok(())
}

/// What a line of a kit takes, each component from where it is served; nothing for what is no kit.
fn composed(goods: &mut Goods, line: &KnownLine, product: ProductId, units: i64) -> Vec<LinePart> {
    let part = |part: &Part| LinePart {
        product: part.product,
        units: part.units,
        location: goods.book.serve(part.product, units.saturating_mul(part.units)),
    };
    let parts: Vec<LinePart> = goods.book.parts(product).iter().map(part).collect();
    goods.parts.extend(parts.iter().map(|part| (line.id, *part)));
    parts
}

fn post_steps(
    tx: &TenantTx,
    goods: &mut Goods,
    order: OrderId,
    line: &KnownLine,
    product: ProductId,
    steps: &[LineStep],
) -> Result<(), StoreError> {
    let location = line.location.unwrap_or_else(|| goods.book.default_location());
    for step in steps {
        for entry in line_entries(order, line.id, (product, location), &line.parts, step, "import") {
            goods.book.post(tx, entry)?;
        }
    }
    Ok(())
}

/// The entries of one step of a line: one, or of a kit one for each component.
pub(crate) fn line_entries<'a>(
    order: OrderId,
    line: OrderLineId,
    (product, location): (ProductId, LocationId),
    parts: &[LinePart],
    step: &LineStep,
    actor: &'a str,
) -> Vec<NewEntry<'a>> {
    let entry = |product, location, units: i64, cause_line: String| NewEntry {
        product,
        location,
        kind: step.kind,
        movement: Movement {
            on_hand: step.movement.on_hand.saturating_mul(units),
            reserved: step.movement.reserved.saturating_mul(units),
        },
        cause: Cause {
            kind: format!("order.{}", step.kind),
            reference: order.to_string(),
            line: cause_line,
        },
        note: None,
        actor,
    };
    if parts.is_empty() {
        return vec![entry(product, location, 1, format!("{line}:{}", step.counter))];
    }
    parts
        .iter()
        .map(|part| {
            let cause = format!("{line}:{}:{}", part.product, step.counter);
            entry(part.product, part.location, part.units, cause)
        })
        .collect()
}

fn sold(
    tx: &TenantTx,
    goods: &mut Goods,
    line: &KnownLine,
    units: i64,
    placed_at: Timestamp,
    order: &str,
    notices: &mut Vec<Notice>,
) {
    let Some(listing) = line.sku.as_deref().and_then(|sku| goods.listings.get_mut(sku)) else {
        return;
    };
    listing.pace = listing.pace.sold(units, tx.env.now());
    listing.changed = true;
    let wanted_reading = listing.offer.wants_reading();
    let placed_at = guarded::late_sale(tx.env.guards(), placed_at);
    let breach = listing.offer.sale(units, placed_at);
    listing.reread |= listing.offer.wants_reading() && !wanted_reading;
    if let Some(breach) = breach
        && listing.offer.shown.is_some()
    {
        notices.push(Notice::Breach {
            sku: line.sku.clone().unwrap_or_default(),
            units: breach.units,
            order: order.to_owned(),
        });
    }
}

/// Units of an order that was called off, and goes on. When the channel took them from what it shows is not known, so its
/// bound stays as high as it was until a new reading.
fn sold_again(tx: &TenantTx, goods: &mut Goods, line: &KnownLine, units: i64) {
    let Some(listing) = line.sku.as_deref().and_then(|sku| goods.listings.get_mut(sku)) else {
        return;
    };
    listing.pace = listing.pace.sold(units, tx.env.now());
    (listing.changed, listing.reread) = (true, true);
}

/// The order was called off before it was ever imported.
fn came_and_went(tx: &TenantTx, goods: &mut Goods, line: &KnownLine, called_off_at: Timestamp) {
    let listing = line.sku.as_deref().and_then(|sku| goods.listings.get_mut(sku));
    if let Some(listing) = listing
        && guarded::doubt_gap(tx.env.guards(), &mut listing.offer, called_off_at)
    {
        (listing.changed, listing.reread) = (true, true);
    }
}

fn given_back(tx: &TenantTx, goods: &mut Goods, line: &KnownLine, units: i64) {
    let Some(listing) = line.sku.as_deref().and_then(|sku| goods.listings.get_mut(sku)) else {
        return;
    };
    listing.pace = listing.pace.sold(-units, tx.env.now());
    guarded::offer_again(tx.env.guards(), &mut listing.offer, units);
    (listing.changed, listing.reread) = (true, true);
}
