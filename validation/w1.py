#!/usr/bin/env python3
"""Workload W1: how precise drogue is. How fast it is measures speed.py.

    python validation/w1.py BENCH WORK

BENCH holds workloads.py and w1_final_f64_10000.npy, which come with the project's benchmark material;
WORK is where data and results go. Needs numpy, netCDF4, "zarr<3", numcodecs, pyarrow and pandas from
PyPI, and target/release/drogue.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
DROGUE = ROOT / "target" / "release" / "drogue"
METRES_IN_A_DEGREE = 6_371_000.0 * np.pi / 180
PARTICLES = 10_000

SCENARIO = """
[forcing.current]
data = "w1.nc"

[release]
kind = "file"
path = "release_{particles}.parquet"

[time]
duration = "5d"
step = "10min"

[run]
device = "{device}"

[output]
path = "{device}_{particles}.parquet"
every = "5d"
"""


def prepare(bench, work):
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "w1.nc").exists():
        subprocess.run([sys.executable, bench / "workloads.py", work, "W1"], check=True)
    at = np.load(work / f"w1_release_{PARTICLES}.npy")
    pq.write_table(pa.table({"lon": at[:, 0], "lat": at[:, 1]}), work / f"release_{PARTICLES}.parquet")


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
    parser.add_argument("bench", type=Path)
    parser.add_argument("work", type=Path)
    arguments = parser.parse_args()
    bench, work = arguments.bench.resolve(), arguments.work.resolve()
    prepare(bench, work)
    truth = np.load(bench / "w1_final_f64_10000.npy")
    reference, adapter = ends(work, "cpu"), ends(work, "software")
    print("reference against an independent f64:", separations(reference, truth))
    print("software adapter against the reference:", separations(adapter, reference))


if __name__ == "__main__":
    main()
