//! A page while it is put together: its sections in their order, and each drawing also as a file.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::Document;
use super::environment::{self, MACHINE};
use super::escape::escape;
use super::others;
use super::percentile_plot::{self, Curve};
use super::plot::chart::Chart;
use super::raw::place::{Missing, find};
use super::shell::quoted_text;

/// What a folder gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The name of the page's file.
    pub name: &'static str,
    /// The page.
    pub page: String,
    /// The drawings: the name of each file, and the SVG.
    pub drawings: Vec<(String, String)>,
    /// What it does not show, as files are not there.
    pub missing: Vec<Missing>,
}

/// The drawings of a page as HTML, and as files.
#[derive(Debug, Default)]
pub struct Plots {
    html: String,
    files: Vec<(String, String)>,
    missing: Vec<Missing>,
    elsewhere: Option<&'static str>,
}

impl Plots {
    /// None on this page: `place` says where they are.
    pub fn elsewhere(place: &'static str) -> Self {
        Self { elsewhere: Some(place), ..Self::default() }
    }

    /// The file `name` of the run in `folder`, which should be there where `told`: `lost` cannot be drawn without it.
    pub fn file(&mut self, folder: &Path, name: &str, told: bool, lost: &str) -> Option<PathBuf> {
        let found = find(folder, name);
        if found.is_none() && told {
            self.miss(folder.join(name), lost);
        }
        found
    }

    /// Something is not there, without which `lost` cannot be drawn.
    pub fn miss(&mut self, file: PathBuf, lost: &str) {
        self.missing.push(Missing { file, lost: lost.to_owned() });
    }

    /// Adds a drawing, unless nothing was measured that it could show.
    pub fn add(&mut self, chart: &Chart) {
        if chart.points() > 0 {
            let _ = write!(self.html, "<h3>{}</h3>{}", escape(&chart.title), chart.figure());
            self.keep(chart);
        }
    }

    /// Adds percentile curves with the table of their figures.
    pub fn percentiles(&mut self, curves: &[Curve<'_>]) {
        let chart = percentile_plot::chart(curves);
        if chart.points() > 0 {
            let _ = write!(self.html, "<h3>{}</h3>{}", escape(&chart.title), percentile_plot::html(curves));
            self.keep(&chart);
        }
    }

    fn keep(&mut self, chart: &Chart) {
        self.files.push((format!("{}.svg", chart.name), chart.file()));
    }
}

/// What stands on the page of every run.
#[derive(Debug)]
pub struct Sheet<'a> {
    /// The title.
    pub title: String,
    /// The verdict, as HTML.
    pub verdict: String,
    /// When the run began: UTC; `None` where the file does not say.
    pub started: Option<&'a str>,
    /// Tables: the head and the HTML of each.
    pub tables: Vec<(&'static str, String)>,
    /// The drawings.
    pub plots: Plots,
    /// What was asked for, where that is known.
    pub options: &'a Value,
    /// The machine and the build.
    pub env: &'a Value,
    /// The words that repeat the run.
    pub command: &'a [String],
}

impl Sheet<'_> {
    /// The page, from the verdict down to the command.
    pub fn render(self) -> Rendered {
        let when = self
            .started
            .map(|at| format!("<p class=\"when\">{} UTC</p>", escape(at.trim_end_matches(" UTC"))));
        let mut page = Document::new(&self.title, &(self.verdict + &when.unwrap_or_default()));
        for (head, html) in &self.tables {
            page.section(head, html);
        }
        let none = self.plots.elsewhere.unwrap_or("nothing was measured that could be drawn");
        let none = format!("<p class=\"none\">{none}</p>");
        page.section("Plots", if self.plots.html.is_empty() { &none } else { &self.plots.html });
        if !self.options.is_null() {
            page.section(
                "What was asked for",
                &environment::options("Options, defaults filled in", self.options),
            );
        }
        page.section("Environment", &environment::html(MACHINE, self.env));
        page.section("Published by others", &others::html());
        page.section("Repeat this run", &command(self.command));
        let Plots { files, missing, .. } = self.plots;
        Rendered { name: "report.html", page: page.finish(), drawings: files, missing }
    }
}

fn command(words: &[String]) -> String {
    if words.is_empty() {
        return "<p class=\"none\">the file has no command: what was asked for stands above</p>".to_owned();
    }
    let program =
        matches!(words[0].as_str(), "load" | "sweep" | "compare" | "jitter" | "prices" | "savina" | "peers");
    let words: Vec<String> = words.iter().map(|word| quoted_text(word)).collect();
    format!("<pre><code>{}{}</code></pre>", if program { "throng " } else { "" }, escape(&words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        let words = ["load", "ping-pong", "--assert", "p99<1us"].map(String::from);
        assert_eq!(
            command(&words),
            "<pre><code>throng load ping-pong --assert &#39;p99&lt;1us&#39;</code></pre>"
        );
        assert_eq!(command(&words[1..2]), "<pre><code>ping-pong</code></pre>");
        assert!(command(&[]).contains("no command"));
    }
}
