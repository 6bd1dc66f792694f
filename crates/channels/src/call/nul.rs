//! NUL characters in JSON answers.
//!
//! JSON can carry U+0000 as an escape, and no database here keeps it in text: one such title would keep the whole page
//! it came on from being imported, for ever. It is replaced before anything reads the answer.

use bytes::{Bytes, BytesMut};
use memchr::memmem;

const NUL: &[u8] = br"\u0000";
/// The escape of U+FFFD, "replacement character": as long as the one it replaces.
const REPLACED: &[u8] = br"\ufffd";

/// The JSON with U+FFFD in the place of every U+0000; whatever is not JSON comes back as it is or as harmless.
pub(super) fn replaced(body: Bytes) -> Bytes {
    let mut at = find(&body, 0);
    if at.is_none() {
        return body;
    }
    let mut clean = BytesMut::from(body.as_ref());
    while let Some(start) = at {
        if escapes(&body, start) {
            clean[start..start + NUL.len()].copy_from_slice(REPLACED);
        }
        at = find(&body, start + NUL.len());
    }
    clean.freeze()
}

fn find(body: &[u8], from: usize) -> Option<usize> {
    Some(from + memmem::find(body.get(from..)?, NUL)?)
}

/// Whether the backslash at `start` begins an escape, and is not the second half of an escaped backslash.
fn escapes(body: &[u8], start: usize) -> bool {
    let before = body[..start]
        .iter()
        .rev()
        .take_while(|byte| **byte == b'\\')
        .count();
    before.is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &'static str) -> serde_json::Value {
        serde_json::from_slice(&replaced(Bytes::from_static(body.as_bytes()))).unwrap()
    }

    #[test]
    fn nul_becomes_the_replacement_character_and_nothing_else_changes() {
        assert_eq!(
            read(r#"["a\u0000b\u0000", "\u0000"]"#),
            serde_json::json!(["a\u{fffd}b\u{fffd}", "\u{fffd}"])
        );
        assert_eq!(
            read(r#"["\\u0000", "\\\u0000"]"#),
            serde_json::json!(["\\u0000", "\\\u{fffd}"])
        );
        let plain = Bytes::from_static(b"[1]");
        assert_eq!(
            replaced(plain.clone()).as_ptr(),
            plain.as_ptr(),
            "nothing is copied where there is none"
        );
    }
}
