//! Numbers, instants and durations as people read them.

use std::time::Duration;

use stockbridge_domain::{Money, Timestamp};

use super::When;

/// A whole number with thousands apart and a real minus sign: `−12,345`.
pub(crate) fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 3);
    if n < 0 {
        text.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A change: `+3`, `−3`, `0`.
pub(crate) fn change(n: i64) -> String {
    if n > 0 {
        format!("+{}", number(n))
    } else {
        number(n)
    }
}

/// One of something, or several: `1 listing`, `4 listings`.
pub(crate) fn count(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// Currency first, thousands apart: `INR 1,499.00`.
pub(crate) fn money(money: Money) -> String {
    let amount = money.amount();
    let (whole, fraction) = amount.split_once('.').unwrap_or((&amount, ""));
    let negative = whole.starts_with('-');
    let whole = number(whole.trim_start_matches('-').parse().unwrap_or(0));
    let sign = if negative { "−" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{} {sign}{whole}{point}{fraction}", money.currency())
}

/// A duration in one or two units: `0.8 s`, `41 s`, `3 min 10 s`, `5 h`, `3 days`.
pub(crate) fn duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let secs = duration.as_secs();
    match secs {
        0 if millis < 100 => format!("{millis} ms"),
        0..10 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        10..60 => format!("{secs} s"),
        60..600 if !secs.is_multiple_of(60) => format!("{} min {} s", secs / 60, secs % 60),
        60..3_600 => format!("{} min", secs / 60),
        3_600..172_800 => format!("{} h", secs / 3_600),
        _ => format!("{} days", secs / 86_400),
    }
}

/// A duration in whole units, for instants: `12 s`, `4 min`, `5 h`, `3 days`.
fn roughly(duration: Duration) -> String {
    match duration.as_secs() {
        secs @ 0..60 => format!("{secs} s"),
        secs @ 60..3_600 => format!("{} min", secs / 60),
        secs @ 3_600..172_800 => format!("{} h", secs / 3_600),
        secs => format!("{} days", secs / 86_400),
    }
}

/// An instant, seen from `now`: `12 s ago`, `in 4 min`.
pub(crate) fn when(at: Timestamp, now: Timestamp) -> When {
    let text = if at > now {
        format!("in {}", roughly(at.since(now)))
    } else if now.since(at) < Duration::from_secs(1) {
        "now".into()
    } else {
        format!("{} ago", roughly(now.since(at)))
    };
    When {
        iso: at.to_string(),
        text,
    }
}

/// A text with its instants as people read them: `showed 3 at 2026-11-21T03:25:00Z.` becomes `showed 3, 12 s ago.`
pub(crate) fn told(text: &str, now: Timestamp) -> String {
    let mut told = String::with_capacity(text.len());
    for word in text.split(' ') {
        let (bare, stop) = match word.strip_suffix(['.', ',']) {
            Some(bare) => (bare, &word[bare.len()..]),
            None => (word, ""),
        };
        match Timestamp::parse(bare) {
            Ok(at) => {
                let lead = told.strip_suffix(" at").map(str::len).unwrap_or(told.len());
                told.truncate(lead);
                told.push_str(if lead > 0 { ", " } else { "" });
                told.push_str(&when(at, now).text);
                told.push_str(stop);
            }
            Err(_) => {
                told.push_str(if told.is_empty() { "" } else { " " });
                told.push_str(word);
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockbridge_domain::Currency;

    #[test]
    fn numbers_are_grouped() {
        let texts: Vec<_> = [0, 12, 999, 1_000, -12_345, 1_000_000].map(number).to_vec();
        assert_eq!(texts, ["0", "12", "999", "1,000", "−12,345", "1,000,000"]);
        assert_eq!(number(i64::MIN), "−9,223,372,036,854,775,808");
        assert_eq!([change(3), change(0), change(-3)], ["+3", "0", "−3"]);
        assert_eq!(count(1, "listing", "listings"), "1 listing");
    }

    #[test]
    fn money_has_its_currency_first() {
        let inr = Currency::parse("INR").unwrap();
        let jpy = Currency::parse("JPY").unwrap();
        assert_eq!(money(Money::from_minor(149_900, inr)), "INR 1,499.00");
        assert_eq!(money(Money::from_minor(-50, inr)), "INR −0.50");
        assert_eq!(money(Money::from_minor(1_200, jpy)), "JPY 1,200");
    }

    #[test]
    fn durations_have_the_unit_people_would_choose() {
        let texts: Vec<_> = [800, 9_990, 41_000, 190_000, 600_000, 18_000_000, 259_200_000]
            .map(|ms| duration(Duration::from_millis(ms)))
            .to_vec();
        assert_eq!(
            texts,
            ["0.8 s", "9.9 s", "41 s", "3 min 10 s", "10 min", "5 h", "3 days"]
        );
    }

    #[test]
    fn instants_are_seen_from_now() {
        let now = Timestamp::from_secs(1_000_000);
        let texts: Vec<_> = [0, -12, -240, -18_000, 90, 200_000]
            .map(|s| when(Timestamp::from_secs(1_000_000 + s), now).text)
            .to_vec();
        assert_eq!(
            texts,
            ["now", "12 s ago", "4 min ago", "5 h ago", "in 1 min", "in 2 days"]
        );
    }

    #[test]
    fn instants_in_a_text_are_told_from_now() {
        let now = Timestamp::parse("2026-11-21T03:25:12Z").unwrap();
        let text = "It showed 3 at 2026-11-21T03:25:00.5Z. 4 was sent at 2026-11-21T03:24:12Z (accepted), all is well.";
        let wanted = "It showed 3, 11 s ago. 4 was sent, 1 min ago (accepted), all is well.";
        assert_eq!(told(text, now), wanted);
        assert_eq!(told("nothing of the kind", now), "nothing of the kind");
    }
}
