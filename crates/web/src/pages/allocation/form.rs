//! One level's terms as fields of a form, there and back.

use stockbridge_domain::FieldError;
use stockbridge_domain::allocation::{BasisPoints, Method, Terms};
use stockbridge_domain::mode::Mode;
use stockbridge_store::PolicyScope;

use crate::guard::Form;
use crate::view::Choice;
use crate::view::allocation::LevelRow;

/// A level that the form sets.
pub(super) struct Level {
    /// What it is for.
    pub(super) scope: PolicyScope,
    /// The same for people.
    pub(super) label: String,
    /// What it says now.
    pub(super) terms: Option<Terms>,
}

/// A level's terms as texts, those that say something.
fn fields_of(terms: &Terms) -> Vec<(&'static str, String)> {
    let number = |value: Option<i64>| value.map(|n| n.to_string());
    let percent = |value: Option<BasisPoints>| value.map(BasisPoints::percent);
    let all = [
        ("mode", terms.mode.map(|m| m.name().to_owned())),
        ("cover_days", number(terms.cover_days)),
        ("method", terms.method.map(|m| m.name().to_owned())),
        ("share", percent(terms.share)),
        ("tier", number(terms.tier)),
        ("fixed", number(terms.fixed)),
        ("cap", number(terms.cap)),
        ("minimum", number(terms.minimum)),
        ("buffer_units", number(terms.buffer_units)),
        ("buffer_part", percent(terms.buffer_part)),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// What terms say in a line: `mode shared, cap 5`.
pub(super) fn says(terms: &Terms) -> String {
    let word = |(name, value): (&str, String)| match name {
        "share" | "buffer_part" => format!("{} {value} %", name.replace("_part", "")),
        _ => format!("{} {value}", name.replace('_', " ")),
    };
    let words: Vec<String> = fields_of(terms).into_iter().map(word).collect();
    words.join(", ")
}

fn whole(text: &str) -> Result<i64, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a whole number; write digits, such as 20"))
}

fn points(text: &str) -> Result<BasisPoints, String> {
    let wrong = || format!("`{text}` is not a percentage; write a number from 0 to 100, such as 7.5");
    BasisPoints::parse_percent(text).ok_or_else(wrong)
}

/// Puts one field where it belongs.
fn put(terms: &mut Terms, name: &str, text: &str) -> Result<(), String> {
    match name {
        "mode" => terms.mode = Mode::parse(text),
        "method" => terms.method = Method::parse(text),
        "cover_days" => terms.cover_days = Some(whole(text)?),
        "share" => terms.share = Some(points(text)?),
        "tier" => terms.tier = Some(whole(text)?),
        "fixed" => terms.fixed = Some(whole(text)?),
        "cap" => terms.cap = Some(whole(text)?),
        "minimum" => terms.minimum = Some(whole(text)?),
        "buffer_units" => terms.buffer_units = Some(whole(text)?),
        "buffer_part" => terms.buffer_part = Some(points(text)?),
        _ => {}
    }
    Ok(())
}

/// Choices with one first that leaves the field to more general levels.
fn choices(names: &[(&'static str, &'static str)], empty: &str, chosen: &str) -> Vec<Choice> {
    let choice = |value: &str, text: &str| Choice {
        value: value.to_owned(),
        text: text.to_owned(),
        chosen: value == chosen,
    };
    let mut choices = vec![choice("", empty)];
    choices.extend(names.iter().map(|(value, text)| choice(value, text)));
    choices
}

const MODES: &[(&str, &str)] = &[
    ("strict", "Strict: never oversell"),
    ("shared", "Shared: everybody sees the pool"),
    ("hybrid", "Hybrid: strict when scarce"),
];
const METHODS: &[(&str, &str)] = &[
    ("split", "Percentages"),
    ("priority", "Tiers, first things first"),
    ("velocity", "How fast each sells"),
];

impl Level {
    /// Begins the names of its fields.
    pub(super) fn key(&self) -> String {
        match (&self.scope.channel, self.scope.account) {
            (_, Some(account)) => format!("store-{account}"),
            (Some(channel), None) => format!("channel-{channel}"),
            (None, None) => "all".to_owned(),
        }
    }

    /// The terms typed into a form.
    pub(super) fn typed(&self, form: &Form) -> Result<Terms, Vec<FieldError>> {
        let (mut terms, mut wrong) = (Terms::NONE, Vec::new());
        for (name, text) in form.group(&format!("{}.", self.key())) {
            if let Err(message) = put(&mut terms, name, text) {
                wrong.push(FieldError::new(name, message));
            }
        }
        if wrong.is_empty() { Ok(terms) } else { Err(wrong) }
    }

    /// The level as a row of the form, as typed in or as it is.
    pub(super) fn row(&self, form: Option<&Form>, of_product: bool) -> LevelRow {
        let key = self.key();
        let kept = fields_of(&self.terms.unwrap_or_default());
        let text = |name: &str| match form {
            Some(form) => form.get(&format!("{key}.{name}")).to_owned(),
            None => kept
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| value.clone())
                .unwrap_or_default(),
        };
        let general = self.scope.account.is_none() && self.scope.channel.is_none();
        let (mode, method) = (text("mode"), text("method"));
        let outermost = general && !of_product;
        let as_above = "As more general";
        LevelRow {
            label: self.label.clone(),
            kind: match (&self.scope.channel, self.scope.account) {
                (_, Some(_)) => "store",
                (Some(_), None) => "channel",
                (None, None) => "all",
            },
            set: self.terms.is_some(),
            modes: choices(
                MODES,
                if outermost { "Strict unless set" } else { as_above },
                &mode,
            ),
            methods: if general {
                choices(
                    METHODS,
                    if outermost {
                        "Percentages unless set"
                    } else {
                        as_above
                    },
                    &method,
                )
            } else {
                Vec::new()
            },
            shares: !general,
            share: text("share"),
            cover_days: text("cover_days"),
            tier: text("tier"),
            fixed: text("fixed"),
            cap: text("cap"),
            minimum: text("minimum"),
            buffer_units: text("buffer_units"),
            buffer_part: text("buffer_part"),
            key,
        }
    }
}
