//! Exposures: whether what listings could sell is at least what readings and writes say, and at most what there is.

use super::{Finding, MOST, Rule};
use crate::StoreError;
use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};

const READ_AGAIN: &str = "pause the store, keep a copy of the database and report this; a full resync reads every listing again \
     and makes the bound right";

/// Bounds that are lower than a write under way or the last reading allow.
pub(super) async fn exposures(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    let in_flight = "SELECT id, sku, exposure, write_qty - write_sold, 'the write under way' FROM listings WHERE tenant_id = $1 \
         AND (exposure < 0 OR write_push IS NOT NULL AND exposure < write_qty - write_sold) ORDER BY id LIMIT $2";
    // The bound never falls but by sales: each is an entry of the ledger, made when it fell, and by writes that the
    // channel says are in force. A kit's sale is one for each
    // component; the first of them tells how many kits.
    let read = "SELECT t.id, t.sku, t.exposure, t.shown_qty - t.sold, 'the last reading' FROM (SELECT l.id, l.sku, l.exposure, \
         l.shown_qty, CAST(COALESCE((SELECT SUM(e.reserved_change / (n.units * COALESCE(k.units, 1))) FROM order_lines n \
         JOIN stock_ledger e ON e.tenant_id = n.tenant_id AND e.cause_kind = 'order.sale' AND e.cause_ref = n.order_id \
         AND SUBSTR(e.cause_line, 1, 30) = n.id LEFT JOIN order_line_parts k ON k.tenant_id = n.tenant_id AND k.line_id = n.id \
         AND k.product_id = e.product_id WHERE n.tenant_id = l.tenant_id AND n.product_id = l.product_id \
         AND (n.listing_id = l.id OR n.sku = l.sku) AND e.at >= l.shown_at AND NOT EXISTS (SELECT 1 FROM order_line_parts f \
         WHERE f.tenant_id = n.tenant_id AND f.line_id = n.id AND f.product_id < e.product_id)), 0) AS BIGINT) AS sold \
         FROM listings l WHERE l.tenant_id = $1 \
         AND l.product_id IS NOT NULL AND l.fulfilled_by = 'seller' AND l.exposure < l.shown_qty \
         AND (l.write_push IS NULL OR l.write_state <> 'applied' OR l.write_sent_at < l.shown_at)) t \
         WHERE t.exposure < t.shown_qty - t.sold ORDER BY t.id LIMIT $2";
    let mut rows = tx.query(in_flight, &[tenant.clone(), MOST.into()]).await?;
    rows.extend(tx.query(read, &[tenant, MOST.into()]).await?);
    let finding = |row: &Row| {
        let (id, sku) = (row.string(0)?, row.string(1)?);
        let (bound, least) = (row.int(2)?, row.opt_int(3)?.unwrap_or(0).max(0));
        let what = format!(
            "listing {id} ({sku}) could sell {bound} by the books; by {} less what was sold since it is at least {least}",
            row.text(4)?
        );
        let finding =
            Finding::new(Rule::Exposure, what, READ_AGAIN).differs(format!("at least {least}"), bound);
        Ok(Finding {
            sku: Some(sku),
            row: Some(id),
            ..finding
        })
    };
    rows.iter().map(finding).collect()
}

