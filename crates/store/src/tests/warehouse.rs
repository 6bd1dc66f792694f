//! What lies in channels' warehouses: apart from the stock of the hub's own locations.

use stockbridge_domain::channel::{WarehouseStock, WarehouseUnits};

use super::*;
use crate::{StoreError, WarehouseFilter};

fn stock(text: &str, marketplace: &str, sellable: i64) -> WarehouseStock {
    WarehouseStock {
        sku: sku(text),
        marketplace: marketplace.to_owned(),
        channel_ref: Some("B01".to_owned()),
        label: Some(format!("X-{text}")),
        title: format!("Mug {text}"),
        condition: Some("NewItem".to_owned()),
        units: WarehouseUnits {
            sellable,
            inbound_shipped: 2,
            reserved_orders: 1,
            unfulfillable: i64::from(text == "B"),
            total: sellable + 3,
            ..WarehouseUnits::default()
        },
        changed_at: Some(START),
    }
}

async fn take_in(world: &World, account: AccountId, all: &[WarehouseStock]) {
    let mut tx = world.ours.begin().await.unwrap();
    tx.upsert_warehouse(account, all, world.store.env().now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_channels_warehouse_is_a_place_of_its_own_in_each_marketplace() {
    for world in worlds().await {
        let account = world.account("one").await;
        let all = [
            stock("A", "M1", 5),
            stock("B", "M1", 7),
            stock("A", "M2", 5),
            stock("A", "M1", 6),
        ];
        take_in(&world, account, &all).await;
        let places = world.ours.warehouses().await.unwrap();
        let figures: Vec<_> = places
            .iter()
            .map(|p| {
                (
                    p.marketplace.as_str(),
                    p.skus,
                    p.sellable,
                    p.inbound,
                    p.reserved,
                    p.unfulfillable,
                    p.total,
                )
            })
            .collect();
        assert_eq!(
            figures,
            [("M1", 2, 13, 4, 2, 1, 19), ("M2", 1, 5, 2, 1, 0, 8)],
            "{}",
            world.label
        );
        assert!(world.theirs.warehouses().await.unwrap().is_empty());
        // Nothing of it is the hub's to sell.
        assert!(world.ours.stock_of(&sku("A")).await.unwrap().is_none());

        let later = world.later(Duration::from_secs(60));
        take_in(&world, account, &[stock("A", "M1", 1)]).await;
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(tx.forget_unread_warehouse(account, later).await.unwrap(), 2);
        tx.commit().await.unwrap();
        let left = world
            .ours
            .warehouse_stock(&WarehouseFilter::default(), &PageQuery::default())
            .await
            .unwrap();
        assert_eq!((left.items.len(), left.items[0].units.sellable), (1, 1));
    }
}

/// Two SKUs in two marketplaces' warehouses, sold from there lately, long ago, and from the seller's own shelf.
async fn sold_there(world: &World) -> (AccountId, ProductId) {
    let account = world.account("one").await;
    let product = world.products(&["A"]).await.remove(0).id;
    let shipped_there = |text: &str| ListingSnapshot {
        fulfilled_by: FulfilledBy::Channel,
        ..listing(text, 0)
    };
    world
        .show(account, &[shipped_there("A"), shipped_there("B")])
        .await;
    let sold = |id: &str, days: u64, marketplace: &str| OrderSnapshot {
        fulfilled_by: FulfilledBy::Channel,
        marketplace: Some(marketplace.to_owned()),
        ..order(id, START.minus(Duration::from_secs(days * 86_400)), &[("A", 3)])
    };
    let own = order("own", START, &[("A", 50)]);
    let orders = [
        sold("1", 1, "M1"),
        sold("2", 10, "M1"),
        sold("3", 40, "M1"),
        sold("4", 1, "M2"),
        own,
    ];
    world.place(account, &orders).await;
    take_in(
        world,
        account,
        &[stock("A", "M1", 5), stock("B", "M1", 7), stock("A", "M2", 5)],
    )
    .await;
    (account, product)
}

#[tokio::test]
async fn what_lies_there_is_listed_with_what_was_sold_lately() {
    for world in worlds().await {
        let (account, product) = sold_there(&world).await;
        let ours = &world.ours;
        let all =
            walk!(async |query: PageQuery| ours.warehouse_stock(&WarehouseFilter::default(), &query).await);
        let seen: Vec<_> = all
            .iter()
            .map(|r| (r.sku.as_str(), r.marketplace.as_str(), r.sold, r.product))
            .collect();
        assert_eq!(
            seen,
            [
                ("A", "M1", 6, Some(product)),
                ("A", "M2", 3, Some(product)),
                ("B", "M1", 0, None)
            ],
            "{}",
            world.label
        );
        let base = WarehouseFilter::default;
        let wanted = [
            (
                WarehouseFilter {
                    marketplace: Some("M2".into()),
                    ..base()
                },
                1,
            ),
            (
                WarehouseFilter {
                    text: Some("MUG b".into()),
                    ..base()
                },
                1,
            ),
            (
                WarehouseFilter {
                    unfulfillable: true,
                    ..base()
                },
                1,
            ),
            (
                WarehouseFilter {
                    account: Some(account),
                    ..base()
                },
                3,
            ),
        ];
        for (filter, found) in wanted {
            let page = ours
                .warehouse_stock(&filter, &PageQuery::default())
                .await
                .unwrap();
            assert_eq!(page.items.len(), found, "{filter:?}");
        }
        let theirs = world
            .theirs
            .warehouse_stock(&base(), &PageQuery::default())
            .await
            .unwrap();
        assert!(theirs.items.is_empty());
        assert!(matches!(
            ours.warehouse_stock(&base(), &bad_cursor()).await,
            Err(StoreError::BadCursor)
        ));
    }
}
