//! Differences between what a channel shows and what it should, and who wins.
//!
//! A difference is looked at only when it can be one: a quantity once every order before the reading is in
//! ([`crate::offer::Offer::settle`]), a price once the channel has had the time to apply what was sent. What an order that
//! came in meanwhile explains is none ([`explained`]).
//!
//! Two systems that each set right what the other wrote would go on for ever, so the hub counts: a field that was set right
//! [`Limit::repushes`] times within [`Limit::window`] is fought over, and the hub stops writing it until a person decides or
//! the other side has left it alone for as long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::listing::named;

named! {
    /// What differs.
    Field {
        /// Units for sale.
        Quantity = "quantity",
        /// The price.
        Price = "price",
        /// Whether buyers can buy it.
        Status = "status",
        /// The title, against the one last agreed on: that it changed.
        Title = "title",
        /// What describes the product: the listing's title against the product's own.
        Data = "data",
        /// How many images it has, against the product's other listings.
        Images = "images",
    }
}

named! {
    /// Who wins when a channel shows something else than it should.
    Strategy {
        /// The hub writes its value again.
        HubWins = "hub_wins",
        /// The hub takes the channel's value over, unless a store of higher priority has just given another.
        SourceWins = "source_wins",
        /// The greater of the two.
        Highest = "highest",
        /// The lesser of the two.
        Lowest = "lowest",
        /// Both stay as they are, until one of them changes.
        Ignore = "ignore",
        /// A person decides.
        Manual = "manual",
    }
}

named! {
    /// How a difference stands.
    ConflictState {
        /// It may be an order that is not in yet.
        Waiting = "waiting",
        /// A person has to decide.
        Open = "open",
        /// The hub is setting it right.
        Healing = "healing",
        /// It is fought over; the hub has stopped.
        Stopped = "stopped",
        /// Over.
        Closed = "closed",
    }
}

named! {
    /// What was done about a difference.
    Action {
        /// It may be an order that is not in yet: wait for it.
        Awaited = "awaited",
        /// The hub's value is written again.
        Repushed = "repushed",
        /// A write got lost, so the channel shows what it did before: it is written again. Nobody else has written, so
        /// this counts for no fight.
        Resent = "resent",
        /// The channel's value was taken over.
        Accepted = "accepted",
        /// A person is asked.
        Asked = "asked",
        /// Fought over: the hub stops.
        Stopped = "stopped",
        /// A person had the hub go on.
        Resumed = "resumed",
        /// An order explained it.
        Explained = "explained",
        /// Both stay as they are.
        Ignored = "ignored",
        /// Both show the same again.
        Agreed = "agreed",
    }
}

impl Field {
    /// Strategies that can be carried out for it. The hub does not write statuses, titles and images.
    pub const fn strategies(self) -> &'static [Strategy] {
        match self {
            Self::Quantity | Self::Price => &[
                Strategy::HubWins,
                Strategy::SourceWins,
                Strategy::Highest,
                Strategy::Lowest,
                Strategy::Manual,
            ],
            Self::Status | Self::Title => &[Strategy::SourceWins, Strategy::Manual],
            Self::Data => &[Strategy::SourceWins, Strategy::Ignore, Strategy::Manual],
            Self::Images => &[Strategy::Ignore, Strategy::Manual],
        }
    }

    /// Whether it describes the product: nothing waits for such a difference, and nobody is alerted to it.
    pub const fn describes(self) -> bool {
        matches!(self, Self::Data | Self::Images)
    }

    /// Why a strategy cannot be carried out for it, and which can.
    pub fn refusal(self) -> String {
        let decided = self.strategies().iter().filter(|s| **s != Strategy::Manual);
        let names: Vec<&str> = decided.map(|s| s.name()).collect();
        let why = match self {
            Self::Quantity | Self::Price => "units and prices are never left to differ",
            Self::Status => "the hub does not write statuses",
            Self::Title | Self::Data => "the hub does not write titles to channels; change it there",
            Self::Images => "the hub does not write images to channels; add them there",
        };
        format!(
            "a difference in the {self} is resolved by {}: {why}",
            names.join(" or ")
        )
    }

    /// What holds unless a person says otherwise.
    pub const fn usual(self) -> Strategy {
        match self {
            Self::Quantity | Self::Price => Strategy::HubWins,
            Self::Status | Self::Data | Self::Images => Strategy::Manual,
            Self::Title => Strategy::SourceWins,
        }
    }
}

/// When a field counts as fought over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// So often may the hub set it right within the window.
    pub repushes: i64,
    /// The window, in seconds; also how long the other side has to leave it alone before the hub goes on.
    pub window_secs: i64,
}

impl Default for Limit {
    /// Three times a day: a slip and its repetition, not a habit.
    fn default() -> Self {
        Self {
            repushes: 3,
            window_secs: 86_400,
        }
    }
}

