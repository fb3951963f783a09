//! Invented extractions of any size, always the same for the same seed: for tests and measurements.
//!
//! In: a seed and how many lines. Out: the bytes of an extraction as published, line by line, to any writer.
//! Nobody in it exists: names are syllables, RPPS numbers begin with `00`, which no real one does, and end with their
//! check digit (Luhn). Lines are in no order of numbers or names, the worst case for whoever loads them.

use std::io::{self, Write};

/// What to invent.
#[derive(Clone, Copy, Debug)]
pub struct Invented {
    /// Another seed, other people.
    pub seed: u64,
    /// Lines of the extraction of professionals, below 80 million.
    pub practices: u64,
    /// Lines of the extraction of mailboxes.
    pub mailboxes: u64,
    /// How many lines in ten thousand differ from those of the same seed with 0: half moved, a quarter gone, a quarter new.
    pub changed: u64,
}

const PRACTICE_HEADER: &str = "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|Libellé civilité exercice|Code civilité|Libellé civilité|Nom d'exercice|Prénom d'exercice|Code profession|Libellé profession|Code catégorie professionnelle|Libellé catégorie professionnelle|Code type savoir-faire|Libellé type savoir-faire|Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|Numéro SIRET site|Numéro SIREN site|Numéro FINESS site|Numéro FINESS établissement juridique|Identifiant technique de la structure|Raison sociale site|Enseigne commerciale site|Complément destinataire (coord. structure)|Complément point géographique (coord. structure)|Numéro Voie (coord. structure)|Indice répétition voie (coord. structure)|Code type de voie (coord. structure)|Libellé type de voie (coord. structure)|Libellé Voie (coord. structure)|Mention distribution (coord. structure)|Bureau cedex (coord. structure)|Code postal (coord. structure)|Code commune (coord. structure)|Libellé commune (coord. structure)|Code pays (coord. structure)|Libellé pays (coord. structure)|Téléphone (coord. structure)|Téléphone 2 (coord. structure)|Télécopie (coord. structure)|Adresse e-mail (coord. structure)|Code département (coord. structure)|Libellé département (coord. structure)|Ancien identifiant de la structure|Autorité d'enregistrement|Code secteur d'activité|Libellé secteur d'activité|Code section tableau pharmaciens|Libellé section tableau pharmaciens|Code rôle|Libellé rôle|Code genre d'activité|Libellé genre d'activité|";
const MAILBOX_HEADER: &str = "Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|Type identifiant structure|Identification Structure|Service de rattachement|Civilité d'exercice|Nom d'exercice|Prénom d'exercice|Catégorie profession|Libellé de catégorie profession|Code Profession|Libellé Profession|Code savoir-faire|Libellé savoir-faire|Dématérialisation|Raison Sociale structure BAL|Enseigne commerciale structure BAL|L2COMPLEMENTLOCALISATION structure BAL|L3COMPLEMENTDISTRIBUTION structure BAL|L4NUMEROVOIE structure BAL|L4COMPLEMENTNUMEROVOIE structure BAL|NL4TYPEVOIE structure BAL|L4LIBELLEVOIE structure BAL|L5LIEUDITMENTION structure BAL|L6LIGNEACHEMINEMENT structure BAL|Code postal structure BAL|Département structure BAL|Pays structure BAL";

