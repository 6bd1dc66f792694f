//! Reservations and references: what orders hold, what they caused, and whether what rows refer to exists.

use super::{Finding, MOST, Rule};
use crate::StoreError;
use crate::columns::Columns as _;
use crate::db::{Tx, Value};

const IMPORT_AGAIN: &str = "stop the server, keep a copy of the database and compare the order with its channel; \
     `stockbridge account sync` imports it again";
const REPORT: &str = "stop the server, keep a copy of the database and report this: nothing that is referred to is ever deleted";

/// What products have reserved against what their order lines hold.
pub(super) async fn reservations(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    // Every line is read, by its id, rather than those an index calls open: a flipped bit may have closed one.
    let sql = "SELECT p.id, p.sku, COALESCE(b.reserved, 0), COALESCE(o.reserved, 0) FROM products p \
         LEFT JOIN (SELECT product_id, CAST(SUM(reserved) AS BIGINT) AS reserved FROM stock_balances \
         WHERE tenant_id = $1 GROUP BY product_id) b ON b.product_id = p.id \
         LEFT JOIN (SELECT COALESCE(t.product_id, n.product_id) AS product_id, CAST(SUM((n.stock_reserved \
         - n.stock_released - n.stock_shipped) * COALESCE(t.units, 1)) AS BIGINT) AS reserved FROM order_lines n \
         LEFT JOIN order_line_parts t ON t.tenant_id = n.tenant_id AND t.line_id = n.id WHERE n.tenant_id = $1 \
         AND n.id > '' AND n.stock_reserved - n.stock_released - n.stock_shipped <> 0 \
         GROUP BY COALESCE(t.product_id, n.product_id)) o ON o.product_id = p.id \
         WHERE p.tenant_id = $1 AND COALESCE(b.reserved, 0) <> COALESCE(o.reserved, 0) ORDER BY p.sku LIMIT $2";
    let rows = tx.query(sql, &[tenant.clone(), MOST.into()]).await?;
    let mut findings = Vec::new();
    for row in &rows {
        let (product, sku) = (row.string(0)?, row.string(1)?);
        let (balance, lines) = (row.int(2)?, row.int(3)?);
        let what = format!("SKU {sku}: the balance says {balance} reserved, its order lines hold {lines}");
        let finding = Finding::new(Rule::Reservation, what, IMPORT_AGAIN).differs(lines, balance);
        findings.push(Finding {
            sku: Some(sku.clone()),
            ..finding
        });
        findings.extend(lines_that_differ(tx, &tenant, &product, &sku).await?);
    }
    Ok(findings)
}

/// Lines of a product whose counters disagree with the entries they caused.
async fn lines_that_differ(
    tx: &mut Tx,
    tenant: &Value,
    product: &str,
    sku: &str,
) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT t.id, o.channel_order_id, t.held, t.entered FROM (SELECT n.id, n.order_id, \
         (n.stock_reserved - n.stock_released - n.stock_shipped) * m.units AS held, \
         CAST(COALESCE((SELECT SUM(l.reserved_change) FROM stock_ledger l WHERE l.tenant_id = n.tenant_id \
         AND l.cause_kind IN ('order.sale', 'order.cancellation', 'order.shipment') AND l.cause_ref = n.order_id \
         AND SUBSTR(l.cause_line, 1, 30) = n.id AND l.product_id = $2), 0) AS BIGINT) AS entered \
         FROM (SELECT id, 1 AS units FROM order_lines WHERE tenant_id = $1 AND product_id = $2 UNION ALL \
         SELECT line_id, units FROM order_line_parts WHERE tenant_id = $1 AND product_id = $2) m \
         JOIN order_lines n ON n.tenant_id = $1 AND n.id = m.id) t \
         LEFT JOIN orders o ON o.tenant_id = $1 AND o.id = t.order_id WHERE t.held <> t.entered ORDER BY t.id LIMIT 10";
    let rows = tx.query(sql, &[tenant.clone(), product.into()]).await?;
    let mut findings = Vec::new();
    for row in &rows {
        let (id, order) = (row.string(0)?, row.opt_string(1)?.unwrap_or_default());
        let (held, entered) = (row.int(2)?, row.int(3)?);
        let what = format!(
            "SKU {sku}: line {id} of order {order} holds {held}, its ledger entries come to {entered}"
        );
        let finding = Finding::new(Rule::Reservation, what, IMPORT_AGAIN).differs(entered, held);
        findings.push(Finding {
            sku: Some(sku.to_owned()),
            row: Some(id),
            ..finding
        });
    }
    Ok(findings)
}

