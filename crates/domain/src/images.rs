//! A listing's images, as far as channels tell, and when two listings of one product differ in them.
//!
//! Every channel copies images to addresses of its own and many re-encode them, so neither addresses nor bytes can be
//! compared. What can is how many there are, and whether there is a main one at all.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a channel tells of a listing's images.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Images {
    /// Address of the one that buyers see in lists; nothing where there is none.
    pub main: Option<String>,
    /// How many there are, the main one included; nothing where the channel tells of that one only.
    pub count: Option<u32>,
}

impl Images {
    /// All images of a listing, the main one first.
    pub fn all(addresses: Vec<String>) -> Self {
        Self {
            count: Some(u32::try_from(addresses.len()).unwrap_or(u32::MAX)),
            main: addresses.into_iter().next(),
        }
    }

    /// The main image alone, where a channel tells of no others.
    pub const fn main_only(main: Option<String>) -> Self {
        Self { main, count: None }
    }

    /// Images there surely are.
    pub fn least(&self) -> u32 {
        self.count.unwrap_or(u32::from(self.main.is_some()))
    }

    /// Whether there are surely fewer here than there. Where one of the two channels tells of the main image only, it has
    /// to be missing here and present there.
    pub fn fewer_than(&self, there: &Self) -> bool {
        match (self.count, there.count) {
            (Some(here), Some(there)) => here < there,
            _ => self.least() == 0 && there.least() > 0,
        }
    }
}

impl fmt::Display for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.count, &self.main) {
            (Some(0), _) => f.write_str("no image"),
            (Some(1), _) => f.write_str("1 image"),
            (Some(count), _) => write!(f, "{count} images"),
            (None, Some(_)) => f.write_str("a main image"),
            (None, None) => f.write_str("no main image"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(count: usize) -> Images {
        Images::all(vec!["https://example.com/1.jpg".to_owned(); count])
    }

    fn main() -> Images {
        Images::main_only(Some("https://example.com/1.jpg".to_owned()))
    }

    #[test]
    fn fewer_is_said_only_where_it_is_sure() {
        assert!(all(2).fewer_than(&all(3)) && !all(3).fewer_than(&all(3)) && !all(3).fewer_than(&all(2)));
        let none = Images::main_only(None);
        assert!(none.fewer_than(&main()) && none.fewer_than(&all(1)) && all(0).fewer_than(&main()));
        assert!(
            !main().fewer_than(&all(9)),
            "the others are not told, not missing"
        );
        assert!(!all(0).fewer_than(&none) && !none.fewer_than(&all(0)));
    }

    #[test]
    fn images_are_told_in_words() {
        let words: Vec<String> = [all(0), all(1), all(4), main(), Images::main_only(None)]
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            words,
            ["no image", "1 image", "4 images", "a main image", "no main image"]
        );
    }
}
