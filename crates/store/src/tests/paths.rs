//! The statements of the hot paths find their rows by an index, on both databases.

use super::*;
use crate::db::{Tx, Value};

/// Statement, the parameters it takes after the tenant's, and the index it has to use, or the column it has to search by
/// where the databases name a unique index each in its own way.
const HOT: &[(&str, &[&str], &str)] = &[
    (
        "SELECT channel_order_id, id FROM orders WHERE tenant_id = $1 AND account_id = $2 AND channel_order_id {in $3}",
        &["account", "list"],
        "by channel_order_id",
    ),
    (
        "SELECT id FROM order_lines WHERE tenant_id = $1 AND order_id {in $2}",
        &["list"],
        "by order_id",
    ),
    (
        "SELECT id FROM order_lines WHERE tenant_id = $1 AND sku = $2 AND product_id IS NULL",
        &["text"],
        "order_lines_unmapped",
    ),
    (
        "SELECT id FROM listings WHERE tenant_id = $1 AND account_id = $2 AND sku {in $3} {lock_by id}",
        &["account", "list"],
        "by sku",
    ),
    (
        "SELECT id FROM listings WHERE tenant_id = $1 AND product_id {in $2} AND fulfilled_by = 'seller' {lock_by id}",
        &["list"],
        "listings_by_product",
    ),
    (
        "SELECT product_id FROM dirty_products WHERE tenant_id = $1 ORDER BY caused_at, product_id LIMIT $2",
        &["int"],
        "dirty_products_by_time",
    ),
    (
        "SELECT id FROM listings WHERE tenant_id = $1 AND account_id = $2 AND due_qty IS NOT NULL \
         AND product_id IS NOT NULL ORDER BY due_priority, due_caused_at, id LIMIT $3",
        &["account", "int"],
        "listings_due",
    ),
    (
        "SELECT id FROM listings WHERE tenant_id = $1 AND account_id = $2 AND anchor_at IS NOT NULL \
         AND anchor_at <= $3 ORDER BY anchor_at LIMIT 2000",
        &["account", "int"],
        "listings_to_settle",
    ),
    (
        "SELECT sku FROM listings WHERE tenant_id = $1 AND account_id = $2 AND read_due_at <= $3 \
         ORDER BY read_due_at LIMIT $4",
        &["account", "int", "int"],
        "listings_to_read",
    ),
    (
        "SELECT MIN(read_due_at) FROM listings WHERE tenant_id = $1 AND account_id = $2 AND read_due_at IS NOT NULL",
        &["account"],
        "listings_to_read",
    ),
    (
        "SELECT id FROM listings WHERE tenant_id = $1 AND account_id = $2 AND write_push IS NOT NULL \
         AND write_state = 'sent' AND write_sent_at < $3",
        &["account", "int"],
        "listings_in_flight",
    ),
    (
        "SELECT id FROM products WHERE tenant_id = $1 AND sku {in $2}",
        &["list"],
        "by sku",
    ),
    (
        "SELECT product_id FROM stock_ledger WHERE tenant_id = $1 AND product_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
        &["text", "text", "int"],
        "stock_ledger_by_product",
    ),
];

/// The statements above are those of the program, but for what they select.
#[test]
fn the_hot_statements_are_the_programs() {
    let sources = [
        include_str!("../import/load.rs"),
        include_str!("../import/adopt.rs"),
        include_str!("../offers/planning.rs"),
        include_str!("../offers/reading.rs"),
        include_str!("../offers/writing.rs"),
        include_str!("../stock.rs"),
        include_str!("../stock_reads.rs"),
    ];
    let plain = |text: &str| {
        let text = text.replace("\\\n", " ").replace("{{", "{").replace("}}", "}");
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace("l.", "")
            .replace("o.", "")
    };
    let program = plain(&sources.join("\n"));
    for (sql, _, _) in HOT {
        let filter = plain(sql.split_once("WHERE").unwrap().1);
        let filter = filter
            .split(" ORDER BY")
            .next()
            .unwrap()
            .split(" {lock_by")
            .next()
            .unwrap()
            .trim();
        let filter = filter.replace("fulfilled_by = 'seller'", "fulfilled_by = '{}'");
        assert!(
            program.contains(&filter),
            "no statement of the program has: {filter}"
        );
    }
}

