//! What any dataset is made of, whatever its format: dimensions, variables and attributes.

use std::collections::BTreeMap;

/// An attribute's value. Numbers of every type are held as f64; of their type only that is kept on
/// which their meaning depends (CF §8.1).
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// Text.
    Text(String),
    /// One number or several of an integer type.
    Integers(Vec<f64>),
    /// One number or several of a floating type.
    Floats(Vec<f64>),
}

/// The attributes of a variable or of the whole dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(pub BTreeMap<String, Attribute>);

impl Attributes {
    /// A text attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Attribute::Text(text) => Some(text),
            Attribute::Integers(_) | Attribute::Floats(_) => None,
        }
    }

    /// A numeric attribute's values.
    pub fn numbers(&self, name: &str) -> Option<&[f64]> {
        match self.0.get(name)? {
            Attribute::Integers(numbers) | Attribute::Floats(numbers) => Some(numbers),
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
    /// Variables that are declared and cannot be read: why, and what to do, without the name.
    pub unreadable: Vec<(String, String)>,
    /// What the groups inside hold, by their paths; only the root group is read.
    pub groups: Vec<(String, Vec<Variable>)>,
}

impl StoredType {
    /// Bytes of one value; none for [`StoredType::Other`].
    pub fn bytes(self) -> Option<u64> {
        match self {
            Self::I8 | Self::U8 => Some(1),
            Self::I16 | Self::U16 => Some(2),
            Self::I32 | Self::U32 | Self::F32 => Some(4),
            Self::I64 | Self::U64 | Self::F64 => Some(8),
            Self::Other => None,
        }
    }
}

impl Catalogue {
    /// The variable of this name.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// Why the variable of this name cannot be read, where that is known beforehand.
    pub fn why_unreadable(&self, name: &str) -> Option<&str> {
        let mut unreadable = self.unreadable.iter();
        unreadable.find(|(known, _)| known == name).map(|(_, why)| why.as_str())
    }
}

impl Variable {
    /// The name of a dimension that the file gives none: no other variable shares it.
    pub(super) fn own_dimension(variable: &str, index: usize) -> String {
        format!("{variable}_dim_{index}")
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

impl Slab {
    /// All of a variable of this shape.
    pub fn whole(shape: &[u64]) -> Self {
        Self { start: vec![0; shape.len()], count: shape.to_vec() }
    }

    /// Number of values, saturating.
    pub fn values(&self) -> u64 {
        self.count.iter().fold(1, |product, &count| product.saturating_mul(count))
    }

    /// Whether it lies inside a variable of this shape.
    pub fn fits(&self, shape: &[u64]) -> bool {
        self.start.len() == shape.len()
            && self.count.len() == shape.len()
            && (self.start.iter().zip(&self.count).zip(shape)).all(|((&start, &count), &length)| {
                start.checked_add(count).is_some_and(|end| end <= length)
            })
    }
}

/// The block as indices: `[3, 0:52, 0:26]`, ends excluded.
impl std::fmt::Display for Slab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ranges = self.start.iter().zip(&self.count).map(|(start, count)| match count {
            1 => start.to_string(),
            _ => format!("{start}:{}", start.saturating_add(*count)),
        });
        write!(f, "[{}]", ranges.collect::<Vec<_>>().join(", "))
    }
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

/// Runs `$body` with `$values` bound to the vector inside, whatever its type.
macro_rules! each_type {
    ($stored:expr, $values:ident => $body:expr) => {
        match $stored {
            Stored::I8($values) => $body,
            Stored::U8($values) => $body,
            Stored::I16($values) => $body,
            Stored::U16($values) => $body,
            Stored::I32($values) => $body,
            Stored::U32($values) => $body,
            Stored::I64($values) => $body,
            Stored::U64($values) => $body,
            Stored::F32($values) => $body,
            Stored::F64($values) => $body,
        }
    };
}

impl Stored {
    /// So many zeros of this type; `None` for [`StoredType::Other`].
    pub fn zeros(stored: StoredType, values: usize) -> Option<Self> {
        Some(match stored {
            StoredType::I8 => Self::I8(vec![0; values]),
            StoredType::U8 => Self::U8(vec![0; values]),
            StoredType::I16 => Self::I16(vec![0; values]),
            StoredType::U16 => Self::U16(vec![0; values]),
            StoredType::I32 => Self::I32(vec![0; values]),
            StoredType::U32 => Self::U32(vec![0; values]),
            StoredType::I64 => Self::I64(vec![0; values]),
            StoredType::U64 => Self::U64(vec![0; values]),
            StoredType::F32 => Self::F32(vec![0.0; values]),
            StoredType::F64 => Self::F64(vec![0.0; values]),
            StoredType::Other => return None,
        })
    }

    /// Number of values.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        each_type!(self, values => values.len())
    }

    /// The values in memory, in the machine's own byte order.
    pub fn as_bytes(&self) -> &[u8] {
        each_type!(self, values => bytemuck::cast_slice(values))
    }

    /// The values in memory, to be written.
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        each_type!(self, values => bytemuck::cast_slice_mut(values))
    }

    /// The values as f64. Integers below 2^53 are exact; larger ones (times in nanoseconds) are
    /// rounded to the nearest of 53 bits.
    #[expect(clippy::unnecessary_cast, reason = "one of the ten types is f64 already")]
    pub fn to_f64(&self) -> Vec<f64> {
        each_type!(self, values => values.iter().map(|&value| value as f64).collect())
    }
}
