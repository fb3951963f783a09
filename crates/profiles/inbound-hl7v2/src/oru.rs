//! Results: ORU^R01 and OUL^R22 (v2.3 to v2.6) in, one patient with orders and observations out.
//!
//! Values are kept as spelled ([`SentCode`], [`SentValue`]): the catalogue and `lab::matching` give them a meaning.
//! A message about two patients, without patient, without code or with an unbearable field is refused as a whole.

mod enclosed;
mod observation;
mod order;
mod range;
mod screening;

pub use screening::AnnouncedScreening;

use hl7v2::{
    Message,
    oru::{FindingKind, OrderObservation, Results},
};
use jiff::{Timestamp, tz::TimeZone};
use lab::{
    finding::Finding,
    matching::{SentCode, SentValue},
    order::Priority,
    person::{Professional, Subcontractor, TrustedDomains},
    quantity::{CodeSystem, Coded, Interpretation, ReferenceRange},
    redact_debug,
};

use crate::{
    Quirk,
    patient::{AnnouncedPatient, patient},
    reader::Reader,
    visit::{Visit, visit},
};

/// Most germs of one message.
const MAX_ISOLATES: usize = 200;

/// Most findings on the structure that are reported.
const MAX_STRUCTURE_FINDINGS: usize = 20;

/// What a result message says.
#[derive(Clone)]
pub struct ResultMessage {
    /// The one patient.
    pub patient: AnnouncedPatient,
    /// The stay (PV1).
    pub visit: Option<Visit>,
    /// In the order of the message, at least one.
    pub orders: Vec<OrderResult>,
    /// Notes on the patient or the whole message.
    pub notes: Vec<String>,
    /// What is said of a screening of cervical cancer beside its results.
    pub screening: Option<AnnouncedScreening>,
    /// Doubts; none is an error.
    pub findings: Vec<Finding>,
    /// Deviations that were tolerated.
    pub quirks: Vec<Quirk>,
}
redact_debug!(ResultMessage);

/// One request (ORC, OBR) and its results.
#[derive(Clone)]
pub struct OrderResult {
    /// Where: `OBR[2]`.
    pub place: String,
    /// Number at the prescriber's (ORC-2, OBR-2).
    pub placer_number: Option<String>,
    /// Number at the laboratory's (ORC-3, OBR-3).
    pub filler_number: Option<String>,
    /// Number of the group of requests (ORC-4).
    pub group_number: Option<String>,
    /// What was asked for (OBR-4).
    pub service: SentCode,
    /// How fast the answer is wanted.
    pub priority: Priority,
    /// When written (OBR-6, else ORC-9).
    pub prescribed_at: Option<Timestamp>,
    /// When taken (SPM-17, else OBR-7).
    pub collected_at: Option<Timestamp>,
    /// When received (SPM-18, else OBR-14).
    pub received_at: Option<Timestamp>,
    /// When reported (OBR-22).
    pub reported_at: Option<Timestamp>,
    /// Who took the specimens (OBR-10).
    pub collector: Option<Professional>,
    /// Specimens.
    pub specimens: Vec<AnnouncedSpecimen>,
    /// Who asked (OBR-16, else ORC-12).
    pub prescriber: Option<Professional>,
    /// Copies (OBR-28, then PRT of role `RCT`).
    pub copies: Vec<Professional>,
    /// State of the whole request (OBR-25).
    pub status: Option<ResultStatus>,
    /// Who interpreted, and when (OBR-32).
    pub interpreter: Option<(Professional, Option<Timestamp>)>,
    /// The result that led to this request, such as the germ of an antibiogram (OBR-26, OBR-29).
    pub parent: Option<ParentLink>,
    /// Notes on the request.
    pub notes: Vec<String>,
    /// Results, in order.
    pub observations: Vec<SentObservation>,
}
redact_debug!(OrderResult);

