//! The logo of a laboratory: the bytes of a PNG or JPEG file in, opaque pixels ready for a page out.
//!
//! Every file is decoded, laid on white and reduced here: what stands in a report is never the bytes of a stranger's
//! file, nor its metadata.

use std::io::Cursor;
use std::sync::Arc;

use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

/// Largest file.
pub const MAX_BYTES: usize = 512 * 1024;
/// Longest side of a file, in pixels.
pub const MAX_SIDE: usize = 3000;

/// Largest printed size, in points: 45 by 18 mm.
pub(crate) const MAX_PRINTED: (f32, f32) = (127.6, 51.0);
/// Pixels kept per point: 300 dots per inch.
const PIXELS_PER_POINT: f32 = 300.0 / 72.0;

/// Why a file is no logo. Safe to log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogoError {
    /// More than [`MAX_BYTES`], or a side of more than [`MAX_SIDE`] pixels.
    TooLarge,
    /// Neither PNG nor JPEG.
    Kind,
    /// Its kind is right and it cannot be read.
    Damaged,
}

/// A decoded logo; cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo(Arc<Pixels>);

/// Rows from the top, three bytes a pixel.
#[derive(PartialEq, Eq)]
struct Pixels {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Logo({} x {})", self.0.width, self.0.height)
    }
}

impl Logo {
    /// Reads a PNG or JPEG file, lays it on white and reduces it to what 45 by 18 mm show at 300 dots per inch.
    ///
    /// Color profiles and orientation marks are not followed. Errors: [`LogoError`].
    ///
    /// Source: ISO 19005-1, 6.4 (no transparency), 6.1.10 (no LZW, no foreign filter).
    pub fn decode(bytes: &[u8]) -> Result<Self, LogoError> {
        if bytes.len() > MAX_BYTES { Err(LogoError::TooLarge) } else { Self::within(bytes, MAX_PRINTED) }
    }

    /// Whether a file is an image that pages can show, whatever its size in bytes.
    pub fn is_shown(bytes: &[u8]) -> bool {
        Self::within(bytes, (1.0, 1.0)).is_ok()
    }

    /// As [`decode`](Self::decode), for any image that is shown within that many points, whatever the size of its file.
    pub(crate) fn within(bytes: &[u8], room: (f32, f32)) -> Result<Self, LogoError> {
        let pixels = match bytes {
            [0x89, b'P', b'N', b'G', ..] => png(bytes)?,
            [0xFF, 0xD8, 0xFF, ..] => jpeg(bytes)?,
            _ => return Err(LogoError::Kind),
        };
        Ok(Self(Arc::new(reduced(pixels, room))))
    }

    /// Pixels: width, height, then rows of three bytes a pixel.
    pub(crate) fn pixels(&self) -> (usize, usize, &[u8]) {
        (self.0.width, self.0.height, &self.0.rgb)
    }

    /// The pixels as a PNG file of our own writing; `None` only if they cannot be compressed.
    pub(crate) fn png(&self) -> Option<Vec<u8>> {
        let (width, height, rgb) = self.pixels();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(rgb).ok()?;
        writer.finish().ok()?;
        Some(bytes)
    }

    /// Width and height on the page, in points: as large as it fits in the room for it.
    pub(crate) fn printed(&self) -> (f32, f32) {
        self.fitted(MAX_PRINTED)
    }

    /// Width and height in points within some room, never larger than its pixels at the 96 a screen shows in an inch.
    pub(crate) fn shown(&self, room: (f32, f32)) -> (f32, f32) {
        self.fitted((room.0.min(self.0.width as f32 * 0.75), room.1))
    }

    /// As [`printed`](Self::printed), in another room.
    pub(crate) fn fitted(&self, room: (f32, f32)) -> (f32, f32) {
        let (width, height) = (self.0.width as f32, self.0.height as f32);
        let scale = (room.0 / width).min(room.1 / height);
        (width * scale, height * scale)
    }
}

fn checked(width: usize, height: usize) -> Result<(), LogoError> {
    match (width, height) {
        (1..=MAX_SIDE, 1..=MAX_SIDE) => Ok(()),
        (0, _) | (_, 0) => Err(LogoError::Damaged),
        _ => Err(LogoError::TooLarge),
    }
}

