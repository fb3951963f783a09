//! One result as a row of a table: cells, their lines, the frame of a critical value.
//!
//! In: a result. Out: blocks of the body, usually one. Cells grow downwards; none runs into the next.

use super::{LABEL, PREVIOUS_LEFT, RANGE_LEFT, SIDE, SMALL, STRONG, Table, VALUE_LEFT, trend};
use crate::{
    pdf::{
        compose::{Follow, Ink, Op, Run},
        fonts::{CAP_HEIGHT, Font},
        paginate::{LEFT, RIGHT, WIDTH},
        tags::{Role, Tag},
        words,
    },
    trend::Trend,
};
use lab::{
    quantity::{Interpretation, Value},
    report::{Line, ReportedResult},
};
use std::ops::Range;

/// Distance between baselines inside a row.
const LEAD: f32 = 10.4;
/// White above and below the lines of a row.
const PAD: f32 = 2.0;
/// A taller row is cut into several blocks.
const MAX_ROW_LINES: usize = 40;

// Right edges of marks and numbers, left edge of units, widths.
const MARK_RIGHT: f32 = LEFT + 185.0;
const VALUE_RIGHT: f32 = LEFT + 236.0;
const UNIT_LEFT: f32 = LEFT + 241.0;
const LABEL_WIDTH: f32 = 166.0;
const UNIT_WIDTH: f32 = RANGE_LEFT - UNIT_LEFT - 5.0;
const RANGE_WIDTH: f32 = PREVIOUS_LEFT - RANGE_LEFT - 6.0;
const PREVIOUS_WIDTH: f32 = RIGHT - PREVIOUS_LEFT;
/// Width of the curve of earlier results, at the right of their column.
const TREND_WIDTH: f32 = 30.0;
/// Its greatest height.
const TREND_HEIGHT: f32 = 22.0;

/// A cell under other lines of its column, and the element it belongs to.
type Column = (usize, Tag, Cell);

/// One cell: lines of one font from an edge.
struct Cell {
    lines: Vec<Run>,
    font: Font,
    ink: Ink,
    edge: Edge,
}

#[derive(Clone, Copy)]
enum Edge {
    Left(f32),
    Right(f32),
}

