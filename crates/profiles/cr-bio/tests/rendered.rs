//! What a rendered document says, read back from its bytes, and what the lint says of damaged ones.
#![allow(clippy::unwrap_used)]

mod samples;

use cr_bio::{lint, v2024_01::render};
use ins::Environment;
use lab::{
    finding::Severity,
    patient::IdentityStatus,
    report::{Item, Report},
};
use proptest::prelude::*;
use roxmltree::{Document, Node};

fn rendered(report: &Report) -> String {
    String::from_utf8(render(report, &samples::copy_of(report), &samples::settings())).unwrap()
}

/// The codes the lint finds, each once.
fn findings(document: &str, identity: IdentityStatus) -> Vec<&'static str> {
    let mut codes: Vec<_> = lint::assess(document.as_bytes(), identity).iter().map(|it| it.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn elements<'a>(document: &'a Document<'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |it| it.tag_name().name() == name)
}

#[test]
fn the_lint_finds_nothing_in_a_sample_and_names_what_an_incomplete_one_lacks() {
    for (name, report) in samples::all() {
        let found = lint::assess(rendered(&report).as_bytes(), report.patient.status);
        assert!(found.is_empty(), "{name}: {found:?}");
    }
    for (name, code, report) in samples::incomplete() {
        let found = findings(&rendered(&report), report.patient.status);
        assert!(found.contains(&code), "{name}: {found:?}");
    }
}

