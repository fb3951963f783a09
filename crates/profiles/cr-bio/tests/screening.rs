//! The screening of cervical cancer: what we write against what the published examples write, and what the lint says.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod samples;

use cr_bio::{lint, received, v2024_01::render};
use lab::{
    patient::IdentityStatus,
    quantity::CodeSystem,
    report::{
        Report,
        screening::{ScreeningConclusion, ScreeningContext},
    },
};
use roxmltree::{Document, Node};
use std::{collections::BTreeSet, path::Path};
use terminology::jdv;

fn rendered(report: &Report) -> String {
    String::from_utf8(render(report, &samples::copy_of(report), &samples::settings())).unwrap()
}

fn findings(document: &str) -> Vec<&'static str> {
    lint::assess(document.as_bytes(), IdentityStatus::Qualified).iter().map(|it| it.code).collect()
}

/// A published example; `None`, said aloud, when it is not beside the repository.
fn published(name: &str) -> Option<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = here.ancestors().map(|it| it.join("shared/data/ans/cda").join(name)).find(|it| it.is_file());
    if path.is_none() {
        println!("skipped: {name} is not beside the repository");
    }
    path.map(|it| std::fs::read_to_string(it).unwrap())
}

/// Every code of the entries, with the name of its element: not those of performers, who are people of the header.
fn codes<'a>(document: &'a Document<'a>) -> BTreeSet<(&'a str, &'a str, &'a str)> {
    let is_body = |it: &Node<'_, '_>| it.ancestors().any(|it| it.tag_name().name() == "entry");
    let is_person = |it: &Node<'_, '_>| it.ancestors().any(|it| it.tag_name().name() == "performer");
    document
        .descendants()
        .filter(|it| it.is_element() && is_body(it) && !is_person(it))
        .filter_map(|it| Some((it.tag_name().name(), it.attribute("code")?, it.attribute("codeSystem").unwrap_or(""))))
        .collect()
}

#[test]
fn every_code_of_the_published_entries_is_written() {
    let table = [
        ("BIO-CR-BIO_2024.01_DEP-CCU-tout-structuré.xml", samples::screening()),
        ("BIO-CR-BIO_2024.01_DEP-CCU-HPV-structuré-CYTO-pdf.xml.xml", samples::screening_with_report()),
    ];
    for (name, report) in table {
        let Some(example) = published(name) else { continue };
        let ours = rendered(&report);
        let (example, ours) = (Document::parse(&example).unwrap(), Document::parse(&ours).unwrap());
        let ours = codes(&ours);
        let missing: Vec<_> = codes(&example).into_iter().filter(|it| !ours.contains(it)).collect();
        assert_eq!(missing, [], "{name}");
    }
}

#[test]
fn the_results_of_the_published_example_are_ours() {
    let Some(example) = published("BIO-CR-BIO_2024.01_DEP-CCU-tout-structuré.xml") else { return };
    let read = |text: &str| {
        let (document, _) = cda::read(text, &cda::Limits::default()).unwrap();
        let of_tests = |it: &received::ReceivedResult| jdv::SCREENING_TEST.find(&it.code.code).is_some();
        let results: Vec<_> = received::results(&document).into_iter().filter(of_tests).collect();
        let said = |it: received::ReceivedResult| {
            let method = it.method.map(|it| (it.code, it.system));
            (it.code.code, it.code.system, it.status, it.observed_at, it.values, method, it.previous)
        };
        results.into_iter().map(said).collect::<Vec<_>>()
    };
    let (theirs, ours) = (read(&example), read(&rendered(&samples::screening())));
    assert_eq!(theirs.len(), 2);
    assert!(theirs == ours, "{theirs:?}\n{ours:?}");
}

#[test]
fn the_header_says_the_screening() {
    let document = rendered(&samples::screening());
    for said in [
        "<id root=\"1.2.250.1.161.1.20.1.2\" extension=\"1234567890121\"/>",
        "<telecom value=\"mailto:collecteur-depistage@institutcancer.mssante.fr\"/>",
        "<standardIndustryClassCode code=\"DEPISTAGE\"",
        "<br/>Trousse : <content ID=\"",
        "<br/>Milieu : <content ID=\"",
        "Cela ne signifie pas que vous avez un cancer",
        "Vaccin contre le papillomavirus</content> : non réalisé<",
    ] {
        assert!(document.contains(said), "{said}\n{document}");
    }
    let usual = rendered(&samples::chemistry());
    for unsaid in ["42349-1", "11369-6", "DEPISTAGE", "1.2.250.1.161.1.20.1.2"] {
        assert!(!usual.contains(unsaid), "{unsaid}");
    }
}

