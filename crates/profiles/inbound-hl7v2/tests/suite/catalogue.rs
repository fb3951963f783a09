//! What the fixtures send meets the usual catalogue: codes, units and values, through the matching rule of the laboratory.

use inbound_hl7v2::oru;
use lab::{
    catalogue::{Analysis, Catalogue, RangeRule},
    matching::{self, Match},
    order::{SpecimenKind, Visibility},
    patient::Sex,
    quantity::{CodeSystem, Coded, CriticalBounds, Decimal, Unit, Value},
};
use terminology::usual;

use super::{codes, fixture, paris};

fn decimal(text: Option<&str>) -> Option<Decimal> {
    text.map(|digits| digits.parse().expect("a decimal"))
}

/// The usual catalogue as a laboratory would import it.
fn catalogue() -> Catalogue {
    let analyses = usual::analyses().zip(0..).map(|(it, rank)| Analysis {
        code: it.code.to_owned(),
        label: it.label.to_owned(),
        loinc: Some(Coded::loinc(it.loinc, it.loinc_label_fr)),
        nabm: it.nabm.map(str::to_owned),
        chapter: Coded::loinc(it.chapter_code, it.chapter_label),
        battery: it.battery.map(|battery| Coded {
            system: if battery.is_loinc { CodeSystem::Loinc } else { CodeSystem::Local },
            code: battery.code.to_owned(),
            label: battery.label.to_owned(),
        }),
        rank,
        specimen: SpecimenKind { code: it.specimen_code.to_owned(), label: it.specimen_label.to_owned() },
        unit: it.ucum.map(|ucum| Unit { ucum: ucum.to_owned(), printed: it.printed_unit.to_owned() }),
        unit_synonyms: it.unit_synonyms.iter().map(|&synonym| synonym.to_owned()).collect(),
        second_unit: None,
        method: None,
        ranges: it
            .ranges
            .iter()
            .map(|range| RangeRule {
                sex: match range.sex {
                    'F' => Some(Sex::Female),
                    'M' => Some(Sex::Male),
                    _ => None,
                },
                from_days: range.from_days,
                to_days: range.to_days,
                low: decimal(range.low),
                high: decimal(range.high),
            })
            .collect(),
        critical: CriticalBounds { low: decimal(it.critical_low), high: decimal(it.critical_high) },
        visibility: if it.hidden_from_patient { Visibility::HiddenFromPatient } else { Visibility::Visible },
        accredited: false,
        subcontractor: None,
    });
    Catalogue::new(analyses.collect())
}

/// Reads a fixture and every value of it: code of the analysis, printed value and unit, findings of the matching.
fn matched(name: &str) -> Vec<(String, String, Vec<&'static str>)> {
    let catalogue = catalogue();
    let read = oru::read(&fixture(name), &paris()).expect("accepted");
    read.observations()
        .map(|it| match matching::analysis(&catalogue, &it.code) {
            Match::Matched(analysis) => {
                let (value, findings) = matching::value(&it.value, &it.unit, analysis, &it.place);
                let printed = value.as_ref().map_or(String::new(), |value| {
                    format!("{} {}", value.printed(), Value::printed_unit(value)).trim_end().to_owned()
                });
                (analysis.code.clone(), printed, codes(&findings))
            }
            Match::Ambiguous => (String::new(), "ambiguous".to_owned(), vec![]),
            Match::Unknown => (String::new(), "unknown".to_owned(), vec![]),
        })
        .collect()
}

