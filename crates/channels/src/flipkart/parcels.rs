//! Parcels: Flipkart's courier fetches what Flipkart made a label for (standard), or the seller's courier brings it
//! (self-ship). Which of the two a shipment is, Flipkart decides: `shipmentType` is `SELF` or something else.
//!
//! Labels are made asynchronously, usually within ten seconds and at most half an hour: APPROVED, then
//! PACKING_IN_PROGRESS, then PACKED or FORM_FAILED. Every call first looks where the shipment stands, so asking again makes
//! nothing twice, and what an answer that got lost has done is seen.

use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use stockbridge_domain::channel::{
    ChannelError, Fault, Paper, PaperKind, PaperSource, Papers, ParcelRequest,
};
use stockbridge_domain::{BoxFut, Timestamp};

use super::api::Answer;
use super::client::{self, Call, ist};
use super::orders::{Stand, stand};
use super::{FlipkartConnection, wire};
use crate::call::Operation;
use crate::plain;

/// How long until a label that was just asked for is looked for.
const SOON: Duration = Duration::from_secs(15);
/// The same for one that takes longer than usual.
const LATER: Duration = Duration::from_secs(60);
/// From when on it takes longer than usual.
const USUAL: Duration = Duration::from_secs(60);

/// An error about a parcel.
pub(super) fn refused(operation: &Operation, fault: Fault, message: impl Into<String>) -> ChannelError {
    ChannelError::new(fault, operation.name, message)
}

impl PaperSource for FlipkartConnection {
    fn papers<'a>(&'a self, parcel: &'a ParcelRequest) -> BoxFut<'a, Result<Papers, ChannelError>> {
        Box::pin(async move {
            let operation = &client::PACK;
            one_parcel(operation, parcel.parcel)?;
            let shipment = self
                .read_shipment_for(&client::SHIPMENT_OF_THREE, &parcel.channel_order_id)
                .await?;
            if self_ship(&shipment) {
                let message = "your own courier brings this shipment, so Flipkart makes no label; confirm it with a tracking number";
                return Err(refused(operation, Fault::Rejected, message));
            }
            if shipment.hold {
                let message = "Flipkart holds this shipment back; it may be packed when the hold is over";
                return Err(refused(operation, Fault::Conflict, message));
            }
            let now = self.api.io.env.now();
            match progress(&shipment) {
                Progress::Approved => self.pack(parcel, &shipment, now).await,
                Progress::Packing => Ok(Papers::Pending(now.plus(pause(&shipment, now)))),
                Progress::Packed | Progress::Ready => self.fetch_papers(&shipment, now).await,
                Progress::FormFailed => {
                    let forms: Vec<String> = shipment
                        .forms
                        .iter()
                        .filter_map(|form| form.name.as_deref())
                        .map(plain::line)
                        .collect();
                    let message = format!(
                        "Flipkart could not make a form this shipment needs ({}); enter its number in the Seller dashboard, then ask again",
                        if forms.is_empty() {
                            "unnamed".to_owned()
                        } else {
                            forms.join(", ")
                        }
                    );
                    Err(refused(operation, Fault::Rejected, message))
                }
                Progress::Gone(word) => {
                    let message = format!(
                        "the shipment is `{}`, so there is nothing to pack",
                        plain::line(word)
                    );
                    Err(refused(operation, Fault::Conflict, message))
                }
            }
        })
    }

    fn hand_over<'a>(&'a self, parcel: &'a ParcelRequest) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            let operation = &client::DISPATCH;
            one_parcel(operation, parcel.parcel)?;
            let shipment = self
                .read_shipment_for(&client::SHIPMENT_OF_TWO, &parcel.channel_order_id)
                .await?;
            match progress(&shipment) {
                Progress::Ready => Ok(()),
                Progress::Gone(word) if stand(word) == Some(Stand::Shipped) => Ok(()),
                Progress::Packed => {
                    let call = client::dispatch(&shipment.shipment_id, shipment.location_id.as_deref());
                    self.one(&call, &shipment.shipment_id).await
                }
                _ => {
                    let message = "the shipment is not packed yet; ask for its label first";
                    Err(refused(operation, Fault::Conflict, message))
                }
            }
        })
    }
}

/// A shipment travels whole: its sub-shipments are Flipkart's business.
pub(super) fn one_parcel(operation: &Operation, parcel: u32) -> Result<(), ChannelError> {
    if parcel <= 1 {
        return Ok(());
    }
    let message = "a shipment of Flipkart travels as one; there is no second parcel";
    Err(refused(operation, Fault::Rejected, message))
}

