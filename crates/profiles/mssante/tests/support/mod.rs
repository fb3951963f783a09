//! The report of the DMP tests, with the settings of a mail and a search through everything that leaves.
#![allow(dead_code)]

#[path = "../../../dmp/tests/fixture/mod.rs"]
pub mod fixture;

use fixture::{at, cda, source};
use lab::person::MssanteAddress;
use lab::report::{Report, Withdrawal};
use mail::MessageId;
use mssante::{Audience, Content, Delivery, Documents, MailError, Product, ReplyTo, Sender, Settings};
use std::io::{Cursor, Read};

pub const PDF: &[u8] = b"%PDF-1.4 invented";

pub fn address(text: &str) -> MssanteAddress {
    MssanteAddress::parse(text).expect("a secure address")
}

pub fn settings() -> Settings {
    Settings {
        source: source(),
        sender: Sender {
            address: address("sgl@labo-charmes.mssante.fr"),
            label: "Laboratoire des charmes – Biologie".into(),
        },
        reply_to: ReplyTo {
            professionals: address("secretariat@labo-charmes.mssante.fr"),
            patients: address("patients@labo-charmes.mssante.fr"),
            prescribers: Vec::new(),
        },
        patient_domain: ins::PATIENT_DOMAIN.into(),
        patient_answers: mssante::PatientAnswers::Refused,
        product: Product { name: "Paillasse".into(), version: "0.1".into(), vendor: "Projet Paillasse".into() },
        nil: "DEV935997".into(),
    }
}

pub fn message_id(n: u8) -> MessageId {
    let exchange = fixture::oid(&format!("2.25.{n}"));
    mssante::message_id(&exchange, &settings().sender.address).expect("an identifier")
}

/// The mail of a report, with its archive.
pub fn mail_to(
    report: &Report,
    to: &str,
    audience: Audience,
    about: Option<&MessageId>,
    settings: &Settings,
) -> Result<Vec<u8>, MailError> {
    mail_of(report, None, to, audience, about, settings)
}

/// The same, of its withdrawal when there is one.
pub fn mail_of(
    report: &Report,
    withdrawal: Option<&Withdrawal>,
    to: &str,
    audience: Audience,
    about: Option<&MessageId>,
    settings: &Settings,
) -> Result<Vec<u8>, MailError> {
    let cda = cda(report, &settings.source);
    let archive = mssante::archive(report, &Content { cda: &cda, page: None, masks: &[], withdrawal }, settings)?;
    let delivery = Delivery {
        address: &address(to),
        name: "Dr Éva BLEU",
        audience,
        message_id: &message_id(1),
        about,
        withdrawal,
        template: None,
        sent_at: at("2024-07-01T12:00:00Z"),
    };
    mssante::mail(report, &delivery, &Documents { archive: &archive, pdf: PDF }, settings)
}

pub fn to_professional(report: &Report) -> Vec<u8> {
    mail_to(report, "eva.bleu@medecin.mssante.fr", Audience::Professional, None, &settings()).expect("a mail")
}

/// Whether a text is anywhere: in the bytes, in what mail encodes, in the files of archives.
pub fn holds(bytes: &[u8], text: &str) -> bool {
    let found = |bytes: &[u8]| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    if found(bytes) {
        return true;
    }
    if let Ok(mut zip) = zip::ZipArchive::new(Cursor::new(bytes)) {
        return (0..zip.len()).any(|n| {
            let mut content = Vec::new();
            let mut file = zip.by_index(n).expect("a file");
            file.read_to_end(&mut content).expect("its bytes");
            found(file.name().expect("a name").as_bytes()) || found(&content)
        });
    }
    let received = mail::Received::decode(bytes);
    let decoded = [&received.subject, &received.text];
    decoded.iter().any(|it| found(it.as_bytes()))
        || received.to.iter().any(|it| it.display_name.as_ref().is_some_and(|it| found(it.as_bytes())))
        || received.attachments.iter().any(|it| holds(&it.content, text))
}
