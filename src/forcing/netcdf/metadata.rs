//! From the reader's idea of a file to a [`Catalogue`].

use netcdf_reader::{NcAttrValue, NcAttribute, NcFile, NcGroup, NcType, NcVariable};

use std::collections::HashMap;

use crate::forcing::source::Array;
use crate::forcing::{Attribute, Attributes, Catalogue, StoredType, Variable};

/// What the root group holds, and the names of what other groups do.
pub(super) fn catalogue(
    file: &NcFile,
    arrays: &HashMap<String, Result<Array, String>>,
) -> Result<Catalogue, netcdf_reader::Error> {
    let root = file.root_group()?;
    let chunks = |variable: &NcVariable| match arrays.get(&variable.name) {
        // Tiles of what has no chunks are drogue's own idea.
        Some(Ok(array)) if !array.tiling.is_clipped() => Some(array.tiling.tile().to_vec()),
        _ => None,
    };
    let mut groups = Vec::new();
    list_groups(&root.groups, "", &mut groups);
    Ok(Catalogue {
        dimensions: root.dimensions.iter().map(|dim| (dim.name.clone(), dim.size)).collect(),
        variables: (root.variables.iter()).map(|found| variable(found, chunks(found))).collect(),
        attributes: attributes(&root.attributes),
        unreadable: Vec::new(),
        groups,
    })
}

fn list_groups(groups: &[NcGroup], parent: &str, listed: &mut Vec<(String, Vec<Variable>)>) {
    for group in groups {
        let path = format!("{parent}/{}", group.name.rsplit('/').next().unwrap_or_default());
        // Chunks are known of the root group alone.
        let variables = group.variables.iter().map(|found| variable(found, None));
        listed.push((path.clone(), variables.collect()));
        list_groups(&group.groups, &path, listed);
    }
}

fn variable(found: &NcVariable, chunks: Option<Vec<u64>>) -> Variable {
    Variable {
        name: found.name.clone(),
        dimensions: found.dimensions.iter().map(|dim| dim.name.clone()).collect(),
        shape: shape(found),
        stored: stored_type(&found.dtype),
        chunks,
        attributes: attributes(&found.attributes),
    }
}

pub(super) fn shape(found: &NcVariable) -> Vec<u64> {
    found.dimensions.iter().map(|dim| dim.size).collect()
}

pub(super) fn stored_type(dtype: &NcType) -> StoredType {
    match dtype {
        NcType::Byte => StoredType::I8,
        NcType::UByte => StoredType::U8,
        NcType::Short => StoredType::I16,
        NcType::UShort => StoredType::U16,
        NcType::Int => StoredType::I32,
        NcType::UInt => StoredType::U32,
        NcType::Int64 => StoredType::I64,
        NcType::UInt64 => StoredType::U64,
        NcType::Float => StoredType::F32,
        NcType::Double => StoredType::F64,
        NcType::Char
        | NcType::String
        | NcType::Enum { .. }
        | NcType::Compound { .. }
        | NcType::Opaque { .. }
        | NcType::Array { .. }
        | NcType::VLen { .. } => StoredType::Other,
    }
}

fn attributes(found: &[NcAttribute]) -> Attributes {
    let known = found.iter().filter_map(|attribute| {
        let value = match &attribute.value {
            NcAttrValue::Chars(text) => Attribute::Text(trimmed(text)),
            NcAttrValue::Strings(texts) => Attribute::Text(trimmed(&texts.join(" "))),
            floats @ (NcAttrValue::Floats(_) | NcAttrValue::Doubles(_)) => {
                Attribute::Floats(floats.as_f64_vec()?)
            }
            integers => Attribute::Integers(integers.as_f64_vec()?),
        };
        Some((attribute.name.clone(), value))
    });
    Attributes(known.collect())
}

/// C programs often write the terminating zero byte as part of the text.
fn trimmed(text: &str) -> String {
    text.trim_end_matches('\0').to_owned()
}
