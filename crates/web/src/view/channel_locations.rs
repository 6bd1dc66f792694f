//! An account's channel locations: which of ours feeds which of the channel's.

use serde::Serialize;

use super::Choice;

/// The form that says so.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChannelLocationsPage {
    /// The account's id, for the form.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The channel's locations; none where it shows one quantity alone, or nothing was read yet.
    pub theirs: Vec<TheirLocation>,
    /// Our locations.
    pub ours: Vec<OurLocation>,
    /// The channel's locations of which one may be the default.
    pub defaults: Vec<Choice>,
}

/// One of the channel's locations.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TheirLocation {
    /// The channel's id of it.
    pub location: String,
    /// The listings show it.
    pub shown: bool,
    /// Names of ours that feed it.
    pub fed_by: String,
}

/// One of our locations.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OurLocation {
    /// Name of its field.
    pub field: String,
    /// What people call it.
    pub name: String,
    /// The channel's locations it may feed.
    pub choices: Vec<Choice>,
}

#[cfg(test)]
impl ChannelLocationsPage {
    /// Empty, typical, extreme.
    pub(crate) fn samples() -> Vec<(&'static str, Self)> {
        use super::samples::{HOSTILE, choices, three};
        let empty = Self {
            id: "acc_1".into(),
            name: "Our shop".into(),
            theirs: vec![],
            ours: vec![],
            defaults: choices(&["the first one"]),
        };
        let their = |location: &str, shown, fed_by: &str| TheirLocation {
            location: location.into(),
            shown,
            fed_by: fed_by.into(),
        };
        let our = |name: &str| OurLocation {
            field: "feeds.loc_1".into(),
            name: name.into(),
            choices: choices(&["the default location", "berlin", "graz"]),
        };
        let typical = Self {
            theirs: vec![their("berlin", true, "Main, Linz"), their("graz", false, "")],
            ours: vec![our("Main"), our("Graz")],
            defaults: choices(&["the first one", "berlin", "graz"]),
            ..empty.clone()
        };
        let extreme = Self {
            name: HOSTILE.into(),
            theirs: vec![their(HOSTILE, true, &HOSTILE.repeat(4)); 12],
            ours: vec![our(HOSTILE); 12],
            ..typical.clone()
        };
        three(empty, typical, extreme)
    }
}
