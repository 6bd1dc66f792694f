//! What money moved.

use stockbridge_domain::channel::{Fault, FinancePage, MoneyEvent, MoneyKind, MoneyState, MoneyTransaction};

use super::*;

fn part(kind: &str, amount: &str, below: &[String]) -> String {
    format!(
        r#"{{"breakdownType":"{kind}","breakdownAmount":{{"currencyCode":"EUR","currencyAmount":{amount}}},"breakdowns":[{}]}}"#,
        below.join(",")
    )
}

fn transaction(kind: &str, status: &str, total: &str, more: &str) -> String {
    format!(
        r#"{{"transactionType":"{kind}","transactionId":"t1","transactionStatus":"{status}","description":"Order Payment",
        "postedDate":"2026-10-01T10:00:00Z","somethingNew":{{"a":[1]}},
        "relatedIdentifiers":[{{"relatedIdentifierName":"ORDER_ID","relatedIdentifierValue":"1-2-3"}},
        {{"relatedIdentifierName":"SETTLEMENT_ID","relatedIdentifierValue":"77"}}],
        "marketplaceDetails":{{"marketplaceId":"A1PA6795UKMFR9"}},
        "totalAmount":{{"currencyCode":"EUR","currencyAmount":{total}}}{more}}}"#
    )
}

