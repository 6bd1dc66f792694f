//! Shapes of orders and parcels.

use super::{Field, Shape};

pub(super) const TRADE: &[Shape] = &[
    Shape {
        name: "Order",
        about: "An order",
        input: false,
        fields: &[
            Field::new("id", "id:ord", "Its id"),
            Field::new("account", "id:acc", "The store"),
            Field::new("channel_order_id", "text", "The channel's number"),
            Field::new(
                "status",
                "text",
                "pending, open, partially_shipped, shipped, cancelled or unknown",
            ),
            Field::new("channel_status", "text", "The channel's own word"),
            Field::new("fulfilled_by", "word:fulfilled_by", "seller or channel"),
            Field::new("marketplace", "text?", "The country site"),
            Field::new("placed_at", "instant", "When the buyer placed it"),
            Field::new("updated_at", "instant", "When it last changed on the channel"),
            Field::new("imported_at", "instant", "When it was read in"),
            Field::new("ship_by", "instant?", "Latest instant to ship"),
            Field::new(
                "pay_by",
                "instant?",
                "Until when an own order that is not paid yet is kept",
            ),
            Field::new("total", "Money?", "What the buyer pays"),
            Field::new("attention", "text?", "Why a person has to look"),
            Field::new("lines", "[OrderLine]", "What was bought"),
        ],
    },
    Shape {
        name: "OrderLine",
        about: "A line of an order",
        input: false,
        fields: &[
            Field::new("id", "id:oln", "Its id"),
            Field::new("channel_line_id", "text", "The channel's id"),
            Field::new("listing", "id:lst?", "The listing that sold it"),
            Field::new("product", "id:prd?", "The product"),
            Field::new("sku", "text?", "The SKU sold"),
            Field::new("title", "text", "Title at the time of sale"),
            Field::new("units", "int", "Product units in one"),
            Field::new("ordered", "int", "Units ordered"),
            Field::new("shipped", "int", "Of these shipped"),
            Field::new("cancelled", "int", "Of these called off"),
            Field::new("total", "Money?", "What it costs"),
            Field::new(
                "stock",
                "LineStock",
                "Product units it ever reserved, released and shipped",
            ),
        ],
    },
    Shape {
        name: "LineStock",
        about: "What a line did to stock; counters only grow",
        input: false,
        fields: &[
            Field::new("reserved", "int", "Ever reserved"),
            Field::new("released", "int", "Of these given back"),
            Field::new("shipped", "int", "Of these shipped"),
        ],
    },
    Shape {
        name: "OrderDetail",
        about: "An order with its parcels and what it did to stock",
        input: false,
        fields: &[
            Field::new("order", "Order", "The order"),
            Field::new("shipments", "[Shipment]", "Parcels"),
            Field::new("ledger", "[LedgerEntry]", "Movements it caused"),
            Field::new("after_sales", "AfterSales", "What happened to it after the sale"),
        ],
    },
    Shape {
        name: "NewOrder",
        about: "An order of an own store",
        input: true,
        fields: &[
            Field::new(
                "account",
                "text?",
                "The own store; may be left out when there is one",
            ),
            Field::new(
                "reference",
                "text?",
                "Your order number: the same one twice is the same order",
            ),
            Field::new("lines", "[NewOrderLine]", "What was bought"),
            Field::new("buyer", "map?", "Who bought it; sealed at rest"),
            Field::new(
                "unpaid",
                "bool?",
                "Not paid yet: it reserves, and is called off when the payment does not come in time",
            ),
        ],
    },
    Shape {
        name: "NewOrderLine",
        about: "A line of an own order",
        input: true,
        fields: &[
            Field::new("sku", "text", "The product"),
            Field::new("quantity", "count", "Units, at least 1"),
            Field::new("unit_price", "Money?", "Price of one"),
        ],
    },
    Shape {
        name: "Parcel",
        about: "A parcel that left",
        input: true,
        fields: &[
            Field::new("carrier", "text", "Who carries it"),
            Field::new("method", "text?", "How"),
            Field::new("tracking", "text", "Its number"),
            Field::new(
                "lines",
                "[ParcelLine]?",
                "What is in it; everything open unless given",
            ),
        ],
    },
    Shape {
        name: "ParcelLine",
        about: "Units of a line in a parcel",
        input: true,
        fields: &[
            Field::new("line", "id:oln", "The line's id"),
            Field::new("quantity", "int", "Units"),
        ],
    },
    Shape {
        name: "Shipment",
        about: "A parcel",
        input: false,
        fields: &[
            Field::new("id", "id:shp", "Its id"),
            Field::new("order", "id:ord", "The order"),
            Field::new("parcel", "int", "Which of the order's parcels"),
            Field::new("carrier", "text", "Who carries it"),
            Field::new("method", "text?", "How"),
            Field::new("tracking", "text", "Its number"),
            Field::new("shipped_at", "instant", "When it left"),
            Field::new(
                "status",
                "word:shipment_status",
                "pending, confirmed, refused or local",
            ),
            Field::new("message", "text?", "What the channel said"),
            Field::new("lines", "[map]", "What is in it"),
            Field::new("created_at", "instant", "When it was recorded"),
        ],
    },
];
