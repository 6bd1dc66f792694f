//! Returns that a channel announces are read, shown and received into stock.

use stockbridge_domain::moves::Condition;
use stockbridge_engine::{Parcel, ReceiveRequest, Refusal};
use stockbridge_store::{ChannelReturnFilter, PageQuery};

use super::super::harness::World;
use super::flipkart;

fn receive(condition: Condition, lines: Vec<(stockbridge_domain::OrderLineId, i64)>) -> ReceiveRequest {
    ReceiveRequest {
        reference: None,
        condition,
        location: None,
        lines,
        note: None,
    }
}

#[tokio::test]
async fn a_return_is_read_on_schedule_and_received_once() {
    for world in World::each(&[]).await {
        let shop = flipkart(&world, true, &[]).await;
        let number = shop.buy("MUG", 3, 0).unwrap();
        let id = world.imported(&number).await;
        let parcel = Parcel {
            carrier: "Delhivery".to_owned(),
            method: None,
            tracking: "DL12345678".to_owned(),
            lines: Vec::new(),
        };
        world.hub.ship_order(&world.caller, id, parcel).await.unwrap();
        world.secs(30).await;
        assert!(shop.move_on(&number, "DELIVERED"));
        shop.send_back(&number, "too small").unwrap();
        world.secs(120).await;
        assert_eq!(world.available("MUG").await, 7, "it is announced, not here");
        let all = ChannelReturnFilter::default();
        let listed = world
            .tenant()
            .channel_returns(&all, &PageQuery::first(9))
            .await
            .unwrap();
        assert_eq!(listed.items.len(), 1, "read again and again, kept once");
        let back = &listed.items[0];
        assert_eq!((back.order, back.units, back.received), (Some(id), 3, 0));
        assert_eq!(back.lines[0].reason.as_deref(), Some("too small"));
        let line = back.lines[0].line.unwrap();

        let damaged = receive(Condition::Damaged, vec![(line, 1)]);
        world
            .hub
            .receive_return(&world.caller, back.id, damaged)
            .await
            .unwrap();
        assert_eq!(world.available("MUG").await, 7, "written off");
        let rest = receive(Condition::Sellable, Vec::new());
        let entered = world
            .hub
            .receive_return(&world.caller, back.id, rest.clone())
            .await;
        assert_eq!(entered.unwrap()[0].units, 2);
        assert_eq!(world.available("MUG").await, 9);
        let again = world.hub.receive_return(&world.caller, back.id, rest).await;
        assert!(matches!(again, Err(Refusal::Conflict(_))), "{again:?}");
        assert_eq!(world.available("MUG").await, 9);
        let detail = world.detail(id).await;
        assert_eq!(detail.after_sales.returns[0].received, 3);
        let check = world.tenant().check_ledger().await.unwrap();
        assert!(check.ok(), "{:?}", check.findings);
    }
}
