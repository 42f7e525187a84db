//! Longitude and latitude, or x and y, as ascending axes.

use super::packing::Unpacker;
use super::units::{self, Degrees};
use super::{AxisVariable, CfError, Horizontal, NodesVariables, Read};
use crate::forcing::Variable;
use crate::grid::Mesh;

/// Reads the coordinate variable of an axis, `is_x` for the first, as ascending degrees or metres.
///
/// # Errors
/// [`CfError::Coordinate`] for units that contradict the mesh, missing values, and an order that is
/// neither ascending nor descending.
pub(super) fn axis(
    variable: &Variable,
    is_x: bool,
    mesh: Mesh,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<AxisVariable, CfError> {
    let nodes = values(variable, is_x, mesh, read, notes)?;
    in_order(&variable.name, nodes, is_x, mesh, notes)
}

/// The same of values that are read already.
fn in_order(
    name: &str,
    mut nodes: Vec<f64>,
    is_x: bool,
    mesh: Mesh,
    notes: &mut Vec<String>,
) -> Result<AxisVariable, CfError> {
    let refuse = |why: String| CfError::Coordinate { variable: name.to_owned(), why };
    if let Some(index) = nodes.iter().position(|value| !value.is_finite()) {
        return Err(refuse(format!("value {index} is missing")));
    }
    if nodes.len() < 2 {
        return Err(refuse(format!(
            "has {} value: a grid needs two at least to interpolate between",
            nodes.len()
        )));
    }
    if is_x && mesh != Mesh::Flat && unwrap_longitudes(&mut nodes) {
        notes.push(format!("`{name}` crosses the meridian where longitudes begin: joined there",));
    }
    let flipped = nodes[1] < nodes[0];
    if flipped {
        nodes.reverse();
    }
    if let Some(index) = nodes.windows(2).position(|pair| pair[1] <= pair[0]) {
        return Err(refuse(format!(
            "is neither ascending nor descending: {} is followed by {}{}",
            nodes[index],
            nodes[index + 1],
            if flipped { " (read from its end)" } else { "" }
        )));
    }
    Ok(AxisVariable { name: name.to_owned(), nodes, flipped })
}

/// The axes of nodes whose longitude is the same all along a column, and whose latitude all along a row; `None`
/// where that is not so, or they are no axes.
pub(super) fn axes_of(
    nodes: &NodesVariables,
    mesh: Mesh,
    notes: &mut Vec<String>,
) -> Option<Horizontal> {
    let NodesVariables { longitude, latitude, longitudes, latitudes, columns, .. } = nodes;
    let first_row = longitudes.get(..*columns)?;
    let is_product = longitudes.chunks_exact(*columns).all(|row| row == first_row)
        && latitudes.chunks_exact(*columns).all(|row| row.iter().all(|&y| y == row[0]));
    if !is_product {
        return None;
    }
    let first_column = latitudes.iter().step_by(*columns).copied().collect();
    let mut of_axes = Vec::new();
    let x = in_order(longitude, first_row.to_vec(), true, mesh, &mut of_axes).ok()?;
    let y = in_order(latitude, first_column, false, mesh, &mut of_axes).ok()?;
    notes.append(&mut of_axes);
    notes.push(format!(
        "`{longitude}` and `{latitude}` repeat one row and one column: taken as the two axes that they are"
    ));
    Some(Horizontal::Axes { x, y })
}

/// All values of a coordinate, `is_x` for the first, in degrees or metres; NaN where missing.
///
/// # Errors
/// [`CfError::Coordinate`] for units that contradict the mesh.
pub(super) fn values(
    variable: &Variable,
    is_x: bool,
    mesh: Mesh,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<f64>, CfError> {
    let scale = scale(variable, is_x, mesh, notes)?;
    let unpacker = Unpacker::of(variable)?;
    let stored = super::read_coordinate(variable, read)?;
    let unpacked = stored.into_iter().map(|value| {
        unpacker.unpack(value, variable.stored).map_or(f64::NAN, |value| value * scale)
    });
    Ok(unpacked.collect())
}

/// What to multiply values by to have degrees or metres.
fn scale(
    variable: &Variable,
    is_x: bool,
    mesh: Mesh,
    notes: &mut Vec<String>,
) -> Result<f64, CfError> {
    let refuse = |units: &str, wanted: &str| CfError::Coordinate {
        variable: variable.name.clone(),
        why: format!("has the units `{units}`, not {wanted}"),
    };
    let text = variable.attributes.text("units").map(str::trim).filter(|text| !text.is_empty());
    match (mesh, text) {
        (Mesh::Flat, None) => {
            notes.push(format!("`{}` has no units: taken as metres", variable.name));
            Ok(1.0)
        }
        (Mesh::Flat, Some(text)) => units::length(text).ok_or_else(|| refuse(text, "metres")),
        (Mesh::Sphere { .. }, None) => {
            notes.push(format!("`{}` has no units: taken as degrees", variable.name));
            Ok(1.0)
        }
        (Mesh::Sphere { .. }, Some(text)) => match units::degrees(text) {
            Some(Degrees::Plain) => Ok(1.0),
            Some(Degrees::East) if is_x => Ok(1.0),
            Some(Degrees::North) if !is_x => Ok(1.0),
            _ => Err(refuse(text, if is_x { "degrees_east" } else { "degrees_north" })),
        },
    }
}

/// Adds or takes whole circles where longitudes jump by more than half of one, and says whether
/// there was a jump. Other values stay as they are, to the bit.
fn unwrap_longitudes(nodes: &mut [f64]) -> bool {
    let mut circles = 0.0;
    let mut previous = nodes[0];
    for node in &mut nodes[1..] {
        let jump = *node - previous;
        previous = *node;
        if jump.abs() > 180.0 {
            circles -= 360.0 * (jump / 360.0).round();
        }
        *node += circles;
    }
    circles != 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forcing::cf::fixture::variable;
    use crate::grid::EARTH_RADIUS;
    use proptest::prelude::*;

    fn longitude(values: &[f64]) -> Result<AxisVariable, CfError> {
        let read = |_: &str| Ok(values.to_vec());
        let lon = variable("lon", &[("lon", values.len() as u64)], &[("units", "degrees_east")]);
        axis(&lon, true, Mesh::Sphere { radius: EARTH_RADIUS }, &read, &mut Vec::new())
    }

    #[test]
    fn longitudes_are_joined_where_they_jump() {
        for (values, nodes) in [
            (&[350.0, 355.0, 0.0, 5.0][..], &[350.0, 355.0, 360.0, 365.0][..]),
            (&[175.0, 180.0, -175.0], &[175.0, 180.0, 185.0]),
            (&[-247.4, -247.3], &[-247.4, -247.3]),
        ] {
            assert_eq!(longitude(values).unwrap().nodes, nodes);
        }
    }

    #[test]
    fn descending_longitudes_are_joined_and_flipped() {
        let axis = longitude(&[-170.0, -180.0, 170.0, 160.0]).unwrap();
        assert_eq!((axis.nodes, axis.flipped), (vec![-200.0, -190.0, -180.0, -170.0], true));
    }

    #[test]
    fn disorder_is_refused_where_it_is() {
        for values in
            [&[0.0, 1.0, 1.0][..], &[0.0, 2.0, 1.0], &[3.0, 2.0, 2.5], &[0.0, f64::NAN], &[5.0]]
        {
            assert!(matches!(longitude(values), Err(CfError::Coordinate { .. })), "{values:?}");
        }
    }

    #[test]
    fn units_that_contradict_the_axis_are_refused() {
        let read = |_: &str| Ok(vec![0.0, 1.0]);
        let sphere = Mesh::Sphere { radius: EARTH_RADIUS };
        for (units, mesh, is_x) in [
            ("degrees_north", sphere, true),
            ("degrees_east", sphere, false),
            ("degrees_west", sphere, true),
            ("radians", sphere, true),
            ("m", sphere, true),
            ("degrees_east", Mesh::Flat, true),
            ("1", Mesh::Flat, true),
        ] {
            let x = variable("x", &[("x", 2)], &[("units", units)]);
            let result = axis(&x, is_x, mesh, &read, &mut Vec::new());
            assert!(matches!(result, Err(CfError::Coordinate { .. })), "{units}");
        }
    }

    #[test]
    fn kilometres_become_metres() {
        let read = |_: &str| Ok(vec![-1.0, 2.5]);
        let x = variable("x", &[("x", 2)], &[("units", "km")]);
        let axis = axis(&x, true, Mesh::Flat, &read, &mut Vec::new()).unwrap();
        assert_eq!(axis.nodes, [-1000.0, 2500.0]);
    }

    proptest! {
        #[test]
        fn an_axis_survives_any_wrapping(west in -720.0..720.0_f64, step in 0.1..10.0_f64, count in 2_usize..36, flip: bool) {
            let true_nodes: Vec<f64> = (0..count).map(|i| west + step * i as f64).collect();
            let mut stored: Vec<f64> = true_nodes.iter().map(|x| (x + 180.0).rem_euclid(360.0) - 180.0).collect();
            if flip { stored.reverse(); }
            let axis = longitude(&stored).unwrap();
            prop_assert_eq!(axis.flipped, flip);
            let circles = ((axis.nodes[0] - true_nodes[0]) / 360.0).round() * 360.0;
            for (found, expected) in axis.nodes.iter().zip(&true_nodes) {
                prop_assert!((found - circles - expected).abs() < 1e-9);
            }
        }
    }
}
