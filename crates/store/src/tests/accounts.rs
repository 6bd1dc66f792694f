//! Accounts: connecting, secrets, status and health.

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::channel::{SecretText, Turn};

use super::*;
use crate::{AccountChange, AccountStatus, ConnectError};

#[tokio::test]
async fn one_seller_is_connected_once_and_comes_back_with_its_history() {
    for world in worlds().await {
        let ours = &world.ours;
        let first = ours.create_account(new_account("de")).await.unwrap();
        let twice = ours.create_account(new_account("de")).await.unwrap_err();
        let ConnectError::AlreadyConnected { id, name } = &twice else {
            panic!("{}: {twice}", world.label)
        };
        assert_eq!((id, name.as_str()), (&first.id, "de"));
        assert!(twice.to_string().contains(&first.id.to_string()));
        let other = world.theirs.create_account(new_account("de")).await.unwrap();
        assert_ne!(other.id, first.id, "tenants do not stand in each other's way");

        let mut tx = ours.begin().await.unwrap();
        let until = START.plus(Duration::from_secs(500));
        tx.set_orders_complete_until(first.id, until).await.unwrap();
        tx.set_orders_complete_until(first.id, START).await.unwrap();
        assert!(tx.disconnect_account(first.id).await.unwrap());
        assert!(!tx.disconnect_account(other.id).await.unwrap());
        tx.commit().await.unwrap();
        let gone = ours.account(first.id).await.unwrap().unwrap();
        assert_eq!(
            (gone.status, gone.orders_complete_until),
            (AccountStatus::Disconnected, until)
        );
        assert_eq!(ours.credentials(first.id).await.unwrap(), Some(BTreeMap::new()));

        let mut again = new_account("de");
        again.name = "Germany".to_owned();
        again.credentials = secrets("new");
        let back = ours.create_account(again).await.unwrap();
        assert_eq!((back.id, back.status), (first.id, AccountStatus::Active));
        assert_eq!(
            (back.name.as_str(), back.orders_complete_until),
            ("Germany", until)
        );
        assert_eq!(ours.credentials(back.id).await.unwrap(), Some(secrets("new")));
        assert_eq!(ours.accounts().await.unwrap(), [back]);
    }
}

#[tokio::test]
async fn secrets_are_sealed_and_open_for_their_account_alone() {
    for world in worlds().await {
        let ours = &world.ours;
        let (one, two) = (world.account("one").await, world.account("two").await);
        let (record, config) = ours.account_config(one).await.unwrap().unwrap();
        assert_eq!(config.credentials, secrets("hush"));
        assert_eq!(config.checked.external_id, "seller-one");
        assert_eq!(
            (&config.endpoints, &config.options),
            (&record.endpoints, &record.options)
        );
        assert!(world.theirs.account_config(one).await.unwrap().is_none());
        assert_eq!(world.theirs.credentials(one).await.unwrap(), None);

        let mut tx = ours.begin().await.unwrap();
        let sql = "SELECT credentials FROM accounts WHERE tenant_id = $1 AND id = $2";
        let row = tx.tx.query_one(sql, &[ours.key(), one.into()]).await.unwrap();
        let sealed = row.bytes(0).unwrap().to_vec();
        assert!(!sealed.windows(4).any(|part| part == b"hush"), "{}", world.label);
        let sql = "UPDATE accounts SET credentials = $3 WHERE tenant_id = $1 AND id = $2";
        tx.tx
            .exec(sql, &[ours.key(), two.into(), sealed.into()])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let message = ours.credentials(two).await.unwrap_err().to_string();
        assert!(
            message.contains(&two.to_string()),
            "copied secrets do not open: {message}"
        );
    }
}

