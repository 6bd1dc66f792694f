//! Which products a listing may sell, by the words of its SKU and title: suggested to a person with a score, never decided.
//!
//! Texts are compared letter by letter only with products that share rare words with the listing (an index from words to
//! products finds them), so the work grows with what is alike and not with listings times products.

use std::collections::{BTreeSet, HashMap};

/// Most entries of the index looked at for one listing.
const LOOKED_AT: usize = 20_000;
/// Products whose texts are compared with one listing's.
const COMPARED: usize = 40;
/// Letters of a text that are compared; what comes later tells little.
const LETTERS: usize = 160;
/// The least score that is suggested.
pub const LEAST_SCORE: u8 = 50;

/// A product that a listing may sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suggested {
    /// Its place among the products given to [`Catalogue::new`].
    pub index: usize,
    /// From 0 to 100; 100 is the same words.
    pub score: u8,
}

/// The products' words, ready to be compared with listings.
#[derive(Debug, Default)]
pub struct Catalogue {
    words: HashMap<String, u32>,
    /// For each word, the products that have it, rising.
    having: Vec<Vec<u32>>,
    products: Vec<Texts>,
}

#[derive(Debug)]
struct Texts {
    /// SKU in small letters and digits alone.
    sku: String,
    /// The title's words in order of the alphabet.
    sorted: String,
    /// Numbers of the words.
    words: Vec<u32>,
}

impl Catalogue {
    /// Takes products in, each as SKU and title.
    pub fn new<'a>(products: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut catalogue = Self::default();
        for (sku, title) in products {
            let place = u32::try_from(catalogue.products.len()).unwrap_or(u32::MAX);
            let mut numbers = Vec::new();
            for word in both(sku, title) {
                let next = u32::try_from(catalogue.having.len()).unwrap_or(u32::MAX);
                let number = *catalogue.words.entry(word).or_insert(next);
                if number == next {
                    catalogue.having.push(Vec::new());
                }
                catalogue.having[number as usize].push(place);
                numbers.push(number);
            }
            catalogue.products.push(Texts {
                sku: compact(sku),
                sorted: sorted(title),
                words: numbers,
            });
        }
        catalogue
    }

    /// The products most alike, the best first, at most `most`.
    pub fn suggest(&self, sku: &str, title: &str, most: usize) -> Vec<Suggested> {
        let words = both(sku, title);
        let total: f64 = words.iter().map(|word| self.weight(word)).sum();
        let wanted = (compact(sku), sorted(title));
        let mut found: Vec<Suggested> = self
            .alike(&words)
            .into_iter()
            .map(|(place, shared)| Suggested {
                index: place as usize,
                score: self.score(&self.products[place as usize], &wanted, shared, total),
            })
            .filter(|suggested| suggested.score >= LEAST_SCORE)
            .collect();
        found.sort_by_key(|suggested| (std::cmp::Reverse(suggested.score), suggested.index));
        found.truncate(most);
        found
    }

    /// How much a word tells: the rarer, the more. Words nobody has tell as much as those one product has.
    fn weight(&self, word: &str) -> f64 {
        let having = self.words.get(word).map_or(1, |n| self.having[*n as usize].len());
        self.weight_of(having)
    }

    fn weight_of(&self, having: usize) -> f64 {
        let (all, having) = (as_f64(self.products.len()), as_f64(having.max(1)));
        (1.0 + all / having).ln()
    }

    /// Products that share words with the listing and the weight they share, those that share most first.
    fn alike(&self, words: &BTreeSet<String>) -> Vec<(u32, f64)> {
        let mut lists: Vec<&Vec<u32>> = words
            .iter()
            .filter_map(|word| self.words.get(word))
            .map(|number| &self.having[*number as usize])
            .collect();
        lists.sort_by_key(|list| list.len());
        let mut shared: HashMap<u32, f64> = HashMap::new();
        let mut left = LOOKED_AT;
        for list in lists {
            let weight = self.weight_of(list.len());
            if list.len() > left {
                // Too common to find anything by; it still counts for what rarer words have found.
                for (place, sum) in &mut shared {
                    if list.binary_search(place).is_ok() {
                        *sum += weight;
                    }
                }
                continue;
            }
            left -= list.len();
            for place in list {
                *shared.entry(*place).or_default() += weight;
            }
        }
        let mut alike: Vec<(u32, f64)> = shared.into_iter().collect();
        let by_weight = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if alike.len() > COMPARED {
            alike.select_nth_unstable_by(COMPARED, by_weight);
            alike.truncate(COMPARED);
        }
        alike
    }

    fn score(&self, product: &Texts, (sku, title): &(String, String), shared: f64, total: f64) -> u8 {
        let own: f64 = product
            .words
            .iter()
            .map(|n| self.weight_of(self.having[*n as usize].len()))
            .sum();
        let overlap = if total + own > 0.0 {
            2.0 * shared / (total + own)
        } else {
            0.0
        };
        let letters = strsim::normalized_levenshtein(&product.sorted, title);
        let mut score = (0.5 * overlap + 0.5 * letters).max(letters);
        if numbers_differ(&product.sorted, title) {
            // "250 g" and "500 g" are nearly the same letters and not the same thing.
            score *= 0.7;
        }
        let sku = sku_likeness(&product.sku, sku);
        let best = score.max(0.95 * sku).max(0.7 * score + 0.3 * sku).clamp(0.0, 1.0);
        rounded(best * 100.0)
    }
}

