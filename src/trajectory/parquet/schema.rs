//! The columns of the long form, and what their metadata says.

use std::collections::HashMap;
use std::sync::Arc;

use ::parquet::basic::{Compression, Encoding, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use ::parquet::schema::types::ColumnPath;
use arrow_schema::{DataType, Field, Schema};
use serde_json::Value;

use super::Damage;
use crate::trajectory::cf::{self, Attributes};
use crate::trajectory::{Metadata, read};

/// Metadata of the file: how many particles the run has.
pub(super) const PARTICLES: &str = "particles";
/// Metadata of the file: the depth that all particles share, if they do.
pub(super) const FIXED_DEPTH: &str = "fixed_depth";
/// Metadata of the file: the output times, as JSON, in the units of `t`.
pub(super) const OUTPUT_TIMES: &str = "output_times";

/// Rows that are compressed together and held in memory until they are, of 49 bytes each and four for
/// each variable that is sampled.
const ROWS_IN_GROUP: usize = 1 << 18;

/// The columns, in the order in which Parcels writes its own, then drogue's, then what is sampled.
pub(super) fn columns(metadata: &Metadata) -> Arc<Schema> {
    let column = |name: &str, data_type, attributes: Attributes| {
        Field::new(name, data_type, false).with_metadata(plain(&attributes))
    };
    let mut obs = Attributes::new();
    obs.insert("long_name".into(), "number of the output time".into());
    let mut file = plain(&cf::file(metadata));
    file.insert(PARTICLES.into(), metadata.particles.to_string());
    if let Some(depth) = metadata.depth {
        file.insert(FIXED_DEPTH.into(), depth.to_string());
    }
    let own = [
        column("t", DataType::Float64, cf::time(metadata, "when the observation was made")),
        column("z", DataType::Float32, cf::depth()),
        column("y", DataType::Float64, cf::y(metadata.mesh)),
        column("x", DataType::Float64, cf::x(metadata.mesh)),
        column("particle_id", DataType::Int64, cf::trajectory()),
        column("obs", DataType::Int32, obs),
        column("status", DataType::UInt8, cf::status()),
        column(
            "release_time",
            DataType::Float64,
            cf::time(metadata, "when the particle is released"),
        ),
    ];
    let sampled = metadata.samples.iter();
    let sampled = sampled.map(|one| column(&one.name, DataType::Float32, cf::sampled(one)));
    let columns: Vec<Field> = own.into_iter().chain(sampled).collect();
    Arc::new(Schema::new_with_metadata(columns, file))
}

/// Attributes as Arrow has them: texts, lists separated by commas.
fn plain(attributes: &Attributes) -> HashMap<String, String> {
    let listed = attributes.iter().map(|(name, value)| {
        let value = match value {
            Value::Array(values) => {
                let texts: Vec<String> = values.iter().map(Value::to_string).collect();
                Value::String(texts.join(", "))
            }
            other => other.clone(),
        };
        (name.clone(), value)
    });
    read::texts(Some(&listed.collect())).into_iter().collect()
}

/// How the columns are encoded.
pub(super) fn properties() -> Result<WriterProperties, Damage> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROWS_IN_GROUP))
        .set_created_by(concat!("drogue ", env!("CARGO_PKG_VERSION")).to_owned());
    // Hardly any position occurs twice, so a dictionary is wasted on them, but neighbours share
    // their high bytes. Ids mostly count up.
    for (name, encoding) in [
        ("x", Encoding::BYTE_STREAM_SPLIT),
        ("y", Encoding::BYTE_STREAM_SPLIT),
        ("particle_id", Encoding::DELTA_BINARY_PACKED),
    ] {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(name), false)
            .set_column_encoding(ColumnPath::from(name), encoding);
    }
    Ok(properties.build())
}
