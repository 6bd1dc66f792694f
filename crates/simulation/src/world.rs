//! One run: the hub with its workers, the marketplace and the people, in one thread and in stepped time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select;
use stockbridge_domain::channel::Transport;
use stockbridge_domain::clock::{Clock as _, Stepped};
use stockbridge_domain::guards::Guards;
use stockbridge_domain::mode::Mode;
use stockbridge_domain::{AccountId, LocationId, ProductId, Sku, Timestamp, TransferId};
use stockbridge_engine::{Caller, Hub, HubSettings, Step as Work, Worker, WorkerOptions};
use stockbridge_sim::{FaultConfig, SellerConfig, Sim, SimConfig, SpanMs, TimeMode};
use stockbridge_store::{Database, MasterKey, StockRecord, Store, StoreConfig, Tenant};

use crate::books::Books;
use crate::furnish::{faults, seller};
use crate::script::{Act, Script, WORKERS};
use crate::turns::{Point, Stage, Step, Turnstile, at_once};
use crate::wire::{Roughness, Wire};
use crate::{Broken, Setup};

/// When every run begins.
const START: i64 = 1_790_000_000;
/// How long after an event orders may be asked for, milliseconds; as on the real platform.
const FRESHNESS_MS: u64 = 120_000;
/// How long the world may take to come to rest before the first day.
const SETTLE_IN: Duration = Duration::from_secs(3 * 3_600);
/// Steps without any time passing after which something turns in a circle.
const RESTLESS: u32 = 20_000;

/// Something that follows from an earlier deed.
#[derive(Debug, Clone)]
pub(crate) enum FollowUp {
    /// The payment of an order is decided.
    Decide {
        order: String,
        fails: bool,
        restock: bool,
    },
    /// Goods on their way to another location arrive there, but for those lost.
    Arrive {
        transfer: TransferId,
        product: usize,
        units: i64,
        lost: i64,
        aside: bool,
    },
}

/// One run.
pub(crate) struct World {
    pub(crate) script: Script,
    pub(crate) mode: Mode,
    pub(crate) clock: Arc<Stepped>,
    pub(crate) sim: Arc<Sim>,
    pub(crate) hub: Hub,
    pub(crate) caller: Caller,
    pub(crate) wire: Arc<Wire>,
    pub(crate) turns: Arc<Turnstile>,
    pub(crate) stage: Stage,
    pub(crate) products: Vec<ProductId>,
    /// By the channel's place in the script.
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) own: Option<AccountId>,
    /// The default location and the second, if there is one.
    pub(crate) places: Vec<LocationId>,
    pub(crate) books: Books,
    pub(crate) violations: Vec<crate::Violation>,
    pub(crate) trace: Option<Vec<String>>,
    /// What the trace last said of each product on each channel.
    pub(crate) told: BTreeMap<(usize, usize), String>,
    pub(crate) begun: Timestamp,
    pub(crate) follow: BTreeMap<(Timestamp, u64), FollowUp>,
    follow_ups: u64,
    /// Acts whose moment has not come.
    pub(crate) armed: Vec<Act>,
    pub(crate) acts: VecDeque<Act>,
    pub(crate) seen_changes: u64,
    pub(crate) seen_beliefs: u64,
    /// What the hub believed of stock, and how often that had been written by then.
    pub(crate) believed: Option<(u64, Arc<[StockRecord]>)>,
    pub(crate) steps: u64,
    pub(crate) kills: u64,
    /// Where workers stood when they were killed, and how often.
    pub(crate) killed_at: BTreeMap<String, u64>,
    born: u64,
}

/// The SKU of a product, the same everywhere.
pub(crate) fn sku(product: usize) -> String {
    format!("P{product}")
}

/// Takes what a call of the hub answered that must not fail here.
pub(crate) fn must<T, E: std::fmt::Display>(
    what: &'static str,
    answer: Option<Result<T, E>>,
) -> Result<T, Broken> {
    match answer {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(Broken(format!("{what}: {error}"))),
        None => Err(Broken(format!("{what} waited for something"))),
    }
}

