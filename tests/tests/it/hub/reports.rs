//! Reports: asked for, waited for, taken in, told apart.

use stockbridge_domain::channel::DataKind;
use stockbridge_domain::report::ReportState;
use stockbridge_domain::{AccountId, ReportId, Timestamp};
use stockbridge_engine::{Caller, Refusal, ReportRequest};
use stockbridge_sim::{BuyOptions, Fault};
use stockbridge_store::{AlertFilter, AlertState, PageQuery, ReportFilter, ReportRecord};

use super::harness::{GERMANY, World, seller};

const LISTINGS: &str = "GET_MERCHANT_LISTINGS_ALL_DATA";
const ORDERS: &str = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL";
const RETURNS: &str = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA";

fn of(kind: &str) -> ReportRequest {
    ReportRequest {
        kind: kind.to_owned(),
        ..ReportRequest::default()
    }
}

async fn asked(world: &World, account: AccountId, kind: &str) -> ReportId {
    let report = world.hub.request_report(&world.caller, account, &of(kind)).await;
    report.expect("asked for").id
}

/// The report, once it is over.
async fn over(world: &World, id: ReportId) -> ReportRecord {
    for _ in 0..40 {
        world.secs(60).await;
        let report = world.tenant().report(id).await.expect("read").expect("there");
        if !report.state.is_open() {
            return report;
        }
    }
    panic!("the report is never over");
}

async fn rows(world: &World, id: ReportId) -> Vec<serde_json::Value> {
    let read = world
        .hub
        .report_rows(&world.caller, id, 1, 100)
        .await
        .expect("rows");
    assert_eq!(read.next, None);
    assert!(read.rows.iter().all(|row| row.odd.is_empty()), "{:?}", read.rows);
    read.rows.into_iter().map(|row| row.values.into()).collect()
}

#[tokio::test]
async fn listings_and_orders_are_read_as_rows() {
    let germany = seller("A1GERMANY", GERMANY, &[("SKU-1", 0), ("SKU-2", 0)]);
    for world in World::each(std::slice::from_ref(&germany)).await {
        world.stocked("SKU-1", 10).await;
        let account = world.connect(&germany, GERMANY).await;
        world.secs(240).await;
        let bought = world
            .sim
            .buy(&germany.seller_id, GERMANY, "SKU-1", 2, BuyOptions::default())
            .expect("in stock");
        world.secs(60).await;
        let (listings, orders) = (
            asked(&world, account, LISTINGS).await,
            asked(&world, account, ORDERS).await,
        );
        let again = world
            .hub
            .request_report(&world.caller, account, &of(LISTINGS))
            .await;
        assert!(matches!(again, Err(Refusal::Conflict(_))), "{again:?}");
        let report = over(&world, listings).await;
        assert_eq!(
            (report.state, report.lines, report.odd_lines),
            (ReportState::Done, 3, 0)
        );
        assert!(report.media_type.is_some_and(|kind| kind.contains("iso-8859-1")));
        let found = rows(&world, listings).await;
        let units: Vec<_> = found
            .iter()
            .map(|r| (r["sku"].as_str(), r["quantity"].as_i64()))
            .collect();
        assert_eq!(
            units,
            [(Some("SKU-1"), Some(8)), (Some("SKU-2"), Some(0))],
            "{found:?}"
        );
        let report = over(&world, orders).await;
        assert_eq!(report.state, ReportState::Done, "{report:?}");
        let found = rows(&world, orders).await;
        assert_eq!(found[0]["channel_order_id"], bought, "{found:?}");
        assert_eq!(found[0]["quantity"], 2);
        let at = found[0]["placed_at"].as_str().expect("an instant");
        assert!(Timestamp::parse(at).is_ok(), "{at}");

        let stranger = Caller::operator(world.hub.env().id());
        let none = world.hub.report(&stranger, listings).await;
        assert!(matches!(none, Err(Refusal::NotFound(_))), "{none:?}");
    }
}

#[tokio::test]
async fn no_data_a_failure_and_a_lost_answer_are_told_apart() {
    let germany = seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]);
    for world in World::each(std::slice::from_ref(&germany)).await {
        let account = world.connect(&germany, GERMANY).await;
        world.secs(240).await;
        let empty = asked(&world, account, RETURNS).await;
        let report = over(&world, empty).await;
        assert_eq!(report.state, ReportState::Empty, "{report:?}");
        let none = world.hub.report_rows(&world.caller, empty, 1, 10).await;
        assert!(matches!(none, Err(Refusal::Conflict(_))), "{none:?}");

        world.sim.fail_next("createReport", Fault::SilentReject, 1);
        let failed = asked(&world, account, LISTINGS).await;
        let report = over(&world, failed).await;
        assert_eq!(report.state, ReportState::Failed);
        assert!(
            report.problem.is_some_and(|why| why.contains("internal error")),
            "the file says why"
        );

        world.sim.fail_next("createReport", Fault::TimeoutAfter, 1);
        let lost = asked(&world, account, LISTINGS).await;
        let report = over(&world, lost).await;
        assert_eq!(report.state, ReportState::Done, "{report:?}");
        assert_eq!(
            world.sim.truth().calls["createReport"],
            3,
            "looked for, not asked for again"
        );
    }
}

