//! Prices, sales, rates and conflicts at the command line.

use crate::program::{init, run_in};

#[test]
fn prices_and_sales_are_kept_on_the_database() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = folder.path().join("products.csv");
    std::fs::write(&file, "sku,title,price,currency\nMUG,Mug,4.50,EUR\n").unwrap();
    assert_eq!(
        run_in(folder.path(), &["product", "import", file.to_str().unwrap()]).code,
        0
    );
    let set = [
        "price", "rule", "set", "tenant", "--keep", "yes", "--fee", "15%", "--ending", ".99",
    ];
    assert_eq!(run_in(folder.path(), &set).code, 0);
    let rules = run_in(folder.path(), &["price", "rule", "list", "--json"]).json();
    assert_eq!(
        (&rules[0]["fee_part"], &rules[0]["ending"]),
        (&1_500.into(), &".99".into())
    );
    run_in(
        folder.path(),
        &["price", "rule", "set", "tenant", "--fee", "100%"],
    )
    .refused(1, &["fee_part", "95 percent"]);
    run_in(
        folder.path(),
        &["price", "rule", "set", "tenant", "--fee", "many"],
    )
    .refused(2, &["--fee", "15%"]);
    let prices = [
        "price", "product", "MUG", "--cost", "2.00 EUR", "--floor", "9.00 EUR",
    ];
    run_in(folder.path(), &prices).refused(1, &["floor", "above the base price"]);
    let sale = |from: &str, to: &str| {
        let args = [
            "price",
            "sale",
            "add",
            "Winter",
            "--scope",
            "product:MUG",
            "--off",
            "20%",
            "--from",
            from,
            "--to",
            to,
        ];
        run_in(folder.path(), &args)
    };
    sale("2099-01-03T00:00:00Z", "2099-01-02T00:00:00Z").refused(1, &["ends_at", "later end"]);
    assert_eq!(sale("2099-01-02T00:00:00Z", "2099-01-03T00:00:00+01:00").code, 0);
    sale("2099-01-02T12:00:00Z", "2099-01-05T00:00:00Z").refused(1, &["Winter", "end that one first"]);
}

#[test]
fn rates_and_conflicts_are_kept_on_the_database() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let rates = folder.path().join("rates.xml");
    std::fs::write(
        &rates,
        "<Cube time='2020-11-20'><Cube currency='USD' rate='1.0876'/></Cube>",
    )
    .unwrap();
    let import = run_in(folder.path(), &["rates", "import", rates.to_str().unwrap()]);
    assert_eq!(
        import.out, "1 rates imported, the latest of 2020-11-20.\n",
        "{import:?}"
    );
    let listed = run_in(folder.path(), &["rates", "list"]);
    assert!(listed.out.contains("1.087600"), "{listed:?}");
    std::fs::write(&rates, "<html>").unwrap();
    run_in(folder.path(), &["rates", "import", rates.to_str().unwrap()]).refused(1, &["eurofxref"]);
    assert_eq!(
        run_in(folder.path(), &["price", "preview", "--keep", "no"]).code,
        0
    );

    let strategy = [
        "conflict",
        "strategy",
        "price",
        "--winner",
        "highest",
        "--priority",
        "2",
    ];
    assert!(run_in(folder.path(), &strategy).out.contains("highest"));
    run_in(
        folder.path(),
        &["conflict", "strategy", "title", "--winner", "hub_wins"],
    )
    .refused(1, &["source_wins", "does not write titles"]);
    let narrow = [
        "conflict",
        "strategy",
        "price",
        "--winner",
        "lowest",
        "--channel",
        "own",
    ];
    assert!(run_in(folder.path(), &narrow).out.contains("channel"));
    let winners = run_in(folder.path(), &["conflict", "winners"]).out;
    assert!(
        winners.contains("highest") && winners.contains("nobody: as usual"),
        "{winners}"
    );
    let nowhere = ["conflict", "strategy", "price", "--usual", "--channel", "nowhere"];
    run_in(folder.path(), &nowhere).refused(1, &["no channel `nowhere`"]);
    let listed = run_in(folder.path(), &["conflict", "list"]);
    assert_eq!(listed.out, "Every channel shows what it should.\n");
    run_in(
        folder.path(),
        &[
            "conflict",
            "resolve",
            "con_01jd0000000000000000000000",
            "--winner",
            "hub_wins",
        ],
    )
    .refused(1, &["not resolved"]);
}
