//! Transactions among others, and their ends.
#![expect(
    clippy::disallowed_methods,
    reason = "a test joins the tasks it starts itself"
)]

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::Barrier;

use super::*;

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
