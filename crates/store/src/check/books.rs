//! Balances against the ledger, and the ledger against itself.

use std::collections::BTreeMap;

use stockbridge_domain::stock::{Balance, Movement};

use super::fold::{Account, Books};
use super::trace::{Break, Step, Trace};
use super::{Finding, MOST, Rule};
use crate::StoreError;
use crate::columns::Columns as _;
use crate::db::{Tx, Value};

/// Entries read at once while a product is traced.
const PAGE: i64 = 5_000;
/// Products traced; of the others it is only said that they disagree.
const TRACED: usize = 20;

/// Balances, chains and kinds; and how many balances and entries there are.
pub(super) async fn check(tx: &mut Tx, tenant: Value) -> Result<(Vec<Finding>, [i64; 2]), StoreError> {
    let books = Books::read(tx, &tenant).await?;
    let (mut findings, mut traced) = (Vec::new(), 0);
    for account in books.wrong() {
        let place = Place::of(tx, &tenant, account).await?;
        if account.balance != account.sum {
            findings.push(place.put(disagreement(&place, account)));
        }
        if account.strange > 0 {
            findings.extend(strange(tx, &tenant, account, &place).await?);
        }
        traced += 1;
        if traced <= TRACED {
            let breaks = trace(tx, &tenant, account).await?;
            findings.extend(breaks.iter().map(|b| place.put(broken_link(&place, b))));
        } else if !account.chained() {
            let what = format!("SKU {}: its entries do not follow from each other", place.sku);
            findings.push(place.put(Finding::new(Rule::Chain, what, REPORT)));
        }
        if i64::try_from(findings.len()).unwrap_or(MOST) >= MOST {
            break;
        }
    }
    if books.unmoved > 0 {
        findings.extend(unproved(tx, &tenant).await?);
    }
    if books.strays {
        findings.extend(strays(tx, tenant).await?);
    }
    let balances: usize = books.accounts.values().map(BTreeMap::len).sum();
    let balances = i64::try_from(balances).unwrap_or(i64::MAX);
    Ok((findings, [balances, books.entries]))
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
async fn unproved(tx: &mut Tx, tenant: &Value) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT l.id, l.on_hand_after, l.reserved_after, l.product_id, l.location_id FROM stock_ledger l \
         WHERE l.tenant_id = $1 AND l.id > '' AND l.on_hand_change = 0 AND l.reserved_change = 0 \
         AND (l.on_hand_after <> 0 OR l.reserved_after <> 0) AND NOT EXISTS (SELECT 1 FROM stock_ledger o \
         WHERE o.tenant_id = l.tenant_id AND o.product_id = l.product_id AND o.location_id = l.location_id \
         AND (o.on_hand_change <> 0 OR o.reserved_change <> 0) AND o.on_hand_after = l.on_hand_after \
         AND o.reserved_after = l.reserved_after) ORDER BY l.id LIMIT $2";
    let mut findings = Vec::new();
    for row in tx.query(sql, &[tenant.clone(), MOST.into()]).await? {
        let account = Account {
            product: row.string(3)?,
            location: row.string(4)?,
            ..Account::default()
        };
        let place = Place::of(tx, tenant, &account).await?;
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
        findings.push(place.put(Finding {
            row: Some(row.string(0)?),
            ..finding
        }));
    }
    Ok(findings)
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

/// Entries that belong to no balance.
async fn strays(tx: &mut Tx, tenant: Value) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT l.id, l.product_id, l.location_id FROM stock_ledger l WHERE l.tenant_id = $1 AND l.id > '' AND NOT EXISTS \
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
