//! Tools: what a channel offers on the command line besides what the hub does by itself.

use std::collections::BTreeMap;

use super::io::{Io, SecretText};
use crate::{BoxFut, FieldError};

/// One argument of a tool.
#[derive(Debug, Clone, Copy)]
pub struct ToolField {
    /// Its name, given as `--name`.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub help: &'static str,
    /// Where it is read from when it is not given: a variable of the environment. A secret is read from nowhere else.
    pub env: Option<&'static str>,
    /// Never shown, and never taken from the command line, which others can see.
    pub secret: bool,
    /// Must be there.
    pub required: bool,
}

/// A tool as people are shown it.
#[derive(Debug, Clone, Copy)]
pub struct ToolSpec {
    /// Its name, given after the channel's.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// Its arguments.
    pub fields: &'static [ToolField],
}

/// What a tool found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolReport {
    /// Heads of the table.
    pub columns: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// Sentences below it.
    pub summary: Vec<String>,
    /// Whether everything was as it should be.
    pub ok: bool,
}

/// Something a channel can do for a person at a terminal.
pub trait Tool: Send + Sync {
    /// How it is called.
    fn spec(&self) -> &'static ToolSpec;
    /// Does it. Budgets of `io` wait instead of refusing.
    ///
    /// # Errors
    /// What is wrong with the arguments, or why it could not begin.
    fn run<'a>(
        &'a self,
        given: &'a BTreeMap<String, SecretText>,
        io: Io,
    ) -> BoxFut<'a, Result<ToolReport, Vec<FieldError>>>;
}
