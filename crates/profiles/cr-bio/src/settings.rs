//! What a laboratory sets once for all its documents: the arcs it numbers under, its software, its kind.

use ins::Environment;
use lab::id::Oid;

/// What every document of a laboratory shares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocumentSettings {
    /// Arcs under which the laboratory numbers what it owns.
    pub roots: LocalRoots,
    /// Real or invented patients: an INS of the other world is never written.
    pub environment: Environment,
    /// The software, named as a second author when set.
    pub software: Option<Software>,
    /// Kind of structure.
    pub facility: Facility,
    /// Frame of practice.
    pub practice: PracticeSetting,
}

/// Object identifiers of the laboratory's own numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalRoots {
    /// Patients (IPP).
    pub patients: Oid,
    /// Requests, as numbered by prescribers.
    pub orders: Oid,
    /// Dossiers.
    pub dossiers: Oid,
    /// Specimens (bar codes).
    pub specimens: Oid,
    /// Germs found in a dossier.
    pub isolates: Oid,
    /// Codes of the laboratory's catalogue.
    pub catalogue: Oid,
}

impl LocalRoots {
    /// The arcs `.1` to `.6` under the laboratory's arc, in the order of the fields.
    ///
    /// `None` when the arc is longer than 62 characters: its children would pass the bound of [`Oid`].
    pub fn under(arc: &Oid) -> Option<Self> {
        let child = |n: u8| Oid::parse(&format!("{arc}.{n}"));
        Some(Self {
            patients: child(1)?,
            orders: child(2)?,
            dossiers: child(3)?,
            specimens: child(4)?,
            isolates: child(5)?,
            catalogue: child(6)?,
        })
    }
}

/// The software that wrote the document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Software {
    /// Product name.
    pub name: String,
    /// Product version.
    pub version: String,
}

/// Kind of structure. Source: JDV_J02_XdsHealthcareFacilityTypeCode, the two codes of laboratories, and those of who
/// makes rapid tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Facility {
    /// `SA25`, laboratoire de biologie médicale.
    MedicalBiologyLaboratory,
    /// `SA29`, laboratoire d'analyses et de biologie médicale.
    AnalysisLaboratory,
    /// `SA33`, pharmacie d'officine.
    Pharmacy,
    /// `SA07`, cabinet individuel.
    IndividualOffice,
    /// `SA08`, cabinet de groupe.
    GroupOffice,
}

/// Frame of practice. Source: JDV_J04_XdsPracticeSettingCode, the codes a laboratory uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PracticeSetting {
    /// `AMBULATOIRE`
    Ambulatory,
    /// `ETABLISSEMENT`
    Establishment,
    /// `DEPISTAGE`, of organized screening and rapid tests.
    Screening,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn local_roots_are_distinct_arcs_under_the_laboratory() {
        let roots = LocalRoots::under(&Oid::parse("1.2.3.4").unwrap()).unwrap();
        let all =
            [&roots.patients, &roots.orders, &roots.dossiers, &roots.specimens, &roots.isolates, &roots.catalogue];
        for (at, root) in all.iter().enumerate() {
            assert!(root.as_str().starts_with("1.2.3.4."));
            assert!(!all[..at].contains(root), "{root}");
        }
        let longest = Oid::parse(&format!("1.{}", "2".repeat(62))).unwrap();
        assert_eq!(LocalRoots::under(&longest), None);
    }
}
