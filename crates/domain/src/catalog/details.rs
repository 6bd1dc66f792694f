//! What is known of a product beside its SKU, title and price, and what of it cannot be.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Barcode;
use crate::{FieldError, Sku};

/// Most characters of a title.
pub const MAX_TITLE: usize = 500;
/// Most barcodes of a product.
pub const MAX_BARCODES: usize = 10;
/// Most images of a product.
pub const MAX_IMAGES: usize = 20;
/// Heaviest product, in grams: ten tonnes; beyond it a wrong unit is likelier.
const MAX_WEIGHT_G: i64 = 10_000_000;
/// Longest side, in millimetres: a hundred metres.
const MAX_SIDE_MM: i64 = 100_000;
/// Most options of a variant.
const MAX_OPTIONS: usize = 5;
/// Most attributes of a product.
const MAX_ATTRIBUTES: usize = 100;

/// What else is known of a product; everything may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProductDetails {
    /// EANs, UPCs or GTINs, as digits; the first is the main one.
    pub barcodes: Vec<String>,
    /// Brand.
    pub brand: Option<String>,
    /// Category, in the seller's own words, such as `Kitchen > Mugs`.
    pub category: Option<String>,
    /// Weight of one, in grams.
    pub weight_g: Option<i64>,
    /// Its sides.
    pub dimensions_mm: Option<Dimensions>,
    /// Addresses of images.
    pub images: Vec<String>,
    /// Anything else, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// What groups variants of one article: a code of the seller's, no product of its own.
    pub parent: Option<Sku>,
    /// What tells this variant from the others, such as `size` and `colour`.
    pub options: BTreeMap<String, String>,
}

/// The sides of a product, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// The longest, usually.
    pub length: i64,
    /// Across.
    pub width: i64,
    /// Up.
    pub height: i64,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Attribute {
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text.
    Text(String),
}

/// What is wrong with a title.
pub fn title_problem(title: &str) -> Option<FieldError> {
    let fine = (1..=MAX_TITLE).contains(&title.trim().chars().count());
    (!fine).then(|| FieldError::new("title", format!("a title has 1 to {MAX_TITLE} characters")))
}

impl ProductDetails {
    /// Brings barcodes and texts into one form, or says everything that cannot be of the product `sku`.
    ///
    /// # Errors
    /// Every wrong field with its remedy; fields are named as in the API.
    pub fn checked(mut self, sku: &Sku) -> Result<Self, Vec<FieldError>> {
        let mut problems = Vec::new();
        self.barcodes = barcodes(self.barcodes, &mut problems);
        self.brand = text("brand", self.brand, 100, &mut problems);
        self.category = text("category", self.category, 300, &mut problems);
        sizes(&self, &mut problems);
        images(&self.images, &mut problems);
        attributes(&self.attributes, &mut problems);
        variant(&self, sku, &mut problems);
        if problems.is_empty() {
            Ok(self)
        } else {
            Err(problems)
        }
    }

    /// The options in words, such as `blue / M`.
    pub fn variant_name(&self) -> String {
        let values: Vec<&str> = self.options.values().map(String::as_str).collect();
        values.join(" / ")
    }
}

fn barcodes(given: Vec<String>, problems: &mut Vec<FieldError>) -> Vec<String> {
    if given.len() > MAX_BARCODES {
        problems.push(FieldError::new(
            "barcodes",
            format!("a product has at most {MAX_BARCODES} barcodes"),
        ));
    }
    let mut seen = BTreeSet::new();
    let mut good = Vec::new();
    for text in given {
        match Barcode::parse(&text) {
            Err(error) => problems.push(FieldError::new("barcodes", error.to_string())),
            Ok(barcode) => {
                if seen.insert(format!("{:0>14}", barcode.as_str())) {
                    good.push(barcode.to_string());
                }
            }
        }
    }
    good
}

fn text(field: &str, given: Option<String>, most: usize, problems: &mut Vec<FieldError>) -> Option<String> {
    let text = given.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())?;
    if text.chars().count() > most || text.chars().any(char::is_control) {
        let message = format!("at most {most} characters, without line breaks; shorten it");
        problems.push(FieldError::new(field, message));
    }
    Some(text)
}

fn sizes(details: &ProductDetails, problems: &mut Vec<FieldError>) {
    let mut within = |field: &str, given: i64, most: i64, unit: &str| {
        if !(1..=most).contains(&given) {
            let message =
                format!("`{given}` is not from 1 to {most} {unit}; leave it empty when it is not known");
            problems.push(FieldError::new(field, message));
        }
    };
    if let Some(weight) = details.weight_g {
        within("weight_g", weight, MAX_WEIGHT_G, "grams");
    }
    if let Some(sides) = details.dimensions_mm {
        let named = [
            ("length", sides.length),
            ("width", sides.width),
            ("height", sides.height),
        ];
        for (name, side) in named {
            within(&format!("dimensions_mm/{name}"), side, MAX_SIDE_MM, "millimetres");
        }
    }
}

fn images(images: &[String], problems: &mut Vec<FieldError>) {
    if images.len() > MAX_IMAGES {
        problems.push(FieldError::new(
            "images",
            format!("a product has at most {MAX_IMAGES} images"),
        ));
    }
    for url in images {
        let web = url.starts_with("https://") || url.starts_with("http://");
        let plain = !url
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '|');
        if !web || !plain || url.len() > 2_000 {
            let shown: String = url.chars().take(60).collect();
            let message = format!(
                "`{shown}` is no address of an image; it begins with https:// and has no spaces (write %20) and no | \
                 (write %7C)"
            );
            problems.push(FieldError::new("images", message));
        }
    }
}

