//! Identities and stays: ADT messages of PAM France in, what they announce out.
//!
//! Events that change nothing for a laboratory are `Ignored`, not refused. Movements (ZBE) are not followed.

use hl7v2::{Message, Segment};
use jiff::{Timestamp, tz::TimeZone};
use lab::{finding::Finding, identity::AnnouncedIns, person::TrustedDomains, redact_debug};

use crate::{
    Quirk,
    identifier::LocalId,
    patient::{AnnouncedPatient, identifiers, patient},
    reader::Reader,
    visit::{Visit, visit},
};

/// What an identity message says.
#[derive(Clone)]
pub enum IdentityMessage {
    /// A patient as they are now.
    Announced(Box<Announcement>),
    /// Two files are one patient (A40): the survivor is announced, the other file named.
    Merged(Box<Announcement>),
    /// An identifier changed or was removed (A47): the patient is announced, the old identifier named.
    IdentifierChanged(Box<Announcement>),
    /// An event that a laboratory does not follow.
    Ignored {
        /// The event, such as `A02`.
        trigger: String,
    },
}
redact_debug!(IdentityMessage);

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum IdentityEvent {
    /// A01, admission.
    Admitted,
    /// A03, end of the stay.
    Discharged,
    /// A04, outpatient or emergency.
    Registered,
    /// A05, admission to come.
    PreAdmitted,
    /// A28, new person.
    Created,
    /// A31, or A08 of senders that do not follow PAM France.
    Updated,
    /// A40.
    Merged,
    /// A47.
    IdentifierChanged,
}

/// An announced patient and what goes with them.
#[derive(Clone)]
pub struct Announcement {
    /// What happened.
    pub event: IdentityEvent,
    /// When (EVN-6, else EVN-2).
    pub occurred_at: Option<Timestamp>,
    /// The patient.
    pub patient: AnnouncedPatient,
    /// The stay (PV1).
    pub visit: Option<Visit>,
    /// Identifiers that no longer hold (MRG-1): the file merged, or the number changed.
    pub replaced_ids: Vec<LocalId>,
    /// The INS that no longer holds (MRG-1).
    pub replaced_ins: AnnouncedIns,
    /// The patient's decisions about the DMP (ZFA).
    pub dmp: Option<DmpConsent>,
    /// Doubts; none is an error.
    pub findings: Vec<Finding>,
    /// Deviations that were tolerated.
    pub quirks: Vec<Quirk>,
}
redact_debug!(Announcement);

/// The DMP of a patient and what they decided (ZFA).
///
/// Source: PAM France 2.11 §6.14. Nothing said is never a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DmpConsent {
    /// ZFA-1.
    pub status: Option<DmpStatus>,
    /// ZFA-9: whether the DMP may be fed.
    pub feeding: Option<Feeding>,
    /// ZFA-10.
    pub feeding_at: Option<Timestamp>,
    /// ZFA-11: whether it may be consulted.
    pub consultation: Option<Consultation>,
    /// ZFA-12.
    pub consultation_at: Option<Timestamp>,
}

/// State of a DMP (ZFA-1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum DmpStatus {
    /// `ACTIF`
    Active,
    /// `FERME`
    Closed,
    /// `INEXISTANT`
    Absent,
}

/// Whether the patient is informed of, and opposed to, feeding (ZFA-9).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Feeding {
    /// `INO`: informed, not opposed.
    NotOpposed,
    /// `IO`: informed and opposed: nothing is sent to the DMP.
    Opposed,
    /// `NA`: not asked.
    NotAsked,
}

/// Whether the patient is informed of, and consents to, consultation (ZFA-11).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Consultation {
    /// `IC`: informed, consents.
    Consents,
    /// `INC`: informed, does not consent.
    Refuses,
    /// `NA`: not asked.
    NotAsked,
}

/// Reads an identity message. Times without offset are of `zone`.
///
/// # Errors
/// Every finding when one of them is an error; the message must then be refused: `INBOUND-TYPE-UNSUPPORTED`,
/// `INBOUND-PATIENT-MISSING`, `INBOUND-TWO-PATIENTS`, `INBOUND-PATIENT-ID-MISSING`, `INBOUND-PATIENT-NAME-MISSING`,
/// `INBOUND-REPLACED-ID-MISSING` (A40, A47 without MRG-1), `FIELD-TOO-LONG`.
///
/// Source: IHE PAM, French extension 2.11; HL7 v2.5 chapter 3.
pub fn read(message: &Message, zone: &TimeZone) -> Result<IdentityMessage, Vec<Finding>> {
    read_trusting(message, zone, &TrustedDomains::default())
}

