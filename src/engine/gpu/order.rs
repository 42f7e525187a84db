//! Particles in the order of their places.
//!
//! Those that go through the kernel in lockstep then need neighbouring cells, and change them at
//! similar times; and fields are read in the order in which they lie in memory. Runs of them are
//! dealt out over the block: a software adapter gives each core one part of it, and the slowest part
//! is waited for.

use crate::engine::Particle;

/// Particles that stay together: a few work groups.
const RUN: usize = 256;

/// Which particle of a block is in which place on the device.
pub(super) struct Order(Vec<u32>);

impl Order {
    /// Along a Z-order curve through the cells, whose runs are then dealt out.
    pub fn of(particles: &[Particle]) -> Self {
        let mut keys: Vec<(u64, u32)> = particles
            .iter()
            .zip(0..)
            .map(|(particle, index)| {
                let [column, row] = particle.cell.map(|cell| spread(cell as u32));
                (column | row << 1, index)
            })
            .collect();
        keys.sort_unstable();
        let runs: Vec<_> = keys.chunks(RUN).collect();
        let dealt = dealt(runs.len()).flat_map(|run| runs[run]);
        Self(dealt.map(|&(_, index)| index).collect())
    }

    /// One item for each particle, brought into this order.
    pub fn apply<'a, T>(&self, items: &'a [T]) -> impl Iterator<Item = &'a T> {
        self.0.iter().map(|&index| &items[index as usize])
    }

    /// Items in this order, brought back into that of the particles.
    pub fn undo<T: Copy>(&self, ordered: &[T]) -> Vec<T> {
        let mut items = ordered.to_vec();
        for (&index, &item) in self.0.iter().zip(ordered) {
            items[index as usize] = item;
        }
        items
    }
}

/// The numbers below `count`, each far from the one before, so that any part of the sequence is
/// spread evenly over all of them: their bits in reverse.
fn dealt(count: usize) -> impl Iterator<Item = usize> {
    let bits = count.next_power_of_two().trailing_zeros();
    let reversed = move |number: usize| number.reverse_bits().unbounded_shr(usize::BITS - bits);
    (0..1_usize << bits).map(reversed).filter(move |&number| number < count)
}

/// The bits of a number with a zero between each two.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn particles(cells: impl IntoIterator<Item = [i32; 2]>) -> Vec<Particle> {
        let particle =
            |cell| Particle { offset: [0.5; 2], depth: 0.0, cell, status: 1, finished_step: 0 };
        cells.into_iter().map(particle).collect()
    }

    #[test]
    fn a_square_of_cells_comes_before_the_next() {
        let cells = [[3, 3], [1, 0], [2, 0], [0, 1], [1, 1], [0, 70_000], [0, 0], [0, 1]];
        let order = Order::of(&particles(cells));
        let ordered: Vec<_> = order.apply(&cells).copied().collect();
        let squares = [[0, 0], [1, 0], [0, 1], [0, 1], [1, 1], [2, 0], [3, 3], [0, 70_000]];
        assert_eq!(ordered, squares);
    }

    #[test]
    fn what_was_ordered_comes_back() {
        let scattered = (0..1000).map(|k| [k * 7919 % 101, k * 104_729 % 97]);
        let particles = particles(scattered);
        let order = Order::of(&particles);
        let ordered: Vec<_> = order.apply(&particles).copied().collect();
        assert!(ordered != particles, "the order is another");
        assert!(order.undo(&ordered) == particles);
    }

    #[test]
    fn each_part_of_a_block_has_particles_from_everywhere() {
        for count in [1, 2, 3, 16, 100, 256] {
            let order: Vec<_> = dealt(count).collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..count), "each of {count} once");
            for parts in [2, 4] {
                for part in order.chunks(count.div_ceil(parts)) {
                    let low = part.iter().filter(|&&run| 2 * run < count).count();
                    assert!(low.abs_diff(part.len() - low) <= 1 + count / 16, "{part:?}");
                }
            }
        }
        let row: Vec<_> = (0..4 * RUN as i32).map(|k| [k, 0]).collect();
        let order = Order::of(&particles(row.iter().copied()));
        let firsts: Vec<_> = order.apply(&row).step_by(RUN).map(|cell| cell[0]).collect();
        assert_eq!(firsts, [0, 2, 1, 3].map(|run| run * RUN as i32));
    }

    #[test]
    fn bits_are_spread() {
        assert_eq!(spread(0b1011), 0b100_0101);
        assert_eq!(spread(u32::MAX), 0x5555_5555_5555_5555);
    }
}
