//! The hub as a whole, against the simulator.

mod harness;
mod main_job;
