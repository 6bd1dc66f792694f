//! Kits: availability from components, sales that reserve them, refusals, and no unit sold twice over shared components.

use stockbridge_domain::allocation::Reason;
use stockbridge_domain::kit::Part;
use stockbridge_domain::moves::Condition;
use stockbridge_domain::order::OrderStatus::{Cancelled, Open, Shipped};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{OrderId, OrderLineId, ProductId};

use super::moves::step;
use super::offers::remote;
use super::sales::{buy, own_line};
use super::shop::{entry, order};
use super::*;
use crate::{Amount, EntryError, KitError, NewReturn, OwnOrder, PreviewWanted, ReturnedLine};

fn part(product: ProductId, units: i64) -> Part {
    Part { product, units }
}

impl World {
    /// A product that is made of `parts`.
    async fn kit(&self, name: &str, parts: &[Part]) -> ProductId {
        let kit = self.products(&[name]).await[0].id;
        step!(self, |tx| tx.set_kit(kit, parts)).unwrap();
        kit
    }

    /// Plans everything that is marked and sends what is due of an account; answers how many writes left.
    async fn plan_and_send(&self, accounts: &[AccountId]) -> usize {
        let mut sent = 0;
        let offers = remote(accounts);
        let mut tx = self.ours.begin().await.unwrap();
        tx.plan_dirty(&offers, 100).await.unwrap();
        tx.commit().await.unwrap();
        for account in accounts {
            let mut tx = self.ours.begin().await.unwrap();
            sent += tx.begin_writes(*account, &offers, 100).await.unwrap().len();
            tx.commit().await.unwrap();
        }
        sent
    }

    /// No channel could sell more of a component than there is.
    async fn nothing_is_promised_twice(&self, components: &[&str]) {
        for name in components {
            let stock = self.stock(name).await;
            assert!(
                stock.exposure <= stock.available.max(0),
                "{}: {name} {stock:?}",
                self.label
            );
        }
    }
}

#[tokio::test]
async fn a_kit_is_as_available_as_its_scarcest_component() {
    for world in worlds().await {
        let (a, b) = (world.counted("A", 9).await, world.counted("B", 5).await);
        let kit = world.kit("KIT", &[part(a, 2), part(b, 1)]).await;
        let stock = world.stock("KIT").await;
        assert_eq!(
            (stock.available, stock.counted, stock.on_hand),
            (4, true, 0),
            "{}",
            world.label
        );
        let made_of: Vec<_> = stock
            .components
            .iter()
            .map(|c| (c.sku.as_str(), c.units, c.available))
            .collect();
        assert_eq!(made_of, [("A", 2, 9), ("B", 1, 5)]);
        assert_eq!(world.ours.kit(kit).await.unwrap().len(), 2);
        assert_eq!(world.theirs.kit(kit).await.unwrap(), []);
        let c = world.products(&["C"]).await[0].id;
        step!(world, |tx| tx.set_kit(kit, &[part(a, 2), part(c, 1)])).unwrap();
        let stock = world.stock("KIT").await;
        assert_eq!((stock.available, stock.counted), (0, false), "nobody counted C");
        step!(world, |tx| tx.set_kit(kit, &[])).unwrap();
        assert_eq!(world.stock("KIT").await.components, []);
    }
}

