//! Amazon Web Services, as far as channels need it: queues their messages lie in, and roles that are taken on for a while.
//!
//! Only the signature is AWS's own code (`aws-sigv4`); requests go through the hub's one transport like all others, so that their
//! time, size and target are bounded alike and tests and the simulator can answer them. Whoever writes these requests differently
//! breaks tests against a server that speaks the same protocol ([`tests`]).

pub mod sign;
pub mod sqs;
pub mod sts;

#[cfg(test)]
mod tests;
