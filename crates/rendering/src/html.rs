//! A document as HTML: one file that reads anywhere, offline, without scripts.
//!
//! In: a [`Sheet`]. Out: a whole page with its style and images inside.
//! Every text is escaped; nothing refers outside but links of the text, which the reader chooses to follow.

use crate::document::{Block, Cell, Run, Sheet, Style};
use std::fmt::Write as _;
use xml::{escape_attribute, escape_text};

/// The style of a page by itself. It prints on paper as it shows on a screen, in color or without.
pub const STYLE: &str = include_str!("html/style.css");

/// What a browser may do with the page: show it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// A whole page.
pub fn page(sheet: &Sheet<'_>) -> String {
    let mut out = String::with_capacity(32 * 1024);
    let title = escape_text(&sheet.title);
    _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"fr\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"referrer\" content=\"no-referrer\">\
         <title>{title}</title><style>\n{STYLE}</style></head><body>",
        escape_attribute(POLICY)
    );
    out.push_str(&fragment(sheet));
    out.push_str("</body></html>\n");
    out
}

/// The document alone, without style.
fn fragment(sheet: &Sheet<'_>) -> String {
    let mut out = String::with_capacity(16 * 1024);
    _ = write!(out, "<main class=\"cda\"><header><h1>{}</h1>", escape_text(&sheet.title));
    for line in &sheet.subtitle {
        _ = write!(out, "<p>{}</p>", escape_text(line));
    }
    out.push_str("</header>");
    for remark in &sheet.remarks {
        _ = write!(out, "<p class=\"cda-remark\" role=\"note\">{}</p>", escape_text(remark.sentence()));
    }
    groups(&mut out, sheet, true);
    for section in &sheet.sections {
        let level = (section.level + 1).min(6);
        out.push_str("<section class=\"cda-section\">");
        if !section.title.is_empty() {
            _ = write!(out, "<h{level}>{}</h{level}>", escape_text(&section.title));
        }
        section.blocks.iter().for_each(|it| block(&mut out, it, sheet));
        out.push_str("</section>");
    }
    files(&mut out, sheet);
    groups(&mut out, sheet, false);
    out.push_str("</main>");
    out
}

/// The header, as far as it stands before the results or after them.
fn groups(out: &mut String, sheet: &Sheet<'_>, is_leading: bool) {
    out.push_str("<div class=\"cda-groups\">");
    for group in sheet.groups.iter().filter(|it| it.is_leading == is_leading) {
        _ = write!(out, "<section><h2>{}</h2><dl>", escape_text(group.title));
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
