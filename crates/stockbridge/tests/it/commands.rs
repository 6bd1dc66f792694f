//! Commands that end by themselves, on a database of their own.

use crate::program::{Running, command, init, run, run_in};

#[test]
fn init_makes_a_tenant_with_ways_in_and_refuses_the_same_owner_twice() {
    let folder = tempfile::tempdir().unwrap();
    let made = init(folder.path());
    assert!(made["token"].as_str().unwrap().starts_with("sbt_"));
    assert!(made["tenant"]["id"].as_str().unwrap().starts_with("ten_"));
    assert!(made["sign_in_link"].as_str().unwrap().contains("/signin/"));
    let again = ["init", "--tenant", "Acme 2", "--email", "OWNER@acme.example"];
    run_in(folder.path(), &again).refused(1, &["--email", "token create"]);
    let tenants = run_in(folder.path(), &["tenant", "list", "--json"]).json();
    assert_eq!(tenants.as_array().unwrap().len(), 1, "the second left nothing");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(folder.path().join("master.key"))
            .unwrap()
            .permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn wrong_use_ends_with_2_and_names_what_is_wrong() {
    run(&["serve", "--port", "many"]).refused(2, &["--port", "many"]);
    run(&["serve", "--data-dir", "a", "--database", "postgresql://h/d"]).refused(2, &["--database"]);
    run(&["sell"]).refused(2, &["sell"]);
    run(&["init", "--tenant", " ", "--email", "a@b.example"]).refused(2, &["1 to 80"]);
    run(&["init", "--tenant", "A", "--email", "nobody"]).refused(2, &["--email", "nobody"]);
    run(&["serve", "--database", "mysql://h/d"]).refused(2, &["store.database_url", "postgresql://"]);
    run(&["sim", "--marketplaces", "XX"]).refused(2, &["--marketplaces", "XX"]);
}

#[test]
fn unknown_settings_are_refused_wherever_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stockbridge.toml"), "[server]\nprot = 1\n").unwrap();
    run_in(folder.path(), &["serve"]).refused(2, &["server.prot", "stockbridge.toml", "config defaults"]);
    let mut command = command(&["config", "check"]);
    command.env("STOCKBRIDGE__CHANNELS__ENDPOINT_OVERIDES", "true");
    crate::program::Ran::from(command.output().unwrap())
        .refused(2, &["endpoint_overides", "endpoint_overrides"]);
}

#[test]
fn a_mistyped_folder_is_not_an_empty_business() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("mistyped");
    run_in(&dir, &["stock", "show"])
        .refused(1, &["no Stockbridge database", "--data-dir", "stockbridge init"]);
    assert!(!dir.exists(), "nothing was made");
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let made = run_in(
        folder.path(),
        &[
            "token", "create", "--name", "till", "--role", "operator", "--json",
        ],
    )
    .json();
    let id = made["record"]["id"].as_str().unwrap();
    let listed = run_in(folder.path(), &["token", "list", "--json"]).json();
    assert!(
        listed
            .as_array()
            .unwrap()
            .iter()
            .any(|t| t["id"] == id && t["role"] == "operator")
    );
    assert!(
        !listed.to_string().contains(made["token"].as_str().unwrap()),
        "a secret is shown once"
    );
    assert_eq!(run_in(folder.path(), &["token", "revoke", id]).code, 0);
    run_in(folder.path(), &["token", "revoke", id]).refused(1, &["revoked already"]);
    run_in(folder.path(), &["token", "revoke", "tok_x"]).refused(2, &["token list"]);
}

#[test]
fn people_are_added_and_let_in() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let added = run_in(
        folder.path(),
        &["user", "add", "ada@acme.example", "--role", "viewer", "--json"],
    )
    .json();
    assert_eq!(added["user"]["role"], "viewer");
    run_in(folder.path(), &["user", "add", "ADA@acme.example"]).refused(1, &["ada@acme.example", "another"]);
    let first = run_in(folder.path(), &["user", "link", "ada@acme.example", "--json"]).json();
    assert_ne!(first["sign_in_link"], added["sign_in_link"]);
    run_in(folder.path(), &["user", "link", "bob@acme.example"])
        .refused(1, &["bob@acme.example", "user list"]);
    let dir = folder.path().to_str().unwrap();
    let with_password = |file: &str, text: &str| {
        let file = folder.path().join(file);
        std::fs::write(&file, text).unwrap();
        let mut command = command(&["user", "password", "ada@acme.example", "--data-dir", dir]);
        command.stdin(std::fs::File::open(file).unwrap());
        crate::program::Ran::from(command.output().unwrap())
    };
    with_password("short", "short\n").refused(1, &["12 to 500"]);
    assert_eq!(with_password("long", "a horse and a staple\n").code, 0);
    let listed = run_in(folder.path(), &["user", "list"]);
    assert!(
        listed.out.contains("ada@acme.example") && !listed.out.contains("horse"),
        "{listed:?}"
    );
}

