//! Who may depend on whom: crates as drawn in ARCHITECTURE.md, and each outside library in its one room.

use cargo_metadata::{DependencyKind, MetadataCommand};

use super::report;
use super::source::root;

/// A package of this workspace and the packages of this workspace it may depend on.
struct Layer {
    name: &'static str,
    below: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    // Pure: everything else is told in its words.
    Layer {
        name: "stockbridge-domain",
        below: &[],
    },
    Layer {
        name: "stockbridge-store",
        below: &["stockbridge-domain"],
    },
    Layer {
        name: "stockbridge-channels",
        below: &["stockbridge-domain"],
    },
    // Shares nothing with the connectors: a misreading must not agree with itself.
    Layer {
        name: "stockbridge-sim",
        below: &[],
    },
    // Knows the ports in `domain`, never a connector.
    Layer {
        name: "stockbridge-engine",
        below: &["stockbridge-domain", "stockbridge-store"],
    },
    Layer {
        name: "stockbridge-web",
        below: &["stockbridge-domain", "stockbridge-store", "stockbridge-engine"],
    },
    // The whole hub against the simulated marketplace, in one thread.
    Layer {
        name: "stockbridge-simulation",
        below: &[
            "stockbridge-domain",
            "stockbridge-store",
            "stockbridge-channels",
            "stockbridge-sim",
            "stockbridge-engine",
        ],
    },
    // The one place that puts concrete parts together.
    Layer {
        name: "stockbridge",
        below: EVERY_LIBRARY,
    },
    Layer {
        name: "stockbridge-tests",
        below: EVERY_LIBRARY,
    },
    Layer {
        name: "stockbridge-bench",
        below: EVERY_LIBRARY,
    },
    Layer {
        name: "xtask",
        below: &[],
    },
];

const EVERY_LIBRARY: &[&str] = &[
    "stockbridge-domain",
    "stockbridge-store",
    "stockbridge-channels",
    "stockbridge-sim",
    "stockbridge-engine",
    "stockbridge-web",
    "stockbridge-simulation",
];

/// What a package's tests alone may use besides.
const TESTED_WITH: &[(&str, &str)] = &[
    // Every connector keeps the contract with its simulated platform.
    ("stockbridge-channels", "stockbridge-sim"),
];

/// An outside library and the packages that may use it. Tests and benchmarks may use any.
struct Room {
    outside: &'static str,
    users: &'static [&'static str],
    why: &'static str,
}

const ROOMS: &[Room] = &[
    Room {
        outside: "rusqlite",
        users: &["stockbridge-store"],
        why: "only the store speaks SQL",
    },
    Room {
        outside: "tokio-postgres",
        users: &["stockbridge-store"],
        why: "only the store speaks SQL",
    },
    Room {
        outside: "deadpool-postgres",
        users: &["stockbridge-store"],
        why: "only the store speaks SQL",
    },
    Room {
        outside: "tokio-postgres-rustls",
        users: &["stockbridge-store"],
        why: "only the store speaks SQL",
    },
    Room {
        outside: "csv",
        users: &["stockbridge-engine"],
        why: "files mean the same from the dashboard, the API and the command line",
    },
    Room {
        outside: "calamine",
        users: &["stockbridge-engine"],
        why: "files mean the same from the dashboard, the API and the command line",
    },
    Room {
        outside: "zip",
        users: &["stockbridge-engine"],
        why: "a workbook is measured where it is read",
    },
    Room {
        outside: "reqwest",
        users: &["stockbridge-channels"],
        why: "only channels open outbound connections",
    },
    Room {
        outside: "axum",
        users: &["stockbridge-web", "stockbridge-sim"],
        why: "only web serves HTTP",
    },
    Room {
        outside: "minijinja",
        users: &["stockbridge-web"],
        why: "only web renders pages",
    },
    Room {
        outside: "utoipa",
        users: &["stockbridge-web"],
        why: "only web describes the API",
    },
    Room {
        outside: "clap",
        users: &["stockbridge", "xtask"],
        why: "only the binary has a command line",
    },
    Room {
        outside: "figment",
        users: &["stockbridge"],
        why: "only the binary reads configuration",
    },
    Room {
        outside: "http",
        users: &[
            "stockbridge-domain",
            "stockbridge-channels",
            "stockbridge-web",
            "stockbridge-sim",
        ],
        why: "status codes mean something to connectors and to web, elsewhere a fault says what happens next",
    },
    Room {
        outside: "tokio",
        users: &[
            "stockbridge-store",
            "stockbridge-channels",
            "stockbridge-engine",
            "stockbridge-web",
            "stockbridge-sim",
            "stockbridge",
        ],
        why: "the domain has no async runtime",
    },
];

