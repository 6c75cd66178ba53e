//! Percentile curves as inline SVG: 1/(1-q) to the right and latency upwards, both logarithmic, so that each step to
//! the right is ten times rarer and the tail is as legible as the median.

use std::fmt::Write;

use hdrhistogram::Histogram;

use super::escape::escape;
use crate::latency;
use crate::units;

/// How many colours the page's style has; further curves repeat them, dashed.
pub const COLOURS: usize = 8;

/// One latency of one system.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    /// What it is called in the legend.
    pub name: &'a str,
    /// What a reader must know of it; empty where there is nothing to say.
    pub note: &'a str,
    /// Its samples.
    pub histogram: &'a Histogram<u64>,
    /// Nanoseconds a message for each unit of the histogram: 1.0 where it holds nanoseconds a message, less where it
    /// holds the time of a whole batch.
    pub unit_ns: f64,
    /// How many messages one sample is the mean of: 1 where each was stamped.
    pub batch: u64,
}

impl Curve<'_> {
    /// The latency at quantile `q` in nanoseconds a message; `None` where the samples cannot carry it.
    pub fn quantile_ns(&self, q: f64) -> Option<f64> {
        latency::quantile(self.histogram, q).map(|v| self.ns(v))
    }

    /// The largest sample in nanoseconds a message; `None` where there is none.
    pub fn max_ns(&self) -> Option<f64> {
        latency::max(self.histogram).map(|v| self.ns(v))
    }

    fn ns(&self, value: u64) -> f64 {
        value as f64 * self.unit_ns
    }
}

/// The style class of the curve at `index`: a colour, and dashes once the colours are used up.
pub fn style_class(index: usize) -> String {
    let dashes = if index >= COLOURS { " dashed" } else { "" };
    format!("c{}{dashes}", index % COLOURS)
}

/// The size of a drawing, in the pixels it is meant to be shown at.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

const LEFT: f64 = 62.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 46.0;
/// Points a decade of 1/(1-q): finer than the eye tells apart at the page's width.
const POINTS_PER_DECADE: u32 = 20;

