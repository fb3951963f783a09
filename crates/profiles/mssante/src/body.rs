//! The text of a mail: who the report is about, what it replaces, how to reach the laboratory. Never a result.
//!
//! In: the report, the audience, the settings. Out: plain text, lines ended by `\n`.
//!
//! Source: Ségur MSS/va1.09 (automatic message, address that reaches a human), MSS/va1.11, MSS/va1.35.

use crate::{
    Audience, PatientAnswers, Settings,
    texts::{Texts, fill},
};
use jiff::{Timestamp, tz::TimeZone};
use lab::{
    patient::{Sex, Traits},
    report::{Kind, Report, ReportStatus},
};

/// Paragraphs separated by an empty line; the last one says that the message is automatic.
pub fn body(report: &Report, audience: Audience, settings: &Settings, texts: &Texts) -> String {
    let number = report.ids.replaces.as_ref().map(|it| it.number.to_string()).unwrap_or_default();
    let (opening, advice, files, reply_to) = match audience {
        Audience::Professional => {
            let reply_to = &settings.reply_to.professionals;
            (texts.to_professional, "", texts.files_for_professional, reply_to)
        }
        Audience::Patient => {
            let reply_to = &settings.reply_to.patients;
            (texts.to_patient, texts.advice_to_patient, texts.files_for_patient, reply_to)
        }
    };
    let automatic = match (audience, settings.patient_answers) {
        (Audience::Patient, PatientAnswers::Refused) => texts.automatic_without_answer,
        _ => texts.automatic,
    };
    let replaced = match report.ids.replaces.as_ref().map(|it| it.status) {
        None => "",
        Some(ReportStatus::Partial) => texts.completes,
        Some(ReportStatus::Final) => texts.corrects,
    };
    let partial = match report.status {
        ReportStatus::Partial => texts.partial,
        ReportStatus::Final => "",
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
        ("signed", day(report.signed_at, &report.zone)),
        ("signer", report.signer.printed()),
        ("previous", number),
        ("laboratory", report.laboratory.name.clone()),
        ("phone", report.laboratory.phone.clone()),
        ("reply_to", reply_to.as_str().to_owned()),
    ];
    let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
    let mut text = String::with_capacity(1024);
    for paragraph in [opening, replaced, partial, advice, files, texts.signature, automatic] {
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
