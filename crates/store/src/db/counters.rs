//! What a database was asked to do since it was opened, for tests and benchmarks.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Db;

/// Counts of one open database.
#[derive(Debug, Default)]
pub(super) struct Counters {
    statements: AtomicU64,
    written: AtomicU64,
}

impl Counters {
    /// A statement was run.
    pub(super) fn run(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// So many rows were inserted, changed or deleted.
    pub(super) fn wrote(&self, rows: u64) {
        self.written.fetch_add(rows, Ordering::Relaxed);
    }
}

impl Db {
    /// How many statements were run since it was opened, bulk statements counted once: tells tests and benchmarks
    /// that a page costs the same number of round trips whatever its length.
    pub fn statements(&self) -> u64 {
        self.counters.statements.load(Ordering::Relaxed)
    }

    /// How many rows were inserted, changed or deleted since it was opened: tells tests and benchmarks that what says
    /// nothing new writes nothing.
    pub fn rows_written(&self) -> u64 {
        self.counters.written.load(Ordering::Relaxed)
    }
}
