//! Looks at several things at a time, and puts what they found together as if it had been one after the other.

use std::collections::VecDeque;

use tokio::task::JoinSet;

use super::{DatabaseCheck, Found, LedgerCheck, RULES, Task};
use crate::{Store, StoreError};

/// Runs the tasks, each with the position of the tenant it is of, `at_once` at a time.
pub(super) async fn all(
    store: &Store,
    tasks: Vec<(usize, Task)>,
    tenants: usize,
    at_once: usize,
) -> Result<DatabaseCheck, StoreError> {
    let mut found: Vec<Option<Found>> = tasks.iter().map(|_| None).collect();
    let mut waiting: VecDeque<(usize, Task)> = tasks
        .iter()
        .enumerate()
        .map(|(place, (_, task))| (place, task.clone()))
        .collect();
    if !store.db().reads_at_once() {
        while let Some((place, task)) = waiting.pop_front() {
            found[place] = Some(task.run().await?);
        }
        return Ok(together(tasks, found, tenants));
    }
    let mut running = JoinSet::new();
    loop {
        while running.len() < at_once
            && let Some((place, task)) = waiting.pop_front()
        {
            running.spawn(async move { (place, task.run().await) });
        }
        let Some(ended) = running.join_next().await else {
            return Ok(together(tasks, found, tenants));
        };
        let (place, result) = ended.map_err(StoreError::other)?;
        found[place] = Some(result?);
    }
}

/// Findings by tenant and rule, in the order of the rules.
fn together(tasks: Vec<(usize, Task)>, found: Vec<Option<Found>>, tenants: usize) -> DatabaseCheck {
    let mut check = DatabaseCheck {
        pages: Vec::new(),
        books: vec![LedgerCheck::default(); tenants],
    };
    let mut of_rules = Vec::new();
    for ((index, task), found) in tasks.into_iter().zip(found) {
        let found = found.unwrap_or_default();
        match task {
            Task::Pages(..) => check.pages.extend(found.findings),
            Task::Rule(_, rule) => of_rules.push((index, RULES.iter().position(|r| *r == rule), found)),
        }
    }
    of_rules.sort_by_key(|(index, place, _)| (*index, *place));
    for (index, _, found) in of_rules {
        let books = &mut check.books[index];
        let [entries, balances, order_lines, listings, pushes] = found.counts;
        books.entries += entries;
        books.balances += balances;
        books.order_lines += order_lines;
        books.listings += listings;
        books.pushes += pushes;
        books.findings.extend(found.findings);
    }
    check
}
