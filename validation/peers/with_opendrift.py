"""One case with OpenDrift: python with_opendrift.py CASE.json ENDS.npy, in an environment that has it."""

import json
import sys
import time
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
from opendrift.models.oceandrift import OceanDrift
from opendrift.readers import reader_netCDF_CF_generic, reader_ROMS_native


def main():
    case = json.loads(Path(sys.argv[1]).read_text())
    release = np.load(case["release"])
    files = str(Path(case["work"]) / case["files"])
    model = OceanDrift(loglevel=50)
    if case["grid"] == "c_grid":
        reader = reader_ROMS_native.Reader(files)
    else:
        reader = reader_netCDF_CF_generic.Reader(files)
    model.add_reader(reader)
    # Currents alone, in a sea without other land than the data's.
    settings = {
        "general:use_auto_landmask": False,
        "general:coastline_action": "previous",
        "drift:advection_scheme": "runge-kutta4",
        "environment:fallback:horizontal_diffusivity": 0,
        "drift:stokes_drift": False,
        "drift:vertical_mixing": False,
        "drift:vertical_advection": case["three_d"],
        "seed:ocean_only": False,
        "seed:wind_drift_factor": 0,
        "environment:fallback:x_wind": 0,
        "environment:fallback:y_wind": 0,
        "environment:fallback:land_binary_mask": 0,
    }
    for key, value in settings.items():
        model.set_config(key, value)
    depth = {"z": -release[:, 2]} if case["three_d"] else {"z": 0}
    model.seed_elements(lon=release[:, 0], lat=release[:, 1], time=reader.start_time, **depth)
    began = time.perf_counter()
    model.run(
        duration=timedelta(seconds=case["duration"]),
        time_step=case["step"],
        time_step_output=case["duration"],
    )
    seconds = time.perf_counter() - began
    ends = np.full(release.shape, np.nan)
    ends_of = (model.elements, model.elements_deactivated)
    # Numbered in the order of the release, from 0 or 1.
    first = min(elements.ID.min() for elements in ends_of if len(elements))
    for elements in ends_of:
        index = np.asarray(elements.ID, int) - int(first)
        ends[index, 0], ends[index, 1] = elements.lon, elements.lat
        if case["three_d"]:
            ends[index, 2] = -elements.z
    if np.abs(ends - release).max() < 1e-5:
        sys.exit("no particle moves: the velocity was not read")
    np.save(sys.argv[2], ends)
    print(json.dumps({"tool": f"OpenDrift {version('opendrift')}", "seconds": seconds}))


main()
