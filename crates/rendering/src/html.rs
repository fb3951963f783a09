//! A document as HTML: one file that reads anywhere, offline, without scripts.
//!
//! In: a [`Sheet`], the laboratory's [`Look`]. Out: a whole page with its style and images inside.
//! Every text is escaped; nothing refers outside but links of the text, which the reader chooses to follow.

use crate::{
    Logo, Symbol,
    document::{Block, Cell, Run, Sheet, Style, TREND_KEY},
    pdf,
};
use std::fmt::Write as _;
use xml::{escape_attribute, escape_text};

/// The style of every page. It prints on paper as it shows on a screen, in color or without.
const STYLE: &str = include_str!("html/style.css");

/// What stands under the symbol.
const SYMBOL_NAME: &str = "INS à scanner";
/// Side of its modules: as large as on paper, so that a scanner reads the screen and the print.
const SYMBOL_MODULE_MM: f32 = 0.42;

/// What a browser may do with the page: show it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// The laboratory's own look, prepared once: its color and its logo.
pub struct Look {
    accent: [u8; 3],
    /// A whole element.
    logo: String,
}

impl Default for Look {
    fn default() -> Self {
        Self::of(&pdf::Style::default())
    }
}

impl Look {
    /// The look of the laboratory's PDF.
    pub fn of(style: &pdf::Style) -> Self {
        let element = |logo: &Logo| {
            let (width, height) = logo.printed();
            // Points of paper are three quarters of those of a screen.
            let [width, height] = [width, height].map(|it| (it / 0.75).round());
            let data = base64_simd::STANDARD.encode_to_string(logo.png()?);
            Some(format!(
                "<img class=\"cda-logo\" alt=\"Logo du laboratoire\" width=\"{width}\" height=\"{height}\" \
                 src=\"data:image/png;base64,{data}\"/>"
            ))
        };
        Self { accent: style.accent, logo: style.logo.as_ref().and_then(element).unwrap_or_default() }
    }

    /// The logo as an element that HTML and XML read alike; empty without one.
    pub(crate) fn logo(&self) -> &str {
        &self.logo
    }

    /// The style sheet of one document: the laboratory's color, the patient at the foot of printed pages.
    pub(crate) fn style(&self, sheet: &Sheet<'_>) -> String {
        let [red, green, blue] = self.accent;
        let who = quoted(&sheet.whose());
        format!(
            ".cda {{ --accent: #{red:02x}{green:02x}{blue:02x}; }}\n{STYLE}@page {{ @bottom-left {{ content: {who}; }} }}\n"
        )
    }
}

/// A text as a string of CSS that no style element and no XML document mistakes for its own marks.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c.is_alphanumeric() || c == ' ' || c == '-' || c == '/' {
            out.push(c);
        } else {
            _ = write!(out, "\\{:x} ", u32::from(c));
        }
    }
    out.push('"');
    out
}

/// A whole page in the laboratory's look.
pub fn page(sheet: &Sheet<'_>, look: &Look) -> String {
    let mut out = String::with_capacity(32 * 1024);
    let title = escape_text(&sheet.title);
    _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"fr\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"referrer\" content=\"no-referrer\">\
         <title>{title}</title><style>\n{}</style></head><body>",
        escape_attribute(POLICY),
        look.style(sheet)
    );
    fragment(&mut out, sheet, look);
    out.push_str("</body></html>\n");
    out
}

/// The document alone, without style.
fn fragment(out: &mut String, sheet: &Sheet<'_>, look: &Look) {
    _ = write!(out, "<main class=\"cda\"><header>{}<div><h1>{}</h1>", look.logo(), escape_text(&sheet.title));
    for line in &sheet.subtitle {
        _ = write!(out, "<p>{}</p>", escape_text(line));
    }
    out.push_str("</div></header>");
    for remark in &sheet.remarks {
        _ = write!(out, "<p class=\"cda-remark\" role=\"note\">{}</p>", escape_text(remark.sentence()));
    }
    groups(out, sheet, true);
    for section in &sheet.sections {
        let level = (section.level + 1).min(6);
        out.push_str("<section class=\"cda-section\">");
        if !section.title.is_empty() {
            _ = write!(out, "<h{level}>{}</h{level}>", escape_text(&section.title));
        }
        section.blocks.iter().for_each(|it| block(out, it, sheet));
        out.push_str("</section>");
    }
    if sheet.has_trends() {
        _ = write!(out, "<p class=\"cda-key\">{}</p>", escape_text(TREND_KEY));
    }
    files(out, sheet);
    groups(out, sheet, false);
    out.push_str("</main>");
}

/// The INS Datamatrix with its name, as elements that HTML and XML read alike.
pub(crate) fn symbol(symbol: &Symbol) -> String {
    format!(
        "<figure class=\"cda-symbol\"><div role=\"img\" aria-label=\"Datamatrix INS\">{}</div>\
         <figcaption>{SYMBOL_NAME}</figcaption></figure>",
        symbol.svg(SYMBOL_MODULE_MM)
    )
}

