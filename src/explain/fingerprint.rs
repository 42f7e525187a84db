//! All bits of an output in one number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::time::Instant;
use crate::trajectory::{Ending, Observations, TrajectoryError, Writer, Written};

/// A writer that keeps nothing but a hash over the bits of all observations, whichever order they
/// come in. Two outputs that differ in a bit differ in it, but for one case in 2⁶⁴.
#[derive(Debug, Default)]
pub struct Fingerprint(AtomicU64);

impl Fingerprint {
    /// The hash of what has been written so far.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl Writer for Arc<Fingerprint> {
    fn write(&mut self, batch: &Observations) -> Result<(), TrajectoryError> {
        let mut sum = 0_u64;
        for index in 0..batch.len() {
            let parts = [
                batch.slot.into(),
                batch.ids[index],
                batch.x[index].to_bits(),
                batch.y[index].to_bits(),
                batch.depth.as_ref().map_or(0, |depth| depth[index].to_bits().into()),
                batch.status[index].code().into(),
                batch.time_of(index).0 as u64,
            ];
            let sampled = batch.samples.iter().map(|values| u64::from(values[index].to_bits()));
            let parts = parts.into_iter().chain(sampled);
            // A sum does not depend on the order of what is added.
            sum = sum.wrapping_add(parts.fold(0, |hash, part| mix(hash ^ part)));
        }
        self.0.fetch_add(sum, Ordering::AcqRel);
        Ok(())
    }

    fn end_slot(&mut self, _: Instant) -> Result<(), TrajectoryError> {
        Ok(())
    }

    fn finish(self: Box<Self>, _: Ending) -> Result<Written, TrajectoryError> {
        Ok(Written { path: "nowhere".into(), slots: 0, observations: 0 })
    }
}

/// Each bit of the result depends on each bit of `seed`: SplitMix64 (Steele, Lea and Flood 2014,
/// *Fast splittable pseudorandom number generators*).
pub(super) fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Status;

    fn value(batches: &[Observations]) -> u64 {
        let fingerprint = Arc::new(Fingerprint::default());
        let mut writer = Arc::clone(&fingerprint);
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        fingerprint.value()
    }

    fn batch(id: u64, x: f64) -> Observations {
        let empty = Observations::empty(1, Instant(5), false);
        Observations {
            ids: vec![id],
            x: vec![x],
            y: vec![2.0],
            status: vec![Status::Active],
            ..empty
        }
    }

    #[test]
    fn order_is_no_difference_and_the_last_bit_is_one() {
        let (a, b) = (batch(0, 1.5), batch(1, 2.5));
        let expected = value(&[a.clone(), b.clone()]);
        assert_eq!(value(&[b.clone(), a.clone()]), expected);
        assert_ne!(value(&[a.clone(), batch(1, 2.5_f64.next_up())]), expected);
        assert_ne!(value(&[batch(1, 1.5), batch(0, 2.5)]), expected, "exchanged");
        assert_ne!(value(std::slice::from_ref(&a)), expected, "lost");
        let deep = |depth| Observations { depth: Some(vec![depth]), ..a.clone() };
        assert_ne!(value(&[deep(3.0)]), value(&[deep(3.0_f32.next_up())]));
    }
}
