//! One simulated world, and everything that can be done to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;

use crate::amazon::{self, Amazon};
use crate::config::{BuyerConfig, SimConfig};
use crate::control;
use crate::faults::{Fault, FaultConfig};
use crate::world::{BuyOptions, ListingEdit, Refused, Shelf, Truth, World};

/// How often a world in real time is brought up to date while nobody calls.
const HEARTBEAT: Duration = Duration::from_millis(100);

/// A simulated world. Cheap to make; all methods take `&self` and may be called from any thread.
#[derive(Debug)]
pub struct Sim {
    state: Mutex<State>,
    hang: Duration,
}

#[derive(Debug)]
struct State {
    world: World,
    amazon: Amazon,
}

/// What became of a call.
#[derive(Debug, Clone)]
pub enum CallOutcome {
    /// The platform answered. A `content-length` above the body's length means that the answer was cut off.
    Answer(Response<Bytes>),
    /// No answer ever comes; the call may have been applied or not.
    Lost,
    /// The connection was closed; the call may have been applied or not.
    Dropped,
}

impl Sim {
    /// A world as `config` describes it.
    #[must_use]
    pub fn new(config: SimConfig) -> Arc<Self> {
        let world = World::new(&config, amazon::order_id);
        let amazon = Amazon::new(&config);
        Arc::new(Self {
            state: Mutex::new(State { world, amazon }),
            hang: Duration::from_millis(config.hang_ms),
        })
    }

    /// Makes one HTTP call without a network. Paths under `/control` are the control interface, all others
    /// the platform's.
    pub fn call(&self, request: Request<Bytes>) -> CallOutcome {
        let mut state = self.lock();
        let State { world, amazon } = &mut *state;
        if request.uri().path().starts_with("/control/") {
            CallOutcome::Answer(control::handle(world, &request))
        } else {
            amazon.handle(world, &request)
        }
    }

    /// A buyer buys `quantity` units of one SKU. Gives the order id.
    ///
    /// # Errors
    /// The platform refuses: unknown seller or SKU, not on sale, or out of stock.
    pub fn buy(
        &self,
        seller_id: &str,
        marketplace_id: &str,
        sku: &str,
        quantity: u32,
        options: BuyOptions,
    ) -> Result<String, Refused> {
        self.buy_basket(seller_id, marketplace_id, &[(sku, quantity)], options)
    }

    /// A buyer buys several SKUs in one order, all or nothing. Gives the order id.
    ///
    /// # Errors
    /// As [`Sim::buy`].
    pub fn buy_basket(
        &self,
        seller_id: &str,
        marketplace_id: &str,
        basket: &[(&str, u32)],
        options: BuyOptions,
    ) -> Result<String, Refused> {
        let basket: Vec<_> = basket
            .iter()
            .map(|(sku, quantity)| ((*sku).to_owned(), *quantity))
            .collect();
        self.lock()
            .world
            .buy(seller_id, marketplace_id, &basket, &options)
    }

    /// Payment of a pending order arrives.
    ///
    /// # Errors
    /// The order does not exist or is not pending.
    pub fn pay(&self, order_id: &str) -> Result<(), Refused> {
        self.lock().world.pay(order_id)
    }

    /// The buyer cancels an order of which nothing has shipped. `restock` says whether the platform puts the
    /// units back on sale; `None` leaves it to chance.
    ///
    /// # Errors
    /// The order does not exist, has shipped or is cancelled.
    pub fn cancel(&self, order_id: &str, restock: Option<bool>) -> Result<(), Refused> {
        self.lock().world.cancel(order_id, "BUYER", restock)
    }

    /// The platform gives the buyer all of a shipped order's money back.
    ///
    /// # Errors
    /// The order does not exist or has not shipped.
    pub fn refund(&self, order_id: &str) -> Result<(), Refused> {
        self.lock().world.refund(order_id)
    }

