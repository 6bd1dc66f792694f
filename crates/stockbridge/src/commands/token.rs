//! `token`: API tokens. They are made where the database is, because a token is what the API asks for.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use stockbridge_domain::TokenId;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::Caller;

use super::{Context, tenant_named};
use crate::cli::{Form, Place};
use crate::failure::usage;
use crate::{output, wiring};

/// Create, list or revoke API tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Create an API token and print it this once.
    #[command(
        after_help = "Example:\n  stockbridge token create --tenant Acme --name till-1 --role operator --days 90"
    )]
    Create(Create),
    /// List the tenant's API tokens.
    #[command(after_help = "Example:\n  stockbridge token list --tenant Acme")]
    List(List),
    /// Revoke an API token at once.
    #[command(
        after_help = "Example:\n  stockbridge token revoke tok_01jd8z4k3qf0v9m2n7x5c6b8w0 --tenant Acme"
    )]
    Revoke(Revoke),
}

/// Whose tokens or people.
#[derive(Debug, Args)]
pub struct Whose {
    /// The tenant, by name or id; needed when there are several.
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Create {
    /// What to call it.
    #[arg(long, default_value = "command line")]
    name: String,
    /// What it may do: owner, admin, operator or viewer.
    #[arg(long, default_value = "owner", value_parser = role)]
    role: Role,
    /// How many days it is good for; for ever when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=3_650))]
    days: Option<u64>,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// The token's id, as `token list` shows it.
    id: String,
    #[command(flatten)]
    whose: Whose,
}

/// A role by its name.
///
/// # Errors
/// A sentence that lists the roles.
pub fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "use owner, admin, operator or viewer".to_owned())
}

impl Token {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Create(command) => command.run(context).await,
            Self::List(command) => command.run(context).await,
            Self::Revoke(command) => command.run(context).await,
        }
    }
}

impl Create {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (settings, store) = context.store(&self.whose.place).await?;
        let tenant = tenant_named(&store, self.whose.tenant.as_deref()).await?;
        let hub = wiring::hub(&settings, store)?;
        let until = self
            .days
            .map(|days| hub.env().now().plus(Duration::from_secs(days * 86_400)));
        let caller = Caller::operator(tenant.id);
        let (secret, record) = hub.create_token(&caller, &self.name, self.role, until).await?;
        if self.whose.form.json {
            output::json(&json!({"token": secret, "record": record}));
        } else {
            output::line(format_args!(
                "API token `{}` for `{}`, shown this once:",
                record.name, tenant.name
            ));
            output::line(format_args!("  {secret}"));
        }
        Ok(())
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (_, store) = context.store(&self.whose.place).await?;
        let tenant = tenant_named(&store, self.whose.tenant.as_deref()).await?;
        let tokens = serde_json::to_value(store.tenant(tenant.id).tokens().await?)?;
        if self.whose.form.json {
            output::json(&tokens);
            return Ok(());
        }
        let columns = [
            ("ID", "/id"),
            ("NAME", "/name"),
            ("ROLE", "/role"),
            ("LAST USED", "/last_used_at"),
            ("EXPIRES", "/expires_at"),
            ("REVOKED", "/revoked_at"),
        ];
        let rows = tokens.as_array().cloned().unwrap_or_default();
        output::table(
            &columns,
            &rows,
            "There is no token; make one with `stockbridge token create`.",
        );
        Ok(())
    }
}

impl Revoke {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let id: TokenId = self.id.parse().map_err(|_| {
            usage(format!(
                "`{}` is no token's id; `stockbridge token list` shows them",
                self.id
            ))
        })?;
        let (_, store) = context.store(&self.whose.place).await?;
        let tenant = tenant_named(&store, self.whose.tenant.as_deref()).await?;
        if !store.tenant(tenant.id).revoke_token(id, "cli").await? {
            anyhow::bail!(
                "tenant `{}` has no such token, or it is revoked already",
                tenant.name
            );
        }
        super::done(self.whose.form.json, "Revoked.");
        if self.whose.form.json {
            output::json(&json!({"revoked": id}));
        }
        Ok(())
    }
}