#[test]
fn the_tenant_is_asked_for_only_when_there_are_several() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    assert_eq!(run_in(folder.path(), &["token", "list"]).code, 0);
    let second = ["tenant", "create", "Beta", "--email", "owner@beta.example"];
    assert_eq!(run_in(folder.path(), &second).code, 0);
    run_in(folder.path(), &["token", "list"]).refused(2, &["--tenant", "`Acme`", "`Beta`"]);
    assert_eq!(
        run_in(folder.path(), &["token", "list", "--tenant", "Beta"]).code,
        0
    );
    run_in(folder.path(), &["stock", "show", "--tenant", "Gamma"]).refused(1, &["Gamma"]);
}

#[test]
fn products_and_stock_are_entered_and_explained_on_the_database() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = folder.path().join("products.csv");
    std::fs::write(
        &file,
        "sku,title,price,currency,quantity\nMUG,Mug,4.50,EUR,12\nA/B 1,Odd,,,3\n",
    )
    .unwrap();
    let import = run_in(folder.path(), &["product", "import", file.to_str().unwrap()]);
    assert_eq!(
        (import.code, import.out.as_str()),
        (0, "2 new, 0 changed, 0 the same, 0 wrong, 2 counted.\n"),
        "{import:?}"
    );
    let adjusted = run_in(
        folder.path(),
        &["stock", "adjust", "A/B 1", "-2", "--kind", "damage"],
    );
    assert_eq!(adjusted.out, "Entered: 1 on hand, 1 available.\n", "{adjusted:?}");
    let shown = run_in(folder.path(), &["stock", "show", "--json"]).json();
    assert_eq!(shown.as_array().unwrap().len(), 2);
    let why = run_in(folder.path(), &["stock", "why", "MUG"]);
    assert!(why.out.contains("MUG") && why.out.contains("count"), "{why:?}");
    run_in(folder.path(), &["stock", "show", "MUGG"]).refused(1, &["MUGG"]);
    run_in(folder.path(), &["stock", "adjust", "MUG", "1.5"]).refused(2, &["1.5"]);
    run_in(folder.path(), &["stock", "count", "MUG", "-1"]).refused(1, &["counted"]);
    run_in(folder.path(), &["stock", "adjust", "MUG", "0"]).refused(1, &["change"]);
    std::fs::write(&file, "sku,title\nNEW,New\nMUG2\n").unwrap();
    let bad = ["product", "import", file.to_str().unwrap()];
    run_in(folder.path(), &bad).refused(1, &["nothing was written", "row 3, title"]);
    let dry = [&bad[..], &["--dry-run"]].concat();
    run_in(folder.path(), &dry).refused(1, &["some rows are wrong"]);
    let exported = run_in(folder.path(), &["product", "export"]);
    assert!(exported.out.contains("MUG,Mug,,,,4.50,EUR"), "{exported:?}");
    std::fs::write(&file, &exported.out).unwrap();
    let again = run_in(folder.path(), &["product", "import", file.to_str().unwrap()]);
    assert_eq!(
        again.out, "0 new, 0 changed, 2 the same, 0 wrong, 0 counted.\n",
        "{again:?}"
    );
    let queue = run_in(folder.path(), &["listing", "unmapped"]);
    assert_eq!(queue.out, "Every listing has its product.\n", "{queue:?}");
    assert_eq!(
        run_in(folder.path(), &["listing", "auto-map"]).out,
        "0 mapped by SKU, 0 by barcode.\n"
    );
    assert_eq!(
        run_in(folder.path(), &["product", "list", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn accounts_are_found_by_name() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let connect = [
        "account",
        "connect",
        "own",
        "--name",
        "Till",
        "--option",
        "currency=EUR",
    ];
    let connected = run_in(folder.path(), &connect);
    assert_eq!(connected.code, 0, "{connected:?}");
    run_in(folder.path(), &connect).refused(1, &["already"]);
    run_in(folder.path(), &["account", "connect", "nowhere", "--name", "X"]).refused(1, &["nowhere", "own"]);
    assert_eq!(run_in(folder.path(), &["account", "pause", "Till"]).code, 0);
    let listed = run_in(folder.path(), &["account", "list", "--json"]).json();
    assert_eq!(listed[0]["status"], "paused");
    assert_eq!(run_in(folder.path(), &["account", "resume", "Till"]).code, 0);
    let places = run_in(folder.path(), &["account", "locations", "Till"]);
    assert!(places.out.contains("nothing to map"), "{places:?}");
    run_in(folder.path(), &["account", "test", "Tull"]).refused(1, &["Tull", "`Till`"]);
    assert_eq!(run_in(folder.path(), &["account", "disconnect", "Till"]).code, 0);
}

#[test]
fn check_agrees_with_sound_books_and_names_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = folder.path().join("products.csv");
    std::fs::write(&file, "sku,title,price,currency,quantity\nMUG,Mug,4.50,EUR,12\n").unwrap();
    let import = ["product", "import", file.to_str().unwrap()];
    assert_eq!(run_in(folder.path(), &import).code, 0);
    let sound = run_in(folder.path(), &["check"]);
    assert!(
        sound.code == 0 && sound.out.contains("The books agree."),
        "{sound:?}"
    );
    stockbridge_store::testing::tamper(folder.path(), "UPDATE stock_balances SET on_hand = 13").unwrap();
    let changed = run_in(folder.path(), &["check", "--json"]);
    assert_eq!(changed.code, 1, "{changed:?}");
    let verdict: serde_json::Value = serde_json::from_str(&changed.out).unwrap();
    let finding = &verdict["tenants"][0]["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["sku"]),
        (&"balance".into(), &"MUG".into())
    );
    assert_eq!(finding["expected"], "12 on hand, 0 reserved");
    run_in(folder.path(), &["check", "--tenant", "Acme"]).refused(1, &[]);
}

#[test]
fn policies_are_shown_set_tried_out_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let policy = |args: &[&str]| run_in(folder.path(), &[&["policy"], args].concat());
    assert!(policy(&["show"]).out.contains("Nothing is set"));
    assert_eq!(policy(&["set", "--mode", "hybrid", "--buffer", "7.5%"]).code, 0);
    assert_eq!(policy(&["set", "--buffer", "2"]).code, 0);
    let shown = policy(&["show"]).out;
    for words in ["tenant", "mode hybrid", "buffer 7.5%", "buffer units 2"] {
        assert!(shown.contains(words), "{shown}");
    }
    assert_eq!(policy(&["set", "--clear", "mode,buffer-part"]).code, 0);
    let shown = policy(&["show"]).out;
    assert!(
        !shown.contains("hybrid") && shown.contains("buffer units 2"),
        "{shown}"
    );
    policy(&["set", "--cap", "5", "--clear", "cap"]).refused(1, &["cap", "set and cleared"]);
    policy(&["set", "--clear", "colour"]).refused(2, &["colour", "cover-days"]);
    policy(&["set"]).refused(1, &["--clear cap"]);
    assert_eq!(policy(&["set", "--clear", "buffer"]).code, 0);
    assert!(
        policy(&["show"]).out.contains("Nothing is set"),
        "a policy that says nothing is none"
    );
    assert_eq!(policy(&["set", "--channel", "own", "--share", "30%"]).code, 0);
    let tried = policy(&["preview", "--channel", "own", "--share", "40", "--json"]).json();
    assert_eq!(tried["rows"], serde_json::json!([]));
    policy(&["set", "--channel", "own", "--share", "130%"]).refused(1, &["share", "100 percent"]);
    policy(&["set", "--channel", "own", "--share", "some"]).refused(2, &["--share", "35%"]);
    policy(&["set", "--minimum", "5", "--cap", "-1"]).refused(1, &["cap", "from 0"]);
    policy(&["set", "--channel", "nowhere", "--cap", "1"]).refused(1, &["no channel `nowhere`"]);
    policy(&["set", "--sku", "NONE", "--cap", "1"]).refused(1, &["NONE"]);
    assert_eq!(policy(&["remove", "--channel", "own"]).code, 0);
    assert!(!policy(&["show"]).out.contains("own"));
}

