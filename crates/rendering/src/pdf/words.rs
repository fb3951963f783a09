//! French wording of what a report states: dates, ages, identities, versions.
//!
//! In: values of the model. Out: sentences. Does not know where they are printed.

use jiff::{Timestamp, Unit, civil::Date, tz::TimeZone};
use lab::{
    order::Confidentiality,
    patient::{InsAuthority, Patient, Sex},
    person::{Address, Professional},
    quantity::ReferenceRange,
    report::{
        RapidTest, Report, ReportStatus, Screening,
        screening::{HpvVaccination, VaccineDose},
    },
};
use terminology::jdv;

/// What a report of the cervical screening says above its results: labels and texts, in the order of the document.
///
/// Source: CR-BIO 2024.01, DEP-CCU examples.
pub(super) fn screening(screening: &Screening) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    if let Some(context) = jdv::SCREENING_CONTEXT.label(screening.context.code()) {
        all.push(("Contexte de l'examen : ", context.to_owned()));
    }
    all.push(("Vaccin contre le papillomavirus : ", vaccination(&screening.vaccination)));
    for (label, it) in [("Trousse de détection HPV : ", &screening.kit), ("Milieu utilisé : ", &screening.medium)] {
        if let Some(it) = it {
            all.push((label, it.label.clone()));
        }
    }
    all
}

fn vaccination(vaccination: &HpvVaccination) -> String {
    let dose = |it: &VaccineDose| {
        let rank = it.rank.map(|rank| format!(", dose {rank}")).unwrap_or_default();
        let day = it.given_on.map(|day| format!(", le {}", date(day))).unwrap_or_default();
        format!("réalisé{rank}{day}")
    };
    match vaccination {
        HpvVaccination::Unknown => "non renseigné".to_owned(),
        HpvVaccination::NotDone => "non réalisé".to_owned(),
        HpvVaccination::Done(doses) if doses.is_empty() => "réalisé".to_owned(),
        HpvVaccination::Done(doses) => doses.iter().map(dose).collect::<Vec<_>>().join(" ; "),
    }
}

/// What the report of a rapid test says above its results: labels and texts.
///
/// Source: BIO-TROD 2024.01 (conditions of the header, device of the body, consent).
pub(super) fn rapid_test(test: &RapidTest) -> Vec<(&'static str, String)> {
    let device = &test.device;
    let mut box_of: Vec<String> = Vec::new();
    for (label, said) in [("", &device.maker), ("réf. ", &device.reference), ("lot ", &device.lot)] {
        if !said.trim().is_empty() {
            box_of.push(format!("{label}{}", said.trim()));
        }
    }
    box_of.extend(device.expires_on.map(|day| format!("péremption le {}", date(day))));
    box_of.extend(device.udi.as_ref().map(|udi| format!("IUD {}", udi.code)));
    let sought = test.conditions().map(|it| format!("{} ({})", it.label, it.code));
    vec![
        ("Recherche : ", sought.collect::<Vec<_>>().join(" ; ")),
        ("Dispositif : ", box_of.join(", ")),
        ("Consentement : ", "le patient, ou son représentant légal, a consenti au test.".to_owned()),
    ]
}

/// What the patient is told, in the words of the value set.
pub(super) fn conclusion(screening: &Screening) -> Option<&'static str> {
    jdv::SCREENING_CONCLUSION.label(screening.conclusion?.code())
}

/// `JJ/MM/AAAA`.
pub(super) fn date(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// `JJ/MM/AAAA HH:MM` in the zone of the report.
pub(super) fn date_time(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    format!("{} {:02}:{:02}", date(at.date()), at.hour(), at.minute())
}

/// The day of a time, `JJ/MM/AAAA`.
pub(super) fn day(at: Timestamp, zone: &TimeZone) -> String {
    date(at.to_zoned(zone.clone()).date())
}

/// `Féminin`, `Masculin`, `Inconnu`.
pub(super) fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "Féminin",
        Sex::Male => "Masculin",
        Sex::Unknown => "Inconnu",
    }
}

/// `née le 28/03/1979`; empty when the date is unknown.
pub(super) fn born(patient: &Patient) -> String {
    let Some(birth) = patient.traits.birth_date else {
        return String::new();
    };
    let participle = match patient.traits.sex {
        Sex::Female => "née",
        Sex::Male => "né",
        Sex::Unknown => "né(e)",
    };
    format!("{participle} le {}", date(birth))
}

/// Age on a day: days up to two months, months up to three years, then years. `None` when unknown or not born.
pub(super) fn age(patient: &Patient, on: Date) -> Option<String> {
    let birth = patient.traits.birth_date.filter(|birth| *birth <= on)?;
    let span = on.since((Unit::Month, birth)).ok()?;
    let months = span.get_months();
    Some(match months {
        0..2 => match patient.age_days(on)? {
            0 => "jour de naissance".to_owned(),
            1 => "1 jour".to_owned(),
            days => format!("{days} jours"),
        },
        2..36 => format!("{months} mois"),
        _ => format!("{} ans", months / 12),
    })
}

