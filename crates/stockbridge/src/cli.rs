//! What can be asked on the command line. Every command has one line that says what it does, and an example.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    account, check, completions, config, conflict, demo, doctor, explain, finance, inbox, init, job, kit,
    listing, location, moves, order, policy, price, product, promise, rates, report, serve, sim, simulate,
    stock, tenant, token, user,
};
use crate::config::Flags;

/// Stock you can trust on every channel you sell on.
#[derive(Debug, Parser)]
#[command(name = "stockbridge", version, about, disable_help_subcommand = true)]
#[command(
    after_help = "Try `stockbridge demo`; begin in earnest with `stockbridge init --help`. Every command shows an example under --help."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Read settings from FILE instead of stockbridge.toml in the data folder.
    #[arg(long, value_name = "FILE", global = true, env = "STOCKBRIDGE_CONFIG")]
    pub config: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server: dashboard, API and background work.
    Serve(serve::Serve),
    /// Create a tenant with its owner and print an API token and a sign-in link.
    Init(init::Init),
    /// Show or create tenants.
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    /// Create, list or revoke API tokens.
    #[command(subcommand)]
    Token(token::Token),
    /// Add people and give them ways in.
    #[command(subcommand)]
    User(user::User),
    /// Connect and run accounts on channels.
    #[command(subcommand)]
    Account(account::Account),
    /// Enter products and list them.
    #[command(subcommand)]
    Product(product::Product),
    /// Show how long orders took into the hub and out to the other channels.
    Promise(promise::Promise),
    /// See, explain and change stock.
    #[command(subcommand)]
    Stock(stock::Stock),
    /// Open, list and change locations.
    #[command(subcommand)]
    Location(location::Location),
    /// Explain why a quantity, price or status is what it is, in the order of time.
    Explain(explain::Explain),
    /// Put kits together from other products.
    #[command(subcommand)]
    Kit(kit::Kit),
    /// Move goods between locations.
    #[command(subcommand)]
    Transfer(moves::Transfer),
    /// Count a location's shelves.
    #[command(subcommand)]
    Count(moves::Count),
    /// Enter a delivery.
    #[command(
        after_help = "Example:\n  stockbridge receive DN-4711 MUG-BLK-0001=40 MUG-RED-0001=12 --at Main"
    )]
    Receive(moves::Receive),
    /// Enter what a buyer sent back.
    #[command(after_help = "Example:\n  \
        stockbridge return ord_01jd8z4k3qf0v9m2n7x5c6b8w0 oln_01jd8z4k3qf0v9m2n7x5c6b8w1=1 --damaged")]
    Return(moves::Return),
    /// See listings and map them to products.
    #[command(subcommand)]
    Listing(listing::Listing),
    /// See, explain and set prices, and the rules and sales they come from.
    #[command(subcommand)]
    Price(price::Price),
    /// Import and list exchange rates.
    #[command(subcommand)]
    Rates(rates::Rates),
    /// See and resolve what channels show otherwise than they should.
    #[command(subcommand)]
    Conflict(conflict::Conflict),
    /// See, try out and change how stock is shared out among channels.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// See, ship, call off and refund orders, and have their labels made.
    #[command(subcommand)]
    Order(order::Order),
    /// See what channels took, kept, gave back and paid out.
    #[command(subcommand)]
    Finance(finance::Finance),
    /// Ask channels for reports, and read them.
    #[command(subcommand)]
    Report(report::Report),
    /// See what channels sent, and have it worked again.
    #[command(subcommand)]
    Inbox(inbox::Inbox),
    /// See the work queue, retry and cancel jobs.
    #[command(subcommand)]
    Job(job::Job),
    /// Prove that balances, reservations, exposures and references agree, or say which row does not.
    Check(check::Check),
    /// Check the installation and say how to repair what is wrong.
    Doctor(doctor::Doctor),
    /// Run everything against a simulated marketplace, without credentials.
    Demo(demo::Demo),
    /// Run a simulated marketplace to practise on.
    Sim(sim::Sim),
    /// Prove on simulated days with faults and crashes that nothing is oversold.
    Simulate(simulate::Simulate),
    /// Show settings, where each was set, and the reference.
    #[command(subcommand)]
    Config(config::Config),
    /// Print completions for a shell.
    Completions(completions::Completions),
    /// A channel's own tools, by its name.
    #[command(external_subcommand)]
    Channel(Vec<String>),
}

