//! Extractions as published and as damaged: what is read of them, and what is said of the rest.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::io::{Cursor, Write as _};

use annuaire::{
    ArchiveError, Extraction, HeaderError, Kind, Limits, Line, MailboxKind, Problem, each_text, structure_key,
};
use proptest::prelude::*;

const PRACTICES: &str = "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|\
    Libellé civilité d'exercice|Code civilité|Libellé civilité|Nom d'exercice|Prénom d'exercice|Code profession|\
    Libellé profession|Code catégorie professionnelle|Libellé catégorie professionnelle|Code type savoir-faire|\
    Libellé type savoir-faire|Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|\
    Numéro SIRET site|Numéro SIREN site|Numéro FINESS site|Numéro FINESS établissement juridique|\
    Identifiant technique de la structure|Raison sociale site|Enseigne commerciale site|\
    Numéro Voie (coord. structure)|Indice répétition voie (coord. structure)|Code type de voie (coord. structure)|\
    Libellé type de voie (coord. structure)|Libellé Voie (coord. structure)|Code postal (coord. structure)|\
    Libellé commune (coord. structure)|Téléphone (coord. structure)|";

const MAILBOXES: &str = "Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|\
    Type identifiant structure|Identification Structure|Service de rattachement|Civilité d'exercice|Nom d'exercice|\
    Prénom d'exercice|Catégorie profession|Libellé de catégorie profession|Code Profession|Libellé Profession|\
    Code savoir-faire|Libellé savoir-faire|Dématérialisation|Raison Sociale structure BAL|\
    Enseigne commerciale structure BAL|L2COMPLEMENTLOCALISATION structure BAL|\
    L3COMPLEMENTDISTRIBUTION structure BAL|L4NUMEROVOIE structure BAL|L4COMPLEMENTNUMEROVOIE structure BAL|\
    NL4TYPEVOIE structure BAL|L4LIBELLEVOIE structure BAL|L5LIEUDITMENTION structure BAL|\
    L6LIGNEACHEMINEMENT structure BAL|Code postal structure BAL|Département structure BAL|Pays structure BAL";

fn physician(rpps: &str, family: &str) -> String {
    format!(
        "8|{rpps}|8{rpps}|DR|Docteur|M|Monsieur|{family}|Zoé|10|Médecin|C|Civil|S|Spécialité|SM26|Médecine générale|L|\
         Libéral|||123456789|987654321|F123456789|CABINET DES TILLEULS||12|BIS|R|Rue|DES TILLEULS|69001|LYON|0400000000|"
    )
}

fn opened(text: &str) -> Extraction<&[u8]> {
    Extraction::open(text.as_bytes()).unwrap()
}

/// Problems with the numbers of their lines, and how many rows were read.
fn read_all(text: &str) -> (usize, Vec<(u64, Problem)>) {
    let mut extraction = opened(text);
    let (mut n, mut problems) = (0, Vec::new());
    while let Some(line) = extraction.read().unwrap() {
        match line {
            Line::Refused(finding) => problems.push((finding.line, finding.problem)),
            Line::WithoutRpps => {}
            Line::Practice(_) | Line::Mailbox(_) => n += 1,
        }
    }
    (n, problems)
}

#[test]
fn a_professional_and_their_structure_are_read_by_the_names_of_columns() {
    let text = format!("\u{feff}{PRACTICES}\r\n{}\r\n", physician("00000000012", "MOREAU"));
    let mut extraction = opened(&text);
    assert_eq!(extraction.kind(), Kind::Practices);
    let Some(Line::Practice(practice)) = extraction.read().unwrap() else { panic!("no practice") };
    assert_eq!(
        (practice.rpps, practice.title, practice.family, practice.given),
        ("00000000012", "DR", "MOREAU", "Zoé")
    );
    assert_eq!((practice.profession, practice.skill), ("10", "SM26"));
    let structure = practice.structure.unwrap();
    assert_eq!((structure.key().as_str(), structure.finess_ej), ("F123456789", "987654321"));
    assert_eq!((structure.street_line().as_str(), structure.town_name()), ("12 BIS Rue DES TILLEULS", "LYON"));
    assert!(extraction.read().unwrap().is_none());
    assert_eq!(extraction.n_lines(), 1);

    // The same columns in another order, fewer of them.
    let text = "Prénom d'exercice|Nom d'exercice|Identification nationale PP|Libellé profession|Code profession|\
                Identifiant technique de la structure|Raison sociale site|Numéro FINESS site\n\
                Zoé|MOREAU|800000000012|Médecin|10|C10000000001|CABINET|";
    let mut extraction = opened(text);
    let Some(Line::Practice(practice)) = extraction.read().unwrap() else { panic!("no practice") };
    assert_eq!((practice.family, practice.skill), ("MOREAU", ""));
    assert_eq!(practice.structure.unwrap().key(), "TC10000000001");
}