#[tokio::test]
async fn settings_change_one_by_one() {
    for world in worlds().await {
        let ours = &world.ours;
        let id = world.account("in").await;
        let before = ours.account(id).await.unwrap().unwrap();
        let later = world.later(Duration::from_secs(5));
        let change = AccountChange {
            name: Some(" India ".to_owned()),
            options: Some(BTreeMap::new()),
            ..AccountChange::default()
        };
        assert!(ours.update_account(id, change.clone()).await.unwrap());
        assert!(!world.theirs.update_account(id, change).await.unwrap());
        let mut tx = ours.begin().await.unwrap();
        let after = tx.account(id).await.unwrap().unwrap();
        drop(tx);
        assert_eq!((after.name.as_str(), after.updated_at), ("India", later));
        assert_eq!((&after.endpoints, after.options.len()), (&before.endpoints, 0));
        assert_eq!(ours.credentials(id).await.unwrap(), Some(secrets("hush")));
        let change = AccountChange {
            credentials: Some(secrets("fresh")),
            endpoints: Some(BTreeMap::new()),
            ..AccountChange::default()
        };
        assert!(ours.update_account(id, change).await.unwrap());
        assert_eq!(ours.credentials(id).await.unwrap(), Some(secrets("fresh")));
        assert!(ours.account(id).await.unwrap().unwrap().endpoints.is_empty());
    }
}

#[tokio::test]
async fn health_counts_failures_in_a_row() {
    for world in worlds().await {
        let ours = &world.ours;
        let id = world.account("in").await;
        ours.note_ok(id).await.unwrap();
        assert_eq!(ours.note_error(id, "down").await.unwrap(), 1);
        assert_eq!(ours.note_error(id, "still down").await.unwrap(), 2);
        assert_eq!(world.theirs.note_error(id, "not mine").await.unwrap(), 0);
        let account = ours.account(id).await.unwrap().unwrap();
        assert_eq!(
            (account.error_streak, account.last_error.as_deref()),
            (2, Some("still down"))
        );
        let ok = world.later(Duration::from_secs(1));
        ours.note_ok(id).await.unwrap();
        world.later(Duration::from_secs(1));
        ours.note_ok(id).await.unwrap();
        world.theirs.note_ok(id).await.unwrap();
        let account = ours.account(id).await.unwrap().unwrap();
        assert_eq!(
            (account.error_streak, account.last_ok_at),
            (0, Some(ok)),
            "{}",
            world.label
        );

        let status = AccountStatus::NeedsReauthorisation;
        assert!(
            ours.set_account_status(id, status, Some("token revoked"))
                .await
                .unwrap()
        );
        assert!(
            !world
                .theirs
                .set_account_status(id, AccountStatus::Paused, None)
                .await
                .unwrap()
        );
        let account = ours.account(id).await.unwrap().unwrap();
        assert_eq!(
            (account.status, account.status_reason.as_deref()),
            (status, Some("token revoked"))
        );
    }
}

#[tokio::test]
async fn a_secret_that_may_be_used_once_is_exchanged_by_one_process_at_a_time() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("one").await;
        let hush = SecretText::new("hush");
        let turn = |seen: &'static str| async move {
            let seen = SecretText::new(seen);
            ours.take_renewal_turn(account, "refresh_token", Some(&seen))
                .await
                .unwrap()
        };
        assert!(
            world
                .theirs
                .take_renewal_turn(account, "refresh_token", Some(&hush))
                .await
                .is_err()
        );
        let Turn::Yours(kept) = turn("hush").await else {
            panic!("{}: nobody else is at it", world.label)
        };
        assert_eq!(kept.get("refresh_token"), Some(&hush));
        assert!(matches!(turn("hush").await, Turn::Busy(at) if at > world.clock.env().now()));
        assert!(matches!(turn("older").await, Turn::Done(kept) if kept.get("refresh_token") == Some(&hush)));

        let fresh = secrets("new");
        assert!(world.theirs.keep_renewed(account, fresh.clone()).await.is_err());
        ours.keep_renewed(account, fresh).await.unwrap();
        assert!(
            matches!(turn("hush").await, Turn::Done(kept) if kept.get("refresh_token").unwrap().expose() == "new")
        );
        let (_, config) = ours.account_config(account).await.unwrap().unwrap();
        assert_eq!(config.webhook_key.expose().len(), 48, "what is not renewed stays");

        // A process that died in its turn does not keep the others out for ever.
        assert!(matches!(turn("new").await, Turn::Yours(_)));
        world.clock.advance(Duration::from_secs(31));
        assert!(matches!(turn("new").await, Turn::Yours(_)));
        let mut tx = ours.begin().await.unwrap();
        tx.disconnect_account(account).await.unwrap();
        tx.commit().await.unwrap();
        let late = secrets("late");
        ours.keep_renewed(account, late).await.unwrap();
        assert_eq!(ours.credentials(account).await.unwrap(), Some(BTreeMap::new()));
    }
}
