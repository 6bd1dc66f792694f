//! Just enough GraphQL: reads one operation with its fragments, prices it, and cuts an answer out of a whole world.
//!
//! The world is JSON in which a connection is written `{"$nodes": […]}`; a field that is not there is an error, as it would
//! be at the real API.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What is asked for of an object.
#[derive(Debug, Clone)]
pub(super) enum Selection {
    Field(Field),
    Spread(String),
    Inline(String, Vec<Selection>),
}

/// One field that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) alias: String,
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) directives: BTreeMap<String, Map<String, Value>>,
    pub(super) selections: Vec<Selection>,
}

/// A whole request.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) mutation: bool,
    pub(super) selections: Vec<Selection>,
    /// Most nodes of a page, whatever is asked for.
    pub(super) most: usize,
    /// Whether it is run as a bulk operation, whose connections have no pages.
    pub(super) bulk: bool,
    fragments: BTreeMap<String, Vec<Selection>>,
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    variables: &'a Map<String, Value>,
}

impl Document {
    /// Reads a request; the error is one sentence.
    pub(super) fn parse(text: &str, variables: &Map<String, Value>) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
            variables,
        };
        let mut document = Self {
            mutation: false,
            selections: Vec::new(),
            most: 250,
            bulk: false,
            fragments: BTreeMap::new(),
        };
        while let Some(token) = parser.peek() {
            match token {
                "fragment" => {
                    parser.next()?;
                    let name = parser.next()?.to_owned();
                    parser.skip(2);
                    let selections = parser.selections()?;
                    document.fragments.insert(name, selections);
                }
                "{" => document.selections = parser.selections()?,
                "query" | "mutation" => {
                    document.mutation = parser.next()? == "mutation";
                    while parser.peek().is_some_and(|t| t != "{") {
                        // Names, and variables with their types: what is missing is null, as nullable variables are.
                        parser.next()?;
                    }
                    document.selections = parser.selections()?;
                }
                other => return Err(format!("`{other}` is not expected here")),
            }
        }
        Ok(document)
    }

    /// The fields asked for of an object of a type.
    pub(super) fn fields<'s>(
        &'s self,
        selections: &'s [Selection],
        of: &str,
    ) -> Result<Vec<&'s Field>, String> {
        let mut fields = Vec::new();
        for selection in selections {
            match selection {
                Selection::Field(field) => fields.push(field),
                Selection::Spread(name) => {
                    let inner = self
                        .fragments
                        .get(name)
                        .ok_or_else(|| format!("no fragment `{name}`"))?;
                    fields.extend(self.fields(inner, of)?);
                }
                Selection::Inline(on, inner) if of.is_empty() || on == of => {
                    fields.extend(self.fields(inner, of)?)
                }
                Selection::Inline(..) => {}
            }
        }
        Ok(fields)
    }

    /// The price before it is run: objects 1, connections 2 and what their page can hold, mutations 10.
    pub(super) fn price(&self, selections: &[Selection]) -> Result<i64, String> {
        let mut price = 0;
        for field in self.fields(selections, "")? {
            if field.selections.is_empty() || field.name == "pageInfo" {
                continue;
            }
            let inner = self.price(&field.selections)?;
            let page = field.arguments.get("first").and_then(Value::as_i64);
            price += match page {
                Some(first) => 2 + first * inner.max(1),
                None if field.name == "nodes" && field.arguments.contains_key("ids") => {
                    let ids = field.arguments["ids"].as_array().map_or(1, Vec::len);
                    i64::try_from(ids).unwrap_or(1) * (1 + inner)
                }
                None => 1 + inner,
            };
        }
        Ok(price)
    }

    /// Cuts what is asked for out of `whole`; adds the objects it holds to `count`.
    pub(super) fn cut(&self, whole: &Value, field: &Field, count: &mut i64) -> Result<Value, String> {
        match whole {
            Value::Array(all) => {
                let first = field
                    .arguments
                    .get("first")
                    .and_then(Value::as_u64)
                    .unwrap_or(u64::MAX);
                let first = usize::try_from(first).unwrap_or(usize::MAX);
                let named = |one: &&Value| match field.arguments.get("names").and_then(Value::as_array) {
                    Some(names) => names.contains(&one["name"]),
                    None => true,
                };
                let some = all.iter().filter(named).take(first);
                let cut: Result<Vec<Value>, String> = some.map(|one| self.cut(one, field, count)).collect();
                Ok(Value::Array(cut?))
            }
            Value::Object(object) if field.selections.is_empty() => Err(format!(
                "Field '{}' must have selections ({})",
                field.name,
                object.len()
            )),
            Value::Object(object) => match object.get("$nodes").and_then(Value::as_array) {
                Some(nodes) => self.page(nodes, field, count),
                None => self.object(object, &field.selections, count),
            },
            scalar => Ok(scalar.clone()),
        }
    }

    fn object(
        &self,
        object: &Map<String, Value>,
        selections: &[Selection],
        count: &mut i64,
    ) -> Result<Value, String> {
        *count += 1;
        let of = object
            .get("__typename")
            .and_then(Value::as_str)
            .unwrap_or("Object");
        let mut cut = Map::new();
        for field in self.fields(selections, of)? {
            let value = object
                .get(&field.name)
                .ok_or_else(|| format!("Field '{}' doesn't exist on type '{of}'", field.name))?;
            cut.insert(field.alias.clone(), self.cut(value, field, count)?);
        }
        Ok(Value::Object(cut))
    }

    /// One page of a connection; the cursor is the place of its last node.
    fn page(&self, nodes: &[Value], field: &Field, count: &mut i64) -> Result<Value, String> {
        let first = field.arguments.get("first").and_then(Value::as_u64);
        let first = first
            .or(self.bulk.then_some(250))
            .ok_or_else(|| format!("you must provide one of first or last on '{}'", field.name))?;
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        if first > 250 {
            return Err("first cannot exceed 250".to_owned());
        }
        let after = field.arguments.get("after").and_then(Value::as_str);
        let begin = match after {
            Some(cursor) => {
                let place = cursor
                    .strip_prefix("cursor-")
                    .and_then(|p| p.parse::<usize>().ok());
                place.ok_or("Invalid cursor for current pagination sort.")?
            }
            None => 0,
        };
        let first = if self.bulk {
            usize::MAX
        } else {
            first.min(self.most)
        };
        let page: Vec<&Value> = nodes.iter().skip(begin).take(first).collect();
        let end = begin + page.len();
        let mut cut = Map::new();
        for wanted in self.fields(&field.selections, "")? {
            let value = match wanted.name.as_str() {
                "nodes" => {
                    let all: Result<Vec<Value>, String> =
                        page.iter().map(|node| self.cut(node, wanted, count)).collect();
                    Value::Array(all?)
                }
                "edges" => {
                    let edge = |node: &&Value| {
                        let edge = json!({"node": node});
                        self.cut(&edge, wanted, count)
                    };
                    let all: Result<Vec<Value>, String> = page.iter().map(edge).collect();
                    Value::Array(all?)
                }
                "pageInfo" => {
                    let info = json!({"hasNextPage": end < nodes.len(),
                        "endCursor": (end > begin).then(|| format!("cursor-{end}"))});
                    self.cut(&info, wanted, &mut 0)?
                }
                other => return Err(format!("Field '{other}' doesn't exist on this connection")),
            };
            cut.insert(wanted.alias.clone(), value);
        }
        Ok(Value::Object(cut))
    }
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Result<&'a str, String> {
        let token = self.peek().ok_or("the document ends too early")?;
        self.at += 1;
        Ok(token)
    }

    fn skip(&mut self, count: usize) {
        self.at += count;
    }

    fn taken(&mut self, token: &str) -> bool {
        let there = self.peek() == Some(token);
        self.at += usize::from(there);
        there
    }

    fn selections(&mut self) -> Result<Vec<Selection>, String> {
        if !self.taken("{") {
            return Err("`{` is expected".to_owned());
        }
        let mut selections = Vec::new();
        while !self.taken("}") {
            selections.push(self.selection()?);
        }
        Ok(selections)
    }

    fn selection(&mut self) -> Result<Selection, String> {
        if self.taken("...") {
            if self.taken("on") {
                let on = self.next()?.to_owned();
                return Ok(Selection::Inline(on, self.selections()?));
            }
            return Ok(Selection::Spread(self.next()?.to_owned()));
        }
        let mut name = self.next()?.to_owned();
        let alias = name.clone();
        if self.taken(":") {
            name = self.next()?.to_owned();
        }
        let arguments = self.arguments()?;
        let mut directives = BTreeMap::new();
        while self.taken("@") {
            let directive = self.next()?.to_owned();
            directives.insert(directive, self.arguments()?);
        }
        let selections = if self.peek() == Some("{") {
            self.selections()?
        } else {
            Vec::new()
        };
        Ok(Selection::Field(Field {
            alias,
            name,
            arguments,
            directives,
            selections,
        }))
    }

    fn arguments(&mut self) -> Result<Map<String, Value>, String> {
        let mut arguments = Map::new();
        if self.taken("(") {
            while !self.taken(")") {
                let name = self.next()?.to_owned();
                if !self.taken(":") {
                    return Err(format!("`{name}` has no value"));
                }
                arguments.insert(name, self.value()?);
            }
        }
        Ok(arguments)
    }

    fn value(&mut self) -> Result<Value, String> {
        let token = self.next()?;
        Ok(match token {
            "$" => {
                let name = self.next()?;
                self.variables.get(name).cloned().unwrap_or(Value::Null)
            }
            "[" => {
                let mut all = Vec::new();
                while !self.taken("]") {
                    all.push(self.value()?);
                }
                Value::Array(all)
            }
            "{" => {
                let mut object = Map::new();
                while !self.taken("}") {
                    let name = self.next()?.to_owned();
                    if !self.taken(":") {
                        return Err(format!("`{name}` has no value"));
                    }
                    object.insert(name, self.value()?);
                }
                Value::Object(object)
            }
            _ => serde_json::from_str(token).unwrap_or_else(|_| json!(token)),
        })
    }
}

/// Names, numbers, texts and signs; commas and comments are nothing.
fn tokens(text: &str) -> Result<Vec<&str>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '#' => {
                let end = rest.find('\n').unwrap_or(rest.len());
                rest = rest[end..].trim_start();
                continue;
            }
            ',' => {
                rest = rest[1..].trim_start();
                continue;
            }
            '"' => closing(rest)?,
            '.' if rest.starts_with("...") => 3,
            '{' | '}' | '(' | ')' | '[' | ']' | ':' | '$' | '@' | '!' | '=' | '|' | '&' => 1,
            c if c.is_ascii_alphanumeric() || c == '_' || c == '-' => rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
                .unwrap_or(rest.len()),
            other => return Err(format!("`{other}` is not expected")),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// The length of a text with its quotes.
fn closing(text: &str) -> Result<usize, String> {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Ok(at + 1),
            _ => {}
        }
    }
    Err("a text does not end".to_owned())
}
