//! Shapes of what channels send by themselves.

use super::{Field, Shape};

pub(super) const INBOX: &[Shape] = &[
    Shape {
        name: "WebhookTaken",
        about: "A message that was taken",
        input: false,
        fields: &[
            Field::new(
                "id",
                "id:inb?",
                "Its id in the inbox; null for one that was there",
            ),
            Field::new("duplicate", "bool", "It was there; nothing was written"),
        ],
    },
    Shape {
        name: "InboxEvent",
        about: "A message a channel sent by itself",
        input: false,
        fields: &[
            Field::new("id", "id:inb", "Its id"),
            Field::new("account", "id:acc", "The store it came to"),
            Field::new("event_id", "text", "The channel's id of it"),
            Field::new("topic", "text", "What it is about, in the channel's words"),
            Field::new("occurred_at", "instant?", "When, by the channel's clock"),
            Field::new("received_at", "instant", "When it came"),
            Field::new("headers", "map", "Its headers, without secrets"),
            Field::new(
                "nudges",
                "[any]",
                "What it asked to look at: `orders`, `listings`, `returns`, `access`, `{\"order\": id}`, `{\"listing\": text}`",
            ),
            Field::new("state", "word:inbox_state", "new, done, refused or dead"),
            Field::new("outcome", "text?", "What came of it, in words"),
            Field::new("attempts", "int", "How often its work was tried"),
            Field::new("worked_at", "instant?", "When it was last tried"),
        ],
    },
    Shape {
        name: "InboxBody",
        about: "What a message said",
        input: false,
        fields: &[
            Field::new("text", "text?", "The body, if it is text"),
            Field::new("base64", "text", "The body's bytes"),
        ],
    },
    Shape {
        name: "WebhookState",
        about: "How a store's webhooks stand, and how it was found when it was last looked after",
        input: false,
        fields: &[
            Field::new("supported", "bool", "Whether the channel sends what happens"),
            Field::new(
                "address",
                "text?",
                "Where it sends to; null while the hub has no public address",
            ),
            Field::new("address_with_key", "text?", "The same with its key; for admins"),
            Field::new("missing", "text?", "What has to be configured first"),
            Field::new("last_event_at", "instant?", "When the last message came"),
            Field::new("checked_at", "instant?", "When the store was last looked after"),
            Field::new("summary", "text?", "What that found"),
            Field::new("warnings", "[text]", "What works less well than it should"),
            Field::new(
                "registered_at",
                "instant?",
                "When the subscriptions were last in order",
            ),
            Field::new("registered_url", "text?", "The address the channel was told"),
            Field::new("by_hand", "[text]", "What has to be done at the channel by hand"),
            Field::new(
                "paused_at",
                "instant?",
                "Since when the hub itself has paused the store",
            ),
            Field::new("refused", "int", "Requests that were refused, ever"),
            Field::new("refused_lately", "int", "Of these within the hour of the last"),
            Field::new("refusals", "[RefusedRequest]", "The last few"),
        ],
    },
    Shape {
        name: "RefusedRequest",
        about: "Requests to a webhook address that were not taken",
        input: false,
        fields: &[
            Field::new("at", "instant", "When the last of them came"),
            Field::new("kind", "text", "unauthentic or stale"),
            Field::new("topic", "text", "The last part of the address"),
            Field::new("reason", "text", "What is missing or wrong"),
            Field::new("times", "int", "How many there were"),
        ],
    },
];
