//! The ledger folded: what the entries of each product at each location come to, read once in the order in which they were
//! made, with nothing kept but sums.

use std::collections::{BTreeMap, HashMap};

use stockbridge_domain::stock::{Balance, Movement};

use crate::StoreError;
use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};

/// Entries read by one statement.
const READ: i64 = 10_000;

/// A prime, so that no power of two, hence no flipped bit, is nothing to it.
const PRIME: i128 = (1 << 61) - 1;

/// Entries in the order in which they were made: it is the order in which they lie on the disk.
const ENTRIES: &str = "SELECT id, product_id, location_id, on_hand_change, reserved_change, on_hand_after, reserved_after, \
     CASE WHEN kind IN ({kinds}) THEN 0 ELSE 1 END FROM stock_ledger WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3";

fn entries_sql() -> String {
    let kinds: Vec<String> = stockbridge_domain::stock::EntryKind::ALL
        .iter()
        .map(|kind| format!("'{kind}'"))
        .collect();
    ENTRIES.replace("{kinds}", &kinds.join(", "))
}

/// A state as one number y, squared. Over a sound chain of entries the sum of y(after)² - y(before)² is y(balance)², in
/// whatever order they are summed; one altered number anywhere makes it something else.
fn square(balance: Balance) -> i128 {
    let folded = i128::from(balance.on_hand) * 7_919 + i128::from(balance.reserved) * 104_729;
    let folded = folded % PRIME;
    folded * folded % PRIME
}

/// A product at a location: what the balance says, and what its entries come to.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) product: String,
    pub(super) location: String,
    pub(super) balance: Balance,
    pub(super) sum: Balance,
    /// The sum of y(after)² - y(before)², modulo the prime.
    pub(super) squares: i128,
    pub(super) strange: i64,
}

impl Account {
    pub(super) fn chained(&self) -> bool {
        (self.squares - square(self.balance)) % PRIME == 0
    }

    fn agrees(&self) -> bool {
        self.balance == self.sum && self.chained() && self.strange == 0
    }
}

/// Every balance with what its entries come to. Entries without a balance are left out: they are strays.
pub(super) struct Books {
    pub(super) accounts: HashMap<String, BTreeMap<String, Account>>,
    pub(super) entries: i64,
    /// Entries that change nothing, and so prove nothing by themselves.
    pub(super) unmoved: i64,
    /// Whether entries have no balance.
    pub(super) strays: bool,
}

impl Books {
    pub(super) async fn read(tx: &mut Tx, tenant: &Value) -> Result<Self, StoreError> {
        let sql =
            "SELECT product_id, location_id, on_hand, reserved FROM stock_balances WHERE tenant_id = $1";
        let mut books = Self {
            accounts: HashMap::new(),
            entries: 0,
            unmoved: 0,
            strays: false,
        };
        for row in tx.query(sql, std::slice::from_ref(tenant)).await? {
            let account = Account {
                product: row.string(0)?,
                location: row.string(1)?,
                balance: Balance {
                    on_hand: row.int(2)?,
                    reserved: row.int(3)?,
                },
                ..Account::default()
            };
            let at = books.accounts.entry(account.product.clone()).or_default();
            at.insert(account.location.clone(), account);
        }
        let (sql, mut last) = (entries_sql(), String::new());
        loop {
            let params = [tenant.clone(), last.as_str().into(), READ.into()];
            let rows = tx.query(&sql, &params).await?;
            rows.iter().try_for_each(|row| books.add(row))?;
            match rows.last() {
                Some(row) if i64::try_from(rows.len()).unwrap_or(READ) == READ => last = row.string(0)?,
                _ => return Ok(books),
            }
        }
    }

    fn add(&mut self, row: &Row) -> Result<(), StoreError> {
        let change = Movement {
            on_hand: row.int(3)?,
            reserved: row.int(4)?,
        };
        self.entries += 1;
        if change == Movement::default() {
            self.unmoved += 1;
        }
        let at = self.accounts.get_mut(row.text(1)?);
        let Some(account) = at.and_then(|at| at.get_mut(row.text(2).unwrap_or_default())) else {
            self.strays = true;
            return Ok(());
        };
        let after = Balance {
            on_hand: row.int(5)?,
            reserved: row.int(6)?,
        };
        let before = Balance {
            on_hand: after.on_hand.wrapping_sub(change.on_hand),
            reserved: after.reserved.wrapping_sub(change.reserved),
        };
        account.sum.on_hand = account.sum.on_hand.wrapping_add(change.on_hand);
        account.sum.reserved = account.sum.reserved.wrapping_add(change.reserved);
        account.squares = (account.squares + square(after) - square(before)) % PRIME;
        account.strange += row.int(7)?;
        Ok(())
    }

    /// Those that disagree, by product and location.
    pub(super) fn wrong(&self) -> Vec<&Account> {
        let all = self.accounts.values().flat_map(BTreeMap::values);
        let mut wrong: Vec<&Account> = all.filter(|account| !account.agrees()).collect();
        wrong.sort_by_key(|account| (&account.product, &account.location));
        wrong
    }
}
