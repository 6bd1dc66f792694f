//! The system's clock and entropy: the only place of the product that reads them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use stockbridge_domain::clock::{Clock, Entropy};
use stockbridge_domain::{Env, Timestamp};

/// How much randomness is fetched at once: ids need ten bytes each, and a system call for each would show.
const BUFFER_BYTES: usize = 4_096;

/// The system's clock and entropy.
pub fn system_env() -> Env {
    Env::new(Arc::new(SystemClock), Arc::new(SystemEntropy::default()))
}

#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock everyone else is handed"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Timestamp::EPOCH.plus(since_epoch)
    }
}

/// Random bytes of the operating system, fetched in blocks. Bytes given out are wiped here.
#[derive(Default)]
struct SystemEntropy {
    buffer: Mutex<Vec<u8>>,
}

impl std::fmt::Debug for SystemEntropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SystemEntropy")
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > BUFFER_BYTES {
            return fetch(bytes);
        }
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        if buffer.len() < bytes.len() {
            buffer.resize(BUFFER_BYTES, 0);
            fetch(&mut buffer);
        }
        let rest = buffer.len() - bytes.len();
        bytes.copy_from_slice(&buffer[rest..]);
        buffer[rest..].fill(0);
        buffer.truncate(rest);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the entropy everyone else is handed"
)]
#[expect(
    clippy::panic,
    reason = "without randomness no secret is one: nothing may go on"
)]
fn fetch(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        panic!("the operating system gives no randomness ({error}); no key or token can be made safely");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn randomness_does_not_repeat_across_blocks() {
        let env = system_env();
        let drawn: std::collections::BTreeSet<[u8; 32]> = (0..1_000).map(|_| env.bytes()).collect();
        assert_eq!(drawn.len(), 1_000);
        let mut long = vec![0; BUFFER_BYTES * 2];
        SystemEntropy::default().fill(&mut long);
        assert!(long.iter().any(|b| *b != 0));
    }

    #[test]
    fn the_clock_tells_the_present() {
        let built_after = Timestamp::parse("2025-01-01T00:00:00Z").unwrap();
        assert!(system_env().now() > built_after);
    }
}
