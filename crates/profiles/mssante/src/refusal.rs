//! Refusals in words: the answer of a mail server in, what it means for the laboratory out.

/// What a server's answer says about a mail that it refused, put off or gave back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Nobody has that box.
    UnknownBox,
    /// The domain is not known, or not of the space of trust.
    UnknownDomain,
    /// The box exists and takes nothing.
    ClosedBox,
    /// The box has no room left.
    FullBox,
    /// The message is larger than the box or the server takes.
    TooLarge,
    /// The server asks that the same mail be brought again later (greylisting).
    PutOff,
    /// The server does not let us write to that box.
    NotAllowed,
    /// The server of the recipient is in trouble, or cannot be reached.
    Trouble,
}

/// The enhanced codes that say something to people, without their class. `None` for the detail: any.
///
/// Source: RFC 3463 §3; RFC 7505 (x.1.10).
const ENHANCED: &[(u16, Option<u16>, Refusal)] = &[
    (1, Some(2), Refusal::UnknownDomain),
    (1, Some(10), Refusal::UnknownDomain),
    (1, Some(7), Refusal::NotAllowed),
    (1, Some(8), Refusal::NotAllowed),
    (1, None, Refusal::UnknownBox),
    (2, Some(1), Refusal::ClosedBox),
    (2, Some(2), Refusal::FullBox),
    (2, Some(3), Refusal::TooLarge),
    (3, Some(4), Refusal::TooLarge),
    (3, None, Refusal::Trouble),
    (4, None, Refusal::Trouble),
    (7, None, Refusal::NotAllowed),
];

/// The reply codes that say something alone.
///
/// Source: RFC 5321 §4.2.3; volet Transmission d'un document CDA R2 en HL7 v2, table SMTPERRORCODE (422).
const REPLIES: &[(u16, Refusal)] = &[(421, Refusal::Trouble), (422, Refusal::FullBox), (552, Refusal::FullBox)];

impl Refusal {
    /// Reads what is kept of an answer: `552 5.2.2 Mailbox full`, `Failed 5.2.2 smtp; 552 5.2.2 …`.
    ///
    /// The first enhanced code of class 4 or 5 counts, else a reply code within the first two words; `None` when neither
    /// is known here.
    pub fn of(answer: &str) -> Option<Self> {
        match answer.split_ascii_whitespace().find_map(enhanced) {
            // 4.7.1 is what greylists say; for good, it is a refusal.
            Some((4, 7, 1)) => Some(Self::PutOff),
            Some((_, subject, detail)) => ENHANCED
                .iter()
                .find(|(known, only, _)| *known == subject && only.is_none_or(|only| only == detail))
                .map(|(.., refusal)| *refusal),
            None => {
                let mut replies = answer.split_ascii_whitespace().take(2).filter_map(|word| word.parse().ok());
                replies.find_map(|code: u16| REPLIES.iter().find(|(known, _)| *known == code)).map(|(_, it)| *it)
            }
        }
    }

    /// The code of its text.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownBox => "unknown_box",
            Self::UnknownDomain => "unknown_domain",
            Self::ClosedBox => "closed_box",
            Self::FullBox => "full_box",
            Self::TooLarge => "too_large",
            Self::PutOff => "put_off",
            Self::NotAllowed => "not_allowed",
            Self::Trouble => "trouble",
        }
    }
}

/// `class.subject.detail` of a failure (RFC 3463 §2).
fn enhanced(word: &str) -> Option<(u16, u16, u16)> {
    let mut parts = word.trim_end_matches([';', ',', ':']).split('.');
    let mut number = || parts.next().filter(|it| (1..=3).contains(&it.len()))?.parse().ok();
    let code = (number()?, number()?, number()?);
    (parts.next().is_none() && matches!(code.0, 4 | 5)).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_servers_are_told_in_words_by_their_codes() {
        for (answer, expected) in [
            ("552 5.2.2 Mailbox full", Some(Refusal::FullBox)),
            ("452 4.2.2 Mailbox full", Some(Refusal::FullBox)),
            ("Failed 5.2.2 smtp; 552 5.2.2 Mailbox full", Some(Refusal::FullBox)),
            ("552  quota", Some(Refusal::FullBox)),
            ("552 5.3.4 too big", Some(Refusal::TooLarge)),
            ("451 4.7.1 Greylisted", Some(Refusal::PutOff)),
            ("554 5.7.1 no", Some(Refusal::NotAllowed)),
            ("550 5.1.1 <a@b> unknown", Some(Refusal::UnknownBox)),
            ("550 5.1.2 outside", Some(Refusal::UnknownDomain)),
            ("550 5.2.1 disabled", Some(Refusal::ClosedBox)),
            ("Delayed 4.4.1 smtp; connection refused", Some(Refusal::Trouble)),
            ("421  closing", Some(Refusal::Trouble)),
            ("250 2.2.2 Ok", None),
            ("550  no", None),
            ("Non transmis : connection: time limit reached", None),
            ("refused by 10.5.2.2 after 552 tries", None),
            ("", None),
        ] {
            assert_eq!(Refusal::of(answer), expected, "{answer}");
        }
    }
}
