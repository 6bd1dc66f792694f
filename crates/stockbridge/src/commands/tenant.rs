//! `tenant`: the companies whose data is kept apart.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Context;
use super::init::{email_address, tenant_name};
use crate::cli::{Form, Place};
use crate::output;
use crate::wiring::{self, Opening};

/// Show or create tenants.
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// List the tenants.
    #[command(after_help = "Example:\n  stockbridge tenant list --data-dir ./data")]
    List(List),
    /// Create a tenant with its owner.
    #[command(
        after_help = "Example:\n  stockbridge tenant create Acme --email owner@acme.example --data-dir ./data"
    )]
    Create(Create),
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
pub struct Create {
    /// Name of the company.
    name: String,
    /// Address the owner signs in with.
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    form: Form,
}

impl Tenant {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(List { place, form }) => {
                let (_, store) = context.store(&place).await?;
                let tenants = serde_json::to_value(store.system().tenants().await?)?;
                if form.json {
                    output::json(&tenants);
                } else {
                    let rows = tenants.as_array().cloned().unwrap_or_default();
                    let columns = [("ID", "/id"), ("NAME", "/name"), ("CREATED", "/created_at")];
                    output::table(
                        &columns,
                        &rows,
                        "There is no tenant yet; create one with `stockbridge init`.",
                    );
                }
            }
            Self::Create(Create {
                name,
                email,
                place,
                form,
            }) => {
                let (name, email) = (tenant_name(&name)?, email_address(&email)?);
                let settings = context.settings(&place)?;
                let store = wiring::store(&settings, Opening::MayCreate).await?;
                let (tenant, user) = store.system().create_tenant(name, email).await?;
                if form.json {
                    output::json(&json!({"id": tenant, "name": name, "owner": {"id": user, "email": email}}));
                } else {
                    output::line(format_args!("Tenant `{name}` ({tenant}) with owner {email}."));
                    output::line("Next: `stockbridge token create` makes an API token for it.");
                }
            }
        }
        Ok(())
    }
}
