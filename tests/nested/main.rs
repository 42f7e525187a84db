//! Several forcings in one run: which of them moves a particle, and what that comes to.

#[path = "../run/deep.rs"]
mod deep;
mod exact;
mod refused;
mod rules;
mod seas;
mod watched;