impl Table<'_> {
    /// Draws a result of an ordinary table, and its comments.
    pub(super) fn result(&mut self, result: &ReportedResult) {
        for line in result.lines() {
            let trend = Trend::of(&line);
            let width = PREVIOUS_WIDTH - if trend.is_some() { TREND_WIDTH + 3.0 } else { 0.0 };
            let previous = self.previous(&line, width);
            let range = line.range.map(words::range).unwrap_or_default();
            let range = self.cell(&range, SIDE, RANGE_LEFT, RANGE_WIDTH);
            let mark = result.interpretation().map_or("", Interpretation::mark);
            self.row(&line, mark, (range, previous), trend);
        }
        self.comments(result);
    }

    /// Draws a line of an antibiogram: category beside the value, breakpoints and history last.
    pub(super) fn antibiotic(&mut self, result: &ReportedResult) {
        for line in result.lines() {
            let range = line.range.map(words::range).unwrap_or_default();
            let previous = self.previous(&line, PREVIOUS_WIDTH);
            let breakpoints = self.cell(&range, SIDE, PREVIOUS_LEFT, PREVIOUS_WIDTH);
            let is_abnormal = result.interpretation().is_some_and(Interpretation::is_abnormal);
            let answer = result.interpretation().map_or("", Interpretation::label);
            let answer = self.cell(answer, if is_abnormal { STRONG } else { LABEL }, RANGE_LEFT, RANGE_WIDTH);
            let mut beside = breakpoints;
            beside.lines.extend(previous.lines);
            self.row(&line, "", (answer, beside), None);
        }
        self.comments(result);
    }

    /// Draws what is said under a row, and with it.
    fn comments(&mut self, result: &ReportedResult) {
        if !result.comments.is_empty() {
            self.composer.keep_last_with_next();
        }
        result.comments.iter().for_each(|comment| self.comment(comment));
    }

    /// Draws a row. Cells: what the value is compared with, what stands in the last column.
    fn row(&mut self, line: &Line<'_>, mark: &str, (answer, beside): (Cell, Cell), trend: Option<Trend>) {
        let result = line.result;
        let interpretation = result.interpretation();
        let is_critical = interpretation.is_some_and(Interpretation::is_critical);
        let is_abnormal = interpretation.is_some_and(Interpretation::is_abnormal);
        let mut label = self.cell(&line.label(), if is_critical { STRONG } else { LABEL }, LEFT, LABEL_WIDTH);
        label.lines.retain(|line| !line.range().is_empty());
        let mut method = Cell { lines: Vec::new(), font: SMALL, ink: Ink::Gray, edge: Edge::Left(LEFT) };
        if let Some(technique) = result.method.as_ref().filter(|method| !method.label.trim().is_empty()) {
            method.lines = self.composer.set_lines(&technique.label, SMALL, LABEL_WIDTH);
        }
        if let Some(subcontractor) = &result.provenance.subcontractor {
            let by = format!("Réalisé par {}", subcontractor.name);
            method.lines.extend(self.composer.set_lines(&by, SMALL, LABEL_WIDTH));
        }
        if let Some(analyzer) = result.analyzer.as_deref().filter(|name| !name.trim().is_empty()) {
            method.lines.extend(self.composer.set_lines(&format!("Analyseur : {analyzer}"), SMALL, LABEL_WIDTH));
        }
        if self.section.validators.only().is_none() {
            let validator = self.section.validators.of(result.validated_by).professional.printed();
            method.lines.extend(self.composer.set_lines(&format!("Validé par {validator}"), SMALL, LABEL_WIDTH));
        }
        if let Some(judged) = interpretation.filter(|_| result.is_judged()) {
            let said = format!("{} : avis du biologiste", judged.label());
            method.lines.extend(self.composer.set_lines(&said, SMALL, LABEL_WIDTH));
        }
        let mark =
            Cell { lines: vec![self.composer.set(mark)], font: STRONG, ink: Ink::Black, edge: Edge::Right(MARK_RIGHT) };
        let right_limit = match (is_empty(&answer), is_empty(&beside)) {
            (false, _) => RANGE_LEFT,
            (true, false) => PREVIOUS_LEFT,
            (true, true) => RIGHT,
        };
        let (value, unit) = self.value(line, if is_abnormal { STRONG } else { LABEL }, right_limit);
        let framed = is_critical.then(|| self.extent(&value, unit.as_ref()));

        let n_label = label.lines.len();
        self.composer.tags.open(Role::Tr);
        let tags = [(); 4].map(|()| self.composer.tags.add(Role::Td));
        let [label_tag, value_tag, answer_tag, beside_tag] = tags;
        let columns: Vec<Column> =
            [(0, label_tag, label), (n_label, label_tag, method), (0, value_tag, mark), (0, value_tag, value)]
                .into_iter()
                .chain(unit.map(|unit| (0, value_tag, unit)))
                .chain([(0, answer_tag, answer), (0, beside_tag, beside)])
                .collect();
        let n_lines = columns.iter().map(|(from, _, cell)| from + cell.lines.len()).max().unwrap_or(1);
        let mut from = 0;
        while from < n_lines {
            let until = n_lines.min(from + MAX_ROW_LINES);
            if let Some(trend) = trend.as_ref().filter(|_| from == 0) {
                let figure = self.composer.tags.add_figure(Some(beside_tag), crate::trend::NAME);
                self.composer.enter(figure);
                let height = (until as f32 * LEAD + 2.0 * PAD - 4.0).min(TREND_HEIGHT);
                trend::draw(trend, self.composer, (RIGHT - TREND_WIDTH, 2.2), (TREND_WIDTH - 2.0, height));
            }
            self.row_lines(&columns, from..until, framed.filter(|(.., n)| *n > from));
            from = until;
        }
        self.composer.tags.close();
    }

    /// Draws some lines of a row as one block. `framed`: left and right edges and number of lines to frame.
    fn row_lines(&mut self, columns: &[Column], lines: Range<usize>, framed: Option<(f32, f32, usize)>) {
        if lines.start == 0 {
            self.composer.rule(LEFT, 0.0, WIDTH, 0.3, Ink::Hair);
        }
        if let Some((left, right, n)) = framed {
            let n = n.min(lines.end) - lines.start;
            let (x, width, height) = (left - 3.0, right - left + 6.0, n as f32 * LEAD + 1.0);
            self.composer.ops.push(Op::Frame { x, y: PAD - 0.6, width, height, stroke: 1.0, ink: Ink::Black });
        }
        // Cell after cell, so that a wrapped label is read whole before its value.
        for (from, tag, cell) in columns {
            self.composer.enter(*tag);
            for at in lines.clone() {
                let Some(run) = at.checked_sub(*from).and_then(|at| cell.lines.get(at)) else {
                    continue;
                };
                let middle = PAD + (at - lines.start) as f32 * LEAD + LEAD / 2.0;
                let baseline = middle + CAP_HEIGHT * LABEL.size / 2.0;
                match cell.edge {
                    Edge::Left(x) => self.composer.text(*run, cell.font, cell.ink, x, baseline),
                    Edge::Right(x) => self.composer.text_to(*run, cell.font, cell.ink, x, baseline),
                }
            }
        }
        let height = lines.len() as f32 * LEAD + 2.0 * PAD;
        self.composer.flow(0.0, height, Follow::Free);
    }

    /// The value, and its unit when it has its own column.
    fn value(&mut self, line: &Line<'_>, font: Font, right_limit: f32) -> (Cell, Option<Cell>) {
        let width = right_limit - VALUE_LEFT - 6.0;
        let Some(value) = line.value else {
            let text = if line.result.answer.is_none() { "Non réalisé" } else { "—" };
            return (self.cell(text, STRONG, VALUE_LEFT, width), None);
        };
        let (printed, unit) = (value.printed(), value.printed_unit());
        if matches!(value, Value::Number { .. }) {
            let number = self.composer.set(&printed);
            let unit_run = self.composer.set(unit);
            if self.composer.width(number, font) <= VALUE_RIGHT - VALUE_LEFT
                && self.composer.width(unit_run, LABEL) <= UNIT_WIDTH
            {
                let number = Cell { lines: vec![number], font, ink: Ink::Black, edge: Edge::Right(VALUE_RIGHT) };
                let unit = Cell { lines: vec![unit_run], font: LABEL, ink: Ink::Black, edge: Edge::Left(UNIT_LEFT) };
                return (number, Some(unit));
            }
        }
        let text = if unit.is_empty() { printed } else { format!("{printed} {unit}") };
        (self.cell(&text, font, VALUE_LEFT, width), None)
    }

    fn previous(&mut self, line: &Line<'_>, width: f32) -> Cell {
        let mut lines = Vec::new();
        for previous in line.previous {
            let mut text = format!("{} le {}", previous.value.printed(), words::day(previous.observed_at, self.zone));
            if let Some(method) = previous.method.as_ref().filter(|method| !method.label.trim().is_empty()) {
                text.push_str(&format!(" ({})", method.label));
            }
            lines.extend(self.composer.set_lines(&text, SIDE, width));
        }
        Cell { lines, font: SIDE, ink: Ink::Black, edge: Edge::Left(PREVIOUS_LEFT) }
    }

    fn cell(&mut self, text: &str, font: Font, x: f32, width: f32) -> Cell {
        let lines = if text.is_empty() { Vec::new() } else { self.composer.set_lines(text, font, width) };
        Cell { lines, font, ink: Ink::Black, edge: Edge::Left(x) }
    }

    /// Left and right edges of a value with its unit, and its number of lines.
    fn extent(&self, value: &Cell, unit: Option<&Cell>) -> (f32, f32, usize) {
        let widest =
            |cell: &Cell| cell.lines.iter().map(|line| self.composer.width(*line, cell.font)).fold(0.0, f32::max);
        let (left, right) = match value.edge {
            Edge::Left(x) => (x, x + widest(value)),
            Edge::Right(x) => (x - widest(value), x),
        };
        let right = unit.map(widest).filter(|width| *width > 0.0).map_or(right, |width| UNIT_LEFT + width);
        (left, right, value.lines.len().max(1))
    }
}

fn is_empty(cell: &Cell) -> bool {
    cell.lines.iter().all(|line| line.range().is_empty())
}
