//! One request: ORC, OBR, TQ1, SPM and the people around it. In: a group of segments. Out: an [`OrderResult`].

use hl7v2::{Component, Segment, oru::OrderObservation};
use lab::{matching::SentCode, order::Priority, person::Professional, quantity::CodeSystem};

use super::{AnnouncedSpecimen, OrderResult, ParentLink, ResultStatus, observation};
use crate::{
    professional::{cnn, participant, share_mailbox, telecoms, xcn},
    reader::Reader,
};

/// Most copies of one request.
const MAX_COPIES: usize = 50;

pub(super) fn order(reader: &mut Reader<'_>, sent: &OrderObservation<'_>) -> OrderResult {
    let (orc, obr) = (sent.orc, sent.obr);
    let place = obr.or(orc).map_or_else(|| "OBR".to_owned(), |segment| reader.place(&segment, 0));
    let specimens = specimens(reader, sent);
    let collected_at = specimens.iter().find_map(|specimen| specimen.collected_at).or_else(|| reader.time(obr, 7));
    let received_at = specimens.iter().find_map(|specimen| specimen.received_at).or_else(|| reader.time(obr, 14));
    let (prescriber, copies) = people(reader, sent);
    let mut order = OrderResult {
        service: service(reader, sent),
        place,
        placer_number: number(reader, obr, orc, 2),
        filler_number: number(reader, obr, orc, 3),
        group_number: number(reader, None, orc, 4),
        priority: priority(sent),
        prescribed_at: reader.time(obr, 6).or_else(|| reader.time(orc, 9)),
        collected_at,
        received_at,
        reported_at: reader.time(obr, 22),
        collector: collector(reader, obr),
        specimens,
        prescriber,
        copies,
        status: status(reader, obr),
        interpreter: interpreter(reader, obr),
        parent: parent(reader, obr),
        notes: observation::notes(reader, &sent.notes),
        observations: Vec::with_capacity(sent.observations.len()),
    };
    for obx in &sent.observations {
        let observation = observation::observation(reader, obx, order.collected_at);
        order.observations.push(observation);
    }
    order
}

/// OBR-4. Finding: `INBOUND-SERVICE-MISSING` (error).
fn service(reader: &mut Reader<'_>, sent: &OrderObservation<'_>) -> SentCode {
    let Some(obr) = sent.obr else {
        return SentCode::default();
    };
    let place = reader.place(&obr, 4);
    let service = observation::sent_code(reader, obr.field(4).repetition(1), &place);
    if service.local.is_empty() && service.loinc.is_empty() && service.label.is_empty() {
        reader.error("INBOUND-SERVICE-MISSING", place);
    }
    service
}

/// An entity identifier (EI) of OBR, else of ORC.
fn number(reader: &mut Reader<'_>, obr: Option<Segment<'_>>, orc: Option<Segment<'_>>, field: u16) -> Option<String> {
    [obr, orc].into_iter().flatten().find_map(|segment| {
        let place = reader.place(&segment, field);
        let number = reader.word(&segment.field(field.into()).component(1).text(), &place);
        (!number.is_empty()).then_some(number)
    })
}

/// TQ1-9, OBR-27.6, ORC-7.6 or OBR-5: urgent when one of them says so.
///
/// Source: HL7 table 0485 (`S` stat, `A` as soon as possible), and `U`, `UR` as French senders write it.
fn priority(sent: &OrderObservation<'_>) -> Priority {
    let urgent = |code: &str| matches!(code.trim(), "S" | "STAT" | "A" | "ASAP" | "U" | "UR" | "URG" | "T");
    let from_tq1 = sent.tq1.iter().any(|tq1| urgent(&tq1.field(9).component(1).text()));
    let from_obr = sent
        .obr
        .is_some_and(|obr| urgent(&obr.field(5).component(1).text()) || urgent(&obr.field(27).component(6).text()));
    let from_orc = sent.orc.is_some_and(|orc| urgent(&orc.field(7).component(6).text()));
    if from_tq1 || from_obr || from_orc { Priority::Urgent } else { Priority::Routine }
}

/// OBR-25. Finding: `INBOUND-STATUS-UNKNOWN` (error): a result of unknown state is not processed.
fn status(reader: &mut Reader<'_>, obr: Option<Segment<'_>>) -> Option<ResultStatus> {
    let obr = obr?;
    let code = obr.field(25).component(1).text();
    let code = code.trim();
    // Table 0123 also has `Y` and `Z` (no order, no record) for answers to queries.
    let status = ResultStatus::from_code(code);
    if status.is_none() && !code.is_empty() {
        reader.error("INBOUND-STATUS-UNKNOWN", reader.place(&obr, 25));
    }
    status
}

fn specimens(reader: &mut Reader<'_>, sent: &OrderObservation<'_>) -> Vec<AnnouncedSpecimen> {
    let mut specimens: Vec<AnnouncedSpecimen> = Vec::with_capacity(sent.specimens.len());
    for specimen in &sent.specimens {
        let spm = specimen.spm;
        let place = reader.place(&spm, 2);
        // An EIP: the number that the prescriber gave, else the laboratory's.
        let number = [1, 2]
            .into_iter()
            .map(|at| reader.word(&spm.field(2).component(at).subcomponent(1).text(), &place))
            .find(|number| !number.is_empty())
            .unwrap_or_default();
        let place = reader.place(&spm, 4);
        let kind = code_and_label(reader, spm.field(4).component(1), spm.field(4).component(2), &place);
        let place = reader.place(&spm, 7);
        let act = observation::coded(reader, spm.field(7).repetition(1), &place);
        let place = reader.place(&spm, 8);
        let site = observation::coded(reader, spm.field(8).repetition(1), &place);
        specimens.push(AnnouncedSpecimen {
            number,
            kind,
            act: act.filter(|act| !act.code.is_empty() && matches!(act.system, CodeSystem::Nabm | CodeSystem::Loinc)),
            site: site.filter(|site| !site.code.is_empty() && site.system == CodeSystem::SnomedCt),
            collected_at: reader.time(Some(spm), 17),
            received_at: reader.time(Some(spm), 18),
            rejected: !spm.field(21).is_absent(),
        });
    }
    if specimens.is_empty()
        && let Some(specimen) = sent.obr.and_then(|obr| old_specimen(reader, obr))
    {
        specimens.push(specimen);
    }
    specimens
}

