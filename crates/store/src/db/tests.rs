//! The façade's conformance: every case runs on both databases.
#![expect(
    clippy::disallowed_methods,
    reason = "a test joins the tasks it starts itself"
)]

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::Barrier;

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

on_both!(values_round_trip, async |db: Db| {
    let big: Vec<u8> = (0..3_000_000_u32)
        .map(|i| u8::try_from(i % 251).unwrap())
        .collect();
    let cases = [
        (
            1,
            Value::from("naïve 'quotes' $1 {in $2} 漢字 🦀"),
            Value::from(big.clone()),
        ),
        (2, Value::from(""), Value::from(Vec::<u8>::new())),
        (i64::MAX, Value::Null, Value::Null),
    ];
    let mut tx = db.write(tenant("a")).await.unwrap();
    for (id, body, data) in &cases {
        assert_eq!(
            tx.exec(INSERT, &["a".into(), (*id).into(), body.clone(), data.clone()])
                .await
                .unwrap(),
            1
        );
    }
    tx.commit().await.unwrap();
    let mut tx = db.read(tenant("a")).await.unwrap();
    let sql = "SELECT id, body, data FROM notes WHERE tenant_id = $1 ORDER BY id";
    let rows = tx.query(sql, &["a".into()]).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].text(1).unwrap(), "naïve 'quotes' $1 {in $2} 漢字 🦀");
    assert_eq!(rows[0].bytes(2).unwrap(), big);
    assert_eq!(
        (rows[1].text(1).unwrap(), rows[1].bytes(2).unwrap()),
        ("", &[][..])
    );
    assert_eq!(rows[2].int(0).unwrap(), i64::MAX);
    assert_eq!(
        (rows[2].opt_text(1).unwrap(), rows[2].opt_bytes(2).unwrap()),
        (None, None)
    );
    let error = rows[2].text(1).unwrap_err().to_string();
    assert!(
        error.contains("column 1 of `SELECT id, body") && error.contains("NULL"),
        "{error}"
    );
});

on_both!(
    parameters_keep_their_numbers_and_aggregates_are_integers,
    async |db: Db| {
        let mut tx = db.write(tenant("a")).await.unwrap();
        tx.insert_many(
            "notes",
            COLUMNS,
            "",
            (1..=4).map(|id| note(id, Some("x"))).collect(),
        )
        .await
        .unwrap();
        let row = tx
            .query_one(
                "SELECT $2, $1, $2 || 'y', $1 + 1",
                &[(1_i64 << 40).into(), "x".into()],
            )
            .await
            .unwrap();
        assert_eq!((row.text(0).unwrap(), row.int(1).unwrap()), ("x", 1 << 40));
        assert_eq!((row.text(2).unwrap(), row.int(3).unwrap()), ("xy", (1 << 40) + 1));
        let row = tx
            .query_one("SELECT SUM(id), MAX(id), COUNT(*), MIN(id) > 3 FROM notes", &[])
            .await
            .unwrap();
        assert_eq!(
            (row.int(0).unwrap(), row.int(1).unwrap(), row.int(2).unwrap()),
            (10, 4, 4)
        );
        assert!(!row.flag(3).unwrap());
    }
);

on_both!(text_is_ordered_by_code_point, async |db: Db| {
    let mut tx = db.write(tenant("a")).await.unwrap();
    let bodies = ["b", "B", "a-b", "aB", "ä", "_"];
    let rows = bodies
        .iter()
        .zip(1..)
        .map(|(body, id)| note(id, Some(body)))
        .collect();
    tx.insert_many("notes", COLUMNS, "", rows).await.unwrap();
    let rows = tx
        .query("SELECT body FROM notes ORDER BY body", &[])
        .await
        .unwrap();
    let found: Vec<&str> = rows.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(found, ["B", "_", "a-b", "aB", "b", "ä"]);
});

on_both!(lists_select_by_membership, async |db: Db| {
    let mut tx = db.write(tenant("a")).await.unwrap();
    let rows = ["x", "y\"]", "z"]
        .iter()
        .zip(1..)
        .map(|(body, id)| note(id, Some(body)))
        .collect();
    tx.insert_many("notes", COLUMNS, "", rows).await.unwrap();
    let by_text = "SELECT id FROM notes WHERE tenant_id = $1 AND body {in $2} ORDER BY id {for_update}";
    let texts = vec!["y\"]".to_owned(), "z".to_owned(), "absent".to_owned()];
    let rows = tx.query(by_text, &["a".into(), texts.into()]).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.int(0).unwrap()).collect::<Vec<_>>(),
        [2, 3]
    );
    assert!(
        tx.query(by_text, &["a".into(), Vec::<String>::new().into()])
            .await
            .unwrap()
            .is_empty()
    );
    let by_id = "SELECT body FROM notes WHERE id {in $1} ORDER BY id {skip_locked}";
    let rows = tx.query(by_id, &[vec![1_i64, 3].into()]).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.text(0).unwrap()).collect::<Vec<_>>(),
        ["x", "z"]
    );
});

