//! Any document laid out, set into blocks: header, sections, tables, images.
//!
//! In: a [`Sheet`]. Out: blocks, and the images in the order of their ranks. Text keeps its words; of its style, a cell or
//! a paragraph is bold when all of it is.

use super::{
    compose::{Composer, Follow, Ink, Op, Run as Line},
    fonts::{Font, bold, regular},
    paginate::{LEFT, PAGE, Placed, RIGHT, WIDTH},
    tags::{Role, Tag},
};
use crate::{
    Logo,
    document::{Block, Cell, Row, Run, Sheet},
};
use std::ops::Range;

const TITLE: Font = bold(15.0);
const HEADING: Font = bold(10.5);
const LABEL: Font = regular(8.5);
const TEXT: Font = regular(9.0);
const STRONG: Font = bold(9.0);
const SMALL: Font = regular(7.2);

/// Height of a line of text.
const LEAD: f32 = 11.5;
/// White around the text of a cell.
const PAD: f32 = 3.0;
/// Images are shown within the width of the page and a third of its height.
const IMAGE: (f32, f32) = (WIDTH, 260.0);
/// Rows taller than this may be parted by a page end.
const WHOLE_LINES: usize = 8;
/// The head of a table is repeated where it has at most so many lines.
const REPEATED_LINES: usize = 12;

/// Sets a document.
pub(super) fn compose(composer: &mut Composer, sheet: &Sheet<'_>) {
    let mut setter = Setter { composer, sheet };
    setter.tagged(Role::H1, &sheet.title, TITLE, Ink::Accent, 18.0, 0.0);
    for line in &sheet.subtitle {
        setter.lines(line, TEXT, Ink::Black, LEAD, 1.0);
    }
    for remark in &sheet.remarks {
        setter.lines(remark.sentence(), STRONG, Ink::Black, LEAD, 4.0);
    }
    setter.groups(true);
    for section in &sheet.sections {
        if !section.title.is_empty() {
            setter.heading(&section.title, section.level);
        }
        setter.blocks(&section.blocks, 0.0);
    }
    let n_files =
        sheet.files.iter().filter(|it| it.kind.is_some_and(|kind| !kind.is_image()) && it.is_readable()).count();
    if n_files > 0 {
        let said = if n_files == 1 {
            "Un document PDF est joint.".into()
        } else {
            format!("{n_files} documents PDF sont joints.")
        };
        setter.lines(&said, TEXT, Ink::Black, LEAD, 8.0);
    }
    setter.groups(false);
}

/// Adds to every page its number and whose document it is.
pub(super) fn edge(composer: &mut Composer, sheet: &Sheet<'_>, pages: &mut [Vec<Placed>]) {
    let who = composer.set_elided(&sheet.whose(), SMALL, WIDTH - 90.0);
    let n = pages.len();
    for (at, page) in pages.iter_mut().enumerate() {
        composer.rule(LEFT, 0.0, WIDTH, 0.4, Ink::Gray);
        composer.text(who, SMALL, Ink::Gray, LEFT, 10.0);
        let number = composer.set(&format!("Page {}/{n}", at + 1));
        composer.text_to(number, SMALL, Ink::Black, RIGHT, 10.0);
        let footer = composer.end_block(12.0);
        page.push(Placed { block: footer, top: PAGE.1 - 42.0 });
    }
}

struct Setter<'c, 's> {
    composer: &'c mut Composer,
    sheet: &'s Sheet<'s>,
}

impl Setter<'_, '_> {
    /// A text over the whole width, one block a line.
    fn lines(&mut self, text: &str, font: Font, ink: Ink, lead: f32, gap: f32) {
        self.indented(text, font, ink, lead, gap, 0.0);
    }

    fn indented(&mut self, text: &str, font: Font, ink: Ink, lead: f32, gap: f32, indent: f32) {
        self.composer.tag(Role::P);
        self.set(text, font, ink, lead, gap, indent);
    }

    fn tagged(&mut self, role: Role, text: &str, font: Font, ink: Ink, lead: f32, gap: f32) {
        self.composer.tag(role);
        self.set(text, font, ink, lead, gap, 0.0);
    }

    fn set(&mut self, text: &str, font: Font, ink: Ink, lead: f32, gap: f32, indent: f32) {
        let lines = self.composer.set_lines(text, font, WIDTH - indent);
        for (at, line) in lines.into_iter().enumerate() {
            self.composer.text(line, font, ink, LEFT + indent, font.size);
            self.composer.flow(if at == 0 { gap } else { 0.0 }, lead, Follow::Free);
        }
    }

