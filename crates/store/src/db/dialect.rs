//! The closed list of differences between the two databases' SQL.
//!
//! Statements are written once, with `$1` parameters. What the databases write differently appears as a
//! token in braces and is replaced here, once per statement text:
//!
//! | token | PostgreSQL | SQLite |
//! | --- | --- | --- |
//! | `$n` | `$n` | `?n` (there `$n` would be numbered by first appearance) |
//! | `{in $n}` | `= ANY($n)` | `IN (SELECT value FROM json_each(?n))`, the list bound as JSON; `= ?n` where every list has one element |
//! | `{for_update}` | `FOR NO KEY UPDATE` | nothing: there is one writer |
//! | `{lock_by c}` | `ORDER BY c FOR NO KEY UPDATE` | nothing: ordering by a key tempts it to scan that instead of searching |
//! | `{skip_locked}` | `FOR NO KEY UPDATE SKIP LOCKED` | nothing |
//! | `{materialized}` | `MATERIALIZED` | nothing: it does not run a sub-select twice, and a table on the way costs it more |
//! | `TEXT` in migrations | `TEXT COLLATE "C"` | `TEXT`: both order by code point |
//!
//! The row locks exclude each other but not the foreign keys of others: whoever inserts a row that refers to a locked one
//! does not wait, which with `FOR UPDATE` ends in deadlocks.
//!
//! A new difference is a new line here and in the tests below, never an `if` in a table's file.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::Value;
use crate::StoreError;

/// Which database is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The embedded database.
    Sqlite,
    /// A server.
    Postgres,
}

/// Translated statements of one database, by their shared text.
#[derive(Debug)]
pub(super) struct Translations {
    dialect: Dialect,
    known: RwLock<Known>,
    /// The same where every list has one element.
    alone: RwLock<Known>,
}

type Known = HashMap<Box<str>, Arc<str>>;

/// Texts kept before the cache starts anew. The program has a few hundred; the limit only guards against a
/// caller that formats values into statements.
const MAX_TRANSLATIONS: usize = 4096;

impl Translations {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            known: RwLock::default(),
            alone: RwLock::default(),
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The statement in this database's words; `alone` as [`alone`] says of its parameters.
    pub(super) fn get(&self, shared: &str, alone: bool) -> Result<Arc<str>, StoreError> {
        let one = alone && self.dialect == Dialect::Sqlite;
        let texts = if one { &self.alone } else { &self.known };
        if let Some(known) = texts.read().unwrap_or_else(PoisonError::into_inner).get(shared) {
            return Ok(Arc::clone(known));
        }
        let translated: Arc<str> = translate(self.dialect, shared, one)?.into();
        let mut known = texts.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_TRANSLATIONS {
            known.clear();
        }
        known.insert(shared.into(), Arc::clone(&translated));
        Ok(translated)
    }
}

/// Whether there are lists among the parameters, and each has one element, which is then bound by itself: SQLite fills a
/// table of its own for every list it looks into, which costs more than most statements.
pub(super) fn alone(params: &[Value]) -> bool {
    let mut lists = params.iter().filter_map(|value| match value {
        Value::TextList(texts) => Some(texts.len()),
        Value::IntList(numbers) => Some(numbers.len()),
        Value::Null | Value::Int(_) | Value::Text(_) | Value::Bytes(_) => None,
    });
    let first = lists.next();
    first == Some(1) && lists.all(|length| length == 1)
}

