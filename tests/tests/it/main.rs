//! Everything that is tested across crates, in one binary: linking once is what keeps the cycle short.

#![expect(clippy::expect_used, reason = "a test that cannot go on says what it missed")]

mod browser;
mod hub;
mod tidy;
