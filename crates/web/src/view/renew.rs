//! An account's credentials: what ends when, and the ways to renew it.

use serde::Serialize;

use super::When;
use super::channels::FormField;

/// The page.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RenewPage {
    /// The account's id, for the forms.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What people call its channel.
    pub label: String,
    /// Why the channel refuses it, if it does.
    pub refused: Option<String>,
    /// A person can sign in at the channel.
    pub consent: bool,
    /// What ends by itself.
    pub terms: Vec<TermLine>,
    /// What can be typed anew.
    pub credentials: Vec<FormField>,
}

/// Something that ends by itself.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TermLine {
    /// What people call it.
    pub label: String,
    /// Whether it is over.
    pub over: bool,
    /// When it ends.
    pub ends: When,
    /// Whether the channel said so.
    pub told: bool,
    /// What to do about it.
    pub remedy: String,
}

#[cfg(test)]
impl RenewPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, three, when};
        let empty = Self {
            id: "acc_1".into(),
            name: "Our shop".into(),
            label: "Marketplace".into(),
            refused: None,
            consent: false,
            terms: vec![],
            credentials: vec![],
        };
        let line = |label: &str, over| TermLine {
            label: label.into(),
            over,
            ends: when(if over { "3 d ago" } else { "in 41 d" }),
            told: !over,
            remedy: "authorise the application again under Channels".into(),
        };
        let field = FormField {
            name: "credentials/client_secret".into(),
            label: "Client secret".into(),
            help: "Shown in the developer console under your application.".into(),
            secret: true,
            required: false,
            multiline: false,
            choices: vec![],
            value: String::new(),
            problem: None,
        };
        let typical = Self {
            consent: true,
            terms: vec![
                line("the seller's authorisation", false),
                line("the client secret", true),
            ],
            credentials: vec![field.clone()],
            ..empty.clone()
        };
        let extreme = Self {
            name: HOSTILE.into(),
            label: HOSTILE.into(),
            refused: Some(HOSTILE.repeat(5)),
            terms: vec![line(HOSTILE, true); 9],
            credentials: vec![field; 20],
            ..typical.clone()
        };
        three(empty, typical, extreme)
    }
}
