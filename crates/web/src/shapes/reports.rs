//! Shapes of reports that channels make.

use super::{Field, Shape};

pub(super) const REPORTS: &[Shape] = &[
    Shape {
        name: "Report",
        about: "A report asked of a channel; it is forgotten after 30 days",
        input: false,
        fields: &[
            Field::new("id", "id:rpt", "Its id"),
            Field::new("account", "id:acc", "The store"),
            Field::new("kind", "text", "The channel's name of it"),
            Field::new(
                "marketplace",
                "text?",
                "The country site, by the channel's id; nothing for all",
            ),
            Field::new("from", "instant?", "About what happened from this instant on"),
            Field::new("to", "instant?", "About what happened before this instant"),
            Field::new(
                "state",
                "text",
                "waiting (to be asked for), making, done, empty (nothing to report) or failed",
            ),
            Field::new("told", "text?", "The channel's word for that"),
            Field::new("channel_report_id", "text?", "The channel's id of it"),
            Field::new("media_type", "text?", "The file's media type"),
            Field::new("bytes", "int", "Bytes of the file, unpacked"),
            Field::new("lines", "int", "Lines of the file, the line of names among them"),
            Field::new("odd_lines", "int", "Lines that are not as their columns have it"),
            Field::new("problem", "text?", "Why it failed, or what is odd about it"),
            Field::new("actor", "text", "Who wanted it"),
            Field::new("created_at", "instant", "When"),
            Field::new("asked_at", "instant?", "When the channel was asked"),
            Field::new("finished_at", "instant?", "When it was over"),
        ],
    },
    Shape {
        name: "NewReport",
        about: "A report to be made",
        input: true,
        fields: &[
            Field::new("account", "id:acc", "The store"),
            Field::new(
                "kind",
                "text",
                "The channel's name of it, by `report-kinds` of its channel or any other",
            ),
            Field::new(
                "from",
                "instant?",
                "About what happened from this instant on; the last 30 days, or as many as its kind allows",
            ),
            Field::new("to", "instant?", "About what happened before this instant; now"),
            Field::new(
                "marketplace",
                "text?",
                "The country site, by code or id; all of the store's",
            ),
        ],
    },
    Shape {
        name: "ReportKind",
        about: "A report a channel makes",
        input: false,
        fields: &[
            Field::new("name", "text", "The channel's name of it"),
            Field::new("title", "text", "What people call it"),
            Field::new(
                "days",
                "int?",
                "How many days one may be about; nothing where it says how things are now",
            ),
            Field::new(
                "columns",
                "[ReportColumn]",
                "The columns that are understood; none where the file is only kept",
            ),
        ],
    },
    Shape {
        name: "ReportColumn",
        about: "A column that is understood",
        input: false,
        fields: &[
            Field::new("name", "text", "Its name in rows"),
            Field::new("kind", "text", "text, integer, decimal (as text) or time"),
        ],
    },
    Shape {
        name: "ReportRow",
        about: "A row of a report",
        input: false,
        fields: &[
            Field::new("line", "int", "Its line in the file; the line of names is 0"),
            Field::new(
                "values",
                "map",
                "What it says, by column; columns that are not understood by the channel's name",
            ),
            Field::new(
                "odd",
                "[text]",
                "Columns whose cell does not hold what the column holds",
            ),
        ],
    },
];
