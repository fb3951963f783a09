//! What leaves and what enters under the name of an INS.

use hl7v2::{Cell, Charset, Limits, MessageBuilder};
use ins::{Environment, PATIENT_DOMAIN, cx, datamatrix, patient_mailbox, sendable};
use jiff::civil::date;
use lab::id::PatientId;
use lab::identity::AnnouncedIns;
use lab::patient::{IdentityStatus, Ins, InsAuthority, InsMatricule, Oppositions, Patient, Sex, Traits};

fn test_ins(authority: InsAuthority) -> Ins {
    let matricule = InsMatricule::parse("279035121518989").expect("a published test matricule");
    Ins { matricule, authority }
}

fn patient(status: IdentityStatus, authority: InsAuthority) -> Patient {
    Patient {
        id: PatientId::parse("00000000-0000-7000-8000-000000000001").expect("a UUID"),
        local_id: "1234567890121".into(),
        traits: Traits {
            birth_name: "PAT-TROIS".into(),
            first_given: "DOMINIQUE".into(),
            given_names: "DOMINIQUE MARIE-LOUISE".into(),
            birth_date: Some(date(1979, 3, 28)),
            sex: Sex::Female,
            birth_place: Some("63220".into()),
            used_name: None,
            used_given: None,
        },
        status,
        ins: Some(test_ins(authority)),
        oppositions: Oppositions::default(),
        guardian: None,
        address: None,
        phone: None,
    }
}

#[test]
fn an_ins_leaves_only_when_qualified_and_of_this_environment() {
    use IdentityStatus::{Provisional, Qualified, Retrieved, Validated};
    let table = [
        (Qualified, InsAuthority::NirTest, Environment::Test, true),
        (Qualified, InsAuthority::NirTest, Environment::Production, false),
        (Qualified, InsAuthority::Nir, Environment::Production, true),
        (Qualified, InsAuthority::Nir, Environment::Test, false),
        (Validated, InsAuthority::NirTest, Environment::Test, false),
        (Retrieved, InsAuthority::NirTest, Environment::Test, false),
        (Provisional, InsAuthority::NirTest, Environment::Test, false),
    ];
    for (status, authority, environment, leaves) in table {
        let patient = patient(status, authority);
        let case = format!("{status:?} {authority:?} {environment:?}");
        assert_eq!(sendable(&patient, environment).is_some(), leaves, "{case}");
        let mailbox = patient_mailbox(&patient, environment, PATIENT_DOMAIN);
        assert_eq!(mailbox.is_some(), leaves, "{case}");
        assert_eq!(datamatrix(&patient, environment).is_some(), leaves, "{case}");
    }
}

#[test]
fn an_ins_never_leaves_without_its_five_traits() {
    let forget: [fn(&mut Traits); 6] = [
        |it| it.birth_name.clear(),
        |it| it.first_given.clear(),
        |it| it.given_names.clear(),
        |it| it.birth_date = None,
        |it| it.sex = Sex::Unknown,
        |it| it.birth_place = None,
    ];
    for (n, forget) in forget.iter().enumerate() {
        let mut patient = patient(IdentityStatus::Qualified, InsAuthority::NirTest);
        forget(&mut patient.traits);
        assert!(sendable(&patient, Environment::Test).is_none(), "trait {n}");
        assert!(datamatrix(&patient, Environment::Test).is_none(), "trait {n}");
    }
}

#[test]
fn a_patient_is_written_to_at_their_matricule_in_the_domain_asked_for() {
    let patient = patient(IdentityStatus::Qualified, InsAuthority::NirTest);
    let at = |domain| patient_mailbox(&patient, Environment::Test, domain).map(|it| it.as_str().to_owned());
    assert_eq!(at(PATIENT_DOMAIN).as_deref(), Some("279035121518989@patient.mssante.fr"));
    assert_eq!(at("patient.test.mssante.fr").as_deref(), Some("279035121518989@patient.test.mssante.fr"));
    assert_eq!(at("gmail.com"), None);
    assert_eq!(at("x.mssante.fr\r\nBcc: a@b.fr"), None);
}

#[test]
fn the_two_spellings_are_those_of_the_published_examples() {
    let ins = test_ins(InsAuthority::NirTest);
    assert_eq!(cx::hl7v2(&ins), "279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS");
    assert_eq!(cx::xds(&ins), "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH");
    let nia = test_ins(InsAuthority::Nia);
    assert!(cx::hl7v2(&nia).contains("^ASIP-SANTE-INS-NIA&1.2.250.1.213.1.4.9&ISO^"));
}

