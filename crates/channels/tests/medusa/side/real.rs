//! A real server: how a buyer buys there, and a person works in its admin.

use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use super::{Real, now};

impl Real {
    pub(super) async fn call(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Value {
        let base = self.world["base"].as_str().unwrap();
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{base}{target}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        let answer = self
            .transport
            .send(request, Duration::from_secs(60))
            .await
            .unwrap();
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert!(
            answer.status().is_success(),
            "{method} {target}: {} {text}",
            answer.status()
        );
        serde_json::from_str(&text).unwrap()
    }

    pub(super) async fn admin(&self, method: &str, target: &str, body: Option<Value>) -> Value {
        let key = format!("{}:", self.world["secret_key"].as_str().unwrap());
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(key));
        self.call(method, target, &[("authorization", &basic)], body)
            .await
    }

    pub(super) async fn storefront(&self, target: &str, body: Value) -> Value {
        let key = self.world["publishable_key"].as_str().unwrap();
        self.call("POST", target, &[("x-publishable-api-key", key)], Some(body))
            .await
    }

    pub(super) async fn buy(&self, sku: &str, quantity: u32) -> String {
        let address = json!({"first_name": "Ada", "last_name": "L", "address_1": "Main street 1", "city": "Berlin",
            "postal_code": "10115", "country_code": "de"});
        // A buyer of its own: two first orders of one guest at the same time trip over each other in the server.
        let email = format!("buyer{}@example.com", now().micros());
        let cart = json!({"region_id": self.world["region"], "sales_channel_id": self.world["sales_channel"],
            "email": email, "shipping_address": address});
        let cart = self.storefront("/store/carts", cart).await["cart"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let at = |rest: &str| format!("/store/carts/{cart}/{rest}");
        let item = json!({"variant_id": self.world["variants"][sku], "quantity": quantity});
        self.storefront(&at("line-items"), item).await;
        self.storefront(
            &at("shipping-methods"),
            json!({"option_id": self.world["shipping_option"]}),
        )
        .await;
        let money = self
            .storefront("/store/payment-collections", json!({"cart_id": cart}))
            .await;
        let money = money["payment_collection"]["id"].as_str().unwrap().to_owned();
        let sessions = format!("/store/payment-collections/{money}/payment-sessions");
        self.storefront(&sessions, json!({"provider_id": "pp_system_default"}))
            .await;
        let done = self.storefront(&at("complete"), json!({})).await;
        done["order"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{done}"))
            .to_owned()
    }

    pub(super) async fn variant(&self, sku: &str) -> Value {
        let fields = "id,product_id,prices.id,prices.amount,prices.currency_code,prices.price_rules.attribute,prices.price_rules.value";
        let target = format!("/admin/product-variants?sku[]={sku}&fields={fields}");
        self.admin("GET", &target.replace('[', "%5B").replace(']', "%5D"), None)
            .await["variants"][0]
            .clone()
    }

    pub(super) async fn price_region(&self, sku: &str, amount: &str) {
        let variant = self.variant(sku).await;
        let kept = variant["prices"].as_array().unwrap().iter();
        let mut prices: Vec<Value> = kept
            .map(|p| json!({"id": p["id"], "amount": p["amount"], "currency_code": p["currency_code"], "rules": p["rules"]}))
            .collect();
        let amount: Value = serde_json::from_str(amount).unwrap();
        prices.push(
            json!({"currency_code": "eur", "amount": amount, "rules": {"region_id": self.world["region"]}}),
        );
        let path = [&variant["product_id"], &variant["id"]].map(|id| id.as_str().unwrap());
        let target = format!("/admin/products/{}/variants/{}?fields=id", path[0], path[1]);
        self.admin("POST", &target, Some(json!({"prices": prices}))).await;
    }
}
