//! Reports as laboratories send them every day.

use super::parts::*;
use lab::{
    order::{CareSetting, Priority},
    person::{Professional, Rpps, Subcontractor},
    quantity::{CodeSystem, Coded, Comparator, Interpretation, ReferenceRange, Value},
    report::{
        AccreditationMention, Answer, Battery, Isolate, Item, Mentions, Recipient, Replaced, Report, ReportStatus,
        Validator, Validators,
    },
};

/// Two results of biochemistry, one above usual values.
pub fn chemistry() -> Report {
    let mut potassium =
        measured("2823-3", "Potassium [Moles/Volume] Sérum/Plasma ; Numérique", "K", "Potassium", "5.60", "mmol/L");
    judge(&mut potassium, Interpretation::High, range("3.5", "5.0"));
    potassium.method = Some(technique("EL", "Potentiométrie indirecte"));
    potassium.previous = vec![
        earlier("2025-06-11T07:30:00Z", number(None, "4.90", Some("mmol/L"))),
        earlier("2024-01-03T08:10:00Z", number(None, "4.7", Some("mmol/L"))),
    ];
    let mut sodium =
        measured("2951-2", "Sodium [Moles/Volume] Sérum/Plasma ; Numérique", "NA", "Sodium", "140", "mmol/L");
    judge(&mut sodium, Interpretation::Normal, range("136", "145"));
    report(vec![chapter("18719-5", "Biochimie", vec![section("18719-5", "Biochimie", results([potassium, sodium]))])])
}

/// An accredited result, one that an accredited laboratory made, one that another made, and every mention.
pub fn mentions() -> Report {
    let mut report = chemistry();
    let sent = |number: &str, name: &str, accreditation: Option<&str>| {
        let mut result =
            measured("5763-8", "Zinc [Masse/Volume] Sérum/Plasma ; Numérique", number, "Zinc", "0.9", "mg/L");
        result.provenance.subcontractor = Some(Subcontractor {
            name: name.into(),
            contact: "1 quai de la Mesure, 33000 BORDEAUX, tél. 05 56 00 00 00".into(),
            accreditation: accreditation.map(str::to_owned),
            finess: None,
        });
        Item::Result(result)
    };
    let items = &mut report.chapters[0].sections[0].items;
    if let Item::Result(potassium) = &mut items[0] {
        potassium.provenance.accredited = true;
    }
    items.push(sent("ZN", "Laboratoire des Oligo-éléments", Some("8-5555")));
    items.push(sent("ZN2", "Laboratoire du Port", None));
    report.mentions = Mentions {
        accreditation: Some(AccreditationMention {
            number: "8-1234".into(),
            scope: "portée disponible sur www.cofrac.fr".into(),
            sentence: "Examen couvert par l'accréditation.".into(),
        }),
        automatic_validation: Some("Certains résultats ont été validés automatiquement.".into()),
        personal_data: Some("Vos données sont traitées pour réaliser vos examens.".into()),
    };
    report
}

/// Biochemistry, haematology with a battery, hemostasis: abnormal, critical and unitless values.
pub fn several_chapters() -> Report {
    let mut report = chemistry();
    let mut leukocytes = measured(
        "6690-2",
        "Leucocytes [Nombre/Volume] Sang ; Numérique ; Comptage automate",
        "GB",
        "Leucocytes",
        "0.8",
        "10*9/L",
    );
    let count = Value::Number { comparator: None, number: "0.8".parse().unwrap(), unit: Some(unit("10*9/L", "G/L")) };
    answer(&mut leukocytes, count, None);
    judge(&mut leukocytes, Interpretation::CriticalLow, range("4.0", "10.0"));
    let mut haemoglobin =
        measured("718-7", "Hémoglobine [Masse/Volume] Sang ; Numérique", "HB", "Hémoglobine", "17.9", "g/dL");
    let usual = ReferenceRange { text: Some("adulte".into()), ..range("", "16.0").unwrap() };
    judge(&mut haemoglobin, Interpretation::CriticalHigh, Some(usual));
    let battery = Battery {
        code: Coded::loinc("58410-2", "Hémogramme sans formule panel [-] Sang"),
        results: vec![leukocytes, haemoglobin],
        comments: Vec::new(),
    };
    report.chapters.push(chapter(
        "18723-7",
        "Hématologie",
        vec![
            section("58410-2", "Hémogramme", vec![Item::Battery(battery)]),
            section(
                "18723-7",
                "Hématologie",
                results([measured(
                    "30341-2",
                    "Vitesse de sédimentation [Longueur/Temps] Sang ; Numérique",
                    "VS",
                    "Vitesse de sédimentation",
                    "12",
                    "mm/h",
                )]),
            ),
        ],
    ));
    let mut inr =
        measured("6301-6", "INR [Temps relatif] Plasma pauvre en plaquettes ; Numérique", "INR", "INR", "2.50", "");
    answer(&mut inr, number(None, "2.50", None), range("2", "3"));
    inr.previous = vec![earlier("2025-12-01T09:00:00Z", number(None, "2.10", None))];
    let mut dfg = measured(
        "62238-1",
        "Débit de filtration glomérulaire/1,73 m2 [Volume/(Temps*Surface)] Sérum/Plasma ; Numérique ; CKD-EPI",
        "DFG",
        "DFG estimé",
        "88",
        "mL/min",
    );
    let above = Value::Number {
        comparator: Some(Comparator::Greater),
        number: "90".parse().unwrap(),
        unit: Some(unit("mL/min{surface}", "mL/min/1,73 m²")),
    };
    answer(&mut dfg, above, None);
    report.chapters.push(chapter(
        "18720-3",
        "Hémostase, coagulation",
        vec![section("18720-3", "Hémostase", results([inr, dfg]))],
    ));
    report
}

