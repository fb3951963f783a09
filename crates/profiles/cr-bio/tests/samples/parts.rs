//! The pieces samples are made of.

use jiff::{Timestamp, civil::date, tz::TimeZone};
use lab::{
    id::{Oid, OrderId, PatientId, VersionId},
    order::{CareSetting, Confidentiality, Priority, Specimen, SpecimenKind},
    patient::{IdentityStatus, Ins, InsAuthority, InsMatricule, Oppositions, Patient, Sex, Traits},
    person::{Address, Finess, Laboratory, MssanteAddress, Professional, Rpps, Specialty},
    quantity::{CodeSystem, Coded, Comparator, CriticalBounds, Interpretation, ReferenceRange, Unit, Value},
    report::{
        Answer, Chapter, Item, Mentions, PreviousResult, Provenance, Recipient, Report, ReportStatus, ReportedResult,
        Request, Section, Validator, Validators, VersionIds,
    },
};

pub const INS: &str = "279035121518989";

pub fn report(chapters: Vec<Chapter>) -> Report {
    Report {
        ids: VersionIds {
            version: version("02"),
            document: oid("2.25.41"),
            set: oid("2.25.40"),
            number: 1,
            replaces: None,
        },
        status: ReportStatus::Final,
        signed_at: at("2026-01-04T15:05:27Z"),
        zone: TimeZone::get("Europe/Paris").unwrap(),
        confidentiality: Confidentiality::Normal,
        patient: patient().into(),
        laboratory: Laboratory {
            name: "Laboratoire des Charmes".into(),
            finess: Finess::parse("120459876").unwrap(),
            address: address("8 rue Frédéric Bastiat", "92100", "BOULOGNE-BILLANCOURT"),
            phone: "01 74 58 96 07".into(),
            accreditation: Some("8-1234".into()),
            director: biologist(),
        },
        request: Request {
            order: OrderId::parse("00000000-0000-7000-8000-000000000003").unwrap(),
            number: "260104-0017".into(),
            placer_number: Some("P-2026-881".into()),
            prescribed_at: Some(at("2026-01-03T16:00:00Z")),
            collected_at: Some(at("2026-01-04T06:35:00Z")),
            received_at: at("2026-01-04T08:22:00Z"),
            priority: Priority::Routine,
            setting: CareSetting::Ambulatory,
            prescriber: Some(prescriber()),
            treating_physician: Some(prescriber()),
        },
        signer: biologist(),
        recipients: vec![Recipient::Professional(prescriber())],
        chapters,
        comments: Vec::new(),
        attachments: Vec::new(),
        mentions: Mentions::default(),
        screening: None,
        rapid_test: None,
    }
}

pub fn patient() -> Patient {
    Patient {
        id: PatientId::parse("00000000-0000-7000-8000-000000000001").unwrap(),
        local_id: "104233".into(),
        traits: Traits {
            birth_name: "PAT-TROIS".into(),
            first_given: "DOMINIQUE".into(),
            given_names: "DOMINIQUE MARIE-LOUISE".into(),
            birth_date: Some(date(1979, 3, 28)),
            sex: Sex::Female,
            birth_place: Some("51215".into()),
            used_name: Some("PAT-TROIS".into()),
            used_given: Some("DOMINIQUE".into()),
        },
        status: IdentityStatus::Qualified,
        ins: Some(Ins { matricule: InsMatricule::parse(INS).unwrap(), authority: InsAuthority::NirTest }),
        oppositions: Oppositions::default(),
        guardian: None,
        address: Some(address("28 avenue de Breteuil", "75007", "PARIS")),
        phone: Some("06 47 15 10 10".into()),
    }
}

pub fn biologist() -> Professional {
    Professional {
        rpps: Rpps::parse("01234534765"),
        family: "CAMPARINI".into(),
        given: "Marcel".into(),
        title: "DR".into(),
        specialty: Some(Specialty { code: "G15_10/SM03".into(), label: "Médecin - Biologie médicale (SM)".into() }),
        mailbox: None,
        phone: None,
        address: None,
    }
}

