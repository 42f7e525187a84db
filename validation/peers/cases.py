"""The cases on which drogue and its peers are compared: what they read, and where particles ought to end.

Each answer is worked out apart from all tools, for the radius of the sphere that a tool computes with.
Positions are longitude and latitude in degrees, and depth in metres where there is one.
"""

import subprocess

import cftime
import netCDF4
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

# What drogue computes with, and Parcels: 1852 m a minute.
RADIUS = 6_371_000.0
PARCELS_RADIUS = 1852 * 60 * 180 / np.pi


class Case:
    """What all tools are given: `files`, particles in `release`, and these times in seconds."""

    name: str
    title: str
    # How the velocity is arranged: "nodes", "curvilinear" or "c_grid".
    grid = "nodes"
    three_d = False
    step = 600
    duration = 5 * 86400

    def __init__(self, work, particles, drogue):
        self.work, self.particles, self.drogue = work, particles, drogue

    @property
    def files(self):
        return f"{self.name}.nc"

    @property
    def steps(self):
        return self.duration // self.step

    @property
    def release_file(self):
        return f"{self.name.lower()}_release_{self.particles}.parquet"

    def release(self):
        """Where particles start, one row each."""
        table = pq.read_table(self.work / self.release_file)
        return np.stack([table[name].to_numpy() for name in table.column_names], 1)

    def write_release(self, columns):
        names = ("lon", "lat", "depth")
        pq.write_table(
            pa.table({name: column for name, column in zip(names, columns)}),
            self.work / self.release_file,
        )

    def prepare(self):
        """Writes the data."""
        raise NotImplementedError

    def errors(self, ends, radius):
        """Metres from the exact answer on a sphere of this radius, one for each particle."""
        return separations(ends, self.exact(radius))

    def on_land(self, ends):
        """Particles on land, or None where there is no land."""
        return None


def separations(a, b):
    """Metres from one place to the other."""
    north = a[:, 1] - b[:, 1]
    east = (a[:, 0] - b[:, 0] + 180) % 360 - 180
    metres = np.radians(np.hypot(north, east * np.cos(np.radians(b[:, 1])))) * RADIUS
    return np.hypot(metres, a[:, 2] - b[:, 2]) if a.shape[1] > 2 and b.shape[1] > 2 else metres


class Workload(Case):
    """A workload of `drogue bench`: moving eddies. The answer is that of a Runge-Kutta method of
    fourth order in f64 with linear interpolation, which is what all tools say they do."""

    def prepare(self):
        command = [self.drogue, "bench", self.name, "--particles", str(self.particles), "--write", self.work]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    @property
    def files(self):
        return f"{self.name.lower()}/*.nc"

    def exact(self, radius):
        axes, times, fields = None, [], []
        for path in sorted(self.work.glob(self.files)):
            with netCDF4.Dataset(path) as data:
                names = ("lon", "lat", "depth") if self.three_d else ("lon", "lat")
                axes = [np.asarray(data[name][:], float) for name in names]
                dates = cftime.num2date(data["time"][:], data["time"].units)
                times.extend(cftime.date2num(dates, "seconds since 2000-01-01"))
                components = [data[name][:].filled() for name in ("uvw" if self.three_d else "uv")]
                fields.extend(np.stack(components, -1))
        times = np.array(times) - times[0]
        return runge_kutta(axes, times, fields, self.release(), self.step, self.steps, radius)


