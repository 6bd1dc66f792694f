//! Locations: where stock lies, in the order in which orders are served.

use serde::Serialize;

use super::moves::TransferRow;

/// The locations.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LocationsPage {
    /// The seller's own.
    pub rows: Vec<LocationRow>,
    /// Transfers on their way.
    pub in_transit: Vec<TransferRow>,
    /// The channels' own.
    pub warehouses: Vec<WarehouseRow>,
}

/// One location of the seller's.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LocationRow {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Goods are entered here when nothing else is said.
    pub is_default: bool,
    /// Its units are offered.
    pub sellable: bool,
    /// Orders are served from the lowest first.
    pub rank: i64,
    /// It takes part.
    pub open: bool,
}

/// A channel's own warehouse.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WarehouseRow {
    /// The account.
    pub account: String,
    /// Listings shipped from there.
    pub listings: String,
    /// Units there, when the channel said.
    pub units: Option<String>,
}

#[cfg(test)]
impl LocationsPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, three};
        let row = |name: &str, rank, sellable, open| LocationRow {
            id: "loc_1".into(),
            name: name.into(),
            is_default: rank == 0,
            sellable,
            rank,
            open,
        };
        let empty = Self {
            rows: vec![row("Main", 0, true, true)],
            in_transit: vec![],
            warehouses: vec![],
        };
        let typical = Self {
            rows: vec![
                row("Main", 0, true, true),
                row("Shop, Kothrud", 10, true, true),
                row("Repairs", 900, false, true),
                row("Old yard", 950, true, false),
            ],
            in_transit: super::moves::TransfersPage::samples()[1].1.rows.clone(),
            warehouses: vec![WarehouseRow {
                account: "Nordlicht IN".into(),
                listings: "12".into(),
                units: None,
            }],
        };
        let mut extreme = typical.clone();
        for n in 0..98 {
            extreme.rows.push(row(HOSTILE, n, n % 2 == 0, n % 3 == 0));
        }
        extreme.warehouses.push(WarehouseRow {
            account: HOSTILE.into(),
            listings: "1,000,000".into(),
            units: Some("99,999,999".into()),
        });
        three(empty, typical, extreme)
    }
}
