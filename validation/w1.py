#!/usr/bin/env python3
"""Workload W1: how precise drogue is, and how fast beside a plain C loop on the same cores.

    python validation/w1.py BENCH WORK [--repeats 3]

BENCH holds workloads.py, limit.c and w1_final_f64_10000.npy, which come with the project's benchmark
material; WORK is where data and results go. Needs numpy, netCDF4, "zarr<3", numcodecs and pyarrow
from PyPI, gcc, and target/release/drogue. Everything is measured in one run, in turn, because the
speed of shared machines drifts; medians are printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
DROGUE = ROOT / "target" / "release" / "drogue"
RADIUS = 6_371_000.0
METRES_IN_A_DEGREE = RADIUS * np.pi / 180
STEPS = 720

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
"""
OUTPUT = """
[output]
path = "{name}.parquet"
every = "5d"
"""


def prepare(bench, work):
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "w1.bin").exists():
        subprocess.run([sys.executable, bench / "workloads.py", work, "W1"], check=True)
    for particles in (10_000, 100_000, 1_000_000):
        at = np.load(work / f"w1_release_{particles}.npy")
        pq.write_table(pa.table({"lon": at[:, 0], "lat": at[:, 1]}), work / f"release_{particles}.parquet")
    limit = work / "limit"
    flags = ["-O3", "-march=native", "-fopenmp"]
    subprocess.run(["gcc", *flags, bench / "limit.c", "-o", limit, "-lm"], check=True)


def drogue(work, device, particles, output=False):
    """One run; its account, and where the particles ended if there was an output."""
    name = f"{device}_{particles}"
    scenario = work / f"{name}.toml"
    text = SCENARIO.format(particles=particles, device=device)
    scenario.write_text(text + (OUTPUT.format(name=name) if output else ""))
    command = [DROGUE, "run", scenario, "--overwrite", "--json"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if not output:
        return json.loads(said), None
    rows = pq.read_table(work / f"{name}.parquet").to_pandas()
    last = rows[rows.t == rows.t.max()].sort_values("particle_id")
    return json.loads(said), last[["x", "y"]].to_numpy()


def limit(work, particles):
    """Particle-steps a second of the plain C loop, on as many threads as there are cores."""
    command = ["./limit", "scalar64", str(particles), str(METRES_IN_A_DEGREE), "1"]
    said = subprocess.run(command, cwd=work, check=True, capture_output=True, text=True).stdout
    seconds = float(said.split("median=")[1].split("s")[0])
    return particles * STEPS / seconds


def separations(a, b):
    d = (a - b) * METRES_IN_A_DEGREE
    metres = np.hypot(d[:, 0] * np.cos(np.radians(b[:, 1])), d[:, 1])
    return f"median {np.median(metres):.1e} m, 99.9 % {np.quantile(metres, 0.999):.1e} m, max {metres.max():.1e} m"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    bench, work = arguments.bench.resolve(), arguments.work.resolve()
    prepare(bench, work)

    truth = np.load(bench / "w1_final_f64_10000.npy")
    _, reference = drogue(work, "cpu", 10_000, output=True)
    _, adapter = drogue(work, "software", 10_000, output=True)
    print("reference against an independent f64:", separations(reference, truth))
    print("software adapter against the reference:", separations(adapter, reference))

    drogue(work, "software", 10_000)  # the first run compiles the shader
    rows = []
    for _ in range(arguments.repeats):
        plain = limit(work, 100_000)
        kernel, _ = drogue(work, "software", 100_000)
        f64, _ = drogue(work, "cpu", 100_000)
        whole, _ = drogue(work, "software", 1_000_000)
        again = limit(work, 100_000)
        plain = (plain + again) / 2
        rate = lambda account, time: account["particle_steps"] / account[time]
        rows.append(
            (
                plain,
                rate(kernel, "device_time") / plain,
                rate(f64, "device_time") / plain,
                rate(whole, "device_time") / plain,
                rate(whole, "elapsed") / plain,
            )
        )
    names = (
        "scalar64, M particle-steps/s",
        "kernel on the software adapter, 10^5 particles / scalar64",
        "reference, 10^5 particles / scalar64",
        "kernel on the software adapter, 10^6 particles / scalar64",
        "whole run, 10^6 particles, no output / scalar64",
    )
    for name, column in zip(names, zip(*rows)):
        scale = 1e6 if name.endswith("/s") else 1
        values = [value / scale for value in column]
        print(f"{name}: {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})")
    print(f"on {os.cpu_count()} cores, {arguments.repeats} repeats")


if __name__ == "__main__":
    main()
