//! Settings: compiled-in defaults, then a file, then the environment, then flags; whatever is unknown is refused.
//!
//! The defaults are a commented TOML file that doubles as the reference, one Rust file per section holds its type and
//! its checks. Nothing outside this module reads the environment or the file.

mod channels;
mod log;
mod security;
mod server;
mod store;
mod worker;

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

pub use channels::Channels;
pub use log::{Log, LogFormat};
pub use security::Security;
pub use server::Server;
pub use store::Store;
pub use worker::Worker;

/// The defaults with their explanation.
pub const DEFAULTS: &str = include_str!("defaults.toml");
/// The file looked for in the data folder.
const FILE: &str = "stockbridge.toml";
/// What environment variables with settings start with.
const ENV_PREFIX: &str = "STOCKBRIDGE__";
/// What is shown in place of a secret.
const HIDDEN: &str = "***";

/// Every setting.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where to listen.
    pub server: Server,
    /// Where the data is.
    pub store: Store,
    /// The way out to channels.
    pub channels: Channels,
    /// Who gets in.
    pub security: Security,
    /// Work in the background.
    pub worker: Worker,
    /// What is told.
    pub log: Log,
}

/// Settings given as flags: (`section.name`, value). They win over everything else.
pub type Flags = Vec<(&'static str, serde_json::Value)>;

/// A setting that cannot be used: wrong use, so the exit code is 2.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named is not there.
    #[error("--config: there is no file {}; name an existing file or leave the flag out", .0.display())]
    NoFile(PathBuf),
    /// A value is unknown, of the wrong kind, or unusable.
    #[error("{0}")]
    Wrong(String),
}

/// Settings and where each came from.
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    figment: Figment,
}

/// Reads all layers. `file` is the one named by flag; otherwise the data folder's own is used when there is one.
///
/// # Errors
/// [`ConfigError`] names the setting, where it was set, and what would be right.
pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Loaded, ConfigError> {
    let mut figment = Figment::from(Toml::string(DEFAULTS));
    if let Some(path) = file.map(PathBuf::from).or_else(|| folder_file(flags)) {
        if !path.is_file() {
            return Err(ConfigError::NoFile(path));
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    figment = figment.merge(environment());
    for (name, value) in flags {
        figment = figment.merge(Serialized::default(name, value));
    }
    let settings: Settings = figment
        .extract()
        .map_err(|error| ConfigError::Wrong(explain(&error)))?;
    settings.check().map_err(ConfigError::Wrong)?;
    Ok(Loaded { settings, figment })
}

fn environment() -> Env {
    Env::prefixed(ENV_PREFIX).split("__")
}

/// The file in the data folder, which only a flag, the environment or the default names: the file cannot move itself.
fn folder_file(flags: &Flags) -> Option<PathBuf> {
    let mut figment = Figment::from(Toml::string(DEFAULTS)).merge(environment());
    for (name, value) in flags {
        figment = figment.merge(Serialized::default(name, value));
    }
    let dir: PathBuf = figment.extract_inner("store.data_dir").ok()?;
    Some(dir.join(FILE)).filter(|file| file.is_file())
}

/// Figment's errors in one line each, with the remedy.
fn explain(errors: &figment::Error) -> String {
    let mut lines: Vec<String> = Vec::new();
    for error in errors.clone() {
        let path = error.path.join(".");
        let place = error.metadata.as_ref().map_or_else(String::new, |m| {
            let source = m.source.as_ref().map(|s| format!(" ({s})")).unwrap_or_default();
            format!(", set by {}{source}", m.name)
        });
        lines.push(match &error.kind {
            figment::error::Kind::UnknownField(name, known) => {
                let section = path
                    .rsplit_once('.')
                    .map_or(String::new(), |(section, _)| format!("{section}."));
                format!(
                    "unknown setting `{section}{name}`{place}; known here are {}",
                    known.join(", ")
                )
            }
            kind => format!("setting `{path}`{place}: {kind}"),
        });
    }
    lines.push("`stockbridge config defaults` prints every setting with its explanation".into());
    lines.join("\n")
}

impl Settings {
    fn check(&self) -> Result<(), String> {
        self.server.check()?;
        self.store.check()?;
        self.channels.check()?;
        self.security.check()?;
        self.worker.check()?;
        self.log.check()
    }
}

/// One setting as it stands, for `config show`.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// `section.name`.
    pub setting: String,
    /// Its value; secrets are hidden.
    pub value: serde_json::Value,
    /// Where it was set.
    pub from: String,
}

impl Loaded {
    /// Every setting with its value and origin, secrets hidden.
    pub fn shown(&self) -> Vec<Shown> {
        let value = serde_json::to_value(&self.settings).unwrap_or_default();
        let mut shown = Vec::new();
        for (section, settings) in value.as_object().into_iter().flatten() {
            for (name, value) in settings.as_object().into_iter().flatten() {
                let setting = format!("{section}.{name}");
                let secret = store::SECRETS.contains(&setting.as_str()) && !value.is_null();
                shown.push(Shown {
                    value: if secret { HIDDEN.into() } else { value.clone() },
                    from: self.origin(&setting),
                    setting,
                });
            }
        }
        shown
    }

    fn origin(&self, setting: &str) -> String {
        match self.figment.find_metadata(setting) {
            None => "not set".into(),
            Some(found) if found.name.contains("environment") => "environment".into(),
            Some(found) => match &found.source {
                Some(figment::Source::File(path)) => path.display().to_string(),
                Some(figment::Source::Code(_)) => "flag".into(),
                _ => "default".into(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
