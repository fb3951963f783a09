//! Reports drawn over the whole model: any number of chapters, every kind of value, item, ground, act and mention.
//!
//! In: a seed. Out: a report that a laboratory could sign, the same for the same seed.

use super::parts::*;
use jiff::SignedDuration;
use lab::{
    order::{CareSetting, Confidentiality, Specimen},
    patient::{Guardian, IdentityStatus, Sex},
    person::{Finess, MssanteAddress, Professional, Rpps, Subcontractor},
    quantity::{
        CodeSystem, Coded, Comparator, CriticalBounds, Decimal, Group, INTERPRETATIONS, Interpretation, ReferenceRange,
        Value,
    },
    report::{
        AccreditationMention, Answer, Attachment, Battery, Figure, Image, ImageKind, Isolate, Item, Mentions,
        PreviousResult, Provenance, Recipient, Replaced, Report, ReportStatus, ReportedResult, Review, Screening,
        SecondUnit, SecondUnitRule, Section, Validator,
        screening::{
            HpvVaccination, InvitationNumber, ScreeningCollector, ScreeningConclusion, ScreeningContext, VaccineDose,
        },
    },
};

/// Chapters of the national list.
const CHAPTERS: [(&str, &str); 5] = [
    ("18719-5", "Biochimie"),
    ("18723-7", "Hématologie"),
    ("18720-3", "Hémostase, coagulation"),
    ("18725-2", "Microbiologie"),
    ("26436-6", "Biologie polyvalente"),
];

/// A unit of the national list, and how it is printed.
type Units = &'static [(&'static str, &'static str)];

const PERCENT: Units = &[("%", "%")];

/// Real codes with the right check digit, and what their results are measured in.
const TESTS: [(&str, &str, Units); 8] = [
    ("2823-3", "Potassium [Moles/Volume] Sérum/Plasma ; Numérique", &[("mmol/L", "mmol/L"), ("meq/L", "mEq/L")]),
    ("718-7", "Hémoglobine [Masse/Volume] Sang ; Numérique", &[("g/L", "g/L"), ("g/dL", "g/100 mL")]),
    ("14749-6", "Glucose [Moles/Volume] Sérum/Plasma ; Numérique", &[("mmol/L", "mmol/L")]),
    ("6690-2", "Leucocytes [Nombre/Volume] Sang ; Numérique ; Comptage automate", &[("10*9/L", "G/L")]),
    ("62238-1", "Débit de filtration glomérulaire ; Numérique", &[("mL/min{surface}", "mL/min/1,73 m²")]),
    ("5195-3", "Hépatite B virus surface Ag [Présence] Sérum", PERCENT),
    ("6301-6", "INR [Temps relatif] Plasma ; Numérique", PERCENT),
    ("630-4", "Bactéries identifiées [Identification] Urine ; Culture", PERCENT),
];

/// Words that break naive writers, among ordinary ones.
const WORDS: [&str; 7] =
    ["Potassium", "à jeun", "O'Brien & <fils>", "ligne une\nligne deux", "]]> \"x\" |^~\\&", "Ω µg ≥ 10⁶ 𝄞", "++"];

/// A sequence of choices, by a linear congruence (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// True once in `n`.
    fn one_in(&mut self, n: u64) -> bool {
        self.up_to(n) == 0
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.up_to(all.len() as u64) as usize].clone()
    }

    fn words(&mut self) -> String {
        self.of(&WORDS).to_owned()
    }

    fn maybe<T>(&mut self, n: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.one_in(n).then(|| make(self))
    }

    fn list<T>(&mut self, most: u64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.up_to(most + 1)).map(|_| make(self)).collect()
    }
}

