//! Test connection and listings.

use serde_json::json;
use stockbridge_domain::channel::Fault;
use stockbridge_domain::listing::ListingStatus;

use crate::side::{Side, listing};

pub async fn probed(side: &Side) {
    let health = side.connect().probe().await.unwrap();
    assert_eq!(health.summary, "Signed in at Medusa Store, 2 stock locations.");
    assert_eq!(health.warnings.len(), 1, "{health:?}");
    assert!(
        health.warnings[0].contains("`Attic`") && health.warnings[0].contains("not linked"),
        "{health:?}"
    );
    let options = json!({"currency": "CHF", "sales_channel": "sc_other"});
    let stranger = side.connect_with("sk_00000000000000000000000000000000", &options);
    let error = stranger.probe().await.unwrap_err();
    assert_eq!(error.fault, Fault::Credentials, "{error}");
    if !side.is_real() {
        let mistaken = side.connect_with("sk_0123456789abcdef0123456789abcdef", &options);
        let warnings = mistaken.probe().await.unwrap().warnings.join("\n");
        assert!(
            warnings.contains("does not sell in CHF") && warnings.contains("sc_other"),
            "{warnings}"
        );
    }
}

pub async fn shown(side: &Side) {
    let connection = side.connect();
    let page = connection.listings().unwrap().page(None).await.unwrap();
    assert_eq!(page.next, None);
    assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
    for name in ["BOWL", "MUG-BLUE", "MUG-RED", "MUG-SPARE", "DIGITAL"] {
        assert!(
            page.listings.iter().any(|l| l.sku.as_str() == name),
            "{name}: {page:?}"
        );
    }
    let pattern = listing(&*connection, "DIGITAL").await;
    assert_eq!((pattern.quantity, pattern.status), (None, ListingStatus::Active));
    assert!(pattern.issues[0].contains("manage_inventory"), "{pattern:?}");
    if side.is_real() {
        let kit = listing(&*connection, "SET").await;
        assert_eq!(kit.quantity, None);
        assert!(kit.issues[0].contains("a kit of 2 inventory items"), "{kit:?}");
    }
    let unknown = stockbridge_domain::channel::ListingKey {
        sku: crate::side::sku("NO-SUCH"),
        handle: None,
    };
    assert!(
        connection
            .listings()
            .unwrap()
            .read(&[unknown])
            .await
            .unwrap()
            .is_empty()
    );
}
