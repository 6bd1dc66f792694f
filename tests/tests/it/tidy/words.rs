//! Words that have their place: names of channels, SQL, and talk that belongs in no repository.

use proc_macro2::{TokenStream, TokenTree};
use regex::Regex;

use super::report;
use super::source::{Rust, Source, all};

/// A channel is an open string outside its own folder, so adding one changes nothing else.
const CHANNELS: &[&str] = &[
    "amazon",
    "flipkart",
    "noon",
    "shopify",
    "woocommerce",
    "medusa",
    "ebay",
];

/// Names that are part of ordinary words and therefore count only when they stand alone.
const SHORT: &[&str] = &["noon", "ebay"];

/// Where any channel may be named, besides each in `crates/channels/src/NAME/`.
const MAY_NAME_CHANNELS: &[(&str, &str)] = &[
    ("crates/channels/src/lib.rs", "the one list of connectors"),
    (
        "crates/channels/src/auth/",
        "authorisation services and their hosts carry their owners' names",
    ),
    ("crates/channels/tests/", "tests of connectors"),
    ("crates/sim/", "plays the platforms"),
    ("crates/simulation/", "sets up simulated shops"),
    ("crates/stockbridge/src/demo", "sets up simulated shops"),
    ("crates/stockbridge/src/commands/demo", "sets up simulated shops"),
    ("crates/stockbridge/src/commands/sim", "starts the simulator"),
    ("crates/stockbridge/src/sim", "starts the simulator"),
    (
        "crates/stockbridge/src/wiring",
        "hands the connectors to the engine",
    ),
];

/// Where SQL may be written.
const MAY_SPEAK_SQL: &[&str] = &["crates/store/", "tests/", "bench/"];

