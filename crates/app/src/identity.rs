//! Identity: announced patients are recognized, created, changed, merged; what is refused becomes a work item.

use hl7v2::Message;
use inbound_hl7v2::{
    adt::{Announcement, Feeding, IdentityMessage},
    identifier::LocalId,
    patient::AnnouncedPatient,
};
use lab::{
    finding::{Finding, Severity},
    id::{Ids, PatientId},
    identity::{AnnouncedIns, receive},
    patient::{Guardian, Oppositions, Patient},
    routing::{Channel, WithheldReason},
};
use records::{
    deliveries,
    patients::{self, PatientEvent},
    work_items::{self, NewWorkItem},
};
use store::Tx;

use crate::{AppError, inbound::Context, validation::audit};

/// Applies an identity message.
pub(crate) fn process(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    message: &Message,
) -> Result<Vec<Finding>, AppError> {
    let settings = context.app.settings();
    let read = match inbound_hl7v2::adt::read_trusting(message, &settings.zone, &settings.trusted) {
        Ok(read) => read,
        Err(findings) => return Ok(findings),
    };
    if !context.connection.own_domain && !context.connection.kind.opens_dossiers() {
        return Ok(vec![Finding::warning("IDENTITY-SENDER-NOT-ENTITLED", "MSH-3")]);
    }
    let (announcement, is_merge) = match read {
        IdentityMessage::Ignored { .. } => return Ok(vec![Finding::information("INBOUND-EVENT-IGNORED", "MSH-9")]),
        IdentityMessage::Announced(it) | IdentityMessage::IdentifierChanged(it) => (it, false),
        IdentityMessage::Merged(it) => (it, true),
    };
    let mut findings = announcement.findings.clone();
    if !is_merge {
        move_identifiers(tx, context, &announcement)?;
    }
    let Some(patient) = recognize(tx, ids, context, &announcement.patient, &mut findings)? else {
        return Ok(findings);
    };
    if is_merge {
        merge(tx, ids, context, &announcement, &patient, &mut findings)?;
    }
    if let Some(feeding) = announcement.dmp.and_then(|dmp| dmp.feeding) {
        record_feeding(tx, ids, context, &patient, feeding)?;
    }
    Ok(findings)
}

/// A47: the numbers that change lead to the same patient under their new value.
fn move_identifiers(tx: &mut Tx<'_>, context: &Context<'_>, announcement: &Announcement) -> Result<(), AppError> {
    let Some(new) = number(&announcement.patient) else { return Ok(()) };
    for old in &announcement.replaced_ids {
        let known = patients::by_identifier(tx, &authority(context, old), &old.value)?;
        if let Some(known) = known
            && patients::by_identifier(tx, &authority(context, new), &new.value)?.is_none()
        {
            patients::identify(tx, &authority(context, new), &new.value, known.id)?;
        }
    }
    Ok(())
}

fn merge(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    announcement: &Announcement,
    survivor: &Patient,
    findings: &mut Vec<Finding>,
) -> Result<(), AppError> {
    for old in &announcement.replaced_ids {
        let Some(victim) = patients::by_identifier(tx, &authority(context, old), &old.value)? else {
            findings.push(Finding::information("IDENTITY-MERGED-UNKNOWN", "MRG-1"));
            continue;
        };
        if victim.id == survivor.id {
            continue;
        }
        patients::merge(tx, victim.id, survivor.id)?;
        for (patient, detail) in [(victim.id, "into"), (survivor.id, "from")] {
            add_event(tx, ids, context, patient, "merge", detail)?;
        }
        if victim.ins_for_sending().is_some() {
            open_item(tx, ids, context, survivor.id, "IDENTITY-MERGED-AFTER-SENDING", "")?;
        }
    }
    Ok(())
}

/// Source: PAM France 2.11, ZFA-9 (`IO` stops feeding; `INO` allows it; `NA` says nothing).
fn record_feeding(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    patient: &Patient,
    feeding: Feeding,
) -> Result<(), AppError> {
    let dmp = match feeding {
        Feeding::Opposed => true,
        Feeding::NotOpposed => false,
        Feeding::NotAsked => return Ok(()),
    };
    if patient.oppositions.dmp == dmp {
        return Ok(());
    }
    let changed = Patient { oppositions: Oppositions { dmp, ..patient.oppositions }, ..patient.clone() };
    patients::update(tx, &changed)?;
    add_event(tx, ids, context, patient.id, "opposition", if dmp { "dmp=1" } else { "dmp=0" })?;
    if dmp {
        deliveries::withhold_pending(tx, patient.id, &[Channel::Dmp], WithheldReason::PatientOpposed)?;
    }
    Ok(())
}

