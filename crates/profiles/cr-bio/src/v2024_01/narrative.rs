//! The text for people: tables, lines, anchors.
//!
//! In: printed forms of the model. Out: CDA narrative. Does not know the coded entries.
//!
//! Source: CDA R2 narrative block; columns as in CR-BIO 2024.01, présentation.

use super::{clock::Clock, element::Anchor};
use cda::Element;
use jiff::civil::Date;
use lab::report::ReportedResult;

/// Columns of a table beyond test, result and interpretation.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    /// Usual values.
    pub(super) ranges: bool,
    /// Earlier results.
    pub(super) previous: bool,
}

impl Columns {
    /// The five columns of a results table.
    pub(super) const ALL: Self = Self { ranges: true, previous: true };

    /// Only the columns that these results fill.
    pub(super) fn filled_by<'a>(results: impl IntoIterator<Item = &'a ReportedResult>) -> Self {
        let mut columns = Self { ranges: false, previous: false };
        for result in results {
            columns.ranges |= result.range().is_some();
            columns.previous |= !result.previous.is_empty();
        }
        columns
    }

    /// How many columns, as a `colspan`.
    pub(super) fn span(self) -> &'static str {
        match (self.ranges, self.previous) {
            (false, false) => "3",
            (true, true) => "5",
            _ => "4",
        }
    }
}

/// A table that is being filled.
pub(super) struct Table<'a> {
    head: Element<'a>,
    /// Its body.
    pub(super) rows: Element<'a>,
    /// Columns.
    pub(super) columns: Columns,
    /// The day in the header: a result of another day prints its own.
    pub(super) day: Option<Date>,
}

/// What stands at the head of the first column.
pub(super) enum Heading<'a> {
    /// A plain word.
    Word(&'a str),
    /// Words that an entry refers to.
    Anchored(&'a str, Anchor),
}

impl<'a> Table<'a> {
    /// A table without rows.
    pub(super) fn new<'r>(
        first_column: Heading<'a>,
        columns: Columns,
        results: impl IntoIterator<Item = &'r ReportedResult>,
        clock: Clock<'_>,
    ) -> Self {
        let first = results.into_iter().next().map(|result| result.observed_at);
        let day = match first {
            Some(at) => format!("Résultat du {}", clock.french_day(at).as_str()),
            None => "Résultat".to_owned(),
        };
        let mut row = Element::new("tr")
            .child(match first_column {
                Heading::Word(word) => heading().text(word),
                Heading::Anchored(words, anchor) => heading().child(anchored(anchor, words)),
            })
            .child(heading().text(day))
            .child(heading().text("Interprétation"));
        if columns.ranges {
            row.push(heading().text("Valeurs de référence"));
        }
        if columns.previous {
            row.push(heading().text("Antériorités"));
        }
        let head = Element::new("thead").child(row);
        Self { head, rows: Element::new("tbody"), columns, day: first.map(|at| clock.day(at)) }
    }

    /// Adds a comment as a row of its own; gives where it stands.
    pub(super) fn comment(&mut self, number: u32, comment: &'a str) -> Anchor {
        let anchor = Anchor::new("k", number, "");
        let content = Element::new("content").with("styleCode", "Italics").child(anchored(anchor, comment));
        let cell = Element::new("td").with("colspan", self.columns.span()).child(content);
        self.rows.push(Element::new("tr").child(cell));
        anchor
    }

    /// The table, whole.
    pub(super) fn finish(self) -> Element<'a> {
        Element::new("table").with("border", "1").with("width", "100%").child(self.head).child(self.rows)
    }
}

fn heading<'a>() -> Element<'a> {
    Element::new("th").with("align", "left").with("styleCode", "Bold")
}

/// Words that an entry refers to.
pub(super) fn anchored<'a>(anchor: Anchor, words: &'a str) -> Element<'a> {
    let mut content = Element::new("content").with("ID", anchor.id());
    lines(&mut content, words);
    content
}

/// Text whose line feeds are kept as line breaks.
pub(super) fn lines<'a>(element: &mut Element<'a>, text: &'a str) {
    for (at, line) in text.trim().lines().enumerate() {
        if at > 0 {
            element.push(Element::new("br"));
        }
        element.push_text(line);
    }
}

/// As [`lines`], for a text that is made here.
pub(super) fn made_lines(element: &mut Element<'_>, text: &str) {
    for (at, line) in text.trim().lines().enumerate() {
        if at > 0 {
            element.push(Element::new("br"));
        }
        element.push_text(line.to_owned());
    }
}

/// A paragraph in bold.
pub(super) fn bold_paragraph<'a>(text: impl Into<std::borrow::Cow<'a, str>>) -> Element<'a> {
    Element::new("paragraph").with("styleCode", "Bold").text(text)
}

/// A paragraph that an entry refers to.
pub(super) fn comment_paragraph<'a>(anchor: Anchor, text: &'a str) -> Element<'a> {
    Element::new("paragraph").with("styleCode", "Italics").child(anchored(anchor, text))
}

/// Comments that say something.
pub(super) fn said(comments: &[String]) -> impl Iterator<Item = &str> {
    comments.iter().map(String::as_str).filter(|comment| !comment.trim().is_empty())
}
