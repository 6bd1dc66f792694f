//! Where a walk through the orders stands.
//!
//! Page numbers drift: an order that changes while pages are read moves to the end, everything behind it moves up, and one
//! order slips from the next page onto one already read. So a sorted walk asks for what changed since the last order it
//! saw, always from the front; only where more orders than a page holds carry the same second does it count them, and
//! then pages have orders in common. A shop that cannot sort by change is walked by id, where an order that changes
//! stays where it is; there the common orders make up for those that are deleted.

use stockbridge_domain::Timestamp;

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);
/// Orders that two pages have in common: so many may move away between the two.
const OVERLAP: usize = 10;

/// The position of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Whether the shop sorts by the time that is asked by.
    pub(super) sorted: bool,
    /// Orders after this instant are asked for.
    pub(super) after: Timestamp,
    /// Orders of the answer that are left out.
    pub(super) offset: usize,
}

impl Cursor {
    /// The beginning of a walk. The API leaves out the instant asked for, so it is asked from a second before.
    pub(super) fn start(since: Timestamp, sorted: bool) -> Self {
        Self {
            sorted,
            after: since.minus(SECOND),
            offset: 0,
        }
    }

    /// Reads [`Self::text`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let sorted = match parts.next()? {
            "by_time" => true,
            "by_id" => false,
            _ => return None,
        };
        Some(Self {
            sorted,
            after: Timestamp::parse(parts.next()?).ok()?,
            offset: parts.next()?.parse().ok()?,
        })
    }

    /// The text the hub keeps between pages.
    pub(super) fn text(&self) -> String {
        let order = if self.sorted { "by_time" } else { "by_id" };
        format!("{order}~{}~{}", self.after, self.offset)
    }

    /// The position after a page of `seen` orders, the last of which carries `last`.
    pub(super) fn next(&self, last: Option<Timestamp>, seen: usize) -> Self {
        let onwards = last
            .map(|at| at.minus(SECOND))
            .filter(|at| self.sorted && *at > self.after);
        match onwards {
            Some(after) => Self {
                after,
                offset: 0,
                ..self.clone()
            },
            None => Self {
                offset: self.offset + seen - OVERLAP.min(seen / 2),
                ..self.clone()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_cursor_is_read_back_as_it_was_written() {
        for cursor in [
            Cursor::start(at(100), true),
            Cursor::start(at(100), false).next(None, 100),
        ] {
            assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
        }
        for wrong in [
            "",
            "2",
            "by_name~1970-01-01T00:00:00Z~1",
            "by_id~soon~1",
            "by_id~1970-01-01T00:00:00Z~x",
        ] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sorted_walk_follows_the_orders_and_counts_them_only_within_a_second() {
        let start = Cursor::start(at(100), true);
        let second = start.next(Some(at(200)), 100);
        assert_eq!((second.after, second.offset), (at(199), 0));
        let same = second.next(Some(at(200)), 100);
        assert_eq!((same.after, same.offset), (at(199), 90));
        assert_eq!(same.next(Some(at(300)), 100).offset, 0);
    }

    #[test]
    fn a_walk_by_id_goes_on_by_less_than_a_page() {
        let second = Cursor::start(at(100), false).next(Some(at(999)), 100);
        assert_eq!((second.after, second.offset), (at(99), 90));
        assert_eq!(second.next(None, 1).offset, 91);
    }
}
