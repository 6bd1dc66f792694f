//! The document as a page for people.

use serde::Serialize;
use serde_json::Value;

use super::{parameters, tag, tags};
use crate::guard::Access;
use crate::route::{Answer, Route};
use crate::shapes::SHAPES;

/// The document as its page shows it.
#[derive(Debug, Serialize)]
pub(crate) struct DocsPage {
    version: &'static str,
    theme: &'static str,
    groups: Vec<Group>,
}

#[derive(Debug, Serialize)]
struct Group {
    name: String,
    operations: Vec<Operation>,
}

#[derive(Debug, Serialize)]
struct Operation {
    method: String,
    path: &'static str,
    summary: &'static str,
    access: String,
    parameters: Vec<Parameter>,
    body: Option<String>,
    answer: Option<String>,
}

#[derive(Debug, Serialize)]
struct Parameter {
    name: String,
    place: String,
    text: String,
}

/// The document for its page.
pub(crate) fn page(routes: &[Route], theme: &'static str) -> DocsPage {
    let groups = tags(routes)
        .into_iter()
        .map(|name| Group {
            name: name.to_owned(),
            operations: routes.iter().filter(|r| tag(r.path) == name).map(shown).collect(),
        })
        .collect();
    DocsPage {
        version: env!("CARGO_PKG_VERSION"),
        theme,
        groups,
    }
}

fn shown(route: &Route) -> Operation {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Operation {
        method: route.method.to_string(),
        path: route.path,
        summary: route.summary,
        access: match route.access {
            Access::Public => "For everybody.".into(),
            Access::Role(role) => format!("Needs the role {role} or more."),
        },
        parameters: parameters(route)
            .iter()
            .map(|p| Parameter {
                name: word(&p["name"]),
                place: word(&p["in"]),
                text: word(&p["description"]),
            })
            .collect(),
        body: route.body.map(sketch),
        answer: match route.answer {
            Answer::One(_, shape) => Some(sketch(shape)),
            Answer::List(_, shape) => Some(format!(
                "{{ \"data\": [ … ], \"next_cursor\": text or null }}\n\n{}",
                sketch(shape)
            )),
            Answer::Text(kind) => Some(kind.to_owned()),
            Answer::Nothing => None,
        },
    }
}

/// A shape, one field a line.
fn sketch(name: &str) -> String {
    let Some(shape) = SHAPES.iter().find(|s| s.name == name) else {
        return name.to_owned();
    };
    let widest = shape.fields.iter().map(|f| f.name.len()).max().unwrap_or(0);
    let mut text = format!("{}: {}\n", shape.name, shape.about);
    for field in shape.fields {
        text.push_str(&format!(
            "  {:widest$}  {:14} {}\n",
            field.name, field.kind, field.about
        ));
    }
    text
}
