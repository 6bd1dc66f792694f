//! Extractors that answer what is wrong as problems naming the field, in place of axum's own.

use std::fmt;
use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use stockbridge_engine::Caller;
use stockbridge_store::{Page, PageQuery};

use crate::problem::Problem;

/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY: usize = 2 * 1024 * 1024;

/// The largest body that is a file, or a form with one.
pub(crate) const MAX_UPLOAD: usize = stockbridge_engine::MAX_FILE + 64 * 1024;

/// A body that is a file; what it is, its content says.
#[derive(Debug)]
pub(crate) struct FileBody(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for FileBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| body_problem(&error))?;
        Ok(Self(body.to_vec()))
    }
}

/// A JSON body, or a JSON answer.
#[derive(Debug)]
pub(crate) struct ApiJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if !kind.is_empty() && !kind.starts_with("application/json") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "/docs#malformed",
                "Send JSON",
                "The body has to be JSON; send `Content-Type: application/json`.",
            ));
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| body_problem(&error))?;
        read_json(&body).map(Self)
    }
}

/// A JSON body that may be left out.
#[derive(Debug)]
pub(crate) struct Sent<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let FileBody(body) = FileBody::from_request(request, state).await?;
        match body.trim_ascii() {
            b"" => Ok(Self(T::default())),
            body => read_json(body).map(Self),
        }
    }
}

/// What to say when a body could not be received.
pub(crate) fn body_problem(error: &BytesRejection) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large()
    } else {
        Problem::malformed("The body did not arrive whole; send it again.")
    }
}

/// Reads JSON, saying where it is wrong.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let value: serde_json::Value = serde_json::from_slice(body)
        .map_err(|error| Problem::malformed(format!("The body is not JSON: {error}")))?;
    serde_path_to_error::deserialize(&value).map_err(|error| {
        let (pointer, message) = place_and_words(&error);
        Problem::field(pointer, message)
    })
}

/// Where an error of serde is, as a JSON pointer, and what it says, in words for people.
fn place_and_words(error: &serde_path_to_error::Error<serde_json::Error>) -> (String, String) {
    let mut pointer = String::new();
    for segment in error.path() {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer = format!("{pointer}/{part}");
    }
    let message = error.inner().to_string();
    // A missing or unknown field is told at the object around it.
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|lead| message.split_once(lead))
        .and_then(|(_, rest)| rest.split('`').next());
    if let Some(name) = named
        && !pointer.ends_with(&format!("/{name}"))
    {
        pointer = format!("{pointer}/{name}");
    }
    let words = [
        ("expected i64", "expected a whole number"),
        ("expected u64", "expected a whole number, not negative"),
        ("expected u32", "expected a whole number, not negative"),
    ];
    let plain = words
        .iter()
        .fold(message, |text, (rust, people)| text.replace(rust, people));
    (pointer, plain)
}

impl<T: Serialize> IntoResponse for ApiJson<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Problem::internal().into_response()
            }
        }
    }
}

/// Parameters of the query.
#[derive(Debug)]
pub(crate) struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = form_pairs(parts.uri.query().unwrap_or_default().as_bytes());
        let mut object = serde_json::Map::new();
        for (name, value) in pairs {
            // A form sends empty fields too; they mean "not given".
            if !value.is_empty() {
                object.insert(name, value.into());
            }
        }
        serde_path_to_error::deserialize(serde_json::Value::Object(object))
            .map(Self)
            .map_err(|error| {
                let (pointer, message) = place_and_words(&error);
                Problem::field(format!("/query{pointer}"), message)
            })
    }
}

/// `a=1&b=2`, decoded.
pub(crate) fn form_pairs(text: &[u8]) -> Vec<(String, String)> {
    let decode = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        percent_encoding::percent_decode(&spaced)
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            (
                decode(&pair[..at]),
                decode(pair.get(at + 1..).unwrap_or_default()),
            )
        })
        .collect()
}

/// The parameters of the path by name.
#[derive(Debug)]
pub(crate) struct ApiPath(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for ApiPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found("The address cannot be read; percent-encode it as UTF-8."))?;
        Ok(Self(
            params.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        ))
    }
}

impl ApiPath {
    /// A parameter as text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// An id.
    ///
    /// # Errors
    /// 404 when the text is no such id: nothing can have it.
    pub(crate) fn id<I: FromStr>(&self, name: &str) -> Result<I, Problem>
    where
        I::Err: fmt::Display,
    {
        self.text(name)
            .parse()
            .map_err(|error: I::Err| Problem::not_found(error.to_string()))
    }
}

/// Who asks. There only behind the guard.
#[derive(Debug, Clone)]
pub(crate) struct Who(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(Problem::unauthenticated)
    }
}