fn attributes(attributes: &BTreeMap<String, Attribute>, problems: &mut Vec<FieldError>) {
    if attributes.len() > MAX_ATTRIBUTES {
        let message = format!("a product has at most {MAX_ATTRIBUTES} attributes");
        problems.push(FieldError::new("attributes", message));
    }
    for (name, value) in attributes {
        let long = matches!(value, Attribute::Text(text) if text.chars().count() > 2_000);
        let nul = matches!(value, Attribute::Text(text) if text.contains('\0'));
        let named = (1..=100).contains(&name.trim().chars().count()) && !name.chars().any(char::is_control);
        if !named || long || nul {
            let shown: String = name.chars().take(40).collect();
            let message = format!(
                "attribute `{shown}`: a name has 1 to 100 characters, a text at most 2,000; shorten it"
            );
            problems.push(FieldError::new("attributes", message));
        }
    }
}

fn variant(details: &ProductDetails, sku: &Sku, problems: &mut Vec<FieldError>) {
    let mut wrong = |field: &str, message: &str| problems.push(FieldError::new(field, message));
    match &details.parent {
        Some(parent) if parent == sku => wrong(
            "parent",
            "a product cannot be its own parent; the parent is a code that only groups the variants",
        ),
        Some(_) if details.options.is_empty() => wrong(
            "options",
            "a variant has at least one option that tells it from the others, such as size=M",
        ),
        None if !details.options.is_empty() => wrong(
            "parent",
            "options belong to a variant; name the parent that groups it with the others",
        ),
        _ => {}
    }
    if details.options.len() > MAX_OPTIONS {
        wrong("options", "a variant has at most 5 options");
    }
    let fine = |text: &str, most| {
        let length = text.chars().count();
        (1..=most).contains(&length)
            && text.trim() == text
            && !text.chars().any(|c| c.is_control() || matches!(c, '|' | '='))
    };
    for (name, value) in &details.options {
        if !fine(name, 50) || !fine(value, 100) {
            wrong(
                "options",
                "an option is a name of 1 to 50 and a value of 1 to 100 characters, without | and = and without \
                 spaces around",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku() -> Sku {
        Sku::parse("TEA").unwrap()
    }

    fn wrong(details: ProductDetails) -> Vec<String> {
        let problems = details.checked(&sku()).unwrap_err();
        problems.into_iter().map(|p| p.field).collect()
    }

    #[test]
    fn good_details_come_back_in_one_form() {
        let details = ProductDetails {
            barcodes: vec!["4006381 333931".into(), "04006381333931".into()],
            brand: Some("  Nord ".into()),
            category: Some(" ".into()),
            ..ProductDetails::default()
        };
        let checked = details.checked(&sku()).unwrap();
        assert_eq!(checked.barcodes, ["4006381333931"], "one of two spellings");
        assert_eq!((checked.brand.as_deref(), checked.category), (Some("Nord"), None));
    }

    #[test]
    fn everything_that_cannot_be_is_told_at_once() {
        let details = ProductDetails {
            barcodes: vec!["123".into()],
            brand: Some("x".repeat(101)),
            weight_g: Some(-5),
            dimensions_mm: Some(Dimensions {
                length: 10,
                width: 0,
                height: 900_000,
            }),
            images: vec![
                "ftp://x".into(),
                "https://x/a b.png".into(),
                "https://x/a.png".into(),
            ],
            parent: Some(sku()),
            options: BTreeMap::from([("size|".into(), "M".into())]),
            ..ProductDetails::default()
        };
        assert_eq!(
            wrong(details),
            [
                "barcodes",
                "brand",
                "weight_g",
                "dimensions_mm/width",
                "dimensions_mm/height",
                "images",
                "images",
                "parent",
                "options"
            ]
        );
    }

    #[test]
    fn a_variant_has_a_parent_and_options() {
        let parent = Some(Sku::parse("TEAS").unwrap());
        let alone = ProductDetails {
            parent: parent.clone(),
            ..ProductDetails::default()
        };
        assert_eq!(wrong(alone), ["options"]);
        let options = BTreeMap::from([("size".into(), "M".into()), ("colour".into(), "blue".into())]);
        let without = ProductDetails {
            options: options.clone(),
            ..ProductDetails::default()
        };
        assert_eq!(wrong(without), ["parent"]);
        let variant = ProductDetails {
            parent,
            options,
            ..ProductDetails::default()
        };
        assert_eq!(variant.checked(&sku()).unwrap().variant_name(), "blue / M");
    }

    #[test]
    fn attributes_keep_their_kinds() {
        let text = r#"{"attributes":{"n":1.5,"t":"1.5","b":true}}"#;
        let details: ProductDetails = serde_json::from_str(text).unwrap();
        assert_eq!(details.attributes["t"], Attribute::Text("1.5".into()));
        assert_eq!(details.attributes["b"], Attribute::Bool(true));
        assert!(matches!(details.attributes["n"], Attribute::Number(_)));
        assert!(serde_json::from_str::<ProductDetails>(r#"{"attributes":{"x":[1]}}"#).is_err());
    }
}
