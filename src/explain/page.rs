//! Words, tables and pictures, for a terminal or a browser.

use crate::report::timeline::{Figure, HOVER, escape};

/// What a line of text may hold in a terminal.
const COLUMNS: usize = 80;

/// Something to read from top to bottom.
#[derive(Clone, Debug)]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A part of a page.
#[derive(Clone, Debug)]
pub enum Block {
    /// What the following is about.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Rows of cells, the first of them the header.
    Table(Vec<Vec<String>>),
    /// A picture, which a terminal does not show.
    Figure(Box<Figure>),
}

impl Page {
    /// For a terminal. Pictures are left out.
    pub fn to_text(&self) -> String {
        let mut out = format!("{}\n{}\n", self.title, "=".repeat(self.title.chars().count()));
        for block in &self.blocks {
            match block {
                Block::Heading(text) => {
                    out += &format!("\n{text}\n{}\n", "-".repeat(text.chars().count()));
                }
                Block::Text(text) => out += &format!("\n{}", wrapped(text)),
                Block::Table(rows) => out += &format!("\n{}", aligned(rows)),
                Block::Figure(_) => {}
            }
        }
        out
    }

    /// A page that needs nothing from elsewhere. The pictures tell numbers under the pointer.
    pub fn to_html(&self) -> String {
        let title = escape(&self.title);
        let body: String = self.blocks.iter().map(html).collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}{HOVER}</body>\n</html>\n"
        )
    }
}

const STYLE: &str = "
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
p, table { max-width: 48rem }
h2 { margin-top: 2.5rem }
table { border-collapse: collapse }
th, td { text-align: left; vertical-align: top; padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid #ddd }
svg { max-width: 100%; height: auto }
";

fn html(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("<h2>{}</h2>\n", escape(text)),
        Block::Text(text) => format!("<p>{}</p>\n", escape(text)),
        Block::Figure(figure) => figure.to_fragment(),
        Block::Table(rows) => {
            let row = |(number, cells): (usize, &Vec<String>)| {
                let tag = if number == 0 { "th" } else { "td" };
                let cells: String =
                    cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect();
                format!("<tr>{cells}</tr>\n")
            };
            let rows: String = rows.iter().enumerate().map(row).collect();
            format!("<table>\n{rows}</table>\n")
        }
    }
}

/// Lines that are not wider than a terminal, unless a word is.
fn wrapped(text: &str) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out + "\n"
}

/// Columns as wide as they need to be.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        out += cells.join("   ").trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Timeline;

    fn page() -> Page {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        Page {
            title: "Threads & <cores>".into(),
            blocks: vec![
                Block::Heading("One".into()),
                Block::Text("word ".repeat(40)),
                Block::Table(vec![row(["way", "time"]), row(["neither", "2 s"])]),
                Block::Figure(Box::new(Figure::of(&Timeline::new()))),
            ],
        }
    }

    #[test]
    fn text_fits_a_terminal() {
        let text = page().to_text();
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert!(text.contains("way       time\nneither   2 s\n"), "{text}");
        assert_eq!(text.matches("word").count(), 40);
    }

    #[test]
    fn html_stands_alone_and_escapes_what_it_shows() {
        let html = page().to_html();
        assert!(html.contains("<h1>Threads &amp; &lt;cores&gt;</h1>"), "{html}");
        assert!(html.contains("<th>way</th>") && html.contains("<td>2 s</td>"));
        assert!(html.contains("<svg") && !html.contains("<cores>"));
        let elsewhere = html.replace("http://www.w3.org/2000/svg", "");
        assert!(!elsewhere.contains("http") && !elsewhere.contains("src="), "{elsewhere}");
    }
}