/// OBR-15 (SPS, before SPM existed), whose first component is a coded nature; its number in OBR-20, a filler's field.
fn old_specimen(reader: &mut Reader<'_>, obr: Segment<'_>) -> Option<AnnouncedSpecimen> {
    let place = reader.place(&obr, 15);
    let source = obr.field(15).component(1);
    let kind = match source.subcomponent(2).is_absent() {
        true => (reader.code(&source.subcomponent(1).text(), &place), String::new()),
        false => {
            (reader.code(&source.subcomponent(1).text(), &place), reader.word(&source.subcomponent(2).text(), &place))
        }
    };
    let place = reader.place(&obr, 20);
    let number = reader.word(&obr.field(20).component(1).text(), &place);
    let is_empty = kind.0.is_empty() && kind.1.is_empty() && number.is_empty();
    (!is_empty).then_some(AnnouncedSpecimen {
        number,
        kind,
        collected_at: None,
        received_at: None,
        act: None,
        site: None,
        rejected: false,
    })
}

fn code_and_label(reader: &mut Reader<'_>, code: Component<'_>, label: Component<'_>, place: &str) -> (String, String) {
    (reader.code(&code.text(), place), reader.word(&label.text(), place))
}

/// Prescriber and copies, with the mailboxes that call-back fields and PRT give.
fn people(reader: &mut Reader<'_>, sent: &OrderObservation<'_>) -> (Option<Professional>, Vec<Professional>) {
    let mut prescriber = None;
    for (segment, field, callback) in [(sent.obr, 16, 17), (sent.orc, 12, 14)] {
        let Some(segment) = segment else { continue };
        let place = reader.place(&segment, field);
        let Some(mut named) = xcn(reader, segment.field(field.into()).repetition(1), &place) else {
            continue;
        };
        let (phone, mailbox) = telecoms(reader, &segment, callback);
        named.phone = phone;
        named.mailbox = mailbox;
        match &mut prescriber {
            None => prescriber = Some(named),
            Some(known) => share_mailbox(std::iter::once(known), &named),
        }
    }
    let mut copies: Vec<Professional> = Vec::new();
    if let Some(obr) = sent.obr {
        for (at, copy) in obr.field(28).repetitions().take(MAX_COPIES).enumerate() {
            let place = reader.place_of(&obr, 28, at + 1);
            copies.extend(xcn(reader, copy, &place));
        }
    }
    let around_order = sent.others.iter();
    let around_results = sent.observations.iter().flat_map(|observation| &observation.others);
    for prt in around_order.chain(around_results).filter(|segment| segment.name() == "PRT") {
        let found = participant(reader, prt);
        let Some(person) = found.person else { continue };
        share_mailbox(copies.iter_mut().chain(&mut prescriber), &person);
        let is_new = copies.iter().all(|copy| copy.rpps.is_none() || copy.rpps != person.rpps);
        match found.role.as_str() {
            "RCT" if is_new && copies.len() < MAX_COPIES => copies.push(person),
            "OP" if prescriber.is_none() => prescriber = Some(person),
            _ => {}
        }
    }
    (prescriber, copies)
}

/// OBR-10: the first one named. Kept when it is a person; a ward or a round has no family name here.
fn collector(reader: &mut Reader<'_>, obr: Option<Segment<'_>>) -> Option<Professional> {
    let obr = obr?;
    let place = reader.place(&obr, 10);
    xcn(reader, obr.field(10).repetition(1), &place).filter(|collector| !collector.family.trim().is_empty())
}

/// OBR-32 (NDL): who, from when, to when; the end of the interpretation counts when it is there.
fn interpreter(reader: &mut Reader<'_>, obr: Option<Segment<'_>>) -> Option<(Professional, Option<jiff::Timestamp>)> {
    let obr = obr?;
    let place = reader.place(&obr, 32);
    let ndl = obr.field(32).repetition(1);
    let who = cnn(reader, ndl.component(1), &place)?;
    let end = reader.time_in(&ndl.component(3).text(), &obr, 32);
    let at = end.or_else(|| reader.time_in(&ndl.component(2).text(), &obr, 32));
    Some((who, at))
}

/// OBR-26 (PRL) and OBR-29 (EIP). The code of the parent is one component, its parts subcomponents.
fn parent(reader: &mut Reader<'_>, obr: Option<Segment<'_>>) -> Option<ParentLink> {
    let obr = obr?;
    let (prl, eip) = (obr.field(26), obr.field(29));
    if prl.is_absent() && eip.is_absent() {
        return None;
    }
    let place = reader.place(&obr, 26);
    let code = observation::sent_code_within(reader, prl.component(1), &place);
    let sub_id = reader.code(&prl.component(2).text(), &place);
    let label = reader.word(&prl.component(3).text(), &place);
    let place = reader.place(&obr, 29);
    let mut number = |at: usize| reader.word(&eip.component(at).subcomponent(1).text(), &place);
    Some(ParentLink { code, sub_id, label, placer_number: number(1), filler_number: number(2) })
}
