//! Labels and invoices that channels make, handing parcels over, and the watch on what is to be dispatched.

use std::time::Duration;

use stockbridge_domain::channel::Capability;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{OrderId, OrderLineId, PaperId, ParcelId};
use stockbridge_store::{
    NewAlert, NewAudit, NewParcel, OrderDetail, PaperRecord, PapersError, Severity, StoreError,
};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// How long before an order is to be dispatched somebody is told. The upkeep looks once an hour, so it looks an hour ahead
/// of the twenty that are promised.
const AHEAD: Duration = Duration::from_secs(21 * 3_600);
/// Most orders that are told of at once.
const MOST_DUE: i64 = 500;
/// The kind of alerts about orders that are to be dispatched.
const DUE: &str = "order.dispatch_due";

/// A parcel whose papers are wanted, as typed in.
#[derive(Debug, Clone, Default)]
pub struct PapersRequest {
    /// Which of the order's parcels; the first when nothing is said.
    pub parcel: Option<i64>,
    /// What is inside; everything that is open when empty.
    pub lines: Vec<(OrderLineId, i64)>,
    /// Weight in grams.
    pub weight_grams: Option<i64>,
    /// Length, width and height in millimetres.
    pub size_mm: Option<[i64; 3]>,
    /// The seller's number of the invoice.
    pub invoice_number: Option<String>,
}

impl Hub {
    /// Has a channel make a parcel's papers.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a parcel that cannot be, [`Refusal::Conflict`] when the channel makes none.
    pub async fn want_papers(
        &self,
        caller: &Caller,
        id: OrderId,
        request: PapersRequest,
    ) -> Result<OrderDetail, Refusal> {
        caller.require(Role::Operator)?;
        let order = self.order(caller, id).await?;
        let account = self.existing(caller, order.order.account).await?;
        self.asks(&account, Capability::Papers, "make labels")?;
        let bounded = |field: &str, value: Option<i64>, most: i64| match value {
            Some(value) if !(1..=most).contains(&value) => Err(Refusal::field(
                field,
                format!("write a whole number from 1 to {most}"),
            )),
            _ => Ok(()),
        };
        bounded("parcel", request.parcel, 99)?;
        bounded("weight_grams", request.weight_grams, 1_000_000)?;
        for side in request.size_mm.into_iter().flatten() {
            bounded("size_mm", Some(side), 20_000)?;
        }
        let invoice = request.invoice_number.map(|text| text.trim().to_owned());
        let invoice = invoice.filter(|text| !text.is_empty());
        if invoice.as_ref().is_some_and(|text| text.chars().count() > 60) {
            return Err(Refusal::field(
                "invoice_number",
                "an invoice number has at most 60 characters",
            ));
        }
        let new = NewParcel {
            order: id,
            parcel: request.parcel.unwrap_or(1),
            lines: request.lines,
            weight_grams: request.weight_grams,
            size_mm: request.size_mm,
            invoice_number: invoice,
            actor: caller.actor.clone(),
        };
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let parcel = tx.want_papers(&new).await.map_err(papers_refusal)?;
        tx.enqueue(job::fetch_papers(account.id, parcel, self.env().now()))
            .await?;
        tx.audit(&NewAudit::of(&caller.actor, "order.papers", &id.to_string()))
            .await?;
        tx.commit().await?;
        self.order(caller, id).await
    }

    /// A paper and what is on it; that it was fetched is written to the audit log.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none.
    pub async fn paper(&self, caller: &Caller, id: PaperId) -> Result<(PaperRecord, Vec<u8>), Refusal> {
        caller.require(Role::Operator)?;
        let found = self.tenant(caller.tenant).paper(id, &caller.actor).await?;
        found.ok_or_else(|| Refusal::NotFound(format!("there is no paper {id}; it may have been replaced")))
    }

    /// Tells a channel that a parcel is ready to be fetched.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] when it has no papers yet, or the channel was told before.
    pub async fn hand_over(&self, caller: &Caller, id: ParcelId) -> Result<OrderDetail, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let parcel = tenant.parcel(id).await?;
        let parcel = parcel.ok_or_else(|| Refusal::NotFound(format!("there is no parcel {id}")))?;
        if parcel.handed_over_at.is_some() {
            return Err(Refusal::Conflict(
                "the channel knows already that this parcel is ready".to_owned(),
            ));
        }
        if parcel.papers.is_empty() && parcel.tracking.is_none() {
            return Err(Refusal::Conflict(
                "this parcel has no label yet; ask for it first".to_owned(),
            ));
        }
        let order = self.order(caller, parcel.order).await?;
        let mut tx = tenant.begin().await?;
        tx.enqueue(job::hand_over(order.order.account, id, self.env().now()))
            .await?;
        tx.audit(&NewAudit::of(&caller.actor, "parcel.hand_over", &id.to_string()))
            .await?;
        tx.commit().await?;
        self.order(caller, parcel.order).await
    }

    /// Tells of every order that is to be dispatched within twenty hours and of which nothing is known to have left;
    /// answers how many there are.
    pub(crate) async fn watch_dispatch(&self) -> Result<u64, StoreError> {
        let now = self.env().now();
        let mut told = 0;
        for record in self.store().system().tenants().await? {
            let tenant = self.tenant(record.id);
            let due = tenant.orders_due(now.plus(AHEAD), MOST_DUE).await?;
            let key = |id: OrderId| format!("{DUE}:{id}");
            let mut tx = tenant.begin().await?;
            tx.resolve_alerts_except(DUE, due.iter().map(|order| key(order.id)).collect())
                .await?;
            for order in &due {
                let late = order.ship_by < now;
                let number = &order.channel_order_id;
                tx.raise_alert(NewAlert {
                    kind: DUE,
                    severity: if late {
                        Severity::Critical
                    } else {
                        Severity::Warning
                    },
                    dedupe_key: key(order.id),
                    account: Some(order.account),
                    subject: Some(order.id.to_string()),
                    title: match late {
                        true => format!("Order {number} is late"),
                        false => format!("Order {number} is to be dispatched soon"),
                    },
                    detail: format!(
                        "It is to be dispatched by {}. Ship it, have its label made, or call it off.",
                        order.ship_by
                    ),
                })
                .await?;
                told += 1;
            }
            tx.commit().await?;
        }
        Ok(told)
    }
}

fn papers_refusal(error: PapersError) -> Refusal {
    match error {
        PapersError::NoOrder(_) => Refusal::NotFound(error.to_string()),
        PapersError::NoLine(_) => Refusal::field("lines", error.to_string()),
        PapersError::NotNow(_) => Refusal::Conflict(error.to_string()),
        PapersError::Store(error) => error.into(),
    }
}
