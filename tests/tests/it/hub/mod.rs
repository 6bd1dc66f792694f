//! The hub as a whole, against the simulator.

mod aftersales;
mod bad_input;
mod barcodes;
mod books;
mod consents;
mod crash;
mod custom;
mod explain;
pub mod harness;
mod main_job;
mod prices;
