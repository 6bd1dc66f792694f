//! Style sheet, scripts and icons: our own, compiled in, served with a version in their address.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

const ASSETS: &[(&str, &str, &str)] = &[
    (
        "app.css",
        "text/css; charset=utf-8",
        include_str!("../assets/app.css"),
    ),
    (
        "app.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/app.js"),
    ),
    (
        "copy.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/copy.js"),
    ),
    (
        "live.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/live.js"),
    ),
    (
        "sliders.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/sliders.js"),
    ),
    (
        "theme.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/theme.js"),
    ),
    ("icons.svg", "image/svg+xml", include_str!("../assets/icons.svg")),
    ("mark.svg", "image/svg+xml", include_str!("../assets/mark.svg")),
];

/// Changes whenever an asset does.
pub(crate) fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut hash = Sha256::new();
        for (_, _, text) in ASSETS {
            hash.update(text.as_bytes());
        }
        hash.finalize()
            .iter()
            .take(5)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    })
}

/// One asset with its media type.
pub(crate) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    ASSETS
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|(_, kind, text)| (*kind, *text))
}

#[cfg(test)]
pub(crate) fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    ASSETS.iter().map(|(name, _, text)| (*name, *text))
}