/// [`read`] with the white list of domains: a mailbox of another domain is not kept.
///
/// # Errors
/// Those of [`read`]. Warning: `RECIPIENT-DOMAIN-NOT-LISTED`.
pub fn read_trusting(
    message: &Message,
    zone: &TimeZone,
    trusted: &TrustedDomains,
) -> Result<IdentityMessage, Vec<Finding>> {
    let mut reader = Reader::new(message, zone, trusted);
    let kind = message.message_type();
    if kind.code.trim() != "ADT" {
        reader.error("INBOUND-TYPE-UNSUPPORTED", "MSH-9");
        return Err(reader.findings);
    }
    let event = match kind.trigger.trim() {
        "A01" => IdentityEvent::Admitted,
        "A03" => IdentityEvent::Discharged,
        "A04" => IdentityEvent::Registered,
        "A05" => IdentityEvent::PreAdmitted,
        "A28" => IdentityEvent::Created,
        "A31" => IdentityEvent::Updated,
        "A08" => {
            reader.quirk(Quirk::UpdateByA08);
            IdentityEvent::Updated
        }
        "A40" => IdentityEvent::Merged,
        "A47" => IdentityEvent::IdentifierChanged,
        // Three characters in table 0003; a longer one is a sender's own.
        other => {
            return Ok(IdentityMessage::Ignored { trigger: other.chars().take(10).collect() });
        }
    };
    let mut pids = message.segments_named("PID");
    let Some(pid) = pids.next() else {
        reader.error("INBOUND-PATIENT-MISSING", "PID");
        return Err(reader.findings);
    };
    if let Some(second) = pids.next() {
        // ADT_A39 may repeat PID and MRG; one message, one decision.
        reader.error("INBOUND-TWO-PATIENTS", reader.place(&second, 0));
        return Err(reader.findings);
    }
    let announcement = announcement(&mut reader, event, pid);
    if reader.has_error() {
        return Err(reader.findings);
    }
    let announcement = Box::new(Announcement { findings: reader.findings, quirks: reader.quirks, ..announcement });
    Ok(match event {
        IdentityEvent::Merged => IdentityMessage::Merged(announcement),
        IdentityEvent::IdentifierChanged => IdentityMessage::IdentifierChanged(announcement),
        _ => IdentityMessage::Announced(announcement),
    })
}

fn announcement(reader: &mut Reader<'_>, event: IdentityEvent, pid: Segment<'_>) -> Announcement {
    let message = reader.message;
    let patient = patient(reader, pid);
    let (replaced_ids, replaced_ins) = match message.segment("MRG") {
        Some(mrg) => identifiers(reader, &mrg, 1),
        None => (Vec::new(), AnnouncedIns::Absent),
    };
    let needs_old = matches!(event, IdentityEvent::Merged | IdentityEvent::IdentifierChanged);
    if needs_old && replaced_ids.is_empty() && replaced_ins == AnnouncedIns::Absent {
        reader.error("INBOUND-REPLACED-ID-MISSING", "MRG-1");
    }
    if message.segment("ZBE").is_some_and(|zbe| !zbe.field(3).is_absent()) {
        reader.quirk(Quirk::MovementEndFilled);
    }
    let evn = message.segment("EVN");
    Announcement {
        event,
        occurred_at: reader.time(evn, 6).or_else(|| reader.time(evn, 2)),
        patient,
        visit: message.segment("PV1").map(|pv1| visit(reader, pv1)),
        replaced_ids,
        replaced_ins,
        dmp: message.segment("ZFA").map(|zfa| consent(reader, zfa)),
        findings: Vec::new(),
        quirks: Vec::new(),
    }
}

/// Reads ZFA. Finding: `CONSENT-CODE-UNKNOWN` (warning) for a code outside the tables: nothing is concluded from it.
fn consent(reader: &mut Reader<'_>, zfa: Segment<'_>) -> DmpConsent {
    let status = [("ACTIF", DmpStatus::Active), ("FERME", DmpStatus::Closed), ("INEXISTANT", DmpStatus::Absent)];
    let feeding = [("INO", Feeding::NotOpposed), ("IO", Feeding::Opposed), ("NA", Feeding::NotAsked)];
    let consultation = [("IC", Consultation::Consents), ("INC", Consultation::Refuses), ("NA", Consultation::NotAsked)];
    DmpConsent {
        status: code(reader, &zfa, 1, &status),
        feeding: code(reader, &zfa, 9, &feeding),
        feeding_at: reader.time(Some(zfa), 10),
        consultation: code(reader, &zfa, 11, &consultation),
        consultation_at: reader.time(Some(zfa), 12),
    }
}

fn code<T: Copy>(reader: &mut Reader<'_>, segment: &Segment<'_>, field: u16, table: &[(&str, T)]) -> Option<T> {
    let text = segment.field(field.into()).component(1).text();
    let text = text.trim();
    let known = table.iter().find(|(code, _)| *code == text).map(|(_, meaning)| *meaning);
    if known.is_none() && !text.is_empty() && text != "\"\"" {
        reader.warning("CONSENT-CODE-UNKNOWN", reader.place(segment, field));
    }
    known
}
