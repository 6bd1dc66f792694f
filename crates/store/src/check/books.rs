//! Balances against the ledger, and the ledger against itself.

use std::collections::BTreeMap;

use stockbridge_domain::stock::{Balance, Movement};

use super::trace::{Break, Step, Trace};
use super::{Finding, MOST, Rule};
use crate::StoreError;
use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};

/// Entries read at once while a product is traced.
const PAGE: i64 = 5_000;
/// Products traced; of the others it is only said that they disagree.
const TRACED: usize = 20;

/// A balance that disagrees with its entries, or has entries that change nothing and so prove nothing by themselves.
const BALANCES: &str = "SELECT b.product_id, b.location_id, b.on_hand, b.reserved, \
     CAST(COALESCE(SUM(l.on_hand_change), 0) AS BIGINT), CAST(COALESCE(SUM(l.reserved_change), 0) AS BIGINT), \
     CAST(COALESCE(SUM({term}) - {end}, 0) % 1000003 AS BIGINT), \
     CAST(COALESCE(SUM({unmoved}), 0) AS BIGINT), CAST(COALESCE(SUM({strange}), 0) AS BIGINT) \
     FROM stock_balances b LEFT JOIN stock_ledger l ON l.tenant_id = b.tenant_id AND l.product_id = b.product_id \
     AND l.location_id = b.location_id WHERE b.tenant_id = $1 GROUP BY b.tenant_id, b.product_id, b.location_id \
     HAVING COALESCE(SUM(l.on_hand_change), 0) <> b.on_hand OR COALESCE(SUM(l.reserved_change), 0) <> b.reserved \
     OR COALESCE(SUM({term}) - {end}, 0) % 1000003 <> 0 OR SUM({unmoved}) > 0 OR SUM({strange}) > 0";

/// A prime, so that no power of two, hence no flipped bit, is nothing to it.
const PRIME: i64 = 1_000_003;

/// Folds a pair of quantities into one number, in SQL.
fn folded(on_hand: &str, reserved: &str) -> String {
    format!("(({on_hand} % {PRIME}) * 7919 + ({reserved} % {PRIME}) * 104729)")
}

/// The statement. With y the folded state, the sum of y(after)² - y(before)² over a sound chain of entries is y(balance)²,
/// in whatever order they are summed; y(after)² - y(before)² is d(2 y(after) - d) with d the folded change. One altered
/// number anywhere makes it something else.
fn balances_sql() -> String {
    let change = folded("l.on_hand_change", "l.reserved_change");
    let after = folded("l.on_hand_after", "l.reserved_after");
    let end = folded("b.on_hand", "b.reserved");
    let kinds: Vec<String> = stockbridge_domain::stock::EntryKind::ALL
        .iter()
        .map(|kind| format!("'{kind}'"))
        .collect();
    BALANCES
        .replace(
            "{term}",
            &format!("({change} % {PRIME}) * ((2 * {after} - {change}) % {PRIME})"),
        )
        .replace("{end}", &format!("({end} % {PRIME}) * ({end} % {PRIME})"))
        .replace(
            "{unmoved}",
            "CASE WHEN l.on_hand_change = 0 AND l.reserved_change = 0 THEN 1 ELSE 0 END",
        )
        .replace(
            "{strange}",
            &format!("CASE WHEN l.kind NOT IN ({}) THEN 1 ELSE 0 END", kinds.join(", ")),
        )
}

/// A product at a location, as a row of [`BALANCES`] tells.
struct Account {
    product: String,
    location: String,
    balance: Balance,
    sum: Balance,
    chained: bool,
    strange: i64,
}

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        product: row.string(0)?,
        location: row.string(1)?,
        balance: Balance {
            on_hand: row.int(2)?,
            reserved: row.int(3)?,
        },
        sum: Balance {
            on_hand: row.int(4)?,
            reserved: row.int(5)?,
        },
        chained: row.int(6)? == 0,
        strange: row.int(8)?,
    })
}

