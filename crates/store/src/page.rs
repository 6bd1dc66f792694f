//! Lists in pages: the next page starts after the last row's key, so rows that come and go shift nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::StoreError;
use crate::db::Value;

/// Rows of one page at most.
pub const MAX_PAGE: i64 = 500;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The cursor of the next page; nothing on the last one.
    pub next: Option<String>,
}

/// Which page is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// How many rows, 1 to 500; values outside are moved inside.
    pub limit: i64,
    /// The former page's [`Page::next`].
    pub cursor: Option<String>,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self {
            limit: 50,
            cursor: None,
        }
    }
}

impl PageQuery {
    /// The first page with so many rows.
    pub fn first(limit: i64) -> Self {
        Self { limit, cursor: None }
    }

    /// How many rows to read: one more than the page holds tells whether there is a next one.
    pub(crate) fn fetch(&self) -> Value {
        (self.size() + 1).into()
    }

    fn size(&self) -> i64 {
        self.limit.clamp(1, MAX_PAGE)
    }

    /// The key after which this page starts, as `list` gave it out in [`PageQuery::page`].
    pub(crate) fn after<const N: usize>(&self, list: &str) -> Result<Option<[String; N]>, StoreError> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let parts = URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<(String, Vec<String>)>(&bytes).ok());
        match parts {
            Some((from, key)) if from == list => key.try_into().map(Some).map_err(|_| StoreError::BadCursor),
            _ => Err(StoreError::BadCursor),
        }
    }

    /// Makes the page from the rows read; `key` names a row's place in the list's order.
    pub(crate) fn page<T, const N: usize>(
        &self,
        list: &str,
        mut items: Vec<T>,
        key: impl FnOnce(&T) -> [String; N],
    ) -> Page<T> {
        let size = usize::try_from(self.size()).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| more).map(|last| {
            let cursor = serde_json::json!([list, key(last).as_slice()]);
            URL_SAFE_NO_PAD.encode(cursor.to_string())
        });
        Page { items, next }
    }
}

/// A number that a cursor carried as text.
pub(crate) fn cursor_int(text: &str) -> Result<i64, StoreError> {
    text.parse().map_err(|_| StoreError::BadCursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_on_in_its_own_list_only() {
        let first = PageQuery::first(2);
        let page = first.page("numbers", vec![1, 2, 3], |n| [n.to_string()]);
        assert_eq!(page.items, [1, 2]);
        let second = PageQuery {
            limit: 2,
            cursor: page.next,
        };
        assert_eq!(second.after("numbers").unwrap(), Some(["2".to_owned()]));
        assert!(matches!(second.after::<1>("letters"), Err(StoreError::BadCursor)));
        assert!(matches!(second.after::<2>("numbers"), Err(StoreError::BadCursor)));
        assert_eq!(second.page("numbers", vec![3], |n| [n.to_string()]).next, None);
    }

    #[test]
    fn rubbish_is_no_cursor() {
        for text in ["", "x", "AAAA", "bnVsbA"] {
            let query = PageQuery {
                limit: 2,
                cursor: Some(text.to_owned()),
            };
            assert!(
                matches!(query.after::<1>("numbers"), Err(StoreError::BadCursor)),
                "{text}"
            );
        }
        assert_eq!(cursor_int("12").unwrap(), 12);
        assert!(cursor_int("1x").is_err());
    }

    #[test]
    fn sizes_are_kept_within_bounds() {
        assert_eq!(PageQuery::first(0).fetch(), Value::Int(2));
        assert_eq!(PageQuery::first(10_000).fetch(), Value::Int(501));
    }
}
