//! What lies in Amazon's warehouses (FBA): one walk for each marketplace, read only.
//!
//! The numbers of several marketplaces of one region may count the same goods, so they are never added up.

use serde::{Deserialize, Serialize};
use stockbridge_domain::channel::{
    ChannelError, Fault, Unreadable, WarehousePage, WarehouseSource, WarehouseStock, WarehouseUnits,
};
use stockbridge_domain::{BoxFut, Sku, Timestamp};

use super::api::Raw;
use super::client;
use super::error::clean;
use super::operations::INVENTORY_SUMMARIES;
use super::{AmazonConnection, wire};

/// Where a walk stands.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Walk {
    /// Which of the account's marketplaces.
    site: usize,
    /// Amazon's token in it, which lives thirty seconds.
    token: Option<String>,
}

fn contract(message: String) -> ChannelError {
    ChannelError::new(Fault::Contract, INVENTORY_SUMMARIES.name(), message)
}

impl WarehouseSource for AmazonConnection {
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<WarehousePage, ChannelError>> {
        Box::pin(async move {
            let walk: Walk = match cursor {
                None => Walk::default(),
                Some(text) => serde_json::from_str(text).map_err(|_| {
                    contract("the cursor is not one of this channel; start over without".into())
                })?,
            };
            let Some(site) = self.marketplaces.get(walk.site) else {
                return Ok(WarehousePage::default());
            };
            let asked = client::inventory_summaries(site, walk.token.as_deref());
            let answer = match self.api.ask(&asked).await {
                // A token that died on the way: the marketplace is walked anew, and what came twice counts once.
                Err(e) if e.fault == Fault::Rejected && walk.token.is_some() => {
                    self.api.ask(&client::inventory_summaries(site, None)).await?
                }
                other => other?,
            };
            let mut page = WarehousePage::default();
            for raw in answer.payload.iter().flat_map(|p| &p.inventory_summaries) {
                match stock(raw, site) {
                    Ok(stock) => page.stock.push(stock),
                    Err(reason) => page.unreadable.push(Unreadable {
                        id: serde_json::from_str::<wire::SellerSkuOnly>(raw.get())
                            .ok()
                            .and_then(|s| s.seller_sku),
                        reason,
                        raw: raw.get().to_owned(),
                    }),
                }
            }
            let token = answer
                .pagination
                .and_then(|p| p.next_token)
                .filter(|t| !t.is_empty());
            let site = if token.is_some() { walk.site } else { walk.site + 1 };
            if site < self.marketplaces.len() {
                let next = serde_json::to_string(&Walk { site, token });
                page.next = Some(next.map_err(|e| contract(format!("the cursor cannot be written: {e}")))?);
            }
            Ok(page)
        })
    }
}

fn stock(raw: &Raw, marketplace: &str) -> Result<WarehouseStock, String> {
    let read: wire::InventorySummary = serde_json::from_str(raw.get()).map_err(|e| clean(&e.to_string()))?;
    let changed_at = match read.last_updated_time.as_deref().filter(|t| !t.is_empty()) {
        None => None,
        Some(text) => Some(Timestamp::parse(text).map_err(|e| format!("`lastUpdatedTime`: {e}"))?),
    };
    Ok(WarehouseStock {
        sku: Sku::parse(&read.seller_sku).map_err(|e| format!("`sellerSku`: {e}"))?,
        marketplace: marketplace.to_owned(),
        channel_ref: read.asin,
        label: read.fn_sku,
        title: read.product_name.unwrap_or_default(),
        condition: read.condition,
        units: units(read.inventory_details.unwrap_or_default(), read.total_quantity)?,
        changed_at,
    })
}

/// The breakdown. A number below zero or beyond all warehouses is no number of units.
fn units(details: wire::InventoryDetails, total: Option<i64>) -> Result<WarehouseUnits, String> {
    const MOST: i64 = 1_000_000_000;
    let count = |name: &str, number: Option<i64>| match number.unwrap_or(0) {
        n if (0..=MOST).contains(&n) => Ok(n),
        n => Err(format!("`{name}`: {n} is no number of units")),
    };
    let reserved = details.reserved_quantity.unwrap_or_default();
    let bad = details.unfulfillable_quantity.unwrap_or_default();
    let researching = details.researching_quantity.unwrap_or_default();
    let mut units = WarehouseUnits {
        sellable: count("fulfillableQuantity", details.fulfillable_quantity)?,
        inbound_working: count("inboundWorkingQuantity", details.inbound_working_quantity)?,
        inbound_shipped: count("inboundShippedQuantity", details.inbound_shipped_quantity)?,
        inbound_receiving: count("inboundReceivingQuantity", details.inbound_receiving_quantity)?,
        reserved_orders: count(
            "pendingCustomerOrderQuantity",
            reserved.pending_customer_order_quantity,
        )?,
        reserved_transfer: count(
            "pendingTransshipmentQuantity",
            reserved.pending_transshipment_quantity,
        )?,
        reserved_processing: count("fcProcessingQuantity", reserved.fc_processing_quantity)?,
        researching: count("totalResearchingQuantity", researching.total_researching_quantity)?,
        damaged_by_buyer: count("customerDamagedQuantity", bad.customer_damaged_quantity)?,
        damaged_in_warehouse: count("warehouseDamagedQuantity", bad.warehouse_damaged_quantity)?,
        damaged_by_supplier: count("distributorDamagedQuantity", bad.distributor_damaged_quantity)?,
        damaged_by_carrier: count("carrierDamagedQuantity", bad.carrier_damaged_quantity)?,
        defective: count("defectiveQuantity", bad.defective_quantity)?,
        expired: count("expiredQuantity", bad.expired_quantity)?,
        unfulfillable: count("totalUnfulfillableQuantity", bad.total_unfulfillable_quantity)?,
        total: count("totalQuantity", total)?,
    };
    let named = units.damaged_by_buyer
        + units.damaged_in_warehouse
        + units.damaged_by_supplier
        + units.damaged_by_carrier
        + units.defective
        + units.expired;
    units.unfulfillable = units.unfulfillable.max(named);
    Ok(units)
}
