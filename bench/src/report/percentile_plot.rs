//! Percentile curves as inline SVG: 1/(1-q) to the right and latency upwards, both logarithmic, so that each step to
//! the right is ten times rarer and the tail is as legible as the median.

use std::fmt::Write;

use hdrhistogram::Histogram;

use super::escape::escape;
use super::plot::chart::{Axis, Chart, Series, style_class};
use super::plot::form::{Form, Mark, Point};
use super::plot::scale::{Kind, Unit, labelled_reaches};
use crate::latency;
use crate::units;

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

/// Points a decade of 1/(1-q): finer than the eye tells apart at the page's width.
const POINTS_PER_DECADE: u32 = 20;

/// The curves that have samples as a drawing, the others are left to the legend. A curve is solid as far as at least
/// [`latency::SAMPLES_ABOVE`] samples lie above it; a dotted line leads on to its largest sample, placed at 1/(1-q) =
/// the number of samples.
pub fn chart(curves: &[Curve<'_>]) -> Chart {
    let series = curves.iter().enumerate().filter_map(|(index, curve)| {
        Some(Series { name: curve.name.to_owned(), style: index, forms: Trace::of(curve)?.forms(curve) })
    });
    Chart {
        name: "percentiles",
        title: "Latency by percentile".to_owned(),
        hint: format!(
            "Solid as far as {} samples lie above; dotted to the largest sample. Each step to the right is ten times \
             rarer.",
            latency::SAMPLES_ABOVE
        ),
        x: Axis { kind: Kind::Log, unit: Unit::Reach, title: "percentile of samples" },
        y: Axis { kind: Kind::Log, unit: Unit::Time, title: "latency" },
        series: series.collect(),
        // The table below the drawing has the names.
        legend: false,
    }
}

/// The drawing with a table of its figures below, which is its legend.
pub fn html(curves: &[Curve<'_>]) -> String {
    if curves.is_empty() {
        return "<p class=\"none\">no latency was recorded</p>".to_owned();
    }
    let mut out = chart(curves).figure();
    out.push_str(
        "<table class=\"cards legend\"><thead><tr><th>Latency</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th>\
         <th>max</th><th>samples</th></tr></thead>",
    );
    for (index, curve) in curves.iter().enumerate() {
        draw_row(&mut out, index, curve);
    }
    out.push_str("</table>");
    out
}

fn draw_row(out: &mut String, index: usize, curve: &Curve<'_>) {
    let _ = write!(
        out,
        r#"<tbody><tr><th scope="row"><svg class="key" viewBox="0 0 26 10" aria-hidden="true"><g class="curve {}"><path class="solid" d="M1 5H25"/></g></svg>{}</th>"#,
        style_class(index),
        escape(curve.name)
    );
    let shown = |ns: Option<f64>| ns.map_or_else(|| "–".to_owned(), units::time);
    for (head, q) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
        let _ = write!(out, r#"<td data-label="{head}">{}</td>"#, shown(curve.quantile_ns(q)));
    }
    let _ = write!(
        out,
        r#"<td data-label="max">{}</td><td data-label="samples">{}</td></tr>"#,
        shown(curve.max_ns()),
        units::count(curve.histogram.len())
    );
    let mut notes: Vec<String> = Vec::new();
    if !curve.note.is_empty() {
        notes.push(escape(curve.note));
    }
    if curve.batch > 1 {
        notes.push(format!("each sample is the mean of {} round trips", units::count(curve.batch)));
    }
    if curve.histogram.is_empty() {
        notes.push("no samples".to_owned());
    }
    if !notes.is_empty() {
        let _ = write!(out, r#"<tr class="note"><td colspan="7">{}</td></tr>"#, notes.join("; "));
    }
    out.push_str("</tbody>");
}

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

    fn forms(self, curve: &Curve<'_>) -> Vec<Form> {
        let tail = vec![*self.solid.last().unwrap_or(&self.max), self.max];
        let samples = units::count(curve.histogram.len());
        let max = (format!("largest of {samples} samples"), self.max);
        let mark = |(name, at): (String, Point)| Mark {
            at,
            title: format!("{}, {name}: {}", curve.name, units::time(at.1)),
            holds: true,
        };
        let marks = self.marks.into_iter().chain([max]).map(mark).collect();
        vec![Form::Line(self.solid), Form::Dotted(tail), Form::Marks(marks)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::report::plot::frame::{BOTTOM, LEFT, RIGHT, Size, TOP};

    const SIZE: Size = Size { width: 800.0, height: 400.0 };

    fn svg(curves: &[Curve<'_>], size: Size) -> String {
        chart(curves).svg(size, "wide")
    }

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
        assert!(svg(&[c], SIZE).contains("a, 50%: 10.3 ns"));
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
        let svg = svg(&[curve("a", &h)], SIZE);
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
            let svg = svg(&[curve("a", &h)], Size { width, height: 400.0 });
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
            let svg = svg(curves, SIZE);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert!(svg.ends_with("</svg>"));
        }
    }
}