fn png(bytes: &[u8]) -> Result<Pixels, LogoError> {
    let limits = png::Limits { bytes: MAX_SIDE * MAX_SIDE * 8 };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|_| LogoError::Damaged)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    checked(width, height)?;
    let mut data = vec![0; reader.output_buffer_size().ok_or(LogoError::TooLarge)?];
    let frame = reader.next_frame(&mut data).map_err(|_| LogoError::Damaged)?;
    let data = data.get(..frame.buffer_size()).ok_or(LogoError::Damaged)?;
    // On white: what shows is the color by its opacity, and white by what is left.
    let over = |level: u8, alpha: u8| {
        let (level, alpha) = (u16::from(level), u16::from(alpha));
        ((level * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let mut rgb = Vec::with_capacity(width * height * 3);
    match frame.color_type {
        png::ColorType::Rgb => rgb.extend_from_slice(data),
        png::ColorType::Grayscale => rgb.extend(data.iter().flat_map(|gray| [*gray; 3])),
        png::ColorType::GrayscaleAlpha => {
            rgb.extend(data.chunks_exact(2).flat_map(|pixel| [over(pixel[0], pixel[1]); 3]));
        }
        png::ColorType::Rgba => {
            rgb.extend(data.chunks_exact(4).flat_map(|pixel| [0, 1, 2].map(|at| over(pixel[at], pixel[3]))));
        }
        png::ColorType::Indexed => return Err(LogoError::Damaged),
    }
    whole(Pixels { width, height, rgb })
}

fn jpeg(bytes: &[u8]) -> Result<Pixels, LogoError> {
    let options =
        DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB).jpeg_set_max_scans(50).set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| LogoError::Damaged)?;
    let info = decoder.info().ok_or(LogoError::Damaged)?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    checked(width, height)?;
    let rgb = decoder.decode().map_err(|_| LogoError::Damaged)?;
    whole(Pixels { width, height, rgb })
}

fn whole(pixels: Pixels) -> Result<Pixels, LogoError> {
    if pixels.rgb.len() == pixels.width * pixels.height * 3 { Ok(pixels) } else { Err(LogoError::Damaged) }
}

/// Reduces to what is printed, each pixel the mean of those it stands for; a small one stays as it is.
fn reduced(from: Pixels, room: (f32, f32)) -> Pixels {
    let room = (room.0 * PIXELS_PER_POINT, room.1 * PIXELS_PER_POINT);
    let scale = (room.0 / from.width as f32).min(room.1 / from.height as f32);
    if scale >= 1.0 {
        return from;
    }
    let side = |length: usize| ((length as f32 * scale).round() as usize).max(1);
    let (width, height) = (side(from.width), side(from.height));
    let span = |at: usize, n: usize, of: usize| (at * of / n)..((at + 1) * of).div_ceil(n);
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let rows = span(y, height, from.height);
        for x in 0..width {
            let columns = span(x, width, from.width);
            let n = (rows.len() * columns.len()) as u32;
            let mut sums = [0_u32; 3];
            for row in rows.clone() {
                let start = (row * from.width + columns.start) * 3;
                for pixel in from.rgb[start..start + columns.len() * 3].chunks_exact(3) {
                    for (sum, level) in sums.iter_mut().zip(pixel) {
                        *sum += u32::from(*level);
                    }
                }
            }
            rgb.extend(sums.map(|sum| ((sum + n / 2) / n) as u8));
        }
    }
    Pixels { width, height, rgb }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_of(width: u32, height: u32, color: png::ColorType, pixel: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&pixel.repeat((width * height) as usize)).expect("pixels");
        writer.finish().expect("an end");
        bytes
    }

    #[test]
    fn what_is_transparent_shows_white_and_what_is_half_so_shows_half() {
        let table: [(png::ColorType, &[u8], [u8; 3]); 5] = [
            (png::ColorType::Rgb, &[10, 20, 30], [10, 20, 30]),
            (png::ColorType::Rgba, &[10, 20, 30, 0], [255; 3]),
            (png::ColorType::Rgba, &[0, 0, 255, 128], [127, 127, 255]),
            (png::ColorType::Grayscale, &[77], [77; 3]),
            (png::ColorType::GrayscaleAlpha, &[0, 255], [0; 3]),
        ];
        for (color, pixel, wanted) in table {
            let logo = Logo::decode(&png_of(3, 2, color, pixel)).expect("a logo");
            assert_eq!(logo.pixels(), (3, 2, wanted.repeat(6).as_slice()), "{color:?}");
        }
    }

    #[test]
    fn a_large_logo_is_reduced_without_changing_its_shape_or_color() {
        let logo = Logo::decode(&png_of(2000, 500, png::ColorType::Rgb, &[200, 0, 100])).expect("a logo");
        let (width, height, rgb) = logo.pixels();
        assert!(width <= 532 && height <= 213 && width.abs_diff(4 * height) <= 4, "{width} x {height}");
        assert!(rgb.chunks_exact(3).all(|pixel| pixel == [200, 0, 100]));
        let again = Logo::decode(&logo.png().expect("a file")).expect("a logo");
        assert_eq!(again.pixels(), logo.pixels());
        let (width, height) = logo.printed();
        assert!(width <= MAX_PRINTED.0 + 0.1 && height <= MAX_PRINTED.1 + 0.1);
    }

    #[test]
    fn what_is_no_logo_is_refused_by_its_reason() {
        let good = png_of(4, 4, png::ColorType::Rgb, &[1, 2, 3]);
        let refused = |bytes: &[u8]| Logo::decode(bytes).expect_err("no logo");
        assert_eq!(refused(b"<svg/>"), LogoError::Kind);
        assert_eq!(refused(b""), LogoError::Kind);
        assert_eq!(refused(&good[..good.len() / 2]), LogoError::Damaged);
        assert_eq!(refused(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 0]), LogoError::Damaged);
        assert_eq!(refused(&vec![0x89; MAX_BYTES + 1]), LogoError::TooLarge);
        assert_eq!(refused(&png_of(3001, 1, png::ColorType::Rgb, &[0, 0, 0])), LogoError::TooLarge);
    }
}
