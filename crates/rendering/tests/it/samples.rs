//! Synthetic reports: every shape a page must hold. No patient is real; the INS is of the official test range.
#![allow(dead_code)]

use jiff::{Timestamp, civil::date, tz::TimeZone};
use lab::{
    id::{Oid, OrderId, PatientId, VersionId},
    order::{CareSetting, Confidentiality, Priority, Specimen, SpecimenKind},
    patient::{Guardian, IdentityStatus, Ins, InsAuthority, InsMatricule, Oppositions, Patient, Sex, Traits},
    person::{Address, Finess, Laboratory, MssanteAddress, Professional, Rpps, Specialty, Subcontractor},
    quantity::{
        CodeSystem, Coded, Comparator, CriticalBounds, Decimal, Group, Interpretation, ReferenceRange, Unit, Value,
        interpret,
    },
    report::{
        AccreditationMention, Answer, Attachment, Battery, Chapter, Curve, Figure, Image, ImageKind, Isolate, Item,
        Mentions, PreviousResult, Provenance, Recipient, Replaced, Report, ReportStatus, ReportedResult, Request,
        SecondUnit, SecondUnitRule, Section, Validator, Validators, VersionIds,
    },
};

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn professional(title: &str, given: &str, family: &str, rpps: &str, specialty: &str) -> Professional {
    Professional {
        rpps: Rpps::parse(rpps),
        family: family.into(),
        given: given.into(),
        title: title.into(),
        specialty: (!specialty.is_empty()).then(|| Specialty { code: "G15_10/SM26".into(), label: specialty.into() }),
        mailbox: MssanteAddress::parse(&format!("{}.{}@medecin.mssante.fr", given, family).to_lowercase()),
        phone: None,
        address: None,
    }
}

pub fn biologist() -> Professional {
    professional("DR", "Camille", "MOREAU", "10001234567", "Biologie médicale")
}

pub fn second_biologist() -> Professional {
    professional("DR", "Éloïse", "LE GUENNEC", "10007654321", "Biologie médicale")
}

pub fn prescriber() -> Professional {
    professional("DR", "Eva", "BLUE", "10009876543", "Médecine générale")
}

pub fn laboratory() -> Laboratory {
    Laboratory {
        name: "Laboratoire de biologie médicale des Deux Rives".into(),
        finess: Finess::parse("120459876").expect("a FINESS"),
        address: Address {
            lines: vec!["12, rue de la Paillasse".into(), "Bâtiment B".into()],
            postal_code: "12000".into(),
            city: "RODEZ".into(),
        },
        phone: "05 65 00 00 00".into(),
        accreditation: Some("8-1234".into()),
        director: biologist(),
    }
}

pub fn patient() -> Patient {
    Patient {
        id: PatientId::parse("00000000-0000-7000-8000-000000000001").expect("a uuid"),
        local_id: "P000123456".into(),
        traits: Traits {
            birth_name: "PAT-TROIS".into(),
            first_given: "DOMINIQUE".into(),
            given_names: "DOMINIQUE MARIE-LOUISE".into(),
            birth_date: Some(date(1979, 3, 28)),
            sex: Sex::Female,
            birth_place: Some("51215".into()),
            used_name: None,
            used_given: None,
        },
        status: IdentityStatus::Qualified,
        ins: Some(Ins {
            matricule: InsMatricule::parse("279035121518989").expect("a matricule"),
            authority: InsAuthority::NirTest,
        }),
        oppositions: Oppositions::default(),
        guardian: None,
        address: Some(Address {
            lines: vec!["3 place du Bourg".into()],
            postal_code: "12000".into(),
            city: "RODEZ".into(),
        }),
        phone: Some("06 00 00 00 00".into()),
    }
}

/// Changes the patient of a report.
pub fn edit_patient(report: &mut Report, change: impl FnOnce(&mut Patient)) {
    report.patient = report.patient.with(change);
}

/// The symbol of a patient, as the laboratory asks for it.
pub fn symbol(report: &Report) -> Option<rendering::Symbol> {
    let text = ins::datamatrix(&report.patient, ins::Environment::Test)?;
    rendering::Symbol::encode(&text)
}

/// The texts of a laboratory, as assembly leaves them.
pub fn mentions(is_accredited: bool) -> Mentions {
    Mentions {
        accreditation: is_accredited.then(|| AccreditationMention {
            number: "8-1234".into(),
            scope: "Portée disponible sur www.cofrac.fr".into(),
            sentence: "Examen réalisé sous accréditation.".into(),
        }),
        automatic_validation: None,
        personal_data: Some(
            "Vos données sont traitées pour réaliser vos examens et les transmettre à ceux qui vous soignent. Vous \
             pouvez y accéder et les faire rectifier auprès du laboratoire."
                .into(),
        ),
    }
}