#[test]
fn every_observation_of_the_ordinary_messages_finds_its_analysis_and_unit() {
    let ordinary = [
        "analyzer_a/chemistry.hl7",
        "analyzer_a/blood_count_units_cut.hl7",
        "analyzer_a/hba1c_without_type.hl7",
        "analyzer_a/oul_immunoassay.hl7",
        "analyzer_a/bounds_and_commas.hl7",
        "analyzer_a/critical_potassium.hl7",
        "analyzer_a/latin9.hl7",
        "sgl_b/blood_count_final.hl7",
        "sgl_b/chemistry_final.hl7",
        "sgl_b/coagulation_urgent.hl7",
        "sgl_b/corrected.hl7",
        "sgl_b/electrophoresis.hl7",
        "sgl_b/inpatient_stay.hl7",
        "sgl_b/lipids_two_units.hl7",
        "sgl_b/multi_chapter_critical.hl7",
        "sgl_b/serology_to_announce.hl7",
        "sgl_b/urine_culture_antibiogram.hl7",
        "sgl_c_validated/child.hl7",
        "sgl_c_validated/liver_and_iron.hl7",
        "sgl_c_validated/tsh_final.hl7",
    ];
    for name in ordinary {
        for (code, value, findings) in matched(name) {
            assert!(!code.is_empty() && findings.is_empty(), "{name}: {code} {value} {findings:?}");
        }
    }
}

#[test]
fn doubts_are_findings_and_never_guesses() {
    assert_eq!(matched("analyzer_a/unknown_analysis.hl7")[0].1, "unknown");
    let units = matched("analyzer_a/unknown_unit.hl7");
    assert_eq!(units[0], ("K".into(), String::new(), vec!["RESULT-UNIT-UNKNOWN"]));
    assert_eq!(units[1], ("NA".into(), "140 mmol/L".into(), vec![]));
    let strip = matched("analyzer_a/test_strip.hl7");
    assert_eq!(strip[0], ("BU_LEU".into(), "++".into(), vec![]));
}

#[test]
fn bounds_and_digits_survive_to_the_printed_value() {
    let bounds: Vec<String> = matched("analyzer_a/bounds_and_commas.hl7").into_iter().map(|it| it.1).collect();
    assert_eq!(bounds, ["< 0,60 mg/L", "> 1000 µg/L FEU", "0,5 µg/L", "0,10 µg/L"]);
    assert_eq!(matched("analyzer_a/oul_immunoassay.hl7")[2].1, "> 10000 ng/L");
    assert_eq!(matched("analyzer_a/blood_count_units_cut.hl7")[0].1, "11,8 G/L");
}

#[test]
fn a_germ_its_count_and_its_antibiogram_share_one_key() {
    let read = oru::read(&fixture("sgl_b/urine_culture_antibiogram.hl7"), &paris()).expect("accepted");
    let organisms = read.organisms();
    let labels: Vec<&str> = organisms.iter().map(|(_, organism)| organism.label.as_str()).collect();
    assert_eq!(labels, ["Escherichia coli", "Streptococcus"]);
    let of = |key: &str| {
        read.observations()
            .filter(|it| it.isolate.as_deref() == Some(key))
            .map(|it| it.code.local.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&organisms[0].0)[..2], ["CULT_U", "DENOMB_U"]);
    assert_eq!(of(&organisms[0].0).len(), 2 + 12);
    assert_eq!(of(&organisms[1].0), ["CULT_U", "DENOMB_U", "ATB_PEN", "ATB_AMX", "ATB_ERY", "ATB_CLI", "ATB_VAN"]);
    // What is on the specimen belongs to no germ.
    assert!(read.orders[0].observations[..4].iter().all(|it| it.isolate.is_none()));
}

#[test]
fn an_antibiogram_whose_culture_is_not_in_the_message_keeps_every_antibiotic_under_the_germ_its_link_names() {
    let whole = fixture("sgl_b/urine_culture_antibiogram.hl7").encode();
    let text = String::from_utf8(whole).expect("UTF-8");
    // The culture's own request goes; those of the antibiograms stay.
    let without: String = {
        let (head, rest) = text.split_once("ORC|").expect("a request");
        let (_, children) = rest.split_once("\rORC|").expect("a child request");
        format!("{head}ORC|{children}")
    };
    let read = oru::read(&super::decode(without.as_bytes()), &paris()).expect("accepted");
    let labels: Vec<String> = read.organisms().into_iter().map(|(_, organism)| organism.label).collect();
    assert_eq!(labels[0], "Escherichia coli");
    assert!(read.observations().all(|it| !it.names_germ), "an antibiotic was taken for a germ");
    assert_eq!(read.observations().count(), 12 + 5);
}