#[test]
fn each_damage_has_its_finding() {
    let screening = rendered(&samples::screening());
    let table = [
        ("CRBIO-L21", "xsi:type=\"CD\" code=\"MED-1210\"", "xsi:type=\"CD\" code=\"MED-1188\""),
        ("CRBIO-L21", "code=\"1269497006\"", "code=\"260373001\""),
        ("CRBIO-L21", "code=\"77851000146104\"", "code=\"260373001\""),
        ("CRBIO-L21", "code=\"MED-1194\"", "code=\"MED-1210\""),
        ("CRBIO-L21", "code=\"VHEDA1GUR01LX\"", "code=\"GUF\""),
        ("CRBIO-L21", "code=\"GEN-303\"", "code=\"GEN-366\""),
        ("CRBIO-L21", "<targetSiteCode code=\"76784001\"", "<targetSiteCode code=\"368208006\""),
        ("CRBIO-L16", "<templateId root=\"1.2.250.1.213.1.1.3.48\"/>", ""),
        ("CRBIO-L16", "<templateId root=\"1.2.250.1.213.1.1.3.37\"/>", ""),
        ("CRBIO-L16", "<templateId root=\"1.2.250.1.213.1.1.3.45\"/>", ""),
        ("CRBIO-L16", "<templateId root=\"1.2.250.1.213.1.1.2.147\"/>", ""),
    ];
    for (code, from, to) in table {
        assert!(screening.contains(from), "nothing to damage: {from}");
        assert!(findings(&screening.replacen(from, to, 1)).contains(&code), "{code} for {from}");
    }
}

/// A patient must not read that nothing was found when something was, nor the contrary.
#[test]
fn a_conclusion_that_its_results_deny_is_found() {
    use ScreeningConclusion::{Anomaly, NotInterpretable, NothingForFiveYears, NothingForThreeYears};
    let found = |conclusion, hpv: &str, cytology: &str| {
        let mut report = samples::screening();
        samples::edit_screening(&mut report, |it| it.conclusion = Some(conclusion));
        let document = rendered(&report)
            .replace("code=\"77851000146104\"", "code=\"442754001\"")
            .replace("code=\"1269497006\"", &format!("code=\"{hpv}\""))
            .replace("code=\"MED-1194\"", &format!("code=\"{cytology}\""));
        findings(&document).contains(&"CRBIO-L22")
    };
    let (detected, absent, unclear) = ("1269497006", "77851000146104", "442754001");
    let table = [
        (Anomaly, detected, "MED-1194", false),
        (Anomaly, detected, "MED-1193", false),
        (Anomaly, absent, "MED-1193", true),
        (Anomaly, unclear, "MED-1193", false),
        (NothingForFiveYears, detected, "MED-1193", true),
        (NothingForThreeYears, absent, "MED-1199", true),
        (NothingForFiveYears, absent, "MED-1193", false),
        (NotInterpretable, detected, "MED-1194", false),
    ];
    for (conclusion, hpv, cytology, is_denied) in table {
        assert_eq!(found(conclusion, hpv, cytology), is_denied, "{conclusion:?} {hpv} {cytology}");
    }
}

#[test]
fn every_context_and_conclusion_has_its_words() {
    assert_eq!(ScreeningContext::ALL.map(ScreeningContext::code), codes_of(&jdv::SCREENING_CONTEXT)[..]);
    assert_eq!(ScreeningConclusion::ALL.map(ScreeningConclusion::code), codes_of(&jdv::SCREENING_CONCLUSION)[..]);
    assert_eq!(cr_bio::codes::code_system(&CodeSystem::Agency, "").0, jdv::SCREENING_CONTEXT.concepts[0].system);
}

fn codes_of(set: &jdv::ValueSet) -> Vec<&'static str> {
    set.concepts.iter().map(|it| it.code).collect()
}
