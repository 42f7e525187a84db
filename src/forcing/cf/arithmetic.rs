//! The arithmetic of unpacking, over a block's numbers.

use bytemuck::AnyBitPattern;
use num_traits::{AsPrimitive, Float};

use crate::grid::MISSING;

/// Stored floats from here on are the fill value of the NetCDF library, whether declared or not.
pub(super) const DEFAULT_FLOAT_FILL: f32 = 9.969_2e36;

/// Numbers that are unpacked side by side: the compiler makes vector instructions of a loop over
/// so many, and none of one that goes on until the numbers end.
const AT_ONCE: usize = 16;

/// How stored numbers become velocities, computed in `F`.
pub(super) struct Arithmetic<F> {
    /// Values that mean missing, as stored.
    pub(super) missing: Vec<F>,
    /// The smallest and the largest valid value, as stored.
    pub(super) valid: [F; 2],
    pub(super) scale: F,
    pub(super) offset: F,
    pub(super) metres_per_second: F,
}

impl Arithmetic<f64> {
    /// The same in f32, where the results for stored f32 are the same to the bit: nothing is scaled,
    /// and every value that is compared is one of f32.
    pub(super) fn in_f32(&self) -> Option<Arithmetic<f32>> {
        let is_plain = self.scale == 1.0 && self.offset == 0.0 && self.metres_per_second == 1.0;
        let mut compared = self.missing.iter().chain(&self.valid);
        let is_exact = compared.all(|&value| f64::from(value as f32) == value);
        (is_plain && is_exact).then(|| Arithmetic {
            missing: self.missing.iter().map(|&value| value as f32).collect(),
            valid: self.valid.map(|value| value as f32),
            scale: 1.0,
            offset: self.offset as f32,
            metres_per_second: 1.0,
        })
    }
}

impl<F: Float + AsPrimitive<f32>> Arithmetic<F>
where
    f32: AsPrimitive<F>,
{
    /// The velocities, [`MISSING`] where there is none, and the highest speed. `stored` holds
    /// numbers of type `N`, in the machine's byte order.
    pub(super) fn unpack<N: AnyBitPattern + AsPrimitive<F>>(&self, stored: &[u8]) -> (Vec<f32>, F) {
        let mut velocities = Vec::with_capacity(stored.len() / size_of::<N>());
        let mut fastest = [F::zero(); AT_ONCE];
        let blocks = stored.chunks_exact(size_of::<N>() * AT_ONCE);
        let rest = blocks.remainder();
        for block in blocks {
            let unpacked = self.block(read::<N, F>(block), &mut fastest);
            velocities.extend_from_slice(&unpacked);
        }
        let unpacked = self.block(read::<N, F>(rest), &mut fastest);
        velocities.extend_from_slice(&unpacked[..rest.len() / size_of::<N>()]);
        (velocities, fastest.into_iter().fold(F::zero(), F::max))
    }

    #[inline(always)]
    fn block(&self, mut stored: [F; AT_ONCE], fastest: &mut [F; AT_ONCE]) -> [f32; AT_ONCE] {
        for &missing in &self.missing {
            for stored in &mut stored {
                *stored = if *stored == missing { F::nan() } else { *stored };
            }
        }
        let ([low, high], default_fill) = (self.valid, DEFAULT_FLOAT_FILL.as_());
        let mut velocities = [MISSING; AT_ONCE];
        for ((&stored, velocity), fastest) in stored.iter().zip(&mut velocities).zip(fastest) {
            // A NaN lies in no range.
            let is_there = (stored >= low) & (stored <= high) & (stored.abs() < default_fill);
            let value = (stored * self.scale + self.offset) * self.metres_per_second;
            let speed = if is_there { value.abs() } else { F::zero() };
            *fastest = if speed > *fastest { speed } else { *fastest };
            *velocity = if is_there { value.as_() } else { MISSING };
        }
        velocities
    }
}

/// Numbers, and NaN after the last.
#[inline(always)]
fn read<N: AnyBitPattern + AsPrimitive<F>, F: Float + 'static>(stored: &[u8]) -> [F; AT_ONCE] {
    let mut numbers = [F::nan(); AT_ONCE];
    for (number, stored) in numbers.iter_mut().zip(stored.chunks_exact(size_of::<N>())) {
        *number = bytemuck::pod_read_unaligned::<N>(stored).as_();
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(missing: &[f32], valid: [f32; 2]) -> Arithmetic<f64> {
        Arithmetic {
            missing: missing.iter().copied().map(f64::from).collect(),
            valid: valid.map(f64::from),
            scale: 1.0,
            offset: 0.0,
            metres_per_second: 1.0,
        }
    }

    /// Floats as files hold them, the special ones among them.
    fn stored() -> impl Strategy<Value = f32> {
        let special =
            [0.0, -0.0, 1.0, -1.0, 1e20, f32::NAN, f32::INFINITY, MISSING, f32::MIN_POSITIVE];
        let threshold = [DEFAULT_FLOAT_FILL, DEFAULT_FLOAT_FILL.next_down(), -DEFAULT_FLOAT_FILL];
        let chosen = [&special[..], &threshold].concat();
        prop_oneof![prop::sample::select(chosen), -30.0..30.0_f32, any::<f32>()]
    }

    proptest! {
        #[test]
        fn floats_unpack_to_the_same_bits_in_either_precision(
            values in prop::collection::vec(stored(), 0..100),
            missing in prop::collection::vec(stored(), 0..3),
            valid in prop_oneof![Just([f32::NEG_INFINITY, f32::INFINITY]), Just([-2.5, 1.0])],
        ) {
            let missing: Vec<f32> = missing.into_iter().filter(|value| !value.is_nan()).collect();
            let (double, bytes) = (plain(&missing, valid), bytemuck::cast_slice(&values));
            let (expected, fastest) = double.unpack::<f32>(bytes);
            let (found, highest) = double.in_f32().unwrap().unpack::<f32>(bytes);
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&found), bits(&expected));
            prop_assert_eq!(f64::from(highest), fastest);
            let is_there = |value: &f32| {
                *value >= valid[0] && *value <= valid[1] && value.abs() < DEFAULT_FLOAT_FILL
                    && !missing.contains(value)
            };
            let plainly = values.iter().map(|v| if is_there(v) { *v } else { MISSING });
            prop_assert_eq!(found, plainly.collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_f32_cannot_hold_or_would_round_is_computed_in_f64() {
        let open = [f32::NEG_INFINITY, f32::INFINITY];
        assert!(plain(&[1e20], open).in_f32().is_some());
        assert!(Arithmetic { scale: 0.01, ..plain(&[], open) }.in_f32().is_none());
        assert!(Arithmetic { offset: 0.5, ..plain(&[], open) }.in_f32().is_none());
        assert!(Arithmetic { metres_per_second: 0.01, ..plain(&[], open) }.in_f32().is_none());
        assert!(Arithmetic { missing: vec![0.1], ..plain(&[], open) }.in_f32().is_none());
        assert!(Arithmetic { valid: [0.1, 1.0], ..plain(&[], open) }.in_f32().is_none());
    }
}
