//! One product: its stock as an equation, why each channel shows what it shows, and every movement.

use serde::Serialize;

use super::{Badge, Choice, Tone, When};

/// One product.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProductPage {
    /// Its SKU.
    pub sku: String,
    /// The SKU as part of a path.
    pub sku_path: String,
    /// Its title.
    pub title: String,
    /// What else is known of it.
    pub data: ProductData,
    /// Its price.
    pub price: Option<String>,
    /// Units on the shelf.
    pub on_hand: String,
    /// Units promised to orders.
    pub reserved: String,
    /// Units neither promised nor offered, when there are some.
    pub withheld: Option<String>,
    /// Units left.
    pub available: String,
    /// Units on their way, when there are some.
    pub incoming: Option<String>,
    /// Units in the channels' own warehouses, when there are some.
    pub at_channels: Option<String>,
    /// What lies where, when there is more than one location.
    pub places: Vec<PlaceRow>,
    /// What one of it is made of, when it is a kit.
    pub components: Vec<ComponentRow>,
    /// The same as a person types it: a SKU and units to each line.
    pub kit_lines: String,
    /// Locations a person may enter goods at, when there is more than one.
    pub place_choices: Vec<Choice>,
    /// How to take what is left.
    pub tone: Tone,
    /// That in a word.
    pub mark: Option<&'static str>,
    /// Why as many are available.
    pub why: String,
    /// From available to what channels get, in sentences.
    pub steps: Vec<Step>,
    /// What each channel is to show, shows, and could still sell.
    pub listings: Vec<WhyRow>,
    /// Most the channels could still sell together, in units of the product.
    pub exposure: String,
    /// Whether that is within what is available.
    pub covered: bool,
    /// Movements, newest first.
    pub ledger: Vec<LedgerRow>,
    /// More movements than shown.
    pub more: bool,
    /// Kinds of movement a person may enter.
    pub kinds: Vec<Choice>,
    /// Makes entering the same form twice harmless.
    pub once: String,
    /// The level of the last movements, drawn.
    pub spark: Option<Spark>,
}

/// What is known of a product beside its SKU and title.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ProductData {
    /// In words: what, and its value.
    pub facts: Vec<(String, String)>,
    /// Addresses of images.
    pub images: Vec<String>,
    /// The other variants: page, SKU, options.
    pub variants: Vec<(String, String, String)>,
    /// As a person types it, as all that follow.
    pub barcodes: String,
    /// Brand.
    pub brand: String,
    /// Category.
    pub category: String,
    /// Weight in grams.
    pub weight: String,
    /// Length, width and height in millimetres.
    pub sides: [String; 3],
    /// What groups its variants.
    pub parent: String,
    /// What tells it from the other variants.
    pub options: String,
    /// Addresses of images, one to a line.
    pub image_lines: String,
    /// Attributes as JSON.
    pub attributes: String,
}

/// A component of a kit.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ComponentRow {
    /// Its page.
    pub href: String,
    /// Its SKU.
    pub sku: String,
    /// Units of it in one kit.
    pub units: String,
    /// Units of it that can be promised.
    pub available: String,
}

/// What lies at one location.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlaceRow {
    /// The location's id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its units are offered.
    pub sellable: bool,
    /// Units there.
    pub on_hand: String,
    /// Promised to orders.
    pub reserved: String,
    /// Never offered.
    pub safety: String,
    /// Units there that can be promised.
    pub available: String,
    /// Units on their way there.
    pub incoming: String,
}

/// One step from available stock to what is offered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Step {
    /// What it is.
    pub label: String,
    /// Units after it.
    pub value: String,
}

/// Why one listing shows what it shows.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WhyRow {
    /// Name of the account.
    pub account: String,
    /// The channel.
    pub channel: String,
    /// The listing's SKU.
    pub sku: String,
    /// Units of the product in one of the listing, when not one.
    pub units: Option<i64>,
    /// What it is to show.
    pub desired: Option<String>,
    /// Available units that are not for it, and why.
    pub withheld: Option<String>,
    /// Why its quantity, price and status are what they are.
    pub why: [(String, &'static str); 3],
    /// What it should show now.
    pub expected: Option<String>,
    /// What each of the channel's locations shows, when it has several.
    pub places: Option<String>,
    /// What it showed when last read.
    pub shown: Option<String>,
    /// When that was.
    pub shown_at: Option<When>,
    /// Whether expected and shown are the same; none while it is not known.
    pub equal: Option<bool>,
    /// Most it could still sell.
    pub exposure: String,
    /// How it is.
    pub status: Badge,
    /// Why, in words.
    pub reason: String,
}

/// One entry of the stock ledger.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LedgerRow {
    /// When.
    pub at: When,
    /// What happened.
    pub kind: String,
    /// Signed change of what is on hand.
    pub on_hand: String,
    /// Signed change of what is reserved.
    pub reserved: String,
    /// Units on hand afterwards.
    pub on_hand_after: String,
    /// Units available afterwards.
    pub available_after: String,
    /// What caused it.
    pub cause: String,
    /// The order that caused it.
    pub cause_href: Option<String>,
    /// Who.
    pub actor: String,
    /// What was noted.
    pub note: Option<String>,
}