fn report(number: u32, chapters: Vec<Chapter>) -> Report {
    let mut report = Report {
        ids: VersionIds {
            version: VersionId::parse("00000000-0000-7000-8000-0000000000a1").expect("a uuid"),
            document: Oid::parse("2.25.267089532617318372112233445566778899").expect("an oid"),
            set: Oid::parse("2.25.99887766").expect("an oid"),
            number,
            replaces: None,
        },
        status: ReportStatus::Final,
        signed_at: at("2026-03-12T15:42:10Z"),
        zone: TimeZone::get("Europe/Paris").expect("bundled zones"),
        confidentiality: Confidentiality::Normal,
        patient: patient().into(),
        laboratory: laboratory(),
        request: Request {
            order: OrderId::parse("00000000-0000-7000-8000-0000000000b1").expect("a uuid"),
            number: "2026031200457".into(),
            placer_number: Some("ORD-77120".into()),
            prescribed_at: Some(at("2026-03-10T09:00:00Z")),
            collected_at: Some(at("2026-03-12T06:35:00Z")),
            received_at: at("2026-03-12T08:05:00Z"),
            priority: Priority::Routine,
            setting: CareSetting::Ambulatory,
            prescriber: Some(prescriber()),
            treating_physician: Some(professional(
                "DR",
                "Jean-Baptiste",
                "DE LA TOUR",
                "10005551234",
                "Médecine générale",
            )),
        },
        signer: biologist(),
        recipients: vec![
            Recipient::Professional(prescriber()),
            Recipient::Professional(professional(
                "DR",
                "Jean-Baptiste",
                "DE LA TOUR",
                "10005551234",
                "Médecine générale",
            )),
            Recipient::Patient,
        ],
        chapters,
        comments: Vec::new(),
        attachments: Vec::new(),
        mentions: Mentions::default(),
        screening: None,
        rapid_test: None,
    };
    let is_accredited = report.results().any(|result| result.provenance.accredited);
    report.mentions = mentions(is_accredited);
    report
}

fn chapter(code: &str, label: &str, sections: Vec<Section>) -> Chapter {
    Chapter { code: Coded::loinc(code, label), sections }
}

fn section(title: &str, specimen: &str, items: Vec<Item>) -> Section {
    Section {
        code: Coded::loinc("18719-5", title),
        title: title.into(),
        status: ReportStatus::Final,
        specimen: Some(Specimen {
            number: "S26031200457".into(),
            kind: SpecimenKind { code: "SER".into(), label: specimen.into() },
            collected_at: Some(at("2026-03-12T06:35:00Z")),
            received_at: Some(at("2026-03-12T08:05:00Z")),
            act: None,
            site: None,
            collector: None,
        }),
        items,
        validators: Validators::one(Validator { professional: biologist(), at: at("2026-03-12T15:40:00Z") }),
        comments: Vec::new(),
    }
}

/// A result from one line: `label|value|unit|low|high|critical low|critical high|previous…`; empty parts are absent.
///
/// A `*` that ends the label marks an accredited analysis.
pub fn result(line: &str) -> ReportedResult {
    let parts: Vec<&str> = line.split('|').chain(std::iter::repeat("")).take(9).collect();
    let label = parts[0].trim_end_matches('*');
    let maybe = |text: &str| (!text.is_empty()).then(|| decimal(text));
    let unit = (!parts[2].is_empty()).then(|| Unit { ucum: parts[2].into(), printed: parts[2].into() });
    let number = |text: &str| {
        let (comparator, digits) = match text.strip_prefix('<') {
            Some(digits) => (Some(Comparator::Less), digits),
            None => (None, text),
        };
        Value::Number { comparator, number: decimal(digits), unit: unit.clone() }
    };
    let value = number(parts[1]);
    let range = (!parts[3].is_empty() || !parts[4].is_empty()).then(|| ReferenceRange {
        low: maybe(parts[3]),
        high: maybe(parts[4]),
        ..ReferenceRange::default()
    });
    let critical = CriticalBounds { low: maybe(parts[5]), high: maybe(parts[6]) };
    let dates = ["2025-09-02T07:00:00Z", "2025-01-14T07:00:00Z"];
    ReportedResult {
        loinc: Some(Coded::loinc("2823-3", label)),
        local_code: "K".into(),
        label: label.into(),
        observed_at: at("2026-03-12T10:00:00Z"),
        answer: Some(match interpret(&value, range.as_ref(), &critical) {
            Some(interpretation) => Answer::new(value, range).judged(interpretation, &critical),
            None => Answer::new(value, range),
        }),
        second_unit: None,
        method: None,
        analyzer: None,
        previous: parts[7..9]
            .iter()
            .zip(dates)
            .filter(|(value, _)| !value.is_empty())
            .map(|(value, date)| PreviousResult { observed_at: at(date), value: number(value), method: None })
            .collect(),
        comments: Vec::new(),
        provenance: Provenance { accredited: parts[0].ends_with('*'), ..Provenance::default() },
        validated_by: 0,
    }
}

