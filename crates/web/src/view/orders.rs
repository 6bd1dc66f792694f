//! Orders: the list, one order, and the form for an order of one's own store.

use serde::Serialize;

use super::after::AfterSale;
use super::finance::OrderMoneyRow;
use super::{Badge, Choice, Empty, Pager, Tab, When};

/// The list of orders.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OrdersPage {
    /// By status.
    pub tabs: Vec<Tab>,
    /// By account.
    pub accounts: Vec<Choice>,
    /// Text searched for.
    pub search: String,
    /// Status that stays when searching.
    pub status: String,
    /// The orders, newest first.
    pub rows: Vec<OrderRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
    /// Whether there is an own store to enter orders for.
    pub own_store: bool,
}

/// One order in the list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OrderRow {
    /// Its page.
    pub href: String,
    /// The channel's number.
    pub number: String,
    /// Name of the account.
    pub account: String,
    /// Where it stands.
    pub status: Badge,
    /// When it was placed.
    pub placed: When,
    /// Latest instant to ship, while that matters.
    pub ship_by: Option<When>,
    /// That instant is past.
    pub late: bool,
    /// What the buyer pays.
    pub total: Option<String>,
    /// Why a person has to look.
    pub attention: Option<String>,
}

/// One order.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OrderPage {
    /// Our id, for forms.
    pub id: String,
    /// The channel's number.
    pub number: String,
    /// Name of the account.
    pub account: String,
    /// Where it stands.
    pub status: Badge,
    /// The channel's own word for that.
    pub channel_status: String,
    /// Who ships it, in words.
    pub shipped_by: String,
    /// When it was placed.
    pub placed: When,
    /// When it was read in.
    pub imported: When,
    /// Latest instant to ship.
    pub ship_by: Option<When>,
    /// That instant is past.
    pub late: bool,
    /// What the buyer pays.
    pub total: Option<String>,
    /// Why a person has to look.
    pub attention: Option<String>,
    /// What was bought.
    pub lines: Vec<LineRow>,
    /// What that did to stock.
    pub effects: Vec<EffectRow>,
    /// Parcels.
    pub shipments: Vec<ShipmentRow>,
    /// Something is left to ship from the seller's stock.
    pub can_ship: bool,
    /// What the channel posted of it.
    pub money: Vec<OrderMoneyRow>,
    /// What can be done with it after the sale, and what was.
    pub after: AfterSale,
    /// Until when it is to be paid, while it is not.
    pub pay_by: Option<When>,
    /// Lines of which something can come back.
    pub backs: Vec<BackRow>,
    /// What came back.
    pub returns: Vec<ReturnRow>,
    /// Where returned goods may be put.
    pub places: Vec<Choice>,
    /// Makes entering the same return twice harmless.
    pub once: String,
}

/// A line of which something was shipped that is not back.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BackRow {
    /// The line's id, for the form.
    pub line: String,
    /// The SKU sold.
    pub sku: String,
    /// Units that can still come back.
    pub left: i64,
}

/// Goods that came back.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReturnRow {
    /// The SKU sold.
    pub sku: String,
    /// Units of the listing.
    pub units: i64,
    /// How they came back.
    pub condition: Badge,
    /// Where they lie now.
    pub place: String,
    /// A remark.
    pub note: Option<String>,
    /// When it was entered.
    pub at: When,
}

/// One line of an order.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LineRow {
    /// The SKU sold.
    pub sku: String,
    /// The product's page; none when it is mapped to none.
    pub href: Option<String>,
    /// Title at the time of sale.
    pub title: String,
    /// Units ordered.
    pub ordered: i64,
    /// Of these shipped.
    pub shipped: i64,
    /// Of these called off.
    pub cancelled: i64,
    /// Product units reserved now.
    pub reserved: i64,
    /// What it costs.
    pub total: Option<String>,
}

/// One entry of the stock ledger that an order caused.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EffectRow {
    /// When.
    pub at: When,
    /// What happened, in a word.
    pub kind: String,
    /// The product.
    pub sku: String,
    /// Its page.
    pub href: String,
    /// Signed change of what is on hand.
    pub on_hand: String,
    /// Signed change of what is reserved.
    pub reserved: String,
}

