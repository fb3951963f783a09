//! The sRGB profile that says what the colors of the file mean.
//!
//! Out: an ICC version 2 monitor profile, as PDF 1.4 reads it, built from the numbers of IEC 61966-2-1.

/// Points of the sampled transfer curve.
const CURVE_POINTS: u16 = 256;

/// White of the profile connection space, D50.
const D50: [f64; 3] = [0.9642, 1.0, 0.8249];
/// Primaries of sRGB adapted to D50 by the Bradford transform.
const PRIMARIES: [[f64; 3]; 3] =
    [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]];

/// Builds the profile.
///
/// Source: ICC.1:2001-04, clauses 6.1 (header) and 6.5 (tag types).
pub(super) fn srgb() -> Vec<u8> {
    let tags: Vec<(&[u8; 4], Vec<u8>)> = vec![
        (b"desc", description("sRGB IEC61966-2.1")),
        (b"cprt", text("No copyright, use freely")),
        (b"wtpt", xyz(D50)),
        (b"rXYZ", xyz(PRIMARIES[0])),
        (b"gXYZ", xyz(PRIMARIES[1])),
        (b"bXYZ", xyz(PRIMARIES[2])),
        (b"rTRC", curve()),
    ];
    // The three channels share one curve: same place in the file, three names.
    let n_tags = tags.len() + 2;
    let mut table = (n_tags as u32).to_be_bytes().to_vec();
    let mut data = Vec::new();
    let first = 128 + 4 + 12 * n_tags;
    for (signature, bytes) in &tags {
        let place = ((first + data.len()) as u32, bytes.len() as u32);
        let names: &[&[u8; 4]] = if *signature == b"rTRC" { &[b"rTRC", b"gTRC", b"bTRC"] } else { &[signature] };
        for name in names {
            table.extend_from_slice(*name);
            table.extend(place.0.to_be_bytes());
            table.extend(place.1.to_be_bytes());
        }
        data.extend_from_slice(bytes);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let mut profile = header((first + data.len()) as u32);
    profile.extend(table);
    profile.extend(data);
    profile
}

fn header(size: u32) -> Vec<u8> {
    let mut header = vec![0; 128];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &size.to_be_bytes());
    put(8, &[0x02, 0x40, 0, 0]);
    put(12, b"mntrRGB XYZ ");
    // Creation date: 1999-10-18, the year of the standard, so that the profile never changes.
    put(24, &[0x07, 0xCF, 0, 10, 0, 18]);
    put(36, b"acsp");
    put(68, &xyz(D50)[8..]);
    header
}

fn fixed(value: f64) -> [u8; 4] {
    ((value * 65536.0).round() as i32).to_be_bytes()
}

fn xyz(values: [f64; 3]) -> Vec<u8> {
    let mut tag = b"XYZ \0\0\0\0".to_vec();
    values.iter().for_each(|value| tag.extend(fixed(*value)));
    tag
}

fn text(words: &str) -> Vec<u8> {
    [b"text\0\0\0\0", words.as_bytes(), b"\0"].concat()
}

fn description(words: &str) -> Vec<u8> {
    let mut tag = b"desc\0\0\0\0".to_vec();
    tag.extend((words.len() as u32 + 1).to_be_bytes());
    tag.extend(words.as_bytes());
    // End of the text, then an empty Unicode and an empty Macintosh description.
    tag.resize(tag.len() + 1 + 8 + 3 + 67, 0);
    tag
}

fn curve() -> Vec<u8> {
    let mut tag = b"curv\0\0\0\0".to_vec();
    tag.extend(u32::from(CURVE_POINTS).to_be_bytes());
    for point in 0..CURVE_POINTS {
        let value = f64::from(point) / f64::from(CURVE_POINTS - 1);
        let linear = if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
        tag.extend(((linear * 65535.0).round() as u16).to_be_bytes());
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_lies_inside_the_profile_and_white_is_the_sum_of_the_primaries() {
        let profile = srgb();
        let word =
            |at: usize| u32::from_be_bytes([profile[at], profile[at + 1], profile[at + 2], profile[at + 3]]) as usize;
        assert_eq!(word(0), profile.len());
        for tag in 0..word(128) {
            assert!(word(136 + 12 * tag) + word(140 + 12 * tag) <= profile.len());
        }
        for axis in 0..3 {
            let sum: f64 = PRIMARIES.iter().map(|primary| primary[axis]).sum();
            assert!((sum - D50[axis]).abs() < 0.0005, "{axis}");
        }
    }
}
