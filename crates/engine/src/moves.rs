//! What moves without a channel, as people handle it: deliveries, transfers, counts, returns.

use std::collections::BTreeSet;

use stockbridge_domain::moves::Condition;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{
    CountId, FieldError, LocationId, OrderId, OrderLineId, ProductId, Quantity, ReturnId, Sku, Timestamp,
    TransferId,
};
use stockbridge_store::{
    Arrival, CountError, CountRecord, Counted, Delivery, LedgerRecord, NewAudit, NewReturn, NewTransfer,
    ReturnError, ReturnRecord, ReturnedLine, Tenant, TenantTx, TransferError, TransferRecord,
};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;
use crate::stock::entry_refusal;

/// Most lines of one request.
const MOST_LINES: usize = 1_000;

/// Units of a product as typed in.
#[derive(Debug, Clone)]
pub struct UnitsOf {
    /// The product's SKU.
    pub sku: String,
    /// Units.
    pub units: i64,
}

/// A delivery as typed in.
#[derive(Debug, Clone)]
pub struct DeliveryRequest {
    /// Its number.
    pub reference: String,
    /// Where; the default location when absent.
    pub location: Option<LocationId>,
    /// What came in.
    pub lines: Vec<UnitsOf>,
    /// A remark.
    pub note: Option<String>,
}

/// A transfer as typed in.
#[derive(Debug, Clone)]
pub struct TransferRequest {
    /// What people call it; made up when absent.
    pub reference: Option<String>,
    /// From where.
    pub from: LocationId,
    /// To where.
    pub to: LocationId,
    /// What is moved.
    pub lines: Vec<UnitsOf>,
    /// A remark.
    pub note: Option<String>,
}

/// What arrived, as typed in.
#[derive(Debug, Clone)]
pub struct ArrivalRequest {
    /// The product's SKU.
    pub sku: String,
    /// Units that arrived.
    pub received: i64,
    /// Units that will not.
    pub lost: i64,
}

/// A count to begin, as typed in.
#[derive(Debug, Clone)]
pub struct CountRequest {
    /// What people call it; made up when absent.
    pub reference: Option<String>,
    /// Where; the default location when absent.
    pub location: Option<LocationId>,
    /// Which products; all that ever lay there when absent.
    pub skus: Option<Vec<String>>,
    /// A remark.
    pub note: Option<String>,
}

/// A number that was counted, as typed in.
#[derive(Debug, Clone)]
pub struct CountedRequest {
    /// The product's SKU.
    pub sku: String,
    /// Units that lie there.
    pub counted: i64,
    /// When; now when absent.
    pub counted_at: Option<Timestamp>,
}

/// Goods of an order line that came back, as typed in.
#[derive(Debug, Clone)]
pub struct ReturnLineRequest {
    /// The order line.
    pub line: OrderLineId,
    /// Units of the listing.
    pub units: i64,
    /// How they came back.
    pub condition: Condition,
    /// Where to.
    pub location: Option<LocationId>,
}

