//! Scalar fields: which variable, on which points of its own, at which levels and times.

mod beside;
mod found;

pub use beside::Beside;
pub use found::{find_scalar, scalars};

use super::families::Along;
use super::layout::Layout;
use super::places::Places;
use super::velocity::{Pair, readable};
use super::{
    CfError, Choice, Component, FoundBy, Horizontal, LandMask, Level, LevelsVariable, MeshChoice,
    Packing, Read, TerrainVariables, TimeAxis, laid_out, level, mask, terrain, time_axis, vertical,
};
use crate::forcing::{Catalogue, StoredType, Variable};
use crate::grid::Mesh;

/// A variable as a scalar field on a grid of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalarInterpretation {
    /// Its variable. Values keep their units, but are unpacked.
    pub component: Component,
    /// What the horizontal coordinates mean.
    pub mesh: Mesh,
    /// Where its points lie, which may be others than those of the velocity.
    pub horizontal: Horizontal,
    /// The level taken, where it has levels and one is taken.
    pub level: Option<Level>,
    /// All its levels, for motion in three dimensions.
    pub levels: Option<LevelsVariable>,
    /// What these follow, where they lie between the floor and the surface.
    pub terrain: Option<TerrainVariables>,
    /// Where land is, where a variable says so.
    pub mask: Option<LandMask>,
    /// Its times; none where nothing tells any.
    pub time: TimeAxis,
    /// Whether it has a dimension of time.
    pub varies: bool,
    /// What was assumed or preferred, one sentence each, for people to check.
    pub notes: Vec<String>,
}

/// Interprets a variable, found as [`find_scalar`] says, as a scalar field. Of `choice`, what it says of
/// components is of no account.
///
/// # Errors
/// [`CfError`], each with the variable concerned and what to do.
pub fn interpret_scalar(
    catalogue: &Catalogue,
    read: &Read<'_>,
    (variable, found_by): (&Variable, FoundBy),
    choice: &Choice,
    beside: Option<Beside<'_>>,
) -> Result<ScalarInterpretation, CfError> {
    readable(catalogue, &variable.name)?;
    if variable.stored == StoredType::Other {
        let reason = "it holds no numbers".to_owned();
        return Err(CfError::Unreadable { variable: variable.name.clone(), reason });
    }
    let choice = &beside::merged(catalogue, variable, choice, beside)?;
    let pair = pair(variable, choice);
    let mut notes = Vec::new();
    let places = Places::of_scalar(catalogue, &pair, choice)?;
    let layout = Layout::of(catalogue, &pair, choice, places.as_ref())?;
    let (level, levels) = levels(variable, &layout, choice, beside, read, &mut notes)?;
    let terrain = match (&levels, layout.level) {
        (Some(_), Some((.., Some(coordinate)))) if terrain::follows(&layout) => {
            Some(terrain::variables(catalogue, variable, &layout, coordinate, read, &mut notes)?)
        }
        _ => None,
    };
    let (mesh, horizontal) =
        laid_out(catalogue, &pair, choice, places.as_ref(), &layout, read, &mut notes)?;
    let fit = mask::Fit {
        layout: &layout,
        places: places.as_ref(),
        level: level.as_ref(),
        all_levels: levels.is_some(),
        shape: horizontal.shape(),
    };
    let beside = beside.and_then(|beside| beside.choice.mask.as_deref());
    let mask = mask::of_scalar(catalogue, variable, choice, beside, &fit, read, &mut notes)?;
    let time = time_axis::times(catalogue, &pair, layout.time, choice, read, &mut notes);
    let varies = layout.time.is_some();
    let time = match time {
        // What is held for all times needs none, nor does what has no dimension of it.
        Err(_) if choice.steady || !varies => TimeAxis::untold(),
        time => time?,
    };
    let component = Component {
        variable: variable.name.clone(),
        roles: layout.roles(variable, level.is_some() || levels.is_some()),
        packing: Packing::of_scalar(variable)?,
        found_by,
    };
    Ok(ScalarInterpretation {
        component,
        mesh,
        horizontal,
        level,
        levels,
        terrain,
        mask,
        time,
        varies,
        notes,
    })
}