fn results(lines: &[&str]) -> Vec<Item> {
    lines.iter().map(|line| Item::Result(result(line))).collect()
}

fn with_method(mut result: ReportedResult, method: &str) -> ReportedResult {
    result.method = Some(Coded { system: CodeSystem::Technique, code: "1".into(), label: method.into() });
    result
}

fn with_comment(mut result: ReportedResult, comment: &str) -> ReportedResult {
    result.comments.push(comment.into());
    result
}

fn worded(label: &str, value: Value, interpretation: Option<Interpretation>) -> ReportedResult {
    let answer = Answer::new(value, None);
    let answer = match interpretation {
        Some(interpretation) => answer.judged(interpretation, &CriticalBounds::default()),
        None => answer,
    };
    ReportedResult { answer: Some(answer), ..result(&format!("{label}|1")) }
}

const CHEMISTRY: &[&str] = &[
    "Sodium*|139|mmol/L|136|145|120|160|141|140",
    "Potassium*|4.1|mmol/L|3.5|5.0|2.5|6.5|4.4",
    "Chlorures*|103|mmol/L|98|107|||102",
    "Glucose à jeun|0.92|g/L|0.70|1.10|||0.98|0.95",
    "Créatinine|68|µmol/L|45|84|||71|66",
    "Débit de filtration glomérulaire estimé (CKD-EPI 2009)|96|mL/min/1,73 m²|90||||93",
    "Urée|4.8|mmol/L|2.5|7.5",
    "Acide urique|262|µmol/L|155|357",
    "ASAT (TGO)|21|UI/L||35|||24",
    "ALAT (TGP)|18|UI/L||35|||22",
    "Gamma-GT|52|UI/L||38|||31|29",
    "Protéine C réactive|<0.6|mg/L||5.0",
];

const BLOOD_COUNT: &[&str] = &[
    "Leucocytes|11.9|10⁹/L|4.0|10.0|1.0|50|7.2|6.9",
    "Hématies|4.21|10¹²/L|3.80|5.90|||4.40|4.38",
    "Hémoglobine|6.4|g/dL|11.5|15.5|7.0||12.1|12.4",
    "Hématocrite|20.1|%|34.0|45.0|||37.2|37.9",
    "Volume globulaire moyen|77|fL|80|100|||84|86",
    "TCMH|25.3|pg|27.0|33.0|||27.5|28.1",
    "CCMH|32.6|g/dL|31.5|36.0|||32.5|32.7",
    "Indice de distribution des hématies|17.8|%|11.5|14.5",
    "Plaquettes|512|10⁹/L|150|400|20|1000|298|305",
    "Polynucléaires neutrophiles|8.45|10⁹/L|1.80|7.50|0.5||4.20",
    "Polynucléaires éosinophiles|0.21|10⁹/L||0.50|||0.18",
    "Polynucléaires basophiles|0.05|10⁹/L||0.15|||0.04",
    "Lymphocytes|2.38|10⁹/L|1.00|4.00|||2.10",
    "Monocytes|0.81|10⁹/L|0.20|1.00|||0.55",
];

const LIPIDS: &[&str] = &[
    "Cholestérol total|2.14|g/L||2.00|||2.05",
    "Triglycérides|1.12|g/L||1.50|||1.20",
    "Cholestérol HDL|0.61|g/L|0.40||||0.58",
    "Cholestérol LDL (calcul de Friedewald)|1.31|g/L||1.60|||1.23",
];

fn battery(code: &str, label: &str, lines: &[&str]) -> Vec<Item> {
    vec![Item::Battery(Battery {
        code: Coded::loinc(code, label),
        results: lines.iter().map(|line| result(line)).collect(),
        comments: Vec::new(),
    })]
}