/// The report of a seed.
pub fn any(seed: u64) -> Report {
    let dice = &mut Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut codes = CHAPTERS.to_vec();
    codes.rotate_left(dice.up_to(5) as usize);
    let n_chapters = 1 + dice.up_to(3) as usize;
    let mut report = report(Vec::new());
    for (code, label) in codes.into_iter().take(n_chapters) {
        let sections = (0..1 + dice.up_to(2)).map(|_| any_section(dice, code)).collect();
        report.chapters.push(chapter(code, label, sections));
    }
    let is_partial = report.chapters.iter().flat_map(|it| &it.sections).any(|it| it.status == ReportStatus::Partial);
    report.status = if is_partial { ReportStatus::Partial } else { ReportStatus::Final };
    report.confidentiality =
        dice.of(&[Confidentiality::Normal, Confidentiality::Restricted, Confidentiality::VeryRestricted]);
    if dice.one_in(3) {
        report.ids.number = 2 + dice.up_to(7) as u32;
        report.ids.replaces = Some(Replaced {
            version: version("01"),
            document: oid("2.25.39"),
            number: report.ids.number - 1,
            status: dice.of(&[ReportStatus::Partial, ReportStatus::Final]),
            signed_at: dice.maybe(2, |_| at("2026-01-03T15:05:27Z")),
        });
    }
    any_people(dice, &mut report);
    report.comments = dice.list(2, Dice::words);
    report.attachments = dice.list(1, |dice| Attachment {
        title: dice.words(),
        laboratory: any_subcontractor(dice),
        observed_at: at("2026-01-03T10:00:00Z"),
        pdf: pdf(),
    });
    let is_accredited = report.results().any(|it| it.provenance.accredited);
    report.mentions = Mentions {
        accreditation: is_accredited.then(|| AccreditationMention {
            number: "8-1234".into(),
            scope: dice.words(),
            sentence: dice.words(),
        }),
        automatic_validation: dice.maybe(3, Dice::words),
        personal_data: dice.maybe(2, Dice::words),
    };
    report.screening = dice.maybe(4, any_screening);
    report
}

fn any_screening(dice: &mut Dice) -> Screening {
    let dose = |dice: &mut Dice| VaccineDose {
        rank: dice.maybe(2, |dice| 1 + dice.up_to(3) as u8),
        given_on: dice.maybe(2, |_| jiff::civil::date(2012, 5, 2)),
    };
    Screening {
        context: dice.of(&ScreeningContext::ALL),
        invitation: dice.maybe(2, |dice| InvitationNumber::parse(&dice.0.to_string()).unwrap()),
        vaccination: match dice.up_to(3) {
            0 => HpvVaccination::Unknown,
            1 => HpvVaccination::NotDone,
            _ => HpvVaccination::Done(dice.list(3, dose)),
        },
        kit: None,
        medium: None,
        conclusion: dice.maybe(2, |dice| dice.of(&ScreeningConclusion::ALL)),
        collector: dice.maybe(2, |dice| ScreeningCollector {
            name: dice.words(),
            mailbox: MssanteAddress::parse("collecteur@exemple.mssante.fr").unwrap(),
        }),
    }
}

fn any_people(dice: &mut Dice, report: &mut Report) {
    let status = dice.of(&[
        IdentityStatus::Qualified,
        IdentityStatus::Qualified,
        IdentityStatus::Validated,
        IdentityStatus::Retrieved,
        IdentityStatus::Provisional,
    ]);
    let guardian = dice.maybe(4, |dice| Guardian {
        family: dice.words(),
        given: dice.of(&["", "Jeanne"]).into(),
        relation: dice.of(&["", "mère"]).into(),
        phone: dice.maybe(2, |_| "06 01 02 03 04".into()),
        address: None,
    });
    let sex = dice.of(&[Sex::Female, Sex::Male, Sex::Unknown]);
    edit_patient(report, |patient| {
        patient.status = status;
        patient.guardian = guardian;
        if status != IdentityStatus::Qualified {
            patient.traits.sex = sex;
        }
    });
    report.request.setting = dice.of(&[CareSetting::Ambulatory, CareSetting::Inpatient, CareSetting::Emergency]);
    if dice.one_in(4) {
        report.request.prescriber = None;
    }
    if dice.one_in(3) {
        report.request.placer_number = None;
    }
    report.recipients = dice.list(2, |dice| match dice.one_in(3) {
        true => Recipient::Patient,
        false => Recipient::Professional(prescriber()),
    });
}

