//! What was sent to a channel, how it was put, and what became of it, as links of the chain.

use stockbridge_domain::channel::{LevelPart, WriteMode};
use stockbridge_store::PushRecord;

use super::{Link, LinkKind};

/// A push, its answer and its proof.
pub(super) fn push_links(push: &PushRecord) -> Vec<Link> {
    let link = |at, kind, what| Link {
        at,
        kind,
        what,
        value: None,
        row: Some(push.id.to_string()),
    };
    let cause = push
        .cause
        .as_ref()
        .map(|cause| format!(", because of {cause}"))
        .unwrap_or_default();
    let before = push.before.as_deref().unwrap_or("nothing known");
    let mut links = vec![Link {
        value: Some(push.value.clone()),
        ..link(
            push.sent_at,
            LinkKind::Push,
            format!(
                "{}{} was sent in place of {before}{}{cause}",
                push.value,
                parted(push),
                put(push)
            ),
        )
    }];
    if let Some(at) = push.answered_at {
        let said = push
            .message
            .as_ref()
            .map(|said| format!(": {said}"))
            .unwrap_or_default();
        links.push(link(
            at,
            LinkKind::Answer,
            format!("the channel's answer: {}{said}", push.outcome),
        ));
    }
    if let Some(at) = push.verified_at {
        links.push(link(
            at,
            LinkKind::Reading,
            format!("a reading showed {}", push.value),
        ));
    }
    links
}

/// How a quantity was put to a channel that does not just overwrite.
fn put(push: &PushRecord) -> String {
    match (push.mode, push.compared, push.value.parse::<i64>()) {
        (Some(WriteMode::CompareAndSet), Some(from), _) => format!(", to be taken only if {from} is shown"),
        (Some(WriteMode::Relative), Some(from), Ok(value)) => {
            format!(", as a change by {:+}", value - from)
        }
        _ => String::new(),
    }
}

/// What each of the channel's locations was sent.
fn parted(push: &PushRecord) -> String {
    let part = |part: &LevelPart| format!("{} at {}", part.quantity, part.location);
    match push.places.iter().map(part).collect::<Vec<_>>() {
        parts if parts.is_empty() => String::new(),
        parts => format!(" ({})", parts.join(", ")),
    }
}
