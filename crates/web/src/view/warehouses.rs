//! Channels' own warehouses: what lies there and how long it lasts.

use serde::Serialize;

use super::{Badge, Choice, Empty, Pager, When};

/// The page.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WarehousesPage {
    /// One for each account and marketplace.
    pub places: Vec<PlaceRow>,
    /// Accounts to choose from.
    pub accounts: Vec<Choice>,
    /// What is looked for.
    pub q: String,
    /// The marketplace chosen.
    pub marketplace: String,
    /// Only what cannot be sold.
    pub unfulfillable: bool,
    /// SKU by SKU.
    pub rows: Vec<LyingRow>,
    /// The rest.
    pub pager: Pager,
    /// What it says when there is none.
    pub empty: Empty,
}

/// A warehouse.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlaceRow {
    /// Link to what lies there.
    pub href: String,
    /// The account.
    pub account: String,
    /// The marketplace.
    pub marketplace: String,
    /// Figures, as people read them.
    pub skus: String,
    /// Units that can be sold.
    pub sellable: String,
    /// On their way in.
    pub inbound: String,
    /// Set aside.
    pub reserved: String,
    /// That cannot be sold.
    pub unfulfillable: String,
    /// When it was read.
    pub read: When,
}

/// One SKU there.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LyingRow {
    /// The SKU.
    pub sku: String,
    /// The product's page, if its listing is mapped.
    pub href: Option<String>,
    /// Title.
    pub title: String,
    /// The channel's product id and label.
    pub names: String,
    /// The account and marketplace.
    pub place: String,
    /// Units that can be sold.
    pub sellable: String,
    /// On their way in, and how far.
    pub inbound: String,
    /// Set aside, and what for.
    pub reserved: String,
    /// That cannot be sold, and why.
    pub unfulfillable: String,
    /// Sold lately.
    pub sold: String,
    /// How long it lasts.
    pub cover: String,
    /// How it stands.
    pub health: Badge,
}

/// What the page says when nothing lies anywhere.
pub(crate) const NOTHING_THERE: Empty = Empty {
    title: "Nothing lies in a channel's warehouse",
    text: "Goods that a channel stores and ships for you are shown here, as the channel counts them.",
    step: Some(("/channels", "Look at the channels")),
};

/// What a view without rows says.
pub(crate) const NONE_HERE: Empty = Empty {
    title: "None here",
    text: "No SKU fits.",
    step: Some(("/warehouses", "Show all")),
};

#[cfg(test)]
impl WarehousesPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::Tone;
        use super::samples::{HOSTILE, choices, three, when};
        let empty = Self {
            places: vec![],
            accounts: choices(&["All accounts"]),
            q: String::new(),
            marketplace: String::new(),
            unfulfillable: false,
            rows: vec![],
            pager: Pager::default(),
            empty: NOTHING_THERE,
        };
        let place = |account: &str| PlaceRow {
            href: "/warehouses?account=acc_1".into(),
            account: account.into(),
            marketplace: "DE".into(),
            skus: "120".into(),
            sellable: "4,711".into(),
            inbound: "300".into(),
            reserved: "12".into(),
            unfulfillable: "7".into(),
            read: when("12 s ago"),
        };
        let lying = |sku: &str, health| LyingRow {
            sku: sku.into(),
            href: Some("/stock/MUG".into()),
            title: "Mug, black".into(),
            names: "B01 · X001".into(),
            place: "Nordlicht, DE".into(),
            sellable: "20".into(),
            inbound: "6 (1 announced, 2 on their way, 3 arriving)".into(),
            reserved: "2".into(),
            unfulfillable: "0".into(),
            sold: "60".into(),
            cover: "10 days".into(),
            health,
        };
        let typical = Self {
            places: vec![place("Nordlicht")],
            rows: vec![lying("MUG", Badge::new(Tone::Warn, "runs out soon"))],
            ..empty.clone()
        };
        let extreme = Self {
            places: vec![place(HOSTILE); 20],
            rows: vec![lying(HOSTILE, Badge::new(Tone::Bad, "sold out")); 50],
            q: HOSTILE.into(),
            marketplace: HOSTILE.into(),
            unfulfillable: true,
            ..typical.clone()
        };
        three(empty, typical, extreme)
    }
}