    fn heading(&mut self, title: &str, level: usize) {
        let font = if level == 1 { HEADING } else { STRONG };
        let lines = self.composer.set_lines(title, font, WIDTH);
        let n = lines.len();
        self.composer.tag(if level == 1 { Role::H2 } else { Role::H3 });
        for (at, line) in lines.into_iter().enumerate() {
            self.composer.text(line, font, Ink::Accent, LEFT, font.size);
            if at + 1 == n && level == 1 {
                self.composer.rule(LEFT, font.size + 3.0, WIDTH, 0.6, Ink::Accent);
            }
            self.composer.flow(if at == 0 { 10.0 } else { 0.0 }, font.size + 5.0, Follow::WithNext);
        }
    }

    /// Labels and values of the header.
    fn groups(&mut self, is_leading: bool) {
        const LABELS: f32 = 120.0;
        let sheet = self.sheet;
        for group in sheet.groups.iter().filter(|it| it.is_leading == is_leading) {
            self.heading(group.title, 1);
            for (label, value) in &group.lines {
                let label = self.composer.set_elided(label, LABEL, LABELS - 6.0);
                self.composer.tag(Role::P);
                self.composer.text(label, LABEL, Ink::Gray, LEFT, LABEL.size);
                for line in self.composer.set_lines(value, TEXT, WIDTH - LABELS) {
                    self.composer.text(line, TEXT, Ink::Black, LEFT + LABELS, TEXT.size);
                    self.composer.flow(0.0, LEAD, Follow::Free);
                }
            }
        }
    }

