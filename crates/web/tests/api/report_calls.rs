//! Reports through the API: rows by column, the file as it came, and who may fetch it.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::json;
use stockbridge_domain::report::ReportState;
use stockbridge_store::{NewReport, ReportFileFacts, ReportPart};

use crate::goods::Goods;
use crate::truth::{Call, call};
use crate::world::World;

const FILE: &str = "stall\tnew\nS-1\tcaf\u{e9}\nS-2\t\n";

/// A report whose file has come, in the western character set.
pub async fn kept(world: &World, ids: &mut BTreeMap<&'static str, String>) {
    let wanted = NewReport {
        account: ids["store"].parse().unwrap(),
        kind: "STALLS".into(),
        marketplace: None,
        from: None,
        to: None,
        actor: "test".into(),
    };
    let bytes: Vec<u8> = FILE
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let facts = ReportFileFacts {
        media_type: Some("text/html; charset=iso-8859-1".into()),
        bytes: i64::try_from(bytes.len()).unwrap(),
        lines: 3,
        odd_lines: 0,
    };
    let part = ReportPart {
        first_line: 0,
        lines: 3,
        bytes,
    };
    let mut tx = world.hub.tenant(world.tenant).begin().await.unwrap();
    let id = tx.want_report(&wanted).await.unwrap();
    tx.keep_report_part(id, &part).await.unwrap();
    assert!(
        tx.finish_report(id, &facts, ReportState::Done, None)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    ids.insert("report", id.to_string());
}

/// Asking for one.
pub fn ask(goods: &Goods) -> Call {
    let body = json!({ "account": goods.ids["store"], "kind": "STALLS", "marketplace": "IN" });
    call(201, "POST", "/api/v1/reports", body)
}

#[tokio::test]
async fn a_report_is_read_row_by_row_and_fetched_as_it_came() {
    let goods = Goods::new().await;
    let world = &goods.world;
    let path = format!("/reports/{}", goods.ids["report"]);
    let rows = world.get(&format!("{path}/rows?limit=1")).await.expect(200);
    assert_eq!(
        rows["data"],
        json!([{ "line": 1, "values": { "sku": "S-1", "new": "caf\u{e9}" }, "odd": [] }])
    );
    let rows = world
        .get(&format!(
            "{path}/rows?cursor={}",
            rows["next_cursor"].as_str().unwrap()
        ))
        .await
        .expect(200);
    assert_eq!(rows["data"][0]["values"], json!({ "sku": "S-2", "new": null }));
    assert!(rows["next_cursor"].is_null());

    let file = format!("/api/v1{path}/file");
    let answer = world.call(&world.owner, Method::GET, &file, None).await;
    assert_eq!(answer.status.as_u16(), 200);
    let media = answer.headers["content-type"].to_str().unwrap();
    assert_eq!(media, "text/plain; charset=iso-8859-1", "never shown as a page");
    let refused = world.call(&world.viewer, Method::GET, &file, None).await;
    assert_eq!(refused.status.as_u16(), 403);
}

#[tokio::test]
async fn what_cannot_be_asked_for_names_the_field() {
    let goods = Goods::new().await;
    let store = &goods.ids["store"];
    for (body, pointer) in [
        (json!({ "account": store, "kind": "stalls" }), "/kind"),
        (
            json!({ "account": store, "kind": "STALLS", "marketplace": "FR" }),
            "/marketplace",
        ),
        (
            json!({ "account": store, "kind": "OTHER", "from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z" }),
            "/from",
        ),
    ] {
        let problem = goods.world.post("/reports", body).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let rows = format!("/reports/{}/rows?cursor=first", goods.ids["report"]);
    goods.world.get(&rows).await.expect(422);
}
