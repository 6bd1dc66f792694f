//! Addresses that replace a channel's own, and URLs built from parts that are data.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but RFC 3986's unreserved characters: what is safe in a path segment and in a query value alike.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes one path segment or query value; a `/`, `,` or `+` inside stays data.
pub fn encode(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// Checks an address a person typed in and brings it into the form requests are built on: without a slash at the end.
///
/// # Errors
/// What is wrong with it and what would be right.
pub fn base(text: &str) -> Result<String, String> {
    let text = text.trim();
    let url = url::Url::parse(text)
        .map_err(|e| format!("this is not an address ({e}); write one like https://proxy.example.com"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "`{}` is not supported; the address starts with https:// or http://",
            url.scheme()
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "the address must not hold a user name or password; leave out everything before `@`".into(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(
            "the address must not hold a query or fragment; leave out everything from `?` or `#`".into(),
        );
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("the address names no host; write one like https://proxy.example.com".into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// A query string, in the order given, each value percent-encoded; values of lists are joined by plain commas.
#[derive(Debug, Clone, Default)]
pub struct Query(String);

impl Query {
    /// Adds a parameter.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        self.raw(name, &encode(value))
    }

    /// Adds a list; nothing for an empty one.
    #[must_use]
    pub fn with_list<S: AsRef<str>>(self, name: &str, values: &[S]) -> Self {
        if values.is_empty() {
            return self;
        }
        let joined: Vec<String> = values.iter().map(|v| encode(v.as_ref())).collect();
        self.raw(name, &joined.join(","))
    }

    fn raw(mut self, name: &str, encoded: &str) -> Self {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(encoded);
        self
    }

    /// The query with its `?`, or nothing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_trimmed() {
        assert_eq!(base(" http://127.0.0.1:9000/ ").unwrap(), "http://127.0.0.1:9000");
        assert_eq!(
            base("https://p.example/spapi/").unwrap(),
            "https://p.example/spapi"
        );
        for (text, hint) in [
            ("proxy", "not an address"),
            ("ftp://x", "https://"),
            ("https://u:p@x", "user name"),
            ("https://x/?a=1", "query"),
            ("https://x/#a", "fragment"),
        ] {
            let message = base(text).unwrap_err();
            assert!(message.contains(hint), "{text}: {message}");
            assert!(!message.contains("u:p"), "{message}");
        }
    }

    #[test]
    fn values_stay_data() {
        let query = Query::default()
            .with("t", "a+b/c=")
            .with_list("s", &["a,b", "ü"])
            .with_list("e", &[""; 0]);
        assert_eq!(query.as_str(), "?t=a%2Bb%2Fc%3D&s=a%2Cb,%C3%BC");
    }
}
