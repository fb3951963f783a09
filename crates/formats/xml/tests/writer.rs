//! What the writer wrote, read back by an independent parser (roxmltree).

use proptest::prelude::*;
use xml::Writer;

fn text_of(w: Writer) -> String {
    String::from_utf8(w.finish()).expect("UTF-8")
}

/// What a parser must give back: characters XML 1.0 cannot carry are replaced.
fn expected(value: &str) -> String {
    value
        .chars()
        .map(|c| match c {
            '\u{0}'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' => '\u{FFFD}',
            '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
            c => c,
        })
        .collect()
}

fn any_char() -> impl Strategy<Value = char> {
    prop_oneof![
        3 => any::<char>(),
        2 => prop::sample::select(vec![
            '<', '>', '&', '"', '\'', '\r', '\n', '\t', '\0', '\u{1F}', '\u{7F}', '\u{85}',
            '\u{2028}', '\u{FFFD}', '\u{FFFE}', '\u{FFFF}', '\u{FEFF}', ']', 'é', '\u{F000}',
        ]),
    ]
}

proptest! {
    #[test]
    fn a_parser_gives_back_the_same_texts_and_attributes(
        attribute in prop::collection::vec(any_char(), 0..40),
        text in prop::collection::vec(any_char(), 0..40),
    ) {
        let attribute: String = attribute.into_iter().collect();
        let text: String = text.into_iter().collect();
        let mut w = Writer::new();
        w.open("r").attr("a", &attribute).attr_display("d", &attribute);
        w.open("t").text(&text).close();
        w.open("u").text_display(&text).close();
        w.close();
        let out = text_of(w);
        let doc = roxmltree::Document::parse(&out).expect("well-formed");
        let root = doc.root_element();
        let wanted = expected(&attribute);
        prop_assert_eq!(root.attribute("a"), Some(wanted.as_str()));
        prop_assert_eq!(root.attribute("d"), Some(wanted.as_str()));
        for child in root.children() {
            let read: String = child.children().filter_map(|n| n.text()).collect();
            prop_assert_eq!(read, expected(&text));
        }
    }
}

#[test]
fn elements_without_content_are_collapsed_and_nothing_is_indented() {
    let mut w = Writer::with_capacity(64);
    w.declaration().open("a").attr_opt("x", None).attr_opt("y", Some("1"));
    w.open("b").text("").close().element("c", "").constant("<d/>").fragment(b"<e/>");
    w.close();
    assert_eq!(text_of(w), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a y=\"1\"><b/><c/><d/><e/></a>");
}

#[test]
fn base64_text_is_copied_as_it_is() {
    let mut w = Writer::new();
    w.open("v").raw_ascii_base64(b"AB+/0=\nZZ==").close();
    assert_eq!(text_of(w), "<v>AB+/0=\nZZ==</v>");
}

#[test]
fn escaped_strings_match_the_writer() {
    assert_eq!(xml::escape_attribute("a<\"\n\u{1}"), "a&lt;&quot;&#10;\u{FFFD}");
    assert_eq!(xml::escape_text("a>\"\n\r"), "a&gt;\"\n&#13;");
}

#[test]
#[should_panic(expected = "close without an open element")]
#[cfg(debug_assertions)]
fn closing_too_often_is_caught_in_debug_builds() {
    Writer::new().close();
}

#[test]
fn a_writer_never_prints_its_content() {
    let mut w = Writer::new();
    w.open("name").text("DUPONT");
    assert_eq!(format!("{w:?}"), "Writer(12 bytes, depth 1)");
    w.close();
}
