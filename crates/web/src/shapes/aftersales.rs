//! Shapes of what happens after the sale.

use super::{Field, Shape};

pub(super) const AFTER_SALES: &[Shape] = &[
    Shape {
        name: "AfterSales",
        about: "What happened to an order after the sale",
        input: false,
        fields: &[Field::new(
            "cancellations",
            "[Cancellation]",
            "What was called off, or is to be; the newest first",
        )],
    },
    Shape {
        name: "Cancellation",
        about: "An order, or units of it, that somebody wants called off",
        input: false,
        fields: &[
            Field::new("id", "id:ccl", "Its id"),
            Field::new("order", "id:ord", "The order"),
            Field::new(
                "lines",
                "[CancelledLine]",
                "Which units; empty for all that was open",
            ),
            Field::new("reason", "word:cancel_reason", "Why"),
            Field::new("note", "text?", "Words for the channel, or for the books"),
            Field::new(
                "status",
                "word:ask_status",
                "waiting, accepted (not shown yet), done, refused, or unclear: look at the channel",
            ),
            Field::new("message", "text?", "What the channel said last"),
            Field::new("asked_at", "instant?", "When the channel was last asked"),
            Field::new("actor", "text", "Who wanted it"),
            Field::new("created_at", "instant", "Since when"),
            Field::new("updated_at", "instant", "When its state last changed"),
        ],
    },
    Shape {
        name: "CancelledLine",
        about: "Units of a line that somebody wants called off",
        input: false,
        fields: &[
            Field::new("line", "id:oln", "The line"),
            Field::new("channel_line_id", "text", "The channel's id of it"),
            Field::new("quantity", "int", "Units"),
            Field::new("before", "int", "Units that were called off before"),
        ],
    },
    Shape {
        name: "CancelOrder",
        about: "Why and what to call off",
        input: true,
        fields: &[
            Field::new(
                "reason",
                "word:cancel_reason?",
                "out_of_stock, customer, undeliverable, pricing, fraud or other, which it is unless given",
            ),
            Field::new("note", "text?", "Words for the channel, or for the books"),
            Field::new(
                "lines",
                "[LineUnits]?",
                "Which units; all that is open unless given",
            ),
        ],
    },
    Shape {
        name: "LineUnits",
        about: "Units of an order line",
        input: true,
        fields: &[
            Field::new("line", "id:oln", "The line's id"),
            Field::new("quantity", "count", "Units of the listing, at least 1"),
        ],
    },
];