impl World {
    /// The world of a script, at rest: everything connected, counted and offered.
    pub(crate) fn new(script: Script, setup: &Setup, traced: bool) -> Result<Self, Broken> {
        let clock = Stepped::new(Timestamp::from_secs(START), script.seed ^ 0x5EED);
        let turns = Turnstile::new(clock.clone(), script.seed);
        let sellers: Vec<SellerConfig> = (0..script.channels).map(|c| seller(&script, c)).collect();
        let skewed = Timestamp::from_micros(START * 1_000_000 + script.skew_ms * 1_000);
        let start = skewed
            .to_string()
            .parse()
            .map_err(|_| Broken("the beginning of time cannot be written".to_owned()))?;
        let sim = Sim::new(SimConfig {
            seed: script.seed,
            sellers: sellers.clone(),
            time: TimeMode::Stepped { start },
            freshness_ms: FRESHNESS_MS,
            patch_delay_ms: SpanMs {
                min: 500,
                max: 20_000,
            },
            ..SimConfig::default()
        });
        let guards = setup.without.map_or_else(Guards::default, Guards::without);
        let env = clock.env().guarded_by(guards);
        let config = StoreConfig {
            database: Database::Simulated { turns: turns.clone() },
            master_key: MasterKey::Bytes([7; 32]),
        };
        let store = must("opening the store", at_once(Store::open(&config, env)))?;
        let system = store.system();
        let made = system.create_tenant("Lakeside", "owner@lakeside.example");
        let (tenant, _) = must("creating the tenant", at_once(made))?;
        let wire = Wire::new(sim.clone(), turns.clone(), script.seed);
        let hub = new_hub(store, wire.clone());
        let mut world = Self {
            mode: setup.mode,
            caller: Caller::operator(tenant),
            stage: Stage::new(turns.clone()),
            books: Books::new(&script.stock, &script.kits),
            begun: clock.now(),
            products: Vec::new(),
            accounts: Vec::new(),
            own: None,
            places: Vec::new(),
            violations: Vec::new(),
            trace: traced.then(Vec::new),
            told: BTreeMap::new(),
            follow: BTreeMap::new(),
            follow_ups: 0,
            armed: Vec::new(),
            acts: VecDeque::new(),
            seen_changes: 0,
            seen_beliefs: 0,
            believed: None,
            steps: 0,
            kills: 0,
            killed_at: BTreeMap::new(),
            born: 0,
            script,
            clock,
            sim,
            hub,
            wire,
            turns,
        };
        world.furnish(&sellers)?;
        world.choose(setup.mode)?;
        world.start_workers();
        world.run_for(SETTLE_IN)?;
        world.begun = world.now();
        Ok(world)
    }

