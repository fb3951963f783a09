//! The SMTP and IMAP clients against servers that misbehave on the wire, byte by byte.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use transport::credentials::{Credentials, Token};
use transport::imap::{Cursor, ImapBox, ImapError, ImapSettings};
use transport::smtp::{Envelope, Notify, Outcome, SmtpClient, SmtpError, SmtpSettings, Stage};
use transport::tls::{ClientTls, Security, client_config};

const ENVELOPE: Envelope<'_> =
    Envelope { from: "a@labo.mssante.fr", to: "b@chb.mssante.fr", envelope_id: None, notify: Notify::Everything };
const MESSAGE: &[u8] = b"Subject: s\r\n\r\nx\r\n";

/// Plays a dialog: `<text` is read to its end, `>text` is sent, `!` closes; then waits for the end.
/// Returns the port and what the client sent.
async fn script(steps: &'static [&'static str]) -> (u16, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let played = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        for step in steps {
            match step.split_at(1) {
                (">", text) => stream.write_all(text.as_bytes()).await.unwrap(),
                ("<", end) => heard.push(hear(&mut stream, end).await),
                _ => return heard,
            }
        }
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        heard
    });
    (port, played)
}

async fn hear(stream: &mut TcpStream, end: &str) -> String {
    let mut heard = Vec::new();
    while !heard.ends_with(end.as_bytes()) {
        match stream.read_u8().await {
            Ok(byte) => heard.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(heard).unwrap()
}

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        connect_timeout: Duration::from_secs(2),
        reply_timeout: Duration::from_millis(300),
        final_timeout: Duration::from_millis(300),
        ..SmtpSettings::new("127.0.0.1", port, Security::PlainLoopback)
    }
}

async fn send(steps: &'static [&'static str]) -> Outcome {
    let (port, _played) = script(steps).await;
    SmtpClient::new(settings(port)).send(&ENVELOPE, MESSAGE).await
}

#[tokio::test]
async fn without_extensions_the_dialog_is_the_one_of_rfc_5321() {
    let (port, played) = script(&[
        ">220 hello\r\n",
        "<\r\n",
        ">250 hello\r\n",
        "<\r\n",
        ">250 ok\r\n",
        "<\r\n",
        ">250 ok\r\n",
        "<\r\n",
        ">354 go\r\n",
        "<\r\n.\r\n",
        ">250-2.0.0 two\r\n250 2.0.0 lines\r\n",
        "!",
    ])
    .await;
    let outcome = SmtpClient::new(settings(port)).send(&ENVELOPE, MESSAGE).await;
    let Outcome::Accepted { reply, reports_expected } = outcome else { panic!("{outcome:?}") };
    assert_eq!((reply.as_str(), reports_expected), ("2.0.0 two 2.0.0 lines", false));
    assert_eq!(
        played.await.unwrap(),
        [
            "EHLO localhost\r\n",
            "MAIL FROM:<a@labo.mssante.fr>\r\n",
            "RCPT TO:<b@chb.mssante.fr>\r\n",
            "DATA\r\n",
            "Subject: s\r\n\r\nx\r\n.\r\n",
        ]
    );
}

