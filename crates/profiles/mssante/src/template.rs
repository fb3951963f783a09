//! The laboratory's own template of a mail: what stands before and after the parts that the norm requires.
//!
//! In: two texts as a person typed them. Out: a template that only shows what a mail may show, or findings.
//! Notice of an automatic message, address that reaches a human, mention of what is partial, replaced or withdrawn and
//! signature are never in a template: [`crate::mail`] adds them. No mark stands for a result, so that none can enter.
//!
//! Source: Ségur MSS/va1.09 (automatic message, address that reaches a human), MSS/va1.11, MSS/va1.35, MSS/va1.37.

use crate::{Audience, texts::Texts};
use lab::{
    finding::Finding,
    redact_debug,
    report::{Report, ReportStatus},
};

/// Longest text, in characters.
pub const MAX_TEMPLATE_CHARACTERS: usize = 2000;

/// What a mail tells of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Event {
    /// A report that replaces nothing, whole.
    New,
    /// A report that replaces nothing, to be completed.
    Partial,
    /// What completes a partial report.
    Completion,
    /// What corrects a final report.
    Correction,
    /// A withdrawal.
    Withdrawal,
}

/// Whom a mail is for and what it tells of: there is one template of each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Occasion {
    /// Whom it is for.
    pub audience: Audience,
    /// What it tells of.
    pub event: Event,
}

/// Every occasion with its stored code. A partial report never goes to the patient.
pub const OCCASIONS: [(Occasion, &str); 9] = [
    (Occasion::to_professional(Event::New), "professional.new"),
    (Occasion::to_professional(Event::Partial), "professional.partial"),
    (Occasion::to_professional(Event::Completion), "professional.completion"),
    (Occasion::to_professional(Event::Correction), "professional.correction"),
    (Occasion::to_professional(Event::Withdrawal), "professional.withdrawal"),
    (Occasion::to_patient(Event::New), "patient.new"),
    (Occasion::to_patient(Event::Completion), "patient.completion"),
    (Occasion::to_patient(Event::Correction), "patient.correction"),
    (Occasion::to_patient(Event::Withdrawal), "patient.withdrawal"),
];

impl Occasion {
    const fn to_professional(event: Event) -> Self {
        Self { audience: Audience::Professional, event }
    }

    const fn to_patient(event: Event) -> Self {
        Self { audience: Audience::Patient, event }
    }

    /// The occasion of a mail about a version.
    #[must_use]
    pub fn of(report: &Report, audience: Audience, is_withdrawn: bool) -> Self {
        let event = match (report.ids.replaces.as_ref().map(|it| it.status), report.status) {
            _ if is_withdrawn => Event::Withdrawal,
            (Some(ReportStatus::Final), _) => Event::Correction,
            (Some(ReportStatus::Partial), _) => Event::Completion,
            (None, ReportStatus::Partial) => Event::Partial,
            (None, ReportStatus::Final) => Event::New,
        };
        Self { audience, event }
    }

    /// The stored code; `None` for what is never sent.
    #[must_use]
    pub fn code(self) -> Option<&'static str> {
        OCCASIONS.iter().find(|(it, _)| *it == self).map(|(_, code)| *code)
    }

    /// Reads [`code`](Self::code).
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        OCCASIONS.iter().find(|(_, known)| *known == code).map(|(it, _)| *it)
    }

    /// The marks that a template of this occasion may hold, without their braces.
    #[must_use]
    pub fn marks(self) -> &'static [&'static str] {
        const ALL: [&str; 11] = [
            "of",
            "patient",
            "birth",
            "number",
            "version",
            "signed",
            "signer",
            "laboratory",
            "phone",
            "reply_to",
            // What a replaced version is called: only where one is.
            "previous",
        ];
        match self.event {
            Event::Completion | Event::Correction => &ALL,
            Event::New | Event::Partial | Event::Withdrawal => &ALL[..10],
        }
    }
}

/// What the laboratory writes around the required parts of a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    opening: String,
    closing: String,
}
redact_debug!(Template);

impl Template {
    /// The text that a laboratory starts from.
    #[must_use]
    pub fn original(occasion: Occasion, texts: &Texts) -> Self {
        let (opening, closing) = match (occasion.audience, occasion.event) {
            (_, Event::Withdrawal) => (texts.withdrawn_opening, String::new()),
            (Audience::Professional, _) => (texts.to_professional, texts.files_for_professional.to_owned()),
            (Audience::Patient, _) => {
                (texts.to_patient, format!("{}\n\n{}", texts.advice_to_patient, texts.files_for_patient))
            }
        };
        Self { opening: opening.to_owned(), closing }
    }

