//! Locations: which of them orders are served from, what is withheld, and closing one.

use stockbridge_domain::order::OrderStatus::{Cancelled, Open, Shipped};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{LocationId, ProductId};

use super::sales::{buy, own_line};
use super::shop::{entry, order};
use super::*;
use crate::{
    Amount, EntryError, LocationError, LocationPatch, ManualEntry, NewLocation, Notice, OwnOrder, StockAt,
    StockRecord,
};

fn new_location(name: &str, sellable: bool, rank: i64) -> NewLocation {
    NewLocation {
        name: name.to_owned(),
        sellable,
        rank,
    }
}

impl World {
    /// Opens a location.
    pub(super) async fn location(&self, name: &str, sellable: bool, rank: i64) -> LocationId {
        let mut tx = self.ours.begin().await.unwrap();
        let made = tx
            .create_location(&new_location(name, sellable, rank))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        made.id
    }

    async fn change(&self, id: LocationId, patch: LocationPatch) -> Result<(), LocationError> {
        let mut tx = self.ours.begin().await.unwrap();
        tx.update_location(id, &patch).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    /// Puts so many units of a product somewhere.
    pub(super) async fn put(&self, product: ProductId, location: LocationId, units: i64) {
        let mut tx = self.ours.begin().await.unwrap();
        let goods = ManualEntry {
            location: Some(location),
            ..entry(
                product,
                EntryKind::Count,
                Amount::Counted(units),
                &format!("{location}"),
            )
        };
        tx.enter_stock(&goods).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(super) async fn stock(&self, name: &str) -> StockRecord {
        self.ours.stock_of(&sku(name)).await.unwrap().unwrap()
    }

    /// On hand, reserved and available at a location.
    pub(super) async fn at(&self, name: &str, location: LocationId) -> (i64, i64, i64) {
        let stock = self.stock(name).await;
        let at = stock.locations.iter().find(|at| at.location == location);
        at.map_or((0, 0, 0), |at: &StockAt| (at.on_hand, at.reserved, at.available))
    }
}

fn sellable(sellable: bool) -> LocationPatch {
    LocationPatch {
        sellable: Some(sellable),
        ..LocationPatch::default()
    }
}

fn open(open: bool) -> LocationPatch {
    LocationPatch {
        open: Some(open),
        ..LocationPatch::default()
    }
}

#[tokio::test]
async fn only_what_lies_where_it_is_sold_from_is_available() {
    for world in worlds().await {
        let a = world.counted("A", 10).await;
        let (shop, repair) = (
            world.location("Shop", true, 1).await,
            world.location("Repair", false, 2).await,
        );
        world.put(a, shop, 4).await;
        world.put(a, repair, 3).await;
        let stock = world.stock("A").await;
        assert_eq!((stock.on_hand, stock.withheld, stock.available), (17, 3, 14));
        assert_eq!(stock.locations.len(), 3, "{}", world.label);
        world.forget_marks().await;
        world.change(repair, sellable(true)).await.unwrap();
        world.change(shop, sellable(false)).await.unwrap();
        assert_eq!(world.stock("A").await.available, 13);
        assert_eq!(world.marks().await.len(), 1, "its offers are computed anew");
        let mut tx = world.ours.begin().await.unwrap();
        tx.set_safety_stock(a, repair, 5).await.unwrap();
        let unknown = tx.set_safety_stock(a, world.store.env().id(), 5).await;
        assert!(matches!(unknown, Err(EntryError::NoLocation(_))));
        tx.commit().await.unwrap();
        let stock = world.stock("A").await;
        assert_eq!(
            (stock.withheld, stock.available),
            (7, 10),
            "safety stock is withheld"
        );
        assert_eq!(world.ours.overview().await.unwrap().units_available, 10);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_product_counted_where_nothing_is_sold_is_not_counted() {
    for world in worlds().await {
        let a = world.products(&["A"]).await[0].id;
        let repair = world.location("Repair", false, 2).await;
        world.put(a, repair, 3).await;
        let stock = world.stock("A").await;
        assert_eq!((stock.counted, stock.available), (false, 0), "{}", world.label);
    }
}

#[tokio::test]
async fn a_line_is_served_whole_from_the_first_place_that_can() {
    for world in worlds().await {
        let account = world.account("in").await;
        let main = world.ours.locations().await.unwrap()[0].id;
        let a = world.counted("A", 2).await;
        let shop = world.location("Shop", true, 1).await;
        world.put(a, shop, 5).await;
        let page = [
            order("1", Open, 20, &[("A", 3, 0, 0)]),
            order("2", Open, 21, &[("A", 1, 0, 0)]),
        ];
        world.import(account, &page).await;
        assert_eq!(world.at("A", shop).await, (5, 3, 2), "{}", world.label);
        assert_eq!(world.at("A", main).await, (2, 1, 1));
        let done = world
            .import(account, &[order("3", Shipped, 22, &[("A", 3, 3, 0)])])
            .await;
        assert_eq!(
            world.at("A", shop).await,
            (2, 3, -1),
            "accepted is accepted: from where most is free"
        );
        assert!(
            done.notices.is_empty(),
            "all together there is enough: {:?}",
            done.notices
        );
        world
            .import(account, &[order("1", Cancelled, 30, &[("A", 3, 0, 3)])])
            .await;
        assert_eq!(
            world.at("A", shop).await,
            (2, 0, 2),
            "released where it was reserved"
        );
        world.books_agree().await;
    }
}

#[tokio::test]
async fn what_leaves_a_shelf_that_held_less_is_told() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 2).await;
        let done = world
            .import(account, &[order("1", Shipped, 20, &[("A", 3, 3, 0)])])
            .await;
        let below = done.notices.iter().find_map(|notice| match notice {
            Notice::BelowZero(below) => Some((below.product, below.place.as_str(), below.on_hand)),
            _ => None,
        });
        assert_eq!(
            below,
            Some((a, "Main", -1)),
            "{}: {:?}",
            world.label,
            done.notices
        );
    }
}

#[tokio::test]
async fn nothing_is_taken_by_hand_that_does_not_lie_there() {
    for world in worlds().await {
        let a = world.counted("A", 2).await;
        for kind in [EntryKind::Damage, EntryKind::Adjustment] {
            let mut tx = world.ours.begin().await.unwrap();
            let refused = tx.enter_stock(&entry(a, kind, Amount::Change(-3), "x")).await;
            assert!(
                matches!(
                    refused,
                    Err(EntryError::BelowZero {
                        on_hand: 2,
                        change: -3
                    })
                ),
                "{}: {refused:?}",
                world.label
            );
        }
        assert_eq!(world.balance(a).await.on_hand, 2);
    }
}

#[tokio::test]
async fn the_own_store_sells_from_every_place_but_no_safety_stock() {
    for world in worlds().await {
        let own = world.account("own").await;
        let a = world.counted("A", 2).await;
        let shop = world.location("Shop", true, 1).await;
        world.put(a, shop, 3).await;
        let mut tx = world.ours.begin().await.unwrap();
        tx.set_safety_stock(a, shop, 1).await.unwrap();
        tx.commit().await.unwrap();
        let short = buy(&world.ours, own, "1", &[own_line(a, "A", 5)]).await;
        assert!(
            matches!(&short, OwnOrder::Short(s) if s[0].left == 4),
            "{short:?}"
        );
        let bought = buy(&world.ours, own, "2", &[own_line(a, "A", 4)]).await;
        assert!(matches!(bought, OwnOrder::Created(..)), "{}", world.label);
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_location_has_a_name_of_its_own_and_closes_only_when_empty() {
    for world in worlds().await {
        let main = world.ours.locations().await.unwrap()[0].id;
        let a = world.counted("A", 2).await;
        let shop = world.location("Shop", true, 1).await;
        world.put(a, shop, 3).await;
        let mut tx = world.ours.begin().await.unwrap();
        let taken = tx.create_location(&new_location("Shop", true, 0)).await;
        assert!(
            matches!(taken, Err(LocationError::NameTaken(name)) if name == "Shop"),
            "{}",
            world.label
        );
        drop(tx);
        let renamed = LocationPatch {
            name: Some("Main".into()),
            ..LocationPatch::default()
        };
        assert!(matches!(
            world.change(shop, renamed).await,
            Err(LocationError::NameTaken(_))
        ));
        assert!(matches!(
            world.change(main, open(false)).await,
            Err(LocationError::Default)
        ));
        assert!(matches!(
            world.change(shop, open(false)).await,
            Err(LocationError::InUse {
                products: 1,
                transfers: 0
            })
        ));
        let mut tx = world.ours.begin().await.unwrap();
        let away = ManualEntry {
            location: Some(shop),
            ..entry(a, EntryKind::Damage, Amount::Change(-3), "flood")
        };
        tx.enter_stock(&away).await.unwrap();
        tx.commit().await.unwrap();
        world.change(shop, open(false)).await.unwrap();
        let mut tx = world.ours.begin().await.unwrap();
        let back = ManualEntry {
            location: Some(shop),
            ..entry(a, EntryKind::Restock, Amount::Change(3), "again")
        };
        let refused = tx.enter_stock(&back).await;
        assert!(matches!(refused, Err(EntryError::NoLocation(id)) if id == shop));
        drop(tx);
        world.change(shop, open(true)).await.unwrap();
        let mut tx = world.theirs.begin().await.unwrap();
        let foreign = tx.update_location(shop, &sellable(false)).await;
        assert!(matches!(foreign, Err(LocationError::NotFound(_))));
        drop(tx);
        let mut tx = world.ours.begin().await.unwrap();
        for n in 2..crate::LocationRecord::MOST {
            tx.create_location(&new_location(&format!("{n}"), true, 0))
                .await
                .unwrap();
        }
        let many = tx.create_location(&new_location("One more", true, 0)).await;
        assert!(matches!(many, Err(LocationError::TooMany)));
    }
}

#[tokio::test]
async fn a_channels_own_warehouse_is_reported_apart() {
    for world in worlds().await {
        let account = world.account("in").await;
        let a = world.counted("A", 2).await;
        let fba = ListingSnapshot {
            fulfilled_by: FulfilledBy::Channel,
            quantity: Some(40),
            places: Vec::new(),
            ..listing("A", 0)
        };
        let silent = ListingSnapshot {
            fulfilled_by: FulfilledBy::Channel,
            quantity: None,
            places: Vec::new(),
            ..listing("B", 0)
        };
        world.show(account, &[fba, silent.clone()]).await;
        let held = world.ours.channel_warehouses().await.unwrap();
        assert_eq!(
            (held.len(), held[0].listings, held[0].units),
            (1, 2, Some(40)),
            "{}",
            world.label
        );
        let stock = world.stock("A").await;
        assert_eq!((stock.product, stock.available, stock.at_channels), (a, 2, 40));
        let mine = ListingSnapshot {
            quantity: Some(1),
            places: Vec::new(),
            ..listing("A", 1)
        };
        world.show(account, &[mine]).await;
        assert_eq!(world.stock("A").await.at_channels, 0);
        assert_eq!(
            world.ours.channel_warehouses().await.unwrap()[0].units,
            None,
            "not told"
        );
        assert_eq!(world.theirs.channel_warehouses().await.unwrap(), []);
    }
}
