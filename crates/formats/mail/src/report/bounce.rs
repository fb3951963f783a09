//! Non-delivery told in plain words: subject, sender and text in, a guess out.
//!
//! Patient mail services and some operators send no RFC 3464 part. The rules are few and cautious:
//! an answer by a person that quotes a bounce must not count as one.

use mail_parser::Message;

use super::fields;
use crate::parts;

/// What a plain non-delivery message tells.
#[derive(Clone, PartialEq, Eq)]
pub struct Bounce {
    /// First SMTP reply code of 400 or more in the text.
    pub smtp_code: Option<u16>,
    /// First enhanced status code in the text, `5.1.1`.
    pub status: Option<String>,
    /// Start of the text, bounded, to show a person.
    pub text: String,
}

/// Subjects, without accents and in lower case, that only mail systems write.
const SUBJECTS: [&str; 14] = [
    "undelivered mail returned to sender",
    "message non distribue",
    "message non remis",
    "non remis",
    "non distribuable",
    "echec de la remise",
    "echec de remise",
    "echec de distribution",
    "delivery status notification (failure)",
    "mail delivery failed",
    "mail delivery failure",
    "undeliverable",
    "returned mail",
    "failure notice",
];

/// Local parts of mail systems.
const SYSTEM_SENDERS: [&str; 3] = ["mailer-daemon", "postmaster", "mail-daemon"];

/// Decides whether the message is a non-delivery.
///
/// Two signs: the subject is a known one, or a mail system wrote it and the text holds a failure code.
pub(super) fn assess(headers: &Message<'_>, subject: &str, text: &str) -> Option<Bounce> {
    let text = fields::bounded(&text.replace(['\r', '\n'], " "));
    let (smtp_code, status) = codes(&text);
    let folded = fold(subject);
    let has_subject = SUBJECTS.iter().any(|known| folded.trim_start().starts_with(known));
    let has_code = smtp_code.is_some() || status.is_some();
    if has_subject || (has_code && is_from_system(headers)) { Some(Bounce { smtp_code, status, text }) } else { None }
}

fn is_from_system(headers: &Message<'_>) -> bool {
    let sender = headers
        .from()
        .and_then(|from| from.first())
        .and_then(|address| address.address())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let local = sender.split('@').next().unwrap_or_default();
    SYSTEM_SENDERS.contains(&local) || parts::is_automatic(headers)
}

fn fold(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'é' | 'É' | 'è' | 'È' | 'ê' | 'Ê' => 'e',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}

/// First reply code (4xx, 5xx) and first enhanced code (4.x.x, 5.x.x) among the words.
fn codes(text: &str) -> (Option<u16>, Option<String>) {
    let (mut smtp_code, mut status) = (None, None);
    let is_separator = |c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '@' || c == '_');
    for word in text.split(is_separator) {
        let word = word.trim_end_matches('.');
        if smtp_code.is_none() && word.len() == 3 && word.starts_with(['4', '5']) {
            smtp_code = word.parse().ok().filter(|code| (400..=559).contains(code));
        }
        if status.is_none() && is_enhanced(word) {
            status = Some(word.to_owned());
        }
    }
    (smtp_code, status)
}

fn is_enhanced(word: &str) -> bool {
    let mut parts = word.split('.');
    let class = parts.next().is_some_and(|class| class == "4" || class == "5");
    let mut is_number =
        || parts.next().is_some_and(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    class && is_number() && is_number() && parts.next().is_none()
}

impl std::fmt::Debug for Bounce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bounce({:?}, {:?})", self.smtp_code, self.status)
    }
}