const SYLLABLES: [&str; 32] = [
    "BA", "BER", "BO", "CHA", "COR", "DA", "DEL", "DU", "FA", "FER", "GA", "GIL", "LA", "LE", "LOU", "MA", "MER", "MI",
    "MO", "NAU", "PA", "PER", "PI", "RA", "RI", "ROU", "SA", "SER", "TA", "TI", "VA", "VER",
];
const ENDINGS: [&str; 16] = [
    "RON", "LET", "VAL", "NIER", "DIN", "TOT", "REAU", "SON", "MONT", "LIN", "CHER", "VET", "GNY", "DOUX", "RAND",
    "TEL",
];
const GIVEN: [&str; 24] = [
    "Camille",
    "Zoé",
    "Hugo",
    "Inès",
    "Jules",
    "Léa",
    "Marie",
    "Noé",
    "Océane",
    "Paul",
    "Rose",
    "Simon",
    "Théo",
    "Yanis",
    "Anaïs",
    "Bruno",
    "Claire",
    "Denis",
    "Élise",
    "Fanny",
    "Gaël",
    "Hélène",
    "Irène",
    "Jean-Marc",
];
const TOWNS: [(&str, &str); 12] = [
    ("12000", "VILLE AUX CHARMES"),
    ("13090", "PORT SAINT ELME"),
    ("29200", "KERVENEC"),
    ("31000", "MONTGARDIN"),
    ("33000", "LES GRAVES"),
    ("35000", "TREMEL"),
    ("44000", "BASSE LOIRE"),
    ("59000", "HAUTMARAIS"),
    ("67000", "ILLBACH"),
    ("69001", "DEUX FLEUVES"),
    ("75013", "GRANDVILLE 13"),
    ("97400", "SAINT ELOI LES HAUTS"),
];
const PROFESSIONS: [(&str, &str, &str, &str); 6] = [
    ("10", "Médecin", "SM26", "Qualifié en Médecine Générale (SM)"),
    ("10", "Médecin", "SM04", "Cardiologie et maladies vasculaires (SM)"),
    ("60", "Infirmier", "", ""),
    ("21", "Pharmacien", "", ""),
    ("50", "Sage-Femme", "", ""),
    ("40", "Chirurgien-Dentiste", "", ""),
];

