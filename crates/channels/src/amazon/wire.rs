//! Amazon's JSON, only the fields used. Enumerations stay text: an unknown word must not make the rest unreadable.

use serde::Deserialize;

use super::api::Raw;
use super::decimal::Decimal;

/// Answer of `getMarketplaceParticipations`.
#[derive(Debug, Deserialize)]
pub(super) struct Participations {
    pub(super) payload: Vec<Participation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Participation {
    pub(super) marketplace: MarketplaceRef,
    pub(super) participation: Standing,
    pub(super) store_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MarketplaceRef {
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Standing {
    pub(super) is_participating: bool,
    pub(super) has_suspended_listings: bool,
}

/// The pagination object of orders and listings.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pagination {
    pub(super) next_token: Option<String>,
}

/// Answer of `searchOrders`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrdersPage {
    pub(super) orders: Vec<Raw>,
    pub(super) pagination: Option<Pagination>,
    pub(super) last_updated_before: Option<String>,
    pub(super) created_before: Option<String>,
}

/// Answer of `getOrder`.
#[derive(Debug, Deserialize)]
pub(super) struct OneOrder {
    pub(super) order: Raw,
}

/// The id alone, for orders of which nothing else can be read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderIdOnly {
    pub(super) order_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) order_id: String,
    pub(super) created_time: String,
    pub(super) last_updated_time: String,
    pub(super) sales_channel: SalesChannel,
    pub(super) proceeds: Option<OrderProceeds>,
    pub(super) fulfillment: Option<OrderFulfillment>,
    pub(super) order_items: Vec<OrderItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SalesChannel {
    pub(super) channel_name: String,
    pub(super) marketplace_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderProceeds {
    pub(super) grand_total: Option<Amount>,
}

/// Money; the amount is a decimal, written as a text or a number.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Amount {
    pub(super) amount: Decimal,
    pub(super) currency_code: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderFulfillment {
    pub(super) fulfillment_status: String,
    pub(super) fulfilled_by: Option<String>,
    pub(super) ship_by_window: Option<Window>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Window {
    pub(super) latest_date_time: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderItem {
    pub(super) order_item_id: String,
    pub(super) quantity_ordered: i64,
    pub(super) product: Product,
    pub(super) proceeds: Option<ItemProceeds>,
    pub(super) cancellation: Option<Cancellation>,
    pub(super) fulfillment: Option<ItemFulfillment>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Product {
    pub(super) title: Option<String>,
    pub(super) seller_sku: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ItemProceeds {
    #[serde(default)]
    pub(super) breakdowns: Vec<Breakdown>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Breakdown {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) subtotal: Amount,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cancellation {
    /// Present once the cancellation was carried out; its content is not used.
    pub(super) cancellation_execution: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ItemFulfillment {
    pub(super) quantity_fulfilled: Option<i64>,
    pub(super) quantity_unfulfilled: Option<i64>,
}

/// Answer of `searchListingsItems`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListingsPage {
    pub(super) number_of_results: u64,
    pub(super) pagination: Option<Pagination>,
    pub(super) items: Vec<Raw>,
}

/// The SKU alone, for listings of which nothing else can be read.
#[derive(Debug, Deserialize)]
pub(super) struct SkuOnly {
    pub(super) sku: Option<String>,
}

/// Answer of `getListingsItem`, and each item of a search.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) sku: String,
    #[serde(default)]
    pub(super) summaries: Vec<Summary>,
    #[serde(default)]
    pub(super) issues: Vec<Issue>,
    #[serde(default)]
    pub(super) offers: Vec<Offer>,
    pub(super) fulfillment_availability: Option<Vec<Availability>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    pub(super) marketplace_id: String,
    pub(super) asin: Option<String>,
    pub(super) product_type: Option<String>,
    #[serde(default)]
    pub(super) status: Vec<String>,
    pub(super) fn_sku: Option<String>,
    pub(super) item_name: Option<String>,
    pub(super) created_date: Option<String>,
    pub(super) main_image: Option<Image>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Image {
    pub(super) link: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) message: String,
    pub(super) severity: String,
    pub(super) enforcements: Option<Enforcements>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Enforcements {
    #[serde(default)]
    pub(super) actions: Vec<Action>,
    pub(super) exemption: Option<Exemption>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Action {
    pub(super) action: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Exemption {
    pub(super) status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Offer {
    pub(super) marketplace_id: String,
    pub(super) offer_type: String,
    pub(super) price: Amount,
    pub(super) audience: Option<Audience>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Audience {
    pub(super) value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Availability {
    pub(super) fulfillment_channel_code: String,
    pub(super) quantity: Option<i64>,
}

/// Answer of `patchListingsItem`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Submission {
    pub(super) status: String,
    pub(super) submission_id: String,
    #[serde(default)]
    pub(super) issues: Vec<Issue>,
}
