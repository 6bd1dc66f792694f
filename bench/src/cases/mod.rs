//! The benchmarks, one file each.

pub mod catalogue;
pub mod explain;
pub mod first_import;
pub mod idle;
pub mod import;
pub mod inbox;
pub mod offers;
pub mod plan;
pub mod queue;
pub mod reads;
pub mod reports;
pub mod trust;
