//! The text of a section as blocks.
//!
//! In: the narrative element, of any sender. Out: paragraphs, lists, tables, images. An element that narrative does not
//! have is read as plain text, so that nothing written is hidden and nothing runs.
//!
//! Source: CDA R2, narrative block schema and its style codes.

use super::{Block, Cell, Remark, Row, Run, Sheet, Style};
use crate::Trend;
use cda::{Element, Namespace, Node};
use std::borrow::Cow;

/// Columns or rows that a cell may take.
const SPAN: u16 = 100;

/// Reads the content of an element after what the blocks hold.
pub(super) fn read<'a>(element: &'a Element<'a>, blocks: &mut Vec<Block<'a>>, sheet: &mut Sheet<'a>) {
    let mut reader = Reader { sheet, blocks: Vec::new(), line: Vec::new() };
    reader.children(element, Style::default(), None);
    reader.end_paragraph();
    blocks.append(&mut reader.blocks);
}

/// Blocks that are done, and the paragraph that is not.
struct Reader<'a, 's> {
    sheet: &'s mut Sheet<'a>,
    blocks: Vec<Block<'a>>,
    line: Vec<Run<'a>>,
}

impl<'a> Reader<'a, '_> {
    fn children(&mut self, element: &'a Element<'a>, style: Style, link: Option<&Cow<'a, str>>) {
        for child in &element.children {
            match child {
                Node::Text(text) => self.text(text, style, link),
                Node::Element(child) => self.element(child, style, link),
            }
        }
    }

    /// Text with its white space as one space: line breaks are elements.
    fn text(&mut self, text: &'a str, style: Style, link: Option<&Cow<'a, str>>) {
        if text.trim().is_empty() && self.line.last().is_none_or(|it| it.text.ends_with(char::is_whitespace)) {
            return;
        }
        let needs_folding = text.bytes().any(|it| matches!(it, b'\n' | b'\r' | b'\t')) || text.contains("  ");
        let text = if needs_folding {
            let (first, last) = (text.starts_with(char::is_whitespace), text.ends_with(char::is_whitespace));
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let space = |is: bool| if is { " " } else { "" };
            Cow::Owned(format!("{}{words}{}", space(first && !self.line.is_empty()), space(last)))
        } else {
            Cow::Borrowed(text)
        };
        self.line.push(Run { text, style, link: link.cloned() });
    }

    fn element(&mut self, element: &'a Element<'a>, style: Style, link: Option<&Cow<'a, str>>) {
        if element.namespace != Namespace::Hl7 {
            self.sheet.remark(Remark::ForeignElement);
            return self.children(element, style, link);
        }
        let style = styled(element, style);
        match element.name.as_ref() {
            "br" => self.line.push(Run { text: Cow::Borrowed("\n"), ..Run::default() }),
            "content" | "footnote" | "footnoteRef" => self.children(element, style, link),
            "caption" => {
                self.children(element, Style { bold: true, ..style }, link);
                self.end_paragraph();
            }
            "sub" => self.children(element, Style { subscript: true, ..style }, link),
            "sup" => self.children(element, Style { superscript: true, ..style }, link),
            "linkHtml" => {
                let link = self.followed(element);
                self.children(element, style, link.as_ref());
            }
            "paragraph" => {
                self.end_paragraph();
                self.children(element, style, link);
                self.end_paragraph();
            }
            "list" => self.list(element, style),
            "table" => self.table(element, style),
            "renderMultiMedia" => self.image(element, style, link),
            _ => {
                self.sheet.remark(Remark::ForeignElement);
                self.children(element, style, link);
            }
        }
    }

    fn end_paragraph(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        while line.last().is_some_and(|run| run.text.trim().is_empty()) {
            line.pop();
        }
        if !line.is_empty() {
            self.blocks.push(Block::Paragraph(line));
        }
    }

    /// The blocks of an element by itself.
    fn inside(&mut self, element: &'a Element<'a>, style: Style) -> Vec<Block<'a>> {
        let mut inner = Reader { sheet: self.sheet, blocks: Vec::new(), line: Vec::new() };
        inner.children(element, styled(element, style), None);
        inner.end_paragraph();
        inner.blocks
    }

    fn list(&mut self, element: &'a Element<'a>, style: Style) {
        self.end_paragraph();
        let mut items = Vec::new();
        for child in element.elements() {
            let blocks = self.inside(child, style);
            if child.name == "caption" {
                self.blocks.extend(blocks);
            } else {
                items.push(blocks);
            }
        }
        self.blocks.push(Block::List { is_ordered: element.attribute("listType") == Some("ordered"), items });
    }

    fn table(&mut self, element: &'a Element<'a>, style: Style) {
        self.end_paragraph();
        let (mut caption, mut head, mut body, mut foot) = (String::new(), Vec::new(), Vec::new(), Vec::new());
        for child in element.elements() {
            match child.name.as_ref() {
                "caption" => caption = plain(&self.inside(child, style)),
                "thead" => self.rows(child, style, &mut head),
                "tbody" => self.rows(child, style, &mut body),
                "tfoot" => self.rows(child, style, &mut foot),
                "tr" => body.push(self.row(child, style)),
                "col" | "colgroup" => {}
                _ => {
                    let blocks = self.inside(child, style);
                    self.blocks.extend(blocks);
                }
            }
        }
        body.append(&mut foot);
        self.blocks.push(Block::Table { caption, head, body });
    }

    fn rows(&mut self, group: &'a Element<'a>, style: Style, rows: &mut Vec<Row<'a>>) {
        let style = styled(group, style);
        for row in group.elements() {
            let row = self.row(row, style);
            rows.push(row);
        }
    }

    fn row(&mut self, row: &'a Element<'a>, style: Style) -> Row<'a> {
        let style = styled(row, style);
        let mut cells: Row<'a> = row
            .elements()
            .map(|cell| Cell {
                is_heading: cell.name == "th",
                n_columns: span(cell.attribute("colspan")),
                n_rows: span(cell.attribute("rowspan")),
                blocks: self.inside(cell, style),
                trend: None,
            })
            .collect();
        let n_cells = cells.len();
        if !self.sheet.trends.is_empty()
            && let Some((id, trend)) = self.trend_of(row)
            && let Some(last) = cells.last_mut()
        {
            self.sheet.curves.push((id, n_cells, trend.svg()));
            last.trend = Some(trend);
        }
        cells
    }

    /// Takes the course of the result that a row names.
    fn trend_of(&mut self, element: &'a Element<'a>) -> Option<(String, Trend)> {
        if let Some(found) = element.attribute("ID").and_then(|id| self.sheet.trends.remove_entry(id)) {
            return Some(found);
        }
        element.elements().find_map(|it| self.trend_of(it))
    }

    /// An image of the document; the copy as PDF is not an image and is offered beside.
    fn image(&mut self, element: &'a Element<'a>, style: Style, link: Option<&Cow<'a, str>>) {
        self.end_paragraph();
        let ids = element.attribute("referencedObject").unwrap_or_default();
        for id in ids.split_ascii_whitespace() {
            let found = self.sheet.files.iter().position(|file| file.id == id);
            match found.and_then(|at| Some((at, self.sheet.files[at].kind?))) {
                Some((at, kind)) if kind.is_image() && self.sheet.files[at].is_readable() => {
                    self.blocks.push(Block::Image(at));
                }
                Some((_, kind)) if !kind.is_image() => {}
                _ => self.sheet.remark(Remark::Image),
            }
        }
        if ids.is_empty() {
            self.sheet.remark(Remark::Image);
        }
        self.children(element, style, link);
        self.end_paragraph();
    }

    /// Where a link leads, if it may be followed.
    fn followed(&mut self, element: &'a Element<'a>) -> Option<Cow<'a, str>> {
        let href = element.attribute("href")?.trim();
        let scheme = href.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        let is_followed = scheme.is_some_and(|it| matches!(it.as_str(), "http" | "https" | "mailto"))
            && !href.contains(|c: char| c.is_control() || c.is_whitespace());
        if !is_followed && !href.starts_with('#') {
            self.sheet.remark(Remark::Link);
        }
        is_followed.then_some(Cow::Borrowed(href))
    }
}

fn span(value: Option<&str>) -> u16 {
    value.and_then(|it| it.trim().parse::<u16>().ok()).unwrap_or(1).clamp(1, SPAN)
}

/// The style codes of CDA that change the letters; headings of tables are styled by their place.
fn styled(element: &Element<'_>, style: Style) -> Style {
    let mut style = style;
    for code in element.attribute("styleCode").unwrap_or_default().split_ascii_whitespace() {
        match code {
            "Bold" => style.bold = true,
            "Italics" => style.italics = true,
            "Underline" => style.underline = true,
            "Emphasis" => style.bold = true,
            _ => {}
        }
    }
    style
}

/// The words of blocks, without their form.
pub(super) fn plain(blocks: &[Block<'_>]) -> String {
    let mut words = String::new();
    for block in blocks {
        if let Block::Paragraph(runs) = block {
            if !words.is_empty() {
                words.push(' ');
            }
            words.extend(runs.iter().map(|run| run.text.as_ref()));
        }
    }
    words
}
