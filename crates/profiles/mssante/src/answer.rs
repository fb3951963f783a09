//! What a person of the laboratory answers to a mail about a report: plain words, in its thread, without any document.
//!
//! In: the report it is about, the answer, the settings. Out: the bytes of the message.
//!
//! Source: MSSanté référentiel #2, ECO.2.2.2 (In-Reply-To, References), ECO.2.2.5 (Reply-To), ECO.2.4.3 (NIL); without a
//! document there is neither X-MSS-CODECDA nor X-MSS-INS (ECO.2.4.1, ECO.2.4.2).

use crate::{
    Audience, MailError, Settings,
    message::{assess_audience, boundary, date},
    texts::{self, fill},
};
use jiff::Timestamp;
use lab::{person::MssanteAddress, report::Report};
use mail::{Address, Mailbox, Message, MessageId};

/// Longest subject taken over, in characters.
const SUBJECT_MAX_CHARS: usize = 200;

/// One answer.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The one recipient.
    pub address: &'a MssanteAddress,
    /// Name shown beside the address.
    pub name: &'a str,
    /// Whom it is for.
    pub audience: Audience,
    /// Identifier of the mail, planned.
    pub message_id: &'a MessageId,
    /// Subject of their mail, as received; may be anything.
    pub subject: &'a str,
    /// `Message-ID` of their mail, as received; left out when it is not one.
    pub answers: Option<&'a str>,
    /// What the person wrote.
    pub text: &'a str,
    /// The personal or organizational box it leaves from, which is then answered; `None`: the applicative box.
    pub from: Option<&'a MssanteAddress>,
    /// `Date`.
    pub sent_at: Timestamp,
}
lab::redact_debug!(Answer<'_>);

/// Writes the mail.
///
/// Errors: [`MailError`]; an address that does not fit its audience is refused before anything is written.
pub fn answer(report: &Report, answer: &Answer<'_>, settings: &Settings) -> Result<Vec<u8>, MailError> {
    assess_audience(report, answer.address, answer.audience, settings)?;
    let sender = Address::parse(answer.from.unwrap_or(&settings.sender.address).as_str())?;
    let recipient = Address::parse(answer.address.as_str())?;
    let reply_to = answer.from.unwrap_or_else(|| settings.reply_to.of(answer.audience, answer.address));
    let theirs = answer.answers.and_then(|id| MessageId::parse(id).ok());
    let values = [
        ("laboratory", report.laboratory.name.as_str()),
        ("phone", report.laboratory.phone.as_str()),
        ("reply_to", reply_to.as_str()),
    ];
    let text = format!("{}\n\n{}\n", answer.text.trim(), fill(texts::fr::TEXTS.answered, &values));
    let reply_to = Address::parse(reply_to.as_str())?;
    let message = Message {
        date: date(report, answer.sent_at),
        message_id: answer.message_id,
        from: Mailbox { display_name: Some(&settings.sender.label), address: &sender },
        to: &[Mailbox { display_name: Some(answer.name), address: &recipient }],
        reply_to: Some(Mailbox::bare(&reply_to)),
        subject: &subject(answer.subject),
        in_reply_to: theirs.as_ref(),
        references: theirs.as_slice(),
        disposition_notification_to: Some(&sender),
        return_receipt_to: Some(&sender),
        extra: &[("X-MSS-NIL", settings.nil.as_str())],
        text: &text,
        attachments: &[],
        boundary: &boundary(answer.message_id),
    };
    Ok(message.encode()?)
}

/// `Re: ` once, then theirs in one line.
fn subject(theirs: &str) -> String {
    let line: String = theirs.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUBJECT_MAX_CHARS).collect();
    let line = line.trim();
    match line.get(..3) {
        Some(start) if start.eq_ignore_ascii_case("re:") => line.to_owned(),
        _ => format!("Re: {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_answered_once_in_one_line() {
        let table = [
            ("Question", "Re: Question"),
            ("RE: Question", "RE: Question"),
            ("Re:Question", "Re:Question"),
            ("a\r\nBcc: b", "Re: a  Bcc: b"),
            ("é", "Re: é"),
        ];
        for (theirs, expected) in table {
            assert_eq!(subject(theirs), expected);
        }
        assert_eq!(subject(&"x".repeat(10_000_000)).len(), 204);
    }
}
