//! The self-presentable form: one file that is a document and, at the same time, the stylesheet that shows it.
//!
//! In: the bytes of a CDA document, as written by [`cda::write`], the laboratory's [`Look`]. Out: an XSLT 1.0 stylesheet
//! that holds them unchanged and shows them when opened with itself. Everything is inside: nothing is fetched. What a
//! stylesheet cannot draw, the INS Datamatrix and the courses of results, is drawn here from the same document.
//! An exchange format: browsers are dropping XSLT, so our own pages use [`crate::html`], which says the same.
//!
//! Source: CR-BIO 2024.01, forme auto-présentable; the wrapper `data:Contenu` of the published examples.

use crate::{
    document::{Sheet, TREND_KEY},
    html::{self, Look},
};
use cda::Limits;
use std::fmt::Write as _;

/// The templates; the style is put beside them.
const TEMPLATES: &str = include_str!("self_presentable/style.xsl");

/// Wraps a document with a stylesheet in the laboratory's look.
///
/// In: UTF-8, with or without an XML declaration. Out: UTF-8. The document keeps its bytes but for that declaration.
/// `None` when the bytes have something else than a declaration before their root, which could not be wrapped.
pub fn wrap(document: &[u8], look: &Look) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(document).ok()?.trim_start_matches('\u{FEFF}');
    let text = match text.strip_prefix("<?xml ") {
        Some(rest) => rest.split_once("?>")?.1,
        None => text,
    };
    let text = text.trim();
    let starts_with_root = text.strip_prefix('<')?.starts_with(|it: char| it.is_alphabetic() || it == '_');
    if !starts_with_root {
        return None;
    }
    let read = cda::read(text, &Limits::default()).ok();
    let sheet = read.as_ref().map(|(document, _)| Sheet::new(document)).unwrap_or_default();
    let drawn = drawn(&sheet, look);
    let style = look.style(&sheet);
    let mut out = String::with_capacity(text.len() + TEMPLATES.len() + drawn.len() + style.len() + 1024);
    out.push_str(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?xml-stylesheet type=\"text/xsl\" href=\"#\"?>\n\
         <xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" xmlns:c=\"urn:hl7-org:v3\" \
         xmlns:data=\"urn:asip-sante:ci-sis\" xmlns:lab=\"urn:oid:1.3.6.1.4.1.19376.1.3.2\" \
         exclude-result-prefixes=\"c data lab\">\n<data:Contenu>",
    );
    out.push_str(text);
    out.push_str("</data:Contenu>\n<xsl:variable name=\"style\">");
    out.push_str(&xml::escape_text(&style));
    out.push_str(LETTERS);
    out.push_str("</xsl:variable>\n");
    out.push_str(&drawn);
    out.push_str(TEMPLATES);
    out.push_str("</xsl:stylesheet>\n");
    Some(out.into_bytes())
}

/// What is drawn, as templates: the logo, the symbol, the curve of each cell that has one and their key.
fn drawn(sheet: &Sheet<'_>, look: &Look) -> String {
    let mut out = String::new();
    let mut named = |name: &str, content: &str| {
        _ = writeln!(out, "<xsl:template name=\"{name}\">{content}</xsl:template>");
    };
    named("logo", look.logo());
    named("symbol", &sheet.symbol.as_ref().map(html::symbol).unwrap_or_default());
    let key = format!("<p class=\"cda-key\">{TREND_KEY}</p>");
    named("key", if sheet.has_trends() { &key } else { "" });
    // A name is quoted inside a pattern: one that could end it, or that no document should have, goes without curve.
    let is_name = |id: &str| id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    for (id, cell, svg) in sheet.curves().filter(|(id, ..)| is_name(id)) {
        _ = writeln!(
            out,
            "<xsl:template match=\"c:tr[.//@ID='{id}']/*[{cell}]\" mode=\"curve\" priority=\"1\">{svg}</xsl:template>"
        );
    }
    out.push_str("<xsl:template match=\"*\" mode=\"curve\"/>\n");
    out
}

/// Letters by class: a stylesheet of version 1.0 nests elements by name only with effort.
const LETTERS: &str =
    ".cda .b { font-weight: bold; }\n.cda .i { font-style: italic; }\n.cda .u { text-decoration: underline; }\n";

#[cfg(test)]
mod tests {
    use super::{Look, wrap};

    #[test]
    fn what_stands_before_the_root_can_not_be_wrapped() {
        assert!(wrap(b"<?xml version=\"1.0\"?>\n<a/>", &Look::default()).is_some());
        for refused in [&b"<!DOCTYPE a><a/>"[..], b"<?pi x?><a/>", b"", b"text", b"\xFF"] {
            assert!(wrap(refused, &Look::default()).is_none());
        }
    }
}