/// The header, as far as it stands before the results or after them.
fn groups(out: &mut String, sheet: &Sheet<'_>, is_leading: bool) {
    out.push_str("<div class=\"cda-groups\">");
    for group in sheet.groups.iter().filter(|it| it.is_leading == is_leading) {
        _ = write!(out, "<section><h2>{}</h2>", escape_text(group.title));
        if let Some(it) = sheet.symbol.as_ref().filter(|_| group.is_patient()) {
            out.push_str(&symbol(it));
        }
        out.push_str("<dl>");
        for (label, value) in &group.lines {
            _ = write!(out, "<dt>{}</dt><dd>{}</dd>", escape_text(label), escape_text(value));
        }
        out.push_str("</dl></section>");
    }
    out.push_str("</div>");
}

/// Files that are not images, to keep.
fn files(out: &mut String, sheet: &Sheet<'_>) {
    let offered = sheet.files.iter().filter_map(|it| Some((it.kind.filter(|kind| !kind.is_image())?, it.base64()?)));
    let mut offered = offered.enumerate().peekable();
    if offered.peek().is_none() {
        return;
    }
    out.push_str("<section class=\"cda-section\"><h2>Fichiers joints</h2><ul>");
    for (n, (kind, base64)) in offered {
        let n = n + 1;
        _ = write!(
            out,
            "<li><a download=\"document-{n}.pdf\" href=\"data:{};base64,{base64}\">Document PDF {n}</a> ({} ko)</li>",
            kind.media_type(),
            (base64.len() * 3 / 4).div_ceil(1024)
        );
    }
    out.push_str("</ul></section>");
}

fn block(out: &mut String, it: &Block<'_>, sheet: &Sheet<'_>) {
    match it {
        Block::Paragraph(runs) => {
            out.push_str("<p>");
            runs.iter().for_each(|run| text(out, run));
            out.push_str("</p>");
        }
        Block::List { is_ordered, items } => {
            let name = if *is_ordered { "ol" } else { "ul" };
            _ = write!(out, "<{name}>");
            for item in items {
                out.push_str("<li>");
                inside(out, item, sheet);
                out.push_str("</li>");
            }
            _ = write!(out, "</{name}>");
        }
        Block::Table { caption, head, body } => {
            out.push_str("<div class=\"cda-table\"><table>");
            if !caption.is_empty() {
                _ = write!(out, "<caption>{}</caption>", escape_text(caption));
            }
            for (name, rows) in [("thead", head), ("tbody", body)] {
                if rows.is_empty() {
                    continue;
                }
                _ = write!(out, "<{name}>");
                for row in rows {
                    out.push_str("<tr>");
                    row.iter().for_each(|it| cell(out, it, sheet));
                    out.push_str("</tr>");
                }
                _ = write!(out, "</{name}>");
            }
            out.push_str("</table></div>");
        }
        Block::Image(at) => {
            let file = sheet.files.get(*at);
            if let Some((kind, base64)) = file.and_then(|file| Some((file.kind?, file.base64()?))) {
                let media_type = kind.media_type();
                _ = write!(out, "<p><img alt=\"Image du compte rendu\" src=\"data:{media_type};base64,{base64}\"></p>");
            }
        }
    }
}

fn cell(out: &mut String, it: &Cell<'_>, sheet: &Sheet<'_>) {
    let name = if it.is_heading { "th" } else { "td" };
    _ = write!(out, "<{name}");
    if it.is_heading {
        out.push_str(" scope=\"col\"");
    }
    for (attribute, n) in [("colspan", it.n_columns), ("rowspan", it.n_rows)] {
        if n > 1 {
            _ = write!(out, " {attribute}=\"{n}\"");
        }
    }
    out.push('>');
    if let Some(trend) = &it.trend {
        out.push_str(&trend.svg());
    }
    inside(out, &it.blocks, sheet);
    _ = write!(out, "</{name}>");
}

/// Blocks of a cell or an item: one paragraph alone needs no element of its own.
fn inside(out: &mut String, blocks: &[Block<'_>], sheet: &Sheet<'_>) {
    match blocks {
        [Block::Paragraph(runs)] => runs.iter().for_each(|run| text(out, run)),
        _ => blocks.iter().for_each(|it| block(out, it, sheet)),
    }
}

fn text(out: &mut String, run: &Run<'_>) {
    if run.text == "\n" {
        out.push_str("<br>");
        return;
    }
    if run.style == Style::default() && run.link.is_none() {
        out.push_str(&escape_text(&run.text));
        return;
    }
    let Style { bold, italics, underline, superscript, subscript } = run.style;
    let names = [(bold, "strong"), (italics, "em"), (underline, "u"), (superscript, "sup"), (subscript, "sub")];
    if let Some(link) = &run.link {
        _ = write!(out, "<a rel=\"noopener noreferrer\" href=\"{}\">", escape_attribute(link));
    }
    for (_, name) in names.iter().filter(|(is, _)| *is) {
        _ = write!(out, "<{name}>");
    }
    out.push_str(&escape_text(&run.text));
    for (_, name) in names.iter().rev().filter(|(is, _)| *is) {
        _ = write!(out, "</{name}>");
    }
    if run.link.is_some() {
        out.push_str("</a>");
    }
}
