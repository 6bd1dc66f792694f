//! Issues: what Amazon holds against a listing or a submission.

use serde_json::{Value, json};

use crate::world::ListingIssue;

/// The code Amazon's own model uses in its example of refused attributes.
const INVALID_ATTRIBUTES: &str = "90000900";

/// One issue of a submission.
pub(super) fn submission_issue(attribute: &str, message: &str) -> Value {
    issue(attribute, message)
}

/// An issue that stays with a listing, in each of `marketplaces`.
pub(super) fn listing_issue(found: &ListingIssue, marketplaces: &[String]) -> Value {
    let mut out = issue(&found.attribute, &found.message);
    out["marketplaceIds"] = json!(marketplaces);
    out
}

fn issue(attribute: &str, message: &str) -> Value {
    json!({
        "code": INVALID_ATTRIBUTES,
        "message": message,
        "severity": "ERROR",
        "attributeNames": [attribute],
        "categories": ["INVALID_ATTRIBUTE"],
    })
}