#[tokio::test]
async fn kits_that_cannot_be_are_refused() {
    for world in worlds().await {
        let (a, b) = (world.counted("A", 9).await, world.counted("B", 5).await);
        let kit = world.kit("KIT", &[part(a, 1)]).await;
        let other = world.products(&["OTHER"]).await[0].id;
        let set = async |kit, parts: &[Part]| step!(world, |tx| tx.set_kit(kit, parts));
        assert!(
            matches!(set(kit, &[part(kit, 1)]).await, Err(KitError::Itself)),
            "{}",
            world.label
        );
        assert!(matches!(set(other, &[part(kit, 1)]).await, Err(KitError::KitInKit(k)) if k == kit));
        assert!(matches!(set(b, &[part(a, 1)]).await, Err(KitError::HasStock)));
        let inner = world.products(&["INNER"]).await[0].id;
        set(kit, &[part(inner, 1)]).await.unwrap();
        assert!(
            matches!(set(inner, &[part(a, 1)]).await, Err(KitError::IsComponent(k)) if k == kit),
            "through another it would contain itself"
        );
        assert!(matches!(set(other, &[part(a, 0)]).await, Err(KitError::Units(0))));
        assert!(matches!(
            set(other, &[part(a, 10_001)]).await,
            Err(KitError::Units(_))
        ));
        assert!(matches!(
            set(other, &[part(a, 1), part(a, 2)]).await,
            Err(KitError::Twice(_))
        ));
        let many: Vec<Part> = (0..51).map(|_| part(world.store.env().id(), 1)).collect();
        assert!(matches!(set(other, &many).await, Err(KitError::TooMany)));
        assert!(matches!(
            set(other, &many[..1]).await,
            Err(KitError::NoProduct(_))
        ));
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(matches!(
            tx.set_kit(other, &[part(a, 1)]).await,
            Err(KitError::NoProduct(_))
        ));
        drop(tx);
        let mut tx = world.ours.begin().await.unwrap();
        let stocked = tx
            .enter_stock(&entry(kit, EntryKind::Count, Amount::Counted(3), "x"))
            .await;
        assert!(matches!(stocked, Err(EntryError::Kit(k)) if k == kit));
    }
}

