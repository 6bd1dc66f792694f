//! What happens to an order after the sale, as its page shows it.

use serde::Serialize;

use super::awaited::AwaitedRow;
use super::{Badge, Choice, When};

/// After the sale.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct AfterSale {
    /// Calling it off, while that can be.
    pub cancel: Option<CancelForm>,
    /// Giving money back, while that can be.
    pub refund: Option<RefundForm>,
    /// What was asked of the channel, the newest first.
    pub asks: Vec<AskRow>,
    /// Returns the channel announces.
    pub returns: Vec<AwaitedRow>,
    /// Labels and invoices the channel makes.
    pub papers: PapersPart,
}

/// Labels and invoices of an order's parcels.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct PapersPart {
    /// Who can be asked for papers now; nobody when none are to be asked for.
    pub channel: Option<String>,
    /// They were asked for before.
    pub again: bool,
    /// The parcels.
    pub parcels: Vec<ParcelRow>,
}

/// A parcel with its papers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ParcelRow {
    /// Our id, for forms.
    pub id: String,
    /// Which of the order's parcels.
    pub number: i64,
    /// How far it is.
    pub status: Badge,
    /// Who carries it.
    pub carrier: Option<String>,
    /// Its number.
    pub tracking: Option<String>,
    /// What the channel said.
    pub message: Option<String>,
    /// Its papers.
    pub papers: Vec<PaperLink>,
    /// The channel can be told that it is ready.
    pub can_hand_over: bool,
}

/// A paper to be fetched.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PaperLink {
    /// Where.
    pub href: String,
    /// What it is.
    pub text: String,
    /// When the channel stops accepting it.
    pub expires: Option<When>,
}

/// The form to call an order off.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CancelForm {
    /// Who calls it off; none for an own order.
    pub channel: Option<String>,
    /// Why.
    pub reasons: Vec<Choice>,
    /// Lines of which single units can be called off; none where the whole order has to go.
    pub lines: Vec<UnitsRow>,
}

/// The form to give money back.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RefundForm {
    /// Who is asked; none for an own order, of which it is only noted.
    pub channel: Option<String>,
    /// What is left of what was paid.
    pub left: String,
    /// The currency, as an example.
    pub hint: String,
    /// Lines of which units can be named.
    pub lines: Vec<UnitsRow>,
}

/// Units of a line that can be named.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct UnitsRow {
    /// The line's id, for the form.
    pub line: String,
    /// The SKU sold.
    pub sku: String,
    /// Units there are.
    pub units: i64,
}

/// Something that was asked of a channel.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AskRow {
    /// What, in a few words.
    pub what: String,
    /// How far it is.
    pub status: Badge,
    /// What the channel said, or what is to be done.
    pub message: Option<String>,
    /// Who wanted it.
    pub who: String,
    /// Since when.
    pub at: When,
}

#[cfg(test)]
impl AfterSale {
    /// With everything on it.
    pub(crate) fn sample(text: &str, many: usize) -> Self {
        use super::Tone;
        use super::samples::{choices, when};
        let units = |n: usize| UnitsRow {
            line: format!("oln_{n}"),
            sku: text.into(),
            units: 2,
        };
        let ask = AskRow {
            what: format!("Call off 2 × {text}: out of stock"),
            status: Badge::new(Tone::Bad, "refused"),
            message: Some(format!("The channel says {text}.")),
            who: "asha@example.com".into(),
            at: when("1 h ago"),
        };
        Self {
            cancel: Some(CancelForm {
                channel: Some(text.into()),
                reasons: choices(&["the buyer asked for it", "out of stock"]),
                lines: (0..many).map(units).collect(),
            }),
            refund: Some(RefundForm {
                channel: Some(text.into()),
                left: "INR 1,996.00".into(),
                hint: "100.00 INR".into(),
                lines: vec![units(1)],
            }),
            asks: vec![ask; many],
            returns: vec![super::awaited::samples::row(text)],
            papers: PapersPart {
                channel: Some(text.into()),
                again: true,
                parcels: vec![ParcelRow {
                    id: "pcl_1".into(),
                    number: 1,
                    status: Badge::new(Tone::Good, "there"),
                    carrier: Some(text.into()),
                    tracking: Some("FMP1".into()),
                    message: Some(format!("The channel says {text}.")),
                    papers: vec![PaperLink {
                        href: "/papers/ppr_1".into(),
                        text: "Label and invoice".into(),
                        expires: Some(when("in 20 h")),
                    }],
                    can_hand_over: true,
                }],
            },
        }
    }
}
