//! Batches that Shopify makes whole or not at all, so that one bad item stops the others: what is told of single items is
//! believed, and the rest is sent again without them; where nothing is told, halves are tried.

use stockbridge_domain::channel::{ChannelError, Fault, ItemOutcome, ItemResult};
use stockbridge_domain::{BoxFut, Sku};

use super::wire::UserError;

/// What became of one sending.
pub(super) enum Sent {
    /// All of it was made.
    Made(Option<String>),
    /// None of it was made; each error with the place of the item it is about, if it names one.
    Refused(Vec<(Option<usize>, UserError)>),
    /// Something stopped it as a whole.
    Failed(ChannelError),
}

/// Sends `items` until each has an outcome. `send` makes a call of some of them; `judge` says what an error means.
pub(super) async fn settle<'a, T: Copy + 'a>(
    items: &[T],
    sku: impl Fn(T) -> Sku,
    send: impl Fn(Vec<T>) -> BoxFut<'a, Sent>,
    judge: impl Fn(&UserError) -> ItemOutcome,
) -> Vec<ItemResult> {
    let mut outcomes: Vec<Option<ItemOutcome>> = items.iter().map(|_| None).collect();
    let mut waiting = vec![(0..items.len()).collect::<Vec<usize>>()];
    let mut stopped: Option<ChannelError> = None;
    while let Some(places) = waiting.pop() {
        if places.is_empty() {
            continue;
        }
        if let Some(error) = &stopped {
            for place in places {
                outcomes[place] = Some(ItemOutcome::NotApplied(error.clone()));
            }
            continue;
        }
        let some: Vec<T> = places.iter().map(|place| items[*place]).collect();
        match send(some).await {
            Sent::Made(receipt) => {
                for place in places {
                    outcomes[place] = Some(ItemOutcome::Applied {
                        receipt: receipt.clone(),
                    });
                }
            }
            Sent::Failed(error) => {
                let unclear = error.fault == Fault::Ambiguous;
                for place in places {
                    outcomes[place] = Some(if unclear {
                        ItemOutcome::Unknown(error.clone())
                    } else {
                        ItemOutcome::NotApplied(error.clone())
                    });
                }
                // What stops this call stops the next one as well; after a lost answer nothing is pressed on.
                stopped = Some(ChannelError {
                    fault: if unclear { Fault::Unavailable } else { error.fault },
                    ..error
                });
            }
            Sent::Refused(errors) => {
                let mut rest = Vec::new();
                for (index, place) in places.iter().enumerate() {
                    let own = errors
                        .iter()
                        .find(|(at, _)| *at == Some(index) || places.len() == 1);
                    match own {
                        Some((_, error)) => outcomes[*place] = Some(judge(error)),
                        None => rest.push(*place),
                    }
                }
                if rest.len() == places.len() {
                    let half = rest.split_off(rest.len() / 2);
                    waiting.push(half);
                }
                waiting.push(rest);
            }
        }
    }
    let unsent =
        || ItemOutcome::NotApplied(ChannelError::new(Fault::Unavailable, "batch", "it was not sent"));
    let results = items.iter().zip(outcomes);
    results
        .map(|(item, outcome)| ItemResult {
            sku: sku(*item),
            outcome: outcome.unwrap_or_else(unsent),
        })
        .collect()
}

/// The place in a list that a user error's path names: `["input", "quantities", "3", "quantity"]` names 3.
pub(super) fn place(error: &UserError) -> Option<usize> {
    error.field.as_ref()?.iter().find_map(|part| part.parse().ok())
}
