//! The demo, as a newcomer runs it, only shorter.

use crate::program::run;

#[test]
fn a_short_demo_ends_well_and_reports_every_figure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.json");
    let ran = run(&[
        "demo",
        "--port",
        "0",
        "--for",
        "4s",
        "--faults",
        "mild",
        "--json",
        file.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("Dashboard: http://127.0.0.1:"), "{ran:?}");
    assert!(ran.out.contains("Every invariant held."), "{ran:?}");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for (field, want) in [
        ("orders_missing", 0),
        ("orders_duplicated", 0),
        ("oversold_units", 0),
        ("parcels_unknown", 0),
    ] {
        assert_eq!(report[field], want, "{field}: {report}");
    }
    assert!(report["orders_placed"].as_u64().unwrap() > 0, "{report}");
    assert_eq!(report["orders_imported"], report["orders_placed"], "{report}");
    for field in [
        "pushes",
        "listings_unverified",
        "throttled",
        "sale_to_push_ms",
        "channels",
    ] {
        assert!(!report[field].is_null(), "{field}: {report}");
    }
    assert_eq!(report["ledger_ok"], true, "{report}");
    assert_eq!(report["tenants_isolated"], true, "{report}");
}
