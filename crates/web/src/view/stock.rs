//! Stock: every product with what is on hand, promised and left.

use serde::Serialize;

use super::{Choice, Empty, Pager, Tab, Tone};

/// The list of products.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StockPage {
    /// All, low, negative.
    pub tabs: Vec<Tab>,
    /// Text searched for.
    pub search: String,
    /// The view that stays when searching.
    pub show: String,
    /// Locations to look at alone, when there is more than one.
    pub places: Vec<Choice>,
    /// Some of these rows have units that are neither promised nor offered.
    pub withholds: bool,
    /// The products.
    pub rows: Vec<StockRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
}

/// One product with its stock.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StockRow {
    /// Its page.
    pub href: String,
    /// Its SKU.
    pub sku: String,
    /// Its title.
    pub title: String,
    /// Units on the shelf.
    pub on_hand: String,
    /// Units promised to orders.
    pub reserved: String,
    /// Units neither promised nor offered.
    pub withheld: String,
    /// Units left.
    pub available: String,
    /// How to take what is left.
    pub tone: Tone,
    /// That in a word: `low`, `none left`, `negative`.
    pub mark: Option<&'static str>,
}

/// From how many units on a product is not low.
pub(crate) const LOW_BELOW: i64 = 5;

/// How to take a number of available units.
pub(crate) fn level(available: i64) -> (Tone, Option<&'static str>) {
    match available {
        ..0 => (Tone::Bad, Some("negative")),
        0 => (Tone::Warn, Some("none left")),
        1..LOW_BELOW => (Tone::Warn, Some("low")),
        _ => (Tone::Quiet, None),
    }
}

/// What the list says when it is empty.
pub(crate) const NO_PRODUCTS: Empty = Empty {
    title: "No products yet",
    text: "Products are what lies on your shelf. Add them on this page or through the API; listings with the same SKU are matched by themselves.",
    step: Some(("#new-product", "Add the first product")),
};

/// What the list says when a filter leaves nothing.
pub(crate) const NO_MATCH: Empty = Empty {
    title: "No product matches",
    text: "Search finds SKUs and titles.",
    step: Some(("/stock", "Show all products")),
};

#[cfg(test)]
impl StockPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, LONG_SKU, three};
        let tab = |text: &str, count, chosen| Tab {
            href: format!("/stock?show={text}"),
            text: text.into(),
            count,
            chosen,
        };
        let empty = Self {
            tabs: vec![
                tab("All", None, true),
                tab("Low", None, false),
                tab("Negative", None, false),
            ],
            search: String::new(),
            show: String::new(),
            places: vec![],
            withholds: false,
            rows: vec![],
            pager: Pager::default(),
            empty: NO_PRODUCTS,
        };
        let row = |sku: &str, title: &str, on_hand: i64, reserved: i64| {
            let (tone, mark) = level(on_hand - reserved);
            StockRow {
                href: "/stock/TEA-250".into(),
                sku: sku.into(),
                title: title.into(),
                on_hand: super::words::number(on_hand),
                reserved: super::words::number(reserved),
                withheld: "0".into(),
                available: super::words::number(on_hand - reserved),
                tone,
                mark,
            }
        };
        let typical = Self {
            rows: vec![
                row("TEA-250", "Assam tea, whole leaf, 250 g", 142, 18),
                row("TEA-500", "Assam tea, whole leaf, 500 g", 61, 12),
                row("MUG-BLUE", "Mug, stoneware, blue", 7, 3),
                row("MUG-RED", "Mug, stoneware, red", 2, 2),
                row("KETTLE-1L", "Kettle, steel, 1 l", 1, 2),
                row("SIEVE-S", "Tea sieve, small", 1_204, 33),
            ],
            pager: Pager {
                next: Some("/stock?cursor=x".into()),
                first: None,
            },
            ..empty.clone()
        };
        let mut extreme = typical.clone();
        extreme.search = HOSTILE.into();
        extreme.withholds = true;
        extreme.places = super::samples::choices(&["All locations", HOSTILE]);
        for _ in 0..200 {
            extreme.rows.push(row(
                LONG_SKU,
                &format!("{HOSTILE} {}", "Very long title ".repeat(20)),
                99_999_999,
                12_345_678,
            ));
        }
        three(empty, typical, extreme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_apart() {
        let marks: Vec<_> = [-1, 0, 1, 4, 5].into_iter().map(|n| level(n).1).collect();
        assert_eq!(
            marks,
            [
                Some("negative"),
                Some("none left"),
                Some("low"),
                Some("low"),
                None
            ]
        );
    }
}
