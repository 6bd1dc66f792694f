//! Conditions of a list, put together from those asked for, so that each combination can use its index.

use crate::db::Value;

/// The WHERE clause of one list: conditions joined by AND, with their parameters.
#[derive(Debug)]
pub(crate) struct Filter {
    text: String,
    params: Vec<Value>,
}

impl Filter {
    /// Begins with a condition on the tenant, `$1`: `tenant_id = $1`, with the table's alias where there is one.
    pub(crate) fn of_tenant(condition: &str, tenant: Value) -> Self {
        Self {
            text: condition.to_owned(),
            params: vec![tenant],
        }
    }

    /// Adds a parameter and returns its number.
    pub(crate) fn param(&mut self, value: impl Into<Value>) -> usize {
        self.params.push(value.into());
        self.params.len()
    }

    /// Adds a condition without a parameter of its own.
    pub(crate) fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    /// Adds a condition whose `?` stand for the parameter given.
    pub(crate) fn and_with(&mut self, condition: &str, value: impl Into<Value>) {
        let number = self.param(value);
        self.and(&condition.replace('?', &format!("${number}")));
    }

    /// The same when there is a value, nothing otherwise.
    pub(crate) fn and_some(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.and_with(condition, value);
        }
    }

    /// The conditions.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The parameters.
    pub(crate) fn params(&self) -> &[Value] {
        &self.params
    }
}

/// A pattern for `LIKE … ESCAPE '!'` that finds `text` anywhere, in lower case.
pub(crate) fn contains_pattern(text: &str) -> String {
    format!("%{}%", escaped(&text.trim().to_ascii_lowercase()))
}

/// The same in the letters' own case, where the database tells them apart.
pub(crate) fn like_pattern(text: &str) -> String {
    format!("%{}%", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(letter);
    }
    out
}

/// The least text greater than every text that begins with `prefix`, for ranges that an index serves.
pub(crate) fn after_prefix(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_number_their_parameters() {
        let mut filter = Filter::of_tenant("tenant_id = $1", "t".into());
        filter.and_some("account_id = ?", Some("a"));
        filter.and_some("status = ?", None::<&str>);
        filter.and_with("(sku >= ? OR title = ?)", "s");
        filter.and("open = 1");
        assert_eq!(
            filter.text(),
            "tenant_id = $1 AND account_id = $2 AND (sku >= $3 OR title = $3) AND open = 1"
        );
        assert_eq!(filter.params().len(), 3);
    }

    #[test]
    fn patterns_take_no_wildcards_from_people() {
        assert_eq!(contains_pattern(" 50%_A! "), "%50!%!_a!!%");
        assert!(after_prefix("AB").as_str() > "ABzzz\u{10FFFE}");
    }
}