impl Hub {
    /// Enters a delivery; what was entered under its number before is answered and not entered again.
    ///
    /// # Errors
    /// [`Refusal::Fields`] names each wrong line.
    pub async fn receive(
        &self,
        caller: &Caller,
        request: DeliveryRequest,
    ) -> Result<Vec<LedgerRecord>, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let delivery = Delivery {
            reference: reference("reference", Some(request.reference), String::new)?,
            location: request.location,
            lines: products(&tenant, &request.lines, 1).await?,
            note: note(request.note)?,
            actor: caller.actor.clone(),
        };
        let mut tx = tenant.begin().await?;
        let entries = tx.receive_goods(&delivery).await.map_err(entry_refusal)?;
        self.finish(tx, caller, "stock.receive", &delivery.reference)
            .await?;
        Ok(entries)
    }

    /// Writes a transfer down. The same reference again answers the first one.
    ///
    /// # Errors
    /// [`Refusal::Fields`].
    pub async fn create_transfer(
        &self,
        caller: &Caller,
        request: TransferRequest,
    ) -> Result<TransferRecord, Refusal> {
        caller.require(Role::Operator)?;
        if request.from == request.to {
            return Err(Refusal::field(
                "to",
                "goods go from one location to another; choose two",
            ));
        }
        let tenant = self.tenant(caller.tenant);
        let made_up = || self.env().id::<TransferId>().to_string();
        let new = NewTransfer {
            reference: reference("reference", request.reference, made_up)?,
            from: request.from,
            to: request.to,
            lines: products(&tenant, &request.lines, 1).await?,
            note: note(request.note)?,
            actor: caller.actor.clone(),
        };
        let mut tx = tenant.begin().await?;
        let made = tx.create_transfer(&new).await.map_err(transfer_refusal)?;
        self.finish(tx, caller, "transfer.create", &made.id.to_string())
            .await?;
        Ok(made)
    }

    /// Sends a transfer: its units leave the one location and are nobody's to sell until they arrive.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] when less is free there, or it was called off.
    pub async fn send_transfer(&self, caller: &Caller, id: TransferId) -> Result<TransferRecord, Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let sent = tx
            .send_transfer(id, &caller.actor)
            .await
            .map_err(transfer_refusal)?;
        self.finish(tx, caller, "transfer.send", &id.to_string()).await?;
        Ok(sent)
    }

    /// Enters what arrived, and what is known to be lost; no lines mean everything that is on its way.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for more than is on its way, [`Refusal::Conflict`] for a transfer that was not sent.
    pub async fn receive_transfer(
        &self,
        caller: &Caller,
        id: TransferId,
        receipt: Option<String>,
        lines: Vec<ArrivalRequest>,
    ) -> Result<TransferRecord, Refusal> {
        caller.require(Role::Operator)?;
        let made_up = || self.env().id::<TransferId>().to_string();
        let receipt = reference("reference", receipt, made_up)?;
        let tenant = self.tenant(caller.tenant);
        let units = |units: fn(&ArrivalRequest) -> i64| -> Vec<UnitsOf> {
            let of = |line: &ArrivalRequest| UnitsOf {
                sku: line.sku.clone(),
                units: units(line),
            };
            lines.iter().map(of).collect()
        };
        let mut arrivals = Vec::new();
        if !lines.is_empty() {
            let received = products(&tenant, &units(|line| line.received), 0).await?;
            let lost = products(&tenant, &units(|line| line.lost), 0).await?;
            for ((product, received), (_, lost)) in received.into_iter().zip(lost) {
                arrivals.push(Arrival {
                    product,
                    received,
                    lost,
                });
            }
        }
        let mut tx = tenant.begin().await?;
        let record = tx
            .receive_transfer(id, &receipt, &arrivals, &caller.actor)
            .await
            .map_err(transfer_refusal)?;
        self.finish(tx, caller, "transfer.receive", &id.to_string())
            .await?;
        Ok(record)
    }

    /// Calls a transfer off that was not sent.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for one that was.
    pub async fn cancel_transfer(&self, caller: &Caller, id: TransferId) -> Result<TransferRecord, Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let off = tx.cancel_transfer(id).await.map_err(transfer_refusal)?;
        self.finish(tx, caller, "transfer.cancel", &id.to_string())
            .await?;
        Ok(off)
    }

    /// Begins a count.
    ///
    /// # Errors
    /// [`Refusal::Fields`].
    pub async fn open_count(&self, caller: &Caller, request: CountRequest) -> Result<CountRecord, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let made_up = || self.env().id::<CountId>().to_string();
        let name = reference("reference", request.reference, made_up)?;
        let chosen = match request.skus {
            None => None,
            Some(skus) => {
                let lines: Vec<UnitsOf> = skus.into_iter().map(|sku| UnitsOf { sku, units: 0 }).collect();
                let found = products(&tenant, &lines, 0).await?;
                Some(
                    found
                        .into_iter()
                        .map(|(product, _)| product)
                        .collect::<BTreeSet<_>>(),
                )
            }
        };
        let note = note(request.note)?;
        let mut tx = tenant.begin().await?;
        let default = tx.default_location().await?;
        let missing = || Refusal::field("location", "name the location that is counted");
        let location = request.location.or(default).ok_or_else(missing)?;
        let begun = tx
            .open_count(&name, location, chosen.as_ref(), note.as_deref(), &caller.actor)
            .await
            .map_err(count_refusal)?;
        self.finish(tx, caller, "count.begin", &begun.id.to_string())
            .await?;
        Ok(begun)
    }

    /// Notes what was counted; the books stay as they are until the count is posted.
    ///
    /// # Errors
    /// [`Refusal::Fields`], [`Refusal::Conflict`] for a count that is over.
    pub async fn enter_count(
        &self,
        caller: &Caller,
        id: CountId,
        numbers: Vec<CountedRequest>,
    ) -> Result<CountRecord, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        if tenant.stock_count(id).await?.is_none() {
            return Err(Refusal::NotFound(format!("there is no count {id}")));
        }
        let of = |number: &CountedRequest| UnitsOf {
            sku: number.sku.clone(),
            units: number.counted,
        };
        let lines: Vec<UnitsOf> = numbers.iter().map(of).collect();
        let found = products(&tenant, &lines, 0).await?;
        let counted = |((product, units), number): ((ProductId, i64), &CountedRequest)| Counted {
            product,
            units,
            at: number.counted_at,
        };
        let counted: Vec<Counted> = found.into_iter().zip(&numbers).map(counted).collect();
        let mut tx = tenant.begin().await?;
        let record = tx.enter_count(id, &counted).await.map_err(count_refusal)?;
        self.finish(tx, caller, "count.enter", &id.to_string()).await?;
        Ok(record)
    }

    /// Enters the differences of a count into the books.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for one that was called off.
    pub async fn post_count(&self, caller: &Caller, id: CountId) -> Result<CountRecord, Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let (record, notices) = tx.post_count(id, &caller.actor).await.map_err(count_refusal)?;
        crate::notices::raise(&mut tx, None, &notices).await?;
        self.finish(tx, caller, "count.post", &id.to_string()).await?;
        Ok(record)
    }

    /// Calls a count off; nothing is entered.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for one that was posted.
    pub async fn cancel_count(&self, caller: &Caller, id: CountId) -> Result<CountRecord, Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let off = tx.cancel_count(id).await.map_err(count_refusal)?;
        self.finish(tx, caller, "count.cancel", &id.to_string()).await?;
        Ok(off)
    }

    /// Enters what a buyer sent back.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for more than was shipped or a place where damaged goods would be offered.
    pub async fn return_order(
        &self,
        caller: &Caller,
        order: OrderId,
        name: Option<String>,
        lines: Vec<ReturnLineRequest>,
        remark: Option<String>,
    ) -> Result<Vec<ReturnRecord>, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        if tenant.order(order).await?.is_none() {
            return Err(Refusal::NotFound(format!("there is no order {order}")));
        }
        line_count(lines.len())?;
        let made_up = || self.env().id::<ReturnId>().to_string();
        let line = |line: &ReturnLineRequest| ReturnedLine {
            line: line.line,
            units: line.units,
            condition: line.condition,
            location: line.location,
        };
        let new = NewReturn {
            order,
            reference: reference("reference", name, made_up)?,
            lines: lines.iter().map(line).collect(),
            note: note(remark)?,
            actor: caller.actor.clone(),
        };
        let mut tx = tenant.begin().await?;
        let records = tx.return_goods(&new).await.map_err(return_refusal)?;
        self.finish(tx, caller, "order.return", &order.to_string())
            .await?;
        Ok(records)
    }

    /// Has offers computed anew, notes who did it, and commits.
    async fn finish(
        &self,
        mut tx: TenantTx,
        caller: &Caller,
        action: &str,
        subject: &str,
    ) -> Result<(), Refusal> {
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.audit(&NewAudit::of(&caller.actor, action, subject)).await?;
        Ok(tx.commit().await?)
    }
}

