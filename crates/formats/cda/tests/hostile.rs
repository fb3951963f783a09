//! Documents that mean harm or are broken: an error or a quirk, within bounds, and what can be kept is kept.
#![allow(clippy::unwrap_used)]

use cda::{Data, Limits, QuirkKind, ReadError, facts};
use proptest::prelude::*;

fn document(inside: &str) -> String {
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{inside}</ClinicalDocument>"
    )
}

/// The text written from what was read, and the quirks.
fn rebuilt(text: &str) -> (String, cda::Quirks) {
    let (document, quirks) = cda::read(text, &Limits::default()).unwrap();
    (String::from_utf8(cda::write(&document)).unwrap(), quirks)
}

/// Why neither the tree nor the model is read.
fn refusals(text: &str, limits: &Limits) -> [Option<ReadError>; 2] {
    [cda::parse(text, limits).err(), cda::read(text, limits).err()]
}

fn n_differences(before: &str, after: &str) -> usize {
    let (before, after) =
        (cda::parse(before, &Limits::default()).unwrap(), cda::parse(after, &Limits::default()).unwrap());
    facts::differences(&facts::facts(&before, 1000), &facts::facts(&after, 1000)).len()
}

#[test]
fn entities_can_not_be_declared() {
    let bomb = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>&b;</title></ClinicalDocument>";
    assert_eq!(refusals(bomb, &Limits::default()), [Some(ReadError::DocumentType), Some(ReadError::DocumentType)]);
    let outside = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>";
    assert_eq!(refusals(outside, &Limits::default()), [Some(ReadError::DocumentType), Some(ReadError::DocumentType)]);
}

#[test]
fn a_million_nested_elements_end_in_a_quirk() {
    for name in ["component", "content", "unknown"] {
        let n = 1_000_000;
        let text = document(&format!("{}{}", format!("<{name}>").repeat(n), format!("</{name}>").repeat(n)));
        let (_, quirks) = cda::read(&text, &Limits::default()).unwrap();
        assert_eq!(quirks.n_lost, 1);
        assert!(quirks.first.iter().any(|it| it.kind == QuirkKind::TooDeep && it.path.len() < 4_000));
    }
}

#[test]
fn bounds_are_told() {
    let text = document(&"<title>a</title>".repeat(20));
    let limits = Limits { size_bytes: 100, ..Limits::default() };
    let too_large = || Some(ReadError::TooLarge { limit_bytes: 100 });
    assert_eq!(refusals(&text, &limits), [too_large(), too_large()]);
    let limits = Limits { nodes: 10, ..Limits::default() };
    let too_many = || Some(ReadError::TooManyNodes { limit: 10 });
    assert_eq!(refusals(&text, &limits), [too_many(), too_many()]);
}

#[test]
fn what_is_not_xml_or_not_cda_is_an_error_with_its_place() {
    let text = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\n<id></ClinicalDocument>";
    for refusal in refusals(text, &Limits::default()) {
        assert!(matches!(refusal, Some(ReadError::Malformed { line: 2, .. })));
    }
    let refusals = refusals("<ClinicalDocument/>", &Limits::default());
    assert_eq!(refusals, [None, Some(ReadError::NoClinicalDocument)]);
}

#[test]
fn what_follows_the_document_is_read_too() {
    let text = document("<title>a</title>");
    let of = |text: &str| cda::read(text, &Limits::default()).map(|(it, _)| it.title.len());
    assert_eq!(of(&format!("<s>{text}<x/>{text}</s>")), Ok(1));
    assert_eq!(
        of(&format!("<s>{text}<x></s>")).err(),
        Some(ReadError::Malformed { line: 1, column: text.len() as u32 + 9 })
    );
}

#[test]
fn what_the_standard_does_not_place_is_kept_and_told() {
    let text = document(
        "<title x=\"1\">T<b>bold</b></title><x:y xmlns:x=\"urn:x\" x:a=\"1\"><id root=\"1.2\"/><z xmlns=\"\">t<id xmlns=\"urn:hl7-org:v3\"/></z></x:y>stray<code code=\"1\" code2=\"2\"/>",
    );
    let (written, quirks) = rebuilt(&text);
    assert_eq!(n_differences(&text, &written), 0, "{written}");
    let kinds: Vec<QuirkKind> = quirks.first.iter().map(|it| it.kind).collect();
    use QuirkKind::{Attribute, Element, Text};
    assert_eq!(kinds, [Attribute, Element, Element, Text, Attribute]);
    let places: Vec<&str> = quirks.first.iter().map(|it| it.path.as_str()).collect();
    let root = "/ClinicalDocument";
    let title = "/ClinicalDocument/title";
    assert_eq!(places, [title, "/ClinicalDocument/title/b", "/ClinicalDocument/y", root, "/ClinicalDocument/code"]);
    assert_eq!(quirks.n_lost, 0);
}