#[test]
fn each_damage_has_its_finding() {
    let chemistry = rendered(&samples::chemistry());
    let several = rendered(&samples::several_chapters());
    let table = [
        ("CRBIO-XML", &chemistry, "</ClinicalDocument>", ""),
        ("CRBIO-L01", &chemistry, "value=\"#r2m\"", "value=\"#r9m\""),
        ("CRBIO-L01", &chemistry, "value=\"#r2m\"", "value=\"r2m\""),
        ("CRBIO-L01", &chemistry, "referencedObject=\"pdf1\"", "referencedObject=\"doc-1\""),
        ("CRBIO-L01", &chemistry, "ID=\"r2m\"", "ID=\"r2v\""),
        ("CRBIO-L02", &chemistry, ">5,60 mmol/L<", ">5,6 mmol/L<"),
        ("CRBIO-L02", &chemistry, ">5,60 mmol/L<", ">5,60<"),
        ("CRBIO-L02", &chemistry, "value=\"5.60\"", "value=\"56.0\""),
        ("CRBIO-L02", &chemistry, ">Haut<", "><"),
        ("CRBIO-L02", &chemistry, "code=\"H\" displayName=\"Haut\"", "code=\"N\" displayName=\"Normal\""),
        ("CRBIO-L02", &chemistry, "<td><content styleCode=\"Bold\">", "<td><content>"),
        ("CRBIO-L02", &chemistry, "value=\"#r3\"", "value=\"#r2\""),
        ("CRBIO-UNIT", &chemistry, "unit=\"mmol/L\"", "unit=\"mmol/l\""),
        (
            "CRBIO-L03",
            &chemistry,
            "<act classCode=\"ACT\" moodCode=\"EVN\"><code code=\"18719-5\"",
            "<act classCode=\"ACT\" moodCode=\"EVN\"><code code=\"18720-3\"",
        ),
        (
            "CRBIO-L10",
            &chemistry,
            "<participantRole><id root=\"1.2.250.1.71.4.2.1\" extension=\"801234534765\"/>",
            "<participantRole><id root=\"1.2.250.1.71.4.2.1\" extension=\"801234534766\"/>",
        ),
        ("CRBIO-L11", &several, "<serviceEvent><code code=\"18723-7\"", "<serviceEvent><code code=\"18725-2\""),
        (
            "CRBIO-L12",
            &several,
            "</code><statusCode code=\"completed\"/><component>",
            "</code><statusCode code=\"active\"/><component>",
        ),
        ("CRBIO-L16", &chemistry, "<templateId root=\"1.2.250.1.213.1.1.3.80\"/>", ""),
        ("CRBIO-L16", &chemistry, "<templateId root=\"1.3.6.1.4.1.19376.1.3.1\"/>", ""),
        ("CRBIO-L16", &chemistry, "<templateId root=\"1.3.6.1.4.1.19376.1.3.1.2\"/>", ""),
        ("CRBIO-L16", &chemistry, "<templateId root=\"1.3.6.1.4.1.19376.1.3.3\"/>", ""),
        ("CRBIO-L04", &chemistry, "<code code=\"2951-2\"", "<code code=\"2951-3\""),
        (
            "CRBIO-L05",
            &chemistry,
            "1.2.250.1.213.1.1.2.70\"/><code code=\"18719-5\"",
            "1.2.250.1.213.1.1.2.70\"/><code code=\"2951-2\"",
        ),
        ("CRBIO-L06", &chemistry, "value=\"5.60\" unit=\"mmol/L\"", "value=\"5.60\" unit=\"g/L\""),
        ("CRBIO-L06", &chemistry, "<code code=\"2823-3\"", "<code code=\"2345-7\""),
        ("CRBIO-L06", &chemistry, "<code code=\"2951-2\"", "<code code=\"40678-5\""),
        ("CRBIO-L07", &chemistry, "<low value=\"3.5\"", "<low value=\"35\""),
        ("CRBIO-L07", &chemistry, "<low value=\"3.5\" unit=\"mmol/L\"", "<low value=\"3.5\" unit=\"g/L\""),
        ("CRBIO-L08", &chemistry, "code=\"H\" displayName=\"Haut\"", "code=\"L\" displayName=\"Bas\""),
        ("CRBIO-L09", &chemistry, "<effectiveTime value=\"20250611093000+0200\"/>", ""),
        ("CRBIO-L09", &chemistry, "value=\"20250611093000+0200\"", "value=\"20260611093000+0200\""),
        ("CRBIO-L09", &chemistry, "<value xsi:type=\"PQ\" value=\"4.90\" unit=\"mmol/L\"/>", ""),
        ("CRBIO-L09", &chemistry, "value=\"4.90\" unit=\"mmol/L\"", "value=\"4.90\" unit=\"g/L\""),
        ("CRBIO-L13", &chemistry, "B64\">JVBERi", "B64\">AAAAAi"),
        ("CRBIO-L14", &chemistry, "extension=\"279035121518989\"", "extension=\"279035121518988\""),
        ("CRBIO-L15", &chemistry, "value=\"20260104160527+0100\"", "value=\"20260104160527\""),
        ("CRBIO-L17", &chemistry, "B64\">JVBERi", "B64\">*VBERi"),
        ("CRBIO-L17", &chemistry, "mediaType=\"application/pdf\"", "mediaType=\"image/png\""),
        ("CRBIO-L19", &several, "<serviceEvent><code code=\"18723-7\"", "<serviceEvent><code code=\"1443252\""),
        (
            "CRBIO-L20",
            &chemistry,
            "<statusCode code=\"completed\"/><effectiveTime value",
            "<statusCode code=\"aborted\"/><effectiveTime value",
        ),
        ("CRBIO-VERSION", &chemistry, "<versionNumber value=\"1\"/>", "<versionNumber value=\"2\"/>"),
    ];
    for (code, document, from, to) in table {
        assert!(document.contains(from), "nothing to damage: {from}");
        let damaged = document.replacen(from, to, 1);
        assert!(findings(&damaged, IdentityStatus::Qualified).contains(&code), "{code} for {from}");
    }
    assert_eq!(findings(&chemistry, IdentityStatus::Validated), ["CRBIO-L18"]);
}

/// Each value is left out of the copy in its turn: numbers, bounds, titres, words and texts.
#[test]
fn a_result_that_the_copy_does_not_print_is_found() {
    let report = samples::complete();
    let values: Vec<String> =
        report.results().flat_map(|it| it.lines()).filter_map(|it| Some(it.value?.printed())).collect();
    let with = |copy: &[u8]| {
        let document = render(&report, copy, &samples::settings());
        let found = lint::assess(&document, report.patient.status);
        found.into_iter().map(|it| (it.code, it.severity, it.place)).collect::<Vec<_>>()
    };
    assert_eq!(with(&samples::printing(&values)), []);
    let mut n_left_out = 0;
    for (at, value) in values.iter().enumerate() {
        if values.iter().filter(|it| it.contains(value.as_str())).count() > 1 {
            continue;
        }
        let mut fewer = values.clone();
        fewer.remove(at);
        let found = with(&samples::printing(&fewer));
        assert_eq!(found.len(), 1, "{value}: {found:?}");
        assert_eq!((found[0].0, found[0].1), ("CRBIO-L13", Severity::Warning), "{value}");
        assert!(found[0].2.contains("/observation"), "{found:?}");
        n_left_out += 1;
    }
    assert!(n_left_out >= 5, "{n_left_out}");
    let unread = with(&samples::pdf());
    assert_eq!(unread.len(), 1, "{unread:?}");
    assert_eq!((unread[0].0, unread[0].1), ("CRBIO-L13-UNREAD", Severity::Information));
    assert!(unread[0].2.ends_with("/observationMedia/value"), "{unread:?}");
}

