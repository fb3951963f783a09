//! Pages of the FHIR API: resources of the published shape, hostile ones, and an independent judge of our examples.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{path::PathBuf, process::Command};

use annuaire::{
    MailboxKind, Problem,
    fhir::{Content, Entry, MAX_ENTRIES, Page, PageError, Resource, page},
};
use proptest::prelude::*;

const ORGANIZATIONS: &str = include_str!("fhir/organizations.json");
const PRACTITIONERS: &str = include_str!("fhir/practitioners.json");
const ROLES: &str = include_str!("fhir/roles.json");

fn read(text: &str, resource: Resource) -> Page {
    page(text.as_bytes(), resource).unwrap()
}

fn contents(page: &Page) -> Vec<Result<&Content, Problem>> {
    page.entries.iter().map(|it| it.as_ref().map(|it| &it.content).map_err(|problem| *problem)).collect()
}

fn first(page: &Page) -> &Entry {
    page.entries[0].as_ref().unwrap()
}

#[test]
fn a_structure_of_the_api_has_the_key_of_the_extractions_and_its_published_boxes() {
    let page = read(ORGANIZATIONS, Resource::Organization);
    assert_eq!(page.next.as_deref(), Some("https://api.example.test/fhir/v2?_getpages=0d3b-11&_getpagesoffset=50"));
    let Content::Organization(hospital) = &first(&page).content else { unreachable!() };
    let structure = hospital.structure();
    assert_eq!((structure.key().as_str(), structure.name), ("F990000001", "HOPITAL DES CHARMES"));
    assert_eq!((structure.street_line().as_str(), structure.postal_code), ("R DU MORVAN", "12000"));
    assert_eq!((structure.town_name(), structure.phone), ("VILLE-AUX-CHARMES CEDEX", "0100000000"));
    assert_eq!(hospital.numbers[1], "12345678900011");
    let boxes: Vec<_> = hospital.boxes.iter().map(|it| (it.kind, it.address.as_str(), it.service.as_str())).collect();
    let expected = [
        (MailboxKind::Org, "Biochimie@hopital.mssante.fr", "Biochimie"),
        (MailboxKind::App, "logiciel@hopital.mssante.fr", ""),
    ];
    assert_eq!(boxes, expected, "neither an ordinary address nor one on the red list");
    assert_eq!(first(&page).refused, [Problem::Address], "the structure is used without it");
    // A legal entity alone is named by its FINESS, as the correspondence file does by its national number.
    let Ok(Content::Organization(pharmacy)) = contents(&page)[1] else { unreachable!() };
    assert_eq!((pharmacy.structure().key().as_str(), pharmacy.finess_ej.as_str()), ("F990000020", "990000020"));
    assert_eq!(contents(&page)[2], Ok(&Content::Gone));
}

#[test]
fn a_professional_of_the_api_has_the_name_in_use_the_profession_and_boxes_that_follow_them() {
    let page = read(PRACTITIONERS, Resource::Practitioner);
    assert_eq!(page.next, None);
    let Content::Practitioner(it) = &first(&page).content else { unreachable!() };
    assert_eq!((it.rpps.as_str(), it.title.as_str()), ("00000000012", "DR"));
    assert_eq!((it.family.as_str(), it.given.as_str()), ("Moreau-Petit", "Zoé"));
    let professions: Vec<_> = it.professions.iter().map(|it| (it.code.as_str(), it.label.as_str())).collect();
    assert_eq!(professions, [("10", "Médecin")], "neither a diploma nor a category");
    let boxes: Vec<_> = it.boxes.iter().map(|it| (it.kind, it.address.as_str(), it.paperless)).collect();
    let expected = [
        (MailboxKind::Per, "zoe.moreau@medecin.mssante.fr", true),
        (MailboxKind::Cab, "cabinet@medecin.mssante.fr", false),
    ];
    assert_eq!(boxes, expected);
    let others = [Ok(&Content::WithoutRpps), Ok(&Content::Gone), Err(Problem::Identifier), Err(Problem::Name)];
    assert_eq!(contents(&page)[1..], others);
}

