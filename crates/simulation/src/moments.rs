//! When what is to happen happens: at its instant, or at the worst moment after it.

use std::time::Duration;

use stockbridge_domain::Timestamp;
use stockbridge_store::OfferRecord;

use crate::Broken;
use crate::deed::Deed;
use crate::script::{Act, Moment, When};
use crate::turns::{Point, at_once};
use crate::world::{World, must};

impl World {
    fn act_at(&self, act: &Act) -> Timestamp {
        self.begun.plus(Duration::from_millis(act.at_ms))
    }

    pub(crate) fn next_act(&self) -> Option<Timestamp> {
        let scripted = self.acts.front().map(|a| self.act_at(a));
        let follow = self.follow.keys().next().map(|k| k.0);
        [scripted, follow].into_iter().flatten().min()
    }

    /// Does what is due, and arms what waits for its moment.
    pub(crate) fn act_now(&mut self) -> Result<(), Broken> {
        let now = self.now();
        while let Some(entry) = self.follow.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let follow = entry.remove();
            self.follow_up(&follow)?;
        }
        while self.acts.front().is_some_and(|a| self.act_at(a) <= self.now()) {
            let Some(act) = self.acts.pop_front() else { break };
            match act.when {
                When::Then => self.perform(&act.deed, None)?,
                When::At(_) => self.armed.push(act),
            }
        }
        Ok(())
    }

    pub(crate) fn after_step(&mut self, task: usize, point: Point) -> Result<(), Broken> {
        self.tell_point(task, point);
        self.look()?;
        if point != Point::Idle {
            self.count_down();
        }
        // What is due can only have changed with what the hub believes.
        let beliefs = self.turns.beliefs();
        let changed = std::mem::replace(&mut self.seen_beliefs, beliefs) != beliefs;
        let moments = moments(point, changed);
        while let Some(index) = self.whose_moment(moments)? {
            let act = self.armed.remove(index);
            self.perform(&act.deed, Some(task))?;
            self.look()?;
        }
        Ok(())
    }

    /// Buyers whose moment has not come buy when the days are over: what is wanted does not depend on what the hub does.
    pub(crate) fn last_buyers(&mut self) -> Result<(), Broken> {
        for act in std::mem::take(&mut self.armed) {
            if matches!(act.deed, Deed::Buy { .. } | Deed::BuyHere { .. }) && self.violations.is_empty() {
                self.perform(&act.deed, None)?;
                self.look()?;
            }
        }
        Ok(())
    }

    /// A worker has stopped.
    fn count_down(&mut self) {
        for act in &mut self.armed {
            if let When::At(Moment::Stop(left)) = &mut act.when {
                *left = left.saturating_sub(1);
            }
        }
    }

    /// The first armed act whose moment is one of these.
    fn whose_moment(&self, moments: &[Moment]) -> Result<Option<usize>, Broken> {
        for (index, act) in self.armed.iter().enumerate() {
            let When::At(moment) = act.when else { continue };
            let come = match moment {
                Moment::Stop(left) => left == 0,
                Moment::Due => moments.contains(&moment) && self.more_is_due(&act.deed)?,
                _ => moments.contains(&moment),
            };
            if come {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Whether a channel is about to be told that there is more of what a deed takes.
    fn more_is_due(&self, deed: &Deed) -> Result<bool, Broken> {
        let (Deed::Buy { product, .. } | Deed::BuyHere { product, .. }) = deed else {
            return Ok(true);
        };
        let offers = at_once(self.tenant().offers_of(self.products[*product]));
        let more = |o: &OfferRecord| o.due > Some(o.offer.expected().unwrap_or(0));
        Ok(must("reading offers", offers)?.iter().any(more))
    }
}

/// The moments a point stands for.
fn moments(point: Point, changed: bool) -> &'static [Moment] {
    match point {
        Point::Leaving("a write") => &[Moment::BeforeWrite],
        Point::Answering("a write") => &[Moment::AfterWrite],
        Point::Answering("a reading") => &[Moment::AfterReading],
        Point::Answering("a search of orders") => &[Moment::AfterSearch],
        Point::Committed if changed => &[Moment::AfterCommit, Moment::Due],
        Point::Committed => &[Moment::AfterCommit],
        _ => &[],
    }
}
