//! One thread, many tasks: who goes next is drawn, time passes only when nobody can go on.
//!
//! Tasks stop at every transaction and at every call to a channel ([`Point`]). Between two stops nothing else happens, so
//! a run is a sequence of such steps and follows from its seed alone. A task that is dropped while it stands at a point
//! is a worker that was killed there.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use stockbridge_domain::clock::{Stepped, Turn, Turns};
use stockbridge_domain::{BoxFut, Timestamp};

use crate::dice::Dice;

/// The tables from which the hub's headroom and offers are read.
const BELIEFS: [&str; 6] = [
    "products",
    "locations",
    "stock_balances",
    "kit_components",
    "transfer_lines",
    "listings",
];

/// Where a task stands while others go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// Before a transaction.
    Begin,
    /// After a commit, before its caller knows.
    Committed,
    /// A call to the channel is about to leave.
    Leaving(&'static str),
    /// The channel has done what was asked; the answer is on its way.
    Answering(&'static str),
    /// Nothing to do.
    Idle,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin => f.write_str("before a transaction"),
            Self::Committed => f.write_str("after a commit"),
            Self::Leaving(call) => write!(f, "before {call} left"),
            Self::Answering(call) => write!(f, "before the answer of {call} was in"),
            Self::Idle => f.write_str("idle"),
        }
    }
}

#[derive(Debug)]
struct Slot {
    due: Option<Timestamp>,
    point: Point,
}

#[derive(Debug)]
struct Inner {
    dice: Dice,
    /// The task being polled; none while the simulation itself uses the hub, which never waits.
    current: Option<usize>,
    slots: Vec<Slot>,
}

/// Where tasks stop and are told to go on.
pub(crate) struct Turnstile {
    clock: Arc<Stepped>,
    inner: Mutex<Inner>,
    /// How often a row was written that says what the hub believes of stock.
    beliefs: AtomicU64,
}

impl fmt::Debug for Turnstile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turnstile")
    }
}

impl Turnstile {
    pub(crate) fn new(clock: Arc<Stepped>, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            clock,
            inner: Mutex::new(Inner {
                dice: Dice::new(seed, 1),
                current: None,
                slots: Vec::new(),
            }),
            beliefs: AtomicU64::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        use stockbridge_domain::clock::Clock as _;
        self.clock.now()
    }

    /// Stops at `point` for this long.
    pub(crate) fn pause(&self, point: Point, delay: Duration) -> Pause<'_> {
        self.pause_until(point, self.now().plus(delay))
    }

    /// Stops at `point` until then.
    pub(crate) fn pause_until(&self, point: Point, until: Timestamp) -> Pause<'_> {
        Pause {
            turns: self,
            point,
            until,
            stopped: false,
        }
    }

    /// A duration drawn for the task that asks.
    pub(crate) fn draw_ms(&self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.lock().dice.between(least, most))
    }

    /// True in so many of a thousand throws.
    pub(crate) fn permille(&self, share: u64) -> bool {
        self.lock().dice.permille(share)
    }

    /// How often what the hub believes of stock may have changed.
    pub(crate) fn beliefs(&self) -> u64 {
        self.beliefs.load(Ordering::SeqCst)
    }

    /// Holds a task up, wherever it stands: a process that the machine suspended.
    pub(crate) fn stall(&self, task: usize, by: Duration) {
        let now = self.now();
        if let Some(slot) = self.lock().slots.get_mut(task) {
            slot.due = Some(slot.due.unwrap_or(now).max(now).plus(by));
        }
    }
}

impl Turns for Turnstile {
    fn take(&self, turn: Turn) -> BoxFut<'_, ()> {
        let point = match turn {
            Turn::Begin => Point::Begin,
            Turn::Committed => Point::Committed,
        };
        Box::pin(self.pause(point, Duration::ZERO))
    }

    fn wrote(&self, table: &str) {
        if BELIEFS.contains(&table) {
            self.beliefs.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A stop.
pub(crate) struct Pause<'a> {
    turns: &'a Turnstile,
    point: Point,
    until: Timestamp,
    stopped: bool,
}

impl Future for Pause<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let now = self.turns.now();
        let mut inner = self.turns.lock();
        let Some(current) = inner.current else {
            return Poll::Ready(());
        };
        if self.stopped && now >= self.until {
            return Poll::Ready(());
        }
        let (until, point) = (self.until, self.point);
        if let Some(slot) = inner.slots.get_mut(current) {
            *slot = Slot {
                due: Some(until),
                point,
            };
        }
        drop(inner);
        self.stopped = true;
        Poll::Pending
    }
}

/// Tells that something a task waits for has happened.
#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The tasks.
pub(crate) struct Stage {
    turns: Arc<Turnstile>,
    tasks: Vec<Option<(Task, Arc<Bell>)>>,
}

/// What one step did.
pub(crate) enum Step {
    /// This task went on and stopped there.
    Ran(usize, Point),
    /// Nobody can go on before this instant.
    Waiting(Option<Timestamp>),
}

impl Stage {
    pub(crate) fn new(turns: Arc<Turnstile>) -> Self {
        Self {
            turns,
            tasks: Vec::new(),
        }
    }

    /// Puts a task into a place, in place of the one that was there, which ends where it stands.
    pub(crate) fn put(&mut self, place: usize, task: impl Future<Output = ()> + Send + 'static) {
        while self.tasks.len() <= place {
            self.tasks.push(None);
            self.turns.lock().slots.push(Slot {
                due: None,
                point: Point::Idle,
            });
        }
        let now = self.turns.now();
        if let Some(slot) = self.turns.lock().slots.get_mut(place) {
            *slot = Slot {
                due: Some(now),
                point: Point::Idle,
            };
        }
        // The old task goes first: what it holds must be free before the new one begins.
        self.tasks[place] = None;
        self.tasks[place] = Some((Box::pin(task), Arc::default()));
    }

    /// Where the task in a place stands.
    pub(crate) fn point(&self, place: usize) -> Point {
        self.turns
            .lock()
            .slots
            .get(place)
            .map_or(Point::Idle, |s| s.point)
    }

    /// Lets one task that can go on do so, drawn among all that can.
    pub(crate) fn step(&mut self) -> Step {
        let now = self.turns.now();
        let (chosen, next) = {
            let mut inner = self.turns.lock();
            let (mut ready, mut next) = (Vec::with_capacity(4), None::<Timestamp>);
            for (index, task) in self.tasks.iter().enumerate() {
                let Some((_, bell)) = task else { continue };
                let due = inner.slots.get(index).and_then(|s| s.due);
                if bell.0.load(Ordering::SeqCst) || due.is_some_and(|d| d <= now) {
                    ready.push(index);
                } else if let Some(due) = due {
                    next = Some(next.map_or(due, |n| n.min(due)));
                }
            }
            let at = inner.dice.index(ready.len());
            (ready.get(at).copied(), next)
        };
        let Some(index) = chosen else {
            return Step::Waiting(next);
        };
        self.poll(index);
        Step::Ran(index, self.point(index))
    }

    fn poll(&mut self, index: usize) {
        let Some((task, bell)) = self.tasks.get_mut(index).and_then(Option::as_mut) else {
            return;
        };
        bell.0.store(false, Ordering::SeqCst);
        {
            let mut inner = self.turns.lock();
            inner.current = Some(index);
            inner.slots[index].due = None;
        }
        let waker = Waker::from(bell.clone());
        let ended = task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        self.turns.lock().current = None;
        if ended {
            self.tasks[index] = None;
        }
    }
}

/// Runs what never waits, as the simulation's own use of the hub does.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