impl Limit {
    /// The window.
    pub fn window(self) -> Duration {
        Duration::from_secs(u64::try_from(self.window_secs).unwrap_or(0))
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Write the hub's value again.
    Repush,
    /// Take the channel's value over.
    Accept,
    /// Leave both as they are.
    Leave,
    /// Ask a person.
    Ask,
    /// Write nothing any more until somebody decides or it stays.
    Stop,
}

/// What is known when a difference is judged.
#[derive(Debug, Clone, Copy)]
pub struct Judgement {
    /// What differs.
    pub field: Field,
    /// Who wins there.
    pub strategy: Strategy,
    /// What it should show and what it shows, as numbers; nothing where they cannot be compared.
    pub values: Option<(i64, i64)>,
    /// Whether a store of higher priority gave another value within the window.
    pub outranked: bool,
    /// How often the hub has set it right within the window.
    pub repushes: i64,
    /// When that is too often.
    pub limit: Limit,
}

/// Decides what to do about a difference.
pub fn judge(given: &Judgement) -> Resolution {
    let hub_writes = given.field.strategies().contains(&Strategy::HubWins);
    let repush = if !hub_writes {
        Resolution::Ask
    } else if given.repushes >= given.limit.repushes {
        Resolution::Stop
    } else {
        Resolution::Repush
    };
    match (given.strategy, given.values) {
        (Strategy::HubWins, _) => repush,
        (Strategy::SourceWins, _) if given.outranked => repush,
        (Strategy::SourceWins, _) => Resolution::Accept,
        (Strategy::Ignore, _) => Resolution::Leave,
        (Strategy::Highest, Some((expected, shown))) if shown > expected => Resolution::Accept,
        (Strategy::Lowest, Some((expected, shown))) if shown < expected => Resolution::Accept,
        (Strategy::Highest | Strategy::Lowest, Some(_)) => repush,
        (Strategy::Highest | Strategy::Lowest, None) | (Strategy::Manual, _) => Resolution::Ask,
    }
}

/// Whether two texts say the same: how words are spaced and written large does not count.
pub fn same_text(one: &str, other: &str) -> bool {
    let words = |text: &str| {
        text.split_whitespace()
            .flat_map(|word| word.chars().flat_map(char::to_lowercase).chain([' ']))
            .collect::<String>()
    };
    one == other || words(one) == words(other)
}

/// Whether orders explain a quantity: units that a reading may have seen gone and nobody counted yet for one that is lower,
/// units that it may not have seen gone, or that were given back, for one that is higher.
pub const fn explained(expected: i64, shown: i64, lower_by: i64, higher_by: i64) -> bool {
    if shown < expected {
        expected - shown <= lower_by
    } else {
        shown - expected <= higher_by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(strategy: Strategy, expected: i64, shown: i64) -> Judgement {
        Judgement {
            field: Field::Quantity,
            strategy,
            values: Some((expected, shown)),
            outranked: false,
            repushes: 0,
            limit: Limit::default(),
        }
    }

    #[test]
    fn each_strategy_has_its_winner() {
        use Resolution::{Accept, Ask, Repush};
        let of = |strategy, expected, shown| judge(&given(strategy, expected, shown));
        assert_eq!(of(Strategy::HubWins, 5, 9), Repush);
        assert_eq!(of(Strategy::SourceWins, 5, 9), Accept);
        assert_eq!(
            (of(Strategy::Highest, 5, 9), of(Strategy::Highest, 9, 5)),
            (Accept, Repush)
        );
        assert_eq!(
            (of(Strategy::Lowest, 5, 9), of(Strategy::Lowest, 9, 5)),
            (Repush, Accept)
        );
        assert_eq!(of(Strategy::Manual, 5, 9), Ask);
        let other_currency = Judgement {
            values: None,
            ..given(Strategy::Highest, 0, 0)
        };
        assert_eq!(judge(&other_currency), Ask);
    }

    #[test]
    fn a_store_of_higher_priority_outranks_the_source() {
        let outranked = Judgement {
            outranked: true,
            ..given(Strategy::SourceWins, 5, 9)
        };
        assert_eq!(judge(&outranked), Resolution::Repush);
    }

    #[test]
    fn what_is_set_right_too_often_is_fought_over() {
        let fought = |repushes| {
            judge(&Judgement {
                repushes,
                ..given(Strategy::HubWins, 5, 9)
            })
        };
        assert_eq!((fought(2), fought(3)), (Resolution::Repush, Resolution::Stop));
        let accepted = Judgement {
            repushes: 99,
            ..given(Strategy::SourceWins, 5, 9)
        };
        assert_eq!(
            judge(&accepted),
            Resolution::Accept,
            "who gives way fights with nobody"
        );
    }

    #[test]
    fn what_the_hub_cannot_write_is_asked_or_accepted() {
        for field in [Field::Status, Field::Title, Field::Data, Field::Images] {
            assert!(!field.strategies().contains(&Strategy::HubWins));
            assert!(field.strategies().contains(&field.usual()));
            let title = Judgement {
                field,
                values: None,
                ..given(Strategy::HubWins, 0, 0)
            };
            assert_eq!(judge(&title), Resolution::Ask);
        }
    }

    #[test]
    fn what_is_ignored_is_left_as_it_is_and_only_where_that_sells_nothing() {
        let ignored = Judgement {
            field: Field::Data,
            values: None,
            outranked: true,
            repushes: 99,
            ..given(Strategy::Ignore, 0, 0)
        };
        assert_eq!(judge(&ignored), Resolution::Leave);
        for field in Field::ALL.iter().filter(|field| !field.describes()) {
            assert!(!field.strategies().contains(&Strategy::Ignore), "{field}");
        }
        assert!(Field::Data.refusal().contains("source_wins or ignore"));
    }

    #[test]
    fn titles_are_compared_by_their_words() {
        assert!(same_text("Tea,  250 g", "TEA, 250 G") && same_text("", " "));
        assert!(!same_text("Tea 250 g", "Tea 250g") && !same_text("Tea", "Teapot"));
    }

    #[test]
    fn orders_explain_what_they_can() {
        assert!(explained(5, 3, 2, 0) && !explained(5, 3, 1, 9));
        assert!(explained(5, 6, 0, 1) && !explained(5, 6, 9, 0));
    }
}