pub fn prescriber() -> Professional {
    Professional {
        rpps: Rpps::parse("01234567892"),
        family: "BLUE".into(),
        given: "Eva".into(),
        title: "DR".into(),
        specialty: Some(Specialty {
            code: "G15_10/SM26".into(),
            label: "Médecin - Qualifié en Médecine Générale (SM)".into(),
        }),
        mailbox: MssanteAddress::parse("eva.blue@medecin.mssante.fr"),
        phone: Some("01 47 15 00 00".into()),
        address: Some(address("12 rue du Renard", "92100", "BOULOGNE-BILLANCOURT")),
    }
}

pub fn chapter(code: &str, label: &str, sections: Vec<Section>) -> Chapter {
    Chapter { code: Coded::loinc(code, label), sections }
}

pub fn section(code: &str, title: &str, items: Vec<Item>) -> Section {
    Section {
        code: Coded::loinc(code, title),
        title: title.into(),
        status: ReportStatus::Final,
        specimen: Some(specimen("55584739", "BLD", "Sang total")),
        items,
        validators: Validators::one(Validator { professional: biologist(), at: at("2026-01-04T13:20:00Z") }),
        comments: Vec::new(),
    }
}

pub fn results<const N: usize>(results: [ReportedResult; N]) -> Vec<Item> {
    results.into_iter().map(Item::Result).collect()
}

pub fn measured(loinc: &str, name: &str, code: &str, label: &str, digits: &str, ucum: &str) -> ReportedResult {
    ReportedResult {
        loinc: Some(Coded::loinc(loinc, name)),
        local_code: code.into(),
        label: label.into(),
        observed_at: at("2026-01-04T12:19:33Z"),
        answer: Some(Answer::new(number(None, digits, (!ucum.is_empty()).then_some(ucum)), None)),
        second_unit: None,
        method: None,
        analyzer: None,
        previous: Vec::new(),
        comments: Vec::new(),
        provenance: Provenance::default(),
        validated_by: 0,
    }
}

/// Gives a result usual values and an interpretation, on whatever ground carries it.
pub fn judge(result: &mut ReportedResult, interpretation: Interpretation, range: Option<ReferenceRange>) {
    let value = result.value().cloned().expect("a value");
    result.answer = Some(Answer::new(value, range).judged(interpretation, &CriticalBounds::default()));
}

/// Gives a result another value, and usual values.
pub fn answer(result: &mut ReportedResult, value: Value, range: Option<ReferenceRange>) {
    result.answer = Some(Answer::new(value, range));
}

pub fn earlier(at_time: &str, value: Value) -> PreviousResult {
    PreviousResult { observed_at: at(at_time), value, method: None }
}

/// Changes the patient of a report.
pub fn edit_patient(report: &mut Report, change: impl FnOnce(&mut Patient)) {
    report.patient = report.patient.with(change);
}

pub fn text(loinc: &str, name: &str, code: &str, label: &str, words: &str) -> ReportedResult {
    let answer = Some(Answer::new(Value::Text(words.into()), None));
    ReportedResult { answer, ..measured(loinc, name, code, label, "1", "") }
}

pub fn number(comparator: Option<Comparator>, digits: &str, ucum: Option<&str>) -> Value {
    Value::Number { comparator, number: digits.parse().unwrap(), unit: ucum.map(|ucum| unit(ucum, ucum)) }
}

pub fn unit(ucum: &str, printed: &str) -> Unit {
    Unit { ucum: ucum.into(), printed: printed.into() }
}

pub fn range(low: &str, high: &str) -> Option<ReferenceRange> {
    Some(ReferenceRange { low: low.parse().ok(), high: high.parse().ok(), ..ReferenceRange::default() })
}

pub fn technique(code: &str, label: &str) -> Coded {
    Coded { system: CodeSystem::Technique, code: code.into(), label: label.into() }
}

pub fn specimen(number: &str, code: &str, label: &str) -> Specimen {
    Specimen {
        number: number.into(),
        kind: SpecimenKind { code: code.into(), label: label.into() },
        collected_at: Some(at("2026-01-04T06:35:00Z")),
        received_at: Some(at("2026-01-04T08:22:00Z")),
        act: None,
        site: None,
        collector: None,
    }
}

pub fn address(line: &str, postal_code: &str, city: &str) -> Address {
    Address { lines: vec![line.into()], postal_code: postal_code.into(), city: city.into() }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

pub fn version(last: &str) -> VersionId {
    VersionId::parse(&format!("00000000-0000-7000-8000-0000000001{last}")).unwrap()
}