    /// A number that no other follow-up has.
    pub(crate) fn next_follow_up(&mut self) -> u64 {
        self.follow_ups += 1;
        self.follow_ups
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn tenant(&self) -> Tenant {
        self.hub.tenant(self.caller.tenant)
    }

    pub(crate) fn sku_of(product: usize) -> Result<Sku, Broken> {
        Sku::parse(&sku(product)).map_err(|e| Broken(e.to_string()))
    }

    /// Notes a line of the trace.
    pub(crate) fn tell(&mut self, text: impl FnOnce(&Self) -> String) {
        if self.trace.is_none() {
            return;
        }
        let line = format!("{} {}", self.now(), text(self));
        if let Some(trace) = &mut self.trace {
            trace.push(line);
        }
    }

    fn start_workers(&mut self) {
        for place in 0..WORKERS {
            self.start_worker(place);
        }
    }

    /// Kills the worker in a place, if there is one, and starts another.
    pub(crate) fn start_worker(&mut self, place: usize) {
        self.born += 1;
        let options = WorkerOptions {
            workers: 1,
            owner: format!("worker-{}", self.born),
        };
        let worker = Worker::new(self.hub.clone(), options);
        let turns = self.turns.clone();
        self.stage.put(place, work(worker, self.hub.clone(), turns));
    }

    /// Notes where a worker stands that is about to be killed.
    pub(crate) fn note_kill(&mut self, point: Point) {
        *self.killed_at.entry(point.to_string()).or_default() += 1;
    }

    /// Ends the program and starts it anew on the same database: whatever was only in memory is gone.
    pub(crate) fn restart(&mut self) {
        for place in 0..WORKERS {
            self.note_kill(self.stage.point(place));
        }
        self.hub = new_hub(self.hub.store().clone(), self.wire.clone());
        self.start_workers();
    }

    /// Lets the days of the script pass.
    pub(crate) fn live(&mut self) -> Result<(), Broken> {
        let (faults, rough) = faults(self.script.weather);
        self.sim.set_faults(faults);
        self.wire.set_roughness(rough);
        self.acts = self.script.acts.clone().into();
        self.run_for(self.script.lasts)?;
        self.last_buyers()
    }

    /// Ends all faults and everything from outside, and lets time pass.
    pub(crate) fn calm_down(&mut self) {
        self.sim.set_faults(FaultConfig::none());
        self.wire.set_roughness(Roughness::default());
        self.acts.clear();
        self.armed.clear();
        self.tell(|_| "faults and buyers stop".to_owned());
    }

    /// Lets this much time pass, or less if something was violated.
    pub(crate) fn run_for(&mut self, span: Duration) -> Result<(), Broken> {
        let end = self.now().plus(span);
        let mut restless = 0;
        while self.violations.is_empty() {
            self.act_now()?;
            match self.stage.step() {
                Step::Ran(task, point) => {
                    self.steps += 1;
                    restless += 1;
                    if restless > RESTLESS {
                        self.violated(0, "endless", format!("worker {task} works without end"));
                    }
                    self.after_step(task, point)?;
                }
                Step::Waiting(next) => {
                    restless = 0;
                    let next = [next, self.next_act(), Some(end)].into_iter().flatten().min();
                    let next = next.unwrap_or(end).max(self.now());
                    if self.now() >= end {
                        return Ok(());
                    }
                    self.pass(next.since(self.now()));
                }
            }
        }
        Ok(())
    }

    fn pass(&mut self, by: Duration) {
        self.clock.advance(by);
        self.sim.advance(by);
    }

    pub(crate) fn tell_point(&mut self, task: usize, point: Point) {
        for ((seller, sku), quantity) in self.wire.delivered() {
            self.tell(|_| format!("w{task} the channel {seller} takes in {quantity} for {sku}"));
        }
        if let Point::Leaving(call) = point {
            self.tell(|_| format!("w{task} {call} leaves"));
        }
        if let Point::Answering(call) = point {
            self.tell(|_| format!("w{task} {call} was done"));
        }
    }
}

fn new_hub(store: Store, wire: Arc<dyn Transport>) -> Hub {
    let settings = HubSettings {
        endpoint_overrides: true,
        public_url: None,
    };
    Hub::new(store, stockbridge_channels::all(), wire, settings)
}

/// A worker as the program runs it, but that its pauses are the simulation's.
async fn work(worker: Worker, hub: Hub, turns: Arc<Turnstile>) {
    /// How long a worker waits after the database failed.
    const AFTER_FAILURE: Duration = Duration::from_secs(2);
    let mut wakes = hub.store().wakes();
    loop {
        wakes.mark_unchanged();
        let pause = match worker.step().await {
            Ok(Work::Worked) => continue,
            Ok(Work::Idle(until)) => turns.pause_until(Point::Idle, until.unwrap_or(Timestamp::MAX)),
            Err(_) => turns.pause(Point::Idle, AFTER_FAILURE),
        };
        select(pause, std::pin::pin!(wakes.changed())).await;
    }
}
