//! Particles on grids that are not the product of two axes, on both engines.

mod analytic;
mod corner_levels;
mod curvilinear;
mod engines;
mod face_levels;
mod fine;
mod mesh_coasts;
mod tripolar;
mod unstructured;
