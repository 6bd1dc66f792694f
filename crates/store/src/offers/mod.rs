//! Offers: from dirty products to what each listing is to show, and what became of it.
//!
//! Everything here happens under the locks of the products concerned, so that no two processes can promise the same
//! unit. The decisions themselves are the domain's (`exposure::plan`); this module loads what they need, carries them
//! out in the rows, and marks products dirty again when something moved.
//!
//! The way of one change: [`TenantTx::plan_dirty`] (what is due) → [`TenantTx::begin_writes`] (record before the first
//! byte leaves) → [`TenantTx::finish_writes`] (the answer) → [`TenantTx::apply_readings`] (what is really shown) →
//! [`TenantTx::settle`] (the bound becomes exact).

mod bulk;
mod closing;
mod dirty;
pub(crate) mod guarded;
mod history;
mod kits;
mod locking;
mod nudged;
mod places;
mod planning;
mod prices;
mod reading;
mod sharing;
mod unread;
mod writing;

use std::collections::HashMap;

use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{Timing, WriteMode};
use stockbridge_domain::places::PlaceMap;

pub use bulk::{BulkItem, BulkRecord, BulkStage};
pub use closing::{Answer, WriteAnswer};
pub use history::{OfferRecord, OpenLine, PushRecord, PushTimes};
pub(crate) use kits::allotment;
pub(crate) use places::{find_room, spread, within_room};
pub(crate) use planning::PlannedListing;
pub use planning::{PlanOutcome, due_priority};
pub use prices::{OutgoingPrice, PriceAnswer};
pub use reading::{Reading, SettleNotice, Unsettled};
pub(crate) use sharing::Sharing;
pub use writing::Outgoing;

/// What planning needs to know of an account; the engine knows it from the channel's descriptor and the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferAccount {
    /// How late its channel may be.
    pub timing: Timing,
    /// How it takes quantities.
    pub mode: WriteMode,
    /// Which of its locations each of the hub's feeds.
    pub places: PlaceMap,
    /// Whether quantities can be written now.
    pub writable: bool,
    /// False for a channel inside the hub, which sells from what no remote channel can.
    pub remote: bool,
}

/// All accounts of a tenant that take part in sharing out stock.
pub type OfferAccounts = HashMap<AccountId, OfferAccount>;
