//! What holds for any input: no panic, and every text that is written is read back.

use std::fmt::Write;

use hl7v2::ack::{AckCode, Reply, acknowledge, acknowledge_undecodable, read};
use hl7v2::oru::Results;
use hl7v2::{Cell, Charset, Delimiters, Limits, MessageBuilder, Ts, decode};
use proptest::prelude::*;

use crate::describe::describe;

/// Text as hostile as laboratories and browsers make it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[|^~\\\\&\"\r\n\u{b}\u{1c}#.XEFSTR0-9a-f]{0,8}",
        Just("\r\nOBX|1|ST|X||injected\r".to_owned()),
        Just("<ClinicalDocument xmlns=\"urn:hl7-org:v3\">&amp;</ClinicalDocument>".to_owned()),
        Just("\\.br\\ \\H\\gras\\N\\ \\X0D\\".to_owned()),
        Just("\"\"".to_owned()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// Bytes that look like a message for long enough to reach every branch.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        "[|^~\\\\&\r\nA-Z0-9.\"]{0,20}".prop_map(String::into_bytes),
        Just(b"\rPID|".to_vec()),
        Just(b"\rOBX|1|ST|".to_vec()),
        Just(b"\rSPM|".to_vec()),
        Just(b"\nOBR|".to_vec()),
        Just(b"|\\XE9\\|".to_vec()),
    ];
    let head = prop_oneof![
        Just(b"MSH|^~\\&|A|B|C|D|2024||OUL^R22|1|P|2.5||||||8859/15".to_vec()),
        Just(b"MSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.5".to_vec()),
        Just(b"MSH".to_vec()),
        Just(b"\xef\xbb\xbf\r\nMSH|".to_vec()),
        Just(Vec::new()),
    ];
    (head, prop::collection::vec(piece, 0..12)).prop_map(|(head, pieces)| [head, pieces.concat()].concat())
}

