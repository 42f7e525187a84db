//! Variables for this room's unit tests.

use crate::forcing::{Attribute, Attributes, StoredType, Variable};

/// An f64 variable over named dimensions; attributes that read as numbers are numbers, but for
/// `units`.
pub(super) fn variable(
    name: &str,
    dimensions: &[(&str, u64)],
    attributes: &[(&str, &str)],
) -> Variable {
    let attribute = |key: &str, text: &str| match text.parse() {
        Ok(number) if key != "units" => match text.parse::<i64>() {
            Ok(_) => Attribute::Integers(vec![number]),
            Err(_) => Attribute::Floats(vec![number]),
        },
        _ => Attribute::Text(text.to_owned()),
    };
    Variable {
        name: name.to_owned(),
        dimensions: dimensions.iter().map(|(name, _)| (*name).to_owned()).collect(),
        shape: dimensions.iter().map(|&(_, length)| length).collect(),
        stored: StoredType::F64,
        chunks: None,
        attributes: Attributes(
            attributes.iter().map(|&(key, text)| (key.to_owned(), attribute(key, text))).collect(),
        ),
    }
}
