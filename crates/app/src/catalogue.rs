//! The catalogue a laboratory starts from: the usual analyses, as laboratory rules know them.

use lab::{
    catalogue::{Analysis, Catalogue, RangeRule},
    order::{SpecimenKind, Visibility},
    patient::Sex,
    quantity::{CodeSystem, Coded, CriticalBounds, Decimal, Unit},
};
use terminology::usual::{self, UsualAnalysis, UsualRange};

/// The usual catalogue. Ranges and critical bounds are starting values that each laboratory adapts.
pub fn usual() -> Catalogue {
    Catalogue::new(usual::analyses().zip(0..).map(|(row, rank)| analysis(row, rank)).collect())
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
        second_unit: None,
        ranges: row.ranges.iter().map(range).collect(),
        critical: CriticalBounds { low: decimal(row.critical_low), high: decimal(row.critical_high) },
        visibility: if row.hidden_from_patient { Visibility::HiddenFromPatient } else { Visibility::Visible },
        accredited: false,
        subcontractor: None,
    }
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
        let potassium = catalogue.by_code("K").expect("potassium");
        assert!(potassium.critical.high.is_some() && !potassium.ranges.is_empty());
        for (row, analysis) in usual::analyses().zip(catalogue.analyses()) {
            assert_eq!(row.critical_low.is_some(), analysis.critical.low.is_some(), "{}", row.code);
            for (given, kept) in row.ranges.iter().zip(&analysis.ranges) {
                assert_eq!((given.low.is_some(), given.high.is_some()), (kept.low.is_some(), kept.high.is_some()));
            }
        }
    }
}
