//! Setting text and rules into blocks, before anyone knows the page they fall on.
//!
//! In: texts with a font and a place inside their block. Out: [`Block`]s, top to bottom.
//! Knows measures and line breaks; does not know reports, pages or the PDF format.

use super::{
    fonts::{Font, Fonts},
    repertoire::{ELLIPSIS, HYPHEN, NO_BREAK_SPACE, SLASH, SPACE, Slot},
    tags::{Role, Tag, Tags},
};
use crate::{Logo, Symbol};
use std::ops::Range;

/// A stretch of set characters.
#[derive(Clone, Copy)]
pub(super) struct Run {
    start: u32,
    end: u32,
}

impl Run {
    fn new(range: Range<usize>) -> Self {
        Self { start: range.start as u32, end: range.end as u32 }
    }

    /// Where its characters are in [`Composer::characters`].
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What colors a mark. Every use stays readable in black and white.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Text.
    Black,
    /// Labels and side notes.
    Gray,
    /// Thin rules.
    Hair,
    /// Name of the laboratory, titles, strong rules.
    Accent,
    /// Band behind a chapter title.
    Band,
}

/// One mark on the page. Points, from the left of the page and down from the top of the block.
#[derive(Clone, Copy)]
pub(super) enum Op {
    /// A line of text; `y` is its baseline.
    Text { run: Run, font: Font, ink: Ink, x: f32, y: f32 },
    /// A filled rectangle, also used for rules.
    Fill { x: f32, y: f32, width: f32, height: f32, ink: Ink },
    /// The outline of a rectangle.
    Frame { x: f32, y: f32, width: f32, height: f32, stroke: f32, ink: Ink },
    /// The report's symbol, from the top left of its quiet zone; `module` is the side of a module.
    Symbol { x: f32, y: f32, module: f32 },
    /// An image of the file, by its rank.
    Image { image: u16, x: f32, y: f32, width: f32, height: f32 },
    /// Straight lines from point to point.
    Curve { points: Points, stroke: f32, ink: Ink },
}

/// A stretch of points of [`Composer::points`].
#[derive(Clone, Copy)]
pub(super) struct Points {
    start: u32,
    end: u32,
}

impl Points {
    /// Where they are in [`Composer::points`].
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Whether a page may end after a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// It may.
    Free,
    /// It may not: the next block belongs to this one.
    WithNext,
}

/// What is never cut by a page end.
pub(super) struct Block {
    /// Its marks, in [`Composer::ops`].
    pub(super) ops: Range<usize>,
    /// Space above, dropped at the top of a page.
    pub(super) gap: f32,
    /// Height without the gap.
    pub(super) height: f32,
    /// Whether the next block must stand on the same page.
    pub(super) follow: Follow,
    /// Whether it is part of the body: the others are repeated, and belong to no element of the structure.
    pub(super) is_body: bool,
    /// The block repeated above this one when a page starts with it, such as table headers.
    pub(super) repeated: Option<usize>,
}

/// Sets text and collects blocks.
pub(super) struct Composer {
    pub(super) fonts: &'static Fonts,
    /// The symbol of the patient's box.
    pub(super) symbol: Option<Symbol>,
    /// Images of the document, after those that the renderer keeps.
    pub(super) images: Vec<Logo>,
    /// How many images the renderer keeps: the logo, or none.
    n_kept_images: u16,
    pub(super) characters: Vec<Slot>,
    /// Corners of curves, in the coordinates of their block.
    pub(super) points: Vec<(f32, f32)>,
    pub(super) ops: Vec<Op>,
    pub(super) blocks: Vec<Block>,
    /// The structure of what is set.
    pub(super) tags: Tags,
    /// Blocks of the body in order; the others are repeated or belong to page edges.
    pub(super) flow: Vec<usize>,
    /// What the next blocks of the body repeat when they start a page.
    pub(super) repeated: Option<usize>,
    first_op: usize,
}

impl Composer {
    pub(super) fn new(fonts: &'static Fonts, n_kept_images: usize) -> Self {
        Self {
            fonts,
            symbol: None,
            images: Vec::new(),
            n_kept_images: n_kept_images as u16,
            characters: Vec::with_capacity(8192),
            points: Vec::new(),
            ops: Vec::with_capacity(1024),
            blocks: Vec::with_capacity(128),
            tags: Tags::new(),
            flow: Vec::with_capacity(128),
            repeated: None,
            first_op: 0,
        }
    }

    /// Adds an image; gives the rank it is drawn by.
    pub(super) fn add_image(&mut self, image: Logo) -> u16 {
        self.images.push(image);
        self.n_kept_images + (self.images.len() - 1) as u16
    }

