//! Returns that channels announce.

use serde::Serialize;

use super::after::UnitsRow;
use super::{Badge, Empty, Pager, Tab, When};

/// The list of announced returns.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AwaitedPage {
    /// Awaited, or all.
    pub tabs: Vec<Tab>,
    /// The returns, those that changed last first.
    pub rows: Vec<AwaitedRow>,
    /// The rest.
    pub pager: Pager,
    /// What to say when there are none.
    pub empty: Empty,
}

/// One announced return.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AwaitedRow {
    /// Our id, for forms.
    pub id: String,
    /// The channel's number of it.
    pub number: String,
    /// The channel's number of the order.
    pub order: String,
    /// The order's page, once it is here.
    pub href: Option<String>,
    /// Name of the account.
    pub account: String,
    /// Where it stands.
    pub status: Badge,
    /// What comes back, in words.
    pub what: String,
    /// Why, in the buyer's words.
    pub reason: Option<String>,
    /// Tracking number of the way back.
    pub tracking: Option<String>,
    /// Units announced.
    pub units: i64,
    /// Of these, received here.
    pub received: i64,
    /// What of it can be received: order lines and units that are still to come.
    pub lines: Vec<UnitsRow>,
    /// What a person has to look at.
    pub attention: Option<String>,
    /// When it last changed.
    pub changed: When,
}

/// What the list says when it is empty.
pub(crate) const NONE: Empty = Empty {
    title: "No return is awaited",
    text: "Returns appear here when a buyer asks for one, on channels that tell. Others are entered on the order's page.",
    step: Some(("/orders", "See the orders")),
};

#[cfg(test)]
pub(crate) mod samples {
    //! The list with nothing, with usual returns, and with the longest texts there can be.

    use super::*;
    use crate::view::Tone;
    use crate::view::samples::{HOSTILE, tabs, three, when};

    /// One return.
    pub(crate) fn row(text: &str) -> AwaitedRow {
        AwaitedRow {
            id: "crt_1".into(),
            number: format!("RET-{text}"),
            order: "402-8812001".into(),
            href: Some("/orders/ord_1".into()),
            account: "Nordlicht IN".into(),
            status: Badge::new(Tone::Info, "on its way"),
            what: format!("2 × {text}"),
            reason: Some(format!("too small, {text}")),
            tracking: Some("FMPR1".into()),
            units: 2,
            received: 1,
            lines: vec![UnitsRow {
                line: "crt_1.oln_1".into(),
                sku: text.into(),
                units: 1,
            }],
            attention: Some(format!("the status `{text}` is unknown")),
            changed: when("1 h ago"),
        }
    }

    impl AwaitedPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            let of = |rows| Self {
                tabs: tabs(),
                rows,
                pager: Pager::default(),
                empty: NONE,
            };
            let mut usual = row("MUG-BLUE");
            (usual.attention, usual.reason, usual.tracking) = (None, None, None);
            three(
                of(vec![]),
                of(vec![usual, row("TEA-250")]),
                of(vec![row(HOSTILE); 60]),
            )
        }
    }
}