/// Whether the seller's own courier brings it.
pub(super) fn self_ship(shipment: &wire::Shipment) -> bool {
    shipment.shipment_type.as_deref() == Some("SELF")
}

/// How far the packing of a shipment is.
enum Progress<'a> {
    Approved,
    Packing,
    FormFailed,
    Packed,
    Ready,
    /// With the courier, called off, or a word we do not know.
    Gone(&'a str),
}

/// By the item that is least far; what is called off does not count.
fn progress(shipment: &wire::Shipment) -> Progress<'_> {
    let open = shipment
        .order_items
        .iter()
        .filter(|item| stand(&item.status) != Some(Stand::Cancelled));
    let far = |item: &&wire::OrderItem| match item.status.as_str() {
        "FORM_FAILED" => 0,
        "APPROVED" => 1,
        "PACKING_IN_PROGRESS" => 2,
        "PACKED" => 3,
        "READY_TO_DISPATCH" => 4,
        _ => 5,
    };
    match open.min_by_key(far).map(|item| item.status.as_str()) {
        Some("FORM_FAILED") => Progress::FormFailed,
        Some("APPROVED") => Progress::Approved,
        Some("PACKING_IN_PROGRESS") => Progress::Packing,
        Some("PACKED") => Progress::Packed,
        Some("READY_TO_DISPATCH") => Progress::Ready,
        Some(other) => Progress::Gone(other),
        None => Progress::Gone("CANCELLED"),
    }
}

/// When to look again for a label that is being made.
fn pause(shipment: &wire::Shipment, now: Timestamp) -> Duration {
    let began = shipment
        .updated_at
        .as_deref()
        .and_then(|text| Timestamp::parse(text).ok());
    if began.is_some_and(|began| now.since(began) < USUAL) {
        SOON
    } else {
        LATER
    }
}

impl FlipkartConnection {
    /// One shipment as Flipkart has it now, read.
    pub(super) async fn read_shipment_for(
        &self,
        operation: &'static Operation,
        id: &str,
    ) -> Result<wire::Shipment, ChannelError> {
        let (answer, raw) = self.shipment(operation, id).await?;
        serde_json::from_str(raw.get()).map_err(|e| answer.contract(operation, &plain::line(&e.to_string())))
    }

    /// Performs a write about one shipment and reads what became of it: the call answers 200 whatever it was.
    pub(super) async fn one(&self, call: &Call, id: &str) -> Result<(), ChannelError> {
        let answer = self.api.call(call).await?;
        let unclear = |message: &str| {
            let message = format!("{message}; the change may have been made and is looked up");
            answer.blame(refused(call.operation, Fault::Ambiguous, message))
        };
        let outcomes: wire::Outcomes = answer.read(call.operation).map_err(|e| unclear(&e.message))?;
        let outcome = outcomes
            .shipments
            .iter()
            .find(|outcome| outcome.shipment_id == id);
        let outcome = outcome.ok_or_else(|| unclear("Flipkart did not answer for this shipment"))?;
        judge_outcome(call.operation, outcome, &answer)
    }

    async fn pack(
        &self,
        parcel: &ParcelRequest,
        shipment: &wire::Shipment,
        now: Timestamp,
    ) -> Result<Papers, ChannelError> {
        let after = shipment
            .dispatch_after_date
            .as_deref()
            .and_then(|text| Timestamp::parse(text).ok());
        if let Some(after) = after.filter(|after| *after > now) {
            return Ok(Papers::Pending(after));
        }
        let mut body = json!({"shipmentId": shipment.shipment_id});
        if let Some(location) = &shipment.location_id {
            body["locationId"] = json!(location);
        }
        if let Some(number) = &parcel.invoice_number {
            let mut orders: Vec<&str> = shipment
                .order_items
                .iter()
                .filter_map(|item| item.order_id.as_deref())
                .collect();
            orders.sort_unstable();
            orders.dedup();
            let invoice =
                |order: &&str| json!({"orderId": order, "invoiceDate": ist(now), "invoiceNumber": number});
            body["invoices"] = orders.iter().map(invoice).collect();
        }
        let sized: Vec<Value> = shipment
            .sub_shipments
            .iter()
            .filter_map(|sub| {
                Some(json!({"subShipmentId": sub.sub_shipment_id, "dimensions": dimensions(sub, parcel)?}))
            })
            .collect();
        if !sized.is_empty() {
            body["subShipments"] = Value::Array(sized);
        }
        self.one(&client::pack(body), &shipment.shipment_id).await?;
        Ok(Papers::Pending(now.plus(SOON)))
    }

