//! Reports that try the limits: nothing known, nothing coded, everything hostile.

use super::{chemistry, parts::*};
use lab::{
    order::Specimen,
    patient::{Guardian, IdentityStatus, Patient, Sex, Traits},
    person::{Address, Professional, Specialty},
    quantity::{CodeSystem, Coded, Comparator, Interpretation, ReferenceRange, Value},
    report::{Answer, Battery, Item, Recipient, Report, ReportedResult, Request},
};

/// A validated, not qualified, identity: the INS is known and may not leave.
pub fn identity_not_qualified() -> Report {
    let mut report = chemistry();
    edit_patient(&mut report, |patient| {
        patient.status = IdentityStatus::Validated;
        patient.traits.sex = Sex::Unknown;
        patient.traits.birth_place = None;
        patient.traits.used_name = None;
        patient.traits.used_given = None;
    });
    report
}

/// What LOINC does not cover, what could not be done, what is not a plain number.
pub fn without_loinc() -> Report {
    let local = |code: &str, label: &str, value: Option<Value>| {
        let answer = value.map(|value| Answer::new(value, None));
        ReportedResult { loinc: None, answer, ..measured("0-0", "", code, label, "1", "") }
    };
    let mut crp = local("CRP US", "CRP ultra-sensible", Some(number(Some(Comparator::Less), "0.10", Some("mg/L"))));
    answer(&mut crp, number(Some(Comparator::Less), "0.10", Some("mg/L")), range("", "5.0"));
    crp.previous = vec![earlier("2025-06-11T07:30:00Z", number(None, "0.30", Some("mg/L")))];
    crp.comments = vec!["Valeur contrôlée.".into(), "Seconde ligne\nsur deux lignes.".into()];
    let mut ferritin = local("FER", "Ferritine", Some(number(Some(Comparator::Greater), "1000", None)));
    judge(&mut ferritin, Interpretation::High, range("20", ""));
    let mut aborted = local("TP", "Taux de prothrombine", None);
    aborted.comments = vec!["Tube coagulé : examen non réalisé.".into()];
    let mut silent = aborted.clone();
    silent.local_code = "FIB".into();
    silent.label = "Fibrinogène".into();
    silent.comments = Vec::new();
    let mut titre = measured("20507-0", "Réagines [Titre] Sérum", "RPR", "RPR", "1", "");
    answer(&mut titre, Value::Titre { numerator: 1, denominator: 40 }, None);
    judge(&mut titre, Interpretation::Positive, None);
    titre.previous = vec![earlier("2025-06-11T07:30:00Z", Value::Titre { numerator: 1, denominator: 80 })];
    let mut coded = measured("5195-3", "Hépatite B virus surface Ag [Présence] Sérum", "HBS", "Antigène HBs", "1", "");
    let negative = || Value::Coded(Coded::snomed("260385009", "Négatif"));
    answer(&mut coded, negative(), None);
    judge(&mut coded, Interpretation::Negative, None);
    coded.previous = vec![earlier("2025-06-11T07:30:00Z", negative())];
    let mut words = local("SANG", "Sang dans les urines", Some(Value::Text("++".into())));
    let absence = ReferenceRange { text: Some("Absence".into()), ..ReferenceRange::default() };
    judge(&mut words, Interpretation::CriticalAbnormal, Some(absence));
    let waiting =
        Coded { system: CodeSystem::Waiting, code: "1234567".into(), label: "Analyse en attente de code".into() };
    let battery = Battery {
        code: Coded { system: CodeSystem::Local, code: "BILAN 1".into(), label: "Bilan local".into() },
        results: vec![local("X1", "Analyse locale", Some(number(None, "0.10", Some("g/L")))), {
            let mut result = local("X2", "Autre analyse", Some(number(None, "-3.5", Some("mmol/L"))));
            result.loinc = Some(waiting);
            result
        }],
        comments: Vec::new(),
    };
    let mut items = results([crp, ferritin, aborted, silent, titre]);
    items.push(Item::Battery(battery));
    items.extend(results([coded, words]));
    let mut local_section = section("X", "Analyses locales", items);
    local_section.code = Coded { system: CodeSystem::Local, code: "DIVERS".into(), label: "Divers".into() };
    let mut report = report(vec![chapter("26436-6", "Biologie polyvalente", vec![local_section])]);
    report.chapters[0].sections[0].specimen = None;
    report
}

