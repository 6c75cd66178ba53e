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

/// The table: the heads of its columns, and its rows.
pub fn html(class: &str, heads: &[&str], rows: &[Row]) -> String {
    let mut out = format!("<table class=\"cards {class}\"><thead><tr>");
    for head in heads {
        let _ = write!(out, "<th>{}</th>", escape(head));
    }
    out.push_str("</tr></thead>");
    for row in rows {
        let _ = write!(out, r#"<tbody><tr><th scope="row">{}</th>"#, escape(&row.head));
        for (head, cell) in heads.iter().skip(1).zip(&row.cells) {
            let text = cell.as_ref().map_or_else(|| "–".to_owned(), |cell| escape(cell));
            let _ = write!(out, r#"<td data-label="{}"><span>{text}</span></td>"#, escape(head));
        }
        out.push_str("</tr>");
        if !row.note.is_empty() {
            let _ = write!(
                out,
                r#"<tr class="note"><td colspan="{}">{}</td></tr>"#,
                heads.len(),
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
        let row = Row { head: "<r>".into(), cells: vec![Some("<1>".into()), None], note: "a & b".into() };
        let html = html("runs", &["Run", "p50", "p99"], &[row]);
        for text in [
            "<th>p99</th>",
            r#"<th scope="row">&lt;r&gt;</th>"#,
            r#"<td data-label="p50"><span>&lt;1&gt;</span></td>"#,
            r#"<td data-label="p99"><span>–</span></td>"#,
            r#"<td colspan="3">a &amp; b</td>"#,
        ] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
    }
}
