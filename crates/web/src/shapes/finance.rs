//! Shapes of money that channels moved.

use super::{Field, Shape};

pub(super) const FINANCE: &[Shape] = &[
    Shape {
        name: "MoneyTransaction",
        about: "Money that moved, as the channel posted it",
        input: false,
        fields: &[
            Field::new("account", "id:acc", "The store"),
            Field::new("order", "id:ord?", "The order it is about, if it was read"),
            Field::new("id", "text", "The channel's id"),
            Field::new("posted_at", "instant", "When the channel posted it"),
            Field::new("event", "text", "sale, refund, fee, adjustment, payout or other"),
            Field::new("told", "text", "The channel's own word for that"),
            Field::new("description", "text", "What else the channel says of it"),
            Field::new(
                "state",
                "text",
                "held, released, superseded (told once more by its release; never counted) or unknown",
            ),
            Field::new("state_told", "text", "The channel's own word for that"),
            Field::new("channel_order_id", "text?", "The order, by the channel's number"),
            Field::new("settlement", "text?", "The settlement, by the channel's id"),
            Field::new("marketplace", "text?", "The country site"),
            Field::new("total", "Money", "All of it; below zero where the seller pays"),
            Field::new("parts", "[MoneyPart]", "What it is made of; adds up to the total"),
        ],
    },
    Shape {
        name: "MoneyPart",
        about: "A part of a transaction's total",
        input: false,
        fields: &[
            Field::new(
                "kind",
                "text",
                "principal, tax, withheld_tax, shipping, discount, commission, fulfilment_fee, fee, refund, \
                 adjustment, payout or other",
            ),
            Field::new("told", "text", "The channel's own word"),
            Field::new("sku", "text?", "Whose, where the channel tells"),
            Field::new("amount", "Money", "How much"),
        ],
    },
    Shape {
        name: "MoneySum",
        about: "The sum of one kind of amount",
        input: false,
        fields: &[
            Field::new("account", "id:acc", "The store"),
            Field::new("kind", "text", "As of a part"),
            Field::new("amount", "Money", "How much"),
            Field::new("held", "Money", "Of this held back by the channel"),
        ],
    },
    Shape {
        name: "Settlement",
        about: "What a channel paid",
        input: false,
        fields: &[
            Field::new("account", "id:acc", "The store"),
            Field::new("id", "text", "The channel's id"),
            Field::new("from", "instant", "Its first instant"),
            Field::new("to", "instant", "Its end"),
            Field::new("deposited_at", "instant?", "When the money was sent to the bank"),
            Field::new("paid", "Money", "How much was paid"),
            Field::new("lines_total", "Money", "The sum of its lines"),
            Field::new("lines", "int", "How many lines it has"),
            Field::new(
                "expected",
                "Money?",
                "The sum of the transactions that name it, payouts aside",
            ),
            Field::new(
                "verdict",
                "text",
                "unsound (its lines do not add up), unmatched (no transaction of it was read), agrees or differs",
            ),
        ],
    },
    Shape {
        name: "OrderMoney",
        about: "What the channel posted of an order in one currency, against what the order says",
        input: false,
        fields: &[
            Field::new("charged", "Money?", "What the order says the buyer pays"),
            Field::new(
                "posted",
                "Money",
                "What the channel says the buyer paid: goods, tax, shipping, less discounts",
            ),
            Field::new(
                "difference",
                "Money?",
                "Posted less charged, once the sale is posted",
            ),
            Field::new("verdict", "text", "waiting, agrees, less, more or unknown"),
            Field::new("fees", "Money", "The channel's fees, below zero"),
            Field::new("net", "Money", "What is left for the seller"),
            Field::new("held", "Money", "Of this held back by the channel"),
            Field::new("kinds", "map", "Sums by kind"),
        ],
    },
];
