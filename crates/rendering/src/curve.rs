//! A curve drawn as a picture: levels in, a PNG file out.
//!
//! In: the points an analyzer sent. Out: gray levels, readable on any screen and on paper, the same bytes for the same
//! points. Does not name fractions: results beside the picture do.

use lab::report::Curve;

/// Size of the picture, in pixels.
const SIZE: (usize, usize) = (720, 320);
/// White around the curve, in pixels.
const MARGIN: f32 = 12.0;
/// Width of the line, in pixels.
const STROKE: f32 = 2.2;
/// Levels: paper, area under the curve, lines.
const PAPER: f32 = 255.0;
const AREA: f32 = 224.0;
const LINE: f32 = 20.0;

/// Draws a curve over its axis, lowest level at the bottom, with the area under it in light gray.
///
/// Source: CR-BIO 2024.01, FR-Image-illustrative (PNG).
pub fn draw(curve: &Curve) -> Vec<u8> {
    let corners = corners(curve.levels());
    let mut pixels = vec![PAPER as u8; SIZE.0 * SIZE.1];
    let bottom = SIZE.1 as f32 - MARGIN;
    let mut from = 0;
    for x in 0..SIZE.0 {
        let center = x as f32 + 0.5;
        // Corners whose strokes reach this column: those of a window that moves with it.
        while from + 2 < corners.len() && corners[from + 1].0 < center - STROKE {
            from += 1;
        }
        let reach = corners[from..].iter().take_while(|corner| corner.0 <= center + STROKE).count();
        let near = &corners[from..(from + reach + 1).min(corners.len())];
        let level = height_at(near, center);
        let is_inside = center >= MARGIN && center <= SIZE.0 as f32 - MARGIN;
        for y in 0..SIZE.1 {
            let at = (center, y as f32 + 0.5);
            let mut shade = match level {
                Some(level) if is_inside && at.1 > level && at.1 < bottom => AREA,
                _ => PAPER,
            };
            let to_curve = near.windows(2).map(|ends| distance(at, ends[0], ends[1])).fold(f32::INFINITY, f32::min);
            let to_axis = if is_inside { (at.1 - bottom).abs() + STROKE / 4.0 } else { f32::INFINITY };
            // One pixel of soft edge.
            let ink = (STROKE / 2.0 + 0.5 - to_curve.min(to_axis)).clamp(0.0, 1.0);
            shade += (LINE - shade) * ink;
            pixels[y * SIZE.0 + x] = shade as u8;
        }
    }
    encode(&pixels)
}

/// Where the levels stand, from left to right.
fn corners(levels: &[i32]) -> Vec<(f32, f32)> {
    let (low, high) = levels.iter().fold((i32::MAX, i32::MIN), |(low, high), it| (low.min(*it), high.max(*it)));
    let span = (f64::from(high) - f64::from(low)).max(1.0);
    let (width, height) = (SIZE.0 as f32 - 2.0 * MARGIN, SIZE.1 as f32 - 2.0 * MARGIN);
    let last = (levels.len() - 1).max(1) as f32;
    let corner = |(at, level): (usize, &i32)| {
        let part = ((f64::from(*level) - f64::from(low)) / span) as f32;
        (MARGIN + at as f32 / last * width, MARGIN + (1.0 - part) * height)
    };
    levels.iter().enumerate().map(corner).collect()
}

/// The height of the line at a column; `None` beside it.
fn height_at(corners: &[(f32, f32)], x: f32) -> Option<f32> {
    let ends = corners.windows(2).find(|ends| ends[0].0 <= x && x <= ends[1].0)?;
    let part = (x - ends[0].0) / (ends[1].0 - ends[0].0).max(f32::EPSILON);
    Some(ends[0].1 + part * (ends[1].1 - ends[0].1))
}

/// From a point to a segment.
fn distance(point: (f32, f32), from: (f32, f32), to: (f32, f32)) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx * dx + dy * dy;
    let along = ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / length.max(f32::EPSILON);
    let along = along.clamp(0.0, 1.0);
    (point.0 - from.0 - along * dx).hypot(point.1 - from.1 - along * dy)
}

/// Writing to memory cannot fail with this size and this many pixels; an empty file would be said unreadable.
fn encode(pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 * 1024);
    let mut encoder = png::Encoder::new(&mut bytes, SIZE.0 as u32, SIZE.1 as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(pixels)?;
        writer.finish()
    });
    if written.is_err() {
        bytes.clear();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(levels: Vec<i32>) -> Vec<u8> {
        let bytes = draw(&Curve::new(levels).expect("a curve"));
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("pixels");
        pixels
    }

    /// The row of the topmost dark pixel of a column.
    fn top(pixels: &[u8], x: usize) -> usize {
        (0..SIZE.1).find(|y| pixels[y * SIZE.0 + x] < 100).expect("a line")
    }

    #[test]
    fn a_peak_stands_where_its_points_are_and_the_rest_lies_low() {
        let mut levels = vec![0; 101];
        levels[50] = 1000;
        let pixels = drawn(levels);
        assert!(top(&pixels, SIZE.0 / 2) < 30);
        assert!(top(&pixels, SIZE.0 / 4) > SIZE.1 - 30);
    }

    #[test]
    fn extreme_flat_and_many_points_are_drawn() {
        for levels in [vec![i32::MIN, i32::MAX], vec![7; 2], (0..4096).map(|n| n * 37 % 911).collect()] {
            assert!(drawn(levels).iter().any(|level| *level < 100));
        }
    }
}
