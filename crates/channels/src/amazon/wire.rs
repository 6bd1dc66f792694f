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

/// Answer of `getInventorySummaries`.
#[derive(Debug, Deserialize)]
pub(super) struct InventoryAnswer {
    pub(super) payload: Option<InventorySummaries>,
    pub(super) pagination: Option<Pagination>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InventorySummaries {
    pub(super) inventory_summaries: Vec<Raw>,
}

/// The SKU alone, for stock of which nothing else can be read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SellerSkuOnly {
    pub(super) seller_sku: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InventorySummary {
    pub(super) asin: Option<String>,
    pub(super) fn_sku: Option<String>,
    pub(super) seller_sku: String,
    pub(super) condition: Option<String>,
    pub(super) inventory_details: Option<InventoryDetails>,
    pub(super) last_updated_time: Option<String>,
    pub(super) product_name: Option<String>,
    pub(super) total_quantity: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct InventoryDetails {
    pub(super) fulfillable_quantity: Option<i64>,
    pub(super) inbound_working_quantity: Option<i64>,
    pub(super) inbound_shipped_quantity: Option<i64>,
    pub(super) inbound_receiving_quantity: Option<i64>,
    pub(super) reserved_quantity: Option<ReservedQuantity>,
    pub(super) researching_quantity: Option<ResearchingQuantity>,
    pub(super) unfulfillable_quantity: Option<UnfulfillableQuantity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ReservedQuantity {
    pub(super) pending_customer_order_quantity: Option<i64>,
    pub(super) pending_transshipment_quantity: Option<i64>,
    pub(super) fc_processing_quantity: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResearchingQuantity {
    pub(super) total_researching_quantity: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UnfulfillableQuantity {
    pub(super) total_unfulfillable_quantity: Option<i64>,
    pub(super) customer_damaged_quantity: Option<i64>,
    pub(super) warehouse_damaged_quantity: Option<i64>,
    pub(super) distributor_damaged_quantity: Option<i64>,
    pub(super) carrier_damaged_quantity: Option<i64>,
    pub(super) defective_quantity: Option<i64>,
    pub(super) expired_quantity: Option<i64>,
}

/// Answer of `createFeedDocument` and `getFeedDocument`: an address that lives five minutes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeedDocument {
    pub(super) feed_document_id: String,
    pub(super) url: String,
    pub(super) compression_algorithm: Option<String>,
}

/// Answer of `createFeed`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedFeed {
    pub(super) feed_id: String,
}

/// Answer of `getFeeds`.
#[derive(Debug, Deserialize)]
pub(super) struct Feeds {
    pub(super) feeds: Vec<Feed>,
}

/// Answer of `getFeed`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Feed {
    pub(super) feed_id: String,
    pub(super) processing_status: String,
    pub(super) result_feed_document_id: Option<String>,
}

/// The report of a listings feed.
#[derive(Debug, Deserialize)]
pub(super) struct ProcessingReport {
    #[serde(default)]
    pub(super) issues: Vec<FeedIssue>,
    #[serde(default)]
    pub(super) summary: FeedSummary,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeedIssue {
    pub(super) message_id: Option<i64>,
    pub(super) sku: Option<String>,
    pub(super) severity: String,
    pub(super) message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct FeedSummary {
    pub(super) warnings: i64,
    pub(super) messages_processed: i64,
    pub(super) messages_accepted: i64,
    pub(super) messages_invalid: i64,
}

/// Answer of `listTransactions`.
#[derive(Debug, Deserialize)]
pub(super) struct TransactionsAnswer {
    pub(super) payload: Option<TransactionsPayload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TransactionsPayload {
    pub(super) next_token: Option<String>,
    pub(super) transactions: Option<Vec<Raw>>,
}
