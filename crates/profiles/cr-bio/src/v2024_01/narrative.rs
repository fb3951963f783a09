//! The text for people: tables, lines, anchors.
//!
//! In: printed forms of the model. Out: CDA narrative markup. Does not know the coded entries.
//!
//! Source: CDA R2 narrative block; columns as in CR-BIO 2024.01, présentation.

use super::{clock::Clock, element::Anchor};
use jiff::civil::Date;
use lab::report::ReportedResult;
use xml::Writer;

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
            columns.ranges |= result.range.is_some();
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

/// A table that is being filled: what its rows need to know of its header.
#[derive(Clone, Copy)]
pub(super) struct Table {
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

/// Opens a table and its body; [`close_table`] closes them.
pub(super) fn open_table<'a>(
    w: &mut Writer,
    heading: Heading<'_>,
    columns: Columns,
    results: impl IntoIterator<Item = &'a ReportedResult>,
    clock: Clock<'_>,
) -> Table {
    let first = results.into_iter().next().map(|result| result.observed_at);
    w.open("table").attr("border", "1").attr("width", "100%").open("thead").open("tr");
    open_heading(w);
    match heading {
        Heading::Word(word) => _ = w.text(word),
        Heading::Anchored(words, anchor) => anchored(w, anchor, words),
    }
    w.close();
    open_heading(w);
    w.text("Résultat");
    if let Some(at) = first {
        w.text(" du ").text(clock.french_day(at).as_str());
    }
    w.close();
    heading_word(w, "Interprétation");
    if columns.ranges {
        heading_word(w, "Valeurs de référence");
    }
    if columns.previous {
        heading_word(w, "Antériorités");
    }
    w.close().close().open("tbody");
    Table { columns, day: first.map(|at| clock.day(at)) }
}

pub(super) fn close_table(w: &mut Writer) {
    w.close().close();
}

fn open_heading(w: &mut Writer) {
    w.open("th").attr("align", "left").attr("styleCode", "Bold");
}

fn heading_word(w: &mut Writer, word: &'static str) {
    open_heading(w);
    w.text(word).close();
}

/// Words that an entry refers to.
pub(super) fn anchored(w: &mut Writer, anchor: Anchor, words: &str) {
    w.open("content").attr("ID", anchor.id());
    lines(w, words);
    w.close();
}

/// Text whose line feeds are kept as line breaks.
pub(super) fn lines(w: &mut Writer, text: &str) {
    for (at, line) in text.trim().lines().enumerate() {
        if at > 0 {
            w.constant("<br/>");
        }
        w.text(line);
    }
}

/// A paragraph that an entry refers to.
pub(super) fn comment_paragraph(w: &mut Writer, anchor: Anchor, text: &str) {
    w.open("paragraph").attr("styleCode", "Italics");
    anchored(w, anchor, text);
    w.close();
}

/// Comments that say something.
pub(super) fn said(comments: &[String]) -> impl Iterator<Item = &str> {
    comments.iter().map(String::as_str).filter(|comment| !comment.trim().is_empty())
}
