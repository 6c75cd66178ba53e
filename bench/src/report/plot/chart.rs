//! A whole drawing: its axes, its series and their names; within a page, or as a file of its own.

use std::fmt::Write;

use super::form::Form;
use super::frame::{Frame, LEFT, Size, TOP};
use super::scale::{Kind, Scale, Unit};
use crate::report::escape::escape;

/// How many colours the style has; further series repeat them, dashed.
pub const COLOURS: usize = 8;

/// The colours of every drawing in light and dark, and how each form looks.
pub const STYLE: &str = include_str!("plot.css");

/// The size of a drawing on a wide screen.
pub const WIDE: Size = Size { width: 1180.0, height: 440.0 };
/// The size of a drawing on a phone.
pub const NARROW: Size = Size { width: 368.0, height: 360.0 };

/// Between the rows of names over a drawing.
const LEGEND_ROW: f64 = 20.0;
const HEADING_ROW: f64 = 28.0;

/// The style class of the series at `index`: a colour, and dashes once the colours are used up.
pub fn style_class(index: usize) -> String {
    let dashes = if index >= COLOURS { " dashed" } else { "" };
    format!("c{}{dashes}", index % COLOURS)
}

/// What belongs together: one colour and one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name over the drawing; nameless where it is empty.
    pub name: String,
    /// Its place among the colours.
    pub style: usize,
    /// What is drawn of it.
    pub forms: Vec<Form>,
}

/// How an axis runs, what its values are, and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// How it runs.
    pub kind: Kind,
    /// What its values are.
    pub unit: Unit,
    /// What it is called.
    pub title: &'static str,
}

/// A drawing that is not drawn yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The name of its file, without an ending: letters, digits and `-`.
    pub name: &'static str,
    /// What it shows.
    pub title: String,
    /// How it is to be read.
    pub hint: String,
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// What is drawn, the first below the others.
    pub series: Vec<Series>,
    /// Whether the names of the series stand over it within a page. In a file of its own they always do.
    pub legend: bool,
}

impl Chart {
    /// How many measured values it shows; a chart of none is not worth drawing.
    pub fn points(&self) -> usize {
        self.series.iter().flat_map(|s| &s.forms).map(Form::points).sum()
    }

    /// The drawing for a place within a page.
    pub fn svg(&self, size: Size, class: &str) -> String {
        let mut out = String::new();
        let _ = write!(
            out,
            r#"<svg class="plot {class}" data-points="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">"#,
            self.points(),
            size.width,
            size.height,
            escape(&self.title)
        );
        self.draw(&mut out, size, TOP, self.legend);
        out.push_str("</svg>");
        out
    }

    /// Both drawings and how they are to be read, for a page.
    pub fn figure(&self) -> String {
        // Text within a drawing shrinks with it: a narrow screen gets a drawing of its own.
        format!(
            "<figure>{}{}<figcaption class=\"hint\">{}</figcaption></figure>",
            self.svg(WIDE, "wide"),
            self.svg(NARROW, "narrow"),
            escape(&self.hint)
        )
    }

