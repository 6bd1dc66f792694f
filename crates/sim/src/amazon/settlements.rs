//! Settlement reports: every two weeks what was released in them is paid, and a report of it is made. They can be found and
//! fetched, not asked for.

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::error::{ApiError, json_response};
use super::feeds::Feeds;
use super::finances::{Posted, posted};
use super::route::Call;
use crate::world::World;

const KIND: &str = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2";
const SECS: i64 = 14 * 86_400;
const HEAD: &str = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\t\
                    transaction-type\torder-id\tamount-type\tamount-description\tamount\tsku";

/// The number of the two weeks an instant is in; it is the settlement's id.
pub(super) fn period(at: Timestamp) -> i64 {
    at.as_second().div_euclid(SECS)
}

fn begin(period: i64) -> Timestamp {
    Timestamp::from_second(period * SECS).unwrap_or(Timestamp::MAX)
}

/// What was released in each of the two weeks that are over, the latest first.
fn over(world: &World, call: &Call) -> Vec<(i64, Vec<Posted>)> {
    let mut all: std::collections::BTreeMap<i64, Vec<Posted>> = std::collections::BTreeMap::new();
    let released = posted(world, call)
        .into_iter()
        .filter(|p| p.body["transactionStatus"] == "RELEASED");
    for one in released {
        all.entry(period(one.at)).or_default().push(one);
    }
    all.into_iter()
        .rev()
        .filter(|(number, _)| begin(number + 1) <= world.now)
        .collect()
}

/// The settlements among the reports of these kinds.
pub(super) fn list(world: &World, call: &Call, kinds: &[String], since: Option<Timestamp>) -> Vec<Value> {
    let shown = |number: i64| since.is_none_or(|at| begin(number + 1) >= at);
    let report = |number: i64| {
        let made = begin(number + 1).to_string();
        json!({"reportId": number.to_string(), "reportType": KIND, "createdTime": made, "processingStatus": "DONE",
            "dataStartTime": begin(number).to_string(), "dataEndTime": made,
            "reportDocumentId": format!("amzn1.spdoc.{number}")})
    };
    over(world, call)
        .into_iter()
        .filter(|(number, _)| kinds.iter().any(|k| k == KIND) && shown(*number))
        .map(|(number, _)| report(number))
        .collect()
}

/// `GET /reports/2021-06-30/documents/{reportDocumentId}`.
pub(super) fn document(
    world: &mut World,
    feeds: &mut Feeds,
    call: &Call,
) -> Result<Response<Bytes>, ApiError> {
    let id = call.path_parameter(0);
    let number = id
        .strip_prefix("amzn1.spdoc.")
        .and_then(|n| n.parse::<i64>().ok());
    let found = over(world, call).into_iter().find(|(n, _)| Some(*n) == number);
    let (number, all) = found.ok_or_else(|| ApiError::not_found("There is no such document."))?;
    let url = feeds.offer(world, call, &text(number, &all));
    Ok(json_response(
        StatusCode::OK,
        &json!({"reportDocumentId": id, "url": url, "compressionAlgorithm": "GZIP"}),
    ))
}

fn decimal(amount: &Value) -> Decimal {
    amount["currencyAmount"].to_string().parse().unwrap_or_default()
}

/// The report, as European sites write it.
fn text(number: i64, all: &[Posted]) -> String {
    let (mut rows, mut total, mut currency) = (Vec::new(), Decimal::ZERO, String::new());
    for one in all {
        let order = one.body["relatedIdentifiers"][0]["relatedIdentifierValue"]
            .as_str()
            .unwrap_or_default();
        currency = one.body["totalAmount"]["currencyCode"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        for item in one.body["items"].as_array().into_iter().flatten() {
            let sku = item["contexts"][0]["sku"].as_str().unwrap_or_default();
            for part in item["breakdowns"].as_array().into_iter().flatten() {
                let amount = decimal(&part["breakdownAmount"]);
                total += amount;
                let kind = if one.body["transactionType"] == "Refund" {
                    "Refund"
                } else {
                    "Order"
                };
                let told = part["breakdownType"].as_str().unwrap_or_default();
                rows.push(format!(
                    "{number}\t\t\t\t\t\t{kind}\t{order}\t{told}\t{told}\t{}\t{sku}",
                    comma(amount)
                ));
            }
        }
    }
    let date = |at: Timestamp| at.strftime("%d.%m.%Y %H:%M:%S UTC").to_string();
    let (from, to) = (date(begin(number)), date(begin(number + 1)));
    let head = format!(
        "{number}\t{from}\t{to}\t{to}\t{}\t{currency}\t\t\t\t\t\t",
        comma(total)
    );
    format!("{HEAD}\n{head}\n{}\n", rows.join("\n"))
}

fn comma(amount: Decimal) -> String {
    amount.to_string().replace('.', ",")
}
