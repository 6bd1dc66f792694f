//! The ledger check follows modes and kits: nothing is found in right books, and what is wrong is.

use stockbridge_domain::conflict::Field;
use stockbridge_domain::kit::Part;
use stockbridge_domain::mode::Mode;
use stockbridge_domain::moves::Condition;
use stockbridge_domain::order::OrderStatus::{Cancelled, Open, Shipped};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{LocationId, OrderId, OrderLineId};

use super::super::moves::step;
use super::super::shop::{entry, order};
use super::*;
use crate::{Amount, Arrival, Finding, LedgerCheck, NewReturn, NewTransfer, PolicyScope, ReturnedLine, Rule};

impl World {
    async fn findings(&self) -> Vec<Finding> {
        self.ours.check_ledger().await.unwrap().findings
    }

    /// Plans, sends, and has every write taken in and seen.
    async fn in_step(&self, accounts: &[AccountId], names: &[&str]) {
        let offers = remote(accounts);
        for _ in 0..3 {
            self.plan(&offers).await;
            for account in accounts {
                for sent in self.begin_writes(*account, &offers, 50).await {
                    self.finish(&sent, Answer::Accepted).await;
                    self.later(Duration::from_secs(120));
                    let level = &sent.level;
                    let name = names.iter().find(|name| level.sku == sku(name)).unwrap();
                    self.read_back(*account, name, Some(level.quantity)).await;
                }
                self.later(Duration::from_secs(120));
                self.settle(*account).await;
            }
        }
    }
}

#[tokio::test]
async fn shared_listings_show_the_same_units_and_strict_ones_do_not() {
    for world in worlds().await {
        let accounts = [world.account("one").await, world.account("two").await];
        let a = world.counted("A", 20).await;
        for account in accounts {
            world.listing(account, "A", Some(a), 1, Some(0)).await;
        }
        let scope = PolicyScope::product(a);
        world.set(&scope, |t| t.mode = Some(Mode::Shared)).await;
        world.in_step(&accounts, &["A"]).await;
        let exposed = "SELECT CAST(SUM(exposure) AS BIGINT) FROM listings WHERE tenant_id = $1";
        assert_eq!(
            world.number(exposed).await,
            40,
            "{}: both show all of it",
            world.label
        );
        assert_eq!(world.findings().await, []);
        let more = "UPDATE listings SET exposure = 21 WHERE tenant_id = $1 AND account_id = $2";
        world.exec(more, &[world.ours.key(), accounts[0].into()]).await;
        let found = world.findings().await;
        assert_eq!(
            (found.len(), found[0].rule, found[0].broken),
            (1, Rule::Headroom, true)
        );
        assert_eq!(found[0].expected.as_deref(), Some("at most 20"));
        let strict = "UPDATE listings SET exposure = 20, regime = 'strict' WHERE tenant_id = $1";
        world.exec(strict, &[world.ours.key()]).await;
        let found = world.findings().await;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(
            found[0].found.as_deref(),
            Some("40"),
            "what was shared is strict now"
        );
    }
}

/// Where the books of [`the_books_of_kits_and_moves_agree_and_wrong_ones_do_not`] stand.
async fn moved(world: &World) -> (AccountId, LocationId, OrderId) {
    let account = world.account("one").await;
    let shop = world.location("Shop", true, 1).await;
    let (a, b) = (world.counted("A", 40).await, world.counted("B", 30).await);
    let kit = world.products(&["KIT"]).await[0].id;
    let parts = [(a, 2), (b, 1)].map(|(product, units)| Part { product, units });
    step!(world, |tx| tx.set_kit(kit, &parts)).unwrap();
    for (name, product, units) in [("A", a, 1), ("B", b, 1), ("KIT", kit, 2)] {
        world.listing(account, name, Some(product), units, Some(0)).await;
    }
    world.in_step(&[account], &["A", "B", "KIT"]).await;
    let sold = |status, shipped, cancelled, at: i64| {
        let lines = [("KIT", 3, shipped, cancelled), ("A", 2, 0, 0)];
        [order("1", status, at, &lines)]
    };
    let now = (world.store.env().now().micros() - START.micros()) / 1_000_000;
    let ids = world.place(account, &sold(Open, 0, 0, now)).await;
    world.place(account, &sold(Open, 1, 0, now + 1)).await;
    world.place(account, &sold(Open, 1, 1, now + 2)).await;
    let gone = order("2", Open, now + 3, &[("KIT", 1, 0, 0)]);
    let called_off = order("2", Cancelled, now + 4, &[("KIT", 1, 0, 1)]);
    world.place(account, &[gone]).await;
    world.place(account, &[called_off]).await;
    let whole = order("3", Shipped, now + 5, &[("KIT", 1, 1, 0), ("B", 1, 1, 0)]);
    world.place(account, &[whole]).await;
    let transfer = NewTransfer {
        reference: "T".to_owned(),
        from: world.ours.default_location().await.unwrap().unwrap(),
        to: shop,
        lines: vec![(a, 5)],
        note: None,
        actor: "test".to_owned(),
    };
    let made = step!(world, |tx| tx.create_transfer(&transfer)).unwrap();
    step!(world, |tx| tx.send_transfer(made.id, "test")).unwrap();
    let arrived = [Arrival {
        product: a,
        received: 3,
        lost: 1,
    }];
    step!(world, |tx| tx.receive_transfer(made.id, "van", &arrived, "test")).unwrap();
    let counted = entry(b, EntryKind::Count, Amount::Counted(25), "count");
    step!(world, |tx| tx.enter_stock(&counted)).unwrap();
    let same = entry(b, EntryKind::Count, Amount::Counted(25), "count again");
    step!(world, |tx| tx.enter_stock(&same)).unwrap();
    (account, shop, ids[0])
}

