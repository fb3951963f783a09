//! One report with everything that rare reports have: pictures, two units, several validators in one section,
//! a collector, a subcontractor's own report, a guardian.

use super::{chemistry, parts::*};
use lab::{
    order::{Confidentiality, Specimen},
    patient::{Guardian, Sex},
    person::{Finess, Professional, Rpps, Specialty, Subcontractor},
    quantity::{CodeSystem, Coded, Group, Interpretation, ReferenceRange},
    report::{Attachment, Battery, Figure, Image, ImageKind, Item, Report, SecondUnit, Validator},
};

/// Everything at once.
pub fn complete() -> Report {
    let mut report = chemistry();
    report.confidentiality = Confidentiality::Restricted;
    edit_patient(&mut report, |patient| {
        patient.guardian = Some(Guardian {
            family: "NESSI".into(),
            given: "Jeanne".into(),
            relation: "mère".into(),
            phone: Some("06 01 02 03 04".into()),
            address: Some(address("28 avenue de Breteuil", "75007", "PARIS")),
        });
    });
    report.chapters[0].sections.push(electrophoresis());
    report.chapters[0].sections.push(glucose());
    report.attachments = vec![Attachment {
        title: "Compte rendu de génétique constitutionnelle".into(),
        laboratory: subcontractor(),
        observed_at: at("2026-01-03T10:00:00Z"),
        pdf: b"%PDF-1.4\n% a report of another laboratory <pdfaid:part>1</pdfaid:part>\n%%EOF\n".to_vec(),
    }];
    report
}

fn subcontractor() -> Subcontractor {
    Subcontractor {
        name: "Laboratoire de génétique du Port".into(),
        contact: "1 quai de la Mesure, 33000 BORDEAUX, tél. 05 56 00 00 00".into(),
        accreditation: Some("8-5555".into()),
        finess: Finess::parse("330459871"),
    }
}

/// A battery with its comment and a picture, from a specimen of which all is known.
fn electrophoresis() -> lab::report::Section {
    let mut albumin = measured(
        "2862-1",
        "Albumine [Masse/Volume] Sérum/Plasma ; Numérique ; Électrophorèse",
        "ALB",
        "Albumine",
        "45.0",
        "g/L",
    );
    judge(&mut albumin, Interpretation::Normal, range("36", "48"));
    albumin.analyzer = Some("Capillarys 3".into());
    albumin.method = Some(technique("EL", "Électrophorèse"));
    albumin.previous = vec![lab::report::PreviousResult {
        method: Some(technique("BDB", "Immunonéphélémétrie")),
        ..earlier("2025-06-11T07:30:00Z", number(None, "44.1", Some("g/L")))
    }];
    let mut ratio = measured(
        "1759-0",
        "Albumine/Globulines [Rapport massique] Sérum/Plasma ; Numérique",
        "AG",
        "Rapport albumine/globulines",
        "1.5",
        "",
    );
    judge(&mut ratio, Interpretation::High, None);
    let battery = Battery {
        code: Coded::loinc("14340-4", "Électrophorèse des protéines panel [-] Sérum/Plasma"),
        results: vec![albumin, ratio],
        comments: vec!["Profil sans pic monoclonal.".into()],
    };
    let figure = Figure {
        title: "Profil électrophorétique".into(),
        image: Image { kind: ImageKind::Png, bytes: PNG.to_vec() },
        curve: None,
    };
    let mut section =
        section("14340-4", "Électrophorèse des protéines", vec![Item::Battery(battery), Item::Figure(figure)]);
    section.specimen = Some(Specimen {
        act: Some(Coded {
            system: CodeSystem::Nabm, code: "9050".into(), label: "Prélèvement de sang veineux".into()
        }),
        site: Some(Coded::snomed("368208006", "Bras gauche")),
        collector: Some(nurse()),
        ..specimen("55584740", "BLD", "Sang total")
    });
    section
}

/// The same result in two units, usual values for women of some ages, two validators.
fn glucose() -> lab::report::Section {
    let usual = ReferenceRange {
        group: Some(Group { sex: Some(Sex::Female), from_days: 5479, to_days: 18263 }),
        ..range("3.89", "6.00").expect("usual values")
    };
    let mut glucose = measured(
        "40193-5",
        "Glucose à jeun [Moles/Volume] Sérum/Plasma ; Numérique",
        "GLUJ",
        "Glycémie à jeun",
        "4.89",
        "mmol/L",
    );
    judge(&mut glucose, Interpretation::Normal, Some(usual.clone()));
    glucose.second_unit = Some(SecondUnit {
        loinc: Coded::loinc("53049-3", "Glucose à jeun [Masse/Volume] Sérum/Plasma ; Numérique"),
        value: number(None, "0.88", Some("g/L")),
        range: Some(ReferenceRange { low: "0.70".parse().ok(), high: "1.08".parse().ok(), ..usual }),
        previous: Vec::new(),
    });
    glucose.comments = vec!["À jeun depuis douze heures.".into()];
    let mut sent_out = measured("5763-8", "Zinc [Masse/Volume] Sérum/Plasma ; Numérique", "ZN", "Zinc", "0.9", "mg/L");
    sent_out.provenance.subcontractor = Some(subcontractor());
    let mut section = section("18719-5", "Biochimie sanguine", Vec::new());
    let second =
        Professional { rpps: Rpps::parse("00234567898"), family: "DURAND".into(), given: "Alix".into(), ..biologist() };
    sent_out.validated_by = section.validators.put(&Validator { professional: second, at: at("2026-01-04T14:00:00Z") });
    section.items = results([glucose, sent_out]);
    section
}

fn nurse() -> Professional {
    Professional {
        rpps: Rpps::parse("01234567893"),
        family: "BLEEDER".into(),
        given: "Roberta".into(),
        title: String::new(),
        specialty: Some(Specialty { code: "G15_60".into(), label: "Infirmier".into() }),
        mailbox: None,
        phone: Some("01 49 15 45 78".into()),
        address: None,
    }
}

/// One gray point.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0xda, 0x45, 0x08, 0x3b, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