/// What order lines refer to that is not there, and lines that shipped or released more than was ever reserved for them:
/// one pass over all lines, in the order in which they lie on the disk.
pub(super) async fn lines(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT n.id, COALESCE(n.sku, ''), n.stock_reserved, n.stock_released, n.stock_shipped, n.order_id, \
         CASE WHEN p.id IS NULL THEN n.product_id END, CASE WHEN l.id IS NULL THEN n.listing_id END, \
         CASE WHEN o.id IS NULL THEN 1 ELSE 0 END FROM order_lines n \
         LEFT JOIN orders o ON o.tenant_id = n.tenant_id AND o.id = n.order_id \
         LEFT JOIN products p ON p.tenant_id = n.tenant_id AND p.id = n.product_id \
         LEFT JOIN listings l ON l.tenant_id = n.tenant_id AND l.id = n.listing_id \
         WHERE n.tenant_id = $1 AND n.id > '' AND (o.id IS NULL OR p.id IS NULL AND n.product_id IS NOT NULL \
         OR l.id IS NULL AND n.listing_id IS NOT NULL OR n.stock_released < 0 OR n.stock_shipped < 0 \
         OR n.stock_reserved < n.stock_released + n.stock_shipped) ORDER BY n.id LIMIT $2";
    let mut findings = Vec::new();
    for row in tx.query(sql, &[tenant, MOST.into()]).await? {
        let (id, sku) = (row.string(0)?, row.string(1)?);
        let numbers = (row.int(2)?, row.int(3)?, row.int(4)?);
        let order = if row.flag(8)? { row.opt_string(5)? } else { None };
        for (to, lost) in [
            ("order", order),
            ("product", row.opt_string(6)?),
            ("listing", row.opt_string(7)?),
        ] {
            if let Some(lost) = lost {
                findings.push(lost_reference(
                    "order line",
                    to,
                    id.clone(),
                    Some(sku.clone()),
                    &lost,
                ));
            }
        }
        findings.extend(impossible(&id, &sku, numbers));
    }
    Ok(findings)
}

/// A line whose counters cannot be.
fn impossible(id: &str, sku: &str, (reserved, released, shipped): (i64, i64, i64)) -> Option<Finding> {
    if released >= 0 && shipped >= 0 && reserved >= released.saturating_add(shipped) {
        return None;
    }
    let found = format!("{reserved} reserved, {released} released, {shipped} shipped");
    let what = format!("SKU {sku}: order line {id} has {found}");
    let finding = Finding::new(Rule::Reservation, what, IMPORT_AGAIN)
        .differs("no more released and shipped than reserved", found);
    Some(Finding {
        sku: Some(sku.to_owned()),
        row: Some(id.to_owned()),
        ..finding
    })
}

fn lost_reference(from: &str, to: &str, id: String, sku: Option<String>, lost: &str) -> Finding {
    let what = format!("the {from} {id} refers to the {to} {lost}, which is not there");
    Finding {
        sku,
        row: Some(id),
        ..Finding::new(Rule::Reference, what, REPORT).differs(format!("a {to}"), lost)
    }
}

