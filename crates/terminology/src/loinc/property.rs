//! Properties of LOINC: in, a code; out, the kind of quantity its result is, and whether a unit can measure it.
//!
//! Covered: 41 243 codes of LOINC 2.68, those of [`PROPERTIES`]. A code that is not among them says nothing: the table is not
//! the whole of LOINC. The time aspect is not held: what is collected over 24 hours has a rate as its property (`MRat`,
//! `SRat`) when the result is one, and a concentration otherwise.
//!
//! The table is text (97 kB), read once, in a millisecond, into one byte for each number (95 kB); a look-up is one access.
//!
//! Source: LOINC Users' Guide, property. The rows were compared with the 22 934 units that LOINC 2.68 gives as examples: 25 do
//! not fit, each a slip (`%` for a concentration, `nmol/10*7` for an activity in a volume).

use super::number;
use crate::ucum::{Base, Dimension};
use std::sync::LazyLock;

/// A kind of property that a code may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Property {
    /// Abbreviation of LOINC: `MCnc`.
    pub name: &'static str,
    /// The dimensions that a unit of it may have.
    dimensions: &'static [Dimension],
    /// What its unit may not name, even where it cancels out: no `mmol/mol` for a mass fraction.
    never: &'static [Base],
}

impl Property {
    /// Whether a result of this property can be given in a unit of this dimension.
    pub fn admits(&self, unit: Dimension) -> bool {
        self.dimensions.iter().any(|it| it.powers == unit.powers) && !self.never.iter().any(|it| unit.names(*it))
    }
}

/// The property of a code; `None` for a code that the table does not hold, or whose check digit is wrong.
///
/// Below 100 ns, without allocation, but for the first call of a process, which reads the table.
pub fn property(code: &str) -> Option<&'static Property> {
    static OF_NUMBERS: LazyLock<Box<[u8]>> = LazyLock::new(|| by_number(TABLE));
    let number = usize::try_from(number(code)?).ok()?;
    let rank = OF_NUMBERS.get(number).copied().filter(|it| *it != UNKNOWN)?;
    PROPERTIES.get(usize::from(rank))
}

const TABLE: &str = include_str!("properties.txt");

const UNKNOWN: u8 = u8::MAX;

/// The rank of the property of each number.
fn by_number(table: &str) -> Box<[u8]> {
    let mut ranks = Vec::with_capacity(100_000);
    let (mut rank, mut number) = (UNKNOWN, 0_usize);
    for word in table.lines().filter(|it| !it.starts_with('#')).flat_map(|it| it.split(' ')) {
        match word.parse::<usize>() {
            Ok(step) => {
                number += step;
                if ranks.len() <= number {
                    ranks.resize(number + 1, UNKNOWN);
                }
                ranks[number] = rank;
            }
            Err(_) => {
                let found = PROPERTIES.iter().position(|it| it.name == word);
                (rank, number) = (found.and_then(|it| u8::try_from(it).ok()).unwrap_or(UNKNOWN), 0);
            }
        }
    }
    ranks.into_boxed_slice()
}

const ONE: Dimension = Dimension::ONE;
const MASS: Dimension = Dimension::MASS;
const SUBSTANCE: Dimension = Dimension::SUBSTANCE;
const ACTIVITY: Dimension = Dimension::ACTIVITY;
const LENGTH: Dimension = Dimension::LENGTH;
const VOLUME: Dimension = Dimension::VOLUME;
const TIME: Dimension = Dimension::TIME;

const MASS_IN_VOLUME: Dimension = MASS.per(VOLUME);
const SUBSTANCE_IN_VOLUME: Dimension = SUBSTANCE.per(VOLUME);
const NUMBER_IN_VOLUME: Dimension = ONE.per(VOLUME);
const ACTIVITY_IN_VOLUME: Dimension = ACTIVITY.per(VOLUME);
/// An activity may be said by what it turns over.
const TURNOVER: Dimension = SUBSTANCE.per(TIME);
const MASS_TURNOVER: Dimension = MASS.per(TIME);
const PER_TIME: Dimension = ONE.per(TIME);
const FLOW: Dimension = VOLUME.per(TIME);
const FLOW_OF_BODY: Dimension = FLOW.per(Dimension::AREA);

const NUMBER: &[Dimension] = &[ONE];
const ANY: &[Base] = &[];
const AMOUNTS: &[Base] = &[Base::Mass, Base::Substance, Base::Activity];

const fn row(name: &'static str, dimensions: &'static [Dimension], never: &'static [Base]) -> Property {
    Property { name, dimensions, never }
}

