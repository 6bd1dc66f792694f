//! Labels and invoices are made by the channel later than asked, kept, renewed and handed over.

use std::time::Duration;

use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::channel::PaperKind;
use stockbridge_engine::{PapersRequest, Parcel, Refusal};
use stockbridge_sim::Fault;

use super::super::harness::World;
use super::{flipkart, woo};

#[tokio::test]
async fn a_label_is_made_later_kept_and_handed_over() {
    for world in World::each(&[]).await {
        let shop = flipkart(&world, false, &[]).await;
        let number = shop.buy("MUG", 2, 0).unwrap();
        let id = world.imported(&number).await;
        shop.fail_next("pack", Fault::TimeoutAfter, 1);
        let wanted = PapersRequest {
            invoice_number: Some("INV-1".to_owned()),
            ..PapersRequest::default()
        };
        let asked = world.hub.want_papers(&world.caller, id, wanted).await.unwrap();
        let parcel = asked.after_sales.parcels[0].id;
        let early = world.hub.hand_over(&world.caller, parcel).await;
        assert!(matches!(early, Err(Refusal::Conflict(_))), "{early:?}");
        world.secs(90).await;
        let detail = world.detail(id).await;
        let there = &detail.after_sales.parcels[0];
        assert_eq!(there.ask.status, AskStatus::Done, "{there:?}");
        assert_eq!(there.papers[0].kind, PaperKind::LabelAndInvoice);
        assert!(there.papers[0].expires_at.is_some() && there.tracking.is_some());
        let (_, bytes) = world.hub.paper(&world.caller, there.papers[0].id).await.unwrap();
        assert!(bytes.starts_with(b"%PDF"));
        assert!(there.handed_over_at.is_none(), "not unasked");
        world.hub.hand_over(&world.caller, parcel).await.unwrap();
        world.secs(5).await;
        assert!(
            world.detail(id).await.after_sales.parcels[0]
                .handed_over_at
                .is_some()
        );
        assert_eq!(shop.orders()[0].items[0].status, "READY_TO_DISPATCH");
    }
}

#[tokio::test]
async fn a_label_is_renewed_two_hours_before_it_expires_and_dispatched_by_itself_where_wanted() {
    let world = World::new(Vec::new()).await;
    let options = [
        ("autodispatch", serde_json::json!(true)),
        ("label_hours", serde_json::json!(3)),
        ("orders_every_secs", serde_json::json!(3_600)),
        ("returns_every_secs", serde_json::json!(86_400)),
    ];
    let shop = flipkart(&world, false, &options).await;
    let number = shop.buy("MUG", 2, 0).unwrap();
    let id = world.tenant_order(&number).await;
    world
        .hub
        .want_papers(&world.caller, id, PapersRequest::default())
        .await
        .unwrap();
    world.secs(90).await;
    let first = world.detail(id).await.after_sales.parcels.remove(0);
    assert!(first.handed_over_at.is_some(), "as the option says: {first:?}");
    world.pass(Duration::from_secs(2 * 3_600)).await;
    let renewed = world.detail(id).await.after_sales.parcels.remove(0);
    assert!(
        renewed.papers[0].made_at > first.papers[0].made_at,
        "{:?} {:?}",
        renewed.papers,
        first.papers
    );
    assert_eq!(renewed.papers.len(), 1, "in place of the first");
}