/// Recognizes an announced patient by their number, or creates them; applies what the sender may change.
///
/// `None` when no number identifies them. Warnings and errors about the identity become work items.
pub(crate) fn recognize(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    announced: &AnnouncedPatient,
    findings: &mut Vec<Finding>,
) -> Result<Option<Patient>, AppError> {
    let Some(number) = number(announced) else {
        findings.push(Finding::error("INBOUND-PATIENT-ID-MISSING", "PID-3"));
        return Ok(None);
    };
    let authority = authority(context, number);
    let known = patients::by_identifier(tx, &authority, &number.value)?;
    let mut identity = announced.identity.clone();
    if let AnnouncedIns::Present(ins) = &identity.ins
        && !context.app.settings().mail.source.documents.environment.accepts(ins.authority)
    {
        identity.ins = AnnouncedIns::Refused { place: "PID-3".into(), code: "INS-AUTHORITY" };
    }
    let decision = receive(known.as_ref(), &identity, context.connection.identity_trust());
    let patient = Patient {
        id: known.as_ref().map_or_else(|| PatientId::fresh(ids), |known| known.id),
        local_id: match &known {
            Some(known) => known.local_id.clone(),
            None => local_id(tx, context, number)?,
        },
        traits: decision.traits,
        status: decision.status,
        ins: decision.ins,
        oppositions: known.as_ref().map(|known| known.oppositions).unwrap_or_default(),
        address: announced.address.clone().or_else(|| known.as_ref().and_then(|known| known.address.clone())),
        phone: announced.phone.clone().or_else(|| known.as_ref().and_then(|known| known.phone.clone())),
        guardian: known.as_ref().and_then(|known| known.guardian.clone()),
    };
    let today = context.now.to_zoned(context.app.settings().zone.clone()).date();
    let acting = Guardian::among(&announced.relatives, patient.age_days(today)).cloned();
    let patient = Patient { guardian: acting.or(patient.guardian), ..patient };
    match &known {
        None => {
            patients::insert(tx, &patient, context.now)?;
            patients::identify(tx, &authority, &number.value, patient.id)?;
            record_status(tx, ids, context, &patient, "")?;
        }
        Some(known) if *known != patient => {
            patients::update(tx, &patient)?;
            if known.status != patient.status || known.ins != patient.ins {
                record_status(tx, ids, context, &patient, known.status.code())?;
                withdraw(tx, ids, context, known, &patient)?;
            }
        }
        Some(_) => {}
    }
    for finding in &decision.findings {
        if finding.severity > Severity::Information {
            open_item(tx, ids, context, patient.id, finding.code, &finding.place)?;
        }
    }
    findings.extend(decision.findings);
    Ok(Some(patient))
}

/// An INS that is withdrawn stops what waits to leave with it; what left already is a person's task.
fn withdraw(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    known: &Patient,
    patient: &Patient,
) -> Result<(), AppError> {
    if known.ins_for_sending().is_none() || patient.ins_for_sending() == known.ins_for_sending() {
        return Ok(());
    }
    let channels = [Channel::Dmp, Channel::MssantePatient];
    deliveries::withhold_pending(tx, patient.id, &channels, WithheldReason::IdentityNotQualified)?;
    open_item(tx, ids, context, patient.id, "INS-CHANGED-AFTER-SENDING", "")
}

fn open_item(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    patient: PatientId,
    code: &str,
    place: &str,
) -> Result<(), AppError> {
    let item = NewWorkItem {
        station: "identity",
        code,
        place,
        message: Some(context.message),
        patient: Some(patient),
        ..NewWorkItem::default()
    };
    Ok(work_items::open(tx, ids, &item, context.now)?)
}

fn record_status(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    patient: &Patient,
    before: &str,
) -> Result<(), AppError> {
    add_event(tx, ids, context, patient.id, "status", &format!("{before}>{}", patient.status.code()))
}

fn add_event(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    patient: PatientId,
    kind: &'static str,
    detail: &str,
) -> Result<(), AppError> {
    let event = PatientEvent {
        at: context.now,
        author: &context.connection.label,
        kind,
        detail,
        message: Some(context.message),
    };
    patients::add_event(tx, ids, patient, &event)?;
    audit(tx, &context.connection.label, "patient.change", &patient.to_string(), Some(patient), context.now)
}

/// The number that identifies a patient: the first of type `PI` or without type, else the first.
pub(crate) fn number(announced: &AnnouncedPatient) -> Option<&LocalId> {
    announced.local_ids.iter().find(|id| matches!(id.kind.as_str(), "PI" | "")).or_else(|| announced.local_ids.first())
}

/// The domain of a number: its authority's identifier or name, else the sender itself.
pub(crate) fn authority(context: &Context<'_>, id: &LocalId) -> String {
    let given = [&id.authority.universal_id, &id.authority.name].into_iter().find(|it| !it.is_empty());
    match given {
        Some(given) => given.clone(),
        None => format!("connection:{}", context.connection.id),
    }
}

/// The number in the laboratory: the sender's own when it is our identity domain and the number is free.
fn local_id(tx: &mut Tx<'_>, context: &Context<'_>, number: &LocalId) -> Result<String, AppError> {
    if context.connection.own_domain && !patients::local_id_exists(tx, &number.value)? {
        return Ok(number.value.clone());
    }
    Ok(patients::next_local_id(tx)?)
}
