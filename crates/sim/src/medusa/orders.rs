//! Orders: placed, paid, packed, shipped, called off, sent back.
//!
//! Each order of this store has one line. It is reserved at one location, the first that has enough.

mod json;

use jiff::Timestamp;
use rand::RngExt;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::body::{Failure, Fulfilment, Label, Refund, Shipment};
use super::{MedusaOrder, State};
use crate::faults::Fault;
use crate::time::after_ms;

/// An order.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) sku: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    /// From when on the list shows it.
    pub(super) visible_at: Timestamp,
    number: usize,
    version: u32,
    cancelled: bool,
    quantity: u32,
    location: String,
    total: Decimal,
    parcels: Vec<Parcel>,
    returned: u32,
    payment: Payment,
}

#[derive(Debug, Clone)]
struct Parcel {
    id: String,
    quantity: u32,
    shipped: bool,
    labels: Vec<Label>,
    metadata: Map<String, Value>,
}

#[derive(Debug, Clone)]
struct Payment {
    id: String,
    updated_at: Timestamp,
    authorized: bool,
    captured: Decimal,
    refunds: Vec<(String, Decimal, Option<String>)>,
}

/// A return.
#[derive(Debug, Clone)]
pub(super) struct Return {
    pub(super) updated_at: Timestamp,
    id: String,
    order: String,
    quantity: u32,
    created_at: Timestamp,
    received: bool,
}

impl Order {
    pub(super) fn truth(&self) -> MedusaOrder {
        MedusaOrder {
            id: self.id.clone(),
            sku: self.sku.clone(),
            quantity: self.quantity,
            shipped: self.shipped(),
            cancelled: self.cancelled,
            paid: self.payment.captured - self.payment.refunded(),
            parcels: self.parcels.len(),
        }
    }

    /// Tracking numbers of what left.
    pub(super) fn tracking(&self) -> Vec<String> {
        let labels = self.parcels.iter().flat_map(|parcel| &parcel.labels);
        labels.map(|label| label.tracking_number.clone()).collect()
    }

    fn packed(&self) -> u32 {
        self.parcels.iter().map(|parcel| parcel.quantity).sum()
    }

    fn shipped(&self) -> u32 {
        let shipped = self.parcels.iter().filter(|parcel| parcel.shipped);
        shipped.map(|parcel| parcel.quantity).sum()
    }

    fn line(&self) -> String {
        format!("ordli_{}", self.id)
    }

    /// Every change of an order raises its version and its instant.
    fn changed(&mut self, at: Timestamp) {
        self.version += 1;
        self.updated_at = at;
    }

    fn payment_status(&self) -> &'static str {
        let payment = &self.payment;
        match payment.refunded() {
            _ if !payment.authorized => "awaiting",
            refunded if refunded > Decimal::ZERO && refunded >= payment.captured => "refunded",
            refunded if refunded > Decimal::ZERO => "partially_refunded",
            _ if payment.captured > Decimal::ZERO => "captured",
            _ if self.cancelled => "canceled",
            _ => "authorized",
        }
    }

    fn fulfillment_status(&self) -> &'static str {
        match (self.packed(), self.shipped()) {
            (0, _) => "not_fulfilled",
            (_, shipped) if shipped >= self.quantity => "shipped",
            (_, shipped) if shipped > 0 => "partially_shipped",
            (packed, _) if packed >= self.quantity => "fulfilled",
            _ => "partially_fulfilled",
        }
    }
}

impl Payment {
    fn refunded(&self) -> Decimal {
        self.refunds.iter().map(|(_, amount, _)| *amount).sum()
    }
}

