//! The laboratory's catalogue: what it can measure, how it reports it, what is usual.

use crate::{
    matching::SentCode,
    order::{SpecimenKind, Visibility},
    patient::Sex,
    person::Subcontractor,
    quantity::{Coded, CriticalBounds, Decimal, Group, ReferenceRange, Unit},
    report::SecondUnitRule,
};

/// An analysis of the catalogue.
#[derive(Clone, PartialEq, Debug)]
pub struct Analysis {
    /// Local code, unique in the catalogue: `K`, `HB`, `TSH`.
    pub code: String,
    /// Label printed on the report.
    pub label: String,
    /// LOINC code with its French label; `None` for an analysis that has none yet.
    pub loinc: Option<Coded>,
    /// NABM code of the act.
    pub nabm: Option<String>,
    /// Chapter of the report: LOINC code and label.
    pub chapter: Coded,
    /// Battery that prints it with others: LOINC panel code and label, or a local one.
    pub battery: Option<Coded>,
    /// Rank inside its chapter and battery.
    pub rank: u32,
    /// Nature of the specimen.
    pub specimen: SpecimenKind,
    /// Unit; `None` for a qualitative analysis or a pure number.
    pub unit: Option<Unit>,
    /// Further spellings of the unit that senders use, compared without case.
    pub unit_synonyms: Vec<String>,
    /// The unit it is also reported in.
    pub second_unit: Option<SecondUnitRule>,
    /// Usual technique.
    pub method: Option<Coded>,
    /// Usual values.
    pub ranges: Vec<RangeRule>,
    /// Critical values.
    pub critical: CriticalBounds,
    /// Hidden from the patient until announced.
    pub visibility: Visibility,
    /// Whether the laboratory's accreditation covers it.
    pub accredited: bool,
    /// The laboratory it is sent out to; `None` when it is done here.
    pub subcontractor: Option<Subcontractor>,
}

/// Usual values for a group of patients. The first rule that fits is used.
#[derive(Clone, PartialEq, Debug)]
pub struct RangeRule {
    /// Only for this sex; `None` for all.
    pub sex: Option<Sex>,
    /// From this age in days, included.
    pub from_days: i32,
    /// To this age in days, excluded.
    pub to_days: i32,
    /// Lower bound, included.
    pub low: Option<Decimal>,
    /// Upper bound, included.
    pub high: Option<Decimal>,
}

impl Analysis {
    /// The usual values for a patient; `None` when no rule fits or the age that a rule needs is unknown.
    pub fn range_for(&self, sex: Sex, age_days: Option<i32>) -> Option<ReferenceRange> {
        let rule = self.ranges.iter().find(|rule| {
            let all_ages = rule.from_days <= 0 && rule.to_days == i32::MAX;
            let age_fits = match age_days {
                Some(age) => (rule.from_days..rule.to_days).contains(&age),
                None => all_ages,
            };
            age_fits && rule.sex.is_none_or(|only| only == sex)
        })?;
        let group = Group { sex: rule.sex, from_days: rule.from_days.max(0), to_days: rule.to_days };
        let group = Some(group).filter(|group| *group != Group::ALL);
        Some(ReferenceRange { low: rule.low, high: rule.high, text: None, group })
    }
}

/// A catalogue: look-ups by local code and by LOINC.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    analyses: Vec<Analysis>,
}

impl Catalogue {
    /// A catalogue of these analyses, sorted by chapter rank as given.
    pub fn new(analyses: Vec<Analysis>) -> Self {
        Self { analyses }
    }

    /// The same catalogue, in which exactly these local codes are accredited. Unknown codes are left out.
    #[must_use]
    pub fn with_accredited<'a>(mut self, codes: impl IntoIterator<Item = &'a str>) -> Self {
        let codes: Vec<&str> = codes.into_iter().collect();
        for analysis in &mut self.analyses {
            analysis.accredited = codes.contains(&analysis.code.as_str());
        }
        self
    }

    /// All analyses, in catalogue order.
    pub fn analyses(&self) -> &[Analysis] {
        &self.analyses
    }

    /// The analysis with this local code.
    pub fn by_code(&self, code: &str) -> Option<&Analysis> {
        self.analyses.iter().find(|analysis| analysis.code == code)
    }

    /// The code of the battery that a request names, by LOINC or by local code; `None` for any other request.
    pub fn battery(&self, service: &SentCode) -> Option<&str> {
        let named = |code: &str| !code.is_empty() && (code == service.loinc || code == service.local);
        let mut codes = self.analyses.iter().filter_map(|it| it.battery.as_ref()).map(|it| it.code.as_str());
        codes.find(|code| named(code))
    }

    /// The analyses with this LOINC code.
    pub fn by_loinc(&self, code: &str) -> impl Iterator<Item = &Analysis> {
        self.analyses.iter().filter(move |analysis| analysis.loinc.as_ref().is_some_and(|loinc| loinc.code == code))
    }
}
