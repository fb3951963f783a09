//! The catalogue a laboratory starts from: the usual analyses, as laboratory rules know them.

use lab::{
    catalogue::{Analysis, Catalogue, RangeRule},
    order::{SpecimenKind, Visibility},
    patient::Sex,
    quantity::{CodeSystem, Coded, CriticalBounds, Decimal, Unit},
    report::SecondUnitRule,
};
use terminology::usual::{self, UsualAnalysis, UsualRange};

/// The usual catalogue. Ranges and critical bounds are starting values that each laboratory adapts.
pub fn usual() -> Catalogue {
    let mut analyses: Vec<Analysis> = Vec::new();
    for row in usual::analyses() {
        analyses.push(analysis(row, analyses.len() as u32));
        if let Some(profile) = analyses.last().and_then(profile) {
            analyses.push(profile);
        }
    }
    Catalogue::new(analyses)
}

/// The curve behind the last fraction of a protein electrophoresis: printed as a picture, without a code of its own.
fn profile(last: &Analysis) -> Option<Analysis> {
    (last.code == "EP_G").then(|| Analysis {
        code: "EP_PROFIL".to_owned(),
        label: "Profil électrophorétique".to_owned(),
        loinc: None,
        unit: None,
        unit_synonyms: Vec::new(),
        ranges: Vec::new(),
        critical: CriticalBounds::default(),
        rank: last.rank + 1,
        ..last.clone()
    })
}

fn analysis(row: &UsualAnalysis, rank: u32) -> Analysis {
    Analysis {
        code: row.code.to_owned(),
        label: row.label.to_owned(),
        loinc: Some(Coded::loinc(row.loinc, row.loinc_label_fr)),
        nabm: row.nabm.map(str::to_owned),
        chapter: Coded::loinc(row.chapter_code, row.chapter_label),
        battery: row.battery.map(|battery| Coded {
            system: if battery.is_loinc { CodeSystem::Loinc } else { CodeSystem::Local },
            code: battery.code.to_owned(),
            label: battery.label.to_owned(),
        }),
        rank,
        specimen: SpecimenKind { code: row.specimen_code.to_owned(), label: row.specimen_label.to_owned() },
        unit: row.ucum.map(|ucum| Unit { ucum: ucum.to_owned(), printed: row.printed_unit.to_owned() }),
        unit_synonyms: row.unit_synonyms.iter().map(|&synonym| synonym.to_owned()).collect(),
        method: row.method.map(|(code, label)| Coded {
            system: CodeSystem::Technique,
            code: code.to_owned(),
            label: label.to_owned(),
        }),
        second_unit: second_unit(row.code),
        ranges: row.ranges.iter().map(range).collect(),
        critical: CriticalBounds { low: decimal(row.critical_low), high: decimal(row.critical_high) },
        visibility: if row.hidden_from_patient { Visibility::HiddenFromPatient } else { Visibility::Visible },
        accredited: false,
        subcontractor: None,
    }
}

fn second_unit(code: &str) -> Option<SecondUnitRule> {
    let rule = usual::SECOND_UNITS.iter().find(|rule| rule.of == code)?;
    let row = usual::by_code(rule.to)?;
    Some(SecondUnitRule {
        loinc: Coded::loinc(row.loinc, row.loinc_label_fr),
        unit: Unit { ucum: row.ucum?.to_owned(), printed: row.printed_unit.to_owned() },
        factor: decimal(Some(rule.factor))?,
        n_decimals: rule.n_decimals,
    })
}

fn range(row: &UsualRange) -> RangeRule {
    RangeRule {
        sex: match row.sex {
            'F' => Some(Sex::Female),
            'M' => Some(Sex::Male),
            _ => None,
        },
        from_days: row.from_days,
        to_days: row.to_days,
        low: decimal(row.low),
        high: decimal(row.high),
    }
}

/// The tables hold decimals only; their own tests say so.
fn decimal(digits: Option<&str>) -> Option<Decimal> {
    digits.and_then(|digits| digits.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_catalogue_holds_what_a_town_laboratory_does_and_loses_no_bound() {
        let catalogue = usual();
        assert!(catalogue.analyses().len() >= 60);
        for rule in usual::SECOND_UNITS {
            assert!(catalogue.by_code(rule.of).is_some_and(|it| it.second_unit.is_some()), "{}", rule.of);
        }
        let potassium = catalogue.by_code("K").expect("potassium");
        assert!(potassium.critical.high.is_some() && !potassium.ranges.is_empty());
        assert!(catalogue.by_code("EP_PROFIL").is_some_and(|it| it.battery.is_some() && it.loinc.is_none()));
        for row in usual::analyses() {
            let analysis = catalogue.by_code(row.code).expect("a row");
            assert_eq!(row.critical_low.is_some(), analysis.critical.low.is_some(), "{}", row.code);
            for (given, kept) in row.ranges.iter().zip(&analysis.ranges) {
                assert_eq!((given.low.is_some(), given.high.is_some()), (kept.low.is_some(), kept.high.is_some()));
            }
        }
    }
}
