//! Pages for people who are not signed in, and the page that says what went wrong.

use serde::Serialize;

/// The sign-in form.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SigninPage {
    /// What was typed.
    pub email: String,
    /// Where to go afterwards: a path of ours.
    pub next: String,
    /// What went wrong.
    pub problem: Option<String>,
    /// `light`, `dark` or `auto`.
    pub theme: &'static str,
}

/// A page that says what went wrong.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProblemPage {
    /// `404`.
    pub status: u16,
    /// What happened.
    pub title: String,
    /// What to do.
    pub detail: String,
    /// Problems of single fields.
    pub fields: Vec<String>,
    /// Where to go on.
    pub back: String,
    /// `light`, `dark` or `auto`.
    pub theme: &'static str,
}

#[cfg(test)]
impl SigninPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self {
            email: String::new(),
            next: "/".into(),
            problem: None,
            theme: "auto",
        };
        let typical = Self {
            email: "asha@example.com".into(),
            problem: Some("That email and password do not belong together.".into()),
            theme: "dark",
            ..empty.clone()
        };
        let extreme = Self {
            email: super::samples::HOSTILE.repeat(4),
            next: super::samples::HOSTILE.into(),
            ..typical.clone()
        };
        crate::view::samples::three(empty, typical, extreme)
    }
}

#[cfg(test)]
impl ProblemPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        let typical = Self {
            status: 404,
            title: "There is no such page".into(),
            detail: "The address may be misspelt, or the thing is gone.".into(),
            fields: vec![],
            back: "/".into(),
            theme: "auto",
        };
        let extreme = Self {
            status: 422,
            detail: super::samples::HOSTILE.repeat(10),
            fields: vec![super::samples::HOSTILE.into(); 8],
            ..typical.clone()
        };
        let empty = Self {
            detail: String::new(),
            ..typical.clone()
        };
        crate::view::samples::three(empty, typical, extreme)
    }
}