    /// Sets a text on one line, whatever its length.
    pub(super) fn set(&mut self, text: &str) -> Run {
        let start = self.characters.len();
        self.fonts.repertoire.append(text, &mut self.characters);
        Run::new(start..self.characters.len())
    }

    /// Width in points.
    pub(super) fn width(&self, run: Run, font: Font) -> f32 {
        self.characters[run.range()].iter().map(|slot| self.fonts.advance(*slot, font)).sum()
    }

    /// Width in points of a text on one line, without setting it.
    pub(super) fn measure(&self, text: &str, font: Font) -> f32 {
        let mut slots = Vec::with_capacity(text.len());
        self.fonts.repertoire.append(text, &mut slots);
        slots.into_iter().map(|slot| self.fonts.advance(slot, font)).sum()
    }

    /// Sets a text on one line, its end replaced by `…` when wider than `width` points.
    pub(super) fn set_elided(&mut self, text: &str, font: Font, width: f32) -> Run {
        let run = self.set(text);
        if self.width(run, font) <= width { run } else { self.elide(run, font, width) }
    }

    fn elide(&mut self, run: Run, font: Font, width: f32) -> Run {
        let mut left = width - self.fonts.advance(ELLIPSIS, font);
        let start = self.characters.len();
        for at in run.range() {
            let slot = self.characters[at];
            left -= self.fonts.advance(slot, font);
            if left < 0.0 {
                break;
            }
            self.characters.push(slot);
        }
        while self.characters.len() > start && is_space(self.characters[self.characters.len() - 1]) {
            self.characters.pop();
        }
        self.characters.push(ELLIPSIS);
        Run::new(start..self.characters.len())
    }

    /// Sets a text on lines of at most `width` points; at least one line, empty for an empty text.
    ///
    /// Line feeds break. A word wider than a line is cut after a hyphen or a slash, else anywhere.
    pub(super) fn set_lines(&mut self, text: &str, font: Font, width: f32) -> Vec<Run> {
        let mut lines = Vec::new();
        for paragraph in text.trim_end().split('\n') {
            let run = self.set(paragraph.trim_end());
            self.break_lines(run, font, width, &mut lines);
        }
        lines
    }

    /// As [`set_lines`](Self::set_lines), the last of at most `n` lines being elided.
    pub(super) fn set_at_most(&mut self, text: &str, font: Font, width: f32, n: usize) -> Vec<Run> {
        let mut lines = self.set_lines(text, font, width);
        if lines.len() > n {
            lines.truncate(n);
            if let Some(last) = lines.last_mut() {
                *last = self.elide_always(*last, font, width);
            }
        }
        lines
    }

    fn elide_always(&mut self, run: Run, font: Font, width: f32) -> Run {
        let room = self.width(run, font) + self.fonts.advance(ELLIPSIS, font) <= width;
        self.elide(run, font, if room { f32::INFINITY } else { width })
    }

    fn break_lines(&self, run: Run, font: Font, width: f32, lines: &mut Vec<Run>) {
        let characters = &self.characters;
        let Range { mut start, end } = run.range();
        let (mut at, mut used, mut space) = (start, 0.0, None);
        while at < end {
            let slot = characters[at];
            used += self.fonts.advance(slot, font);
            if used > width && at > start && slot != SPACE {
                let stop = space.unwrap_or_else(|| after_joint(characters, start..at).unwrap_or(at));
                lines.push(trimmed(characters, start..stop));
                start = stop;
                while start < end && characters[start] == SPACE {
                    start += 1;
                }
                (at, used, space) = (start, 0.0, None);
                continue;
            }
            if slot == SPACE && at > start {
                space = Some(at);
            }
            at += 1;
        }
        lines.push(trimmed(characters, start..end));
    }

    /// Draws a run from `x`.
    pub(super) fn text(&mut self, run: Run, font: Font, ink: Ink, x: f32, y: f32) {
        if !run.range().is_empty() {
            self.ops.push(Op::Text { run, font, ink, x, y });
        }
    }

    /// Draws a run that ends at `right`.
    pub(super) fn text_to(&mut self, run: Run, font: Font, ink: Ink, right: f32, y: f32) {
        let x = right - self.width(run, font);
        self.text(run, font, ink, x, y);
    }

    /// Draws a horizontal rule whose top is at `y`.
    pub(super) fn rule(&mut self, x: f32, y: f32, width: f32, stroke: f32, ink: Ink) {
        self.ops.push(Op::Fill { x, y, width, height: stroke, ink });
    }

