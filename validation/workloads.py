#!/usr/bin/env python3
"""The workloads that drogue makes, held against those that the benchmark material defines.

    python validation/workloads.py BENCH WORK [W1 W1h W2 W3]

BENCH holds workloads.py and w1_final_f64_10000.npy, which come with the project's benchmark material;
WORK is where data and results go (W3 takes 1.5 GB). Needs numpy, netCDF4, "zarr<3", numcodecs,
pyarrow and pandas from PyPI, and target/release/drogue. Both formats are opened with other people's libraries.

Velocities may differ by one unit in the last place of an f32, where the exponentials of two
mathematics libraries round to either side, and no more often than once in a million nodes. Releases
are the same to the bit. The positions after W1, computed by drogue's reference, are within 1 mm of
those of an independent program.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pyarrow.parquet as pq
import zarr

ROOT = Path(__file__).resolve().parent.parent
DROGUE = ROOT / "target" / "release" / "drogue"
METRES_IN_A_DEGREE = 6_371_000.0 * np.pi / 180
FAILURES = []


def check(what, holds, detail):
    print(f"{'ok  ' if holds else 'FAIL'} {what}: {detail}")
    if not holds:
        FAILURES.append(what)


def velocities(a, b, what):
    """Two iterables of snapshots, each an f32 array."""
    nodes = different = most = 0
    for x, y in zip(a, b, strict=True):
        # Neighbouring floats of one sign are neighbouring integers.
        ulps = np.abs(x.view("i4").astype("i8") - y.view("i4").astype("i8"))
        nodes, different, most = nodes + x.size, different + np.count_nonzero(ulps), max(most, ulps.max())
    check(what, most <= 1 and different * 1_000_000 <= nodes, f"{different} of {nodes} differ, by {most} ULP at most")


def snapshots(files, name):
    for file in files:
        with netCDF4.Dataset(file) as data:
            data.set_auto_maskandscale(False)
            for index in range(data[name].shape[0]):
                yield data[name][index]


def workload(name, bench, ours, theirs):
    low = name.lower()
    if not (theirs / f"{low}.zarr").exists():
        subprocess.run([sys.executable, bench / "workloads.py", theirs, name], check=True)
    subprocess.run([DROGUE, "bench", name, "--write", ours], check=True, stdout=subprocess.DEVNULL)
    files = sorted((ours / low).glob("*.nc"))
    store, expected = zarr.open_consolidated(str(ours / f"{low}.zarr")), [theirs / f"{low}.nc"]
    for component in (name for name in "uvw" if name in store):
        velocities(snapshots(files, component), snapshots(expected, component), f"{name} {component}, NetCDF")
        array = store[component]
        stored = (array[index] for index in range(array.shape[0]))
        velocities(stored, snapshots(expected, component), f"{name} {component}, Zarr")
    with netCDF4.Dataset(expected[0]) as data:
        for axis in (name for name in ("time", "depth", "lat", "lon") if name in store):
            same = np.array_equal(data[axis][:], store[axis][:])
            check(f"{name} {axis}", same, f"{store[axis].shape[0]} values, {dict(store[axis].attrs)['units']}")
    for path in sorted(theirs.glob(f"{low}_release_*.npy")):
        table = pq.read_table(ours / f"{path.stem}.parquet")
        release = np.stack([table[name] for name in table.column_names], 1)
        check(path.stem, np.array_equal(release, np.load(path)), f"{len(release)} particles")


def positions(bench, ours):
    # As a table, which pyarrow reads.
    scenario = ours / "w1_table.toml"
    scenario.write_text((ours / "w1_10000.toml").read_text().replace("w1_10000.zarr", "w1_table.parquet"))
    command = [DROGUE, "run", scenario, "--device", "cpu", "--overwrite"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    rows = pq.read_table(ours / "w1_table.parquet", columns=["t", "particle_id", "x", "y"]).to_pandas()
    last = rows[rows.t == rows.t.max()].sort_values("particle_id")
    truth = np.load(bench / "w1_final_f64_10000.npy")
    x, y = last.x.to_numpy(), last.y.to_numpy()
    north, east = y - truth[:, 1], (x - truth[:, 0]) * np.cos(np.radians(truth[:, 1]))
    metres = np.hypot(north, east) * METRES_IN_A_DEGREE
    detail = f"median {np.median(metres):.1e} m, farthest {metres.max():.1e} m"
    check("W1, 10 000 particles after 5 days", metres.max() < 1e-3, detail)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("workloads", nargs="*", default=["W1"])
    arguments = parser.parse_args()
    bench, work = arguments.bench.resolve(), arguments.work.resolve()
    ours, theirs = work / "ours", work / "theirs"
    for folder in (ours, theirs):
        folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.workloads:
        workload(name, bench, ours, theirs)
    if "W1" in arguments.workloads:
        positions(bench, ours)
    sys.exit(1 if FAILURES else 0)


if __name__ == "__main__":
    main()
