//! Reports: wanted, followed, kept in sealed parts, forgotten.

use stockbridge_domain::report::ReportState;

use super::shop::at;
use super::*;
use crate::{NewReport, ReportFileFacts, ReportFilter, ReportNote, ReportPart, StoreError};

fn wish(account: AccountId, kind: &str) -> NewReport {
    NewReport {
        account,
        kind: kind.to_owned(),
        marketplace: Some("DE".to_owned()),
        from: Some(START),
        to: None,
        actor: "test".to_owned(),
    }
}

fn part(first_line: i64, text: &str) -> ReportPart {
    ReportPart {
        first_line,
        lines: i64::try_from(text.lines().count()).unwrap(),
        bytes: text.as_bytes().to_vec(),
    }
}

#[tokio::test]
async fn a_report_is_followed_until_it_is_over() {
    for world in worlds().await {
        let account = world.account("one").await;
        let ours = &world.ours;
        let mut tx = ours.begin().await.unwrap();
        let (one, two) = (
            tx.want_report(&wish(account, "LISTINGS")).await.unwrap(),
            tx.want_report(&wish(account, "ORDERS")).await.unwrap(),
        );
        let note = ReportNote {
            state: Some(ReportState::Making),
            told: Some("IN_QUEUE".to_owned()),
            channel_report_id: Some("77".to_owned()),
            asked_at: Some(START),
            ..ReportNote::default()
        };
        assert!(tx.note_report(one, &note).await.unwrap());
        let failed = ReportNote {
            state: Some(ReportState::Failed),
            problem: Some("no role".to_owned()),
            ..ReportNote::default()
        };
        assert!(tx.note_report(two, &failed).await.unwrap());
        assert!(!tx.note_report(two, &note).await.unwrap(), "it is over");
        let facts = ReportFileFacts {
            media_type: Some("text/plain".to_owned()),
            bytes: 9,
            lines: 3,
            odd_lines: 1,
        };
        assert!(
            !tx.finish_report(two, &facts, ReportState::Done, None)
                .await
                .unwrap(),
            "it is over"
        );
        assert!(
            tx.finish_report(one, &facts, ReportState::Done, Some("one line is odd"))
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();

        let found = ours.report(one).await.unwrap().unwrap();
        assert_eq!(
            (found.state, found.told.as_deref()),
            (ReportState::Done, Some("IN_QUEUE"))
        );
        assert_eq!((found.bytes, found.lines, found.odd_lines), (9, 3, 1));
        assert_eq!(found.marketplace.as_deref(), Some("DE"));
        assert!(found.finished_at.is_some() && found.from == Some(START));
        let all = ReportFilter::default();
        let seen = walk!(async |query: PageQuery| ours.reports(&all, &query).await);
        let ids: Vec<_> = seen.iter().map(|r| r.id).collect();
        // Both were wanted at once, so which is the latest is chance.
        assert_eq!(ids, [one.max(two), one.min(two)], "{}", world.label);
        let orders = ReportFilter {
            account: Some(account),
            kind: Some("ORDERS".to_owned()),
        };
        let seen = ours.reports(&orders, &PageQuery::default()).await.unwrap();
        assert_eq!(seen.items.len(), 1);
        let base = PageQuery::default();
        assert!(world.theirs.reports(&all, &base).await.unwrap().items.is_empty());
        assert!(world.theirs.report(one).await.unwrap().is_none());
        assert!(matches!(
            ours.reports(&all, &bad_cursor()).await,
            Err(StoreError::BadCursor)
        ));
    }
}

#[tokio::test]
async fn a_file_is_kept_sealed_in_parts_and_forgotten_with_its_report() {
    for world in worlds().await {
        let account = world.account("one").await;
        let ours = &world.ours;
        let mut tx = ours.begin().await.unwrap();
        let id = tx.want_report(&wish(account, "LISTINGS")).await.unwrap();
        tx.keep_report_part(id, &part(0, "gone\n")).await.unwrap();
        tx.drop_report_parts(id).await.unwrap();
        let (first, second) = (part(0, "sku\tquantity\nA\t1\n"), part(2, "B\t2\nC\t3\n"));
        for part in [&first, &second] {
            tx.keep_report_part(id, part).await.unwrap();
        }
        tx.commit().await.unwrap();
        for (line, wanted) in [
            (0, Some(&first)),
            (1, Some(&first)),
            (3, Some(&second)),
            (4, None),
        ] {
            let found = ours.report_part(id, line).await.unwrap();
            assert_eq!(found.as_ref(), wanted, "{} line {line}", world.label);
        }
        assert!(world.theirs.report_part(id, 0).await.unwrap().is_none());
        let system = world.store.system();
        assert_eq!(system.purge_reports(START, 10).await.unwrap(), 0);
        assert_eq!(system.purge_reports(at(1_000_000), 10).await.unwrap(), 1);
        assert!(ours.report_part(id, 0).await.unwrap().is_none());
        assert_eq!(world.rows("report_parts").await, 0);
    }
}
