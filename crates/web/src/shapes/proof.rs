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
        name: "LedgerCheckMade",
        about: "A check of the books that was made beside the server's work",
        input: false,
        fields: &[
            Field::new("id", "id:chk", "Its id"),
            Field::new("ok", "bool", "Nothing contradicts anything else"),
            Field::new("asked_by", "text", "Who asked for it; upkeep for the daily one"),
            Field::new("began_at", "instant", "When it began"),
            Field::new("ended_at", "instant", "When it ended"),
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
        name: "Books",
        about: "What is known of the books",
        input: false,
        fields: &[
            Field::new("under_way", "bool", "A check waits or is being made"),
            Field::new("last", "LedgerCheckMade?", "The last one that was made"),
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
    Shape {
        name: "Chain",
        about: "Why a number is what it is",
        input: false,
        fields: &[
            Field::new("sku", "text", "The product's SKU"),
            Field::new("listing", "id:lst?", "The listing asked about"),
            Field::new("account_name", "text?", "Where it is listed"),
            Field::new("field", "text", "quantity, price or status"),
            Field::new("value", "text?", "What it is"),
            Field::new(
                "links",
                "[Link]",
                "What led to it, the oldest first; what holds now comes last",
            ),
        ],
    },
    Shape {
        name: "Link",
        about: "What happened, and what it came to",
        input: false,
        fields: &[
            Field::new("at", "instant", "When; for what holds now, now"),
            Field::new(
                "kind",
                "text",
                "ledger, order, push, answer, reading, policy, plan, difference or problem",
            ),
            Field::new("what", "text", "One sentence"),
            Field::new("value", "text?", "The number, price or status after it"),
            Field::new(
                "row",
                "text?",
                "Id of the entry, order, push, listing or conflict",
            ),
        ],
    },
    Shape {
        name: "Promise",
        about: "How long one step took on one store",
        input: false,
        fields: &[
            Field::new(
                "account",
                "id:acc",
                "The store: for `imported` the order's, otherwise the one that was told",
            ),
            Field::new("account_name", "text", "Its name"),
            Field::new("channel", "text", "Its channel"),
            Field::new(
                "step",
                "text",
                "imported, sent, acknowledged or verified; each measured from the buyer's order",
            ),
            Field::new("count", "int", "How often it was measured"),
            Field::new("sum_ms", "int", "All of them together"),
            Field::new(
                "p50_ms",
                "int?",
                "Half took at most this; told at most a quarter too large",
            ),
            Field::new("p95_ms", "int?", "95 of 100 took at most this"),
            Field::new("p99_ms", "int?", "99 of 100 took at most this"),
            Field::new(
                "buckets",
                "[PromiseBucket]",
                "The counts; those of several rows can be added up",
            ),
        ],
    },
    Shape {
        name: "PromiseBucket",
        about: "How many took at most so long, and longer than the bucket before",
        input: false,
        fields: &[
            Field::new("at_most_ms", "int", "The longest of the bucket"),
            Field::new("count", "int", "How many"),
        ],
    },
];
