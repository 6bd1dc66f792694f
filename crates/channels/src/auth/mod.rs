//! Ways to prove who we are to a channel.

pub mod lwa;
pub mod session;