const UNBOUND: &[&str] = &["stockbridge-tests", "stockbridge-bench"];

/// A package and the names of what it depends on, in any kind of dependency.
type Package = (String, Vec<String>);

#[test]
fn crates_depend_as_drawn() {
    report(&misdirected(&packages()));
}

#[test]
fn outside_libraries_stay_in_their_room() {
    report(&misplaced(&packages()));
}

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo metadata");
    metadata
        .packages
        .iter()
        .map(|package| {
            let dependencies = package
                .dependencies
                .iter()
                .filter(|dependency| {
                    dependency.kind != DependencyKind::Development
                        || !TESTED_WITH.contains(&(package.name.as_str(), dependency.name.as_str()))
                })
                .map(|dependency| dependency.name.clone())
                .collect();
            (package.name.to_string(), dependencies)
        })
        .collect()
}

fn misdirected(packages: &[Package]) -> Vec<String> {
    let ours = |name: &String| packages.iter().any(|(package, _)| package == name);
    let mut problems = Vec::new();
    for (package, dependencies) in packages {
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == package) else {
            problems.push(format!(
                "{package} is in no layer: draw it in ARCHITECTURE.md and in layers.rs"
            ));
            continue;
        };
        for dependency in dependencies.iter().filter(|name| ours(name)) {
            if !layer.below.contains(&dependency.as_str()) {
                problems.push(format!(
                    "{package} must not depend on {dependency} (see ARCHITECTURE.md)"
                ));
            }
        }
    }
    problems
}

fn misplaced(packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for (package, dependencies) in packages
        .iter()
        .filter(|(name, _)| !UNBOUND.contains(&name.as_str()))
    {
        for room in ROOMS
            .iter()
            .filter(|room| !room.users.contains(&package.as_str()))
        {
            if dependencies.iter().any(|dependency| dependency == room.outside) {
                let users = room.users.join(", ");
                let (outside, why) = (room.outside, room.why);
                problems.push(format!("{package} must not depend on {outside}: {why} ({users})"));
            }
        }
    }
    problems
}

fn sample(name: &str, dependencies: &[&str]) -> Vec<Package> {
    let mut packages: Vec<Package> = LAYERS
        .iter()
        .map(|layer| (layer.name.to_owned(), Vec::new()))
        .collect();
    packages.retain(|(package, _)| package != name);
    packages.push((
        name.to_owned(),
        dependencies
            .iter()
            .map(|&dependency| dependency.to_owned())
            .collect(),
    ));
    packages
}

#[test]
fn a_dependency_against_the_drawing_is_found() {
    let bad = sample(
        "stockbridge-engine",
        &["stockbridge-domain", "stockbridge-channels", "serde"],
    );
    let problems = misdirected(&bad);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("engine must not depend on stockbridge-channels"));
    assert_eq!(
        misdirected(&sample("stockbridge-sim", &["stockbridge-domain"])).len(),
        1
    );
    assert!(misdirected(&sample("stockbridge-extra", &[]))[0].contains("in no layer"));
}

#[test]
fn a_library_outside_its_room_is_found() {
    assert!(misplaced(&sample("stockbridge-web", &["rusqlite"]))[0].contains("only the store speaks SQL"));
    assert_eq!(
        misplaced(&sample("stockbridge-domain", &["tokio", "reqwest", "serde"])).len(),
        2
    );
    assert!(misplaced(&sample("stockbridge-tests", &["reqwest"])).is_empty());
}
