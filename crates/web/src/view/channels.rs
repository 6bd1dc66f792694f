//! Channels: connected accounts with their health, and the form that connects one.

use serde::Serialize;

use super::{Badge, When};

/// The accounts, and what can be connected.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChannelsPage {
    /// Connected accounts.
    pub accounts: Vec<AccountCard>,
    /// Channels that can be connected.
    pub channels: Vec<ChannelCard>,
}

/// One account.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AccountCard {
    /// Our id, for forms.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its channel.
    pub channel: String,
    /// What the channel calls it.
    pub external_id: String,
    /// Codes of its marketplaces.
    pub marketplaces: Vec<String>,
    /// How it is.
    pub status: Badge,
    /// Why, when it is not working.
    pub reason: Option<String>,
    /// Last success.
    pub last_ok: Option<When>,
    /// Last failure.
    pub last_error_at: Option<When>,
    /// What that said.
    pub last_error: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Orders are complete until.
    pub complete_until: Option<When>,
    /// Talks to a remote channel.
    pub remote: bool,
    /// Stopped by a person.
    pub paused: bool,
    /// No longer connected.
    pub disconnected: bool,
    /// Where to connect it anew.
    pub reconnect: String,
    /// When it was last looked after.
    pub checked: Option<When>,
    /// What works less well than it should.
    pub warnings: Vec<String>,
    /// Where its channel sends what happens, if it does.
    pub webhooks: Option<WebhookCard>,
}

/// How an account's webhooks stand.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WebhookCard {
    /// Where the channel sends to; with its key for those who may see it.
    pub address: Option<String>,
    /// What has to be configured before there is one.
    pub missing: Option<String>,
    /// Whether the channel knows it.
    pub registered: Badge,
    /// When the last message came.
    pub last: Option<When>,
    /// What has to be done at the channel by hand.
    pub by_hand: Vec<String>,
    /// Why requests were refused lately, in a sentence.
    pub refused: Option<String>,
}

/// One channel that can be connected.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChannelCard {
    /// The form.
    pub href: String,
    /// What people call it.
    pub label: String,
    /// One sentence.
    pub summary: String,
    /// What it can do, in words.
    pub can: Vec<&'static str>,
}

/// The form that connects an account.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ConnectPage {
    /// The channel's name in addresses.
    pub kind: String,
    /// What people call it.
    pub label: String,
    /// One sentence.
    pub summary: String,
    /// Name as typed.
    pub name: FormField,
    /// Marketplaces by region.
    pub regions: Vec<Region>,
    /// What is wrong with the choice of marketplaces.
    pub marketplaces_problem: Option<String>,
    /// What the channel asks for.
    pub credentials: Vec<FormField>,
    /// Settings only this channel has.
    pub options: Vec<FormField>,
    /// The person can sign in at the channel, once these fields are typed; the others are left empty then.
    pub consent: Option<Vec<String>>,
    /// Addresses that may be replaced; empty unless the operator allows it.
    pub endpoints: Vec<FormField>,
    /// Problems of no single field.
    pub problems: Vec<String>,
}

/// Before a person goes to the channel to sign in. A page of its own, as forms lead to no other server.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ConsentPage {
    /// The channel's name in addresses.
    pub kind: String,
    /// What people call it.
    pub label: String,
    /// The channel's page.
    pub href: String,
    /// Its host, so that people see where they go.
    pub host: String,
    /// Until when they may come back.
    pub until: When,
}

/// A text field of a form.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FormField {
    /// Name in the form.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Where to find it.
    pub help: String,
    /// Shown as dots and never given back.
    pub secret: bool,
    /// Must be there.
    pub required: bool,
    /// May have several lines.
    pub multiline: bool,
    /// What can be chosen; empty for what is typed.
    pub choices: Vec<String>,
    /// What was typed.
    pub value: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// Marketplaces of one region.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Region {
    /// Its name.
    pub name: String,
    /// Its marketplaces.
    pub marketplaces: Vec<MarketChoice>,
}

/// A marketplace to choose.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MarketChoice {
    /// `DE`.
    pub code: String,
    /// `Germany`.
    pub name: String,
    /// `EUR`.
    pub currency: String,
    /// Chosen before.
    pub chosen: bool,
}

