//! Cancellations, refunds and returns: what is sent, and what a system is not asked for that does not offer it.

use stockbridge_domain::channel::{
    CancelNotice, CancelReason, ChannelError, LineUnits, RefundNotice, ReturnQuery, ReturnStatus,
};
use stockbridge_domain::{Currency, Money};

use super::*;

fn offering(words: &[&str], then: Value) -> (Arc<World>, Box<dyn Connection>) {
    let info = json!({"protocol": 1, "name": "Shop", "write_modes": [], "after_sales": words});
    world(move |request| match request.uri().path() {
        "/stockbridge/info" => answer(200, info.to_string()),
        _ => answer(200, then.to_string()),
    })
}

fn units(line: &str, quantity: i64) -> LineUnits {
    LineUnits {
        channel_line_id: line.to_owned(),
        quantity,
    }
}

async fn cancel(connection: &dyn Connection, lines: Vec<LineUnits>) -> Result<(), ChannelError> {
    let notice = CancelNotice {
        channel_order_id: "C-1".into(),
        lines,
        reason: CancelReason::Fraud,
        note: Some("card refused".into()),
        key: "can_1".into(),
    };
    connection.cancellations().unwrap().cancel(&notice).await
}

async fn refund(connection: &dyn Connection, pay_out: bool) -> Result<Option<String>, ChannelError> {
    let notice = RefundNotice {
        channel_order_id: "C-1".into(),
        amount: Money::from_minor(1_250, Currency::parse("EUR").unwrap()),
        lines: vec![units("1", 2)],
        pay_out,
        note: None,
        key: "rfd_1".into(),
    };
    connection.refunds().unwrap().refund(&notice).await
}

#[tokio::test]
async fn what_is_asked_carries_its_key() {
    let all = ["cancellations", "line_cancellations", "refunds", "payouts"];
    let (world, connection) = offering(&all, json!({"id": "R-1"}));
    cancel(&*connection, Vec::new()).await.unwrap();
    cancel(&*connection, vec![units("1", 2)]).await.unwrap();
    assert_eq!(refund(&*connection, true).await.unwrap().as_deref(), Some("R-1"));
    let sent = world.sent.lock().unwrap();
    let posts: Vec<_> = sent
        .iter()
        .filter(|r| r.method() == "POST")
        .map(|r| (r.uri().path(), body(r)))
        .collect();
    let note = "card refused";
    assert_eq!(
        posts,
        [
            (
                "/stockbridge/cancellations",
                json!({"key": "can_1", "order": "C-1", "reason": "fraud", "note": note, "lines": []})
            ),
            (
                "/stockbridge/cancellations",
                json!({"key": "can_1", "order": "C-1", "reason": "fraud", "note": note, "lines": [{"line": "1", "quantity": 2}]})
            ),
            (
                "/stockbridge/refunds",
                json!({"key": "rfd_1", "order": "C-1", "amount": {"amount": "12.50", "currency": "EUR"}, "pay_out": true,
                    "lines": [{"line": "1", "quantity": 2}]})
            ),
        ]
    );
}

#[tokio::test]
async fn what_is_not_offered_is_not_asked() {
    let (world, connection) = offering(&["cancellations", "refunds"], json!({}));
    for (refused, word) in [
        (
            cancel(&*connection, vec![units("1", 2)]).await,
            "`line_cancellations`",
        ),
        (refund(&*connection, true).await.map(drop), "`payouts`"),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.fault, Fault::Rejected);
        assert!(error.message.contains(word), "{error}");
    }
    let query = ReturnQuery {
        since: now(),
        cursor: None,
    };
    let page = connection.returns().unwrap().page(&query).await.unwrap();
    assert!(
        page.returns.is_empty() && page.complete_until.is_none(),
        "{page:?}"
    );
    assert!(
        world
            .sent
            .lock()
            .unwrap()
            .iter()
            .all(|r| r.uri().path() == "/stockbridge/info")
    );
    cancel(&*connection, Vec::new()).await.unwrap();
    assert_eq!(
        refund(&*connection, false).await.unwrap(),
        None,
        "an id may be left out"
    );
}

#[tokio::test]
async fn a_refund_whose_answer_cannot_be_read_may_have_been_made() {
    let (_world, connection) = offering(&["refunds"], json!([1]));
    assert_eq!(
        refund(&*connection, false).await.unwrap_err().fault,
        Fault::Ambiguous
    );
}

#[tokio::test]
async fn returns_are_read_and_what_cannot_be_is_kept() {
    let page = json!({
        "returns": [
            {"id": "R-1", "order": "C-1", "status": "received", "created_at": "2026-11-20T06:00:00Z", "updated_at": "2026-11-21T03:00:00Z",
             "tracking": "JD2", "lines": [{"line": "1", "sku": "A", "quantity": 1, "reason": "too small"}]},
            {"id": "R-2", "order": "C-2", "status": "at_the_florist", "created_at": "2026-11-20T06:00:00Z",
             "updated_at": "2026-11-21T03:00:00Z", "lines": [{"quantity": 2}]},
            {"id": "R-3", "order": "C-3", "status": "open", "created_at": "yesterday", "updated_at": "2026-11-21T03:00:00Z", "lines": []},
        ],
        "next": "more",
        "complete_until": "2026-11-21T03:24:00Z",
    });
    let (world, connection) = offering(&["returns"], page);
    let mut query = ReturnQuery {
        since: now(),
        cursor: None,
    };
    let page = connection.returns().unwrap().page(&query).await.unwrap();
    let read: Vec<_> = page
        .returns
        .iter()
        .map(|r| (r.channel_return_id.as_str(), r.status))
        .collect();
    assert_eq!(read, [("R-1", Some(ReturnStatus::Received)), ("R-2", None)]);
    assert!(page.returns[1].oddities[0].contains("at_the_florist"));
    assert_eq!(page.returns[0].tracking.as_deref(), Some("JD2"));
    assert_eq!(page.unreadable[0].id.as_deref(), Some("R-3"));
    assert!(page.unreadable[0].reason.contains("created_at"));
    query.cursor = page.next;
    connection.returns().unwrap().page(&query).await.unwrap();
    let sent = world.sent.lock().unwrap();
    let last = sent.last().unwrap().uri().query().unwrap().to_owned();
    assert!(last.ends_with("limit=100&cursor=more"), "{last}");
}
