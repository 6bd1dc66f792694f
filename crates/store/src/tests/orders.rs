//! Orders: finding them and looking into one.

use std::time::Duration;

use super::*;
use crate::{OrderFilter, StoreError};

async fn found(tenant: &Tenant, filter: &OrderFilter) -> Vec<String> {
    let rows = walk!(async |query: PageQuery| tenant.orders(filter, &query).await);
    rows.into_iter().map(|order| order.channel_order_id).collect()
}

#[tokio::test]
async fn orders_are_listed_newest_first_and_filtered() {
    for world in worlds().await {
        let ours = &world.ours;
        world.products(&["A", "B"]).await;
        let (one, two) = (world.account("one").await, world.account("two").await);
        world.show(one, &[listing("A", 50)]).await;
        let at = |secs: u64| START.plus(Duration::from_secs(secs));
        let mut odd = order("111-3", at(30), &[("B", 1)]);
        odd.status = None;
        odd.channel_status = "Enchanted".to_owned();
        world
            .place(one, &[order("111-1", at(10), &[("A", 1), ("B", 2)]), odd])
            .await;
        world
            .place(
                two,
                &[
                    order("111-2", at(10), &[("A", 1)]),
                    order("222-1", at(20), &[("?", 1)]),
                ],
            )
            .await;
        let everything = found(ours, &OrderFilter::default()).await;
        assert_eq!(everything.len(), 4, "{}", world.label);
        assert_eq!(&everything[..2], ["111-3", "222-1"]);
        let search = |text: &str| OrderFilter {
            search: Some(text.to_owned()),
            ..OrderFilter::default()
        };
        let status = |status| OrderFilter {
            status: Some(status),
            ..OrderFilter::default()
        };
        let window = OrderFilter {
            placed_from: Some(at(10)),
            placed_to: Some(at(20)),
            account: Some(one),
            ..OrderFilter::default()
        };
        let attention = OrderFilter {
            attention: true,
            ..OrderFilter::default()
        };
        for (filter, wanted) in [
            (search("222"), vec!["222-1"]),
            (search("111-3"), vec!["111-3"]),
            (search("B"), vec!["111-3", "111-1"]),
            (search("?"), vec!["222-1"]),
            (search("%"), vec![]),
            (status(OrderStatus::Unknown), vec!["111-3"]),
            (status(OrderStatus::Shipped), vec![]),
            (window, vec!["111-1"]),
            (attention, vec!["111-3", "222-1"]),
        ] {
            assert_eq!(found(ours, &filter).await, wanted, "{}: {filter:?}", world.label);
            assert_eq!(found(&world.theirs, &filter).await, Vec::<String>::new());
        }
        let page = ours
            .orders(&search("111-1"), &PageQuery::default())
            .await
            .unwrap();
        let lines: Vec<_> = page.items[0]
            .lines
            .iter()
            .map(|line| line.title.as_str())
            .collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.contains(&"Sold A") && lines.contains(&"Sold B"));
        let bad = ours.orders(&OrderFilter::default(), &bad_cursor()).await;
        assert!(matches!(bad, Err(StoreError::BadCursor)));
    }
}

#[tokio::test]
async fn a_page_takes_as_many_statements_however_long_it_is() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        let page: Vec<_> = (0..20)
            .map(|n| order(&format!("O{n}"), START, &[("A", 1), ("B", 1)]))
            .collect();
        world.place(account, &page).await;
        let counted = async |limit| {
            let before = world.store.db().statements();
            let page = ours
                .orders(&OrderFilter::default(), &PageQuery::first(limit))
                .await
                .unwrap();
            assert!(page.items.iter().all(|order| order.lines.len() == 2));
            (page.items.len(), world.store.db().statements() - before)
        };
        let (few, many) = (counted(1).await, counted(20).await);
        assert_eq!((few.0, many.0), (1, 20));
        assert_eq!(few.1, many.1, "{}", world.label);
    }
}

#[tokio::test]
async fn one_order_tells_all_that_happened_to_it() {
    for world in worlds().await {
        let ours = &world.ours;
        let product = world.products(&["A"]).await.remove(0);
        let account = world.account("in").await;
        world.show(account, &[listing("A", 50)]).await;
        let id = world.place(account, &[order("O1", START, &[("A", 2)])]).await[0];
        world.place(account, &[order("O2", START, &[("A", 5)])]).await;
        let detail = ours.order(id).await.unwrap().unwrap();
        assert_eq!((detail.order.id, detail.order.total), (id, Some(eur(2_499))));
        assert_eq!(detail.order.imported_at, START);
        let line = &detail.order.lines[0];
        assert_eq!(
            (line.product, line.ordered, line.stock.reserved),
            (Some(product.id), 2, 2)
        );
        assert!(line.listing.is_some());
        let entries: Vec<_> = detail.ledger.iter().map(|entry| entry.change.reserved).collect();
        assert_eq!((entries, detail.shipments), (vec![2], vec![]), "{}", world.label);
        assert_eq!(world.theirs.order(id).await.unwrap(), None);
        assert_eq!(ours.order_by_channel_id(account, "O1").await.unwrap(), Some(id));
        assert_eq!(ours.order_by_channel_id(account, "O9").await.unwrap(), None);
        assert_eq!(
            world.theirs.order_by_channel_id(account, "O1").await.unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn who_looks_at_personal_data_is_written_down() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        let id = world.place(account, &[order("O1", START, &[("A", 2)])]).await[0];
        assert_eq!(world.theirs.order_payload(id, "eve").await.unwrap(), None);
        let payload = ours
            .order_payload(id, "owner@ours.example")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(payload, "{\"buyer\":\"Eve of O1\"}", "{}", world.label);
        let log = ours.audit_log(&PageQuery::default()).await.unwrap().items;
        let entry = (
            log[0].actor.as_str(),
            log[0].action.as_str(),
            log[0].subject.clone(),
        );
        assert_eq!(
            entry,
            ("owner@ours.example", "order.read_payload", id.to_string())
        );
        assert_eq!(log.len(), 1);
    }
}
