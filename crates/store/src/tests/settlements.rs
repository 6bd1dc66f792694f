//! What channels paid: kept once, compared with its lines and with the transactions that name it.

use stockbridge_domain::channel::{
    MoneyEvent, MoneyState, MoneyTransaction, Settlement, SettlementLine, SettlementVerdict,
};

use super::*;
use crate::{SettlementFilter, StoreError};

fn paid(id: &str, total: i64, lines: &[i64]) -> Settlement {
    let line = |amount: &i64| SettlementLine {
        told: "Order".to_owned(),
        amount_told: "ItemPrice / Principal".to_owned(),
        channel_order_id: Some("1".to_owned()),
        sku: Some("A".to_owned()),
        amount: eur(*amount),
    };
    Settlement {
        id: id.to_owned(),
        from: START,
        to: START.plus(Duration::from_secs(60)),
        deposited_at: None,
        total: eur(total),
        lines: lines.iter().map(line).collect(),
    }
}

fn promised(id: &str, settlement: &str, event: MoneyEvent, total: i64) -> MoneyTransaction {
    MoneyTransaction {
        id: id.to_owned(),
        posted_at: START,
        event,
        told: String::new(),
        description: String::new(),
        state: MoneyState::Released,
        state_told: String::new(),
        channel_order_id: None,
        settlement: Some(settlement.to_owned()),
        marketplace: None,
        total: eur(total),
        parts: Vec::new(),
    }
}

#[tokio::test]
async fn what_was_paid_is_compared_with_its_lines_and_with_what_was_promised() {
    use SettlementVerdict as V;
    for world in worlds().await {
        let account = world.account("one").await;
        let mut tx = world.ours.begin().await.unwrap();
        let all = [
            promised("t1", "s1", MoneyEvent::Sale, 120),
            promised("t2", "s1", MoneyEvent::Fee, -20),
            promised("t3", "s1", MoneyEvent::Payout, -100),
            promised("t4", "s2", MoneyEvent::Sale, 5),
        ];
        tx.upsert_money(account, &all, START).await.unwrap();
        for settlement in [
            paid("s1", 100, &[1]),
            paid("s1", 100, &[120, -20]),
            paid("s2", 7, &[7]),
            paid("s3", 7, &[8]),
            paid("s4", 7, &[7]),
        ] {
            let reference = format!("d-{}", settlement.id);
            tx.upsert_settlement(account, &reference, &settlement, START)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let ours = &world.ours;
        let filter = SettlementFilter {
            account: Some(account),
        };
        let found = walk!(async |query: PageQuery| ours.settlements(&filter, &query).await);
        let seen: Vec<_> = found
            .iter()
            .map(|s| (s.id.as_str(), s.verdict, s.lines))
            .collect();
        let told = [
            ("s4", V::Unmatched, 1),
            ("s3", V::Unsound, 1),
            ("s2", V::Differs, 1),
            ("s1", V::Agrees, 2),
        ];
        assert_eq!(seen, told, "{}", world.label);
        assert_eq!(found[2].expected, Some(eur(5)));
        let known = ours.settlement_references(account).await.unwrap();
        assert_eq!(
            known.into_iter().collect::<Vec<_>>(),
            ["d-s1", "d-s2", "d-s3", "d-s4"]
        );
        let base = SettlementFilter::default();
        let theirs = world
            .theirs
            .settlements(&base, &PageQuery::default())
            .await
            .unwrap();
        assert!(theirs.items.is_empty());
        assert!(
            world
                .theirs
                .settlement_references(account)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(matches!(
            ours.settlements(&base, &bad_cursor()).await,
            Err(StoreError::BadCursor)
        ));
    }
}