#[tokio::test]
async fn a_form_that_fails_is_shown_and_told_and_a_shop_without_labels_says_so() {
    let world = World::new(Vec::new()).await;
    let shop = flipkart(&world, false, &[]).await;
    let number = shop.buy("MUG", 2, 0).unwrap();
    let id = world.imported(&number).await;
    shop.hold(&number, true);
    world
        .hub
        .want_papers(&world.caller, id, PapersRequest::default())
        .await
        .unwrap();
    world.secs(30).await;
    let refused = world.detail(id).await.after_sales.parcels.remove(0);
    assert_eq!(refused.ask.status, AskStatus::Refused);
    assert!(
        refused
            .ask
            .message
            .unwrap_or_default()
            .contains("holds this shipment back")
    );
    assert_eq!(world.alerts_of("papers.refused").await.len(), 1);
    shop.hold(&number, false);
    world
        .hub
        .want_papers(&world.caller, id, PapersRequest::default())
        .await
        .unwrap();
    world.secs(60).await;
    assert_eq!(
        world.detail(id).await.after_sales.parcels[0].ask.status,
        AskStatus::Done,
        "asked for again"
    );
    assert!(world.alerts_of("papers.refused").await.is_empty());

    let world = World::new(Vec::new()).await;
    let shop = woo(&world).await;
    let number = shop.buy("MUG", 1).unwrap();
    let id = world.imported(&number.to_string()).await;
    let none = world
        .hub
        .want_papers(&world.caller, id, PapersRequest::default())
        .await;
    assert!(matches!(none, Err(Refusal::Conflict(_))), "{none:?}");
}

#[tokio::test]
async fn a_tracking_number_is_checked_before_it_is_told() {
    let world = World::new(Vec::new()).await;
    let shop = woo(&world).await;
    let (one, two) = (shop.buy("MUG", 1).unwrap(), shop.buy("MUG", 1).unwrap());
    let (one, two) = (
        world.imported(&one.to_string()).await,
        world.imported(&two.to_string()).await,
    );
    let parcel = |tracking: &str| Parcel {
        carrier: "DHL".to_owned(),
        method: None,
        tracking: tracking.to_owned(),
        lines: Vec::new(),
    };
    let odd = world
        .hub
        .ship_order(&world.caller, one, parcel("see <b>mail</b>"))
        .await;
    assert!(
        matches!(&odd, Err(Refusal::Fields(f)) if f[0].field == "tracking"),
        "{odd:?}"
    );
    let sent = world
        .hub
        .ship_order(&world.caller, one, parcel(" JD01 4600 "))
        .await;
    assert_eq!(sent.unwrap().tracking, "JD014600");
    let twice = world.hub.ship_order(&world.caller, two, parcel("JD014600")).await;
    assert!(
        matches!(&twice, Err(Refusal::Fields(f)) if f[0].field == "tracking"),
        "{twice:?}"
    );
}

#[tokio::test]
async fn an_order_is_told_of_twenty_hours_before_it_is_to_be_dispatched() {
    let world = World::new(Vec::new()).await;
    let shop = flipkart(&world, true, &[("orders_every_secs", serde_json::json!(3_600))]).await;
    let number = shop.buy("MUG", 1, 0).unwrap();
    let id = world.tenant_order(&number).await;
    let by = world.detail(id).await.order.ship_by.unwrap();
    let start = world.clock.env().now();
    let ahead = by.since(start).saturating_sub(Duration::from_secs(22 * 3_600));
    world.pass(ahead).await;
    world.hub.upkeep().await.unwrap();
    let early = by.since(world.clock.env().now()) > Duration::from_secs(21 * 3_600);
    assert_eq!(world.alerts_of("order.dispatch_due").await.is_empty(), early);
    let left = by.since(world.clock.env().now());
    world
        .pass(left.saturating_sub(Duration::from_secs(20 * 3_600)))
        .await;
    world.hub.upkeep().await.unwrap();
    let alerts = world.alerts_of("order.dispatch_due").await;
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].title.contains(&number), "{}", alerts[0].title);
    let parcel = Parcel {
        carrier: "Delhivery".to_owned(),
        method: None,
        tracking: "DL1".to_owned(),
        lines: Vec::new(),
    };
    world.hub.ship_order(&world.caller, id, parcel).await.unwrap();
    world.hub.upkeep().await.unwrap();
    assert!(world.alerts_of("order.dispatch_due").await.is_empty());
}
