//! The HTTP API from outside: real requests through the whole router on an in-memory store.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod after_calls;
mod again;
mod bad_input;
mod bad_places;
mod bad_stores;
mod basics;
mod catalogue;
mod channel;
mod consents;
mod coverage;
mod document;
mod goods;
mod live;
mod pages;
mod report_calls;
mod truth;
mod webhook_work;
mod webhooks;
mod world;