    /// The drawing as a file of its own, with its style, its title and its names.
    pub fn file(&self) -> String {
        let size = Size { height: WIDE.height + HEADING_ROW, ..WIDE };
        let mut out = String::new();
        let _ = write!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="plot" data-points="{}" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" aria-label="{title}"><style>{STYLE}</style><rect class="ground" width="100%" height="100%"/><text class="heading" x="{LEFT}" y="24">{title}</text>"#,
            self.points(),
            w = size.width,
            h = size.height,
            title = escape(&self.title)
        );
        self.draw(&mut out, size, TOP + HEADING_ROW, true);
        out.push_str("</svg>\n");
        out
    }

    fn draw(&self, out: &mut String, size: Size, top: f64, legend: bool) {
        let top = if legend { self.names(out, size, top) } else { top };
        let frame = self.frame(size, top);
        frame.draw(out, self.x.title);
        for series in &self.series {
            let _ = write!(out, r#"<g class="curve {}">"#, style_class(series.style));
            for form in &series.forms {
                form.draw(out, &frame);
            }
            out.push_str("</g>");
        }
    }

    /// Draws the names of the series from `top` on; gives where they end.
    fn names(&self, out: &mut String, size: Size, top: f64) -> f64 {
        let (mut x, mut y) = (LEFT, top);
        let named = self.series.iter().filter(|s| !s.name.is_empty());
        for series in named.clone() {
            let width = 34.0 + 7.2 * series.name.chars().count() as f64 + 14.0;
            if x > LEFT && x + width > size.width {
                (x, y) = (LEFT, y + LEGEND_ROW);
            }
            let _ = write!(
                out,
                r#"<g class="curve {}"><path class="{}" d="M{x:.1} {y:.1}h24"/></g><text class="label" x="{:.1}" y="{:.1}">{}</text>"#,
                style_class(series.style),
                series.forms.first().map_or("solid", Form::key),
                x + 31.0,
                y + 4.0,
                escape(&series.name)
            );
            x += width;
        }
        if named.count() == 0 { top } else { y + LEGEND_ROW }
    }

    fn frame(&self, size: Size, top: f64) -> Frame {
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for form in self.series.iter().flat_map(|s| &s.forms) {
            let (x, y) = form.covers();
            xs.extend(x);
            ys.extend(y);
        }
        Frame {
            x: Scale::around(self.x.kind, self.x.unit, xs.into_iter()),
            y: Scale::around(self.y.kind, self.y.unit, ys.into_iter()),
            size,
            top,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::plot::form::{Cell, Mark};

    fn chart(forms: Vec<Form>) -> Chart {
        let series = vec![
            Series { name: "<a>".to_owned(), style: 0, forms },
            Series { name: "b".to_owned(), style: 9, forms: Vec::new() },
        ];
        Chart {
            name: "test",
            title: "A & B".to_owned(),
            hint: "<read>".to_owned(),
            x: Axis { kind: Kind::Zero, unit: Unit::Time, title: "time" },
            y: Axis { kind: Kind::Log, unit: Unit::Time, title: "latency" },
            series,
            legend: true,
        }
    }

    fn every_form() -> Vec<Form> {
        let points = vec![(0.0, 10.0), (5e8, 100.0), (1e9, 1_000.0)];
        let spans = vec![(0.0, 10.0, 20.0), (1e9, 30.0, 1_000.0)];
        vec![
            Form::Span(0.0, 2e8),
            Form::Level(20.0, 30.0),
            Form::Band(spans.clone()),
            Form::Bars(points.clone()),
            Form::Cells(vec![Cell { x: (0.0, 1e9), y: (10.0, 100.0), density: 3 }]),
            Form::Line(points.clone()),
            Form::Thin(points.clone()),
            Form::Dotted(points.clone()),
            Form::Whiskers(spans),
            Form::Marks(vec![Mark { at: (5e8, 100.0), title: "<here>".to_owned(), holds: false }]),
            Form::Columns(vec![(0.0, 5e8, "<first half>".to_owned())]),
        ]
    }

    #[test]
    fn every_form_is_drawn_within_the_axes() {
        for form in every_form() {
            let shown = format!("{form:?}");
            let points = form.points();
            let svg = chart(vec![Form::Thin(vec![(0.0, 10.0), (1e9, 1_000.0)]), form]).svg(WIDE, "wide");
            assert!(svg.contains(&format!(r#"data-points="{}""#, points + 2)), "{shown}: {svg}");
            // Behind the axes and the first line something has numbers, all of them on the drawing.
            let drawn = svg.split_once(r#"<path class="thin""#).expect("the first line").1;
            let (_, drawn) = drawn.split_once("/>").expect("its end");
            let numbers: Vec<f64> = drawn
                .split(|c: char| !c.is_ascii_digit() && c != '.')
                .filter(|n| n.contains('.'))
                .map(|n| n.parse().expect("a number"))
                .collect();
            assert!(
                !numbers.is_empty() && numbers.iter().all(|n| (0.0..=WIDE.width).contains(n)),
                "{shown}: {drawn}"
            );
        }
    }

    #[test]
    fn a_point_lies_where_both_axes_say() {
        let svg = chart(vec![Form::Line(vec![(0.0, 10.0), (1e9, 1_000.0)])]).svg(WIDE, "wide");
        let line = svg.rsplit_once(r#"<path class="solid" d="M"#).expect("the line").1;
        // The axis ends 4 % behind the last value, and the names take one row.
        let right = LEFT + (WIDE.width - 16.0 - LEFT) / 1.04;
        let expected = format!("{LEFT:.1} {:.1}L{right:.1} {:.1}\"", WIDE.height - 46.0, TOP + LEGEND_ROW);
        assert!(line.starts_with(&expected), "{expected} expected, got {line}");
    }

    #[test]
    fn what_comes_from_outside_is_escaped_in_both() {
        let chart = chart(every_form());
        for text in [chart.figure(), chart.file()] {
            for raw in ["<a>", "<here>", "<first half>", "<read>", "A & B"] {
                assert!(!text.contains(raw), "{raw}");
            }
            assert!(text.contains("&lt;a&gt;") && text.contains("A &amp; B"), "{text}");
        }
    }

    #[test]
    fn a_file_of_its_own_has_all_it_needs() {
        let file = Chart { legend: false, ..chart(every_form()) }.file();
        assert!(file.starts_with(r#"<svg xmlns="http://www.w3.org/2000/svg""#));
        for needed in ["prefers-color-scheme: dark", ".curve", r#"class="heading""#, ">b</text>"] {
            assert!(file.contains(needed), "{needed}");
        }
        assert!(!STYLE.contains(['<', '&']), "what XML would take for markup");
    }

    #[test]
    fn names_that_do_not_fit_go_on_in_the_next_row() {
        let series =
            |n: usize| Series { name: format!("the latency called {n}"), style: n, forms: Vec::new() };
        let many = Chart { series: (0..6).map(series).collect(), ..chart(Vec::new()) };
        let rows = |size| {
            let mut out = String::new();
            ((many.names(&mut out, size, TOP) - TOP) / LEGEND_ROW) as usize
        };
        assert!(rows(WIDE) < rows(NARROW) && rows(NARROW) <= 6, "{} and {}", rows(WIDE), rows(NARROW));
    }
}
