//! Tests that mean something: none is ignored, none sleeps, and nothing is left undone behind a macro.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::report;
use super::source::{Rust, rust};

#[test]
fn no_test_is_ignored() {
    report(&rust().iter().flat_map(ignored).collect::<Vec<_>>());
}

#[test]
fn no_test_sleeps() {
    report(&rust().iter().flat_map(sleeping).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_undone() {
    report(&rust().iter().flat_map(undone).collect::<Vec<_>>());
}

fn ignored(file: &Rust) -> Vec<String> {
    pairs(file, |tokens| match tokens {
        [TokenTree::Punct(hash), TokenTree::Group(attribute)] if hash.as_char() == '#' => {
            starts_with(attribute.stream(), "ignore")
                .then_some("an ignored test holds nothing: make it pass, or remove it")
        }
        _ => None,
    })
}

fn sleeping(file: &Rust) -> Vec<String> {
    pairs(file, |tokens| match tokens {
        [TokenTree::Ident(name), TokenTree::Group(call)]
            if (name == "sleep" || name == "sleep_until")
                && call.delimiter() == Delimiter::Parenthesis
                && file.is_test(name.span().start().line) =>
        {
            Some("a test that sleeps is slow or flaky: wait for the event itself, or step the clock")
        }
        _ => None,
    })
}

fn undone(file: &Rust) -> Vec<String> {
    pairs(file, |tokens| match tokens {
        [TokenTree::Ident(name), TokenTree::Punct(bang)]
            if (name == "todo" || name == "unimplemented") && bang.as_char() == '!' =>
        {
            Some("finish it, or return an error that says what is missing")
        }
        _ => None,
    })
}

fn starts_with(tokens: TokenStream, word: &str) -> bool {
    matches!(tokens.into_iter().next(), Some(TokenTree::Ident(name)) if name == word)
}

/// Looks at every two neighbouring tokens, at any depth.
fn pairs(file: &Rust, problem: impl Fn(&[TokenTree]) -> Option<&'static str>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut streams = vec![file.tokens.clone()];
    while let Some(stream) = streams.pop() {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        for pair in tokens.windows(2) {
            if let Some(text) = problem(pair) {
                problems.push(format!(
                    "{}:{}: {text}",
                    file.source.path,
                    pair[0].span().start().line
                ));
            }
        }
        streams.extend(tokens.into_iter().filter_map(|token| match token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        }));
    }
    problems
}

#[test]
fn an_ignored_test_is_found() {
    let bad = "#[cfg(test)]\nmod tests {\n    #[test]\n    #[ignore = \"slow\"]\n    fn x() {}\n}\n";
    assert!(ignored(&Rust::sample("x.rs", bad))[0].starts_with("x.rs:4: an ignored test"));
    assert!(ignored(&Rust::sample("x.rs", "fn f(ignore: [u8; 1]) { ignore[0]; }")).is_empty());
}

#[test]
fn a_sleeping_test_is_found_and_a_pausing_product_is_not() {
    let pause = "async fn wait() { tokio::time::sleep(PAUSE).await; }\n";
    assert!(sleeping(&Rust::sample("crates/x/src/y.rs", pause)).is_empty());
    assert_eq!(sleeping(&Rust::sample("tests/tests/it/y.rs", pause)).len(), 1);
    let inline = format!("#[cfg(test)]\nmod tests {{\n    {pause}}}\n");
    assert_eq!(sleeping(&Rust::sample("crates/x/src/y.rs", &inline)).len(), 1);
}

#[test]
fn a_macro_for_later_is_found() {
    assert_eq!(
        undone(&Rust::sample(
            "x.rs",
            "fn f() { todo!() }\nfn g() { unimplemented!(\"x\") }"
        ))
        .len(),
        2
    );
    assert!(undone(&Rust::sample("x.rs", "fn f() { let todo = 1; todo }")).is_empty());
}
