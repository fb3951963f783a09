//! Building the answer. It is always possible: values that could not be copied safely are left out.

use super::{AckCode, ErrorDetail};
use crate::{
    builder::{Cell, MessageBuilder, SegmentBuilder},
    charset::Charset,
    decode::Header,
    message::Message,
    ts::Ts,
};

/// Longest control id that is copied from an undecodable message (the limit of v2.7; 20 before).
const MAX_CONTROL_ID: usize = 199;
/// Longest header field that is copied from an undecodable message.
const MAX_COPIED_FIELD: usize = 227;

/// What to say.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// MSA-1.
    pub code: AckCode,
    /// MSA-3: a sentence for the sender; empty for none. Must not hold patient data.
    pub text: &'a str,
    /// ERR segments, for `Error` and `Reject`.
    pub errors: &'a [ErrorDetail],
    /// MSH-7 of the answer.
    pub time: Ts,
    /// MSH-10 of the answer, at most 20 characters for versions before 2.7.
    pub control_id: &'a str,
}

/// The answer to a message we read: `ACK^<event>^ACK`, sender and receiver exchanged, MSH-11, 12, 17 and 18 copied,
/// MSA-2 the control id received. Written with the sender's separators and character set; a character that the set does
/// not have becomes `?`.
pub fn acknowledge(received: &Message, reply: &Reply<'_>) -> Vec<u8> {
    let header = received.header();
    let field = |n: usize| header.field(n).raw();
    let mut answer = MessageBuilder::with_delimiters(received.charset(), received.delimiters());
    let version = match field(12) {
        "" => "2.5",
        version => version,
    };
    let copied = Copied {
        route: [5, 6, 3, 4].map(field),
        event: header.field(9).component(2).raw(),
        control_id: field(10),
        processing_id: field(11),
        version,
    };
    write(&mut answer, &copied, reply);
    copy(answer.header(), 17, field(17));
    if !field(18).is_empty() {
        copy(answer.header(), 18, field(18));
    }
    answer.encode_lossy()
}

/// The answer to bytes that are not a message: the same, with what can still be read of the header (its fields are copied
/// only when they are short printable ASCII), MSA-2 empty when there is no control id. In UTF-8.
pub fn acknowledge_undecodable(received: &[u8], reply: &Reply<'_>) -> Vec<u8> {
    let body = received.strip_prefix(b"\xef\xbb\xbf").unwrap_or(received).trim_ascii_start();
    let Ok(header) = Header::read(body) else {
        let mut answer = MessageBuilder::new(Charset::Utf8);
        write(&mut answer, &Copied { version: "2.5", ..Copied::default() }, reply);
        return answer.encode_lossy();
    };
    let field = |n: usize| printable(header.field(n), MAX_COPIED_FIELD);
    let event = field(9).split(char::from(header.delimiters.component)).nth(1).unwrap_or("");
    let version = match field(12) {
        "" => "2.5",
        version => version,
    };
    let copied = Copied {
        route: [5, 6, 3, 4].map(field),
        event,
        control_id: printable(header.field(10), MAX_CONTROL_ID),
        processing_id: field(11),
        version,
    };
    let mut answer = MessageBuilder::with_delimiters(Charset::Utf8, header.delimiters);
    write(&mut answer, &copied, reply);
    answer.encode_lossy()
}

fn printable(bytes: &[u8], max: usize) -> &str {
    let safe = bytes.len() <= max && bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
    if safe { str::from_utf8(bytes).unwrap_or("") } else { "" }
}

/// What comes from the received header, as ER7.
#[derive(Default)]
struct Copied<'a> {
    /// MSH-3 to MSH-6 of the answer.
    route: [&'a str; 4],
    event: &'a str,
    control_id: &'a str,
    processing_id: &'a str,
    version: &'a str,
}

fn write(answer: &mut MessageBuilder, copied: &Copied<'_>, reply: &Reply<'_>) {
    let header = answer.header();
    for (field, value) in (3..).zip(copied.route) {
        copy(header, field, value);
    }
    header.text(7, &reply.time.to_string()).text(9, "ACK").text(10, reply.control_id);
    if !copied.event.is_empty() {
        copy(header, Cell::field(9).component(2), copied.event);
        header.text(Cell::field(9).component(3), "ACK");
    }
    copy(header, 11, if copied.processing_id.is_empty() { "P" } else { copied.processing_id });
    copy(header, 12, copied.version);

    let msa = answer.segment("MSA");
    msa.text(1, reply.code.code()).text(3, reply.text);
    copy(msa, 2, copied.control_id);
    for error in reply.errors {
        write_error(answer.segment("ERR"), error);
    }
}

/// Copies ER7 of the sender; a LF that it kept inside a field is dropped.
fn copy(segment: &mut SegmentBuilder, cell: impl Into<Cell>, er7: &str) {
    if er7.bytes().any(|b| b.is_ascii_control()) {
        let clean: String = er7.chars().filter(|c| !c.is_ascii_control()).collect();
        segment.raw(cell, &clean);
    } else {
        segment.raw(cell, er7);
    }
}

fn write_error(segment: &mut SegmentBuilder, error: &ErrorDetail) {
    if let Some(at) = error.location {
        segment.text(2, at.segment.as_str());
        // ERL: segment, occurrence, field, repetition, component, subcomponent.
        let numbers = [at.occurrence, at.field, at.repetition, at.component, at.subcomponent];
        for (component, number) in (2..).zip(numbers).filter(|(_, number)| *number > 0) {
            segment.text(Cell::field(2).component(component), &number.to_string());
        }
    }
    segment.components(3, &[error.condition.code(), error.condition.text(), "HL70357"]);
    segment.text(4, error.severity.code());
    if let Some((code, text, system)) = &error.application {
        segment.components(5, &[code, text, system]);
    }
    segment.text(7, &error.diagnostic).text(8, &error.user_message);
}