on_both!(
    insert_many_skips_conflicts_and_returns_what_was_written,
    async |db: Db| {
        let mut tx = db.write(tenant("a")).await.unwrap();
        tx.exec(INSERT, &note(2, Some("old"))).await.unwrap();
        let rows = vec![
            note(1, None),
            note(2, Some("new")),
            note(3, Some("c")),
            note(3, Some("again")),
        ];
        let tail = "ON CONFLICT (tenant_id, id) DO NOTHING RETURNING id, body";
        let written = tx
            .insert_many_returning("notes", COLUMNS, tail, rows.clone())
            .await
            .unwrap();
        let ids: Vec<i64> = written.iter().map(|row| row.int(0).unwrap()).collect();
        assert_eq!(ids, [1, 3]);
        assert_eq!(written[0].opt_text(1).unwrap(), None);
        assert_eq!(
            tx.insert_many("notes", COLUMNS, "ON CONFLICT DO NOTHING", rows)
                .await
                .unwrap(),
            0
        );
        let update = "ON CONFLICT (tenant_id, id) DO UPDATE SET body = excluded.body";
        let rows = vec![note(2, Some("new")), note(4, None)];
        assert_eq!(tx.insert_many("notes", COLUMNS, update, rows).await.unwrap(), 2);
        let row = tx
            .query_one("SELECT body FROM notes WHERE id = 2", &[])
            .await
            .unwrap();
        assert_eq!(row.text(0).unwrap(), "new");
        assert_eq!(tx.insert_many("notes", COLUMNS, "", Vec::new()).await.unwrap(), 0);
    }
);

on_both!(exec_many_runs_each_row_in_order, async |db: Db| {
    let mut tx = db.write(tenant("a")).await.unwrap();
    let rows: Vec<_> = (1..=1000).map(|id| note(id, Some("0"))).collect();
    assert_eq!(tx.exec_many(INSERT, &rows).await.unwrap(), 1000);
    let update = "UPDATE notes SET body = body || $2 WHERE id = $1";
    let rows: Vec<Vec<Value>> = [(7, "a"), (2000, "x"), (7, "b")]
        .iter()
        .map(|(id, s)| vec![(*id).into(), (*s).into()])
        .collect();
    assert_eq!(tx.exec_many(update, &rows).await.unwrap(), 2);
    let row = tx
        .query_one("SELECT body FROM notes WHERE id = 7", &[])
        .await
        .unwrap();
    assert_eq!(row.text(0).unwrap(), "0ab");
    tx.commit().await.unwrap();
    assert_eq!(count(&db, tenant("a")).await, 1000);
});

on_both!(a_failed_statement_ends_the_transaction, async |db: Db| {
    let mut tx = db.write(tenant("a")).await.unwrap();
    tx.exec(INSERT, &note(1, None)).await.unwrap();
    let error = tx.exec(INSERT, &note(1, None)).await.unwrap_err();
    assert!(error.is_unique_violation() && !error.is_transient(), "{error:?}");
    assert!(
        matches!(&error, StoreError::Constraint { table, .. } if table == "notes"),
        "{error:?}"
    );
    assert!(tx.query("SELECT 1", &[]).await.is_err());
    assert!(tx.commit().await.is_err());
    assert_eq!(count(&db, tenant("a")).await, 0);
});

on_both!(broken_rules_are_told_apart, async |db: Db| {
    let link = "INSERT INTO links (tenant_id, id, note_id) VALUES ('a', 1, $1)";
    let cases: [(&str, Vec<Value>, ConstraintKind); 3] = [
        (INSERT, note(0, None), ConstraintKind::Check),
        (link, vec![Value::Int(99)], ConstraintKind::Foreign),
        (link, vec![Value::Null], ConstraintKind::NotNull),
    ];
    for (sql, params, wanted) in cases {
        let mut tx = db.write(tenant("a")).await.unwrap();
        let error = tx.exec(sql, &params).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Constraint { kind, .. } if kind == wanted),
            "{error:?}"
        );
    }
});

