//! An outline made ready for millions of tests: a grid of cells that are outside, inside or crossed by edges.
//!
//! Most tests end in a cell that no edge crosses. The others look at the edges of their cells, exactly.

use std::ops::RangeInclusive;

use osmtracker_osm::{BoundingBox, Coordinate};

use super::edges::{Segment, corners, holds, holds_box};

/// Cells per axis at most: 65,536 cells are 64 KiB of states.
const MAX_CELLS: i64 = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Outside,
    Inside,
    Crossed,
}

/// Edges under the even-odd rule: a position is inside when a ray from it crosses an odd number of them. Positions on
/// an edge belong to the area.
#[derive(Debug)]
pub(crate) struct Prepared {
    bounds: BoundingBox,
    edges: Vec<Segment>,
    columns: Axis,
    rows: Axis,
    cells: Vec<Cell>,
    edges_of_cell: Index,
    /// The edges that a row's latitudes meet, easternmost end first.
    edges_of_row: Index,
}

impl Prepared {
    /// `None` when no edge encloses anything.
    pub(crate) fn new(edges: Vec<Segment>) -> Option<Self> {
        let bounds = edges.iter().map(|edge| edge.bounds()).reduce(BoundingBox::union)?;
        let cells = i64::try_from(edges.len().saturating_mul(2).isqrt()).unwrap_or(MAX_CELLS).clamp(2, MAX_CELLS);
        let columns = Axis::new(bounds.min.lon, bounds.max.lon, cells);
        let rows = Axis::new(bounds.min.lat, bounds.max.lat, cells);
        let mut by_row = vec![Vec::new(); rows.cells];
        let mut by_cell = vec![Vec::new(); rows.cells * columns.cells];
        for (number, edge) in (0u32..).zip(&edges) {
            for row in rows.range(edge.bounds().min.lat, edge.bounds().max.lat) {
                by_row[row].push(number);
                for column in columns.range(edge.bounds().min.lon, edge.bounds().max.lon) {
                    if edge.meets_box(cell_box(&columns, &rows, column, row)) {
                        by_cell[row * columns.cells + column].push(number);
                    }
                }
            }
        }
        for row in &mut by_row {
            row.sort_by_key(|number| std::cmp::Reverse(edges[*number as usize].bounds().max.lon));
        }
        let (edges_of_cell, edges_of_row) = (Index::new(&by_cell), Index::new(&by_row));
        let cells = by_cell.iter().map(|edges| if edges.is_empty() { Cell::Outside } else { Cell::Crossed }).collect();
        let mut prepared = Self { bounds, edges, columns, rows, cells, edges_of_cell, edges_of_row };
        prepared.mark_inside();
        Some(prepared)
    }

    fn mark_inside(&mut self) {
        for row in 0..self.rows.cells {
            for column in 0..self.columns.cells {
                let index = row * self.columns.cells + column;
                let middle = cell_box(&self.columns, &self.rows, column, row).center();
                if self.cells[index] == Cell::Outside && self.in_row(row, middle) {
                    self.cells[index] = Cell::Inside;
                }
            }
        }
    }

    pub(crate) fn bounds(&self) -> BoundingBox {
        self.bounds
    }

    pub(crate) fn edges(&self) -> &[Segment] {
        &self.edges
    }

    /// Whether the position is inside or on the outline.
    pub(crate) fn contains(&self, position: Coordinate) -> bool {
        if !holds(self.bounds, position) {
            return false;
        }
        let row = self.rows.cell(position.lat);
        match self.cells[row * self.columns.cells + self.columns.cell(position.lon)] {
            Cell::Outside => false,
            Cell::Inside => true,
            Cell::Crossed => self.in_row(row, position),
        }
    }

    /// Counts the edges of the row that a ray to the east crosses.
    fn in_row(&self, row: usize, position: Coordinate) -> bool {
        let mut inside = false;
        for &number in self.edges_of_row.of(row) {
            let edge = self.edges[number as usize];
            if edge.a.lon.max(edge.b.lon) < position.lon {
                break;
            }
            if edge.passes(position) {
                return true;
            }
            let upwards = edge.b.lat > position.lat;
            if (edge.a.lat > position.lat) != upwards && edge.side(position).is_gt() == upwards {
                inside = !inside;
            }
        }
        inside
    }

    /// Whether area and box have a position in common.
    pub(crate) fn intersects_box(&self, area: BoundingBox) -> bool {
        if !self.bounds.intersects(area) {
            return false;
        }
        if holds_box(area, self.bounds) {
            return true;
        }
        let (columns, rows) = self.cells_of(area);
        for row in rows {
            for column in columns.clone() {
                match self.cells[row * self.columns.cells + column] {
                    Cell::Outside => {}
                    Cell::Inside => return true,
                    Cell::Crossed if holds_box(area, cell_box(&self.columns, &self.rows, column, row)) => return true,
                    Cell::Crossed => {
                        if self.edges_in(row, column).any(|edge| edge.meets_box(area)) {
                            return true;
                        }
                    }
                }
            }
        }
        // No edge meets the box, so it is inside or outside as a whole. The corner may stick out of the bounds.
        self.contains(area.min)
    }