/// `conformance/cr-bio/lint_of_examples.txt` says what our checks find in the published examples; each line was looked
/// at in the document. `UPDATE_EXPECT=1` writes it again.
#[test]
fn what_the_lint_finds_in_published_examples_is_known() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = here.ancestors().map(|folder| folder.join("shared/data/ans/cda")).find(|folder| folder.is_dir());
    let Some(folder) = examples else {
        #[allow(clippy::print_stdout)]
        {
            println!("skipped: the published examples are not beside the repository");
        }
        return;
    };
    let mut found = String::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("BIO-CR-BIO_2024.01") {
            let mut codes = std::collections::BTreeMap::<&str, usize>::new();
            for finding in lint::examine(&std::fs::read(&path).unwrap()) {
                *codes.entry(finding.code).or_default() += 1;
            }
            let codes: Vec<String> = codes.iter().map(|(code, n)| format!("{code} {n}")).collect();
            found.push_str(&format!("{name}: {}\n", codes.join(", ")));
        }
    }
    let expected = here.join("../../../conformance/cr-bio/lint_of_examples.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&expected, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(expected).unwrap());
}

/// Ségur SGL.DOC.07 and .11.
#[test]
fn recipients_and_the_mailbox_of_the_prescriber_are_in_the_header() {
    let (mut n_recipients, mut n_mailboxes) = (0, 0);
    // The names of the hostile sample hold characters that XML has not.
    for (name, report) in samples::all().into_iter().filter(|(name, _)| *name != "hostile") {
        let text = rendered(&report);
        let document = Document::parse(&text).unwrap();
        let families: Vec<_> = elements(&document, "intendedRecipient")
            .filter_map(|it| it.descendants().find(|it| it.tag_name().name() == "family"))
            .filter_map(|it| it.text())
            .collect();
        for recipient in &report.recipients {
            if let lab::report::Recipient::Professional(professional) = recipient
                && !professional.family.trim().is_empty()
            {
                assert!(families.contains(&professional.family.trim()), "{name}: {families:?}");
                n_recipients += 1;
            }
        }
        let prescriber = report.request.prescriber.as_ref();
        if let Some(mailbox) = prescriber.and_then(|it| it.mailbox.as_ref()) {
            let written = elements(&document, "participant")
                .filter(|it| it.attribute("typeCode") == Some("REF"))
                .flat_map(|it| it.descendants())
                .any(|it| it.attribute("value") == Some(&format!("mailto:{}", mailbox.as_str())));
            assert!(written, "{name}");
            n_mailboxes += 1;
        }
    }
    assert!(n_recipients > 0 && n_mailboxes > 0);
}

/// Ségur SGL.DOC.08, .09, .10, .13: the texts are in level 3, and nothing of the accreditation when none covers a result.
#[test]
fn a_report_bears_the_mentions_of_its_results_and_no_other() {
    let with = rendered(&samples::mentions());
    for said in [
        "<title>Mentions</title>",
        "<paragraph>Certains résultats ont été validés automatiquement.</paragraph>",
        "<paragraph>* Examen couvert par l'accréditation.</paragraph>",
        "<paragraph>Accréditation Cofrac n° 8-1234, portée disponible sur www.cofrac.fr</paragraph>",
        "Laboratoire des Oligo-éléments, 1 quai de la Mesure, 33000 BORDEAUX, tél. 05 56 00 00 00, sous accréditation Cofrac n° 8-5555.",
        "Laboratoire du Port, 1 quai de la Mesure, 33000 BORDEAUX, tél. 05 56 00 00 00, hors accréditation.",
        "<paragraph>Vos données sont traitées pour réaliser vos examens.</paragraph>",
        ">Potassium</content> *<br/>",
        "<id root=\"1.2.250.1.213.6.3.1\" extension=\"8-1234\" assigningAuthorityName=\"COFRAC\"/>",
    ] {
        assert!(with.contains(said), "{said}\n{with}");
    }
    let document = Document::parse(&with).unwrap();
    let performers: Vec<_> = elements(&document, "observation")
        .filter(|it| it.children().any(|it| it.tag_name().name() == "performer"))
        .map(|it| it.descendants().find(|it| it.tag_name().name() == "name").and_then(|it| it.text()))
        .collect();
    assert_eq!(performers, [Some("Laboratoire des Oligo-éléments"), Some("Laboratoire du Port")]);
    // The laboratory has a number, but nothing of this report is under it.
    let without = rendered(&samples::chemistry());
    for unsaid in ["Mentions", "8-1234", "Cofrac", "COFRAC", "1.2.250.1.213.6.3.1", " *<"] {
        assert!(!without.contains(unsaid), "{unsaid}");
    }
}

