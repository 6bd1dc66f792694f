//! `account`: the accounts on channels (the API calls them stores).

mod authorise;
mod change;
mod connect;
mod finish;

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use crate::client::{Api, Target};
use crate::failure::usage;
use crate::output;
use authorise::{Authorise, Credentials};
use change::Change;
use connect::Connect;
use finish::Finish;

/// Connect and run accounts on channels.
#[derive(Debug, Subcommand)]
pub enum Account {
    /// Connect an account, from a file or from flags.
    #[command(after_help = "Examples:\n  \
        stockbridge account connect own --name Till --option currency=EUR\n  \
        stockbridge account connect CHANNEL --file account.json\n\n\
        The file holds what the API takes: {\"name\", \"marketplaces\": [], \"credentials\": {}, \"endpoints\": {},\n\
        \"options\": {}}. Flags win over it. Secrets in flags can be read by others on this machine: prefer a file,\n\
        or --credential NAME=@FILE.")]
    Connect(Connect),
    /// End a sign-in at a channel by the address the browser was sent back to, where it could not reach the hub.
    #[command(
        after_help = "Example:\n  stockbridge account finish CHANNEL 'https://hub.example.com/api/v1/integrations/CHANNEL/callback?code=…&state=…'"
    )]
    Finish(Finish),
    /// List the accounts and how they are.
    #[command(after_help = "Example:\n  stockbridge account list")]
    List(List),
    /// Test that an account's credentials work.
    #[command(after_help = "Example:\n  stockbridge account test Till")]
    Test(One),
    /// Pull an account's data now.
    #[command(after_help = "Example:\n  stockbridge account sync Till --kind orders")]
    Sync(Sync),
    /// Pause all work for an account.
    #[command(after_help = "Example:\n  stockbridge account pause Till")]
    Pause(One),
    /// Resume work for a paused account.
    #[command(after_help = "Example:\n  stockbridge account resume Till")]
    Resume(One),
    /// Change settings of an account; those not named stay as they are.
    #[command(
        after_help = "Examples:\n  stockbridge account change Shop --option orders_every_secs=30\n  \
        stockbridge account change Shop --option location_map='{\"Berlin\":\"b1\"}'\n\n\
        An option set to null is taken away."
    )]
    Change(Change),
    /// Print the address where the seller signs in to authorise an account again; its orders and listings stay.
    #[command(after_help = "Example:\n  stockbridge account authorise Shop")]
    Authorise(Authorise),
    /// Put new credentials in the place of an account's; those not named stay.
    #[command(
        after_help = "Example:\n  stockbridge account credentials Shop --credential client_secret=@secret.txt\n\n\
        Secrets in flags can be read by others on this machine: prefer --credential NAME=@FILE."
    )]
    Credentials(Credentials),
    /// Show the channel's own locations and which of yours feed them.
    #[command(after_help = "Example:\n  stockbridge account locations Shop")]
    Locations(One),
    /// Disconnect an account: forget its credentials, keep its orders and ledger.
    #[command(after_help = "Example:\n  stockbridge account disconnect Till")]
    Disconnect(One),
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct One {
    /// The account, by name or id.
    account: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Sync {
    /// The account, by name or id.
    account: String,
    /// What to pull: orders, listings, inventory or returns; repeat for several, all when left out.
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    #[command(flatten)]
    target: Target,
}

impl Account {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Connect(command) => command.run(context).await,
            Self::Finish(command) => command.run(context).await,
            Self::List(command) => command.run(context).await,
            Self::Test(command) => command.test(context).await,
            Self::Sync(command) => command.run(context).await,
            Self::Pause(command) => command.pause(context, true).await,
            Self::Resume(command) => command.pause(context, false).await,
            Self::Authorise(command) => command.run(context).await,
            Self::Credentials(command) => command.run(context).await,
            Self::Locations(command) => command.locations(context).await,
            Self::Change(command) => command.run(context).await,
            Self::Disconnect(command) => command.disconnect(context).await,
        }
    }
}

/// An account that is there.
struct Found {
    /// Where the API keeps it.
    path: String,
    name: String,
}

/// Every account.
async fn accounts(api: &Api) -> anyhow::Result<Vec<Value>> {
    api.list("/stores", usize::MAX).await
}

