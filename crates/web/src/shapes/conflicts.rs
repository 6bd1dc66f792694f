//! Shapes of conflicts, their history and who wins them.

use super::{Field, Shape};

pub(super) const CONFLICTS: &[Shape] = &[
    Shape {
        name: "Conflict",
        about: "A field of a listing that shows something else than it should",
        input: false,
        fields: &[
            Field::new("id", "id:con", "Its id"),
            Field::new("listing", "id:lst", "The listing"),
            Field::new("account", "id:acc", "Its store"),
            Field::new("sku", "text", "Its SKU"),
            Field::new("product", "id:prd?", "The product it sells"),
            Field::new("field", "word:conflict_field", "What differs"),
            Field::new(
                "state",
                "word:conflict_state",
                "waiting for orders, open for a person, healing, stopped because it is fought over, or closed",
            ),
            Field::new("expected", "text", "What the channel should show"),
            Field::new("shown", "text", "What it shows"),
            Field::new("shown_since", "instant", "From when on"),
            Field::new("strategy", "word:strategy", "The strategy that was applied last"),
            Field::new("times", "int", "How often it was seen"),
            Field::new("first_at", "instant", "When first"),
            Field::new("last_at", "instant", "When last"),
            Field::new("closed_at", "instant?", "When it was over"),
        ],
    },
    Shape {
        name: "ConflictResolution",
        about: "Who wins",
        input: true,
        fields: &[Field::new(
            "strategy",
            "word:strategy",
            "hub_wins, source_wins, highest or lowest",
        )],
    },
    Shape {
        name: "ConflictResolutions",
        about: "Who wins many conflicts",
        input: true,
        fields: &[
            Field::new("ids", "[id:con]", "1 to 200 conflicts"),
            Field::new(
                "strategy",
                "word:strategy",
                "hub_wins, source_wins, highest or lowest",
            ),
        ],
    },
    Shape {
        name: "ConflictOutcome",
        about: "What became of one of many",
        input: false,
        fields: &[
            Field::new("conflict", "id:con", "Which one"),
            Field::new("status", "word:outcome", "done or refused"),
            Field::new("state", "word:conflict_state?", "How it stands now"),
            Field::new("errors", "[FieldProblem]", "Why it was refused"),
        ],
    },
    Shape {
        name: "ConflictEvent",
        about: "Something that was done about a conflict; never changed",
        input: false,
        fields: &[
            Field::new("id", "id:cev", "Its id"),
            Field::new("conflict", "id:con", "The conflict"),
            Field::new("listing", "id:lst", "The listing"),
            Field::new("account", "id:acc", "Its store"),
            Field::new("field", "word:conflict_field", "What differed"),
            Field::new("action", "word:conflict_action", "What was done"),
            Field::new("strategy", "word:strategy", "By which strategy"),
            Field::new("actor", "text", "By whom; `hub` when by itself"),
            Field::new("before", "text", "What held before"),
            Field::new("after", "text", "What holds afterwards"),
            Field::new("at", "instant", "When"),
        ],
    },
    Shape {
        name: "ConflictStrategies",
        about: "Who wins, by field and level",
        input: false,
        fields: &[
            Field::new("set", "[ConflictStrategy]", "What somebody set"),
            Field::new("usual", "[UsualStrategy]", "What holds where nothing is set"),
            Field::new("limit", "ConflictLimit", "When a field counts as fought over"),
        ],
    },
    Shape {
        name: "ConflictStrategy",
        about: "Who wins a field",
        input: false,
        fields: &[
            Field::new("channel", "text?", "The channel; null for all"),
            Field::new("account", "id:acc?", "The store; null for all"),
            Field::new("product", "id:prd?", "The product; null for all"),
            Field::new("sku", "text?", "The product's SKU"),
            Field::new("level", "word:policy_level", "What kind of scope that is"),
            Field::new("field", "word:conflict_field", "The field"),
            Field::new("strategy", "word:strategy", "Who wins"),
            Field::new(
                "priority",
                "int",
                "Among sources that win: the lower number first",
            ),
        ],
    },
    Shape {
        name: "ConflictWinner",
        about: "Who wins a field, and where that was said",
        input: false,
        fields: &[
            Field::new("field", "word:conflict_field", "The field"),
            Field::new("strategy", "word:strategy", "Who wins"),
            Field::new(
                "priority",
                "int",
                "Among sources that win: the lower number first",
            ),
            Field::new(
                "level",
                "word:policy_level?",
                "The level that says so; null where nobody set anything and the usual holds",
            ),
        ],
    },
    Shape {
        name: "UsualStrategy",
        about: "Who wins a field unless somebody says otherwise",
        input: false,
        fields: &[
            Field::new("field", "word:conflict_field", "The field"),
            Field::new("strategy", "word:strategy", "Who wins"),
            Field::new("allowed", "[word:strategy]", "What can be set"),
        ],
    },
    Shape {
        name: "ConflictStrategyPut",
        about: "Who is to win a field",
        input: true,
        fields: &[
            Field::new("channel", "text?", "On stores of this channel"),
            Field::new("account", "id:acc?", "On this store"),
            Field::new("sku", "text?", "For listings of this product"),
            Field::new("field", "word:conflict_field", "The field"),
            Field::new("strategy", "word:strategy?", "Who wins; null takes it back"),
            Field::new("priority", "count?", "1 (first) to 1000; 100 unless given"),
        ],
    },
    Shape {
        name: "ConflictLimit",
        about: "When a field counts as fought over",
        input: true,
        fields: &[
            Field::new(
                "repushes",
                "count",
                "So often the hub sets it right within the window",
            ),
            Field::new(
                "window_secs",
                "count",
                "The window in seconds, and how long it then has to stay quiet",
            ),
        ],
    },
];
