//! What only one of the databases does, and what goes wrong.
#![expect(
    clippy::disallowed_methods,
    reason = "a test joins the tasks it starts itself"
)]

use super::*;

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
