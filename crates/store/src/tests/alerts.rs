//! Alerts.

use std::time::Duration;

use super::*;
use crate::{AlertCounts, AlertFilter, AlertState, NewAlert, Severity, StoreError};

fn alert(key: &str, severity: Severity) -> NewAlert {
    NewAlert {
        kind: "stock.oversold",
        severity,
        dedupe_key: key.to_owned(),
        account: None,
        subject: Some("prd_1".to_owned()),
        title: format!("{key} is short"),
        detail: "Count the shelf.".to_owned(),
    }
}

#[tokio::test]
async fn an_alert_counts_up_and_opens_again() {
    for world in worlds().await {
        let ours = &world.ours;
        let first = ours.raise_alert(alert("k", Severity::Warning)).await.unwrap();
        let second_at = world.later(Duration::from_secs(9));
        let second = ours.raise_alert(alert("k", Severity::Critical)).await.unwrap();
        assert_eq!(
            (first.fresh, second.fresh, first.id),
            (true, false, second.id),
            "{}",
            world.label
        );
        let found = ours.alert(first.id).await.unwrap().unwrap();
        assert_eq!((found.times, found.severity), (2, Severity::Critical));
        assert_eq!((found.first_at, found.last_at), (START, second_at));
        let theirs = world
            .theirs
            .raise_alert(alert("k", Severity::Info))
            .await
            .unwrap();
        assert_ne!(theirs.id, first.id);
        assert_eq!(world.theirs.alert(first.id).await.unwrap(), None);

        assert!(ours.resolve_alert("k").await.unwrap());
        assert!(!ours.resolve_alert("k").await.unwrap());
        let left = world.theirs.alert(theirs.id).await.unwrap().unwrap();
        assert_eq!(left.state, AlertState::Open, "another tenant's stays open");
        let again = ours.raise_alert(alert("k", Severity::Warning)).await.unwrap();
        assert_eq!((again.id, again.fresh), (first.id, true));
        let found = ours.alert(first.id).await.unwrap().unwrap();
        assert_eq!((found.times, found.state), (1, AlertState::Open));
    }
}

#[tokio::test]
async fn people_acknowledge_and_snooze() {
    for world in worlds().await {
        let ours = &world.ours;
        let a = ours.raise_alert(alert("a", Severity::Critical)).await.unwrap().id;
        let b = ours.raise_alert(alert("b", Severity::Warning)).await.unwrap().id;
        let until = START.plus(Duration::from_secs(60));
        assert!(
            ours.set_alert_state(a, AlertState::Acknowledged, Some(until), "ann")
                .await
                .unwrap()
        );
        assert!(
            ours.set_alert_state(b, AlertState::Snoozed, Some(until), "ann")
                .await
                .unwrap()
        );
        assert!(
            !world
                .theirs
                .set_alert_state(a, AlertState::Resolved, None, "ann")
                .await
                .unwrap()
        );
        let noted = ours.audit_log(&PageQuery::default()).await.unwrap().items;
        let noted: Vec<_> = noted
            .iter()
            .map(|e| (e.actor.as_str(), e.detail.as_str()))
            .collect();
        assert_eq!(noted, [("ann", "snoozed"), ("ann", "acknowledged")]);
        let raised = ours.raise_alert(alert("a", Severity::Critical)).await.unwrap();
        assert!(!raised.fresh);
        let found = ours.alert(a).await.unwrap().unwrap();
        assert_eq!(
            (found.state, found.snoozed_until),
            (AlertState::Acknowledged, None)
        );
        assert_eq!(ours.alert_counts().await.unwrap(), AlertCounts::default());
        let snoozed = AlertFilter {
            state: Some(AlertState::Snoozed),
            ..AlertFilter::default()
        };
        let list = ours.alerts(&snoozed, &PageQuery::default()).await.unwrap();
        assert_eq!(list.items.iter().map(|alert| alert.id).collect::<Vec<_>>(), [b]);
        world.later(Duration::from_secs(60));
        assert_eq!(
            ours.alert_counts().await.unwrap().warning,
            1,
            "{}: time is up",
            world.label
        );
        assert_eq!(
            ours.alerts(&snoozed, &PageQuery::default()).await.unwrap().items,
            []
        );
    }
}

#[tokio::test]
async fn alerts_are_listed_and_counted() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        for (i, severity) in Severity::ALL.iter().cycle().take(7).enumerate() {
            if i % 2 == 0 {
                world.later(Duration::from_secs(1));
            }
            let mut new = alert(&format!("k{i}"), *severity);
            new.account = (i == 6).then_some(account);
            ours.raise_alert(new).await.unwrap();
        }
        let all = walk!(async |query: PageQuery| ours.alerts(&AlertFilter::default(), &query).await);
        assert_eq!(all.len(), 7, "{}", world.label);
        assert!(
            all.windows(2)
                .all(|w| (w[0].last_at, w[0].id) > (w[1].last_at, w[1].id))
        );
        let counts = AlertCounts {
            critical: 2,
            warning: 2,
            info: 3,
        };
        assert_eq!(ours.alert_counts().await.unwrap(), counts);
        assert_eq!(world.theirs.alert_counts().await.unwrap(), AlertCounts::default());
        let filter = AlertFilter {
            state: Some(AlertState::Open),
            severity: Some(Severity::Info),
            account: Some(account),
        };
        let found = ours.alerts(&filter, &PageQuery::default()).await.unwrap().items;
        assert_eq!(
            found.iter().map(|alert| alert.title.as_str()).collect::<Vec<_>>(),
            ["k6 is short"]
        );
        assert_eq!(
            world
                .theirs
                .alerts(&AlertFilter::default(), &PageQuery::default())
                .await
                .unwrap()
                .items,
            []
        );
        let bad = ours.alerts(&filter, &bad_cursor()).await;
        assert!(matches!(bad, Err(StoreError::BadCursor)));
    }
}

#[tokio::test]
async fn alerts_of_a_kind_are_brought_in_line_with_what_is() {
    for world in worlds().await {
        let ours = &world.ours;
        for key in ["a", "b"] {
            ours.raise_alert(alert(key, Severity::Info)).await.unwrap();
            world
                .theirs
                .raise_alert(alert(key, Severity::Info))
                .await
                .unwrap();
        }
        let kind = alert("a", Severity::Info).kind;
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(tx.resolve_alerts_except("another.kind", vec![]).await.unwrap(), 0);
        assert_eq!(
            tx.resolve_alerts_except(kind, vec!["a".to_owned()])
                .await
                .unwrap(),
            1,
            "{}",
            world.label
        );
        assert_eq!(
            tx.resolve_alerts_except(kind, vec!["a".to_owned()])
                .await
                .unwrap(),
            0
        );
        tx.commit().await.unwrap();
        assert_eq!(ours.alert_counts().await.unwrap().info, 1);
        assert_eq!(world.theirs.alert_counts().await.unwrap().info, 2);
    }
}
