//! Python's standard library as an independent peer of our mail code. Skipped without python3.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use mail::{Address, Attachment, Date, Mailbox, Message, MessageId};
use sandbox::Sandbox;
use sandbox::mss::{Mss, Settings};
use sha1::{Digest, Sha1};
use transport::smtp::{Envelope, Notify, Outcome, SmtpClient, SmtpSettings};
use transport::tls::Security;

/// Whether python3 runs; says so when it does not.
fn has_python(what: &str) -> bool {
    let is_there = Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success());
    if !is_there {
        println!("skipped: 1 ({what}: python3 is missing)");
    }
    is_there
}

fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-W", "ignore", "-c", script]);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smtplib_sends_and_imaplib_reads_the_delivery_report() {
    if !has_python("smtplib and imaplib") {
        return;
    }
    let mss = Mss::start(Settings::default()).await.unwrap();
    let ca_file = std::env::temp_dir().join(format!("mss-ca-{}.pem", std::process::id()));
    std::fs::write(&ca_file, &mss.ca_pem).unwrap();
    let mut command = python(include_str!("mss_python/send_and_read.py"));
    command.arg(mss.smtp_addr.port().to_string()).arg(mss.imap_addr.port().to_string()).arg(&ca_file);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    std::fs::remove_file(&ca_file).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    assert_eq!(mss.received("py-1@labo"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smtplib_meets_each_fault_as_its_norm_describes_it() {
    if !has_python("smtplib against faults") {
        return;
    }
    let sandbox = Sandbox::start(sandbox::Settings::default()).await.unwrap();
    let mss = &sandbox.mss;
    let ca_file = std::env::temp_dir().join(format!("mss-faults-ca-{}.pem", std::process::id()));
    std::fs::write(&ca_file, &mss.ca_pem).unwrap();
    let mut command = python(include_str!("mss_python/faults.py"));
    command.arg(mss.smtp_addr.port().to_string()).arg(mss.imap_addr.port().to_string()).arg(&ca_file);
    command.arg(&sandbox.urls.mss_faults);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    std::fs::remove_file(&ca_file).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ok\n");
    // What was refused is nowhere, what was taken is there once.
    for (id, n) in
        [("grey@labo", 1), ("full-rcpt@labo", 0), ("full-data@labo", 0), ("full-dsn@labo", 0), ("end@labo", 1)]
    {
        assert_eq!(mss.received(id), n, "{id}");
    }
}

#[test]
fn the_email_module_finds_what_our_writer_wrote() {
    if !has_python("email") {
        return;
    }
    let from = Address::parse("sgl_auto@labo.mssante.fr").unwrap();
    let to = Address::parse("279035121518989@patient.mssante.fr").unwrap();
    let zip: Vec<u8> = (0..50_001u32).map(|i| (i * 13 % 256) as u8).collect();
    let pdf_name = "20240104_CR d'examens \"spéciaux\" œ 100%_Électrophorèse_PAT-TROIS.pdf";
    let subject = "XDM/1.0/DDM+CR d'examens biologiques PAT-TROIS Noémie-Élodie 28/03/1979 \
                   complément très long qui oblige à plier la ligne plusieurs fois, œuvre";
    let bytes = Message {
        date: Date { seconds_since_epoch: 1_704_360_030, offset_minutes: 60 },
        message_id: &MessageId::parse("d-1@labo.mssante.fr").unwrap(),
        from: Mailbox { display_name: Some("Hôpital C – Biologie, (site \"Nord\")"), address: &from },
        to: &[Mailbox { display_name: Some("Dominique \"D.\" PAT-TROIS, patient"), address: &to }],
        reply_to: Some(Mailbox::bare(&from)),
        subject,
        in_reply_to: None,
        references: &[],
        disposition_notification_to: Some(&from),
        return_receipt_to: Some(&from),
        extra: &[("X-MSS-NIL", "DEV935997"), ("X-MSS-CODECDA", "11502-2")],
        text: "Bonjour,\n\nvotre résultat = joint.   \n.\nFin\t\n",
        attachments: &[
            Attachment { media_type: "application/zip", file_name: "IHE_XDM.zip", content: &zip },
            Attachment { media_type: "application/pdf", file_name: pdf_name, content: b"%PDF" },
            Attachment { media_type: "text/csv", file_name: "vide;1\\2.csv", content: b"" },
        ],
        boundary: "=_b-1",
    }
    .encode()
    .unwrap();
    let mut child = python(include_str!("mss_python/parse.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sha1 = |content: &[u8]| Sha1::digest(content).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let expected = [
        format!("Subject={subject}"),
        "From=\"Hôpital C – Biologie, (site \\\"Nord\\\")\" <sgl_auto@labo.mssante.fr>".to_owned(),
        "To=\"Dominique \\\"D.\\\" PAT-TROIS, patient\" <279035121518989@patient.mssante.fr>".to_owned(),
        "Message-ID=<d-1@labo.mssante.fr>".to_owned(),
        "Date=Thu, 04 Jan 2024 10:20:30 +0100".to_owned(),
        "X-MSS-NIL=DEV935997".to_owned(),
        "text=Bonjour,||votre résultat = joint.   |.|Fin\t|".to_owned(),
        format!("file=application/zip;IHE_XDM.zip;{}", sha1(&zip)),
        format!("file=application/pdf;{pdf_name};{}", sha1(b"%PDF")),
        format!("file=text/csv;vide;1_2.csv;{}", sha1(b"")),
    ];
    let found = String::from_utf8(output.stdout).unwrap();
    let found: Vec<&str> = found.lines().collect();
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_client_speaks_to_a_server_it_has_never_met() {
    if !has_python("smtpd") {
        return;
    }
    if !python("import smtpd, asyncore").output().is_ok_and(|o| o.status.success()) {
        println!("skipped: 1 (smtpd is no longer in this python3)");
        return;
    }
    let mut child = python(include_str!("mss_python/smtp_server.py")).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut port = String::new();
    output.read_line(&mut port).unwrap();
    let port = port.trim().parse().unwrap();
    let client = SmtpClient::new(SmtpSettings::new("127.0.0.1", port, Security::PlainLoopback));
    let envelope = Envelope {
        from: "a@labo.mssante.fr",
        to: "b@chb.mssante.fr",
        envelope_id: Some("x"),
        notify: Notify::Everything,
    };
    // The server exits as soon as it has the message, so it may or may not answer.
    let outcome = client.send(&envelope, b"Subject: s\r\n\r\n.a\r\n..b\r\n\r\n").await;
    assert!(matches!(outcome, Outcome::Accepted { .. } | Outcome::Unknown(_)), "{outcome:?}");
    let received = tokio::task::spawn_blocking(move || {
        let mut received = String::new();
        output.read_to_string(&mut received).unwrap();
        child.wait().unwrap();
        received
    });
    let expected = "a@labo.mssante.fr|b@chb.mssante.fr|Subject: s\n\n.a\n..b\n";
    assert_eq!(received.await.unwrap(), expected);
}
