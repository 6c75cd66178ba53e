//! Figures that others published, as a table of their own: quoted, never set against a measurement of ours.

use serde::Deserialize;

use super::cards::{self, Row};
use super::escape::escape;

/// The figures, as they are kept.
const PUBLISHED: &str = include_str!("../../../reports/others.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    figure: Vec<Figure>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figure {
    system: String,
    figure: String,
    workload: Option<String>,
    machine: Option<String>,
    year: Option<u16>,
    source: String,
}

/// The table. The figures are this program's own text; its tests see that they can be read.
pub fn html() -> String {
    of(PUBLISHED)
}

/// The table of the figures in `text`, or what is wrong with it.
pub(crate) fn of(text: &str) -> String {
    let published: Published = match toml::from_str(text) {
        Ok(published) => published,
        Err(error) => {
            return format!("<p class=\"none\">reports/others.toml: {}</p>", escape(error.message()));
        }
    };
    let not_stated = || Some("not stated".to_owned());
    let row = |f: Figure| Row {
        head: f.system,
        cells: vec![
            Some(f.figure),
            f.workload.or_else(not_stated),
            f.machine.or_else(not_stated),
            f.year.map(|year| year.to_string()).or_else(not_stated),
            Some(f.source),
        ],
        note: String::new(),
    };
    let rows: Vec<Row> = published.figure.into_iter().map(row).collect();
    format!(
        "<p class=\"hint\">Quoted from their authors, measured by them on their machines and by their own rules: not \
         comparable with the figures above.</p>{}",
        cards::html("others", &["System", "Figure", "Workload", "Machine", "Year", "Source"], &rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_figure_is_in_the_table_with_its_source() {
        let published: Published = toml::from_str(PUBLISHED).expect("reports/others.toml");
        assert!(published.figure.len() >= 19, "{}", published.figure.len());
        let html = html();
        for f in &published.figure {
            for text in [&f.system, &f.figure, &f.source].into_iter().chain(&f.workload).chain(&f.machine) {
                assert!(!text.is_empty() && html.contains(&escape(text)), "{text}");
            }
        }
        assert_eq!(html.matches("<tbody>").count(), published.figure.len());
        assert!(html.contains("not stated"));
    }
}