/// How alike two SKUs are: one that begins or ends with the other is likely the same product with an addition.
fn sku_likeness(a: &str, b: &str) -> f64 {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    if short.is_empty() {
        0.0
    } else if short == long {
        1.0
    } else if short.len() >= 4 && (long.starts_with(short) || long.ends_with(short)) {
        0.85
    } else {
        // One letter more or less is often another size.
        Some(strsim::normalized_levenshtein(a, b))
            .filter(|likeness| *likeness >= 0.8 && !numbers_differ(a, b))
            .unwrap_or(0.0)
    }
}

/// Whether each has a number the other has not.
fn numbers_differ(a: &str, b: &str) -> bool {
    let numbers = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_ascii_digit())
            .filter(|digits| !digits.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (numbers(a), numbers(b));
    a.difference(&b).next().is_some() && b.difference(&a).next().is_some()
}

/// The words of SKU and title, each once.
fn both(sku: &str, title: &str) -> BTreeSet<String> {
    words(sku).chain(words(title)).collect()
}

/// Words in small letters; a change between letters and digits begins a new one, so that `250g` is `250 g`.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before = None;
    for letter in text.chars().take(1_000).flat_map(char::to_lowercase) {
        let kind = match letter {
            c if c.is_numeric() => Some(true),
            c if c.is_alphabetic() => Some(false),
            _ => None,
        };
        if kind != before {
            words.push(String::new());
        }
        if let (Some(_), Some(word)) = (kind, words.last_mut()) {
            word.push(letter);
        }
        before = kind;
    }
    words.into_iter().filter(|word| !word.is_empty())
}

fn sorted(text: &str) -> String {
    let mut words: Vec<String> = words(text).collect();
    words.sort_unstable();
    words.join(" ").chars().take(LETTERS).collect()
}

fn compact(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn as_f64(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 100"
)]
fn rounded(score: f64) -> u8 {
    score.round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTS: &[(&str, &str)] = &[
        ("TEA-250", "Assam tea, whole leaf, 250 g"),
        ("TEA-500", "Assam tea, whole leaf, 500 g"),
        ("MUG-BLUE", "Stoneware mug, blue"),
        ("MUG-RED", "Stoneware mug, red"),
        ("KTL-1", "Electric kettle 1.7 l"),
    ];

    fn best(sku: &str, title: &str) -> Vec<(&'static str, u8)> {
        let found = Catalogue::new(PRODUCTS.iter().copied()).suggest(sku, title, 3);
        found
            .into_iter()
            .map(|s| (PRODUCTS[s.index].0, s.score))
            .collect()
    }

    #[test]
    fn the_same_words_are_a_hundred() {
        assert_eq!(best("X9", "250g whole-leaf ASSAM tea")[0], ("TEA-250", 100));
        assert_eq!(best("X9", "Stoneware mug, blue")[0], ("MUG-BLUE", 100));
    }

    #[test]
    fn another_size_scores_lower() {
        let found = best("X9", "Assam Tea Whole Leaf 500 g pack");
        assert_eq!(found[0].0, "TEA-500");
        let other = found.iter().find(|f| f.0 == "TEA-250").map_or(0, |f| f.1);
        assert!(other + 20 < found[0].1, "{found:?}");
    }

    #[test]
    fn a_sku_with_an_addition_is_suggested() {
        let found = best("mug_blue-FBM", "Cup");
        assert_eq!(found[0].0, "MUG-BLUE");
        assert!((75..100).contains(&found[0].1), "{found:?}");
    }

    #[test]
    fn nothing_alike_suggests_nothing() {
        assert_eq!(best("GARDEN-1", "Rubber hose, 20 m"), []);
        assert_eq!(best("", ""), []);
        assert_eq!(Catalogue::default().suggest("A", "b", 3), []);
    }

    #[test]
    fn scores_are_the_same_whichever_way_words_are_ordered() {
        let one = best("Z", "kettle electric");
        let other = best("Z", "Electric Kettle");
        assert_eq!(one, other);
        assert_eq!(one[0].0, "KTL-1");
    }
}
