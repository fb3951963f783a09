//! A curve drawn inside a row.

use crate::{
    pdf::compose::{Composer, Ink, Op},
    trend::{DOT, Drawing, Trend},
};

/// Draws the usual values as a band, the course as a line, the latest value as a dot.
///
/// `corner`: upper left, in the block; `size`: width and height.
pub(super) fn draw(trend: &Trend, composer: &mut Composer, corner: (f32, f32), size: (f32, f32)) {
    let Drawing { band, corners } = trend.drawing(size);
    if let Some((top, height)) = band {
        composer.ops.push(Op::Fill { x: corner.0, y: corner.1 + top, width: size.0, height, ink: Ink::Band });
    }
    let end = corners[corners.len() - 1];
    composer.curve(corners.into_iter().map(|(x, y)| (corner.0 + x, corner.1 + y)), 0.7, Ink::Gray);
    composer.ops.push(Op::Fill {
        x: corner.0 + end.0 - DOT / 2.0,
        y: corner.1 + end.1 - DOT / 2.0,
        width: DOT,
        height: DOT,
        ink: Ink::Black,
    });
}
