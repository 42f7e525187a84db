//! From stored numbers to velocities and other values.

use serde::Serialize;

use super::arithmetic::{Arithmetic, DEFAULT_FLOAT_FILL};
use super::{CfError, VelocityKind, units};
use crate::forcing::catalogue::each_type;
use crate::forcing::{Attribute, Stored, StoredType, Variable};
use crate::grid::MISSING;

/// Speeds beyond these (m/s) are refused: the strongest tidal streams run at some 10 m/s, the
/// strongest jet streams at some 110. Fill values that nobody declared, such as -99, lie between.
const FASTEST_WATER: f64 = 20.0;
const FASTEST_WIND: f64 = 150.0;

/// How a variable's stored numbers become velocities in m/s (CF §2.5.1 and §8.1).
///
/// Missing values and the valid range are judged on the stored numbers; then
/// `(stored * scale + offset) * metres_per_second`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Packing {
    variable: String,
    /// Values that mean missing, as stored.
    missing: Vec<f64>,
    /// The smallest and the largest valid value, as stored.
    valid: [f64; 2],
    /// Integers are to be read with the other signedness than they are stored with.
    other_sign: bool,
    scale: f64,
    offset: f64,
    metres_per_second: f64,
    /// What it is the velocity of, where that is known.
    kind: Option<VelocityKind>,
    /// The largest magnitude that is believed.
    #[serde(skip)]
    limit: f64,
}

impl Packing {
    /// The packing that `variable`'s attributes declare. Without units it holds m/s. Of a velocity
    /// of no known `kind`, speeds of a wind are believed.
    ///
    /// # Errors
    /// [`CfError::Units`] for units that are no speed, [`CfError::Packing`] for an attribute that is
    /// no number or a scale of nought.
    pub fn of(variable: &Variable, kind: Option<VelocityKind>) -> Result<Self, CfError> {
        let metres_per_second = match variable.attributes.text("units").map(str::trim) {
            None | Some("") => 1.0,
            Some(text) => units::speed(text).ok_or_else(|| CfError::Units {
                variable: variable.name.clone(),
                units: text.to_owned(),
            })?,
        };
        let limit = match kind {
            Some(VelocityKind::Current | VelocityKind::Stokes) => FASTEST_WATER,
            Some(VelocityKind::Wind) | None => FASTEST_WIND,
        };
        Ok(Self { metres_per_second, kind, limit, ..Self::of_scalar(variable)? })
    }

    /// The packing of a height, as metres.
    ///
    /// # Errors
    /// [`CfError::Units`] for units that are no length, and [`CfError::Packing`].
    pub fn of_height(variable: &Variable) -> Result<Self, CfError> {
        let metres = match variable.attributes.text("units").map(str::trim) {
            None | Some("") => 1.0,
            Some(text) => units::length(text).ok_or_else(|| CfError::Units {
                variable: variable.name.clone(),
                units: text.to_owned(),
            })?,
        };
        Ok(Self { metres_per_second: metres, ..Self::of_scalar(variable)? })
    }

    /// The packing of a variable that is no velocity: its values keep their units, and any is believed.
    ///
    /// # Errors
    /// [`CfError::Packing`].
    pub fn of_scalar(variable: &Variable) -> Result<Self, CfError> {
        let coordinate = Unpacker::of(variable)?;
        let mut packing = Self {
            variable: variable.name.clone(),
            missing: coordinate.missing,
            valid: [f64::NEG_INFINITY, f64::INFINITY],
            other_sign: coordinate.other_sign,
            scale: coordinate.scale,
            offset: coordinate.offset,
            metres_per_second: 1.0,
            kind: None,
            limit: f64::INFINITY,
        };
        packing.valid = packing.valid_range(variable)?;
        Ok(packing)
    }

