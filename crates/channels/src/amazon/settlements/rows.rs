//! A settlement report's text: tab-separated, unquoted, in the marketplace's character set and way to write numbers.
//!
//! Columns are found by their names, so that added or moved ones do not matter. The first row has the dates and what was paid,
//! all others are lines.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use stockbridge_domain::channel::{Settlement, SettlementLine};
use stockbridge_domain::{Currency, Money, Timestamp};

use super::super::error::clean;

/// The text, by the character set the download names; else UTF-8 where it is that, and the western one where not.
pub(super) fn decoded<'b>(bytes: &'b [u8], kind: Option<&str>) -> Cow<'b, str> {
    let named = kind
        .and_then(|k| k.split(';').find_map(|p| p.trim().strip_prefix("charset=")))
        .and_then(|label| Encoding::for_label(label.trim_matches('"').as_bytes()));
    let guessed = match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        Err(_) => WINDOWS_1252,
    };
    named.unwrap_or(guessed).decode(bytes).0
}

/// Where the columns used are.
struct Columns<'t>(Vec<&'t str>);

impl Columns<'_> {
    fn find(&self, name: &str) -> Result<usize, String> {
        self.0.iter().position(|c| c.trim() == name).ok_or_else(|| {
            format!("the column `{name}` is missing; if Amazon renamed it, the hub needs an update")
        })
    }
}

/// The settlement a report tells of.
pub(super) fn settlement(text: &str) -> Result<Settlement, String> {
    let mut lines = text.lines().map(|l| l.split('\t').collect::<Vec<_>>());
    let columns = Columns(lines.next().ok_or("the report is empty")?);
    let at = |name| columns.find(name);
    let [id, from, to, deposit, total, currency] = [
        at("settlement-id")?,
        at("settlement-start-date")?,
        at("settlement-end-date")?,
        at("deposit-date")?,
        at("total-amount")?,
        at("currency")?,
    ];
    let head = lines.next().ok_or("the report has no row")?;
    let text = |row: &[&str], index: usize| row.get(index).map_or("", |t| t.trim()).to_owned();
    let code = text(&head, currency);
    let money = Currency::parse(&code).map_err(|e| format!("`currency`: {e}"))?;
    let mut read = Settlement {
        id: text(&head, id),
        from: instant(&text(&head, from)).map_err(|e| format!("`settlement-start-date`: {e}"))?,
        to: instant(&text(&head, to)).map_err(|e| format!("`settlement-end-date`: {e}"))?,
        deposited_at: instant(&text(&head, deposit)).ok(),
        total: amount(&text(&head, total), money).map_err(|e| format!("`total-amount`: {e}"))?,
        lines: Vec::new(),
    };
    if read.id.is_empty() {
        return Err("the first row has no `settlement-id`".to_owned());
    }
    let [kind, of, what, how_much, order, sku] = [
        at("transaction-type")?,
        at("amount-type")?,
        at("amount-description")?,
        at("amount")?,
        at("order-id")?,
        at("sku")?,
    ];
    for (number, row) in (3_usize..).zip(lines) {
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if text(&row, id) != read.id {
            return Err(format!(
                "row {number} is of another settlement, or the file was cut off"
            ));
        }
        let told: Vec<String> = [of, what]
            .map(|c| text(&row, c))
            .into_iter()
            .filter(|t| !t.is_empty())
            .collect();
        read.lines.push(SettlementLine {
            told: clean(&text(&row, kind)),
            amount_told: clean(&told.join(" / ")),
            channel_order_id: Some(text(&row, order)).filter(|t| !t.is_empty()),
            sku: Some(text(&row, sku)).filter(|t| !t.is_empty()),
            amount: amount(&text(&row, how_much), money)
                .map_err(|e| format!("row {number}, `amount`: {e}"))?,
        });
    }
    Ok(read)
}

/// `1234.5`, `1.234,50` and `1 234,50`: the last point or comma is the decimal one unless three digits follow another sign.
fn amount(text: &str, currency: Currency) -> Result<Money, String> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\'')
        .collect();
    let digits = match plain.rfind(['.', ',']) {
        None => plain,
        Some(at) => {
            let (whole, fraction) = plain.split_at(at);
            let whole: String = whole.chars().filter(|c| !matches!(c, '.' | ',')).collect();
            let fraction = &fraction[1..];
            let grouped = currency.digits() == 0 && fraction.len() == 3;
            if grouped {
                format!("{whole}{fraction}")
            } else {
                format!("{whole}.{fraction}")
            }
        }
    };
    Money::from_decimal(&digits, currency).map_err(|e| e.to_string())
}

