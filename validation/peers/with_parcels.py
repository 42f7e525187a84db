"""One case with Parcels 4: python with_parcels.py CASE.json ENDS.npy, in an environment that has it."""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import parcels
import parcels._sgrid as sgrid
import xarray as xr
from parcels._core.particle import get_default_particle
from parcels.kernels import AdvectionRK4, AdvectionRK4_3D


def dataset(case):
    """The case's data as Parcels wants it: U, V (and W, downward) on an SGRID."""
    data = xr.open_mfdataset(str(Path(case["work"]) / case["files"]))
    if case["grid"] == "c_grid":
        # From ROMS to one row and column of corners for each of cells: the last are left out.
        names = {"ocean_time": "time", "xi_psi": "XG", "eta_psi": "YG", "lon_psi": "lon", "lat_psi": "lat"}
        u = data["u"].isel(eta_u=slice(0, -1)).rename({"ocean_time": "time", "eta_u": "YC", "xi_u": "XG"})
        v = data["v"].isel(xi_v=slice(0, -1)).rename({"ocean_time": "time", "eta_v": "YG", "xi_v": "XC"})
        corners = data[["lon_psi", "lat_psi"]].rename({k: v for k, v in names.items() if k != "ocean_time"})
        data = xr.merge([u.reset_coords(drop=True), v.reset_coords(drop=True), corners])
    else:
        y, x = data["u"].dims[-2:]
        data = data.rename({y: "YG", x: "XG"})
        if case["grid"] == "nodes":
            data = data.assign_coords(lat=("YG", data["YG"].data), lon=("XG", data["XG"].data))
    data = data.rename({"u": "U", "v": "V", **({"w": "W"} if case["three_d"] else {})})
    fields = ["U", "V", "W"] if case["three_d"] else ["U", "V"]
    data = data.set_coords([name for name in ("lon", "lat") if name in data])[fields].load()
    if case["three_d"]:
        data["W"] = -data["W"]
    else:
        data = data.expand_dims(depth=[0.0], axis=1)
    data["depth"].attrs["axis"] = "Z"
    data["time"].attrs["axis"] = "T"
    for name, size, axis in (("XG", data.sizes["XG"], "X"), ("YG", data.sizes["YG"], "Y")):
        # Coordinates of dimensions are numbers; places are lon and lat.
        data = data.assign_coords({name: np.arange(size), name[0] + "C": np.arange(size) + 0.5})
        data[name].attrs = {"axis": axis, "c_grid_axis_shift": -0.5}
        data[name[0] + "C"].attrs = {"axis": axis}
    padding = sgrid.Padding.LOW
    return data.pipe(
        sgrid._attach_sgrid_metadata,
        sgrid.SGrid2DMetadata(
            cf_role="grid_topology",
            topology_dimension=2,
            node_dimensions=("XG", "YG"),
            node_coordinates=("lon", "lat"),
            face_dimensions=(
                sgrid.FaceNodePadding("XC", "XG", padding),
                sgrid.FaceNodePadding("YC", "YG", padding),
            ),
            vertical_dimensions=(sgrid.FaceNodePadding("ZC", "depth", sgrid.Padding.BOTH),),
        ),
    )


def main():
    case = json.loads(Path(sys.argv[1]).read_text())
    release = np.load(case["release"])
    fieldset = parcels.FieldSet.from_sgrid_conventions(dataset(case), mesh="spherical")
    lost = []

    def keep_count(particles, fieldset):
        failed = particles.state >= 50
        lost.extend(particles[failed].particle_id)
        particles[failed].state = parcels.StatusCode.Delete

    where = {name: release[:, c] for c, name in enumerate(("x", "y", "z")[: release.shape[1]])}
    # In f64, Parcels' own best.
    particles = parcels.ParticleSet(fieldset, pclass=get_default_particle(np.float64), **where)
    names = np.array(particles.particle_id)
    kernel = AdvectionRK4_3D if case["three_d"] else AdvectionRK4
    began = time.perf_counter()
    particles.execute(
        [kernel, keep_count],
        runtime=np.timedelta64(case["duration"], "s"),
        dt=np.timedelta64(case["step"], "s"),
        verbose_progress=False,
    )
    seconds = time.perf_counter() - began
    ends = np.full(release.shape, np.nan)
    found = np.searchsorted(names, np.asarray(particles.particle_id))
    for c, name in enumerate(("x", "y", "z")[: release.shape[1]]):
        ends[found, c] = getattr(particles, name)
    np.save(sys.argv[2], ends)
    print(json.dumps({"tool": f"Parcels {version('parcels')}", "seconds": seconds}))


main()
