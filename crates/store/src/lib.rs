//! Stockbridge's memory: the only crate that speaks SQL.
//!
//! [`Store`] opens the database, [`Tenant`] is the only door to business tables, [`System`] is work across tenants.
//! `db` hides which database is in use; everything else is written once on top of it, one file per table.
#![expect(dead_code, reason = "the rest of the tables' files are its users")]

mod accounts;
mod alerts;
mod budgets;
mod catalog;
mod columns;
mod db;
mod error;
mod filter;
mod handle;
mod import;
mod lanes;
mod listings_row;
mod mapping;
mod migrate;
mod offers;
mod page;
mod people;
mod policies;
mod queue;
mod runs;
mod sales;
mod schedules;
mod stock;
mod tenants;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;
mod tokens;
mod vault;

pub use accounts::{AccountChange, AccountRecord, AccountStatus, ConnectError, NewAccount};
pub use alerts::{AlertCounts, AlertFilter, AlertRecord, AlertState, NewAlert, Raised, Severity};
pub use budgets::BudgetRecord;
pub use catalog::{CreatedProducts, LocationRecord, NewProduct, ProductError};
pub use db::{Db, DbConfig};
pub use error::{ConstraintKind, StoreError};
pub use handle::{Database, Store, StoreConfig, System, Tenant, TenantTx};
pub use import::{ImportAccount, ImportOutcome, Notice};
pub use lanes::{LaneRecord, Lease};
pub use mapping::MapError;
pub use offers::{
    Answer, OfferAccount, OfferAccounts, Outgoing, PlanOutcome, Reading, SettleNotice, Unsettled,
    WriteAnswer, due_priority,
};
pub use page::{Page, PageQuery};
pub use people::{NewSession, SessionRecord, UserRecord};
pub use policies::{Policy, PolicyError};
pub use queue::{Enqueued, Finish, Job, JobFilter, JobRecord, JobState, NewJob, QueueCounts};
pub use runs::{RunProgress, RunRecord, RunState};
pub use sales::{OwnLine, OwnOrder, ParcelError, Shipped, Shortage};
pub use schedules::{DueSchedule, ScheduleRecord};
pub use stock::{Amount, Cause, LedgerCheck, LedgerRecord, ManualEntry, StockRecord};
pub use tenants::{TenantError, TenantRecord};
pub use tokens::TokenRecord;
pub use vault::MasterKey;