/// How much of a list is wanted, for the store.
///
/// # Errors
/// As [`Paging::query`].
pub(crate) fn page_query(limit: Option<String>, cursor: Option<String>) -> Result<PageQuery, Problem> {
    Paging { limit, cursor }.query()
}

/// How much of a list is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paging {
    /// As typed.
    pub limit: Option<String>,
    /// As given before.
    pub cursor: Option<String>,
}

impl Paging {
    /// For the store.
    ///
    /// # Errors
    /// A limit that is no number from 1 to 200.
    pub(crate) fn query(self) -> Result<PageQuery, Problem> {
        let limit = match self.limit {
            None => 50,
            Some(text) => text
                .parse()
                .ok()
                .filter(|n| (1..=200).contains(n))
                .ok_or_else(|| {
                    Problem::field(
                        "/query/limit",
                        format!("`{text}` is not a whole number from 1 to 200"),
                    )
                })?,
        };
        Ok(PageQuery {
            limit,
            cursor: self.cursor,
        })
    }
}

/// A page of a list as the API gives it.
#[derive(Debug, Serialize)]
pub(crate) struct List<T> {
    /// The things.
    pub data: Vec<T>,
    /// Send it back as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self {
            data: page.items,
            next_cursor: page.next,
        }
    }
}

impl<T> List<T> {
    /// A list that is always whole.
    pub(crate) fn whole(data: Vec<T>) -> ApiJson<Self> {
        ApiJson(Self {
            data,
            next_cursor: None,
        })
    }
}

/// Reads a value of a query, naming the parameter when it is none.
///
/// # Errors
/// 422 with what the parameter has to be.
pub(crate) fn parsed<T: FromStr>(name: &str, text: Option<String>) -> Result<Option<T>, Problem>
where
    T::Err: fmt::Display,
{
    text.map(|t| {
        t.parse()
            .map_err(|e: T::Err| Problem::field(format!("/query/{name}"), e.to_string()))
    })
    .transpose()
}

/// Reads one of a closed set of words from a query.
///
/// # Errors
/// 422 that lists the words.
pub(crate) fn one_of<T: Copy + fmt::Display>(
    name: &str,
    text: Option<String>,
    all: &[T],
) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    all.iter()
        .copied()
        .find(|v| v.to_string() == text)
        .map(Some)
        .ok_or_else(|| {
            let words: Vec<String> = all.iter().map(ToString::to_string).collect();
            Problem::field(
                format!("/query/{name}"),
                format!("`{text}` is none of {}", words.join(", ")),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Body {
        sku: stockbridge_domain::Sku,
        count: Option<u32>,
        inner: Option<Box<Body>>,
    }

    fn problem(body: &str) -> Problem {
        read_json::<Body>(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn what_is_wrong_with_json_is_pointed_at() {
        assert_eq!(problem("{\"sku\": ").status, 400);
        let place = |body: &str| problem(body).errors[0].pointer.clone();
        assert_eq!(place("{}"), "/sku");
        assert_eq!(place(r#"{"sku": "A", "skew": 1}"#), "/skew");
        assert_eq!(
            place(r#"{"sku": "A", "inner": {"sku": "B", "skew": 1}}"#),
            "/inner/skew"
        );
        assert_eq!(place(r#"{"sku": "A", "count": "many"}"#), "/count");
        assert_eq!(place(r#"{"sku": "A", "count": -2}"#), "/count");
        assert_eq!(place(r#"{"sku": "A", "count": 1.5}"#), "/count");
        assert_eq!(
            place(r#"{"sku": "A", "count": 1, "inner": {"sku": "B", "count": 1.5}}"#),
            "/inner/count"
        );
        assert_eq!(place(r#"{"sku": "A", "inner": {}}"#), "/inner/sku");
        assert_eq!(place(r#""text""#), "");
        let whole = problem(r#"{"sku": "A", "count": 1.5}"#).errors[0].message.clone();
        assert!(whole.contains("whole number"), "{whole}");
    }

    #[test]
    fn forms_are_decoded() {
        let pairs = form_pairs(b"a=1+2&b=%26%3D&c&&d=\xff");
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("a", "1 2"), ("b", "&="), ("c", ""), ("d", "\u{fffd}")]);
    }

    #[test]
    fn limits_are_checked() {
        let limit = |text: &str| {
            Paging {
                limit: Some(text.into()),
                cursor: None,
            }
            .query()
        };
        assert_eq!(limit("200").unwrap().limit, 200);
        for bad in ["0", "201", "-1", "x", "1.5"] {
            assert_eq!(limit(bad).unwrap_err().errors[0].pointer, "/query/limit", "{bad}");
        }
    }
}
