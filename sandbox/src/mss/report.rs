//! What the operator and the recipients answer: delivery reports, bounces and receipts.
//!
//! Written from RFC 3464, RFC 8098 and the two versions of the volet LPS, on purpose without the
//! reader the product uses: each checks the other.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::faults::Return;
use super::mailboxes::{Incoming, Stored, now_s};
use super::{BounceForm, Shared};

/// What a recipient did with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Shown to a person.
    Displayed,
    /// Deleted.
    Deleted,
    /// Filed by the receiving system.
    Integrated,
    /// The receiving system could not file it.
    NotIntegrated {
        /// 900 to 906 (`applicationErrorCondition`).
        code: u16,
        /// The label beside the code, in French.
        text: String,
        /// How the error is written.
        grammar: Grammar,
    },
}

/// The version of the volet LPS the receiving system follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// The error is in the `Disposition` field.
    V1_1_2,
    /// The error is in a field of its own.
    V1_1_3,
}

/// How much of the message a delivery report returns (`RET`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Returned {
    Headers,
    Everything,
}

/// A delivery to report about.
pub(super) struct Delivery {
    pub(super) sender: String,
    pub(super) recipient: String,
    pub(super) original_recipient: Option<String>,
    pub(super) envelope_id: Option<String>,
    /// How much of the message goes back with a failure.
    pub(super) extent: Returned,
    pub(super) submitted: Bytes,
    /// Why it comes back, when it does.
    pub(super) returned: Option<Return>,
}

/// Makes each report unique in this process.
static SEQUENCE: AtomicU64 = AtomicU64::new(0);

/// Writes a delivery report or bounce into the sender's box, as many times as the faults say.
pub(super) fn deliver(shared: &Shared, delivery: &Delivery) {
    let bytes = match delivery.returned {
        Some(Return::Unknown(BounceForm::PlainText)) => plain_bounce(shared, delivery),
        _ => status_report(shared, delivery),
    };
    put(shared, &delivery.sender, bytes);
}

/// Answers message `id`; see [`super::MssHandle::read`].
pub(super) fn answer(shared: &Shared, id: u64, reading: &Reading) -> bool {
    let Some(message) = shared.mailboxes.message(id) else {
        return false;
    };
    shared.mailboxes.set_seen(id, true);
    let asked = message
        .header("Disposition-Notification-To")
        .map(|value| address_of(&value).to_owned())
        .filter(|address| address.contains('@'));
    match (asked, reading) {
        (Some(to), _) => {
            let bytes = receipt(&message, &to, reading);
            put(shared, &to, bytes);
        }
        (None, Reading::NotIntegrated { code, text, .. }) if !message.sender.is_empty() => {
            let bytes = failure_mail(&message, *code, text);
            put(shared, &message.sender.clone(), bytes);
        }
        (None, _) => return false,
    }
    true
}

fn put(shared: &Shared, address: &str, bytes: Vec<u8>) {
    // Only boxes of the trusted space exist here.
    if !address.to_ascii_lowercase().ends_with(".mssante.fr") {
        return;
    }
    let bytes = Bytes::from(bytes);
    for _ in 0..shared.faults.n_report_copies() {
        shared.mailboxes.store(Incoming {
            address: address.to_owned(),
            sender: String::new(),
            bytes: bytes.clone(),
            n_trace_bytes: 0,
        });
        shared.mailboxes.count(|statistics| statistics.n_reports += 1);
    }
}

