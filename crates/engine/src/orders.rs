//! Orders as people handle them: own-store orders and parcels.

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::channel::options::{UNPAID_MINUTES, minutes};
use stockbridge_domain::fulfilment::{ShipmentStatus, tracking_number};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, FieldError, Money, OrderId, OrderLineId, Quantity, Sku};
use stockbridge_store::{
    AccountRecord, AccountStatus, ImportAccount, NewAudit, NewShipment, OrderDetail, OwnLine, OwnOrder,
    ParcelError, Payment, ShipmentLine, ShipmentRecord,
};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// Most lines of one order.
const MOST_LINES: usize = 500;

/// A line of an own-store order as typed in.
#[derive(Debug, Clone)]
pub struct OwnOrderLine {
    /// The product's SKU.
    pub sku: String,
    /// Units.
    pub quantity: i64,
    /// Price of one unit; the product's base price when absent.
    pub unit_price: Option<Money>,
}

/// An order of the hub's own store as typed in.
#[derive(Debug, Clone)]
pub struct OwnOrderRequest {
    /// The own-store account; may be left out when there is exactly one.
    pub account: Option<AccountId>,
    /// The seller's reference, unique in the account; made up when absent.
    pub reference: Option<String>,
    /// What is ordered.
    pub lines: Vec<OwnOrderLine>,
    /// Who buys: kept sealed.
    pub buyer: Option<serde_json::Value>,
    /// Not paid yet: it reserves, cannot be shipped, and is called off when the payment does not come in time.
    pub unpaid: bool,
}

/// Part of a parcel as typed in.
#[derive(Debug, Clone)]
pub struct ParcelLineRequest {
    /// The order line.
    pub line: OrderLineId,
    /// Units.
    pub quantity: i64,
}

/// A parcel as typed in.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Carrier.
    pub carrier: String,
    /// Service.
    pub method: Option<String>,
    /// Tracking number.
    pub tracking: String,
    /// What is inside; everything that is left when empty.
    pub lines: Vec<ParcelLineRequest>,
}

impl Hub {
    /// Accepts an own-store order if all its units are free.
    ///
    /// # Errors
    /// [`Refusal::Shortage`] names each line and what is left, [`Refusal::Fields`] what is wrong.
    pub async fn create_order(
        &self,
        caller: &Caller,
        request: OwnOrderRequest,
    ) -> Result<OrderDetail, Refusal> {
        caller.require(Role::Operator)?;
        let account = self.own_account(caller, request.account).await?;
        let lines = self.own_lines(caller, &request.lines).await?;
        let reference = match request.reference.map(|r| r.trim().to_owned()) {
            Some(r) if r.is_empty() || r.chars().count() > 60 => {
                return Err(Refusal::field("reference", "a reference has 1 to 60 characters"));
            }
            Some(r) => r,
            None => self.env().id::<OrderId>().to_string(),
        };
        let payload = serde_json::json!({ "buyer": request.buyer }).to_string();
        let import = ImportAccount {
            id: account.id,
            connected_at: account.connected_at,
        };
        let pay_by = self.env().now().plus(time_to_pay(&account.options));
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let accepted = if request.unpaid {
            tx.create_unpaid_order(&import, &reference, &lines, payload, pay_by)
                .await?
        } else {
            tx.create_own_order(&import, &reference, &lines, payload).await?
        };
        let id = match accepted {
            OwnOrder::Created(id, outcome) => {
                if request.unpaid {
                    tx.enqueue(job::expire_order(account.id, id, pay_by)).await?;
                }
                crate::notices::raise(&mut tx, Some(account.id), &outcome.notices).await?;
                tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
                tx.commit().await?;
                id
            }
            OwnOrder::Known(id) => {
                return Err(Refusal::Conflict(format!(
                    "there is an order with the reference `{reference}` already: {id}"
                )));
            }
            OwnOrder::Short(short) => {
                let waiting = match tx.listings_awaited().await? {
                    true => {
                        "; a new store's listings are still being read, and until then nothing more is promised"
                    }
                    false => "",
                };
                let field = |sku: &Sku| {
                    request
                        .lines
                        .iter()
                        .position(|l| l.sku.trim() == sku.as_str())
                        .unwrap_or(0)
                };
                return Err(Refusal::Shortage(
                    short
                        .iter()
                        .map(|s| {
                            FieldError::new(
                                format!("lines/{}/quantity", field(&s.sku)),
                                format!(
                                    "{} of {} are free now, {} are asked for{}",
                                    s.left, s.sku, s.wanted, waiting
                                ),
                            )
                        })
                        .collect(),
                ));
            }
        };
        self.order(caller, id).await
    }

