//! Reads a database's schema in one shape, so that a test can compare the two databases table by table.

use std::collections::{BTreeMap, BTreeSet};

use super::{Dialect, Tx};
use crate::StoreError;

/// All tables by name.
pub type Schema = BTreeMap<String, Table>;

/// One table.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns by name.
    pub columns: BTreeMap<String, ColumnShape>,
    /// The primary key's columns in order.
    pub primary_key: Vec<String>,
    /// Every other unique index.
    pub unique: BTreeSet<UniqueIndex>,
}

/// One column.
#[derive(Debug, PartialEq, Eq)]
pub struct ColumnShape {
    /// `BIGINT`, `TEXT` or `BYTEA`.
    pub ty: String,
    /// Whether NULL may be stored.
    pub nullable: bool,
}

/// A unique index; expressions in it appear as `(expression)`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UniqueIndex {
    /// The columns in order.
    pub columns: Vec<String>,
    /// Whether it has a WHERE clause.
    pub partial: bool,
}

/// Rows of (table, column, type, nullable 0/1).
const SQLITE_COLUMNS: &str = "SELECT m.name, c.name, upper(c.type), c.\"notnull\" = 0 AND c.pk = 0 \
     FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
const POSTGRES_COLUMNS: &str = "SELECT c.relname::text, a.attname::text, upper(format_type(a.atttypid, a.atttypmod)), \
     NOT a.attnotnull FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') \
     AND a.attnum > 0 AND NOT a.attisdropped";

/// Rows of (table, index, primary 0/1, partial 0/1, column or NULL) in the order of the index's columns.
const SQLITE_KEYS: &str = "SELECT m.name, '', 1, 0, c.name FROM sqlite_master m, pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.pk > 0 ORDER BY m.name, c.pk";
const SQLITE_UNIQUE: &str = "SELECT m.name, l.name, 0, l.partial, i.name FROM sqlite_master m, \
     pragma_index_list(m.name) l, pragma_index_info(l.name) i WHERE m.type = 'table' \
     AND l.\"unique\" = 1 AND l.origin <> 'pk' ORDER BY m.name, l.name, i.seqno";
const POSTGRES_KEYS: &str = "SELECT c.relname::text, n.relname::text, x.indisprimary, x.indpred IS NOT NULL, \
     a.attname::text FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class n ON n.oid = x.indexrelid \
     CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY k(attnum, place) \
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum > 0 \
     WHERE x.indisunique AND c.relnamespace = current_schema()::regnamespace \
     AND k.place <= x.indnkeyatts ORDER BY c.relname, n.relname, k.place";

/// The schema of the database that `tx` works on.
pub(crate) async fn dump(tx: &mut Tx) -> Result<Schema, StoreError> {
    let (columns, keys): (&str, &[&str]) = match tx.dialect() {
        Dialect::Sqlite => (SQLITE_COLUMNS, &[SQLITE_KEYS, SQLITE_UNIQUE]),
        Dialect::Postgres => (POSTGRES_COLUMNS, &[POSTGRES_KEYS]),
    };
    let mut schema = Schema::new();
    for row in tx.query(columns, &[]).await? {
        let shape = ColumnShape {
            ty: row.text(2)?.to_owned(),
            nullable: row.flag(3)?,
        };
        schema
            .entry(row.text(0)?.to_owned())
            .or_default()
            .columns
            .insert(row.text(1)?.to_owned(), shape);
    }
    let mut unique: BTreeMap<(String, String), UniqueIndex> = BTreeMap::new();
    for sql in keys {
        for row in tx.query(sql, &[]).await? {
            let table = row.text(0)?.to_owned();
            let column = row.opt_text(4)?.unwrap_or("(expression)").to_owned();
            if row.flag(2)? {
                schema.entry(table).or_default().primary_key.push(column);
            } else {
                let partial = row.flag(3)?;
                let index = unique.entry((table, row.text(1)?.to_owned()));
                index
                    .or_insert(UniqueIndex {
                        columns: Vec::new(),
                        partial,
                    })
                    .columns
                    .push(column);
            }
        }
    }
    for ((table, _), index) in unique {
        schema.entry(table).or_default().unique.insert(index);
    }
    Ok(schema)
}
