//! Settings every channel understands: how late it may be, how often it is read, what is left alone.
//!
//! They are kept as the account's options and read here, so that engine and channels agree on names and defaults.
//! Whether a value is within bounds is decided once, when the account is connected.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::descriptor::{DataKind, Descriptor, Timing, WriteMode};

/// Seconds for [`Timing::order_visibility`].
pub const ORDER_VISIBILITY_SECS: &str = "order_visibility_secs";
/// Seconds for [`Timing::write_apply`].
pub const WRITE_APPLY_SECS: &str = "write_apply_secs";
/// True to leave alone what the channel ships from its own warehouse.
pub const FBM_ONLY: &str = "fbm_only";

/// How the channel takes quantities, where the account may choose among several ways: a name of [`WriteMode`].
pub const WRITE_MODE: &str = "write_mode";

/// Which location of the channel each of the hub's feeds; see [`PlaceMap`](crate::places::PlaceMap).
pub const LOCATION_MAP: &str = "location_map";
/// The channel's location that all others feed.
pub const DEFAULT_LOCATION: &str = "default_location";

/// True to tell the channel that a parcel is ready as soon as its label is there.
pub const AUTODISPATCH: &str = "autodispatch";

/// The reports wanted on schedule, by the channel's names with commas between them.
pub const REPORTS: &str = "reports";

/// Minutes an order of an own store may stay unpaid before it is called off.
pub const UNPAID_MINUTES: &str = "unpaid_minutes";

/// The option that says how often a kind of data is pulled.
pub const fn every_secs(kind: DataKind) -> &'static str {
    match kind {
        DataKind::Orders => "orders_every_secs",
        DataKind::Listings => "listings_every_secs",
        DataKind::Inventory => "inventory_every_secs",
        DataKind::Returns => "returns_every_secs",
        DataKind::Warehouse => "warehouse_every_secs",
        DataKind::Finance => "finance_every_secs",
        DataKind::Reports => "reports_every_secs",
    }
}

/// A whole number of seconds, written as a number or as digits; `None` when absent or neither.
pub fn seconds(options: &BTreeMap<String, Value>, name: &str) -> Option<Duration> {
    let secs = match options.get(name)? {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(Duration::from_secs(secs))
}

/// The names in [`REPORTS`].
pub fn reports(options: &BTreeMap<String, Value>) -> Vec<String> {
    let text = options.get(REPORTS).and_then(Value::as_str).unwrap_or_default();
    let names = text.split([',', ' ', '\n']).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// A whole number of minutes, written as a number or as digits; `None` when absent or neither.
pub fn minutes(options: &BTreeMap<String, Value>, name: &str) -> Option<Duration> {
    let minutes = match options.get(name)? {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(Duration::from_secs(minutes.saturating_mul(60)))
}

/// A yes or no, written as a boolean or its word; `false` when absent or neither.
pub fn flag(options: &BTreeMap<String, Value>, name: &str) -> bool {
    match options.get(name) {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(text)) => text.trim() == "true",
        _ => false,
    }
}

impl Descriptor {
    /// How late the channel may be for an account with these options.
    pub fn timing_with(&self, options: &BTreeMap<String, Value>) -> Timing {
        Timing {
            order_visibility: seconds(options, ORDER_VISIBILITY_SECS).unwrap_or(self.timing.order_visibility),
            write_apply: seconds(options, WRITE_APPLY_SECS).unwrap_or(self.timing.write_apply),
        }
    }

    /// How quantities are put to an account with these options. A channel that only sets can do nothing else, whatever an
    /// option says.
    pub fn write_mode_with(&self, options: &BTreeMap<String, Value>) -> WriteMode {
        if self.write_mode == WriteMode::Absolute {
            return WriteMode::Absolute;
        }
        let named = options.get(WRITE_MODE).and_then(Value::as_str);
        named.and_then(WriteMode::parse).unwrap_or(self.write_mode)
    }

    /// How often an account with these options pulls `kind`; `None` for a kind the channel does not have.
    pub fn every_with(&self, kind: DataKind, options: &BTreeMap<String, Value>) -> Option<Duration> {
        let default = self.schedules.iter().find(|s| s.kind == kind)?.every;
        Some(seconds(options, every_secs(kind)).unwrap_or(default))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Schedule, WriteMode};
    use serde_json::json;

    static DESCRIPTOR: Descriptor = Descriptor {
        kind: "test",
        label: "Test",
        summary: "",
        capabilities: &[],
        credentials: &[],
        tokens: &[],
        options: &[],
        marketplaces: &[],
        endpoints: &[],
        schedules: &[Schedule {
            kind: DataKind::Orders,
            every: Duration::from_secs(900),
        }],
        buckets: &[],
        timing: Timing {
            order_visibility: Duration::from_secs(300),
            write_apply: Duration::from_secs(1800),
        },
        write_mode: WriteMode::Absolute,
        write_batch: 1,
        read_batch: 1,
        remote: true,
        reports: &[],
    };

    #[test]
    fn options_replace_defaults_and_nothing_else_does() {
        let options = |value: Value| BTreeMap::from([(WRITE_APPLY_SECS.to_owned(), value)]);
        for (given, apply_secs) in [
            (json!(60), 60),
            (json!("60"), 60),
            (json!(-1), 1800),
            (json!(null), 1800),
        ] {
            let timing = DESCRIPTOR.timing_with(&options(given));
            assert_eq!(timing.write_apply.as_secs(), apply_secs);
            assert_eq!(timing.order_visibility.as_secs(), 300);
        }
    }

    #[test]
    fn an_account_may_say_how_quantities_are_put() {
        let options = |value: Value| BTreeMap::from([(WRITE_MODE.to_owned(), value)]);
        let compares = Descriptor {
            write_mode: WriteMode::CompareAndSet,
            ..DESCRIPTOR
        };
        assert_eq!(
            compares.write_mode_with(&options(json!("relative"))),
            WriteMode::Relative
        );
        assert_eq!(
            compares.write_mode_with(&options(json!("any"))),
            WriteMode::CompareAndSet
        );
    }

    #[test]
    fn a_channel_that_only_sets_compares_nothing_whatever_an_option_says() {
        for named in ["compare_and_set", "relative", "absolute", "any"] {
            let options = BTreeMap::from([(WRITE_MODE.to_owned(), json!(named))]);
            assert_eq!(
                DESCRIPTOR.write_mode_with(&options),
                WriteMode::Absolute,
                "{named}"
            );
        }
    }

    #[test]
    fn pulls_follow_their_own_option_and_missing_kinds_stay_missing() {
        let options = BTreeMap::from([("orders_every_secs".to_owned(), json!(30))]);
        let every = |kind| DESCRIPTOR.every_with(kind, &options).map(|d| d.as_secs());
        assert_eq!(every(DataKind::Orders), Some(30));
        assert_eq!(every(DataKind::Listings), None);
        assert!(flag(
            &BTreeMap::from([(FBM_ONLY.to_owned(), json!("true"))]),
            FBM_ONLY
        ));
    }
}