#[test]
fn a_mailbox_is_read_with_its_holder_its_structure_and_its_refusal_of_mail() {
    let text = format!(
        "{MAILBOXES}\n\
         PER|zoe.moreau@medecin.mssante.fr|8|00000000012|800000000012|||||MOREAU|Zoé||||||O|||||||||||||\n\
         ORG|biochimie@chu.mssante.fr||||1|1123456789|BIOCHIMIE||||||||||N|CHU||||2||Avenue|DU PARC||69003 LYON CEDEX 03|69003|69|France\n"
    );
    let mut extraction = opened(&text);
    assert_eq!(extraction.kind(), Kind::Mailboxes);
    let Some(Line::Mailbox(person)) = extraction.read().unwrap() else { panic!("no mailbox") };
    assert_eq!((person.kind, person.rpps, person.structure), (MailboxKind::Per, Some("00000000012"), None));
    assert!(person.paperless);
    let Some(Line::Mailbox(service)) = extraction.read().unwrap() else { panic!("no mailbox") };
    assert_eq!((service.kind, service.rpps, service.service), (MailboxKind::Org, None, "BIOCHIMIE"));
    assert!(!service.paperless);
    let structure = service.structure.unwrap();
    assert_eq!((structure.key().as_str(), structure.name), ("F123456789", "CHU"));
    assert_eq!((structure.street_line().as_str(), structure.town_name()), ("2 Avenue DU PARC", "LYON CEDEX 03"));
}

#[test]
fn a_bad_line_is_found_with_its_number_and_the_next_one_is_read() {
    let good = physician("00000000012", "MOREAU");
    let cut: String = good.chars().take(40).collect();
    let (adeli, wrong, nameless) = (
        good.replace("|800000000012|", "|0691234567|"),
        physician("0000000001X", "BRUN"),
        physician("00000000013", ""),
    );
    let text = format!("{PRACTICES}\n{good}\n{cut}\n\n{wrong}\n{nameless}\n{adeli}\n{}\n{good}\n", "x".repeat(40_000));
    let (n, problems) = read_all(&text);
    assert_eq!(n, 2, "and a professional without RPPS is no fault");
    let expected = [(3, Problem::Short), (5, Problem::Identifier), (6, Problem::Name), (8, Problem::Long)];
    assert_eq!(problems, expected);

    let text = format!(
        "{MAILBOXES}\nPER|a@gmail.com|||{e}\nXYZ|a@b.mssante.fr|||{e}\nPER|a@b.mssante.fr||\n",
        e = "|".repeat(27)
    );
    let (n, problems) = read_all(&text);
    assert_eq!((n, problems), (0, vec![(2, Problem::Address), (3, Problem::BoxKind), (4, Problem::Short)]));
}

#[test]
fn quotes_around_a_field_and_a_bar_between_quotes_are_understood() {
    let line = physician("00000000012", "MOREAU").replace("CABINET DES TILLEULS", "\"CABINET | TILLEULS\"");
    let text = format!("{PRACTICES}\n{line}\n");
    let mut extraction = opened(&text);
    let Some(Line::Practice(practice)) = extraction.read().unwrap() else { panic!("no practice") };
    let structure = practice.structure.unwrap();
    assert_eq!((structure.name, structure.postal_code), ("CABINET | TILLEULS", "69001"));
}