/// `2026-02-01 10:11:12 UTC`, `01.02.2026 10:11:12 UTC`, or RFC 3339.
fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = Timestamp::parse(text) {
        return Ok(at);
    }
    let unknown = || format!("`{}` is no date the hub knows", clean(text));
    let (date, time) = text.split_once([' ', 'T']).ok_or_else(unknown)?;
    let time = time.trim_end_matches("UTC").trim();
    let parts: Vec<&str> = date.split(['.', '/', '-']).collect();
    let [first, month, last] = parts.as_slice() else {
        return Err(unknown());
    };
    // A date with points or slashes begins with the day in Europe; with slashes elsewhere it may not, so those are refused.
    let iso = match (first.len(), date.contains('/')) {
        (4, _) => format!("{first}-{month}-{last}T{time}Z"),
        (_, false) => format!("{last}-{month}-{first}T{time}Z"),
        (_, true) => return Err(unknown()),
    };
    Timestamp::parse(&iso).map_err(|_| unknown())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\t\
                        transaction-type\torder-id\tamount-type\tamount-description\tamount\tsku\tsomething-new";

    fn read(rows: &str) -> Result<Settlement, String> {
        settlement(&format!("{HEAD}\n{rows}"))
    }

    #[test]
    fn a_report_is_read_in_its_countrys_ways() {
        let rows = "7\t01.02.2026 10:11:12 UTC\t15.02.2026 10:11:12 UTC\t17.02.2026 10:11:12 UTC\t1.095,00\tEUR\t\t\t\t\t\t\t\n\
                    7\t\t\t\t\t\tOrder\t1-2\tItemPrice\tPrincipal\t1.100,5\tA\"B\t\n\
                    7\t\t\t\t\t\tOrder\t1-2\tItemFees\tCommission\t-5,50\tA\"B\tx\n";
        let read = read(rows).unwrap();
        assert_eq!(
            (read.id.as_str(), read.total.minor(), read.lines.len()),
            ("7", 109_500, 2)
        );
        assert_eq!(read.from.to_string(), "2026-02-01T10:11:12Z");
        assert_eq!(
            (read.lines[0].amount.minor(), read.lines[1].amount.minor()),
            (110_050, -550)
        );
        assert_eq!(read.lines[0].sku.as_deref(), Some("A\"B"));
        assert_eq!(read.lines[1].amount_told, "ItemFees / Commission");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = "7\t2026-02-01 00:00:00 UTC\t2026-02-02 00:00:00 UTC\t\t5.00\tUSD\t\t\t\t\t\t\t\n";
        assert_eq!(read(good).unwrap().deposited_at, None);
        for (rows, word) in [
            ("", "no row"),
            (&good.replace("USD", "XYZ"), "currency"),
            (&good.replace("5.00", "five"), "total-amount"),
            (
                &good.replace("2026-02-01 00", "02/01/2026 00"),
                "settlement-start-date",
            ),
            (&format!("{good}8\t"), "row 3"),
            (&format!("{good}7\t\t\t\t\t\tOrder"), "row 3"),
        ] {
            let why = read(rows).unwrap_err();
            assert!(why.contains(word), "{word}: {why}");
        }
        let renamed = settlement(&format!("{}\n{good}", HEAD.replace("amount-type", "type"))).unwrap_err();
        assert!(renamed.contains("`amount-type` is missing"), "{renamed}");
    }

    #[test]
    fn amounts_keep_every_digit() {
        let of = |text: &str, code: &str| amount(text, Currency::parse(code).unwrap()).map(Money::minor);
        assert_eq!(of("1 234,56", "EUR"), Ok(123_456));
        assert_eq!(of("1,234.56", "USD"), Ok(123_456));
        assert_eq!(of("-0,5", "EUR"), Ok(-50));
        assert_eq!(of("1,234", "JPY"), Ok(1_234));
        assert_eq!(of("1234", "JPY"), Ok(1_234));
        assert!(of("1,234", "EUR").is_err(), "a thousand or one and a bit");
    }

    #[test]
    fn character_sets_are_as_named_or_as_they_look() {
        assert_eq!(
            decoded(b"\x83\x65", Some("text/plain; charset=Shift_JIS")),
            "\u{30c6}"
        );
        assert_eq!(decoded("é".as_bytes(), None), "é");
        assert_eq!(decoded(b"caf\xe9", Some("text/plain")), "café");
        assert_eq!(
            decoded(b"\xef\xbb\xbfid", None),
            "id",
            "without its mark of order"
        );
    }
}
