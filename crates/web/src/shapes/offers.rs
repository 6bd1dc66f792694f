//! Shapes of what listings offer, and of the changes sent to channels.

use super::{Field, Shape};

pub(super) const OFFERS: &[Shape] = &[
    Shape {
        name: "Offer",
        about: "What the hub knows of what a listing offers",
        input: false,
        fields: &[
            Field::new(
                "exposure",
                "int",
                "Most the channel may have sold unseen and could still sell",
            ),
            Field::new("since", "instant", "From when on sales count against it"),
            Field::new("shown", "Shown?", "The last reading"),
            Field::new(
                "anchor",
                "Anchor?",
                "The reading that waits until every order before it is in",
            ),
            Field::new("write", "Write?", "A change that is not proved to have landed"),
            Field::new("settled", "bool", "The exposure is exact"),
        ],
    },
    Shape {
        name: "Shown",
        about: "What the channel showed",
        input: false,
        fields: &[
            Field::new("quantity", "int", "Units"),
            Field::new("at", "instant", "When"),
        ],
    },
    Shape {
        name: "Anchor",
        about: "A reading to settle on",
        input: false,
        fields: &[
            Field::new("quantity", "int", "Units"),
            Field::new("asked_at", "instant", "When the channel was asked"),
            Field::new("at", "instant", "When its answer was in"),
            Field::new("sold_since", "int", "Sold since"),
        ],
    },
    Shape {
        name: "Write",
        about: "A change under way",
        input: false,
        fields: &[
            Field::new("push", "id:psh", "The attempt"),
            Field::new("mode", "word:write_mode", "How it was put to the channel"),
            Field::new("quantity", "int", "What was sent"),
            Field::new("from", "int", "What it compares with or changes"),
            Field::new("sent_at", "instant", "When it left"),
            Field::new("state", "word:write_state", "How far it has come"),
            Field::new("sold_since", "int", "Sold since"),
            Field::new("prior", "int?", "What was shown before"),
            Field::new("prior_exposure", "int", "The exposure before"),
            Field::new("margin", "int", "Units that may come on top of it"),
        ],
    },
    Shape {
        name: "Push",
        about: "A change sent to a channel",
        input: false,
        fields: &[
            Field::new("id", "id:psh", "Its id"),
            Field::new("listing", "id:lst", "The listing"),
            Field::new("field", "text", "quantity or price"),
            Field::new("before", "text?", "What was shown before"),
            Field::new("value", "text", "What was sent"),
            Field::new(
                "mode",
                "word:write_mode?",
                "How a quantity was put to the channel",
            ),
            Field::new(
                "compared",
                "int?",
                "What the channel had to show, or what was changed",
            ),
            Field::new(
                "places",
                "[PushPlace]",
                "What each of the channel's locations was sent",
            ),
            Field::new("cause", "text?", "What caused it"),
            Field::new("caused_at", "instant?", "When that happened"),
            Field::new("sent_at", "instant", "When it left"),
            Field::new("answered_at", "instant?", "When the channel answered"),
            Field::new(
                "outcome",
                "text",
                "sent, accepted, applied, later, differs, refused or unknown",
            ),
            Field::new("message", "text?", "What the channel said"),
            Field::new("verified_at", "instant?", "When a reading proved it"),
        ],
    },
    Shape {
        name: "ListingPlace",
        about: "One of a channel's locations of a listing",
        input: false,
        fields: &[
            Field::new("location", "text", "The channel's id of it"),
            Field::new("shown", "int", "Units shown there when last read"),
            Field::new("sent", "int?", "Units last sent there"),
        ],
    },
    Shape {
        name: "PushPlace",
        about: "What one of a channel's locations was sent",
        input: false,
        fields: &[
            Field::new("location", "text", "The channel's id of it"),
            Field::new("shown", "int", "What it showed when last read"),
            Field::new("quantity", "int", "What it is to show"),
        ],
    },
    Shape {
        name: "Batch",
        about: "Very many quantities handed in to a channel at once",
        input: false,
        fields: &[
            Field::new("id", "id:blk", "Its id"),
            Field::new("account", "id:acc", "Where to"),
            Field::new("state", "word:bulk_stage", "How far it has come"),
            Field::new("ticket", "text?", "The channel's id of it"),
            Field::new("items", "int", "How many quantities"),
            Field::new("began_at", "instant", "When it was begun"),
            Field::new("sent_at", "instant?", "When it was handed in"),
            Field::new("done_at", "instant?", "When the last item was answered"),
            Field::new("accepted", "int", "Items the channel took"),
            Field::new("refused", "int", "Items it did not"),
            Field::new("message", "text?", "What was said of it last"),
        ],
    },
];
