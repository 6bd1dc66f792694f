//! Which database, and the master key over its secrets.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stockbridge_store::{Database, MasterKey, StoreConfig};

/// Settings that `config show` hides.
pub(super) const SECRETS: &[&str] = &["store.database_url"];
/// The master key's file in the data folder.
const KEY_FILE: &str = "master.key";
/// The database's file in the data folder.
const DATABASE_FILE: &str = "stockbridge.db";

/// The `store` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Folder of the embedded database and of the master key.
    pub data_dir: PathBuf,
    /// PostgreSQL instead of the embedded database.
    #[serde(default)]
    pub database_url: Option<String>,
    /// A file that holds `database_url`.
    #[serde(default)]
    pub database_url_file: Option<PathBuf>,
    /// Connections to PostgreSQL.
    pub max_connections: usize,
    /// The master key's file.
    #[serde(default)]
    pub master_key_file: Option<PathBuf>,
}

impl Store {
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(url) = &self.database_url
            && !is_postgres(url)
        {
            // The address itself is not repeated: it may hold a password.
            return Err(
                "setting `store.database_url`: it is no PostgreSQL address; write it like \
                 postgresql://user:password@host/name (for the embedded database use --data-dir)"
                    .into(),
            );
        }
        if self.database_url.is_some() && self.database_url_file.is_some() {
            return Err(
                "settings `store.database_url` and `store.database_url_file`: set one of the two, not both"
                    .into(),
            );
        }
        if !(1..=1_000).contains(&self.max_connections) {
            return Err("setting `store.max_connections`: between 1 and 1000".into());
        }
        Ok(())
    }

    /// How to open the store.
    ///
    /// # Errors
    /// When `database_url_file` cannot be read.
    pub fn open_with(&self) -> anyhow::Result<StoreConfig> {
        let key_file = self
            .master_key_file
            .clone()
            .unwrap_or_else(|| self.data_dir.join(KEY_FILE));
        let database = match self.address()? {
            Some(url) => Database::Postgres {
                url,
                max_connections: self.max_connections,
            },
            None => Database::Sqlite {
                dir: self.data_dir.clone(),
            },
        };
        Ok(StoreConfig {
            database,
            master_key: MasterKey::File(key_file),
        })
    }

    /// PostgreSQL's address, if one is set.
    fn address(&self) -> anyhow::Result<Option<String>> {
        let Some(file) = &self.database_url_file else {
            return Ok(self.database_url.clone());
        };
        let text = std::fs::read_to_string(file).map_err(|error| {
            anyhow::anyhow!(
                "setting `store.database_url_file`: {} cannot be read ({error}); check the path and its permissions",
                file.display()
            )
        })?;
        let url = text.trim();
        anyhow::ensure!(
            is_postgres(url),
            "setting `store.database_url_file`: {} holds no PostgreSQL address; \
             write one like postgresql://user:password@host/name into it",
            file.display()
        );
        Ok(Some(url.to_owned()))
    }

    /// The folder in which there is no embedded database yet although one is asked for.
    pub fn missing(&self) -> Option<&Path> {
        let embedded = self.database_url.is_none() && self.database_url_file.is_none();
        (embedded && !self.data_dir.join(DATABASE_FILE).exists()).then_some(self.data_dir.as_path())
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgresql://") || url.starts_with("postgres://")
}
