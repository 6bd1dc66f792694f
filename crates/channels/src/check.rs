//! Checking a draft account: the parts that are alike for all channels.
//!
//! Each function adds what it finds to a list, so that a person sees every problem at once. No message repeats a secret.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;
use stockbridge_domain::FieldError;
use stockbridge_domain::channel::{DataKind, Descriptor, OptionKind, SecretText, options as shared};

use crate::endpoint;

/// Longest secret kept, in bytes.
const MAX_SECRET_BYTES: usize = 8192;

/// Checks the credentials a descriptor asks for: present, printable, and none that it does not know.
pub fn credentials(
    descriptor: &Descriptor,
    given: &BTreeMap<String, SecretText>,
    problems: &mut Vec<FieldError>,
) {
    for field in descriptor.credentials {
        let at = format!("credentials/{}", field.name);
        match given.get(field.name).map(SecretText::expose) {
            None | Some("") if field.required => {
                problems.push(FieldError::new(
                    at,
                    format!("{} is missing; {}", field.label, field.help),
                ));
            }
            None | Some("") => {}
            Some(text) if field.multiline && text.chars().all(|c| !c.is_control() || c.is_whitespace()) => {
                if text.len() > MAX_SECRET_BYTES {
                    problems.push(too_long(at, field.label));
                }
            }
            Some(text) if text.chars().any(|c| c.is_whitespace() || c.is_control()) => {
                let message = format!(
                    "{} holds a space, line break or control character; copy it again without",
                    field.label
                );
                problems.push(FieldError::new(at, message));
            }
            Some(text) if text.len() > MAX_SECRET_BYTES => problems.push(too_long(at, field.label)),
            Some(_) => {}
        }
    }
    let typed = descriptor.credentials.iter().map(|f| f.name);
    let known: Vec<_> = typed.chain(descriptor.tokens.iter().copied()).collect();
    unknown("credentials", given.keys(), &known, problems);
}

fn too_long(at: String, label: &str) -> FieldError {
    let message = format!("{label} is longer than {MAX_SECRET_BYTES} bytes; copy it again");
    FieldError::new(at, message)
}

/// Checks replaced addresses and gives them back in the form requests are built on.
pub fn endpoints(
    descriptor: &Descriptor,
    given: &BTreeMap<String, String>,
    problems: &mut Vec<FieldError>,
) -> BTreeMap<String, String> {
    unknown("endpoints", given.keys(), descriptor.endpoints, problems);
    let mut checked = BTreeMap::new();
    for (name, text) in given {
        match endpoint::base(text) {
            Ok(base) => {
                checked.insert(name.clone(), base);
            }
            Err(message) => problems.push(FieldError::new(format!("endpoints/{name}"), message)),
        }
    }
    checked
}

/// Checks options: those every channel understands and those its descriptor declares, by their kinds. `more` are known
/// besides and checked by the channel itself.
pub fn options(
    descriptor: &Descriptor,
    given: &BTreeMap<String, Value>,
    more: &[&str],
    problems: &mut Vec<FieldError>,
) {
    let declared = descriptor.options.iter().map(|f| f.name);
    let known: Vec<_> = declared.chain(more.iter().copied()).collect();
    account_options(given, &known, problems);
    for field in descriptor.options {
        let at = format!("options/{}", field.name);
        let value = given.get(field.name).filter(|v| !v.is_null() && *v != "");
        let Some(value) = value else {
            if field.required {
                problems.push(FieldError::new(
                    at,
                    format!("{} is missing; {}", field.label, field.help),
                ));
            }
            continue;
        };
        if let Some(wanted) = wrong(field.kind, value) {
            problems.push(FieldError::new(at, format!("{}: write {wanted}", field.label)));
        }
    }
}

/// What should have been written, if `value` is not that.
fn wrong(kind: OptionKind, value: &Value) -> Option<String> {
    let text = value.as_str().map(str::trim);
    match kind {
        OptionKind::Text if text.is_some() => None,
        OptionKind::Text => Some("a text".to_owned()),
        OptionKind::Flag if value.is_boolean() || matches!(text, Some("true" | "false")) => None,
        OptionKind::Flag => Some("true or false".to_owned()),
        OptionKind::Number if value.as_u64().is_some() || text.is_some_and(|t| t.parse::<u64>().is_ok()) => {
            None
        }
        OptionKind::Number => Some("a whole number".to_owned()),
        OptionKind::Choice(choices) if text.is_some_and(|t| choices.contains(&t)) => None,
        OptionKind::Choice(choices) => Some(format!("one of {}", choices.join(", "))),
    }
}

/// Checks options: those every channel understands, and `own` ones whose values the channel checks itself.
pub fn account_options(given: &BTreeMap<String, Value>, own: &[&str], problems: &mut Vec<FieldError>) {
    /// A day: later than that, an account is not operated but forgotten.
    const DAY_SECS: u64 = 86_400;
    let mut known = vec![
        shared::ORDER_VISIBILITY_SECS,
        shared::WRITE_APPLY_SECS,
        shared::FBM_ONLY,
    ];
    let mut bounds = vec![(shared::ORDER_VISIBILITY_SECS, 0), (shared::WRITE_APPLY_SECS, 0)];
    for kind in DataKind::ALL {
        known.push(shared::every_secs(kind));
        bounds.push((shared::every_secs(kind), 1));
    }
    known.extend(own);
    unknown("options", given.keys(), &known, problems);
    for (name, least) in bounds {
        let in_bounds =
            shared::seconds(given, name).is_some_and(|d| (least..=DAY_SECS).contains(&d.as_secs()));
        if given.contains_key(name) && !in_bounds {
            let message = format!("write a whole number of seconds from {least} to {DAY_SECS}");
            problems.push(FieldError::new(format!("options/{name}"), message));
        }
    }
    let is_flag = |v: &Value| v.is_boolean() || matches!(v.as_str(), Some("true" | "false"));
    if given.get(shared::FBM_ONLY).is_some_and(|v| !is_flag(v)) {
        problems.push(FieldError::new(
            format!("options/{}", shared::FBM_ONLY),
            "write true or false",
        ));
    }
}