/// One page of ordinary chemistry.
pub fn one_page_chemistry() -> Report {
    report(1, vec![chapter("18719-5", "Biochimie", vec![section("Biochimie", "Sérum", results(CHEMISTRY))])])
}

/// Two chapters, thirty results, low, high and critical values, comments, methods, an aborted result.
pub fn two_chapters() -> Report {
    let mut chemistry = results(CHEMISTRY);
    chemistry[1] = Item::Result(with_comment(
        with_method(
            result("Potassium*|6.9|mmol/L|3.5|5.0|2.5|6.5|4.4"),
            "Potentiométrie indirecte, Atellica (Siemens)",
        ),
        "Résultat contrôlé sur le même prélèvement, sans hémolyse.\nCommuniqué par téléphone au Dr BLUE le 12/03/2026 à 12:10.",
    ));
    chemistry[8] = Item::Result(with_comment(
        ReportedResult { answer: None, ..result("ASAT (TGO)|1|UI/L||35") },
        "Échantillon hémolysé : dosage impossible, à prélever de nouveau.",
    ));
    let mut count = section("Hémogramme", "Sang total EDTA", battery("58410-2", "Hémogramme", BLOOD_COUNT));
    count.validators = Validators::one(Validator { professional: second_biologist(), at: at("2026-03-12T12:02:00Z") });
    count
        .comments
        .push("Anémie microcytaire hypochrome profonde. Thrombocytose modérée, à confronter au bilan martial.".into());
    let mut lipids = section(
        "Exploration d'une anomalie lipidique",
        "Sérum",
        battery("24331-1", "Exploration d'une anomalie lipidique", LIPIDS),
    );
    lipids.comments.push("Patient à jeun depuis 12 heures.".into());
    let mut report = report(
        1,
        vec![
            chapter("18723-7", "Hématologie et cytologie", vec![count]),
            chapter("18719-5", "Biochimie", vec![section("Biochimie", "Sérum", chemistry), lipids]),
        ],
    );
    report.request.priority = Priority::Urgent;
    report
}

/// About six pages: many sections, all labels different, long labels and long words.
pub fn long_report() -> Report {
    let chapters = ["Biochimie", "Hormonologie", "Immunologie et sérologie infectieuse"];
    let chapters = chapters.iter().enumerate().map(|(c, label)| {
        let sections = (1..=5).map(|s| {
            let items = (1..=14).map(|r| {
                let label = match r % 5 {
                    0 => format!("Anticorps anti-récepteurs de la thyréostimuline humaine, dosage n° {c}.{s}.{r}"),
                    1 => format!("Paramètre{c}.{s}.{r}"),
                    _ => format!("Analyse courante {c}.{s}.{r}"),
                };
                let line = format!("{label}|{}.{s}{r}|UI/mL|{}|{}.5|||{}.1", c * 50 + r * 3, r, c * 40 + r * 7 + 1, r);
                let mut result = result(&line);
                if r % 7 == 3 {
                    result = with_comment(result, "À contrôler sur un second prélèvement à trois semaines d'intervalle, dans le même laboratoire et avec la même technique ; un taux isolé ne suffit pas à conclure et doit être rapproché du contexte clinique.");
                }
                Item::Result(result)
            });
            section(&format!("Sous-chapitre {c}.{s}"), "Sérum", items.collect())
        });
        chapter("18719-5", label, sections.collect())
    });
    report(1, chapters.collect())
}

fn antibiotic(name: &str, mic: &str, interpretation: Interpretation) -> ReportedResult {
    let mut result = result(&format!("{name}|{mic}|mg/L"));
    result.answer = result.answer.map(|answer| answer.judged(interpretation, &CriticalBounds::default()));
    result
}

