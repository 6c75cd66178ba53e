//! Tables that turn into cards where a screen is too narrow for their columns.

use std::fmt::Write;

use super::escape::escape;

/// One row: its head and its cells as HTML, and text for a line of its own below them.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The head, as text.
    pub head: String,
    /// A cell for each column but the first, as text; `None` is what was not measured.
    pub cells: Vec<Option<String>>,
    /// What a reader must know, as text; empty where there is nothing to say.
    pub note: String,
}

/// The table: the heads of its columns, and its rows. A column that no row has a value in is left out.
pub fn html(class: &str, heads: &[&str], rows: &[Row]) -> String {
    let told = |column: usize| rows.iter().any(|row| row.cells.get(column).is_some_and(Option::is_some));
    let shown: Vec<(usize, &str)> =
        heads.iter().skip(1).copied().enumerate().filter(|(column, _)| told(*column)).collect();
    let mut out = format!("<table class=\"cards {class}\"><thead><tr>");
    for head in heads.iter().take(1).chain(shown.iter().map(|(_, head)| head)) {
        let _ = write!(out, "<th>{}</th>", escape(head));
    }
    out.push_str("</tr></thead>");
    for row in rows {
        let _ = write!(out, r#"<tbody><tr><th scope="row">{}</th>"#, escape(&row.head));
        for (column, head) in &shown {
            let cell = row.cells.get(*column).and_then(Option::as_ref);
            let text = cell.map_or_else(|| "–".to_owned(), |cell| escape(cell));
            let _ = write!(out, r#"<td data-label="{}"><span>{text}</span></td>"#, escape(head));
        }
        out.push_str("</tr>");
        if !row.note.is_empty() {
            let _ = write!(
                out,
                r#"<tr class="note"><td colspan="{}">{}</td></tr>"#,
                shown.len() + 1,
                escape(&row.note)
            );
        }
        out.push_str("</tbody>");
    }
    out.push_str("</table>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_knows_its_column_and_nothing_is_markup() {
        let row = |cells, note: &str| Row { head: "<r>".into(), cells, note: note.into() };
        let rows =
            [row(vec![Some("<1>".into()), None, None], "a & b"), row(vec![None, None, Some("3".into())], "")];
        let html = html("runs", &["Run", "p50", "p90", "p99"], &rows);
        for text in [
            "<th>p99</th>",
            r#"<th scope="row">&lt;r&gt;</th>"#,
            r#"<td data-label="p50"><span>&lt;1&gt;</span></td>"#,
            r#"<td data-label="p99"><span>–</span></td>"#,
            r#"<td colspan="3">a &amp; b</td>"#,
        ] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        assert!(!html.contains("p90"), "nobody measured it");
    }
}
