//! Shapes of policies and of what they do.

use super::{Field, Shape};

pub(super) const SHARING: &[Shape] = &[
    Shape {
        name: "Policy",
        about: "What is set for everything, a channel, a store, a product, or a product on one of them",
        input: false,
        fields: &[
            Field::new("channel", "text?", "For stores of this channel"),
            Field::new("account", "id:acc?", "For this store"),
            Field::new("product", "id:prd?", "For this product"),
            Field::new("sku", "text?", "The product's SKU"),
            Field::new("level", "word:policy_level", "What kind of scope that is"),
            Field::new("terms", "PolicyTerms", "What it says"),
            Field::new("updated_at", "instant", "When it was set"),
        ],
    },
    Shape {
        name: "PolicyTerms",
        about: "What one policy says; what is left out is left to more general policies",
        input: true,
        fields: &[
            Field::new("mode", "word:mode?", "strict, shared or hybrid"),
            Field::new(
                "cover_days",
                "int?",
                "Days of stock below which hybrid is strict; 14 unless set",
            ),
            Field::new(
                "method",
                "word:method?",
                "split, priority or velocity; for everything or a product",
            ),
            Field::new(
                "share",
                "int?",
                "Share in hundredths of a percent; for a channel or store",
            ),
            Field::new("tier", "int?", "For priority: 1 is filled first"),
            Field::new("fixed", "int?", "So many units, whatever the method"),
            Field::new("cap", "int?", "No more units than that"),
            Field::new(
                "minimum",
                "int?",
                "No fewer units than that while there are enough",
            ),
            Field::new("buffer_units", "int?", "Units kept back"),
            Field::new(
                "buffer_part",
                "int?",
                "Part kept back in hundredths of a percent; the larger of the two counts",
            ),
        ],
    },
    Shape {
        name: "PolicyChange",
        about: "A policy to be set, or removed when it has no terms",
        input: true,
        fields: &[
            Field::new("channel", "text?", "For stores of this channel"),
            Field::new("account", "id:acc?", "For this store"),
            Field::new("sku", "text?", "For this product"),
            Field::new("terms", "PolicyTerms?", "All it says; null removes the policy"),
        ],
    },
    Shape {
        name: "PolicyChanges",
        about: "Policies to be set and removed together, 1 to 200",
        input: true,
        fields: &[Field::new("changes", "[PolicyChange]", "The changes")],
    },
    Shape {
        name: "PolicyPatch",
        about: "What changes of a policy",
        input: true,
        fields: &[
            Field::new("channel", "text?", "For stores of this channel"),
            Field::new("account", "id:acc?", "For this store"),
            Field::new("sku", "text?", "For this product"),
            Field::new(
                "terms",
                "PolicyTerms",
                "What changes: null leaves a field to more general policies, what is left out stays",
            ),
        ],
    },
    Shape {
        name: "PolicyPatches",
        about: "Policies to be changed together, 1 to 200",
        input: true,
        fields: &[Field::new("changes", "[PolicyPatch]", "The changes")],
    },
    Shape {
        name: "PolicyOutcome",
        about: "What changing policies came to",
        input: false,
        fields: &[Field::new(
            "contradictions",
            "[PolicyContradiction]",
            "What cannot be kept because levels contradict each other",
        )],
    },
    Shape {
        name: "PolicyContradiction",
        about: "Policies of different levels that cannot all be kept",
        input: false,
        fields: &[
            Field::new("product", "id:prd?", "The product; null when it holds for all"),
            Field::new("account", "id:acc?", "The store; null when it holds for all"),
            Field::new("message", "text", "What contradicts what, and what is done"),
        ],
    },
    Shape {
        name: "PolicyPreviewRequest",
        about: "Changes to try out, and for which products",
        input: true,
        fields: &[
            Field::new(
                "changes",
                "[PolicyChange]?",
                "The changes; without any, what holds now is shown",
            ),
            Field::new("sku", "text?", "Only this product"),
            Field::new("after", "text?", "Products after this SKU"),
            Field::new(
                "limit",
                "int?",
                "How many products at most, 1 to 200; 50 unless given",
            ),
        ],
    },
    Shape {
        name: "PolicyPreview",
        about: "What changes of policies would do",
        input: false,
        fields: &[Field::new(
            "rows",
            "[PolicyPreviewRow]",
            "Each listing, and each store that sells without one",
        )],
    },
    Shape {
        name: "PolicyPreviewRow",
        about: "One listing before and after a change of policies",
        input: false,
        fields: &[
            Field::new("product", "id:prd", "The product"),
            Field::new("sku", "text", "Its SKU"),
            Field::new(
                "available",
                "int?",
                "Its available units; null while nobody has counted it",
            ),
            Field::new("account", "id:acc", "The store"),
            Field::new(
                "listing",
                "id:lst?",
                "The listing; null for a store that sells without one",
            ),
            Field::new("listing_sku", "text?", "The listing's SKU"),
            Field::new("units", "int", "Product units in one of it"),
            Field::new("shown", "int?", "What the channel should show now"),
            Field::new("before", "Offered", "As it is"),
            Field::new("after", "Offered", "As it would be"),
        ],
    },
    Shape {
        name: "Offered",
        about: "What a listing is given, and why not more",
        input: false,
        fields: &[
            Field::new("quantity", "int", "Units of the listing"),
            Field::new(
                "places",
                "[OfferedPlace]",
                "What each of the channel's locations would show of it; empty where it has none",
            ),
            Field::new("regime", "word:regime", "What the mode comes to now"),
            Field::new("method", "word:method", "How the product is shared out"),
            Field::new(
                "withheld",
                "[Withheld]",
                "Available units not offered here, largest first",
            ),
            Field::new("remarks", "[text]", "What else to know"),
        ],
    },
    Shape {
        name: "OfferedPlace",
        about: "What one of a channel's locations would show",
        input: false,
        fields: &[
            Field::new("location", "text", "The channel's id of it"),
            Field::new("quantity", "int", "Units of the listing"),
        ],
    },
    Shape {
        name: "Withheld",
        about: "Available units that are not offered on a listing",
        input: false,
        fields: &[
            Field::new("reason", "word:withheld", "Why"),
            Field::new("units", "int", "Units of the product"),
        ],
    },
];
