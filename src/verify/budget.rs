//! How near to the exact answer an engine must come: the budget of errors along a trajectory.
//!
//! A trajectory of the exact flow, X(t), and its tangent map Φ(t) are integrated in f64 with a
//! quarter of the engine's step. What an engine does differently at a time s moves the end by
//! Φ(T, s) = Φ(T) Φ(s)⁻¹ times as much. The tolerance is
//!
//! `∫ ‖Φ(T, s)‖ e(s) ds + Σ ‖Φ(T, sₖ)‖ r + |X_step(T) − X_step/4(T)|`
//!
//! * e(s), the error of the velocity that is interpolated between nodes and snapshots: for linear
//!   interpolation h²/8 times the second derivative, taken as an eighth of the second difference
//!   over the local spacing. A step that crosses cells meets kinks in the interpolated field, which
//!   cost as much again for each (speed · step / h)².
//! * r, the rounding of a step: [`Arithmetic::per_step`].
//! * the last term: the truncation error of the integrator.
//!
//! Everything is to first order in the errors, with upper bounds for the sizes.

use super::arithmetic::Arithmetic;
use super::flows::Flow;
use crate::grid::Grid;

/// How the flow reaches the engine.
pub(super) struct Sampling<'a> {
    pub grid: &'a Grid,
    /// Seconds between snapshots.
    pub interval: f64,
    /// The engine's step in seconds.
    pub step: f64,
    /// Seconds from start to end.
    pub duration: f64,
}

/// Where a particle ends on a plane, and how far from there an engine may put it, in metres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prediction {
    pub at: [f64; 2],
    pub tolerance: f64,
}

type Matrix = [[f64; 2]; 2];

/// The trajectory from `release`, and its budget.
pub(super) fn predict(flow: &dyn Flow, release: [f64; 2], sampling: &Sampling) -> Prediction {
    let steps = (sampling.duration / sampling.step).round() as usize;
    let step = sampling.duration / steps as f64;
    let mut x = release;
    let mut tangent: Matrix = [[1.0, 0.0], [0.0, 1.0]];
    let mut stations = Vec::with_capacity(steps);
    for number in 0..steps {
        let t = number as f64 * step;
        stations.push((tangent, local_error(flow, t, x, sampling)));
        for quarter in 0..4 {
            let t = t + 0.25 * step * f64::from(quarter);
            (x, tangent) = tangent_step(flow, t, x, tangent, 0.25 * step);
        }
    }
    let mut coarse = release;
    for number in 0..steps {
        coarse = classical_step(flow, number as f64 * step, coarse, step);
    }
    let truncation = (coarse[0] - x[0]).hypot(coarse[1] - x[1]);
    let grown: f64 =
        stations.iter().map(|(then, error)| norm(product(tangent, inverse(*then))) * error).sum();
    Prediction { at: x, tolerance: grown + truncation }
}

/// What the step from `x` at `t` may be off: interpolation over the step, and rounding.
fn local_error(flow: &dyn Flow, t: f64, x: [f64; 2], sampling: &Sampling) -> f64 {
    let [hx, hy] = match sampling.grid.locate(x[0], x[1]) {
        Some(at) => [
            sampling.grid.x().width(at.cell[0] as usize),
            sampling.grid.y().width(at.cell[1] as usize),
        ],
        // An engine does not get there: its particle would have left the domain.
        None => return f64::INFINITY,
    };
    let u = flow.velocity(t, x);
    let bend = |t: f64, d: [f64; 2]| {
        let ahead = flow.velocity(t, [x[0] + d[0], x[1] + d[1]]);
        let behind = flow.velocity(t, [x[0] - d[0], x[1] - d[1]]);
        (ahead[0] - 2.0 * u[0] + behind[0]).hypot(ahead[1] - 2.0 * u[1] + behind[1])
    };
    let kinks = |speed: f64, h: f64| 1.0 + (speed * sampling.step / h).powi(2);
    let later = flow.velocity(t + sampling.interval, x);
    let before = flow.velocity(t - sampling.interval, x);
    let in_time = (later[0] - 2.0 * u[0] + before[0]).hypot(later[1] - 2.0 * u[1] + before[1]);
    let interpolation =
        (bend(t, [hx, 0.0]) * kinks(u[0], hx) + bend(t, [0.0, hy]) * kinks(u[1], hy) + in_time)
            / 8.0;
    let rounding =
        Arithmetic { cell_m: hx.max(hy), speed: u[0].hypot(u[1]), step_s: sampling.step, steps: 1 };
    interpolation * sampling.step + rounding.per_step()
}

