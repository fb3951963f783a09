//! Answers: written, read back, and possible for any bytes.

use hl7v2::ack::{
    AckCode, AckError, ErrorCondition, ErrorDetail, Reply, Severity, acknowledge, acknowledge_undecodable, read,
};
use hl7v2::{FieldPath, Limits, SegmentName, Ts, decode};

fn reply<'a>(code: AckCode, errors: &'a [ErrorDetail]) -> Reply<'a> {
    let time = Ts::parse("20240104161502+0100").expect("a time");
    Reply { code, text: "", errors, time, control_id: "A1" }
}

const RECEIVED: &[u8] =
    b"MSH|^~\\&|GAM|CHU-X&1.2&ISO|DPI|LAB|20240306111154||ADT^A01^ADT_A01|3975|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8\r";

#[test]
fn an_answer_turns_the_header_around() {
    let message = decode(RECEIVED, &Limits::default()).expect("a message");
    let bytes = acknowledge(&message, &reply(AckCode::Accept, &[]));
    assert_eq!(
        String::from_utf8(bytes).expect("UTF-8"),
        "MSH|^~\\&|DPI|LAB|GAM|CHU-X&1.2&ISO|20240104161502+0100||ACK^A01^ACK|A1|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8\r\
         MSA|AA|3975\r"
    );
}

#[test]
fn errors_come_back_as_they_were_written() {
    let pid = SegmentName::new("PID").expect("a name");
    let mut first = ErrorDetail::new(ErrorCondition::RequiredFieldMissing).at(FieldPath::field(pid, 3).component(1));
    first.user_message = "L'identifiant manque | ou est vide".to_owned();
    let mut second = ErrorDetail::new(ErrorCondition::ApplicationError).at(FieldPath::msh(12));
    second.severity = Severity::Warning;
    second.application = Some(("900".to_owned(), "Autre\rOBX|1".to_owned(), "LOCAL".to_owned()));
    let errors = [first, second];

    let message = decode(RECEIVED, &Limits::default()).expect("a message");
    let mut wanted = reply(AckCode::Error, &errors);
    wanted.text = "Message refusé";
    let bytes = acknowledge(&message, &wanted);
    let answer = decode(&bytes, &Limits::default()).expect("our answer");
    assert_eq!(answer.segment("ERR").expect("an ERR").field(2).raw(), "PID^1^3^1^1");

    let acknowledgment = read(&answer).expect("an acknowledgment");
    assert_eq!(acknowledgment.code, AckCode::Error);
    assert_eq!(acknowledgment.control_id, "3975");
    assert_eq!(acknowledgment.text, "Message refusé");
    assert!(acknowledgment.errors == errors);
}

#[test]
fn the_answer_speaks_the_separators_and_character_set_of_the_sender() {
    let received = b"MSH$%~!@$A$B$C$D$2024$$ORU%R01$x$P$2.3$$$$$$8859/15\r";
    let message = decode(received, &Limits::default()).expect("a message");
    let mut wanted = reply(AckCode::Reject, &[]);
    wanted.text = "5 € → plus tard";
    let bytes = acknowledge(&message, &wanted);
    let answer = decode(&bytes, &Limits::default()).expect("our answer");
    assert_eq!(answer.delimiters(), message.delimiters());
    assert_eq!(answer.message_type().trigger, "R01");
    // The arrow is not in ISO 8859-15, the euro sign is.
    assert_eq!(read(&answer).expect("an acknowledgment").text, "5 € ? plus tard");
}

#[test]
fn bytes_that_are_no_message_are_answered_too() {
    let answered = |bytes: &[u8]| {
        let answer = acknowledge_undecodable(bytes, &reply(AckCode::Reject, &[]));
        let answer = decode(&answer, &Limits::default()).expect("our answer");
        let acknowledgment = read(&answer).expect("an acknowledgment");
        assert_eq!(acknowledgment.code, AckCode::Reject);
        acknowledgment.control_id
    };
    assert_eq!(answered(b""), "");
    assert_eq!(answered(b"hello"), "");
    assert_eq!(answered(b"MSH|^^^^|A"), "");
    assert_eq!(answered(b"MSH|^~\\&|A|B|C|D|2024||ORU^R01|77|P|2.5||||||KOI8-R\rPID|\xe0"), "77");
    assert_eq!(answered(b"MSH|^~\\&|A|B|C|D|2024||ORU^R01|7\x1c7|P|2.5"), "");
    assert_eq!(answered(b"\r\nMSH|^~\\&|A|B|C|D|2024||ORU^R01|77|P|2.5\rpid|"), "77");
}

#[test]
fn a_published_error_with_stray_spaces_is_read() {
    let bytes = b"MSH|^~\\&|PFI|O|SIL|L|2021||ACK^R01^ACK|016|P|2.5\rMSA|AR|015\r\
        ERR||MSH^1^12|203^ Unsupported version^messageErrorCondition| E\r";
    let acknowledgment = read(&decode(bytes, &Limits::default()).expect("a message")).expect("an acknowledgment");
    let error = &acknowledgment.errors[0];
    assert_eq!(error.condition, ErrorCondition::UnsupportedVersion);
    assert_eq!(error.severity, Severity::Error);
    assert_eq!(error.location.expect("a place").to_string(), "MSH-12");
}

#[test]
fn an_error_in_the_form_of_older_versions_is_read() {
    let bytes = b"MSH|^~\\&|P|O|S|L|2021||ACK|016|P|2.3\rMSA|CE|015\rERR|PID^2^3^101&Required field missing\r";
    let acknowledgment = read(&decode(bytes, &Limits::default()).expect("a message")).expect("an acknowledgment");
    assert_eq!(acknowledgment.code, AckCode::Error);
    let error = &acknowledgment.errors[0];
    assert_eq!(error.condition, ErrorCondition::RequiredFieldMissing);
    assert_eq!(error.location.expect("a place").to_string(), "PID[2]-3");
    assert_eq!(error.user_message, "Required field missing");
}

#[test]
fn what_is_no_acknowledgment_proves_nothing() {
    let read_bytes = |bytes: &[u8]| read(&decode(bytes, &Limits::default()).expect("a message"));
    assert_eq!(read_bytes(RECEIVED), Err(AckError::NoMsa));
    assert_eq!(read_bytes(b"MSH|^~\\&|A\rMSA|OK|1\r"), Err(AckError::UnknownCode));
}
