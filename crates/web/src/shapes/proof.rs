//! Shapes of what shows that numbers can be trusted.

use super::{Field, Shape};

pub(super) const PROOF: &[Shape] = &[
    Shape {
        name: "LedgerCheck",
        about: "What checking the books found",
        input: false,
        fields: &[
            Field::new("ok", "bool", "Nothing contradicts anything else"),
            Field::new("entries", "int", "Ledger entries looked at"),
            Field::new("balances", "int", "Balances compared"),
            Field::new("order_lines", "int", "Order lines compared"),
            Field::new("listings", "int", "Listings compared"),
            Field::new("pushes", "int", "Pushes compared"),
            Field::new(
                "findings",
                "[Finding]",
                "What does not hold, at most a hundred of each rule",
            ),
        ],
    },
    Shape {
        name: "Finding",
        about: "Something that does not hold, and where",
        input: false,
        fields: &[
            Field::new(
                "rule",
                "text",
                "pages, balance, chain, reservation, cause, exposure, headroom, push or reference",
            ),
            Field::new(
                "broken",
                "bool",
                "Rows contradict each other; otherwise it passes by itself",
            ),
            Field::new("tenant", "text?", "Whose it is"),
            Field::new("sku", "text?", "The product or listing"),
            Field::new("location", "text?", "Where"),
            Field::new("row", "text?", "Id of the entry, order line, listing or push"),
            Field::new("expected", "text?", "What should be there"),
            Field::new("found", "text?", "What is there"),
            Field::new("what", "text", "One sentence"),
            Field::new("remedy", "text", "What to do about it"),
        ],
    },
];
