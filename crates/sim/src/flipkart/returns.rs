//! Returns: made by buyers, listed by source and page.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::State;
use super::protocol::Failure;
use super::shipments::ist;

/// An item that comes back.
#[derive(Debug, Clone)]
pub(super) struct Return {
    id: String,
    shipment: String,
    item: String,
    quantity: u32,
    reason: String,
    status: &'static str,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl State {
    pub(super) fn send_back(&mut self, shipment_id: &str, reason: &str) -> Option<String> {
        let shipment = self.shipments.get(shipment_id)?;
        let item = shipment
            .items
            .iter()
            .find(|item| item.status == "DELIVERED")?
            .clone();
        let id = format!("RET{:08}", self.number());
        self.returns.push(Return {
            id: id.clone(),
            shipment: shipment_id.to_owned(),
            item: item.id.clone(),
            quantity: item.quantity,
            reason: reason.to_owned(),
            status: "CREATED",
            created_at: self.now,
            updated_at: self.now,
        });
        let back = json!({"returnId": id, "orderItemId": item.id, "source": "customer_return", "quantity": item.quantity});
        self.notify(
            &id,
            "return_created",
            None,
            json!({"status": "CREATED", "returnItems": [back]}),
        );
        Some(id)
    }

    /// `GET /v2/returns`.
    pub(super) fn returns_page(&self, query: &[(String, String)]) -> Result<Value, Failure> {
        let one = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let since = one("modifiedAfter").unwrap_or("1970-01-01T00:00:00Z");
        let since: Timestamp = since
            .parse()
            .map_err(|_| Failure::bad("modifiedAfter is no instant"))?;
        let offset: usize = one("offset")
            .unwrap_or("0")
            .parse()
            .map_err(|_| Failure::bad("offset is no number"))?;
        let source = one("source").ok_or_else(|| Failure::bad("source is missing"))?;
        let all: Vec<&Return> = self
            .returns
            .iter()
            .filter(|r| source == "customer_return" && r.updated_at >= since)
            .collect();
        let page: Vec<Value> = all
            .iter()
            .skip(offset)
            .take(self.config.page)
            .map(|back| {
                json!({
                    "returnId": back.id,
                    "shipmentId": back.shipment,
                    "orderItemId": back.item,
                    "orderId": format!("OD-{}", back.shipment),
                    "quantity": back.quantity,
                    "status": back.status,
                    "type": "customer_return",
                    "reason": back.reason,
                    "createdDate": ist(back.created_at),
                    "updatedDate": ist(back.updated_at),
                    "serviceProfile": "NON_FBF",
                })
            })
            .collect();
        let next = offset + page.len();
        let mut answer = json!({"hasMore": next < all.len(), "returnItems": page});
        if next < all.len() {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("source", source)
                .append_pair("modifiedAfter", &since.to_string())
                .append_pair("offset", &next.to_string())
                .finish();
            answer["nextUrl"] = json!(format!("/v2/returns?{query}"));
        }
        Ok(answer)
    }
}
