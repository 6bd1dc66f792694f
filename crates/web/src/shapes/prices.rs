//! Shapes of price rules, sales, exchange rates and explained prices.

use super::{Field, Shape};

pub(super) const PRICES: &[Shape] = &[
    Shape {
        name: "PriceSettings",
        about: "What may happen to prices without a person's word",
        input: true,
        fields: &[
            Field::new(
                "variance",
                "count",
                "A price that moves further than this waits for a person; hundredths of a percent",
            ),
            Field::new(
                "rate_max_days",
                "count",
                "Exchange rates older than this, in days, are not used",
            ),
        ],
    },
    Shape {
        name: "PriceRule",
        about: "What a level says of prices; what it leaves out the level above says",
        input: false,
        fields: &[
            Field::new("scope", "text", "tenant, channel:NAME, account:ID or listing:ID"),
            Field::new("keep", "bool?", "Whether the hub computes and sends prices here"),
            Field::new(
                "fee_part",
                "int?",
                "Part of the price the channel keeps, in hundredths of a percent",
            ),
            Field::new("fee_fixed", "Money?", "What it keeps of each sale besides"),
            Field::new(
                "margin",
                "int?",
                "What must remain over the cost after fees, in hundredths of a percent of it",
            ),
            Field::new("floor", "Money?", "The least a buyer pays"),
            Field::new(
                "ending",
                "text?",
                "How prices end: none, .99, 9.99, /0.05, with ` nearest` or ` down`",
            ),
            Field::new("price", "Money?", "The listing's own price"),
            Field::new("updated_at", "instant", "When it last changed"),
        ],
    },
    Shape {
        name: "PriceRulePut",
        about: "What a level is to say of prices, as a whole",
        input: true,
        fields: &[
            Field::new("scope", "text", "tenant, channel:NAME, account:ID or listing:ID"),
            Field::new("keep", "bool?", "Whether the hub computes and sends prices here"),
            Field::new(
                "fee_part",
                "count?",
                "Part of the price the channel keeps, in hundredths of a percent, up to 9500",
            ),
            Field::new("fee_fixed", "Money?", "What it keeps of each sale besides"),
            Field::new(
                "margin",
                "count?",
                "What must remain over the cost after fees, in hundredths of a percent of it",
            ),
            Field::new("floor", "Money?", "The least a buyer pays"),
            Field::new(
                "ending",
                "text?",
                "How prices end: none, .99, 9.99, /0.05, with ` nearest` or ` down`",
            ),
            Field::new("price", "Money?", "For a listing: its own price"),
        ],
    },
    Shape {
        name: "PricePreviewQuery",
        about: "Whose prices to compute, and what to suppose; nothing is written",
        input: true,
        fields: &[
            Field::new(
                "scope",
                "text?",
                "Only listings of it; that of what is supposed unless given",
            ),
            Field::new("search", "text?", "Only SKUs that begin with it"),
            Field::new("after", "id:lst?", "Go on after this listing"),
            Field::new("limit", "count?", "1 to 200; 50 unless given"),
            Field::new("rule", "PriceRulePut?", "Suppose this rule"),
            Field::new(
                "product",
                "SupposedProduct?",
                "Suppose these amounts of a product",
            ),
            Field::new("sale", "NewSale?", "Suppose this sale, and that it holds now"),
        ],
    },
    Shape {
        name: "SupposedProduct",
        about: "Amounts of a product to suppose; what is left out is none",
        input: true,
        fields: &[
            Field::new("product", "id:prd", "The product"),
            Field::new("base", "Money?", "Base price"),
            Field::new("cost", "Money?", "What one unit costs"),
            Field::new("floor", "Money?", "The least a buyer pays for one unit"),
        ],
    },
    Shape {
        name: "PricePreview",
        about: "A listing's price as it is and as it would be",
        input: false,
        fields: &[
            Field::new("listing", "id:lst", "The listing"),
            Field::new("account", "id:acc", "Its store"),
            Field::new("sku", "text", "Its SKU"),
            Field::new("title", "text", "Its title"),
            Field::new("shown", "Money?", "What the channel shows"),
            Field::new("wanted", "Money?", "What it is to show by now"),
            Field::new("kept", "bool", "Whether the hub keeps its price"),
            Field::new("priced", "Priced?", "The price and how it comes about"),
            Field::new("held", "Unpriced?", "Why it would not be sent"),
            Field::new("next_change", "instant?", "When it is looked at next by itself"),
        ],
    },
    Shape {
        name: "Priced",
        about: "A price with its reasons",
        input: false,
        fields: &[
            Field::new("price", "Money", "What the listing shows"),
            Field::new("normal", "Money", "What it would show without a sale"),
            Field::new("floor", "Money?", "What no price may be below"),
            Field::new("steps", "[PriceStep]", "How it comes about"),
        ],
    },
    Shape {
        name: "PriceStep",
        about: "One step on the way to a price",
        input: false,
        fields: &[
            Field::new("kind", "word:price_step", "What it does"),
            Field::new("amount", "Money", "The amount after it"),
            Field::new("because", "text", "Why"),
        ],
    },
    Shape {
        name: "Unpriced",
        about: "Why a price is not sent",
        input: false,
        fields: &[
            Field::new("reason", "word:price_hold", "Why"),
            Field::new("detail", "text", "What to do"),
        ],
    },
    Shape {
        name: "HeldPrice",
        about: "A price that is not sent",
        input: false,
        fields: &[
            Field::new("listing", "id:lst", "The listing"),
            Field::new("account", "id:acc", "Its store"),
            Field::new("sku", "text", "Its SKU"),
            Field::new("title", "text", "Its title"),
            Field::new("reason", "word:price_hold", "Why"),
            Field::new("shown", "Money?", "What the channel shows"),
            Field::new(
                "held",
                "Money?",
                "What it would show after a yes; null where there is no price",
            ),
        ],
    },
    Shape {
        name: "PriceApproval",
        about: "A yes to a price",
        input: true,
        fields: &[Field::new(
            "price",
            "Money",
            "The price as it was seen; another one by now is refused",
        )],
    },
    Shape {
        name: "ProductPrices",
        about: "What a product's prices rest on, for one unit",
        input: false,
        fields: &[
            Field::new("sku", "text", "The product"),
            Field::new("base", "Money?", "Price before any channel's rules"),
            Field::new("cost", "Money?", "What it costs the seller"),
            Field::new("floor", "Money?", "The least a buyer pays"),
        ],
    },
    Shape {
        name: "ProductPricesPut",
        about: "What changes; null takes an amount away, what is left out stays",
        input: true,
        fields: &[
            Field::new("base", "Money?", "Price before any channel's rules"),
            Field::new("cost", "Money?", "What it costs the seller"),
            Field::new("floor", "Money?", "The least a buyer pays"),
        ],
    },
    Shape {
        name: "Sale",
        about: "A lower price for a while",
        input: false,
        fields: &[
            Field::new("id", "id:sal", "Its id"),
            Field::new("name", "text", "What people call it"),
            Field::new(
                "scope",
                "text",
                "tenant, channel:NAME, account:ID, product:ID or listing:ID",
            ),
            Field::new("starts_at", "instant", "The first instant of it"),
            Field::new("ends_at", "instant", "The first instant after it"),
            Field::new("price", "Money?", "The price"),
            Field::new("off", "int?", "The part taken off, in hundredths of a percent"),
            Field::new("now", "bool", "Whether it holds now"),
        ],
    },
    Shape {
        name: "NewSale",
        about: "A sale to enter: either a price or a part off",
        input: true,
        fields: &[
            Field::new("name", "text", "1 to 100 characters"),
            Field::new(
                "scope",
                "text",
                "tenant, channel:NAME, account:ID, product:ID or listing:ID",
            ),
            Field::new("starts_at", "instant", "The first instant of it"),
            Field::new("ends_at", "instant", "The first instant after it"),
            Field::new("price", "Money?", "For a product or a listing: the price"),
            Field::new(
                "off",
                "count?",
                "The part taken off, in hundredths of a percent, up to 9500",
            ),
        ],
    },
    Shape {
        name: "Rate",
        about: "What one euro costs",
        input: false,
        fields: &[
            Field::new("day", "text", "The day"),
            Field::new("currency", "text", "ISO 4217 code"),
            Field::new("per_euro", "decimal", "Units of it for one euro"),
            Field::new("source", "text", "Where it came from"),
            Field::new("imported_at", "instant", "When"),
        ],
    },
    Shape {
        name: "RatesImport",
        about: "Rates: the bank's file, or a day with values",
        input: true,
        fields: &[
            Field::new(
                "ecb_xml",
                "text?",
                "Text of eurofxref-daily.xml or one of its kind",
            ),
            Field::new("day", "text?", "The day, such as 2026-11-20"),
            Field::new(
                "rates",
                "map?",
                "Units for one euro by currency, such as {\"USD\": \"1.0876\"}",
            ),
        ],
    },
    Shape {
        name: "RatesImported",
        about: "What was taken in",
        input: false,
        fields: &[
            Field::new("imported", "int", "How many rates"),
            Field::new("day", "text", "The latest day of them"),
        ],
    },
];