/// Draws the curves that have samples, the others are left to the legend. A curve is solid as far as at least
/// [`latency::SAMPLES_ABOVE`] samples lie above it; a dotted line leads on to its largest sample, placed at 1/(1-q) =
/// the number of samples.
pub fn svg(curves: &[Curve<'_>], size: Size, class: &str) -> String {
    let traces: Vec<(usize, &Curve<'_>, Trace)> =
        curves.iter().enumerate().filter_map(|(i, c)| Some((i, c, Trace::of(c)?))).collect();
    let axes = Axes::around(traces.iter().map(|(_, _, t)| t), size);
    let mut out = String::new();
    let label = "Latency by percentile, logarithmic axes; the figures are in the table below";
    let _ = write!(
        out,
        r#"<svg class="{class}" viewBox="0 0 {} {}" role="img" aria-label="{label}">"#,
        size.width, size.height
    );
    axes.draw(&mut out);
    for (index, curve, trace) in &traces {
        let _ = write!(out, r#"<g class="curve {}">"#, style_class(*index));
        trace.draw(&mut out, curve, &axes);
        out.push_str("</g>");
    }
    out.push_str("</svg>");
    out
}

/// A point: 1/(1-q) and nanoseconds.
type Point = (f64, f64);

/// A curve as points.
struct Trace {
    solid: Vec<Point>,
    /// The labelled quantiles within the solid part.
    marks: Vec<(String, Point)>,
    max: Point,
}

impl Trace {
    fn of(curve: &Curve<'_>) -> Option<Self> {
        let count = curve.histogram.len();
        // A logarithm needs more than zero: a reading of no time is drawn as one unit.
        let drawn = |ns: f64| ns.max(curve.unit_ns);
        let max = (count as f64, drawn(curve.max_ns()?));
        let end = count as f64 / latency::SAMPLES_ABOVE;
        let mut reaches: Vec<f64> = (0..)
            .map(|i| 10_f64.powf(f64::from(i) / f64::from(POINTS_PER_DECADE)))
            .take_while(|x| *x < end)
            .collect();
        if end >= 1.0 {
            reaches.push(end);
        }
        let values = curve.histogram.value_at_quantiles(reaches.iter().map(|x| 1.0 - 1.0 / x));
        let solid = reaches.iter().copied().zip(values.map(|v| drawn(curve.ns(v)))).collect();
        let marks = labelled_reaches()
            .take_while(|(x, _)| *x <= max.0)
            .filter_map(|(x, name)| Some((name, (x, drawn(curve.quantile_ns(1.0 - 1.0 / x)?)))))
            .collect();
        Some(Self { solid, marks, max })
    }

    fn draw(&self, out: &mut String, curve: &Curve<'_>, axes: &Axes) {
        let mut path = String::new();
        for (i, point) in self.solid.iter().enumerate() {
            let (x, y) = axes.place(*point);
            let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
        }
        if !path.is_empty() {
            let _ = write!(out, r#"<path class="solid" d="{path}"/>"#);
        }
        let (mx, my) = axes.place(self.max);
        let (lx, ly) = axes.place(*self.solid.last().unwrap_or(&self.max));
        let _ = write!(out, r#"<path class="tail" d="M{lx:.1} {ly:.1}L{mx:.1} {my:.1}"/>"#);

        let samples = units::count(curve.histogram.len());
        let max = (format!("largest of {samples} samples"), self.max);
        for (name, point) in self.marks.iter().chain([&max]) {
            let (x, y) = axes.place(*point);
            let title = format!("{}, {name}: {}", curve.name, units::time(point.1));
            // The wide invisible circle is there to be pointed at.
            let _ = write!(
                out,
                r#"<g class="mark"><title>{}</title><circle class="hit" cx="{x:.1}" cy="{y:.1}" r="11"/><circle cx="{x:.1}" cy="{y:.1}" r="3.5"/></g>"#,
                escape(&title)
            );
        }
    }
}

/// The labels of the axis: 1/(1-q) and `50%`, `90%`, `99%`, `99.9%` and so on.
fn labelled_reaches() -> impl Iterator<Item = (f64, String)> {
    let nines = (1..18).map(|n: usize| {
        let name = match n {
            1 => "90%".to_owned(),
            2 => "99%".to_owned(),
            _ => format!("99.{}%", "9".repeat(n - 2)),
        };
        (10_f64.powi(n as i32), name)
    });
    [(2.0, "50%".to_owned())].into_iter().chain(nines)
}

/// Decades covered, and where they lie on the drawing.
struct Axes {
    size: Size,
    /// Decades of 1/(1-q), from 1.
    reach: f64,
    /// The lowest and highest decade of nanoseconds.
    low: i32,
    high: i32,
}

impl Axes {
    fn around<'t>(traces: impl Iterator<Item = &'t Trace>, size: Size) -> Self {
        let (mut reach, mut low, mut high) = (2.0_f64, f64::INFINITY, f64::NEG_INFINITY);
        for trace in traces {
            for (x, ns) in trace.solid.iter().chain([&trace.max]) {
                reach = reach.max(x.log10());
                low = low.min(ns.log10());
                high = high.max(ns.log10());
            }
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let low = low.floor() as i32;
        Self { size, reach, low, high: (high.ceil() as i32).max(low + 1) }
    }

    fn x(&self, reach: f64) -> f64 {
        LEFT + reach.log10() / self.reach * (self.size.width - LEFT - RIGHT)
    }

    fn y(&self, ns: f64) -> f64 {
        let up = (ns.log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        self.size.height - BOTTOM - up * (self.size.height - TOP - BOTTOM)
    }

    fn place(&self, (reach, ns): Point) -> (f64, f64) {
        (self.x(reach), self.y(ns))
    }

    fn draw(&self, out: &mut String) {
        let (right, bottom) = (self.size.width - RIGHT, self.size.height - BOTTOM);
        for decade in self.low..=self.high {
            let ns = 10_f64.powi(decade);
            let y = self.y(ns);
            let _ = write!(out, r#"<path class="grid" d="M{LEFT} {y:.1}H{right}"/>"#);
            let label = round_time(ns);
            let _ = write!(
                out,
                r#"<text class="label" x="{:.1}" y="{:.1}" text-anchor="end">{label}</text>"#,
                LEFT - 7.0,
                y + 4.0
            );
            if decade < self.high {
                for step in 2..10 {
                    let y = self.y(ns * f64::from(step));
                    let _ = write!(out, r#"<path class="grid minor" d="M{LEFT} {y:.1}H{right}"/>"#);
                }
            }
        }
        let mut free_from = 0.0;
        for (reach, name) in labelled_reaches().take_while(|(x, _)| x.log10() <= self.reach + 1e-9) {
            let x = self.x(reach);
            let _ = write!(out, r#"<path class="grid" d="M{x:.1} {TOP}V{bottom}"/>"#);
            // A label that would touch the one before is left out; its line stays. 3.8 px is half a digit.
            let half = 3.8 * name.len() as f64 + 2.0;
            let at = x.min(self.size.width - half);
            if at - half >= free_from {
                let _ = write!(
                    out,
                    r#"<text class="label" x="{at:.1}" y="{:.1}" text-anchor="middle">{name}</text>"#,
                    bottom + 18.0
                );
                free_from = at + half + 4.0;
            }
        }
        let _ = write!(
            out,
            r#"<text class="axis" x="{:.1}" y="{:.1}" text-anchor="middle">percentile of samples</text>"#,
            (LEFT + right) / 2.0,
            self.size.height - 6.0
        );
    }
}

/// A power of ten of nanoseconds without a fraction: `10 µs`.
fn round_time(ns: f64) -> String {
    units::time(ns).replace(".00 ", " ").replace(".0 ", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 800.0, height: 400.0 };

    fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut h = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("good bounds");
        for value in values {
            h.record(value).expect("in range");
        }
        h
    }

    fn curve<'a>(name: &'a str, histogram: &'a Histogram<u64>) -> Curve<'a> {
        Curve { name, note: "", histogram, unit_ns: 1.0, batch: 1 }
    }

    #[test]
    fn a_curve_ends_where_ten_samples_are_above_it_and_leads_on_to_the_max() {
        let h = histogram(1..=1_000);
        let trace = Trace::of(&curve("a", &h)).expect("samples");
        assert_eq!(trace.solid.first(), Some(&(1.0, 1.0)));
        assert_eq!(trace.solid.last(), Some(&(100.0, 990.0)));
        assert_eq!(trace.max, (1_000.0, 1_000.0));
        let marks: Vec<_> = trace.marks.iter().map(|(name, (_, ns))| (name.as_str(), *ns)).collect();
        assert_eq!(marks, [("50%", 500.0), ("90%", 900.0), ("99%", 990.0)]);
        assert!(trace.solid.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{:?}", trace.solid);
    }

    #[test]
    fn few_samples_have_only_their_largest() {
        let h = histogram([5, 6, 7]);
        let trace = Trace::of(&curve("a", &h)).expect("samples");
        assert!(trace.solid.is_empty() && trace.marks.is_empty());
        assert_eq!(trace.max, (3.0, 7.0));
        assert!(Trace::of(&curve("a", &histogram([]))).is_none());
    }

    #[test]
    fn a_batch_is_scaled_to_one_message() {
        let h = histogram([20_600; 100]);
        let c = Curve { unit_ns: 1.0 / 2_000.0, batch: 1_000, ..curve("a", &h) };
        let p50 = c.quantile_ns(0.5).expect("a hundred samples");
        assert!((p50 - 10.3).abs() < 0.01, "{p50}");
        assert_eq!(c.quantile_ns(0.99), None);
        assert!(svg(&[c], SIZE, "wide").contains("a, 50%: 10.3 ns"));
    }

    /// The coordinates of the first path of a class.
    fn path(svg: &str, class: &str) -> Vec<(f64, f64)> {
        let start = format!(r#"<path class="{class}" d=""#);
        let d = svg.split(&start).nth(1).and_then(|rest| rest.split('"').next()).expect("a path");
        d.split(['M', 'L'])
            .skip(1)
            .map(|p| {
                let (x, y) = p.split_once(' ').expect("two numbers");
                (x.parse().expect("a number"), y.parse().expect("a number"))
            })
            .collect()
    }

    #[test]
    fn points_lie_where_the_axes_say() {
        // Median 10 ns, everything above it 1 µs: decades 10 ns to 1 µs, and a reach of three decades.
        let h = histogram((0..1_000).map(|i| if i < 500 { 10 } else { 1_000 }));
        let svg = svg(&[curve("a", &h)], SIZE, "wide");
        let points = path(&svg, "solid");
        assert_eq!(points.first(), Some(&(LEFT, SIZE.height - BOTTOM)), "the smallest value, bottom left");
        let last = points.last().expect("points");
        assert_eq!(last.1, TOP, "1 µs, at the top");
        assert!((last.0 - (LEFT + (SIZE.width - LEFT - RIGHT) * 2.0 / 3.0)).abs() < 0.1, "p99: {last:?}");
        assert_eq!(path(&svg, "tail").last(), Some(&(SIZE.width - RIGHT, TOP)), "the largest, top right");
        for label in ["50%", "90%", "99%", "99.9%", "10 ns", "100 ns", "1 µs"] {
            assert!(svg.contains(&format!(">{label}</text>")), "{label}");
        }
    }

    #[test]
    fn labels_that_would_touch_are_left_out() {
        let mut h = histogram([10]);
        h.record_n(20, 9_999_999).expect("in range");
        let labels = |width| {
            let svg = svg(&[curve("a", &h)], Size { width, height: 400.0 }, "wide");
            svg.matches("%</text>").count()
        };
        assert_eq!(labels(1_200.0), 8);
        assert!((3..8).contains(&labels(340.0)), "{}", labels(340.0));
    }

    #[test]
    fn no_curve_and_a_zero_are_drawn_without_nonsense() {
        let (zero, none) = (histogram([0; 50]), histogram([]));
        for curves in
            [&[][..], &[curve("none", &none)][..], &[curve("zero", &zero), curve("none", &none)][..]]
        {
            let svg = svg(curves, SIZE, "wide");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert!(svg.ends_with("</svg>"));
        }
    }
}