    /// Whether every position of the box is inside or on the outline. Boxes without an extent in one direction that
    /// touch the outline are said to be outside, unless they are a single position.
    pub(crate) fn contains_box(&self, area: BoundingBox) -> bool {
        if !holds_box(self.bounds, area) {
            return false;
        }
        if area.min == area.max {
            return self.contains(area.min);
        }
        let flat = area.min.lon == area.max.lon || area.min.lat == area.max.lat;
        let (columns, rows) = self.cells_of(area);
        for row in rows {
            for column in columns.clone() {
                let crosses = |edge: Segment| if flat { edge.meets_box(area) } else { edge.enters_box(area) };
                match self.cells[row * self.columns.cells + column] {
                    Cell::Inside => {}
                    Cell::Outside => return false,
                    Cell::Crossed if self.edges_in(row, column).any(crosses) => return false,
                    Cell::Crossed => {}
                }
            }
        }
        corners(area).into_iter().chain([area.center()]).all(|position| self.contains(position))
    }

    /// Whether a position of the segment is inside or on the outline.
    pub(crate) fn intersects_segment(&self, segment: Segment) -> bool {
        let own = segment.bounds();
        if !self.bounds.intersects(own) {
            return false;
        }
        if self.contains(segment.a) || self.contains(segment.b) {
            return true;
        }
        let (columns, rows) = self.cells_of(own);
        let mut cells = rows.flat_map(|row| columns.clone().map(move |column| (row, column)));
        cells.any(|(row, column)| {
            self.cells[row * self.columns.cells + column] == Cell::Crossed
                && segment.meets_box(cell_box(&self.columns, &self.rows, column, row))
                && self.edges_in(row, column).any(|edge| edge.meets(segment))
        })
    }

    fn cells_of(&self, area: BoundingBox) -> (RangeInclusive<usize>, RangeInclusive<usize>) {
        (self.columns.range(area.min.lon, area.max.lon), self.rows.range(area.min.lat, area.max.lat))
    }

    fn edges_in(&self, row: usize, column: usize) -> impl Iterator<Item = Segment> {
        self.edges_of_cell.of(row * self.columns.cells + column).iter().map(|number| self.edges[*number as usize])
    }
}

/// A direction of the grid: equal steps from the least value on.
#[derive(Debug)]
struct Axis {
    start: i64,
    step: i64,
    cells: usize,
}

impl Axis {
    fn new(min: i32, max: i32, cells: i64) -> Self {
        let extent = i64::from(max) - i64::from(min) + 1;
        let step = extent.div_euclid(cells) + 1;
        Self { start: i64::from(min), step, cells: usize::try_from((extent - 1) / step + 1).expect("a few cells") }
    }

    /// The cell of a value; values outside get the nearest one.
    fn cell(&self, value: i32) -> usize {
        let cell = (i64::from(value) - self.start).max(0) / self.step;
        usize::try_from(cell).unwrap_or(usize::MAX).min(self.cells - 1)
    }

    fn range(&self, from: i32, to: i32) -> RangeInclusive<usize> {
        self.cell(from)..=self.cell(to)
    }

    /// The least and the greatest value of a cell.
    fn ends(&self, cell: usize) -> (i32, i32) {
        let start = self.start + self.step * i64::try_from(cell).expect("a few cells");
        let narrow = |value: i64| i32::try_from(value.min(i64::from(i32::MAX))).expect("from the least value on");
        (narrow(start), narrow(start + self.step - 1))
    }
}

fn cell_box(columns: &Axis, rows: &Axis, column: usize, row: usize) -> BoundingBox {
    let ((west, east), (south, north)) = (columns.ends(column), rows.ends(row));
    BoundingBox { min: Coordinate { lon: west, lat: south }, max: Coordinate { lon: east, lat: north } }
}

/// Lists of numbers, one after the other.
#[derive(Debug)]
struct Index {
    starts: Vec<u32>,
    numbers: Vec<u32>,
}

impl Index {
    fn new(lists: &[Vec<u32>]) -> Self {
        let mut starts = vec![0];
        let mut numbers = Vec::with_capacity(lists.iter().map(Vec::len).sum());
        for list in lists {
            numbers.extend_from_slice(list);
            starts.push(u32::try_from(numbers.len()).expect("under four thousand million entries"));
        }
        Self { starts, numbers }
    }

    fn of(&self, list: usize) -> &[u32] {
        &self.numbers[self.starts[list] as usize..self.starts[list + 1] as usize]
    }
}
