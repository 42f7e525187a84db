#!/usr/bin/env python3
"""drogue beside Parcels 4 and OpenDrift: the same particles through the same data, in one run.

    python validation/peers/compare.py WORK [--particles 10000] [--only W1 W2 curvilinear c_grid] [--planted]

With --planted drogue alone runs, with Euler's steps: every case must find it wrong. The peers come from
PyPI, each into an environment of its own in WORK (2.4 GB). Needs numpy, netCDF4, cftime, pandas and pyarrow
from PyPI, and target/release/drogue.

All take the same steps with a Runge-Kutta method of fourth order, in f64 where a tool lets one choose.
Where they differ, what is right is settled by answers that are worked out apart from all of them (cases.py),
for the sphere with which a tool computes: Parcels takes a minute of latitude for 1852 m, which is 0.07 % less
than the mean radius of the Earth; OpenDrift's ellipsoid has no radius, and part of what it differs by is that.
Speed is that of the loop: opening the data and importing are left out. The exit code is 1 if drogue is
not where it ought to be, or if a particle of it is lost or on land.
"""

import argparse
import json
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

import cases

HERE = Path(__file__).resolve().parent
DROGUE = HERE.parent.parent / "target" / "release" / "drogue"
PEERS = {"parcels": ("parcels==4.0.2", cases.PARCELS_RADIUS), "opendrift": ("opendrift==1.14.12", cases.RADIUS)}
# The status of a particle that still drifts; all should.
ACTIVE = 1
# Metres from the exact answer, the median and all but one in a hundred, for drogue on both devices.
ASKED = {"W1": (0.01, 0.1), "W2": (0.1, 1.0), "curvilinear": (1.0, 5.0), "c_grid": (5.0, 200.0)}


def environment(work, name):
    """The Python of an environment with a peer in it."""
    folder = work / f"with_{name}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEERS[name][0]], check=True)
        (folder / "ready").touch()
    return python


def with_peer(case, name):
    """Where a peer's particles end, its name and its time; None and why, where it fails."""
    given, ends = case.work / f"{case.name}.json", case.work / f"{case.name}_{name}.npy"
    python = environment(case.work, name)
    command = [python, HERE / f"with_{name}.py", given, ends]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1]
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    return np.load(ends), answer


def with_drogue(case, device, integrator="rk4", radius=cases.RADIUS):
    path = case.work / f"{case.name}_{device}.toml"
    vertical = 'vertical = "velocity"\n' if case.three_d else ""
    path.write_text(
        f'[forcing.current]\ndata = "{case.files}"\n{vertical}'
        f'[release]\nkind = "file"\npath = "{case.release_file}"\n'
        f'[time]\nduration = "{case.duration}s"\nstep = "{case.step}s"\n'
        f'[physics]\nradius = "{radius}m"\nintegrator = "{integrator}"\n[run]\ndevice = "{device}"\n'
        f'[output]\npath = "{case.name}_{device}.parquet"\nevery = "{case.duration}s"\n'
    )
    command = [DROGUE, "run", path, "--overwrite", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    account = json.loads(done.stdout)
    rows = pq.read_table(case.work / f"{case.name}_{device}.parquet").to_pandas()
    last = rows.sort_values(["particle_id", "t"]).groupby("particle_id").last()
    ends = last[["x", "y", "z"] if case.three_d else ["x", "y"]].to_numpy(copy=True)
    ends[last.status.to_numpy() != ACTIVE] = np.nan
    return ends, {"tool": f"drogue, {account['device']['name']}", "seconds": account["elapsed"]}


def row(case, found, answer, radius, ours):
    """A line of the table: the median and the 99 % of metres from the exact answer, and whether any
    particle is lost or on land."""
    errors = case.errors(found, radius)
    lost = int(np.isnan(errors).sum())
    errors = errors[~np.isnan(errors)]
    apart = cases.separations(found, ours[radius])
    apart = apart[~np.isnan(apart)]
    rate = case.particles * case.steps / answer["seconds"] / 1e6
    middle, most, largest = np.median(errors), np.quantile(errors, 0.99), errors.max()
    land = case.on_land(found[~np.isnan(found[:, 0])])
    land = "" if land is None else land
    print(
        f"{answer['tool']:34} {middle:10.2g} {most:10.2g} {largest:10.2g} {np.median(apart):12.2g}"
        f" {rate:9.3g} {lost:6} {land:>8}", flush=True,
    )
    return middle, most, lost or land


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--particles", type=int, default=10_000)
    parser.add_argument("--only", nargs="*", choices=cases.ALL, default=list(cases.ALL))
    parser.add_argument("--planted", action="store_true", help="run with Euler's steps, which must be found wrong")
    arguments = parser.parse_args()
    integrator, peers = ("euler", {}) if arguments.planted else ("rk4", PEERS)
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    failures = []
    for name in arguments.only:
        case = cases.ALL[name](work, arguments.particles, DROGUE)
        case.prepare()
        np.save(work / f"{name}_release.npy", case.release())
        given = {key: getattr(case, key) for key in ("files", "grid", "three_d", "step", "duration")}
        given |= {"work": str(work), "release": str(work / f"{name}_release.npy")}
        (work / f"{name}.json").write_text(json.dumps(given))
        print(f"\n{name}: {case.title}; {case.particles} particles, {case.steps} steps")
        print(f"{'':34} {'metres from the exact answer':>32} {'metres from':>12} {'M steps':>9} {'':6} {'on':>8}")
        print(f"{'':34} {'median':>10} {'99 %':>10} {'largest':>10} {'drogue':>12} {'a second':>9} {'lost':>6} {'land':>8}")
        radii = {cases.RADIUS, *(radius for _, radius in peers.values())}
        ours = {radius: with_drogue(case, "cpu", integrator, radius)[0] for radius in radii}
        for device in ("cpu", "software"):
            found, answer = with_drogue(case, device, integrator)
            middle, most, astray = row(case, found, answer, cases.RADIUS, ours)
            if not (middle <= ASKED[name][0] and most <= ASKED[name][1]) or astray:
                failures.append(f"{name} on {device}")
        for peer, (_, radius) in peers.items():
            found, answer = with_peer(case, peer)
            if found is None:
                print(f"{peer:34} fails: {answer}")
            else:
                row(case, found, answer, radius, ours)
    for failure in failures:
        print(f"{'ok  ' if arguments.planted else 'FAIL'} {failure}: not where it ought to be")
    wanted = 2 * len(arguments.only) if arguments.planted else 0
    sys.exit(0 if len(failures) == wanted else 1)


if __name__ == "__main__":
    main()
