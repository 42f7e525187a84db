//! Which level a 2-D run takes.

use super::error::level_at;
use super::kind::is_terrain_following;
use super::layout::Layout;
use super::packing::Unpacker;
use super::units;
use super::{CfError, Choice, Level, Read, Unserved, read_coordinate};
use crate::forcing::Variable;

/// A single level serves requests this near to it (m), however shallow it is: surface currents are
/// given for the uppermost metre.
const SURFACE: f64 = 1.0;

/// The level nearest to the depth asked for, or to the surface; `None` where the velocity has no
/// levels.
///
/// # Errors
/// [`CfError::NoLevelNumber`] for a level that is not there, [`CfError::NoLevel`] where the depth lies
/// more than half a level beyond the ends, and [`Unserved::Levels`] where there are several levels at
/// no fixed depth.
pub(super) fn choose(
    u: &Variable,
    layout: &Layout<'_>,
    choice: &Choice,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<Level>, CfError> {
    let Some((dimension, count, coordinate)) = layout.level else {
        if let Some(depth) = choice.depth {
            notes.push(format!("`{}` has no levels: {} has no effect", u.name, level_at(depth)));
        }
        return Ok(None);
    };
    if let Some(index) = choice.level {
        return numbered(u, index, count, coordinate, read, notes).map(Some);
    }
    if choice.depth.is_none()
        && count > 1
        && let Some(coordinate) = coordinate.filter(|coordinate| follows_terrain(coordinate))
    {
        // Others count their levels, or go from the top of the air down to 1.
        let mut values = read_coordinate(coordinate, read)?;
        // Where s is another at each point, the order of levels is the same at all of them.
        let each = values.len() / count as usize;
        values = values.into_iter().step_by(each.max(1)).collect();
        if values.iter().all(|s| (-1.0..=0.0).contains(s)) {
            return uppermost(coordinate, &values, notes).map(Some);
        }
    }
    let what = match coordinate {
        None => Some("have no coordinate variable to tell their depth"),
        Some(coordinate) => not_a_depth(coordinate),
    };
    let Some(coordinate) = coordinate.filter(|_| what.is_none()) else {
        if count > 1 {
            return Err(Unserved::Levels {
                variable: u.name.clone(),
                dimension: dimension.to_owned(),
                count,
                what: what.unwrap_or_default(),
            }
            .into());
        }
        if let Some(depth) = choice.depth {
            notes.push(format!(
                "`{}` has one level at no known depth: {} has no effect",
                u.name,
                level_at(depth)
            ));
        }
        return Ok(None);
    };
    let depths = depths(coordinate, read, notes)?;
    let Some(index) = nearest(&depths, choice.depth.unwrap_or(0.0)) else {
        return Err(CfError::Coordinate {
            variable: coordinate.name.clone(),
            why: "has no values".to_owned(),
        });
    };
    if let Some(depth) = choice.depth {
        let shallowest = depths.iter().copied().fold(f64::INFINITY, f64::min);
        let deepest = depths.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let beyond = (shallowest - depth).max(depth - deepest);
        if depth.is_nan() || beyond > reach(&depths, index) {
            let variable = coordinate.name.clone();
            return Err(CfError::NoLevel { variable, depth, shallowest, deepest });
        }
    }
    if count > 1 {
        let at = level_at(depths[index]);
        notes.push(format!(
            "took the level at {at} of {count} along `{dimension}`; `vertical` takes all of them"
        ));
    }
    Ok(Some(Level {
        variable: Some(coordinate.name.clone()),
        index: index as u64,
        depth: Some(depths[index]),
    }))
}

/// The level that the scenario gives by its number.
fn numbered(
    u: &Variable,
    index: u64,
    count: u64,
    coordinate: Option<&Variable>,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<Level, CfError> {
    if index >= count {
        return Err(CfError::NoLevelNumber { variable: u.name.clone(), level: index, count });
    }
    let depth = match coordinate.filter(|coordinate| not_a_depth(coordinate).is_none()) {
        Some(coordinate) => depths(coordinate, read, notes)?.get(index as usize).copied(),
        None => None,
    };
    Ok(Level { variable: coordinate.map(|coordinate| coordinate.name.clone()), index, depth })
}

/// The level next to the surface of those that follow the terrain: the one whose s or sigma is
/// nearest to 0.
fn uppermost(
    coordinate: &Variable,
    values: &[f64],
    notes: &mut Vec<String>,
) -> Result<Level, CfError> {
    let nearest = values.iter().enumerate().min_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let Some((index, value)) = nearest else {
        let why = "has no values".to_owned();
        return Err(CfError::Coordinate { variable: coordinate.name.clone(), why });
    };
    notes.push(format!(
        "took level {index} of {} along `{}`, the uppermost, whose s is {value:.4} (0 is the surface, -1 the bottom); `vertical` takes all of them",
        values.len(),
        coordinate.name
    ));
    Ok(Level { variable: Some(coordinate.name.clone()), index: index as u64, depth: None })
}

pub(super) fn follows_terrain(coordinate: &Variable) -> bool {
    let name = coordinate.name.to_lowercase();
    coordinate.attributes.0.contains_key("formula_terms")
        || coordinate.attributes.text("standard_name").is_some_and(is_terrain_following)
        || name.starts_with("s_rho")
        || name.starts_with("sig")
}

/// What the levels of a vertical coordinate are, where they are no depths.
pub(super) fn not_a_depth(coordinate: &Variable) -> Option<&'static str> {
    let text =
        |name: &str| coordinate.attributes.text(name).map_or(String::new(), str::to_lowercase);
    let (standard_name, units, name) =
        (text("standard_name"), text("units"), coordinate.name.to_lowercase());
    if follows_terrain(coordinate) {
        return Some("follow the terrain (s or sigma coordinates)");
    }
    if units::is_pressure(&units) || standard_name.contains("pressure") {
        return Some("are levels of pressure");
    }
    if units::length(&units).is_some() {
        return None;
    }
    let says_depth = name.starts_with("depth") || standard_name == "depth";
    if units.is_empty() && says_depth {
        return None;
    }
    Some("are numbered layers, not depths in metres")
}

/// Depths in metres, positive down.
pub(super) fn depths(
    coordinate: &Variable,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<f64>, CfError> {
    let text =
        |name: &str| coordinate.attributes.text(name).map_or(String::new(), str::to_lowercase);
    let scale = match units::length(&text("units")) {
        Some(scale) => scale,
        None => {
            notes.push(format!("`{}` has no units: taken as metres", coordinate.name));
            1.0
        }
    };
    let unpacker = Unpacker::of(coordinate)?;
    let mut values = Vec::new();
    for (index, stored) in read_coordinate(coordinate, read)?.into_iter().enumerate() {
        let value = unpacker
            .unpack(stored, coordinate.stored)
            .filter(|value| value.is_finite())
            .ok_or_else(|| CfError::Coordinate {
                variable: coordinate.name.clone(),
                why: format!("value {index} is missing"),
            })?;
        values.push(value * scale);
    }
    let name = text("standard_name");
    let is_height = name.starts_with("height") || name == "altitude" || text("positive") == "up";
    // Many files say that depth is positive down, or nothing, and hold negative numbers.
    let all_below = values.iter().all(|&z| z <= 0.0) && values.iter().any(|&z| z < 0.0);
    let up = if all_below { true } else { is_height };
    if all_below && text("positive") == "down" {
        notes.push(format!(
            "`{}` says positive down and holds negative numbers: taken as heights below the surface",
            coordinate.name
        ));
    }
    // Not `-z` alone: that would give a depth of minus nought.
    Ok(values.into_iter().map(|z| if up { 0.0 - z } else { z }).collect())
}

fn nearest(depths: &[f64], depth: f64) -> Option<usize> {
    let distance = |index: &usize| (depths[*index] - depth).abs();
    (0..depths.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// How far beyond the end level `index` a depth may lie and still be served by it: half as far as
/// the next level lies on the other side.
fn reach(depths: &[f64], index: usize) -> f64 {
    let others = depths.iter().enumerate().filter(|&(other, _)| other != index);
    let gap = others.map(|(_, depth)| (depth - depths[index]).abs()).fold(f64::NAN, f64::min);
    if gap.is_nan() { depths[index].abs().max(SURFACE) } else { (gap / 2.0).max(SURFACE) }
}
