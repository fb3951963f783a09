//! Our mail clients against the simulated operator, over real sockets and TLS.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::time::Duration;

use mail::report::{Action, DispositionKind, IntegrationFailure};
use mail::{Address, Attachment, Date, Mailbox, Message, MessageId, Report};
use sandbox::mss::{
    BounceForm, FaultPlan, Grammar, Mss, MssHandle, Protection, Reading, Refusal, Registration, Settings,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use transport::credentials::Credentials;
use transport::imap::{Authentication, Cursor, ImapBox, ImapError, ImapSettings, Polled};
use transport::smtp::{Envelope, Notify, Outcome, SmtpClient, SmtpError, SmtpSettings, Stage};
use transport::tls::{ClientTls, Security, Versions, client_config};

const SENDER: &str = "sgl_auto@labo.mssante.fr";
const PATIENT: &str = "279035121518989@patient.mssante.fr";
const LIMIT: Duration = Duration::from_secs(10);

async fn start(settings: Settings) -> MssHandle {
    Mss::start(settings).await.unwrap()
}

fn security(mss: &MssHandle, versions: Versions) -> Security {
    let tls = ClientTls { roots_pem: mss.ca_pem.as_bytes(), versions, ..ClientTls::default() };
    Security::StartTls { config: client_config(&tls).unwrap(), server_name: "localhost".to_owned() }
}

fn credentials() -> Credentials {
    Credentials::Password { login: SENDER.to_owned(), password: String::new() }
}

fn client(mss: &MssHandle) -> SmtpClient {
    SmtpClient::new(smtp_settings(mss))
}

fn smtp_settings(mss: &MssHandle) -> SmtpSettings {
    SmtpSettings {
        credentials: Some(credentials()),
        ..SmtpSettings::new("127.0.0.1", mss.smtp_addr.port(), security(mss, Versions::Tls12AndLater))
    }
}

fn imap_settings(mss: &MssHandle) -> ImapSettings {
    let security = security(mss, Versions::Tls12AndLater);
    ImapSettings::new("127.0.0.1", mss.imap_addr.port(), security, credentials())
}

async fn poll(mss: &MssHandle, cursor: Cursor) -> Polled {
    ImapBox::connect(imap_settings(mss)).await.unwrap().poll(cursor).await.unwrap()
}

/// The answers in the sender's box, decoded.
async fn answers(mss: &MssHandle) -> Vec<mail::Decoded> {
    let polled = poll(mss, Cursor::default()).await;
    polled.messages.iter().map(|(_, bytes)| mail::report::decode(bytes)).collect()
}

fn message(id: &str, content: &[u8]) -> Vec<u8> {
    let from = Address::parse(SENDER).unwrap();
    let to = Address::parse(PATIENT).unwrap();
    Message {
        date: Date { seconds_since_epoch: 1_704_360_030, offset_minutes: 60 },
        message_id: &MessageId::parse(id).unwrap(),
        from: Mailbox { display_name: Some("Laboratoire – Bio"), address: &from },
        to: &[Mailbox::bare(&to)],
        reply_to: None,
        subject: "XDM/1.0/DDM+CR d'examens biologiques PAT-TROIS DOMINIQUE",
        in_reply_to: None,
        references: &[],
        disposition_notification_to: Some(&from),
        return_receipt_to: Some(&from),
        extra: &[("X-MSS-INS", "O")],
        text: ".Un point au début\n..et deux\nRésultat joint.\n",
        attachments: &[Attachment { media_type: "application/zip", file_name: "IHE_XDM.zip", content }],
        boundary: "b-1",
    }
    .encode()
    .unwrap()
}

fn envelope(to: &str) -> Envelope<'_> {
    Envelope { from: SENDER, to, envelope_id: Some("doc-1"), notify: Notify::Everything }
}

