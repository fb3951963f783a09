//! The wording of mails and archives, one catalogue per language.
//!
//! A template holds `{key}` marks. A value never brings a mark or a line of its own: the text is filled in one pass,
//! and line ends inside values become spaces.

pub mod fr;

use lab::report::{WITHDRAWAL_REASONS, WithdrawalReason};

/// The sentences of one language. Marks a template may hold are named beside it.
#[derive(Debug)]
pub struct Texts {
    /// First paragraphs, to a professional. `{of}`, `{patient}`, `{birth}`, `{number}`, `{signed}`, `{signer}`.
    pub to_professional: &'static str,
    /// First paragraphs, to the patient. `{of}`, `{patient}`, `{number}`, `{signed}`, `{signer}`.
    pub to_patient: &'static str,
    /// Whom to ask about the results.
    pub advice_to_patient: &'static str,
    /// Birth of a woman, a man, someone whose sex is unknown. `{date}`.
    pub born: [&'static str; 3],
    /// More results are to come.
    pub partial: &'static str,
    /// It completes a partial report already sent.
    pub completes: &'static str,
    /// It corrects a final report already sent. `{previous}`.
    pub corrects: &'static str,
    /// First paragraph of a withdrawal.
    pub withdrawn_opening: &'static str,
    /// What a withdrawal tells, to a professional. `{of}`, `{patient}`, `{birth}`, `{number}`, `{version}`,
    /// `{signed}`, `{signer}`, `{reason}`.
    pub withdrawn_to_professional: &'static str,
    /// The same, to the patient.
    pub withdrawn_to_patient: &'static str,
    /// What to do with a withdrawn report, to a professional.
    pub withdrawn_for_professional: &'static str,
    /// The same, to the patient.
    pub withdrawn_for_patient: &'static str,
    /// Why a report is withdrawn, in the order of [`WITHDRAWAL_REASONS`].
    pub reasons: [&'static str; 4],
    /// What the attached files are, to a professional.
    pub files_for_professional: &'static str,
    /// What the attached files are, to the patient.
    pub files_for_patient: &'static str,
    /// Signature. `{laboratory}`, `{phone}`.
    pub signature: &'static str,
    /// Last paragraph: an automatic message, and the address that reaches a human. `{reply_to}`.
    pub automatic: &'static str,
    /// Same, when no answer is wanted. `{reply_to}`.
    pub automatic_without_answer: &'static str,
    /// Last paragraph of an answer that a person wrote. `{laboratory}`, `{phone}`, `{reply_to}`.
    pub answered: &'static str,
    /// What the report is of: examinations, a rapid test.
    pub of: [&'static str; 2],
    /// `README.TXT`. `{title}`, `{laboratory}`, `{address}`, `{phone}`, `{product}`, `{version}`, `{vendor}`.
    pub readme: &'static str,
    /// Who sends. `{laboratory}`, `{date}`.
    pub index_sender: &'static str,
    /// Last line of `README.TXT`, on the page of the report.
    pub readme_page: &'static str,
    /// Last lines of `README.TXT` of a withdrawal.
    pub readme_withdrawn: &'static str,
    /// Title of the page of a withdrawal. `{title}`.
    pub index_withdrawn_title: &'static str,
    /// What the page of a withdrawal says. `{number}`, `{version}`, `{signed}`, `{date}`, `{laboratory}`, `{reason}`.
    pub index_withdrawn: &'static str,
    /// Name of the link to the page of the report.
    pub index_page: &'static str,
    /// Where the PDF is.
    pub index_pdf: &'static str,
    /// Name of the link to the document.
    pub index_document: &'static str,
    /// Name of the link to the explanations.
    pub index_readme: &'static str,
    /// Language of the page, BCP 47.
    pub lang: &'static str,
}

impl Texts {
    /// Why a report is withdrawn, as a sentence.
    #[must_use]
    pub fn reason(&self, reason: WithdrawalReason) -> &'static str {
        let known = WITHDRAWAL_REASONS.iter().zip(self.reasons);
        known.into_iter().find(|((it, _), _)| *it == reason).map_or("", |(_, text)| text)
    }
}

/// Fills a template. A mark without value stays as it is.
#[must_use]
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 128);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after
            .split_once('}')
            .and_then(|(key, tail)| values.iter().find(|(known, _)| *known == key).map(|(_, value)| (*value, tail)));
        match value {
            Some((value, tail)) => {
                out.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_brings_neither_a_mark_nor_a_line() {
        let values = [("a", "{b}\r\nx"), ("b", "secret")];
        assert_eq!(fill("1 {a} 2 {b} 3", &values), "1 {b}  x 2 secret 3");
        assert_eq!(fill("{ {c} }{", &values), "{ {c} }{");
    }

    #[test]
    fn every_mark_of_the_catalogue_is_a_known_one() {
        let known = [
            "title",
            "of",
            "patient",
            "birth",
            "number",
            "signed",
            "signer",
            "date",
            "previous",
            "laboratory",
            "phone",
            "reply_to",
            "address",
            "product",
            "version",
            "vendor",
            "reason",
        ];
        let values: Vec<(&str, &str)> = known.iter().map(|key| (*key, "x")).collect();
        let texts = &fr::TEXTS;
        let all = [
            texts.to_professional,
            texts.to_patient,
            texts.partial,
            texts.completes,
            texts.corrects,
            texts.files_for_professional,
            texts.files_for_patient,
            texts.signature,
            texts.automatic,
            texts.automatic_without_answer,
            texts.withdrawn_opening,
            texts.withdrawn_to_professional,
            texts.withdrawn_to_patient,
            texts.withdrawn_for_professional,
            texts.withdrawn_for_patient,
            texts.index_withdrawn_title,
            texts.index_withdrawn,
            texts.answered,
            texts.readme,
            texts.index_sender,
            texts.of[0],
            texts.of[1],
            texts.born[0],
            texts.born[1],
            texts.born[2],
        ];
        for template in all {
            assert!(!fill(template, &values).contains(['{', '}']), "{template}");
        }
    }
}
