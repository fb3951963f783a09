//! Files written here by hand: what is read of them, and what those that mean harm cost.
#![allow(clippy::unwrap_used)]

use flate2::{Compression, write::ZlibEncoder};
use pdf_text::{FILE_BYTES_MAX, Text, Unreadable, text};
use proptest::prelude::*;
use std::{
    io::Write,
    time::{Duration, Instant},
};

/// A file of numbered objects, the first of which is the catalog.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    for (at, object) in objects.iter().enumerate() {
        file.extend(format!("{} 0 obj\n", at + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    file.extend(b"trailer<</Root 1 0 R>>\n%%EOF\n");
    file
}

fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    let mut object = format!("<<{entries}/Length {}>>stream\n", data.len()).into_bytes();
    object.extend(data);
    object.extend(b"\nendstream");
    object
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// One page with one font.
fn page(font: &str, drawn: &[u8]) -> Vec<u8> {
    file(&[
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Resources<</Font<</F 4 0 R>>/XObject<</X 6 0 R>>>>>>".to_vec(),
        b"<</Type/Page/Contents 5 0 R>>".to_vec(),
        font.as_bytes().to_vec(),
        stream("/Filter/FlateDecode", &deflated(drawn)),
    ])
}

const HELVETICA: &str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";

fn said(file: &[u8]) -> String {
    let Text { characters, is_whole } = text(file).unwrap();
    assert!(is_whole, "{characters}");
    characters
}

#[test]
fn what_a_page_shows_is_read_in_order() {
    let drawn = b"BT /F 12 Tf 1 0 0 1 50 700 Tm (Glyc\\351mie) Tj 200 0 Td [(5)-20(,6)-300(mmol/L)] TJ T* <34> Tj ET \
        q BI /W 2 /H 1 /BPC 8 /CS /G ID \x00EI\x01 EI Q BT /F 9 Tf (apr\xE8s) ' ET";
    assert_eq!(said(&page(HELVETICA, drawn)), "\nGlycémie\n5,6 mmol/L\n4\naprès\n");
}

#[test]
fn codes_mean_what_the_font_says() {
    let table = [
        ("<</Subtype/Type1/BaseFont/Helvetica>>", "AØ\n"),
        ("<</Subtype/TrueType/Encoding/MacRomanEncoding>>", "AÈ\n"),
        ("<</Subtype/Type1/Encoding<</Differences[65/eacute 233/uni2265]>>>>", "é≥\n"),
        ("<</Subtype/Type1/FontDescriptor<</FontFile3 9 0 R>>>>", "\u{FFFD}\u{FFFD}\n"),
        ("<</Subtype/Type0/Encoding/Identity-H>>", "\u{FFFD}\n"),
    ];
    for (font, expected) in table {
        assert_eq!(said(&page(font, b"/F 1 Tf (A\xE9) Tj")), expected, "{font}");
    }
}

#[test]
fn forms_are_read_where_they_are_drawn_and_images_are_not() {
    let base = page(HELVETICA, b"BT /F 9 Tf (avant) Tj ET /X Do BT (apr\xE8s) Tj ET");
    let with = |form: Vec<u8>| {
        let mut file = base.clone();
        file.extend(b"6 0 obj\n");
        file.extend(form);
        file.extend(b"\nendobj\n");
        said(&file)
    };
    assert_eq!(with(stream("/Subtype/Form", b"BT /F 9 Tf (dedans) Tj ET")), "\navant\ndedans\naprès\n");
    assert_eq!(with(stream("/Subtype/Image", b"(dedans) Tj")), "\navant\naprès\n");
}

#[test]
fn objects_in_streams_later_objects_and_wrong_lengths_are_read() {
    let packed = b"2 0 3 30 <</Kids[3 0 R]>>              <</Contents 5 0 R/Resources<</Font<</F 4 0 R>>>>>>";
    let mut bytes = b"%PDF-1.5\n1 0 obj<</Pages 2 0 R>>endobj 4 0 obj".to_vec();
    bytes.extend(HELVETICA.bytes());
    bytes.extend(b"endobj 5 0 obj<</Length 3>>stream\r\n/F 1 Tf (vieux) Tj endstream endobj ");
    bytes.extend(b"7 0 obj");
    bytes.extend(stream("/Type/ObjStm/N 2/First 9/Filter[/FlateDecode]", &deflated(packed)));
    bytes.extend(b"endobj 8 0 obj");
    bytes.extend(stream("/Type/XRef/Root 1 0 R", b"obj 9 0 obj"));
    bytes.extend(b"endobj");
    assert_eq!(said(&bytes), "vieux\n");
    // What was changed stands behind, under the same number.
    bytes.extend(b" 5 0 obj<</Length 9 0 R>>stream\n/F 1 Tf (neuf) Tj\nendstream endobj 9 0 obj 18 endobj");
    assert_eq!(said(&bytes), "neuf\n");
}

#[test]
fn what_cannot_be_read_is_said() {
    assert_eq!(text(b""), Err(Unreadable::NotPdf));
    assert_eq!(text(b"%PDF-1.4\n%%EOF"), Err(Unreadable::NotPdf));
    assert_eq!(text(&vec![b' '; FILE_BYTES_MAX + 1]), Err(Unreadable::TooLarge));
    let locked = [page(HELVETICA, b"(A) Tj"), b"trailer<</Root 1 0 R/Encrypt 9 0 R>>".to_vec()].concat();
    assert_eq!(text(&locked), Err(Unreadable::Encrypted));
    let lost = [page(HELVETICA, b""), b"5 0 obj".to_vec(), stream("/Filter/LZWDecode", b"abc")].concat();
    assert!(!text(&lost).unwrap().is_whole);
}

#[test]
fn no_file_costs_more_than_its_bounds() {
    let zeros = deflated(&vec![b' '; 80 << 20]);
    let tree = "<</Kids[2 0 R 2 0 R 2 0 R 2 0 R 2 0 R 2 0 R 2 0 R 2 0 R]>>";
    let forms = stream("/Subtype/Form", &b"/X Do ".repeat(2_000));
    let fonts: String = (0..20_000).map(|at| format!("/F{at} 1 Tf ")).collect();
    let n = 100_000;
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("inflates", [page(HELVETICA, b""), b"5 0 obj".to_vec(), stream("/Filter/FlateDecode", &zeros)].concat()),
        ("inflates twice", {
            let twice = stream("/Filter[/FlateDecode/FlateDecode]", &deflated(&zeros));
            [page(HELVETICA, b""), b"5 0 obj".to_vec(), twice].concat()
        }),
        ("packed inflates", [b"1 0 obj".to_vec(), stream("/Type/ObjStm/Filter/Fl", &zeros)].concat().repeat(20)),
        ("pages in pages", [page(HELVETICA, b""), b"2 0 obj".to_vec(), tree.into()].concat()),
        ("forms in forms", [page(HELVETICA, b"/X Do"), b"6 0 obj".to_vec(), forms].concat()),
        ("open strings", b"1 0 obj (".repeat(n)),
        ("open digits", b"1 0 obj <".repeat(n)),
        ("open arrays", b"1 0 obj [ ".repeat(n)),
        ("open dictionaries", b"1 0 obj << /A ".repeat(n)),
        ("open streams", b"1 0 obj<<>>stream ".repeat(n)),
        ("many trailers", b"trailer(".repeat(n)),
        ("many objects", (0..n).flat_map(|at| format!("{at} 0 obj 1 ").into_bytes()).collect()),
        ("comments", b"1 0 obj %".repeat(n)),
        ("references in a ring", [page(HELVETICA, b""), b"5 0 obj 6 0 R 6 0 obj 5 0 R".to_vec()].concat()),
        ("fonts that are not there", page(HELVETICA, fonts.as_bytes())),
        ("open images", page(HELVETICA, &b"ID ".repeat(n))),
        ("open strings drawn", page(HELVETICA, &b"( ".repeat(n))),
    ];
    // Unoptimized, on a machine that does other things; the worst file of 16 MB takes a second in the product.
    let bound = Duration::from_secs(20);
    for (name, bytes) in table {
        assert!(bytes.len() <= FILE_BYTES_MAX, "{name}");
        let started = Instant::now();
        let _ = text(&bytes);
        let spent = started.elapsed();
        assert!(spent < bound, "{name}: {spent:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = text(&bytes);
        let _ = text(&page(HELVETICA, &bytes));
        let _ = text(&page(&String::from_utf8_lossy(&bytes), b"/F 1 Tf (abc) Tj"));
    }

    #[test]
    fn a_spoilt_file_is_read_or_refused(at in 0_usize..600, with in any::<u8>(), cut in 0_usize..600) {
        let mut bytes = page(HELVETICA, b"BT /F 12 Tf 1 0 0 1 50 700 Tm (Glyc\\351mie) Tj [(5)-20(,6)] TJ /X Do ET");
        let n = bytes.len();
        bytes[at % n] = with;
        let _ = text(&bytes);
        bytes.truncate(cut % n);
        let _ = text(&bytes);
    }
}
