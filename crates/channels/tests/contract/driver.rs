//! What a channel brings along to take part: itself, a draft that connects, and its simulated platform.

use std::sync::Arc;

use stockbridge_domain::channel::{AccountDraft, Capability, Channel as Connector};
use stockbridge_sim::Platform;

/// What every platform has for sale at the beginning.
pub const STOCK: [(&str, u32); 3] = [("BOWL", 7), ("MUG-BLUE", 25), ("MUG-RED", 3)];
/// The one that has a barcode, and which.
pub const CODED: (&str, &str) = ("MUG-RED", "4006381333931");
/// Most orders and listings of one page, so that few of them already need several.
pub const PAGE: usize = 2;
/// When every scenario begins.
pub const START: &str = "2026-11-21T06:00:00Z";

/// A channel beside a fresh platform in stepped time, which has [`STOCK`] for sale, [`PAGE`] things on a page and shows
/// everything as late as it usually does.
pub struct Setup {
    /// The channel.
    pub channel: Arc<dyn Connector>,
    /// Connects to the platform.
    pub draft: AccountDraft,
    /// The platform.
    pub platform: Arc<dyn Platform>,
    /// What it tells of listings besides the quantity.
    pub tells: Tells,
}

/// What a channel tells of its listings.
#[derive(Debug, Clone, Copy)]
pub struct Tells {
    /// What they are called.
    pub titles: bool,
    /// Their barcodes.
    pub barcodes: bool,
}

/// The barcode of one of [`STOCK`]; empty for those without.
pub fn barcode(sku: &str) -> String {
    let (coded, code) = CODED;
    if sku == coded {
        code.to_owned()
    } else {
        String::new()
    }
}

/// A line of the list of channels.
pub struct Channel {
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it was verified against besides its simulated platform.
    pub verified: &'static str,
    /// What scenarios ask for and it cannot do, and why.
    pub cannot: &'static [(Capability, &'static str)],
    /// Builds it.
    pub build: fn() -> Setup,
}