/// One parcel.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ShipmentRow {
    /// Who carries it.
    pub carrier: String,
    /// Its number.
    pub tracking: String,
    /// When it left.
    pub shipped: When,
    /// Whether the channel knows.
    pub status: Badge,
    /// What the channel said.
    pub message: Option<String>,
}

/// The form for an order of one's own store.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewOrderPage {
    /// Own stores.
    pub accounts: Vec<Choice>,
    /// What to say when there is no own store.
    pub empty: Empty,
}

/// What the list says when it is empty.
pub(crate) const NO_ORDERS: Empty = Empty {
    title: "No orders yet",
    text: "They appear within a minute of being placed on a connected account. Nothing has to be imported by hand.",
    step: Some(("/channels", "See the accounts")),
};

/// What the list says when a filter leaves nothing.
pub(crate) const NO_MATCH: Empty = Empty {
    title: "No order matches",
    text: "Search finds the channel's order number and the SKUs in an order, from their beginning.",
    step: Some(("/orders", "Show all orders")),
};

/// What the form says without an own store.
pub(crate) const NO_OWN_STORE: Empty = Empty {
    title: "No own store yet",
    text: "Orders are entered for a store that lives here. Connect one; it takes a name and nothing else.",
    step: Some(("/channels", "Connect an own store")),
};

#[cfg(test)]
mod samples {
    //! Each page with nothing, with usual orders, and with the longest texts there can be.

    use super::*;
    use crate::view::Tone;
    use crate::view::samples::{HOSTILE, LONG_SKU, choices, tabs, three, when};