#[test]
fn doctor_finds_a_healthy_installation_healthy_and_a_lost_key_lost() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let healthy = run_in(folder.path(), &["doctor", "--json"]).json();
    assert_eq!(healthy["ok"], true);
    std::fs::remove_file(folder.path().join("master.key")).unwrap();
    let lost = run_in(folder.path(), &["doctor"]);
    assert_eq!(lost.code, 1);
    assert!(
        lost.out.contains("WRONG  master key") && lost.out.contains("->"),
        "{lost:?}"
    );
}

#[test]
fn the_simulator_prints_credentials_that_connect() {
    let mut simulator = Running::start(command(&[
        "sim",
        "--port",
        "0",
        "--marketplaces",
        "IN,DE",
        "--products",
        "3",
    ]));
    let (code, rest) = simulator.signal("-TERM");
    assert_eq!(code, 0);
    let accounts: Vec<serde_json::Value> = rest
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(accounts.len(), 2);
    assert_eq!(accounts[1]["marketplaces"][0], "DE");
    assert_eq!(accounts[0]["endpoints"]["api"], simulator.url.as_str());
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let completions = run(&["completions", shell]);
        assert!(
            completions.code == 0 && completions.out.contains("doctor"),
            "{shell}"
        );
    }
}

#[test]
fn tools_of_channels_are_listed_and_name_what_is_missing() {
    let channels = stockbridge_channels::all();
    let channel = channels.iter().find(|c| !c.tools().is_empty()).unwrap();
    let (name, tool) = (channel.descriptor().kind, channel.tools()[0].spec());
    let listed = run(&[name]);
    assert_eq!(listed.code, 0);
    assert!(listed.out.contains(tool.name), "{}", listed.out);
    let help = run(&[name, tool.name, "--help"]);
    assert!(
        help.out.contains("--models") && help.out.contains("env: "),
        "{}",
        help.out
    );
    run(&[name, "no-such-tool"]).refused(2, &["no-such-tool", tool.name]);
    run(&[name, tool.name, "--color", "red"]).refused(2, &["--color"]);
    run(&[name, tool.name, "--models", "/nowhere"]).refused(2, &["STOCKBRIDGE_SANDBOX_CLIENT_ID"]);
}