    /// Reads what a person typed. Line ends are made `\n`, white space at the end of lines is left out.
    ///
    /// Findings, whose place is `opening` or `closing` with a line after a colon: `TEMPLATE-EMPTY`, `TEMPLATE-LONG`,
    /// `TEMPLATE-CHARACTER`, `TEMPLATE-MARK`, `TEMPLATE-LINK`, `TEMPLATE-HTML`, `TEMPLATE-HEADER`.
    pub fn parse(occasion: Occasion, opening: &str, closing: &str) -> Result<Self, Vec<Finding>> {
        let (opening, closing) = (plain(opening), plain(closing));
        let mut findings = Vec::new();
        if opening.is_empty() {
            findings.push(Finding::error("TEMPLATE-EMPTY", "opening"));
        }
        for (place, text) in [("opening", &opening), ("closing", &closing)] {
            if text.chars().count() > MAX_TEMPLATE_CHARACTERS {
                findings.push(Finding::error("TEMPLATE-LONG", place));
            }
            for (n, line) in (1..).zip(text.lines()) {
                let found = assess(line, occasion.marks());
                findings.extend(found.into_iter().map(|code| Finding::error(code, format!("{place}:{n}"))));
            }
        }
        if findings.is_empty() { Ok(Self { opening, closing }) } else { Err(findings) }
    }

    /// A template that was read and kept: mails that left with it are written again as they were, whatever the rules
    /// have become.
    #[must_use]
    pub fn kept(opening: String, closing: String) -> Self {
        Self { opening, closing }
    }

    /// What stands before the required parts.
    #[must_use]
    pub fn opening(&self) -> &str {
        &self.opening
    }

    /// What stands after them, before the signature; may be empty.
    #[must_use]
    pub fn closing(&self) -> &str {
        &self.closing
    }
}

fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches([' ', '\u{a0}'])).collect();
    lines.join("\n").trim_matches(['\n', ' ']).to_owned()
}

/// The codes of what is found in one line.
fn assess(line: &str, marks: &[&str]) -> Vec<&'static str> {
    let checks = [
        (line.chars().any(is_invisible), "TEMPLATE-CHARACTER"),
        (has_other_mark(line, marks), "TEMPLATE-MARK"),
        (has_link(line), "TEMPLATE-LINK"),
        (has_html(line), "TEMPLATE-HTML"),
        (is_header(line), "TEMPLATE-HEADER"),
    ];
    checks.into_iter().filter(|(is_found, _)| *is_found).map(|(_, code)| code).collect()
}

/// Control characters, and those that change the direction of a text or take no place: a text that reads as another.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a brace is anything but that of a known mark.
fn has_other_mark(line: &str, marks: &[&str]) -> bool {
    let mut rest = line;
    while let Some(at) = rest.find(['{', '}']) {
        let known = rest[at..].strip_prefix('{').and_then(|it| it.split_once('}'));
        match known {
            Some((mark, after)) if marks.contains(&mark) => rest = after,
            _ => return true,
        }
    }
    false
}

/// Ends of names that mail programs make a link of by themselves.
const DOMAINS: [&str; 12] = ["fr", "com", "org", "net", "eu", "info", "io", "sante", "bzh", "re", "be", "ch"];

/// Whether something would be shown as a link, addresses included: people learn not to follow those of such mails, and
/// the only address that reaches the laboratory is added.
fn has_link(line: &str) -> bool {
    let lower = line.to_lowercase();
    let has_sign = ["://", "www.", "mailto:", "javascript:", "@"].iter().any(|sign| lower.contains(sign));
    let words = lower.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-')));
    let is_name = |word: &str| {
        let word = word.trim_end_matches('.');
        word.rsplit_once('.').is_some_and(|(name, end)| {
            name.chars().any(char::is_alphabetic) && !name.ends_with('.') && DOMAINS.contains(&end)
        })
    };
    has_sign || words.into_iter().any(is_name)
}

/// Whether something reads as a tag or a character reference. A lone `<`, as in `< 24 h`, does not.
fn has_html(line: &str) -> bool {
    let has_tag =
        line.split('<').skip(1).any(|it| it.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)));
    let has_reference = line.split('&').skip(1).any(|it| {
        let name = it.split(';').next().unwrap_or_default();
        let is_name = name.strip_prefix('#').unwrap_or(name).chars().all(|c| c.is_ascii_alphanumeric());
        name.len() < it.len() && !name.is_empty() && is_name
    });
    has_tag || has_reference
}

/// Names of header lines that readers and servers look at; any name of the families `x-` and `content-` too.
const HEADERS: [&str; 17] = [
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "sender",
    "reply-to",
    "return-path",
    "message-id",
    "in-reply-to",
    "references",
    "received",
    "mime-version",
    "return-receipt-to",
    "disposition-notification-to",
    "disposition",
];