/// A specimen as announced (SPM, else OBR-15).
#[derive(Clone, PartialEq)]
pub struct AnnouncedSpecimen {
    /// Bar code or number (SPM-2); may be empty.
    pub number: String,
    /// Nature as sent: code (usually of table 0487) and label; the code may be empty.
    pub kind: (String, String),
    /// When taken.
    pub collected_at: Option<Timestamp>,
    /// When received.
    pub received_at: Option<Timestamp>,
    /// How it was taken (SPM-7): an act of NABM or LOINC.
    pub act: Option<Coded>,
    /// Where on the body (SPM-8).
    pub site: Option<Coded>,
    /// Rejected by the laboratory (SPM-21 filled).
    pub rejected: bool,
}
redact_debug!(AnnouncedSpecimen);

/// What an order refers to as its parent.
#[derive(Clone, PartialEq, Eq)]
pub struct ParentLink {
    /// Code of the parent observation (OBR-26.1).
    pub code: SentCode,
    /// Sub-identifier of the parent observation (OBR-26.2).
    pub sub_id: String,
    /// Its value in words (OBR-26.3).
    pub label: String,
    /// Number of the parent request at the prescriber's (OBR-29.1); may be empty.
    pub placer_number: String,
    /// Number of the parent request at the laboratory's (OBR-29.2); may be empty.
    pub filler_number: String,
}
redact_debug!(ParentLink);

/// One result (OBX).
#[derive(Clone)]
pub struct SentObservation {
    /// Where: `OBX[3]`.
    pub place: String,
    /// What was measured (OBX-3).
    pub code: SentCode,
    /// Sub-identifier (OBX-4); may be empty.
    pub sub_id: String,
    /// The value as spelled (OBX-2, OBX-5).
    pub value: SentValue,
    /// The unit as spelled (OBX-6); may be empty.
    pub unit: String,
    /// The sender's usual values (OBX-7), bounds when they are numbers.
    pub range: Option<ReferenceRange>,
    /// The sender's flags as sent (OBX-8).
    pub flags: Vec<String>,
    /// The first flag that the laboratory uses.
    pub interpretation: Option<Interpretation>,
    /// State (OBX-11).
    pub status: ResultStatus,
    /// When the observation is of (OBX-14, else the collection).
    pub observed_at: Option<Timestamp>,
    /// When it was measured (OBX-19).
    pub analyzed_at: Option<Timestamp>,
    /// Technique (OBX-17).
    pub method: Option<Coded>,
    /// Analyzer (OBX-18).
    pub analyzer: Option<String>,
    /// The laboratory that made it, when named (OBX-23, OBX-24).
    pub performer: Option<Subcontractor>,
    /// Who validated it at the sender's (OBX-16).
    pub validator: Option<Professional>,
    /// Comments (NTE).
    pub comments: Vec<String>,
    /// Key of the isolate it belongs to: the same for a germ, its count and its antibiogram.
    pub isolate: Option<String>,
    /// Whether it names the germ of its isolate: a child request points at it, and its value is a name or code.
    pub names_germ: bool,
}
redact_debug!(SentObservation);

/// State of a result or request.
///
/// Source: HL7 tables 0085 (OBX-11) and 0123 (OBR-25).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum ResultStatus {
    /// `I`, `O`, `S`: in process, ordered, scheduled: no result yet.
    InProgress,
    /// `R`: entered, not verified.
    Entered,
    /// `P`, `A`, `B`: preliminary, some results awaited.
    Preliminary,
    /// `F`, `U`: final.
    Final,
    /// `C`: corrects a final result.
    Corrected,
    /// `X`, `N`: could not be done, or not asked for.
    Unavailable,
    /// `D`: to be deleted.
    Deleted,
    /// `W`: was posted by mistake, for instance to the wrong patient.
    PostedWrong,
}

impl ResultStatus {
    /// Reads a code of table 0085 or 0123.
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "I" | "O" | "S" => Self::InProgress,
            "R" => Self::Entered,
            "P" | "A" | "B" => Self::Preliminary,
            "F" | "U" => Self::Final,
            "C" => Self::Corrected,
            "X" | "N" => Self::Unavailable,
            "D" => Self::Deleted,
            "W" => Self::PostedWrong,
            _ => return None,
        })
    }
}