async fn plan_of(tx: &mut Tx, sql: &str, params: &[Value], sqlite: bool) -> String {
    let explain = if sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
    let rows = tx.query(&format!("{explain} {sql}"), params).await.unwrap();
    let column = if sqlite { 3 } else { 0 };
    rows.iter()
        .map(|row| row.text(column).unwrap().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Makes products, listings and orders many, and has the planner of PostgreSQL, which goes by numbers, know it. What stays empty
/// it would scan whatever indexes there are, so it is told that scanning is no way.
async fn fill(tx: &mut Tx, tenant: &Value, account: &Value) {
    let params = [tenant.clone(), account.clone()];
    let products = "INSERT INTO products (tenant_id, id, sku, title, created_at, updated_at) \
         SELECT $1, 'prd_' || n, 'S' || n, 'x', 0, 0 FROM generate_series(1, 3000) n";
    let listings = "INSERT INTO listings (tenant_id, id, account_id, sku, title, fulfilled_by, status, issues, \
         product_id, units, price_due, exposure, exposure_since, settled, sold_milli, sold_at, created_at, updated_at) \
         SELECT $1, 'lst_' || n, $2, 'S' || n, 'x', 'seller', 'active', '[]', 'prd_' || n, 1, 0, 0, 0, 1, 0, 0, 0, 0 \
         FROM generate_series(1, 3000) n";
    tx.exec(products, &params[..1]).await.unwrap();
    let orders = "INSERT INTO orders (tenant_id, id, account_id, channel_order_id, status, channel_status, fulfilled_by, \
         placed_at, updated_at, imported_at, digest, payload) SELECT $1, 'ord_' || n, $2, n::text, 'open', 'x', 'seller', \
         n, n, n, 'x', ''::bytea FROM generate_series(1, 3000) n";
    let lines = "INSERT INTO order_lines (tenant_id, id, order_id, channel_line_id, title, units, ordered, shipped, \
         cancelled, stock_reserved, stock_released, stock_shipped) \
         SELECT $1, 'oli_' || n, 'ord_' || n, '1', 'x', 1, 1, 0, 0, 0, 0, 0 FROM generate_series(1, 3000) n";
    tx.exec(listings, &params).await.unwrap();
    tx.exec(orders, &params).await.unwrap();
    tx.exec(lines, &params[..1]).await.unwrap();
    for sql in [
        "ANALYZE products",
        "ANALYZE orders",
        "ANALYZE order_lines",
        "ANALYZE listings",
        "SET LOCAL enable_seqscan = off",
    ] {
        tx.exec(sql, &[]).await.unwrap();
    }
}

#[tokio::test]
async fn hot_paths_use_their_indexes() {
    for world in worlds().await {
        let sqlite = world.store.backend() == "sqlite";
        let account = world.account("in").await;
        let mut tx = world.ours.begin().await.unwrap().tx;
        if !sqlite {
            fill(&mut tx, &world.ours.key(), &account.into()).await;
        }
        for (sql, kinds, index) in HOT {
            let mut params = vec![world.ours.key()];
            params.extend(kinds.iter().map(|kind| match *kind {
                "int" => Value::Int(5),
                "account" => account.into(),
                "list" => Value::TextList(vec!["x".to_owned()]),
                _ => Value::Text("x".to_owned()),
            }));
            let plan = plan_of(&mut tx, sql, &params, sqlite).await;
            let found = match index.strip_prefix("by ") {
                None => plan.contains(index),
                Some(column) if sqlite => plan.contains(&format!("{column}=?")),
                Some(column) => plan
                    .lines()
                    .any(|line| line.contains("Cond: ") && line.contains(column)),
            };
            assert!(
                found && !plan.contains("Seq Scan"),
                "{}: {index} is not used for {sql}\n{plan}",
                world.label
            );
        }
    }
}
