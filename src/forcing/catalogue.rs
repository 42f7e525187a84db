//! What any dataset is made of, whatever its format: dimensions, variables and attributes.

use std::collections::BTreeMap;

use bytes::Bytes;
use num_traits::AsPrimitive;

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

    /// Integers of the same size that are read with the other signedness; other types as they are.
    pub(super) fn other_sign(self) -> Self {
        match self {
            Self::I8 => Self::U8,
            Self::U8 => Self::I8,
            Self::I16 => Self::U16,
            Self::U16 => Self::I16,
            Self::I32 => Self::U32,
            Self::U32 => Self::I32,
            Self::I64 => Self::U64,
            Self::U64 => Self::I64,
            Self::F32 | Self::F64 | Self::Other => self,
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
pub struct Stored {
    kind: StoredType,
    bytes: Bytes,
}

/// Runs `$body` with `$Number` standing for the type of numbers that `$kind` names, which is not
/// [`StoredType::Other`].
macro_rules! each_type {
    ($kind:expr, $Number:ident => $body:expr) => {
        each_type!(@ $kind, $Number => $body; I8 i8, U8 u8, I16 i16, U16 u16, I32 i32, U32 u32,
            I64 i64, U64 u64, F32 f32, F64 f64)
    };
    (@ $kind:expr, $Number:ident => $body:expr; $($name:ident $number:ty),*) => {
        match $kind {
            $($crate::forcing::StoredType::$name => {
                type $Number = $number;
                $body
            })*
            $crate::forcing::StoredType::Other => unreachable!("only numbers are read"),
        }
    };
}
pub(super) use each_type;

impl Stored {
    /// Values of this type, `bytes` being in the machine's own byte order. `None` for
    /// [`StoredType::Other`], and where the last value is cut off.
    pub fn new(kind: StoredType, bytes: impl Into<Bytes>) -> Option<Self> {
        let bytes = bytes.into();
        let is_whole = bytes.len().is_multiple_of(kind.bytes()? as usize);
        is_whole.then_some(Self { kind, bytes })
    }

    /// The type of the values.
    pub fn kind(&self) -> StoredType {
        self.kind
    }

    /// The values in memory, in the machine's own byte order. They need not be aligned.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The values as f64. Integers below 2^53 are exact; larger ones (times in nanoseconds) are
    /// rounded to the nearest of 53 bits.
    pub fn to_f64(&self) -> Vec<f64> {
        each_type!(self.kind, Number => {
            let values = self.bytes.chunks_exact(size_of::<Number>());
            values.map(|value| bytemuck::pod_read_unaligned::<Number>(value).as_()).collect()
        })
    }
}