/// Spreads numbers (splitmix64).
fn mixed(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick<T: Copy>(from: &[T], by: u64) -> T {
    from[usize::try_from(by % from.len() as u64).unwrap_or_default()]
}

/// What becomes of a line.
enum Fate {
    Stays,
    Moves,
    Goes,
}

impl Invented {
    /// RPPS of a person: `00`, eight digits in no order, check digit.
    pub fn rpps(person: u64) -> String {
        let digits = format!("00{:08}", person.wrapping_mul(48_271_031) % 100_000_000);
        format!("{digits}{}", luhn(&digits))
    }

    /// Family and given name of a person.
    pub fn name(&self, person: u64) -> (String, &'static str) {
        let by = mixed(self.seed, person);
        let second = if by.is_multiple_of(3) { "" } else { pick(&SYLLABLES, by >> 24) };
        (format!("{}{second}{}", pick(&SYLLABLES, by >> 8), pick(&ENDINGS, by >> 40)), pick(&GIVEN, by >> 48))
    }

    /// People in it: one line in six is a second situation.
    pub fn people(&self) -> u64 {
        self.practices * 5 / 6 + 1
    }

    fn fate(&self, line: u64, salt: u64) -> Fate {
        match mixed(self.seed ^ salt, line) % 10_000 {
            by if by >= self.changed => Fate::Stays,
            by if by % 4 < 2 => Fate::Moves,
            by if by % 4 == 2 => Fate::Goes,
            _ => Fate::Stays,
        }
    }

    /// Writes `PS_LibreAcces_Personne_activite`.
    pub fn write_practices(&self, mut out: impl Write) -> io::Result<()> {
        writeln!(out, "{PRACTICE_HEADER}")?;
        let n_new = self.practices * self.changed / 40_000;
        for line in 0..self.practices + n_new {
            let fate = self.fate(line, 1);
            if line < self.practices && matches!(fate, Fate::Goes) {
                continue;
            }
            let person = if line % 6 == 5 { line * 5 / 6 - 1 } else { line * 5 / 6 };
            let moved = u64::from(matches!(fate, Fate::Moves));
            let structure = mixed(self.seed, line ^ (moved << 40)) % (self.practices / 4 + 1);
            let rpps = Self::rpps(person);
            let (family, given) = self.name(person);
            let by = mixed(self.seed, person);
            let (profession, label, skill, skill_label) = pick(&PROFESSIONS, by >> 16);
            let (title, title_label) = if profession == "10" { ("DR", "Docteur") } else { ("", "") };
            let (postal, town) = pick(&TOWNS, structure);
            let (number, entity) = (Self::structure(structure), 900_000_000 + structure % 1_000);
            let (finess, technical) = match number.strip_prefix('F') {
                Some(finess) => (finess.to_owned(), number.clone()),
                None => (String::new(), number.clone()),
            };
            writeln!(
                out,
                "8|{rpps}|8{rpps}|{title}|{title_label}|MME|Madame|{family}|{given}|{profession}|{label}|C|Civil|S|\
                 Spécialité ordinale|{skill}|{skill_label}|L|Libéral, indépendant, artisan, commerçant|||{finess}|\
                 {entity}|{technical}|{}|||Bâtiment {}|{}||R|Rue|DES {} {}||{postal} {town}|{postal}|{postal}|{town}|\
                 99000|France|01000{:05}|||contact{structure}@exemple.invalid|{}|Département inventé||CNOM/CNOM|SA07|\
                 Cabinet individuel||||GENR01|Activité standard de soin ou de pharmacien|",
                Self::structure_name(structure),
                structure % 7,
                structure % 90 + 1,
                pick(&SYLLABLES, structure),
                pick(&ENDINGS, structure >> 5),
                structure % 100_000,
                &postal[..2],
            )?;
        }
        Ok(())
    }

    /// Writes `Extraction_Correspondance_MSSante`.
    pub fn write_mailboxes(&self, mut out: impl Write) -> io::Result<()> {
        writeln!(out, "{MAILBOX_HEADER}")?;
        let n_new = self.mailboxes * self.changed / 40_000;
        for line in 0..self.mailboxes + n_new {
            let fate = self.fate(line, 2);
            if line < self.mailboxes && matches!(fate, Fate::Goes) {
                continue;
            }
            let by = mixed(self.seed, line ^ (1 << 50));
            let moved = matches!(fate, Fate::Moves);
            let refusal = if by.is_multiple_of(97) != moved { "N" } else { "O" };
            let structure = by % (self.practices / 4 + 1);
            let (postal, town) = pick(&TOWNS, structure);
            if line % 20 < 17 {
                // One address in three thousand stands on the line before too, for another structure.
                let twice = line % 3000 == 1;
                let person = if twice { line - 1 } else { line } % self.people();
                let (rpps, (family, given)) = (Self::rpps(person), self.name(person));
                let place = if twice || line % 10 == 3 { Self::structure(structure) } else { String::new() };
                writeln!(
                    out,
                    "PER|{}.{person}@medecin.mssante.fr|8|{rpps}|8{rpps}|{}|{place}||DR|{family}|{given}|C|Civil|10|\
                     Médecin|SM26|Médecine générale|{refusal}|||||||||||||",
                    family.to_lowercase(),
                    if place.is_empty() { "" } else { "1" },
                )?;
            } else {
                writeln!(
                    out,
                    "ORG|service.{line}@etablissement{}.mssante.fr||||1|{}|SERVICE {}||||||||||{refusal}|{}||||{}||Rue|\
                     DES {}||{postal} {town}|{postal}|{}|France",
                    structure % 2_000,
                    Self::structure(structure),
                    pick(&ENDINGS, by >> 9),
                    Self::structure_name(structure),
                    structure % 90 + 1,
                    pick(&SYLLABLES, structure),
                    &postal[..2],
                )?;
            }
        }
        Ok(())
    }

    fn structure(structure: u64) -> String {
        if structure.is_multiple_of(3) {
            format!("F{:09}", 990_000_000 + structure)
        } else {
            format!("C990{structure:08}")
        }
    }

    fn structure_name(structure: u64) -> String {
        let by = mixed(7, structure);
        let kind = pick(&["CABINET", "CENTRE DE SANTE", "EHPAD", "CLINIQUE", "MAISON MEDICALE"], by);
        format!("{kind} {}{}", pick(&SYLLABLES, by >> 8), pick(&ENDINGS, by >> 16))
    }
}

/// The digit that makes a number right.
fn luhn(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    (10 - sum % 10) % 10
}