fn line_count(lines: usize) -> Result<(), Refusal> {
    if (1..=MOST_LINES).contains(&lines) {
        return Ok(());
    }
    Err(Refusal::field("lines", format!("send 1 to {MOST_LINES} lines")))
}

/// Products and units of lines, each at least `least`; every wrong line is named.
async fn products(tenant: &Tenant, lines: &[UnitsOf], least: i64) -> Result<Vec<(ProductId, i64)>, Refusal> {
    line_count(lines.len())?;
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (index, line) in lines.iter().enumerate() {
        let mut wrong = |name: &str, message: String| {
            problems.push(FieldError::new(format!("lines/{index}/{name}"), message));
        };
        let units = match Quantity::new(line.units) {
            Ok(units) if units.units() >= least => units.units(),
            Ok(_) => {
                wrong("units", format!("at least {least} unit"));
                continue;
            }
            Err(error) => {
                wrong("units", error.to_string());
                continue;
            }
        };
        let product = match Sku::parse(&line.sku) {
            Ok(sku) => tenant.product_by_sku(&sku).await?,
            Err(error) => {
                wrong("sku", error.to_string());
                continue;
            }
        };
        match product {
            Some(product) => found.push((product.id, units)),
            None => wrong("sku", format!("there is no product with the SKU `{}`", line.sku)),
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(Refusal::Fields(problems))
    }
}

fn reference(
    field: &str,
    given: Option<String>,
    made_up: impl FnOnce() -> String,
) -> Result<String, Refusal> {
    match given.map(|text| text.trim().to_owned()) {
        Some(text) if text.is_empty() || text.chars().count() > 100 => {
            Err(Refusal::field(field, "a reference has 1 to 100 characters"))
        }
        Some(text) => Ok(text),
        None => Ok(made_up()),
    }
}

fn note(given: Option<String>) -> Result<Option<String>, Refusal> {
    match given {
        Some(text) if text.chars().count() > 500 => {
            Err(Refusal::field("note", "a note has at most 500 characters"))
        }
        other => Ok(other),
    }
}

fn transfer_refusal(error: TransferError) -> Refusal {
    match error {
        TransferError::Entry(error) => entry_refusal(error),
        TransferError::NotFound(_) => Refusal::NotFound(error.to_string()),
        TransferError::NotNow(..) | TransferError::Short { .. } => Refusal::Conflict(error.to_string()),
        TransferError::TooMany { .. } | TransferError::NoLine(_) => {
            Refusal::field("lines", error.to_string())
        }
    }
}

fn count_refusal(error: CountError) -> Refusal {
    match error {
        CountError::Entry(error) => entry_refusal(error),
        CountError::NotFound(_) => Refusal::NotFound(error.to_string()),
        CountError::Over(_) => Refusal::Conflict(error.to_string()),
        CountError::BadTime => Refusal::field(
            "lines/counted_at",
            "it must lie between the beginning of the count and now",
        ),
    }
}

pub(crate) fn return_refusal(error: ReturnError) -> Refusal {
    match error {
        ReturnError::Entry(error) => entry_refusal(error),
        ReturnError::NoOrder(_) => Refusal::NotFound(error.to_string()),
        ReturnError::NoLine(_) | ReturnError::TooMany { .. } => Refusal::field("lines", error.to_string()),
        ReturnError::Offered => Refusal::field("lines/location", error.to_string()),
    }
}