impl ResultMessage {
    /// Every observation, in order.
    pub fn observations(&self) -> impl Iterator<Item = &SentObservation> {
        self.orders.iter().flat_map(|order| &order.observations)
    }

    /// The germs found: isolate key and organism, in order, for [`lab::report::Draft`].
    ///
    /// A germ is named by the observation that a child request points at, else by the words of that link (OBR-26.3).
    /// An organism sent as words only has no code.
    pub fn organisms(&self) -> Vec<(String, Coded)> {
        let mut organisms: Vec<(String, Coded)> = Vec::new();
        let mut put = |key: &String, organism: Coded| {
            if organisms.iter().all(|(known, _)| known != key) {
                organisms.push((key.clone(), organism));
            }
        };
        let words = |label: &String| Coded { system: CodeSystem::Local, code: String::new(), label: label.clone() };
        for observation in self.observations().filter(|it| it.names_germ) {
            match (&observation.isolate, &observation.value) {
                (Some(key), SentValue::Coded(coded)) => put(key, coded.clone()),
                (Some(key), SentValue::Text(label)) => put(key, words(label)),
                _ => {}
            }
        }
        for order in &self.orders {
            if let (Some(parent), Some(key)) =
                (&order.parent, order.observations.iter().find_map(|it| it.isolate.as_ref()))
                && !parent.label.is_empty()
            {
                put(key, words(&parent.label));
            }
        }
        organisms
    }
}

/// Reads a result message. Times without offset are of `zone`.
///
/// # Errors
/// Every finding when one of them is an error; the message must then be refused:
/// `INBOUND-TYPE-UNSUPPORTED`, `INBOUND-VERSION-UNSUPPORTED`, `INBOUND-PATIENT-MISSING`, `INBOUND-TWO-PATIENTS`,
/// `INBOUND-PATIENT-ID-MISSING`, `INBOUND-PATIENT-NAME-MISSING`, `INBOUND-ORDER-MISSING`, `INBOUND-SERVICE-MISSING`,
/// `INBOUND-CODE-MISSING`, `INBOUND-STATUS-UNKNOWN`, `INBOUND-TOO-MANY-ISOLATES`, `FIELD-TOO-LONG`.
///
/// Source: HL7 v2.3 to v2.6, chapter 7; PAM France 2.11 for the patient.
pub fn read(message: &Message, zone: &TimeZone) -> Result<ResultMessage, Vec<Finding>> {
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
) -> Result<ResultMessage, Vec<Finding>> {
    let mut reader = Reader::new(message, zone, trusted);
    check_type(&mut reader);
    if reader.has_error() {
        return Err(reader.findings);
    }
    let results = Results::of(message);
    structure(&mut reader, &results);
    let Some(group) = results.patients.first() else {
        reader.error("INBOUND-PATIENT-MISSING", "PID");
        return Err(reader.findings);
    };
    let Some(pid) = group.pid.filter(|_| !reader.has_error()) else {
        return Err(reader.findings);
    };
    let mut patient = patient(&mut reader, pid);
    let visit = group.pv1.map(|pv1| visit(&mut reader, pv1));
    let notes = observation::notes(&mut reader, &group.pid_notes);
    let mut orders: Vec<OrderResult> = Vec::with_capacity(group.orders.len());
    for sent in group.orders.iter().filter(|sent| has_content(sent)) {
        let order = order::order(&mut reader, sent);
        orders.push(order);
    }
    if orders.is_empty() {
        reader.error("INBOUND-ORDER-MISSING", "OBR");
    }
    let screening = screening::take(&mut orders, &mut patient, zone);
    name_isolates(&mut reader, &mut orders);
    if reader.has_error() {
        return Err(reader.findings);
    }
    Ok(ResultMessage { patient, visit, orders, notes, screening, findings: reader.findings, quirks: reader.quirks })
}

/// An ORC alone says nothing about a result.
fn has_content(order: &OrderObservation<'_>) -> bool {
    order.obr.is_some() || !order.observations.is_empty()
}

