//! The rules themselves: pure functions from configuration and graph to problems.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use super::Crate;
use super::config::{Bans, Config, Deny, Licenses, Sources, Spec};
use super::spdx::Expression;

/// Applies every rule.
///
/// # Errors
/// When a manifest's licence expression cannot be read.
pub fn check(config: &Config, crates: &[Crate]) -> Result<Vec<String>> {
    let foreign: Vec<&Crate> = crates.iter().filter(|found| found.source.is_some()).collect();
    let mut problems = licenses(&config.licenses, &foreign)?;
    problems.extend(banned(&config.bans, &foreign));
    problems.extend(duplicates(&config.bans, &foreign));
    problems.extend(sources(&config.sources, &foreign));
    Ok(problems)
}

fn licenses(rules: &Licenses, crates: &[&Crate]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let mut used = BTreeSet::new();
    for found in crates {
        let title = title(found);
        let Some(text) = &found.license else {
            problems.push(format!(
                "{title} names no licence: ask its authors, or replace it"
            ));
            continue;
        };
        let expression = Expression::parse(text).with_context(|| format!("licence of {title}"))?;
        seen.extend(expression.licenses().into_iter().map(str::to_owned));
        if expression.satisfied_by(&|name| rules.allow.iter().any(|allowed| allowed == name)) {
            continue;
        }
        let exception = rules
            .exceptions
            .iter()
            .find(|entry| entry.spec.matches(&found.name, &found.version));
        let extra = exception.map(|entry| entry.allow.as_slice()).unwrap_or_default();
        if expression.satisfied_by(&|name| rules.allow.iter().chain(extra).any(|allowed| allowed == name)) {
            used.extend(exception.map(|entry| entry.spec.text.clone()));
        } else {
            problems.push(format!(
                "{title} is licensed `{text}`, which deny.toml does not allow{}\n  \
                 replace it, or add an entry to [licenses] exceptions and say why it is fine",
                via(found)
            ));
        }
    }
    let unused_licenses = rules.allow.iter().filter(|name| !seen.contains(*name));
    problems.extend(
        unused_licenses
            .map(|name| format!("[licenses] allow: no dependency has `{name}` any more: remove it")),
    );
    let unused = rules
        .exceptions
        .iter()
        .filter(|entry| !used.contains(&entry.spec.text));
    problems.extend(unused.map(|entry| stale("[licenses] exceptions", &entry.spec)));
    Ok(problems)
}

fn banned(rules: &Bans, crates: &[&Crate]) -> Vec<String> {
    let mut problems = Vec::new();
    for ban in &rules.deny {
        for found in crates
            .iter()
            .filter(|found| ban.spec.matches(&found.name, &found.version))
        {
            let others: Vec<&str> = found
                .parents
                .iter()
                .filter(|parent| !ban.wrappers.contains(parent))
                .map(String::as_str)
                .collect();
            if !others.is_empty() {
                let title = title(found);
                problems.push(format!(
                    "{title} is banned: {}\n  brought in by {}",
                    ban.reason,
                    others.join(", ")
                ));
            }
        }
    }
    problems
}

fn duplicates(rules: &Bans, crates: &[&Crate]) -> Vec<String> {
    let Deny::Deny = rules.multiple_versions;
    let mut versions: BTreeMap<&str, Vec<&Crate>> = BTreeMap::new();
    for found in crates {
        versions.entry(&found.name).or_default().push(found);
    }
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    for found in versions.values_mut() {
        found.sort_by(|left, right| left.version.cmp(&right.version));
        let Some((newest, older)) = found.split_last() else {
            continue;
        };
        for old in older {
            match rules
                .skip
                .iter()
                .find(|entry| entry.spec.matches(&old.name, &old.version))
            {
                Some(entry) => {
                    used.insert(entry.spec.text.clone());
                }
                None => problems.push(format!(
                    "{} is built beside {}{}\n  move its dependents to one version, or add to [bans] skip: \
                     {{ crate = \"{}@{}\", reason = \"who needs it\" }}",
                    title(old),
                    newest.version,
                    via(old),
                    old.name,
                    old.version
                )),
            }
        }
    }
    let unused = rules.skip.iter().filter(|entry| !used.contains(&entry.spec.text));
    problems.extend(unused.map(|entry| {
        format!(
            "{} (its reason was: {})",
            stale("[bans] skip", &entry.spec),
            entry.reason
        )
    }));
    problems
}

fn sources(rules: &Sources, crates: &[&Crate]) -> Vec<String> {
    let (Deny::Deny, Deny::Deny) = (&rules.unknown_registry, &rules.unknown_git);
    let known = |source: &str| {
        source
            .strip_prefix("registry+")
            .is_some_and(|index| rules.allow_registry.iter().any(|allowed| allowed == index))
    };
    crates
        .iter()
        .filter_map(|found| {
            found
                .source
                .as_deref()
                .filter(|source| !known(source))
                .map(|source| (found, source))
        })
        .map(|(found, source)| {
            format!(
                "{} comes from `{source}`: only registries in [sources] allow-registry are used",
                title(found)
            )
        })
        .collect()
}

