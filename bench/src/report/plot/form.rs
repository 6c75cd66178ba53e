//! What is drawn between the axes.

use std::fmt::Write;

use super::frame::{Frame, LEFT};
use crate::report::escape::escape;

/// A place: the value of the x axis, and that of the y axis.
pub type Point = (f64, f64);

/// How many steps of density the style tells apart.
pub const DENSITIES: usize = 9;

/// A place that can be pointed at.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where.
    pub at: Point,
    /// What the pointer is told.
    pub title: String,
    /// Whether the value holds; one that does not is drawn hollow.
    pub holds: bool,
}

/// A share of the whole between two values of each axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// From and to on the x axis.
    pub x: Point,
    /// From and to on the y axis.
    pub y: Point,
    /// 1 to [`DENSITIES`].
    pub density: usize,
}

/// One thing drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A line through points.
    Line(Vec<Point>),
    /// A thin line through points, for one of many.
    Thin(Vec<Point>),
    /// A dotted line: what is less certain.
    Dotted(Vec<Point>),
    /// Places with what the pointer is told there.
    Marks(Vec<Mark>),
    /// At each x from low to high: `(x, low, high)`.
    Band(Vec<(f64, f64, f64)>),
    /// Uprights with a foot and a head: `(x, low, high)`.
    Whiskers(Vec<(f64, f64, f64)>),
    /// Uprights from the lower end of the axis.
    Bars(Vec<Point>),
    /// From one end of the x axis to the other between two values of the y axis.
    Level(f64, f64),
    /// From the lower to the upper end of the y axis between two values of the x axis, in the background.
    Span(f64, f64),
    /// Where how much is.
    Cells(Vec<Cell>),
    /// Columns over the whole height, between two values of the x axis: invisible, and what the pointer is told there.
    Columns(Vec<(f64, f64, String)>),
}

impl Form {
    /// The values that the axes must cover: of x, and of y.
    pub fn covers(&self) -> (Vec<f64>, Vec<f64>) {
        match self {
            Self::Line(points) | Self::Thin(points) | Self::Dotted(points) | Self::Bars(points) => {
                points.iter().copied().unzip()
            }
            Self::Marks(marks) => marks.iter().map(|mark| mark.at).unzip(),
            Self::Band(spans) | Self::Whiskers(spans) => {
                (spans.iter().map(|s| s.0).collect(), spans.iter().flat_map(|s| [s.1, s.2]).collect())
            }
            Self::Level(low, high) => (Vec::new(), vec![*low, *high]),
            Self::Span(from, to) => (vec![*from, *to], Vec::new()),
            Self::Cells(cells) => {
                let both = |(from, to): Point| [from, to];
                (
                    cells.iter().flat_map(|c| both(c.x)).collect(),
                    cells.iter().flat_map(|c| both(c.y)).collect(),
                )
            }
            Self::Columns(columns) => (columns.iter().flat_map(|c| [c.0, c.1]).collect(), Vec::new()),
        }
    }

    /// How many measured values are in it.
    pub fn points(&self) -> usize {
        match self {
            Self::Line(points) | Self::Thin(points) | Self::Bars(points) => points.len(),
            Self::Marks(marks) => marks.len(),
            Self::Band(spans) | Self::Whiskers(spans) => spans.len(),
            Self::Cells(cells) => cells.len(),
            Self::Dotted(_) | Self::Level(..) | Self::Span(..) | Self::Columns(_) => 0,
        }
    }

    /// The style class of the stroke that stands for it beside its name.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Thin(_) => "thin",
            Self::Dotted(_) => "tail",
            Self::Level(..) | Self::Band(_) | Self::Span(..) => "broad",
            _ => "solid",
        }
    }

    /// Draws it.
    pub fn draw(&self, out: &mut String, frame: &Frame) {
        let (bottom, top) = (frame.bottom(), frame.top);
        match self {
            Self::Line(points) => path(out, "solid", &polyline(points, frame)),
            Self::Thin(points) => path(out, "thin", &polyline(points, frame)),
            Self::Dotted(points) => path(out, "tail", &polyline(points, frame)),
            Self::Marks(marks) => marks.iter().for_each(|mark| draw_mark(out, mark, frame)),
            Self::Band(spans) => {
                let there = spans.iter().map(|s| (s.0, s.2));
                let back = spans.iter().rev().map(|s| (s.0, s.1));
                let around: Vec<Point> = there.chain(back).collect();
                path(out, "band", &polyline(&around, frame));
            }
            Self::Whiskers(spans) => {
                let mut d = String::new();
                for (x, low, high) in spans {
                    let (x, low, high) = (frame.x(*x), frame.y(*low), frame.y(*high));
                    let (l, r) = (x - 5.0, x + 5.0);
                    let _ = write!(
                        d,
                        "M{x:.1} {low:.1}V{high:.1}M{l:.1} {low:.1}H{r:.1}M{l:.1} {high:.1}H{r:.1}"
                    );
                }
                path(out, "whisker", &d);
            }
            Self::Bars(points) => {
                let mut d = String::new();
                for (x, y) in points {
                    let _ = write!(d, "M{:.1} {bottom:.1}V{:.1}", frame.x(*x), frame.y(*y));
                }
                path(out, "bar", &d);
            }
            Self::Level(low, high) => {
                let (low, high) = (frame.y(*low), frame.y(*high));
                path(out, "band", &format!("M{LEFT} {low:.1}H{}V{high:.1}H{LEFT}Z", frame.right()));
            }
            Self::Span(from, to) => {
                let (x, right) = (frame.x(*from), frame.x(*to));
                path(out, "span", &format!("M{x:.1} {top:.1}H{right:.1}V{bottom:.1}H{x:.1}Z"));
            }
            Self::Cells(cells) => {
                for density in 1..=DENSITIES {
                    let mut d = String::new();
                    for cell in cells.iter().filter(|c| c.density == density) {
                        let (x, right) = (frame.x(cell.x.0), frame.x(cell.x.1));
                        let (y, low) = (frame.y(cell.y.1), frame.y(cell.y.0));
                        let _ = write!(d, "M{x:.1} {y:.1}H{right:.1}V{low:.1}H{x:.1}Z");
                    }
                    path(out, &format!("cell d{density}"), &d);
                }
            }
            Self::Columns(columns) => {
                for (from, to, title) in columns {
                    let (x, right) = (frame.x(*from), frame.x(*to));
                    let _ = write!(
                        out,
                        r#"<rect class="hover" x="{x:.1}" y="{top:.1}" width="{:.1}" height="{:.1}"><title>{}</title></rect>"#,
                        (right - x).max(1.0),
                        bottom - top,
                        escape(title)
                    );
                }
            }
        }
    }
}

fn path(out: &mut String, class: &str, d: &str) {
    if !d.is_empty() {
        let _ = write!(out, r#"<path class="{class}" d="{d}"/>"#);
    }
}

fn polyline(points: &[Point], frame: &Frame) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, frame.x(*x), frame.y(*y));
    }
    d
}

fn draw_mark(out: &mut String, mark: &Mark, frame: &Frame) {
    let (x, y) = (frame.x(mark.at.0), frame.y(mark.at.1));
    // The wide invisible circle is there to be pointed at.
    let _ = write!(
        out,
        r#"<g class="mark{}"><title>{}</title><circle class="hit" cx="{x:.1}" cy="{y:.1}" r="11"/><circle cx="{x:.1}" cy="{y:.1}" r="3.5"/></g>"#,
        if mark.holds { "" } else { " hollow" },
        escape(&mark.title)
    );
}
