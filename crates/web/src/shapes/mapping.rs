//! Shapes of mappings: what waits for a product, what it may sell, and files.

use super::{Field, Shape};

pub(super) const MAPPING: &[Shape] = &[
    Shape {
        name: "UnmappedListing",
        about: "A listing without a product",
        input: false,
        fields: &[
            Field::new("listing", "id:lst", "Its id"),
            Field::new("account", "id:acc", "The store"),
            Field::new("sku", "text", "SKU on the channel"),
            Field::new("title", "text", "Its title"),
            Field::new("barcode", "text?", "Its barcode as the channel shows it"),
            Field::new("channel_ref", "text?", "The channel's own id"),
            Field::new("price", "Money?", "What it shows"),
            Field::new("ignored", "bool", "A person left it alone"),
            Field::new("orders_waiting", "int", "Orders that wait for it"),
            Field::new("units_waiting", "int", "Units they ask for"),
            Field::new(
                "suggestions",
                "[Suggestion]",
                "The products it may sell, the likeliest first",
            ),
        ],
    },
    Shape {
        name: "Suggestion",
        about: "A product that a listing may sell",
        input: false,
        fields: &[
            Field::new("product", "id:prd", "The product"),
            Field::new("sku", "text", "Its SKU"),
            Field::new("title", "text", "Its title"),
            Field::new("score", "int", "How likely, from 0 to 100"),
            Field::new(
                "same_barcode",
                "bool",
                "They have the same barcode; otherwise their words are alike",
            ),
        ],
    },
    Shape {
        name: "AcceptSuggestion",
        about: "How a suggestion is taken",
        input: true,
        fields: &[Field::new(
            "units",
            "count?",
            "Product units in one of the listing; 1 unless given",
        )],
    },
    Shape {
        name: "ProductFromListing",
        about: "A product to create from what a listing shows",
        input: true,
        fields: &[Field::new("sku", "text?", "Its SKU; the listing's unless given")],
    },
    Shape {
        name: "WaitingLine",
        about: "An order line that waits because nothing says which product it sells",
        input: false,
        fields: &[
            Field::new("order", "id:ord", "The order"),
            Field::new("channel_order_id", "text", "The channel's number"),
            Field::new("account", "id:acc", "The store"),
            Field::new("status", "word:order_status", "Where the order stands"),
            Field::new("sku", "text?", "The SKU that was sold"),
            Field::new("title", "text", "Title as it was sold"),
            Field::new("units", "int", "Units to ship"),
            Field::new("listing", "id:lst?", "The listing of that SKU, if it is known"),
            Field::new("placed_at", "instant", "When it was placed"),
            Field::new("ship_by", "instant?", "Latest instant to ship"),
        ],
    },
    Shape {
        name: "AutoMapped",
        about: "What mapping by itself did",
        input: false,
        fields: &[
            Field::new("by_sku", "int", "Listings mapped by equal SKU"),
            Field::new(
                "by_barcode",
                "int",
                "Listings mapped by a barcode that one product alone has",
            ),
        ],
    },
    Shape {
        name: "ImportReport",
        about: "What became of a file, or would in a dry run",
        input: false,
        fields: &[
            Field::new("dry_run", "bool", "Nothing was to be written"),
            Field::new("written", "bool", "Something was written"),
            Field::new("rows", "int", "Rows, without the heading"),
            Field::new("created", "int", "Of these, new"),
            Field::new("updated", "int", "Of these, there already and different"),
            Field::new("unchanged", "int", "Of these, there already and the same"),
            Field::new("refused", "int", "Of these, with something wrong"),
            Field::new("counted", "int", "Counts of stock that came with them"),
            Field::new("problems", "[RowProblem]", "What is wrong, at most 500"),
            Field::new("problems_left_out", "int", "More problems than are told"),
        ],
    },
    Shape {
        name: "RowProblem",
        about: "What is wrong with a row",
        input: false,
        fields: &[
            Field::new("row", "int", "Where it is in the file; the heading is on 1"),
            Field::new("column", "text", "The column; empty for the row as a whole"),
            Field::new("message", "text", "What is wrong and what would be right"),
        ],
    },
];
