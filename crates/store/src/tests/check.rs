//! The ledger check: a flipped bit is found and located, wherever it is, and a sound database has no findings.

use std::time::Duration;

use stockbridge_domain::clock::Stepped;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::stock::EntryKind;

use super::shop::{entry, order};
use super::{START, World, new_product, worlds};
use crate::columns::Columns as _;
use crate::{Amount, DbConfig, Finding, LedgerCheck, Rule, Store, StoreError, testing};

impl World {
    async fn restock(&self, name: &str, units: i64, reference: &str) {
        let sku = super::sku(name);
        let product = self.ours.product_by_sku(&sku).await.unwrap().unwrap().id;
        let mut tx = self.ours.begin().await.unwrap();
        let change = Amount::Change(units);
        tx.enter_stock(&entry(product, EntryKind::Restock, change, reference))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.later(Duration::from_millis(5));
    }

    /// Two products, a listing of each with orders, all of it sound.
    async fn trade(&self) {
        let account = self.account("shop").await;
        for name in ["A", "B"] {
            let product = self.counted(name, 20).await;
            self.listing(account, name, Some(product), 1, Some(10)).await;
            self.later(Duration::from_millis(5));
            self.restock(name, 4, &format!("first {name} delivery")).await;
        }
        self.place(
            account,
            &[
                order("o-1", OrderStatus::Open, 20, &[("A", 3, 1, 0), ("B", 2, 0, 0)]),
                order("o-2", OrderStatus::Open, 21, &[("B", 4, 0, 1)]),
            ],
        )
        .await;
        self.later(Duration::from_millis(5));
        self.restock("A", 1, "second A delivery").await;
    }

    async fn checked(&self) -> LedgerCheck {
        self.ours.check_ledger().await.unwrap()
    }

    /// Flips `bit` of a number as if the disk had done it.
    async fn flip(&self, table: &str, column: &str, rest: &str, bit: i64) {
        let unit = 1_i64 << bit;
        let sql = format!(
            "UPDATE {table} SET {column} = {column} + (CASE WHEN ({column} / {unit}) % 2 = 0 THEN {unit} ELSE -{unit} END) \
             WHERE tenant_id = $1 AND {rest}"
        );
        assert_eq!(self.exec(&sql, &[self.ours.key()]).await, 1, "{sql}");
    }
}

const B: &str = "product_id = (SELECT id FROM products WHERE tenant_id = $1 AND sku = 'B')";

fn of(check: &LedgerCheck, rule: Rule) -> Vec<&Finding> {
    check
        .findings
        .iter()
        .filter(|finding| finding.rule == rule)
        .collect()
}

