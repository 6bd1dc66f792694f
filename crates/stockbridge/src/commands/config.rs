//! `config`: what is set, where, and what can be.

use clap::{Args, Subcommand};

use super::Context;
use crate::cli::{Form, Place};
use crate::config::DEFAULTS;
use crate::output;

/// Show settings, where each was set, and the reference.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Show every setting with its value and where it was set.
    #[command(after_help = "Example:\n  stockbridge config show --data-dir ./data")]
    Show(Show),
    /// Check the settings without starting anything.
    #[command(after_help = "Example:\n  stockbridge config check --config /etc/stockbridge.toml")]
    Check(Check),
    /// Print every setting with its default and explanation, as a file to start from.
    #[command(after_help = "Example:\n  stockbridge config defaults > stockbridge.toml")]
    Defaults,
}

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    place: Place,
}

impl Config {
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Show(Show { place, form }) => {
                let shown = serde_json::to_value(context.load(&place.flags())?.shown())?;
                if form.json {
                    output::json(&shown);
                } else {
                    let columns = [("SETTING", "/setting"), ("VALUE", "/value"), ("FROM", "/from")];
                    output::table(&columns, &shown.as_array().cloned().unwrap_or_default(), "");
                }
            }
            Self::Check(Check { place }) => {
                context.load(&place.flags())?;
                output::line("The settings can be used.");
            }
            Self::Defaults => output::line(DEFAULTS.trim_end()),
        }
        Ok(())
    }
}
