//! The course of a result over time, as a curve the size of a word.
//!
//! In: a result with its earlier ones, of the model or of a document. Out: where its marks stand, or an SVG element. It
//! repeats what the row says in figures, and adds no fact.

use crate::document::instant;
use cda::{Data, Interval, Observation, Scalar, Value as CodedValue};
use lab::{
    quantity::{Decimal, Value},
    report::Line,
};
use std::fmt::Write as _;

/// Side of the dot on the latest value.
pub(crate) const DOT: f32 = 2.4;
/// Width and height of the curve of a page, in points of a screen.
const PAGE: (f32, f32) = (60.0, 24.0);
/// What a reader is told who does not see it.
pub(crate) const NAME: &str = "Courbe d'évolution du résultat";

/// Points over time, oldest first: seconds, level. At least three.
pub struct Trend {
    pub(crate) points: Vec<(f64, f32)>,
    /// Usual values, as far as they are known.
    pub(crate) low: Option<f32>,
    pub(crate) high: Option<f32>,
}

/// Where the marks of a curve stand, from its upper left corner.
pub(crate) struct Drawing {
    /// Usual values: top and height, over the whole width.
    pub(crate) band: Option<(f32, f32)>,
    /// The course. The dot stands on the last point.
    pub(crate) corners: Vec<(f32, f32)>,
}

impl Trend {
    /// A curve needs a number, at least two earlier ones, and none that is only a bound (`< 5`).
    pub fn of(line: &Line<'_>) -> Option<Self> {
        if line.previous.len() < 2 {
            return None;
        }
        let all = line.previous.iter().rev().map(|it| (it.observed_at, Some(&it.value)));
        let points = all
            .chain([(line.result.observed_at, line.value)])
            .map(|(at, value)| Some((at.as_second() as f64, level(value?)?)))
            .collect::<Option<Vec<_>>>()?;
        let bound = |bound: fn(&lab::quantity::ReferenceRange) -> Option<Decimal>| {
            line.range.and_then(bound).and_then(|it| parsed(&it.to_string()))
        };
        Some(Self { points, low: bound(|range| range.low), high: bound(|range| range.high) })
    }

