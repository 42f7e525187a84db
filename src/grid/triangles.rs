//! Unstructured meshes: triangles, of which each knows those next to it.
//!
//! A particle is in a triangle, and its offset counts how much of the second and of the third corner
//! there is in its place: of the first there is the rest. Metres are those of a [`Plane`].

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::averages::Averages;
use super::corners::{
    cut_from, doubled_area, height, held, minus, nearest_corner, own_corners, weights,
};
use super::field::MISSING;
use super::plane::Plane;
use super::sides::{Side, sides};
use super::sphere;
use super::{Location, Mesh};

/// In the place of a corner that a face does not have.
pub const NO_CORNER: u32 = u32::MAX;

/// Which points of a mesh the components of a velocity lie at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Points {
    /// The corners of its faces.
    Nodes,
    /// The middles of its faces.
    Faces,
}

/// What keeps faces from being a mesh.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrianglesError {
    /// No face has three corners.
    #[error("none of its faces has three corners")]
    NoFace,
    /// A corner that is no node.
    #[error("face {face} has a corner at node {node}, and there are {nodes} nodes, counted from 0")]
    NoNode {
        /// Which face, from 0.
        face: usize,
        /// The node.
        node: u32,
        /// How many there are.
        nodes: usize,
    },
    /// A corner without a place on the plane.
    #[error(
        "node {node}, a corner of face {face}, has no place, or lies on the other half of the globe: meshes of more than half of it are not served"
    )]
    Nowhere {
        /// Which face, from 0.
        face: usize,
        /// The node.
        node: u32,
    },
    /// No area, or two sides that cross.
    #[error("face {face} cannot be cut into triangles: it has no area, or its sides cross")]
    Shape {
        /// Which face, from 0.
        face: usize,
    },
    /// Faces that lie on each other.
    #[error(
        "face {face} lies on another: the side between nodes {nodes:?} has both on the same side of it"
    )]
    Overlap {
        /// One of them, from 0.
        face: usize,
        /// The ends of a side that both have.
        nodes: [u32; 2],
    },
}

/// A mesh of triangles.
#[derive(Debug)]
pub struct Triangles {
    plane: Plane,
    positions: Vec<[f64; 2]>,
    /// Of the nodes, on the plane.
    places: Vec<[f64; 2]>,
    /// Nodes at the corners of each, counter-clockwise.
    corners: Vec<[u32; 3]>,
    /// The face that each is a part of, and how many there are.
    faces: Vec<u32>,
    face_count: usize,
    /// Across from each of their corners.
    sides: Vec<[Side; 3]>,
    points: Points,
    /// Where they are, if those are the middles of faces.
    middles: Vec<[f64; 2]>,
    /// How far rounding may put a place from where it is, in metres.
    slack: f64,
    /// The least height of any of them.
    finest: f64,
    /// For each point, metres a second on the plane along x for a velocity along u and along v, then
    /// along y.
    rates: Vec<[f32; 4]>,
    /// From velocities of faces to those of nodes.
    averages: Option<Averages>,
    search: RTree<Found>,
}

/// The room that a triangle takes, and its number.
type Found = GeomWithData<Rectangle<[f64; 2]>, usize>;

impl PartialEq for Triangles {
    fn eq(&self, other: &Self) -> bool {
        // What is not compared follows from these.
        self.positions == other.positions
            && self.corners == other.corners
            && self.points == other.points
            && self.plane == other.plane
    }
}

