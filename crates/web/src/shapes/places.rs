//! Shapes of locations and of what moves between them.

use super::{Field, Shape};

pub(super) const PLACES: &[Shape] = &[
    Shape {
        name: "Locations",
        about: "Where stock lies",
        input: false,
        fields: &[
            Field::new(
                "locations",
                "[Location]",
                "The seller's own, in the order in which orders are served",
            ),
            Field::new(
                "channel_warehouses",
                "[ChannelWarehouse]",
                "The channels' own: read only, never the seller's to sell",
            ),
        ],
    },
    Shape {
        name: "Location",
        about: "A place where stock lies",
        input: false,
        fields: &[
            Field::new("id", "id:loc", "Its id"),
            Field::new("name", "text", "What people call it"),
            Field::new(
                "is_default",
                "bool",
                "Goods are entered here when nothing else is said",
            ),
            Field::new(
                "sellable",
                "bool",
                "Its units are offered and orders served from it",
            ),
            Field::new("rank", "int", "Orders are served from the lowest rank first"),
            Field::new("closed_at", "instant?", "When it was closed"),
        ],
    },
    Shape {
        name: "ChannelWarehouse",
        about: "A channel's own warehouse, such as FBA",
        input: false,
        fields: &[
            Field::new("account", "id:acc", "The store"),
            Field::new("name", "text", "Its name"),
            Field::new("listings", "int", "Listings shipped from there"),
            Field::new("units", "int?", "Units there; null when the channel never said"),
        ],
    },
    Shape {
        name: "NewLocation",
        about: "A location to open",
        input: true,
        fields: &[
            Field::new("name", "text", "1 to 60 characters, unique"),
            Field::new(
                "sellable",
                "bool?",
                "Orders are served from it; true unless given",
            ),
            Field::new("rank", "count?", "0 (served first) to 1,000; 0 unless given"),
        ],
    },
    Shape {
        name: "LocationPatch",
        about: "What changes of a location",
        input: true,
        fields: &[
            Field::new("name", "text?", "1 to 60 characters, unique"),
            Field::new("sellable", "bool?", "Whether orders are served from it"),
            Field::new("rank", "count?", "0 (served first) to 1,000"),
            Field::new("open", "bool?", "false closes it, once nothing lies there"),
        ],
    },
    Shape {
        name: "Safety",
        about: "Units never offered",
        input: true,
        fields: &[
            Field::new("location", "id:loc?", "Where; the default location unless given"),
            Field::new("units", "count", "How many; 0 withholds nothing"),
        ],
    },
    Shape {
        name: "StockAt",
        about: "A product's stock at one location",
        input: false,
        fields: &[
            Field::new("location", "id:loc", "Where"),
            Field::new("name", "text", "Its name"),
            Field::new("sellable", "bool", "Its units are offered"),
            Field::new("on_hand", "int", "Units there"),
            Field::new("reserved", "int", "Promised to orders"),
            Field::new("safety", "int", "Kept back there from every channel"),
            Field::new("available", "int", "Units there that can still be promised"),
            Field::new("incoming", "int", "On their way there"),
        ],
    },
];
