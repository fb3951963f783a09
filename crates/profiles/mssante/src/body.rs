//! The text of a mail: who the report is about, what it replaces, how to reach the laboratory. Never a result.
//!
//! In: the report, the audience, the settings. Out: plain text, lines ended by `\n`.
//!
//! Source: Ségur MSS/va1.09 (automatic message, address that reaches a human), MSS/va1.11, MSS/va1.35.

use crate::{
    Audience, PatientAnswers, Settings, Template,
    texts::{Texts, fill},
};
use jiff::{Timestamp, tz::TimeZone};
use lab::{
    patient::{Sex, Traits},
    person::MssanteAddress,
    report::{Kind, Report, ReportStatus, Withdrawal},
};

/// Who reads a mail, and where they answer.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub audience: Audience,
    pub reply_to: &'a MssanteAddress,
}

/// The mail of a report: paragraphs separated by an empty line; the last one says that the message is automatic.
///
/// The template gives the first and the last but two; what lies between is required.
pub fn body(report: &Report, reader: Reader<'_>, template: &Template, settings: &Settings, texts: &Texts) -> String {
    let replaced = match (report.ids.replaces.as_ref().map(|it| it.status), reader.audience) {
        // A partial report never goes to the patient: for them this one is the first.
        (None, _) | (Some(ReportStatus::Partial), Audience::Patient) => "",
        (Some(ReportStatus::Partial), Audience::Professional) => texts.completes,
        (Some(ReportStatus::Final), _) => texts.corrects,
    };
    let partial = match report.status {
        ReportStatus::Partial => texts.partial,
        ReportStatus::Final => "",
    };
    letter(report, reader, &[template.opening(), replaced, partial, template.closing()], "", settings, texts)
}

/// The mail of a withdrawal: which version, why, what to do with it.
pub fn withdrawn(
    report: &Report,
    withdrawal: &Withdrawal,
    reader: Reader<'_>,
    template: &Template,
    settings: &Settings,
    texts: &Texts,
) -> String {
    let (told, advice) = match reader.audience {
        Audience::Professional => (texts.withdrawn_to_professional, texts.withdrawn_for_professional),
        Audience::Patient => (texts.withdrawn_to_patient, texts.withdrawn_for_patient),
    };
    let paragraphs = [template.opening(), told, advice, template.closing()];
    letter(report, reader, &paragraphs, texts.reason(withdrawal.reason), settings, texts)
}

fn letter(
    report: &Report,
    reader: Reader<'_>,
    paragraphs: &[&str],
    reason: &str,
    settings: &Settings,
    texts: &Texts,
) -> String {
    let previous = report.ids.replaces.as_ref().map(|it| it.number.to_string()).unwrap_or_default();
    let automatic = match (reader.audience, settings.patient_answers) {
        (Audience::Patient, PatientAnswers::Refused) => texts.automatic_without_answer,
        _ => texts.automatic,
    };
    let of = match report.kind() {
        Kind::Examinations => texts.of[0],
        Kind::RapidTest => texts.of[1],
    };
    let values = [
        ("of", of.to_owned()),
        ("patient", report.patient.traits.printed()),
        ("birth", birth(&report.patient.traits, texts)),
        ("number", report.request.number.clone()),
        ("version", report.ids.number.to_string()),
        ("signed", day(report.signed_at, &report.zone)),
        ("signer", report.signer.printed()),
        ("previous", previous),
        ("reason", reason.to_owned()),
        ("laboratory", report.laboratory.name.clone()),
        ("phone", report.laboratory.phone.clone()),
        ("reply_to", reader.reply_to.as_str().to_owned()),
    ];
    let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
    let mut text = String::with_capacity(1024);
    for paragraph in paragraphs.iter().copied().chain([texts.signature, automatic]) {
        if !paragraph.is_empty() {
            text.push_str(&fill(paragraph, &values));
            text.push_str("\n\n");
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// `, née le 28/03/1979`; nothing when the date is unknown.
fn birth(traits: &Traits, texts: &Texts) -> String {
    let Some(date) = traits.birth_date else {
        return String::new();
    };
    let template = match traits.sex {
        Sex::Female => texts.born[0],
        Sex::Male => texts.born[1],
        Sex::Unknown => texts.born[2],
    };
    let date = format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year());
    fill(template, &[("date", &date)])
}

/// `04/01/2024`, in the zone of the laboratory.
pub fn day(at: Timestamp, zone: &TimeZone) -> String {
    let date = zone.to_datetime(at).date();
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}