    /// The valid range as stored numbers.
    fn valid_range(&self, variable: &Variable) -> Result<[f64; 2], CfError> {
        let open = [f64::NEG_INFINITY, f64::INFINITY];
        let [low, high] = match numbers(variable, "valid_range")?.as_slice() {
            &[low, high] => self.stored_bounds(variable, "valid_range", [low, high]),
            [] => {
                let one = |name, side: usize| {
                    let mut bounds = open;
                    if let Some(&bound) = numbers(variable, name)?.first() {
                        bounds[side] = bound;
                    }
                    Ok::<_, CfError>(self.stored_bounds(variable, name, bounds))
                };
                let (min, max) = (one("valid_min", 0)?, one("valid_max", 1)?);
                [min[0].max(max[0]), min[1].min(max[1])]
            }
            others => {
                return Err(CfError::Packing {
                    variable: variable.name.clone(),
                    attribute: "valid_range",
                    why: format!("has {} values, not two", others.len()),
                });
            }
        };
        Ok([low, high])
    }

    /// The bounds that the attribute `name` sets, as stored numbers. They are stored numbers already
    /// where the attribute has the data's type; floats beside packed integers are unpacked values
    /// (CF §8.1).
    fn stored_bounds(&self, variable: &Variable, name: &str, bounds: [f64; 2]) -> [f64; 2] {
        // A bound that is no number bounds nothing.
        let low = if bounds[0].is_nan() { f64::NEG_INFINITY } else { bounds[0] };
        let high = if bounds[1].is_nan() { f64::INFINITY } else { bounds[1] };
        let is_packed = self.scale != 1.0 || self.offset != 0.0;
        let floats = matches!(variable.attributes.0.get(name), Some(Attribute::Floats(_)));
        if is_packed && floats && is_signed(variable.stored).is_some() {
            let pack = |bound: f64| (bound - self.offset) / self.scale;
            let [a, b] = [pack(low), pack(high)];
            // Half a count on either side, for what packing rounded.
            return [a.min(b) - 0.5, a.max(b) + 0.5];
        }
        [low, high].map(|bound| as_stored(bound, variable.stored, self.other_sign))
    }

    /// Velocities in m/s, or values in their own units; [`MISSING`] where there is none.
    ///
    /// # Errors
    /// [`CfError::Implausible`] for a speed that nothing of its kind reaches.
    pub fn unpack(&self, values: &Stored) -> Result<Vec<f32>, CfError> {
        let kind = values.kind();
        let in_f64 = Arithmetic {
            missing: self.missing.clone(),
            valid: self.valid,
            scale: self.scale,
            offset: self.offset,
            metres_per_second: self.metres_per_second,
        };
        let (velocities, fastest) = match in_f64.in_f32() {
            Some(in_f32) if kind == StoredType::F32 => {
                let (velocities, fastest) = in_f32.unpack::<f32>(values.as_bytes());
                (velocities, f64::from(fastest))
            }
            _ => {
                let read_as = if self.other_sign { kind.other_sign() } else { kind };
                each_type!(read_as, Number => in_f64.unpack::<Number>(values.as_bytes()))
            }
        };
        let limit = self.limit;
        if fastest <= limit {
            return Ok(velocities);
        }
        let too_fast = |&velocity: &f32| velocity != MISSING && f64::from(velocity).abs() > limit;
        let index = velocities.iter().position(too_fast).unwrap_or_default();
        let value = f64::from(velocities[index]);
        let (variable, kind) = (self.variable.clone(), self.kind);
        Err(CfError::Implausible { variable, index, value, kind, limit })
    }
}

/// Packing without units: what coordinate variables and velocities have in common.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unpacker {
    missing: Vec<f64>,
    other_sign: bool,
    scale: f64,
    offset: f64,
}

impl Unpacker {
    pub(super) fn of(variable: &Variable) -> Result<Self, CfError> {
        let one =
            |name, default| numbers(variable, name).map(|n| n.first().copied().unwrap_or(default));
        let (scale, offset) = (one("scale_factor", 1.0)?, one("add_offset", 0.0)?);
        let refuse = |attribute, why: &str| CfError::Packing {
            variable: variable.name.clone(),
            attribute,
            why: why.to_owned(),
        };
        if scale == 0.0 || !scale.is_finite() {
            return Err(refuse(
                "scale_factor",
                &format!("is {scale}: nothing can be unpacked by it"),
            ));
        }
        if !offset.is_finite() {
            return Err(refuse(
                "add_offset",
                &format!("is {offset}: nothing can be unpacked by it"),
            ));
        }
        let signed =
            match variable.attributes.text("_Unsigned").map(str::to_ascii_lowercase).as_deref() {
                Some("true") => Some(false),
                Some("false") => Some(true),
                _ => None,
            };
        let other_sign = signed.is_some_and(|signed| is_signed(variable.stored) == Some(!signed));
        let mut missing = numbers(variable, "_FillValue")?;
        missing.extend(numbers(variable, "missing_value")?);
        if missing.is_empty() {
            missing.extend(default_fill(variable.stored));
        }
        for value in &mut missing {
            *value = as_stored(*value, variable.stored, other_sign);
        }
        // NaN is missing without being told so.
        missing.retain(|value| !value.is_nan());
        Ok(Self { missing, other_sign, scale, offset })
    }

