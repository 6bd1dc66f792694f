//! A label with the waybill's number in bars (Code 128, set B), as Noon leaves labels to the seller.

use std::fmt::Write as _;

/// Widths of bars and spaces by value; each begins with a bar. The last is the stop, which has a bar more.
#[rustfmt::skip]
const PATTERNS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312", "231212",
    "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212", "223112", "312131",
    "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123", "131321",
    "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121",
    "313121", "211331", "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114",
    "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111", "111242", "121142", "121241", "114212",
    "124112", "124211", "411212", "421112", "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113",
    "114311", "411113", "411311", "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];
const START_B: usize = 104;
const STOP: usize = 106;

/// The values of a text: start, characters, check, stop. `None` for what set B cannot write.
fn values(text: &str) -> Option<Vec<usize>> {
    let characters: Vec<usize> = text
        .bytes()
        .map(|byte| byte.checked_sub(32).map(usize::from).filter(|value| *value < 95))
        .collect::<Option<_>>()?;
    let weighted: usize = characters
        .iter()
        .enumerate()
        .map(|(at, value)| (at + 1) * value)
        .sum();
    let check = (START_B + weighted) % 103;
    Some(
        [START_B]
            .into_iter()
            .chain(characters)
            .chain([check, STOP])
            .collect(),
    )
}

/// A picture of the number in bars, the number itself, and lines of text below; `None` for a number that bars cannot write.
pub(super) fn svg(number: &str, lines: &[&str]) -> Option<String> {
    const QUIET: usize = 10;
    let values = values(number)?;
    let (mut bars, mut x) = (String::new(), QUIET);
    for pattern in values.iter().filter_map(|value| PATTERNS.get(*value)) {
        for (at, width) in pattern.bytes().map(|digit| usize::from(digit - b'0')).enumerate() {
            if at % 2 == 0 {
                write!(bars, r#"<rect x="{x}" y="6" width="{width}" height="60"/>"#).ok()?;
            }
            x += width;
        }
    }
    let (width, height) = (x + QUIET, 86 + 12 * lines.len());
    let mut texts = String::new();
    for (row, line) in [number].iter().chain(lines).enumerate() {
        let (y, text) = (78 + 12 * row, escaped(line));
        write!(
            texts,
            r#"<text x="{QUIET}" y="{y}" font-family="monospace" font-size="10">{text}</text>"#
        )
        .ok()?;
    }
    Some(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="100mm"><rect width="{width}" height="{height}" fill="#fff"/>{bars}{texts}</svg>"##
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_eleven_wide_and_its_own() {
        let distinct: std::collections::BTreeSet<_> = PATTERNS.iter().collect();
        assert_eq!(distinct.len(), PATTERNS.len());
        for (value, pattern) in PATTERNS.iter().enumerate() {
            let width: u32 = pattern.bytes().map(|digit| u32::from(digit - b'0')).sum();
            assert_eq!(width, if value == STOP { 13 } else { 11 }, "{value}");
        }
    }

    #[test]
    fn the_check_is_that_of_the_standard() {
        // The example of ISO/IEC 15417's readers: PJJ123C in set B has the check value 55.
        let values = values("PJJ123C").unwrap();
        assert_eq!(values, [104, 48, 42, 42, 17, 18, 19, 35, 55, 106]);
    }

    #[test]
    fn texts_are_not_markup() {
        let label = svg("AWB1", &["<b>&"]).unwrap();
        assert!(
            label.contains("&lt;b&gt;&amp;") && !label.contains("<b>"),
            "{label}"
        );
        assert_eq!(svg("ünders", &[]), None);
    }
}
