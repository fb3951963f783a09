//! What the reader takes and refuses, against another reader.

use super::*;
use proptest::prelude::*;

/// Reads all of a document; the events as text.
fn read(text: &str) -> Read<String> {
    let mut reader = Reader::of_utf8(text, 256)?;
    let mut said = String::new();
    loop {
        match reader.event()? {
            Event::Start => {
                said += &format!("<{{{}}}{}", reader.uri(reader.name().ns), reader.name().local);
                for attribute in reader.attributes() {
                    said += &format!(
                        " {{{}}}{}={:?}",
                        reader.uri(attribute.name.ns),
                        attribute.name.local,
                        attribute.value
                    );
                }
                said.push('>');
            }
            Event::End => said += "</>",
            Event::Text(text) => said += &text,
            Event::Done => return Ok(said),
        }
    }
}

/// The same by `roxmltree`.
fn judge(text: &str) -> Option<String> {
    fn say(node: roxmltree::Node, said: &mut String) {
        if node.is_text() {
            *said += node.text().unwrap_or_default();
        }
        if node.is_element() {
            *said += &format!("<{{{}}}{}", node.tag_name().namespace().unwrap_or_default(), node.tag_name().name());
            for attribute in node.attributes() {
                *said += &format!(
                    " {{{}}}{}={:?}",
                    attribute.namespace().unwrap_or_default(),
                    attribute.name(),
                    attribute.value()
                );
            }
            said.push('>');
            node.children().for_each(|child| say(child, said));
            *said += "</>";
        }
    }
    let document = roxmltree::Document::parse(text).ok()?;
    let mut said = String::new();
    say(document.root_element(), &mut said);
    Some(said)
}

const SAMPLE: &str = "<?xml version='1.0' encoding=\"utf-8\" standalone='no' ?>\n<!-- a - b --><?p q?>\n\
    <a xmlns='u' xmlns:b=\"v\" b:c='1' c=\"&lt;&#233; &#x41;\n2\">t&amp;\nu<b:d/><![CDATA[<x>]]]><e xmlns='' ><?r?></e ></a>\n<!---->";

#[test]
fn a_document_is_read_as_another_reader_reads_it() {
    let said = read(SAMPLE).expect("well-formed");
    assert_eq!(Some(said.clone()), judge(SAMPLE));
    assert!(said.starts_with("<{u}a {v}c=\"1\" {}c=\"<é A 2\">t&\nu<{v}d></><x>]<{}e></></>"), "{said}");
}

#[test]
fn line_ends_are_read_as_line_feeds_and_in_values_as_spaces() {
    assert_eq!(
        read("<a b='1\r\n2\r3'>x\r\ny\rz&#13;<![CDATA[\r]]></a>"),
        Ok("<{}a {}b=\"1 2 3\">x\ny\nz\r\n</>".to_owned())
    );
}

#[test]
fn what_is_not_well_formed_is_refused_where_it_stands() {
    for (text, at) in [
        ("", 0),
        ("<a>", 3),
        ("<a></b>", 5),
        ("<a/><b/>", 4),
        ("<a b='1' b='2'/>", 9),
        ("<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", 34),
        ("<a b='<'/>", 6),
        ("<a b=1/>", 5),
        ("<a b='1'c='2'/>", 8),
        ("<a>]]></a>", 3),
        ("<a>&eacute;</a>", 3),
        ("<a>&#0;</a>", 3),
        ("<a>\u{1}</a>", 3),
        ("<a>\u{ffff}</a>", 3),
        ("<p:a/>", 1),
        ("<a xmlns:p=''/>", 3),
        ("<a><!-- a -- b --></a>", 10),
        ("<a><?xml version='1.0'?></a>", 8),
        ("<a/>text", 4),
        ("<?xml version='2.0'?><a/>", 0),
        ("<1/>", 1),
    ] {
        let refused = read(text).expect_err(text);
        assert!(matches!(refused.why, Refusal::Malformed(_)), "{text}: {refused:?}");
        assert_eq!(refused.at, at, "{text}: {refused:?}");
    }
}

#[test]
fn a_document_type_another_encoding_and_what_has_no_bound_are_refused_by_name() {
    let why = |text: &str| read(text).expect_err(text).why;
    assert_eq!(why("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), Refusal::Dtd);
    assert_eq!(why("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), Refusal::Encoding);
    assert_eq!(why(&"<a>".repeat(100_000)), Refusal::TooLarge("depth"));
    let many: String = (0..1000).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(why(&format!("<a{many}/>")), Refusal::TooLarge("attributes"));
    let many: String = (0..1000).map(|n| format!("<a xmlns='u{n}'/>")).collect();
    assert_eq!(why(&format!("<a>{many}</a>")), Refusal::TooLarge("namespaces"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_spoilt_document_that_is_taken_is_read_as_another_reader_reads_it(
        at in 0..SAMPLE.len(), n in 0..4usize, put in "[<>&;:'\"=/!?\\-\\]\\[ a-cx0-9\n\t\u{e9}\u{b7}]{0,3}"
    ) {
        let (Some(head), Some(tail)) = (SAMPLE.get(..at), SAMPLE.get((at + n).min(SAMPLE.len())..)) else {
            return Ok(());
        };
        let spoilt = format!("{head}{put}{tail}");
        if let Ok(said) = read(&spoilt) {
            prop_assert_eq!(Some(said), judge(&spoilt), "{}", spoilt);
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,40}") {
        let _ = read(&text);
    }
}
