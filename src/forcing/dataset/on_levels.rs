//! Vertical velocities on the levels of horizontal ones.

use crate::grid::MISSING;

/// Planes at the depths `from`, as planes at the depths `to`: linear in between, the
/// nearest beyond the ends. One of two that is [`MISSING`] counts as none: nothing flows through the
/// floor.
pub(super) fn between(values: Vec<f32>, from: &[f64], to: &[f64]) -> Vec<f32> {
    if from == to {
        return values;
    }
    let nodes = values.len() / from.len();
    let plane = |level: usize| &values[level * nodes..(level + 1) * nodes];
    let mut found = Vec::with_capacity(nodes * to.len());
    for &depth in to {
        let below = from.partition_point(|&level| level < depth).min(from.len() - 1);
        let above = below.saturating_sub(1);
        let width = from[below] - from[above];
        let part = if width > 0.0 { ((depth - from[above]) / width).clamp(0.0, 1.0) } else { 0.0 };
        let pairs = plane(above).iter().zip(plane(below));
        found.extend(pairs.map(|(&above, &below)| match (above == MISSING, below == MISSING) {
            (false, false) => above + part as f32 * (below - above),
            (true, false) => below * part as f32,
            (false, true) => above * (1.0 - part as f32),
            (true, true) => MISSING,
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_two_levels_is_between_their_values() {
        let at = [0.0, 10.0, 30.0];
        let values = vec![0.0, 1.0, 2.0, MISSING, 4.0, MISSING];
        let found = between(values.clone(), &at, &[5.0, 20.0, 40.0]);
        assert_eq!(found, [1.0, 0.5, 3.0, MISSING, 4.0, MISSING]);
        assert_eq!(between(values.clone(), &at, &at), values);
        assert_eq!(between(vec![7.0], &[3.0], &[1.0, 9.0]), [7.0, 7.0]);
    }
}
