//! Layers, refusals, and that the reference tells the truth.

use super::*;

fn flags(values: &[(&'static str, &str)]) -> Flags {
    values
        .iter()
        .map(|(name, value)| (*name, (*value).into()))
        .collect()
}

fn wrong(file: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    std::fs::write(&path, file).unwrap();
    match load(Some(&path), &Flags::new()) {
        Ok(_) => panic!("accepted: {file}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join(FILE),
        "[server]\nport = 9000\nhost = \"0.0.0.0\"\n",
    )
    .unwrap();
    let dir = folder.path().to_str().unwrap();
    let given = [
        flags(&[("store.data_dir", dir)]),
        vec![("server.port", 9001.into())],
    ]
    .concat();
    let loaded = load(None, &given).unwrap();
    assert_eq!(loaded.settings.server.port, 9001);
    assert_eq!(loaded.settings.server.host, "0.0.0.0");
    assert_eq!(loaded.settings.worker.lanes, 4);
    let from = |name: &str| {
        let shown = loaded.shown();
        shown.into_iter().find(|s| s.setting == name).unwrap().from
    };
    assert_eq!(from("server.port"), "flag");
    assert!(from("server.host").ends_with(FILE), "{}", from("server.host"));
    assert_eq!(from("worker.lanes"), "default");
    assert_eq!(from("server.public_url"), "not set");
}

#[test]
fn unknown_names_and_wrong_values_name_the_setting_and_the_remedy() {
    let message = wrong("[server]\nprot = 9000\n");
    assert!(
        message.contains("`server.prot`") && message.contains("port"),
        "{message}"
    );
    assert!(message.contains("a.toml"), "{message}");
    assert!(wrong("[serving]\nport = 1\n").contains("`serving`"));
    assert!(wrong("[server]\nport = 90000\n").contains("`server.port`"));
    assert!(wrong("[log]\nlevel = \"=loud=\"\n").contains("log.level"));
    assert!(wrong("[worker]\nlanes = 0\n").contains("between 1 and 256"));
    assert!(wrong("[server]\npublic_url = \"hub\"\n").contains("https://"));
}

#[test]
fn a_mistyped_database_address_is_refused_without_repeating_its_password() {
    let message = wrong("[store]\ndatabase_url = \"postgre://u:hunter2@h/d\"\n");
    assert!(
        message.contains("store.database_url") && !message.contains("hunter2"),
        "{message}"
    );
}

#[test]
fn secrets_are_hidden_where_settings_are_shown() {
    let loaded = load(
        None,
        &flags(&[("store.database_url", "postgresql://u:hunter2@h/d")]),
    )
    .unwrap();
    let text = serde_json::to_string(&loaded.shown()).unwrap();
    assert!(text.contains(HIDDEN) && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let error = load(Some(Path::new("nowhere.toml")), &Flags::new())
        .err()
        .unwrap();
    assert!(error.to_string().contains("nowhere.toml"));
}

/// The settings without default are comments; taken in, they must be names the program knows.
#[test]
fn the_reference_lists_every_setting_and_no_other() {
    let uncommented: String = DEFAULTS
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(setting) if is_setting(setting) => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let all: Settings = toml::from_str(&uncommented).unwrap();
    let value = serde_json::to_value(&all).unwrap();
    for (section, settings) in value.as_object().unwrap() {
        assert!(DEFAULTS.contains(&format!("[{section}]")));
        for (name, value) in settings.as_object().unwrap() {
            assert!(!value.is_null(), "{section}.{name} is missing in defaults.toml");
        }
    }
}

fn is_setting(line: &str) -> bool {
    line.split_once(" = ")
        .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
}

#[test]
fn the_document_shows_the_reference_word_for_word() {
    let document = include_str!("../../../../docs/configuration.md");
    assert!(
        document.contains(&format!("```toml\n{DEFAULTS}```")),
        "copy crates/stockbridge/src/config/defaults.toml into docs/configuration.md"
    );
}

#[test]
fn links_use_an_address_people_can_open() {
    let mut server = load(None, &Flags::new()).unwrap().settings.server;
    assert_eq!(server.base_url(81), "http://127.0.0.1:81");
    server.host = "0.0.0.0".into();
    assert_eq!(server.base_url(81), "http://localhost:81");
    server.host = "::1".into();
    assert_eq!(server.base_url(81), "http://[::1]:81");
    server.public_url = Some("https://hub.example.com/".into());
    assert_eq!(server.base_url(81), "https://hub.example.com");
}
