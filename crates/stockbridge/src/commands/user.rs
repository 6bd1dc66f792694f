//! `user`: the people who sign in to the dashboard, and ways in for them. Secrets come from standard input, never from a
//! flag, which others on the machine could read.

use std::io::Read as _;

use clap::{Args, Subcommand};
use serde_json::json;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::Hub;
use stockbridge_store::{TenantRecord, UserRecord};

use super::init::email_address;
use super::token::{Whose, role};
use super::{Context, tenant_named};
use crate::config::Settings;
use crate::{output, wiring};

/// Add people and give them ways in.
#[derive(Debug, Subcommand)]
pub enum User {
    /// List the people of a tenant.
    #[command(after_help = "Example:\n  stockbridge user list --tenant Acme")]
    List(List),
    /// Add a person and print a sign-in link.
    #[command(after_help = "Example:\n  stockbridge user add ada@acme.example --role operator")]
    Add(Add),
    /// Print a new sign-in link for a person, good once.
    #[command(after_help = "Example:\n  stockbridge user link owner@acme.example")]
    Link(One),
    /// Set a person's password, read from standard input.
    #[command(
        after_help = "Example:\n  stockbridge user password owner@acme.example < password.txt\n\n\
        A line break at its end does not count."
    )]
    Password(One),
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Args)]
pub struct Add {
    /// The address to sign in with.
    email: String,
    /// What the person may do: owner, admin, operator or viewer.
    #[arg(long, default_value = "operator", value_parser = role)]
    role: Role,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Args)]
pub struct One {
    /// The address the person signs in with.
    email: String,
    #[command(flatten)]
    whose: Whose,
}

impl User {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Add(command) => command.run(context).await,
            Self::Link(command) => command.link(context).await,
            Self::Password(command) => command.password(context).await,
        }
    }
}

/// Settings, hub and tenant of a command.
async fn open(context: &Context, whose: &Whose) -> anyhow::Result<(Settings, Hub, TenantRecord)> {
    let (settings, store) = context.store(&whose.place).await?;
    let tenant = tenant_named(&store, whose.tenant.as_deref()).await?;
    let hub = wiring::hub(&settings, store)?;
    Ok((settings, hub, tenant))
}

/// Makes a link for a person and says it.
async fn tell_link(
    settings: &Settings,
    hub: &Hub,
    tenant: &TenantRecord,
    user: &UserRecord,
    machine: bool,
) -> anyhow::Result<()> {
    let until = hub.env().now().plus(settings.security.signin_link());
    let secret = hub.create_signin_link(tenant.id, user.id, until, 1).await?;
    let link = format!(
        "{}/signin/{secret}",
        settings.server.base_url(settings.server.port)
    );
    if machine {
        output::json(&json!({"user": user, "sign_in_link": link, "sign_in_link_expires_at": until}));
    } else {
        output::line(format_args!(
            "Sign-in link for {} ({}), good once until {until}:\n  {link}",
            user.email, user.role
        ));
    }
    Ok(())
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (_, hub, tenant) = open(context, &self.whose).await?;
        let users = serde_json::to_value(hub.tenant(tenant.id).users().await?)?;
        if self.whose.form.json {
            output::json(&users);
            return Ok(());
        }
        let columns = [
            ("ID", "/id"),
            ("EMAIL", "/email"),
            ("ROLE", "/role"),
            ("ADDED", "/created_at"),
        ];
        let rows = users.as_array().cloned().unwrap_or_default();
        output::table(
            &columns,
            &rows,
            "There is nobody; `stockbridge user add` adds a person.",
        );
        Ok(())
    }
}

impl Add {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let email = email_address(&self.email)?;
        let (settings, hub, tenant) = open(context, &self.whose).await?;
        let user = hub.tenant(tenant.id).create_user(email, self.role, None).await?;
        tell_link(&settings, &hub, &tenant, &user, self.whose.form.json).await
    }
}

impl One {
    /// The person of this address in the tenant.
    async fn find(&self, hub: &Hub, tenant: &TenantRecord) -> anyhow::Result<UserRecord> {
        let wanted = self.email.trim().to_lowercase();
        let users = hub.tenant(tenant.id).users().await?;
        users
            .into_iter()
            .find(|user| user.email == wanted)
            .ok_or_else(|| {
                anyhow::anyhow!(
                    "nobody of tenant `{}` signs in as {wanted}; `stockbridge user list` shows who does",
                    tenant.name
                )
            })
    }

    async fn link(self, context: &Context) -> anyhow::Result<()> {
        let (settings, hub, tenant) = open(context, &self.whose).await?;
        let user = self.find(&hub, &tenant).await?;
        tell_link(&settings, &hub, &tenant, &user, self.whose.form.json).await
    }

    async fn password(self, context: &Context) -> anyhow::Result<()> {
        let (_, hub, tenant) = open(context, &self.whose).await?;
        let user = self.find(&hub, &tenant).await?;
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|error| anyhow::anyhow!("the password cannot be read from standard input: {error}"))?;
        let hash = hub.hash_password(text.trim_end_matches(['\r', '\n']))?;
        hub.tenant(tenant.id).set_password(user.id, &hash).await?;
        super::done(
            self.whose.form.json,
            format_args!("{} signs in with it from now on.", user.email),
        );
        if self.whose.form.json {
            output::json(&json!({"user": user}));
        }
        Ok(())
    }
}
