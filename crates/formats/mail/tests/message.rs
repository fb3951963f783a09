//! What the writer makes, read back by an independent reader and by hand.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use mail::{Address, Attachment, Date, EncodeError, Mailbox, Message, MessageId, Received};
use proptest::prelude::*;

struct Fixture {
    from: Address,
    to: Address,
    reply_to: Address,
    message_id: MessageId,
}

impl Fixture {
    fn new() -> Self {
        Self {
            from: Address::parse("sgl_auto@labo.mssante.fr").unwrap(),
            to: Address::parse("279035121518989@patient.mssante.fr").unwrap(),
            reply_to: Address::parse("secretariat@labo.mssante.fr").unwrap(),
            message_id: MessageId::parse("<d-1@labo.mssante.fr>").unwrap(),
        }
    }

    fn encode(&self, subject: &str, text: &str, attachments: &[Attachment<'_>]) -> Vec<u8> {
        self.encode_with(subject, text, attachments, "Hôpital C – Biologie", &[("X-MSS-INS", "O")])
    }

    fn encode_with(
        &self,
        subject: &str,
        text: &str,
        attachments: &[Attachment<'_>],
        name: &str,
        extra: &[(&str, &str)],
    ) -> Vec<u8> {
        self.message(subject, text, attachments, name, extra, "b-1").unwrap()
    }

    fn message(
        &self,
        subject: &str,
        text: &str,
        attachments: &[Attachment<'_>],
        name: &str,
        extra: &[(&str, &str)],
        boundary: &str,
    ) -> Result<Vec<u8>, EncodeError> {
        Message {
            date: Date { seconds_since_epoch: 1_704_360_030, offset_minutes: 60 },
            message_id: &self.message_id,
            from: Mailbox { display_name: Some(name), address: &self.from },
            to: &[Mailbox::bare(&self.to)],
            reply_to: Some(Mailbox::bare(&self.reply_to)),
            subject,
            in_reply_to: Some(&MessageId::parse("d-0@labo.mssante.fr").unwrap()),
            references: &[MessageId::parse("d-0@labo.mssante.fr").unwrap()],
            disposition_notification_to: Some(&self.from),
            return_receipt_to: Some(&self.from),
            extra,
            text,
            attachments,
            boundary,
        }
        .encode()
    }
}

#[test]
fn the_same_arguments_give_these_exact_bytes() {
    let attachment = Attachment { media_type: "application/zip", file_name: "IHE_XDM.zip", content: b"PK\x03\x04" };
    let bytes = Fixture::new().encode("XDM/1.0/DDM+CR PAT-TROIS DOMINIQUE", "Voir le résultat.", &[attachment]);
    let expected = "Date: Thu, 04 Jan 2024 10:20:30 +0100\r\n\
        Message-ID: <d-1@labo.mssante.fr>\r\n\
        From: =?UTF-8?Q?H=C3=B4pital_C_=E2=80=93_Biologie?=\r\n <sgl_auto@labo.mssante.fr>\r\n\
        To: 279035121518989@patient.mssante.fr\r\n\
        Reply-To: secretariat@labo.mssante.fr\r\n\
        In-Reply-To: <d-0@labo.mssante.fr>\r\n\
        References: <d-0@labo.mssante.fr>\r\n\
        Subject: XDM/1.0/DDM+CR PAT-TROIS DOMINIQUE\r\n\
        Return-Receipt-To: sgl_auto@labo.mssante.fr\r\n\
        Disposition-Notification-To: sgl_auto@labo.mssante.fr\r\n\
        X-MSS-INS: O\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=\"b-1\"\r\n\r\n\
        \r\n--b-1\r\n\
        Content-Type: text/plain; charset=UTF-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n\
        Voir le r=C3=A9sultat.\r\n\
        \r\n--b-1\r\n\
        Content-Type: application/zip; name=\"IHE_XDM.zip\"\r\n\
        Content-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"IHE_XDM.zip\"\r\n\r\n\
        UEsDBA==\r\n\
        \r\n--b-1--\r\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn an_independent_reader_finds_what_was_written() {
    let pdf: Vec<u8> = (0..100_000u32).map(|i| (i * 7 % 256) as u8).collect();
    let name = "20240104_CR d'examens_Électrophorèse_PAT-TROIS.pdf";
    let bytes = Fixture::new().encode(
        "XDM/1.0/DDM+CR NOÉMIE",
        "Bonjour,\nvoilà.\n",
        &[Attachment { media_type: "application/pdf", file_name: name, content: &pdf }],
    );
    let read = Received::decode(&bytes);
    assert_eq!(read.subject, "XDM/1.0/DDM+CR NOÉMIE");
    assert_eq!(read.text.replace("\r\n", "\n").trim_end(), "Bonjour,\nvoilà.");
    assert_eq!(read.attachments.len(), 1);
    assert_eq!(read.attachments[0].file_name.as_deref(), Some(name));
    assert_eq!(read.attachments[0].media_type, "application/pdf");
    assert!(read.attachments[0].content == pdf);
    assert_eq!(read.from.unwrap().display_name.as_deref(), Some("Hôpital C – Biologie"));
    assert_eq!(read.refers_to, ["d-0@labo.mssante.fr"]);
    assert_eq!(read.date_s, Some(1_704_360_030));
    assert_eq!(read.extra, [("X-MSS-INS".to_owned(), "O".to_owned())]);
}

#[test]
fn what_the_caller_got_wrong_is_refused() {
    let fixture = Fixture::new();
    let with_boundary = |boundary| fixture.message("s", "t", &[], "n", &[], boundary);
    assert_eq!(with_boundary("a\r\nb"), Err(EncodeError::Boundary));
    assert_eq!(with_boundary(""), Err(EncodeError::Boundary));
    for name in ["Bcc", "X-A: b\r\nBcc", "X-", "Content-Type", "X-É"] {
        let result = fixture.message("s", "t", &[], "n", &[(name, "v")], "b");
        assert_eq!(result, Err(EncodeError::ExtraHeader { index: 0 }), "{name}");
    }
    let attachment = Attachment { media_type: "text/plain\r\nX: y", file_name: "a", content: b"" };
    let result = fixture.message("s", "t", &[attachment], "n", &[], "b");
    assert_eq!(result, Err(EncodeError::MediaType { index: 0 }));
}

/// Names of the headers before the first empty line, continuation lines left out.
fn header_names(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes)
        .split("\r\n")
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap_or_default().to_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_value_adds_a_header_or_a_part_or_leaves_ascii_lines(
        subject in any::<String>(), text in any::<String>(), name in any::<String>(),
        file_name in any::<String>(), value in any::<String>(),
        content in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let attachment = Attachment { media_type: "a/b", file_name: &file_name, content: &content };
        let fixture = Fixture::new();
        let bytes = fixture.encode_with(&subject, &text, &[attachment], &name, &[("X-V", &value)]);
        let expected = fixture.encode_with("s", "t", &[attachment], "n", &[("X-V", "v")]);
        prop_assert_eq!(header_names(&bytes), header_names(&expected));
        prop_assert!(bytes.is_ascii());
        let as_text = String::from_utf8(bytes.clone()).unwrap();
        prop_assert!(as_text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        let read = Received::decode(&bytes);
        prop_assert_eq!(read.attachments.len(), 1);
        prop_assert!(read.attachments[0].content == content);
    }
}

/// A budget, not a benchmark: generous enough for a busy machine and a debug build.
#[test]
fn a_message_of_300_kb_is_written_fast() {
    let content = vec![0xA5u8; 220_000];
    let attachment = Attachment { media_type: "application/pdf", file_name: "a.pdf", content: &content };
    let fixture = Fixture::new();
    let best = (0..50)
        .map(|_| {
            let start = std::time::Instant::now();
            let bytes = fixture.encode("XDM/1.0/DDM+CR", "Bonjour", &[attachment]);
            assert!(bytes.len() > 300_000);
            start.elapsed()
        })
        .min()
        .unwrap();
    println!("300 kB message: {best:?}");
    assert!(best.as_micros() < 3000, "{best:?}");
}
