//! Everything that is tested across crates, in one binary: linking once is what keeps the cycle short.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says what it missed, and one that is left out says so"
)]

mod browser;
mod custom_protocol;
mod hub;
mod tidy;