    async fn fetch_papers(&self, shipment: &wire::Shipment, now: Timestamp) -> Result<Papers, ChannelError> {
        let answer = self.api.call(&client::labels(&shipment.shipment_id)).await?;
        if !answer.bytes().starts_with(b"%PDF") {
            let message = "Flipkart sent something else than a PDF; it is tried again";
            return Err(answer.blame(refused(&client::LABELS, Fault::Unavailable, message)));
        }
        let paper = Paper {
            kind: PaperKind::LabelAndInvoice,
            media_type: "application/pdf".to_owned(),
            bytes: answer.bytes().clone(),
            expires_at: Some(now.plus(self.settings.label)),
        };
        let courier = self.courier(&shipment.shipment_id).await?;
        let tracking = courier.and_then(|courier| {
            Some((
                courier.vendor_name.unwrap_or_else(|| "Flipkart".to_owned()),
                courier.tracking_id?,
            ))
        });
        Ok(Papers::Ready {
            papers: vec![paper],
            tracking,
        })
    }

    /// Courier and tracking number as Flipkart has them.
    pub(super) async fn courier(&self, id: &str) -> Result<Option<wire::Courier>, ChannelError> {
        let answer = self.api.call(&client::courier(id)).await?;
        let page: wire::CourierPage = answer.read(&client::COURIER)?;
        let found = page
            .shipments
            .into_iter()
            .find(|shipment| shipment.shipment_id == id);
        Ok(found.and_then(|shipment| {
            let parcels = shipment
                .sub_shipments
                .into_iter()
                .filter_map(|sub| sub.courier_details);
            let all = shipment.courier_details.into_iter().chain(parcels);
            all.filter_map(|details| details.delivery_details)
                .find(|courier| courier.tracking_id.is_some())
        }))
    }
}

fn judge_outcome(
    operation: &Operation,
    outcome: &wire::Outcome,
    answer: &Answer,
) -> Result<(), ChannelError> {
    let word = outcome.status.as_deref().unwrap_or_default();
    let code = outcome.error_code.as_deref().filter(|code| !code.is_empty());
    let failed = matches!(
        word.to_ascii_uppercase().as_str(),
        "FAILURE" | "FAILED" | "ERROR" | "REJECTED"
    );
    if code.is_none() && !failed {
        return Ok(());
    }
    let said = outcome
        .error_message
        .as_deref()
        .map(plain::line)
        .filter(|text| !text.is_empty());
    let message = said.unwrap_or_else(|| "Flipkart refused it without saying why".to_owned());
    let error = answer.blame(refused(operation, Fault::Rejected, message));
    Err(match code {
        Some(code) => error.with_code(plain::line(code)),
        None => error,
    })
}

/// Size in centimetres and weight in kilograms: what was measured, or else what the listing says of its only package.
fn dimensions(sub: &wire::SubShipment, parcel: &ParcelRequest) -> Option<Value> {
    let packed = match sub.packages.as_slice() {
        [one] => Some(one),
        _ => None,
    };
    let listed = packed.and_then(|package| package.dimensions.as_ref());
    let number = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).ok();
    let [length, breadth, height] = match (parcel.size_mm, listed) {
        (Some(size), _) => size.map(|mm| shifted(mm, 1)),
        (None, Some(size)) => [
            number(&size.length)?,
            number(&size.breadth)?,
            number(&size.height)?,
        ],
        (None, None) => return None,
    };
    let weight = match parcel.weight_grams {
        Some(grams) => Some(shifted(grams, 3)),
        None => packed.and_then(|package| number(package.weight.as_ref()?)),
    };
    let mut size = json!({"length": length, "breadth": breadth, "height": height});
    if let Some(weight) = weight {
        size["weight"] = weight;
    }
    Some(size)
}

/// A whole number with its decimal point moved to the left by so many digits.
fn shifted(number: i64, digits: usize) -> Value {
    let text = format!("{:0>width$}", number.max(0), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    serde_json::from_str(&format!("{whole}.{fraction}")).unwrap_or_default()
}