fn announced(pid3: &str, environment: Environment) -> Option<AnnouncedIns> {
    let text = format!("MSH|^~\\&|A|B|C|D|20240104||ADT^A28^ADT_A05|1|T|2.5\rPID|1||{pid3}\r");
    let message = hl7v2::decode(text.as_bytes(), &Limits::default()).expect("a message");
    let pid = message.segment("PID").expect("a PID");
    cx::read_hl7v2(&pid.field(3).repetition(1), "PID-3[1]", environment)
}

#[test]
fn what_is_written_in_hl7_v2_is_read_back() {
    let ins = test_ins(InsAuthority::NirTest);
    let mut message = MessageBuilder::new(Charset::Utf8);
    message.header().text(9, "ADT").text(10, "1").text(12, "2.5");
    cx::write_hl7v2(message.segment("PID"), Cell::field(3), &ins);
    let bytes = message.encode().expect("a message");
    let text = String::from_utf8(bytes).expect("UTF-8");
    let pid3 = text.split("PID|||").nth(1).expect("a PID").trim_end();
    assert_eq!(pid3, cx::hl7v2(&ins));
    assert!(announced(pid3, Environment::Test) == Some(AnnouncedIns::Present(ins)));
}

#[test]
fn an_identifier_of_hl7_v2_is_an_ins_by_its_type_or_its_authority() {
    let ok = AnnouncedIns::Present(test_ins(InsAuthority::NirTest));
    let refused = |code| Some(AnnouncedIns::Refused { place: "PID-3[1]".into(), code });
    let table = [
        ("279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS^^20101207", Some(ok.clone())),
        ("279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH", Some(ok)),
        ("\"\"^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS", Some(AnnouncedIns::Removed)),
        ("279035121518980^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS", refused("INS-KEY")),
        ("2790351215189^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS", refused("INS-FORM")),
        ("279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS", refused("INS-AUTHORITY")),
        ("279035121518989^^^ASIP-SANTE-INS-NIR^INS", refused("INS-AUTHORITY")),
        ("279035121518989^^^CNAM&1.2.3&ISO^NH", None),
        ("1234567890^^^ASIP-SANTE&1.2.250.1.213.1.4.2&ISO^INS-C^^20101207", None),
        ("1234567890121^^^LABO&1.2.3.4&ISO^PI", None),
    ];
    for (pid3, expected) in table {
        assert!(announced(pid3, Environment::Test) == expected, "{pid3}");
    }
}

#[test]
fn the_datamatrix_holds_the_fields_in_their_order_and_ends_the_short_ones() {
    let head = "IS010000000000000000000000S1279035121518989";
    let tail = "S3DOMINIQUE MARIE-LOUISE\u{1D}S4PAT-TROIS\u{1D}S5FS628-03-1979S763220";
    // Nineteen characters are ended, twenty are the most there may be.
    let table = [
        (InsAuthority::Nir, Environment::Production, "S21.2.250.1.213.1.4.8\u{1D}"),
        (InsAuthority::Nia, Environment::Production, "S21.2.250.1.213.1.4.9\u{1D}"),
        (InsAuthority::NirTest, Environment::Test, "S21.2.250.1.213.1.4.10"),
    ];
    for (authority, environment, oid) in table {
        let patient = patient(IdentityStatus::Qualified, authority);
        assert_eq!(datamatrix(&patient, environment), Some(format!("{head}{oid}{tail}")), "{authority:?}");
    }
}

#[test]
fn the_datamatrix_holds_strict_traits_and_no_place_that_is_no_code() {
    let mut patient = patient(IdentityStatus::Qualified, InsAuthority::NirTest);
    patient.traits.birth_name = "d’Arc-Müller".into();
    patient.traits.birth_place = Some("RODEZ".into());
    let text = datamatrix(&patient, Environment::Test).expect("a qualified identity");
    assert!(text.contains("S4D'ARC-MULLER\u{1D}S5F") && text.ends_with("S628-03-1979"), "{text:?}");
    patient.traits.birth_name = "N".repeat(100);
    let text = datamatrix(&patient, Environment::Test).expect("a name of the greatest length");
    assert!(text.contains("NNNS5F"), "{text:?}");
    patient.traits.birth_name.push('N');
    assert_eq!(datamatrix(&patient, Environment::Test), None);
}
