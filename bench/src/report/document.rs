//! The page around everything shown: one file that asks nobody for anything.

use std::fmt::Write;

use super::escape::escape;
use super::plot::chart::STYLE as PLOT_STYLE;

const STYLE: &str = include_str!("page.css");
/// Even if a name slipped through unescaped, the browser fetches and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// A page that is being written, from above.
#[derive(Debug)]
pub struct Document(String);

impl Document {
    /// Begins a page: its title, and as HTML what stands below it.
    pub fn new(title: &str, header: &str) -> Self {
        let mut out = String::with_capacity(64 << 10);
        let title = escape(title);
        let _ = write!(
            out,
            r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>throng: {title}</title>
<style>
{PLOT_STYLE}{STYLE}</style></head>
<body><header><h1>{title}</h1>
{header}</header>
<main>
"#
        );
        Self(out)
    }

    /// Adds a section: its head, and as HTML what it holds.
    pub fn section(&mut self, head: &str, html: &str) {
        let _ = write!(self.0, "<section><h2>{}</h2>\n{html}</section>\n", escape(head));
    }

    /// The whole page.
    pub fn finish(mut self) -> String {
        self.0.push_str("</main></body></html>\n");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_text_and_sections_html() {
        let mut page = Document::new("a <b>", "<p>under</p>");
        page.section("c <d>", "<p>held</p>");
        let page = page.finish();
        for text in [
            "<h1>a &lt;b&gt;</h1>",
            "<title>throng: a &lt;b&gt;</title>",
            "<h2>c &lt;d&gt;</h2>",
            "<p>held</p>",
        ] {
            assert!(page.contains(text), "{text}");
        }
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        assert!(page.contains(POLICY) && page.contains(".curve") && page.contains(".verdict"));
    }
}
