//! The HTTP API from outside: real requests through the whole router on an in-memory store.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod basics;
mod channel;
mod world;
