//! How stock is shared out.

use stockbridge_domain::allocation::{BasisPoints, Buffer};

use super::*;
use crate::PolicyError;

#[tokio::test]
async fn shares_add_up_to_all_at_most() {
    for world in worlds().await {
        let ours = &world.ours;
        let (one, two) = (world.account("one").await, world.account("two").await);
        ours.set_share(one, Some(BasisPoints(6_000))).await.unwrap();
        ours.set_share(two, Some(BasisPoints(4_000))).await.unwrap();
        let error = ours.set_share(two, Some(BasisPoints(4_001))).await.unwrap_err();
        assert!(
            matches!(error, PolicyError::MoreThanAll { sum: 10_001 }),
            "{error}"
        );
        assert!(error.to_string().contains("100.01 percent"), "{error}");
        ours.set_share(one, Some(BasisPoints(5_000))).await.unwrap();
        ours.set_share(two, None).await.unwrap();
        let policy = ours.policy().await.unwrap();
        assert_eq!(
            policy.shares,
            BTreeMap::from([(one, BasisPoints(5_000))]),
            "{}",
            world.label
        );
        let foreign = world
            .theirs
            .set_share(one, Some(BasisPoints(1)))
            .await
            .unwrap_err();
        assert!(matches!(foreign, PolicyError::UnknownAccount(id) if id == one));
        assert_eq!(world.theirs.policy().await.unwrap(), crate::Policy::default());
    }
}

#[tokio::test]
async fn a_new_buffer_has_every_offer_computed_anew() {
    for world in worlds().await {
        let ours = &world.ours;
        world.products(&["A", "B"]).await;
        let buffer = Buffer {
            units: 2,
            part: BasisPoints(500),
        };
        ours.set_buffer(buffer).await.unwrap();
        ours.set_buffer(buffer).await.unwrap();
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(tx.policy().await.unwrap().buffer, buffer);
        tx.mark_all_dirty(None, "test").await.unwrap();
        let sql = "SELECT cause FROM dirty_products WHERE tenant_id = $1";
        let causes = tx.tx.query(sql, &[ours.key()]).await.unwrap();
        assert_eq!(causes.len(), 2, "{}", world.label);
        assert_eq!(causes[0].text(0).unwrap(), "policy", "the first cause stays");
        drop(tx);
        let part = BasisPoints(10_001);
        let too_much = ours.set_buffer(Buffer { part, ..buffer }).await;
        assert!(matches!(too_much, Err(PolicyError::BufferMoreThanAll)));
        let too_little = ours.set_buffer(Buffer { units: -1, ..buffer }).await;
        assert!(matches!(too_little, Err(PolicyError::BufferNegative)));
        assert_eq!(ours.policy().await.unwrap().buffer, buffer);
        assert_eq!(world.theirs.policy().await.unwrap().buffer, Buffer::default());
    }
}