#[cfg(test)]
impl ChannelsPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::Tone;
        use super::samples::{HOSTILE, three, when};
        let channel = |label: &str| ChannelCard {
            href: "/channels/connect/own".into(),
            label: label.into(),
            summary: "Orders you enter here or through the API; sells from the same stock.".into(),
            can: vec!["orders", "listings", "stock", "prices", "shipments"],
        };
        let empty = Self {
            accounts: vec![],
            channels: vec![channel("Marketplace"), channel("Own store")],
        };
        let account = |name: &str, status| AccountCard {
            id: "acc_1".into(),
            name: name.into(),
            channel: "Marketplace".into(),
            external_id: "A1NORDLICHT · eu".into(),
            marketplaces: vec!["IN".into()],
            status,
            reason: None,
            last_ok: Some(when("12 s ago")),
            last_error_at: None,
            last_error: None,
            remedy: None,
            complete_until: Some(when("2 min ago")),
            remote: true,
            paused: false,
            disconnected: false,
            reconnect: "/channels/connect/own".into(),
            checked: None,
            warnings: vec![],
            webhooks: None,
        };
        let hook = WebhookCard {
            address: Some("https://hub.example.com/api/v1/webhooks/own/acc_1/{topic}?key=abc".into()),
            missing: None,
            registered: Badge::new(Tone::Good, "registered"),
            last: Some(when("2 min ago")),
            by_hand: vec![],
            refused: None,
        };
        let mut typical = Self {
            accounts: vec![
                account("Nordlicht IN", Badge::new(Tone::Good, "working")),
                account("Nordlicht DE", Badge::new(Tone::Bad, "needs re-authorisation")),
                account("Own shop", Badge::new(Tone::Warn, "paused")),
            ],
            ..empty.clone()
        };
        typical.accounts[1].last_error_at = Some(when("4 min ago"));
        typical.accounts[1].last_error = Some("The refresh token was refused (invalid_grant).".into());
        typical.accounts[1].remedy = Some("Sign in to the seller's account, authorise again and enter the new token. Its work waits; nothing is lost.".into());
        typical.accounts[0].webhooks = Some(hook.clone());
        typical.accounts[0].checked = Some(when("5 h ago"));
        typical.accounts[2].paused = true;
        typical.accounts[2].remote = false;
        let mut extreme = typical.clone();
        for i in 0..40 {
            let mut one = account(
                &format!("{HOSTILE} {}", "long name ".repeat(10)),
                Badge::new(Tone::Bad, "needs re-authorisation"),
            );
            one.marketplaces = ["DE", "FR", "IT", "ES", "NL", "BE", "SE", "PL", "IE", "TR", "UK"]
                .map(String::from)
                .to_vec();
            one.last_error = Some(format!("{HOSTILE} {}", "words ".repeat(80)));
            one.last_ok = None;
            one.warnings = vec![format!("{HOSTILE} {}", "words ".repeat(40)); 3];
            one.webhooks = Some(WebhookCard {
                address: None,
                missing: Some(HOSTILE.into()),
                by_hand: vec![HOSTILE.repeat(5)],
                refused: Some(HOSTILE.repeat(9)),
                ..hook.clone()
            });
            one.disconnected = i % 2 == 0;
            extreme.accounts.push(one);
        }
        three(empty, typical, extreme)
    }
}

#[cfg(test)]
impl ConsentPage {
    /// Typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, when};
        let typical = Self {
            kind: "own".into(),
            label: "Marketplace".into(),
            href: "https://market.example.com/consent?state=abc".into(),
            host: "market.example.com".into(),
            until: when("in 30 min"),
        };
        let extreme = Self {
            label: HOSTILE.into(),
            href: format!("https://market.example.com/?state={HOSTILE}"),
            host: "a-very-long-name-of-a-shop.".repeat(8),
            ..typical.clone()
        };
        vec![("typical", typical), ("extreme", extreme)]
    }
}

#[cfg(test)]
impl ConnectPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, three};
        let field = |name: &str, label: &str, secret| FormField {
            name: name.into(),
            label: label.into(),
            help: "Shown in the developer console under your application.".into(),
            secret,
            required: true,
            multiline: false,
            choices: vec![],
            value: String::new(),
            problem: None,
        };
        let empty = Self {
            kind: "own".into(),
            label: "Own store".into(),
            summary: "Orders you enter here or through the API; sells from the same stock.".into(),
            name: field("name", "Name", false),
            regions: vec![],
            marketplaces_problem: None,
            credentials: vec![],
            options: vec![],
            consent: None,
            endpoints: vec![],
            problems: vec![],
        };
        let market = |code: &str, name: &str, currency: &str| MarketChoice {
            code: code.into(),
            name: name.into(),
            currency: currency.into(),
            chosen: code == "DE",
        };
        let typical = Self {
            label: "Marketplace".into(),
            regions: vec![
                Region {
                    name: "eu".into(),
                    marketplaces: vec![
                        market("DE", "Germany", "EUR"),
                        market("FR", "France", "EUR"),
                        market("IN", "India", "INR"),
                        market("AE", "United Arab Emirates", "AED"),
                    ],
                },
                Region {
                    name: "na".into(),
                    marketplaces: vec![
                        market("US", "United States", "USD"),
                        market("CA", "Canada", "CAD"),
                    ],
                },
            ],
            credentials: vec![
                field("credentials/client_id", "Client id", false),
                field("credentials/client_secret", "Client secret", true),
                field("credentials/refresh_token", "Refresh token", true),
            ],
            options: vec![
                FormField {
                    choices: vec!["new".into(), "old".into()],
                    required: false,
                    ..field("options/way", "Way", false)
                },
                field("options/place", "Location", false),
            ],
            consent: Some(vec!["Client id".into(), "Client secret".into()]),
            endpoints: vec![field("endpoints/api", "api", false)],
            ..empty.clone()
        };
        let mut extreme = typical.clone();
        extreme.name.value = HOSTILE.into();
        extreme.name.problem = Some(format!("{HOSTILE} is no name. {}", "words ".repeat(30)));
        extreme.marketplaces_problem = Some("Choose at least one marketplace, all of one region.".into());
        extreme.problems = vec![HOSTILE.into(), "The channel refuses these credentials.".into()];
        extreme.credentials[2].multiline = true;
        for field in &mut extreme.credentials {
            field.problem = Some("This is not a refresh token; it starts with Atzr|.".into());
        }
        three(empty, typical, extreme)
    }
}
