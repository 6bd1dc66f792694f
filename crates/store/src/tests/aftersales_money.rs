//! Refunds, labels and orders to be dispatched.

use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::channel::{Paper, PaperKind};
use stockbridge_domain::order::OrderStatus::Open;

use super::shop::{at, order};
use super::*;
use crate::{AskNote, Asked, NewParcel, NewRefund, PapersError, RefundError};

#[tokio::test]
async fn no_more_goes_back_than_was_paid() {
    for world in worlds().await {
        let account = world.account("one").await;
        let mut snapshot = order("1", Open, 20, &[("A", 4, 0, 0)]);
        snapshot.total = Some(eur(2_500));
        snapshot.lines[0].total = Some(eur(2_000));
        let id = world.import(account, &[snapshot]).await.orders["1"];
        let line = world.ours.order(id).await.unwrap().unwrap().order.lines[0].id;
        let new = |amount: Option<i64>, units: &[i64]| NewRefund {
            order: id,
            amount: amount.map(eur),
            lines: units.iter().map(|units| (line, *units)).collect(),
            pay_out: false,
            note: None,
            actor: "test".to_owned(),
        };
        let make = async |new: NewRefund, own: bool| -> Result<stockbridge_domain::RefundId, RefundError> {
            let mut tx = world.ours.begin().await.unwrap();
            let made = tx.create_refund(&new, own).await?;
            tx.commit().await.unwrap();
            Ok(made)
        };
        let first = make(new(None, &[1]), false).await.unwrap();
        let kept = world.ours.refund(first).await.unwrap().unwrap();
        assert_eq!(kept.amount, eur(500), "{}: its share of the line", world.label);
        let many = make(new(None, &[4]), false).await.unwrap_err();
        assert!(
            matches!(many, RefundError::TooManyUnits { left: 3, .. }),
            "{many}"
        );
        let much = make(new(Some(2_001), &[]), false).await.unwrap_err();
        assert!(matches!(much, RefundError::TooMuch { .. }), "{much}");
        let none = make(new(Some(0), &[]), false).await.unwrap_err();
        assert!(matches!(none, RefundError::Amount(_)), "{none}");
        let rest = make(new(Some(2_000), &[]), true).await.unwrap();
        let rest = world.ours.refund(rest).await.unwrap().unwrap();
        assert_eq!(rest.ask.status, AskStatus::Done);
        let over = make(new(Some(1), &[]), false).await.unwrap_err();
        assert!(matches!(over, RefundError::TooMuch { .. }), "{over}");
        let refused = AskNote::of(AskStatus::Refused, None).saying("no");
        let asked = Asked::Refund(first);
        assert!(world.ours.note_asked(asked, &refused).await.unwrap());
        make(new(Some(500), &[]), false).await.unwrap();
        let mut tx = world.ours.begin().await.unwrap();
        assert!(tx.name_refund(first, "r-1").await.unwrap());
        tx.commit().await.unwrap();
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(!tx.name_refund(first, "r-2").await.unwrap());
        let foreign = tx.create_refund(&new(Some(1), &[]), false).await.unwrap_err();
        assert!(matches!(foreign, RefundError::NoOrder(_)), "{foreign}");
        drop(tx);
        assert_eq!(world.theirs.refund(first).await.unwrap(), None);
        let named = world.ours.refund(first).await.unwrap().unwrap();
        assert_eq!(named.channel_refund_id.as_deref(), Some("r-1"));
        assert_eq!(
            world
                .ours
                .order(id)
                .await
                .unwrap()
                .unwrap()
                .after_sales
                .refunds
                .len(),
            3
        );
    }
}

fn parcel_of(order: OrderId, lines: &[(stockbridge_domain::OrderLineId, i64)]) -> NewParcel {
    NewParcel {
        order,
        parcel: 1,
        lines: lines.to_vec(),
        weight_grams: Some(500),
        size_mm: Some([1, 2, 3]),
        invoice_number: None,
        actor: "test".to_owned(),
    }
}

fn label(text: &'static str) -> Paper {
    Paper {
        kind: PaperKind::Label,
        media_type: "application/pdf".to_owned(),
        bytes: text.into(),
        expires_at: Some(at(60)),
    }
}