#[tokio::test]
async fn the_books_of_kits_and_moves_agree_and_wrong_ones_do_not() {
    for world in worlds().await {
        let (account, _, of) = moved(&world).await;
        world.books_agree().await;
        let line = "SELECT id FROM order_lines WHERE tenant_id = $1 AND order_id = $2 AND sku = 'KIT'";
        let mut tx = world.ours.read().await.unwrap();
        let row = tx.query_one(line, &[world.ours.key(), of.into()]).await.unwrap();
        let line: OrderLineId = row.parsed(0).unwrap();
        drop(tx);
        let back = NewReturn {
            order: of,
            reference: "R".into(),
            lines: vec![ReturnedLine {
                line,
                units: 1,
                condition: Condition::Damaged,
                location: None,
            }],
            note: None,
            actor: "test".into(),
        };
        step!(world, |tx| tx.return_goods(&back)).unwrap();
        world.books_agree().await;
        world.in_step(&[account], &["A", "B", "KIT"]).await;
        assert_eq!(world.findings().await, [], "{}: in step", world.label);

        let parts = "UPDATE order_line_parts SET units = units + 4 WHERE tenant_id = $1 AND line_id = $2";
        world.exec(parts, &[world.ours.key(), line.into()]).await;
        let found = world.findings().await;
        let of_rule = |rule| found.iter().filter(|f| f.rule == rule).collect::<Vec<_>>();
        let reserved = of_rule(Rule::Reservation);
        assert!(
            reserved.iter().any(|f| f.row == Some(line.to_string())),
            "the kit's line is named: {found:#?}"
        );
        let back = "UPDATE order_line_parts SET units = units - 4 WHERE tenant_id = $1 AND line_id = $2";
        world.exec(back, &[world.ours.key(), line.into()]).await;
        let kits = "UPDATE listings SET exposure = exposure + 50 WHERE tenant_id = $1 AND sku = 'KIT'";
        world.exec(kits, &[world.ours.key()]).await;
        let found = world.findings().await;
        let skus: Vec<_> = found.iter().filter_map(|f| f.sku.as_deref()).collect();
        assert_eq!(skus, ["A", "B"], "a kit draws on both: {found:#?}");
        assert!(found.iter().all(|f| f.rule == Rule::Headroom), "{found:#?}");
    }
}

#[tokio::test]
async fn results_of_checks_are_kept_and_the_oldest_forgotten() {
    for world in worlds().await {
        let tenant = &world.ours;
        let check = world.store.system().check(&[tenant.id()], true).await.unwrap();
        assert_eq!((check.pages, check.books.len()), (vec![], 1), "{}", world.label);
        let mut found = LedgerCheck {
            entries: 7,
            ..LedgerCheck::default()
        };
        assert_eq!(tenant.ledger_checks(5).await.unwrap(), []);
        let began = world.store.env().now();
        for n in 0..33 {
            world.later(Duration::from_secs(5));
            found.pushes = n;
            step!(world, |tx| tx.keep_check("upkeep", began, &found)).unwrap();
        }
        let kept = tenant.ledger_checks(100).await.unwrap();
        assert_eq!(
            (kept.len(), kept[0].check.pushes, kept[29].check.pushes),
            (30, 32, 3)
        );
        assert_eq!((kept[0].began_at, &kept[0].check), (began, &found));
        assert_eq!(world.theirs.ledger_checks(5).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_scope_says_what_was_set_and_a_listing_what_differed() {
    for world in worlds().await {
        let account = world.account("one").await;
        let a = world.counted("A", 20).await;
        let listing = world.listing(account, "A", Some(a), 1, Some(5)).await;
        let scope = PolicyScope::product(a);
        world.set(&scope, |t| t.cap = Some(4)).await;
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(
            tx.policy_terms(&scope).await.unwrap().cap,
            Some(4),
            "{}",
            world.label
        );
        assert_eq!(tx.policy_terms(&PolicyScope::ALL).await.unwrap().cap, None);
        drop(tx);
        let mut tx = world.theirs.begin().await.unwrap();
        assert_eq!(tx.policy_terms(&scope).await.unwrap().cap, None);
        drop(tx);
        world.read_back(account, "A", Some(60)).await;
        let events = world.ours.conflict_events_of_listing(listing, Field::Quantity, 9);
        let events = events.await.unwrap();
        assert_eq!((events.len(), events[0].before.as_str()), (1, "60"));
        for (tenant, field) in [(&world.ours, Field::Price), (&world.theirs, Field::Quantity)] {
            let others = tenant
                .conflict_events_of_listing(listing, field, 9)
                .await
                .unwrap();
            assert_eq!(others, []);
        }
    }
}