#[test]
fn a_header_that_lacks_a_column_names_it_and_another_file_is_unknown() {
    let lacking = PRACTICES.replace("Raison sociale site|", "");
    let missing = Extraction::open(lacking.as_bytes()).err().unwrap();
    assert!(matches!(missing, HeaderError::Missing { kind: Kind::Practices, column: "Raison sociale site" }));
    let lacking = MAILBOXES.replace("Dématérialisation|", "");
    let missing = Extraction::open(lacking.as_bytes()).err().unwrap();
    assert!(matches!(missing, HeaderError::Missing { kind: Kind::Mailboxes, column: "Dématérialisation" }));
    let diplomas = "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Nom d'exercice|Prénom d'exercice|\
                    Code type diplôme obtenu|Code profession";
    let know_how = "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Nom d'exercice|Prénom d'exercice|\
                    Code profession|Libellé profession|Code type savoir-faire|Code savoir-faire";
    for other in [diplomas, know_how, "", "a;b;c", "PK\u{3}\u{4}"] {
        assert!(matches!(Extraction::open(other.as_bytes()), Err(HeaderError::Unknown)), "{other}");
    }
}

#[test]
fn a_structure_has_the_same_key_by_each_form_of_its_number() {
    for form in ["123456789", "1123456789", "F123456789"] {
        assert_eq!(structure_key(form).as_deref(), Some("F123456789"), "{form}");
    }
    assert_eq!(structure_key("2A0459876"), structure_key("12A0459876"));
    assert_eq!(structure_key("312345678901234"), structure_key("12345678901234"));
    assert_eq!(structure_key("C10000000001").as_deref(), Some("TC10000000001"));
    assert_eq!(structure_key(""), None);
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

#[test]
fn the_text_members_of_an_archive_are_read_as_streams_within_bounds() {
    let practices = format!("{PRACTICES}\n{}\n", physician("00000000012", "MOREAU"));
    let archive = zipped(&[
        ("readme.pdf", b"%PDF"),
        ("folder/PS_LibreAcces_Personne_activite_202608260000.txt", practices.as_bytes()),
    ]);
    let mut seen = Vec::new();
    each_text(Cursor::new(&archive), &Limits::default(), |name, reader| {
        let mut extraction = Extraction::open(reader)?;
        while extraction.read()?.is_some() {}
        seen.push((name.to_owned(), extraction.n_lines()));
        Ok::<_, Failure>(())
    })
    .unwrap();
    assert_eq!(seen, [("PS_LibreAcces_Personne_activite_202608260000.txt".to_owned(), 1)]);

    let bomb = zipped(&[("bomb.txt", &vec![b'0'; 64 << 20])]);
    let read = each_text(Cursor::new(&bomb), &Limits::default(), |_, reader| {
        std::io::copy(reader, &mut std::io::sink())?;
        Ok::<_, Failure>(())
    });
    assert!(matches!(read, Err(Failure::Io(_))), "a member that grows too much is not read to its end");

    let none = each_text(Cursor::new(b"no archive"), &Limits::default(), |_, _| Ok::<_, Failure>(()));
    assert!(matches!(none, Err(Failure::Archive(ArchiveError::Malformed))));
    let many: Vec<(String, Vec<u8>)> = (0..65).map(|n| (format!("{n}.txt"), Vec::new())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let refused = each_text(Cursor::new(&zipped(&many)), &Limits::default(), |_, _| Ok::<_, Failure>(()));
    assert!(matches!(refused, Err(Failure::Archive(ArchiveError::TooLarge { .. }))));
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), mailboxes: bool) {
        let header = if mailboxes { MAILBOXES } else { PRACTICES };
        let mut text = format!("{header}\n").into_bytes();
        text.extend_from_slice(&bytes);
        let mut extraction = Extraction::open(text.as_slice()).unwrap();
        while let Some(line) = extraction.read().unwrap() {
            if let Line::Refused(finding) = line {
                prop_assert!(finding.line > 1);
            }
        }
        let _ = Extraction::open(bytes.as_slice());
    }

    #[test]
    fn damaged_fields_cost_their_line_only(fields in proptest::collection::vec("[|\"A-Zé ]{0,12}", 1..40)) {
        let good = physician("00000000012", "MOREAU");
        let text = format!("{PRACTICES}\n{}\n{good}\n", fields.join("|").replace(['\n', '\r'], ""));
        let (n, problems) = read_all(&text);
        prop_assert!(n >= 1);
        prop_assert!(problems.iter().all(|(line, _)| *line == 2));
    }
}
