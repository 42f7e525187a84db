//! What any dataset is made of, whatever its format: dimensions, variables and attributes.

use std::collections::BTreeMap;

/// An attribute's value. Numbers of every type are held as f64.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// Text.
    Text(String),
    /// One number or several.
    Numbers(Vec<f64>),
}

/// The attributes of a variable or of the whole dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(pub BTreeMap<String, Attribute>);

impl Attributes {
    /// A text attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Attribute::Text(text) => Some(text),
            Attribute::Numbers(_) => None,
        }
    }

    /// A numeric attribute's values.
    pub fn numbers(&self, name: &str) -> Option<&[f64]> {
        match self.0.get(name)? {
            Attribute::Numbers(numbers) => Some(numbers),
            Attribute::Text(_) => None,
        }
    }

    /// A numeric attribute's first value.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers(name)?.first().copied()
    }
}

/// The types that values are stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum StoredType {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
    /// Text, or anything else that is not a number.
    Other,
}

/// A variable as the file declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Names of its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// Their lengths.
    pub shape: Vec<u64>,
    /// What its values are stored as.
    pub stored: StoredType,
    /// The shape of a chunk, where it is chunked.
    pub chunks: Option<Vec<u64>>,
    /// Its attributes.
    pub attributes: Attributes,
}

/// All that can be known of a file or store without reading its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Dimensions and their lengths.
    pub dimensions: Vec<(String, u64)>,
    /// Variables, in the file's order.
    pub variables: Vec<Variable>,
    /// Attributes of the whole.
    pub attributes: Attributes,
}

impl Catalogue {
    /// The variable of this name.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }
}

/// A block of a variable: for each dimension the first index and the count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slab {
    /// First index along each dimension.
    pub start: Vec<u64>,
    /// Number of indices along each dimension.
    pub count: Vec<u64>,
}

/// Values as they are stored: neither scaled nor masked, row-major over the slab.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Stored {
    I8(Vec<i8>),
    U8(Vec<u8>),
    I16(Vec<i16>),
    U16(Vec<u16>),
    I32(Vec<i32>),
    U32(Vec<u32>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}
