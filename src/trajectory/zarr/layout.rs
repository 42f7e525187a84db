//! How the chunks of a store are cut.

/// The rows (trajectories) and columns (output times) of a chunk.
///
/// A chunk is written once, when its last output time has come, so what is buffered is all
/// particles times the columns of a chunk. With more particles than [`SMALLEST_ROWS`] a chunk has
/// therefore one column only, and a chunk leaves memory when the next particles come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Trajectories in a chunk.
    pub rows: u64,
    /// Output times in a chunk.
    pub columns: u64,
}

/// 1 MiB of f64.
const SMALLEST_ROWS: u64 = 1 << 17;
/// 8 MiB of f64.
const LARGEST_ROWS: u64 = 1 << 20;
/// Few particles for many output times: a killed run loses no more than these.
const LARGEST_COLUMNS: u64 = 256;
/// Chunks that one variable may have at one output time, before chunks grow.
const CHUNKS_IN_SLOT: u64 = 256;

impl Layout {
    /// The chunks for so many particles and, where known, output times.
    pub(super) fn of(particles: u64, slots: Option<u32>) -> Self {
        let particles = particles.max(1);
        let rows = (particles / CHUNKS_IN_SLOT)
            .next_power_of_two()
            .clamp(SMALLEST_ROWS, LARGEST_ROWS)
            .min(particles);
        let columns = if rows == particles { SMALLEST_ROWS / rows } else { 1 };
        let most = slots.map_or(LARGEST_COLUMNS, |slots| u64::from(slots).min(LARGEST_COLUMNS));
        Self { rows, columns: columns.clamp(1, most.max(1)) }
    }

    /// Values in a chunk.
    pub(super) fn len(self) -> usize {
        (self.rows * self.columns) as usize
    }

    /// How many chunks hold the particles of one output time.
    pub(super) fn chunks(self, particles: u64) -> u64 {
        particles.div_ceil(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_neither_tiny_nor_huge() {
        for (particles, slots, rows, columns) in [
            (0, None, 1, 256),
            (10, Some(10_000), 10, 256),
            (10, Some(5), 10, 5),
            (1_000, None, 1_000, 131),
            (100_000, Some(100), 100_000, 1),
            (10_000_000, Some(4), 1 << 17, 1),
            (100_000_000, Some(100), 1 << 19, 1),
            (1_000_000_000, Some(0), 1 << 20, 1),
        ] {
            assert_eq!(Layout::of(particles, slots), Layout { rows, columns }, "{particles}");
        }
    }

    #[test]
    fn several_columns_mean_a_single_chunk_of_rows() {
        for particles in (0..2_000_000).step_by(997) {
            let layout = Layout::of(particles, None);
            assert!(layout.columns == 1 || layout.chunks(particles) <= 1, "{particles}");
            assert!(layout.len() <= SMALLEST_ROWS as usize);
        }
    }
}