    impl OrdersPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            three(Self::empty(), Self::typical(), Self::extreme())
        }

        fn empty() -> Self {
            Self {
                tabs: tabs(),
                accounts: choices(&["All accounts"]),
                search: String::new(),
                status: String::new(),
                rows: vec![],
                pager: Pager::default(),
                empty: NO_ORDERS,
                own_store: false,
            }
        }

        fn typical() -> Self {
            let mut typical = Self {
                accounts: choices(&["All accounts", "Nordlicht IN", "Nordlicht DE", "Own shop"]),
                rows: (0..12)
                    .map(|i| {
                        let status = match i % 4 {
                            0 => Badge::new(Tone::Info, "open"),
                            1 => Badge::new(Tone::Warn, "pending"),
                            2 => Badge::new(Tone::Good, "shipped"),
                            _ => Badge::new(Tone::Quiet, "cancelled"),
                        };
                        row(&format!("402-8812{i:03}-1029384"), status, i == 4)
                    })
                    .collect(),
                pager: Pager {
                    next: Some("/orders?cursor=abc".into()),
                    first: Some("/orders".into()),
                },
                own_store: true,
                ..Self::empty()
            };
            typical.rows[3].ship_by = None;
            typical.rows[1].total = None;
            typical
        }

        fn extreme() -> Self {
            let mut extreme = Self::typical();
            extreme.search = HOSTILE.into();
            for i in 0..200 {
                let mut one = row(
                    &format!("{HOSTILE}-{i}-{}", "9".repeat(60)),
                    Badge::new(Tone::Bad, "unknown"),
                    true,
                );
                one.account = "An account whose name somebody made very long indeed".into();
                one.total = Some("INR 99,999,999,999.00".into());
                one.attention = Some(format!(
                    "The channel says `{HOSTILE}`, which we do not know. {}",
                    "Words. ".repeat(30)
                ));
                extreme.rows.push(one);
            }
            extreme
        }
    }

    impl OrderPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            three(Self::empty(), Self::typical(), Self::extreme())
        }

        fn empty() -> Self {
            Self {
                id: "ord_1".into(),
                number: "402-8812001-1029384".into(),
                account: "Nordlicht IN".into(),
                status: Badge::new(Tone::Warn, "pending"),
                channel_status: "PENDING".into(),
                shipped_by: "Shipped by you".into(),
                placed: when("4 min ago"),
                imported: when("3 min ago"),
                ship_by: None,
                late: false,
                total: None,
                attention: None,
                lines: vec![],
                effects: vec![],
                shipments: vec![],
                can_ship: false,
                money: vec![],
                after: AfterSale::default(),
                pay_by: Some(when("in 40 min")),
                backs: vec![],
                returns: vec![],
                places: choices(&["where they came from"]),
                once: "ret_1".into(),
            }
        }

        fn typical() -> Self {
            let mut typical = Self {
                status: Badge::new(Tone::Warn, "partly shipped"),
                ship_by: Some(when("in 5 h")),
                total: Some("INR 1,996.00".into()),
                lines: vec![line("TEA-250"), line("MUG-BLUE")],
                money: vec![OrderMoneyRow::sample("goods"), OrderMoneyRow::sample(HOSTILE)],
                effects: vec![effect("sale", "0", "+3"), effect("shipment", "−1", "−1")],
                shipments: vec![ShipmentRow {
                    carrier: "DHL".into(),
                    tracking: "00340434161094015902".into(),
                    shipped: when("1 h ago"),
                    status: Badge::new(Tone::Good, "confirmed"),
                    message: None,
                }],
                can_ship: true,
                after: AfterSale::sample("MUG-BLUE", 2),
                pay_by: None,
                backs: vec![back("oli_1", "TEA-250"), back("oli_2", "MUG-BLUE")],
                returns: vec![came_back("TEA-250")],
                ..Self::empty()
            };
            typical.lines[1].href = None;
            typical
        }

        fn extreme() -> Self {
            let mut extreme = Self::typical();
            extreme.number = format!("{HOSTILE}{}", "8".repeat(80));
            extreme.attention = Some(format!(
                "`{HOSTILE}` sold 3 units that were not there. {}",
                "Words. ".repeat(40)
            ));
            extreme.late = true;
            extreme.after = AfterSale::sample(HOSTILE, 12);
            extreme.returns = vec![came_back(HOSTILE); 20];
            extreme.backs = (0..20).map(|n| back(&format!("oli_{n}"), LONG_SKU)).collect();
            for _ in 0..100 {
                let mut one = line(LONG_SKU);
                one.title = format!("{HOSTILE} {}", "Very long title ".repeat(15));
                extreme.lines.push(one);
                extreme.effects.push(effect("cancellation", "0", "−1,000,000"));
            }
            extreme.shipments.push(ShipmentRow {
                carrier: HOSTILE.into(),
                tracking: "7".repeat(100),
                shipped: when("3 days ago"),
                status: Badge::new(Tone::Bad, "refused"),
                message: Some("The channel says the order is cancelled.".into()),
            });
            extreme
        }
    }

    impl NewOrderPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let of = |accounts: &[&str]| Self {
                accounts: choices(accounts),
                empty: NO_OWN_STORE,
            };
            vec![
                ("empty", of(&[])),
                ("typical", of(&["Own shop"])),
                ("extreme", of(&["Own shop", HOSTILE])),
            ]
        }
    }

    fn row(number: &str, status: Badge, late: bool) -> OrderRow {
        OrderRow {
            href: "/orders/ord_1".into(),
            number: number.into(),
            account: "Nordlicht IN".into(),
            status,
            placed: when("4 min ago"),
            ship_by: Some(when("in 2 h")),
            late,
            total: Some("INR 1,499.00".into()),
            attention: None,
        }
    }

    fn line(sku: &str) -> LineRow {
        LineRow {
            sku: sku.into(),
            href: Some("/stock/TEA-250".into()),
            title: "Assam tea, whole leaf, 250 g".into(),
            ordered: 3,
            shipped: 1,
            cancelled: 0,
            reserved: 2,
            total: Some("INR 1,497.00".into()),
        }
    }

    fn back(line: &str, sku: &str) -> BackRow {
        BackRow {
            line: line.into(),
            sku: sku.into(),
            left: 2,
        }
    }

    fn came_back(sku: &str) -> ReturnRow {
        ReturnRow {
            sku: sku.into(),
            units: 1,
            condition: Badge::new(Tone::Warn, "damaged"),
            place: "thrown away".into(),
            note: Some("Handle broken".into()),
            at: when("1 h ago"),
        }
    }

    fn effect(kind: &str, on_hand: &str, reserved: &str) -> EffectRow {
        EffectRow {
            at: when("3 min ago"),
            kind: kind.into(),
            sku: "TEA-250".into(),
            href: "/stock/TEA-250".into(),
            on_hand: on_hand.into(),
            reserved: reserved.into(),
        }
    }
}
