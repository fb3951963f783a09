//! Rapid tests: what we write against what the published examples write, and what the lint says.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod samples;

use cr_bio::{lint, trod::render};
use lab::{
    patient::IdentityStatus,
    quantity::Value,
    report::{Answer, Item, Report},
};
use roxmltree::Document;
use std::{collections::BTreeSet, path::Path};

fn rendered(report: &Report) -> String {
    String::from_utf8(render(report, &samples::pharmacy()).unwrap()).unwrap()
}

/// Every code and identifier of a device, with the name of its element: of the acts of the header, the consent, the body.
fn codes<'a>(document: &'a Document<'a>) -> BTreeSet<(&'a str, &'a str, &'a str)> {
    document
        .descendants()
        .filter(|it| {
            let is_here = |name: &str| it.ancestors().any(|it| it.tag_name().name() == name);
            is_here("structuredBody") || is_here("documentationOf") || is_here("authorization")
        })
        .filter_map(|it| {
            let code = it.attribute("code").or_else(|| it.attribute("extension"))?;
            let system = it.attribute("codeSystem").or_else(|| it.attribute("root")).unwrap_or("");
            Some((it.tag_name().name(), code, system))
        })
        .collect()
}

#[test]
fn every_code_of_the_published_examples_is_written() {
    let table = [
        ("BIO-TROD_2024.01_Angine.xml", samples::angina()),
        ("BIO-TROD_2024.01_Cystite.xml", samples::cystitis()),
        ("BIO-TROD_2024.01_COVID-19_Grippe-A_Grippe-B.xml", samples::covid_influenza()),
    ];
    for (name, report) in table {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = here.ancestors().map(|it| it.join("shared/data/ans/cda").join(name)).find(|it| it.is_file());
        let Some(example) = path.map(|it| std::fs::read_to_string(it).unwrap()) else {
            println!("skipped: {name} is not beside the repository");
            continue;
        };
        let ours = rendered(&report);
        let (example, ours) = (Document::parse(&example).unwrap(), Document::parse(&ours).unwrap());
        let ours = codes(&ours);
        // The structure of the examples has a national number that is no FINESS.
        let missing: Vec<_> =
            codes(&example).into_iter().filter(|it| !ours.contains(it) && it.1 != "2801234567").collect();
        // The example of cystitis holds a result of influenza.
        let copied = ("code", "80383-3", "2.16.840.1.113883.6.1");
        let expected = if name.contains("Cystite") { vec![copied] } else { Vec::new() };
        assert_eq!(missing, expected, "{name}");
    }
}

#[test]
fn the_lint_finds_nothing_in_a_rapid_test() {
    for (name, report) in samples::rapid_tests() {
        let found = lint::assess(rendered(&report).as_bytes(), IdentityStatus::Qualified);
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn each_damage_has_its_finding() {
    let document = rendered(&samples::angina());
    let table = [
        ("CRBIO-L16", "<templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.1.1\"/>", ""),
        ("CRBIO-L16", "<templateId root=\"1.2.250.1.213.1.1.2.70\"/>", ""),
        ("CRBIO-L01", "<reference value=\"#device3\"/>", "<reference value=\"#device4\"/>"),
        ("CRBIO-L02", "code=\"260385009\" displayName=\"négatif\"", "code=\"10828004\" displayName=\"positif\""),
        ("CRBIO-L04", "<code code=\"78012-2\"", "<code code=\"78012-3\""),
    ];
    for (code, from, to) in table {
        assert!(document.contains(from), "nothing to damage: {from}\n{document}");
        let found = lint::assess(document.replacen(from, to, 1).as_bytes(), IdentityStatus::Qualified);
        assert!(found.iter().any(|it| it.code == code), "{code} for {from}");
    }
}

#[test]
fn only_a_rapid_test_is_written_as_one() {
    assert!(render(&samples::chemistry(), &samples::pharmacy()).is_none());
    let document = rendered(&samples::covid_influenza());
    assert_eq!(document.matches("<serviceEvent ").count(), 3);
    assert!(document.contains("<title>Test rapide d'orientation diagnostique : TROD Covid 19 / Grippe A / Grippe B"));
    assert!(document.contains("Fluxergy Inc. | 8029 | B54321 | 31/12/2025"));
    for unsaid in ["AMBULATOIRE", "55108-5", "11502-2", "typeCode=\"AUTHEN\""] {
        assert!(!document.contains(unsaid), "{unsaid}");
    }
}

#[test]
fn what_a_rapid_test_cannot_hold_keeps_it_from_being_signed() {
    for (name, report) in samples::rapid_tests() {
        assert!(report.unfit().is_empty(), "{name}");
    }
    let mut words = samples::angina();
    let Item::Result(result) = &mut words.chapters[0].sections[0].items[0] else { unreachable!() };
    result.answer = Some(Answer::new(Value::Text("négatif".into()), None));
    let mut grouped = samples::angina();
    grouped.chapters = samples::microbiology().chapters;
    let mut joined = samples::angina();
    joined.attachments = samples::screening_with_report().attachments;
    for (report, code) in [(words, "RAPID-TEST-RESULT"), (grouped, "RAPID-TEST-RESULT"), (joined, "RAPID-TEST-JOINED")]
    {
        assert!(report.unfit().iter().any(|it| it.code == code), "{code}: {:?}", report.unfit());
    }
    let untested = Report { screening: samples::screening().screening, ..samples::chemistry() };
    assert_eq!(untested.unfit().iter().map(|it| it.code).collect::<Vec<_>>(), ["SCREENING-NO-TEST"]);
    assert!(samples::screening_with_report().unfit().is_empty());
}