#[test]
fn an_ins_leaves_only_when_the_identity_is_qualified_and_of_this_environment() {
    let qualified = rendered(&samples::chemistry());
    assert!(qualified.contains("<id root=\"1.2.250.1.213.1.4.10\" extension=\"279035121518989\"/>"));
    for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
        let mut report = samples::chemistry();
        samples::edit_patient(&mut report, |patient| patient.status = status);
        assert!(!rendered(&report).contains(samples::INS), "{status:?}");
    }
    let production = cr_bio::DocumentSettings { environment: Environment::Production, ..samples::settings() };
    let document = render(&samples::chemistry(), &[], &production);
    assert!(!String::from_utf8(document).unwrap().contains(samples::INS));
    let mut incomplete = samples::chemistry();
    samples::edit_patient(&mut incomplete, |patient| patient.traits.birth_place = None);
    assert!(!rendered(&incomplete).contains(samples::INS));
}

#[test]
fn a_replacing_version_names_the_version_it_replaces_and_keeps_the_set() {
    let document = rendered(&samples::corrected());
    assert!(document.contains("<setId root=\"2.25.40\"/><versionNumber value=\"2\"/>"));
    assert!(document.contains(
        "<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"2.25.41\"/></parentDocument></relatedDocument>"
    ));
    assert!(document.contains("annule et remplace la version 1."));
    assert!(rendered(&samples::completed()).contains("complète et remplace la version 1."));
    assert!(!rendered(&samples::chemistry()).contains("relatedDocument"));
}

#[test]
fn a_partial_report_is_active_in_header_and_act_and_says_so() {
    let document = rendered(&samples::partial());
    assert!(document.contains("<lab:statusCode code=\"active\"/>"));
    assert!(document.contains("Compte rendu partiel"));
    let parsed = Document::parse(&document).unwrap();
    let statuses: Vec<_> = elements(&parsed, "entry")
        .filter_map(|entry| entry.children().find(|it| it.tag_name().name() == "act"))
        .filter_map(|act| act.children().find(|it| it.tag_name().name() == "statusCode"))
        .filter_map(|status| status.attribute("code"))
        .collect();
    assert_eq!(statuses, ["completed", "active", "completed", "completed"]);
    assert!(elements(&parsed, "serviceEvent").all(|event| {
        event
            .descendants()
            .all(|it| it.tag_name().name() != "high" || it.parent_element().unwrap().tag_name().name() == "time")
    }));
}

#[test]
fn digits_received_are_digits_coded_and_printed() {
    let document = rendered(&samples::without_loinc());
    assert!(document.contains("<high value=\"0.10\" unit=\"mg/L\" inclusive=\"false\"/>"));
    assert!(document.contains("&lt; 0,10 mg/L"));
    assert!(document.contains("<numerator value=\"1\"/><denominator value=\"40\"/>"));
}

#[test]
fn the_pdf_comes_out_of_the_document_as_it_went_in() {
    let report = samples::chemistry();
    let document = rendered(&report);
    let parsed = Document::parse(&document).unwrap();
    let media = elements(&parsed, "observationMedia").next().unwrap();
    let value = media.children().find(|it| it.tag_name().name() == "value").unwrap();
    assert_eq!(value.attribute("mediaType"), Some("application/pdf"));
    assert_eq!(base64_simd::STANDARD.decode_to_vec(value.text().unwrap()).unwrap(), samples::copy_of(&report));
    assert_eq!(
        media.attribute("ID"),
        elements(&parsed, "renderMultiMedia").next().unwrap().attribute("referencedObject")
    );
}