/// RFC 3464: what happened to one recipient.
fn status_report(shared: &Shared, delivery: &Delivery) -> Vec<u8> {
    let operator = &shared.settings.operator_domain;
    let own_domain = format!("@{operator}");
    let is_own = delivery.recipient.to_ascii_lowercase().ends_with(&own_domain);
    let (subject, text, action, status, diagnostic) = match delivery.returned {
        Some(Return::Full { .. }) => (
            "Undelivered Mail Returned to Sender",
            "La boite du destinataire est pleine (simulation).",
            "failed",
            "5.2.2",
            "552 5.2.2 Mailbox full (simulation)",
        ),
        Some(Return::Unknown(_)) => (
            "Undelivered Mail Returned to Sender",
            "Le message n'a pas pu etre remis (simulation).",
            "failed",
            "5.1.1",
            "550 5.1.1 Unknown mailbox (simulation)",
        ),
        None => (
            "Successful Mail Delivery Report",
            "Le message a ete remis (simulation).",
            if is_own { "delivered" } else { "relayed" },
            "2.0.0",
            "250 2.0.0 Ok",
        ),
    };
    let boundary = boundary();
    let from = format!("Operateur MSSante simule <MAILER-DAEMON@{operator}>");
    let mut out = head(&from, &delivery.sender, subject, operator);
    // Writing to a `String` can't fail, here and below.
    let _ = write!(
        out,
        "MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{text}\r\n\r\n\
         --{boundary}\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; {operator}\r\n"
    );
    if let Some(id) = &delivery.envelope_id {
        let _ = write!(out, "Original-Envelope-Id: {id}\r\n");
    }
    let _ = write!(out, "\r\nFinal-Recipient: rfc822; {}\r\n", delivery.recipient);
    if let Some(original) = &delivery.original_recipient {
        let _ = write!(out, "Original-Recipient: {original}\r\n");
    }
    let _ = write!(
        out,
        "Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {diagnostic}\r\n\r\n\
         --{boundary}\r\n"
    );
    let mut out = out.into_bytes();
    if delivery.extent == Returned::Everything && delivery.returned.is_some() {
        out.extend_from_slice(b"Content-Type: message/rfc822\r\n\r\n");
        out.extend_from_slice(&delivery.submitted);
    } else {
        out.extend_from_slice(b"Content-Type: text/rfc822-headers\r\n\r\n");
        out.extend_from_slice(headers(&delivery.submitted));
    }
    out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    out
}

/// What a patient mail service sends instead: words only.
fn plain_bounce(shared: &Shared, delivery: &Delivery) -> Vec<u8> {
    let operator = &shared.settings.operator_domain;
    let from = format!("MAILER-DAEMON@{operator}");
    let subject = encoded_word("Message non distribué");
    let mut out = head(&from, &delivery.sender, &subject, operator);
    let submitted_id = String::from_utf8_lossy(headers(&delivery.submitted))
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID:").map(|id| id.trim().to_owned()));
    if let Some(id) = submitted_id {
        let _ = write!(out, "In-Reply-To: {id}\r\nReferences: {id}\r\n");
    }
    out.push_str(
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n\
         Votre message n'a pas été distribué : la messagerie de ce patient n'existe pas ou est \
         close (simulation).\r\n",
    );
    out.into_bytes()
}

/// RFC 8098: what the recipient, or the system behind the box, did.
fn receipt(message: &Stored, to: &str, reading: &Reading) -> Vec<u8> {
    let (text, disposition, error) = disposition(reading);
    let subject = subject(message, reading);
    let boundary = boundary();
    let domain = message.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mut out = head(&message.address, to, &subject, domain);
    let _ = write!(
        out,
        "MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=disposition-notification;\r\n \
         boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: text/plain; charset=UTF-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n\r\n\
         --{boundary}\r\nContent-Type: message/disposition-notification\r\n\r\n\
         Reporting-UA: simulation\r\nOriginal-Recipient: rfc822; {address}\r\n\
         Final-Recipient: rfc822; {address}\r\n",
        address = message.address
    );
    if let Some(id) = &message.message_id {
        let _ = write!(out, "Original-Message-ID: <{id}>\r\n");
    }
    let _ = write!(out, "Disposition: {disposition}\r\n");
    if let Some(error) = error {
        let _ = write!(out, "Error: {error}\r\n");
    }
    let _ = write!(out, "\r\n--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n");
    let mut out = out.into_bytes();
    match message.submitted() {
        Some(submitted) => out.extend_from_slice(&submitted),
        None => out.extend_from_slice(&message.submitted_headers()),
    }
    out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    out
}

