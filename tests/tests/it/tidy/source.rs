//! Reading the repository: which files count, and what a Rust file consists of.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use walkdir::{DirEntry, WalkDir};

/// A text file of the repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path from the repository's root, with `/`.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// A Rust file, parsed.
pub struct Rust {
    /// The file itself.
    pub source: Source,
    /// Syntax tree.
    pub file: syn::File,
    /// The same content as tokens, for rules that do not care about structure.
    pub tokens: TokenStream,
    /// Lines of items under `#[cfg(test)]`.
    tests: Vec<RangeInclusive<usize>>,
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every text file of the repository. Build output, generated locks, hidden folders that hold no rules and
/// licence texts are left out.
pub fn all() -> Vec<Source> {
    let root = root();
    let mut sources: Vec<Source> = WalkDir::new(&root)
        .into_iter()
        .filter_entry(counts)
        .map(|entry| entry.expect("the repository can be listed"))
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let path = entry
                .path()
                .strip_prefix(&root)
                .expect("below the root")
                .to_str()?
                .replace('\\', "/");
            let text = String::from_utf8(std::fs::read(entry.path()).expect("readable file")).ok()?;
            Some(Source { path, text })
        })
        .collect();
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    assert!(
        sources.iter().any(|source| source.path == "Cargo.toml"),
        "not the repository's root"
    );
    sources
}

/// Every Rust file of the repository.
pub fn rust() -> Vec<Rust> {
    all()
        .into_iter()
        .filter(|source| source.path.ends_with(".rs"))
        .map(Rust::parse)
        .collect()
}

fn counts(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    if entry.depth() == 0 {
        return true;
    }
    if entry.file_type().is_dir() {
        let hidden = name.starts_with('.') && ![".ci", ".config", ".cargo"].contains(&name.as_ref());
        // Cargo marks its output folders, whatever they are called.
        return !hidden && name != "target" && !entry.path().join("CACHEDIR.TAG").exists();
    }
    !name.starts_with('.') && name != "Cargo.lock" && !name.starts_with("LICENSE")
}

impl Rust {
    /// Parses a file.
    pub fn parse(source: Source) -> Self {
        let tokens: TokenStream = source
            .text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", source.path));
        let file = syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{}: {error}", source.path));
        let mut found = TestItems::default();
        found.visit_file(&file);
        Self {
            source,
            file,
            tokens,
            tests: found.lines,
        }
    }

    /// A file made up for a rule's own test.
    pub fn sample(path: &str, text: &str) -> Self {
        Self::parse(Source {
            path: path.to_owned(),
            text: text.to_owned(),
        })
    }

    /// Whether a line, counted from 1, is part of a test rather than of the product.
    pub fn is_test(&self, line: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|range| range.contains(&line))
    }

    /// Lines that are not inside `#[cfg(test)]`. In a file of tests every line counts.
    pub fn production_lines(&self) -> usize {
        let lines = self.source.text.lines().count();
        let tests: usize = self.tests.iter().map(|range| range.clone().count()).sum();
        lines - tests
    }

    fn is_test_file(&self) -> bool {
        let mut folders = self.source.path.split('/').rev();
        let name = folders.next().unwrap_or_default();
        name == "tests.rs" || name.ends_with("_tests.rs") || folders.any(|folder| folder == "tests")
    }
}

/// Collects the lines of items under `#[cfg(test)]`, outermost only.
#[derive(Default)]
struct TestItems {
    lines: Vec<RangeInclusive<usize>>,
}

impl<'ast> Visit<'ast> for TestItems {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if attributes(item).iter().any(is_cfg_test) {
            let span = item.span();
            self.lines.push(span.start().line..=span.end().line);
        } else {
            visit::visit_item(self, item);
        }
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, also inside `any(…)` or `all(…)`, but not `not(test)`.
fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else {
        return false;
    };
    let condition = list.tokens.to_string();
    let words: Vec<&str> = condition
        .split(|letter: char| !letter.is_alphanumeric())
        .collect();
    list.path.is_ident("cfg") && words.contains(&"test") && !words.contains(&"not")
}

#[test]
fn lines_under_cfg_test_are_told_apart() {
    let text = "//! A module.\n\nfn product() {}\n\n#[cfg(test)]\nmod tests {\n    fn helper() {}\n}\n";
    let file = Rust::sample("crates/x/src/y.rs", text);
    assert_eq!(file.production_lines(), 4);
    assert!(!file.is_test(3));
    assert!(file.is_test(5) && file.is_test(7) && file.is_test(8));
    assert!(Rust::sample("crates/x/src/y/tests.rs", text).is_test(3));
    assert!(!Rust::sample("crates/x/src/y.rs", "#[cfg(not(test))]\nmod product {}\n").is_test(2));
}
