//! Particles in the order of their places.
//!
//! Those that go through the kernel in lockstep then need neighbouring cells, and change them at
//! similar times; and fields are read in the order in which they lie in memory.

use crate::engine::Particle;

/// Which particle of a block is in which place on the device.
pub(super) struct Order(Vec<u32>);

impl Order {
    /// Along a Z-order curve through the cells.
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
        Self(keys.into_iter().map(|(_, index)| index).collect())
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
        let particle = |cell| Particle { offset: [0.5; 2], cell, status: 1, finished_step: 0 };
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
    fn bits_are_spread() {
        assert_eq!(spread(0b1011), 0b100_0101);
        assert_eq!(spread(u32::MAX), 0x5555_5555_5555_5555);
    }
}
