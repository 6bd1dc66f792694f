//! Shapes of problems, people, alerts and figures.

use super::{Field, Shape};

pub(super) const COMMON: &[Shape] = &[
    Shape {
        name: "Problem",
        about: "What is wrong and what to do (RFC 9457)",
        input: false,
        fields: &[
            Field::new("type", "text", "What kind, stable"),
            Field::new("title", "text", "What kind, for people"),
            Field::new("status", "int", "The HTTP status"),
            Field::new("detail", "text", "What happened and what to do"),
            Field::new(
                "errors",
                "[FieldProblem]",
                "Problems of single fields; absent without any",
            ),
        ],
    },
    Shape {
        name: "FieldProblem",
        about: "A problem of one field",
        input: false,
        fields: &[
            Field::new("pointer", "text", "JSON pointer into the body, or /query/NAME"),
            Field::new("message", "text", "What is wrong and what would be right"),
        ],
    },
    Shape {
        name: "Alive",
        about: "The server lives",
        input: false,
        fields: &[
            Field::new("status", "text", "`ok`"),
            Field::new("version", "text", "Version of the program"),
        ],
    },
    Shape {
        name: "Money",
        about: "An amount of money",
        input: false,
        fields: &[
            Field::new("amount", "text", "Decimal digits, such as 499.00"),
            Field::new("currency", "text", "ISO 4217 code"),
        ],
    },
    Shape {
        name: "Alert",
        about: "Something that needs a person",
        input: false,
        fields: &[
            Field::new("id", "text", "Its id"),
            Field::new("kind", "text", "What kind"),
            Field::new("severity", "text", "info, warning or critical"),
            Field::new("account", "text?", "The store"),
            Field::new("subject", "text?", "What it is about"),
            Field::new("title", "text", "What happened"),
            Field::new("detail", "text", "What it means and what to do"),
            Field::new("state", "text", "open, acknowledged, snoozed or resolved"),
            Field::new("snoozed_until", "instant?", "Quiet until"),
            Field::new("times", "int", "How often"),
            Field::new("first_at", "instant", "First time"),
            Field::new("last_at", "instant", "Last time"),
        ],
    },
    Shape {
        name: "AlertPatch",
        about: "What happens to alerts",
        input: true,
        fields: &[
            Field::new("ids", "[text]", "1 to 200 alerts"),
            Field::new("state", "text", "acknowledged, snoozed, resolved or open"),
            Field::new("until", "instant?", "For snoozed: until when"),
        ],
    },
    Shape {
        name: "Me",
        about: "Who asks",
        input: false,
        fields: &[
            Field::new("tenant", "text", "The tenant's id"),
            Field::new("actor", "text", "Name in ledger and audit"),
            Field::new("name", "text", "What people call them"),
            Field::new("role", "text", "owner, admin, operator or viewer"),
        ],
    },
    Shape {
        name: "Tenant",
        about: "A company",
        input: false,
        fields: &[
            Field::new("id", "text", "Its id"),
            Field::new("name", "text", "Its name"),
            Field::new("created_at", "instant", "When it was created"),
        ],
    },
    Shape {
        name: "Token",
        about: "An API token",
        input: false,
        fields: &[
            Field::new("id", "text", "Its id"),
            Field::new("name", "text", "What people call it"),
            Field::new("role", "text", "What it may do"),
            Field::new("created_at", "instant", "When it was made"),
            Field::new("expires_at", "instant?", "When it ends"),
            Field::new("last_used_at", "instant?", "When it was last used, to the minute"),
            Field::new("revoked_at", "instant?", "When it was revoked"),
        ],
    },
    Shape {
        name: "NewToken",
        about: "A token to make",
        input: true,
        fields: &[
            Field::new("name", "text", "1 to 80 characters"),
            Field::new(
                "role",
                "text",
                "owner, admin, operator or viewer; not above your own",
            ),
            Field::new("expires_at", "instant?", "When it ends; never unless given"),
        ],
    },
    Shape {
        name: "MadeToken",
        about: "A token as it is shown once",
        input: false,
        fields: &[
            Field::new("id", "text", "Its id"),
            Field::new("name", "text", "What people call it"),
            Field::new("role", "text", "What it may do"),
            Field::new("created_at", "instant", "When it was made"),
            Field::new("expires_at", "instant?", "When it ends"),
            Field::new("last_used_at", "instant?", "Never yet"),
            Field::new("revoked_at", "instant?", "Not revoked"),
            Field::new("token", "text?", "The secret; null when the request is replayed"),
        ],
    },
    Shape {
        name: "Overview",
        about: "How everything stands",
        input: false,
        fields: &[
            Field::new("accounts", "[map]", "Each store with its figures"),
            Field::new("orders_24h", "int", "Orders placed in the last 24 hours"),
            Field::new("orders_open", "int", "Orders not shipped yet"),
            Field::new("orders_with_attention", "int", "Orders a person has to look at"),
            Field::new("lines_unmapped", "int", "Order lines without a product"),
            Field::new("alerts", "map", "Open alerts by severity"),
            Field::new("queue", "map", "Jobs waiting, running and dead"),
            Field::new(
                "products_dirty",
                "int",
                "Products whose offers are to be computed anew",
            ),
            Field::new("units_available", "int", "Units that can still be promised"),
            Field::new("units_exposed", "int", "Most the channels could still sell"),
            Field::new(
                "sale_to_push",
                "map",
                "Sale until the others were told: p50_ms, p95_ms, p99_ms over the last hour",
            ),
            Field::new(
                "sale_to_verified",
                "map",
                "Sale until it was seen on the channels",
            ),
        ],
    },
];
