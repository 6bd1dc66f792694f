//! Mapping and files: what waits for a product, what it may be, and what became of a file.

use serde::Serialize;

use super::{Badge, Choice, Empty, Pager, Tab, Tone, When};

/// What waits to be mapped.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MappingPage {
    /// Listings that wait, those left alone, orders that wait.
    pub tabs: Vec<Tab>,
    /// By account.
    pub accounts: Vec<Choice>,
    /// Text searched for.
    pub search: String,
    /// The view that stays when searching.
    pub show: String,
    /// Listings.
    pub rows: Vec<MappingRow>,
    /// Orders that wait, in their view.
    pub orders: Vec<WaitingRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
}

/// A listing without a product.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MappingRow {
    /// Its id, for forms.
    pub id: String,
    /// SKU on the channel.
    pub sku: String,
    /// Its title.
    pub title: String,
    /// Name of the account.
    pub account: String,
    /// Its barcode.
    pub barcode: Option<String>,
    /// Its price.
    pub price: Option<String>,
    /// Orders and units that wait for it, in words.
    pub waiting: Option<String>,
    /// It was left alone.
    pub ignored: bool,
    /// The products it may sell.
    pub suggestions: Vec<SuggestionRow>,
}

/// A product that a listing may sell.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SuggestionRow {
    /// Its SKU.
    pub sku: String,
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// How likely, and by what.
    pub score: Badge,
}

/// An order line that waits.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WaitingRow {
    /// The order's page.
    pub href: String,
    /// The channel's number.
    pub order: String,
    /// Name of the account.
    pub account: String,
    /// What was sold.
    pub sku: Option<String>,
    /// Its title.
    pub title: String,
    /// Units to ship.
    pub units: String,
    /// Whether its listing is known.
    pub listed: bool,
    /// When it was placed.
    pub placed: When,
}

/// What the queue says when nothing waits.
pub(crate) const ALL_MAPPED: Empty = Empty {
    title: "Every listing has its product",
    text: "New listings that match no product by SKU or barcode will wait here; their orders are kept meanwhile.",
    step: Some(("/listings", "Show all listings")),
};

/// What the list of those left alone says when there are none.
pub(crate) const NONE_IGNORED: Empty = Empty {
    title: "No listing is left alone",
    text: "A listing that sells none of your products can be left alone; it is not asked about again.",
    step: Some(("/mappings", "Show what waits")),
};

/// What the list of orders says when none waits.
pub(crate) const NO_ORDERS: Empty = Empty {
    title: "No order waits for a product",
    text: "Orders of listings without a product wait here, and are reserved the moment it is mapped.",
    step: Some(("/orders", "Show all orders")),
};

/// Taking in a file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ImportPage {
    /// `Import products` or `Import mappings`.
    pub title: &'static str,
    /// Where the form goes.
    pub action: &'static str,
    /// The page one came from: address and name.
    pub from: (&'static str, &'static str),
    /// The columns and what they hold.
    pub columns: Vec<(&'static str, &'static str)>,
    /// Stores to choose from, where the file is of one.
    pub stores: Vec<Choice>,
    /// Where to get such a file.
    pub example: Option<&'static str>,
    /// What became of the last one.
    pub report: Option<ReportView>,
}

/// What became of a file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReportView {
    /// How to take it.
    pub tone: Tone,
    /// In a sentence.
    pub headline: String,
    /// Numbers of rows, each with what it counts.
    pub figures: Vec<(String, &'static str)>,
    /// What is wrong: row, column, message.
    pub problems: Vec<(String, String, String)>,
    /// That there are more.
    pub more: Option<String>,
}

#[cfg(test)]
mod samples {
    //! Nothing waiting, a page of it, and the widest there can be; a file before, after and full of mistakes.

    use super::*;
    use crate::view::samples::{HOSTILE, LONG_SKU, choices, tabs, when};

    impl MappingPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let empty = Self {
                tabs: tabs(),
                accounts: choices(&["All accounts", "Nordlicht DE"]),
                search: String::new(),
                show: String::new(),
                rows: Vec::new(),
                orders: Vec::new(),
                pager: Pager::default(),
                empty: ALL_MAPPED,
            };
            let typical = Self {
                rows: vec![
                    row("TEA-250-FBM", "Assam tea, 250 g"),
                    row("X-991", "Garden hose"),
                ],
                ..empty.clone()
            };
            let mut extreme = Self {
                search: HOSTILE.into(),
                show: "orders".into(),
                orders: vec![
                    WaitingRow {
                        href: "/orders/ord_1".into(),
                        order: LONG_SKU.into(),
                        account: HOSTILE.into(),
                        sku: None,
                        title: HOSTILE.into(),
                        units: "1,000,000".into(),
                        listed: false,
                        placed: when("4 days ago"),
                    };
                    50
                ],
                ..typical.clone()
            };
            extreme.rows = vec![row(LONG_SKU, &format!("{HOSTILE} {}", "Very long title ".repeat(20))); 50];
            extreme.rows[0].ignored = true;
            vec![("empty", empty), ("typical", typical), ("extreme", extreme)]
        }
    }

    fn row(sku: &str, title: &str) -> MappingRow {
        MappingRow {
            id: "lst_1".into(),
            sku: sku.into(),
            title: title.into(),
            account: "Nordlicht DE".into(),
            barcode: Some("4006381333931".into()),
            price: Some("EUR 4.50".into()),
            waiting: Some("2 orders wait for 5 units".into()),
            ignored: false,
            suggestions: vec![
                SuggestionRow {
                    sku: "TEA-250".into(),
                    href: "/stock/TEA-250".into(),
                    title: title.into(),
                    score: Badge::new(Tone::Good, "same barcode"),
                },
                SuggestionRow {
                    sku: "TEA-500".into(),
                    href: "/stock/TEA-500".into(),
                    title: "Assam tea, whole leaf, 500 g".into(),
                    score: Badge::new(Tone::Info, "62 of 100"),
                },
            ],
        }
    }

    impl ImportPage {
        /// Before, after, full of mistakes.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let empty = Self {
                title: "Import products",
                action: "/products/import",
                from: ("/stock", "Stock"),
                columns: vec![("sku", "Your own SKU"), ("title", "Its title")],
                stores: Vec::new(),
                example: Some("/api/v1/exports/products"),
                report: None,
            };
            let report = ReportView {
                tone: Tone::Good,
                headline: "All 120 rows are good. Nothing was written yet.".into(),
                figures: vec![
                    ("100".into(), "new"),
                    ("15".into(), "changed"),
                    ("5".into(), "the same"),
                ],
                problems: Vec::new(),
                more: None,
            };
            let mut typical = Self {
                report: Some(report.clone()),
                ..empty.clone()
            };
            typical.stores = choices(&["Nordlicht DE"]);
            let extreme = Self {
                report: Some(ReportView {
                    tone: Tone::Bad,
                    problems: vec![("50,001".into(), LONG_SKU.into(), HOSTILE.into()); 200],
                    more: Some("1,000 more".into()),
                    ..report
                }),
                ..typical.clone()
            };
            vec![("empty", empty), ("typical", typical), ("extreme", extreme)]
        }
    }
}
