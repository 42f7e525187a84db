"""Opens outputs of drogue with the programs that users have and compares every observation.

Usage: check_outputs.py EXPECTED.json FILE...

EXPECTED.json holds the observations as the test wrote them:

    {"calendar": ..., "mesh": "sphere" | "flat", "depth": null | metres, "particles": n,
     "output_times": [ISO, ...],
     "observations": [[slot, id, ISO time, x, y, depth or null, status name, thetao or null], ...]}

Times are compared to the microsecond, positions to the bit. Prints what differs and exits with 1.
"""

import json
import sys
from pathlib import Path

import numpy as np


def iso(time):
    """A datetime64 or cftime as text with microseconds."""
    if isinstance(time, np.datetime64):
        # Rounded: xarray makes nanoseconds of a float, and may be one short.
        nanoseconds = int(time.astype("datetime64[ns]").astype("int64"))
        return str(np.datetime64((nanoseconds + 500) // 1000, "us"))
    return (
        f"{time.year:04}-{time.month:02}-{time.day:02}"
        f"T{time.hour:02}:{time.minute:02}:{time.second:02}.{time.microsecond:06}"
    )


# The attributes of the variable that was sampled.
SAMPLED = {"units": "degrees_C", "standard_name": "sea_water_potential_temperature"}


def known(value):
    """A number, or None for not a number."""
    return None if np.isnan(value) else float(value)


class Comparison:
    """Collects what differs."""

    def __init__(self, name):
        self.name = name
        self.count = 0

    def equal(self, what, found, expected):
        if found != expected:
            self.count += 1
            if self.count <= 10:
                print(f"{self.name}: {what} is {found!r}, expected {expected!r}")


def flags(attributes):
    """Status codes and their names from CF flags."""
    values = attributes["flag_values"]
    if isinstance(values, str):
        values = values.split(",")
    return {int(v): name for v, name in zip(values, attributes["flag_meanings"].split(), strict=True)}


def check_zarr(path, expected, differences):
    import xarray

    data = xarray.open_zarr(path)
    x, y = ("lon", "lat") if expected["mesh"] == "sphere" else ("x", "y")
    differences.equal("dimensions", dict(data.sizes), {
        "trajectory": expected["particles"], "obs": len(expected["output_times"]),
    })
    differences.equal("coordinates", sorted(data.coords), sorted(["trajectory", "time", x, y, "z", "release_time"]))
    differences.equal("featureType", data.attrs.get("featureType"), "trajectory")
    differences.equal("cf_role", data["trajectory"].attrs.get("cf_role"), "trajectory_id")
    differences.equal("ids", data["trajectory"].values.tolist(), list(range(expected["particles"])))
    differences.equal("output times", [iso(t) for t in data["output_time"].values], expected["output_times"])
    differences.equal("release times", [iso(t) for t in data["release_time"].values], expected["release_times"])
    for name, standard_name in [(x, expected["x"]), (y, expected["y"]), ("z", "depth"), ("time", "time")]:
        differences.equal(f"{name}'s standard_name", data[name].attrs["standard_name"], standard_name)

    names = flags(data["status"].attrs)
    status, time = data["status"].values, data["time"].values
    xs, ys, zs = data[x].values, data[y].values, data["z"].values
    thetao = data["thetao"].values
    differences.equal("thetao's attributes", data["thetao"].attrs, SAMPLED)
    if expected["depth"] is not None:
        differences.equal("depth", float(zs), expected["depth"])
    wanted = {(row[0], row[1]): row[2:] for row in expected["observations"]}
    found = 0
    for particle, slot in np.argwhere(~np.isnan(status)):
        found += 1
        row = wanted.get((int(slot), int(particle)))
        if row is None:
            differences.equal(f"observation of particle {particle} in slot {slot}", "there", "absent")
            continue
        where = f"particle {particle} in slot {slot}"
        differences.equal(f"time of {where}", iso(time[particle, slot]), row[0])
        differences.equal(f"x of {where}", float(xs[particle, slot]), row[1])
        differences.equal(f"y of {where}", float(ys[particle, slot]), row[2])
        if row[3] is not None:
            differences.equal(f"z of {where}", float(zs[particle, slot]), row[3])
        differences.equal(f"status of {where}", names[int(status[particle, slot])], row[4])
        differences.equal(f"thetao of {where}", known(thetao[particle, slot]), row[5])
    differences.equal("number of observations", found, len(wanted))
    absent = np.isnan(status)
    differences.equal("positions without observation", bool(np.isnan(xs[absent]).all()), True)
    if time.dtype.kind == "M":
        differences.equal("times without observation", bool(np.isnat(time[absent]).all()), True)


def check_parquet(path, expected, differences):
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(path)
    metadata = {k.decode(): v.decode() for k, v in schema.metadata.items()}
    attributes = {f.name: {k.decode(): v.decode() for k, v in f.metadata.items()} for f in schema}
    differences.equal("columns", schema.names, ["t", "z", "y", "x", "particle_id", "obs", "status", "release_time", "thetao"])
    differences.equal("thetao's attributes", attributes["thetao"], SAMPLED)
    differences.equal("feature_type", metadata.get("feature_type"), "trajectory")
    differences.equal("cf_role", attributes["particle_id"].get("cf_role"), "trajectory_id")
    differences.equal("calendar", attributes["t"]["calendar"], expected["calendar"])
    for name, standard_name in [("x", expected["x"]), ("y", expected["y"]), ("t", "time")]:
        differences.equal(f"{name}'s standard_name", attributes[name]["standard_name"], standard_name)
    names = flags(attributes["status"])

    if expected["calendar"] in ("standard", "proleptic_gregorian"):
        from parcels import read_particlefile

        table = read_particlefile(path)
        times = [iso(t) for t in table["t"].to_numpy()]
    else:
        # Parcels itself only decodes the calendars that numpy has.
        import cftime
        import polars

        table = polars.read_parquet(path)
        times = [iso(t) for t in cftime.num2date(table["t"].to_numpy(), **{
            k: attributes["t"][k] for k in ("units", "calendar")
        })]
    differences.equal("number of observations", len(table), len(expected["observations"]))
    columns = {name: table[name].to_list() for name in schema.names}
    for i, (slot, particle, time, x, y, z, status, thetao) in enumerate(expected["observations"][: len(table)]):
        where = f"particle {particle} in slot {slot}"
        differences.equal(f"slot in row {i}", columns["obs"][i], slot)
        differences.equal(f"particle in row {i}", columns["particle_id"][i], particle)
        differences.equal(f"time of {where}", times[i], time)
        differences.equal(f"x of {where}", columns["x"][i], x)
        differences.equal(f"y of {where}", columns["y"][i], y)
        z = float(np.float32(expected["depth"] if z is None else z))
        differences.equal(f"z of {where}", columns["z"][i], z)
        differences.equal(f"status of {where}", names[columns["status"][i]], status)
        differences.equal(f"thetao of {where}", known(columns["thetao"][i]), thetao)


def main():
    expected = json.loads(Path(sys.argv[1]).read_text())
    different = 0
    for name in sys.argv[2:]:
        path = Path(name)
        differences = Comparison(path.name)
        (check_zarr if path.suffix == ".zarr" else check_parquet)(path, expected, differences)
        print(f"{path.name}: {differences.count} differences")
        different += differences.count
    sys.exit(1 if different else 0)


main()
