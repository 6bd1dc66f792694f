//! Answers that are none: firewalls, notices of PHP, caches, gateways, refusals.

use stockbridge_domain::channel::{ChannelError, Fault};

use super::*;
use crate::testing::answer;

async fn read(status: u16, text: &'static str) -> ChannelError {
    let bench = Bench {
        world: World::new(move |_| answer(status, text)),
        ..selling(vec![])
    };
    bench
        .open()
        .orders()
        .unwrap()
        .page(&query(None))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn errors_say_what_happens_next() {
    let json = r#"{"code":"some_code","message":"because","data":{"status":400}}"#;
    for (status, text, fault, hint) in [
        (401, json, Fault::Credentials, "Read/Write"),
        (403, json, Fault::Forbidden, "shop manager"),
        (403, "<html>", Fault::Unavailable, "firewall"),
        (406, "<html>", Fault::Unavailable, "firewall"),
        (404, json, Fault::NotFound, "because"),
        (404, "<html>", Fault::Contract, "Permalinks"),
        (
            404,
            r#"{"code":"rest_no_route","message":"none"}"#,
            Fault::Contract,
            "rest_route",
        ),
        (400, json, Fault::Rejected, "because"),
        (
            400,
            r#"{"code":"woocommerce_rest_product_invalid_id","message":"Invalid ID."}"#,
            Fault::NotFound,
            "Invalid ID",
        ),
        (409, json, Fault::Conflict, "because"),
        (410, json, Fault::NotFound, "because"),
        (422, json, Fault::Rejected, "because"),
        (423, json, Fault::Unavailable, "busy"),
        (500, json, Fault::Unavailable, "because"),
        (503, "<html>", Fault::Unavailable, "status 503"),
        (520, "<html>", Fault::Unavailable, "status 520"),
        (301, "", Fault::Contract, "www"),
        (
            200,
            "<html>log in</html>",
            Fault::Unavailable,
            "page instead of data",
        ),
        (200, r#"[{"id":1"#, Fault::Unavailable, "cut off"),
        (200, r#"{"orders":1}"#, Fault::Contract, "not as documented"),
        (
            200,
            r#"{"code":"rest_forbidden","message":"no","data":{"status":401}}"#,
            Fault::Credentials,
            "keys",
        ),
        (
            200,
            "<b>Notice</b>: Undefined index in /srv/x.php [] <br>\n[]",
            Fault::Contract,
            "WP_DEBUG_DISPLAY",
        ),
        (200, "\u{feff}[]", Fault::Contract, "byte order mark"),
    ] {
        let error = read(status, text).await;
        assert_eq!(error.fault, fault, "{status} {text}: {error}");
        assert!(error.message.contains(hint), "{status} {text}: {error}");
    }
}

#[tokio::test]
async fn the_shop_behind_a_firewall_a_cache_or_a_broken_plugin_is_told_clearly() {
    let bench = selling(vec![]);
    let connection = bench.open();
    let page = async || connection.orders().unwrap().page(&query(None)).await;
    bench.shop.firewall_next(1);
    assert_eq!(page().await.unwrap_err().fault, Fault::Unavailable);
    bench.shop.print_notices(1);
    let error = page().await.unwrap_err();
    assert!(
        error.fault == Fault::Contract && error.message.contains("Deprecated"),
        "{error}"
    );
    bench.shop.cache(Some(40));
    let error = page().await.unwrap_err();
    assert!(
        error.fault == Fault::Unavailable && error.message.contains("exclude /wp-json/"),
        "{error}"
    );
    bench.shop.cache(Some(0));
    page().await.unwrap();
    bench.shop.revoke();
    assert_eq!(page().await.unwrap_err().fault, Fault::Credentials);
}

#[tokio::test]
async fn one_unreadable_order_does_not_take_the_others_with_it() {
    let text = r#"[{"id":5,"status":"processing","line_items":[{"quantity":1}]},{"id":6,"status":"processing","currency":"EUR",
        "date_created_gmt":"2026-11-21T03:00:00","date_modified_gmt":"2026-11-21T03:00:00","total":"1.239","line_items":[],"refunds":[]}]"#;
    let bench = Bench {
        world: World::new(move |_| answer(200, text)),
        ..selling(vec![])
    };
    let page = bench.open().orders().unwrap().page(&query(None)).await.unwrap();
    assert_eq!(
        (page.unreadable[0].id.as_deref(), page.orders.len()),
        (Some("5"), 1)
    );
    assert!(
        page.orders[0].total.is_none() && page.orders[0].oddities[0].contains("total"),
        "money is not rounded"
    );
    assert_eq!(page.complete_until, None, "no clock, no word");
}
