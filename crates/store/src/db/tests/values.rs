//! Values, statements and schemas.

use super::*;

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
