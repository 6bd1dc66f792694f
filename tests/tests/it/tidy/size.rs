//! Size: files and functions stay small enough to be read at once, and every file says what it is for.
//!
//! Over the soft limit is possible, listed in `tests/tidy-allow.toml` with the exact number of lines. The list can
//! only shrink by itself: growth fails, and so does a number that is no longer true.

use std::collections::BTreeMap;

use serde::Deserialize;
use syn::visit::{self, Visit};

use super::report;
use super::source::{Rust, root, rust};

/// Production lines of a file: aim and hard limit.
const FILE: Limit = Limit {
    what: "file",
    table: "files",
    soft: 400,
    hard: 800,
};
/// Lines of a function's body that are neither blank nor comment (as clippy counts them): aim and hard limit.
const FUNCTION: Limit = Limit {
    what: "function",
    table: "functions",
    soft: 70,
    hard: 100,
};

struct Limit {
    what: &'static str,
    table: &'static str,
    soft: usize,
    hard: usize,
}

/// `tests/tidy-allow.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    files: BTreeMap<String, usize>,
    functions: BTreeMap<String, usize>,
}

fn allowed() -> Allowed {
    let text = std::fs::read_to_string(root().join("tests/tidy-allow.toml")).expect("the allow-list");
    toml::from_str(&text).expect("tests/tidy-allow.toml has two tables of names and line counts")
}

#[test]
fn files_are_short() {
    let measured = rust()
        .iter()
        .map(|file| (file.source.path.clone(), file.production_lines()))
        .collect();
    report(&held(&FILE, &measured, &allowed().files));
}

#[test]
fn functions_are_short() {
    let measured = rust().iter().flat_map(functions).collect();
    report(&held(&FUNCTION, &measured, &allowed().functions));
}

#[test]
fn every_file_says_what_it_is_for() {
    report(&rust().iter().filter_map(undocumented).collect::<Vec<_>>());
}

/// Compares what was measured with a limit and its exceptions.
fn held(limit: &Limit, measured: &BTreeMap<String, usize>, allowed: &BTreeMap<String, usize>) -> Vec<String> {
    let Limit {
        what,
        table,
        soft,
        hard,
    } = limit;
    let mut problems = Vec::new();
    for (name, &lines) in measured {
        let listed = allowed.get(name).copied();
        if lines > *hard {
            problems.push(format!(
                "{name}: {what} of {lines} lines, the hard limit is {hard}: split it"
            ));
        } else if lines > *soft && listed.is_none() {
            problems.push(format!(
                "{name}: {what} of {lines} lines, the aim is {soft}: split it. If it truly is one thing, list it \
                 in tests/tidy-allow.toml under [{table}]: \"{name}\" = {lines}"
            ));
        } else if let Some(listed) = listed.filter(|&listed| lines > *soft && lines > listed) {
            problems.push(format!(
                "{name}: {what} grew from {listed} to {lines} lines, the aim is {soft}: split it"
            ));
        }
    }
    for (name, &listed) in allowed {
        match measured.get(name) {
            None => problems.push(format!("tests/tidy-allow.toml: \"{name}\" no longer exists: remove the entry")),
            Some(lines) if lines <= soft => problems.push(format!(
                "tests/tidy-allow.toml: \"{name}\" has {lines} lines, within the limit of {soft}: remove the entry"
            )),
            Some(&lines) if lines < listed => problems.push(format!(
                "tests/tidy-allow.toml: \"{name}\" shrank from {listed} to {lines} lines: lower the number to {lines}"
            )),
            Some(_) => {}
        }
    }
    problems
}

/// Every function of a file with its length, as `path#Type::name`. Of two with one name the longer counts.
fn functions(file: &Rust) -> BTreeMap<String, usize> {
    let lines = file.source.text.lines().map(str::trim).collect();
    let mut walk = Functions {
        path: &file.source.path,
        lines,
        owner: None,
        found: BTreeMap::new(),
    };
    walk.visit_file(&file.file);
    walk.found
}

struct Functions<'a> {
    path: &'a str,
    lines: Vec<&'a str>,
    owner: Option<String>,
    found: BTreeMap<String, usize>,
}

impl Functions<'_> {
    fn measure(&mut self, name: &syn::Ident, body: &syn::Block) {
        let braces = body.brace_token.span;
        let (first, last) = (braces.open().start().line, braces.close().end().line);
        let inner = self.lines.get(first..last - 1).unwrap_or_default();
        let count = inner
            .iter()
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .count();
        let owner = self
            .owner
            .as_ref()
            .map(|owner| format!("{owner}::"))
            .unwrap_or_default();
        let longest = self
            .found
            .entry(format!("{}#{owner}{name}", self.path))
            .or_default();
        *longest = count.max(*longest);
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure(&item.sig.ident, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.measure(&item.sig.ident, body);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let owner = match &*item.self_ty {
            syn::Type::Path(named) => named
                .path
                .segments
                .last()
                .map(|segment| segment.ident.to_string()),
            _ => None,
        };
        let outer = std::mem::replace(&mut self.owner, owner);
        visit::visit_item_impl(self, item);
        self.owner = outer;
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let outer = self.owner.replace(item.ident.to_string());
        visit::visit_item_trait(self, item);
        self.owner = outer;
    }
}

/// The problem with a file that does not begin with a `//!` comment.
fn undocumented(file: &Rust) -> Option<String> {
    let documented = file
        .file
        .attrs
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"));
    let path = &file.source.path;
    (!documented).then(|| format!("{path}: begin the file with a `//!` comment: what it is for, and why"))
}

#[test]
fn a_long_file_is_found_and_the_list_only_shrinks() {
    let check = |lines: usize, listed: Option<usize>| {
        let measured = BTreeMap::from([("a.rs".to_owned(), lines)]);
        let allowed = listed
            .map(|listed| ("a.rs".to_owned(), listed))
            .into_iter()
            .collect();
        held(&FILE, &measured, &allowed).join("\n")
    };
    assert_eq!(check(400, None), "");
    assert_eq!(check(450, Some(450)), "");
    assert!(check(401, None).contains("the aim is 400"));
    assert!(check(801, Some(801)).contains("hard limit"));
    assert!(check(451, Some(450)).contains("grew from 450 to 451"));
    assert!(check(449, Some(450)).contains("lower the number to 449"));
    assert!(check(400, Some(450)).contains("remove the entry"));
    let gone = held(
        &FILE,
        &BTreeMap::new(),
        &BTreeMap::from([("b.rs".to_owned(), 500)]),
    );
    assert!(gone[0].contains("no longer exists"));
}

#[test]
fn a_long_function_is_measured_under_its_type() {
    let body = "        work();\n\n        // why\n".repeat(71);
    let text = format!("//! X.\nimpl<T> Shelf<T> {{\n    fn fill(&self) {{\n{body}    }}\n}}\n");
    let measured = functions(&Rust::sample("x.rs", &text));
    assert_eq!(measured, BTreeMap::from([("x.rs#Shelf::fill".to_owned(), 71)]));
    assert!(held(&FUNCTION, &measured, &BTreeMap::new())[0].contains("the aim is 70"));
}

#[test]
fn a_file_without_purpose_is_found() {
    assert!(
        undocumented(&Rust::sample(
            "x.rs",
            "/// Of the item, not of the file.\nfn x() {}\n"
        ))
        .is_some()
    );
    assert!(undocumented(&Rust::sample("x.rs", "//! Says why.\nfn x() {}\n")).is_none());
}
