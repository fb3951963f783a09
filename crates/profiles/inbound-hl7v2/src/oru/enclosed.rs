//! Values that are no text: files in base64 (`ED`) and series of points (`NA`).
//!
//! In: OBX-5. Out: a picture, a curve, a PDF; or nothing, with a finding. A file is what its first bytes say, not what
//! the sender calls it.
//!
//! Source: HL7 v2.5 §2.A.24 (ED: source, type, subtype, encoding, data), §2.A.46 (NA: numbers, series by repetition).

use hl7v2::Segment;
use lab::{
    matching::{SentCode, SentValue},
    report::{Curve, Image, ImageKind},
};

use crate::reader::Reader;

/// LOINC code of a laboratory report as a whole.
const WHOLE_REPORT: &str = "11502-2";
/// Largest file, decoded.
const MAX_BYTES: usize = 16 << 20;
/// Digits kept behind the comma of a level.
const LEVEL_SCALE: f64 = 1000.0;

/// OBX-5 of type `ED`. Findings: `RESULT-FILE-UNREADABLE`, `RESULT-FILE-KIND` (warnings; the value is not kept).
///
/// A whole report sent under the code of reports is another form of these same results, not one of them.
pub(super) fn file(reader: &mut Reader<'_>, obx: &Segment<'_>, code: &SentCode) -> SentValue {
    let field = obx.field(5).repetition(1);
    let data = field.component(5).text();
    let is_base64 = field.component(4).text().trim().eq_ignore_ascii_case("base64");
    // Some senders break the text into lines.
    let data: Vec<u8> = data.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let decoded = (is_base64 && data.len() <= MAX_BYTES / 3 * 4)
        .then(|| base64_simd::STANDARD.decode_to_vec(&data).ok())
        .flatten()
        .filter(|bytes| !bytes.is_empty());
    let Some(bytes) = decoded else {
        reader.warning("RESULT-FILE-UNREADABLE", reader.place(obx, 5));
        return SentValue::Absent;
    };
    match ImageKind::of(&bytes) {
        Some(kind) => SentValue::Image(Image { kind, bytes }),
        None if bytes.starts_with(b"%PDF-") && code.loinc != WHOLE_REPORT => SentValue::Pdf(bytes),
        None => {
            reader.warning("RESULT-FILE-KIND", reader.place(obx, 5));
            SentValue::Absent
        }
    }
}

/// OBX-5 of type `NA`: every number of every repetition, in order.
///
/// Finding: `RESULT-CURVE` (warning; the value is not kept) when one is no number, or they are fewer than two or too many.
pub(super) fn points(reader: &mut Reader<'_>, obx: &Segment<'_>) -> SentValue {
    let level = |text: &str| {
        let number: f64 = text.trim().parse().ok().filter(|number: &f64| number.is_finite())?;
        Some((number * LEVEL_SCALE).round().clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32)
    };
    let series = obx.field(5).repetitions().take(Curve::MAX_POINTS);
    let mut levels = Vec::new();
    for repetition in series {
        for component in repetition.components().take(Curve::MAX_POINTS + 1 - levels.len()) {
            levels.push(level(&component.text()));
        }
    }
    match levels.into_iter().collect::<Option<Vec<_>>>().and_then(Curve::new) {
        Some(curve) => SentValue::Curve(curve),
        None => {
            reader.warning("RESULT-CURVE", reader.place(obx, 5));
            SentValue::Absent
        }
    }
}
