//! Listings: what each channel should show, what it shows, and since when that is known.

use serde::Serialize;

use super::{Badge, Choice, Empty, Pager, Tab, When};

/// The list of listings.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ListingsPage {
    /// All, unverified, unmapped.
    pub tabs: Vec<Tab>,
    /// By account.
    pub accounts: Vec<Choice>,
    /// Text searched for.
    pub search: String,
    /// The view that stays when searching.
    pub show: String,
    /// The listings.
    pub rows: Vec<ListingRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
}

/// One listing.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ListingRow {
    /// Our id, for forms.
    pub id: String,
    /// The seller's SKU on the channel.
    pub sku: String,
    /// Its title.
    pub title: String,
    /// Name of the account.
    pub account: String,
    /// Whether buyers can buy it.
    pub status: Badge,
    /// SKU of the product it sells.
    pub product: Option<String>,
    /// That product's page.
    pub product_href: Option<String>,
    /// Product units in one of it, when not one.
    pub units: Option<i64>,
    /// What it should show.
    pub expected: Option<String>,
    /// What it showed when last read.
    pub shown: Option<String>,
    /// Whether these are the same; none while not known.
    pub equal: Option<bool>,
    /// When it was last seen to be right.
    pub verified: Option<When>,
    /// The channel ships it from its own warehouse: nothing is kept in step.
    pub by_channel: bool,
    /// Its price.
    pub price: Option<String>,
    /// Its images, as far as the channel tells.
    pub images: Option<String>,
    /// Why it is not as it should be.
    pub problem: Option<String>,
    /// Why its quantity, price and status are what they are; nothing while it has no product.
    pub why: Vec<(String, &'static str)>,
}

/// What the list says when it is empty.
pub(crate) const NO_LISTINGS: Empty = Empty {
    title: "No listings yet",
    text: "They are read in from each connected account and matched with products of the same SKU.",
    step: Some(("/channels", "Connect an account")),
};

/// What the view of unverified listings says when it is empty.
pub(crate) const ALL_VERIFIED: Empty = Empty {
    title: "Every listing is verified",
    text: "Each one was read back after its last change and shows what it should.",
    step: Some(("/listings", "Show all listings")),
};

/// What the view of unmapped listings says when it is empty.
pub(crate) const ALL_MAPPED: Empty = Empty {
    title: "Every listing has its product",
    text: "New listings that match no product by SKU will wait here; their orders are kept meanwhile.",
    step: Some(("/listings", "Show all listings")),
};

/// What the list says when a search finds nothing.
pub(crate) const NO_MATCH: Empty = Empty {
    title: "No listing matches",
    text: "Search finds SKUs and titles.",
    step: Some(("/listings", "Show all listings")),
};

#[cfg(test)]
mod samples {
    //! No listings, a page of them, and the widest there can be.

    use super::*;
    use crate::view::Tone;
    use crate::view::samples::{HOSTILE, LONG_SKU, choices, three, when};

    impl ListingsPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            three(Self::empty(), Self::typical(), Self::extreme())
        }

        fn empty() -> Self {
            Self {
                tabs: vec![
                    tab("All", None, true),
                    tab("Unverified", Some(12), false),
                    tab("Unmapped", Some(4), false),
                ],
                accounts: choices(&["All accounts"]),
                search: String::new(),
                show: String::new(),
                rows: vec![],
                pager: Pager::default(),
                empty: NO_LISTINGS,
            }
        }

        fn typical() -> Self {
            let mut typical = Self {
                accounts: choices(&["All accounts", "Nordlicht IN", "Nordlicht DE"]),
                rows: vec![
                    row("TEA-250", "41", "41"),
                    row("TEA-500", "12", "14"),
                    row("MUG-BLUE", "2", "2"),
                    row("FBA-TEA", "0", "80"),
                    row("GIFT-SET-3", "0", "5"),
                ],
                pager: Pager {
                    next: Some("/listings?cursor=x".into()),
                    first: None,
                },
                ..Self::empty()
            };
            typical.rows[1].problem =
                Some("12 was sent 20 s ago; waiting for the channel to show it.".into());
            typical.rows[3].by_channel = true;
            typical.rows[4].product = None;
            typical.rows[4].product_href = None;
            typical.rows[4].expected = None;
            typical.rows[4].equal = None;
            typical.rows[4].verified = None;
            typical
        }

        fn extreme() -> Self {
            let mut extreme = Self::typical();
            extreme.search = HOSTILE.into();
            for i in 0..200 {
                let mut one = row(LONG_SKU, "1,000,000", "99,999,999");
                one.title = format!("{HOSTILE} {}", "Very long title ".repeat(20));
                one.status = Badge::new(Tone::Bad, "suppressed");
                one.units = Some(144);
                one.problem = Some(format!("{HOSTILE} {}", "words ".repeat(60)));
                if i % 2 == 0 {
                    one.product = None;
                    one.product_href = None;
                }
                extreme.rows.push(one);
            }
            extreme
        }
    }

    fn tab(text: &str, count: Option<i64>, chosen: bool) -> Tab {
        Tab {
            href: format!("/listings?show={text}"),
            text: text.into(),
            count,
            chosen,
        }
    }

    fn row(sku: &str, expected: &str, shown: &str) -> ListingRow {
        ListingRow {
            id: "lst_1".into(),
            sku: sku.into(),
            title: "Assam tea, whole leaf, 250 g".into(),
            account: "Nordlicht IN".into(),
            status: Badge::new(Tone::Good, "active"),
            product: Some(sku.into()),
            product_href: Some("/stock/TEA-250".into()),
            units: None,
            expected: Some(expected.into()),
            shown: Some(shown.into()),
            equal: Some(expected == shown),
            verified: Some(when("14 s ago")),
            by_channel: false,
            price: Some("INR 499.00".into()),
            images: Some("3 images".into()),
            problem: None,
            why: ["quantity", "price", "status"]
                .map(|field| (format!("/stock/TEA-250/why?listing=lst_1&field={field}"), field))
                .into(),
        }
    }
}
