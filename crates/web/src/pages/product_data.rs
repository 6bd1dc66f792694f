//! What is known of a product, on its page: shown, and changed by a form.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::catalog::{Attribute, Dimensions, Product};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{FieldError, Sku};
use stockbridge_engine::{ProductChange, Refusal};

use super::typed::whole;
use super::{done, product_href};
use crate::api::inventory::sku_of;
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::product::ProductData;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::page(
        Method::POST,
        "/stock/{sku}/data",
        Access::Role(Role::Operator),
        change,
    )]
}

/// What is known, in words and as a person types it.
pub(super) fn data(product: &Product, variants: &[Product]) -> ProductData {
    let details = &product.details;
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        facts.extend(
            value
                .filter(|v| !v.is_empty())
                .map(|value| (name.to_owned(), value)),
        );
    };
    fact("Barcodes", Some(details.barcodes.join(", ")));
    fact("Brand", details.brand.clone());
    fact("Category", details.category.clone());
    fact("Weight", details.weight_g.map(|grams| format!("{grams} g")));
    let sides = details.dimensions_mm;
    fact(
        "Sides",
        sides.map(|s| format!("{} × {} × {} mm", s.length, s.width, s.height)),
    );
    fact("Variant", Some(details.variant_name()));
    for (name, value) in &details.attributes {
        let text = match value {
            Attribute::Bool(true) => "yes".to_owned(),
            Attribute::Bool(false) => "no".to_owned(),
            Attribute::Number(number) => number.to_string(),
            Attribute::Text(text) => text.clone(),
        };
        fact(name, Some(text));
    }
    let options: Vec<String> = details.options.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let side = |side: Option<i64>| side.map(|n| n.to_string()).unwrap_or_default();
    ProductData {
        facts,
        images: details.images.clone(),
        variants: variants
            .iter()
            .filter(|variant| variant.id != product.id)
            .map(|v| {
                (
                    product_href(v.sku.as_str()),
                    v.sku.to_string(),
                    v.details.variant_name(),
                )
            })
            .collect(),
        barcodes: details.barcodes.join("|"),
        brand: details.brand.clone().unwrap_or_default(),
        category: details.category.clone().unwrap_or_default(),
        weight: side(details.weight_g),
        sides: [
            sides.map(|s| s.length),
            sides.map(|s| s.width),
            sides.map(|s| s.height),
        ]
        .map(side),
        parent: details
            .parent
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        options: options.join("|"),
        image_lines: details.images.join("\n"),
        attributes: if details.attributes.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&details.attributes).unwrap_or_default()
        },
    }
}

fn listed(text: &str, separator: char) -> Vec<String> {
    let parts = text
        .split(separator)
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn typed(form: &Form) -> Result<ProductChange, Problem> {
    let sides = ["length", "width", "height"].map(|side| whole(form, &format!("dimensions_mm.{side}")));
    let [length, width, height] = sides;
    let dimensions_mm = match (length?, width?, height?) {
        (Some(length), Some(width), Some(height)) => Some(Dimensions {
            length,
            width,
            height,
        }),
        (None, None, None) => None,
        _ => {
            let message = "give all three sides, or none of them";
            return Err(Problem::field("/dimensions_mm.length", message));
        }
    };
    let parent = form
        .optional("parent")
        .map(|text| Sku::parse(&text).map_err(|error| Problem::field("/parent", error.to_string())))
        .transpose()?;
    let attributes = match form.optional("attributes") {
        None => Ok(std::collections::BTreeMap::new()),
        Some(text) => serde_json::from_str(&text),
    };
    let wrong = "write a JSON object of texts, numbers and true or false, such as {\"colour\": \"red\"}";
    let mut options = std::collections::BTreeMap::new();
    for part in listed(form.get("options"), '|') {
        let Some((name, value)) = part.split_once('=') else {
            let message = "write options as name=value, several with | between, such as size=M|colour=red";
            return Err(Problem::field("/options", message));
        };
        options.insert(name.trim().to_owned(), value.trim().to_owned());
    }
    Ok(ProductChange {
        title: Some(form.get("title").to_owned()),
        barcodes: Some(listed(form.get("barcodes"), '|')),
        brand: Some(form.optional("brand")),
        category: Some(form.optional("category")),
        weight_g: Some(whole(form, "weight_g")?),
        dimensions_mm: Some(dimensions_mm),
        images: Some(listed(form.get("images"), '\n')),
        attributes: Some(attributes.map_err(|_| Problem::field("/attributes", wrong))?),
        parent: Some(parent),
        options: Some(options),
    })
}

async fn change(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let sku = sku_of(&path)?;
    let changed = app.hub().change_product(&caller, &sku, typed(&form)?).await;
    // The form has a field for each side.
    let changed = changed.map_err(|refusal| match refusal {
        Refusal::Fields(fields) => {
            let dotted = |f: FieldError| FieldError::new(f.field.replace('/', "."), f.message);
            Refusal::Fields(fields.into_iter().map(dotted).collect())
        }
        other => other,
    });
    changed?;
    Ok(done(&app, &product_href(sku.as_str()), "Saved."))
}