    /// Unpacks one number; `None` where it means missing.
    pub(super) fn unpack(&self, stored: f64, stored_as: StoredType) -> Option<f64> {
        let stored = as_stored(stored, stored_as, self.other_sign);
        let missing = stored.is_nan()
            || stored.abs() >= f64::from(DEFAULT_FLOAT_FILL)
            || self.missing.contains(&stored);
        (!missing).then_some(stored * self.scale + self.offset)
    }
}

/// An attribute's numbers; also where a store keeps them as text, as Zarr does with NaN.
fn numbers(variable: &Variable, name: &'static str) -> Result<Vec<f64>, CfError> {
    match variable.attributes.0.get(name) {
        None => Ok(Vec::new()),
        Some(Attribute::Integers(numbers) | Attribute::Floats(numbers)) => Ok(numbers.clone()),
        Some(Attribute::Text(text)) if text.trim().is_empty() => Ok(Vec::new()),
        Some(Attribute::Text(text)) => match text.trim().parse() {
            Ok(number) => Ok(vec![number]),
            Err(_) => Err(CfError::Packing {
                variable: variable.name.clone(),
                attribute: name,
                why: format!("is `{text}`, which is no number"),
            }),
        },
    }
}

/// The value as it appears among the stored numbers: rounded to f32 where they are f32, and with
/// the signedness that they are read with.
fn as_stored(value: f64, stored: StoredType, other_sign: bool) -> f64 {
    let bits = match stored {
        StoredType::F32 => return f64::from(value as f32),
        StoredType::F64 | StoredType::Other => return value,
        StoredType::I8 | StoredType::U8 => 8,
        StoredType::I16 | StoredType::U16 => 16,
        StoredType::I32 | StoredType::U32 => 32,
        StoredType::I64 | StoredType::U64 => 64,
    };
    let circle = 2.0_f64.powi(bits);
    match (other_sign, is_signed(stored)) {
        (true, Some(true)) if value < 0.0 && value.is_finite() => value + circle,
        (true, Some(false)) if value >= circle / 2.0 && value.is_finite() => value - circle,
        _ => value,
    }
}

fn is_signed(stored: StoredType) -> Option<bool> {
    match stored {
        StoredType::I8 | StoredType::I16 | StoredType::I32 | StoredType::I64 => Some(true),
        StoredType::U8 | StoredType::U16 | StoredType::U32 | StoredType::U64 => Some(false),
        StoredType::F32 | StoredType::F64 | StoredType::Other => None,
    }
}