fn title(found: &Crate) -> String {
    format!("{} {}", found.name, found.version)
}

fn via(found: &Crate) -> String {
    let parents: Vec<&str> = found.parents.iter().map(String::as_str).collect();
    format!(" (needed by {})", parents.join(", "))
}

fn stale(list: &str, spec: &Spec) -> String {
    format!(
        "{list}: `{}` matches nothing any more: remove the entry",
        spec.text
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "https://github.com/rust-lang/crates.io-index";

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    fn plain() -> Config {
        config(&format!(
            r#"
            [licenses]
            allow = ["MIT"]
            [bans]
            multiple-versions = "deny"
            deny = [{{ crate = "openssl", wrappers = ["legacy"], reason = "use rustls" }}]
            skip = [{{ crate = "syn@2", reason = "old macros" }}]
            [sources]
            unknown-registry = "deny"
            unknown-git = "deny"
            allow-registry = ["{INDEX}"]
            "#
        ))
    }

    fn found(name: &str, version: &str) -> Crate {
        Crate {
            name: name.to_owned(),
            version: version.parse().unwrap(),
            license: Some("MIT".to_owned()),
            source: Some(format!("registry+{INDEX}")),
            parents: BTreeSet::from(["web".to_owned()]),
        }
    }

    /// A graph `plain()` has nothing against.
    fn clean() -> Vec<Crate> {
        vec![found("syn", "2.0.1"), found("syn", "3.0.0")]
    }

    fn problems(config: &Config, crates: &[Crate]) -> String {
        check(config, crates).unwrap().join("\n")
    }

    #[test]
    fn a_clean_graph_has_no_problems() {
        assert_eq!(problems(&plain(), &clean()), "");
    }

    #[test]
    fn a_licence_outside_the_list_is_found_and_an_exception_covers_one_crate() {
        let mut crates = clean();
        crates.push(Crate {
            license: Some("MPL-2.0".to_owned()),
            ..found("webdriver", "0.53.0")
        });
        assert!(problems(&plain(), &crates).contains("webdriver 0.53.0 is licensed `MPL-2.0`"));

        let mut excepted = plain();
        excepted.licenses.exceptions = vec![
            toml::from_str(
                r#"crate = "webdriver"
                              allow = ["MPL-2.0"]"#,
            )
            .unwrap(),
        ];
        assert_eq!(problems(&excepted, &crates), "");
        assert!(problems(&excepted, &clean()).contains("`webdriver` matches nothing"));
    }

    #[test]
    fn a_crate_without_licence_is_found() {
        let mut crates = clean();
        crates.push(Crate {
            license: None,
            ..found("nameless", "1.0.0")
        });
        assert!(problems(&plain(), &crates).contains("nameless 1.0.0 names no licence"));
    }

    #[test]
    fn a_banned_crate_is_found_unless_a_wrapper_alone_brings_it() {
        let mut crates = clean();
        crates.push(found("openssl", "0.10.0"));
        assert!(problems(&plain(), &crates).contains("use rustls\n  brought in by web"));
        crates.last_mut().unwrap().parents = BTreeSet::from(["legacy".to_owned()]);
        assert_eq!(problems(&plain(), &crates), "");
    }

    #[test]
    fn a_second_version_needs_an_entry_and_a_stale_entry_is_found() {
        let mut crates = clean();
        crates.extend([found("http", "0.2.12"), found("http", "1.5.0")]);
        assert!(problems(&plain(), &crates).contains("http 0.2.12 is built beside 1.5.0"));
        assert!(problems(&plain(), &clean()[1..]).contains("`syn@2` matches nothing"));
    }

    #[test]
    fn git_and_other_registries_are_found_and_our_own_crates_are_not() {
        for source in [
            "git+https://example.com/x?rev=1",
            "registry+https://example.com/index",
        ] {
            let mut crates = clean();
            crates.push(Crate {
                source: Some(source.to_owned()),
                ..found("x", "1.0.0")
            });
            assert!(
                problems(&plain(), &crates).contains("x 1.0.0 comes from"),
                "{source}"
            );
        }
        let mut crates = clean();
        crates.push(Crate {
            source: None,
            license: None,
            ..found("ours", "1.0.0")
        });
        assert_eq!(problems(&plain(), &crates), "");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let text = "[licenses]\nallow = []\nconfidence-threshold = 0.9\n[bans]\nmultiple-versions = \"deny\"";
        assert!(
            toml::from_str::<Config>(text)
                .unwrap_err()
                .to_string()
                .contains("confidence-threshold")
        );
    }
}