#[test]
fn a_role_of_the_api_names_its_professional_and_its_structure_and_has_the_know_how() {
    let page = read(ROLES, Resource::PractitionerRole);
    let Content::Role(role) = &first(&page).content else { unreachable!() };
    assert_eq!((role.practitioner.as_str(), role.organization.as_str()), ("003-1", "003-100"));
    let skills: Vec<_> = role.skills.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(skills, ["SM26"], "not the kind of know-how");
    assert_eq!(
        (role.boxes[0].address.as_str(), role.boxes[0].service.as_str()),
        ("zoe.moreau@hopital.mssante.fr", "Médecine")
    );
    assert_eq!(first(&page).refused, [Problem::BoxKind]);
    let Ok(Content::Role(anywhere)) = contents(&page)[1] else { unreachable!() };
    assert_eq!((anywhere.organization.as_str(), anywhere.boxes.len()), ("", 0));
    assert_eq!(contents(&page)[2..], [Err(Problem::Reference)], "a resource that was included is not an answer");
}

#[test]
fn what_is_no_page_of_a_search_is_an_error_and_an_odd_resource_only_its_own() {
    let wrong = |text: &str| page(text.as_bytes(), Resource::Practitioner);
    assert_eq!(wrong("<html>"), Err(PageError::Json));
    assert_eq!(wrong(&"[".repeat(100_000)), Err(PageError::Json), "nested too deep");
    assert_eq!(wrong("{\"resourceType\":\"OperationOutcome\"}"), Err(PageError::Bundle));
    assert_eq!(wrong("{\"resourceType\":\"Bundle\",\"type\":\"batch\"}"), Err(PageError::Bundle));
    let many = vec!["{}"; MAX_ENTRIES + 1].join(",");
    assert_eq!(
        wrong(&format!("{{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[{many}]}}")),
        Err(PageError::Entries)
    );
    let long = PRACTITIONERS.replace("Moreau-Petit", &"A".repeat(2_000));
    assert_eq!(contents(&read(&long, Resource::Practitioner))[0], Err(Problem::Long));
    let control = PRACTITIONERS.replace("Moreau-Petit", "Moreau\\u0000-\\tPetit");
    let control = read(&control, Resource::Practitioner);
    let Content::Practitioner(it) = &first(&control).content else { unreachable!() };
    assert_eq!(it.family, "Moreau-Petit");
    let no_id = PRACTITIONERS.replace("\"id\": \"003-1\"", "\"id\": \"../3\"");
    assert_eq!(contents(&read(&no_id, Resource::Practitioner))[0], Err(Problem::Id));
}

proptest! {
    #[test]
    fn no_json_makes_reading_a_page_panic(at in any::<prop::sample::Index>(), which in 0..3_usize, by in "[\\[\\]{}\",:a-z0-9 é]{0,12}") {
        let (text, resource) = [
            (ORGANIZATIONS, Resource::Organization),
            (PRACTITIONERS, Resource::Practitioner),
            (ROLES, Resource::PractitionerRole),
        ][which];
        // A quoted text, a number or a list in the place of any value.
        let values: Vec<_> = text.match_indices(": ").map(|(at, _)| at + 2).collect();
        let from = values[at.index(values.len())];
        let end = from + text[from..].find('\n').unwrap();
        for with in [by.as_str(), "[]", "{}", "-1e999", "null,", "[[{}]],", "\"\\u0000\","] {
            let changed = format!("{}{with}{}", &text[..from], &text[end..]);
            if let Ok(page) = page(changed.as_bytes(), resource) {
                prop_assert!(page.entries.len() <= 8);
            }
        }
    }
}

/// The interpreter with the packages of the tests, when there is one.
fn python() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from)?;
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
    Some(cache.join("paillasse/venv/bin/python")).filter(|it| it.is_file())
}

#[test]
fn our_example_pages_are_bundles_to_an_independent_reader_of_fhir() {
    let Some(python) = python() else {
        println!("skipped: 1 (fhir.resources: no Python environment)");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fhir");
    let output = Command::new(python)
        .arg(folder.join("judge.py"))
        .args(["organizations", "practitioners", "roles"].map(|it| folder.join(format!("{it}.json"))))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("No module named") {
        println!("skipped: 1 (fhir.resources is not installed)");
        return;
    }
    assert!(output.status.success(), "{errors}");
    let expected = "searchset Organization Organization Organization\n\
        searchset Practitioner Practitioner Practitioner Practitioner Practitioner\n\
        searchset PractitionerRole PractitionerRole PractitionerRole Organization\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}