/// Statements as people write them: in capitals anywhere, in small letters only where English would not say it.
const SQL: &str = r"(?x)
    \bSELECT\s[\s\S]*\bFROM\s | \bINSERT\ INTO\s | \bUPDATE\s+\w+\s+SET\s | \bDELETE\ FROM\s
    | \b(CREATE|ALTER|DROP)\ (TABLE|INDEX|VIEW|SCHEMA)\b | \bPRAGMA\s
    | \bselect\ (\*|count\() | \binsert\ into\ \w+\ ?\( | \bupdate\ \w+\ set\ \w+\ ?=";

#[test]
fn channels_are_named_only_in_their_place() {
    let problems: Vec<String> = product().iter().flat_map(named_channels).collect();
    report(&problems);
}

#[test]
fn sql_is_spoken_only_by_the_store() {
    let problems: Vec<String> = product().iter().flat_map(spoken_sql).collect();
    report(&problems);
}

/// A guard against overselling is switched off to test the tests, never in the product.
#[test]
fn only_the_simulation_switches_guards_off() {
    let places = [
        "crates/simulation/",
        "crates/domain/src/guards.rs",
        "crates/domain/src/clock.rs",
    ];
    let problems: Vec<String> = product()
        .iter()
        .filter(|source| source.path.ends_with(".rs") && !places.iter().any(|p| source.path.starts_with(p)))
        .filter(|source| source.text.contains("Guards::without") || source.text.contains("guarded_by("))
        .map(|source| format!("{}: switches guards; only the simulation may", source.path))
        .collect();
    report(&problems);
}

#[test]
fn the_repository_stands_alone() {
    report(&all().iter().flat_map(talk).collect::<Vec<_>>());
}

/// What is built into the product.
fn product() -> Vec<Source> {
    all()
        .into_iter()
        .filter(|source| source.path.starts_with("crates/"))
        .collect()
}

fn named_channels(source: &Source) -> Vec<String> {
    if MAY_NAME_CHANNELS
        .iter()
        .any(|(place, _)| source.path.starts_with(place))
    {
        return Vec::new();
    }
    let foreign = |channel: &&&str| {
        !source
            .path
            .starts_with(&format!("crates/channels/src/{channel}/"))
    };
    let mut problems = Vec::new();
    for (line, text) in passages(source) {
        for channel in CHANNELS
            .iter()
            .filter(foreign)
            .filter(|channel| names(&text, channel))
        {
            problems.push(format!(
                "{}:{line}: names the channel `{channel}`; outside its folder a channel is an open string \
                 (behaviour that differs is a capability in its descriptor)",
                source.path
            ));
        }
    }
    problems
}

/// Whether text contains a channel's name, alone or as part of an identifier.
fn names(text: &str, channel: &str) -> bool {
    if !SHORT.contains(&channel) {
        return text.to_lowercase().contains(channel);
    }
    // `eBay` is one word, although its capitals say two.
    let text = text.replace("eBay", "Ebay");
    let mut words = vec![String::new()];
    let mut after_small = false;
    for letter in text.chars() {
        if !letter.is_alphabetic() || (letter.is_uppercase() && after_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphabetic()) {
            word.extend(letter.to_lowercase());
        }
        after_small = letter.is_lowercase();
    }
    words.iter().any(|word| word == channel)
}

fn spoken_sql(source: &Source) -> Vec<String> {
    if MAY_SPEAK_SQL.iter().any(|place| source.path.starts_with(place)) {
        return Vec::new();
    }
    let problem = |line: usize| format!("{}:{line}: SQL belongs in crates/store", source.path);
    if source.path.ends_with(".sql") {
        return vec![problem(1)];
    }
    let sql = Regex::new(SQL).expect("a regular expression");
    passages(source)
        .into_iter()
        .filter(|(_, text)| sql.is_match(text))
        .map(|(line, _)| problem(line))
        .collect()
}

/// The pieces of a file that take effect, with their lines. Of Rust, identifiers and literals outside tests:
/// comments may name the platform a fact comes from. Of anything else (pages, styles, scripts), every line.
fn passages(source: &Source) -> Vec<(usize, String)> {
    if !source.path.ends_with(".rs") {
        return source
            .text
            .lines()
            .enumerate()
            .map(|(index, text)| (index + 1, text.to_owned()))
            .collect();
    }
    let file = Rust::parse(source.clone());
    let mut found = Vec::new();
    collect(file.tokens.clone(), &mut found);
    found.retain(|(line, _)| !file.is_test(*line));
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    for token in tokens {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) if !is_doc(group.stream()) => collect(group.stream(), found),
            TokenTree::Ident(name) => found.push((line, name.to_string())),
            TokenTree::Literal(literal) => found.push((line, literal.to_string())),
            TokenTree::Group(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// A documentation comment is the tokens `doc = "…"`.
fn is_doc(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter();
    matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "doc")
        && matches!(tokens.next(), Some(TokenTree::Punct(equals)) if equals.as_char() == '=')
}

/// Machine paths, and talk about how the work was done. Patterns are spelt so as not to match themselves.
fn talk(source: &Source) -> Vec<String> {
    const PATTERNS: &[(&str, &str)] = &[
        (
            r"/wor[k]/|/far[m]/|/tmp/brie[f]|/\.librar[y]\b|\bartifactor[y]\b",
            "a path or name of one machine",
        ),
        (
            r"(?i)\bsub-?agen[t]|\bhelper agen[t]|\bClaud[e]\b|\bAnthropi[c]\b|\bbefore-sto[p]\b",
            "how it was made",
        ),
        (
            r"\bTOD[O]\b|\bFIXM[E]\b",
            "a note to oneself: do it, or describe the limit where a user reads it",
        ),
    ];
    let patterns: Vec<(Regex, &str)> = PATTERNS
        .iter()
        .map(|(pattern, what)| (Regex::new(pattern).expect("a regular expression"), *what))
        .collect();
    let mut problems = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for (_, what) in patterns.iter().filter(|(pattern, _)| pattern.is_match(line)) {
            problems.push(format!(
                "{}:{}: does not belong in the repository: {what}",
                source.path,
                index + 1
            ));
        }
    }
    problems
}

fn sample(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn a_channels_name_out_of_place_is_found() {
    let found = |path: &str, text: &str| named_channels(&sample(path, text)).len();
    let engine = "crates/engine/src/sync.rs";
    for bad in [
        "struct AmazonLane;",
        "fn pull_flipkart() {}",
        "const C: &str = \"noon\";",
        "enum C { EBay, Noon }",
    ] {
        assert_eq!(
            found(engine, bad),
            usize::from(bad.starts_with("enum")) + 1,
            "{bad}"
        );
    }
    assert_eq!(
        found("crates/web/src/style.css", ".channel-shopify { color: green }"),
        1
    );
    assert_eq!(
        found("crates/channels/src/amazon/map.rs", "fn woocommerce() {}"),
        1
    );

    assert_eq!(
        found("crates/channels/src/amazon/map.rs", "struct AmazonOrder;"),
        0
    );
    assert_eq!(found("crates/sim/src/amazon.rs", "struct AmazonOrder;"), 0);
    assert_eq!(
        found(
            engine,
            "/// Amazon sends this twice.\nfn afternoon() {} // as Amazon says"
        ),
        0
    );
    assert_eq!(
        found(
            engine,
            "#[cfg(test)]\nmod tests {\n    const C: &str = \"amazon\";\n}\n"
        ),
        0
    );
}

#[test]
fn sql_out_of_place_is_found() {
    let found = |path: &str, text: &str| spoken_sql(&sample(path, text)).len();
    let web = "crates/web/src/page.rs";
    assert_eq!(found(web, "const Q: &str = \"SELECT id\n FROM orders\";"), 1);
    assert_eq!(
        found(web, "fn f() { run(r#\"update orders set state = $1\"#) }"),
        1
    );
    assert_eq!(found("crates/engine/src/x.sql", ""), 1);
    assert_eq!(
        found(
            web,
            "const HELP: &str = \"Select an order from the list, update it\";"
        ),
        0
    );
    assert_eq!(
        found(
            "crates/store/src/order.rs",
            "const Q: &str = \"SELECT id FROM orders\";"
        ),
        0
    );
}

#[test]
fn talk_of_the_workplace_is_found() {
    for bad in [
        ["see /wo", "rk/notes"],
        ["a sub", "-agent wrote it"],
        ["// TO", "DO later"],
    ] {
        assert_eq!(talk(&sample("docs/x.md", &bad.concat())).len(), 1, "{bad:?}");
    }
    assert!(talk(&sample("docs/x.md", "The user agent, how it works.")).is_empty());
}
