//! The random numbers of `numpy.random.default_rng(seed)`, so that the workloads made here are those
//! that the Python tools are measured on.

use rand_pcg::Lcg128Xsl64;
use rand_pcg::rand_core::Rng;

/// numpy's `Generator`, as far as the workloads use it.
pub(super) struct Random(Lcg128Xsl64);

impl Random {
    /// The generator that `default_rng(seed)` gives.
    pub fn new(seed: u32) -> Self {
        let [state_high, state_low, stream_high, stream_low] = seed_sequence(seed);
        let join = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
        Self(Lcg128Xsl64::new(join(state_high, state_low), join(stream_high, stream_low)))
    }

    /// `uniform(from, to, count)`
    pub fn uniform(&mut self, from: f64, to: f64, count: usize) -> Vec<f64> {
        let unit = |bits: u64| (bits >> 11) as f64 / (1_u64 << 53) as f64;
        (0..count).map(|_| from + (to - from) * unit(self.0.next_u64())).collect()
    }

    /// `choice([-1, 1], count)` for an even count: numpy draws 32 bits at a time, the low half of
    /// 64 first, and for two choices keeps the highest of them. Of an odd count it would keep a half
    /// for the next call.
    pub fn signs(&mut self, count: usize) -> Vec<f64> {
        assert!(count.is_multiple_of(2), "signs are drawn in pairs");
        let sign = |bits: u64| if bits >> 31 & 1 == 1 { 1.0 } else { -1.0 };
        (0..count / 2)
            .map(|_| self.0.next_u64())
            .flat_map(|bits| [sign(bits), sign(bits >> 32)])
            .collect()
    }
}

/// `SeedSequence(seed).generate_state(4, numpy.uint64)`
fn seed_sequence(seed: u32) -> [u64; 4] {
    let mut hash = Hash { constant: 0x43b0_d7e5, multiplier: 0x931e_8875 };
    let mut pool = [seed, 0, 0, 0].map(|entropy| hash.of(entropy));
    for source in 0..pool.len() {
        for target in 0..pool.len() {
            if source != target {
                let hashed = hash.of(pool[source]);
                let mixed = pool[target]
                    .wrapping_mul(0xca01_f9dd)
                    .wrapping_sub(hashed.wrapping_mul(0x4973_f715));
                pool[target] = mixed ^ mixed >> 16;
            }
        }
    }
    let mut hash = Hash { constant: 0x8b51_f9dd, multiplier: 0x58f3_8ded };
    let mut words = pool.iter().cycle().map(|&word| u64::from(hash.of(word)));
    std::array::from_fn(|_| {
        let [low, high] = [words.next(), words.next()].map(|word| word.expect("it is a cycle"));
        high << 32 | low
    })
}

/// The hash of `SeedSequence`, whose constant moves on with each use.
struct Hash {
    constant: u32,
    multiplier: u32,
}

impl Hash {
    fn of(&mut self, word: u32) -> u32 {
        let word = word ^ self.constant;
        self.constant = self.constant.wrapping_mul(self.multiplier);
        let word = word.wrapping_mul(self.constant);
        word ^ word >> 16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values are what numpy 2.4.6 prints.

    #[test]
    fn seeds_are_hashed_as_numpy_does() {
        assert_eq!(
            seed_sequence(20_240_601),
            [
                0x855a_e16e_934f_d50a,
                0xceef_5652_2ffb_5d7e,
                0x35ba_c61e_84ae_3a2b,
                0x1214_42a9_b8c9_056c
            ]
        );
    }

    #[test]
    fn numbers_are_those_of_numpy() {
        let mut random = Random::new(20_240_601);
        assert_eq!(
            random.uniform(-61.0, -33.0, 3),
            [-38.829_003_401_909_52, -44.735_706_777_252_26, -49.383_884_901_034_136]
        );
        let mut random = Random::new(7);
        let signs = [1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, 1].map(f64::from);
        assert_eq!(random.signs(12), signs);
        assert_eq!(
            random.uniform(0.4, 1.0, 2),
            [0.403_159_182_739_344_87, 0.892_737_051_029_659_7]
        );
    }
}