/// Balances, chains and kinds.
pub(super) async fn check(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    let rows = tx.query(&balances_sql(), std::slice::from_ref(&tenant)).await?;
    let (mut findings, mut traced) = (Vec::new(), 0);
    for row in &rows {
        let account = account(row)?;
        let agrees = account.balance == account.sum && account.chained && account.strange == 0;
        if agrees {
            findings.extend(unproved(tx, &tenant, &account).await?);
            continue;
        }
        let place = Place::of(tx, &tenant, &account).await?;
        if account.balance != account.sum {
            findings.push(place.put(disagreement(&place, &account)));
        }
        if account.strange > 0 {
            findings.extend(strange(tx, &tenant, &account, &place).await?);
        }
        traced += 1;
        if traced <= TRACED {
            let breaks = trace(tx, &tenant, &account).await?;
            findings.extend(breaks.iter().map(|b| place.put(broken_link(&place, b))));
        } else if !account.chained {
            let what = format!("SKU {}: its entries do not follow from each other", place.sku);
            findings.push(place.put(Finding::new(Rule::Chain, what, REPORT)));
        }
        if i64::try_from(findings.len()).unwrap_or(MOST) >= MOST {
            break;
        }
    }
    if findings.iter().any(|finding| finding.broken) {
        findings.extend(strays(tx, tenant).await?);
    }
    Ok(findings)
}

const REPORT: &str = "stop the server, keep a copy of the database and compare the entry with the last backup; if the disk is \
     sound, report this: entries are never changed";
const RECOUNT: &str = "stop the server, keep a copy of the database and report this; a balance follows from its entries alone, \
     so a new count puts the number right";

/// Names for people.
struct Place {
    sku: String,
    location: String,
}

impl Place {
    async fn of(tx: &mut Tx, tenant: &Value, account: &Account) -> Result<Self, StoreError> {
        let sql = "SELECT COALESCE((SELECT sku FROM products WHERE tenant_id = $1 AND id = $2), ''), \
             COALESCE((SELECT name FROM locations WHERE tenant_id = $1 AND id = $3), '')";
        let params = [
            tenant.clone(),
            (&account.product).into(),
            (&account.location).into(),
        ];
        let row = tx.query_one(sql, &params).await?;
        let named = |name: &str, id: &str| {
            if name.is_empty() {
                id.to_owned()
            } else {
                name.to_owned()
            }
        };
        Ok(Self {
            sku: named(row.text(0)?, &account.product),
            location: named(row.text(1)?, &account.location),
        })
    }

    fn put(&self, finding: Finding) -> Finding {
        Finding {
            sku: Some(self.sku.clone()),
            location: Some(self.location.clone()),
            ..finding
        }
    }
}

fn told(balance: Balance) -> String {
    format!("{} on hand, {} reserved", balance.on_hand, balance.reserved)
}

fn disagreement(place: &Place, account: &Account) -> Finding {
    let what = format!(
        "SKU {} at {}: the balance says {}, its entries sum to {}",
        place.sku,
        place.location,
        told(account.balance),
        told(account.sum)
    );
    Finding::new(Rule::Balance, what, RECOUNT).differs(told(account.sum), told(account.balance))
}

fn broken_link(place: &Place, found: &Break) -> Finding {
    let Break { step, before, .. } = found;
    let change = |m: Movement| format!("{:+} on hand, {:+} reserved", m.on_hand, m.reserved);
    let (expected, seen) = if found.by_change {
        let needed = Movement {
            on_hand: step.after.on_hand.wrapping_sub(before.on_hand),
            reserved: step.after.reserved.wrapping_sub(before.reserved),
        };
        (change(needed), change(step.change))
    } else {
        let after = Balance {
            on_hand: before.on_hand.wrapping_add(step.change.on_hand),
            reserved: before.reserved.wrapping_add(step.change.reserved),
        };
        (told(after), told(step.after))
    };
    let which = if found.by_change { "changes" } else { "ends at" };
    let what = format!(
        "SKU {} at {}: entry {} {which} {seen}, but after {} it should be {expected}",
        place.sku,
        place.location,
        step.id,
        told(*before)
    );
    Finding {
        row: Some(step.id.clone()),
        ..Finding::new(Rule::Chain, what, REPORT).differs(expected, seen)
    }
}