/// The matricule and its nature, only for an identity whose matricule may be sent.
///
/// Source: RNIV, Ségur SGL.INS.51 (matricule and nature on paper, for a qualified identity only).
pub(super) fn ins(patient: &Patient) -> Option<String> {
    let ins = patient.ins_for_sending()?;
    let nature = match ins.authority {
        InsAuthority::Nir => "NIR",
        InsAuthority::Nia => "NIA",
        InsAuthority::NirTest => "NIR de test",
        InsAuthority::NirDemo => "NIR de démonstration",
    };
    Some(format!("{} ({nature})", ins.matricule.as_str()))
}

/// Name and specialty: `Dr Camille MOREAU, Biologie médicale`.
pub(super) fn professional(professional: &Professional) -> String {
    match &professional.specialty {
        Some(specialty) if !specialty.label.is_empty() => {
            format!("{}, {}", professional.printed(), specialty.label)
        }
        _ => professional.printed(),
    }
}

/// Street lines, then the town line; no empty line.
pub(super) fn address(address: &Address) -> Vec<String> {
    let town = format!("{} {}", address.postal_code, address.city);
    let lines = address.lines.iter().map(String::as_str).chain([town.trim()]);
    lines.filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// Bounds, and the words beside them on their own line.
pub(super) fn range(range: &ReferenceRange) -> String {
    std::iter::once(range.printed()).chain(range.printed_beside()).collect::<Vec<_>>().join("\n")
}

/// What the reader must know before reading: partial, replacing, critical. Most important first.
pub(super) fn notices(report: &Report) -> Vec<String> {
    let mut notices = Vec::new();
    if let Some(replaced) = &report.ids.replaces {
        let of = replaced.signed_at.map(|at| format!(" du {}", date_time(at, &report.zone))).unwrap_or_default();
        notices.push(match replaced.status {
            ReportStatus::Final => format!("Annule et remplace la version {}{of}", replaced.number),
            ReportStatus::Partial => {
                format!("Complète et remplace la version {}{of} (résultats partiels)", replaced.number)
            }
        });
    }
    if report.status == ReportStatus::Partial {
        notices.push("Résultats partiels : d'autres résultats suivront".to_owned());
    }
    match report.confidentiality {
        Confidentiality::Normal => {}
        Confidentiality::Restricted => notices.push("Accès restreint aux soignants du patient".to_owned()),
        Confidentiality::VeryRestricted => notices.push("Accès très restreint".to_owned()),
    }
    if report.has_critical() {
        notices.push("Résultat critique : voir les valeurs encadrées".to_owned());
    }
    notices
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as civil;
    use lab::{
        id::PatientId,
        patient::{IdentityStatus, Ins, InsMatricule, Oppositions, Traits},
    };

    fn patient(status: IdentityStatus) -> Patient {
        Patient {
            id: PatientId::parse("00000000-0000-7000-8000-000000000001").expect("a uuid"),
            local_id: "1".into(),
            traits: Traits {
                birth_name: "PAT-TROIS".into(),
                first_given: "DOMINIQUE".into(),
                given_names: "DOMINIQUE".into(),
                birth_date: Some(civil(1979, 3, 28)),
                sex: Sex::Female,
                birth_place: None,
                used_name: None,
                used_given: None,
            },
            status,
            ins: InsMatricule::parse("279035121518989")
                .ok()
                .map(|matricule| Ins { matricule, authority: InsAuthority::Nir }),
            oppositions: Oppositions::default(),
            guardian: None,
            address: None,
            phone: None,
        }
    }

    #[test]
    fn a_matricule_is_printed_for_a_qualified_identity_only() {
        assert_eq!(ins(&patient(IdentityStatus::Qualified)).as_deref(), Some("279035121518989 (NIR)"));
        for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
            assert_eq!(ins(&patient(status)), None);
        }
    }

    #[test]
    fn ages_read_in_days_then_months_then_years() {
        let patient = patient(IdentityStatus::Validated);
        let table = [
            (civil(1979, 3, 28), Some("jour de naissance")),
            (civil(1979, 5, 27), Some("60 jours")),
            (civil(1979, 5, 28), Some("2 mois")),
            (civil(1982, 3, 27), Some("35 mois")),
            (civil(1982, 3, 28), Some("3 ans")),
            (civil(2026, 3, 27), Some("46 ans")),
            (civil(1979, 3, 27), None),
        ];
        for (on, expected) in table {
            assert_eq!(age(&patient, on).as_deref(), expected, "{on}");
        }
    }

    #[test]
    fn times_are_printed_in_the_zone_of_the_report() {
        let at: Timestamp = "2026-07-01T22:05:59Z".parse().expect("a time");
        let paris = TimeZone::get("Europe/Paris").expect("bundled zones");
        assert_eq!(date_time(at, &paris), "02/07/2026 00:05");
    }
}
