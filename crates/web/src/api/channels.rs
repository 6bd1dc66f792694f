//! Channels: what can be connected, described for forms and programs.

use axum::extract::State;
use serde::Serialize;
use stockbridge_domain::channel::{Capability, Channel, Descriptor, OptionField, OptionKind};

use crate::extract::{ApiJson, List};
use crate::route::{self, Route};
use crate::state::App;

/// This part's routes.
pub(crate) fn routes() -> Vec<Route> {
    let about = "Channels that can be connected, with what they ask for";
    vec![route::get("/api/v1/integrations", about, channels).lists("Channel")]
}

/// A channel, described for those who connect one.
#[derive(Debug, Serialize)]
struct ChannelAbout {
    channel: &'static str,
    label: &'static str,
    summary: &'static str,
    capabilities: Vec<Capability>,
    credentials: Vec<FieldAbout>,
    options: Vec<OptionAbout>,
    consent: Option<&'static [&'static str]>,
    marketplaces: Vec<MarketplaceAbout>,
    endpoints: &'static [&'static str],
    schedules: Vec<ScheduleAbout>,
    remote: bool,
}

#[derive(Debug, Serialize)]
struct FieldAbout {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    secret: bool,
    required: bool,
    multiline: bool,
}

#[derive(Debug, Serialize)]
struct OptionAbout {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    takes: &'static str,
    choices: &'static [&'static str],
    required: bool,
}

#[derive(Debug, Serialize)]
struct MarketplaceAbout {
    code: &'static str,
    id: &'static str,
    name: &'static str,
    currency: &'static str,
    region: &'static str,
    time_zone: &'static str,
}

#[derive(Debug, Serialize)]
struct ScheduleAbout {
    kind: &'static str,
    every_secs: u64,
}

impl From<&dyn Channel> for ChannelAbout {
    fn from(channel: &dyn Channel) -> Self {
        let d: &'static Descriptor = channel.descriptor();
        let field = |f: &stockbridge_domain::channel::CredentialField| FieldAbout {
            name: f.name,
            label: f.label,
            help: f.help,
            secret: f.secret,
            required: f.required,
            multiline: f.multiline,
        };
        let option = |f: &OptionField| OptionAbout {
            name: f.name,
            label: f.label,
            help: f.help,
            takes: match f.kind {
                OptionKind::Text => "text",
                OptionKind::Flag => "flag",
                OptionKind::Number => "number",
                OptionKind::Choice(_) => "choice",
            },
            choices: match f.kind {
                OptionKind::Choice(choices) => choices,
                _ => &[],
            },
            required: f.required,
        };
        let marketplace = |m: &stockbridge_domain::channel::Marketplace| MarketplaceAbout {
            code: m.code,
            id: m.id,
            name: m.name,
            currency: m.currency,
            region: m.region,
            time_zone: m.time_zone,
        };
        let schedule = |s: &stockbridge_domain::channel::Schedule| ScheduleAbout {
            kind: s.kind.name(),
            every_secs: s.every.as_secs(),
        };
        Self {
            channel: d.kind,
            label: d.label,
            summary: d.summary,
            capabilities: d.capabilities.to_vec(),
            credentials: d.credentials.iter().map(field).collect(),
            options: d.options.iter().map(option).collect(),
            consent: channel.consent().map(|c| c.asks()),
            marketplaces: d.marketplaces.iter().map(marketplace).collect(),
            endpoints: d.endpoints,
            schedules: d.schedules.iter().map(schedule).collect(),
            remote: d.remote,
        }
    }
}

async fn channels(State(app): State<App>) -> ApiJson<List<ChannelAbout>> {
    List::whole(app.hub().channels().iter().map(|c| c.as_ref().into()).collect())
}
