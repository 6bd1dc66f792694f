//! Shapes of what lies in channels' own warehouses.

use super::{Field, Shape};

pub(super) const WAREHOUSES: &[Shape] = &[
    Shape {
        name: "Warehouse",
        about: "What lies in a channel's own warehouse for one marketplace; several may count the same goods",
        input: false,
        fields: &[
            Field::new("account", "id:acc", "The store"),
            Field::new("name", "text", "Its name"),
            Field::new("marketplace", "text", "The marketplace, by the channel's id"),
            Field::new("skus", "int", "SKUs there"),
            Field::new("sellable", "int", "Units that can be sold"),
            Field::new("inbound", "int", "Units on their way in"),
            Field::new("reserved", "int", "Units set aside"),
            Field::new("unfulfillable", "int", "Units that cannot be sold"),
            Field::new("total", "int", "All of them, as the channel counts"),
            Field::new("read_at", "instant", "When the oldest of it was read"),
        ],
    },
    Shape {
        name: "WarehouseStock",
        about: "One SKU in a channel's warehouse",
        input: false,
        fields: &[
            Field::new("account", "id:acc", "The store"),
            Field::new("marketplace", "text", "The marketplace it is counted for"),
            Field::new("sku", "text", "The SKU on the channel"),
            Field::new(
                "label",
                "text",
                "The channel's label on the goods; empty if it names none",
            ),
            Field::new("channel_ref", "text?", "The channel's product id"),
            Field::new("title", "text", "Title"),
            Field::new("condition", "text?", "Condition, in the channel's words"),
            Field::new("units", "WarehouseUnits", "How many, by what they are doing"),
            Field::new("changed_at", "instant?", "When the channel last changed them"),
            Field::new("read_at", "instant", "When this was read"),
            Field::new("product", "id:prd?", "The product its listing is mapped to"),
            Field::new("product_sku", "text?", "That product's SKU"),
            Field::new(
                "sold",
                "int",
                "Units the channel sold in this marketplace within the last 30 days",
            ),
            Field::new(
                "days_of_cover",
                "int?",
                "Days until what can be sold is gone at that pace; null when nothing was sold",
            ),
            Field::new("health", "text", "out, low, good, excess, still or empty"),
        ],
    },
    Shape {
        name: "WarehouseUnits",
        about: "Units by what they are doing",
        input: false,
        fields: &[
            Field::new("sellable", "int", "Can be sold and shipped now"),
            Field::new("inbound_working", "int", "Announced, not on their way yet"),
            Field::new("inbound_shipped", "int", "On their way"),
            Field::new("inbound_receiving", "int", "Being taken in"),
            Field::new("reserved_orders", "int", "For buyers' orders"),
            Field::new(
                "reserved_transfer",
                "int",
                "Moving between the channel's warehouses",
            ),
            Field::new("reserved_processing", "int", "Being worked on"),
            Field::new("researching", "int", "Being looked for"),
            Field::new("damaged_by_buyer", "int", "Damaged by a buyer"),
            Field::new("damaged_in_warehouse", "int", "Damaged in the warehouse"),
            Field::new("damaged_by_supplier", "int", "Damaged before they came"),
            Field::new("damaged_by_carrier", "int", "Damaged on their way"),
            Field::new("defective", "int", "Do not work"),
            Field::new("expired", "int", "Past their date"),
            Field::new("unfulfillable", "int", "Cannot be sold, for whatever reason"),
            Field::new("total", "int", "All of them, as the channel counts"),
        ],
    },
];
