//! Page tokens: opaque, good for a day, and only with unchanged parameters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::error::ApiError;
use crate::time::after_ms;

const LIFE_MS: u64 = 24 * 3_600 * 1_000;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// After this order; later changes than `until` belong to the next search.
    Orders {
        until: Timestamp,
        last: (Timestamp, String),
    },
    /// After so many items.
    Items { skip: usize },
    /// After so many summaries, and good until then only.
    Summaries { skip: usize, until: Timestamp },
}

/// Tokens given out.
#[derive(Debug)]
pub(super) struct Pages {
    /// Most things of a page, whatever is asked for.
    most: usize,
    open: BTreeMap<String, Page>,
}

#[derive(Debug)]
struct Page {
    seller_id: String,
    signature: String,
    place: Place,
    expires_at: Timestamp,
}

impl Pages {
    pub(super) fn of_at_most(most: usize) -> Self {
        Self {
            most: most.max(1),
            open: BTreeMap::new(),
        }
    }

    /// How many things the page has for which so many are asked.
    pub(super) fn size(&self, asked: usize) -> usize {
        asked.min(self.most)
    }

    /// A token for `place`, holding the characters that must be percent-encoded.
    pub(super) fn give(
        &mut self,
        seller_id: &str,
        signature: String,
        place: Place,
        now: Timestamp,
        rng: &mut ChaCha8Rng,
    ) -> String {
        self.open.retain(|_, page| page.expires_at > now);
        let letters = (0..42).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]));
        let token: String = letters.chain("+/=".chars()).collect();
        let expires_at = after_ms(now, LIFE_MS);
        let page = Page {
            seller_id: seller_id.to_owned(),
            signature,
            place,
            expires_at,
        };
        self.open.insert(token.clone(), page);
        token
    }

    /// The place a token stands for; `parameter` is named in the error.
    pub(super) fn find(
        &self,
        token: &str,
        seller_id: &str,
        signature: &str,
        now: Timestamp,
        parameter: &str,
    ) -> Result<Place, ApiError> {
        let page = self
            .open
            .get(token)
            .filter(|p| p.seller_id == seller_id && p.expires_at > now);
        let page = page.ok_or_else(|| ApiError::invalid("The token is unknown or expired.", parameter))?;
        if page.signature != signature {
            return Err(ApiError::invalid(
                "The token is valid only with the parameters of the first page.",
                parameter,
            ));
        }
        Ok(page.place.clone())
    }
}