on_both!(misuse_is_an_error_not_a_panic, async |db: Db| {
    let bad: [(&str, &[Value]); 3] = [
        ("SELECT $1", &[]),
        ("SELEKT 1", &[]),
        ("INSERT INTO nowhere VALUES (1)", &[]),
    ];
    for (sql, params) in bad {
        let refused = db.write(tenant("a")).await.unwrap().exec(sql, params).await;
        assert!(
            matches!(refused, Err(StoreError::Other { .. })),
            "{sql}: {refused:?}"
        );
        let refused = db.write(tenant("a")).await.unwrap().query(sql, params).await;
        assert!(
            matches!(refused, Err(StoreError::Other { .. })),
            "{sql}: {refused:?}"
        );
        let refused = db
            .write(tenant("a"))
            .await
            .unwrap()
            .exec_many(sql, &[params.to_vec()])
            .await;
        assert!(
            matches!(refused, Err(StoreError::Other { .. })),
            "{sql}: {refused:?}"
        );
    }
    let mut tx = db.write(tenant("a")).await.unwrap();
    let nul = tx.query("SELECT $1", &["a\0b".into()]).await.unwrap_err();
    assert!(matches!(nul, StoreError::Invalid { .. }), "{nul:?}");
    tx.query("SELECT 1", &[]).await.unwrap();
    for id in ["", "A", "a'b", "a-b"] {
        assert!(
            matches!(db.read(tenant(id)).await, Err(StoreError::Invalid { .. })),
            "{id}"
        );
    }
});

on_both!(dropping_undoes_also_when_cancelled, async |db: Db| {
    let mut tx = db.write(tenant("a")).await.unwrap();
    tx.exec(INSERT, &note(1, None)).await.unwrap();
    drop(tx);
    // Cancelled at the first point where each of these waits.
    let work = async {
        let mut tx = db.write(tenant("a")).await.unwrap();
        tx.exec(INSERT, &note(2, None)).await.unwrap();
        std::future::pending::<()>().await;
        tx.commit().await.unwrap();
    };
    tokio::select! { biased; () = work => {}, () = reached(&db) => {} }
    // Cancelled at once, wherever that is.
    for id in 3..30 {
        drop(db.write(tenant("a")).now_or_never());
        let mut tx = db.write(tenant("a")).await.unwrap();
        let rows: Vec<_> = (0..50).map(|i| note(id * 100 + i, None)).collect();
        drop(tx.exec_many(INSERT, &rows).now_or_never());
    }
    assert_eq!(count(&db, tenant("a")).await, 0);
    let mut tx = db.write(tenant("a")).await.unwrap();
    tx.exec(INSERT, &note(1, None)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&db, tenant("a")).await, 1);
});

/// Ends after the database has answered a question, by when a task polled before has begun its work.
async fn reached(db: &Db) {
    for _ in 0..3 {
        let mut tx = db.read(Scope::System).await.unwrap();
        tx.query("SELECT 1", &[]).await.unwrap();
    }
}

on_both!(concurrent_read_modify_write_loses_nothing, async |db: Db| {
    let mut tx = db.write(tenant("a")).await.unwrap();
    tx.exec(INSERT, &note(1, Some(""))).await.unwrap();
    tx.commit().await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let mut tx = db.write(tenant("a")).await.unwrap();
                    let read = "SELECT body FROM notes WHERE tenant_id = $1 AND id = 1 {for_update}";
                    let body = tx
                        .query_one(read, &["a".into()])
                        .await
                        .unwrap()
                        .text(0)
                        .unwrap()
                        .to_owned();
                    let params = [Value::from(body + "x")];
                    tx.exec("UPDATE notes SET body = $1 WHERE id = 1", &params)
                        .await
                        .unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut tx = db.read(tenant("a")).await.unwrap();
    assert_eq!(
        tx.query(BODIES, &["a".into()]).await.unwrap()[0]
            .text(1)
            .unwrap()
            .len(),
        80
    );
});