/// What the NetCDF library writes where nothing was written. Bytes have none (NUG, Appendix B).
fn default_fill(stored: StoredType) -> Option<f64> {
    match stored {
        StoredType::I16 => Some(-32_767.0),
        StoredType::U16 => Some(65_535.0),
        StoredType::I32 => Some(-2_147_483_647.0),
        StoredType::U32 => Some(4_294_967_295.0),
        StoredType::I64 => Some(-9_223_372_036_854_775_806_i64 as f64),
        StoredType::U64 => Some(18_446_744_073_709_551_614_u64 as f64),
        StoredType::I8 | StoredType::U8 | StoredType::F32 | StoredType::F64 | StoredType::Other => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forcing::cf::fixture::variable;
    use proptest::prelude::*;

    fn packing(stored: StoredType, attributes: &[(&str, &str)]) -> Result<Packing, CfError> {
        of_kind(None, stored, attributes)
    }

    fn of_kind(
        kind: Option<VelocityKind>,
        stored: StoredType,
        attributes: &[(&str, &str)],
    ) -> Result<Packing, CfError> {
        Packing::of(&Variable { stored, ..variable("u", &[("x", 4)], attributes) }, kind)
    }

    fn stored<T: bytemuck::NoUninit>(kind: StoredType, values: Vec<T>) -> Stored {
        Stored::new(kind, bytemuck::cast_slice(&values).to_vec()).unwrap()
    }

    #[test]
    fn missing_is_judged_before_unpacking() {
        let packing = packing(
            StoredType::I16,
            &[
                ("_FillValue", "-32767"),
                ("missing_value", "-9999"),
                ("scale_factor", "-0.001"),
                ("add_offset", "1"),
            ],
        );
        let values = stored(StoredType::I16, vec![-32_767_i16, -9999, 0, 500, -500]);
        assert_eq!(packing.unwrap().unpack(&values).unwrap(), [MISSING, MISSING, 1.0, 0.5, 1.5]);
    }

    #[test]
    fn a_fill_value_is_compared_as_it_is_stored() {
        let packing = packing(StoredType::F32, &[("_FillValue", "1e35"), ("missing_value", "0.1")]);
        let values = stored(StoredType::F32, vec![1e35_f32, 0.1, f32::NAN, 0.2]);
        assert_eq!(packing.unwrap().unpack(&values).unwrap(), [MISSING, MISSING, MISSING, 0.2]);
    }

    #[test]
    fn the_library_fill_counts_where_none_is_declared() {
        let unpack = |attributes: &[(&str, &str)], stored, values| {
            packing(stored, attributes).unwrap().unpack(&values).unwrap()
        };
        let scale = ("scale_factor", "0.001");
        let shorts = || stored(StoredType::I16, vec![-32_767_i16, 1000]);
        assert_eq!(unpack(&[scale], StoredType::I16, shorts()), [MISSING, 1.0]);
        let declared = [scale, ("_FillValue", "1000")];
        assert_eq!(unpack(&declared, StoredType::I16, shorts()), [-32.767, MISSING]);
        let floats = stored(StoredType::F32, vec![9.969_21e36_f32, 1.0]);
        assert_eq!(unpack(&[("_FillValue", "-999")], StoredType::F32, floats), [MISSING, 1.0]);
        assert_eq!(
            unpack(&[], StoredType::I8, stored(StoredType::I8, vec![-127_i8, 1])),
            [-127.0, 1.0]
        );
    }

    #[test]
    fn the_valid_range_of_integers_is_packed_and_that_of_floats_is_not() {
        let scale = ("scale_factor", "0.001");
        let unpack = |scale, min, max| {
            let attributes = [scale, ("valid_min", min), ("valid_max", max)];
            let packing = packing(StoredType::I16, &attributes).unwrap();
            packing.unpack(&stored(StoredType::I16, vec![-2000_i16, -1999, 1500, 3000])).unwrap()
        };
        assert_eq!(unpack(scale, "-1999", "1500"), [MISSING, -1.999, 1.5, MISSING]);
        assert_eq!(unpack(scale, "-1.999", "2.0"), [MISSING, -1.999, 1.5, MISSING]);
        assert_eq!(unpack(scale, "-20.0", "20.0"), [-2.0, -1.999, 1.5, 3.0]);
        assert_eq!(unpack(scale, "-1999", "1.5"), [MISSING, -1.999, 1.5, MISSING]);
        let negative = ("scale_factor", "-0.001");
        assert_eq!(unpack(negative, "-1.5", "1.999"), [MISSING, 1.999, -1.5, MISSING]);
        // Floats are of the same kind as their range, and hfradar data are packed so.
        let floats = packing(
            StoredType::F32,
            &[("scale_factor", "0.01"), ("valid_min", "-300.0"), ("valid_max", "300.0")],
        );
        let values = stored(StoredType::F32, vec![-301.0_f32, 250.0]);
        assert_eq!(floats.unwrap().unpack(&values).unwrap(), [MISSING, 2.5]);
    }

    #[test]
    fn signedness_can_be_declared() {
        let bytes = packing(
            StoredType::I8,
            &[("_Unsigned", "true"), ("_FillValue", "-1"), ("scale_factor", "0.1")],
        );
        let values = stored(StoredType::I8, vec![-1_i8, -128, 100]);
        assert_eq!(bytes.unwrap().unpack(&values).unwrap(), [MISSING, 12.8, 10.0]);
        let words = packing(StoredType::U16, &[("_Unsigned", "false"), ("scale_factor", "0.1")]);
        assert_eq!(
            words.unwrap().unpack(&stored(StoredType::U16, vec![65_534_u16])).unwrap(),
            [-0.2]
        );
    }

    #[test]
    fn units_are_applied() {
        let packing = packing(StoredType::F64, &[("units", "cm s-1")]).unwrap();
        assert_eq!(packing.unpack(&stored(StoredType::F64, vec![150.0])).unwrap(), [1.5]);
    }

    #[test]
    fn an_undeclared_fill_value_is_an_error_that_says_where() {
        for fill in [1e20, 9.999e20, -999.0, f64::INFINITY] {
            let packing = packing(StoredType::F64, &[]).unwrap();
            match packing.unpack(&stored(StoredType::F64, vec![0.1, 0.2, fill])) {
                Err(CfError::Implausible { index: 2, .. }) => {}
                Ok(values) if fill.is_infinite() => assert_eq!(values[2], MISSING),
                other => panic!("{fill}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_believed_follows_the_kind() {
        use VelocityKind::{Current, Stokes, Wind};
        for (kind, value, believed) in [
            (Some(Current), -99.0, false),
            (Some(Current), 20.5, false),
            (Some(Current), -19.5, true),
            (Some(Stokes), -99.9, false),
            (Some(Wind), 110.0, true),
            (Some(Wind), -151.0, false),
            (None, 110.0, true),
            (None, 9999.0, false),
        ] {
            let packing = of_kind(kind, StoredType::F64, &[]).unwrap();
            let unpacked = packing.unpack(&stored(StoredType::F64, vec![0.0, value]));
            assert_eq!(unpacked.is_ok(), believed, "{value} of {kind:?}");
            if let Err(error) = unpacked {
                let text = error.to_string();
                for part in ["`u`", "index 1", "_FillValue", "units", &value.to_string()] {
                    assert!(text.contains(part), "no {part} in: {text}");
                }
            }
        }
        // What is no velocity may be anything, and has units of its own.
        let pascals = variable("p", &[("x", 1)], &[("units", "Pa"), ("_FillValue", "-999")]);
        let unpacked = Packing::of_scalar(&pascals).unwrap();
        let values = stored(StoredType::F64, vec![101_325.0, -999.0]);
        assert_eq!(unpacked.unpack(&values).unwrap(), [101_325.0, MISSING]);
        // In units other than m/s it is the speed that counts.
        let knots = of_kind(Some(Current), StoredType::F64, &[("units", "cm s-1")]).unwrap();
        assert_eq!(knots.unpack(&stored(StoredType::F64, vec![150.0])).unwrap(), [1.5]);
    }

    #[test]
    fn attributes_that_cannot_be_applied_are_refused() {
        for attributes in [
            &[("scale_factor", "0")][..],
            &[("scale_factor", "nan")],
            &[("add_offset", "inf")],
            &[("_FillValue", "none")],
            &[("valid_range", "3")],
        ] {
            let result = packing(StoredType::I16, attributes);
            assert!(matches!(result, Err(CfError::Packing { .. })), "{attributes:?}");
        }
        let degrees = packing(StoredType::F32, &[("units", "degC")]);
        assert!(matches!(degrees, Err(CfError::Units { .. })));
    }

    proptest! {
        #[test]
        fn unpacking_undoes_packing(
            velocities in prop::collection::vec(-30.0..30.0_f64, 1..50),
            scale in prop_oneof![0.001..0.01_f64, -0.01..-0.001_f64],
            offset in -1.0..1.0_f64,
        ) {
            let counts: Vec<_> = velocities.iter().map(|v| ((v - offset) / scale).round() as i32).collect();
            let (s, o) = (scale.to_string(), offset.to_string());
            let packing = packing(StoredType::I32, &[("scale_factor", &s), ("add_offset", &o)]).unwrap();
            let unpacked = packing.unpack(&stored(StoredType::I32, counts)).unwrap();
            for (found, expected) in unpacked.iter().zip(&velocities) {
                prop_assert!((f64::from(*found) - expected).abs() <= scale.abs() / 2.0 + 1e-5);
            }
        }
    }
}
