//! The database's own pages: what SQLite says of its file. A PostgreSQL server has its own checks.

use super::{Finding, RESTORE, Rule, unreadable};
use crate::StoreError;
use crate::columns::Columns as _;
use crate::db::{Dialect, Tx};

/// The tables of an SQLite file, the largest first as far as is known beforehand; none on PostgreSQL, whose server checks
/// its own pages.
pub(super) async fn tables(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    if tx.dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY CASE name WHEN 'stock_ledger' THEN 0 \
         WHEN 'order_lines' THEN 1 WHEN 'pushes' THEN 2 WHEN 'orders' THEN 3 ELSE 4 END, name";
    tx.query(sql, &[])
        .await?
        .iter()
        .map(|row| row.string(0))
        .collect()
}

/// Asks SQLite whether every page of a table and its indexes is readable and in order, and every row in every index.
pub(super) async fn check(tx: &mut Tx, table: &str) -> Result<Vec<Finding>, StoreError> {
    let sql = format!("PRAGMA integrity_check('{}')", table.replace('\'', "''"));
    let rows = match tx.query(&sql, &[]).await {
        Ok(rows) => rows,
        Err(error) => return Ok(vec![unreadable(Rule::Pages, error)?]),
    };
    let mut findings = Vec::new();
    for row in &rows {
        let said = row.text(0)?;
        if said != "ok" {
            let said = said.trim().replace('\n', "; ");
            let what = format!("the database's file is damaged at the table {table}: {said}");
            findings.push(Finding::new(Rule::Pages, what, RESTORE).differs("ok", said));
        }
    }
    Ok(findings)
}
