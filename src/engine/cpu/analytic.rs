//! Steps in closed form where velocities go through the faces of cells: within a cell a component changes
//! linearly from face to face, so that the way along each axis is an exponential of time, and the time to
//! a face a logarithm (Blanke and Raynaud 1997, J. Phys. Oceanogr. 27, 1038; Döös et al. 2017, Geosci.
//! Model Dev. 10, 1733). A step follows the flow of its middle from cell to cell. Cells of grids with
//! faces are unit squares, and velocities parts of them in a second. Twin: `shaders/analytic.wgsl`

use super::axes::NEXT_TO_THE_SIDE;
use super::particle::Spot;
use crate::engine::MOST_WAYS;

/// How far beyond a face downward a way ends, so that it is in the next cell: in the shader the last of its
/// integers.
const BEYOND: f64 = f64::EPSILON;

/// What goes through the western and southern face of a cell, and through the eastern and northern.
pub(super) type Through = [[f64; 2]; 2];

/// What is behind of a step.
pub(super) struct Behind {
    seconds: f64,
    ways: u32,
    /// The cell of the latest way, and how often one in it led to a face of each axis.
    at: [i32; 2],
    aims: [u32; 2],
    /// Whether the latest way led to the end of the step.
    pub ended: bool,
}

impl Behind {
    /// At the beginning of a step.
    pub const NOTHING: Self =
        Self { seconds: 0.0, ways: 0, at: [-1; 2], aims: [0; 2], ended: false };

    /// Finds the way through the cell at hand: to the first face that it leads to, or to the end of a
    /// step of so many `seconds`.
    pub fn way(&mut self, through: Through, spot: Spot, seconds: f64) -> [f64; 3] {
        if self.at != spot.cell {
            (self.at, self.aims) = (spot.cell, [0; 2]);
        }
        let forward = if seconds < 0.0 { -1.0 } else { 1.0 };
        let [low, high] = through.map(|faces| faces.map(|velocity| forward * velocity));
        // A face that did not let it pass is dry beyond.
        let here = [0, 1].map(|d| match self.aims[d] > 1 {
            true => 0.0,
            false => low[d] * (1.0 - spot.offset[d]) + high[d] * spot.offset[d],
        });
        // Downward a way ends beyond the face, which is the next cell's.
        let faces = [0, 1].map(|d| match here[d] > 0.0 {
            true => (high[d], 1.0 - spot.offset[d]),
            false => (low[d], -(spot.offset[d] + BEYOND)),
        });
        let left = (seconds.abs() - self.seconds).max(0.0);
        let [x, y] = [0, 1]
            .map(|d| time_to_face(faces[d].1.abs(), here[d], faces[d].0).unwrap_or(left + 1.0));
        let time = left.min(x).min(y);
        let crossing = [x <= left && x <= y, y <= left && y < x];
        let way = [0, 1].map(|d| {
            let free = here[d] * time * growth((high[d] - low[d]) * time);
            let room = [-spot.offset[d], NEXT_TO_THE_SIDE - spot.offset[d]];
            if crossing[d] { faces[d].1 } else { free.max(room[0]).min(room[1].max(0.0)) }
        });
        self.seconds += time;
        self.ways += 1;
        for (aims, crosses) in self.aims.iter_mut().zip(crossing) {
            *aims += u32::from(crosses);
        }
        self.ended = crossing == [false; 2];
        if self.ways > MOST_WAYS {
            self.ended = true;
            return [0.0; 3];
        }
        [way[0], way[1], 0.0]
    }
}

/// (eˣ - 1) / x
fn growth(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.exp_m1() / x }
}

/// The time to the face that a velocity here leads to, where it is open.
fn time_to_face(distance: f64, here: f64, face: f64) -> Option<f64> {
    let is_open = here > 0.0 && face > 0.0 || here < 0.0 && face < 0.0;
    is_open.then(|| time_over(distance, here.abs(), face.abs()))
}

/// The time over a distance along which a velocity goes linearly from one value to another, both positive.
fn time_over(distance: f64, first: f64, last: f64) -> f64 {
    let rise = (last - first) / first;
    let share = if rise == 0.0 { 1.0 } else { rise.ln_1p() / rise };
    distance / first * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(offset: [f64; 2]) -> Spot {
        Spot { cell: [3, 4], offset, depth: 0.0 }
    }

    #[test]
    fn the_shader_has_as_many_ways() {
        let text = include_str!("../../../shaders/analytic.wgsl");
        assert!(text.contains(&format!("const WAYS: u32 = {MOST_WAYS}u;")));
    }

    #[test]
    fn a_way_ends_at_the_first_face_after_the_time_to_it() {
        // 1 + r cells a second: after ln(2 / 1.5) s half a cell is behind.
        let mut behind = Behind::NOTHING;
        let way = behind.way([[1.0, 0.0], [2.0, 0.0]], spot([0.5, 0.5]), 9.0);
        assert_eq!(way, [0.5, 0.0, 0.0]);
        assert!((behind.seconds - (2.0_f64 / 1.5).ln()).abs() < 1e-15 && !behind.ended);
    }

    #[test]
    fn nothing_gets_to_a_closed_face() {
        for seconds in [1.0, 1e3, 1e9, -1e9] {
            let mut behind = Behind::NOTHING;
            let through = if seconds > 0.0 { [[1.0; 2], [0.0; 2]] } else { [[0.0; 2], [1.0; 2]] };
            let way = behind.way(through, spot([0.25, 0.75]), seconds);
            assert!(behind.ended);
            for (way, offset) in way.iter().zip([0.25, 0.75]) {
                assert!((0.0..1.0).contains(&(offset + way)), "{seconds}: {way}");
            }
        }
    }

    #[test]
    fn circles_around_a_corner_come_to_an_end() {
        let mut behind = Behind::NOTHING;
        let mut cell = [0, 0];
        // Around the corner of four cells, as near as the integers tell.
        let around = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]];
        let mut ways = 0;
        while !behind.ended {
            let direction = around[ways % 4];
            cell = [cell[0] + 1, cell[1]];
            behind.way([direction; 2], Spot { cell, offset: [0.5; 2], depth: 0.0 }, 1e9);
            ways += 1;
        }
        assert_eq!(ways, MOST_WAYS as usize + 1);
    }
}
