//! Calls of what happens after the sale, for the test that the document is true.

use serde_json::json;

use crate::goods::Goods;
use crate::truth::{Call, call, inr};

/// On an own order, which gives money back and nothing else; channels are refused for it.
pub fn of_after_sales(goods: &Goods) -> Vec<Call> {
    let ids = &goods.ids;
    vec![
        crate::report_calls::ask(goods),
        call(
            200,
            "POST",
            "/api/v1/orders/{id}/refund",
            json!({ "amount": inr("5.00"), "lines": [{ "line": ids["line"], "quantity": 1 }], "note": "sorry" }),
        ),
        call(
            409,
            "POST",
            "/api/v1/orders/{id}/papers",
            json!({ "weight_grams": 500 }),
        ),
        call(
            422,
            "POST",
            "/api/v1/integrations/{channel}/stores/{id}/generate-label",
            json!({ "order": ids["order"] }),
        ),
        call(
            422,
            "POST",
            "/api/v1/integrations/{channel}/stores/{id}/dispatch",
            json!({ "order": ids["order"], "parcel": 1 }),
        ),
        call(200, "POST", "/api/v1/parcels/{id}/hand-over", json!({})),
        call(
            409,
            "POST",
            "/api/v1/channel-returns/{id}/receive",
            json!({ "condition": "sellable", "note": "not ours yet" }),
        ),
    ]
}

#[tokio::test]
async fn a_paper_is_fetched_as_a_file_by_those_who_may() {
    let goods = Goods::new().await;
    let path = format!("/api/v1/papers/{}", goods.ids["paper"]);
    let get = axum::http::Method::GET;
    let world = &goods.world;
    let answer = world.call(&world.owner, get.clone(), &path, None).await;
    assert_eq!(answer.status.as_u16(), 200);
    let answer = world.call(&world.viewer, get.clone(), &path, None).await;
    assert_eq!(answer.status.as_u16(), 403);
    let gone = "/api/v1/papers/ppr_01jd0000000000000000000000";
    let answer = world.call(&world.owner, get, gone, None).await;
    assert_eq!(answer.status.as_u16(), 404);
}