#[tokio::test]
async fn a_sound_database_has_no_findings() {
    for world in worlds().await {
        world.trade().await;
        let check = world.checked().await;
        assert_eq!(check.findings, [], "{}", world.label);
        assert_eq!((check.balances, check.order_lines, check.listings), (2, 3, 2));
        assert!(check.entries >= 9, "{check:?}");
        let theirs = world.theirs.check_ledger().await.unwrap();
        assert_eq!(
            theirs,
            LedgerCheck::default(),
            "another tenant's books are not looked at"
        );
        assert_eq!(world.store.system().check_pages().await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_flipped_bit_of_a_balance_is_found_and_located() {
    for world in worlds().await {
        world.trade().await;
        for (column, bit) in [("on_hand", 0), ("on_hand", 40), ("reserved", 2)] {
            world.flip("stock_balances", column, B, bit).await;
            let check = world.checked().await;
            let found = of(&check, Rule::Balance);
            assert_eq!(
                found.len(),
                1,
                "{}: {column} {bit}: {:#?}",
                world.label,
                check.findings
            );
            assert_eq!(found[0].sku.as_deref(), Some("B"));
            assert_eq!(found[0].tenant, Some(world.ours.id().to_string()));
            assert!(found[0].location.as_ref().is_some_and(|name| !name.is_empty()));
            let expected = found[0].expected.as_deref().unwrap();
            assert_eq!(expected, "24 on hand, 5 reserved");
            assert_ne!(found[0].found.as_deref(), Some(expected));
            world.flip("stock_balances", column, B, bit).await;
            assert!(world.checked().await.ok());
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_of_an_entry_is_found_and_located() {
    for world in worlds().await {
        world.trade().await;
        let delivery = "cause_ref = 'first B delivery'";
        let id = format!("SELECT id FROM stock_ledger WHERE tenant_id = $1 AND {delivery}");
        let mut tx = world.ours.read().await.unwrap();
        let id = tx
            .query_one(&id, &[world.ours.key()])
            .await
            .unwrap()
            .string(0)
            .unwrap();
        drop(tx);
        for column in [
            "on_hand_change",
            "reserved_change",
            "on_hand_after",
            "reserved_after",
        ] {
            for bit in [0, 3, 33, 61] {
                world.flip("stock_ledger", column, delivery, bit).await;
                let check = world.checked().await;
                let place = format!("{}: {column} {bit}: {:#?}", world.label, check.findings);
                let found = of(&check, Rule::Chain);
                assert!(found.iter().any(|f| f.row.as_ref() == Some(&id)), "{place}");
                assert!(found.iter().all(|f| f.sku.as_deref() == Some("B")), "{place}");
                assert!(!check.ok(), "{place}");
                world.flip("stock_ledger", column, delivery, bit).await;
                assert!(world.checked().await.ok(), "{place}");
            }
        }
    }
}

#[tokio::test]
async fn an_entry_that_changes_nothing_is_checked_as_well() {
    for world in worlds().await {
        world.trade().await;
        world.restock("B", 0, "nothing came").await;
        assert!(world.checked().await.ok());
        world
            .flip("stock_ledger", "on_hand_after", "cause_ref = 'nothing came'", 1)
            .await;
        let check = world.checked().await;
        let found = of(&check, Rule::Chain);
        assert_eq!(found.len(), 1, "{:#?}", check.findings);
        assert!(found[0].what.contains("changes nothing"), "{:?}", found[0]);
    }
}

#[tokio::test]
async fn an_unknown_kind_and_a_lost_cause_are_found() {
    for world in worlds().await {
        world.trade().await;
        let kind = "UPDATE stock_ledger SET kind = 'rdstock' WHERE tenant_id = $1 AND cause_ref = 'second A delivery'";
        assert_eq!(world.exec(kind, &[world.ours.key()]).await, 1);
        let check = world.checked().await;
        assert!(
            of(&check, Rule::Chain)[0].what.contains("`rdstock`"),
            "{:#?}",
            check.findings
        );
        let line = "UPDATE stock_ledger SET cause_line = 'oln_00000000000000000000000000:1' WHERE tenant_id = $1 \
             AND cause_kind = 'order.shipment'";
        assert_eq!(world.exec(line, &[world.ours.key()]).await, 1);
        let check = world.checked().await;
        let found = of(&check, Rule::Cause);
        assert_eq!(found.len(), 1, "{:#?}", check.findings);
        assert!(found[0].row.as_ref().is_some_and(|id| id.starts_with("led_")));
    }
}

#[tokio::test]
async fn a_flipped_bit_of_an_order_line_is_found_and_located() {
    for world in worlds().await {
        world.trade().await;
        let line = "sku = 'A'";
        for column in ["stock_reserved", "stock_released", "stock_shipped"] {
            world.flip("order_lines", column, line, 0).await;
            let check = world.checked().await;
            let found = of(&check, Rule::Reservation);
            let place = format!("{}: {column}: {:#?}", world.label, check.findings);
            assert!(found.iter().all(|f| f.sku.as_deref() == Some("A")), "{place}");
            assert!(
                found
                    .iter()
                    .any(|f| f.row.as_ref().is_some_and(|id| id.starts_with("oln_"))),
                "{place}"
            );
            assert!(found.iter().any(|f| f.what.contains("o-1")), "{place}");
            world.flip("order_lines", column, line, 0).await;
        }
        assert!(world.checked().await.ok());
    }
}

#[tokio::test]
async fn a_bound_below_the_last_reading_is_found() {
    for world in worlds().await {
        world.trade().await;
        assert!(
            world.checked().await.ok(),
            "what was sold since the reading explains the rest"
        );
        world.flip("listings", "exposure", "sku = 'B'", 0).await;
        let check = world.checked().await;
        let found = of(&check, Rule::Exposure);
        assert_eq!(found.len(), 1, "{:#?}", check.findings);
        assert_eq!(found[0].sku.as_deref(), Some("B"));
        let told = (found[0].expected.as_deref(), found[0].found.as_deref());
        assert_eq!(told, (Some("at least 5"), Some("4")));
    }
}

#[tokio::test]
async fn more_on_offer_than_there_is_counts_only_where_nothing_is_done() {
    for world in worlds().await {
        world.trade().await;
        world.take_dirty(&world.ours).await;
        world.flip("listings", "exposure", "sku = 'B'", 20).await;
        let check = world.checked().await;
        assert_eq!(of(&check, Rule::Headroom).len(), 1, "{:#?}", check.findings);
        assert!(
            !check.ok()
                && check
                    .problems()
                    .any(|what| what.contains("nothing is being done"))
        );
        world
            .exec(
                "UPDATE listings SET hold = 'no_headroom' WHERE tenant_id = $1",
                &[world.ours.key()],
            )
            .await;
        let check = world.checked().await;
        assert_eq!(
            (check.findings.len(), check.ok()),
            (1, true),
            "{:#?}",
            check.findings
        );
    }
}

#[tokio::test]
async fn a_write_that_was_not_recorded_is_found() {
    for world in worlds().await {
        world.trade().await;
        let sql = "UPDATE listings SET write_push = 'psh_00000000000000000000000000', write_qty = 9, write_sold = 0, \
             write_sent_at = 5, write_state = 'sent', settled = 0 WHERE tenant_id = $1 AND sku = 'A'";
        assert_eq!(world.exec(sql, &[world.ours.key()]).await, 1);
        let check = world.checked().await;
        assert_eq!(of(&check, Rule::Push).len(), 1, "{:#?}", check.findings);
        let bound = of(&check, Rule::Exposure);
        assert_eq!(
            bound.len(),
            1,
            "seven are offered, nine may be shown: {:#?}",
            check.findings
        );
    }
}

/// Bits flipped in the pages of a closed database: in a number, in a page's structure, in an index.
#[tokio::test]
async fn a_bit_flipped_in_the_file_is_found() {
    let db = testing::sqlite().unwrap();
    let DbConfig::Sqlite { path, .. } = &db.config else {
        panic!("SQLite")
    };
    let clock = Stepped::new(START, 1);
    let store = db.store(clock.env()).await.unwrap();
    let (id, _) = store
        .system()
        .create_tenant("Ours", "ours@example.com")
        .await
        .unwrap();
    let tenant = store.tenant(id);
    let product = tenant
        .create_products(vec![new_product("A")])
        .await
        .unwrap()
        .products[0]
        .id;
    for n in 0..40 {
        clock.advance(Duration::from_millis(2));
        let mut tx = tenant.begin().await.unwrap();
        let change = Amount::Change(0x0123_4567_89AB);
        tx.enter_stock(&entry(product, EntryKind::Restock, change, &format!("r-{n}")))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    drop((tenant, store));
    // Into one file, so that the copies need no log.
    let whole = rusqlite::Connection::open(path).unwrap();
    whole
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(whole);
    let sound = std::fs::read(path).unwrap();
    let change = 0x0123_4567_89AB_i64.to_be_bytes();
    let number = sound.windows(6).rposition(|bytes| bytes == &change[2..]).unwrap();
    // Old copies of a row lie in pages' unused parts, too: flipping those harms nothing.
    let named = b"manualr-17";
    let texts: Vec<usize> = (0..sound.len() - named.len())
        .filter(|at| sound[*at..].starts_with(named))
        .collect();
    let mut found_in_texts = 0;
    let places = [("number", number + 5), ("structure", number / 4096 * 4096)];
    for (what, at) in places.into_iter().chain(texts.iter().map(|at| ("text", at + 9))) {
        let mut damaged = sound.clone();
        damaged[at] ^= 4;
        std::fs::write(path, damaged).unwrap();
        let found = match db.store(clock.env()).await {
            Ok(store) => everything(&store).await.unwrap(),
            Err(StoreError::Corrupt { .. }) => continue,
            Err(error) => panic!("{what}: {error}"),
        };
        match what {
            "text" => found_in_texts += usize::from(!found.is_empty()),
            "structure" => assert!(!found.is_empty(), "{at}"),
            _ => assert!(
                found
                    .iter()
                    .any(|f| f.sku.as_deref() == Some("A") && f.row.is_some()),
                "{found:#?}"
            ),
        }
    }
    assert!(
        found_in_texts >= 2,
        "of {} places, in the table and in the index",
        texts.len()
    );
}

async fn everything(store: &Store) -> Result<Vec<Finding>, StoreError> {
    let mut findings = store.system().check_pages().await?;
    for tenant in store.system().tenants().await? {
        findings.extend(store.tenant(tenant.id).check_ledger().await?.findings);
    }
    Ok(findings)
}