def runge_kutta(axes, times, fields, starts, step, steps, radius):
    """The classical method; `fields` hold (depth,) lat, lon and component, upward last."""
    starting = [axis[0] for axis in axes]
    spacing = [axis[1] - axis[0] for axis in axes]
    even = [np.allclose(np.diff(axis), gap) for axis, gap in zip(axes, spacing)]

    def place(values, c):
        axis = axes[c]
        if even[c]:
            cell = np.floor((values - starting[c]) / spacing[c]).astype(int)
        else:
            cell = np.searchsorted(axis, values, "right") - 1
        cell = cell.clip(0, len(axis) - 2)
        return cell, ((values - axis[cell]) / (axis[cell + 1] - axis[cell])).clip(0, 1)

    def velocity(position, at):
        number = min(int(np.searchsorted(times, at, "right")) - 1, len(times) - 2)
        later = (at - times[number]) / (times[number + 1] - times[number])
        cells, fractions = zip(*(place(position[:, c], c) for c in range(len(axes))))
        total = 0.0
        for corner in np.ndindex(*(2,) * len(axes)):
            index = tuple(cell + side for cell, side in zip(cells, corner))[::-1]
            weight = np.prod([f if side else 1 - f for f, side in zip(fractions, corner)], 0)[:, None]
            values = (1 - later) * fields[number][index].astype(float) + later * fields[number + 1][index]
            total = total + weight * values
        rate = np.degrees(total / radius)
        rate[:, 0] /= np.cos(np.radians(position[:, 1]))
        if len(axes) == 3:
            rate[:, 2] = -total[:, 2]
        return rate

    position = starts.astype(float)
    for number in range(steps):
        at = number * step
        k1 = velocity(position, at)
        k2 = velocity(position + 0.5 * step * k1, at + 0.5 * step)
        k3 = velocity(position + 0.5 * step * k2, at + 0.5 * step)
        k4 = velocity(position + step * k3, at + step)
        position = position + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return position


class W1(Workload):
    name = "W1"
    title = "eddies on 512 x 512 nodes, 6-hourly, 5 days of 600 s"


class W2(Workload):
    name = "W2"
    title = "eddies with vertical motion on 256 x 256 x 20 nodes, daily, 2 days of 600 s"
    three_d = True
    duration = 2 * 86400


class Curvilinear(Case):
    """The sphere turns as a whole about a tilted axis: a flow whose trajectories are circles. The grid is
    that of a regional model with a rotated pole, half a degree wide, and knows only 2-D coordinates."""

    name = "curvilinear"
    title = "solid rotation, a model's rotated grid of 0.25 degrees, eastward and northward, 5 days of 600 s"
    grid = "curvilinear"
    pole = (-162.0, 39.25)
    axis = np.array([0.5, 0.1, np.sqrt(1 - 0.26)])
    # Metres a second at the equator of the turning.
    speed = 1.0
    spacing = 0.25

    def prepare(self):
        x, y = np.meshgrid(np.arange(-12, 12.01, self.spacing), np.arange(-12, 12.01, self.spacing))
        lon, lat = self.earthly(x, y)
        east, north = self.velocity(lon, lat)
        with netCDF4.Dataset(self.work / self.files, "w") as data:
            data.Conventions = "CF-1.8"
            times(data, self.duration)
            data.createDimension("y", x.shape[0])
            data.createDimension("x", x.shape[1])
            coordinates(data, "lon", "lat", ("y", "x"), lon, lat)
            for name, values, way in (("u", east, "eastward"), ("v", north, "northward")):
                variable = data.createVariable(name, "f8", ("time", "y", "x"))
                standard_name = f"{way}_sea_water_velocity"
                variable.setncatts({"units": "m s-1", "standard_name": standard_name, "coordinates": "lon lat"})
                variable[:] = np.broadcast_to(values, (2, *values.shape))
        draw = np.random.default_rng(4)
        self.write_release(self.earthly(*draw.uniform(-6, 6, (2, self.particles))))

    def earthly(self, x, y):
        """Longitudes and latitudes of places on the rotated grid."""
        lon, lat = np.radians(self.pole[0]), np.radians(self.pole[1])
        x, y = np.radians(x), np.radians(y)
        up = np.sin(lat) * np.sin(y) + np.cos(lat) * np.cos(y) * np.cos(x)
        across = np.cos(y) * np.sin(x)
        along = np.sin(lat) * np.cos(y) * np.cos(x) - np.cos(lat) * np.sin(y)
        turned = lon + np.pi + np.arctan2(across, along)
        return (np.degrees(turned) + 180) % 360 - 180, np.degrees(np.arcsin(up))

    def velocity(self, lon, lat):
        lon, lat = np.radians(lon), np.radians(lat)
        a, b, c = self.axis
        east = self.speed * (c * np.cos(lat) - np.sin(lat) * (a * np.cos(lon) + b * np.sin(lon)))
        return east, self.speed * (a * np.sin(lon) - b * np.cos(lon))

    def exact(self, radius):
        lon, lat = np.radians(self.release()).T
        start = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], 1)
        angle = self.speed * self.duration / radius
        end = start * np.cos(angle) + np.cross(self.axis, start) * np.sin(angle)
        end += self.axis * (start @ self.axis)[:, None] * (1 - np.cos(angle))
        return np.degrees(np.stack([np.arctan2(end[:, 1], end[:, 0]), np.arcsin(end[:, 2])], 1))


