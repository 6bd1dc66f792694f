//! Users, sessions, links and API tokens.

use std::time::Duration;

use stockbridge_domain::tenant::Role;

use super::*;
use crate::{NewSession, TenantError};

#[tokio::test]
async fn people_sign_in_by_address_and_password() {
    for world in worlds().await {
        let (ours, system) = (&world.ours, world.store.system());
        world.later(Duration::from_millis(1));
        let user = ours
            .create_user(" Eve@Ours.Example", Role::Viewer, Some("h1"))
            .await
            .unwrap();
        let taken = world
            .theirs
            .create_user("eve@ours.example", Role::Owner, None)
            .await
            .unwrap_err();
        assert!(
            matches!(taken, TenantError::EmailTaken { .. }),
            "{}: {taken}",
            world.label
        );
        let (tenant, found) = system
            .find_user_by_email("EVE@ours.example ")
            .await
            .unwrap()
            .unwrap();
        assert_eq!((tenant, &found), (ours.id(), &user));
        assert!(ours.set_password(user.id, "h2").await.unwrap());
        assert!(!world.theirs.set_password(user.id, "stolen").await.unwrap());
        let changed = ours.user(user.id).await.unwrap().unwrap();
        assert_eq!(changed.password_hash.as_deref(), Some("h2"));
        assert!(
            !serde_json::to_string(&changed).unwrap().contains("h2"),
            "hashes are not told"
        );
        assert_eq!(world.theirs.user(user.id).await.unwrap(), None);
        let all: Vec<_> = ours.users().await.unwrap().into_iter().map(|u| u.id).collect();
        assert_eq!(all, [world.owner, user.id]);
        assert_eq!(
            system.find_user_by_email("nobody@ours.example").await.unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn sessions_end_by_time_and_by_hand() {
    for world in worlds().await {
        let (ours, system) = (&world.ours, world.store.system());
        let session = |hash: &str| NewSession {
            user: world.owner,
            token_hash: hash.to_owned(),
            csrf: "c".to_owned(),
            expires_at: START.plus(Duration::from_secs(60)),
        };
        assert_eq!(world.theirs.create_session(session("s0")).await.unwrap(), None);
        let first = ours.create_session(session("s1")).await.unwrap().unwrap();
        ours.create_session(session("s2")).await.unwrap().unwrap();
        let (tenant, found) = system.find_session("s1").await.unwrap().unwrap();
        assert_eq!((tenant, found.id, found.role), (ours.id(), first, Role::Owner));
        assert_eq!(
            (found.email.as_str(), found.csrf.as_str()),
            ("owner@ours.example", "c")
        );
        assert!(!world.theirs.end_session(first).await.unwrap());
        assert!(ours.end_session(first).await.unwrap());
        assert_eq!(system.find_session("s1").await.unwrap(), None);
        assert!(system.find_session("s2").await.unwrap().is_some());
        world.later(Duration::from_secs(60));
        assert_eq!(system.find_session("s2").await.unwrap(), None);
        assert_eq!(system.purge_signins().await.unwrap(), 1);
        assert_eq!(system.purge_signins().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_link_signs_in_as_often_as_it_says() {
    for world in worlds().await {
        let (ours, system) = (&world.ours, world.store.system());
        let until = START.plus(Duration::from_secs(60));
        assert!(
            ours.create_signin_link("l1", world.owner, until, 2)
                .await
                .unwrap()
        );
        assert!(
            ours.create_signin_link("l2", world.owner, until, 1)
                .await
                .unwrap()
        );
        assert!(
            !world
                .theirs
                .create_signin_link("l3", world.owner, until, 1)
                .await
                .unwrap()
        );
        for _ in 0..2 {
            let whom = system.take_signin_link("l1").await.unwrap();
            assert_eq!(whom, Some((ours.id(), world.owner)));
        }
        assert_eq!(system.take_signin_link("l1").await.unwrap(), None, "used up");
        world.later(Duration::from_secs(60));
        assert_eq!(system.take_signin_link("l2").await.unwrap(), None, "too late");
        assert_eq!(system.purge_signins().await.unwrap(), 2);
    }
}

#[tokio::test]
async fn tokens_work_until_revoked_or_expired() {
    for world in worlds().await {
        let (ours, system) = (&world.ours, world.store.system());
        let until = START.plus(Duration::from_secs(600));
        let token = ours
            .create_token(" ci ", Role::Operator, None, "t1", "ann")
            .await
            .unwrap();
        world.later(Duration::from_millis(1));
        let short = ours
            .create_token("short", Role::Viewer, Some(until), "t2", "ann")
            .await
            .unwrap();
        assert_eq!(
            system.find_token("t1").await.unwrap(),
            Some((ours.id(), token.clone()))
        );
        assert_eq!(token.name, "ci");

        let used = world.later(Duration::from_secs(1));
        ours.touch_token(&token).await.unwrap();
        world.theirs.touch_token(&short).await.unwrap();
        world.later(Duration::from_secs(30));
        let (_, token) = system.find_token("t1").await.unwrap().unwrap();
        assert_eq!(token.last_used_at, Some(used));
        ours.touch_token(&token).await.unwrap();
        let all = ours.tokens().await.unwrap();
        assert_eq!(all.iter().map(|t| t.id).collect::<Vec<_>>(), [short.id, token.id]);
        assert_eq!(all[1].last_used_at, Some(used), "kept to the minute");
        assert_eq!(all[0].last_used_at, None, "another tenant touches nothing");
        assert_eq!(world.theirs.tokens().await.unwrap(), []);

        assert!(!world.theirs.revoke_token(token.id, "ann").await.unwrap());
        assert!(ours.revoke_token(token.id, "ann").await.unwrap());
        assert!(!ours.revoke_token(token.id, "ann").await.unwrap());
        assert_eq!(system.find_token("t1").await.unwrap(), None);
        assert!(system.find_token("t2").await.unwrap().is_some());
        world.later(Duration::from_secs(600));
        assert_eq!(system.find_token("t2").await.unwrap(), None);
    }
}
