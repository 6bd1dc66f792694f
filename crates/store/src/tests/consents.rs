//! Sign-ins at channels: taken once, in time, on their channel; what was typed stays sealed.

use std::time::Duration;

use stockbridge_domain::channel::SecretText;

use super::*;
use crate::NewConsent;

fn consent(state: &str, until: Timestamp) -> NewConsent {
    NewConsent {
        state_hash: format!("hash-of-{state}"),
        channel: "shop".to_owned(),
        actor: "user:usr_1".to_owned(),
        draft: SecretText::new(r#"{"name":"hush"}"#),
        expires_at: until,
    }
}

#[tokio::test]
async fn a_sign_in_is_taken_once_in_time_and_on_its_channel() {
    for world in worlds().await {
        let ours = &world.ours;
        let system = world.store.system();
        let until = world.clock.env().now().plus(Duration::from_secs(600));
        let mut tx = ours.begin().await.unwrap();
        for state in ["one", "two"] {
            tx.begin_consent(consent(state, until)).await.unwrap();
        }
        assert!(
            tx.begin_consent(consent("one", until)).await.is_err(),
            "a state names one"
        );
        drop(tx);
        let mut tx = ours.begin().await.unwrap();
        for state in ["one", "two"] {
            tx.begin_consent(consent(state, until)).await.unwrap();
        }
        let sql = "SELECT draft FROM consents WHERE tenant_id = $1 AND state_hash = 'hash-of-one'";
        let row = tx.tx.query_one(sql, &[ours.key()]).await.unwrap();
        assert!(!row.bytes(0).unwrap().windows(4).any(|part| part == b"hush"));
        tx.commit().await.unwrap();

        assert!(
            system
                .take_consent("other", "hash-of-one")
                .await
                .unwrap()
                .is_none()
        );
        let taken = system.take_consent("shop", "hash-of-one").await.unwrap().unwrap();
        assert_eq!((taken.tenant, taken.actor.as_str()), (ours.id(), "user:usr_1"));
        assert_eq!(taken.draft.expose(), r#"{"name":"hush"}"#);
        assert!(
            system
                .take_consent("shop", "hash-of-one")
                .await
                .unwrap()
                .is_none(),
            "once"
        );

        world.clock.advance(Duration::from_secs(600));
        assert!(
            system
                .take_consent("shop", "hash-of-two")
                .await
                .unwrap()
                .is_none(),
            "too late"
        );
        assert_eq!(system.purge_consents().await.unwrap(), 2);
        assert_eq!(system.purge_consents().await.unwrap(), 0);
    }
}