/// A urine culture with two germs and their antibiograms.
pub fn microbiology() -> Report {
    use Interpretation::{Intermediate, Resistant, Susceptible};
    let isolate = |number, snomed, label: &str, antibiogram: Vec<ReportedResult>| {
        Item::Isolate(Isolate {
            number,
            organism: Coded::snomed(snomed, label),
            results: vec![worded("Numération", Value::Text("≥ 10⁶ UFC/mL".into()), Some(Interpretation::Abnormal))],
            antibiogram,
        })
    };
    let mut items = vec![
        Item::Result(worded("Aspect", Value::Text("Trouble".into()), None)),
        Item::Result(result("Leucocytes|420000|/mL||10000|||8000")),
        Item::Result(result("Hématies|<1000|/mL||10000")),
        Item::Result(worded(
            "Examen direct après coloration de Gram",
            Value::Text("Nombreux bacilles à Gram négatif ; rares cocci à Gram positif en chaînettes".into()),
            Some(Interpretation::Abnormal),
        )),
        Item::Result(worded(
            "Recherche de BLSE",
            Value::Coded(Coded::snomed("10828004", "Positif")),
            Some(Interpretation::CriticalAbnormal),
        )),
    ];
    let mut first = vec![
        antibiotic("Amoxicilline", "<8", Resistant),
        antibiotic("Amoxicilline + acide clavulanique", "16", Resistant),
        antibiotic("Céfotaxime", "4", Resistant),
        antibiotic("Ertapénème", "<0.12", Susceptible),
        antibiotic("Gentamicine", "<1", Susceptible),
        antibiotic("Ciprofloxacine", "0.5", Intermediate),
        antibiotic("Fosfomycine", "<4", Susceptible),
        antibiotic("Nitrofurantoïne", "<16", Susceptible),
    ];
    let breakpoints = ReferenceRange {
        high: Some(decimal("1")),
        text: Some("EUCAST 2026 : S ≤ 1, R > 2".into()),
        ..ReferenceRange::default()
    };
    let value = first[2].value().cloned().expect("a value");
    first[2].answer = Some(Answer::new(value, Some(breakpoints)).judged(Resistant, &CriticalBounds::default()));
    items.push(isolate(1, "112283007", "Escherichia coli", first));
    items.push(isolate(
        2,
        "78065002",
        "Enterococcus faecalis",
        vec![
            antibiotic("Ampicilline", "<2", Susceptible),
            antibiotic("Vancomycine", "1", Susceptible),
            antibiotic("Lévofloxacine", "8", Resistant),
        ],
    ));
    let mut culture = section("Examen cytobactériologique des urines", "Urine du milieu de jet", items);
    culture
        .comments
        .push("Germe producteur de bêta-lactamase à spectre étendu : précautions complémentaires contact.".into());
    report(1, vec![chapter("18725-2", "Microbiologie", vec![culture])])
}

/// What is rare: a drawn curve, two units, usual values for a group, two validators, a guardian, a report joined.
pub fn rare() -> Report {
    let levels = (0..300).map(|at| {
        let peak = |center: f64, width: f64, height: f64| {
            let from = (f64::from(at) - center) / width;
            height * (-from * from / 2.0).exp()
        };
        (peak(60.0, 9.0, 900.0) + peak(110.0, 7.0, 60.0) + peak(150.0, 9.0, 130.0) + peak(225.0, 22.0, 170.0)) as i32
    });
    let curve = Curve::new(levels.collect()).expect("a curve");
    let image = Image { kind: ImageKind::Png, bytes: rendering::curve::draw(&curve) };
    let figure = Figure { title: "Profil électrophorétique".into(), image, curve: Some(curve) };
    let mut albumin = with_method(result("Albumine|42.1|g/L|36|48|||44.0"), "Électrophorèse capillaire");
    albumin.analyzer = Some("Capillarys 3".into());
    albumin.previous[0].method = Some(Coded::loinc("1", "Immunonéphélémétrie"));
    let mut gamma = result("Gammaglobulines|19.5|g/L|6|14");
    gamma.comments = vec!["Augmentation polyclonale.".into()];
    let proteins = Battery {
        code: Coded::loinc("14340-4", "Électrophorèse des protéines"),
        results: vec![albumin, gamma],
        comments: vec!["Pas de pic monoclonal visible.".into()],
    };
    let mut electrophoresis =
        section("Électrophorèse des protéines", "Sérum", vec![Item::Battery(proteins), Item::Figure(figure)]);
    if let Some(specimen) = &mut electrophoresis.specimen {
        specimen.site = Some(Coded::snomed("368208006", "bras gauche"));
        specimen.act = Some(Coded::loinc("33882-2", "Prélèvement veineux"));
        specimen.collector = Some(professional("", "Roberta", "BLEEDER", "10005550000", "Infirmier"));
    }

    let group = Some(Group { sex: Some(Sex::Female), from_days: 5479, to_days: 18263 });
    let mut glucose = result("Glucose à jeun|4.89|mmol/L|3.89|6.00|||5.02");
    let value = glucose.value().cloned().expect("a value");
    let range = glucose.range().map(|range| ReferenceRange { group, ..range.clone() });
    glucose.answer = Some(Answer::new(value, range).judged(Interpretation::Normal, &CriticalBounds::default()));
    let answer = glucose.answer.clone().expect("an answer");
    let rule = SecondUnitRule {
        loinc: Coded::loinc("53049-3", "Glucose à jeun"),
        unit: Unit { ucum: "g/L".into(), printed: "g/L".into() },
        factor: decimal("0.18016"),
        n_decimals: 2,
    };
    glucose.second_unit = SecondUnit::of(&rule, &answer, &glucose.previous);
    let mut insulin = result("Insuline|19|mUI/L");
    let value = insulin.value().cloned().expect("a value");
    insulin.answer = Some(Answer::new(value, None).judged(Interpretation::High, &CriticalBounds::default()));
    let mut sugars = section("Exploration glucidique", "Plasma", Vec::new());
    insulin.validated_by =
        sugars.validators.put(&Validator { professional: second_biologist(), at: at("2026-03-12T12:02:00Z") });
    sugars.items = vec![Item::Result(glucose), Item::Result(insulin)];

    let mut report = report(1, vec![chapter("18719-5", "Biochimie", vec![electrophoresis, sugars])]);
    edit_patient(&mut report, |patient| {
        patient.guardian = Some(Guardian {
            family: "PAT-TROIS".into(),
            given: "Claire".into(),
            relation: "tutrice".into(),
            phone: None,
            address: None,
        });
    });
    report.confidentiality = Confidentiality::Restricted;
    report.attachments = vec![Attachment {
        title: "Compte rendu de génétique".into(),
        laboratory: Subcontractor {
            name: "Laboratoire du Port".into(),
            contact: String::new(),
            accreditation: None,
            finess: None,
        },
        observed_at: at("2026-03-11T10:00:00Z"),
        pdf: b"%PDF-1.4".to_vec(),
    }];
    report
}

