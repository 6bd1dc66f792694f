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
    Shape {
        name: "Delivery",
        about: "Goods that came in",
        input: true,
        fields: &[
            Field::new(
                "reference",
                "text",
                "Its number: what was entered under it is not entered again",
            ),
            Field::new("location", "id:loc?", "Where; the default location unless given"),
            Field::new("lines", "[UnitsOf]", "1 to 1,000"),
            Field::new("note", "text?", "A remark"),
        ],
    },
    Shape {
        name: "UnitsOf",
        about: "Units of a product",
        input: true,
        fields: &[
            Field::new("sku", "text", "The product"),
            Field::new("units", "count", "At least 1"),
        ],
    },
    Shape {
        name: "Transfer",
        about: "Goods on their way between two locations",
        input: false,
        fields: &[
            Field::new("id", "id:trf", "Its id"),
            Field::new("reference", "text", "What people call it"),
            Field::new("from", "id:loc", "From where"),
            Field::new("to", "id:loc", "To where"),
            Field::new("status", "text", "draft, in_transit, received or cancelled"),
            Field::new("note", "text?", "A remark"),
            Field::new("actor", "text", "Who wrote it down"),
            Field::new("created_at", "instant", "When"),
            Field::new("sent_at", "instant?", "When it left"),
            Field::new(
                "closed_at",
                "instant?",
                "When the last unit had arrived or was given up, or it was called off",
            ),
            Field::new("lines", "[TransferLine]", "What is moved"),
        ],
    },
    Shape {
        name: "TransferLine",
        about: "One product of a transfer",
        input: false,
        fields: &[
            Field::new("product", "id:prd", "The product"),
            Field::new("sku", "text", "Its SKU"),
            Field::new("units", "int", "Units sent"),
            Field::new("received", "int", "Of these, arrived"),
            Field::new("lost", "int", "Of these, known to be lost"),
        ],
    },
    Shape {
        name: "NewTransfer",
        about: "A transfer to write down",
        input: true,
        fields: &[
            Field::new(
                "reference",
                "text?",
                "What you call it: the same one again answers the first",
            ),
            Field::new("from", "id:loc", "From where"),
            Field::new("to", "id:loc", "To where"),
            Field::new("lines", "[UnitsOf]", "1 to 1,000"),
            Field::new("note", "text?", "A remark"),
        ],
    },
    Shape {
        name: "Arrivals",
        about: "What arrived",
        input: true,
        fields: &[
            Field::new(
                "reference",
                "text?",
                "Your name of this receipt: the same one counts once",
            ),
            Field::new(
                "lines",
                "[Arrival]?",
                "What arrived and what is lost; everything on its way unless given",
            ),
        ],
    },
    Shape {
        name: "Arrival",
        about: "What arrived of one product",
        input: true,
        fields: &[
            Field::new("sku", "text", "The product"),
            Field::new("received", "count?", "Units that arrived; 0 unless given"),
            Field::new("lost", "count?", "Units that will not; 0 unless given"),
        ],
    },
    Shape {
        name: "CountSession",
        about: "A count of one location's shelves",
        input: false,
        fields: &[
            Field::new("id", "id:cnt", "Its id"),
            Field::new("reference", "text", "What people call it"),
            Field::new("location", "id:loc", "Where"),
            Field::new("status", "text", "open, posted or cancelled"),
            Field::new("note", "text?", "A remark"),
            Field::new("actor", "text", "Who began it"),
            Field::new("created_at", "instant", "When"),
            Field::new("closed_at", "instant?", "When it was posted or called off"),
            Field::new("lines", "[CountLine]", "The products; empty in lists of counts"),
        ],
    },
    Shape {
        name: "CountLine",
        about: "One product of a count",
        input: false,
        fields: &[
            Field::new("product", "id:prd", "The product"),
            Field::new("sku", "text", "Its SKU"),
            Field::new(
                "expected",
                "int",
                "Units by the books when it was put on the list",
            ),
            Field::new("counted", "int?", "Units that lay there"),
            Field::new("counted_at", "instant?", "When it was counted"),
            Field::new("difference", "int?", "Units that posting added to the books"),
        ],
    },
    Shape {
        name: "NewCountSession",
        about: "A count to begin",
        input: true,
        fields: &[
            Field::new(
                "reference",
                "text?",
                "What you call it: the same one again answers the first",
            ),
            Field::new("location", "id:loc?", "Where; the default location unless given"),
            Field::new(
                "skus",
                "[text]?",
                "Which products; all that ever lay there unless given",
            ),
            Field::new("note", "text?", "A remark"),
        ],
    },
    Shape {
        name: "CountedLines",
        about: "Numbers that were counted",
        input: true,
        fields: &[Field::new("lines", "[CountedLine]", "1 to 1,000")],
    },
    Shape {
        name: "CountedLine",
        about: "A number that was counted",
        input: true,
        fields: &[
            Field::new("sku", "text", "The product"),
            Field::new(
                "counted",
                "count",
                "Units that lie there, those promised to orders included",
            ),
            Field::new("counted_at", "instant?", "When; now unless given"),
        ],
    },
    Shape {
        name: "Return",
        about: "Goods a buyer sent back",
        input: false,
        fields: &[
            Field::new("id", "id:ret", "Its id"),
            Field::new("order", "id:ord", "The order"),
            Field::new("line", "id:oln", "The order line"),
            Field::new("reference", "text", "Unique within the order"),
            Field::new("units", "int", "Units of the listing"),
            Field::new("condition", "text", "sellable or damaged"),
            Field::new(
                "location",
                "id:loc?",
                "Where they lie now; null when they were written off",
            ),
            Field::new("note", "text?", "A remark"),
            Field::new("actor", "text", "Who entered it"),
            Field::new("at", "instant", "When"),
        ],
    },
    Shape {
        name: "NewReturn",
        about: "What a buyer sent back",
        input: true,
        fields: &[
            Field::new("reference", "text?", "Your name of it: the same one counts once"),
            Field::new("lines", "[NewReturnLine]", "1 to 1,000"),
            Field::new("note", "text?", "A remark"),
        ],
    },
    Shape {
        name: "NewReturnLine",
        about: "Goods of one order line that came back",
        input: true,
        fields: &[
            Field::new("line", "id:oln", "The order line"),
            Field::new("quantity", "count", "Units of the listing"),
            Field::new(
                "condition",
                "text",
                "sellable (back on the shelf) or damaged (to a location that is not sold from, or written off)",
            ),
            Field::new(
                "location",
                "id:loc?",
                "Where to; where it was shipped from, or for damaged goods nowhere, unless given",
            ),
        ],
    },
    Shape {
        name: "ComponentStock",
        about: "A component of a kit, and how much of it there is",
        input: false,
        fields: &[
            Field::new("product", "id:prd", "The component"),
            Field::new("sku", "text", "Its SKU"),
            Field::new("units", "int", "Units of it in one kit"),
            Field::new("available", "int", "Units of it that can still be promised"),
        ],
    },
    Shape {
        name: "KitPart",
        about: "A component of a kit",
        input: false,
        fields: &[
            Field::new("product", "id:prd", "The component"),
            Field::new("sku", "text", "Its SKU"),
            Field::new("title", "text", "Its title"),
            Field::new("units", "int", "Units of it in one kit"),
        ],
    },
    Shape {
        name: "Kit",
        about: "What a product is made of",
        input: true,
        fields: &[Field::new(
            "components",
            "[UnitsOf]",
            "Up to 50 products that are no kits, 1 to 10,000 units of each; none make it an ordinary product",
        )],
    },
];