impl Triangles {
    /// A mesh of faces of up to `width` corners each, nodes by their number from 0 in either order
    /// around the face and [`NO_CORNER`] after the last, between nodes at these positions: longitude
    /// and latitude in degrees on a sphere, or x and y in metres. Faces of more than three corners
    /// are cut into triangles from one of them.
    ///
    /// # Errors
    /// [`TrianglesError`].
    ///
    /// # Panics
    /// If the last face is incomplete.
    pub fn new(
        mesh: Mesh,
        mut positions: Vec<[f64; 2]>,
        faces: &[u32],
        width: usize,
        points: Points,
    ) -> Result<Self, TrianglesError> {
        assert!(faces.len().is_multiple_of(width.max(1)), "all faces are complete");
        if let Mesh::Sphere { .. } = mesh {
            for at in &mut positions {
                *at = super::lattice::known(at[0], at[1]);
            }
        }
        let plane = Plane::around(mesh, &positions);
        let places: Vec<[f64; 2]> =
            positions.iter().map(|&at| plane.place(at).unwrap_or([f64::NAN; 2])).collect();
        let face_count = faces.len() / width.max(1);
        let (mut corners, mut face_of) = (Vec::new(), Vec::new());
        for (face, of_face) in faces.chunks_exact(width.max(1)).enumerate() {
            let own = own_corners(of_face);
            check_corners(face, own, &places)?;
            let cut = (0..own.len()).find_map(|first| cut_from(first, own, &places));
            for triangle in cut.ok_or(TrianglesError::Shape { face })? {
                corners.push(triangle);
                face_of.push(face as u32);
            }
        }
        if corners.is_empty() {
            return Err(TrianglesError::NoFace);
        }
        let middle = |face: &[u32]| {
            let own = own_corners(face);
            [0, 1].map(|d| {
                own.iter().map(|&node| places[node as usize][d]).sum::<f64>() / own.len() as f64
            })
        };
        let middles_on_plane: Vec<[f64; 2]> = match points {
            Points::Nodes => Vec::new(),
            Points::Faces => faces.chunks_exact(width).map(middle).collect(),
        };
        let middles: Vec<[f64; 2]> =
            middles_on_plane.iter().map(|&place| plane.position(place)).collect();
        let averages = (points == Points::Faces)
            .then(|| Averages::new(&places, &middles_on_plane, faces, width));
        let of_points = if points == Points::Faces { &middles } else { &positions };
        let rates = of_points.iter().map(|&at| plane.rates(at).map(|rate| rate as f32)).collect();
        let boxes = corners.iter().enumerate().map(|(number, triangle)| {
            let room = AABB::from_points(triangle.map(|node| places[node as usize]).iter());
            GeomWithData::new(room.into(), number)
        });
        let search = RTree::bulk_load(boxes.collect());
        let slack = plane.rounding(corners.iter().flatten().map(|&node| positions[node as usize]));
        let heights = corners.iter().flat_map(|triangle| {
            let corners = triangle.map(|node| places[node as usize]);
            (0..3).map(move |corner| height(corners, corner))
        });
        let finest = heights.fold(f64::INFINITY, f64::min);
        let sides = sides(&places, &corners).map_err(|(triangle, nodes)| {
            TrianglesError::Overlap { face: face_of[triangle] as usize, nodes }
        })?;
        Ok(Self {
            plane,
            positions,
            places,
            corners,
            faces: face_of,
            face_count,
            sides,
            points,
            middles,
            slack,
            finest,
            rates,
            averages,
            search,
        })
    }

    /// Triangles.
    pub fn count(&self) -> usize {
        self.corners.len()
    }

    /// Nodes, those included that are no corner.
    pub fn node_count(&self) -> usize {
        self.positions.len()
    }

    /// Which points velocities lie at.
    pub fn points(&self) -> Points {
        self.points
    }

    /// How many of them there are.
    pub fn point_count(&self) -> usize {
        match self.points {
            Points::Nodes => self.positions.len(),
            Points::Faces => self.face_count,
        }
    }

    /// Where one of them is: longitude and latitude in degrees, or x and y in metres.
    pub fn point(&self, number: usize) -> [f64; 2] {
        match self.points {
            Points::Nodes => self.positions[number],
            Points::Faces => self.middles[number],
        }
    }

    /// The one that stands for a location: the nearest corner, or the face.
    pub fn point_near(&self, at: Location) -> usize {
        let triangle = at.cell[0] as usize;
        match self.points {
            Points::Faces => self.faces[triangle] as usize,
            Points::Nodes => self.corners[triangle][nearest_corner(at.offset)] as usize,
        }
    }

    /// Bytes of memory that it takes, about.
    pub fn bytes(&self) -> u64 {
        // With what is kept of the file's own, and what the engines make of it for themselves.
        let node = 6 * size_of::<f64>();
        let of_file = 4 * size_of::<u32>();
        let of_engine = 2 * (9 * size_of::<f32>() + 4 * size_of::<f32>()) + size_of::<f64>();
        let own = size_of::<[u32; 4]>() + size_of::<[Side; 3]>() + 2 * size_of::<Found>();
        let triangle = own + of_file + of_engine;
        let point = size_of::<[f32; 4]>() + size_of::<[f64; 2]>();
        let averages = self.averages.as_ref().map_or(0, Averages::bytes);
        (self.positions.len() * node + self.count() * triangle + self.point_count() * point) as u64
            + averages
    }

    /// For each triangle, the side across from each of its corners.
    pub fn sides(&self) -> &[[Side; 3]] {
        &self.sides
    }

    /// How much of a triangle a metre fills along x and along y: of its offset's first part, then of
    /// the second.
    pub fn per_metre(&self, triangle: usize) -> [f64; 4] {
        let [first, second, third] = self.corners_of(triangle);
        let (a, b) = (minus(second, first), minus(third, first));
        let area = doubled_area([first, second, third]);
        [b[1] / area, -b[0] / area, -a[1] / area, a[0] / area]
    }

    fn corners_of(&self, triangle: usize) -> [[f64; 2]; 3] {
        self.corners[triangle].map(|node| self.places[node as usize])
    }