/// Replaces parameters and tokens outside of quoted text.
fn translate(dialect: Dialect, shared: &str, alone: bool) -> Result<String, StoreError> {
    let mut out = String::with_capacity(shared.len() + 32);
    let mut rest = shared;
    let mut quoted = false;
    while let Some(at) = rest.find(['\'', '$', '{']) {
        let (plain, found) = rest.split_at(at);
        out.push_str(plain);
        let after = &found[1..];
        if found.starts_with('\'') {
            quoted = !quoted;
            out.push('\'');
            rest = after;
        } else if quoted {
            out.push_str(&found[..1]);
            rest = after;
        } else if found.starts_with('$') {
            out.push(if dialect == Dialect::Sqlite { '?' } else { '$' });
            rest = after;
        } else {
            let Some((token, after)) = after.split_once('}') else {
                return Err(StoreError::other(format!("unclosed `{{` in `{shared}`")));
            };
            out.push_str(
                &replace(dialect, token, alone)
                    .ok_or_else(|| StoreError::other(format!("unknown token `{{{token}}}` in `{shared}`")))?,
            );
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn replace(dialect: Dialect, token: &str, alone: bool) -> Option<String> {
    let text = match (token, dialect) {
        ("for_update" | "skip_locked" | "materialized", Dialect::Sqlite) => String::new(),
        ("materialized", Dialect::Postgres) => "MATERIALIZED".to_owned(),
        ("for_update", Dialect::Postgres) => "FOR NO KEY UPDATE".to_owned(),
        ("skip_locked", Dialect::Postgres) => "FOR NO KEY UPDATE SKIP LOCKED".to_owned(),
        (other, _) if other.starts_with("lock_by ") => {
            let column = other.strip_prefix("lock_by ")?;
            let plain = |b: u8| b.is_ascii_lowercase() || b == b'_';
            if column.is_empty() || !column.bytes().all(plain) {
                return None;
            }
            match dialect {
                Dialect::Sqlite => String::new(),
                Dialect::Postgres => format!("ORDER BY {column} FOR NO KEY UPDATE"),
            }
        }
        (other, _) => {
            let number: u16 = other.strip_prefix("in $")?.parse().ok()?;
            match dialect {
                Dialect::Sqlite if alone => format!("= ?{number}"),
                Dialect::Sqlite => format!("IN (SELECT value FROM json_each(?{number}))"),
                Dialect::Postgres => format!("= ANY(${number})"),
            }
        }
    };
    Some(text)
}

/// A migration's text for `dialect`: PostgreSQL's text columns get SQLite's order, by code point.
pub(crate) fn migration_text(dialect: Dialect, script: &str) -> String {
    if dialect == Dialect::Sqlite {
        return script.to_owned();
    }
    let mut out = String::with_capacity(script.len() + 256);
    for line in script.lines() {
        for (i, word) in line.split(' ').enumerate() {
            if i > 0 {
                out.push(' ');
            }
            match word.strip_prefix("TEXT") {
                Some(end) if end.is_empty() || end == "," || end == ")" => {
                    out.push_str("TEXT COLLATE \"C\"");
                    out.push_str(end);
                }
                _ => out.push_str(word),
            }
        }
        out.push('\n');
    }
    out
}

/// The statement behind `insert_many`: one round trip on PostgreSQL, one prepared row at a time on SQLite.
pub(super) fn insert_text(
    dialect: Dialect,
    table: &str,
    columns: &[(&str, super::Kind)],
    tail: &str,
) -> String {
    let names = columns
        .iter()
        .map(|(name, _)| *name)
        .collect::<Vec<_>>()
        .join(", ");
    let numbered = columns
        .iter()
        .enumerate()
        .map(|(i, (_, kind))| match (dialect, kind) {
            (Dialect::Sqlite, _) => format!("?{}", i + 1),
            (Dialect::Postgres, super::Kind::Int) => format!("${}::bigint[]", i + 1),
            (Dialect::Postgres, super::Kind::Text) => format!("${}::text[]", i + 1),
            (Dialect::Postgres, super::Kind::Bytes) => format!("${}::bytea[]", i + 1),
        });
    let numbered = numbered.collect::<Vec<_>>().join(", ");
    match dialect {
        Dialect::Sqlite => format!("INSERT INTO {table} ({names}) VALUES ({numbered}) {tail}"),
        Dialect::Postgres => format!("INSERT INTO {table} ({names}) SELECT * FROM UNNEST({numbered}) {tail}"),
    }
}

/// What `update_many` does to each row. `$1` and `$2` are the row's key, `$3` and so on what else it is given; quoted
/// text must not contain `$`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Set<'a> {
    /// `column = $3, …`.
    pub(crate) assignments: &'a str,
    /// Rows of which this is not true stay as they are; columns carry the table's name.
    pub(crate) only: &'a str,
}

/// The statement behind `update_many`: one for all rows on PostgreSQL, one prepared row at a time on SQLite.
pub(super) fn update_text(dialect: Dialect, table: &str, set: &Set<'_>, kinds: &[super::Kind]) -> String {
    let Set { assignments, only } = set;
    let only = if only.is_empty() {
        String::new()
    } else {
        format!(" AND {only}")
    };
    if dialect == Dialect::Sqlite {
        let text = format!("UPDATE {table} SET {assignments} WHERE tenant_id = $1 AND id = $2{only}");
        return text.replace('$', "?");
    }
    let (assignments, only) = (assignments.replace('$', "given.v"), only.replace('$', "given.v"));
    let arrays = kinds.iter().zip(1..).map(|(kind, n): (_, usize)| match kind {
        super::Kind::Int => format!("${n}::bigint[]"),
        super::Kind::Text => format!("${n}::text[]"),
        super::Kind::Bytes => format!("${n}::bytea[]"),
    });
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let names = (1..=kinds.len()).map(|n| format!("v{n}"));
    let names = names.collect::<Vec<_>>().join(", ");
    format!(
        "UPDATE {table} SET {assignments} FROM UNNEST({arrays}) AS given ({names}) \
         WHERE {table}.tenant_id = given.v1 AND {table}.id = given.v2{only}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_of_many_rows_names_its_values_in_both_dialects() {
        use crate::db::Kind::{Int, Text};
        let set = Set {
            assignments: "c = COALESCE($3, c)",
            only: "t.d = $4",
        };
        let text = |dialect| update_text(dialect, "t", &set, &[Text, Text, Int, Text]);
        assert_eq!(
            text(Dialect::Sqlite),
            "UPDATE t SET c = COALESCE(?3, c) WHERE tenant_id = ?1 AND id = ?2 AND t.d = ?4"
        );
        assert_eq!(
            text(Dialect::Postgres),
            "UPDATE t SET c = COALESCE(given.v3, c) FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::text[]) \
             AS given (v1, v2, v3, v4) WHERE t.tenant_id = given.v1 AND t.id = given.v2 AND t.d = given.v4"
        );
    }

    #[test]
    fn tokens_and_parameters_are_translated_outside_quotes() {
        let shared = "SELECT '$1 {x}' FROM t WHERE a = $2 AND b {in $1} {for_update}";
        assert_eq!(
            translate(Dialect::Sqlite, shared, false).unwrap(),
            "SELECT '$1 {x}' FROM t WHERE a = ?2 AND b IN (SELECT value FROM json_each(?1)) "
        );
        assert_eq!(
            translate(Dialect::Postgres, shared, false).unwrap(),
            "SELECT '$1 {x}' FROM t WHERE a = $2 AND b = ANY($1) FOR NO KEY UPDATE"
        );
        assert_eq!(
            translate(Dialect::Postgres, "{lock_by product_id}", false).unwrap(),
            "ORDER BY product_id FOR NO KEY UPDATE"
        );
        assert_eq!(translate(Dialect::Sqlite, "{lock_by id}", false).unwrap(), "");
        assert_eq!(
            translate(Dialect::Postgres, "{skip_locked}", false).unwrap(),
            "FOR NO KEY UPDATE SKIP LOCKED"
        );
        assert_eq!(
            translate(Dialect::Postgres, "{materialized}", false).unwrap(),
            "MATERIALIZED"
        );
        assert_eq!(translate(Dialect::Sqlite, "{materialized}", false).unwrap(), "");
    }

    #[test]
    fn a_list_of_one_is_compared_with_it() {
        let list = |texts: &[&str]| Value::TextList(texts.iter().map(|t| (*t).to_owned()).collect());
        assert!(alone(&[1.into(), list(&["a"]), vec![7_i64].into()]));
        assert!(!alone(&[1.into()]) && !alone(&[list(&[])]));
        assert!(!alone(&[list(&["a"]), list(&["a", "b"])]));
        let shared = "b {in $2}";
        assert_eq!(translate(Dialect::Sqlite, shared, true).unwrap(), "b = ?2");
        let texts = Translations::new(Dialect::Postgres);
        assert_eq!(&*texts.get(shared, true).unwrap(), "b = ANY($2)");
    }

    #[test]
    fn unknown_and_unclosed_tokens_are_refused() {
        for bad in [
            "{limit}",
            "{lock_by }",
            "{lock_by 1}",
            "{in 1}",
            "{in $x}",
            "a {for_update",
        ] {
            assert!(translate(Dialect::Sqlite, bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn text_columns_are_ordered_by_code_point_on_postgres() {
        let script = "CREATE TABLE t (a TEXT NOT NULL, b TEXT, c TEXT);\n-- TEXTUAL\n";
        assert_eq!(
            migration_text(Dialect::Postgres, script),
            "CREATE TABLE t (a TEXT COLLATE \"C\" NOT NULL, b TEXT COLLATE \"C\", c TEXT);\n-- TEXTUAL\n"
        );
    }
}
