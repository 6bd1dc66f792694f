//! Connections that read, on loan.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::sqlite_error;
use super::{MAX_WAIT, blocking, busy, configure};
use crate::StoreError;

/// Cache of a reader's connection, in KiB.
const READER_KIB: u32 = 2_048;

pub(super) struct Readers {
    pub(super) path: Box<Path>,
    pub(super) idle: Mutex<Vec<Connection>>,
    pub(super) permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) async fn take(readers: &Arc<Self>) -> Result<Reader, StoreError> {
        let permit = tokio::time::timeout(MAX_WAIT, Arc::clone(&readers.permits).acquire_owned())
            .await
            .map_err(|_| busy("reader"))?
            .map_err(StoreError::other)?;
        let idle = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => blocking(|| readers.connect(READER_KIB))?,
        };
        Ok(Reader {
            connection: Some(connection),
            home: Arc::clone(readers),
            _permit: permit,
        })
    }

    pub(super) fn connect(&self, cache_kib: u32) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(&self.path, flags).map_err(|error| sqlite_error(&error))?;
        let sql = format!("PRAGMA query_only = ON; PRAGMA cache_size = -{cache_kib};");
        configure(&connection, &sql)?;
        Ok(connection)
    }
}

/// A reader connection on loan.
pub(super) struct Reader {
    /// Present until dropped.
    pub(super) connection: Option<Connection>,
    home: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.home
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
    }
}