/// What each property can be measured in.
///
/// Where LOINC's own examples, or habits without danger, stretch the property, so does the row: an arbitrary concentration may
/// be an index, an osmolality `mmol/kg`, a sedimentation rate `mm`, a relative density `g/L`.
#[rustfmt::skip]
const PROPERTIES: &[Property] = &[
    // Concentrations: an amount in a volume.
    row("MCnc", &[MASS_IN_VOLUME], ANY),
    row("SCnc", &[SUBSTANCE_IN_VOLUME], ANY),
    row("MSCnc", &[MASS_IN_VOLUME, SUBSTANCE_IN_VOLUME, ACTIVITY_IN_VOLUME], ANY),
    row("NCnc", &[NUMBER_IN_VOLUME], AMOUNTS),
    row("ACnc", &[ACTIVITY_IN_VOLUME, NUMBER_IN_VOLUME, ACTIVITY, ONE], &[Base::Mass, Base::Substance]),
    row("CCnc", &[ACTIVITY_IN_VOLUME, TURNOVER.per(VOLUME), MASS_TURNOVER.per(VOLUME), ACTIVITY], ANY),
    row("LsCnc", &[Dimension::ACIDITY, ONE], AMOUNTS),
    row("LnCnc", &[NUMBER_IN_VOLUME, ONE], AMOUNTS),
    row("LaCnc", &[ACTIVITY_IN_VOLUME, NUMBER_IN_VOLUME, ONE], &[Base::Mass, Base::Substance]),
    row("MCncDiff", &[MASS_IN_VOLUME], ANY),
    row("SCncDiff", &[SUBSTANCE_IN_VOLUME], ANY),
    // Contents: an amount in a mass.
    row("MCnt", NUMBER, &[Base::Substance, Base::Activity]),
    row("SCnt", &[SUBSTANCE.per(MASS)], ANY),
    row("NCnt", &[ONE.per(MASS)], ANY),
    row("ACnt", &[ACTIVITY.per(MASS), ONE.per(MASS)], ANY),
    row("CCnt", &[ACTIVITY.per(MASS), TURNOVER.per(MASS), MASS_TURNOVER.per(MASS), SUBSTANCE.per(MASS)], ANY),
    // Rates: an amount in a time.
    row("MRat", &[MASS_TURNOVER], ANY),
    row("SRat", &[TURNOVER], ANY),
    row("NRat", &[PER_TIME], AMOUNTS),
    row("ARat", &[PER_TIME, ACTIVITY.per(TIME)], ANY),
    row("CRat", &[ACTIVITY.per(TIME)], ANY),
    row("VRat", &[FLOW, FLOW_OF_BODY], ANY),
    row("ArVRat", &[FLOW, FLOW_OF_BODY], ANY),
    row("Flow", &[FLOW], ANY),
    // Fractions and ratios: one amount in another of its kind.
    row("MFr", NUMBER, &[Base::Substance, Base::Activity]),
    row("SFr", NUMBER, &[Base::Mass, Base::Activity]),
    row("NFr", NUMBER, AMOUNTS),
    row("VFr", NUMBER, AMOUNTS),
    row("AFr", NUMBER, &[Base::Mass, Base::Substance]),
    row("CFr", NUMBER, &[Base::Mass, Base::Substance]),
    row("LenFr", NUMBER, AMOUNTS),
    row("SatFr", NUMBER, ANY),
    row("MFr.DF", NUMBER, &[Base::Substance, Base::Activity]),
    row("NFr.DF", NUMBER, AMOUNTS),
    row("VFr.DF", NUMBER, AMOUNTS),
    row("CFr.DF", NUMBER, &[Base::Mass, Base::Substance]),
    row("MRto", NUMBER, &[Base::Substance, Base::Activity]),
    row("SRto", NUMBER, &[Base::Mass, Base::Activity]),
    row("CRto", NUMBER, &[Base::Mass, Base::Substance]),
    row("TRto", NUMBER, AMOUNTS),
    row("NRto", NUMBER, AMOUNTS),
    row("Ratio", &[ONE, MASS.per(SUBSTANCE), SUBSTANCE.per(MASS), ACTIVITY.per(MASS), ACTIVITY.per(SUBSTANCE), ACTIVITY,
        Dimension::PRESSURE], ANY),
    row("RelRto", NUMBER, ANY),
    row("RelTime", NUMBER, AMOUNTS),
    row("RelACnc", NUMBER, ANY),
    row("RelMCnc", NUMBER, ANY),
    row("RelCCnc", NUMBER, ANY),
    row("MoM", NUMBER, ANY),
    // Of one cell, or of one whole thing.
    row("EntMass", &[MASS], ANY),
    row("EntVol", &[VOLUME], ANY),
    row("EntSub", &[SUBSTANCE], ANY),
    row("EntLen", &[LENGTH], ANY),
    row("EntNum", NUMBER, AMOUNTS),
    row("EntCat", &[ACTIVITY, TURNOVER], ANY),
    row("Mass", &[MASS], ANY),
    row("Vol", &[VOLUME], ANY),
    row("Sub", &[SUBSTANCE], ANY),
    row("Len", &[LENGTH], ANY),
    row("Num", NUMBER, AMOUNTS),
    // Others.
    row("Time", &[TIME], ANY),
    row("TimeDif", &[TIME], ANY),
    row("Vel", &[LENGTH.per(TIME), LENGTH], ANY),
    row("Osmol", &[SUBSTANCE.per(MASS), SUBSTANCE_IN_VOLUME], ANY),
    row("PPres", &[Dimension::PRESSURE], ANY),
    row("Naric", &[ONE.per(Dimension::FIELD), ONE.per(Dimension::AREA), ONE], AMOUNTS),
    row("Titr", NUMBER, AMOUNTS),
    row("Rden", &[ONE, MASS_IN_VOLUME], ANY),
    row("Zscore", NUMBER, AMOUNTS),
    row("Prctl", NUMBER, AMOUNTS),
    row("ThreshNum", NUMBER, AMOUNTS),
    // What is no quantity: present or not, which one, of which kind, what it means. An index may stand beside.
    row("PrThr", NUMBER, AMOUNTS),
    row("Prid", NUMBER, AMOUNTS),
    row("Type", NUMBER, AMOUNTS),
    row("Imp", NUMBER, AMOUNTS),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ucum::dimension;

    /// Whether a code may have a unit; nothing when one of the two is not known.
    fn fits(code: &str, unit: &str) -> Option<bool> {
        Some(property(code)?.admits(dimension(unit)?))
    }

    #[test]
    fn every_group_of_the_table_is_a_row_and_every_row_a_group() {
        let words: Vec<&str> = TABLE.lines().filter(|it| !it.starts_with('#')).flat_map(|it| it.split(' ')).collect();
        let groups: Vec<&str> = words.iter().filter(|it| it.parse::<usize>().is_err()).copied().collect();
        for group in &groups {
            assert_eq!(PROPERTIES.iter().filter(|it| it.name == *group).count(), 1, "{group}");
        }
        assert_eq!(groups.len(), PROPERTIES.len());
        let ranks = by_number(TABLE);
        assert_eq!(ranks.iter().filter(|it| **it != UNKNOWN).count(), words.len() - groups.len());
        assert_eq!(words.len() - groups.len(), 41_243);
        assert!(ranks.len() <= 100_000);
        let head: Vec<&str> = TABLE.lines().map_while(|it| it.strip_prefix("# ").or(it.strip_prefix('#'))).collect();
        assert!(head.join(" ").contains(crate::LOINC_NOTICE));
    }

    #[test]
    fn the_property_of_a_code_is_known() {
        let table = [
            ("2345-7", "MCnc"),
            ("14749-6", "SCnc"),
            ("26464-8", "NCnc"),
            ("1742-6", "CCnc"),
            ("4548-4", "MFr"),
            ("59261-8", "SFr"),
            ("2889-4", "MRat"),
            ("30000-4", "Ratio"),
            ("5902-2", "Time"),
            ("600-7", "Prid"),
        ];
        for (code, name) in table {
            assert_eq!(property(code).map(|it| it.name), Some(name), "{code}");
        }
        for unknown in ["2345-8", "1000000-9", "9999999-3", "", "LA6576-8", "18769-0", "58410-2"] {
            assert_eq!(property(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_usual_mistakes_are_told_from_the_usual_units() {
        let table: [(&str, &[&str], &[&str]); 12] = [
            ("14749-6", &["mmol/L", "{index}"], &["g/L", "mg/dL", "%", "mmol/(24.h)", "mmol/mol"]),
            ("2345-7", &["g/L", "mg/dL"], &["mmol/L", "g/(24.h)"]),
            ("4548-4", &["%", "g/g"], &["mmol/mol", "g/dL"]),
            ("59261-8", &["mmol/mol", "%"], &["mg/g"]),
            ("26464-8", &["10*9/L", "/uL", "{cells}/uL"], &["%", "g/L", "/[HPF]"]),
            ("770-8", &["%"], &["10*9/L"]),
            ("1742-6", &["U/L", "[IU]/L", "ukat/L", "umol/min/L"], &["g/L", "umol/L", "10*9/L"]),
            ("2889-4", &["g/(24.h)", "mg/d"], &["g/L", "g"]),
            ("9318-7", &["mg/g", "ug/g{creat}"], &["mg/mmol", "mg/L"]),
            ("30000-4", &["mg/mmol", "mg/g"], &["mg/L"]),
            ("787-2", &["fL"], &["pg", "%"]),
            ("40678-5", &["{titer}", "{ratio}"], &["[IU]/mL", "g/L"]),
        ];
        for (code, right, wrong) in table {
            assert!(right.iter().all(|it| fits(code, it) != Some(false)), "{code}: {right:?}");
            assert!(wrong.iter().all(|it| fits(code, it) == Some(false)), "{code}: {wrong:?}");
        }
    }
}