/// A small line of levels: points of an SVG polyline 240 wide and 48 high.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Spark {
    /// `x,y x,y …`
    pub points: String,
    /// Height of zero.
    pub zero: i64,
    /// What it shows, for those who do not see it.
    pub text: String,
}

impl Spark {
    /// Draws levels, oldest first; none for fewer than two.
    pub(crate) fn of(levels: &[i64]) -> Option<Self> {
        const WIDTH: i64 = 240;
        const HEIGHT: i64 = 44;
        let (last, count) = (*levels.last()?, i64::try_from(levels.len()).ok()?);
        if count < 2 {
            return None;
        }
        let (low, high) = (
            levels.iter().copied().min()?.min(0),
            levels.iter().copied().max()?.max(1),
        );
        let height = |level: i64| 2 + HEIGHT - (level - low) * HEIGHT / (high - low);
        let points = levels
            .iter()
            .zip(0..)
            .map(|(level, i)| format!("{},{}", i * WIDTH / (count - 1), height(*level)))
            .collect::<Vec<_>>()
            .join(" ");
        Some(Self {
            points,
            zero: height(0),
            text: format!(
                "Available over the last {count} movements: from {} to {last}",
                levels[0]
            ),
        })
    }
}

#[cfg(test)]
mod samples {
    //! A product that is new, one that sells, and one with everything at its largest.

    use super::*;
    use crate::view::samples::{HOSTILE, LONG_SKU, choices, three, when};