/// A prescriber and a médecin traitant of whom nothing but a name is known.
pub fn prescriber_without_rpps() -> Report {
    let mut report = chemistry();
    let unknown =
        Professional { rpps: None, specialty: None, mailbox: None, phone: None, address: None, ..prescriber() };
    report.request.prescriber = Some(Professional { given: String::new(), title: "Mme".into(), ..unknown.clone() });
    report.request.treating_physician = Some(Professional {
        family: " ".into(),
        specialty: Some(Specialty { code: "NEPHRO 12".into(), label: "Code d'un autre pays".into() }),
        ..unknown.clone()
    });
    report.laboratory.director.specialty = None;
    report.request.prescribed_at = None;
    report.request.placer_number = None;
    report.recipients = vec![Recipient::Professional(unknown)];
    report
}

/// Texts that break naive writers, everywhere a person or a peer may put text.
pub fn hostile() -> Report {
    let evil = "O'Brien |^~\\& <b>\"x\"</b> ]]> & \u{1}\u{b}\u{fffe} %n é€𝄞";
    let mut report = without_loinc();
    edit_patient(&mut report, |patient| {
        patient.traits.birth_name = evil.into();
        patient.traits.used_name = Some(evil.into());
        patient.local_id = "IPP&<>\"'|^~\\".into();
        patient.phone = Some("<tel>".into());
        patient.address = Some(Address {
            lines: vec![evil.into(), " ".into(), evil.into()],
            postal_code: "<&>".into(),
            city: evil.into(),
        });
        patient.guardian = Some(Guardian {
            family: evil.into(),
            given: evil.into(),
            relation: evil.into(),
            phone: Some(evil.into()),
            address: None,
        });
    });
    report.request.number = "2026<&>\"'\u{2}".into();
    report.request.placer_number = Some(evil.repeat(9));
    report.laboratory.name = evil.into();
    report.signer.family = evil.into();
    report.comments = vec![evil.into(), " \n ".into()];
    let physician = Professional {
        family: evil.into(),
        given: evil.into(),
        title: evil.into(),
        phone: Some("<tel>".into()),
        ..prescriber()
    };
    report.request.prescriber = Some(physician.clone());
    report.recipients = vec![Recipient::Professional(physician), Recipient::Patient, Recipient::Patient];
    for section in report.chapters.iter_mut().flat_map(|chapter| &mut chapter.sections) {
        section.title = evil.into();
        section.comments = vec![evil.into()];
        section.specimen = Some(specimen(evil, "U R", evil));
        for item in &mut section.items {
            if let Item::Result(result) = item {
                result.label = evil.into();
                result.local_code = evil.into();
                result.comments = vec![evil.into(), String::new()];
                result.method = Some(Coded { system: CodeSystem::Local, code: evil.into(), label: evil.into() });
                result.analyzer = Some(evil.into());
                if matches!(result.value(), Some(Value::Text(_))) {
                    let usual = ReferenceRange { text: Some(evil.into()), ..ReferenceRange::default() };
                    answer(result, Value::Text(evil.into()), Some(usual));
                }
            }
        }
    }
    report
}

/// Everything optional left out.
pub fn bare() -> Report {
    let mut report = chemistry();
    edit_patient(&mut report, |patient| {
        *patient = Patient {
            status: IdentityStatus::Provisional,
            ins: None,
            address: None,
            phone: None,
            local_id: String::new(),
            traits: Traits {
                given_names: String::new(),
                first_given: String::new(),
                used_name: None,
                used_given: Some("DOMINIQUE".into()),
                birth_place: None,
                sex: Sex::Unknown,
                ..patient.traits.clone()
            },
            ..patient.clone()
        };
    });
    report.laboratory.phone = String::new();
    report.laboratory.address = Address::default();
    report.laboratory.accreditation = None;
    report.request = Request {
        placer_number: None,
        prescribed_at: None,
        collected_at: None,
        prescriber: None,
        treating_physician: None,
        ..report.request
    };
    report.recipients = Vec::new();
    let section = &mut report.chapters[0].sections[0];
    section.specimen = Some(Specimen { collected_at: None, received_at: None, ..specimen("", "", "") });
    section.items.truncate(1);
    if let Item::Result(result) = &mut section.items[0] {
        let value = result.value().cloned();
        let answer = value.map(|value| Answer::new(value, None));
        *result = ReportedResult { answer, method: None, previous: Vec::new(), ..result.clone() };
    }
    report
}