class CGrid(Case):
    """Two gyres in a basin with an island, as ROMS writes them: normal velocities on the faces of cells,
    no water through the coast. Along the way of a particle its stream function stays the same, which on
    such a grid is known between the corners of cells: linear along both axes."""

    name = "c_grid"
    title = "gyres around an island, a C grid of 0.1 degrees as of ROMS, 10 days of 600 s"
    grid = "c_grid"
    duration = 10 * 86400
    west, south, spacing = 0.0, 30.0, 0.1
    cells = 60

    def prepare(self):
        # Corners: one more than cells, in both directions.
        corner = self.spacing * np.arange(self.cells + 1)
        x, y = np.meshgrid(corner / corner[-1], corner / corner[-1])
        stream = 30_000 * np.sin(np.pi * x) * np.sin(2 * np.pi * y)
        stream[self.coast()] = 0.0
        stream[self.island()] = stream[self.island()].mean()
        metres = np.radians(self.spacing) * RADIUS
        cosine = np.cos(np.radians(self.south + corner))
        u = -np.diff(stream, axis=0) / metres
        v = np.diff(stream, axis=1) / (metres * cosine[:, None])
        np.save(self.work / "c_grid_stream.npy", stream)
        centre = np.arange(-0.5, self.cells + 1) * self.spacing
        places = {
            "rho": np.meshgrid(self.west + centre, self.south + centre),
            "u": np.meshgrid(self.west + corner, self.south + centre),
            "v": np.meshgrid(self.west + centre, self.south + corner),
            "psi": np.meshgrid(self.west + corner, self.south + corner),
        }
        water = np.zeros((self.cells + 2, self.cells + 2))
        water[1:-1, 1:-1] = ~self.land()
        with netCDF4.Dataset(self.work / self.files, "w") as data:
            data.Conventions = "CF-1.8"
            times(data, self.duration, "ocean_time")
            for at, (lon, lat) in places.items():
                data.createDimension(f"eta_{at}", lon.shape[0])
                data.createDimension(f"xi_{at}", lon.shape[1])
                coordinates(data, f"lon_{at}", f"lat_{at}", (f"eta_{at}", f"xi_{at}"), lon, lat)
            masks = {"rho": water, "u": water[:, 1:] * water[:, :-1], "v": water[1:] * water[:-1]}
            for at, values in masks.items():
                mask = data.createVariable(f"mask_{at}", "f8", (f"eta_{at}", f"xi_{at}"))
                meaning = {"flag_values": [0.0, 1.0], "flag_meanings": "land water"}
                mask.setncatts({"long_name": f"mask on {at} points", **meaning})
                mask[:] = values
            angle = data.createVariable("angle", "f8", ("eta_rho", "xi_rho"))
            angle.setncatts({"long_name": "angle between XI-axis and EAST", "units": "radians"})
            angle[:] = 0.0
            padded = {"u": np.pad(u, ((1, 1), (0, 0))), "v": np.pad(v, ((0, 0), (1, 1)))}
            for name, values in padded.items():
                variable = data.createVariable(name, "f8", ("ocean_time", f"eta_{name}", f"xi_{name}"))
                variable.setncatts({
                    "units": "meter second-1",
                    "long_name": f"{name}-momentum component",
                    "standard_name": f"sea_water_{'xy'[name == 'v']}_velocity",
                    "coordinates": f"lon_{name} lat_{name} ocean_time",
                })
                variable[:] = np.broadcast_to(values, (2, *values.shape))
        draw = np.random.default_rng(5)
        cells = np.argwhere(~self.land())[draw.integers(0, (~self.land()).sum(), self.particles)]
        north, east = (cells + draw.uniform(0.1, 0.9, cells.shape)).T * self.spacing
        self.write_release([self.west + east, self.south + north])

    def coast(self):
        edge = np.ones((self.cells + 1,) * 2, bool)
        edge[1:-1, 1:-1] = False
        return edge

    def island(self):
        """Corners of the island."""
        corners = np.zeros((self.cells + 1,) * 2, bool)
        corners[10:19, 24:37] = True
        return corners

    def land(self):
        """Cells of the island."""
        cells = np.zeros((self.cells,) * 2, bool)
        cells[10:18, 24:36] = True
        return cells

    def place(self, positions):
        index = [(positions[:, c] - start) / self.spacing for c, start in ((0, self.west), (1, self.south))]
        cell = [np.floor(i).astype(int).clip(0, self.cells - 1) for i in index]
        return cell, [i - c for i, c in zip(index, cell)]

    def stream(self, positions):
        """The stream function in m2/s, and how steep it is."""
        (i, j), (x, y) = self.place(positions)
        psi = np.load(self.work / "c_grid_stream.npy")
        a, b, c, d = psi[j, i], psi[j, i + 1], psi[j + 1, i], psi[j + 1, i + 1]
        metres = np.radians(self.spacing) * RADIUS
        along_y = ((c - a) * (1 - x) + (d - b) * x) / metres
        along_x = ((b - a) * (1 - y) + (d - c) * y) / (metres * np.cos(np.radians(positions[:, 1])))
        value = (a * (1 - x) + b * x) * (1 - y) + (c * (1 - x) + d * x) * y
        return value, np.hypot(along_x, along_y)

    def errors(self, ends, radius):
        """Metres from the line on which a particle started. Where the water hardly moves a line is as
        far from the next as it likes, and 1 mm/s are supposed."""
        (before, _), (after, steep) = self.stream(self.release()), self.stream(ends)
        return np.abs(after - before) / np.maximum(steep, 1e-3)

    def on_land(self, ends):
        (i, j), (x, y) = self.place(ends)
        beyond = (np.abs(np.stack([x, y]) - 0.5) > 0.5 + 1e-9).any(0)
        return int((beyond | self.land()[j, i]).sum())


def times(data, duration, name="time"):
    """Two snapshots, the same flow in both."""
    data.createDimension(name, 2)
    variable = data.createVariable(name, "f8", (name,))
    variable.setncatts({"units": "seconds since 2024-01-01 00:00:00", "standard_name": "time", "axis": "T"})
    variable[:] = [0, duration]


def coordinates(data, lon_name, lat_name, dimensions, lon, lat):
    east, north = ("longitude", "degrees_east"), ("latitude", "degrees_north")
    for name, values, (way, unit) in ((lon_name, lon, east), (lat_name, lat, north)):
        variable = data.createVariable(name, "f8", dimensions)
        variable.setncatts({"units": unit, "standard_name": way})
        variable[:] = values


ALL = {case.name: case for case in (W1, W2, Curvilinear, CGrid)}
