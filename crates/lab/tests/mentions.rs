//! Which texts of the laboratory a version bears, from the catalogue and the validations it was assembled from.

use jiff::{Timestamp, tz::TimeZone};
use lab::{
    catalogue::{Analysis, Catalogue},
    id::{ObservationId, Oid, OrderId, PatientId, VersionId},
    order::{CareSetting, Confidentiality, Observation, ObservationStage, Order, Priority, SpecimenKind, Visibility},
    patient::{IdentityStatus, Oppositions, Patient, Sex, Traits},
    person::{Address, Finess, Laboratory, Professional, Subcontractor},
    quantity::{Coded, CriticalBounds, Value},
    report::{self, Draft, MentionTexts, Report, Review, Validated, Validator, VersionIds},
};

const UUID: &str = "00000000-0000-7000-8000-000000000001";

fn at() -> Timestamp {
    "2026-03-12T08:00:00Z".parse().expect("a time")
}

fn person() -> Professional {
    Professional {
        rpps: None,
        family: "MOREAU".into(),
        given: "Camille".into(),
        title: "DR".into(),
        specialty: None,
        mailbox: None,
        phone: None,
        address: None,
    }
}

fn analysis(code: &str, subcontractor: Option<Option<&str>>) -> Analysis {
    Analysis {
        code: code.into(),
        label: code.into(),
        loinc: None,
        nabm: None,
        chapter: Coded::loinc("18719-5", "Biochimie"),
        battery: None,
        rank: 0,
        specimen: SpecimenKind { code: "SER".into(), label: "Sérum".into() },
        unit: None,
        unit_synonyms: Vec::new(),
        second_unit: None,
        method: None,
        ranges: Vec::new(),
        critical: CriticalBounds { low: None, high: None },
        visibility: Visibility::Visible,
        accredited: false,
        subcontractor: subcontractor.map(|accreditation| Subcontractor {
            name: "Laboratoire du Port".into(),
            contact: String::new(),
            accreditation: accreditation.map(str::to_owned),
            finess: None,
        }),
    }
}

/// A report of `A` and `B`, made here, and `C`, sent out; `A` was validated as said.
fn signed(accredited: &[&str], number: Option<&str>, review: Review) -> Report {
    let catalogue = Catalogue::new(vec![analysis("A", None), analysis("B", None), analysis("C", Some(Some("8-5555")))])
        .with_accredited(accredited.iter().copied());
    let validator = Validator { professional: person(), at: at() };
    let validated = ["A", "B", "C"].map(|code| {
        let mut observation = Observation::awaited(ObservationId::parse(UUID).expect("a uuid"), code);
        observation.stage = ObservationStage::Validated;
        observation.value = Some(Value::Text("Absence".into()));
        let review = if code == "A" { review } else { Review::ByBiologist };
        Validated { observation, validator: validator.clone(), previous: Vec::new(), review }
    });
    let patient = Patient {
        id: PatientId::parse(UUID).expect("a uuid"),
        local_id: "1".into(),
        traits: Traits {
            birth_name: "PAT-TROIS".into(),
            first_given: "DOMINIQUE".into(),
            given_names: "DOMINIQUE".into(),
            birth_date: None,
            sex: Sex::Female,
            birth_place: None,
            used_name: None,
            used_given: None,
        },
        status: IdentityStatus::Provisional,
        ins: None,
        oppositions: Oppositions::default(),
        guardian: None,
        address: None,
        phone: None,
    };
    let draft = Draft {
        ids: VersionIds {
            version: VersionId::parse(UUID).expect("a uuid"),
            document: Oid::parse("2.25.1").expect("an oid"),
            set: Oid::parse("2.25.2").expect("an oid"),
            number: 1,
            replaces: None,
        },
        order: Order {
            id: OrderId::parse(UUID).expect("a uuid"),
            number: "1".into(),
            patient: patient.id,
            placer_number: None,
            priority: Priority::Routine,
            setting: CareSetting::Ambulatory,
            prescribed_at: None,
            collected_at: None,
            received_at: at(),
            prescriber: None,
            treating_physician: None,
            copies: Vec::new(),
            dmp_blocked: false,
            expertise: None,
            purpose: None,
            confidentiality: Confidentiality::Normal,
            visibility: Visibility::Visible,
        },
        patient,
        laboratory: Laboratory {
            name: "Laboratoire des Charmes".into(),
            finess: Finess::parse("120459876").expect("a FINESS"),
            address: Address::default(),
            phone: String::new(),
            accreditation: number.map(str::to_owned),
            director: person(),
        },
        attachments: Vec::new(),
        signer: person(),
        validated: validated.into(),
        awaited: Vec::new(),
        organisms: Vec::new(),
        specimens: Vec::new(),
        comments: vec![(None, "Patient à jeun.".into()), (Some("58410-2".into()), "Note sur un bilan.".into())],
        recipients: Vec::new(),
        zone: TimeZone::UTC,
        texts: MentionTexts {
            scope: "portée".into(),
            accreditation: "repère".into(),
            automatic_validation: "automatique".into(),
            personal_data: "données".into(),
        },
    };
    report::assemble(draft, &catalogue, at()).expect("a report")
}