#[tokio::test]
async fn a_sale_of_a_kit_reserves_ships_and_gives_back_its_components() {
    for world in worlds().await {
        let account = world.account("in").await;
        let (a, b) = (world.counted("A", 20).await, world.counted("B", 10).await);
        let kit = world.kit("KIT", &[part(a, 2), part(b, 1)]).await;
        world.listing(account, "KIT-TWO", Some(kit), 2, Some(3)).await;
        let page = |status, ordered, shipped, cancelled, at| {
            [order(
                "1",
                status,
                at,
                &[("KIT-TWO", ordered, shipped, cancelled)],
            )]
        };
        world.import(account, &page(Open, 2, 0, 0, 20)).await;
        assert_eq!(
            (world.balance(a).await.reserved, world.balance(b).await.reserved),
            (8, 4),
            "{}",
            world.label
        );
        world.import(account, &page(Open, 2, 0, 0, 20)).await;
        world.books_agree().await;
        // What the kit becomes later changes nothing for what was sold.
        step!(world, |tx| tx.set_kit(kit, &[part(b, 3)])).unwrap();
        world.import(account, &page(Open, 2, 0, 1, 25)).await;
        assert_eq!(
            (world.balance(a).await.reserved, world.balance(b).await.reserved),
            (4, 2)
        );
        let (line, of): (OrderLineId, OrderId) = {
            use crate::columns::Columns as _;
            let sql = "SELECT id, order_id FROM order_lines WHERE tenant_id = $1";
            let mut tx = world.ours.read().await.unwrap();
            let row = tx.query_one(sql, &[world.ours.key()]).await.unwrap();
            (row.parsed(0).unwrap(), row.parsed(1).unwrap())
        };
        step!(world, |tx| tx.ship_lines(of, &[], false)).unwrap().unwrap();
        assert_eq!(
            (world.stock("A").await.on_hand, world.stock("B").await.on_hand),
            (16, 8)
        );
        world.import(account, &page(Shipped, 2, 1, 1, 30)).await;
        world.books_agree().await;
        let back = NewReturn {
            order: of,
            reference: "R".into(),
            lines: vec![ReturnedLine {
                line,
                units: 1,
                condition: Condition::Sellable,
                location: None,
            }],
            note: None,
            actor: "test".into(),
        };
        step!(world, |tx| tx.return_goods(&back)).unwrap();
        assert_eq!(
            (world.stock("A").await.on_hand, world.stock("B").await.on_hand),
            (20, 10)
        );
        world
            .import(account, &[order("2", Open, 40, &[("KIT-TWO", 1, 0, 0)])])
            .await;
        assert_eq!(world.balance(b).await.reserved, 6, "by the kit as it is now");
        world
            .import(account, &[order("2", Cancelled, 41, &[("KIT-TWO", 1, 0, 1)])])
            .await;
        assert_eq!(world.balance(b).await.reserved, 0);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn the_own_store_sells_a_kit_only_of_components_that_are_free() {
    for world in worlds().await {
        let (own, one) = (world.account("own").await, world.account("one").await);
        let (a, b) = (world.counted("A", 10).await, world.counted("B", 9).await);
        let kit = world.kit("KIT", &[part(a, 2), part(b, 1)]).await;
        world.listing(one, "A", Some(a), 1, Some(3)).await;
        world.listing(one, "KIT", Some(kit), 1, Some(1)).await;
        let lines = [own_line(kit, "KIT", 2), own_line(a, "A", 2)];
        let short = buy(&world.ours, own, "1", &lines).await;
        assert!(
            matches!(&short, OwnOrder::Short(s) if (s[0].wanted, s[0].left) == (6, 5)),
            "{}: {short:?}",
            world.label
        );
        let bought = buy(&world.ours, own, "2", &lines[..1]).await;
        assert!(matches!(bought, OwnOrder::Created(..)), "{bought:?}");
        assert_eq!(
            (world.balance(a).await.reserved, world.balance(b).await.reserved),
            (4, 2)
        );
        assert!(matches!(
            buy(&world.ours, own, "3", &lines[..1]).await,
            OwnOrder::Short(_)
        ));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn listings_of_kits_and_components_share_one_pool() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let (a, b) = (world.counted("A", 12).await, world.counted("B", 30).await);
        let small = world.kit("SMALL", &[part(a, 1), part(b, 1)]).await;
        let large = world.kit("LARGE", &[part(a, 3)]).await;
        world.listing(one, "A", Some(a), 1, Some(0)).await;
        world.listing(one, "SMALL", Some(small), 1, Some(0)).await;
        world.listing(two, "LARGE", Some(large), 1, Some(0)).await;
        world.forget_marks().await;
        let mut tx = world.ours.begin().await.unwrap();
        tx.mark_dirty([a], "test", START).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            world.plan_and_send(&[one, two]).await,
            3,
            "{}: one mark plans all",
            world.label
        );
        world.nothing_is_promised_twice(&["A", "B"]).await;
        let offered = world.stock("A").await.exposure;
        assert!(offered > 8, "safety is not bought by selling nothing: {offered}");
        world
            .import(two, &[order("1", Open, 20, &[("LARGE", 1, 0, 0)])])
            .await;
        world.plan_and_send(&[one, two]).await;
        world.nothing_is_promised_twice(&["A", "B"]).await;
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_preview_gives_kits_and_components_what_the_plan_gives_them() {
    for world in worlds().await {
        let one = world.account("one").await;
        let (a, b) = (world.counted("A", 12).await, world.counted("B", 30).await);
        let kit = world.kit("KIT", &[part(a, 2), part(b, 1)]).await;
        for (name, product) in [("A", a), ("B", b), ("KIT", kit)] {
            world.listing(one, name, Some(product), 1, Some(0)).await;
        }
        world.plan_and_send(&[one]).await;
        for product in [a, b, kit] {
            let wanted = PreviewWanted::Product(product);
            let rows = world
                .ours
                .preview_policies(&remote(&[one]), &[], &wanted)
                .await
                .unwrap();
            let planned = world.ours.offers_of(product).await.unwrap();
            assert_eq!(rows.len(), 1, "{}", world.label);
            assert_eq!(Some(rows[0].before.quantity), planned[0].desired, "{rows:?}");
            let withheld: i64 = rows[0].before.withheld.iter().map(|w| w.units).sum();
            assert_eq!(
                Some(rows[0].before.quantity + withheld),
                rows[0].available,
                "every unit is accounted for: {rows:?}"
            );
            let for_kits = rows[0].before.withheld.iter().any(|w| w.reason == Reason::Kits);
            assert!(for_kits, "A is shared by two: {rows:?}");
        }
    }
}