    impl ProductPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            three(Self::empty(), Self::typical(), Self::extreme())
        }

        fn empty() -> Self {
            Self {
                sku: "TEA-250".into(),
                sku_path: "TEA-250".into(),
                title: "Assam tea, whole leaf, 250 g".into(),
                data: ProductData::default(),
                price: None,
                on_hand: "0".into(),
                reserved: "0".into(),
                withheld: None,
                available: "0".into(),
                incoming: None,
                at_channels: None,
                places: vec![],
                components: vec![],
                kit_lines: String::new(),
                place_choices: vec![],
                tone: Tone::Warn,
                mark: Some("none left"),
                why: "/stock/TEA-250/why".into(),
                steps: vec![],
                listings: vec![],
                exposure: "0".into(),
                covered: true,
                ledger: vec![],
                more: false,
                kinds: choices(&["Count", "Restock", "Return", "Damage", "Adjustment"]),
                once: "01jd".into(),
                spark: None,
            }
        }

        fn typical() -> Self {
            let mut typical = Self {
                data: ProductData {
                    facts: vec![
                        ("Barcodes".into(), "4006381333931".into()),
                        ("Brand".into(), "Nordlicht".into()),
                        ("Weight".into(), "250 g".into()),
                    ],
                    images: vec!["https://example.com/tea.png".into()],
                    variants: vec![("/stock/TEA-500".into(), "TEA-500".into(), "500 g".into())],
                    parent: "TEA".into(),
                    options: "size=250 g".into(),
                    ..ProductData::default()
                },
                price: Some("INR 499.00".into()),
                on_hand: "142".into(),
                reserved: "18".into(),
                available: "124".into(),
                tone: Tone::Quiet,
                mark: None,
                place_choices: choices(&["Main", "Shop"]),
                steps: steps(),
                listings: listings(),
                exposure: "84".into(),
                ledger: vec![
                    entry("sale", "0", "+1"),
                    entry("shipment", "−2", "−2"),
                    entry("restock", "+100", "0"),
                ],
                spark: Spark::of(&[20, 18, 17, 12, 8, 108, 106, 104, 99, 124]),
                ..Self::empty()
            };
            typical.ledger[2].note = Some("Delivery 4711".into());
            typical
        }

        fn extreme() -> Self {
            let mut extreme = Self::typical();
            extreme.sku = LONG_SKU.into();
            extreme.title = format!("{HOSTILE} {}", "Very long title ".repeat(20));
            extreme.data.facts = vec![(HOSTILE.into(), format!("{HOSTILE} {LONG_SKU}")); 40];
            extreme.on_hand = "−1,000".into();
            extreme.available = "−12,346,678".into();
            extreme.tone = Tone::Bad;
            extreme.mark = Some("negative");
            extreme.withheld = Some("12,345,678".into());
            extreme.incoming = Some("99,999,999".into());
            extreme.at_channels = Some("99,999,999".into());
            extreme.components = vec![ComponentRow {
                href: "/stock/X".into(),
                sku: LONG_SKU.into(),
                units: "10,000".into(),
                available: "−99,999,999".into(),
            }];
            extreme.kit_lines = format!("{LONG_SKU} 10000\n{HOSTILE} 1");
            extreme.place_choices = choices(&["Main", HOSTILE]);
            for sellable in [true, false] {
                extreme.places.push(PlaceRow {
                    id: "loc_1".into(),
                    name: HOSTILE.into(),
                    sellable,
                    on_hand: "−99,999,999".into(),
                    reserved: "12,345,678".into(),
                    safety: "100,000,000".into(),
                    available: "0".into(),
                    incoming: "7".into(),
                });
            }
            extreme.covered = false;
            for _ in 0..40 {
                let mut one = why(
                    HOSTILE,
                    ["1,000,000", "1", "99,999", "1,000,000"],
                    false,
                    Badge::new(Tone::Bad, "refused"),
                    &format!("The channel refused: {HOSTILE} {}", "words ".repeat(60)),
                );
                one.sku = LONG_SKU.into();
                one.units = Some(12);
                one.places = Some(HOSTILE.repeat(3));
                one.shown_at = None;
                one.desired = None;
                one.withheld = None;
                one.equal = None;
                extreme.listings.push(one);
                let mut line = entry("adjustment", "−100,000,000", "0");
                line.note = Some(HOSTILE.repeat(8));
                line.cause_href = None;
                extreme.ledger.push(line);
            }
            extreme.more = true;
            extreme
        }
    }

    fn steps() -> Vec<Step> {
        vec![
            Step {
                label: "available".into(),
                value: "124".into(),
            },
            Step {
                label: "kept back as buffer (2 units)".into(),
                value: "122".into(),
            },
            Step {
                label: "shared by 3 listings, equally".into(),
                value: "41 · 41 · 40".into(),
            },
        ]
    }

    fn listings() -> Vec<WhyRow> {
        vec![
            why(
                "Nordlicht IN",
                ["41", "41", "41", "41"],
                true,
                Badge::new(Tone::Good, "in step"),
                "Shows what it should.",
            ),
            why(
                "Nordlicht DE",
                ["41", "41", "43", "43"],
                false,
                Badge::new(Tone::Warn, "write under way"),
                "41 was sent 14 s ago and taken in; the channel may need until 03:27 to show it.",
            ),
        ]
    }

    fn why(account: &str, numbers: [&str; 4], equal: bool, status: Badge, reason: &str) -> WhyRow {
        WhyRow {
            account: account.into(),
            channel: "Marketplace".into(),
            sku: "TEA-250".into(),
            units: None,
            desired: Some(numbers[0].into()),
            withheld: Some("2 buffer · 81 for others".into()),
            why: ["quantity", "price", "status"].map(|field| ("/stock/TEA-250/why?listing=l".into(), field)),
            expected: Some(numbers[1].into()),
            places: (numbers[2] == "43").then(|| "Berlin 30 · Graz 13".into()),
            shown: Some(numbers[2].into()),
            shown_at: Some(when("14 s ago")),
            equal: Some(equal),
            exposure: numbers[3].into(),
            status,
            reason: reason.into(),
        }
    }

    fn entry(kind: &str, on_hand: &str, reserved: &str) -> LedgerRow {
        LedgerRow {
            at: when("3 min ago"),
            kind: kind.into(),
            on_hand: on_hand.into(),
            reserved: reserved.into(),
            on_hand_after: "142".into(),
            available_after: "124".into(),
            cause: "order 402-8812001-1029384".into(),
            cause_href: Some("/orders/ord_1".into()),
            actor: "channel".into(),
            note: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_levels_spans_its_box() {
        let spark = Spark::of(&[10, 5, -5, 0]).unwrap();
        assert_eq!(spark.points, "0,2 80,17 160,46 240,32");
        assert_eq!(spark.zero, 32);
        assert!(Spark::of(&[3]).is_none() && Spark::of(&[]).is_none());
    }
}
