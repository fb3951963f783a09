//! One mail to one recipient: headers, text, archive and PDF.
//!
//! In: the report, the planned delivery, the two files, the settings. Out: the bytes of the message.
//! The address is checked against the audience: a patient is written to at their own INS only, and no mail for a
//! professional goes to a patient's box.
//!
//! Source: MSSanté référentiel #2, ECO.2.1.x to ECO.2.4.x; Ségur BIO MSS/va1.08 to va1.19; RFC 5322, RFC 8098.

use crate::{ARCHIVE_NAME, MailError, Occasion, PatientAnswers, Settings, Template, body, pdf_name, subject, texts};
use jiff::Timestamp;
use lab::{
    id::Oid,
    person::MssanteAddress,
    report::{Report, Withdrawal},
};
use mail::{Address, Attachment, Date, Mailbox, Message, MessageId};

/// Largest encoded message, the bound of Mon espace santé (25 Mo). Source: Mon espace santé, messagerie, v1.3.
pub const MAX_MESSAGE_BYTES: usize = 25_000_000;

/// Whom a mail is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Audience {
    /// A professional or a structure.
    Professional,
    /// The patient.
    Patient,
}

/// One planned sending.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// The one recipient.
    pub address: &'a MssanteAddress,
    /// Name shown beside the address.
    pub name: &'a str,
    /// Whom it is for.
    pub audience: Audience,
    /// Identifier of the mail, planned ([`message_id`]): what receipts are tied by.
    pub message_id: &'a MessageId,
    /// Identifier of the mail that brought the replaced or withdrawn version to the same recipient.
    pub about: Option<&'a MessageId>,
    /// That the version is withdrawn: the mail then tells to delete it.
    pub withdrawal: Option<&'a Withdrawal>,
    /// The laboratory's own template of this occasion; `None`: the original text.
    pub template: Option<&'a Template>,
    /// `Date`.
    pub sent_at: Timestamp,
}
lab::redact_debug!(Delivery<'_>);

/// What a mail carries.
#[derive(Clone, Copy)]
pub struct Documents<'a> {
    /// The archive of the version ([`crate::archive`]).
    pub archive: &'a [u8],
    /// The PDF/A of the version; it stays here when the version is withdrawn.
    pub pdf: &'a [u8],
}
lab::redact_debug!(Documents<'_>);

/// The identifier of a mail: the exchange planned with the delivery, in the domain of the sending box.
///
/// Errors: [`MailError::Address`] when the domain is too long for an identifier.
pub fn message_id(exchange: &Oid, sender: &MssanteAddress) -> Result<MessageId, MailError> {
    let domain = sender.domain();
    Ok(MessageId::parse(&format!("{exchange}@{domain}"))?)
}

/// Writes the mail.
///
/// Errors: [`MailError`]; an address that does not fit its audience is refused before anything is written.
pub fn mail(
    report: &Report,
    delivery: &Delivery<'_>,
    documents: &Documents<'_>,
    settings: &Settings,
) -> Result<Vec<u8>, MailError> {
    assess_audience(report, delivery.address, delivery.audience, settings)?;
    let sender = Address::parse(settings.sender.address.as_str())?;
    let recipient = Address::parse(delivery.address.as_str())?;
    let reply_to = settings.reply_to.of(delivery.audience, delivery.address);
    let reader = body::Reader { audience: delivery.audience, reply_to };
    let mut extra = vec![
        // `ClinicalDocument/code/@code`.
        ("X-MSS-CODECDA", report.kind().loinc()),
        ("X-MSS-INS", ins_flag(report, settings)),
        ("X-MSS-NIL", settings.nil.as_str()),
    ];
    if delivery.audience == Audience::Patient && settings.patient_answers == PatientAnswers::Refused {
        extra.push(("X-MSS-MES", "FIN"));
    }
    let Letter { subject, text } = written(report, delivery.withdrawal, reader, delivery.template, settings);
    let reply_to = Address::parse(reply_to.as_str())?;
    let pdf_name = pdf_name(report);
    let attachments = [
        Attachment { media_type: "application/zip", file_name: ARCHIVE_NAME, content: documents.archive },
        Attachment { media_type: "application/pdf", file_name: &pdf_name, content: documents.pdf },
    ];
    // A person who opens the mail of a withdrawal must not read what is withdrawn as if it were new.
    let attachments = if delivery.withdrawal.is_some() { &attachments[..1] } else { &attachments };
    let message = Message {
        date: date(report, delivery.sent_at),
        message_id: delivery.message_id,
        from: Mailbox { display_name: Some(&settings.sender.label), address: &sender },
        to: &[Mailbox { display_name: Some(delivery.name), address: &recipient }],
        reply_to: Some(Mailbox::bare(&reply_to)),
        subject: &subject,
        in_reply_to: delivery.about,
        references: delivery.about.map(std::slice::from_ref).unwrap_or_default(),
        disposition_notification_to: Some(&sender),
        return_receipt_to: Some(&sender),
        extra: &extra,
        text: &text,
        attachments,
        boundary: &boundary(delivery.message_id),
    };
    let too_large = MailError::TooLarge { limit_bytes: MAX_MESSAGE_BYTES };
    // Before encoding: base64 makes attachments a third larger at least.
    if documents.archive.len().saturating_add(documents.pdf.len()) > MAX_MESSAGE_BYTES {
        return Err(too_large);
    }
    let bytes = message.encode()?;
    if bytes.len() > MAX_MESSAGE_BYTES { Err(too_large) } else { Ok(bytes) }
}

/// What a person reads of a mail before opening its files.
pub struct Letter {
    /// `Subject`.
    pub subject: String,
    /// Its text.
    pub text: String,
}
lab::redact_debug!(Letter);

/// The letter of a mail to a reader whose answers go to the box of their audience, without its files.
#[must_use]
pub fn letter(
    report: &Report,
    audience: Audience,
    withdrawal: Option<&Withdrawal>,
    template: &Template,
    settings: &Settings,
) -> Letter {
    let reply_to = match audience {
        Audience::Professional => &settings.reply_to.professionals,
        Audience::Patient => &settings.reply_to.patients,
    };
    written(report, withdrawal, body::Reader { audience, reply_to }, Some(template), settings)
}

fn written(
    report: &Report,
    withdrawal: Option<&Withdrawal>,
    reader: body::Reader<'_>,
    template: Option<&Template>,
    settings: &Settings,
) -> Letter {
    let texts = &texts::fr::TEXTS;
    let original;
    let template = match template {
        Some(own) => own,
        None => {
            original = Template::original(Occasion::of(report, reader.audience, withdrawal.is_some()), texts);
            &original
        }
    };
    match withdrawal {
        Some(it) => Letter {
            subject: subject::withdrawn(report),
            text: body::withdrawn(report, it, reader, template, settings, texts),
        },
        None => Letter { subject: subject(report), text: body::body(report, reader, template, settings, texts) },
    }
}

/// Source: Ségur MSS/va1.19 (nothing is sent to a patient whose identity is not qualified).
pub(crate) fn assess_audience(
    report: &Report,
    to: &MssanteAddress,
    audience: Audience,
    settings: &Settings,
) -> Result<(), MailError> {
    let domain = settings.patient_domain.as_str();
    match audience {
        Audience::Patient => {
            let own = ins::patient_mailbox(&report.patient, settings.source.documents.environment, domain);
            (own.as_ref() == Some(to)).then_some(()).ok_or(MailError::NotThePatient)
        }
        Audience::Professional => {
            let address = to.as_str();
            let is_patient = [domain, ins::PATIENT_DOMAIN]
                .iter()
                .any(|domain| address.rsplit_once('@').is_some_and(|(_, it)| it.eq_ignore_ascii_case(domain)));
            if is_patient { Err(MailError::NotAProfessional) } else { Ok(()) }
        }
    }
}

/// `O` when the header of the CDA holds matricule, authority and traits; `N` otherwise.
///
/// The CDA holds them under the very conditions of [`ins::sendable`]. Source: MSSanté référentiel #2, ECO.2.4.2.
fn ins_flag(report: &Report, settings: &Settings) -> &'static str {
    match ins::sendable(&report.patient, settings.source.documents.environment) {
        Some(_) => "O",
        None => "N",
    }
}

/// The moment of sending, in the zone of the laboratory.
pub(crate) fn date(report: &Report, at: Timestamp) -> Date {
    let offset_minutes = report.zone.to_offset(at).seconds() / 60;
    Date { seconds_since_epoch: at.as_second(), offset_minutes: i16::try_from(offset_minutes).unwrap_or(0) }
}

/// Derived from the identifier of the mail. `=_` occurs neither in quoted-printable nor in base64.
pub(crate) fn boundary(id: &MessageId) -> String {
    let unique = id.as_str().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').take(56);
    "=_".chars().chain(unique).collect()
}
