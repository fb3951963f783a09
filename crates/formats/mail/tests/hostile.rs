//! What a peer may send to break a reader: sizes, depths, encodings, charsets. Whatever the bytes, a bounded value.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use mail::{
    Received,
    report::{self, MAX_FIELD_BYTES, Report},
};

fn mail(headers: &str, body: &str) -> Vec<u8> {
    format!("From: a@b.fr\r\nMessage-ID: <x@b.fr>\r\n{headers}\r\n\r\n{body}").into_bytes()
}

/// Both readers, on the same bytes.
fn read(bytes: &[u8]) -> (report::Decoded, Received) {
    (report::decode(bytes), Received::decode(bytes))
}

#[test]
fn a_subject_of_ten_megabytes_is_cut() {
    for subject in
        ["A".repeat(10 << 20), "=?UTF-8?B?".to_owned() + &"QUFB".repeat(3 << 20) + "?=", "é ".repeat(3 << 20)]
    {
        let (report, _) = read(&mail(&format!("Subject: {subject}"), "texte"));
        assert!(report.subject.len() <= MAX_FIELD_BYTES);
    }
    let folded = "Subject: a\r\n".to_owned() + &" a\r\n".repeat(2 << 20);
    assert!(read(&mail(folded.trim_end(), "texte")).0.subject.len() <= MAX_FIELD_BYTES);
}

#[test]
fn bombs_of_parts_and_depth_give_a_bounded_list() {
    let mut deep = Vec::new();
    for n in 0..20_000 {
        deep.extend(format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n").bytes());
    }
    let same = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(20_000).into_bytes();
    let wide = mail("Content-Type: multipart/mixed; boundary=b", &"--b\r\n\r\nx\r\n".repeat(200_000));
    let empty = mail("Content-Type: multipart/mixed; boundary=\"\"", &"--\r\n\r\nx\r\n".repeat(1000));
    let messages = mail("Content-Type: message/rfc822", &"Content-Type: message/rfc822\r\n\r\n".repeat(100_000));
    let parameters = mail(&format!("Content-Type: text/plain{}", "; a=b".repeat(200_000)), "x");
    let headers = mail(&"X-A: b\r\n".repeat(300_000), "x");
    for bytes in [deep, same, wide, empty, messages, parameters, headers] {
        let (report, received) = read(&bytes);
        assert_eq!(report.report, Report::Other);
        assert!(received.attachments.len() <= 200 && received.text.len() <= bytes.len());
    }
}

#[test]
fn encodings_that_end_badly_give_what_could_be_read() {
    for (encoding, body) in [
        ("base64", "UEs"),
        ("base64", "UEs="),
        ("base64", "U E s = ===="),
        ("base64", "\u{0}\u{1}!!!!"),
        ("base64", "====UEs="),
        ("quoted-printable", "a=4"),
        ("quoted-printable", "a="),
        ("quoted-printable", "=ZZ=\r\n="),
        ("x-uuencode", "begin 644 a\r\n#0V%T\r\nend"),
        ("8bit; 7bit", "é"),
    ] {
        let (report, received) = read(&mail(&format!("Content-Transfer-Encoding: {encoding}"), body));
        assert_eq!(report.report, Report::Other, "{encoding} {body:?}");
        assert!(received.text.len() <= 100, "{encoding} {body:?}");
    }
}

#[test]
fn foreign_charsets_are_read_or_shown_as_they_are() {
    let of = |charset: &str, body: &[u8]| {
        let mut bytes = mail(&format!("Content-Type: text/plain; charset={charset}"), "");
        bytes.extend_from_slice(body);
        read(&bytes).1.text
    };
    assert_eq!(of("iso-8859-1", b"\xe9t\xe9").trim(), "été");
    assert_eq!(of("windows-1252", b"\x80").trim(), "€");
    // No decoder: the bytes themselves, never an error, and no other charset guessed.
    for (charset, body) in [
        ("iso-2022-jp", "\x1b$B7k2L\x1b(B"),
        ("utf-7", "+AOk-"),
        ("x-unknown", "abc"),
        ("\"\"", "abc"),
        ("utf-16", "abc"),
    ] {
        assert!(of(charset, body.as_bytes()).len() <= 20, "{charset}");
    }
    assert!(of("utf-8", b"\xff\xfe\xfd").chars().all(|c| c == char::REPLACEMENT_CHARACTER));
    let (report, _) = read(&mail("Subject: =?x-unknown?Q?a=E9?= =?utf-7?B?K0FPay0=?= =?utf-8?B?###?=", "x"));
    assert!(report.subject.len() <= 200);
}

#[test]
fn nul_and_control_characters_never_leave_a_header_field() {
    let bytes = b"From: a@b.fr\r\nMessage-ID: <x\0\x1b[2J@b.fr>\r\nSubject: a\0\x07b\r\nIn-Reply-To: <y\0@b.fr>\r\n\
        Content-Type: message/delivery-status\r\n\r\nOriginal-Envelope-Id: e\0\r\n\r\nAction: failed\r\n\
        Final-Recipient: rfc822; a\0@b.fr\r\nDiagnostic-Code: smtp; 550 \0\x1bno\r\n";
    let (report, _) = read(bytes);
    let Report::Delivery(status) = &report.report else { panic!("{report:?}") };
    let texts = [Some(&report.subject), report.message_id.as_ref(), report.from.as_ref()];
    let told = [&status.original_envelope_id, &status.recipients[0].final_recipient, &status.recipients[0].diagnostic];
    let about = report.about();
    let all = texts.into_iter().flatten().chain(told.into_iter().flatten()).map(String::as_str).chain(about);
    for text in all {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

#[test]
fn a_notification_about_a_thousand_recipients_and_fields_is_bounded() {
    let group = format!("\r\nAction: delivered\r\nFinal-Recipient: rfc822; a@b.fr\r\n{}", "X: y\r\n".repeat(1000));
    let bytes = mail("Content-Type: message/delivery-status", &group.repeat(1000));
    let Report::Delivery(status) = read(&bytes).0.report else { panic!("a delivery status") };
    assert!(status.recipients.len() <= 200);
    let long = format!("Disposition: a;displayed\r\nOriginal-Message-ID: <{}@b.fr>\r\n", "x".repeat(5 << 20));
    let Report::Disposition(disposition) =
        read(&mail("Content-Type: message/disposition-notification", &long)).0.report
    else {
        panic!("a disposition")
    };
    assert!(disposition.original_message_id.is_none_or(|it| it.len() <= MAX_FIELD_BYTES));
}
