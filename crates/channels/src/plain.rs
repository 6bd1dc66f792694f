//! Texts of the other side, fit for messages, and numbers as they were written.

use bytes::Bytes;
use http::{HeaderMap, header};
use jiff::fmt::rfc2822;
use serde_json::value::RawValue;
use stockbridge_domain::{Currency, Money, Timestamp};

/// Most characters of a text that is shown.
const MAX_CHARS: usize = 300;

/// A text on one line, bounded, without words that look like keys or signatures.
pub fn line(text: &str) -> String {
    line_without(text, |word| {
        // Nothing a person can act on is that long and without a break.
        let keyish = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '=' | '.' | '+' | '/');
        word.len() >= 40 && word.chars().all(keyish) && !word.contains("://")
    })
}

/// Whether so much of a word is hexadecimal that it may be a key: nothing a person can act on is.
pub fn hexadecimal(word: &str) -> bool {
    word.bytes().filter(u8::is_ascii_hexdigit).count() >= 32
}

/// A text on one line, bounded, without words that look like secrets.
pub fn line_without(text: &str, secret: impl Fn(&str) -> bool) -> String {
    let words = text
        .split_whitespace()
        .map(|word| if secret(word) { "***" } else { word });
    let line = words.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_CHARS {
        return line;
    }
    line.chars().take(MAX_CHARS).chain(['…']).collect()
}

/// A text the other side tells, if it says anything with it.
pub fn told(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A body without secrets of ours, should the other side repeat them.
pub fn body_without(body: Bytes, secrets: &[&str]) -> Bytes {
    let found =
        |secret: &&str| !secret.is_empty() && memchr::memmem::find(&body, secret.as_bytes()).is_some();
    if !secrets.iter().any(found) {
        return body;
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    let shown = secrets.iter().filter(|secret| !secret.is_empty());
    Bytes::from(shown.fold(text, |text, secret| text.replace(*secret, "***")))
}

/// Reads money; what cannot be read is told, not guessed.
pub fn money(amount: &str, currency: &str, field: &str, oddities: &mut Vec<String>) -> Option<Money> {
    Currency::parse(currency)
        .and_then(|currency| Money::from_decimal(amount, currency))
        .map_err(|e| oddities.push(format!("`{field}`: {}", line(&e.to_string()))))
        .ok()
}

/// A number's text as it stands in JSON, or the text inside its quotes: amounts of money never pass through a float.
pub fn decimal(raw: &RawValue) -> &str {
    raw.get().trim_matches('"')
}

/// An instant as HTTP writes it, such as `Tue, 19 May 2015 08:15:35 GMT`.
pub fn http_date(text: &str) -> Option<Timestamp> {
    let at = rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Timestamp::from_secs(at.as_second()))
}

/// When the other side answered, by its own clock: the header `Date`, which every server with a clock sends (RFC 9110
/// §6.6.1).
pub fn served_at(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(header::DATE)?.to_str().ok()?)
}

/// What a body says went wrong, whatever it calls it; `None` for HTML and for JSON without words.
pub fn complaint(body: &[u8]) -> (Option<String>, Option<String>) {
    const CODES: [&str; 4] = ["code", "errorCode", "error", "status_code"];
    const WORDS: [&str; 6] = [
        "message",
        "description",
        "errorMessage",
        "error_description",
        "detail",
        "details",
    ];
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(body) else {
        return (None, None);
    };
    let nested = ["errors", "error", "status"].iter().find_map(|name| {
        body.get(*name)
            .and_then(|v| v.get(0).or(v.is_object().then_some(v)))
    });
    let find = |names: &[&str]| {
        let places = nested.into_iter().chain([&body]);
        places
            .flat_map(|place| names.iter().map(move |name| place.get(*name)))
            .flatten()
            .find_map(|value| {
                let text = value.as_str().map(str::to_owned);
                text.or_else(|| value.as_i64().map(|n| n.to_string()))
                    .map(|text| line(&text))
                    .filter(|text| !text.is_empty())
            })
    };
    (find(&CODES), find(&WORDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_found_whatever_they_are_called() {
        for (body, code, words) in [
            (
                r#"{"errors":[{"code":1042,"description":"no\n such SKU"}]}"#,
                Some("1042"),
                Some("no such SKU"),
            ),
            (
                r#"{"error":"invalid_grant","error_description":"expired"}"#,
                Some("invalid_grant"),
                Some("expired"),
            ),
            (
                r#"{"status":{"status_code":"X1","message":"bad"}}"#,
                Some("X1"),
                Some("bad"),
            ),
            (r#"{"message":""}"#, None, None),
            ("<html>502</html>", None, None),
        ] {
            assert_eq!(
                complaint(body.as_bytes()),
                (code.map(str::to_owned), words.map(str::to_owned)),
                "{body}"
            );
        }
    }

    #[test]
    fn instants_of_http_are_read() {
        let at = http_date("Tue, 19 May 2015 08:15:35 GMT").unwrap();
        assert_eq!(at.to_string(), "2015-05-19T08:15:35Z");
        assert_eq!(http_date("2015-05-19"), None);
    }

    #[test]
    fn what_looks_like_a_key_is_not_shown() {
        let key = "a1".repeat(25);
        assert_eq!(line(&format!("token {key} is\nbad")), "token *** is bad");
        assert_eq!(line(&"word ".repeat(100)).chars().count(), MAX_CHARS + 1);
    }
}
