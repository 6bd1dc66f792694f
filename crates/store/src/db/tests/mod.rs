//! The façade's conformance: every case runs on both databases.

use super::*;
use crate::ConstraintKind;
use crate::migrate::{Migration, migrate};
use crate::testing::{TestDb, databases, postgres, sqlite};

const MIGRATION: Migration = Migration {
    version: 1,
    name: "0001_test",
    common: "CREATE TABLE notes (
        tenant_id TEXT NOT NULL,
        id BIGINT NOT NULL CHECK (id > 0),
        body TEXT,
        data BYTEA,
        slug TEXT,
        PRIMARY KEY (tenant_id, id)
    );
    CREATE UNIQUE INDEX notes_slug ON notes (tenant_id, slug);
    CREATE TABLE links (
        tenant_id TEXT NOT NULL,
        id BIGINT NOT NULL,
        note_id BIGINT NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, note_id) REFERENCES notes (tenant_id, id)
    );",
    sqlite: "",
    postgres: "",
};

const COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Int),
    ("body", Kind::Text),
    ("data", Kind::Bytes),
];
const INSERT: &str = "INSERT INTO notes (tenant_id, id, body, data) VALUES ($1, $2, $3, $4)";
const BODIES: &str = "SELECT id, body FROM notes WHERE tenant_id = $1 ORDER BY id";

fn tenant(id: &str) -> Scope {
    Scope::Tenant(id.to_owned())
}

fn note(id: i64, body: Option<&str>) -> Vec<Value> {
    vec!["a".into(), id.into(), body.into(), Value::Null]
}

async fn opened(test: &TestDb) -> Db {
    let db = test.open().await.unwrap();
    migrate(&db, &[MIGRATION]).await.unwrap();
    db
}

async fn count(db: &Db, scope: Scope) -> i64 {
    let mut tx = db.read(scope).await.unwrap();
    tx.query_one("SELECT COUNT(*) FROM notes", &[])
        .await
        .unwrap()
        .int(0)
        .unwrap()
}

/// Runs `$case` with a migrated database of each kind, and in memory.
macro_rules! on_both {
    ($(#[$meta:meta])* $name:ident, $case:expr) => {
        $(#[$meta])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            for test in databases().await.unwrap() {
                let db = opened(&test).await;
                $case(db).await;
            }
        }
    };
}

mod errors;
mod transactions;
mod values;
