//! What is written beside the code: links lead to files that exist, migrations are numbered without gaps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

use super::report;
use super::source::{Source, all, root};

#[test]
fn links_in_documents_lead_to_files() {
    let sources = all();
    let documents = sources.iter().filter(|source| source.path.ends_with(".md"));
    let root = root();
    report(
        &documents
            .flat_map(|document| dead_links(document, &|path| root.join(path).exists()))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn migrations_are_numbered_once() {
    let paths: Vec<String> = all().into_iter().map(|source| source.path).collect();
    report(&misnumbered(&paths));
}

/// Links of a document that lead nowhere. Web addresses and places inside the same page are not looked at, nor
/// is anything inside a code block.
fn dead_links(document: &Source, exists: &dyn Fn(&Path) -> bool) -> Vec<String> {
    let link = Regex::new(r"\]\(<?([^)\s>]+)").expect("a regular expression");
    let folder = Path::new(&document.path).parent().unwrap_or(Path::new(""));
    let mut problems = Vec::new();
    let mut in_code = false;
    for (index, line) in document.text.lines().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        for found in link.captures_iter(line) {
            let target = &found[1];
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let path = file
                .strip_prefix('/')
                .map_or_else(|| folder.join(file), |rooted| rooted.into());
            if !exists(&path) {
                problems.push(format!(
                    "{}:{}: `{target}` leads to no file",
                    document.path,
                    index + 1
                ));
            }
        }
    }
    problems
}

/// A migration is a folder `NUMBER_name/` or a file `NUMBER_name.sql`, which may end in its database
/// (`NUMBER_name.sqlite.sql`). Numbers of one series ascend from 1 without repetition.
fn misnumbered(paths: &[String]) -> Vec<String> {
    let numbered =
        Regex::new(r"^(.*?migrations(?:/[a-z]+)?)/V?(\d+)_+(\w+)(/|\.[^/]*$)").expect("a regular expression");
    let mut series: BTreeMap<String, BTreeSet<(usize, String)>> = BTreeMap::new();
    let mut problems = Vec::new();
    for path in paths
        .iter()
        .filter(|path| path.contains("migrations/") && path.ends_with(".sql"))
    {
        match numbered.captures(path) {
            Some(parts) => {
                let number = parts[2].parse().expect("digits");
                let entry = (number, parts[3].to_owned());
                series
                    .entry(format!("{}/*{}", &parts[1], &parts[4]))
                    .or_default()
                    .insert(entry);
            }
            None => problems.push(format!(
                "{path}: put it in a folder, or name it, NUMBER_what_it_does"
            )),
        }
    }
    for (name, entries) in series {
        let numbers: Vec<usize> = entries.into_iter().map(|(number, _)| number).collect();
        if numbers.first() != Some(&1) || !numbers.is_sorted_by(|a, b| a < b) {
            problems.push(format!(
                "{name}: numbers must ascend from 1 without repetition, found {numbers:?}"
            ));
        }
    }
    problems
}

#[test]
fn a_dead_link_is_found() {
    let text = "[a](there.md) [b](gone.md#part) [c](https://example.com) [d](#here)\n```\n[e](code.md)\n```\n[f](/top.md)";
    let document = Source {
        path: "docs/x.md".to_owned(),
        text: text.to_owned(),
    };
    let exists = |path: &Path| path == Path::new("docs/there.md") || path == Path::new("top.md");
    assert_eq!(
        dead_links(&document, &exists),
        ["docs/x.md:1: `gone.md#part` leads to no file"]
    );
}

#[test]
fn a_repetition_and_a_strange_name_are_found() {
    let check = |names: &[&str]| {
        misnumbered(
            &names
                .iter()
                .map(|name| format!("crates/store/migrations/{name}"))
                .collect::<Vec<_>>(),
        )
    };
    assert!(check(&["sqlite/0001_a.sql", "sqlite/0002_b.sql", "postgres/V1__a.sql"]).is_empty());
    assert!(check(&["0001_a.sqlite.sql", "0001_a.postgres.sql", "0002_b.sqlite.sql"]).is_empty());
    assert!(check(&["0001_a/common.sql", "0001_a/sqlite.sql", "0002_b/common.sql"]).is_empty());
    assert!(check(&["0002_a/common.sql", "0003_b/common.sql"])[0].contains("[2, 3]"));
    assert!(check(&["0001_a/common.sql", "0001_b/common.sql"])[0].contains("[1, 1]"));
    assert!(check(&["sqlite/0001_a.sql", "sqlite/0001_b.sql"])[0].contains("[1, 1]"));
    assert!(check(&["sqlite/first.sql"])[0].contains("NUMBER_what_it_does"));
}
