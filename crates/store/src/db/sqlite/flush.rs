//! Group commit: transactions that end at about the same time share one wait for the disk.
//!
//! With `synchronous = FULL`, SQLite waits for the disk inside COMMIT, while holding the only writer. Here
//! COMMIT merely appends to the write-ahead log (`synchronous = NORMAL`), the next writer may begin, and the
//! log is synced once for everybody who is waiting. Nothing is lost by it: the log is synced before a commit
//! is reported, in order, and SQLite itself syncs it before moving pages into the database. What another
//! transaction read in between is on disk by the time that other one is reported.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::StoreError;

/// Syncs the write-ahead log of one database.
pub(super) struct Flusher {
    log: File,
    /// Commits appended to the log.
    appended: AtomicU64,
    /// The number of appended commits known to be on disk; its lock is held while syncing.
    synced: tokio::sync::Mutex<u64>,
    /// Set for good when a sync failed: the system may have dropped the pages it could not write, so that a
    /// later success would prove nothing.
    failed: AtomicBool,
}

impl Flusher {
    /// Opens the log of the database at `path`, which exists once a transaction has begun.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let log = File::open(&log).map_err(|error| failure(&error))?;
        Ok(Self {
            log,
            appended: AtomicU64::new(0),
            synced: tokio::sync::Mutex::new(0),
            failed: AtomicBool::new(false),
        })
    }

    /// Notes a commit; called while its writer is still held, so that the log has it before the number counts.
    pub(super) fn appended(&self) -> u64 {
        self.appended.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Returns when commit number `commit` is on disk.
    pub(super) async fn wait(&self, commit: u64) -> Result<(), StoreError> {
        let mut synced = self.synced.lock().await;
        if self.failed.load(Ordering::Acquire) {
            return Err(StoreError::Storage {
                detail: "an earlier write did not reach the disk; check the disk, then restart".to_owned(),
            });
        }
        if *synced >= commit {
            return Ok(());
        }
        let covered = self.appended.load(Ordering::Acquire);
        if let Err(error) = super::blocking(|| self.log.sync_data()) {
            self.failed.store(true, Ordering::Release);
            return Err(failure(&error));
        }
        *synced = covered;
        Ok(())
    }
}

fn failure(error: &std::io::Error) -> StoreError {
    let detail = error.to_string();
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full { detail },
        _ => StoreError::Storage { detail },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sqlite;

    #[tokio::test]
    async fn one_sync_covers_all_commits_before_it() {
        let test = sqlite().unwrap();
        let path = test.folder().unwrap().join("db");
        std::fs::write(test.folder().unwrap().join("db-wal"), "log").unwrap();
        let flusher = Flusher::open(&path).unwrap();
        let (first, second) = (flusher.appended(), flusher.appended());
        flusher.wait(first).await.unwrap();
        assert_eq!(*flusher.synced.lock().await, second);
        let third = flusher.appended();
        flusher.wait(second).await.unwrap();
        assert_eq!(*flusher.synced.lock().await, second);
        flusher.wait(third).await.unwrap();
        assert_eq!(*flusher.synced.lock().await, third);
        flusher.failed.store(true, Ordering::Release);
        assert!(matches!(
            flusher.wait(first).await,
            Err(StoreError::Storage { .. })
        ));
    }
}
