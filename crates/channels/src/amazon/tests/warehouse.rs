//! What lies in Amazon's warehouses.

use stockbridge_domain::channel::Fault;

use super::*;

fn summary(sku: &str) -> Value {
    json!({"asin": "B01", "fnSku": "X001", "sellerSku": sku, "condition": "NewItem", "productName": "Mug",
        "lastUpdatedTime": "2026-11-20T10:00:00Z", "totalQuantity": 40, "stores": [], "somethingNew": {"a": 1},
        "inventoryDetails": {"fulfillableQuantity": 20, "inboundWorkingQuantity": 1, "inboundShippedQuantity": 2,
            "inboundReceivingQuantity": 3,
            "reservedQuantity": {"totalReservedQuantity": 9, "pendingCustomerOrderQuantity": 2,
                "pendingTransshipmentQuantity": 3, "fcProcessingQuantity": 4},
            "researchingQuantity": {"totalResearchingQuantity": 1, "researchingQuantityBreakdown": []},
            "unfulfillableQuantity": {"totalUnfulfillableQuantity": 4, "customerDamagedQuantity": 1,
                "warehouseDamagedQuantity": 1, "expiredQuantity": 2}}})
}

#[tokio::test]
async fn every_marketplace_is_walked_and_nothing_is_added_up() {
    let world = world(|request| {
        let query = request.uri().query().unwrap();
        let body = if query.contains("A1PA6795UKMFR9") && !query.contains("nextToken") {
            json!({"payload": {"granularity": {}, "inventorySummaries": [summary("A"), {"sellerSku": "B", "totalQuantity": -1}]},
                "pagination": {"nextToken": "t+1"}})
        } else {
            json!({"payload": {"granularity": {}, "inventorySummaries": [summary("C")]}})
        };
        answer(200, body.to_string())
    });
    let connection = open(&world, &["DE", "FR"]);
    let (mut cursor, mut stock, mut unreadable) = (None, Vec::new(), Vec::new());
    loop {
        let page = connection
            .warehouse()
            .unwrap()
            .page(cursor.as_deref())
            .await
            .unwrap();
        stock.extend(page.stock);
        unreadable.extend(page.unreadable);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let places: Vec<_> = stock
        .iter()
        .map(|s| (s.sku.as_str(), s.marketplace.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            ("A", "A1PA6795UKMFR9"),
            ("C", "A1PA6795UKMFR9"),
            ("C", "A13V1IB3VIYZZH")
        ]
    );
    let units = stock[0].units;
    assert_eq!((units.sellable, units.inbound(), units.reserved()), (20, 6, 9));
    assert_eq!((units.unfulfillable, units.researching, units.total), (4, 1, 40));
    assert_eq!(stock[0].label.as_deref(), Some("X001"));
    assert_eq!((unreadable[0].id.as_deref(), unreadable.len()), (Some("B"), 1));
    assert!(unreadable[0].reason.contains("totalQuantity"), "{unreadable:?}");
    assert!(
        world.targets()[0].contains("details=true&granularityType=Marketplace&granularityId=A1PA6795UKMFR9")
    );
}

#[tokio::test]
async fn a_token_that_died_begins_its_marketplace_anew() {
    let world = world(|request| {
        if request.uri().query().unwrap().contains("nextToken") {
            return answer(
                400,
                errors("InvalidInput", "The token has expired", "").to_string(),
            );
        }
        answer(
            200,
            json!({"payload": {"granularity": {}, "inventorySummaries": [summary("A")]}}).to_string(),
        )
    });
    let connection = open(&world, &["US"]);
    let source = connection.warehouse().unwrap();
    let page = source.page(Some(r#"{"site":0,"token":"old"}"#)).await.unwrap();
    assert_eq!((page.stock.len(), page.next), (1, None));
    assert_eq!(
        source.page(Some("nonsense")).await.unwrap_err().fault,
        Fault::Contract
    );
}