/// Whether a line reads as one of a header: `Name:`, without the space that French puts before a colon.
fn is_header(line: &str) -> bool {
    let Some((name, _)) = line.trim_start().split_once(':') else { return false };
    let name = name.to_ascii_lowercase();
    let is_family = (name.starts_with("x-") || name.starts_with("content-"))
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_family || HEADERS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::fr::TEXTS;

    const NEW: Occasion = Occasion::to_professional(Event::New);

    fn found(occasion: Occasion, opening: &str, closing: &str) -> Vec<(&'static str, String)> {
        let parsed = Template::parse(occasion, opening, closing);
        parsed.err().unwrap_or_default().into_iter().map(|it| (it.code, it.place)).collect()
    }

    #[test]
    fn the_texts_a_laboratory_starts_from_are_templates_themselves() {
        for (occasion, code) in OCCASIONS {
            let original = Template::original(occasion, &TEXTS);
            let parsed = Template::parse(occasion, original.opening(), original.closing());
            assert!(parsed.is_ok_and(|it| it == original), "{code}");
            assert_eq!(Occasion::from_code(code), Some(occasion));
            assert_eq!(occasion.code(), Some(code));
        }
        assert_eq!(Occasion::to_patient(Event::Partial).code(), None);
        assert_eq!(Occasion::from_code("patient.partial"), None);
    }

    #[test]
    fn what_a_mail_may_not_show_is_found_where_it_stands() {
        let table = [
            ("", "TEMPLATE-EMPTY", "opening"),
            (" \r\n ", "TEMPLATE-EMPTY", "opening"),
            ("a\u{7}", "TEMPLATE-CHARACTER", "opening:1"),
            ("a\tb", "TEMPLATE-CHARACTER", "opening:1"),
            ("a\rb", "TEMPLATE-CHARACTER", "opening:1"),
            ("a\n\u{202e}b", "TEMPLATE-CHARACTER", "opening:2"),
            ("a\u{200b}", "TEMPLATE-CHARACTER", "opening:1"),
            ("{result}", "TEMPLATE-MARK", "opening:1"),
            ("{Patient}", "TEMPLATE-MARK", "opening:1"),
            ("{ patient }", "TEMPLATE-MARK", "opening:1"),
            ("a\n\n{patient", "TEMPLATE-MARK", "opening:3"),
            ("{{patient}}", "TEMPLATE-MARK", "opening:1"),
            ("}", "TEMPLATE-MARK", "opening:1"),
            ("{reason}", "TEMPLATE-MARK", "opening:1"),
            ("{previous}", "TEMPLATE-MARK", "opening:1"),
            ("voir https://labo", "TEMPLATE-LINK", "opening:1"),
            ("mailto:labo", "TEMPLATE-LINK", "opening:1"),
            ("voir WWW.labo", "TEMPLATE-LINK", "opening:1"),
            ("voir labo.fr.", "TEMPLATE-LINK", "opening:1"),
            ("voir resultats.labo.Com/x", "TEMPLATE-LINK", "opening:1"),
            ("écrire à labo@exemple", "TEMPLATE-LINK", "opening:1"),
            ("<b>a</b>", "TEMPLATE-HTML", "opening:1"),
            ("a <!-- b", "TEMPLATE-HTML", "opening:1"),
            ("a &eacute; b", "TEMPLATE-HTML", "opening:1"),
            ("a &#233; b", "TEMPLATE-HTML", "opening:1"),
            ("Bcc: a", "TEMPLATE-HEADER", "opening:1"),
            ("a\n  subject: b", "TEMPLATE-HEADER", "opening:2"),
            ("X-MSS-MES: FIN", "TEMPLATE-HEADER", "opening:1"),
            ("Content-Type: text/html", "TEMPLATE-HEADER", "opening:1"),
        ];
        for (text, code, place) in table {
            assert_eq!(found(NEW, text, ""), [(code, place.to_owned())], "{text:?}");
        }
        assert_eq!(found(NEW, "a", "b\n{c}"), [("TEMPLATE-MARK", "closing:2".to_owned())]);
    }

    #[test]
    fn what_people_write_passes() {
        let opening = "Chère consœur, cher confrère,\r\n\r\nDossier {number} : « {patient} »{birth}.  \r\n\
                       Date : {signed}. Tél: 02 40. Horaires: 8 h 30 - 18 h, le samedi < 12 h. L. & M. ; tarif 1.2";
        let parsed = Template::parse(NEW, opening, "\n").expect("a template");
        assert!(!parsed.opening().contains('\r') && parsed.opening().contains("{birth}.\nDate : "));
        assert_eq!(parsed.closing(), "");
        assert!(found(Occasion::to_patient(Event::Correction), "{previous} {version}", "").is_empty());
    }

    #[test]
    fn a_text_has_a_bound() {
        let (longest, longer) = ("é".repeat(MAX_TEMPLATE_CHARACTERS), "é".repeat(MAX_TEMPLATE_CHARACTERS + 1));
        assert!(found(NEW, &longest, &longest).is_empty());
        assert_eq!(found(NEW, &longer, "a"), [("TEMPLATE-LONG", "opening".to_owned())]);
        assert_eq!(found(NEW, "a", &longer), [("TEMPLATE-LONG", "closing".to_owned())]);
    }
}
