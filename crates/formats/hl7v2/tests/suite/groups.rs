//! Results in groups: the two structures, and what senders do to them.

use hl7v2::oru::{Finding, FindingKind, Observation, Results};
use hl7v2::{Limits, Message, decode};

fn message(kind: &str, segments: &str) -> Message {
    let text = format!("MSH|^~\\&|A|B|C|D|20240104||{kind}|1|P|2.5.1\n{segments}");
    decode(text.as_bytes(), &Limits::default()).expect("a message")
}

fn oru(segments: &str) -> Message {
    message("ORU^R01^ORU_R01", segments)
}

fn values(observations: &[Observation<'_>]) -> Vec<String> {
    observations.iter().map(|o| o.obx.field(5).text().into_owned()).collect()
}

fn kinds(results: &Results<'_>) -> Vec<FindingKind> {
    results.findings.iter().map(|f| f.kind).collect()
}

#[test]
fn an_oru_gives_patient_orders_observations_and_notes() {
    let message = oru(
        "PID|1||42\nPD1|x\nNTE|1||patient\nPV1|1|I\nORC|RE|1\nOBR|1|1||A\nNTE|1||order\nTQ1|1\nOBX|1|NM|X||1\n\
         NTE|1||first\nNTE|2||second\nOBX|2|NM|Y||2\nPRT||UC\nOBR|2|2||B\nOBX|1|NM|Z||3\nSPM|1|s\nOBX|1|NM|V||4\nZZZ|1\n",
    );
    let results = Results::of(&message);
    assert_eq!(results.findings, []);
    let [patient] = results.patients.as_slice() else { panic!("one patient") };
    assert_eq!((patient.pid_notes.len(), patient.others.len(), patient.pv1.is_some()), (1, 1, true));
    let [first, second] = patient.orders.as_slice() else { panic!("two orders") };
    assert!(first.orc.is_some() && first.obr.is_some() && first.tq1.len() == 1 && first.notes.len() == 1);
    assert_eq!(values(&first.observations), ["1", "2"]);
    assert_eq!(first.observations[0].notes.len(), 2);
    assert_eq!(first.observations[1].others.len(), 1);
    assert!(second.orc.is_none() && second.obr.is_some());
    assert_eq!(values(&second.observations), ["3"]);
    assert_eq!(values(&second.specimens[0].observations), ["4"]);
    assert_eq!(second.specimens[0].observations[0].others.len(), 1);
}

#[test]
fn in_an_oul_the_specimen_comes_first_and_belongs_to_each_order_under_it() {
    let message = message(
        "OUL^R22^OUL_R22",
        "PID|1||42\nSPM|1|a\nOBX|1|NM|V||volume\nSAC|1\nOBR|1|1||A\nORC|OK|1\nNTE|1||order\nOBX|1|NM|X||1\nTCD|x\n\
         OBR|2|2||B\nORC|OK|2\nOBX|1|NM|Y||2\nSPM|2|b\nOBR|3|3||C\nOBX|1|NM|Z||3\nSPM|3|alone\n",
    );
    let results = Results::of(&message);
    assert_eq!(results.findings, []);
    let orders = &results.patients[0].orders;
    let rows: Vec<_> = orders
        .iter()
        .map(|o| (o.specimens[0].spm.field(2).text(), o.obr.is_some(), o.orc.is_some(), values(&o.observations)))
        .collect();
    let row = |spm: &'static str, obr, orc, observations: &[&str]| {
        (spm.into(), obr, orc, observations.iter().map(|&o| o.to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        rows,
        [
            row("a", true, true, &["1"]),
            row("a", true, true, &["2"]),
            row("b", true, false, &["3"]),
            row("alone", false, false, &[]),
        ]
    );
    assert_eq!(values(&orders[0].specimens[0].observations), ["volume"]);
    assert_eq!(orders[0].notes.len(), 1);
}

#[test]
fn two_patients_are_kept_apart_and_flagged() {
    let message = oru("PID|1||1\nOBR|1\nOBX|1|NM|X||a\nPID|2||2\nOBX|1|NM|X||b\n");
    let results = Results::of(&message);
    assert_eq!(results.patients.len(), 2);
    assert_eq!(results.findings[0], Finding { kind: FindingKind::SeveralPatients, segment: 5 });
    assert_eq!(values(&results.patients[0].orders[0].observations), ["a"]);
    // The second patient's observation must not fall under the first one's order.
    assert_eq!(values(&results.patients[1].orders[0].observations), ["b"]);
    assert_eq!(kinds(&results)[1..], [FindingKind::ObservationWithoutOrder]);
}

#[test]
fn nothing_is_lost_when_the_structure_is_broken() {
    let message = oru("OBX|1|NM|X||a\nOBX|2|NM|X||b\nPID|1||1\nPV1|1\nPV1|2\nORC|RE\nOBR|1\nSPM|1\nOBX|1|NM|X||c\n");
    let results = Results::of(&message);
    assert_eq!(
        kinds(&results),
        [
            FindingKind::MissingPatient,
            FindingKind::ObservationWithoutOrder,
            FindingKind::RepeatedVisit,
            FindingKind::SpecimenBeforeObservations,
        ]
    );
    assert_eq!(values(&results.patients[0].orders[0].observations), ["a", "b"]);
    assert_eq!(values(&results.patients[1].orders[0].observations), ["c"]);
    assert!(results.patients[0].pid.is_none());
}

#[test]
fn a_message_without_patient_keeps_its_segments() {
    let message = message("ADT^A01", "EVN||20240104\nNTE|1||note\n");
    let results = Results::of(&message);
    assert!(results.patients.is_empty());
    assert_eq!(results.others.len(), 2);
}
