//! The part of cargo-deny's file format that `deny.toml` uses.

use anyhow::{Context, Result, ensure};
use cargo_metadata::semver::{Version, VersionReq};
use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Which licences a dependency may have.
    pub licenses: Licenses,
    /// Which crates may not be in the graph, and which may be there twice.
    pub bans: Bans,
    /// Where crates may come from.
    pub sources: Sources,
}

/// `[licenses]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licenses {
    /// SPDX identifiers allowed for every crate.
    pub allow: Vec<String>,
    /// Further identifiers allowed for one crate.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// `[[licenses.exceptions]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Which crate.
    #[serde(rename = "crate")]
    pub spec: Spec,
    /// What it may have beyond the general list.
    pub allow: Vec<String>,
}

/// `[bans]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bans {
    /// Two versions of one crate need an entry in `skip`; anything but `deny` is refused.
    pub multiple_versions: Deny,
    /// Crates that may not be in the graph.
    #[serde(default)]
    pub deny: Vec<Ban>,
    /// Older versions that are tolerated.
    #[serde(default)]
    pub skip: Vec<Skip>,
}

/// `[[bans.deny]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ban {
    /// Which crate.
    #[serde(rename = "crate")]
    pub spec: Spec,
    /// Direct dependents that may have it all the same.
    #[serde(default)]
    pub wrappers: Vec<String>,
    /// Why, and what to use instead.
    pub reason: String,
}

/// `[[bans.skip]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// Which crate, with its version.
    #[serde(rename = "crate")]
    pub spec: Spec,
    /// Who still needs the old version.
    pub reason: String,
}

/// `[sources]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sources {
    /// Registries outside `allow_registry`.
    pub unknown_registry: Deny,
    /// Git repositories.
    pub unknown_git: Deny,
    /// Allowed registry index addresses.
    pub allow_registry: Vec<String>,
}

/// The only severity this repository uses.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deny {
    /// A finding fails the check.
    Deny,
}

/// A crate as the file names it: `name` or `name@version-requirement`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Spec {
    /// The text in the file.
    pub text: String,
    /// Package name.
    pub name: String,
    /// Which versions; any when absent.
    pub version: Option<VersionReq>,
}

impl Spec {
    /// Whether this entry means that crate.
    pub fn matches(&self, name: &str, version: &Version) -> bool {
        self.name == name && self.version.as_ref().is_none_or(|wanted| wanted.matches(version))
    }
}

impl TryFrom<String> for Spec {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        let (name, version) = match text.split_once('@') {
            Some((name, wanted)) => {
                let version =
                    VersionReq::parse(wanted).with_context(|| format!("`{text}`: version not understood"))?;
                (name, Some(version))
            }
            None => (text.as_str(), None),
        };
        ensure!(!name.is_empty(), "`{text}`: write `name` or `name@version`");
        Ok(Self {
            name: name.to_owned(),
            version,
            text: text.clone(),
        })
    }
}
