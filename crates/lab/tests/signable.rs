//! What a report can not be built with, and what the stored model of an earlier version is read as.
#![allow(missing_docs, clippy::unwrap_used)]

use lab::{
    id::PatientId,
    patient::{Guardian, IdentityStatus, Ins, InsAuthority, InsMatricule, Kinship, Oppositions, Patient, Sex, Traits},
    person::{Professional, Rpps},
    quantity::Interpretation,
    report::{Ground, ReportedResult, Subject, Validator, Validators},
};

fn patient(status: IdentityStatus) -> Patient {
    let matricule = InsMatricule::parse("279035121518989").unwrap();
    Patient {
        id: PatientId::parse("00000000-0000-7000-8000-000000000001").unwrap(),
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
        status,
        ins: Some(Ins { matricule, authority: InsAuthority::NirTest }),
        oppositions: Oppositions::default(),
        address: None,
        phone: None,
        guardian: None,
    }
}

fn validator(family: &str, at: &str) -> Validator {
    let professional = Professional {
        rpps: Rpps::parse("01234534765"),
        family: family.into(),
        given: "Camille".into(),
        title: "DR".into(),
        specialty: None,
        mailbox: None,
        phone: None,
        address: None,
    };
    Validator { professional, at: at.parse().unwrap() }
}

#[test]
fn a_report_holds_an_ins_only_of_a_qualified_identity_whatever_was_stored() {
    use IdentityStatus::{Provisional, Qualified, Retrieved, Validated};
    for status in [Provisional, Retrieved, Validated, Qualified] {
        let built = Subject::from(patient(status));
        let stored = serde_json::to_string(&patient(status)).unwrap();
        let read: Subject = serde_json::from_str(&stored).unwrap();
        for subject in [&built, &read] {
            assert_eq!(subject.ins.is_some(), status == Qualified, "{status:?}");
        }
    }
    let lost = Subject::from(patient(Qualified)).with(|patient| patient.status = Validated);
    assert!(lost.ins.is_none());
}

#[test]
fn a_section_has_a_validator_and_each_biologist_once_with_the_later_time() {
    let (early, late) = ("2026-01-04T08:00:00Z", "2026-01-04T09:00:00Z");
    let mut all = Validators::one(validator("MOREAU", early));
    assert_eq!(all.put(&validator("MOREAU", late)), 0);
    assert_eq!(all.put(&validator("DURAND", early)), 1);
    assert_eq!(all.of(0).at, late.parse().unwrap());
    assert_eq!(all.of(1).professional.family, "DURAND");
    assert_eq!(all.of(9).professional.family, "MOREAU");
    assert!(all.only().is_none());
    let stored = serde_json::to_string(&all).unwrap();
    assert!(serde_json::from_str::<Validators>(&stored).unwrap() == all);
    assert!(serde_json::from_str::<Validators>("[]").is_err());
    // As versions were stored when a section had one validator.
    let alone = serde_json::to_string(&validator("MOREAU", early)).unwrap();
    assert!(serde_json::from_str::<Validators>(&alone).unwrap() == Validators::one(validator("MOREAU", early)));
}

/// A result as it was stored before grounds, second units and analyzers were kept.
fn stored(outcome: &str, value: &str, interpretation: &str) -> ReportedResult {
    let text = format!(
        r#"{{"loinc":null,"local_code":"K","label":"Potassium","outcome":"{outcome}","observed_at":"2026-01-04T08:00:00Z",
        "value":{value},"interpretation":{interpretation},"range":null,"method":null,"previous":[],"comments":[]}}"#
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn results_stored_before_keep_what_they_said_on_the_ground_that_carries_it() {
    let number = r#"{"Number":{"comparator":null,"number":"5.6","unit":null}}"#;
    let words = r#"{"Text":"++"}"#;
    let table = [
        (stored("Completed", number, "null"), None),
        (stored("Completed", number, "\"High\""), Some((Interpretation::High, Ground::Judgment))),
        (stored("Completed", words, "\"Abnormal\""), Some((Interpretation::Abnormal, Ground::Qualitative))),
        (stored("Completed", "null", "\"Resistant\""), Some((Interpretation::Resistant, Ground::Breakpoints))),
    ];
    for (result, expected) in table {
        let meaning = result.answer.as_ref().unwrap().meaning().map(|it| (it.interpretation, it.ground));
        assert_eq!(meaning, expected);
        let again: ReportedResult = serde_json::from_str(&serde_json::to_string(&result).unwrap()).unwrap();
        assert!(again.answer == result.answer);
    }
    assert!(stored("Aborted", number, "\"High\"").answer.is_none());
}

#[test]
fn a_parent_acts_for_a_minor_and_a_guardian_for_anyone() {
    let named = |family: &str| Guardian {
        family: family.into(),
        given: String::new(),
        relation: String::new(),
        phone: None,
        address: None,
    };
    let both = [(Kinship::Parent, named("MERE")), (Kinship::Guardian, named("TUTEUR"))];
    let among = |relatives, age| Guardian::among(relatives, age).map(|it| it.family.as_str());
    for age in [None, Some(100), Some(20_000)] {
        assert_eq!(among(&both, age), Some("TUTEUR"));
    }
    assert_eq!(among(&both[..1], Some(6574)), Some("MERE"));
    assert_eq!(among(&both[..1], Some(6575)), None);
    assert_eq!(among(&both[..1], None), None);
}