fn any_section(dice: &mut Dice, chapter: &str) -> Section {
    let mut section = section(chapter, &dice.words(), Vec::new());
    section.specimen = dice.maybe(2, |dice| Specimen {
        act: dice.maybe(2, |_| Coded {
            system: CodeSystem::Nabm,
            code: "9050".into(),
            label: "Prélèvement de sang veineux".into(),
        }),
        site: dice.maybe(2, |_| Coded::snomed("368208006", "Bras gauche")),
        collector: dice.maybe(2, |_| second()),
        collected_at: dice.maybe(2, |_| at("2026-01-04T06:35:00Z")),
        ..specimen(&dice.words(), dice.of(&["BLD", "UR", ""]), "Sang total")
    });
    section.status = if dice.one_in(6) { ReportStatus::Partial } else { ReportStatus::Final };
    section.comments = dice.list(1, Dice::words);
    let n_items = 1 + dice.up_to(4);
    for number in 1..=n_items {
        let item = any_item(dice, number as u32);
        section.items.push(item);
    }
    if dice.one_in(3) {
        let rank = section.validators.put(&Validator { professional: second(), at: at("2026-01-04T14:00:00Z") });
        for item in &mut section.items {
            if let Item::Result(result) = item {
                result.validated_by = rank * dice.up_to(2) as u16;
            }
        }
    }
    section
}

fn any_item(dice: &mut Dice, number: u32) -> Item {
    let results = |dice: &mut Dice| (0..1 + dice.up_to(4)).map(|_| any_result(dice)).collect::<Vec<_>>();
    match dice.up_to(8) {
        0 | 1 => Item::Battery(Battery {
            code: match dice.one_in(2) {
                true => Coded::loinc("58410-2", "Hémogramme sans formule panel [-] Sang"),
                false => Coded { system: CodeSystem::Local, code: "BILAN 1".into(), label: dice.words() },
            },
            results: results(dice),
            comments: dice.list(1, Dice::words),
        }),
        2 => Item::Isolate(Isolate {
            number: if dice.one_in(5) { 0 } else { number },
            organism: dice.of(&[
                Coded::snomed("112283007", "Escherichia coli"),
                Coded { system: CodeSystem::Ncbi, code: "1306".into(), label: "Streptococcus sp.".into() },
                Coded { system: CodeSystem::Local, code: String::new(), label: "Levures".into() },
            ]),
            results: dice.list(2, any_result),
            antibiogram: dice.list(4, any_antibiotic),
        }),
        3 => Item::Figure(Figure {
            title: dice.words(),
            image: Image { kind: ImageKind::Png, bytes: super::complete::PNG.to_vec() },
            curve: None,
        }),
        _ => Item::Result(any_result(dice)),
    }
}

fn any_result(dice: &mut Dice) -> ReportedResult {
    let (code, name, units) = dice.of(&TESTS);
    let answer = (!dice.one_in(10)).then(|| any_answer(dice, units));
    let value = answer.as_ref().and_then(|it| it.value()).cloned();
    let previous = match &value {
        Some(value) => dice.list(3, |dice| PreviousResult {
            observed_at: at("2025-12-01T09:00:00Z") - SignedDuration::from_hours(24 * dice.up_to(900) as i64),
            value: value.clone(),
            method: dice.maybe(4, |_| technique("BDB", "Autre technique")),
        }),
        None => Vec::new(),
    };
    let rule = SecondUnitRule {
        loinc: Coded::loinc("53049-3", "Glucose à jeun [Masse/Volume] Sérum/Plasma ; Numérique"),
        unit: unit("g/L", "g/L"),
        factor: Decimal::new(18016, 5),
        n_decimals: dice.up_to(4) as u32,
    };
    let second_unit = answer.as_ref().filter(|_| dice.one_in(4)).and_then(|it| SecondUnit::of(&rule, it, &previous));
    ReportedResult {
        loinc: match dice.up_to(5) {
            0 => None,
            1 => Some(Coded { system: CodeSystem::Waiting, code: "1234567".into(), label: "En attente".into() }),
            _ => Some(Coded::loinc(code, name)),
        },
        local_code: dice.of(&["K", "T4 L", "<&>"]).into(),
        label: dice.words(),
        observed_at: at("2026-01-04T12:19:33Z") - SignedDuration::from_hours(24 * (dice.up_to(8) / 6) as i64),
        method: dice.maybe(2, |dice| match dice.one_in(2) {
            true => technique("EL", "Potentiométrie indirecte"),
            false => Coded { system: CodeSystem::Local, code: "X".into(), label: dice.words() },
        }),
        analyzer: dice.maybe(4, Dice::words),
        comments: dice.list(2, Dice::words),
        provenance: Provenance {
            accredited: dice.one_in(3),
            subcontractor: dice.maybe(6, any_subcontractor),
            review: dice.of(&[Review::ByBiologist, Review::Automatic]),
        },
        answer,
        second_unit,
        previous,
        validated_by: 0,
    }
}

