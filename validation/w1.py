#!/usr/bin/env python3
"""Workload W1: how precise drogue is; speed.py measures how fast.

    python validation/w1.py WORK

WORK is where data and results go; `drogue bench --write` makes the data. Where particles ought to end
says yardstick.c, which shares no line with drogue. Needs numpy, netCDF4, pyarrow and pandas from PyPI,
gcc, and target/release/drogue.
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

import speed

ROOT = Path(__file__).resolve().parent.parent
DROGUE = ROOT / "target" / "release" / "drogue"
METRES_IN_A_DEGREE = 6_371_000.0 * np.pi / 180
PARTICLES = 10_000

SCENARIO = """
[forcing.current]
data = "w1/*.nc"

[release]
kind = "file"
path = "w1_release_{particles}.parquet"

[time]
duration = "5d"
step = "10min"

[run]
device = "{device}"

[output]
path = "{device}_{particles}.parquet"
every = "5d"
"""


def truth(work):
    """Where yardstick.c's particles end."""
    command = ["./yardstick", "w1.bin", "w1_starts.bin", "w1_ends.bin", "1"]
    subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL)
    return np.fromfile(work / "w1_ends.bin").reshape(-1, 2)


def ends(work, device):
    """Where the particles are at the end of a run on this device."""
    scenario = work / f"{device}_{PARTICLES}.toml"
    scenario.write_text(SCENARIO.format(particles=PARTICLES, device=device))
    command = [DROGUE, "run", scenario, "--overwrite", "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    rows = pq.read_table(work / f"{device}_{PARTICLES}.parquet").to_pandas()
    last = rows[rows.t == rows.t.max()].sort_values("particle_id")
    return last[["x", "y"]].to_numpy()


def separations(a, b):
    d = (a - b) * METRES_IN_A_DEGREE
    metres = np.hypot(d[:, 0] * np.cos(np.radians(b[:, 1])), d[:, 1])
    return f"median {np.median(metres):.1e} m, 99.9 % {np.quantile(metres, 0.999):.1e} m, max {metres.max():.1e} m"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    work = parser.parse_args().work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    speed.write(work, "W1", PARTICLES)
    speed.make_yardstick(work, PARTICLES)
    reference, adapter = ends(work, "cpu"), ends(work, "software")
    print("reference against an independent f64:", separations(reference, truth(work)))
    print("software adapter against the reference:", separations(adapter, reference))


if __name__ == "__main__":
    main()
