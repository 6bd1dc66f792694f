//! Goods of the seller's in a channel's own warehouse: read only, never the hub's to sell.

use serde::{Deserialize, Serialize};

use super::exchange::Unreadable;
use super::fault::ChannelError;
use crate::{BoxFut, Sku, Timestamp};

/// Units of one SKU in a channel's warehouse, by what they are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WarehouseUnits {
    /// Can be sold and shipped now.
    pub sellable: i64,
    /// Announced and not on their way yet.
    pub inbound_working: i64,
    /// On their way.
    pub inbound_shipped: i64,
    /// Arrived and being taken in.
    pub inbound_receiving: i64,
    /// Set aside for buyers' orders.
    pub reserved_orders: i64,
    /// Moving between the channel's warehouses.
    pub reserved_transfer: i64,
    /// Being worked on in a warehouse.
    pub reserved_processing: i64,
    /// Being looked for.
    pub researching: i64,
    /// Damaged by a buyer.
    pub damaged_by_buyer: i64,
    /// Damaged in the warehouse.
    pub damaged_in_warehouse: i64,
    /// Damaged before they came.
    pub damaged_by_supplier: i64,
    /// Damaged on their way.
    pub damaged_by_carrier: i64,
    /// Do not work.
    pub defective: i64,
    /// Past their date.
    pub expired: i64,
    /// Cannot be sold, for whatever reason; at least the six above.
    pub unfulfillable: i64,
    /// All of them, as the channel counts.
    pub total: i64,
}

impl WarehouseUnits {
    /// On their way in, however far.
    pub const fn inbound(&self) -> i64 {
        self.inbound_working + self.inbound_shipped + self.inbound_receiving
    }

    /// There, and set aside.
    pub const fn reserved(&self) -> i64 {
        self.reserved_orders + self.reserved_transfer + self.reserved_processing
    }

    /// Adds another SKU's units.
    pub fn add(&mut self, other: &Self) {
        let pairs: [(&mut i64, i64); 16] = [
            (&mut self.sellable, other.sellable),
            (&mut self.inbound_working, other.inbound_working),
            (&mut self.inbound_shipped, other.inbound_shipped),
            (&mut self.inbound_receiving, other.inbound_receiving),
            (&mut self.reserved_orders, other.reserved_orders),
            (&mut self.reserved_transfer, other.reserved_transfer),
            (&mut self.reserved_processing, other.reserved_processing),
            (&mut self.researching, other.researching),
            (&mut self.damaged_by_buyer, other.damaged_by_buyer),
            (&mut self.damaged_in_warehouse, other.damaged_in_warehouse),
            (&mut self.damaged_by_supplier, other.damaged_by_supplier),
            (&mut self.damaged_by_carrier, other.damaged_by_carrier),
            (&mut self.defective, other.defective),
            (&mut self.expired, other.expired),
            (&mut self.unfulfillable, other.unfulfillable),
            (&mut self.total, other.total),
        ];
        for (sum, more) in pairs {
            *sum = sum.saturating_add(more);
        }
    }
}

/// What lies of one SKU in a channel's warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarehouseStock {
    /// The seller's SKU on the channel.
    pub sku: Sku,
    /// The marketplace the channel counts it for.
    pub marketplace: String,
    /// The channel's product id.
    pub channel_ref: Option<String>,
    /// The channel's own label on the goods.
    pub label: Option<String>,
    /// Title.
    pub title: String,
    /// In which condition, in the channel's words.
    pub condition: Option<String>,
    /// How many.
    pub units: WarehouseUnits,
    /// When the channel last changed them.
    pub changed_at: Option<Timestamp>,
}

/// One page of what lies in a channel's warehouse.
#[derive(Debug, Clone, Default)]
pub struct WarehousePage {
    /// What could be read.
    pub stock: Vec<WarehouseStock>,
    /// What could not.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<String>,
}

/// Reads what lies in the channel's own warehouse.
pub trait WarehouseSource: Send + Sync {
    /// One page of everything, marketplace by marketplace; `cursor` is the former page's `next`.
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<WarehousePage, ChannelError>>;
}

/// How long what is sold lasts, looked at over so many days.
pub const COVER_DAYS: i64 = 30;
/// Below so many days what sells is going to run out before more can come.
const LOW_DAYS: i64 = 14;
/// Above so many days too much lies there.
const MUCH_DAYS: i64 = 180;

/// How it stands with one SKU in a channel's warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarehouseHealth {
    /// It sells, and nothing can be sold.
    Out,
    /// It runs out soon.
    Low,
    /// Neither too little nor too much.
    Good,
    /// It lasts longer than half a year.
    Excess,
    /// Nothing was sold lately.
    Still,
    /// Nothing is there and nothing sells.
    Empty,
}

/// Days until what can be sold is gone at the pace of the last [`COVER_DAYS`] days, of which `sold` were sold; `None` when
/// nothing was.
pub fn days_of_cover(units: &WarehouseUnits, sold: i64) -> Option<i64> {
    (sold > 0).then(|| units.sellable.max(0).saturating_mul(COVER_DAYS) / sold)
}

/// How it stands with units of which `sold` were sold in the last [`COVER_DAYS`] days.
pub fn warehouse_health(units: &WarehouseUnits, sold: i64) -> WarehouseHealth {
    match days_of_cover(units, sold) {
        Some(_) if units.sellable <= 0 => WarehouseHealth::Out,
        Some(days) if days < LOW_DAYS => WarehouseHealth::Low,
        Some(days) if days > MUCH_DAYS => WarehouseHealth::Excess,
        Some(_) => WarehouseHealth::Good,
        None if units.total <= 0 => WarehouseHealth::Empty,
        None => WarehouseHealth::Still,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cover_follows_the_pace() {
        let of = |sellable, sold| {
            let units = WarehouseUnits {
                sellable,
                total: sellable,
                ..WarehouseUnits::default()
            };
            (days_of_cover(&units, sold), warehouse_health(&units, sold))
        };
        assert_eq!(of(60, 60), (Some(30), WarehouseHealth::Good));
        assert_eq!(of(10, 60), (Some(5), WarehouseHealth::Low));
        assert_eq!(of(0, 3), (Some(0), WarehouseHealth::Out));
        assert_eq!(of(500, 10), (Some(1500), WarehouseHealth::Excess));
        assert_eq!(of(5, 0), (None, WarehouseHealth::Still));
        assert_eq!(of(0, 0), (None, WarehouseHealth::Empty));
        assert_eq!(of(i64::MAX, 1).1, WarehouseHealth::Excess);
    }
}