/// Checks that an option is a whole number within bounds; one of another kind was told before.
pub fn within(
    given: &BTreeMap<String, Value>,
    name: &str,
    bounds: RangeInclusive<u64>,
    problems: &mut Vec<FieldError>,
) {
    let number = shared::seconds(given, name).map(|number| number.as_secs());
    if number.is_some_and(|number| !bounds.contains(&number)) {
        let message = format!("write a whole number from {} to {}", bounds.start(), bounds.end());
        problems.push(FieldError::new(format!("options/{name}"), message));
    }
}

/// Checks the forms of `location_map` and `default_location`; whether there are such locations is known to the hub and to
/// the channel alone.
pub fn location_map(given: &BTreeMap<String, Value>, problems: &mut Vec<FieldError>) {
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let map = given.get(shared::LOCATION_MAP);
    if map.is_some_and(|map| !map.as_object().is_some_and(|map| map.values().all(text))) {
        problems.push(FieldError::new(
            format!("options/{}", shared::LOCATION_MAP),
            r#"write an object of your locations and the ids of the channel's, such as {"Berlin": "b1"}"#,
        ));
    }
    if given.get(shared::DEFAULT_LOCATION).is_some_and(|one| !text(one)) {
        problems.push(FieldError::new(
            format!("options/{}", shared::DEFAULT_LOCATION),
            "write the channel's id of the location that all others feed",
        ));
    }
}

fn unknown<'a>(
    group: &str,
    given: impl Iterator<Item = &'a String>,
    known: &[&str],
    problems: &mut Vec<FieldError>,
) {
    for name in given.filter(|n| !known.contains(&n.as_str())) {
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        let shown: String = name.chars().take(60).collect();
        let message = format!("there is no such setting; known here: {known}");
        problems.push(FieldError::new(format!("{group}/{shown}"), message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems_of(options: Value) -> Vec<String> {
        let given = serde_json::from_value(options).unwrap();
        let mut problems = Vec::new();
        account_options(&given, &["country"], &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn known_options_in_bounds_pass() {
        let good = json!({"order_visibility_secs": 0, "write_apply_secs": "86400", "orders_every_secs": 1,
            "inventory_every_secs": 60, "listings_every_secs": 3600, "fbm_only": true, "country": "DE"});
        assert_eq!(problems_of(good), Vec::<String>::new());
    }

    #[test]
    fn declared_options_are_checked_by_their_kinds() {
        use stockbridge_domain::channel::OptionField;
        const fn field(name: &'static str, kind: OptionKind, required: bool) -> OptionField {
            OptionField {
                name,
                label: name,
                help: "see the portal",
                kind,
                required,
            }
        }
        static FIELDS: [OptionField; 4] = [
            field("place", OptionKind::Text, true),
            field("auto", OptionKind::Flag, false),
            field("hours", OptionKind::Number, false),
            field("way", OptionKind::Choice(&["new", "old"]), false),
        ];
        let descriptor = Descriptor {
            options: &FIELDS,
            ..crate::own::DESCRIPTOR
        };
        let found = |given: Value| {
            let given = serde_json::from_value(given).unwrap();
            let mut problems = Vec::new();
            options(&descriptor, &given, &[], &mut problems);
            problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let good = json!({"place": "L1", "auto": "true", "hours": "24", "way": "old", "fbm_only": true});
        assert_eq!(found(good), Vec::<String>::new());
        let bad = found(json!({"place": "", "auto": "yes", "hours": -1, "way": "other", "wya": "old"}));
        for (field, hint) in [
            ("options/place", "see the portal"),
            ("options/auto", "true or false"),
            ("options/hours", "whole number"),
            ("options/way", "new, old"),
            ("options/wya", "way"),
        ] {
            assert!(
                bad.iter().any(|p| p.starts_with(field) && p.contains(hint)),
                "{field}: {bad:?}"
            );
        }
        assert_eq!(bad.len(), 5, "{bad:?}");
    }

    #[test]
    fn unknown_names_and_bad_values_are_named() {
        let found = problems_of(
            json!({"order_visibility_secs": -1, "orders_every_secs": 0, "fbm_only": "maybe", "orders_evry_secs": 5}),
        );
        assert_eq!(found.len(), 4, "{found:?}");
        for (field, hint) in [
            ("options/order_visibility_secs", "from 0 to 86400"),
            ("options/orders_every_secs", "from 1"),
            ("options/fbm_only", "true or false"),
            ("options/orders_evry_secs", "orders_every_secs"),
        ] {
            assert!(
                found.iter().any(|p| p.starts_with(field) && p.contains(hint)),
                "{field}: {found:?}"
            );
        }
    }
}