fn assert_accepted(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_report_goes_out_over_tls_and_its_delivery_status_comes_back() {
    let mss = start(Settings::default()).await;
    let bytes = message("d-1@labo.mssante.fr", &[7; 150_000]);
    let outcome = client(&mss).send(&envelope(PATIENT), &bytes).await;
    assert!(matches!(outcome, Outcome::Accepted { reports_expected: true, .. }), "{outcome:?}");

    let stored = mss.messages(PATIENT, 10);
    assert_eq!(stored.len(), 1);
    assert_eq!(mss.submitted(stored[0].id).unwrap(), bytes);
    assert_eq!(mss.received("d-1@labo.mssante.fr"), 1);

    let answers = answers(&mss).await;
    let [answer] = answers.as_slice() else { panic!("one answer") };
    let Report::Delivery(status) = &answer.report else { panic!("{answer:?}") };
    assert_eq!(status.original_envelope_id.as_deref(), Some("doc-1"));
    let [recipient] = status.recipients.as_slice() else { panic!("one recipient") };
    assert_eq!(recipient.action, Action::Relayed);
    assert_eq!(recipient.final_recipient.as_deref(), Some(PATIENT));
    assert_eq!(recipient.original_recipient.as_deref(), Some(PATIENT));
    assert_eq!(answer.about(), ["d-1@labo.mssante.fr"]);
}

#[tokio::test]
async fn both_protocol_versions_and_no_other_authority_are_accepted() {
    let mss = start(Settings::default()).await;
    let other = start(Settings::default()).await;
    let port = mss.smtp_addr.port();
    for versions in [Versions::Tls12Only, Versions::Tls12AndLater] {
        let settings = SmtpSettings::new("127.0.0.1", port, security(&mss, versions));
        SmtpClient::new(settings).probe().await.unwrap();
    }
    let stranger = security(&other, Versions::Tls12AndLater);
    let refused = SmtpClient::new(SmtpSettings::new("127.0.0.1", port, stranger.clone()));
    let outcome = refused.send(&envelope(PATIENT), &message("d@l", b"")).await;
    assert!(matches!(outcome, Outcome::NotSent(SmtpError::Io { .. })), "{outcome:?}");
    let settings = ImapSettings { security: stranger, ..imap_settings(&mss) };
    let error = ImapBox::connect(settings).await.unwrap_err();
    assert!(matches!(error, ImapError::Io { .. }), "{error:?}");
    assert_eq!(mss.statistics().n_accepted, 0);
}

#[tokio::test]
async fn a_client_certificate_is_asked_for_when_the_operator_wants_one() {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["sgl".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let identity = transport::tls::Identity {
        certificate_chain_pem: certificate.pem().into_bytes(),
        private_key_pem: key.serialize_pem().into_bytes(),
    };
    let mss = start(Settings { client_roots_pem: Some(authority.pem().into_bytes()), ..Settings::default() }).await;
    let send = async |identity| {
        let roots_pem = mss.ca_pem.as_bytes();
        let tls = ClientTls { roots_pem, identity, ..ClientTls::default() };
        let security = Security::StartTls { config: client_config(&tls).unwrap(), server_name: "localhost".to_owned() };
        let settings = SmtpSettings {
            credentials: Some(credentials()),
            ..SmtpSettings::new("127.0.0.1", mss.smtp_addr.port(), security)
        };
        SmtpClient::new(settings).send(&envelope(PATIENT), &message("d@l", b"")).await
    };
    let without = send(None).await;
    assert!(matches!(without, Outcome::NotSent(_)), "{without:?}");
    assert_accepted(&send(Some(&identity)).await);
}

#[tokio::test]
async fn one_connection_serves_many_messages_and_a_refusal_does_not_end_it() {
    let mss = start(Settings::default()).await;
    let client = client(&mss);
    for i in 0..20 {
        let bytes = message(&format!("d-{i}@labo"), b"PK");
        assert_accepted(&client.send(&envelope(PATIENT), &bytes).await);
        let outcome = client.send(&envelope("dr@ailleurs.fr"), &bytes).await;
        let Outcome::Refused { stage, code, enhanced, permanent, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((stage, code, permanent), (Stage::Recipient, 550, true));
        assert_eq!(enhanced.as_deref(), Some("5.1.2"));
    }
    assert_eq!(mss.statistics().n_connections, 1);
    assert_eq!(mss.statistics().n_accepted, 20);
    client.close().await;
    let outcome = client.send(&envelope(PATIENT), b"x\r\n").await;
    assert!(matches!(outcome, Outcome::NotSent(SmtpError::ShutDown)), "{outcome:?}");
}

#[tokio::test]
async fn many_messages_at_once_share_the_allowed_connections() {
    let mss = start(Settings::default()).await;
    let client = std::sync::Arc::new(client(&mss));
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..40 {
        let client = client.clone();
        tasks.spawn(async move {
            let bytes = message(&format!("d-{i}@labo"), &[3; 20_000]);
            client.send(&envelope(PATIENT), &bytes).await
        });
    }
    while let Some(outcome) = tasks.join_next().await {
        assert_accepted(&outcome.unwrap());
    }
    assert!(mss.statistics().n_connections <= 4);
    assert_eq!(mss.messages(PATIENT, 100).len(), 40);
}

#[tokio::test]
async fn a_lost_acknowledgment_is_unknown_and_a_retry_shows_as_a_duplicate() {
    let mss = start(Settings::default()).await;
    let client = client(&mss);
    mss.faults().set(FaultPlan { lose_acknowledgments: 1, ..FaultPlan::default() });
    let bytes = message("d-1@labo", b"PK");
    let outcome = client.send(&envelope(PATIENT), &bytes).await;
    assert!(matches!(outcome, Outcome::Unknown(SmtpError::Closed { .. })), "{outcome:?}");
    assert_eq!(mss.received("d-1@labo"), 1);
    assert_accepted(&client.send(&envelope(PATIENT), &bytes).await);
    assert_eq!(mss.received("d-1@labo"), 2);
}

#[tokio::test]
async fn a_slow_operator_is_unknown_after_the_limit() {
    let mss = start(Settings::default()).await;
    mss.faults().set(FaultPlan { slow_ms: 60_000, ..FaultPlan::default() });
    let final_timeout = Duration::from_millis(200);
    let client = SmtpClient::new(SmtpSettings { final_timeout, ..smtp_settings(&mss) });
    let outcome = client.send(&envelope(PATIENT), &message("d-1@labo", b"PK")).await;
    assert!(matches!(outcome, Outcome::Unknown(SmtpError::TimedOut { .. })), "{outcome:?}");
    assert_eq!(mss.received("d-1@labo"), 1);
}

#[tokio::test]
async fn an_operator_that_goes_down_and_comes_back_loses_nothing() {
    let mss = start(Settings::default()).await;
    let client = client(&mss);
    let bytes = message("d-1@labo", b"PK");
    client.probe().await.unwrap();
    mss.faults().set(FaultPlan { down: true, ..FaultPlan::default() });
    let outcome = client.send(&envelope(PATIENT), &bytes).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
    assert!(ImapBox::connect(imap_settings(&mss)).await.is_err());
    mss.faults().clear();
    assert_accepted(&client.send(&envelope(PATIENT), &bytes).await);
    assert_eq!(mss.received("d-1@labo"), 1);
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced_without_a_loss() {
    let mss = start(Settings::default()).await;
    let client = client(&mss);
    assert_accepted(&client.send(&envelope(PATIENT), &message("d-1@labo", b"PK")).await);
    // The operator closes the kept connection at its next command, then serves again.
    mss.faults().set(FaultPlan { down: true, ..FaultPlan::default() });
    let first = client.send(&envelope(PATIENT), &message("d-2@labo", b"PK")).await;
    assert!(matches!(first, Outcome::NotSent(_)), "{first:?}");
    mss.faults().clear();
    assert_accepted(&client.send(&envelope(PATIENT), &message("d-2@labo", b"PK")).await);
    assert_eq!(mss.received("d-2@labo"), 1);
}

#[tokio::test]
async fn unknown_boxes_and_refusals_on_request_tell_code_and_kind() {
    let boxes = BTreeSet::from([PATIENT.to_owned(), SENDER.to_owned()]);
    let domains = BTreeSet::from(["chb.mssante.fr".to_owned()]);
    let registration = Registration::Known { boxes, domains };
    let mss = start(Settings { registration, ..Settings::default() }).await;
    let client = client(&mss);
    let bytes = message("d-1@labo", b"PK");
    assert_accepted(&client.send(&envelope(PATIENT), &bytes).await);
    assert_accepted(&client.send(&envelope("dr@CHB.mssante.fr"), &bytes).await);
    let outcome = client.send(&envelope("inconnu@x.mssante.fr"), &bytes).await;
    let Outcome::Refused { code: 550, enhanced, permanent: true, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(enhanced.as_deref(), Some("5.1.1"));
    let refuse = Some(Refusal { code: 452, times: 1, mailbox: None });
    mss.faults().set(FaultPlan { refuse, ..FaultPlan::default() });
    let outcome = client.send(&envelope(PATIENT), &bytes).await;
    assert!(matches!(outcome, Outcome::Refused { code: 452, permanent: false, .. }), "{outcome:?}");
    assert_accepted(&client.send(&envelope(PATIENT), &bytes).await);
}

#[tokio::test]
async fn a_message_too_large_is_refused_before_it_is_sent_or_by_the_operator() {
    let max_message_bytes = 50_000;
    let mss = start(Settings { max_message_bytes, ..Settings::default() }).await;
    let bytes = message("d-1@labo", &[1; 60_000]);
    let outcome = client(&mss).send(&envelope(PATIENT), &bytes).await;
    let Outcome::NotSent(SmtpError::TooLarge { limit_bytes }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(limit_bytes, max_message_bytes);
    assert_eq!(mss.statistics().n_accepted, 0);
}

#[tokio::test]
async fn bounces_in_both_forms_and_duplicate_or_lost_reports_are_told_apart() {
    let mss = start(Settings::default()).await;
    let client = client(&mss);
    for bounce_form in [BounceForm::Report, BounceForm::PlainText] {
        mss.faults().set(FaultPlan { bounces: 1, bounce_form, ..FaultPlan::default() });
        assert_accepted(&client.send(&envelope(PATIENT), &message("d-1@labo", b"PK")).await);
    }
    assert!(mss.messages(PATIENT, 10).is_empty());
    mss.faults().set(FaultPlan { duplicate_reports: 1, ..FaultPlan::default() });
    assert_accepted(&client.send(&envelope(PATIENT), &message("d-2@labo", b"PK")).await);
    mss.faults().set(FaultPlan { lose_reports: 1, ..FaultPlan::default() });
    assert_accepted(&client.send(&envelope(PATIENT), &message("d-3@labo", b"PK")).await);

    let answers = answers(&mss).await;
    assert_eq!(answers.len(), 4);
    let Report::Delivery(status) = &answers[0].report else { panic!("{:?}", answers[0]) };
    assert_eq!(status.recipients[0].action, Action::Failed);
    assert_eq!(status.recipients[0].smtp_code(), Some(550));
    assert!(matches!(answers[1].report, Report::Bounce(_)), "{:?}", answers[1]);
    assert_eq!(answers[1].about(), ["d-1@labo"]);
    assert_eq!(answers[2].message_id, answers[3].message_id);
    assert_eq!(answers[2].about(), ["d-2@labo"]);
}

#[tokio::test]
async fn receipts_and_integration_failures_in_every_form_are_understood() {
    let mss = start(Settings::default()).await;
    let client = client(&mss);
    let envelope = Envelope { notify: Notify::Never, ..envelope(PATIENT) };
    assert_accepted(&client.send(&envelope, &message("d-1@labo", b"PK")).await);
    let id = mss.messages(PATIENT, 1)[0].id;
    let failed =
        |grammar| Reading::NotIntegrated { code: 902, text: "Identifiant de patient inconnu".to_owned(), grammar };
    for reading in
        [Reading::Displayed, Reading::Integrated, failed(Grammar::V1_1_2), failed(Grammar::V1_1_3), Reading::Deleted]
    {
        assert!(mss.read(id, &reading));
    }
    assert!(mss.messages(PATIENT, 1)[0].is_seen);

    let answers = answers(&mss).await;
    let kinds: Vec<_> = answers
        .iter()
        .map(|answer| {
            let Report::Disposition(d) = &answer.report else { panic!("{answer:?}") };
            assert_eq!(d.original_message_id.as_deref(), Some("d-1@labo"));
            assert_eq!(d.final_recipient.as_deref(), Some(PATIENT));
            assert_eq!(answer.about()[0], "d-1@labo");
            (d.kind, d.error_code(), answer.integration_failure.map(|f| f.code))
        })
        .collect();
    assert_eq!(
        kinds,
        [
            (DispositionKind::Displayed, None, None),
            (DispositionKind::Processed, None, None),
            (DispositionKind::Processed, Some(902), Some(902)),
            (DispositionKind::Processed, Some(902), Some(902)),
            (DispositionKind::Deleted, None, None),
        ]
    );
}

#[tokio::test]
async fn without_a_receipt_request_only_an_integration_failure_is_told_by_an_ordinary_mail() {
    let mss = start(Settings::default()).await;
    let bytes = b"From: a@labo.mssante.fr\r\nMessage-ID: <d-9@labo>\r\nSubject: XDM/1.0/DDM+CR\r\n\r\nx\r\n";
    let envelope = Envelope { notify: Notify::Unspecified, ..envelope(PATIENT) };
    assert_accepted(&client(&mss).send(&envelope, bytes).await);
    let id = mss.messages(PATIENT, 1)[0].id;
    assert!(!mss.read(id, &Reading::Displayed));
    let text = "INS absente".to_owned();
    assert!(mss.read(id, &Reading::NotIntegrated { code: 903, text, grammar: Grammar::V1_1_3 }));
    assert!(!mss.read(9999, &Reading::Displayed));
    let answers = answers(&mss).await;
    let [answer] = answers.as_slice() else { panic!("one answer") };
    assert_eq!(answer.report, Report::Other);
    assert_eq!(answer.integration_failure, Some(IntegrationFailure { code: 903 }));
    assert_eq!(answer.returned_message_id.as_deref(), Some("d-9@labo"));
}

#[tokio::test]
async fn the_return_box_is_read_from_where_it_stopped_and_again_when_renumbered() {
    let mss = start(Settings::default()).await;
    let client = client(&mss);
    let send = async |n: usize| {
        for i in 0..n {
            let bytes = message(&format!("d-{i}@labo"), b"PK");
            assert_accepted(&client.send(&envelope(PATIENT), &bytes).await);
        }
    };
    for authentication in [Authentication::Plain, Authentication::Login] {
        let settings = ImapSettings { authentication, batch: 2, ..imap_settings(&mss) };
        let mut inbox = ImapBox::connect(settings).await.unwrap();
        let before = inbox.poll(Cursor::default()).await.unwrap();
        send(5).await;
        let polled = inbox.poll(before.cursor).await.unwrap();
        assert_eq!(polled.messages.len(), 5);
        assert!(!polled.was_renumbered && !polled.has_more);
        let again = inbox.poll(polled.cursor).await.unwrap();
        assert!(again.messages.is_empty());
        assert_eq!(again.cursor, polled.cursor);
        inbox.logout().await;
    }
    // Looking is not reading.
    assert_eq!(mss.mailboxes().iter().find(|m| m.address == SENDER).unwrap().n_unseen, 10);

    let cursor = poll(&mss, Cursor::default()).await.cursor;
    mss.renumber(SENDER);
    let polled = poll(&mss, cursor).await;
    assert!(polled.was_renumbered);
    assert_eq!(polled.messages.len(), 10);
    assert_ne!(polled.cursor.uid_validity, cursor.uid_validity);
}

#[tokio::test]
async fn a_message_beyond_the_bound_is_skipped_and_told() {
    let mss = start(Settings::default()).await;
    let client = client(&mss);
    for n in [10, 60_000, 10] {
        let outcome = client.send(&envelope(SENDER), &message("d@labo", &vec![1; n])).await;
        assert_accepted(&outcome);
    }
    let settings = ImapSettings { max_message_bytes: 20_000, ..imap_settings(&mss) };
    let polled = ImapBox::connect(settings).await.unwrap().poll(Cursor::default()).await.unwrap();
    assert_eq!(polled.skipped.len(), 1);
    // Two small messages and three delivery reports.
    assert_eq!(polled.messages.len(), 5);
    assert_eq!(polled.cursor.next_uid, 7);
}

#[tokio::test]
async fn clear_text_is_refused_unless_both_sides_are_told_otherwise() {
    let mss = start(Settings::default()).await;
    let plain = |mss: &MssHandle| SmtpSettings::new("127.0.0.1", mss.smtp_addr.port(), Security::PlainLoopback);
    let outcome = SmtpClient::new(plain(&mss)).send(&envelope(PATIENT), &message("d@l", b"")).await;
    assert!(matches!(outcome, Outcome::Refused { code: 530, .. }), "{outcome:?}");

    // Protected, but nobody logged in.
    let settings = SmtpSettings { credentials: None, ..smtp_settings(&mss) };
    let outcome = SmtpClient::new(settings).send(&envelope(PATIENT), &message("d@l", b"")).await;
    assert!(matches!(outcome, Outcome::Refused { code: 530, .. }), "{outcome:?}");

    let mss = start(Settings { protection: Protection::Optional, ..Settings::default() }).await;
    let client = SmtpClient::new(plain(&mss));
    assert_accepted(&client.send(&envelope(PATIENT), &message("d@l", b"")).await);
    let settings = ImapSettings { security: Security::PlainLoopback, ..imap_settings(&mss) };
    let mut inbox = ImapBox::connect(settings).await.unwrap();
    assert_eq!(inbox.poll(Cursor::default()).await.unwrap().messages.len(), 1);
}

#[tokio::test]
async fn faults_and_readings_can_be_asked_for_over_http() {
    let mss = start(Settings::default()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, mss.router()).into_future());
    let request = async |method: &str, path: &str, body: &str| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = request("POST", "/sandbox/mss/faults", r#"{"lose_acknowledgments": 1, "slow_ms": 1}"#).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let outcome = client(&mss).send(&envelope(PATIENT), &message("d-1@labo", b"")).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    let answer = request("GET", "/sandbox/mss/received?message_id=d-1%40labo", "").await;
    assert!(answer.ends_with(r#"{"n_received":1}"#), "{answer}");
    let answer = request("GET", "/sandbox/mss/faults", "").await;
    assert!(answer.contains(r#""lose_acknowledgments":0"#), "{answer}");
    let path = format!("/sandbox/mss/messages/{}/read", mss.messages(PATIENT, 1)[0].id);
    let answer = request("POST", &path, r#"{"did":"failed","code":902,"text":"inconnu"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(mss.wait_for(SENDER, 2, LIMIT).await);
    let answer = request("POST", "/sandbox/mss/faults", r#"{"unknown": 1}"#).await;
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    server.abort();
}

#[tokio::test]
async fn hostile_lines_and_endless_messages_are_bounded() {
    let settings = Settings { protection: Protection::Optional, max_message_bytes: 30_000, ..Settings::default() };
    let mss = start(settings).await;
    // An endless line closes the connection.
    for address in [mss.smtp_addr, mss.imap_addr] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(&vec![b'a'; 300_000]).await;
        let mut rest = Vec::new();
        let read = tokio::time::timeout(LIMIT, stream.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "the connection stays open");
    }
    // A message that lies about its size, with the final dot cut at every place.
    for cut in 0..5 {
        let mut stream = tokio::net::TcpStream::connect(mss.smtp_addr).await.unwrap();
        let head = format!("EHLO x\r\nMAIL FROM:<{SENDER}> SIZE=10\r\nRCPT TO:<{PATIENT}>\r\nDATA\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&b"0123456789\r\n".repeat(6000)).await.unwrap();
        stream.write_all(&b"x\r\n.\r\n"[..1 + cut]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        stream.write_all(&b"x\r\n.\r\n"[1 + cut..]).await.unwrap();
        stream.write_all(b"NOOP\r\nQUIT\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("354 "), "{answer}");
        assert!(
            answer.ends_with("552 5.3.4 Message size exceeds fixed limit\r\n250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n"),
            "{answer}"
        );
    }
    assert_eq!(mss.statistics().n_accepted, 0);
}

/// A measure, with a floor low enough for a busy machine and an unoptimized build.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_200_kb_flow() {
    let mss = start(Settings { max_body_bytes: 20_000_000, ..Settings::default() }).await;
    let client = std::sync::Arc::new(client(&mss));
    let bytes = std::sync::Arc::new(message("d-1@labo", &[5; 146_000]));
    let start = std::time::Instant::now();
    let n = 300;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..n {
        let (client, bytes) = (client.clone(), bytes.clone());
        tasks.spawn(async move { client.send(&envelope(PATIENT), &bytes).await });
    }
    while let Some(outcome) = tasks.join_next().await {
        assert_accepted(&outcome.unwrap());
    }
    let rate = f64::from(n) / start.elapsed().as_secs_f64();
    println!("{rate:.0} messages of {} bytes per second, client and operator together", bytes.len());
    assert!(rate > 20.0, "{rate}");
    assert!(mss.statistics().n_dropped_bodies > 0);
    assert_eq!(mss.received("d-1@labo"), 300);
}

#[tokio::test]
async fn a_box_tells_what_comes_while_one_waits() {
    let mss = start(Settings::default()).await;
    let client = client(&mss);
    let mut inbox = ImapBox::connect(imap_settings(&mss)).await.unwrap();
    let mut cursor = inbox.poll(Cursor::default()).await.unwrap().cursor;
    for n in 0..3 {
        // It comes before the wait, then during it.
        for during in [false, true] {
            let bytes = message(&format!("d-{n}-{during}@labo"), b"PK");
            let sent = async {
                tokio::time::sleep(Duration::from_millis(if during { 100 } else { 0 })).await;
                assert_accepted(&client.send(&envelope(PATIENT), &bytes).await);
            };
            if !during {
                sent.await;
                inbox = tokio::time::timeout(LIMIT, inbox.wait(LIMIT * 9, LIMIT * 9)).await.unwrap().unwrap();
            } else {
                let (waited, ()) = tokio::join!(tokio::time::timeout(LIMIT, inbox.wait(LIMIT * 9, LIMIT * 9)), sent);
                inbox = waited.unwrap().unwrap();
            }
            let polled = inbox.poll(cursor).await.unwrap();
            assert_eq!(polled.messages.len(), 1, "{n} {during}");
            cursor = polled.cursor;
        }
    }
    // Nothing comes: the wait ends all the same.
    let short = Duration::from_millis(50);
    let waited = tokio::time::timeout(LIMIT, inbox.wait(short, LIMIT * 9)).await.unwrap();
    assert!(waited.unwrap().poll(cursor).await.unwrap().messages.is_empty());
}