impl State {
    pub(super) fn buy(&mut self, sku: &str, quantity: u32, late_ms: u64) -> Option<String> {
        let variant = self.variant(sku)?;
        let (per, price) = (
            variant.config.per.max(1),
            variant.config.price.parse::<Decimal>().ok()?,
        );
        let has = |id: &str| self.sellable_at(sku, id) >= i64::from(quantity);
        let mut linked = self.config.locations.iter().filter(|location| location.linked);
        let location = linked.find(|location| has(&location.id)).map(|l| l.id.clone());
        let location = location.filter(|_| quantity > 0)?;
        let units = self.levels.get_mut(&(sku.to_owned(), location.clone()))?;
        units.reserved += i64::from(quantity * per);
        let late = self
            .faults
            .hits(Fault::LateVisibility, "placeOrder", self.now, &mut self.rng);
        let drawn = if late {
            self.rng.random_range(0..=self.faults.config.max_late_ms)
        } else {
            0
        };
        let (id, payment) = (self.id("order"), self.id("pay"));
        // Tax of 19 % on top, which the store does not round.
        let total = price * Decimal::from(quantity) * Decimal::new(119, 2);
        self.orders.push(Order {
            id: id.clone(),
            sku: sku.to_owned(),
            created_at: self.now,
            updated_at: self.now,
            visible_at: after_ms(self.now, late_ms.max(drawn)),
            number: self.orders.len() + 1,
            version: 1,
            cancelled: false,
            quantity,
            location,
            total,
            parcels: Vec::new(),
            returned: 0,
            payment: Payment {
                id: payment,
                updated_at: self.now,
                authorized: true,
                captured: Decimal::ZERO,
                refunds: Vec::new(),
            },
        });
        self.note("order.placed", json!({"id": id}));
        Some(id)
    }

    fn find(&self, id: &str) -> Result<usize, Failure> {
        let position = self.orders.iter().position(|order| order.id == id);
        position.ok_or_else(|| Failure::not_found(format!("Order id not found: {id}")))
    }

    /// Takes units of an order off what is reserved, and off what is stocked if they leave.
    fn release(&mut self, index: usize, quantity: u32, leaves: bool) {
        let order = &self.orders[index];
        let per = self
            .variant(&order.sku)
            .map_or(1, |variant| variant.config.per.max(1));
        let key = (order.sku.clone(), order.location.clone());
        let units = i64::from(quantity * per);
        if let Some(level) = self.levels.get_mut(&key) {
            level.reserved -= units;
            level.stocked -= if leaves { units } else { 0 };
        }
    }

    pub(super) fn cancel(&mut self, id: &str) -> Result<Value, Failure> {
        let index = self.find(id)?;
        let order = &self.orders[index];
        if order.cancelled {
            return Err(Failure::invalid(format!("Order with id {id} has been canceled.")));
        }
        if !order.parcels.is_empty() {
            return Err(Failure::not_allowed(
                "All fulfillments must be canceled before canceling an order",
            ));
        }
        let quantity = order.quantity;
        self.release(index, quantity, false);
        let (now, refund) = (self.now, self.id("ref"));
        let order = &mut self.orders[index];
        order.cancelled = true;
        let left = order.payment.captured - order.payment.refunded();
        if left > Decimal::ZERO {
            order.payment.refunds.push((refund, left, None));
        }
        order.changed(now);
        self.note("order.canceled", json!({"id": id}));
        Ok(json!({"order": {"id": id, "status": "canceled"}}))
    }

    /// Capturing touches the payment and not the order.
    pub(super) fn capture(&mut self, id: &str) {
        let now = self.now;
        let Some(order) = self.orders.iter_mut().find(|order| order.id == id) else {
            return;
        };
        order.payment.authorized = true;
        order.payment.captured = order.total;
        order.payment.updated_at = now;
        self.note("payment.captured", json!({"id": "pay", "order_id": id}));
    }

    pub(super) fn await_payment(&mut self, id: &str) {
        if let Some(order) = self.orders.iter_mut().find(|order| order.id == id) {
            order.payment.authorized = false;
        }
    }

    pub(super) fn fulfil_all(&mut self, id: &str) -> bool {
        let Ok(index) = self.find(id) else { return false };
        let open = self.orders[index].quantity - self.orders[index].packed();
        let body = Fulfilment {
            items: vec![super::body::Item {
                id: self.orders[index].line(),
                quantity: open,
            }],
            _location_id: None,
            _no_notification: false,
            metadata: Map::new(),
        };
        self.fulfilled(id, body).is_ok()
    }

