//! The engine: use cases shared by API, dashboard and command line, and the work that keeps every channel in step.
//!
//! It knows the port traits of the domain and the store, and no channel by name. Start at [`Hub`] for what people ask
//! for, at [`Worker`] for what happens by itself, and at [`job`] for one file per kind of work.

mod abilities;
mod accounts;
mod books;
mod caller;
mod cancellations;
mod care;
mod catalog;
mod chain;
mod channel_locations;
mod conflicts;
mod connections;
mod consents;
mod explain;
mod hub;
mod imports;
mod inbox;
mod intake;
pub mod job;
mod keeper;
mod kits;
mod links;
mod locations;
mod mailboxes;
mod mapping;
mod moves;
mod notices;
mod orders;
mod pacer;
mod papers;
mod people;
mod policies;
mod prices;
mod promise;
mod pulls;
mod receipts;
mod refunds;
mod renewals;
mod reports;
mod sales_and_rates;
mod sheet;
mod stock;
mod syncs;
mod upkeep;
mod worker;

pub use abilities::Abilities;
pub use accounts::{AccountPatch, ConnectRequest};
pub use books::BooksState;
pub use caller::{Caller, Refusal};
pub use cancellations::CancelRequest;
pub use catalog::{NewProductRequest, ProductChange};
pub use chain::{Chain, ExplainField, Link, LinkKind};
pub use channel_locations::{ChannelLocation, LocationFeeds};
pub use conflicts::{ResolveOutcome, StrategyChange};
pub use consents::ConsentAddress;
pub use explain::{Explanation, ListingExplanation, hold_in_words};
pub use hub::{Hub, HubSettings};
pub use imports::{ImportOptions, ImportReport, PRODUCT_COLUMNS, RowProblem};
pub use inbox::{MailboxState, WebhookState};
pub use intake::{NotTaken, Taken, WebhookDoor};
pub use locations::{LocationChange, LocationRequest};
pub use mailboxes::Emptied;
pub use mapping::{QueueEntry, Suggestion};
pub use moves::{
    ArrivalRequest, CountRequest, CountedRequest, DeliveryRequest, ReturnLineRequest, TransferRequest,
    UnitsOf,
};
pub use orders::{OwnOrderLine, OwnOrderRequest, Parcel, ParcelLineRequest};
pub use papers::PapersRequest;
pub use people::SignedIn;
pub use policies::{PolicyChange, PolicyPatch, PreviewRequest};
pub use prices::{ProductPricePatch, ProductPrices};
pub use promise::{PromiseBucket, PromiseRow};
pub use receipts::ReceiveRequest;
pub use refunds::RefundRequest;
pub use renewals::{AccountTerm, Replaced};
pub use reports::{ReportRequest, ReportRow, ReportRows};
pub use sales_and_rates::NewSale;
pub use sheet::{MAX_FILE, MAX_ROWS};
pub use stock::Adjustment;
pub use upkeep::Upkeep;
pub use worker::{Step, Worker, WorkerOptions};