/// An ordinary mail that tells an integration failure nobody asked to be told about.
fn failure_mail(message: &Stored, code: u16, text: &str) -> Vec<u8> {
    let subject = failure_subject(message, code);
    let boundary = boundary();
    let domain = message.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mut out = head(&message.address, &message.sender, &subject, domain);
    let _ = write!(
        out,
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: text/plain; charset=UTF-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n[{code}] {}\r\n\r\n\
         --{boundary}\r\nContent-Type: message/rfc822; name=\"original.eml\"\r\n\
         Content-Disposition: attachment; filename=\"original.eml\"\r\n\r\n",
        one_line(text)
    );
    let mut out = out.into_bytes();
    match message.submitted() {
        Some(submitted) => out.extend_from_slice(&submitted),
        None => out.extend_from_slice(&message.submitted_headers()),
    }
    out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    out
}

/// Text for people, `Disposition` and, in the newer grammar, `Error`.
fn disposition(reading: &Reading) -> (String, String, Option<String>) {
    let automatic = "automatic-action/MDN-sent-automatically; processed";
    match reading {
        Reading::Displayed => (
            "Le message a été affiché (simulation).".to_owned(),
            "manual-action/MDN-sent-manually; displayed".to_owned(),
            None,
        ),
        Reading::Deleted => (
            "Le message a été supprimé (simulation).".to_owned(),
            "manual-action/MDN-sent-automatically; deleted".to_owned(),
            None,
        ),
        Reading::Integrated => ("Le document a été intégré (simulation).".to_owned(), automatic.to_owned(), None),
        Reading::NotIntegrated { code, text, grammar } => {
            let text = one_line(text);
            let error = format!("{code}^{text}^applicationErrorCondition| E^Error^errorSeverity");
            let (disposition, error) = match grammar {
                Grammar::V1_1_2 => (format!("{automatic}/Error: {error}"), None),
                Grammar::V1_1_3 => (format!("{automatic}/error"), Some(error)),
            };
            (format!("[{code}] {text} (simulation)."), disposition, error)
        }
    }
}

fn subject(message: &Stored, reading: &Reading) -> String {
    match reading {
        Reading::NotIntegrated { code, .. } => failure_subject(message, *code),
        Reading::Integrated => message.header("Subject").unwrap_or_default(),
        Reading::Displayed | Reading::Deleted => {
            format!("Lu: {}", message.header("Subject").unwrap_or_default())
        }
    }
}

fn failure_subject(message: &Stored, code: u16) -> String {
    let label = encoded_word(&format!("[KO Intégration système !][{code}]"));
    format!("{label} {}", message.header("Subject").unwrap_or_default())
}

/// Headers common to all, with the null return path of automatic answers.
fn head(from: &str, to: &str, subject: &str, domain: &str) -> String {
    let n = SEQUENCE.fetch_add(1, Ordering::Relaxed);
    let seconds = now_s();
    let date = mail::Date { seconds_since_epoch: seconds, offset_minutes: 0 }.encode();
    format!(
        "Return-Path: <>\r\nDate: {date}\r\nFrom: {from}\r\nTo: {to}\r\nSubject: {subject}\r\n\
         Message-ID: <simulation.{seconds}.{n}@{domain}>\r\nAuto-Submitted: auto-replied\r\n"
    )
}

fn boundary() -> String {
    format!("=_simulation_{}_{}", now_s(), SEQUENCE.fetch_add(1, Ordering::Relaxed))
}

fn encoded_word(text: &str) -> String {
    format!("=?UTF-8?B?{}?=", mail::base64::encode(text.as_bytes()))
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The address inside `Name <a@b>`, or the text itself.
fn address_of(value: &str) -> &str {
    match value.rsplit_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or_default(),
        None => value.trim(),
    }
}

/// Headers with their last line end, bounded.
fn headers(message: &[u8]) -> &[u8] {
    let len = memchr::memmem::find(message, b"\r\n\r\n").map_or(message.len(), |at| at + 2);
    &message[..len.min(64 * 1024)]
}