    /// Draws straight lines from point to point.
    pub(super) fn curve(&mut self, points: impl IntoIterator<Item = (f32, f32)>, stroke: f32, ink: Ink) {
        let start = self.points.len() as u32;
        self.points.extend(points);
        let points = Points { start, end: self.points.len() as u32 };
        self.ops.push(Op::Curve { points, stroke, ink });
    }

    /// What is drawn next is a new element.
    pub(super) fn tag(&mut self, role: Role) {
        let tag = self.tags.add(role);
        self.enter(tag);
    }

    /// What is drawn next is a drawing, for which these words stand.
    pub(super) fn tag_figure(&mut self, alt: &'static str) {
        let tag = self.tags.add_figure(None, alt);
        self.enter(tag);
    }

    /// What is drawn next belongs to an element that is there.
    pub(super) fn enter(&mut self, tag: Tag) {
        self.tags.start(self.ops.len(), tag);
    }

    /// Ends a block made of everything drawn since the last one, and gives its number.
    pub(super) fn end_block(&mut self, height: f32) -> usize {
        let ops = self.first_op..self.ops.len();
        self.first_op = self.ops.len();
        self.blocks.push(Block { ops, gap: 0.0, height, follow: Follow::Free, is_body: false, repeated: None });
        self.blocks.len() - 1
    }

    /// Ends a block as [`end_block`](Self::end_block) does, and puts it in the body.
    pub(super) fn flow(&mut self, gap: f32, height: f32, follow: Follow) {
        let number = self.end_block(height);
        let block = &mut self.blocks[number];
        block.gap = gap;
        block.follow = follow;
        block.is_body = true;
        block.repeated = self.repeated;
        self.flow.push(number);
    }

    /// Ties the last block of the body to the one that will follow.
    pub(super) fn keep_last_with_next(&mut self) {
        if let Some(last) = self.flow.last() {
            self.blocks[*last].follow = Follow::WithNext;
        }
    }
}

fn is_space(slot: Slot) -> bool {
    matches!(slot, SPACE | NO_BREAK_SPACE)
}

/// After the last hyphen or slash of a word that must be cut.
fn after_joint(characters: &[Slot], word: Range<usize>) -> Option<usize> {
    word.clone().rev().find(|at| *at > word.start && matches!(characters[*at], HYPHEN | SLASH)).map(|at| at + 1)
}

fn trimmed(characters: &[Slot], mut range: Range<usize>) -> Run {
    while range.end > range.start && characters[range.end - 1] == SPACE {
        range.end -= 1;
    }
    Run::new(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::fonts::regular;

    fn lines(text: &str, width: f32) -> Vec<String> {
        let mut composer = Composer::new(Fonts::shared(), 0);
        let lines = composer.set_lines(text, regular(10.0), width);
        for line in &lines {
            assert!(composer.width(*line, regular(10.0)) <= width.max(12.0), "a line is too wide");
        }
        lines.into_iter().map(|line| read(&composer, line)).collect()
    }

    fn read(composer: &Composer, run: Run) -> String {
        let characters = &composer.fonts.repertoire.characters;
        composer.characters[run.range()].iter().map(|slot| characters[*slot as usize]).collect()
    }

    #[test]
    fn lines_break_at_spaces_then_joints_then_anywhere() {
        assert_eq!(lines("un deux trois", 40.0), ["un deux", "trois"]);
        assert_eq!(lines("anticorps-antithyroïdiens", 90.0), ["anticorps-", "antithyroïdiens"]);
        assert!(lines(&"x".repeat(50), 60.0).len() > 3);
        assert_eq!(lines("", 60.0), [""]);
        assert_eq!(lines("a\nb\n", 60.0), ["a", "b"]);
    }

    #[test]
    fn no_character_is_lost_between_lines() {
        let text =
            "Hyperkaliémie contrôlée sur un second prélèvement, résultat communiqué par téléphone au prescripteur";
        for width in [1.0, 20.0, 55.5, 120.0, 1000.0] {
            assert_eq!(lines(text, width).concat().replace(' ', ""), text.replace(' ', ""), "{width}");
        }
    }

    #[test]
    fn a_text_too_long_for_its_lines_ends_with_an_ellipsis() {
        let mut composer = Composer::new(Fonts::shared(), 0);
        let lines = composer.set_at_most("un deux trois quatre cinq six", regular(10.0), 40.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(read(&composer, lines[1]).ends_with('…'));
        let short = composer.set_elided("Une très longue raison sociale", regular(10.0), 60.0);
        assert!(composer.width(short, regular(10.0)) <= 60.0);
        assert!(read(&composer, short).ends_with('…'));
    }
}
