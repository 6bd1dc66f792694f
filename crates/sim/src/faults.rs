//! Misbehaviour: by probability, switchable while running, or scripted for the next calls of one operation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// One way a platform misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Refused as over the quota although budget is left.
    Throttle,
    /// A server error before anything was applied.
    ServerError,
    /// The call is not applied and the answer never comes.
    TimeoutBefore,
    /// The call is applied and the answer never comes.
    TimeoutAfter,
    /// The connection closes before the call is applied.
    DropBefore,
    /// The connection closes after the call is applied.
    DropAfter,
    /// The call is applied; its answer stops in the middle of the body.
    Truncated,
    /// An order, or a change to one, becomes visible to search later than its own time stamps suggest.
    /// Scripted under `placeOrder` and `updateOrder`.
    LateVisibility,
    /// A page of orders begins with the last order of the page before it.
    Duplicate,
    /// A listing write takes much longer than usual to take effect.
    SlowPatch,
    /// A listing write is acknowledged but never applied; the listing shows an error later.
    SilentReject,
    /// A status value no published model knows.
    UnknownValue,
}

/// Probabilities, each 0 to 1, per call (per order and per change to one for `late_visibility`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultConfig {
    /// See [`Fault::Throttle`].
    pub throttle: f64,
    /// See [`Fault::ServerError`].
    pub server_error: f64,
    /// See [`Fault::TimeoutBefore`].
    pub timeout_before: f64,
    /// See [`Fault::TimeoutAfter`].
    pub timeout_after: f64,
    /// See [`Fault::DropBefore`].
    pub drop_before: f64,
    /// See [`Fault::DropAfter`].
    pub drop_after: f64,
    /// See [`Fault::Truncated`].
    pub truncated: f64,
    /// See [`Fault::LateVisibility`].
    pub late_visibility: f64,
    /// The most an order is late, in milliseconds beyond the usual freshness.
    pub max_late_ms: u64,
    /// See [`Fault::Duplicate`].
    pub duplicate: f64,
    /// See [`Fault::SlowPatch`].
    pub slow_patch: f64,
    /// How much longer a slow write takes, in milliseconds.
    pub slow_patch_ms: u64,
    /// See [`Fault::SilentReject`].
    pub silent_reject: f64,
    /// See [`Fault::UnknownValue`].
    pub unknown_value: f64,
}

impl Default for FaultConfig {
    fn default() -> Self {
        Self::none()
    }
}

impl FaultConfig {
    /// A platform that never misbehaves (scripted faults still have their delays).
    #[must_use]
    pub fn none() -> Self {
        Self {
            throttle: 0.0,
            server_error: 0.0,
            timeout_before: 0.0,
            timeout_after: 0.0,
            drop_before: 0.0,
            drop_after: 0.0,
            truncated: 0.0,
            late_visibility: 0.0,
            max_late_ms: 300_000,
            duplicate: 0.0,
            slow_patch: 0.0,
            slow_patch_ms: 120_000,
            silent_reject: 0.0,
            unknown_value: 0.0,
        }
    }

    /// An ordinary bad day.
    #[must_use]
    pub fn mild() -> Self {
        Self {
            throttle: 0.01,
            server_error: 0.01,
            timeout_before: 0.001,
            timeout_after: 0.002,
            drop_before: 0.002,
            drop_after: 0.002,
            truncated: 0.002,
            late_visibility: 0.02,
            duplicate: 0.02,
            slow_patch: 0.02,
            silent_reject: 0.002,
            ..Self::none()
        }
    }

    /// Worse than any real day: what must still end well.
    #[must_use]
    pub fn wild() -> Self {
        Self {
            throttle: 0.08,
            server_error: 0.06,
            timeout_before: 0.01,
            timeout_after: 0.02,
            drop_before: 0.02,
            drop_after: 0.03,
            truncated: 0.03,
            late_visibility: 0.15,
            duplicate: 0.15,
            slow_patch: 0.1,
            silent_reject: 0.02,
            ..Self::none()
        }
    }

    /// The preset called `none`, `mild` or `wild`.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::none()),
            "mild" => Some(Self::mild()),
            "wild" => Some(Self::wild()),
            _ => None,
        }
    }

    fn probability(&self, fault: Fault) -> f64 {
        match fault {
            Fault::Throttle => self.throttle,
            Fault::ServerError => self.server_error,
            Fault::TimeoutBefore => self.timeout_before,
            Fault::TimeoutAfter => self.timeout_after,
            Fault::DropBefore => self.drop_before,
            Fault::DropAfter => self.drop_after,
            Fault::Truncated => self.truncated,
            Fault::LateVisibility => self.late_visibility,
            Fault::Duplicate => self.duplicate,
            Fault::SlowPatch => self.slow_patch,
            Fault::SilentReject => self.silent_reject,
            Fault::UnknownValue => self.unknown_value,
        }
    }
}