fn reply() -> Reply<'static> {
    let time = Ts::parse("20240104").expect("a time");
    Reply { code: AckCode::Accept, text: "é|", errors: &[], time, control_id: "1" }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_decoding_panic_and_what_is_read_is_written_back(bytes in bytes()) {
        let undecodable = acknowledge_undecodable(&bytes, &reply());
        prop_assert!(decode(&undecodable, &Limits::default()).is_ok_and(|ack| read(&ack).is_ok()));
        if let Ok(message) = decode(&bytes, &Limits::default()) {
            let encoded = message.encode();
            let again = decode(&encoded, &Limits::default()).expect("our own bytes");
            prop_assert_eq!(again.encode(), encoded);
            let facts = |text: String| text.lines().filter(|l| !l.starts_with("quirk")).map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(facts(describe(&again)), facts(describe(&message)));

            let answer = decode(&acknowledge(&message, &reply()), &Limits::default()).expect("our answer");
            prop_assert!(read(&answer).is_ok());
            let n_lines: usize = message.segments().len();
            let results = Results::of(&message);
            prop_assert!(results.findings.len() <= n_lines);
            let n_bytes: usize = message.segments().map(|s| s.raw().len() + 1).sum();
            let n_hashed: usize = message.content_hash_input().map(<[u8]>::len).sum();
            prop_assert_eq!(n_hashed + message.header().field(7).raw().len(), n_bytes);
        }
    }

    #[test]
    fn any_text_written_in_any_cell_is_read_back(
        text in text(),
        field in 1_u16..30,
        repetition in 1_u16..4,
        component in 1_u16..6,
        subcomponent in 1_u16..4,
        neighbour in text(),
    ) {
        let mut builder = MessageBuilder::new(Charset::Utf8);
        let cell = Cell::field(field).repetition(repetition).component(component).subcomponent(subcomponent);
        builder.segment("PID").text(cell, &text).text(field + 1, &neighbour);
        builder.segment("OBX").text(5, &neighbour);
        let bytes = builder.encode().expect("UTF-8 holds everything");
        let message = decode(&bytes, &Limits::default()).expect("our own bytes");
        prop_assert_eq!(message.quirks(), &[]);
        prop_assert_eq!(message.segments().len(), 3);
        let pid = message.segment("PID").expect("a PID");
        let [field, repetition, component, subcomponent] = [field, repetition, component, subcomponent].map(usize::from);
        let found = pid.field(field).repetition(repetition).component(component).subcomponent(subcomponent);
        prop_assert_eq!(found.text(), text);
        prop_assert!(!found.is_null());
        prop_assert_eq!(pid.field(field + 1).text(), neighbour.as_str());
        prop_assert_eq!(message.segment("OBX").expect("an OBX").field(5).text(), neighbour);
    }

    #[test]
    fn any_text_survives_other_separators_and_sets(
        text in "[ -~é€œ\u{80}-\u{ff}\r\n]{0,30}",
        order in Just(b"|^~\\&#!$%*+,-/:;<=>?@[]_`{}()'".to_vec()).prop_shuffle(),
    ) {
        let delimiters = Delimiters::new(order[0], &order[1..6]).expect("distinct punctuation");
        for charset in [Charset::Utf8, Charset::Latin1, Charset::Latin9, Charset::Ascii] {
            if charset.encode(&text).is_err() {
                continue;
            }
            let mut builder = MessageBuilder::with_delimiters(charset, delimiters);
            // A name with a separator in it cannot be announced raw.
            builder.segment("NTE").text(3, &text);
            let bytes = builder.encode().expect("the set holds it");
            match decode(&bytes, &Limits::default()) {
                Ok(message) => {
                    prop_assert_eq!(message.charset(), charset);
                    prop_assert_eq!(message.segment("NTE").expect("an NTE").field(3).text(), text.as_str());
                }
                Err(error) => prop_assert!(charset.msh18().contains(char::from(order[0])) || charset.msh18().bytes().any(|b| order[1..6].contains(&b)), "{error}"),
            }
        }
    }

    #[test]
    fn no_text_makes_a_time_panic(text in "\\PC{0,20}", digits in "[0-9.+-]{0,24}") {
        for text in [text, digits] {
            if let Ok(ts) = Ts::parse(&text) {
                prop_assert_eq!(ts.to_string(), text);
            }
        }
    }
}

#[test]
fn debug_and_errors_never_show_what_a_message_holds() {
    let secret = "DOMINIQUE279035121518989";
    let bytes = format!("MSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.5\rPID|||{secret}^{secret}&{secret}\r");
    let message = decode(bytes.as_bytes(), &Limits::default()).expect("a message");
    let pid = message.segment("PID").expect("a PID");
    let component = pid.field(3).component(1);
    let mut shown = format!("{message:?} {pid:?} {:?} {component:?} {:?}", pid.field(3), component.subcomponent(1));
    let _ = write!(shown, " {:?} {:?}", Results::of(&message), pid.field(3).repetition(1));
    let broken = decode(format!("{bytes}{secret}\r").as_bytes(), &Limits::default()).expect_err("no segment name");
    let _ = write!(shown, " {broken} {broken:?} {:?}", Ts::parse(secret).expect_err("not a time"));
    assert!(!shown.contains("DOMINIQUE") && !shown.contains("27903"), "{shown}");
}

#[test]
fn two_sendings_of_the_same_content_hash_alike_and_only_they() {
    let input = |time: &str, value: &str, end: &str| {
        let text = format!("MSH|^~\\&|A|B|C|D|{time}||ORU^R01|1|P|2.5{end}OBX|1|ST|X||{value}{end}");
        let message = decode(text.as_bytes(), &Limits::default()).expect("a message");
        message.content_hash_input().collect::<Vec<_>>().concat()
    };
    assert_eq!(input("20240104", "1", "\r"), input("", "1", "\n"));
    assert_eq!(input("20240104", "1", "\r"), input("20240105161000", "1", "\r\n"));
    assert_ne!(input("20240104", "1", "\r"), input("20240104", "2", "\r"));
}
