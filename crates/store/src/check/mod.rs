//! The ledger check: proves from the database alone that the books agree, or says where they do not.
//!
//! Each rule is one statement over all rows of a tenant that answers only what breaks it, so memory does not grow with the
//! ledger; what a rule finds is then traced to the entry, order line or listing it comes from. A rule reads one snapshot,
//! so a server may run meanwhile.
//!
//! What cannot be proved is what no other row repeats: the text of a note, who made an entry, and when.

mod books;
mod offers;
mod orders;
mod pages;
mod trace;

use serde::Serialize;

use crate::db::Tx;
use crate::{StoreError, Tenant};

/// Findings listed of one rule; there may be more.
const MOST: i64 = 100;

/// What has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The database's pages are readable and their indexes complete.
    Pages,
    /// A balance is the sum of its entries.
    Balance,
    /// Each entry of the ledger begins where another ended.
    Chain,
    /// What is reserved is what open order lines hold.
    Reservation,
    /// What an order caused in the ledger belongs to a line of that order.
    Cause,
    /// What a listing could sell is not below what was read or sent less what was sold since.
    Exposure,
    /// What listings could sell together is available.
    Headroom,
    /// A write under way is the one recorded as sent.
    Push,
    /// What a row refers to exists.
    Reference,
}

/// Something that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule broken.
    pub rule: Rule,
    /// Whether rows contradict each other. Otherwise it is a state that passes by itself and is told for information.
    pub broken: bool,
    /// Whose it is; nothing when it is the database's own.
    pub tenant: Option<String>,
    /// The SKU of the product or listing.
    pub sku: Option<String>,
    /// The location's name.
    pub location: Option<String>,
    /// Id of the ledger entry, order line, listing or push.
    pub row: Option<String>,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
    /// One sentence.
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Finding {
    fn new(rule: Rule, what: String, remedy: &'static str) -> Self {
        Self {
            rule,
            broken: true,
            tenant: None,
            sku: None,
            location: None,
            row: None,
            expected: None,
            found: None,
            what,
            remedy,
        }
    }

    fn differs(self, expected: impl ToString, found: impl ToString) -> Self {
        Self {
            expected: Some(expected.to_string()),
            found: Some(found.to_string()),
            ..self
        }
    }
}

/// What checking found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LedgerCheck {
    /// Entries of the ledger looked at.
    pub entries: i64,
    /// Balances compared.
    pub balances: i64,
    /// Order lines compared.
    pub order_lines: i64,
    /// Listings compared.
    pub listings: i64,
    /// Pushes compared.
    pub pushes: i64,
    /// What does not hold, at most a hundred of each rule; empty when all is well.
    pub findings: Vec<Finding>,
}

impl LedgerCheck {
    /// Whether the books agree: findings that pass by themselves do not count.
    pub fn ok(&self) -> bool {
        !self.findings.iter().any(|finding| finding.broken)
    }

    /// The sentences of what is broken.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        let broken = self.findings.iter().filter(|finding| finding.broken);
        broken.map(|finding| finding.what.as_str())
    }
}

impl Tenant {
    /// Proves balances, reservations, exposures and references of this tenant, or says what breaks them.
    ///
    /// # Errors
    /// When the database cannot be asked; what cannot be *read* is a finding, as is a disagreement.
    pub async fn check_ledger(&self) -> Result<LedgerCheck, StoreError> {
        let mut check = LedgerCheck::default();
        self.count_checked(&mut check).await?;
        for rule in [
            Rule::Balance,
            Rule::Reservation,
            Rule::Cause,
            Rule::Exposure,
            Rule::Headroom,
            Rule::Push,
            Rule::Reference,
        ] {
            let mut tx = self.read().await?;
            let mut found = match self.findings_of(&mut tx, rule).await {
                Ok(found) => found,
                Err(error) => vec![unreadable(rule, error)?],
            };
            for finding in &mut found {
                finding.tenant = Some(self.id().to_string());
            }
            check.findings.append(&mut found);
        }
        Ok(check)
    }

    async fn findings_of(&self, tx: &mut Tx, rule: Rule) -> Result<Vec<Finding>, StoreError> {
        match rule {
            Rule::Pages | Rule::Chain | Rule::Balance => books::check(tx, self.key()).await,
            Rule::Reservation => orders::reservations(tx, self.key()).await,
            Rule::Cause => orders::causes(tx, self.key()).await,
            Rule::Exposure => offers::exposures(tx, self.key()).await,
            Rule::Headroom => offers::headroom(tx, self.key()).await,
            Rule::Push => offers::writes(tx, self.key()).await,
            Rule::Reference => orders::references(tx, self.key()).await,
        }
    }

    async fn count_checked(&self, check: &mut LedgerCheck) -> Result<(), StoreError> {
        let sql = "SELECT (SELECT COUNT(*) FROM stock_ledger WHERE tenant_id = $1), \
             (SELECT COUNT(*) FROM stock_balances WHERE tenant_id = $1), \
             (SELECT COUNT(*) FROM order_lines WHERE tenant_id = $1), \
             (SELECT COUNT(*) FROM listings WHERE tenant_id = $1), \
             (SELECT COUNT(*) FROM pushes WHERE tenant_id = $1)";
        let row = match self.read().await?.query_one(sql, &[self.key()]).await {
            Ok(row) => row,
            Err(error) => {
                check.findings.push(unreadable(Rule::Pages, error)?);
                return Ok(());
            }
        };
        (check.entries, check.balances) = (row.int(0)?, row.int(1)?);
        (check.order_lines, check.listings, check.pushes) = (row.int(2)?, row.int(3)?, row.int(4)?);
        Ok(())
    }
}

/// What to do when the database itself is damaged.
const RESTORE: &str = "stop the server, keep a copy of the database, check the disk and memory of this machine, and restore \
     the last backup; orders since then are imported again by themselves";

/// What cannot be read is a finding; that nobody answers is an error.
fn unreadable(rule: Rule, error: StoreError) -> Result<Finding, StoreError> {
    match error {
        StoreError::Corrupt { detail } | StoreError::Other { detail } => Ok(Finding::new(
            rule,
            format!("rows cannot be read: {detail}"),
            RESTORE,
        )),
        StoreError::Decode { .. } => Ok(Finding::new(
            rule,
            format!("a row cannot be read: {error}"),
            RESTORE,
        )),
        other => Err(other),
    }
}
