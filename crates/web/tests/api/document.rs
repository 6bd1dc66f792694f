//! The OpenAPI document as tests use it: its operations, and its schemas made strict.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::world::World;

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub role: Option<String>,
    about: Value,
}

/// The document.
pub struct Document {
    pub root: Value,
}

impl Document {
    /// Reads it from the server.
    pub async fn of(world: &World) -> Self {
        let request = axum::http::Request::get("/openapi.json")
            .body(axum::body::Body::empty())
            .unwrap();
        let root = world.send(request).await.expect(200);
        assert_eq!(root["openapi"], "3.1.0");
        Self { root }
    }

    /// Every operation.
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, methods) in self.root["paths"].as_object().unwrap() {
            for (method, about) in methods.as_object().unwrap() {
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    role: about["x-role"].as_str().map(ToOwned::to_owned),
                    about: about.clone(),
                });
            }
        }
        operations
    }

    /// One operation.
    pub fn operation(&self, method: &str, path: &str) -> Operation {
        let found = self
            .operations()
            .into_iter()
            .find(|o| o.method == method && o.path == path);
        found.unwrap_or_else(|| panic!("the document lacks {method} {path}"))
    }

    /// What is wrong with a value by a schema; objects may not hold what the document does not describe.
    fn problems(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut components = self.root["components"].clone();
        for component in components["schemas"].as_object_mut().unwrap().values_mut() {
            close(component);
        }
        let mut schema = schema.clone();
        close(&mut schema);
        schema["components"] = components;
        let validator: Validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        validator
            .iter_errors(value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect()
    }

    /// Holds an answer against what the document says of the operation.
    #[track_caller]
    pub fn answers(&self, operation: &Operation, status: u16, body: &Value) {
        let at = format!("{} {} {status}", operation.method, operation.path);
        let mut response = &operation.about["responses"][status.to_string()];
        if let Some(reference) = response["$ref"].as_str() {
            response = self.root.pointer(reference.trim_start_matches('#')).unwrap();
        }
        assert!(response.is_object(), "{at} is not described");
        let kinds = ["application/json", "application/problem+json"];
        let schema = kinds
            .iter()
            .find_map(|kind| response["content"][*kind].get("schema"));
        match schema {
            Some(schema) => assert_eq!(self.problems(schema, body), Vec::<String>::new(), "{at}: {body}"),
            None => assert_eq!(body, &Value::Null, "{at} says it answers nothing"),
        }
    }

    /// Holds a body against what the document says the operation takes.
    #[track_caller]
    pub fn takes(&self, operation: &Operation, body: &Value) {
        let schema = &operation.about["requestBody"]["content"]["application/json"]["schema"];
        let at = format!("{} {}", operation.method, operation.path);
        if schema.is_null() {
            assert_eq!(body, &json!({}), "{at} takes no body");
        } else {
            assert_eq!(self.problems(schema, body), Vec::<String>::new(), "{at}: {body}");
        }
    }
}

/// Closes an object's schema that says which fields there are.
fn close(schema: &mut Value) {
    if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
        schema["additionalProperties"] = false.into();
    }
}
