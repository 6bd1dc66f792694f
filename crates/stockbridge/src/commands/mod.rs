//! One file per command: its arguments, an example, and what it does.

pub mod account;
pub mod aftersales;
pub mod check;
pub mod completions;
pub mod config;
pub mod conflict;
pub mod demo;
pub mod doctor;
pub mod explain;
pub mod finance;
pub mod inbox;
pub mod init;
pub mod job;
pub mod kit;
pub mod listing;
pub mod location;
pub mod moves;
pub mod order;
pub mod policy;
pub mod price;
pub mod product;
pub mod promise;
pub mod rates;
pub mod report;
pub mod serve;
pub mod sim;
pub mod simulate;
pub mod stock;
pub mod tenant;
pub mod token;
pub mod tool;
pub mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use stockbridge_store::{Store, TenantRecord};

use crate::cli::{Cli, Command, Place};
use crate::config::{self as settings, Flags, Loaded, Settings};
use crate::failure::usage;
use crate::wiring::{self, Opening};
use crate::{output, telemetry};

/// Runs the command asked for.
///
/// # Errors
/// Whatever kept it from doing so, with the next step.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let context = Context { config: cli.config };
    match cli.command {
        Command::Serve(command) => command.run(&context).await,
        Command::Init(command) => command.run(&context).await,
        Command::Tenant(command) => command.run(&context).await,
        Command::Token(command) => command.run(&context).await,
        Command::User(command) => command.run(&context).await,
        Command::Account(command) => command.run(&context).await,
        Command::Product(command) => command.run(&context).await,
        Command::Promise(command) => command.run(&context).await,
        Command::Stock(command) => command.run(&context).await,
        Command::Explain(command) => command.run(&context).await,
        Command::Listing(command) => command.run(&context).await,
        Command::Location(command) => command.run(&context).await,
        Command::Kit(command) => command.run(&context).await,
        Command::Transfer(command) => command.run(&context).await,
        Command::Count(command) => command.run(&context).await,
        Command::Receive(command) => command.run(&context).await,
        Command::Return(command) => command.run(&context).await,
        Command::Order(command) => command.run(&context).await,
        Command::Price(command) => command.run(&context).await,
        Command::Rates(command) => command.run(&context).await,
        Command::Conflict(command) => command.run(&context).await,
        Command::Finance(command) => command.run(&context).await,
        Command::Report(command) => command.run(&context).await,
        Command::Policy(command) => command.run(&context).await,
        Command::Inbox(command) => command.run(&context).await,
        Command::Job(command) => command.run(&context).await,
        Command::Check(command) => return command.run(&context).await,
        Command::Doctor(command) => return command.run(&context).await,
        Command::Demo(command) => return command.run().await,
        Command::Sim(command) => command.run().await,
        Command::Simulate(command) => return command.run().await,
        Command::Config(command) => command.run(&context),
        Command::Completions(command) => command.run(),
        Command::Channel(words) => return tool::run(words).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

/// What every command knows.
pub struct Context {
    /// The settings' file named by flag.
    config: Option<PathBuf>,
}

impl Context {
    /// All settings, with `flags` on top.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn load(&self, flags: &Flags) -> anyhow::Result<Loaded> {
        Ok(settings::load(self.config.as_deref(), flags)?)
    }

    /// The settings for a command that ends by itself, and its log.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn settings(&self, place: &Place) -> anyhow::Result<Settings> {
        let settings = self.load(&place.flags())?.settings;
        telemetry::start_quiet(&settings.log);
        Ok(settings)
    }

    /// The store for a command that ends by itself.
    ///
    /// # Errors
    /// When a setting cannot be used or the database cannot be opened.
    pub async fn store(&self, place: &Place) -> anyhow::Result<(Settings, Store)> {
        let settings = self.settings(place)?;
        let store = wiring::store(&settings, Opening::Existing).await?;
        Ok((settings, store))
    }
}

/// The tenant meant: the one named, or the only one there is.
///
/// # Errors
/// When there is none of that name, or several and none named.
pub async fn tenant_named(store: &Store, name: Option<&str>) -> anyhow::Result<TenantRecord> {
    let tenants = store.system().tenants().await?;
    let names = || {
        let names: Vec<String> = tenants
            .iter()
            .map(|t| format!("`{}` ({})", t.name, t.id))
            .collect();
        names.join(", ")
    };
    let Some(wanted) = name else {
        return match tenants.as_slice() {
            [only] => Ok(only.clone()),
            [] => anyhow::bail!("there is no tenant yet; create one with `stockbridge init`"),
            _ => Err(usage(format!(
                "--tenant: there are several, name one of {}",
                names()
            ))),
        };
    };
    let matching: Vec<&TenantRecord> = tenants
        .iter()
        .filter(|t| t.name == wanted || t.id.to_string() == wanted)
        .collect();
    match matching.as_slice() {
        [one] => Ok((*one).clone()),
        [] if tenants.is_empty() => {
            anyhow::bail!("there is no tenant yet; create one with `stockbridge init`")
        }
        [] => anyhow::bail!("--tenant: there is no tenant `{wanted}`; there are {}", names()),
        _ => Err(usage(format!(
            "--tenant: several tenants are called `{wanted}`, name one by its id: {}",
            names()
        ))),
    }
}

/// Says that something was done, to people only.
fn done(json: bool, text: impl std::fmt::Display) {
    if !json {
        output::line(text);
    }
}
