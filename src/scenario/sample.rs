//! `[physics] sample` and `[sample.…]`: fields whose values are kept along the trajectories.

use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use toml::de::DeValue;

use super::error::Fault;
use super::forcing::within;
use super::reader::{Read, Table, Value};
use super::values;
use crate::time::CivilTime;
use crate::trajectory::Sampled;

/// A field whose value is kept at each observation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sample {
    /// Its name in the output.
    pub name: String,
    /// Its variable, by name or CF standard name.
    pub variable: String,
    /// The files that hold it; none for those of the forcing, and then what is not said here is as it
    /// is said there, as far as it fits the variable.
    pub data: Vec<String>,
    /// Name of its longitude (or x) coordinate: key `lon` or `x`.
    pub x: Option<String>,
    /// Name of its latitude (or y) coordinate: key `lat` or `y`.
    pub y: Option<String>,
    /// Name of its time coordinate.
    pub time: Option<String>,
    /// Name of the variable that says where on its points land is.
    pub mask: Option<String>,
    /// Number of the level to take, from 0 in the file's order; `None`: where the particle is.
    pub level: Option<u64>,
    /// Start of times whose units name no date.
    pub epoch: Option<CivilTime>,
    /// Files with its coordinates or its mask, where those with the variable lack them.
    pub grid: Vec<String>,
    /// Whether one snapshot is held for the whole run.
    pub steady: bool,
    /// Whether times may be missing within the data: `gaps = "allow"`.
    pub allow_gaps: bool,
    /// Whether a chunk that a Zarr store does not hold is all fill value: `missing_chunks = "fill"`.
    pub fill_missing_chunks: bool,
}

impl Sample {
    /// The variable of this name in the forcing's own files, kept under its name.
    pub fn of(variable: impl Into<String>) -> Self {
        let variable = variable.into();
        Self { name: variable.clone(), variable, ..Self::default() }
    }
}

/// A field and where the scenario names it.
pub(super) type Named = (Sample, Range<usize>);

/// Those of a list of names.
pub(super) fn names(value: &Value<'_>) -> Read<Vec<Named>> {
    let one = |value: &Value<'_>| {
        let sample = Sample::of(values::name(value)?);
        check_name(&sample.name, value.span())?;
        Ok((sample, value.span()))
    };
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(one).collect(),
        _ => Ok(vec![one(value)?]),
    }
}

/// Those that have a table each.
pub(super) fn tables(table: Table<'_>, folder: &Path) -> Vec<Named> {
    table
        .into_tables("NAME")
        .into_iter()
        .map(|(name, span, table)| {
            if let Err(fault) = check_name(&name, span.clone()) {
                table.fault(fault);
            }
            (read(name, table, folder), span)
        })
        .collect()
}

/// That each has a name of its own, and is written somewhere.
pub(super) fn check(samples: &[Named], has_output: bool, table: &Table<'_>) {
    for (number, (sample, span)) in samples.iter().enumerate() {
        if samples[..number].iter().any(|(earlier, _)| earlier.name == sample.name) {
            let message = format!("`{}` is sampled twice", sample.name);
            table.fault(Fault::at(span.clone(), message).help("leave one of them out"));
        }
    }
    if let (Some((sample, span)), false) = (samples.first(), has_output) {
        let message = format!("`{}` is sampled and written nowhere", sample.name);
        let help = "add [output] with `path`, or sample nothing";
        table.fault(Fault::at(span.clone(), message).help(help));
    }
}

fn check_name(name: &str, span: Range<usize>) -> Read<()> {
    Sampled::why_not_named(name).map_or(Ok(()), |why| {
        let help = format!(
            "give it another name: a table [sample.NAME] with variable = \"{}\"",
            name.escape_default()
        );
        Err(Fault::at(span, format!("`{name}` {why}")).help(help))
    })
}

fn read(name: String, mut table: Table<'_>, folder: &Path) -> Sample {
    let gaps = values::choice(&[("refuse", false), ("allow", true)], &[]);
    let missing_chunks = values::choice(&[("refuse", false), ("fill", true)], &[]);
    let data = table.optional(&["data"], values::texts);
    let of_files = [
        table.entry(&["grid"]).is_some(),
        table.entry(&["gaps"]).is_some(),
        table.entry(&["missing_chunks"]).is_some(),
    ];
    if data.is_none() && of_files.contains(&true) {
        table.fault(Fault {
            message: "`grid`, `gaps` and `missing_chunks` speak of the files that `data` names, and it names none".to_owned(),
            span: table.span(),
            help: Some("say it in the forcing's table, or add `data`".to_owned()),
        });
    }
    let variable = table.optional(&["variable"], values::name);
    let paths = |sources: Option<Vec<String>>| -> Vec<String> {
        sources.unwrap_or_default().iter().map(|source| within(folder, source)).collect()
    };
    let sample = Sample {
        variable: variable.unwrap_or_else(|| name.clone()),
        name,
        data: paths(data),
        x: table.optional(&["lon", "x"], values::name),
        y: table.optional(&["lat", "y"], values::name),
        time: table.optional(&["time"], values::name),
        mask: table.optional(&["mask"], values::name),
        level: table.optional(&["level"], values::whole),
        epoch: table.optional(&["epoch"], values::time),
        grid: paths(table.optional(&["grid"], values::texts)),
        steady: table.optional(&["steady"], values::flag).unwrap_or(false),
        allow_gaps: table.optional(&["gaps"], gaps).unwrap_or(false),
        fill_missing_chunks: table.optional(&["missing_chunks"], missing_chunks).unwrap_or(false),
    };
    table.finish();
    sample
}