/// Counted products of which listings could sell more than is available: strict listings all together and, beside them, one
/// of the shared ones, since those all show the same units. A kit's listings draw on its components.
///
/// That happens without anybody's fault, when goods break or a new listing shows too much. It is broken only where nothing
/// is being done about it.
pub(super) async fn headroom(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT p.sku, b.available, o.strict + o.shared, o.open, \
         (SELECT COUNT(*) FROM dirty_products d WHERE d.tenant_id = $1 AND d.product_id = p.id) \
         FROM (SELECT s.product_id, CAST(SUM(CASE WHEN s.on_hand - s.reserved <= 0 THEN s.on_hand - s.reserved \
         WHEN a.sellable = 0 OR a.closed_at IS NOT NULL OR s.on_hand - s.reserved <= s.safety THEN 0 \
         ELSE s.on_hand - s.reserved - s.safety END) AS BIGINT) AS available FROM stock_balances s JOIN locations a \
         ON a.tenant_id = s.tenant_id AND a.id = s.location_id WHERE s.tenant_id = $1 GROUP BY s.product_id \
         HAVING MAX(CASE WHEN a.sellable = 1 AND a.closed_at IS NULL THEN s.counted ELSE 0 END) = 1) b \
         JOIN (SELECT product_id, CAST(SUM(CASE WHEN regime = 'shared' THEN 0 ELSE drawn END) AS BIGINT) AS strict, \
         CAST(MAX(CASE WHEN regime = 'shared' THEN drawn ELSE 0 END) AS BIGINT) AS shared, \
         CAST(SUM(under_way) AS BIGINT) AS open FROM (SELECT COALESCE(k.component_id, l.product_id) AS product_id, l.regime, \
         l.exposure * l.units * COALESCE(k.units, 1) AS drawn, CASE WHEN l.settled = 0 OR l.due_qty IS NOT NULL \
         OR l.hold IS NOT NULL OR l.not_before IS NOT NULL OR l.write_push IS NOT NULL OR d.product_id IS NOT NULL \
         THEN 1 ELSE 0 END AS under_way FROM listings l LEFT JOIN kit_components k ON k.tenant_id = l.tenant_id \
         AND k.kit_id = l.product_id LEFT JOIN dirty_products d ON d.tenant_id = l.tenant_id AND d.product_id = l.product_id \
         WHERE l.tenant_id = $1 AND l.product_id IS NOT NULL AND l.fulfilled_by = 'seller' AND l.exposure > 0) x \
         GROUP BY product_id) o ON o.product_id = b.product_id \
         JOIN products p ON p.tenant_id = $1 AND p.id = b.product_id \
         WHERE o.strict + o.shared > b.available ORDER BY p.sku LIMIT $2";
    let rows = tx.query(sql, &[tenant, MOST.into()]).await?;
    let finding = |row: &Row| {
        let (sku, available, exposed) = (row.string(0)?, row.int(1)?, row.int(2)?);
        let in_hand = row.int(3)? > 0 || row.int(4)? > 0;
        let (state, remedy) = if in_hand {
            (
                "it is being taken back",
                "wait for the next read-back; an alert is open while channels could oversell",
            )
        } else {
            ("and nothing is being done about it", READ_AGAIN)
        };
        let what = format!("SKU {sku}: channels could sell {exposed}, {available} are available; {state}");
        let finding =
            Finding::new(Rule::Headroom, what, remedy).differs(format!("at most {available}"), exposed);
        Ok(Finding {
            sku: Some(sku),
            broken: !in_hand,
            ..finding
        })
    };
    rows.iter().map(finding).collect()
}

/// Writes under way that are not the ones recorded as sent. An answer moves the listing's instant on, never back.
pub(super) async fn writes(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT l.id, l.sku, l.write_push, l.write_qty, l.write_sent_at, u.value, u.sent_at FROM listings l \
         LEFT JOIN pushes u ON u.tenant_id = l.tenant_id AND u.id = l.write_push AND u.listing_id = l.id \
         WHERE l.tenant_id = $1 AND l.write_push IS NOT NULL AND (u.id IS NULL \
         OR u.value <> CAST(l.write_qty AS TEXT) OR u.sent_at > l.write_sent_at) ORDER BY l.id LIMIT $2";
    let rows = tx.query(sql, &[tenant, MOST.into()]).await?;
    let finding = |row: &Row| {
        let (id, sku, push) = (row.string(0)?, row.string(1)?, row.string(2)?);
        let found = format!("{} sent at {}", row.int(3)?, row.time(4)?);
        let expected = match (row.opt_string(5)?, row.opt_time(6)?) {
            (Some(value), Some(at)) => format!("{value} sent at {at}"),
            _ => "a push of this listing".to_owned(),
        };
        let what = format!("listing {id} ({sku}) waits for push {push} of {found}; recorded is {expected}");
        let finding = Finding::new(Rule::Push, what, READ_AGAIN).differs(expected, found);
        Ok(Finding {
            sku: Some(sku),
            row: Some(id),
            ..finding
        })
    };
    rows.iter().map(finding).collect()
}
