//! `cargo xtask new-channel NAME`: a folder for a channel that compiles, whose tests say what is missing.
//!
//! The files are the smallest that a connector is made of; each says what belongs there. Nothing is overwritten.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

const MODULE: &str = include_str!("new_channel/mod.rs.txt");
const CLIENT: &str = include_str!("new_channel/client.rs.txt");
const WIRE: &str = include_str!("new_channel/wire.rs.txt");
const TESTS: &str = include_str!("new_channel/tests.rs.txt");
const GUIDE: &str = include_str!("new_channel/guide.md.txt");

/// Where the list of connectors begins, and where its last entry stands.
const LIST: &str = "crates/channels/src/lib.rs";

/// Writes the folder under `root` and adds the line; answers the files written.
///
/// # Errors
/// A name that is no module's name or is taken, or a file that cannot be written.
pub fn run(root: &Path, name: &str) -> anyhow::Result<Vec<PathBuf>> {
    if !fits(name) {
        bail!(
            "`{name}` is no name for a channel: use small letters, digits and `_`, beginning with a letter, such as `ebay`"
        );
    }
    let folder = root.join("crates/channels/src").join(name);
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    let type_name = type_name(name);
    let label = label(name);
    let filled = |text: &str| {
        text.replace("{{name}}", name)
            .replace("{{Type}}", &type_name)
            .replace("{{label}}", &label)
    };
    let list = root.join(LIST);
    let listed = listed(&fs::read_to_string(&list)?, name, &type_name)?;
    let mut written = Vec::new();
    for (path, text) in [
        (folder.join("mod.rs"), MODULE),
        (folder.join("client.rs"), CLIENT),
        (folder.join("wire.rs"), WIRE),
        (folder.join("tests.rs"), TESTS),
        (root.join(format!("docs/channels/{name}.md")), GUIDE),
    ] {
        let parent = path.parent().context("a file without a folder")?;
        fs::create_dir_all(parent)?;
        fs::write(&path, filled(text)).with_context(|| path.display().to_string())?;
        written.push(path);
    }
    fs::write(&list, listed)?;
    written.push(list);
    Ok(written)
}

fn fits(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 30
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// `mercado_libre` as `MercadoLibre`.
fn type_name(name: &str) -> String {
    name.split('_').map(capital).collect()
}

/// `mercado_libre` as `Mercado libre`.
fn label(name: &str) -> String {
    capital(&name.replace('_', " "))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}

/// The list of connectors with one more: its module in the order of the alphabet, its entry before the own store's.
fn listed(text: &str, name: &str, type_name: &str) -> anyhow::Result<String> {
    let module = format!("pub mod {name};");
    let entry = format!("        Arc::new({name}::{type_name}),");
    let mut lines: Vec<&str> = text.lines().collect();
    let modules: Vec<usize> = (0..lines.len())
        .filter(|i| lines[*i].starts_with("pub mod "))
        .collect();
    let after = modules.iter().rev().find(|i| lines[**i] < module.as_str());
    let (Some(first), Some(own)) = (
        modules.first(),
        lines.iter().position(|line| line.trim() == "Arc::new(own::Own),"),
    ) else {
        bail!("{LIST} does not look as expected: add the module and the line of `all()` by hand");
    };
    let at = after.map_or(*first, |i| i + 1);
    lines.insert(own, &entry);
    lines.insert(at, &module);
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "pub mod amazon;\npub mod own;\n\npub fn all() {\n    vec![\n        Arc::new(amazon::Amazon),\n        \
                          Arc::new(own::Own),\n    ]\n}\n";

    #[test]
    fn a_channel_is_written_once_and_listed_in_order() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("crates/channels/src")).unwrap();
        fs::write(root.path().join(LIST), LISTED).unwrap();
        let written = run(root.path(), "mercado_libre").unwrap();
        assert_eq!(written.len(), 6);
        for path in &written {
            let text = fs::read_to_string(path).unwrap();
            assert!(
                !text.contains("{{"),
                "{}: something is not filled in",
                path.display()
            );
        }
        let list = fs::read_to_string(root.path().join(LIST)).unwrap();
        let place = |text: &str| list.find(text).unwrap_or_else(|| panic!("{text}: {list}"));
        assert!(place("pub mod amazon;") < place("pub mod mercado_libre;"));
        assert!(place("pub mod mercado_libre;") < place("pub mod own;"));
        assert!(place("Arc::new(mercado_libre::MercadoLibre),") < place("Arc::new(own::Own),"));
        assert!(
            run(root.path(), "mercado_libre")
                .unwrap_err()
                .to_string()
                .contains("already")
        );
    }

    #[test]
    fn names_are_those_of_modules() {
        for bad in ["", "Ebay", "e-bay", "9shop", "shop name", &"x".repeat(31)] {
            assert!(!fits(bad), "{bad}");
        }
        assert!(fits("ebay") && fits("shop_2"));
    }
}