#[test]
fn sections_without_results_leave_neither_section_nor_act() {
    let mut report = samples::several_chapters();
    report.chapters[1].sections.iter_mut().for_each(|section| section.items.clear());
    let document = rendered(&report);
    assert!(!document.contains("18723-7"));
    assert!(findings(&document, IdentityStatus::Qualified).is_empty());
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    for (name, report) in samples::all() {
        assert_eq!(rendered(&report), rendered(&report), "{name}");
    }
}

/// What the model can say and the drawn reports must have said: the test would otherwise prove little.
const MARKS: [&str; 26] = [
    "xsi:type=\"PQ\"",
    "xsi:type=\"IVL_PQ\"",
    "xsi:type=\"REAL\"",
    "xsi:type=\"RTO_PQ_PQ\"",
    "xsi:type=\"CD\"",
    "xsi:type=\"ST\"",
    "<statusCode code=\"aborted\"/>",
    "<statusCode code=\"active\"/>",
    "<lab:precondition",
    "<guardian",
    "code=\"1443252\"",
    "1.2.250.1.213.1.1.2.60",
    "mediaType=\"image/png\"",
    "classCode=\"CLUSTER\"",
    "code=\"18769-0\"",
    "typeCode=\"REFR\"",
    "typeCode=\"RPLC\"",
    "typeCode=\"DEV\"",
    "code=\"PRELV\"",
    "<targetSiteCode",
    "1.2.250.1.213.2.7",
    "avis du biologiste",
    "(en g/L)",
    "confidentialityCode code=\"V\"",
    "1.2.250.1.213.6.3.1",
    "Validé par Dr Alix DURAND",
];

/// How many reports are drawn over the whole model.
const DRAWN: u64 = 10_000;

#[test]
fn any_report_of_the_model_gives_a_document_that_the_lint_accepts() {
    let n_workers = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let seen = std::thread::scope(|scope| {
        let work = |worker| {
            let mut seen = [false; MARKS.len()];
            for seed in (worker..DRAWN).step_by(n_workers as usize) {
                let report = samples::any(seed);
                let document = rendered(&report);
                let found = lint::assess(document.as_bytes(), report.patient.status);
                assert!(found.is_empty(), "seed {seed}: {found:?}");
                for (seen, mark) in seen.iter_mut().zip(MARKS) {
                    *seen |= document.contains(mark);
                }
            }
            seen
        };
        let workers: Vec<_> = (0..n_workers).map(|worker| scope.spawn(move || work(worker))).collect();
        workers
            .into_iter()
            .map(|it| it.join().unwrap())
            .reduce(|one, other| std::array::from_fn(|n| one[n] || other[n]))
    });
    let unseen: Vec<_> = MARKS.iter().zip(seen.unwrap()).filter(|(_, seen)| !seen).collect();
    assert!(unseen.is_empty(), "never drawn: {unseen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_anywhere_gives_a_document_that_the_lint_accepts(words in prop::collection::vec(any::<String>(), 8)) {
        let mut report = samples::without_loinc();
        samples::edit_patient(&mut report, |patient| {
            patient.address.as_mut().unwrap().city.clone_from(&words[0]);
            patient.phone = Some(words[1].clone());
        });
        report.request.placer_number = Some(words[2].clone());
        report.request.prescriber.as_mut().unwrap().family.clone_from(&words[3]);
        report.comments = vec![words[4].clone()];
        for section in report.chapters.iter_mut().flat_map(|chapter| &mut chapter.sections) {
            section.title.clone_from(&words[5]);
            for item in &mut section.items {
                if let Item::Result(result) = item {
                    result.local_code.clone_from(&words[6]);
                    result.label.clone_from(&words[7]);
                    result.comments = words.clone();
                    if matches!(result.value(), Some(lab::quantity::Value::Text(_))) {
                        samples::answer(result, lab::quantity::Value::Text(words[0].clone()), None);
                    }
                }
            }
        }
        let document = rendered(&report);
        prop_assert!(findings(&document, IdentityStatus::Qualified).is_empty(), "{:?}", findings(&document, IdentityStatus::Qualified));
    }
}