    /// The same from a document, whose earlier results may be in any order; all must be in the unit of the value.
    pub(crate) fn of_observation(observation: &Observation<'_>) -> Option<Self> {
        let point = |it: &Observation<'_>| {
            let at = it.effective_time.iter().find_map(|it| it.value.as_deref()).and_then(instant)?;
            let scalar = scalar(it.value.first()?)?;
            let unit = scalar.unit.as_deref().unwrap_or_default().to_owned();
            Some((at.timestamp().as_second() as f64, parsed(scalar.value.as_deref()?)?, unit))
        };
        let earlier = observation.entry_relationship.iter().filter(|it| it.type_code.as_deref() == Some("REFR"));
        let earlier = earlier.flat_map(|it| &it.observation);
        // Most results have none: their time need not be read.
        earlier.clone().nth(1)?;
        let (at, latest, unit) = point(observation)?;
        let mut points = earlier
            .map(|it| point(it).filter(|(_, _, its)| *its == unit).map(|(at, level, _)| (at, level)))
            .collect::<Option<Vec<_>>>()?;
        if points.iter().any(|(it, _)| *it > at) {
            return None;
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points.push((at, latest));
        let ranges = observation.reference_range.iter().flat_map(|it| &it.observation_range).flat_map(|it| &it.value);
        let usual = ranges.filter_map(|it| match &it.data {
            Data::Interval(interval) => Some(interval),
            _ => None,
        });
        let bound = |side: fn(&Interval<'_>) -> Option<f32>| usual.clone().find_map(side);
        Some(Self { points, low: bound(|it| bound_of(&it.low)), high: bound(|it| bound_of(&it.high)) })
    }

    /// Places the usual values as a band and the course as a line within a width and a height.
    pub(crate) fn drawing(&self, size: (f32, f32)) -> Drawing {
        let levels = || self.points.iter().map(|(_, level)| *level);
        let lowest = levels().chain(self.low).fold(f32::INFINITY, f32::min);
        let highest = levels().chain(self.high).fold(f32::NEG_INFINITY, f32::max);
        let span = highest - lowest;
        let y = |level: f32| {
            let part = if span > 0.0 { (level - lowest) / span } else { 0.5 };
            DOT / 2.0 + (1.0 - part) * (size.1 - DOT)
        };
        let band = (self.low.is_some() || self.high.is_some()).then(|| {
            let top = self.high.map_or(0.0, y);
            (top, self.low.map_or(size.1, y) - top)
        });
        let (first, last) = (self.points[0].0, self.points[self.points.len() - 1].0);
        let duration = last - first;
        let n = (self.points.len() - 1) as f64;
        let x = |at: usize, second: f64| {
            // Results of one moment, or in a wrong order, are spread evenly.
            let part = if duration > 0.0 { (second - first) / duration } else { at as f64 / n };
            DOT / 2.0 + part.clamp(0.0, 1.0) as f32 * (size.0 - DOT)
        };
        let corners = self.points.iter().enumerate().map(|(at, (second, level))| (x(at, *second), y(*level))).collect();
        Drawing { band, corners }
    }

    /// The curve as an SVG element that needs no style and no script.
    pub fn svg(&self) -> String {
        let (width, height) = PAGE;
        let Drawing { band, corners } = self.drawing(PAGE);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"cda-trend\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\">",
            xml::escape_attribute(NAME)
        );
        if let Some((top, height)) = band {
            _ = write!(
                out,
                "<rect x=\"0\" y=\"{top:.1}\" width=\"{width}\" height=\"{height:.1}\" fill=\"#d9dfe5\"></rect>"
            );
        }
        let points: Vec<String> = corners.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        _ = write!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#484848\" stroke-width=\"1\"></polyline>",
            points.join(" ")
        );
        if let Some((x, y)) = corners.last() {
            _ = write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{}\" fill=\"#000\"></circle>", DOT / 2.0 + 0.4);
        }
        out.push_str("</svg>");
        out
    }
}

fn scalar<'a>(value: &'a CodedValue<'a>) -> Option<&'a Scalar<'a>> {
    match &value.data {
        Data::Scalar(it) if matches!(value.kind.as_ref(), "PQ" | "REAL" | "INT") => Some(it),
        _ => None,
    }
}

fn bound_of(bounds: &[Scalar<'_>]) -> Option<f32> {
    parsed(bounds.first()?.value.as_deref()?)
}

fn level(value: &Value) -> Option<f32> {
    match value {
        Value::Number { comparator: None, number, .. } => parsed(&number.to_string()),
        _ => None,
    }
}

/// As precise as a drawing of this size needs.
fn parsed(number: &str) -> Option<f32> {
    number.trim().parse().ok().filter(|level: &f32| level.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(levels: &[f32], low: Option<f32>) -> Drawing {
        let points = levels.iter().enumerate().map(|(at, level)| (at as f64, *level)).collect();
        Trend { points, low, high: None }.drawing((28.0, 20.0))
    }

    #[test]
    fn a_higher_value_stands_higher_and_all_stay_inside() {
        let drawing = drawn(&[4.0, 4.4, 5.1], Some(3.5));
        let heights: Vec<f32> = drawing.corners.iter().map(|(_, y)| *y).collect();
        assert!(heights[0] > heights[1] && heights[1] > heights[2], "{heights:?}");
        assert!(drawing.corners.iter().all(|(x, y)| (0.0..=28.0).contains(x) && (0.0..=20.0).contains(y)));
        assert!(drawing.band.is_some_and(|(top, height)| top == 0.0 && height > 15.0));
    }

    #[test]
    fn a_course_without_change_is_a_level_line() {
        let corners = drawn(&[1.0, 1.0, 1.0], None).corners;
        assert!(corners.iter().all(|(_, y)| *y == corners[0].1 && y.is_finite()));
    }
}