    /// Where a point lies; `None` outside of the mesh.
    pub fn locate(&self, position: [f64; 2]) -> Option<Location> {
        let position = match self.plane {
            Plane::Own => position,
            Plane::Stereographic { .. } => super::lattice::known(position[0], position[1]),
        };
        let [x, y] = self.plane.place(position).filter(|place| place[0].is_finite())?;
        let around =
            AABB::from_corners([x - self.slack, y - self.slack], [x + self.slack, y + self.slack]);
        // How far outside of a triangle it is, in metres.
        let outside = |triangle: usize| {
            let corners = self.corners_of(triangle);
            let weights = weights(corners, [x, y]);
            let off = |corner: usize| -weights[corner] * height(corners, corner);
            off(0).max(off(1)).max(off(2)).max(0.0)
        };
        let found = self.search.locate_in_envelope_intersecting(around).map(|found| found.data);
        let (off, triangle) = found
            .map(|triangle| (outside(triangle), triangle))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))?;
        let [_, a, b] = held(weights(self.corners_of(triangle), [x, y]));
        let cell = [triangle as i32, 0];
        (off <= self.slack).then_some(Location { cell, offset: [a, b] })
    }

    /// Longitude and latitude, or x and y, of a location.
    pub fn position(&self, at: Location) -> [f64; 2] {
        let corners = self.corners_of((at.cell[0].max(0) as usize).min(self.count() - 1));
        let [a, b] = at.offset;
        let place = [0, 1].map(|d| {
            corners[0][d]
                + a * (corners[1][d] - corners[0][d])
                + b * (corners[2][d] - corners[0][d])
        });
        self.plane.position(place)
    }

    /// West, south, east and north ends.
    pub fn bounds(&self) -> [f64; 4] {
        let nodes = self.corners.iter().flatten().map(|&node| self.positions[node as usize]);
        match self.plane {
            Plane::Stereographic { .. } => sphere::bounds(nodes),
            Plane::Own => nodes.fold(
                [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY],
                |[w, s, e, n], [x, y]| [w.min(x), s.min(y), e.max(x), n.max(y)],
            ),
        }
    }

    /// The least height of any triangle in metres.
    pub fn finest(&self) -> f64 {
        self.finest
    }

    /// Triangles that a way of so many metres leads through, at most: of even ones there are two or
    /// three to a height, and where it begins and ends it may pass by a node.
    pub fn most_passed(&self, metres: f64) -> f64 {
        let on_plane = metres * self.plane.most_stretched();
        (3.0 * on_plane / self.finest + 8.0).ceil().min(self.count() as f64)
    }

    /// Velocities at the points in m/s as metres a second on the plane at the corners of each
    /// triangle, three to one. Those of a triangle whose face has none, and of a corner that has
    /// none, are [`MISSING`].
    pub fn at_corners(&self, u: &[f32], v: &[f32]) -> Vec<[f32; 2]> {
        let on_plane: Vec<[f32; 2]> = (self.rates.iter().zip(u).zip(v))
            .map(|((&[xu, xv, yu, yv], &u), &v)| match u == MISSING || v == MISSING {
                true => [MISSING; 2],
                false => [xu * u + xv * v, yu * u + yv * v],
            })
            .collect();
        self.spread_to_corners(&on_plane)
    }

    /// A scalar at the points as its values at the corners of each triangle, three to one; [`MISSING`]
    /// as for velocities.
    pub fn scalars_at_corners(&self, values: &[f32]) -> Vec<f32> {
        let values: Vec<[f32; 1]> = values.iter().map(|&value| [value]).collect();
        self.spread_to_corners(&values).into_flattened()
    }

    /// What is known at the nodes, at the corners of each triangle, three to one.
    pub fn nodes_at_corners<T: Copy>(&self, nodes: &[T]) -> Vec<T> {
        self.corners.iter().flatten().map(|&node| nodes[node as usize]).collect()
    }

    /// What is known at the points, at the corners of each triangle.
    fn spread_to_corners<const N: usize>(&self, points: &[[f32; N]]) -> Vec<[f32; N]> {
        match &self.averages {
            None => self.nodes_at_corners(points),
            Some(averages) => {
                let mut found = self.nodes_at_corners(&averages.of(points));
                for (triangle, &face) in found.chunks_exact_mut(3).zip(&self.faces) {
                    if points[face as usize][0] == MISSING {
                        triangle.fill([MISSING; N]);
                    }
                }
                found
            }
        }
    }
}

fn check_corners(face: usize, corners: &[u32], places: &[[f64; 2]]) -> Result<(), TrianglesError> {
    for &node in corners {
        match places.get(node as usize) {
            None => return Err(TrianglesError::NoNode { face, node, nodes: places.len() }),
            Some(place) if !(place[0].is_finite() && place[1].is_finite()) => {
                return Err(TrianglesError::Nowhere { face, node });
            }
            Some(_) => {}
        }
    }
    if corners.len() < 3 { Err(TrianglesError::Shape { face }) } else { Ok(()) }
}