fn check_type(reader: &mut Reader<'_>) {
    let kind = reader.message.message_type();
    let supported = matches!((kind.code.trim(), kind.trigger.trim()), ("ORU", "R01" | "") | ("OUL", "R22"));
    if !supported {
        reader.error("INBOUND-TYPE-UNSUPPORTED", "MSH-9");
    }
    let version = reader.message.version();
    if !matches!(version.trim(), "2.3" | "2.3.1" | "2.4" | "2.5" | "2.5.1" | "2.6") {
        reader.error("INBOUND-VERSION-UNSUPPORTED", "MSH-12");
    }
}

fn structure(reader: &mut Reader<'_>, results: &Results<'_>) {
    // Looking a segment up is linear; the first ones are enough to refuse.
    for finding in results.findings.iter().take(MAX_STRUCTURE_FINDINGS) {
        let place = match reader.message.segments().nth(finding.segment - 1) {
            Some(segment) => reader.place(&segment, 0),
            None => continue,
        };
        match finding.kind {
            FindingKind::SeveralPatients => reader.error("INBOUND-TWO-PATIENTS", place),
            FindingKind::MissingPatient => reader.error("INBOUND-PATIENT-MISSING", place),
            FindingKind::ObservationWithoutOrder => reader.error("INBOUND-ORDER-MISSING", place),
            FindingKind::RepeatedVisit => reader.information("INBOUND-VISIT-REPEATED", place),
            // Its results are read as results; other kinds are of structures to come.
            _ => {}
        }
    }
}

/// Gives a germ, its count and its antibiogram one key, from the links of the children to their parent.
///
/// The key is the sub-identifier of the germ, with the number of its order in front when the link gives one.
/// Finding: `INBOUND-TOO-MANY-ISOLATES` (error) beyond 200.
/// Source: HL7 v2.5 §7.4.1.26 and .29 (OBR-26, OBR-29).
fn name_isolates(reader: &mut Reader<'_>, orders: &mut [OrderResult]) {
    let mut parents: Vec<(ParentLink, String)> = Vec::new();
    for order in orders.iter_mut() {
        let Some(parent) = order.parent.as_ref().filter(|parent| !parent.sub_id.is_empty()) else {
            continue;
        };
        let number = [&parent.filler_number, &parent.placer_number].into_iter().find(|number| !number.is_empty());
        let key = match number {
            Some(number) => format!("{number}/{}", parent.sub_id),
            None => parent.sub_id.clone(),
        };
        for observation in &mut order.observations {
            observation.isolate = Some(key.clone());
        }
        if parents.iter().any(|(known, _)| known == parent) {
            continue;
        }
        if parents.len() == MAX_ISOLATES {
            reader.error("INBOUND-TOO-MANY-ISOLATES", order.place.clone());
            return;
        }
        parents.push((parent.clone(), key));
    }
    for order in orders.iter_mut().filter(|order| order.parent.is_none()) {
        for (parent, key) in &parents {
            if !may_be_parent(order, parent) {
                continue;
            }
            for observation in order.observations.iter_mut().filter(|it| it.sub_id == parent.sub_id) {
                observation.isolate = Some(key.clone());
                observation.names_germ = same_code(&observation.code, &parent.code)
                    && matches!(observation.value, SentValue::Coded(_) | SentValue::Text(_));
            }
        }
    }
}

/// Whether an order bears the numbers of a link and holds the observation that it names.
fn may_be_parent(order: &OrderResult, link: &ParentLink) -> bool {
    let same =
        |ours: &Option<String>, theirs: &str| theirs.is_empty() || ours.as_ref().is_none_or(|ours| ours == theirs);
    same(&order.filler_number, &link.filler_number)
        && same(&order.placer_number, &link.placer_number)
        && order.observations.iter().any(|it| it.sub_id == link.sub_id && same_code(&it.code, &link.code))
}

fn same_code(one: &SentCode, other: &SentCode) -> bool {
    (!one.loinc.is_empty() && one.loinc == other.loinc) || (!one.local.is_empty() && one.local == other.local)
}
