//! The ledger check: proves from the database alone that the books agree, or says where they do not.
//!
//! Each rule reads its rows once, in the order in which they lie on the disk, and keeps nothing but sums by product, so
//! memory does not grow with the ledger; what a rule finds is then traced to the entry, order line or listing it comes
//! from. A rule reads one snapshot, so a server may run meanwhile, and rules are looked at at the same time.
//!
//! What cannot be proved is what no other row repeats: the text of a note, who made an entry, and when.

mod books;
mod fold;
mod kept;
mod offers;
mod orders;
mod pages;
mod run;
mod trace;

use std::borrow::Cow;

pub use kept::CheckRecord;
use serde::{Deserialize, Serialize};
use stockbridge_domain::TenantId;

use crate::db::{Scope, Tx, Value};
use crate::{StoreError, System, Tenant};

/// Findings listed of one rule; there may be more.
const MOST: i64 = 100;

/// What has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    pub remedy: Cow<'static, str>,
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
            remedy: Cow::Borrowed(remedy),
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

/// What checking a whole database found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatabaseCheck {
    /// What the database says of its own pages.
    pub pages: Vec<Finding>,
    /// Each tenant's books, in the order asked for.
    pub books: Vec<LedgerCheck>,
}

impl Tenant {
    /// Proves balances, reservations, exposures and references of this tenant, or says what breaks them.
    ///
    /// # Errors
    /// When the database cannot be asked; what cannot be *read* is a finding, as is a disagreement.
    pub async fn check_ledger(&self) -> Result<LedgerCheck, StoreError> {
        let tasks = RULES.iter().map(|rule| (0, Task::Rule(self.clone(), *rule)));
        let check = run::all(self.store(), tasks.collect(), 1, BESIDE_WORK).await?;
        Ok(check.books.into_iter().next().unwrap_or_default())
    }
}

impl System {
    /// Checks the books of these tenants and, if `pages` says so, the database's own pages (SQLite; a PostgreSQL server
    /// checks its own), as much at a time as the machine allows. Damage is a finding.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn check(&self, tenants: &[TenantId], pages: bool) -> Result<DatabaseCheck, StoreError> {
        let mut tasks = Vec::new();
        if pages {
            let tables = pages::tables(&mut self.read().await?).await?;
            tasks.extend(
                tables
                    .into_iter()
                    .map(|table| (0, Task::Pages(self.clone(), table))),
            );
        }
        let large = tasks.len().min(1);
        for (index, id) in tenants.iter().enumerate() {
            let tenant = self.store().tenant(*id);
            let rules = RULES
                .iter()
                .map(|rule| (index, Task::Rule(tenant.clone(), *rule)));
            // After the largest table, before the small ones: what takes long is not to be begun last.
            tasks.splice(large..large, rules.rev());
        }
        run::all(self.store(), tasks, tenants.len(), ALONE).await
    }

    /// The database's own pages alone.
    ///
    /// # Errors
    /// As [`System::check`].
    pub async fn check_pages(&self) -> Result<Vec<Finding>, StoreError> {
        Ok(self.check(&[], true).await?.pages)
    }
}

/// Every rule that is looked at by itself, those that take longest first. Chains are proved with the balances, impossible
/// lines with the references of lines.
const RULES: &[Rule] = &[
    Rule::Balance,
    Rule::Cause,
    Rule::Reference,
    Rule::Reservation,
    Rule::Exposure,
    Rule::Headroom,
    Rule::Push,
];

/// Looked at at a time while a server does its work.
const BESIDE_WORK: usize = 2;
/// Looked at at a time when there is nothing else to do.
const ALONE: usize = 4;

/// Something that is looked at by itself, in one snapshot.
#[derive(Debug, Clone)]
enum Task {
    /// The pages of a table.
    Pages(System, String),
    /// A rule.
    Rule(Tenant, Rule),
}

/// What a task found, and what it counted on the way.
#[derive(Debug, Default)]
struct Found {
    findings: Vec<Finding>,
    counts: Counts,
}

/// How much was looked at: entries, balances, order lines, listings, pushes.
type Counts = [i64; 5];

impl Task {
    async fn run(&self) -> Result<Found, StoreError> {
        match self {
            Self::Pages(system, table) => {
                let mut tx = system.store().db().read_much(Scope::System).await?;
                Ok(Found {
                    findings: pages::check(&mut tx, table).await?,
                    counts: Counts::default(),
                })
            }
            Self::Rule(tenant, rule) => {
                let mut tx = tenant.read_much().await?;
                let mut found = match findings_of(&mut tx, tenant.key(), *rule).await {
                    Ok(found) => found,
                    Err(error) => Found {
                        findings: vec![unreadable(*rule, error)?],
                        counts: Counts::default(),
                    },
                };
                for finding in &mut found.findings {
                    finding.tenant = Some(tenant.id().to_string());
                }
                Ok(found)
            }
        }
    }
}

async fn findings_of(tx: &mut Tx, tenant: Value, rule: Rule) -> Result<Found, StoreError> {
    let count = async |tx: &mut Tx, table: &str| {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE tenant_id = $1");
        tx.query_one(&sql, std::slice::from_ref(&tenant)).await?.int(0)
    };
    let mut counts = Counts::default();
    let findings = match rule {
        Rule::Pages | Rule::Chain | Rule::Balance => {
            let (findings, [balances, entries]) = books::check(tx, tenant).await?;
            (counts[0], counts[1]) = (entries, balances);
            findings
        }
        Rule::Reservation => {
            counts[2] = count(tx, "order_lines").await?;
            orders::reservations(tx, tenant).await?
        }
        Rule::Cause => orders::causes(tx, tenant).await?,
        Rule::Exposure => {
            counts[3] = count(tx, "listings").await?;
            offers::exposures(tx, tenant).await?
        }
        Rule::Headroom => offers::headroom(tx, tenant).await?,
        Rule::Push => {
            counts[4] = count(tx, "pushes").await?;
            offers::writes(tx, tenant).await?
        }
        Rule::Reference => {
            let mut findings = orders::lines(tx, tenant.clone()).await?;
            findings.extend(orders::references(tx, tenant).await?);
            findings
        }
    };
    Ok(Found { findings, counts })
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
