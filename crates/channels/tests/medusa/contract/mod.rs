//! What a Medusa store has to do for the channel to be right about it: one module for each thing it is asked for.
//!
//! On a real server the scenarios run at the same time over the same store, so each has products of its own.

pub mod aftersales;
pub mod listings;
pub mod orders;
pub mod parcels;
pub mod prices;
pub mod quantities;
