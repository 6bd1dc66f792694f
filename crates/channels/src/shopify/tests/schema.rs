//! Every document, and the variables it is sent with, against the schema Shopify publishes.

use std::io::Read as _;

use apollo_compiler::{ExecutableDocument, Schema, validation::Valid};
use serde_json::json;

use super::super::client;
use crate::testing::published;

fn schema() -> Option<Valid<Schema>> {
    let packed = published("channel-specs/shopify/admin_2026-10.sdl.graphql.gz")?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_string(&mut text)
        .unwrap();
    // The published text is Shopify's own; what the reader finds odd in it is not ours to mend.
    Some(Schema::parse_and_validate(text, "admin.graphql").unwrap_or_else(|e| Valid::assume_valid(e.partial)))
}

#[test]
fn every_document_is_one_the_schema_has() {
    let Some(schema) = schema() else { return };
    for document in client::ALL {
        let text = client::plain(document.text);
        let checked = ExecutableDocument::parse_and_validate(&schema, text, document.operation.name);
        assert!(
            checked.is_ok(),
            "{}: {}",
            document.operation.name,
            checked.unwrap_err().errors
        );
    }
    let orders = client::bulk_orders(
        crate::testing::now(),
        stockbridge_domain::channel::OrderTime::Updated,
    );
    for bulk in [client::plain(client::BULK_VARIANTS), orders] {
        let checked = ExecutableDocument::parse_and_validate(&schema, bulk, "bulk");
        assert!(checked.is_ok(), "{}", checked.unwrap_err().errors);
    }
}

/// Deprecated fields are leaving; none is used.
#[test]
fn nothing_deprecated_is_asked_for() {
    for name in [
        "compareQuantity",
        "callbackUrl",
        "currentBulkOperation",
        "fulfillmentStatus",
        "isPrimary",
    ] {
        for document in client::ALL {
            assert!(
                !document.text.contains(name),
                "{}: {name}",
                document.operation.name
            );
        }
    }
}

/// Variables fit their types, whatever the call.
#[test]
fn variables_fit_the_schema() {
    use apollo_compiler::request::coerce_variable_values;
    let Some(schema) = schema() else { return };
    let since = crate::testing::now();
    let entry = json!({"inventoryItemId": "gid://shopify/InventoryItem/1", "locationId": "gid://shopify/Location/1",
        "quantity": 1, "changeFromQuantity": null});
    let part = json!({"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1",
        "fulfillmentOrderLineItems": [{"id": "gid://shopify/FulfillmentOrderLineItem/1", "quantity": 1}]});
    let calls = [
        client::orders(since, stockbridge_domain::channel::OrderTime::Updated, Some("x")),
        client::orders_count(since, stockbridge_domain::channel::OrderTime::Placed),
        client::orders_with_returns(since, None),
        client::variants(None),
        client::variants_by_sku(&["A\"B"], None),
        client::of(&client::ORDER_LINES, "gid://shopify/Order/1", Some("x")),
        client::call(
            &client::VARIANTS_BY_ID,
            json!({"ids": ["gid://shopify/ProductVariant/1"]}),
        ),
        client::call(
            &client::SET_QUANTITIES,
            json!({"key": "k", "input": {"name": "available", "reason": "correction",
                "referenceDocumentUri": "gid://stockbridge/Push/1", "quantities": [entry]}}),
        ),
        client::call(
            &client::SET_PRICES,
            json!({"productId": "gid://shopify/Product/1", "variants": [{"id": "gid://shopify/ProductVariant/1", "price": "1.00"}]}),
        ),
        client::call(
            &client::FULFILLMENT_CREATE,
            json!({"fulfillment": {"lineItemsByFulfillmentOrder": [part], "notifyCustomer": false,
                "trackingInfo": {"company": "DHL", "number": "1"}}}),
        ),
        client::call(
            &client::ORDER_CANCEL,
            json!({"orderId": "gid://shopify/Order/1", "reason": "INVENTORY", "restock": false, "staffNote": null,
                "notify": false, "refundMethod": {"originalPaymentMethodsRefund": true}}),
        ),
        client::call(
            &client::REFUND_CREATE,
            json!({"key": "k", "input": {"orderId": "gid://shopify/Order/1", "note": "n", "notify": false,
                "refundLineItems": [{"lineItemId": "gid://shopify/LineItem/1", "quantity": 1, "restockType": "NO_RESTOCK"}],
                "transactions": [{"orderId": "gid://shopify/Order/1", "kind": "REFUND", "gateway": "g", "amount": "1.00",
                    "parentId": "gid://shopify/OrderTransaction/1"}]}}),
        ),
        client::call(
            &client::WEBHOOK_CREATE,
            json!({"topic": "ORDERS_CREATE", "subscription": {"uri": "https://h.example/x", "format": "JSON", "filter": "",
                "includeFields": ["id"]}}),
        ),
    ];
    for call in calls {
        let name = call.document.operation.name;
        let text = client::plain(call.document.text);
        let document = ExecutableDocument::parse_and_validate(&schema, text, name).unwrap();
        let operation = document.operations.get(None).unwrap();
        let variables = serde_json::from_value(call.variables.clone()).unwrap();
        let coerced = coerce_variable_values(&schema, operation, &variables);
        assert!(coerced.is_ok(), "{name}: {:?}", coerced.err());
    }
}