fn classical_step(flow: &dyn Flow, t: f64, x: [f64; 2], h: f64) -> [f64; 2] {
    let along = |k: [f64; 2], h: f64| [x[0] + k[0] * h, x[1] + k[1] * h];
    let k1 = flow.velocity(t, x);
    let k2 = flow.velocity(t + 0.5 * h, along(k1, 0.5 * h));
    let k3 = flow.velocity(t + 0.5 * h, along(k2, 0.5 * h));
    let k4 = flow.velocity(t + h, along(k3, h));
    [0, 1].map(|c| x[c] + (k1[c] + 2.0 * (k2[c] + k3[c]) + k4[c]) * (h / 6.0))
}

/// A step of the trajectory, and of its tangent map by the midpoint rule.
fn tangent_step(
    flow: &dyn Flow,
    t: f64,
    x: [f64; 2],
    tangent: Matrix,
    h: f64,
) -> ([f64; 2], Matrix) {
    let end = classical_step(flow, t, x, h);
    let middle = [0.5 * (x[0] + end[0]), 0.5 * (x[1] + end[1])];
    let gradient = gradient(flow, t + 0.5 * h, middle);
    let half = add(tangent, scaled(product(gradient, tangent), 0.5 * h));
    (end, add(tangent, scaled(product(gradient, half), h)))
}

/// ∂uᵢ/∂xⱼ by central differences over a part of the position's own size.
fn gradient(flow: &dyn Flow, t: f64, x: [f64; 2]) -> Matrix {
    let d = 1e-6 * x[0].abs().max(x[1].abs()).max(1.0);
    let column = |d: [f64; 2]| {
        let ahead = flow.velocity(t, [x[0] + d[0], x[1] + d[1]]);
        let behind = flow.velocity(t, [x[0] - d[0], x[1] - d[1]]);
        let over = 2.0 * (d[0] + d[1]);
        [(ahead[0] - behind[0]) / over, (ahead[1] - behind[1]) / over]
    };
    let (by_x, by_y) = (column([d, 0.0]), column([0.0, d]));
    [[by_x[0], by_y[0]], [by_x[1], by_y[1]]]
}

fn product(a: Matrix, b: Matrix) -> Matrix {
    [0, 1].map(|i| [0, 1].map(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j]))
}

fn add(a: Matrix, b: Matrix) -> Matrix {
    [0, 1].map(|i| [0, 1].map(|j| a[i][j] + b[i][j]))
}

fn scaled(a: Matrix, factor: f64) -> Matrix {
    a.map(|row| row.map(|value| value * factor))
}

fn inverse(a: Matrix) -> Matrix {
    let determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
    scaled([[a[1][1], -a[0][1]], [-a[1][0], a[0][0]]], 1.0 / determinant)
}

/// The largest factor by which the matrix stretches a vector.
fn norm(a: Matrix) -> f64 {
    let squares: f64 = a.iter().flatten().map(|value| value * value).sum();
    let determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
    let spread = (squares * squares - 4.0 * determinant * determinant).max(0.0).sqrt();
    (0.5 * (squares + spread)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::flows::plane;

    /// Stretches along x, shrinks along y: x e^t, y e^-t.
    struct Saddle;

    impl Flow for Saddle {
        fn velocity(&self, _: f64, [x, y]: [f64; 2]) -> [f64; 2] {
            [x, -y]
        }
    }

    #[test]
    fn a_saddle_is_followed_and_stretches_errors_by_the_exponential() {
        let mut tangent = [[1.0, 0.0], [0.0, 1.0]];
        let mut x = [1.0, 1.0];
        for step in 0..1000 {
            (x, tangent) = tangent_step(&Saddle, f64::from(step) * 0.001, x, tangent, 0.001);
        }
        assert!((x[0] - 1.0_f64.exp()).abs() < 1e-9 && (x[1] - (-1.0_f64).exp()).abs() < 1e-9);
        assert!((norm(tangent) - 1.0_f64.exp()).abs() < 1e-5);
        assert!((tangent[0][0] * tangent[1][1] - 1.0).abs() < 1e-5);
    }

    #[test]
    fn the_budget_of_a_flow_that_is_linear_holds_no_interpolation_error() {
        let grid = plane([10.0, 10.0], [10, 10]).unwrap();
        let sampling = Sampling { grid: &grid, interval: 1.0, step: 0.001, duration: 1.0 };
        let prediction = predict(&Saddle, [1.0, 1.0], &sampling);
        let rounding = Arithmetic { cell_m: 1.0, speed: 3.0, step_s: 0.001, steps: 1000 };
        assert!(prediction.tolerance < rounding.accumulated() * 1.0_f64.exp());
        assert!(prediction.tolerance > 0.1 * rounding.accumulated());
    }

    #[test]
    fn leaving_the_grid_is_not_within_any_budget() {
        let grid = plane([2.0, 2.0], [2, 2]).unwrap();
        let sampling = Sampling { grid: &grid, interval: 1.0, step: 0.01, duration: 2.0 };
        assert!(predict(&Saddle, [1.0, 1.0], &sampling).tolerance.is_infinite());
    }
}
