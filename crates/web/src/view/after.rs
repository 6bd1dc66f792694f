//! What happens to an order after the sale, as its page shows it.

use serde::Serialize;

use super::{Badge, Choice, When};

/// After the sale.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct AfterSale {
    /// Calling it off, while that can be.
    pub cancel: Option<CancelForm>,
    /// What was asked of the channel, the newest first.
    pub asks: Vec<AskRow>,
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
            asks: vec![ask; many],
        }
    }
}