#[tokio::test]
async fn a_channel_that_never_answers_is_given_up() {
    let germany = seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]);
    for world in World::each(std::slice::from_ref(&germany)).await {
        let account = world.connect(&germany, GERMANY).await;
        world.secs(240).await;
        for (operation, fault, told) in [
            ("getReport", Fault::ServerError, "given up"),
            ("createReport", Fault::TimeoutBefore, "no clear answer"),
        ] {
            world.sim.fail_next(operation, fault, 100_000);
            let id = asked(&world, account, LISTINGS).await;
            let mut report = world.tenant().report(id).await.expect("read").expect("there");
            for _ in 0..60 {
                world.secs(3_600).await;
                report = world.tenant().report(id).await.expect("read").expect("there");
                if !report.state.is_open() {
                    break;
                }
            }
            assert_eq!(report.state, ReportState::Failed, "{operation}: {report:?}");
            assert!(
                report.problem.as_ref().is_some_and(|why| why.contains(told)),
                "{report:?}"
            );
        }
    }
}

#[tokio::test]
async fn reports_on_schedule_are_asked_for_every_day_and_go_on_where_the_last_one_ended() {
    let germany = seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]);
    for world in World::each(std::slice::from_ref(&germany)).await {
        let mut request = world.request(&germany, GERMANY);
        let names = format!("{LISTINGS}, {ORDERS}");
        request.options.insert("reports".to_owned(), names.into());
        let account = world.joined("amazon", request).await;
        let made = async || {
            let filter = ReportFilter {
                account: Some(account),
                kind: Some(ORDERS.to_owned()),
            };
            world
                .tenant()
                .reports(&filter, &PageQuery::default())
                .await
                .expect("reports")
                .items
        };
        world.secs(600).await;
        let first = made().await;
        assert_eq!(
            (first.len(), first[0].actor.as_str()),
            (1, "schedule"),
            "{first:?}"
        );
        let all = world
            .tenant()
            .reports(&ReportFilter::default(), &PageQuery::default())
            .await;
        assert_eq!(all.expect("reports").items.len(), 2);
        world
            .hub
            .sync_now(&world.caller, account, &[DataKind::Reports])
            .await
            .expect("asked");
        world.secs(600).await;
        let second = made().await;
        assert_eq!(
            (second.len(), second[0].from),
            (2, first[0].to),
            "no gap, no overlap"
        );
    }
}

#[tokio::test]
async fn a_failed_report_on_schedule_is_told_and_its_time_is_asked_for_again() {
    let germany = seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]);
    for world in World::each(std::slice::from_ref(&germany)).await {
        let mut request = world.request(&germany, GERMANY);
        request.options.insert("reports".to_owned(), ORDERS.into());
        world.sim.fail_next("createReport", Fault::SilentReject, 1);
        let account = world.joined("amazon", request).await;
        world.secs(900).await;
        let alerts = async || {
            let open = AlertFilter {
                state: Some(AlertState::Open),
                ..AlertFilter::default()
            };
            let page = world.tenant().alerts(&open, &PageQuery::default()).await;
            let found = page.expect("alerts").items;
            found.iter().filter(|alert| alert.kind == "report.failed").count()
        };
        let made = async || {
            let all = world
                .tenant()
                .reports(&ReportFilter::default(), &PageQuery::default())
                .await;
            all.expect("reports").items
        };
        let failed = made().await.remove(0);
        assert_eq!((failed.state, alerts().await), (ReportState::Failed, 1));
        world
            .hub
            .sync_now(&world.caller, account, &[DataKind::Reports])
            .await
            .expect("asked");
        world.secs(900).await;
        let again = made().await.remove(0);
        assert!(!again.state.is_open() && again.id != failed.id, "{again:?}");
        assert!(
            again.from < failed.to,
            "what the failed one was about is not left out"
        );
        assert_eq!(alerts().await, 0, "{again:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_with_the_field() {
    let germany = seller("A1GERMANY", GERMANY, &[("SKU-1", 0)]);
    for world in World::each(std::slice::from_ref(&germany)).await {
        let account = world.connect(&germany, GERMANY).await;
        let now = world.hub.env().now();
        let day = std::time::Duration::from_secs(86_400);
        let wrong = [
            ("kind", of("listings")),
            (
                "from",
                ReportRequest {
                    from: Some(now.minus(day * 31)),
                    to: Some(now),
                    ..of(ORDERS)
                },
            ),
            (
                "from",
                ReportRequest {
                    from: Some(now.plus(day)),
                    ..of(ORDERS)
                },
            ),
            (
                "marketplace",
                ReportRequest {
                    marketplace: Some("FR".to_owned()),
                    ..of(LISTINGS)
                },
            ),
        ];
        for (field, request) in wrong {
            let refused = world.hub.request_report(&world.caller, account, &request).await;
            let Err(Refusal::Fields(problems)) = &refused else {
                panic!("{request:?}: {refused:?}");
            };
            assert_eq!(problems[0].field, field, "{request:?}");
        }
    }
}
