//! Where a walk through the orders stands.
//!
//! Page numbers drift: an order that changes while pages are read moves to the end, everything behind it moves up, and one
//! order slips from the next page onto one already read. So a sorted walk asks for what changed since the last order it
//! saw, always the first page; only where more orders than a page holds carry the same second does it count pages. A
//! shop that cannot sort by change is walked by id: there an order that changes stays where it is.

use stockbridge_domain::Timestamp;

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

/// The position of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Whether the shop sorts by the time that is asked by.
    pub(super) sorted: bool,
    /// Orders after this instant are asked for.
    pub(super) after: Timestamp,
    /// Page of the answer, from 1.
    pub(super) page: u32,
    /// How many orders the shop said there were, when the walk by id began.
    pub(super) total: Option<u64>,
}

impl Cursor {
    /// The beginning of a walk. The API leaves out the instant asked for, so it is asked from a second before.
    pub(super) fn start(since: Timestamp, sorted: bool) -> Self {
        Self {
            sorted,
            after: since.minus(SECOND),
            page: 1,
            total: None,
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
        let after = Timestamp::parse(parts.next()?).ok()?;
        let page = parts.next()?.parse().ok()?;
        let total = parts.next()?;
        Some(Self {
            sorted,
            after,
            page,
            total: if total.is_empty() {
                None
            } else {
                Some(total.parse().ok()?)
            },
        })
    }

    /// The text the hub keeps between pages.
    pub(super) fn text(&self) -> String {
        let order = if self.sorted { "by_time" } else { "by_id" };
        let total = self.total.map(|t| t.to_string()).unwrap_or_default();
        format!("{order}~{}~{}~{total}", self.after, self.page)
    }

    /// The position after a full page whose last order carries `last`, of `total` orders in all.
    pub(super) fn next(&self, last: Option<Timestamp>, total: Option<u64>) -> Self {
        let onwards = last.map(|at| at.minus(SECOND)).filter(|at| *at > self.after);
        match onwards {
            Some(after) if self.sorted => Self {
                after,
                page: 1,
                ..self.clone()
            },
            // Something was deleted: what followed it moved up, so the walk begins anew.
            _ if !self.sorted && self.total > total && total.is_some() => Self {
                page: 1,
                total,
                ..self.clone()
            },
            _ => Self {
                page: self.page + 1,
                total: if self.sorted { None } else { total },
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
            Cursor::start(at(100), false).next(None, Some(250)),
        ] {
            assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
        }
        for wrong in [
            "",
            "2",
            "by_name~1970-01-01T00:00:00Z~1~",
            "by_id~soon~1~",
            "by_id~1970-01-01T00:00:00Z~x~",
        ] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sorted_walk_follows_the_orders_and_counts_pages_only_within_a_second() {
        let start = Cursor::start(at(100), true);
        let second = start.next(Some(at(200)), Some(500));
        assert_eq!((second.after, second.page), (at(199), 1));
        let same = second.next(Some(at(200)), Some(500));
        assert_eq!((same.after, same.page), (at(199), 2));
        assert_eq!(same.next(Some(at(300)), None).page, 1);
    }

    #[test]
    fn a_walk_by_id_begins_anew_when_something_was_deleted() {
        let second = Cursor::start(at(100), false).next(Some(at(999)), Some(250));
        assert_eq!((second.after, second.page), (at(99), 2));
        assert_eq!(second.next(None, Some(251)).page, 3);
        assert_eq!(second.next(None, Some(249)).page, 1);
        assert_eq!(second.next(None, None).page, 3);
    }
}