    pub(super) fn fulfilled(&mut self, id: &str, body: Fulfilment) -> Result<Value, Failure> {
        let index = self.find(id)?;
        let order = &self.orders[index];
        if order.cancelled {
            return Err(Failure::invalid(format!("Order with id {id} has been canceled.")));
        }
        let line = order.line();
        if let Some(item) = body.items.iter().find(|item| item.id != line) {
            let message = format!("Items with ids {} does not exist in order with id {id}", item.id);
            return Err(Failure::invalid(message));
        }
        let quantity: u32 = body.items.iter().map(|item| item.quantity).sum();
        if body.items.is_empty() || quantity == 0 || quantity > order.quantity - order.packed() {
            let message = format!("Quantity to fulfill exceeds the reserved quantity for the item: {line}");
            return Err(Failure::invalid(message));
        }
        self.release(index, quantity, true);
        let (now, parcel) = (self.now, self.id("ful"));
        let order = &mut self.orders[index];
        order.parcels.push(Parcel {
            id: parcel.clone(),
            quantity,
            shipped: false,
            labels: Vec::new(),
            metadata: body.metadata,
        });
        order.changed(now);
        self.note(
            "order.fulfillment_created",
            json!({"order_id": id, "fulfillment_id": parcel}),
        );
        Ok(json!({"order": self.order_json(index)}))
    }

    pub(super) fn shipped(&mut self, id: &str, parcel: &str, body: Shipment) -> Result<Value, Failure> {
        let index = self.find(id)?;
        let now = self.now;
        let order = &mut self.orders[index];
        let line = order.line();
        let one = order.parcels.iter_mut().find(|one| one.id == parcel);
        let one = one.ok_or_else(|| Failure::not_found(format!("Fulfillment with id {parcel} not found")))?;
        if one.shipped {
            return Err(Failure::not_allowed("Shipment has already been created"));
        }
        if body
            .items
            .iter()
            .any(|item| item.id != line || item.quantity == 0)
        {
            return Err(Failure::invalid("Items to ship are not of the order"));
        }
        body.labels.iter().try_for_each(Label::check)?;
        (one.shipped, one.labels) = (true, body.labels);
        order.changed(now);
        self.note("shipment.created", json!({"id": parcel, "order_id": id}));
        Ok(json!({"order": self.order_json(index)}))
    }

    pub(super) fn refund(&mut self, payment: &str, body: &Refund) -> Result<Value, Failure> {
        let index = self.orders.iter().position(|order| order.payment.id == payment);
        let index =
            index.ok_or_else(|| Failure::not_found(format!("Payment with id: {payment} was not found")))?;
        let amount: Decimal = body.amount.to_string().parse().unwrap_or_default();
        if amount <= Decimal::ZERO {
            let message = "Invalid request: Value for field 'amount' too small, expected at least: '0'";
            return Err(Failure::invalid(message));
        }
        let (now, id) = (self.now, self.id("ref"));
        let order = &mut self.orders[index];
        if amount > order.payment.captured - order.payment.refunded() {
            return Err(Failure::invalid(
                "You are not allowed to refund more than the captured amount",
            ));
        }
        order.payment.refunds.push((id, amount, body.note.clone()));
        order.payment.updated_at = now;
        order.changed(now);
        Ok(json!({"payment": order.payment.json()}))
    }

    pub(super) fn send_back(&mut self, id: &str, quantity: u32) -> Option<String> {
        let index = self.find(id).ok()?;
        let now = self.now;
        let order = &mut self.orders[index];
        if quantity == 0 || quantity > order.shipped() - order.returned {
            return None;
        }
        order.returned += quantity;
        order.changed(now);
        let one = self.id("return");
        self.returns.push(Return {
            id: one.clone(),
            order: id.to_owned(),
            quantity,
            created_at: now,
            updated_at: now,
            received: false,
        });
        self.note(
            "order.return_requested",
            json!({"order_id": id, "return_id": one}),
        );
        Some(one)
    }

    pub(super) fn receive(&mut self, id: &str) {
        let now = self.now;
        let Some(one) = self.returns.iter_mut().find(|one| one.id == id) else {
            return;
        };
        (one.received, one.updated_at) = (true, now);
        let order = one.order.clone();
        self.note(
            "order.return_received",
            json!({"order_id": order, "return_id": id}),
        );
    }
}
