//! The short form of the crash test: three kills of whatever profile the tests are built with. The long form is
//! `cargo run --release -p stockbridge-bench -- crash`.

#![expect(clippy::expect_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

/// Crashes the program on one database; what went wrong is on standard error.
fn crash(database: &str) {
    let bench = Path::new(env!("CARGO_BIN_EXE_stockbridge-bench"));
    let output = Command::new(bench)
        .args([
            "crash",
            "--kills",
            "3",
            "--buyers",
            "24",
            "--up-ms",
            "1200",
            "--database",
            database,
        ])
        .output()
        .expect("the benchmark's program runs");
    let told = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{wrong}");
    // Without a server named there is nothing to crash on, and the program has said so.
    let left_out = database == "postgres" && told.contains("left out: PostgreSQL");
    assert!(left_out || told.contains("orders doubled"), "{told}");
    assert!(!told.contains("MISSED"), "{told}");
}

#[test]
fn three_kills_lose_double_and_oversell_nothing_on_sqlite() {
    crash("sqlite");
}

#[test]
fn three_kills_lose_double_and_oversell_nothing_on_postgres() {
    crash("postgres");
}
