//! Whose rows: every statement on a tenant's tables names the tenant, and every public method of the store has a case.
//!
//! PostgreSQL's row-level security would catch a forgotten tenant; SQLite has nothing but the statement itself.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use regex::Regex;

use super::report;
use super::source::{Rust, Source, all, rust};

const STORE: &str = "crates/store/src/";

/// Statements that look across tenants on purpose, by a part of their text, each with its reason.
const ACROSS: &[(&str, &str)] = &[
    ("FROM users WHERE email = $1", "the address tells the tenant"),
    (
        "FROM api_tokens WHERE token_hash = $1",
        "the token tells the tenant",
    ),
    (
        "UPDATE orders SET payload = $3 WHERE (tenant_id, id) IN",
        "upkeep",
    ),
    ("DELETE FROM consents WHERE expires_at", "upkeep"),
    ("DELETE FROM sessions WHERE expires_at", "upkeep"),
    ("DELETE FROM signin_links WHERE expires_at", "upkeep"),
    ("DELETE FROM idempotency_keys WHERE created_at", "upkeep"),
    ("DELETE FROM promise_buckets WHERE (tenant_id", "upkeep"),
    (
        "SELECT tenant_id FROM accounts WHERE id = $1",
        "the address of a webhook names the account alone",
    ),
    ("FROM lanes", "workers serve every tenant"),
    (
        "UPDATE lanes SET lease_owner = NULL, lease_until",
        "a process that is gone served every tenant",
    ),
];

#[test]
fn every_statement_names_its_tenant() {
    let tables = tenant_tables(&all());
    assert!(tables.contains("orders") && tables.contains("jobs"), "{tables:?}");
    let problems: Vec<String> = store().iter().flat_map(|file| nameless(file, &tables)).collect();
    report(&problems);
}

#[test]
fn every_exception_is_needed() {
    let texts: Vec<String> = store()
        .iter()
        .flat_map(|file| strings(file.tokens.clone()))
        .map(|(_, s)| s)
        .collect();
    let unused = ACROSS
        .iter()
        .filter(|(part, _)| !texts.iter().any(|text| text.contains(part)));
    report(
        &unused
            .map(|(part, _)| format!("no statement contains `{part}`: remove it from ACROSS"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn every_method_of_the_store_has_a_case() {
    report(&without_case(&rust()));
}

fn store() -> Vec<Rust> {
    rust()
        .into_iter()
        .filter(|file| file.source.path.starts_with(STORE))
        .collect()
}

/// Tables with a column `tenant_id`, from the migrations.
fn tenant_tables(sources: &[Source]) -> BTreeSet<String> {
    let table = Regex::new(r"(?s)CREATE TABLE (\w+) \((.*?)\n\);").expect("a pattern");
    sources
        .iter()
        .filter(|source| source.path.starts_with("crates/store/migrations/"))
        .flat_map(|source| {
            table
                .captures_iter(&source.text)
                .filter(|found| found[2].contains("tenant_id"))
                .map(|found| found[1].to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// String literals at any depth, with their lines.
fn strings(tokens: TokenStream) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(strings(group.stream())),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.push((literal.span().start().line, text.value()));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
    found
}

fn nameless(file: &Rust, tables: &BTreeSet<String>) -> Vec<String> {
    let used = Regex::new(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)").expect("a pattern");
    let mut problems = Vec::new();
    for (line, text) in strings(file.tokens.clone()) {
        let is_statement = ["SELECT ", "UPDATE ", "DELETE ", "INSERT "]
            .iter()
            .any(|verb| text.starts_with(verb));
        let on_tenants = used.captures_iter(&text).any(|found| tables.contains(&found[1]));
        // A list puts its conditions together; they begin with the tenant.
        let composed = text.contains("WHERE {}") || !text.contains("WHERE") && !text.starts_with("INSERT");
        let named =
            text.contains("tenant_id") || composed || ACROSS.iter().any(|(part, _)| text.contains(part));
        if is_statement && on_tenants && !named && !file.is_test(line) {
            problems.push(format!(
                "{}:{line}: names no tenant_id: {text:.90}",
                file.source.path
            ));
        }
    }
    problems
}

fn without_case(files: &[Rust]) -> Vec<String> {
    let method = Regex::new(r"pub async fn (\w+)").expect("a pattern");
    let mut cases = String::new();
    let mut methods = Vec::new();
    for file in files.iter().filter(|file| file.source.path.starts_with(STORE)) {
        for (index, line) in file.source.text.lines().enumerate() {
            // What prepares databases for tests is called by all of them.
            if file.is_test(index + 1) || file.source.path.ends_with("/testing.rs") {
                cases.push_str(line);
                cases.push('\n');
            } else if let Some(found) = method.captures(line) {
                methods.push((format!("{}:{}", file.source.path, index + 1), found[1].to_owned()));
            }
        }
    }
    methods
        .into_iter()
        .filter(|(_, name)| !cases.contains(&format!(".{name}(")) && !cases.contains(&format!("::{name}(")))
        .map(|(place, name)| format!("{place}: no test calls `{name}`: add a case in {STORE}tests/"))
        .collect()
}

#[test]
fn a_statement_without_tenant_is_found() {
    let tables = BTreeSet::from(["orders".to_owned()]);
    let bad = "fn f() { query(\"SELECT id FROM orders WHERE id = $1\"); }";
    assert_eq!(
        nameless(&Rust::sample("crates/store/src/x.rs", bad), &tables).len(),
        1
    );
    for good in [
        "fn f() { query(\"SELECT id FROM orders WHERE tenant_id = $1\"); }",
        "fn f() { query(\"SELECT id FROM schema_migrations WHERE version = 1\"); }",
        "fn f() { format!(\"SELECT id FROM orders WHERE {} LIMIT 1\", filter.text()); }",
        "#[cfg(test)]\nmod tests {\n    fn f() { query(\"DELETE FROM orders WHERE id = $1\"); }\n}",
    ] {
        assert!(
            nameless(&Rust::sample("crates/store/src/x.rs", good), &tables).is_empty(),
            "{good}"
        );
    }
}

#[test]
fn a_method_without_case_is_found() {
    let product = "impl Tenant {\n    pub async fn gone(&self) {}\n    pub async fn kept(&self) {}\n}\n";
    let files = [
        Rust::sample("crates/store/src/x.rs", product),
        Rust::sample("crates/store/src/tests/x.rs", "fn f() { tenant.kept(); }\n"),
    ];
    let problems = without_case(&files);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("x.rs:2") && problems[0].contains("`gone`"));
}
