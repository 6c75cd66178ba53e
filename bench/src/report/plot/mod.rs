//! Drawings as SVG: axes in human units, and lines, bands, points, bars and cells between them.
//!
//! Colours are classes, so that one drawing serves light and dark, and tooltips are `<title>` elements. A drawing is
//! made for the width it is shown at: shrunk, its text would shrink with it.

pub mod scale;

pub mod frame;

pub mod form;

pub mod chart;
