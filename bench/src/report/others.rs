//! Figures that others published, as a table of their own: quoted, never set against a measurement of ours.

use std::fmt::Write;

use serde::Deserialize;

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
    workload: String,
    machine: Option<String>,
    year: Option<u16>,
    source: String,
}

/// The table. The figures are this program's own text; its tests see that they can be read.
pub fn html() -> String {
    let published: Published = match toml::from_str(PUBLISHED) {
        Ok(published) => published,
        Err(error) => {
            return format!("<p class=\"none\">reports/others.toml: {}</p>", escape(error.message()));
        }
    };
    let mut out = String::from(
        "<p class=\"hint\">Quoted from their authors, measured by them on their machines and by their own rules: not \
         comparable with the figures above.</p><table class=\"cards others\"><thead><tr><th>System</th><th>Figure</th>\
         <th>Workload</th><th>Machine</th><th>Year</th><th>Source</th></tr></thead>",
    );
    for f in &published.figure {
        let year = f.year.map_or_else(|| "not stated".to_owned(), |year| year.to_string());
        let _ = write!(out, r#"<tbody><tr><th scope="row">{}</th>"#, escape(&f.system));
        let cells = [
            ("Figure", f.figure.as_str()),
            ("Workload", &f.workload),
            ("Machine", f.machine.as_deref().unwrap_or("not stated")),
            ("Year", &year),
            ("Source", &f.source),
        ];
        for (head, text) in cells {
            let _ = write!(out, r#"<td data-label="{head}"><span>{}</span></td>"#, escape(text));
        }
        out.push_str("</tr></tbody>");
    }
    out.push_str("</table>");
    out
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
            for text in [&f.system, &f.figure, &f.workload, &f.source] {
                assert!(!text.is_empty() && html.contains(&escape(text)), "{text}");
            }
        }
        assert_eq!(html.matches("<tbody>").count(), published.figure.len());
        assert!(html.contains("not stated"));
    }
}
