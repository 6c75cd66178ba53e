//! The two axes of a drawing: where a point lies on the page, and the grid with its names.

use std::fmt::Write;

use super::scale::{Scale, Tick};

/// The size of a drawing, in the pixels it is meant to be shown at.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Room for the names of the axis on the left.
pub const LEFT: f64 = 66.0;
/// Room on the right, for half a name.
pub const RIGHT: f64 = 16.0;
/// Room above; what stands over the drawing comes on top of it.
pub const TOP: f64 = 14.0;
/// Room for the names below and what they are.
pub const BOTTOM: f64 = 46.0;

/// How far two named lines must be apart, in pixels.
const ROW: f64 = 34.0;
const COLUMN: f64 = 62.0;
/// Half the width of a digit as the style sets it.
const HALF_DIGIT: f64 = 3.8;

/// The axes on their drawing.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// To the right.
    pub x: Scale,
    /// Upwards.
    pub y: Scale,
    /// The whole drawing.
    pub size: Size,
    /// Where the upper end of the axis lies.
    pub top: f64,
}

impl Frame {
    /// The right end of the axis, in pixels.
    pub fn right(&self) -> f64 {
        self.size.width - RIGHT
    }

    /// The lower end of the axis, in pixels.
    pub fn bottom(&self) -> f64 {
        self.size.height - BOTTOM
    }

    /// Where a value of the x axis lies, in pixels.
    pub fn x(&self, value: f64) -> f64 {
        self.across(self.x.at(value))
    }

    /// Where a value of the y axis lies, in pixels.
    pub fn y(&self, value: f64) -> f64 {
        self.upwards(self.y.at(value))
    }

    fn across(&self, at: f64) -> f64 {
        LEFT + at * (self.right() - LEFT)
    }

    fn upwards(&self, at: f64) -> f64 {
        self.bottom() - at * (self.bottom() - self.top)
    }

    /// Draws the grid, the names of its lines, and below what the x axis is.
    pub fn draw(&self, out: &mut String, title: &str) {
        let (right, bottom, top) = (self.right(), self.bottom(), self.top);
        let class = |tick: &Tick| if tick.label.is_some() { "grid" } else { "grid minor" };
        for tick in self.y.ticks(((bottom - top) / ROW) as usize) {
            let y = self.upwards(tick.at);
            let _ = write!(out, r#"<path class="{}" d="M{LEFT} {y:.1}H{right}"/>"#, class(&tick));
            if let Some(label) = &tick.label {
                let _ = write!(
                    out,
                    r#"<text class="label" x="{:.1}" y="{:.1}" text-anchor="end">{label}</text>"#,
                    LEFT - 7.0,
                    y + 4.0
                );
            }
        }
        let mut free_from = 0.0;
        for tick in self.x.ticks(((right - LEFT) / COLUMN).min(10.0) as usize) {
            let x = self.across(tick.at);
            let _ = write!(out, r#"<path class="{}" d="M{x:.1} {top}V{bottom}"/>"#, class(&tick));
            let Some(label) = &tick.label else { continue };
            // A label that would touch the one before is left out; its line stays.
            let half = HALF_DIGIT * label.chars().count() as f64 + 2.0;
            let at = x.min(self.size.width - half);
            if at - half >= free_from {
                let _ = write!(
                    out,
                    r#"<text class="label" x="{at:.1}" y="{:.1}" text-anchor="middle">{label}</text>"#,
                    bottom + 18.0
                );
                free_from = at + half + 4.0;
            }
        }
        let _ = write!(
            out,
            r#"<text class="axis" x="{:.1}" y="{:.1}" text-anchor="middle">{title}</text>"#,
            (LEFT + right) / 2.0,
            self.size.height - 6.0
        );
    }
}