on_both!(a_read_sees_one_snapshot_and_cannot_write, async |db: Db| {
    let mut tx = db.write(tenant("a")).await.unwrap();
    tx.exec(INSERT, &note(1, Some("before"))).await.unwrap();
    tx.commit().await.unwrap();
    let mut read = db.read(tenant("a")).await.unwrap();
    assert_eq!(read.query(BODIES, &["a".into()]).await.unwrap().len(), 1);
    let mut write = db.write(tenant("a")).await.unwrap();
    write.exec("UPDATE notes SET body = 'after'", &[]).await.unwrap();
    write.exec(INSERT, &note(2, None)).await.unwrap();
    assert_eq!(read.query(BODIES, &["a".into()]).await.unwrap().len(), 1);
    write.commit().await.unwrap();
    assert_eq!(
        read.query(BODIES, &["a".into()]).await.unwrap()[0]
            .text(1)
            .unwrap(),
        "before"
    );
    let refused = read.exec(INSERT, &note(3, None)).await.unwrap_err();
    assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused:?}");
    drop(read);
    assert_eq!(count(&db, tenant("a")).await, 2);
});

on_both!(many_tasks_share_few_connections, async |db: Db| {
    let barrier = Arc::new(Barrier::new(40));
    let tasks: Vec<_> = (1..=40)
        .map(|id| {
            let (db, barrier) = (db.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                let mut tx = db.write(tenant("a")).await.unwrap();
                tx.exec(INSERT, &note(id, None)).await.unwrap();
                tx.commit().await.unwrap();
                count(&db, tenant("a")).await
            })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap() > 0);
    }
    assert_eq!(count(&db, tenant("a")).await, 40);
});

on_both!(both_schemas_have_the_same_shape, async |db: Db| {
    let mut tx = db.read(Scope::System).await.unwrap();
    let schema = schema::dump(&mut tx).await.unwrap();
    assert_eq!(
        schema.keys().collect::<Vec<_>>(),
        ["links", "notes", "schema_migrations"]
    );
    let notes = &schema["notes"];
    assert_eq!(notes.primary_key, ["tenant_id", "id"]);
    let types: Vec<_> = notes
        .columns
        .iter()
        .map(|(n, c)| (n.as_str(), c.ty.as_str(), c.nullable))
        .collect();
    assert_eq!(
        types,
        [
            ("body", "TEXT", true),
            ("data", "BYTEA", true),
            ("id", "BIGINT", false),
            ("slug", "TEXT", true),
            ("tenant_id", "TEXT", false)
        ]
    );
    let slug = schema::UniqueIndex {
        columns: vec!["tenant_id".into(), "slug".into()],
        partial: false,
    };
    assert_eq!(notes.unique.iter().collect::<Vec<_>>(), [&slug]);
});

on_both!(migrations_run_once_and_may_not_be_edited, async |db: Db| {
    let second = Migration {
        version: 2,
        name: "0002",
        common: "CREATE TABLE more (id BIGINT);",
        ..MIGRATION
    };
    assert_eq!(migrate(&db, &[MIGRATION]).await.unwrap(), 0);
    let broken = Migration {
        common: "CREATE TABLE more (id BIGINT); NONSENSE;",
        version: 2,
        ..MIGRATION
    };
    assert!(matches!(
        migrate(&db, &[MIGRATION, broken]).await,
        Err(StoreError::Migration { .. })
    ));
    assert_eq!(migrate(&db, &[MIGRATION, second]).await.unwrap(), 1);
    let newer = migrate(&db, &[MIGRATION]).await.unwrap_err();
    assert!(
        matches!(newer, StoreError::Newer { found: 2, known: 1 }),
        "{newer:?}"
    );
    let message = newer.to_string();
    assert!(message.contains("version 2") && message.contains("up to 1") && message.contains("upgrade"));
    let edited = Migration {
        common: "CREATE TABLE notes (id BIGINT);",
        ..MIGRATION
    };
    let second = Migration {
        version: 2,
        name: "0002",
        common: "CREATE TABLE more (id BIGINT);",
        ..MIGRATION
    };
    let error = migrate(&db, &[edited, second]).await.unwrap_err().to_string();
    assert!(
        error.contains("migration 1 (0001_test)") && error.contains("unmodified release"),
        "{error}"
    );
});