/// Where the data is; the settings say it when no flag does.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// Use the embedded database in DIR.
    #[arg(long, value_name = "DIR", conflicts_with = "database")]
    pub data_dir: Option<PathBuf>,
    /// Use PostgreSQL at URL.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}

impl Place {
    /// The settings these flags stand for.
    pub fn flags(&self) -> Flags {
        let mut flags = Flags::new();
        if let Some(dir) = &self.data_dir {
            flags.push(("store.data_dir", dir.display().to_string().into()));
            // A folder given by flag wins over a server named elsewhere.
            flags.push(("store.database_url", serde_json::Value::Null));
            flags.push(("store.database_url_file", serde_json::Value::Null));
        }
        if let Some(url) = &self.database {
            flags.push(("store.database_url", url.clone().into()));
            flags.push(("store.database_url_file", serde_json::Value::Null));
        }
        flags
    }
}

/// Whether a machine reads the answer.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Form {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// What stands for an id in an example looks like one, so that it can be told from what a person has to look up.
    #[test]
    fn ids_in_examples_look_like_ids() {
        let mut leaves = Vec::new();
        collect(&Cli::command(), "stockbridge", &mut leaves);
        let helps: Vec<String> = leaves
            .iter()
            .filter_map(|(_, command)| command.get_after_help().map(ToString::to_string))
            .collect();
        let words = helps.iter().flat_map(|help| help.split([' ', '\n', '=', '/']));
        let ids: Vec<_> = words
            .filter_map(|word| word.split_once('_'))
            .filter(|(prefix, rest)| prefix.len() == 3 && rest.starts_with("01"))
            .collect();
        assert!(ids.len() > 10, "{ids:?}");
        for (prefix, rest) in ids {
            let order = format!("ord_{rest}").parse::<stockbridge_domain::OrderId>();
            assert!(order.is_ok(), "{prefix}_{rest}: {order:?}");
        }
    }

    /// Every command: what it does in one imperative line, and an example that this very command line accepts.
    #[test]
    fn every_command_says_what_it_does_and_shows_an_example() {
        let mut leaves = Vec::new();
        collect(&Cli::command(), "stockbridge", &mut leaves);
        assert!(leaves.len() > 25, "{}", leaves.len());
        for (name, command) in leaves {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.contains('\n'), "{name}: `{about}`");
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            let examples: Vec<&str> = help
                .lines()
                .map(str::trim)
                .filter(|line| line.starts_with(&name))
                .collect();
            assert!(!examples.is_empty(), "{name}: no example in `{help}`");
            for example in examples {
                if let Err(error) = Cli::try_parse_from(words(example)) {
                    panic!("{example}: {error}");
                }
            }
        }
    }

    /// The words of a command line up to a redirection, as a shell splits them; quotes of either kind hold several together.
    fn words(line: &str) -> Vec<String> {
        let command = line.split(['<', '>']).next().unwrap();
        let (mut words, mut word, mut inside) = (Vec::new(), String::new(), None);
        for letter in command.chars() {
            match inside {
                Some(quote) if quote == letter => inside = None,
                Some(_) => word.push(letter),
                None if matches!(letter, '"' | '\'') => inside = Some(letter),
                None if letter.is_whitespace() => words.push(std::mem::take(&mut word)),
                None => word.push(letter),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        words
    }

    fn collect(command: &clap::Command, path: &str, leaves: &mut Vec<(String, clap::Command)>) {
        if !command.has_subcommands() {
            leaves.push((path.to_owned(), command.clone()));
        }
        for inner in command.get_subcommands() {
            collect(inner, &format!("{path} {}", inner.get_name()), leaves);
        }
    }
}