    fn blocks(&mut self, blocks: &[Block<'_>], indent: f32) {
        for block in blocks {
            match block {
                Block::Paragraph(runs) => {
                    self.indented(&words(runs), font_of(runs), Ink::Black, LEAD, 3.0, indent);
                }
                Block::List { is_ordered, items } => {
                    self.composer.tags.open(Role::L);
                    for (n, item) in items.iter().enumerate() {
                        let mark = if *is_ordered { format!("{}. ", n + 1) } else { "– ".to_owned() };
                        self.composer.tags.open(Role::Li);
                        self.composer.tag(Role::LBody);
                        self.set(&format!("{mark}{}", text_of(item)), TEXT, Ink::Black, LEAD, 1.0, indent + 10.0);
                        self.images_of(item);
                        self.composer.tags.close();
                    }
                    self.composer.tags.close();
                }
                Block::Table { caption, head, body } => {
                    if !caption.is_empty() {
                        self.indented(caption, STRONG, Ink::Black, LEAD, 5.0, 0.0);
                        self.composer.keep_last_with_next();
                    }
                    self.table(head, body);
                }
                Block::Image(at) => self.image(*at),
            }
        }
    }

    /// The images that stand inside other blocks, under what they stand in.
    fn images_of(&mut self, blocks: &[Block<'_>]) {
        let mut images = Vec::new();
        images_of(blocks, &mut images);
        images.into_iter().for_each(|at| self.image(at));
    }

    fn image(&mut self, at: usize) {
        let bytes = self.sheet.files.get(at).and_then(|file| file.bytes());
        let Some(image) = bytes.and_then(|bytes| Logo::within(bytes, IMAGE).ok()) else {
            self.lines("[Image dans un format qui ne peut pas être repris ici.]", TEXT, Ink::Gray, LEAD, 3.0);
            return;
        };
        let (width, height) = image.shown(IMAGE);
        let rank = self.composer.add_image(image);
        self.composer.tag_figure("Image du compte rendu");
        self.composer.ops.push(Op::Image { image: rank, x: LEFT, y: 0.0, width, height });
        self.composer.flow(4.0, height, Follow::Free);
    }

    fn table(&mut self, head: &[Row<'_>], body: &[Row<'_>]) {
        let grid = Grid::of(head.iter().chain(body));
        let widths = grid.widths(self.composer);
        let (head, body) = grid.rows.split_at(head.len());
        self.composer.repeated = self.repeated_head(head, &widths);
        self.composer.tags.open(Role::Table);
        for (n, row) in head.iter().enumerate() {
            let set = self.set_row(row, &widths);
            self.row(&set, &widths, true, if n == 0 { 4.0 } else { 0.0 });
            self.composer.keep_last_with_next();
        }
        for (n, row) in body.iter().enumerate() {
            let set = self.set_row(row, &widths);
            self.row(&set, &widths, false, if n == 0 && head.is_empty() { 4.0 } else { 0.0 });
            row.iter().for_each(|it| self.images_of(&it.cell.blocks));
        }
        self.composer.tags.close();
        self.composer.repeated = None;
    }

    /// The rows of the head as the block that a page repeats where the table continues; none for a head so tall that it
    /// would leave little room.
    fn repeated_head(&mut self, head: &[Vec<Placement<'_>>], widths: &[f32]) -> Option<usize> {
        let set: Vec<Vec<Set>> = head.iter().map(|row| self.set_row(row, widths)).collect();
        let n_repeated: usize = set.iter().map(|row| n_lines(row)).sum();
        if n_repeated == 0 || n_repeated > REPEATED_LINES {
            return None;
        }
        let mut y = 0.0;
        for row in &set {
            y += self.draw(row, widths, 0..n_lines(row), Edges { y, is_first: true, is_last: true, is_head: true });
        }
        Some(self.composer.end_block(y))
    }

    fn set_row(&mut self, row: &[Placement<'_>], widths: &[f32]) -> Vec<Set> {
        self.composer.tags.open(Role::Tr);
        let set = row
            .iter()
            .map(|it| {
                let tag = self.composer.tags.add(if it.cell.is_heading { Role::Th } else { Role::Td });
                self.composer.tags.set_span(tag, (it.cell.n_columns, it.cell.n_rows));
                let x = LEFT + widths[..it.column].iter().sum::<f32>();
                let width: f32 = widths[it.column..it.column + it.n_columns].iter().sum();
                let font = if it.cell.is_heading || is_bold(&it.cell.blocks) { STRONG } else { TEXT };
                let lines = self.composer.set_lines(&text_of(&it.cell.blocks), font, (width - 2.0 * PAD).max(8.0));
                Set { x, font, lines, tag }
            })
            .collect();
        self.composer.tags.close();
        set
    }

    /// A row: one block, or where it is tall one for each line, so that a page may end inside of it, two lines from its
    /// ends at least.
    fn row(&mut self, row: &[Set], widths: &[f32], is_head: bool, gap: f32) {
        let n = n_lines(row);
        let is_parted = n > WHOLE_LINES;
        let step = if is_parted { 1 } else { n.max(1) };
        for from in (0..n).step_by(step) {
            let until = (from + step).min(n);
            let edges = Edges { y: 0.0, is_first: from == 0, is_last: until == n, is_head };
            let height = self.draw(row, widths, from..until, edges);
            let is_tied = is_parted && (from == 0 || until + 1 == n);
            self.composer.flow(
                if from == 0 { gap } else { 0.0 },
                height,
                if is_tied { Follow::WithNext } else { Follow::Free },
            );
        }
    }

    /// Draws some lines of a row; gives their height.
    fn draw(&mut self, row: &[Set], widths: &[f32], lines: Range<usize>, edges: Edges) -> f32 {
        let width = widths.iter().sum();
        let pad = |is: bool| if is { PAD } else { 0.0 };
        let height = lines.len() as f32 * LEAD + pad(edges.is_first) + pad(edges.is_last);
        if edges.is_head {
            self.composer.ops.push(Op::Fill { x: LEFT, y: edges.y, width, height, ink: Ink::Band });
        }
        for Set { x, font, lines: all, tag } in row {
            self.composer.enter(*tag);
            for (at, line) in all.iter().skip(lines.start).take(lines.len()).enumerate() {
                let y = edges.y + pad(edges.is_first) + font.size + at as f32 * LEAD;
                self.composer.text(*line, *font, Ink::Black, x + PAD, y);
            }
        }
        if edges.is_last {
            self.composer.rule(LEFT, edges.y + height - 0.4, width, 0.4, Ink::Hair);
        }
        height
    }
}

/// A cell whose text is set: its left edge, its font, its lines.
struct Set {
    x: f32,
    font: Font,
    lines: Vec<Line>,
    tag: Tag,
}

/// Where some lines of a row stand in their block, and which of its edges they touch.
struct Edges {
    y: f32,
    is_first: bool,
    is_last: bool,
    is_head: bool,
}

fn n_lines(row: &[Set]) -> usize {
    row.iter().map(|cell| cell.lines.len()).max().unwrap_or(0)
}

/// A cell at its column.
struct Placement<'a> {
    column: usize,
    n_columns: usize,
    cell: &'a Cell<'a>,
}

/// A table with the columns of its cells worked out: a cell that takes several rows pushes those below it aside.
struct Grid<'a> {
    rows: Vec<Vec<Placement<'a>>>,
    n_columns: usize,
}

impl<'a> Grid<'a> {
    fn of(rows: impl Iterator<Item = &'a Row<'a>>) -> Self {
        // For each column, how many more rows a cell from above takes.
        let mut taken: Vec<u16> = Vec::new();
        let mut placed = Vec::new();
        for row in rows {
            let mut column = 0;
            let mut cells = Vec::with_capacity(row.len());
            let mut next = vec![0_u16; taken.len()];
            for cell in row {
                while taken.get(column).is_some_and(|rows| *rows > 0) {
                    column += 1;
                }
                let n_columns = usize::from(cell.n_columns);
                if next.len() < column + n_columns {
                    next.resize(column + n_columns, 0);
                }
                next[column..column + n_columns].fill(cell.n_rows - 1);
                cells.push(Placement { column, n_columns, cell });
                column += n_columns;
            }
            for (at, rows) in taken.iter().enumerate().filter(|(_, rows)| **rows > 0) {
                next[at] = next[at].max(rows - 1);
            }
            taken = next;
            placed.push(cells);
        }
        Self { n_columns: taken.len().max(1), rows: placed }
    }

    /// Widths that share the page: each column has room for its widest word where all have, and what is left goes to
    /// those whose lines are long.
    fn widths(&self, composer: &Composer) -> Vec<f32> {
        let mut least = vec![WIDTH / 60.0; self.n_columns];
        let mut wanted = least.clone();
        for it in self.rows.iter().flatten() {
            let text = text_of(&it.cell.blocks);
            let font = if it.cell.is_heading || is_bold(&it.cell.blocks) { STRONG } else { TEXT };
            let widest = |parts: &mut dyn Iterator<Item = &str>, most: f32| {
                let widest = parts.map(|it| composer.measure(it, font)).fold(0.0, f32::max);
                (widest + 2.0 * PAD + 0.5).min(most) / it.n_columns as f32
            };
            let word = widest(&mut text.split_whitespace(), WIDTH * 0.4);
            let line = widest(&mut text.lines(), WIDTH * 0.6);
            for column in it.column..it.column + it.n_columns {
                least[column] = word.max(least[column]);
                wanted[column] = line.max(least[column]).max(wanted[column]);
            }
        }
        let (n_least, n_wanted): (f32, f32) = (least.iter().sum(), wanted.iter().sum());
        let room = WIDTH - n_least;
        if room <= 0.0 || n_wanted <= WIDTH {
            let (of, sum) = if room <= 0.0 { (&least, n_least) } else { (&wanted, n_wanted) };
            return of.iter().map(|width| width / sum * WIDTH).collect();
        }
        let share = room / (n_wanted - n_least).max(1.0);
        least.iter().zip(&wanted).map(|(least, wanted)| least + (wanted - least) * share).collect()
    }
}

/// The images of blocks, wherever they stand.
fn images_of(blocks: &[Block<'_>], images: &mut Vec<usize>) {
    for block in blocks {
        match block {
            Block::Image(at) => images.push(*at),
            Block::List { items, .. } => items.iter().for_each(|item| images_of(item, images)),
            Block::Table { head, body, .. } => {
                head.iter().chain(body).flatten().for_each(|cell| images_of(&cell.blocks, images));
            }
            Block::Paragraph(_) => {}
        }
    }
}

fn words(runs: &[Run<'_>]) -> String {
    runs.iter().map(|run| run.text.as_ref()).collect()
}

fn is_bold_runs(runs: &[Run<'_>]) -> bool {
    let mut said = runs.iter().filter(|run| !run.text.trim().is_empty()).peekable();
    said.peek().is_some() && said.all(|run| run.style.bold)
}

fn font_of(runs: &[Run<'_>]) -> Font {
    if is_bold_runs(runs) { STRONG } else { TEXT }
}

fn is_bold(blocks: &[Block<'_>]) -> bool {
    matches!(blocks, [Block::Paragraph(runs)] if is_bold_runs(runs))
}

/// The words of blocks, a line for each.
fn text_of(blocks: &[Block<'_>]) -> String {
    let mut text = String::new();
    for block in blocks {
        let said = match block {
            Block::Paragraph(runs) => words(runs),
            Block::List { items, .. } => {
                items.iter().map(|item| format!("– {}", text_of(item))).collect::<Vec<_>>().join("\n")
            }
            Block::Table { head, body, .. } => {
                let rows = head
                    .iter()
                    .chain(body)
                    .map(|row| row.iter().map(|cell| text_of(&cell.blocks)).collect::<Vec<_>>().join(" | "));
                rows.collect::<Vec<_>>().join("\n")
            }
            Block::Image(_) => "Image ci-dessous.".to_owned(),
        };
        if !text.is_empty() && !said.is_empty() {
            text.push('\n');
        }
        text.push_str(&said);
    }
    text
}
