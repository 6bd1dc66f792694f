//! The database's own pages: what SQLite says of its file. A PostgreSQL server has its own checks.

use super::{Finding, RESTORE, Rule, unreadable};
use crate::StoreError;
use crate::db::Dialect;
use crate::handle::System;

impl System {
    /// Asks SQLite whether every page is readable and every index agrees with its table; on PostgreSQL, whose server
    /// checks its own pages, nothing is found.
    ///
    /// # Errors
    /// When the database cannot be asked; damage is a finding.
    pub async fn check_pages(&self) -> Result<Vec<Finding>, StoreError> {
        let mut tx = self.read().await?;
        if tx.dialect() == Dialect::Postgres {
            return Ok(Vec::new());
        }
        let rows = match tx.query("PRAGMA integrity_check(100)", &[]).await {
            Ok(rows) => rows,
            Err(error) => return Ok(vec![unreadable(Rule::Pages, error)?]),
        };
        let mut findings = Vec::new();
        for row in &rows {
            let said = row.text(0)?;
            if said != "ok" {
                let what = format!(
                    "the database's file is damaged: {}",
                    said.trim().replace('\n', "; ")
                );
                findings.push(Finding::new(Rule::Pages, what, RESTORE).differs("ok", said));
            }
        }
        Ok(findings)
    }
}