/// A scalar in the place of both components: what is asked of either is asked of it.
fn pair<'a>(variable: &'a Variable, choice: &Choice) -> Pair<'a> {
    // On a plane it is at home; on the sphere nothing of it points anywhere.
    let along = if choice.mesh == MeshChoice::Flat { Along::Grid } else { Along::Earth };
    Pair { u: variable, v: variable, found_by: FoundBy::Scenario, along, kind: None }
}

type Levels = (Option<Level>, Option<LevelsVariable>);

/// The level that is taken, or all.
fn levels(
    variable: &Variable,
    layout: &Layout<'_>,
    choice: &Choice,
    beside: Option<Beside<'_>>,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<Levels, CfError> {
    let Some((dimension, count, _)) = layout.level else { return Ok((None, None)) };
    if choice.vertical.is_none() || choice.level.is_some() {
        let of_velocity = beside.filter(|beside| beside.choice.level == choice.level);
        let of_velocity = of_velocity.and_then(|beside| beside.levels);
        if choice.level.is_some() && of_velocity.is_some_and(|levels| levels != count) {
            return Err(CfError::OtherLevels {
                variable: variable.name.clone(),
                dimension: dimension.to_owned(),
                count,
            });
        }
        return Ok((level::choose(variable, layout, choice, read, notes)?, None));
    }
    let all = vertical::levels(variable, layout, read, notes).map_err(|error| match error {
        CfError::NoDepths { variable, dimension, what } => {
            CfError::ScalarLevels { variable, dimension, what }
        }
        other => other,
    })?;
    Ok((None, Some(all)))
}

#[cfg(test)]
mod tests {
    use super::beside::OF_SCALARS;
    use super::*;
    use crate::forcing::cf::Role;
    use crate::forcing::cf::fixture::variable;

    const SPHERE: MeshChoice = MeshChoice::Sphere;

    /// A C grid of ROMS: u on points of its own, a temperature at the centres, the bottom constant.
    fn roms() -> Catalogue {
        let (t, z) = (("ocean_time", 2), ("s_rho", 3));
        let (y, x, of_u) = (("eta_rho", 4), ("xi_rho", 5), ("xi_u", 4));
        let degrees = |name, units| variable(name, &[y, x], &[("units", units)]);
        let at = ("coordinates", "lon_rho lat_rho ocean_time");
        Catalogue {
            variables: vec![
                variable("ocean_time", &[t], &[("units", "hours since 2020-01-01")]),
                variable("s_rho", &[z], &[("standard_name", "ocean_s_coordinate_g2")]),
                degrees("lon_rho", "degree_east"),
                degrees("lat_rho", "degree_north"),
                variable("mask_rho", &[y, x], &[]),
                variable("lon_u", &[y, of_u], &[("units", "degree_east")]),
                variable("lat_u", &[y, of_u], &[("units", "degree_north")]),
                variable("u", &[t, z, y, of_u], &[("coordinates", "lon_u lat_u ocean_time")]),
                variable(
                    "temp",
                    &[t, z, y, x],
                    &[at, ("standard_name", "sea_water_potential_temperature")],
                ),
                variable("h", &[y, x], &[at]),
                variable("spectrum", &[t, ("band", 7), y, x], &[at]),
            ],
            ..Catalogue::default()
        }
    }

    fn read(name: &str) -> Result<Vec<f64>, String> {
        Ok(match name {
            "ocean_time" => vec![0.0, 6.0],
            "s_rho" => vec![-0.9, -0.5, -0.1],
            "mask_rho" => (0..20).map(|k| f64::from(u8::from(k != 7))).collect(),
            "lon_rho" | "glamt" | "glamf" => (0..20).map(|k| f64::from(k % 5)).collect(),
            _ => (0..20).map(|k| f64::from(k / 5)).collect(),
        })
    }

    fn interpret(
        catalogue: &Catalogue,
        wanted: &str,
        choice: &Choice,
        beside: Option<Beside<'_>>,
    ) -> Result<ScalarInterpretation, CfError> {
        let found = find_scalar(catalogue, wanted)?.expect("it is there");
        interpret_scalar(catalogue, &read, found, choice, beside)
    }