#[tokio::test]
async fn memory_shares_one_connection_and_keeps_reads_from_writing() {
    let db = Db::open(&DbConfig::Memory).await.unwrap();
    migrate(&db, &[MIGRATION]).await.unwrap();
    let mut read = db.read(tenant("a")).await.unwrap();
    assert!(matches!(
        read.exec(INSERT, &note(1, None)).await,
        Err(StoreError::ReadOnly { .. })
    ));
    drop(read);
    let mut tx = db.write(tenant("a")).await.unwrap();
    tx.exec(INSERT, &note(1, None)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&db, tenant("a")).await, 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_writer_ends_with_a_clear_error() {
    let test = sqlite().unwrap();
    let db = opened(&test).await;
    let held = db.write(Scope::System).await.unwrap();
    let error = db.write(Scope::System).await.err().unwrap();
    assert!(
        matches!(error, StoreError::Busy { .. }) && error.is_transient(),
        "{error:?}"
    );
    drop(held);
    db.write(Scope::System).await.unwrap();
}

#[tokio::test]
async fn a_second_opening_of_the_folder_is_refused() {
    let test = sqlite().unwrap();
    let first = test.open().await.unwrap();
    let error = test.open().await.unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
    let folder = test.folder().unwrap().display().to_string();
    assert!(
        error.to_string().contains(&folder) && error.to_string().contains("--data-dir"),
        "{error}"
    );
    drop(first);
    test.open().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_half_written() {
    let test = sqlite().unwrap();
    let db = opened(&test).await;
    let mut tx = db.write(Scope::System).await.unwrap();
    tx.query("PRAGMA max_page_count = 60", &[]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write(tenant("a")).await.unwrap();
    tx.exec(INSERT, &note(1, None)).await.unwrap();
    let huge = ["a".into(), 2.into(), Value::Null, vec![0_u8; 4_000_000].into()];
    let error = tx.exec(INSERT, &huge).await.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(error.to_string().contains("free some space"), "{error}");
    drop(tx);
    assert_eq!(count(&db, tenant("a")).await, 0);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_corrupt() {
    let test = sqlite().unwrap();
    std::fs::write(test.folder().unwrap().join("stockbridge.db"), vec![7_u8; 8192]).unwrap();
    let error = test.open().await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn an_unreachable_server_is_a_connection_error() {
    let url = "postgresql://nobody:secret@127.0.0.1:1/none".to_owned();
    let config = DbConfig::Postgres {
        url,
        max_connections: 1,
    };
    assert!(!format!("{config:?}").contains("secret"));
    let error = Db::open(&config).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Connection { .. }) && error.is_transient(),
        "{error:?}"
    );
}

#[tokio::test]
async fn row_level_security_holds_when_a_filter_is_forgotten() {
    let Some(test) = postgres().await.unwrap() else {
        return;
    };
    let db = opened(&test).await;
    for id in ["a", "b"] {
        let mut tx = db.write(tenant(id)).await.unwrap();
        tx.exec(
            "INSERT INTO notes (tenant_id, id, body) VALUES ($1, 1, $1)",
            &[id.into()],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }
    // One connection after the other scope: the setting must follow, also after a rollback.
    for _ in 0..3 {
        for id in ["a", "b"] {
            let mut tx = db.write(tenant(id)).await.unwrap();
            let rows = tx.query("SELECT body FROM notes", &[]).await.unwrap();
            assert_eq!(
                rows.iter().map(|row| row.text(0).unwrap()).collect::<Vec<_>>(),
                [id]
            );
            assert_eq!(tx.exec("UPDATE notes SET body = body", &[]).await.unwrap(), 1);
        }
        assert_eq!(count(&db, Scope::System).await, 2);
    }
    let mut tx = db.write(tenant("a")).await.unwrap();
    let foreign = tx
        .exec("INSERT INTO notes (tenant_id, id) VALUES ('b', 2)", &[])
        .await;
    assert!(matches!(foreign, Err(StoreError::ReadOnly { .. })), "{foreign:?}");
    // A connection of the application's role that was told nothing sees nothing.
    let DbConfig::Postgres { url, .. } = &test.config else {
        unreachable!()
    };
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(client.query("SELECT 1 FROM notes", &[]).await.unwrap().len(), 0);
    let insert = "INSERT INTO notes (tenant_id, id) VALUES ('a', 9)";
    assert!(client.batch_execute(insert).await.is_err());
    let super_role = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    assert!(!client.query_one(super_role, &[]).await.unwrap().get::<_, bool>(0));
}

#[tokio::test]
async fn processes_that_start_together_migrate_once() {
    for test in databases().await.unwrap() {
        let db = test.open().await.unwrap();
        let migrations = [MIGRATION];
        let (one, two) =
            futures_util::try_join!(migrate(&db, &migrations), migrate(&db, &migrations)).unwrap();
        assert_eq!(one + two, 1);
    }
}
