//! A channel's own locations: how many of a listing's units each of them shows.
//!
//! What a channel could sell is bounded for a listing as a whole, so everything about safety works on the sum over its
//! locations. This is about the rest: which location gets how many. Each of the hub's locations feeds one of the channel's,
//! so that what a channel's location shows can be shipped from where it says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::channel::options::{DEFAULT_LOCATION, LOCATION_MAP};

/// Units at one of a channel's locations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceUnits {
    /// The channel's id of the location.
    pub location: String,
    /// Units for sale there.
    pub quantity: i64,
}

/// Which of the channel's locations each of the hub's feeds, as an account's options have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceMap {
    named: BTreeMap<String, String>,
    default: Option<String>,
}

impl PlaceMap {
    /// Reads the options `location_map` (the hub's locations, by id or name, each with a location of the channel) and
    /// `default_location`. What has another form is left out: it was refused when the options were set.
    pub fn of_options(options: &BTreeMap<String, Value>) -> Self {
        let named = options.get(LOCATION_MAP).and_then(Value::as_object);
        let named = named.into_iter().flatten().filter_map(|(ours, theirs)| {
            let theirs = theirs.as_str()?;
            Some((ours.clone(), theirs.to_owned()))
        });
        let default = options.get(DEFAULT_LOCATION).and_then(Value::as_str);
        Self {
            named: named.collect(),
            default: default.map(str::to_owned),
        }
    }

    /// The hub's locations that are named.
    pub fn ours(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    /// Which of the channel's locations one of the hub's is said to feed.
    pub fn named(&self, id: &str, name: &str) -> Option<&str> {
        let named = self.named.get(id).or_else(|| self.named.get(name));
        named.map(String::as_str)
    }

    /// The channel's location that is said to be fed by all others.
    pub fn default_named(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The channel's locations that are named.
    pub fn theirs(&self) -> impl Iterator<Item = &str> {
        let default = self.default.iter();
        self.named.values().chain(default).map(String::as_str)
    }

    /// Which of the channel's locations (as positions in `shown`) a location of the hub feeds: the one it is mapped to, or
    /// else the channel's default, which is the first unless one is named. `None` when the channel does not show that one.
    pub fn fed_by(&self, id: &str, name: &str, shown: &[PlaceUnits]) -> Option<usize> {
        match self.named(id, name).or(self.default_named()) {
            Some(theirs) => shown.iter().position(|place| place.location == theirs),
            None => (!shown.is_empty()).then_some(0),
        }
    }

    /// The position of the channel's default location.
    pub fn default_in(&self, shown: &[PlaceUnits]) -> usize {
        let named = self.default.as_ref();
        let position = named.and_then(|theirs| shown.iter().position(|p| p.location == *theirs));
        position.unwrap_or(0)
    }
}

/// Splits `total` units over locations in proportion to what each can hold, by largest remainder. None gets more than it
/// can hold, except the one at `default`, which takes what no location has room for: the sum is always `total`.
pub fn split(total: i64, room: &[i64], default: usize) -> Vec<i64> {
    let room: Vec<i64> = room.iter().map(|units| (*units).max(0)).collect();
    let whole: i64 = room.iter().sum();
    let shared = total.max(0).min(whole);
    let share = |units: i64| {
        let exact = i128::from(units) * i128::from(shared);
        let whole = i128::from(whole.max(1));
        let floor = i64::try_from(exact / whole).unwrap_or(0);
        (floor, exact % whole)
    };
    let mut parts: Vec<i64> = room.iter().map(|units| share(*units).0).collect();
    let mut order: Vec<usize> = (0..room.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(share(room[*i]).1), *i));
    let mut left = shared - parts.iter().sum::<i64>();
    for i in order {
        if left > 0 && parts[i] < room[i] {
            parts[i] += 1;
            left -= 1;
        }
    }
    if let Some(part) = parts.get_mut(default) {
        *part += total.max(0) - shared;
    }
    parts
}

/// Units that lie at another location than they should, beyond what is worth a write: an eighth of the listing.
pub fn misplaced(shown: &[PlaceUnits], wanted: &[i64]) -> bool {
    let total: i64 = shown.iter().map(|place| place.quantity).sum();
    let apart = shown
        .iter()
        .zip(wanted)
        .map(|(place, wanted)| (place.quantity - wanted).max(0));
    apart.sum::<i64>() > (total / 8).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn shown(places: &[(&str, i64)]) -> Vec<PlaceUnits> {
        let place = |(location, quantity): &(&str, i64)| PlaceUnits {
            location: (*location).to_owned(),
            quantity: *quantity,
        };
        places.iter().map(place).collect()
    }

    #[test]
    fn units_go_where_they_lie() {
        assert_eq!(split(10, &[10, 5], 0), [7, 3]);
        assert_eq!(split(15, &[10, 5], 0), [10, 5]);
        assert_eq!(
            split(20, &[10, 5], 1),
            [10, 10],
            "the default takes what fits nowhere"
        );
        assert_eq!(split(3, &[0, -2, 1], 0), [2, 0, 1]);
        assert_eq!(split(0, &[3, 3], 0), [0, 0]);
        assert_eq!(split(3, &[], 0), [0; 0]);
    }

    proptest! {
        #[test]
        fn a_split_keeps_the_sum_and_the_room(total in 0i64..1_000, room in prop::collection::vec(-5i64..300, 1..8)) {
            let parts = split(total, &room, 0);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            for (part, room) in parts.iter().zip(&room).skip(1) {
                prop_assert!((0..=(*room).max(0)).contains(part));
            }
        }
    }

    #[test]
    fn every_location_feeds_one_of_the_channels() {
        let options = json!({"location_map": {"Graz": "g", "loc_1": "b"}, "default_location": "b"});
        let map = PlaceMap::of_options(&serde_json::from_value(options).unwrap());
        let places = shown(&[("g", 1), ("b", 2)]);
        assert_eq!(map.fed_by("loc_9", "Graz", &places), Some(0));
        assert_eq!(map.fed_by("loc_1", "Berlin", &places), Some(1));
        assert_eq!(map.fed_by("loc_7", "Wien", &places), Some(1), "the default");
        assert_eq!(
            map.fed_by("loc_9", "Graz", &shown(&[("b", 2)])),
            None,
            "not shown there"
        );
        let plain = PlaceMap::default();
        assert_eq!(
            plain.fed_by("loc_7", "Wien", &places),
            Some(0),
            "the channel's first"
        );
        assert_eq!(plain.fed_by("loc_7", "Wien", &[]), None);
    }

    #[test]
    fn small_differences_between_locations_are_left() {
        assert!(!misplaced(&shown(&[("a", 10), ("b", 6)]), &[8, 8]));
        assert!(misplaced(&shown(&[("a", 10), ("b", 6)]), &[6, 10]));
        assert!(misplaced(&shown(&[("a", 1), ("b", 0)]), &[0, 1]));
    }
}
