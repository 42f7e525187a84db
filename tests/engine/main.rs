//! What holds for each engine, whatever the grid, the blocks and the windows; and that both agree.

mod any_grid;
mod blocks;
mod coasts;
mod land;
mod places;
mod task;
