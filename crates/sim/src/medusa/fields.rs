//! `fields`: an answer holds what was asked for. `*a.b` is every column of a relation, `a.b.c` one of them; ids come along.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Columns that hold JSON and count as one value.
const JSON_COLUMNS: [&str; 3] = ["metadata", "data", "rules"];

#[derive(Debug, Default)]
pub(super) struct Fields {
    columns: bool,
    children: BTreeMap<String, Fields>,
}

impl Fields {
    /// Reads the parameter; `None` when it is missing, which asks for everything.
    pub(super) fn parse(text: Option<&str>) -> Option<Self> {
        let mut root = Self::default();
        for field in text?.split(',').map(str::trim).filter(|field| !field.is_empty()) {
            let field = field.trim_start_matches('+');
            let (columns, path) = match field.strip_prefix('*') {
                Some(path) => (true, path),
                None => (false, field),
            };
            let mut node = &mut root;
            for part in path.split('.') {
                node = node.children.entry(part.to_owned()).or_default();
            }
            node.columns |= columns;
        }
        Some(root)
    }

    /// Whether a path was asked for, or something below it.
    pub(super) fn has(&self, path: &str) -> bool {
        let mut node = self;
        for part in path.split('.') {
            match node.children.get(part) {
                Some(child) => node = child,
                None => return false,
            }
        }
        true
    }

    /// The part of `value` that was asked for.
    pub(super) fn of(&self, value: &Value) -> Value {
        match value {
            Value::Array(list) => list.iter().map(|one| self.of(one)).collect(),
            Value::Object(object) => Value::Object(self.of_object(object)),
            other => other.clone(),
        }
    }

    fn of_object(&self, object: &Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        for (name, value) in object {
            let relation = (value.is_object() || value.is_array()) && !JSON_COLUMNS.contains(&name.as_str());
            let part = match self.children.get(name) {
                Some(child) if relation => Some(child.of(value)),
                Some(_) => Some(value.clone()),
                None if (self.columns && !relation) || name == "id" || name == "rules" => Some(value.clone()),
                None => None,
            };
            kept.extend(part.map(|part| (name.clone(), part)));
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_asked_for_comes_and_nothing_else() {
        let order = json!({"id": "1", "status": "pending", "email": "a", "items": [
            {"id": "2", "title": "x", "metadata": {"a": 1}, "detail": {"id": "3", "quantity": 2}}]});
        let of = |fields: &str| Fields::parse(Some(fields)).unwrap().of(&order);
        assert_eq!(of("status"), json!({"id": "1", "status": "pending"}));
        assert_eq!(
            of("id,*items"),
            json!({"id": "1", "items": [{"id": "2", "title": "x", "metadata": {"a": 1}}]})
        );
        assert_eq!(
            of("items.detail.quantity"),
            json!({"id": "1", "items": [{"id": "2", "detail": {"id": "3", "quantity": 2}}]})
        );
        assert!(Fields::parse(Some("*items.detail")).unwrap().has("items.detail"));
        assert!(Fields::parse(None).is_none());
    }
}