fn any_answer(dice: &mut Dice, units: Units) -> Answer {
    let number = Decimal::new(dice.up_to(20_000) as i64, dice.up_to(4) as u32);
    let (ucum, printed) = dice.of(units);
    let value = match dice.up_to(9) {
        0 => Value::Titre { numerator: 1, denominator: 1 << dice.up_to(10) },
        1 => Value::Coded(Coded::snomed("260385009", "Négatif")),
        2 => Value::Coded(Coded { system: CodeSystem::Local, code: "A B".into(), label: dice.words() }),
        3 => Value::Text(dice.words()),
        4 => Value::Number { comparator: None, number, unit: None },
        5 => {
            let signs = [Comparator::Less, Comparator::LessOrEqual, Comparator::Greater, Comparator::GreaterOrEqual];
            Value::Number { comparator: Some(dice.of(&signs)), number, unit: Some(unit(ucum, printed)) }
        }
        _ => Value::Number { comparator: None, number, unit: Some(unit(ucum, printed)) },
    };
    let range = dice.maybe(2, |dice| {
        let low = Decimal::new(dice.up_to(9_000) as i64, 2);
        ReferenceRange {
            low: dice.maybe(2, |_| low),
            high: dice.maybe(2, |dice| low + Decimal::new(dice.up_to(9_000) as i64, 2)),
            text: dice.maybe(3, Dice::words),
            group: dice.maybe(3, |dice| Group {
                sex: dice.of(&[None, Some(Sex::Female), Some(Sex::Male)]),
                from_days: dice.of(&[0, 5479]),
                to_days: dice.of(&[18263, i32::MAX]),
            }),
        }
    });
    let answer = Answer::new(value, range);
    match dice.one_in(3) {
        true => answer,
        false => {
            let (interpretation, ..) = dice.of(INTERPRETATIONS);
            let judged = answer.clone().judged(interpretation, &CriticalBounds::default());
            // A judgment against the numbers is legal, and is what the lint warns of: not drawn here.
            if judged.value().is_some_and(|it| it.number().is_some()) && contradicts(&judged) { answer } else { judged }
        }
    }
}

/// Whether the biologist says another side than the numbers do.
fn contradicts(answer: &Answer) -> bool {
    use Interpretation::{CriticalHigh, CriticalLow, High, Low, Normal, VeryHigh, VeryLow};
    let meaning = answer.meaning().map(|it| it.interpretation);
    let has_bounds = answer.range().is_some_and(|it| it.low.is_some() || it.high.is_some());
    let is_side = matches!(meaning, Some(Low | CriticalLow | VeryLow | High | CriticalHigh | VeryHigh | Normal));
    has_bounds && is_side && answer.meaning().is_some_and(|it| it.ground == lab::report::Ground::Judgment)
}

fn any_antibiotic(dice: &mut Dice) -> ReportedResult {
    let category = dice.of(&[Interpretation::Susceptible, Interpretation::Intermediate, Interpretation::Resistant]);
    let answer = match dice.one_in(3) {
        true => Answer::category(category).expect("a category"),
        false => Answer::new(number(Some(Comparator::LessOrEqual), "0.128", Some("ug/mL")), None)
            .judged(category, &CriticalBounds::default()),
    };
    let base = measured("18906-8", "Ciprofloxacine [Sensibilité] Isolat", "CIP", "Ciprofloxacine", "1", "");
    ReportedResult { answer: Some(answer), ..base }
}

fn any_subcontractor(dice: &mut Dice) -> Subcontractor {
    Subcontractor {
        name: dice.of(&["Laboratoire du Port", "Laboratoire des Oligo-éléments & Cie"]).into(),
        contact: dice.of(&["", "1 quai de la Mesure, 33000 BORDEAUX"]).into(),
        accreditation: dice.maybe(2, |_| "8-5555".into()),
        finess: dice.maybe(2, |_| Finess::parse("330459871").expect("a FINESS")),
    }
}

fn second() -> Professional {
    Professional { rpps: Rpps::parse("00234567898"), family: "DURAND".into(), given: "Alix".into(), ..biologist() }
}

fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n% a report of another laboratory <pdfaid:part>1</pdfaid:part>\n%%EOF\n".to_vec()
}
