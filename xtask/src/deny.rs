//! Dependency rules: `deny.toml` held against the graph `cargo metadata` resolves.
//!
//! The file keeps cargo-deny's format, so that tool can be run on it too. This reader exists because checking
//! must need neither the network nor a tool installed beforehand. It covers what the file uses (licences, bans,
//! duplicate versions, sources) and refuses keys it does not know, so no rule is silently left out.
//!
//! An entry that no longer matches anything is a problem as well: exceptions may only shrink.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use cargo_metadata::{
    Dependency, DependencyKind, FeatureName, Metadata, MetadataCommand, NodeDep, Package, PackageId,
};

mod config;
mod rules;
mod spdx;

/// One crate of the resolved graph, reduced to what the rules look at.
#[derive(Debug, Clone)]
pub struct Crate {
    /// Package name.
    pub name: String,
    /// Exact version.
    pub version: cargo_metadata::semver::Version,
    /// SPDX expression of its manifest.
    pub license: Option<String>,
    /// Registry or git address; `None` for a member of this workspace.
    pub source: Option<String>,
    /// Names of the crates that depend on it directly.
    pub parents: BTreeSet<String>,
}

/// What a run found.
#[derive(Debug)]
pub struct Report {
    /// How many crates from outside the workspace were looked at.
    pub checked: usize,
    /// One paragraph per broken rule, with its remedy.
    pub problems: Vec<String>,
}

/// Reads `deny.toml` and the resolved graph, and applies every rule.
///
/// # Errors
/// When the file cannot be read or has an unknown key, or cargo cannot resolve the graph offline.
pub fn run() -> Result<Report> {
    let metadata = MetadataCommand::new()
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .context("cargo metadata failed; run `cargo fetch --locked` once with a network")?;
    let path = metadata.workspace_root.join("deny.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let config: config::Config = toml::from_str(&text).with_context(|| format!("{path} is not valid"))?;
    let crates = graph(&metadata)?;
    Ok(Report {
        checked: crates.iter().filter(|found| found.source.is_some()).count(),
        problems: rules::check(&config, &crates)?,
    })
}

/// The crates reachable from this workspace on any platform.
fn graph(metadata: &Metadata) -> Result<Vec<Crate>> {
    let resolve = metadata
        .resolve
        .as_ref()
        .context("cargo metadata returned no graph")?;
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut parents: BTreeMap<&PackageId, BTreeSet<String>> = BTreeMap::new();
    let mut queue: Vec<&PackageId> = metadata.workspace_members.iter().collect();
    let mut seen: BTreeSet<&PackageId> = queue.iter().copied().collect();
    while let Some(id) = queue.pop() {
        let node = nodes[id];
        for dependency in node
            .deps
            .iter()
            .filter(|edge| active(&metadata[id], &node.features, edge))
        {
            parents
                .entry(&dependency.pkg)
                .or_default()
                .insert(metadata[id].name.to_string());
            if seen.insert(&dependency.pkg) {
                queue.push(&dependency.pkg);
            }
        }
    }
    Ok(seen
        .into_iter()
        .map(|id| {
            let package = &metadata[id];
            Crate {
                name: package.name.to_string(),
                version: package.version.clone(),
                license: package.license.clone(),
                source: package.source.as_ref().map(|source| source.repr.clone()),
                parents: parents.remove(id).unwrap_or_default(),
            }
        })
        .collect())
}

/// Whether an edge is ever built: cargo also lists optional dependencies that only a weak feature
/// (`name?/feature`) mentions, although nothing turns them on.
fn active(package: &Package, enabled: &[FeatureName], edge: &NodeDep) -> bool {
    let alias = |dependency: &&Dependency| {
        dependency
            .rename
            .as_ref()
            .unwrap_or(&dependency.name)
            .replace('-', "_")
            == edge.name
    };
    let mut named = package.dependencies.iter().filter(alias).peekable();
    // A library may carry another name than its package; such an edge cannot be judged and counts.
    named.peek().is_none()
        || named.any(|dependency| match dependency.kind {
            DependencyKind::Development => package.source.is_none(),
            _ => !dependency.optional || switched_on(package, enabled, dependency),
        })
}

fn switched_on(package: &Package, enabled: &[FeatureName], dependency: &Dependency) -> bool {
    let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
    enabled
        .iter()
        .filter_map(|feature| package.features.get(feature.as_str()))
        .flatten()
        .any(|value| {
            value.strip_prefix("dep:") == Some(name)
                || value == name
                || value.split_once('/').is_some_and(|(target, _)| target == name)
        })
}