#[tokio::test]
async fn papers_are_sealed_replaced_and_forgotten() {
    for world in worlds().await {
        let account = world.account("one").await;
        let open = [order("1", Open, 20, &[("A", 2, 0, 0)])];
        let id = world.import(account, &open).await.orders["1"];
        let mut tx = world.ours.begin().await.unwrap();
        let parcel = tx.want_papers(&parcel_of(id, &[])).await.unwrap();
        tx.keep_papers(parcel, &[label("first")], None).await.unwrap();
        let way = ("Courier".to_owned(), "C1".to_owned());
        tx.keep_papers(parcel, &[label("second")], Some(&way))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let kept = world.ours.parcel(parcel).await.unwrap().unwrap();
        assert_eq!((kept.ask.status, kept.is_awaited()), (AskStatus::Done, false));
        assert_eq!((kept.papers.len(), kept.tracking.as_deref()), (1, Some("C1")));
        let paper = kept.papers[0].id;
        let (record, bytes) = world.ours.paper(paper, "test").await.unwrap().unwrap();
        assert_eq!(
            (bytes.as_slice(), record.size),
            (&b"second"[..], 6),
            "{}",
            world.label
        );
        assert!(world.theirs.paper(paper, "test").await.unwrap().is_none());
        assert_eq!(world.theirs.parcel(parcel).await.unwrap(), None);
        assert_eq!(world.rows("papers").await, 1, "the first is gone");
        let system = world.store.system();
        assert_eq!(system.purge_papers(START, 10).await.unwrap(), 0);
        assert_eq!(system.purge_papers(at(1_000_000), 10).await.unwrap(), 1);
        assert!(world.ours.paper(paper, "test").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn papers_are_wanted_of_units_there_are_by_those_whose_order_it_is() {
    for world in worlds().await {
        let account = world.account("one").await;
        let open = [order("1", Open, 20, &[("A", 2, 0, 0)])];
        let id = world.import(account, &open).await.orders["1"];
        let line = world.ours.order(id).await.unwrap().unwrap().order.lines[0].id;
        let mut tx = world.ours.begin().await.unwrap();
        let odd = tx.want_papers(&parcel_of(id, &[(line, 3)])).await.unwrap_err();
        assert!(matches!(odd, PapersError::NoLine(_)), "{odd}");
        let wanted = parcel_of(id, &[(line, 2)]);
        let parcel = tx.want_papers(&wanted).await.unwrap();
        assert_eq!(
            tx.want_papers(&wanted).await.unwrap(),
            parcel,
            "{}: the same parcel",
            world.label
        );
        tx.commit().await.unwrap();
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(!tx.note_handed_over(parcel, Some(at(70)), None).await.unwrap());
        let foreign = tx.want_papers(&wanted).await.unwrap_err();
        assert!(matches!(foreign, PapersError::NoOrder(_)), "{foreign}");
        drop(tx);
        let mut tx = world.ours.begin().await.unwrap();
        assert!(
            tx.note_handed_over(parcel, Some(at(70)), Some("fine"))
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        let kept = world.ours.parcel(parcel).await.unwrap().unwrap();
        assert_eq!((kept.handed_over_at, kept.lines[0].quantity), (Some(at(70)), 2));
    }
}

#[tokio::test]
async fn orders_are_due_until_something_of_them_has_left() {
    for world in worlds().await {
        let account = world.account("one").await;
        let due = |id: &str, by: i64| {
            let mut one = order(id, Open, 20, &[("A", 1, 0, 0)]);
            one.ship_by = Some(at(by));
            one
        };
        let first = world
            .import(account, &[due("1", 100), due("2", 50), due("3", 900)])
            .await;
        let found = world.ours.orders_due(at(200), 9).await.unwrap();
        let numbers: Vec<&str> = found.iter().map(|o| o.channel_order_id.as_str()).collect();
        assert_eq!(numbers, ["2", "1"], "{}: the most urgent first", world.label);
        assert!(world.theirs.orders_due(at(200), 9).await.unwrap().is_empty());
        let mut tx = world.ours.begin().await.unwrap();
        let parcel = tx.want_papers(&parcel_of(first.orders["2"], &[])).await.unwrap();
        tx.note_handed_over(parcel, Some(at(30)), None).await.unwrap();
        tx.commit().await.unwrap();
        let found = world.ours.orders_due(at(200), 9).await.unwrap();
        assert_eq!(found.len(), 1);
    }
}
