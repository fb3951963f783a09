//! What no laboratory prints and a peer may send: every text of a report replaced, and nothing may break.

use crate::{judge, render, samples};
use lab::{
    patient::Guardian,
    person::{Address, Professional, Subcontractor},
    quantity::{Coded, CriticalBounds, Interpretation, ReferenceRange, Unit, Value},
    report::{AccreditationMention, Answer, Item, Recipient, Report, Validator},
};
use proptest::prelude::*;

/// Puts a text wherever a peer could.
fn filled_with(mut report: Report, text: &str) -> Report {
    let text = || text.to_owned();
    report.comments.push(text());
    report.mentions.automatic_validation = Some(text());
    report.mentions.personal_data = Some(text());
    report.mentions.accreditation = Some(AccreditationMention { number: text(), scope: text(), sentence: text() });
    report.laboratory.name = text();
    report.laboratory.phone = text();
    report.laboratory.address = Address { lines: vec![text(); 9], postal_code: text(), city: text() };
    report.laboratory.accreditation = Some(text());
    samples::edit_patient(&mut report, |patient| {
        let traits = &mut patient.traits;
        (traits.birth_name, traits.first_given, traits.given_names) = (text(), text(), text());
        traits.used_name = Some(text());
        patient.local_id = text();
        patient.guardian =
            Some(Guardian { family: text(), given: text(), relation: text(), phone: Some(text()), address: None });
    });
    report.request.number = text();
    report.request.placer_number = Some(text());
    report.signer.family = text();
    let mut prescriber = samples::prescriber();
    prescriber.family = text();
    report.recipients = vec![Recipient::Professional(prescriber.clone()); 3];
    report.request.prescriber = Some(prescriber);
    for chapter in &mut report.chapters {
        chapter.code.label = text();
        for section in &mut chapter.sections {
            section.title = text();
            section.comments.push(text());
            let unknown = Professional { family: text(), ..samples::prescriber() };
            section.validators.put(&Validator { professional: unknown, at: report.signed_at });
            if let Some(specimen) = &mut section.specimen {
                specimen.kind.label = text();
                specimen.number = text();
            }
            for item in &mut section.items {
                let results = match item {
                    Item::Result(result) => std::slice::from_mut(result),
                    Item::Battery(battery) => {
                        battery.code.label = text();
                        &mut battery.results
                    }
                    Item::Isolate(isolate) => {
                        isolate.organism.label = text();
                        &mut isolate.antibiogram
                    }
                    Item::Figure(figure) => {
                        figure.title = text();
                        continue;
                    }
                };
                for (at, result) in results.iter_mut().enumerate() {
                    result.label = text();
                    result.provenance.accredited = at % 3 == 0;
                    result.provenance.subcontractor = Some(Subcontractor {
                        name: text(),
                        contact: text(),
                        accreditation: Some(text()),
                        finess: None,
                    });
                    result.comments.push(text());
                    result.method = Some(Coded::loinc("1", text()));
                    result.analyzer = Some(text());
                    let mut value = result.value().cloned().unwrap_or_else(|| Value::Text(text()));
                    if at % 2 == 0 {
                        value = Value::Text(text());
                    } else if let Value::Number { unit, .. } = &mut value {
                        *unit = Some(Unit { ucum: "1".into(), printed: text() });
                    }
                    let usual = ReferenceRange { text: Some(text()), ..ReferenceRange::default() };
                    let answer = Answer::new(value, Some(usual));
                    result.answer = Some(answer.judged(Interpretation::CriticalAbnormal, &CriticalBounds::default()));
                }
            }
        }
    }
    report
}

/// Reports filled with texts that break careless programs.
pub fn reports() -> Vec<(&'static str, Report)> {
    let texts = [
        ("empty", String::new()),
        ("spaces", " \u{A0}\t\n ".to_owned()),
        ("controls", "A\u{0}B\u{7}C\u{1B}[31m\r\nD\u{85}E\u{FFFE}\u{FFFF}".to_owned()),
        ("other_scripts", "محمد 山田 😀👨‍👩‍👧 Ελένη Дмитрий Nguyễn Łukasz e\u{301}\u{301}\u{301}".to_owned()),
        ("pdf_syntax", "(()) \\ >> endstream endobj %%EOF <x>&amp;\\r".to_owned()),
        ("long_word", "Anticonstitutionnellement".repeat(30)),
        ("long_text", "mot à mot, ".repeat(120)),
    ];
    texts.into_iter().map(|(name, text)| (name, filled_with(samples::microbiology(), &text))).collect()
}

#[test]
fn what_the_fonts_lack_is_replaced_visibly_and_the_rest_is_kept() {
    let mut report = samples::one_page_chemistry();
    samples::edit_patient(&mut report, |patient| patient.traits.birth_name = "ŁUKASZ😀Дмитрий Nguyễn".into());
    let Some(text) = judge::text("scripts", &render(&report), None) else {
        return;
    };
    assert!(text.contains("ŁUKASZ\u{FFFD}Дмитрий Nguyễn"));
}

#[test]
fn long_comments_flow_over_pages_without_losing_a_word() {
    let mut report = samples::one_page_chemistry();
    let comment = (0..4000).map(|at| format!("mot{at}")).collect::<Vec<_>>().join(" ");
    if let Item::Result(result) = &mut report.chapters[0].sections[0].items[3] {
        result.comments.push(comment);
        let words = (0..900).map(|at| format!("val{at}")).collect::<Vec<_>>().join(" ");
        result.answer = Some(Answer::new(Value::Text(words), None));
    }
    let bytes = render(&report);
    let Some(text) = judge::text("flow", &bytes, None) else {
        return;
    };
    let words: std::collections::HashSet<&str> = text.split_whitespace().collect();
    assert!((0..4000).all(|at| words.contains(format!("mot{at}").as_str())));
    assert!((0..900).all(|at| words.contains(format!("val{at}").as_str())));
    assert!(judge::n_pages("flow", &bytes).is_none_or(|n| (4..40).contains(&n)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_file(text in any::<String>(), more in "[\\PC\\n\\t ]{0,300}") {
        for text in [&text, &more] {
            let bytes = render(&filled_with(samples::microbiology(), text));
            prop_assert!(bytes.starts_with(b"%PDF-1.4") && bytes.ends_with(b"%%EOF"));
            let name = rendering::file_name(&filled_with(samples::microbiology(), text));
            prop_assert!(name.bytes().all(|byte| (0x20..0x7F).contains(&byte) && byte != b'/' && byte != b'\\'));
            prop_assert!(name.len() < 230);
        }
    }
}