#[test]
fn accredited_results_are_marked_and_without_one_nothing_names_the_accreditation() {
    // Accredited in the catalogue, the number of the laboratory, marked results.
    let table: [(&[&str], Option<&str>, &[&str]); 5] = [
        (&[], Some("8-1234"), &[]),
        (&["A"], Some("8-1234"), &["A"]),
        (&["A", "B"], Some("8-1234"), &["A", "B"]),
        // What another laboratory made is never under our accreditation.
        (&["C"], Some("8-1234"), &[]),
        (&["A", "C"], None, &[]),
    ];
    for (accredited, number, marked) in table {
        let report = signed(accredited, number, Review::ByBiologist);
        let found: Vec<&str> = report
            .results()
            .filter(|result| result.accreditation_mark() == "*")
            .map(|result| result.local_code.as_str())
            .collect();
        assert_eq!(found, marked, "{accredited:?} {number:?}");
        let mention = report.mentions.accreditation.map(|it| (it.number, it.scope, it.sentence));
        let wanted = (!marked.is_empty()).then(|| ("8-1234".into(), "portée".into(), "repère".into()));
        assert_eq!(mention, wanted, "{accredited:?} {number:?}");
    }
}

#[test]
fn a_result_made_elsewhere_keeps_the_accreditation_of_who_made_it() {
    let report = signed(&["A"], Some("8-1234"), Review::ByBiologist);
    let made: Vec<_> = report.subcontractors().into_iter().map(|it| it.accreditation.as_deref()).collect();
    assert_eq!(made, [Some("8-5555")]);
}

#[test]
fn automatic_validation_is_said_when_nobody_looked_and_the_personal_data_notice_always() {
    for (review, said) in [(Review::Automatic, Some("automatique")), (Review::ByBiologist, None)] {
        let mentions = signed(&[], None, review).mentions;
        assert_eq!(mentions.automatic_validation.as_deref(), said, "{review:?}");
        assert_eq!(mentions.personal_data.as_deref(), Some("données"));
    }
}

#[test]
fn a_version_signed_before_texts_were_kept_is_still_read() {
    let mut stored = serde_json::to_value(signed(&["A"], Some("8-1234"), Review::Automatic)).expect("JSON");
    stored.as_object_mut().expect("an object").remove("mentions");
    for result in stored["chapters"][0]["sections"][0]["items"].as_array_mut().expect("items") {
        result["Result"].as_object_mut().expect("a result").remove("provenance");
    }
    let read: Report = serde_json::from_value(stored).expect("an older report");
    assert_eq!(read.mentions, report::Mentions::default());
    assert_eq!(read.results().count(), 3);
    assert!(read.results().all(|result| result.accreditation_mark().is_empty()));
}

#[test]
fn a_comment_on_a_battery_that_is_not_printed_stands_on_the_dossier() {
    assert_eq!(signed(&[], None, Review::ByBiologist).comments, ["Patient à jeun.", "Note sur un bilan."]);
}