    /// The buyer asks the seller to cancel.
    ///
    /// # Errors
    /// The order does not exist or is not waiting to be shipped.
    pub fn request_cancel(&self, order_id: &str) -> Result<(), Refused> {
        self.lock().world.request_cancel(order_id)
    }

    /// Changes a listing at the platform, as another tool or the platform itself would.
    ///
    /// # Errors
    /// The seller or the SKU does not exist.
    pub fn edit_listing(&self, edit: &ListingEdit) -> Result<(), Refused> {
        self.lock().world.edit_listing(edit)
    }

    /// Moves the clock on, firing what falls due. In real time the world runs that much ahead from then on.
    pub fn advance(&self, by: Duration) {
        self.lock().world.advance(by);
    }

    /// The world's present instant.
    pub fn now(&self) -> Timestamp {
        self.lock().world.now
    }

    /// Replaces all fault probabilities.
    pub fn set_faults(&self, faults: FaultConfig) {
        self.lock().world.faults.config = faults;
    }

    /// Scripts `fault` for the next `count` calls of `operation` (Amazon's operation name; `token` for Login
    /// with Amazon, `placeOrder` and `updateOrder` for late visibility).
    pub fn fail_next(&self, operation: &str, fault: Fault, count: u32) {
        self.lock().world.faults.script(operation, fault, count);
    }

    /// The seller withdraws (`true`) or renews (`false`) the consent given to the client.
    ///
    /// # Errors
    /// The seller does not exist.
    pub fn set_revoked(&self, seller_id: &str, revoked: bool) -> Result<(), Refused> {
        self.lock().world.set_revoked(seller_id, revoked)
    }

    /// Access tokens given out so far are not taken any more.
    pub fn expire_tokens(&self) {
        self.lock().amazon.expire_tokens();
    }

    /// Puts a notification into every queue that is read, as the platform would; its id and time of publication are added.
    pub fn announce(&self, notification: &serde_json::Value) {
        let mut state = self.lock();
        let State { world, amazon } = &mut *state;
        amazon.announce(world, notification);
    }

    /// The client application gets a new secret, which is announced in every queue; the former one is taken for seven more days.
    pub fn rotate_secret(&self, client_id: &str) -> String {
        let mut state = self.lock();
        let State { world, amazon } = &mut *state;
        amazon.rotate_secret(world, client_id)
    }

    /// Replaces the buyers who act by themselves; they begin at once.
    pub fn set_buyers(&self, buyers: BuyerConfig) {
        self.lock().world.set_buyers(buyers);
    }

    /// No more purchases by themselves; payments already pending still settle.
    pub fn stop_buyers(&self) {
        self.lock().world.stop_buyers();
    }

    /// Lets buyers and everything else due act up to `now`. In stepped time this moves the clock to `now`.
    pub fn buyer_tick(&self, now: Timestamp) {
        let mut state = self.lock();
        let ahead = now.duration_since(state.world.now);
        if let (true, Ok(by)) = (state.world.is_stepped(), Duration::try_from(ahead)) {
            state.world.advance(by);
        }
    }

    /// Keeps a world in real time moving while nobody calls. Never ends; drop or abort it to stop.
    pub async fn run_buyers(self: Arc<Self>) {
        let mut beat = tokio::time::interval(HEARTBEAT);
        loop {
            beat.tick().await;
            drop(self.lock());
        }
    }

    /// What a listing could still sell; `None` for an unknown one and for what the platform ships.
    pub fn shelf(&self, seller_id: &str, sku: &str) -> Option<Shelf> {
        self.lock().world.shelf(seller_id, sku)
    }

    /// What really happened so far.
    pub fn truth(&self) -> Truth {
        self.lock().world.truth()
    }

    /// How long a call whose answer never comes is held open.
    pub(crate) fn hang(&self) -> Duration {
        self.hang
    }

    /// The world, brought up to the present.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.world.catch_up();
        state
    }
}