    /// Notes that an own-store order is paid: it can be shipped now. Paid before, it changes nothing.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] when it was called off before.
    pub async fn pay_order(&self, caller: &Caller, id: OrderId) -> Result<OrderDetail, Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        match tx.pay_order(id).await? {
            Payment::Taken(outcome) => {
                crate::notices::raise(&mut tx, None, &outcome.notices).await?;
                tx.audit(&NewAudit::of(&caller.actor, "order.pay", &id.to_string()))
                    .await?;
                tx.commit().await?;
            }
            // Nothing to keep; the order is read by itself below.
            Payment::Before => drop(tx),
            Payment::TooLate => {
                return Err(Refusal::Conflict(
                    "this order was called off and its units are free again; pay the money back, or order anew"
                        .to_owned(),
                ));
            }
            Payment::NoOrder => return Err(Refusal::NotFound(format!("there is no order {id}"))),
        }
        self.order(caller, id).await
    }

    pub(crate) async fn order(&self, caller: &Caller, id: OrderId) -> Result<OrderDetail, Refusal> {
        let found = self.tenant(caller.tenant).order(id).await?;
        found.ok_or_else(|| Refusal::NotFound(format!("there is no order {id}")))
    }

    pub(crate) fn is_own(&self, channel: &ChannelKind) -> bool {
        self.channel(channel.as_str())
            .is_some_and(|c| !c.descriptor().remote)
    }

    async fn own_account(&self, caller: &Caller, asked: Option<AccountId>) -> Result<AccountRecord, Refusal> {
        let accounts = self.tenant(caller.tenant).accounts().await?;
        let mut own = accounts
            .into_iter()
            .filter(|a| self.is_own(&a.channel) && a.status == AccountStatus::Active)
            .filter(|a| asked.is_none_or(|id| id == a.id));
        match (own.next(), own.next()) {
            (Some(account), None) => Ok(account),
            (Some(_), Some(_)) => Err(Refusal::field(
                "account",
                "there are several own stores; say which",
            )),
            (None, _) => Err(Refusal::field(
                "account",
                "there is no such own store that is active; connect one first",
            )),
        }
    }

    async fn own_lines(&self, caller: &Caller, asked: &[OwnOrderLine]) -> Result<Vec<OwnLine>, Refusal> {
        if asked.is_empty() || asked.len() > MOST_LINES {
            return Err(Refusal::field(
                "lines",
                format!("an order has 1 to {MOST_LINES} lines"),
            ));
        }
        let tenant = self.tenant(caller.tenant);
        let (mut lines, mut problems) = (Vec::new(), Vec::new());
        for (index, line) in asked.iter().enumerate() {
            let field = |name: &str| format!("lines/{index}/{name}");
            let quantity = match Quantity::new(line.quantity) {
                Ok(q) if q.units() > 0 => q.units(),
                Ok(_) => {
                    problems.push(FieldError::new(field("quantity"), "order at least one unit"));
                    continue;
                }
                Err(error) => {
                    problems.push(FieldError::new(field("quantity"), error.to_string()));
                    continue;
                }
            };
            let product = match Sku::parse(&line.sku) {
                Ok(sku) => tenant.product_by_sku(&sku).await?,
                Err(error) => {
                    problems.push(FieldError::new(field("sku"), error.to_string()));
                    continue;
                }
            };
            let Some(product) = product else {
                problems.push(FieldError::new(
                    field("sku"),
                    format!("there is no product with the SKU `{}`", line.sku),
                ));
                continue;
            };
            let total = line.unit_price.or(product.base_price).and_then(|p| {
                p.minor()
                    .checked_mul(quantity)
                    .map(|minor| Money::from_minor(minor, p.currency()))
            });
            lines.push(OwnLine {
                product: product.id,
                sku: product.sku,
                title: product.title,
                quantity,
                total,
            });
        }
        if problems.is_empty() {
            Ok(lines)
        } else {
            Err(Refusal::Fields(problems))
        }
    }

    /// A number that another order of the store left under is a slip of the hand: the buyer would follow a stranger's parcel.
    async fn check_tracking(&self, caller: &Caller, id: OrderId, tracking: &str) -> Result<(), Refusal> {
        match self.tenant(caller.tenant).shipped_under(id, tracking).await? {
            None => Ok(()),
            Some(other) => Err(Refusal::field(
                "tracking",
                format!("order {other} of this store left under the same number; write this parcel's own"),
            )),
        }
    }

    /// Takes a parcel from the shelf and has the channel told.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] when the order cannot be shipped now, [`Refusal::Fields`] for wrong lines.
    pub async fn ship_order(
        &self,
        caller: &Caller,
        id: OrderId,
        parcel: Parcel,
    ) -> Result<ShipmentRecord, Refusal> {
        caller.require(Role::Operator)?;
        let carrier = parcel.carrier.trim();
        if carrier.is_empty() || carrier.chars().count() > 60 {
            return Err(Refusal::field("carrier", "write 1 to 60 characters"));
        }
        let tracking =
            tracking_number(&parcel.tracking).map_err(|message| Refusal::field("tracking", message))?;
        let order = self.order(caller, id).await?;
        let tenant = self.tenant(caller.tenant);
        self.check_tracking(caller, id, &tracking).await?;
        let account = tenant.account(order.order.account).await?;
        let own = account.as_ref().is_some_and(|a| self.is_own(&a.channel));
        let asked: Vec<(OrderLineId, i64)> = parcel.lines.iter().map(|l| (l.line, l.quantity)).collect();
        let now = self.env().now();
        let mut tx = tenant.begin().await?;
        let shipped = tx.ship_lines(id, &asked, own).await?.map_err(parcel_refusal)?;
        crate::notices::raise(&mut tx, Some(order.order.account), &shipped.notices).await?;
        if shipped.lines.is_empty() {
            return Err(Refusal::Conflict(
                "nothing of this order is left to ship".to_owned(),
            ));
        }
        let status = if own {
            ShipmentStatus::Local
        } else {
            ShipmentStatus::Pending
        };
        let lines = shipped
            .lines
            .into_iter()
            .map(|(line, channel_line_id, quantity)| ShipmentLine {
                line,
                channel_line_id,
                quantity,
            })
            .collect();
        let new = NewShipment {
            order: id,
            parcel: shipped.parcel,
            carrier: parcel.carrier.trim().to_owned(),
            method: parcel.method,
            tracking,
            shipped_at: now,
            status,
            lines,
        };
        let gone = || Refusal::NotFound(format!("there is no order {id}"));
        let shipment = tx.create_shipment(&new).await?.ok_or_else(gone)?;
        if !own {
            tx.enqueue(job::confirm_shipment(order.order.account, shipment, now))
                .await?;
        }
        tx.commit().await?;
        tenant.shipment(shipment).await?.ok_or_else(gone)
    }
}

/// How long an own order may stay unpaid: the account's option, or an hour.
fn time_to_pay(options: &BTreeMap<String, serde_json::Value>) -> Duration {
    minutes(options, UNPAID_MINUTES).unwrap_or(Duration::from_secs(3_600))
}

fn parcel_refusal(error: ParcelError) -> Refusal {
    match &error {
        ParcelError::NoOrder => Refusal::NotFound(error.to_string()),
        ParcelError::NotNow(_) => Refusal::Conflict(error.to_string()),
        ParcelError::NoLine(_) | ParcelError::TooMany { .. } => Refusal::field("lines", error.to_string()),
    }
}
