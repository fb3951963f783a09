//! The invented people of the demonstration. Nobody here exists.
//!
//! Matricules have a right key, a month from 13 to 19 that nobody bears, and the authority of tests.

use jiff::civil::{Date, date};
use lab::{
    person::{Professional, Rpps, Specialty},
    validation::Role,
};

/// An invented patient.
pub struct Invented {
    /// Number in the laboratory.
    pub number: String,
    /// Birth name.
    pub family: &'static str,
    /// First given name.
    pub given: &'static str,
    /// `F` or `M`.
    pub sex: char,
    /// Birth date.
    pub birth: Date,
    /// Birth place: town and code officiel géographique.
    pub place: (&'static str, &'static str),
    /// Matricule INS with its key.
    pub matricule: String,
}

const FAMILIES: [&str; 24] = [
    "LEROUX",
    "GIRARDIN",
    "NGUYEN",
    "FAURE",
    "BENALI",
    "MARCHAND",
    "DA SILVA",
    "ROYER",
    "PERROT",
    "KOWALSKI",
    "MEUNIER",
    "DIOP",
    "CHEVALIER",
    "LE GOFF",
    "HADDAD",
    "BOURGEOIS",
    "TRAORE",
    "MOULIN",
    "VASSEUR",
    "RIVIERE",
    "O'NEIL",
    "COLIN",
    "SAINT-MARTIN",
    "PREVOST",
];
const WOMEN: [&str; 8] = ["CAMILLE", "JEANNE", "LINH", "SARAH", "MARIE-LOUISE", "AMINATA", "LUCIE", "HELENE"];
const MEN: [&str; 8] = ["HUGO", "SAMIR", "PAUL", "ANTOINE", "MAMADOU", "YANN", "JEAN-PIERRE", "TOMASZ"];
const PLACES: [(&str, &str); 8] = [
    ("NANTES", "44109"),
    ("CLERMONT-FERRAND", "63113"),
    ("LYON 7E", "69387"),
    ("BORDEAUX", "33063"),
    ("AJACCIO", "2A004"),
    ("LILLE", "59350"),
    ("BREST", "29019"),
    ("STRASBOURG", "67482"),
];

/// The n-th invented patient, always the same for the same number.
pub fn patient(n: usize) -> Invented {
    let sex = if n.is_multiple_of(2) { 'F' } else { 'M' };
    let given = if sex == 'F' { WOMEN[(n / 2) % WOMEN.len()] } else { MEN[(n / 2) % MEN.len()] };
    let place = PLACES[(n * 5 + n / 8) % PLACES.len()];
    let year = 1934 + i16::try_from((n * 7) % 71).unwrap_or(0);
    let month = i8::try_from(1 + (n * 5) % 12).unwrap_or(1);
    let day = i8::try_from(1 + (n * 11) % 28).unwrap_or(1);
    let thirteen = format!(
        "{}{:02}{:02}{}{:03}",
        if sex == 'F' { 2 } else { 1 },
        year % 100,
        13 + n % 7,
        place.1,
        (n * 37 + n / 1000) % 999 + 1,
    );
    Invented {
        number: format!("D{:06}", n + 1),
        family: FAMILIES[(n * 7 + n / 24) % FAMILIES.len()],
        given,
        sex,
        birth: date(year, month, day),
        place,
        matricule: format!("{thirteen}{:02}", key(&thirteen)),
    }
}

/// Key of 13 characters: 97 − N mod 97, Corsica read as 19 and 18.
fn key(thirteen: &str) -> u64 {
    let corsica = match thirteen.as_bytes().get(6) {
        Some(b'A') => 1_000_000,
        Some(b'B') => 2_000_000,
        _ => 0,
    };
    let digits: u64 = thirteen.replace(['A', 'B'], "0").parse().unwrap_or(0);
    97 - digits.saturating_sub(corsica) % 97
}

/// An invented physician: RPPS, family, given name.
pub type Physician = (&'static str, &'static str, &'static str);

/// Physicians of the demonstration, who prescribe and receive copies.
pub const PHYSICIANS: [Physician; 6] = [
    ("01234567001", "MOREAU", "Claire"),
    ("01234567002", "ROSSI", "Antoine"),
    ("01234567003", "KELLER", "Sophie"),
    ("01234567004", "DIALLO", "Mamadou"),
    ("01234567005", "LEGRAND", "Anne"),
    ("01234567006", "PETIT", "Julien"),
];

/// The secure mailbox of a physician.
pub fn mailbox(physician: Physician) -> String {
    format!("{}.{}@medecin.test.mssante.fr", physician.2.to_lowercase(), physician.1.to_lowercase())
}

/// Someone who signs in: login, name, role, and for a biologist the RPPS, family and given name.
pub struct Persona {
    /// Login.
    pub login: &'static str,
    /// Name as shown.
    pub name: &'static str,
    /// Role.
    pub role: Role,
    /// For a biologist.
    pub rpps: Option<(&'static str, &'static str, &'static str)>,
}

/// The personas of the demonstration.
pub const PERSONAS: [Persona; 5] = [
    Persona {
        login: "biologiste",
        name: "Dr Hélène Moreau, biologiste",
        role: Role::Biologist,
        rpps: Some(("01234567201", "MOREAU", "Hélène")),
    },
    Persona { login: "technicien", name: "Karim Benali, technicien", role: Role::Technician, rpps: None },
    Persona { login: "secretaire", name: "Lucie Bernard, secrétaire", role: Role::Secretary, rpps: None },
    Persona { login: "administrateur", name: "Paul Girard, administrateur", role: Role::Administrator, rpps: None },
    Persona {
        login: "biologiste-site-c",
        name: "Dr Nathalie Fabre, biologiste du site C",
        role: Role::Biologist,
        rpps: Some(("01234567101", "FABRE", "Nathalie")),
    },
];

/// A biologist as printed on a report.
pub fn biologist(rpps: &str, family: &str, given: &str) -> Professional {
    Professional {
        rpps: Rpps::parse(rpps),
        family: family.to_owned(),
        given: given.to_owned(),
        title: "DR".to_owned(),
        specialty: Some(Specialty {
            code: "G15_10/SM03".to_owned(),
            label: "Médecin - Biologie médicale (SM)".to_owned(),
        }),
        mailbox: None,
        phone: None,
        address: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::patient::InsMatricule;

    #[test]
    fn invented_matricules_have_a_right_key_a_month_nobody_bears_and_do_not_repeat() {
        let mut known = std::collections::HashSet::new();
        for n in 0..500 {
            let invented = patient(n);
            assert!(InsMatricule::parse(&invented.matricule).is_ok(), "{n}");
            let month: u8 = invented.matricule[3..5].parse().expect("a month");
            assert!((13..=19).contains(&month));
            assert!(known.insert(invented.matricule), "{n} repeats");
        }
    }
}