#[tokio::test]
async fn before_the_final_dot_nothing_was_sent_and_after_it_nobody_knows() {
    const UP_TO_DATA: [&str; 9] = [
        ">220 hello\r\n",
        "<\r\n",
        ">250 hello\r\n",
        "<\r\n",
        ">250 ok\r\n",
        "<\r\n",
        ">250 ok\r\n",
        "<\r\n",
        ">354 go\r\n",
    ];
    for n in 0..UP_TO_DATA.len() {
        // Silence at every step.
        let steps: &'static [&'static str] = UP_TO_DATA[..n].to_vec().leak();
        let (port, _played) = script(steps).await;
        let settings = SmtpSettings { connect_timeout: Duration::from_millis(300), ..settings(port) };
        let outcome = SmtpClient::new(settings).send(&ENVELOPE, MESSAGE).await;
        assert!(matches!(outcome, Outcome::NotSent(SmtpError::TimedOut { .. })), "{n}: {outcome:?}");
    }
    for (end, expects_closed) in [(&["<\r\n.\r\n", "!"][..], true), (&["<\r\n.\r\n"][..], false)] {
        let steps: &'static [&'static str] = [&UP_TO_DATA[..], end].concat().leak();
        match send(steps).await {
            Outcome::Unknown(SmtpError::Closed { .. }) => assert!(expects_closed),
            Outcome::Unknown(SmtpError::TimedOut { .. }) => assert!(!expects_closed),
            outcome => panic!("{outcome:?}"),
        }
    }
    for (reply, code) in [(">452 4.3.1 full\r\n", 452), (">554 5.6.0 no\r\n", 554)] {
        let steps: &'static [&'static str] = [&UP_TO_DATA[..], &["<\r\n.\r\n", reply]].concat().leak();
        let outcome = send(steps).await;
        let Outcome::Refused { stage, code: found, permanent, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((stage, found, permanent), (Stage::Content, code, code >= 500));
    }
    let steps: &'static [&'static str] = [&UP_TO_DATA[..], &["<\r\n.\r\n", ">what?\r\n"]].concat().leak();
    let outcome = send(steps).await;
    assert!(matches!(outcome, Outcome::Unknown(SmtpError::Protocol { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_pipelined_refusal_is_read_in_full_and_a_waiting_server_is_left_alone() {
    for data in ["554 5.5.1 no recipients", "354 go on"] {
        let reply: &'static str =
            format!(">250 ok\r\n550-5.1.1 <b@chb.mssante.fr>\r\n550 5.1.1 unknown\r\n{data}\r\n").leak();
        let steps: &'static [&'static str] = vec![
            ">220 hello\r\n",
            "<\r\n",
            ">250-hello\r\n250-DSN\r\n250-SIZE 100000\r\n250 PIPELINING\r\n",
            "<DATA\r\n",
            reply,
            "<\r\n",
        ]
        .leak();
        let (port, played) = script(steps).await;
        let client = SmtpClient::new(settings(port));
        let outcome = client.send(&ENVELOPE, MESSAGE).await;
        let Outcome::Refused { stage: Stage::Recipient, code: 550, enhanced, text, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(enhanced.as_deref(), Some("5.1.1"));
        assert_eq!(text, "<b@chb.mssante.fr> 5.1.1 unknown");
        client.close().await;
        drop(client);
        let heard = played.await.unwrap();
        assert_eq!(
            heard[1],
            "MAIL FROM:<a@labo.mssante.fr> SIZE=17 RET=HDRS\r\nRCPT TO:<b@chb.mssante.fr> \
             NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;b@chb.mssante.fr\r\nDATA\r\n"
        );
        assert_eq!(heard[2] == "QUIT\r\n", data.starts_with("554"), "{heard:?}");
    }
}

#[tokio::test]
async fn a_refusing_greeting_tells_its_code() {
    let outcome = send(&[">421 4.3.2 closing\r\n", "!"]).await;
    let Outcome::Refused { stage, code, permanent, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((stage, code, permanent), (Stage::Greeting, 421, false));
}

#[tokio::test]
async fn endless_or_broken_replies_are_a_protocol_error() {
    let endless: &'static str = format!(">{}", "250-x\r\n".repeat(10_000)).leak();
    let long: &'static str = format!(">220 {}", "x".repeat(40_000)).leak();
    for steps in [
        vec![">220 hello\r\n", "<\r\n", endless],
        vec![long],
        vec![">SSH-2.0-OpenSSH\r\n"],
        vec![">\u{0}\u{1}\u{2}\r\n"],
        vec![">354 go\r\n"],
    ] {
        let outcome = send(steps.leak()).await;
        assert!(matches!(outcome, Outcome::NotSent(SmtpError::Protocol { .. })), "{outcome:?}");
    }
}

/// STARTTLS that trusts an authority nobody uses.
fn starttls() -> Security {
    let mut params = rcgen::CertificateParams::new(vec!["x".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let tls = ClientTls { roots_pem: pem.as_bytes(), ..ClientTls::default() };
    Security::StartTls { config: client_config(&tls).unwrap(), server_name: "localhost".to_owned() }
}

#[tokio::test]
async fn no_credential_and_no_message_leave_without_starttls() {
    let (port, played) = script(&[">220 hello\r\n", "<\r\n", ">250-hello\r\n250 AUTH PLAIN\r\n", "<never"]).await;
    let settings = SmtpSettings {
        security: starttls(),
        credentials: Some(Credentials::Password { login: "a@b".to_owned(), password: "secret".to_owned() }),
        ..settings(port)
    };
    let outcome = SmtpClient::new(settings).send(&ENVELOPE, MESSAGE).await;
    assert!(matches!(outcome, Outcome::NotSent(SmtpError::StartTlsMissing)), "{outcome:?}");
    assert_eq!(played.await.unwrap(), ["EHLO localhost\r\n", ""]);
}

#[tokio::test]
async fn replies_injected_before_the_handshake_are_refused() {
    let (port, _played) = script(&[">220 hello\r\n", "<\r\n", ">250 STARTTLS\r\n", "<\r\n"]).await;
    // The keyword on the greeting line of EHLO is not an extension.
    let first = SmtpSettings { security: starttls(), ..settings(port) };
    let outcome = SmtpClient::new(first).send(&ENVELOPE, MESSAGE).await;
    assert!(matches!(outcome, Outcome::NotSent(SmtpError::StartTlsMissing)), "{outcome:?}");

    let (port, _played) = script(&[
        ">220 hello\r\n",
        "<\r\n",
        ">250-hello\r\n250 STARTTLS\r\n",
        "<\r\n",
        ">220 go\r\n250-hello\r\n250 AUTH PLAIN\r\n",
    ])
    .await;
    let settings = SmtpSettings { security: starttls(), ..settings(port) };
    let outcome = SmtpClient::new(settings).send(&ENVELOPE, MESSAGE).await;
    assert!(matches!(outcome, Outcome::NotSent(SmtpError::Protocol { stage: "STARTTLS" })), "{outcome:?}");
}

#[tokio::test]
async fn a_line_end_alone_is_never_sent() {
    let client = SmtpClient::new(settings(9));
    for message in [&b"a\n.\r\nb\r\n"[..], b"a\r.\r\n"] {
        let outcome = client.send(&ENVELOPE, message).await;
        assert!(matches!(outcome, Outcome::NotSent(SmtpError::BareLineEnd)), "{outcome:?}");
    }
}

#[test]
fn nothing_printed_names_a_mailbox_or_a_password() {
    let outcome = Outcome::Refused {
        stage: Stage::Recipient,
        code: 550,
        enhanced: None,
        text: "<279035121518989@patient.mssante.fr> unknown".to_owned(),
        permanent: true,
    };
    assert!(!format!("{outcome:?}").contains("2790"));
    assert!(!format!("{ENVELOPE:?}").contains("chb"));
    let credentials = Credentials::Password { login: "a".to_owned(), password: "secret".to_owned() };
    let settings = SmtpSettings { credentials: Some(credentials), ..settings(1) };
    assert!(!format!("{settings:?}").contains("secret"));
}

fn by_token(text: &str) -> (Credentials, Token) {
    let token = Token::default();
    token.grant(text, Duration::from_secs(60)).unwrap();
    (Credentials::Token { mailbox: "org@labo.mssante.fr".to_owned(), token: token.clone() }, token)
}

#[tokio::test]
async fn a_token_is_given_when_asked_for_where_it_is_too_long_for_a_command_and_its_refusal_is_heard_out() {
    let refusal = [">334 eyJzdGF0dXMiOiI0MDEifQ==\r\n", "<\r\n", ">535 5.7.8 no\r\n"];
    for (length, n_lines) in [(40, 1), (2000, 2)] {
        let text = "x".repeat(length);
        let hello = [">220 hello\r\n", "<\r\n", ">250-hello\r\n250 AUTH PLAIN XOAUTH2\r\n", "<\r\n"];
        let asked = if n_lines == 2 { &[">334 \r\n", "<\r\n"][..] } else { &[] };
        let (port, played) = script([&hello[..], asked, &refusal].concat().leak()).await;
        let settings = SmtpSettings { credentials: Some(by_token(&text).0), ..settings(port) };
        let outcome = SmtpClient::new(settings).send(&ENVELOPE, MESSAGE).await;
        assert!(
            matches!(outcome, Outcome::Refused { stage: Stage::Authentication, code: 535, .. }),
            "{length}: {outcome:?}"
        );
        let heard = played.await.unwrap();
        assert_eq!(heard.last().map(String::as_str), Some("\r\n"), "an empty answer to the reason");
        let said = heard[n_lines].trim_end().rsplit(' ').next().unwrap().to_owned();
        let said = base64_simd::STANDARD.decode_to_vec(said).unwrap();
        let expected = format!("user=org@labo.mssante.fr\u{1}auth=Bearer {text}\u{1}\u{1}");
        assert_eq!(String::from_utf8(said).unwrap(), expected);
        assert!(heard.iter().all(|line| n_lines == 2 || line.len() <= 512));
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_asked_and_what_it_opened_is_not_used_again() {
    let hello = [">220 hello\r\n", "<\r\n", ">250-hello\r\n250 AUTH XOAUTH2\r\n"];
    let (port, played) = script(hello.to_vec().leak()).await;
    let (credentials, token) = by_token("short");
    token.withdraw();
    let client = SmtpClient::new(SmtpSettings { credentials: Some(credentials), ..settings(port) });
    let outcome = client.send(&ENVELOPE, MESSAGE).await;
    assert!(matches!(outcome, Outcome::NotSent(SmtpError::TokenMissing)), "{outcome:?}");
    assert_eq!(played.await.unwrap(), ["EHLO localhost\r\n"]);

    let (port, played) = script([&hello[..], &["<\r\n", ">235 ok\r\n"]].concat().leak()).await;
    let (credentials, token) = by_token("short");
    let client = SmtpClient::new(SmtpSettings { credentials: Some(credentials), ..settings(port) });
    client.probe().await.unwrap();
    token.withdraw();
    let outcome = client.send(&ENVELOPE, MESSAGE).await;
    // A new connection is asked for, which the script does not take; the kept one is closed without a word.
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
    assert_eq!(played.await.unwrap().len(), 2);
}

fn imap(port: u16) -> ImapSettings {
    let credentials = Credentials::Password { login: "a@b.fr".to_owned(), password: String::new() };
    ImapSettings {
        connect_timeout: Duration::from_secs(2),
        poll_timeout: Duration::from_secs(2),
        ..ImapSettings::new("127.0.0.1", port, Security::PlainLoopback, credentials)
    }
}

/// A server that does not tell of what comes.
const IMAP_OPEN: [&str; 9] = [
    ">* OK hello\r\n",
    "<\r\n",
    ">+ \r\n",
    "<\r\n",
    ">A0001 OK in\r\n",
    "<\r\n",
    ">* CAPABILITY IMAP4rev1\r\nA0002 OK x\r\n",
    "<\r\n",
    ">* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nA0003 OK [READ-WRITE] x\r\n",
];

#[tokio::test]
async fn a_body_that_does_not_come_keeps_the_cursor_before_it() {
    let steps: &'static [&'static str] = [
        &IMAP_OPEN[..],
        &[
            "<\r\n",
            ">* SEARCH 4 5\r\nA0004 OK x\r\n",
            "<\r\n",
            ">* 1 FETCH (UID 4 RFC822.SIZE 2)\r\n* 2 FETCH (UID 5 RFC822.SIZE 2)\r\nA0005 OK x\r\n",
            "<\r\n",
            ">* 1 FETCH (UID 4 BODY[] {2}\r\nab)\r\nA0006 NO half\r\n",
            "<\r\n",
            ">* SEARCH 5\r\nA0007 OK x\r\n",
            "<\r\n",
            ">* 2 FETCH (UID 5 RFC822.SIZE 2)\r\nA0008 OK x\r\n",
            "<\r\n",
            ">A0009 NO nothing\r\n",
        ],
    ]
    .concat()
    .leak();
    let (port, played) = script(steps).await;
    let mut inbox = ImapBox::connect(imap(port)).await.unwrap();
    let cursor = Cursor { uid_validity: 7, next_uid: 4 };
    let polled = inbox.poll(cursor).await.unwrap();
    assert_eq!(polled.messages, [(4, b"ab".to_vec())]);
    assert_eq!(polled.cursor, Cursor { uid_validity: 7, next_uid: 5 });
    assert!(polled.has_more);
    // No progress at all is an error, not an endless loop.
    let error = inbox.poll(polled.cursor).await.unwrap_err();
    assert!(matches!(error, ImapError::Protocol { stage: "FETCH" }), "{error:?}");
    drop(inbox);
    let heard = played.await.unwrap();
    assert_eq!(heard[4], "A0004 UID SEARCH UID 4:*\r\n");
    assert_eq!(heard[6], "A0006 UID FETCH 4:5 (UID BODY.PEEK[])\r\n");
}

#[tokio::test]
async fn a_silent_or_refusing_imap_server_is_told_apart() {
    let (port, _played) = script(&[">* OK hello\r\n", "<\r\n"]).await;
    let settings = ImapSettings { connect_timeout: Duration::from_millis(200), ..imap(port) };
    let error = ImapBox::connect(settings).await.unwrap_err();
    assert!(matches!(error, ImapError::TimedOut { .. }), "{error:?}");
    let (port, _played) = script(&[">* OK hello\r\n", "<\r\n", ">A0001 NO no\r\n"]).await;
    let error = ImapBox::connect(imap(port)).await.unwrap_err();
    assert!(matches!(error, ImapError::Refused { stage: "authentication" }), "{error:?}");
    let (port, _played) = script(&[">nonsense\r\n"]).await;
    let error = ImapBox::connect(imap(port)).await.unwrap_err();
    assert!(matches!(error, ImapError::Io { .. } | ImapError::Protocol { .. }), "{error:?}");
}

#[tokio::test]
async fn a_token_that_is_refused_by_an_imap_server_is_heard_out() {
    let (port, played) =
        script(&[">* OK hello\r\n", "<\r\n", ">+ \r\n", "<\r\n", ">+ eyJzIjoxfQ==\r\n", "<\r\n", ">A0001 NO no\r\n"])
            .await;
    let settings = ImapSettings { credentials: by_token("short").0, ..imap(port) };
    let error = ImapBox::connect(settings).await.unwrap_err();
    assert!(matches!(error, ImapError::Refused { stage: "authentication" }), "{error:?}");
    let heard = played.await.unwrap();
    assert_eq!((heard[0].as_str(), heard[2].as_str()), ("A0001 AUTHENTICATE XOAUTH2\r\n", "\r\n"));
    assert!(heard[1].starts_with("dXNlcj1vcmdAbGFiby5tc3NhbnRlLmZyAWF1dGg9QmVhcmVyIHNob3J0AQE="), "{}", heard[1]);
}

#[tokio::test]
async fn what_a_server_told_during_a_poll_ends_the_wait_at_once_and_one_that_does_not_tell_is_polled() {
    let told = ["<\r\n", ">* 3 EXISTS\r\n* SEARCH\r\nA0004 OK x\r\n"];
    let silent = ["<\r\n", ">* SEARCH\r\nA0004 OK x\r\n"];
    for (steps, at_once) in [(told, true), (silent, false)] {
        let (port, _played) = script([&IMAP_OPEN[..], &steps].concat().leak()).await;
        let mut inbox = ImapBox::connect(imap(port)).await.unwrap();
        inbox.poll(Cursor { uid_validity: 7, next_uid: 4 }).await.unwrap();
        let (short, long) = (Duration::from_millis(50), Duration::from_secs(600));
        let interval = if at_once { long } else { short };
        let waited = tokio::time::timeout(Duration::from_secs(10), inbox.wait(long, interval)).await;
        assert!(waited.unwrap().is_ok(), "{at_once}");
    }
}
