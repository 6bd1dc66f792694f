//! Stockbridge's memory: the only crate that speaks SQL.
//!
//! [`Store`] opens the database, [`Tenant`] is the only door to business tables, [`System`] is work across tenants.
//! `db` hides which database is in use; everything else is written once on top of it, one file per table.

mod accounts;
mod aftersales;
mod alerts;
mod audit;
mod budgets;
mod catalog;
mod catalog_row;
mod catalog_write;
mod check;
mod columns;
mod conflicts;
mod consents;
mod counts;
mod db;
mod error;
mod filter;
mod finance;
mod handle;
mod idempotency;
mod import;
mod inbox;
mod kits;
mod lanes;
mod listings;
mod listings_import;
mod listings_row;
mod locations;
mod mapping;
mod mapping_auto;
mod mapping_queue;
mod migrate;
mod offers;
mod orders;
mod overview;
mod page;
mod parcels;
mod people;
mod policies;
mod pricing;
mod promise;
mod quarantine;
mod queue;
mod reports;
mod retention;
mod returns;
mod runs;
mod sales;
mod schedules;
mod settlements;
mod shipments;
mod stock;
mod stock_book;
mod stock_reads;
mod tenants;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;
mod tokens;
mod transfers;
mod unpaid;
mod vault;
mod warehouse;

pub use accounts::{
    AccountChange, AccountCheck, AccountHealth, AccountRecord, AccountStatus, ConnectError, MailboxRecord,
    NewAccount, RefusedRequest, SubscriptionRecord, TermRecord,
};
pub use aftersales::{
    AfterSales, ArrivedReturn, Ask, AskNote, Asked, CancelError, CancellationRecord, ChannelReturnFilter,
    ChannelReturnLine, ChannelReturnRecord, DueOrder, NewCancellation, NewParcel, NewReceipt, NewRefund,
    PackedLine, PaperRecord, PapersError, ParcelRecord, ReceiptError, RefundError, RefundRecord,
    RefundedLine, ReturnsOutcome,
};
pub use alerts::{AlertCounts, AlertFilter, AlertRecord, AlertState, NewAlert, Raised, Severity};
pub use audit::{AuditRecord, NewAudit};
pub use budgets::BudgetRecord;
pub use catalog::{CreatedProducts, NewProduct, ProductError};
pub use check::{CheckRecord, DatabaseCheck, Finding, LedgerCheck, Rule};
pub use conflicts::{
    ConflictCounts, ConflictEvent, ConflictFilter, ConflictRecord, ResolveError, StrategyRecord, Winner,
    limit_problems,
};
pub use consents::{NewConsent, TakenConsent};
pub use counts::{CountError, CountLine, CountRecord, Counted};
pub use db::{Db, DbConfig};
pub use error::{ConstraintKind, StoreError};
pub use finance::{MoneyFilter, MoneyRecord, MoneySum};
pub use handle::{Database, Store, StoreConfig, System, Tenant, TenantTx};
pub use idempotency::Idempotency;
pub use import::{ImportAccount, ImportOutcome, Notice};
pub use inbox::{InboxFilter, InboxRecord, InboxState, NewEvent, Worked};
pub use kits::{KitError, KitPart};
pub use lanes::{Found, LaneRecord, Lease};
pub use listings::{ListingCounts, ListingFilter, ListingPlace, ListingRecord, MappedBy};
pub use listings_import::ListingsOutcome;
pub use locations::{ChannelWarehouse, LocationError, LocationPatch, LocationRecord, NewLocation};
pub use mapping::{MAX_UNITS, MapError};
pub use mapping_auto::AutoMapped;
pub use mapping_queue::{QueueFilter, UnmappedListing, WaitingLine};
pub use offers::{
    Answer, BulkItem, BulkRecord, BulkStage, OfferAccount, OfferAccounts, OfferRecord, OpenLine, Outgoing,
    OutgoingPrice, PlanOutcome, PriceAnswer, PushRecord, PushTimes, Reading, SettleNotice, Unsettled,
    WriteAnswer, due_priority,
};
pub use orders::{OrderDetail, OrderFilter, OrderLineRecord, OrderRecord};
pub use overview::{AccountFigures, Latency, Overview};
pub use page::{Page, PageQuery};
pub use parcels::{ParcelError, Shipped};
pub use people::{NewSession, SessionRecord, UserRecord};
pub use policies::{
    Offered, PolicyContradiction, PolicyDraft, PolicyError, PolicyRecord, PolicyScope, PreviewRow,
    PreviewWanted,
};
pub use pricing::{
    Approved, HeldCount, HeldPrice, Hypothesis, PriceFilter, PricePlan, PricePreview, PriceSettings,
    ProductCosts, RateRecord, RuleRecord, SaleError,
};
pub use promise::PromiseRecord;
pub use quarantine::QuarantineRecord;
pub use queue::{Enqueued, Finish, Job, JobFilter, JobRecord, JobState, NewJob, QueueCounts};
pub use reports::{NewReport, ReportFileFacts, ReportFilter, ReportNote, ReportPart, ReportRecord};
pub use returns::{Delivery, NewReturn, ReturnError, ReturnRecord, ReturnedLine};
pub use runs::{RunProgress, RunRecord, RunState};
pub use sales::{OwnLine, OwnOrder, Shortage};
pub use schedules::{DueSchedule, ScheduleRecord};
pub use settlements::{SettlementFilter, SettlementRecord};
pub use shipments::{NewShipment, ShipmentLine, ShipmentRecord};
pub use stock::{Amount, Cause, EntryError, LedgerRecord, ManualEntry};
pub use stock_book::BelowZero;
pub use stock_reads::{ComponentStock, StockAt, StockRecord};
pub use tenants::{TenantError, TenantRecord};
pub use tokens::TokenRecord;
pub use transfers::{Arrival, NewTransfer, TransferError, TransferLine, TransferRecord};
pub use unpaid::Payment;
pub use vault::MasterKey;
pub use warehouse::{WarehouseFilter, WarehousePlace, WarehouseRecord};
