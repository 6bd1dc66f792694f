//! Walking a list page by page so that nothing slips through.
//!
//! The shop counts pages off from the beginning (`offset`), and a thing that changes while the list is walked by change
//! moves to its end: everything behind it moves up by one, and the next page begins one too late. So a page begins at the
//! instant the former one ended with instead, and counts only within that instant. What is met twice is no harm.

use std::time::Duration;

use http::HeaderMap;
use stockbridge_domain::Timestamp;

use crate::call::instant_millis;

/// Longest time between the instant a change is stamped with and its being there for readers.
const COMMIT: Duration = Duration::from_secs(10);

/// Where a walk stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walk {
    /// Things changed at or after this instant.
    pub(super) from: Timestamp,
    /// Of these, so many are skipped.
    pub(super) offset: usize,
    /// Up to when the whole walk is complete, as the first page had it.
    pub(super) until: Option<Timestamp>,
}

impl Walk {
    /// The first page.
    pub(super) const fn since(from: Timestamp) -> Self {
        Self {
            from,
            offset: 0,
            until: None,
        }
    }

    /// Reads [`Self::cursor`].
    pub(super) fn parse(cursor: &str) -> Option<Self> {
        let mut parts = cursor.split('~');
        let from = Timestamp::from_micros(parts.next()?.parse().ok()?);
        let offset = parts.next()?.parse().ok()?;
        let until = match parts.next()? {
            "" => None,
            text => Some(Timestamp::from_micros(text.parse().ok()?)),
        };
        parts.next().is_none().then_some(Self { from, offset, until })
    }

    /// The walk as a text that crosses the port.
    pub(super) fn cursor(&self) -> String {
        let until = self.until.map(|until| until.micros().to_string());
        format!(
            "{}~{}~{}",
            self.from.micros(),
            self.offset,
            until.unwrap_or_default()
        )
    }

    /// The page after one of `came` things out of `count`, the last of which carries the instant `last`; `None` when that
    /// was the last page. Without an instant that could be read, pages are counted off as the shop does.
    pub(super) fn next(&self, came: usize, count: usize, last: Option<Timestamp>) -> Option<Self> {
        if came == 0 || self.offset + came >= count {
            return None;
        }
        Some(match last {
            Some(last) if last > self.from => Self {
                from: last,
                offset: 0,
                until: self.until,
            },
            _ => Self {
                offset: self.offset + came,
                ..self.clone()
            },
        })
    }

    /// The first instant, as the shop takes it: it keeps microseconds and shows milliseconds.
    pub(super) fn begins(&self) -> String {
        instant_millis(self.from)
    }
}

/// Up to when an answer is complete: what the shop's own clock said when it answered, less the time the answer took (it
/// looked at some moment in between) and the time a change takes to be there for readers.
pub(super) fn complete_until(headers: &HeaderMap, took: Duration) -> Option<Timestamp> {
    let text = headers.get(http::header::DATE)?.to_str().ok()?;
    Some(http_date(text)?.minus(took).minus(COMMIT))
}

/// Reads `Mon, 30 Nov 2026 23:09:55 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut words = text.split_whitespace().skip(1);
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (time, zone) = (words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    if zone != "GMT" {
        return None;
    }
    Timestamp::parse(&format!("{year}-{month:02}-{day}T{time}Z")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_page_begins_where_the_former_one_ended() {
        let walk = Walk {
            until: Some(at(99)),
            ..Walk::since(at(10))
        };
        assert_eq!(walk.next(50, 50, Some(at(20))), None, "nothing is left");
        let next = walk.next(50, 60, Some(at(20))).unwrap();
        assert_eq!((next.from, next.offset, next.until), (at(20), 0, Some(at(99))));
        let stuck = next.next(50, 60, Some(at(20))).unwrap();
        assert_eq!((stuck.from, stuck.offset), (at(20), 50), "all of one instant");
        assert_eq!(Walk::parse(&stuck.cursor()), Some(stuck));
        assert_eq!(Walk::parse("1~2"), None);
        assert_eq!(Walk::parse("1~2~3~4"), None);
    }

    #[test]
    fn the_shops_own_clock_says_up_to_when() {
        let mut headers = HeaderMap::new();
        assert_eq!(complete_until(&headers, Duration::ZERO), None);
        headers.insert("date", "Mon, 30 Nov 2026 23:09:55 GMT".parse().unwrap());
        let until = complete_until(&headers, Duration::from_secs(2)).unwrap();
        assert_eq!(until.to_string(), "2026-11-30T23:09:43Z");
        headers.insert("date", "yesterday".parse().unwrap());
        assert_eq!(complete_until(&headers, Duration::ZERO), None);
    }
}
