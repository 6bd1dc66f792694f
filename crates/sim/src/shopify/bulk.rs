//! Bulk operations: begun one at a time, done after a while, read as one file.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::graphql::Document;
use super::mutate::refused;
use super::{Bulk, State, gid};
use crate::time::after_ms;

impl State {
    pub(super) fn bulk_run(&mut self, query: &Value) -> Value {
        if self.bulk.values().any(|bulk| bulk.done_at > self.now) {
            return refused(
                &[],
                "OPERATION_IN_PROGRESS",
                "A bulk query operation for this app and shop is already in progress",
            );
        }
        let number = self.number();
        let bulk = Bulk {
            query: query.as_str().unwrap_or_default().to_owned(),
            begun_at: self.now,
            done_at: after_ms(self.now, self.config.bulk_ms),
            ends: self.bulk_ends.take(),
            file: None,
        };
        self.bulk.insert(number, bulk);
        json!({"bulkOperation": {"id": gid("BulkOperation", number), "status": "CREATED"}, "userErrors": []})
    }

    pub(super) fn bulk_json(&self, number: Option<u64>) -> Value {
        let found = number.and_then(|n| Some((n, self.bulk.get(&n)?)));
        found.map_or(Value::Null, |(number, bulk)| {
            let status = match &bulk.ends {
                _ if bulk.done_at > self.now => "RUNNING",
                Some(ends) => ends,
                None => "COMPLETED",
            };
            let of_orders = bulk.query.contains("orders(");
            let empty = if of_orders { self.orders.is_empty() } else { self.variants.is_empty() };
            let url = format!("{}/bulk/{number}", self.address);
            json!({"id": gid("BulkOperation", number), "status": status, "createdAt": bulk.begun_at.to_string(),
                "errorCode": (status == "FAILED").then_some("INTERNAL_SERVER_ERROR"),
                "url": (status == "COMPLETED" && !empty).then_some(url)})
        })
    }

    /// The file of a bulk operation: a line for each thing, the things in a connection after the one they belong to.
    pub(super) fn bulk_file(&mut self, number: u64) -> Option<Bytes> {
        let bulk = self.bulk.get(&number)?;
        if bulk.file.is_some() {
            return bulk.file.clone();
        }
        let mut document = Document::parse(&bulk.query, &Map::new()).ok()?;
        document.bulk = true;
        let data = self.perform(&document, &mut 0).ok()?;
        let mut file = String::new();
        for root in data.as_object()?.values() {
            write_lines(root, None, &mut file);
        }
        let file = Bytes::from(file);
        self.bulk.get_mut(&number)?.file = Some(file.clone());
        Some(file)
    }
}

/// Writes the nodes of a connection, each followed by what is in its own connections.
fn write_lines(connection: &Value, parent: Option<&str>, file: &mut String) {
    for edge in connection["edges"].as_array().into_iter().flatten() {
        let mut node = edge["node"].clone();
        let mut inner = Vec::new();
        take_connections(&mut node, "", &mut inner);
        if let Some(parent) = parent {
            node["__parentId"] = json!(parent);
        }
        file.push_str(&node.to_string());
        file.push('\n');
        for (parent, connection) in inner {
            write_lines(&connection, Some(&parent), file);
        }
    }
}

/// Takes the connections out of a node, each with the id of the thing it is in.
fn take_connections(node: &mut Value, parent: &str, inner: &mut Vec<(String, Value)>) {
    let Some(object) = node.as_object_mut() else {
        return;
    };
    let own = object
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or(parent)
        .to_owned();
    let names: Vec<String> = object.keys().cloned().collect();
    for name in names {
        let is_connection = object[&name].get("edges").is_some();
        if is_connection {
            inner.extend(object.remove(&name).map(|connection| (own.clone(), connection)));
        } else if let Some(value) = object.get_mut(&name) {
            take_connections(value, &own, inner);
        }
    }
}
