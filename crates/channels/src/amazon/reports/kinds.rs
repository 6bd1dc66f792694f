//! The reports Amazon makes: those whose columns are understood, and others that are kept as they come.
//!
//! Columns by the union of what Amazon documents and what files hold; the Japanese names are those of files of amazon.co.jp.

use std::time::Duration;

use stockbridge_domain::channel::ReportKind;
use stockbridge_domain::report::{ColumnKind, ReportColumn};

const fn days(days: u64) -> Option<Duration> {
    Some(Duration::from_secs(days * 86_400))
}

const fn column(name: &'static str, headers: &'static [&'static str], kind: ColumnKind) -> ReportColumn {
    ReportColumn {
        name,
        headers,
        kind,
        required: false,
    }
}

const fn needed(name: &'static str, headers: &'static [&'static str]) -> ReportColumn {
    ReportColumn {
        required: true,
        ..column(name, headers, ColumnKind::Text)
    }
}

const fn text(name: &'static str, headers: &'static [&'static str]) -> ReportColumn {
    column(name, headers, ColumnKind::Text)
}

const fn units(name: &'static str, headers: &'static [&'static str]) -> ReportColumn {
    column(name, headers, ColumnKind::Integer)
}

const fn amount(name: &'static str, headers: &'static [&'static str]) -> ReportColumn {
    column(name, headers, ColumnKind::Decimal)
}

const fn time(name: &'static str, headers: &'static [&'static str]) -> ReportColumn {
    column(name, headers, ColumnKind::Time)
}

const LISTINGS: &[ReportColumn] = &[
    needed("sku", &["seller-sku", "出品者SKU"]),
    text("title", &["item-name", "商品名"]),
    text("listing_id", &["listing-id", "出品ID"]),
    amount("price", &["price", "価格"]),
    units("quantity", &["quantity", "数量"]),
    text("opened", &["open-date", "出品日"]),
    text("asin", &["asin1", "商品ID"]),
    text(
        "fulfilled_by",
        &["fulfillment-channel", "フルフィルメント・チャンネル"],
    ),
    units("pending_quantity", &["pending-quantity"]),
    text("status", &["status", "ステータス"]),
];

const ORDERS: &[ReportColumn] = &[
    needed("channel_order_id", &["amazon-order-id"]),
    time("placed_at", &["purchase-date"]),
    time("updated_at", &["last-updated-date"]),
    text("status", &["order-status"]),
    text("fulfilled_by", &["fulfillment-channel"]),
    text("sales_channel", &["sales-channel"]),
    text("sku", &["sku"]),
    text("asin", &["asin"]),
    text("title", &["product-name"]),
    text("line_status", &["item-status"]),
    units("quantity", &["quantity"]),
    text("currency", &["currency"]),
    amount("line_total", &["item-price"]),
    amount("line_tax", &["item-tax"]),
    amount("shipping", &["shipping-price"]),
    amount("shipping_tax", &["shipping-tax"]),
    amount("discount", &["item-promotion-discount"]),
    amount("shipping_discount", &["ship-promotion-discount"]),
];

const FBA_INVENTORY: &[ReportColumn] = &[
    needed("sku", &["sku"]),
    text("fnsku", &["fnsku"]),
    text("asin", &["asin"]),
    text("title", &["product-name"]),
    text("condition", &["condition"]),
    amount("price", &["your-price"]),
    units("fulfillable", &["afn-fulfillable-quantity"]),
    units("unsellable", &["afn-unsellable-quantity"]),
    units("reserved", &["afn-reserved-quantity"]),
    units("in_warehouse", &["afn-warehouse-quantity"]),
    units("total", &["afn-total-quantity"]),
    units("inbound_working", &["afn-inbound-working-quantity"]),
    units("inbound_shipped", &["afn-inbound-shipped-quantity"]),
    units("inbound_receiving", &["afn-inbound-receiving-quantity"]),
    units("researching", &["afn-researching-quantity"]),
];

const FBA_RETURNS: &[ReportColumn] = &[
    time("returned_at", &["return-date"]),
    needed("channel_order_id", &["order-id"]),
    needed("sku", &["sku"]),
    text("asin", &["asin"]),
    text("fnsku", &["fnsku"]),
    text("title", &["product-name"]),
    units("quantity", &["quantity"]),
    text("warehouse", &["fulfillment-center-id"]),
    text("disposition", &["detailed-disposition"]),
    text("reason", &["reason"]),
    text("status", &["status"]),
    text("licence_plate", &["license-plate-number"]),
    text("comment", &["customer-comments"]),
];

const fn kind(
    name: &'static str,
    title: &'static str,
    span: Option<Duration>,
    columns: &'static [ReportColumn],
) -> ReportKind {
    ReportKind {
        name,
        title,
        span,
        columns,
    }
}

/// Every report that may be asked for. Those that name buyers need another token and are not among them.
pub(in crate::amazon) static KINDS: &[ReportKind] = &[
    kind("GET_MERCHANT_LISTINGS_ALL_DATA", "All listings", None, LISTINGS),
    kind(
        "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        "All orders by last change",
        days(30),
        ORDERS,
    ),
    kind(
        "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
        "FBA inventory",
        None,
        FBA_INVENTORY,
    ),
    kind(
        "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
        "FBA returns",
        days(60),
        FBA_RETURNS,
    ),
    kind("GET_MERCHANT_LISTINGS_DATA", "Active listings", None, LISTINGS),
    kind(
        "GET_MERCHANT_LISTINGS_INACTIVE_DATA",
        "Inactive listings",
        None,
        LISTINGS,
    ),
    kind(
        "GET_MERCHANTS_LISTINGS_FYP_REPORT",
        "Suppressed listings",
        None,
        &[],
    ),
    kind("GET_FLAT_FILE_OPEN_LISTINGS_DATA", "Open listings", None, &[]),
    kind(
        "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        "All orders by order date",
        days(30),
        ORDERS,
    ),
    kind(
        "GET_FBA_MYI_ALL_INVENTORY_DATA",
        "FBA inventory, archived too",
        None,
        FBA_INVENTORY,
    ),
    kind("GET_RESERVED_INVENTORY_DATA", "FBA reserved inventory", None, &[]),
    kind(
        "GET_FBA_INVENTORY_PLANNING_DATA",
        "FBA inventory health",
        None,
        &[],
    ),
    kind(
        "GET_STRANDED_INVENTORY_UI_DATA",
        "FBA stranded inventory",
        None,
        &[],
    ),
    kind("GET_LEDGER_SUMMARY_VIEW_DATA", "FBA ledger, sums", days(365), &[]),
    kind(
        "GET_LEDGER_DETAIL_VIEW_DATA",
        "FBA ledger, each movement",
        days(365),
        &[],
    ),
    kind(
        "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE",
        "Returns to the seller",
        days(60),
        &[],
    ),
    kind(
        "GET_FBA_REIMBURSEMENTS_DATA",
        "FBA reimbursements",
        days(365),
        &[],
    ),
    kind(
        "GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA",
        "FBA fees, estimated",
        None,
        &[],
    ),
    kind(
        "GET_FBA_STORAGE_FEE_CHARGES_DATA",
        "FBA storage fees",
        days(365),
        &[],
    ),
    kind(
        "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL",
        "FBA shipments",
        days(30),
        &[],
    ),
    kind(
        "GET_V1_SELLER_PERFORMANCE_REPORT",
        "Seller performance",
        None,
        &[],
    ),
    kind("GET_V2_SELLER_PERFORMANCE_REPORT", "Account health", None, &[]),
];

/// Kinds that name buyers, for which Amazon wants a token of their own that the hub does not ask for.
const RESTRICTED: [&str; 16] = [
    "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
    "GET_ORDER_REPORT_DATA_INVOICING",
    "GET_ORDER_REPORT_DATA_TAX",
    "GET_ORDER_REPORT_DATA_SHIPPING",
    "GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING",
    "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING",
    "GET_FLAT_FILE_ORDER_REPORT_DATA_TAX",
    "GET_FLAT_FILE_ORDERS_RECONCILIATION_DATA_TAX",
    "GET_FLAT_FILE_ORDERS_RECONCILIATION_DATA_INVOICING",
    "GET_FLAT_FILE_ORDERS_RECONCILIATION_DATA_SHIPPING",
    "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING",
    "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX",
    "SC_VAT_TAX_REPORT",
    "GET_VAT_TRANSACTION_DATA",
    "GET_GST_MTR_B2B_CUSTOM",
    "GET_EASYSHIP_DOCUMENTS",
];

/// Why a kind cannot be asked for, whatever its window.
pub(in crate::amazon) fn refused(kind: &str) -> Option<&'static str> {
    if RESTRICTED.contains(&kind) {
        return Some(
            "this kind names buyers and Amazon gives it out only with a restricted data token, which the hub does not \
             ask for; download it in Seller Central",
        );
    }
    (kind == crate::amazon::settlements::KIND).then_some(
        "Amazon makes settlement reports by itself and none can be asked for; the hub reads each of them once a day: see \
         Money, Settlements",
    )
}
