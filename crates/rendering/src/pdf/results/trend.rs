//! The course of a result over time, as a curve the size of a word.
//!
//! In: a result with its earlier ones. Out: marks inside a row. It repeats what the row says in figures, and adds no fact.

use crate::pdf::compose::{Composer, Ink, Op};
use lab::{
    quantity::{Decimal, Value},
    report::Line,
};

/// Side of the dot on the latest value.
const DOT: f32 = 2.4;

/// Points over time, oldest first: seconds, level. At least three.
pub(super) struct Trend {
    points: Vec<(f64, f32)>,
    /// Usual values, as far as they are known.
    low: Option<f32>,
    high: Option<f32>,
}

impl Trend {
    /// A curve needs a number, at least two earlier ones, and none that is only a bound (`< 5`).
    pub(super) fn of(line: &Line<'_>) -> Option<Self> {
        if line.previous.len() < 2 {
            return None;
        }
        let all = line.previous.iter().rev().map(|it| (it.observed_at, Some(&it.value)));
        let points = all
            .chain([(line.result.observed_at, line.value)])
            .map(|(at, value)| Some((at.as_second() as f64, level(value?)?)))
            .collect::<Option<Vec<_>>>()?;
        let bound = |bound: fn(&lab::quantity::ReferenceRange) -> Option<Decimal>| {
            line.range.and_then(bound).and_then(as_level)
        };
        Some(Self { points, low: bound(|range| range.low), high: bound(|range| range.high) })
    }

    /// Draws the usual values as a band, the course as a line, the latest value as a dot.
    ///
    /// `corner`: upper left, in the block; `size`: width and height.
    pub(super) fn draw(&self, composer: &mut Composer, corner: (f32, f32), size: (f32, f32)) {
        let levels = || self.points.iter().map(|(_, level)| *level);
        let lowest = levels().chain(self.low).fold(f32::INFINITY, f32::min);
        let highest = levels().chain(self.high).fold(f32::NEG_INFINITY, f32::max);
        let span = highest - lowest;
        let y = |level: f32| {
            let part = if span > 0.0 { (level - lowest) / span } else { 0.5 };
            corner.1 + DOT / 2.0 + (1.0 - part) * (size.1 - DOT)
        };
        if self.low.is_some() || self.high.is_some() {
            let top = self.high.map_or(corner.1, y);
            let bottom = self.low.map_or(corner.1 + size.1, y);
            composer.ops.push(Op::Fill { x: corner.0, y: top, width: size.0, height: bottom - top, ink: Ink::Band });
        }
        let (first, last) = (self.points[0].0, self.points[self.points.len() - 1].0);
        let duration = last - first;
        let n = (self.points.len() - 1) as f64;
        let x = |at: usize, second: f64| {
            // Results of one moment, or in a wrong order, are spread evenly.
            let part = if duration > 0.0 { (second - first) / duration } else { at as f64 / n };
            corner.0 + DOT / 2.0 + part.clamp(0.0, 1.0) as f32 * (size.0 - DOT)
        };
        let corners: Vec<(f32, f32)> =
            self.points.iter().enumerate().map(|(at, (second, level))| (x(at, *second), y(*level))).collect();
        let end = corners[corners.len() - 1];
        composer.curve(corners, 0.7, Ink::Gray);
        composer.ops.push(Op::Fill {
            x: end.0 - DOT / 2.0,
            y: end.1 - DOT / 2.0,
            width: DOT,
            height: DOT,
            ink: Ink::Black,
        });
    }
}

fn level(value: &Value) -> Option<f32> {
    match value {
        Value::Number { comparator: None, number, .. } => as_level(*number),
        _ => None,
    }
}

/// As precise as a drawing of this size needs.
fn as_level(number: Decimal) -> Option<f32> {
    number.to_string().parse().ok().filter(|level: &f32| level.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::fonts::Fonts;

    fn drawn(levels: &[f32], low: Option<f32>) -> Composer {
        let points = levels.iter().enumerate().map(|(at, level)| (at as f64, *level)).collect();
        let mut composer = Composer::new(Fonts::shared(), 0);
        Trend { points, low, high: None }.draw(&mut composer, (100.0, 2.0), (28.0, 20.0));
        composer
    }

    #[test]
    fn a_higher_value_stands_higher_and_all_stay_inside() {
        let composer = drawn(&[4.0, 4.4, 5.1], Some(3.5));
        let heights: Vec<f32> = composer.points.iter().map(|(_, y)| *y).collect();
        assert!(heights[0] > heights[1] && heights[1] > heights[2], "{heights:?}");
        assert!(composer.points.iter().all(|(x, y)| (100.0..=128.0).contains(x) && (2.0..=22.0).contains(y)));
    }

    #[test]
    fn a_course_without_change_is_a_level_line() {
        let composer = drawn(&[1.0, 1.0, 1.0], None);
        assert!(composer.points.iter().all(|(_, y)| *y == composer.points[0].1 && y.is_finite()));
    }
}
