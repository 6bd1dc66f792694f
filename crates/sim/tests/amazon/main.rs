//! The simulated Amazon, called the way a client calls the real one. Every answer is also held against
//! Amazon's published models (see `models`), so each test is a conformance test too.
#![expect(clippy::unwrap_used, reason = "tests")]

mod auth;
mod bench;
mod buyers;
mod control;
mod faults;
mod feeds;
mod finances;
mod inventory;
mod listings;
mod models;
mod orders;
mod patches;
mod plans;
mod purchases;
mod shipping;
mod wire;
