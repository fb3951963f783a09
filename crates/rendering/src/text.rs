//! A document as plain text: for terminals, mails and search.
//!
//! In: a [`Sheet`]. Out: UTF-8 lines. Tables are one line per row, cells between bars; nothing is wrapped or left out.

use crate::document::{Block, Cell, Row, Run, Sheet};
use std::fmt::Write as _;

/// The document.
pub fn page(sheet: &Sheet<'_>) -> String {
    let mut out = String::with_capacity(8 * 1024);
    _ = writeln!(out, "{}", one_line(&sheet.title).to_uppercase());
    for line in &sheet.subtitle {
        _ = writeln!(out, "{}", one_line(line));
    }
    for remark in &sheet.remarks {
        _ = writeln!(out, "[{}]", remark.sentence());
    }
    groups(&mut out, sheet, true);
    for section in &sheet.sections {
        if !section.title.is_empty() {
            _ = writeln!(out, "\n{}", underlined(&one_line(&section.title)));
        }
        blocks(&mut out, &section.blocks, 0);
    }
    let kept = sheet.files.iter().filter(|it| it.kind.is_some_and(|kind| !kind.is_image()) && it.is_readable());
    for (n, file) in kept.enumerate() {
        let size = file.bytes().map_or(0, <[u8]>::len).div_ceil(1024);
        _ = writeln!(out, "\n[Document PDF {} joint, {size} ko]", n + 1);
    }
    groups(&mut out, sheet, false);
    out
}

/// The header, as far as it stands before the results or after them.
fn groups(out: &mut String, sheet: &Sheet<'_>, is_leading: bool) {
    for group in sheet.groups.iter().filter(|it| it.is_leading == is_leading) {
        _ = writeln!(out, "\n{}", underlined(group.title));
        for (label, value) in &group.lines {
            _ = writeln!(out, "{label} : {}", one_line(value));
        }
    }
}

fn underlined(title: &str) -> String {
    format!("{title}\n{}", "-".repeat(title.chars().count()))
}

fn blocks(out: &mut String, all: &[Block<'_>], depth: usize) {
    let margin = "  ".repeat(depth);
    for block in all {
        match block {
            Block::Paragraph(runs) => {
                for line in words(runs).lines() {
                    _ = writeln!(out, "{margin}{}", line.trim());
                }
            }
            Block::List { is_ordered, items } => {
                for (n, item) in items.iter().enumerate() {
                    let mark = if *is_ordered { format!("{}.", n + 1) } else { "-".to_owned() };
                    let mut inner = String::new();
                    blocks(&mut inner, item, 0);
                    for (at, line) in inner.lines().enumerate() {
                        let lead = if at == 0 { mark.as_str() } else { " " };
                        _ = writeln!(out, "{margin}{lead} {line}");
                    }
                }
            }
            Block::Table { caption, head, body } => {
                if !caption.is_empty() {
                    _ = writeln!(out, "{margin}{}", one_line(caption));
                }
                for row in head.iter().chain(body) {
                    _ = writeln!(out, "{margin}{}", line_of(row));
                }
                out.push('\n');
            }
            Block::Image(_) => _ = writeln!(out, "{margin}[image]"),
        }
    }
}

fn line_of(row: &Row<'_>) -> String {
    row.iter().map(cell).collect::<Vec<_>>().join(" | ")
}

/// The words of a cell on one line.
fn cell(cell: &Cell<'_>) -> String {
    let mut inner = String::new();
    blocks(&mut inner, &cell.blocks, 0);
    inner.lines().map(str::trim).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" / ")
}

fn words(runs: &[Run<'_>]) -> String {
    let text: String = runs.iter().map(|run| run.text.as_ref()).collect();
    text.chars().filter(|it| !it.is_control() || *it == '\n').collect()
}

/// Without line feeds and control characters, which a terminal would obey.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|it| !it.is_control()).collect()
}