async fn read(transactions: &[String]) -> FinancePage {
    let body = format!(r#"{{"payload":{{"transactions":[{}]}}}}"#, transactions.join(","));
    let world = world(move |_| answer(200, body.clone()));
    let connection = open(&world, &["DE"]);
    let since = world.io().env.now().minus(std::time::Duration::from_secs(86_400));
    connection.finance().unwrap().page(since, None).await.unwrap()
}

fn amounts(transaction: &MoneyTransaction) -> Vec<(MoneyKind, &str, i64)> {
    let parts = transaction.parts.iter();
    parts
        .map(|p| (p.kind, p.told.as_str(), p.amount.minor()))
        .collect()
}

#[tokio::test]
async fn amounts_are_sorted_by_kind_and_what_is_not_known_is_kept_as_told() {
    let goods = part("Product Charges", "100.10", &[part("Principle", "100.10", &[])]);
    let sales = part("Sales", "119.12", &[goods, part("ProductTax", "19.02", &[])]);
    let fees = [
        part(
            "Commission",
            "-15.02",
            &[part("Base", "-12.62", &[]), part("Tax", "-2.40", &[])],
        ),
        part("FBAPerUnitFulfillmentFee", "-3.0", &[]),
        part("NewKindOfFee", "-0.29", &[]),
        part("Tax", "-0.01", &[]),
    ];
    let expenses = part("Expenses", "-18.32", &[part("AmazonFees", "-18.32", &fees)]);
    let all = [sales, expenses, part("SomethingNobodyKnows", "1e0", &[])].join(",");
    let more = format!(r#","breakdowns":{{"breakdowns":[{all}]}}"#);
    let page = read(&[transaction("Shipment", "Released", "102.05", &more)]).await;
    assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
    let told = &page.transactions[0];
    assert_eq!((told.event, told.state), (MoneyEvent::Sale, MoneyState::Released));
    assert_eq!(told.channel_order_id.as_deref(), Some("1-2-3"));
    assert_eq!(told.settlement.as_deref(), Some("77"));
    use MoneyKind::{Commission, Fee, FulfilmentFee, Other, Principal, Tax};
    assert_eq!(
        amounts(told),
        [
            (Principal, "Product Charges", 10_010),
            (Tax, "ProductTax", 1_902),
            (Commission, "Commission", -1_502),
            (FulfilmentFee, "FBAPerUnitFulfillmentFee", -300),
            (Fee, "NewKindOfFee", -29),
            (Fee, "Tax", -1),
            (Other, "SomethingNobodyKnows", 100),
            (Other, "Shipment", 25),
        ],
        "the last is what no breakdown explains"
    );
    let sum: i64 = told.parts.iter().map(|p| p.amount.minor()).sum();
    assert_eq!(sum, told.total.minor());
}

#[tokio::test]
async fn items_tell_the_sku_where_they_explain_all_of_it() {
    let item = |sku: &str, amount: &str| {
        let below = part(
            "Refunded Sales",
            amount,
            &[part("OurPricePrincipal", amount, &[])],
        );
        format!(
            r#"{{"totalAmount":{{"currencyCode":"EUR","currencyAmount":{amount}}},"contexts":[{{"contextType":"ProductContext","sku":"{sku}"}}],"breakdowns":[{below}]}}"#
        )
    };
    let items = |total: &str| {
        let more = format!(r#","items":[{},{}]"#, item("A", "-5.00"), item("B", "-2.5"));
        transaction("Refund", "SOMETHING_NEW", total, &more)
    };
    let page = read(&[items("-7.50"), items("-8.50")]).await;
    let skus: Vec<_> = page.transactions[0]
        .parts
        .iter()
        .map(|p| p.sku.clone().map(|s| s.to_string()))
        .collect();
    assert_eq!(skus, [Some("A".to_owned()), Some("B".to_owned())]);
    assert_eq!(page.transactions[0].parts[0].kind, MoneyKind::Refund);
    assert_eq!(page.transactions[0].state, MoneyState::Unknown);
    assert_eq!(page.transactions[0].state_told, "SOMETHING_NEW");
    assert_eq!(
        amounts(&page.transactions[1]),
        [(MoneyKind::Other, "Refund", -850)]
    );
}

#[tokio::test]
async fn other_transactions_are_of_their_own_kind_and_an_unreadable_one_takes_none_with_it() {
    let named = |kind: &str| transaction(kind, "RELEASED", "-9.99", "");
    let page = read(&[
        named("ServiceFee"),
        named("Transfer"),
        named("Adjustment"),
        named("SomethingNew"),
        transaction("Shipment", "RELEASED", "\"abc\"", ""),
        transaction("Shipment", "RELEASED", "0.001", ""),
        named("Shipment").replace(r#""transactionId":"t1","#, ""),
    ])
    .await;
    let kinds: Vec<_> = page
        .transactions
        .iter()
        .map(|t| (t.event, t.parts[0].kind))
        .collect();
    assert_eq!(
        kinds,
        [
            (MoneyEvent::Fee, MoneyKind::Fee),
            (MoneyEvent::Payout, MoneyKind::Payout),
            (MoneyEvent::Adjustment, MoneyKind::Adjustment),
            (MoneyEvent::Other, MoneyKind::Other),
            (MoneyEvent::Sale, MoneyKind::Other),
        ]
    );
    assert_eq!(page.transactions[3].told, "SomethingNew");
    assert_eq!(
        page.transactions[4].id,
        "2026-10-01T10:00:00Z|Shipment|1-2-3|-9.99"
    );
    let reasons: Vec<_> = page.unreadable.iter().map(|u| u.reason.as_str()).collect();
    assert!(
        reasons.iter().all(|r| r.contains("totalAmount.currencyAmount")),
        "{reasons:?}"
    );
    assert_eq!(page.unreadable[0].id.as_deref(), Some("t1"));
}

#[tokio::test]
async fn a_long_time_is_cut_into_windows_and_empty_pages_go_on() {
    let world = world(|request| {
        let token = if request.uri().query().unwrap().contains("nextToken") {
            "null"
        } else {
            r#""n""#
        };
        answer(200, format!(r#"{{"payload":{{"nextToken":{token}}}}}"#))
    });
    let connection = open(&world, &["DE"]);
    let source = connection.finance().unwrap();
    let since = world
        .io()
        .env
        .now()
        .minus(std::time::Duration::from_secs(400 * 86_400));
    let (mut cursor, mut pages) = (None, 0);
    loop {
        cursor = source.page(since, cursor.as_deref()).await.unwrap().next;
        pages += 1;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pages, 6, "three windows of two pages");
    let since = world.io().env.now();
    assert!(source.page(since, None).await.unwrap().next.is_none());
    assert_eq!(
        source.page(since, Some("nonsense")).await.unwrap_err().fault,
        Fault::Contract
    );
}

#[tokio::test]
async fn a_refused_window_is_named_and_a_token_that_comes_again_ends_the_reading() {
    let refusing = world(|_| answer(400, errors("InvalidInput", "Dates are wrong", "").to_string()));
    let connection = open(&refusing, &["DE"]);
    let since = refusing
        .io()
        .env
        .now()
        .minus(std::time::Duration::from_secs(86_400));
    let error = connection.finance().unwrap().page(since, None).await.unwrap_err();
    assert_eq!(error.fault, Fault::Rejected);
    assert!(
        error.message.contains(&since.to_string()) && error.message.contains("clock"),
        "{error}"
    );
    let circling = world(|_| answer(200, r#"{"payload":{"nextToken":"n"}}"#));
    let connection = open(&circling, &["DE"]);
    let first = connection.finance().unwrap().page(since, None).await.unwrap();
    let again = connection
        .finance()
        .unwrap()
        .page(since, first.next.as_deref())
        .await;
    assert_eq!(again.unwrap_err().fault, Fault::Contract);
}