/// First version, some results awaited.
pub fn partial() -> Report {
    let mut report = several_chapters();
    report.status = ReportStatus::Partial;
    report.chapters[1].sections[0].status = ReportStatus::Partial;
    report
}

/// Second version, that completes a partial one.
pub fn completed() -> Report {
    replacing(several_chapters(), ReportStatus::Partial)
}

/// Second version, that corrects a final one.
pub fn corrected() -> Report {
    let mut report = replacing(chemistry(), ReportStatus::Final);
    report.comments =
        vec!["Potassium corrigé : tube initial hémolysé.\nMerci de détruire la version précédente.".into()];
    report
}

/// A correction of a final version, while new results are awaited.
pub fn corrected_and_partial() -> Report {
    replacing(partial(), ReportStatus::Final)
}

/// Urine culture: direct examination, two germs, one antibiogram; then a germ of each other way to be identified.
pub fn microbiology() -> Report {
    let direct = Battery {
        code: Coded { system: CodeSystem::Local, code: "ECBU_DIR".into(), label: "Examen direct".into() },
        results: vec![
            text("5767-9", "Aspect [Aspect] Urine ; Résultat nominal", "ASPECT", "Aspect", "Clair"),
            measured(
                "30405-5",
                "Leucocytes [Nombre/Volume] Urine ; Numérique ; Comptage manuel",
                "LEUC",
                "Leucocytes",
                "500",
                "/mL",
            ),
        ],
        comments: Vec::new(),
    };
    let susceptibility = |loinc: &str, name: &str, sign, digits: &str, interpretation| {
        let mut result =
            measured(loinc, &format!("{name} [Sensibilité] Isolat ; Alphanumérique ; CMI"), name, name, digits, "");
        answer(&mut result, number(sign, digits, Some("ug/mL")), None);
        judge(&mut result, interpretation, None);
        result.method = Some(technique("BDB", "Antibiogramme - bandelette gradient"));
        result
    };
    let mut gentamicin = susceptibility("18928-2", "Gentamicine", None, "0.5", Interpretation::Susceptible);
    gentamicin.answer = Answer::category(Interpretation::Susceptible).ok();
    let coli = Isolate {
        number: 1,
        organism: Coded::snomed("112283007", "Escherichia coli"),
        results: vec![measured(
            "51480-2",
            "Bactérie [Nombre/Volume] Urine ; Numérique ; Comptage automate",
            "NB",
            "Dénombrement",
            "100000",
            "/mL",
        )],
        antibiogram: vec![
            susceptibility(
                "20-8",
                "Amoxicilline et acide clavulanique",
                Some(Comparator::GreaterOrEqual),
                "0.512",
                Interpretation::Resistant,
            ),
            susceptibility("28-1", "Ampicilline", Some(Comparator::LessOrEqual), "0.128", Interpretation::Intermediate),
            susceptibility("18906-8", "Ciprofloxacine", Some(Comparator::Less), "0.032", Interpretation::Susceptible),
            gentamicin,
        ],
    };
    let plain = |number, system, code: &str, label: &str| Isolate {
        number,
        organism: Coded { system, code: code.into(), label: label.into() },
        results: Vec::new(),
        antibiogram: Vec::new(),
    };
    let items = vec![
        Item::Battery(direct),
        Item::Isolate(coli),
        Item::Isolate(plain(2, CodeSystem::Ncbi, "1306", "Streptococcus sp.")),
        Item::Isolate(plain(3, CodeSystem::Local, "", "Levures")),
        Item::Isolate(plain(0, CodeSystem::Local, "STAPH NC", "Staphylocoque à coagulase négative")),
    ];
    let mut section = section("18725-2", "Examen cytobactériologique des urines", items);
    section.specimen = Some(specimen("55501", "UR", "Urine"));
    section.comments = vec!["Bactériurie significative.".into()];
    report(vec![chapter("18725-2", "Microbiologie", vec![section])])
}

/// From an emergency ward, several validators and recipients.
pub fn hospital() -> Report {
    let mut report = several_chapters();
    report.request.setting = CareSetting::Emergency;
    report.request.priority = Priority::Urgent;
    let second =
        Professional { rpps: Rpps::parse("00234567898"), family: "DURAND".into(), given: "Alix".into(), ..biologist() };
    let second = Validator { professional: second, at: at("2026-01-04T14:00:00Z") };
    report.chapters[1].sections[0].validators = Validators::one(second);
    report.recipients.push(Recipient::Patient);
    report
}

pub fn replacing(mut report: Report, status: ReportStatus) -> Report {
    report.ids.number = 2;
    report.ids.replaces =
        Some(Replaced { version: version("01"), document: oid("2.25.41"), number: 1, status, signed_at: None });
    report.ids.document = oid("2.25.42");
    report
}