/// The account of this name or id.
async fn find(api: &Api, wanted: &str) -> anyhow::Result<Found> {
    let all = accounts(api).await?;
    let text = |account: &Value, name: &str| {
        account
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let matching: Vec<&Value> = all
        .iter()
        .filter(|account| text(account, "id") == wanted || text(account, "name") == wanted)
        .collect();
    match matching.as_slice() {
        [one] => Ok(Found {
            path: format!(
                "/integrations/{}/stores/{}",
                text(one, "channel"),
                text(one, "id")
            ),
            name: text(one, "name"),
        }),
        [] => {
            let names: Vec<String> = all.iter().map(|a| format!("`{}`", text(a, "name"))).collect();
            anyhow::bail!(
                "there is no account `{wanted}`; {}",
                match names.is_empty() {
                    true => "connect one with `stockbridge account connect`".to_owned(),
                    false => format!("there are {}", names.join(", ")),
                }
            )
        }
        several => {
            let ids: Vec<String> = several.iter().map(|a| text(a, "id")).collect();
            Err(usage(format!(
                "several accounts are called `{wanted}`, name one by its id: {}",
                ids.join(", ")
            )))
        }
    }
}

/// The account's id, for commands that filter by account.
///
/// # Errors
/// When there is no such account.
pub async fn account_id(api: &Api, wanted: &str) -> anyhow::Result<String> {
    let path = find(api, wanted).await?.path;
    Ok(path.rsplit('/').next().unwrap_or_default().to_owned())
}

/// The names of all accounts by id, for tables.
///
/// # Errors
/// The API's own words.
pub async fn account_names(api: &Api) -> anyhow::Result<BTreeMap<String, String>> {
    let text = |account: &Value, name: &str| {
        account
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Ok(accounts(api)
        .await?
        .iter()
        .map(|a| (text(a, "id"), text(a, "name")))
        .collect())
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let all = accounts(&api).await?;
        if self.target.json() {
            output::json(&all);
            return Ok(());
        }
        let columns = [
            ("ID", "/id"),
            ("NAME", "/name"),
            ("CHANNEL", "/channel"),
            ("STATUS", "/status"),
            ("MARKETPLACES", "/marketplaces"),
            ("LAST OK", "/last_ok_at"),
            ("LAST ERROR", "/last_error"),
        ];
        output::table(
            &columns,
            &all,
            "No account is connected; `stockbridge account connect` connects one.",
        );
        Ok(())
    }
}

impl One {
    async fn test(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let found = find(&api, &self.account).await?;
        let health = api.post(&format!("{}/test", found.path), &json!({})).await?;
        if self.target.json() {
            output::json(&health);
        } else {
            output::line(format_args!("`{}` answers as it should.", found.name));
            output::fields(&health);
        }
        Ok(())
    }

    async fn pause(self, context: &Context, paused: bool) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let found = find(&api, &self.account).await?;
        let account = api
            .call("PATCH", &found.path, Some(&json!({"paused": paused})))
            .await?;
        if self.target.json() {
            output::json(&account);
        }
        let word = if paused { "paused" } else { "resumed" };
        super::done(self.target.json(), format_args!("`{}` is {word}.", found.name));
        Ok(())
    }

    async fn disconnect(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let found = find(&api, &self.account).await?;
        api.call("DELETE", &found.path, None).await?;
        if self.target.json() {
            output::json(&json!({"disconnected": found.name}));
        }
        super::done(
            self.target.json(),
            format_args!("`{}` is disconnected; its credentials are forgotten.", found.name),
        );
        Ok(())
    }
}

impl One {
    async fn locations(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let found = find(&api, &self.account).await?;
        let rows = api.list(&format!("{}/locations", found.path), usize::MAX).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("LOCATION", "/location"),
            ("FED BY", "/fed_by"),
            ("DEFAULT", "/default"),
            ("SHOWN", "/shown"),
        ];
        let none = "Its listings show one quantity each; there is nothing to map.";
        output::table(&columns, &rows, none);
        Ok(())
    }
}

impl Sync {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let found = find(&api, &self.account).await?;
        let kinds = match self.kind.is_empty() {
            true => all_kinds(&api, &found).await?,
            false => self.kind.clone(),
        };
        let answer = api
            .post(&format!("{}/sync", found.path), &json!({"kinds": kinds}))
            .await?;
        if self.target.json() {
            output::json(&answer);
        }
        super::done(
            self.target.json(),
            format_args!(
                "`{}`: {} will be pulled next; a running server does it.",
                found.name,
                kinds.join(", ")
            ),
        );
        Ok(())
    }
}

/// Every kind of data the account's channel has: those it has a schedule for.
async fn all_kinds(api: &Api, found: &Found) -> anyhow::Result<Vec<String>> {
    let status = api.get(&format!("{}/sync-status", found.path)).await?;
    let schedules = status.get("schedules").and_then(Value::as_array);
    let kinds: Vec<String> = schedules
        .into_iter()
        .flatten()
        .filter_map(|schedule| Some(schedule.get("kind")?.as_str()?.to_owned()))
        .collect();
    anyhow::ensure!(
        !kinds.is_empty(),
        "`{}` has nothing to pull: its channel lives in the hub itself",
        found.name
    );
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn body(words: &[&str]) -> anyhow::Result<Value> {
        let all = [&["stockbridge", "account", "connect", "own"], words].concat();
        match crate::cli::Cli::try_parse_from(all).unwrap().command {
            crate::cli::Command::Account(Account::Connect(connect)) => connect.body(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_win_over_the_file_and_secrets_come_from_files() {
        let folder = tempfile::tempdir().unwrap();
        let (file, key) = (folder.path().join("a.json"), folder.path().join("key"));
        std::fs::write(&file, r#"{"channel": "own", "name": "A", "options": {"x": 1}}"#).unwrap();
        std::fs::write(&key, "hunter2\n").unwrap();
        let credential = format!("secret=@{}", key.display());
        let words = [
            "--file",
            file.to_str().unwrap(),
            "--name",
            "B",
            "--option",
            "y=2",
            "--credential",
            &credential,
        ];
        assert_eq!(
            body(&words).unwrap(),
            json!({"name": "B", "options": {"x": 1, "y": 2}, "credentials": {"secret": "hunter2"}})
        );
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_named() {
        assert!(body(&[]).unwrap_err().to_string().contains("--name"));
        assert!(
            body(&["--name", "A", "--option", "x"])
                .unwrap_err()
                .to_string()
                .contains("NAME=VALUE")
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        std::fs::write(&file, r#"{"channel": "other", "name": "A"}"#).unwrap();
        let error = body(&["--file", file.to_str().unwrap()]).unwrap_err();
        assert!(
            error.is::<crate::failure::Usage>() && error.to_string().contains("other"),
            "{error}"
        );
    }
}