/// Follows the entries of one product at one location.
async fn trace(tx: &mut Tx, tenant: &Value, account: &Account) -> Result<Vec<Break>, StoreError> {
    let sql = "SELECT id, on_hand_change, reserved_change, on_hand_after, reserved_after FROM stock_ledger \
         WHERE tenant_id = $1 AND product_id = $2 AND location_id = $3 AND id > $4 ORDER BY id LIMIT $5";
    let (mut trace, mut last) = (Trace::new([account.balance, account.sum]), String::new());
    loop {
        let params = [
            tenant.clone(),
            (&account.product).into(),
            (&account.location).into(),
            (&last).into(),
            PAGE.into(),
        ];
        let rows = tx.query(sql, &params).await?;
        for row in &rows {
            trace.feed(Step {
                id: row.string(0)?,
                change: Movement {
                    on_hand: row.int(1)?,
                    reserved: row.int(2)?,
                },
                after: Balance {
                    on_hand: row.int(3)?,
                    reserved: row.int(4)?,
                },
            });
        }
        match rows.last() {
            Some(row) if i64::try_from(rows.len()).unwrap_or(PAGE) == PAGE => last = row.string(0)?,
            _ => return Ok(trace.finish()),
        }
    }
}

/// Entries that change nothing must end where another entry of the product ends; nothing else would tell.
async fn unproved(tx: &mut Tx, tenant: &Value, account: &Account) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT l.id, l.on_hand_after, l.reserved_after FROM stock_ledger l WHERE l.tenant_id = $1 \
         AND l.product_id = $2 AND l.location_id = $3 AND l.on_hand_change = 0 AND l.reserved_change = 0 \
         AND (l.on_hand_after <> 0 OR l.reserved_after <> 0) AND NOT EXISTS (SELECT 1 FROM stock_ledger o \
         WHERE o.tenant_id = l.tenant_id AND o.product_id = l.product_id AND o.location_id = l.location_id \
         AND (o.on_hand_change <> 0 OR o.reserved_change <> 0) AND o.on_hand_after = l.on_hand_after \
         AND o.reserved_after = l.reserved_after) LIMIT 10";
    let params = [
        tenant.clone(),
        (&account.product).into(),
        (&account.location).into(),
    ];
    let rows = tx.query(sql, &params).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let place = Place::of(tx, tenant, account).await?;
    let finding = |row: &Row| {
        let found = Balance {
            on_hand: row.int(1)?,
            reserved: row.int(2)?,
        };
        let what = format!(
            "SKU {} at {}: entry {} changes nothing and ends at {}, where no other entry does",
            place.sku,
            place.location,
            row.text(0)?,
            told(found)
        );
        let finding =
            Finding::new(Rule::Chain, what, REPORT).differs("a state of another entry", told(found));
        Ok(place.put(Finding {
            row: Some(row.string(0)?),
            ..finding
        }))
    };
    rows.iter().map(finding).collect()
}

/// Entries of a kind nobody knows.
async fn strange(
    tx: &mut Tx,
    tenant: &Value,
    account: &Account,
    place: &Place,
) -> Result<Vec<Finding>, StoreError> {
    let sql =
        "SELECT id, kind FROM stock_ledger WHERE tenant_id = $1 AND product_id = $2 AND location_id = $3";
    let params = [
        tenant.clone(),
        (&account.product).into(),
        (&account.location).into(),
    ];
    let mut findings = Vec::new();
    for row in tx.query(sql, &params).await? {
        let kind = row.text(1)?;
        if stockbridge_domain::stock::EntryKind::parse(kind).is_some() {
            continue;
        }
        let what = format!(
            "SKU {} at {}: entry {} is of the unknown kind `{kind}`",
            place.sku,
            place.location,
            row.text(0)?
        );
        let finding = Finding::new(Rule::Chain, what, REPORT).differs("a known kind", kind);
        findings.push(place.put(Finding {
            row: Some(row.string(0)?),
            ..finding
        }));
    }
    Ok(findings)
}

/// Entries that belong to no balance: looked for only when something disagrees, because their balance then does.
async fn strays(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT l.id, l.product_id, l.location_id FROM stock_ledger l WHERE l.tenant_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM stock_balances b WHERE b.tenant_id = l.tenant_id AND b.product_id = l.product_id \
         AND b.location_id = l.location_id) LIMIT 100";
    let rows = tx.query(sql, &[tenant]).await?;
    let mut findings = BTreeMap::new();
    for row in &rows {
        let (id, product) = (row.string(0)?, row.text(1)?);
        let what = format!(
            "entry {id} belongs to product {product} at {}, which has no balance",
            row.text(2)?
        );
        let finding =
            Finding::new(Rule::Reference, what, REPORT).differs("a product with a balance", product);
        findings.insert(
            id.clone(),
            Finding {
                row: Some(id),
                ..finding
            },
        );
    }
    Ok(findings.into_values().collect())
}