/// A report whose thyroid results are awaited.
pub fn partial() -> Report {
    let mut report = one_page_chemistry();
    report.status = ReportStatus::Partial;
    report.chapters[0].sections[0].status = ReportStatus::Partial;
    report
}

/// The second version of a final report.
pub fn corrected() -> Report {
    let mut report = two_chapters();
    report.ids.number = 2;
    report.ids.replaces = Some(Replaced {
        version: VersionId::parse("00000000-0000-7000-8000-0000000000a0").expect("a uuid"),
        document: Oid::parse("2.25.1234567890").expect("an oid"),
        number: 1,
        status: ReportStatus::Final,
        signed_at: Some(at("2026-03-11T16:05:00Z")),
    });
    report
        .comments
        .push("Version corrigée : le potassium a été rendu par erreur sur le dossier d'un autre patient.".into());
    report
}

/// Ours accredited, ours not, sent to an accredited laboratory, sent to another, validated by rules alone.
pub fn subcontracted() -> Report {
    let mut items = results(&[
        "Sodium*|139|mmol/L|136|145",
        "Urée|4.8|mmol/L|2.5|7.5",
        "Zinc|12|µmol/L|10|18",
        "Sélénium|0.9|µmol/L",
    ]);
    for (item, accreditation) in items[2..].iter_mut().zip([Some("8-5555"), None]) {
        if let Item::Result(result) = item {
            let name = if accreditation.is_some() { "Laboratoire des Oligo-éléments" } else { "Laboratoire du Port" };
            result.provenance.subcontractor = Some(Subcontractor {
                name: name.into(),
                contact: "1 quai de la Mesure, 33000 BORDEAUX, tél. 05 56 00 00 00".into(),
                accreditation: accreditation.map(str::to_owned),
                finess: None,
            });
        }
    }
    let mut report = report(1, vec![chapter("18719-5", "Biochimie", vec![section("Biochimie", "Sérum", items)])]);
    report.mentions.automatic_validation = Some("Certains résultats ont été validés automatiquement.".into());
    report
}

/// About forty pages.
pub fn forty_pages() -> Report {
    let long = long_report();
    let mut forty = long.clone();
    forty.chapters = std::iter::repeat_n(long.chapters, 6).flatten().collect();
    forty
}

/// Every sample with its name.
pub fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("one_page_chemistry", one_page_chemistry()),
        ("two_chapters", two_chapters()),
        ("long_report", long_report()),
        ("microbiology", microbiology()),
        ("subcontracted", subcontracted()),
        ("forty_pages", forty_pages()),
        ("partial", partial()),
        ("corrected", corrected()),
        ("rare", rare()),
    ]
}
