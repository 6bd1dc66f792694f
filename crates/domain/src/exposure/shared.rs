//! The shared regime: every listing shows the pool it was given, whatever the others show.
//!
//! Nothing is limited by headroom here, and that is the accepted risk. What is kept: a write never exceeds what
//! allocation gives, it is recorded as on its way like any other, decreases may follow each other without waiting for
//! late orders, and increases wait until what the channel sold is known.

use super::{Candidate, Decision, Hold};

/// Decides for the shared listings among `candidates`; leaves the others alone.
pub(super) fn decide(candidates: &[Candidate], decisions: &mut [Decision]) {
    for (candidate, decision) in candidates.iter().zip(decisions) {
        if candidate.shared() && candidate.blocked().is_none() {
            *decision = towards(candidate);
        }
    }
}

fn towards(candidate: &Candidate) -> Decision {
    let (expected, desired) = (candidate.expected(), candidate.desired.max(0));
    if expected > desired {
        return candidate.write(desired);
    }
    if expected == desired {
        return Decision::Keep;
    }
    if candidate.busy() {
        return Decision::Hold(Hold::AwaitingReadBack);
    }
    if expected > 0 && desired - expected < candidate.tolerance() {
        return Decision::Hold(Hold::Close);
    }
    candidate.write(desired)
}

/// Units of the product that the shared listings lay claim to: they show the same units, so the largest counts.
pub(super) fn claim(candidates: &[Candidate], of: impl Fn(&Candidate) -> i64) -> i64 {
    candidates
        .iter()
        .filter(|c| c.shared())
        .map(|c| of(c) * c.units)
        .max()
        .unwrap_or(0)
}
