//! Brings a database's schema up to date, once per start, in one transaction.
//!
//! A migration that has landed is never edited: its checksum is stored and a different text is refused. On
//! PostgreSQL every table with a `tenant_id` column gets row-level security here, by looking at the tables
//! that exist, so that no migration can forget it.

use sha2::{Digest, Sha256};

use crate::StoreError;
use crate::db::{Db, Dialect, Scope, Tx, migration_text};

/// One step of the schema: `migrations/NNNN_name/{common,sqlite,postgres}.sql`.
#[derive(Debug)]
pub(crate) struct Migration {
    /// Position in the order, rising from 1.
    pub version: i64,
    /// The folder's name.
    pub name: &'static str,
    /// Text for both databases.
    pub common: &'static str,
    /// Text for SQLite alone, run after `common`.
    pub sqlite: &'static str,
    /// Text for PostgreSQL alone, run after `common`.
    pub postgres: &'static str,
}

/// All migrations in order.
pub(crate) static MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "0001_core",
        common: include_str!("../migrations/0001_core/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 2,
        name: "0002_policies",
        common: include_str!("../migrations/0002_policies/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 3,
        name: "0003_locations",
        common: include_str!("../migrations/0003_locations/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 4,
        name: "0004_prices_conflicts",
        common: include_str!("../migrations/0004_prices_conflicts/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 5,
        name: "0005_promise",
        common: include_str!("../migrations/0005_promise/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 6,
        name: "0006_open_lines",
        common: include_str!("../migrations/0006_open_lines/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 7,
        name: "0007_proof",
        common: include_str!("../migrations/0007_proof/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 8,
        name: "0008_product_data",
        common: include_str!("../migrations/0008_product_data/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 10,
        name: "0010_listings_unread",
        common: include_str!("../migrations/0010_listings_unread/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 11,
        name: "0011_write_modes",
        common: include_str!("../migrations/0011_write_modes/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 12,
        name: "0012_places",
        common: include_str!("../migrations/0012_places/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 14,
        name: "0014_conflict_levels",
        common: include_str!("../migrations/0014_conflict_levels/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 15,
        name: "0015_listing_details",
        common: include_str!("../migrations/0015_listing_details/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 16,
        name: "0016_catalogue",
        common: include_str!("../migrations/0016_catalogue/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 18,
        name: "0018_handles",
        common: include_str!("../migrations/0018_handles/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 19,
        name: "0019_inbox",
        common: include_str!("../migrations/0019_inbox/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 20,
        name: "0020_consents",
        common: include_str!("../migrations/0020_consents/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 21,
        name: "0021_cancellations",
        common: include_str!("../migrations/0021_cancellations/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 22,
        name: "0022_channel_returns",
        common: include_str!("../migrations/0022_channel_returns/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 23,
        name: "0023_refunds",
        common: include_str!("../migrations/0023_refunds/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 24,
        name: "0024_papers",
        common: include_str!("../migrations/0024_papers/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 26,
        name: "0026_account_terms",
        common: include_str!("../migrations/0026_account_terms/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 27,
        name: "0027_mailboxes",
        common: include_str!("../migrations/0027_mailboxes/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 28,
        name: "0028_warehouse",
        common: include_str!("../migrations/0028_warehouse/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 29,
        name: "0029_bulk",
        common: include_str!("../migrations/0029_bulk/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 34,
        name: "0034_readings",
        common: include_str!("../migrations/0034_readings/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 35,
        name: "0035_finance",
        common: include_str!("../migrations/0035_finance/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 36,
        name: "0036_settlements",
        common: include_str!("../migrations/0036_settlements/common.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 37,
        name: "0037_reports",
        common: include_str!("../migrations/0037_reports/common.sql"),
        sqlite: "",
        postgres: "",
    },
];

/// The lock under which processes that start together migrate one after the other ("stockbri" in ASCII).
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(8319381555649835625)";

/// Applies what is missing and returns how many migrations that were.
///
/// # Errors
/// [`StoreError::Newer`] when a newer program has migrated further, [`StoreError::Migration`] when an applied
/// migration's text differs from the one built in. Nothing is changed then.
pub(crate) async fn migrate(db: &Db, migrations: &[Migration]) -> Result<usize, StoreError> {
    let mut tx = db.write(Scope::System).await?;
    if tx.dialect() == Dialect::Postgres {
        tx.exec("SET LOCAL statement_timeout = 0", &[]).await?;
        tx.exec("SET LOCAL lock_timeout = 0", &[]).await?;
        tx.query(MIGRATION_LOCK, &[]).await?;
    }
    let table = "CREATE TABLE IF NOT EXISTS schema_migrations (\
                 version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL);";
    tx.script(&migration_text(tx.dialect(), table)).await?;
    let applied = check_applied(&mut tx, migrations).await?;
    let missing = migrations.get(applied..).unwrap_or_default();
    for migration in missing {
        apply(&mut tx, migration).await?;
    }
    if tx.dialect() == Dialect::Postgres {
        secure_rows(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(missing.len())
}

/// Compares what the database says was applied with what is built in; returns how many were.
async fn check_applied(tx: &mut Tx, migrations: &[Migration]) -> Result<usize, StoreError> {
    let known = migrations.last().map_or(0, |last| last.version);
    let rows = tx
        .query(
            "SELECT version, name, checksum FROM schema_migrations ORDER BY version",
            &[],
        )
        .await?;
    if let Some(last) = rows.last()
        && last.int(0)? > known
    {
        return Err(StoreError::Newer {
            found: last.int(0)?,
            known,
        });
    }
    for (row, migration) in rows.iter().zip(migrations) {
        if row.int(0)? != migration.version || row.text(2)? != checksum(migration) {
            return Err(StoreError::Migration {
                detail: format!(
                    "migration {} ({}) was applied with another text than this program's; \
                     use an unmodified release, or restore a backup",
                    row.int(0)?,
                    row.text(1)?
                ),
            });
        }
    }
    Ok(rows.len())
}

async fn apply(tx: &mut Tx, migration: &Migration) -> Result<(), StoreError> {
    let failed = |error: StoreError| match error {
        StoreError::Other { detail } => StoreError::Migration {
            detail: format!(
                "migration {} ({}) failed: {detail}; nothing was changed, please report this",
                migration.version, migration.name
            ),
        },
        other => other,
    };
    let own = match tx.dialect() {
        Dialect::Sqlite => migration.sqlite,
        Dialect::Postgres => migration.postgres,
    };
    for script in [migration.common, own] {
        if !script.trim().is_empty() {
            tx.script(&migration_text(tx.dialect(), script))
                .await
                .map_err(failed)?;
        }
    }
    tx.exec(
        "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
        &[
            migration.version.into(),
            migration.name.into(),
            checksum(migration).into(),
        ],
    )
    .await?;
    Ok(())
}

fn checksum(migration: &Migration) -> String {
    let mut hash = Sha256::new();
    for part in [
        migration.name,
        migration.common,
        migration.sqlite,
        migration.postgres,
    ] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Turns on row-level security, for the owner too, on every table with a `tenant_id`.
async fn secure_rows(tx: &mut Tx) -> Result<(), StoreError> {
    let tables = tx
        .query(
            "SELECT quote_ident(c.relname), EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid \
             AND p.polname = 'tenant_rows') FROM pg_class c \
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped \
             WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') \
             AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p \
             WHERE p.polrelid = c.oid AND p.polname = 'tenant_rows'))",
            &[],
        )
        .await?;
    for row in tables {
        let table = row.text(0)?;
        let mut script = format!(
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
        );
        if !row.flag(1)? {
            // Sub-selects are evaluated once per statement, not once per row.
            let condition = "tenant_id = (SELECT current_setting('stockbridge.tenant', true)) \
                             OR (SELECT current_setting('stockbridge.system', true)) = 'on'";
            script += &format!(
                "CREATE POLICY tenant_rows ON {table} USING ({condition}) WITH CHECK ({condition});"
            );
        }
        tx.script(&script).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::schema;
    use crate::testing::databases;

    #[test]
    fn built_in_migrations_are_numbered_in_their_order() {
        assert!(MIGRATIONS.is_sorted_by_key(|migration| migration.version));
        for migration in MIGRATIONS {
            assert!(
                migration.name.starts_with(&format!("{:04}_", migration.version)),
                "{}",
                migration.name
            );
        }
    }

    #[tokio::test]
    async fn both_databases_get_the_same_schema() {
        let mut dumps = Vec::new();
        for test in databases().await.unwrap() {
            let db = test.open().await.unwrap();
            migrate(&db, MIGRATIONS).await.unwrap();
            let mut tx = db.read(Scope::System).await.unwrap();
            let dump = schema::dump(&mut tx).await.unwrap();
            assert!(dump.contains_key("schema_migrations"));
            for (name, table) in &dump {
                for (column, shape) in &table.columns {
                    assert!(
                        ["BIGINT", "TEXT", "BYTEA"].contains(&shape.ty.as_str()),
                        "{name}.{column}: {shape:?}"
                    );
                }
                assert!(!table.primary_key.is_empty(), "{name} has no primary key");
            }
            dumps.push(dump);
        }
        for pair in dumps.windows(2) {
            assert_eq!(pair[0], pair[1]);
        }
    }
}