    #[test]
    fn a_scalar_lies_on_points_of_its_own() {
        let choice = Choice { mesh: SPHERE, ..Choice::default() };
        for wanted in ["temp", "sea_water_potential_temperature"] {
            let found = interpret(&roms(), wanted, &choice, None).unwrap();
            let Horizontal::Axes { x, .. } = &found.horizontal else { panic!("{found:?}") };
            assert_eq!((&*x.name, x.nodes.len()), ("lon_rho", 5));
            assert_eq!(found.component.roles, [Role::Time, Role::Level, Role::Y, Role::X]);
            assert_eq!(found.level.as_ref().unwrap().index, 2, "the uppermost");
            assert_eq!(found.mask.unwrap().land.iter().position(|&land| land), Some(7));
            assert!(found.varies && found.time.times.len() == 2);
        }
        let h = interpret(&roms(), "h", &choice, None).unwrap();
        assert!(!h.varies && h.time.times.is_empty() && h.level.is_none());
    }

    #[test]
    fn what_is_said_of_the_velocity_holds_where_it_fits() {
        let text = |name: &str| Some(name.to_owned());
        let of_u = Choice {
            x: text("lon_u"),
            y: text("lat_u"),
            time: text("ocean_time"),
            level: Some(0),
            ..Choice::default()
        };
        let own = Choice { mesh: SPHERE, ..Choice::default() };
        let beside = |levels| Some(Beside { choice: &of_u, levels: Some(levels) });
        let temp = interpret(&roms(), "temp", &own, beside(3)).unwrap();
        assert_eq!(temp.level.unwrap().index, 0);
        assert!(interpret(&roms(), "h", &own, beside(3)).is_ok());
        let differs = interpret(&roms(), "temp", &own, beside(4)).unwrap_err();
        assert!(matches!(differs, CfError::OtherLevels { count: 3, .. }), "{differs}");
        let named = Choice { level: Some(1), ..own };
        let temp = interpret(&roms(), "temp", &named, beside(4)).unwrap();
        assert_eq!(temp.level.unwrap().index, 1);
    }

    #[test]
    fn what_is_no_scalar_field_is_refused_by_name() {
        let choice = Choice { mesh: SPHERE, ..Choice::default() };
        let refused = |wanted| interpret(&roms(), wanted, &choice, None).unwrap_err().to_string();
        assert!(refused("spectrum").contains("`band` of `spectrum`"));
        assert!(refused("ocean_time").contains("`ocean_time` has no axis"));
        assert_eq!(find_scalar(&roms(), "tmep").unwrap(), None);
        let in_depth = Choice { vertical: Some(crate::forcing::cf::Vertical::Fixed), ..choice };
        let error = interpret(&roms(), "temp", &in_depth, None).unwrap_err();
        assert!(matches!(error, CfError::NoTerrain { .. }), "{error}");
        let twice = Catalogue {
            variables: ["a", "b"]
                .map(|name| variable(name, &[("x", 3)], &[("standard_name", "salt")]))
                .to_vec(),
            ..Catalogue::default()
        };
        assert!(matches!(find_scalar(&twice, "salt"), Err(CfError::SeveralScalars { .. })));
    }

    #[test]
    fn points_that_nobody_tells_are_not_guessed() {
        let choice = Choice { mesh: SPHERE, ..Choice::default() };
        let with = |longitudes: [&str; 2], latitudes: [&str; 2]| {
            let along = [("y", 4), ("x", 5)];
            let of = |names: [&str; 2], units| {
                names.map(|name| variable(name, &along, &[("units", units)]))
            };
            let mut variables = of(longitudes, "degrees_east").to_vec();
            variables.extend(of(latitudes, "degrees_north"));
            variables.push(variable("zos", &along, &[]));
            let catalogue = Catalogue { variables, ..Catalogue::default() };
            interpret(&catalogue, "zos", &choice, None)
        };
        let nemo = with(["glamf", "glamt"], ["gphif", "gphit"]).unwrap();
        let Horizontal::Axes { x, y } = nemo.horizontal else { panic!("it repeats two axes") };
        assert_eq!([&*x.name, &*y.name], OF_SCALARS);
        let error = with(["lon_a", "lon_b"], ["lat_a", "lat_b"]).unwrap_err();
        assert!(error.to_string().contains("lon_a, lon_b"), "{error}");
    }

    #[test]
    fn fields_are_listed_and_coordinates_are_not() {
        let choice = Choice { mesh: SPHERE, ..Choice::default() };
        let catalogue = roms();
        let listed: Vec<&str> = scalars(&catalogue, &choice).collect();
        assert_eq!(listed, ["mask_rho", "u", "temp", "h"]);
    }
}
