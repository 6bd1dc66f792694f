//! `confirmShipment` of orders v0: the seller has handed a parcel over.

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use super::error::ApiError;
use super::marketplaces;
use super::route::Call;
use super::uuid_text;
use crate::config::Fulfilment;
use crate::world::{Order, OrderStatus, Package, PackageLine, World, WriteRecord};

/// `POST /orders/v0/orders/{orderId}/shipmentConfirmation`; 204 without a body.
pub(super) fn confirm(world: &mut World, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|e| ApiError::invalid(format!("The body is no JSON: {e}"), "body"))?;
    let id = call.path_parameter(0);
    let order = world.orders.get(id).filter(|o| o.seller_id == call.seller_id);
    let order = order.ok_or_else(|| ApiError::not_found(format!("Order '{id}' does not exist.")))?;
    let (reference, package) = read(&body, order, world.now)?;
    let units = package.lines.iter().map(|l| l.quantity).sum();
    let id = order.id.clone();
    world.pack(&id, &reference, package);
    let submission_id = uuid_text(&mut world.rng);
    world.record_write(WriteRecord {
        submission_id,
        seller_id: call.seller_id.clone(),
        target: id,
        kind: "shipment".to_owned(),
        quantity: Some(units),
        price: None,
        received_at: world.now,
        applied_at: Some(world.now),
        rejected: false,
    });
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

fn read(body: &Value, order: &Order, now: Timestamp) -> Result<(String, Package), ApiError> {
    let detail = &body["packageDetail"];
    let marketplace = text(body, "marketplaceId")?;
    let reference = text(detail, "packageReferenceId")?;
    let carrier_code = text(detail, "carrierCode")?;
    let tracking = text(detail, "trackingNumber")?;
    let shipped_at = text(detail, "shipDate")?
        .parse::<Timestamp>()
        .map_err(|_| ApiError::invalid("shipDate must be an ISO 8601 time.", "packageDetail.shipDate"))?;
    let items = detail["orderItems"].as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| missing("orderItems"))?;
    if !reference.parse::<u64>().is_ok_and(|n| n > 0) {
        let text = "packageReferenceId must be a positive number, written as a string.";
        return Err(ApiError::invalid(text, "packageDetail.packageReferenceId"));
    }
    let carrier = match (carrier_code, detail["carrierName"].as_str()) {
        ("Other", None | Some("")) => return Err(missing("carrierName")),
        ("Other", Some(name)) => name,
        (code, _) => code,
    };
    check_cod(body, marketplace)?;
    check_order(order, marketplace, reference, shipped_at, now)?;
    let lines = items
        .iter()
        .map(|item| item_line(item, order, reference))
        .collect::<Result<Vec<_>, _>>()?;
    let package = Package {
        created_at: now,
        shipped_at,
        carrier: carrier.to_owned(),
        service: detail["shippingMethod"].as_str().map(str::to_owned),
        tracking: tracking.to_owned(),
        lines,
    };
    Ok((reference.to_owned(), package))
}

/// `codCollectionMethod` exists in Japan only.
fn check_cod(body: &Value, marketplace: &str) -> Result<(), ApiError> {
    let japan = marketplaces::find(marketplace).is_some_and(|m| m.country == "JP");
    match body["codCollectionMethod"].as_str() {
        None => Ok(()),
        Some("DirectPayment") if japan => Ok(()),
        Some(_) => Err(ApiError::invalid(
            "Only DirectPayment, and only in Japan.",
            "codCollectionMethod",
        )),
    }
}

fn check_order(
    order: &Order,
    marketplace: &str,
    reference: &str,
    shipped_at: Timestamp,
    now: Timestamp,
) -> Result<(), ApiError> {
    if order.marketplace_id != marketplace {
        return Err(ApiError::invalid(
            "The order was not placed in this marketplace.",
            "marketplaceId",
        ));
    }
    if order.fulfilment == Fulfilment::Platform {
        return Err(ApiError::invalid(
            "Amazon fulfils this order; it cannot be confirmed.",
            "orderId",
        ));
    }
    match order.status {
        OrderStatus::Pending => {
            return Err(ApiError::invalid(
                "The order is pending payment and cannot be shipped yet.",
                "orderId",
            ));
        }
        OrderStatus::Cancelled => {
            return Err(ApiError::invalid(
                "The order is cancelled and cannot be shipped.",
                "orderId",
            ));
        }
        // Nothing is left to put into a new parcel, so Amazon reads the call as an edit of one it lacks.
        OrderStatus::Shipped if !order.packages.contains_key(reference) => {
            let text = format!("Package {reference} to update was not found.");
            return Err(ApiError::refused("PackageToUpdateNotFound", text));
        }
        OrderStatus::Unshipped | OrderStatus::PartiallyShipped | OrderStatus::Shipped => {}
    }
    if shipped_at < order.placed_at || shipped_at > now {
        let text = "shipDate must lie between the purchase and now.";
        return Err(ApiError::invalid(text, "packageDetail.shipDate"));
    }
    Ok(())
}

fn item_line(item: &Value, order: &Order, reference: &str) -> Result<PackageLine, ApiError> {
    let id = text(item, "orderItemId")?;
    let line = order.lines.iter().find(|l| l.id == id);
    let line = line.ok_or_else(|| {
        ApiError::invalid(
            format!("Item '{id}' is not part of the order."),
            "packageDetail.orderItems",
        )
    })?;
    let quantity = item["quantity"]
        .as_u64()
        .and_then(|q| u32::try_from(q).ok())
        .filter(|q| *q > 0);
    let quantity = quantity.ok_or_else(|| {
        ApiError::invalid(
            "quantity must be a whole number above 0.",
            "packageDetail.orderItems.quantity",
        )
    })?;
    let left = line
        .quantity
        .saturating_sub(order.packed_elsewhere(id, reference));
    if quantity > left {
        let text = format!("quantity {quantity} of item '{id}' is more than the {left} left to ship.");
        return Err(ApiError::invalid(text, "packageDetail.orderItems.quantity"));
    }
    Ok(PackageLine {
        line_id: id.to_owned(),
        quantity,
    })
}

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, ApiError> {
    value[name]
        .as_str()
        .filter(|v| !v.is_empty())
        .ok_or_else(|| missing(name))
}

fn missing(name: &str) -> ApiError {
    ApiError::invalid(format!("'{name}' is required."), name)
}