#[test]
fn every_name_that_xml_allows_is_written_again() {
    // U+FEFF and U+00B7 are no letters, and stand in names.
    let text = document("<unknown\u{feff} display\u{feff}=\"a\" x\u{b7}y=\"b\">c</unknown\u{feff}>");
    let (written, quirks) = rebuilt(&text);
    assert_eq!((quirks.n_lost, n_differences(&text, &written)), (0, 0), "{written}");
}

#[test]
fn a_type_that_lies_loses_nothing() {
    let text = document(
        "<component><structuredBody><component><section><entry><observation><code/><value xsi:type=\"PQ\" code=\"x\"><low value=\"1\"/></value><value xsi:type=\"NONSENSE\" value=\"3\"/><value value=\"4\"/></observation></entry></section></component></structuredBody></component>",
    );
    let (read, quirks) = cda::read(&text, &Limits::default()).unwrap();
    let observation = &read.component[0].structured_body[0].component[0].section[0].entry[0].observation[0];
    assert!(matches!(&observation.value[0].data, Data::Scalar(it) if it.others.found().is_some()));
    assert!(matches!(&observation.value[1].data, Data::Other(_)));
    assert_eq!(quirks.count, 2);
    let written = String::from_utf8(cda::write(&read)).unwrap();
    assert_eq!(n_differences(&text, &written), 0, "{written}");
}

#[test]
fn line_ends_and_pieces_of_text_are_read_as_a_tree_has_them() {
    let text = document(
        "\r\n  <title>a\r\nb<![CDATA[ ]]>c<!-- -->\r\n <!-- -->d</title><component><structuredBody><component><section><text>\r\n<br/>\rx<!-- -->\r\n\r\ny &#13;<br/> \r\n </text></section></component></structuredBody></component>",
    );
    let (read, _) = cda::read(&text, &Limits::default()).unwrap();
    assert_eq!(read.title[0].text, "a\nb cd");
    let (written, quirks) = rebuilt(&text);
    assert_eq!((quirks.count, n_differences(&text, &written)), (0, 0), "{written}");
}

#[test]
fn prefixes_do_not_matter() {
    let text = "<c:ClinicalDocument xmlns:c=\"urn:hl7-org:v3\" xmlns:s=\"http://www.w3.org/2001/XMLSchema-instance\"><c:component><c:structuredBody><c:component><c:section><c:entry><c:observation><c:value s:type=\"c:PQ\" value=\"1\"/></c:observation></c:entry></c:section></c:component></c:structuredBody></c:component></c:ClinicalDocument>";
    let (written, quirks) = rebuilt(text);
    assert!(written.contains("<value xsi:type=\"PQ\" value=\"1\"/>"), "{written}");
    assert_eq!((quirks.count, n_differences(text, &written)), (0, 0));
}

proptest! {
    /// Elements of the standard anywhere, with attributes of the standard and others: nothing is lost, nothing panics.
    #[test]
    fn any_tree_is_kept(
        choices in prop::collection::vec((0_usize..24, 0_usize..8, any::<bool>(), "[ -~é]{0,6}"), 1..60)
    ) {
        const NAMES: [&str; 24] = [
            "id", "code", "title", "text", "component", "structuredBody", "section", "entry", "act", "observation",
            "value", "organizer", "recordTarget", "patientRole", "patient", "name", "given", "addr", "city",
            "effectiveTime", "low", "unknown", "originalText", "reference",
        ];
        const ATTRIBUTES: [&str; 8] =
            ["value", "code", "root", "nullFlavor", "x", "ID", "xsi:type=\"PQ\" unit", "xsi:type=\"CD\" displayName"];
        let mut text = String::new();
        let mut open = Vec::new();
        for (name, attribute, closes, content) in choices {
            if closes && let Some(name) = open.pop() {
                text.push_str(&format!("</{name}>"));
            }
            let content = xml::escape_attribute(&content);
            text.push_str(&format!("<{} {}=\"{content}\">{content}", NAMES[name], ATTRIBUTES[attribute]));
            open.push(NAMES[name]);
        }
        while let Some(name) = open.pop() {
            text.push_str(&format!("</{name}>"));
        }
        let text = document(&text);
        let (written, quirks) = rebuilt(&text);
        prop_assert_eq!(quirks.n_lost, 0);
        prop_assert_eq!(n_differences(&text, &written), 0, "{}\n{}", text, written);
    }
}
