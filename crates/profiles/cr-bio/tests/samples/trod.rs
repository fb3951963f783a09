//! Reports of rapid tests, by a pharmacist: what the published examples say.

use super::{parts::*, settings};
use cr_bio::{DocumentSettings, Facility};
use lab::{
    person::{Finess, Laboratory, Professional, Rpps, Specialty},
    quantity::{CodeSystem, Coded, Value},
    report::{
        RapidTest, Recipient, Report, ReportedResult, Section, Validator, Validators,
        rapid_test::{TestDevice, Udi, UdiIssuer},
    },
};

/// Every rapid test with its name.
pub fn rapid_tests() -> Vec<(&'static str, Report)> {
    vec![
        ("trod_angina", angina()),
        ("trod_cystitis", cystitis()),
        ("trod_covid_influenza", covid_influenza()),
        ("trod_without_udi", without_udi()),
    ]
}

/// What a pharmacy sets.
pub fn pharmacy() -> DocumentSettings {
    DocumentSettings { facility: Facility::Pharmacy, software: None, ..settings() }
}

/// One result. Values of `BIO-TROD_2024.01_Angine`.
pub fn angina() -> Report {
    rapid_test(
        ("Angine", &[icd("J02.0", "Pharyngite à streptocoques")]),
        device("(01)03612345678903(17)251231(10)B987654", ["Bionysex.", "8029", "B987654"]),
        (("18725-2", "Microbiologie"), ("92894-5", "Sérologie bactérienne")),
        [made(
            "78012-2",
            "Streptococcus pyogenes Ag [Présence/Seuil] Gorge ; Qualitatif ; Immunoanalyse rapide",
            "Dépistage Angine (S. pyogenes)",
            negative(),
        )],
    )
}

/// Two results. Values of `BIO-TROD_2024.01_Cystite`.
pub fn cystitis() -> Report {
    rapid_test(
        ("Cystite", &[icd("N30", "Cystite")]),
        device("(01)05012345678902(17)270630(10)CYST987654", ["AAZ-LMB.", "80-202", "CYST987654"]),
        (("18719-5", "Biochimie"), ("18729-4", "Examens urinaires - cristallurie")),
        [
            made(
                "5799-2",
                "Leucocyte estérase [Présence/Seuil] Urine ; Qualitatif ; Bandelette réactive",
                "Recherche de leucocytes estérases",
                negative(),
            ),
            made(
                "5802-4",
                "Nitrites [Présence/Seuil] Urine ; Qualitatif ; Bandelette réactive",
                "Recherche de nitrites urinaires",
                negative(),
            ),
        ],
    )
}

/// Three conditions with one device. Values of `BIO-TROD_2024.01_COVID-19_Grippe-A_Grippe-B`.
pub fn covid_influenza() -> Report {
    const AIRWAYS: &str = "Ag [Présence/Seuil] Voies respiratoires supérieures ; Qualitatif ; Immunoanalyse rapide";
    rapid_test(
        (
            "Covid 19 / Grippe A / Grippe B",
            &[
                icd("U07.1", "COVID-19"),
                icd("J09", "Grippe, à virus grippal zoonotique ou pandémique identifié"),
                icd("J10", "Grippe, à virus grippal saisonnier identifié"),
            ],
        ),
        device("(01)00850027856605(17)260430(10)B54321", ["Fluxergy Inc.", "8029", "B54321"]),
        (("18725-2", "Microbiologie"), ("92893-7", "Sérologie virale")),
        [
            made(
                "94558-4",
                "Coronavirus SARS-CoV-2 Ag [Présence/Seuil] Respiratoire ; Qualitatif ; Immunoanalyse rapide",
                "Dépistage SARS-CoV2",
                negative(),
            ),
            made("80382-5", &format!("Influenza virus A {AIRWAYS}"), "Dépistage Grippe A", positive()),
            made("80383-3", &format!("Influenza virus B {AIRWAYS}"), "Dépistage Grippe B", negative()),
        ],
    )
}

/// A box of which only the maker is known, nothing known of the patient's physician.
fn without_udi() -> Report {
    let mut report = angina();
    let test = report.rapid_test.as_mut().unwrap();
    test.device =
        TestDevice { udi: None, maker: "Bionysex".into(), reference: " ".into(), lot: String::new(), expires_on: None };
    report.request.treating_physician = None;
    report.recipients = vec![Recipient::Patient];
    report
}

fn rapid_test<const N: usize>(
    (name, conditions): (&str, &[Coded]),
    device: TestDevice,
    ((chapter_code, chapter_label), (code, label)): ((&str, &str), (&str, &str)),
    made: [ReportedResult; N],
) -> Report {
    let section = Section {
        code: Coded::loinc(code, label),
        specimen: None,
        validators: Validators::one(Validator { professional: pharmacist(), at: at("2024-01-06T10:36:23Z") }),
        ..section(code, "Résultat du test rapide d'orientation diagnostique", results(made))
    };
    let mut report = report(vec![chapter(chapter_code, chapter_label, vec![section])]);
    report.laboratory = Laboratory {
        name: "Pharmacie des 4 cantons".into(),
        finess: Finess::parse("750801234").unwrap(),
        address: address("5 rue des 4 cantons", "75005", "PARIS"),
        phone: "01 05 58 43 96".into(),
        accreditation: None,
        director: pharmacist(),
    };
    report.signer = pharmacist();
    report.signed_at = at("2024-01-06T10:36:23Z");
    report.request.prescriber = None;
    report.rapid_test =
        Some(RapidTest { name: name.into(), condition: conditions[0].clone(), also: conditions[1..].to_vec(), device });
    report
}

fn made(loinc: &str, name: &str, label: &str, value: Value) -> ReportedResult {
    let mut result = ReportedResult {
        observed_at: at("2024-01-06T10:36:23Z"),
        comments: vec!["(texte libre)".into()],
        ..measured(loinc, name, "TROD", label, "1", "")
    };
    answer(&mut result, value, None);
    result
}

fn negative() -> Value {
    Value::Coded(Coded::snomed("260385009", "négatif"))
}

fn positive() -> Value {
    Value::Coded(Coded::snomed("10828004", "positif"))
}

fn icd(code: &str, label: &str) -> Coded {
    Coded { system: CodeSystem::Icd10, code: code.into(), label: label.into() }
}

fn device(udi: &str, [maker, reference, lot]: [&str; 3]) -> TestDevice {
    TestDevice {
        udi: Some(Udi { issuer: UdiIssuer::Gs1, code: udi.into() }),
        maker: maker.into(),
        reference: reference.into(),
        lot: lot.into(),
        expires_on: Some(jiff::civil::date(2025, 12, 31)),
    }
}

fn pharmacist() -> Professional {
    Professional {
        rpps: Rpps::parse("07655473259"),
        family: "DIDOT".into(),
        given: "Pierre".into(),
        specialty: Some(Specialty { code: "G15_21/A".into(), label: "Pharmacien titulaire d'officine".into() }),
        ..biologist()
    }
}
