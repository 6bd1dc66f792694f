//! The server: ready, stopped, and refused for what it cannot have.

use crate::program::{Running, command, init, run, run_in};

#[test]
fn it_becomes_ready_answers_and_stops_when_asked() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Running::serve(folder.path());
        assert!(
            server.ready.contains("is ready at http://127.0.0.1:"),
            "{}",
            server.ready
        );
        assert!(server.get("/readyz").starts_with("HTTP/1.1 200"));
        assert_eq!(server.signal(signal).0, 0);
        // What it held is free again.
        Running::serve(folder.path());
    }
}

#[test]
fn a_port_in_use_is_named_with_the_remedy() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Running::serve(one.path());
    let port = server.port().to_string();
    run_in(two.path(), &["serve", "--port", &port]).refused(1, &[&port, "in use", "--port"]);
    run(&["sim", "--port", &port]).refused(1, &[&port, "in use"]);
}

#[test]
fn a_second_process_on_one_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let server = Running::serve(folder.path());
    run_in(folder.path(), &["serve", "--port", "0"])
        .refused(1, &["in use by another Stockbridge process", "PostgreSQL"]);
    run_in(folder.path(), &["stock", "show"])
        .refused(1, &["in use by another Stockbridge process", "--server"]);
    drop(server);
}

#[test]
fn a_database_from_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    stockbridge_store::testing::pretend_newer(folder.path()).unwrap();
    run_in(folder.path(), &["serve", "--port", "0"]).refused(1, &["upgrade Stockbridge"]);
    let doctor = run_in(folder.path(), &["doctor"]);
    assert_eq!(doctor.code, 1, "{doctor:?}");
    assert!(doctor.out.contains("WRONG  schema"), "{doctor:?}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    run_in(&file.join("data"), &["serve", "--port", "0"]).refused(1, &["file"]);
}

#[test]
fn replaced_addresses_need_the_operators_leave() {
    let (folder, accounts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    init(folder.path());
    let dir = accounts.path().to_str().unwrap();
    let simulator = Running::start(command(&[
        "sim",
        "--port",
        "0",
        "--marketplaces",
        "DE",
        "--accounts-dir",
        dir,
    ]));
    assert!(simulator.ready.contains("is ready at"));
    let file = accounts.path().join("de.json");
    let account: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let channel = account["channel"].as_str().unwrap();
    let connect = [
        "account",
        "connect",
        channel,
        "--file",
        file.to_str().unwrap(),
        "--json",
    ];
    run_in(folder.path(), &connect).refused(1, &["endpoints", "channels.endpoint_overrides"]);

    let allowed = |args: &[&str]| {
        let mut command = command(&[args, &["--data-dir", folder.path().to_str().unwrap()]].concat());
        command.env("STOCKBRIDGE__CHANNELS__ENDPOINT_OVERRIDES", "true");
        crate::program::Ran::from(command.output().unwrap())
    };
    let store = allowed(&connect).json();
    assert!(store["id"].as_str().unwrap().starts_with("acc_"));
    let name = store["name"].as_str().unwrap();
    let health = allowed(&["account", "test", name, "--json"]);
    assert_eq!(health.code, 0, "{health:?}");
    allowed(&connect).refused(1, &["already"]);
}

#[test]
fn operator_commands_ask_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let made = init(folder.path());
    let token = made["token"].as_str().unwrap();
    let server = Running::serve(folder.path());
    let file = folder.path().join("products.csv");
    std::fs::write(&file, "sku,title,quantity\nMUG,Mug,12\nCUP,Cup,\n").unwrap();
    let ask = |args: &[&str]| run(&[args, &["--server", &server.url, "--token", token, "--json"]].concat());
    let entered = ask(&["product", "import", file.to_str().unwrap()]).json();
    assert_eq!((&entered["created"], &entered["counted"]), (&2.into(), &1.into()));
    let stock = ask(&["stock", "show", "MUG"]).json();
    assert_eq!(stock["on_hand"], 12);
    let again = ask(&["product", "import", file.to_str().unwrap()]).json();
    assert_eq!((&again["created"], &again["unchanged"]), (&0.into(), &2.into()));
    run(&["stock", "show", "--server", &server.url, "--token", "sbt_wrong"]).refused(1, &["token create"]);
    run(&["stock", "show", "--server", &server.url]).refused(2, &["--token"]);
    let (url, mut server) = (server.url.clone(), server);
    server.signal("-TERM");
    run(&["stock", "show", "--server", &url, "--token", token])
        .refused(1, &["cannot be reached", "stockbridge serve"]);
}