/// Entries caused by an order whose line is not there. Read from the index of causes alone.
pub(super) async fn causes(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT l.cause_kind, l.cause_ref, l.cause_line FROM stock_ledger l LEFT JOIN order_lines n \
         ON n.tenant_id = l.tenant_id AND n.id = SUBSTR(l.cause_line, 1, 30) WHERE l.tenant_id = $1 \
         AND l.cause_kind IN ('order.sale', 'order.cancellation', 'order.shipment') \
         AND (n.id IS NULL OR n.order_id <> l.cause_ref) LIMIT $2";
    let rows = tx.query(sql, &[tenant.clone(), MOST.into()]).await?;
    let named = "SELECT l.id, COALESCE(p.sku, l.product_id) FROM stock_ledger l LEFT JOIN products p \
         ON p.tenant_id = l.tenant_id AND p.id = l.product_id WHERE l.tenant_id = $1 AND l.cause_kind = $2 \
         AND l.cause_ref = $3 AND l.cause_line = $4";
    let mut findings = Vec::new();
    for row in &rows {
        let (kind, reference, line) = (row.text(0)?, row.text(1)?, row.text(2)?);
        let params = [tenant.clone(), kind.into(), reference.into(), line.into()];
        let Some(entry) = tx.query_opt(named, &params).await? else {
            let what = format!("the index of causes has {kind} {reference} {line}, the ledger has not");
            findings.push(Finding::new(Rule::Cause, what, super::RESTORE));
            continue;
        };
        let what = format!(
            "SKU {}: entry {} was caused by line {line} of order {reference}, which has no such line",
            entry.text(1)?,
            entry.text(0)?
        );
        let finding = Finding::new(Rule::Cause, what, IMPORT_AGAIN).differs("a line of the order", line);
        findings.push(Finding {
            sku: Some(entry.string(1)?),
            row: Some(entry.string(0)?),
            ..finding
        });
    }
    Ok(findings)
}

/// What other rows refer to: by name of what refers, what it refers to, and the statement that finds the lost.
const REFERENCES: &[(&str, &str, &str)] = &[
    (
        "order",
        "store",
        "SELECT o.id, o.account_id, NULL FROM orders o LEFT JOIN accounts a ON a.tenant_id = o.tenant_id \
         AND a.id = o.account_id WHERE o.tenant_id = $1 AND a.id IS NULL LIMIT $2",
    ),
    (
        "listing",
        "product",
        "SELECT l.id, l.product_id, l.sku FROM listings l LEFT JOIN products p ON p.tenant_id = l.tenant_id \
         AND p.id = l.product_id WHERE l.tenant_id = $1 AND l.product_id IS NOT NULL AND p.id IS NULL LIMIT $2",
    ),
    (
        "listing",
        "store",
        "SELECT l.id, l.account_id, l.sku FROM listings l LEFT JOIN accounts a ON a.tenant_id = l.tenant_id \
         AND a.id = l.account_id WHERE l.tenant_id = $1 AND a.id IS NULL LIMIT $2",
    ),
    (
        "push",
        "listing",
        "SELECT u.id, u.listing_id, NULL FROM pushes u LEFT JOIN listings l ON l.tenant_id = u.tenant_id \
         AND l.id = u.listing_id WHERE u.tenant_id = $1 AND l.id IS NULL LIMIT $2",
    ),
    (
        "balance",
        "location",
        "SELECT b.product_id, b.location_id, NULL FROM stock_balances b LEFT JOIN locations o ON o.tenant_id = b.tenant_id \
         AND o.id = b.location_id WHERE b.tenant_id = $1 AND o.id IS NULL LIMIT $2",
    ),
];

/// Rows other than order lines that refer to something that is not there.
pub(super) async fn references(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    for (from, to, sql) in REFERENCES {
        for row in tx.query(sql, &[tenant.clone(), MOST.into()]).await? {
            let (id, lost) = (row.string(0)?, row.string(1)?);
            findings.push(lost_reference(from, to, id, row.opt_string(2)?, &lost));
        }
    }
    Ok(findings)
}