/// A fault that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultFired {
    /// When.
    pub at: Timestamp,
    /// To a call of which operation.
    pub operation: String,
    /// What.
    pub fault: Fault,
}

/// The faults that stop or spoil a whole call; at most one of them fires per call.
pub(crate) const CALL_FAULTS: [Fault; 7] = [
    Fault::Throttle,
    Fault::ServerError,
    Fault::TimeoutBefore,
    Fault::TimeoutAfter,
    Fault::DropBefore,
    Fault::DropAfter,
    Fault::Truncated,
];

/// The probabilities now in force, the scripted faults still to come, and a log of what fired.
#[derive(Debug, Default)]
pub(crate) struct FaultBook {
    pub(crate) config: FaultConfig,
    scripted: BTreeMap<(String, Fault), u32>,
    pub(crate) fired: Vec<FaultFired>,
}

impl FaultBook {
    pub(crate) fn new(config: FaultConfig) -> Self {
        Self {
            config,
            scripted: BTreeMap::new(),
            fired: Vec::new(),
        }
    }

    /// Scripts `fault` for the next `count` calls of `operation`.
    pub(crate) fn script(&mut self, operation: &str, fault: Fault, count: u32) {
        if count > 0 {
            *self.scripted.entry((operation.to_owned(), fault)).or_default() += count;
        }
    }

    /// Which of `candidates` hits this call, if any: a scripted one first, else at most one by chance.
    pub(crate) fn draw(
        &mut self,
        candidates: &[Fault],
        operation: &str,
        at: Timestamp,
        rng: &mut ChaCha8Rng,
    ) -> Option<Fault> {
        let hit = self
            .take_scripted(candidates, operation)
            .or_else(|| self.by_chance(candidates, rng));
        if let Some(fault) = hit {
            self.fired.push(FaultFired {
                at,
                operation: operation.to_owned(),
                fault,
            });
        }
        hit
    }

    /// Whether `fault` hits this call.
    pub(crate) fn hits(
        &mut self,
        fault: Fault,
        operation: &str,
        at: Timestamp,
        rng: &mut ChaCha8Rng,
    ) -> bool {
        self.draw(&[fault], operation, at, rng).is_some()
    }

    fn take_scripted(&mut self, candidates: &[Fault], operation: &str) -> Option<Fault> {
        for fault in candidates {
            let key = (operation.to_owned(), *fault);
            if let Some(left) = self.scripted.get_mut(&key) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.scripted.remove(&key);
                }
                return Some(*fault);
            }
        }
        None
    }

    fn by_chance(&self, candidates: &[Fault], rng: &mut ChaCha8Rng) -> Option<Fault> {
        let mut point: f64 = rng.random();
        for fault in candidates {
            let share = self.config.probability(*fault);
            if point < share {
                return Some(*fault);
            }
            point -= share;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn scripted_faults_hit_the_named_operation_exactly_as_often_as_asked() {
        let mut book = FaultBook::new(FaultConfig::none());
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        book.script("getOrder", Fault::Throttle, 2);
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(book.draw(&CALL_FAULTS, "searchOrders", now, &mut rng), None);
        assert_eq!(
            book.draw(&CALL_FAULTS, "getOrder", now, &mut rng),
            Some(Fault::Throttle)
        );
        assert_eq!(
            book.draw(&CALL_FAULTS, "getOrder", now, &mut rng),
            Some(Fault::Throttle)
        );
        assert_eq!(book.draw(&CALL_FAULTS, "getOrder", now, &mut rng), None);
        assert_eq!(book.fired.len(), 2);
    }

    #[test]
    fn probabilities_are_met_within_reason() {
        let mut book = FaultBook::new(FaultConfig {
            throttle: 0.1,
            drop_after: 0.2,
            ..FaultConfig::none()
        });
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let draws: Vec<_> = (0..10_000)
            .map(|_| book.draw(&CALL_FAULTS, "x", Timestamp::UNIX_EPOCH, &mut rng))
            .collect();
        let share = |f| draws.iter().filter(|d| **d == Some(f)).count();
        assert!(
            (900..1_100).contains(&share(Fault::Throttle)),
            "{}",
            share(Fault::Throttle)
        );
        assert!(
            (1_850..2_150).contains(&share(Fault::DropAfter)),
            "{}",
            share(Fault::DropAfter)
        );
    }

    #[test]
    fn presets_are_found_by_name_and_fault_names_are_snake_case() {
        assert_eq!(FaultConfig::preset("wild"), Some(FaultConfig::wild()));
        assert_eq!(FaultConfig::preset("mad"), None);
        assert_eq!(
            serde_json::to_string(&Fault::TimeoutAfter).unwrap(),
            "\"timeout_after\""
        );
    }
}
