//! What leaves the renderer, judged from outside: poppler reads the text, PDFBox preflight judges PDF/A-1b.
#![allow(clippy::panic)]

#[path = "../../../profiles/cr-bio/tests/samples/mod.rs"]
mod drawn;
mod hostile;
mod judge;
mod page;
mod samples;
mod sheet;
mod structure;

use jiff::tz::TimeZone;
use lab::{
    patient::IdentityStatus,
    report::{Item, ReportStatus},
};
use rendering::{Logo, Renderer, Style, file_name};

fn render(report: &lab::report::Report) -> Vec<u8> {
    Renderer::new(Style::default()).render(report, samples::symbol(report).as_ref())
}

/// Text without white space: where a line breaks is not a fact.
fn squeezed(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}

#[test]
fn every_result_is_read_in_order_with_its_value_unit_and_range() {
    for (name, report) in samples::all() {
        let Some(text) = judge::text(name, &render(&report), None) else {
            return;
        };
        let text = squeezed(&text);
        let mut from = 0;
        for result in report.results() {
            let mut wanted = Vec::new();
            for line in result.lines() {
                wanted.push(line.label());
                wanted.extend(result.method.as_ref().map(|method| method.label.clone()));
                wanted.extend(result.provenance.subcontractor.as_ref().map(|it| format!("Réalisé par {}", it.name)));
                wanted.extend(result.analyzer.as_ref().map(|it| format!("Analyseur : {it}")));
                wanted.extend(result.interpretation().map(|it| it.mark().to_owned()));
                match line.value {
                    Some(value) => wanted.extend([value.printed(), value.printed_unit().to_owned()]),
                    None if result.answer.is_none() => wanted.push("Non réalisé".into()),
                    None => wanted.push("—".into()),
                }
                if let Some(range) = line.range {
                    wanted.push(range.printed());
                    wanted.extend(range.printed_beside());
                }
                for previous in line.previous {
                    wanted.push(previous.value.printed());
                    wanted.extend(previous.method.as_ref().map(|method| method.label.clone()));
                }
            }
            wanted.extend(result.comments.iter().cloned());
            for wanted in wanted {
                let wanted = squeezed(&wanted);
                let found = text[from..].find(&wanted);
                from +=
                    found.unwrap_or_else(|| panic!("{name}: « {wanted} » is not where it should be")) + wanted.len();
            }
        }
    }
}

#[test]
fn every_header_fact_chapter_section_and_comment_is_in_the_text() {
    for (name, report) in samples::all() {
        let Some(text) = judge::text(name, &render(&report), None) else {
            return;
        };
        let text = squeezed(&text);
        let mut wanted: Vec<String> = [
            "Compte rendu d'examens biologiques",
            "Laboratoire de biologie médicale des Deux Rives",
            "12, rue de la Paillasse",
            "FINESS 120459876",
            "28/03/1979 (46 ans)",
            "Féminin",
            "INS 279035121518989 (NIR de test)",
            "Dossier n° 2026031200457",
            "Dr Eva BLUE, Médecine générale",
            "Prélevé le 12/03/2026 07:35",
            "Reçu le 12/03/2026 09:05",
            "Destinataires : Dr Eva BLUE, Médecine générale ; Dr Jean-Baptiste DE LA TOUR, Médecine générale ; le patient",
            "Validé par Dr Camille MOREAU",
            "le 12/03/2026 16:42",
            "Document 2.25.267089532617318372112233445566778899",
        ]
        .map(str::to_owned)
        .to_vec();
        wanted.extend(report.comments.clone());
        for chapter in &report.chapters {
            wanted.push(chapter.code.label.clone());
            for section in &chapter.sections {
                wanted.push(section.title.clone());
                wanted.extend(section.comments.clone());
                let germs = section.items.iter().filter_map(|item| match item {
                    Item::Isolate(isolate) => Some(format!("Germe {} : {}", isolate.number, isolate.organism.label)),
                    _ => None,
                });
                wanted.extend(germs);
            }
        }
        for wanted in wanted {
            assert!(text.contains(&squeezed(&wanted)), "{name}: « {wanted} » is missing");
        }
    }
}

#[test]
fn what_a_cervical_screening_says_is_printed() {
    use lab::report::screening::{
        HpvVaccination, InvitationNumber, Screening, ScreeningConclusion, ScreeningContext, VaccineDose,
    };
    let (name, mut report) = samples::all().swap_remove(0);
    let said = [
        "N° d'invitation 1234567890121",
        "Contexte de l'examen : Test HPV-HR de contrôle",
        "Vaccin contre le papillomavirus : réalisé, dose 2, le 02/05/2012",
        "Conclusion pour la patiente : Vous avez effectué un test de dépistage",
        "Celui-ci a révélé une anomalie.",
    ];
    let text = |report: &lab::report::Report| Some(squeezed(&judge::text(name, &render(report), None)?));
    let Some(usual) = text(&report) else { return };
    report.screening = Some(Screening {
        context: ScreeningContext::ControlHpv,
        invitation: InvitationNumber::parse("1234567890121"),
        vaccination: HpvVaccination::Done(vec![VaccineDose {
            rank: Some(2),
            given_on: Some(jiff::civil::date(2012, 5, 2)),
        }]),
        kit: None,
        medium: None,
        conclusion: Some(ScreeningConclusion::Anomaly),
        collector: None,
    });
    let Some(screening) = text(&report) else { return };
    for said in said.map(squeezed) {
        assert!(screening.contains(&said) && !usual.contains(&said), "{said}");
    }
}

#[test]
fn what_a_rapid_test_says_is_printed() {
    use lab::{
        quantity::{CodeSystem, Coded},
        report::rapid_test::{RapidTest, TestDevice, Udi, UdiIssuer},
    };
    let (name, mut report) = samples::all().swap_remove(0);
    report.rapid_test = Some(RapidTest {
        name: "Covid 19 / Grippe A / Grippe B".into(),
        condition: Coded { system: CodeSystem::Icd10, code: "U07.1".into(), label: "COVID-19".into() },
        also: vec![Coded { system: CodeSystem::Icd10, code: "J10".into(), label: "Grippe saisonnière".into() }],
        device: TestDevice {
            udi: Some(Udi { issuer: UdiIssuer::Gs1, code: "(01)00850027856605(17)260430(10)B54321".into() }),
            maker: "Invented".into(),
            reference: "8029".into(),
            lot: "B54321".into(),
            expires_on: Some(jiff::civil::date(2026, 4, 30)),
        },
    });
    let Some(text) = judge::text(name, &render(&report), None).map(|it| squeezed(&it)) else { return };
    for said in [
        "Test rapide d'orientation diagnostique : TROD Covid 19 / Grippe A / Grippe B",
        "Recherche : COVID-19 (U07.1) ; Grippe saisonnière (J10)",
        "Dispositif : Invented, réf. 8029, lot B54321, péremption le 30/04/2026, IUD (01)00850027856605(17)260430(10)B54321",
        "Consentement : le patient, ou son représentant légal, a consenti au test.",
    ] {
        assert!(text.contains(&squeezed(said)), "{said}\n{text}");
    }
    assert!(file_name(&report).contains("_Test rapide d'orientation diagnostique_"));
}

#[test]
fn every_page_names_the_patient_the_dossier_and_its_number() {
    let bytes = render(&samples::long_report());
    let Some(n_pages) = judge::n_pages("edges", &bytes) else {
        return;
    };
    assert!((5..=9).contains(&n_pages), "{n_pages} pages");
    for page in 1..=n_pages {
        let Some(text) = judge::text("edges", &bytes, Some(page)) else {
            return;
        };
        for wanted in ["PAT-TROIS DOMINIQUE", "2026031200457", &format!("Page {page}/{n_pages}")] {
            assert!(text.contains(wanted), "page {page}: {wanted}");
        }
    }
}

#[test]
fn a_continued_table_repeats_its_header_and_no_page_ends_with_a_heading() {
    let report = samples::long_report();
    let bytes = render(&report);
    let Some(n_pages) = judge::n_pages("headings", &bytes) else {
        return;
    };
    let mut n_continued = 0;
    for page in 1..=n_pages {
        let Some(text) = judge::text("headings", &bytes, Some(page)) else {
            return;
        };
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let footer = lines.iter().rposition(|line| line.starts_with("PAT-TROIS")).expect("a footer");
        let last = lines[footer - 1];
        for chapter in &report.chapters {
            assert!(!last.starts_with(&chapter.code.label), "page {page} ends with a chapter title");
            assert!(chapter.sections.iter().all(|section| last != section.title), "page {page} ends with a title");
        }
        assert!(!last.starts_with("Prélèvement") && !last.contains("Antériorités"), "page {page} ends with a heading");
        if let Some(at) = lines.iter().take(4).position(|line| line.ends_with("(suite)")) {
            n_continued += 1;
            assert!(
                lines[at..at + 4].iter().any(|line| line.starts_with("Examen") || line.starts_with("Sous-chapitre"))
            );
        }
    }
    assert!(n_continued >= 3, "{n_continued} continued pages");
}

#[test]
fn an_antibiogram_cut_by_a_page_end_names_its_germ_again() {
    let mut report = samples::microbiology();
    let items = &mut report.chapters[0].sections[0].items;
    for item in items.iter_mut() {
        if let Item::Isolate(isolate) = item {
            let once = isolate.antibiogram.clone();
            isolate.antibiogram = std::iter::repeat_n(once, 12).flatten().collect();
        }
    }
    let bytes = render(&report);
    let Some(n_pages) = judge::n_pages("germs", &bytes) else {
        return;
    };
    assert!(n_pages >= 3);
    for page in 1..=n_pages {
        let Some(text) = judge::text("germs", &bytes, Some(page)) else {
            return;
        };
        let germ = text.find("Germe ").unwrap_or(usize::MAX);
        let category = ["Sensible", "Résistant", "Intermédiaire"].iter().filter_map(|it| text.find(it)).min();
        assert!(category.is_none_or(|category| germ < category), "page {page} has a category before a germ");
    }
}

#[test]
fn a_germ_is_not_named_on_a_page_that_says_nothing_of_it() {
    let mut report = samples::microbiology();
    // Pushes the second germ to the second page.
    report.comments = vec!["Prélèvement transmis tardivement.".into(); 3];
    let bytes = render(&report);
    let Some(text) = judge::text("germ_once", &bytes, Some(2)) else {
        return;
    };
    assert!(text.contains("Germe 2") && !text.contains("Germe 1"));
}

#[test]
fn results_outside_a_battery_do_not_seem_to_belong_to_the_one_above() {
    let mut report = samples::two_chapters();
    let chemistry = &mut report.chapters[1].sections;
    chemistry.reverse();
    assert_eq!(chemistry[1].title, "Biochimie");
    let Some(text) = judge::text("outside", &render(&report), None) else {
        return;
    };
    let at = |wanted: &str| text.find(wanted).unwrap_or_else(|| panic!("{wanted} is missing"));
    assert!(at("Cholestérol HDL") < at("Autres examens") && at("Autres examens") < at("Sodium"));
    assert!(!judge::text("inside", &render(&samples::two_chapters()), None).unwrap_or_default().contains("Autres"));
}

#[test]
fn a_result_after_a_germ_stands_under_its_section_again() {
    let mut report = samples::microbiology();
    report.chapters[0].sections[0].items.push(Item::Result(samples::result("Cristaux|3|/mL")));
    let Some(text) = judge::text("after", &render(&report), None) else {
        return;
    };
    let germ = text.rfind("Germe 2").expect("a germ");
    let section = text.rfind("Examen cytobactériologique des urines\n").expect("a section");
    assert!(germ < section && section < text.find("Cristaux").expect("a result"));
}

#[test]
fn no_text_leaves_the_page_or_covers_another() {
    for (name, report) in samples::all().into_iter().chain(hostile::reports()) {
        let Some(words) = judge::words(name, &render(&report)) else {
            return;
        };
        for page in words {
            for (at, a) in page.iter().enumerate() {
                assert!(a.left > 40.0 && a.right < 555.0 && a.top > 20.0 && a.bottom < 830.0, "{name}: outside");
                for b in &page[at + 1..] {
                    let across = a.right.min(b.right) - a.left.max(b.left);
                    let down = a.bottom.min(b.bottom) - a.top.max(b.top);
                    // Boxes hold ascenders and descenders that no glyph fills: a third of a line may be shared.
                    assert!(across <= 0.5 || down <= 0.33 * (a.bottom - a.top), "{name}: two words overlap");
                }
            }
        }
    }
}

#[test]
fn a_matricule_is_printed_for_a_qualified_identity_only() {
    for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
        let mut report = samples::one_page_chemistry();
        samples::edit_patient(&mut report, |patient| patient.status = status);
        let Some(text) = judge::text("matricule", &render(&report), None) else {
            return;
        };
        assert!(!text.contains("279035121518989") && !text.contains("INS"), "{status:?}");
    }
}

#[test]
fn a_scanner_reads_the_ins_from_the_first_page_exactly() {
    for (name, report) in [("symbol", samples::one_page_chemistry()), ("symbol_long", samples::long_report())] {
        let wanted = ins::datamatrix(&report.patient, ins::Environment::Test).expect("a qualified identity");
        let Some(found) = judge::symbols(name, &render(&report)) else {
            return;
        };
        assert_eq!(found, [wanted], "{name}");
    }
}

#[test]
fn a_page_without_qualified_identity_has_no_symbol() {
    let mut report = samples::one_page_chemistry();
    samples::edit_patient(&mut report, |patient| patient.status = IdentityStatus::Validated);
    let bytes = render(&report);
    let Some(found) = judge::symbols("symbol_none", &bytes) else {
        return;
    };
    assert_eq!(found, [""; 0]);
    assert!(judge::text("symbol_none", &bytes, None).is_none_or(|text| !text.contains("scanner")));
}

#[test]
fn a_version_says_what_it_is_and_what_it_replaces() {
    let mut completing = samples::corrected();
    if let Some(replaced) = &mut completing.ids.replaces {
        replaced.status = ReportStatus::Partial;
    }
    let table = [
        ("partial", samples::partial(), Some("Résultats partiels"), Some("Annule")),
        (
            "corrected",
            samples::corrected(),
            Some("Annule et remplace la version 1 du 11/03/2026 17:05"),
            Some("Complète"),
        ),
        (
            "completing",
            completing,
            Some("Complète et remplace la version 1 du 11/03/2026 17:05 (résultats partiels)"),
            Some("Annule"),
        ),
        ("plain", samples::one_page_chemistry(), None, Some("Résultats partiels")),
    ];
    for (name, report, present, absent) in table {
        let Some(text) = judge::text(name, &render(&report), None) else {
            return;
        };
        assert!(present.is_none_or(|words| text.contains(words)), "{name}");
        assert!(absent.is_none_or(|words| !text.contains(words)), "{name}");
        assert!(text.contains(&format!("Version {}", report.ids.number)), "{name}");
    }
}

#[test]
fn the_mark_of_the_accreditation_stands_beside_accredited_results_only() {
    let mark = |text: &str, label: &str| text.contains(&format!("{label} *"));
    let some = samples::subcontracted();
    let mut none = samples::one_page_chemistry();
    for item in &mut none.chapters[0].sections[0].items {
        if let Item::Result(result) = item {
            result.provenance.accredited = false;
        }
    }
    none.mentions.accreditation = None;
    let (Some(some), Some(none)) =
        (judge::text("accredited", &render(&some), None), judge::text("not_accredited", &render(&none), None))
    else {
        return;
    };
    for (label, wanted) in [("Sodium", true), ("Urée", false), ("Zinc", false), ("Sélénium", false)] {
        assert!(some.contains(label));
        assert_eq!(mark(&some, label), wanted, "{label}: {some}");
    }
    for wanted in [
        "Accréditation Cofrac n° 8-1234",
        "Portée disponible sur www.cofrac.fr",
        "* Examen réalisé sous accréditation.",
        "Laboratoire des Oligo-éléments, 1 quai de la Mesure",
        "sous accréditation Cofrac n° 8-5555",
        "hors accréditation",
    ] {
        assert!(squeezed(&some).contains(&squeezed(wanted)), "{wanted}");
    }
    // The laboratory has a number, and none of this report's results is under it.
    for absent in ["ofrac", "8-1234", "*", "ccréditation"] {
        assert!(!none.contains(absent), "{absent}");
    }
}

#[test]
fn texts_of_the_laboratory_stand_under_the_results_when_the_report_bears_them() {
    let automatic = "Certains résultats ont été validés automatiquement.";
    let table = [("automatic", samples::subcontracted(), true), ("reviewed", samples::one_page_chemistry(), false)];
    for (name, report, is_said) in table {
        let Some(text) = judge::text(name, &render(&report), None) else {
            return;
        };
        let last = report.results().last().expect("a result").label.clone();
        let last = text.rfind(&last).expect("the last result");
        assert_eq!(text[last..].contains(automatic), is_said, "{name}");
        assert!(text[last..].contains("Vos données sont traitées"), "{name}");
        assert_eq!(text.matches("Vos données sont traitées").count(), 1, "{name}");
    }
    let mut silent = samples::one_page_chemistry();
    silent.mentions = lab::report::Mentions::default();
    let text = judge::text("silent", &render(&silent), None);
    assert!(text.is_none_or(|text| !text.contains("Vos données")));
}

/// A logo with a transparent ground, as laboratories have them.
fn logo_png() -> Vec<u8> {
    let (width, height) = (400, 160);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().expect("a header");
    let pixels: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let is_inside = x.abs_diff(200).pow(2) + (y.abs_diff(80) * 2).pow(2) < 150 * 150;
            if is_inside { [0x12, 0x7A, 0x5D, 0xFF] } else { [0, 0, 0, 0] }
        })
        .collect();
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    bytes
}

#[test]
fn a_logo_is_one_opaque_image_of_the_first_page() {
    let logo = Logo::decode(&logo_png()).expect("a logo");
    let report = samples::long_report();
    let bytes = Renderer::new(Style { logo: Some(logo), ..Style::default() }).render(&report, None);
    let Some(images) = judge::images("logo", &bytes) else {
        return;
    };
    assert_eq!(images, ["1 image 400 160 rgb"]);
    let plain = Renderer::new(Style::default()).render(&report, None);
    assert_eq!(judge::images("no_logo", &plain), Some(Vec::new()));
    assert!(bytes.len() < plain.len() + 20_000, "{} against {}", bytes.len(), plain.len());
}

#[test]
fn a_photograph_made_by_another_program_is_a_logo() {
    let Some(jpeg) = judge::jpeg("photograph", &render(&samples::one_page_chemistry())) else {
        return;
    };
    let logo = Logo::decode(&jpeg).expect("a logo");
    let bytes = Renderer::new(Style { logo: Some(logo), ..Style::default() }).render(&samples::partial(), None);
    assert_eq!(judge::images("photograph", &bytes).map(|images| images.len()), Some(1));
    let verdict = judge::preflight(&[("preflight_photograph".into(), bytes)]);
    assert!(verdict.is_none_or(|verdict| verdict.contains(": valid")));
}

#[test]
fn a_report_of_forty_pages_numbers_them_all() {
    let bytes = render(&samples::forty_pages());
    let Some(n_pages) = judge::n_pages("forty", &bytes) else {
        return;
    };
    assert!((35..=50).contains(&n_pages), "{n_pages} pages");
    for page in [1, 2, n_pages / 2, n_pages] {
        let Some(text) = judge::text("forty", &bytes, Some(page)) else {
            return;
        };
        assert!(text.contains(&format!("Page {page}/{n_pages}")) && text.contains("2026031200457"), "page {page}");
    }
}

#[test]
fn one_report_gives_one_sequence_of_bytes_from_every_thread() {
    let report = samples::two_chapters();
    let renderer = Renderer::new(Style::default());
    let symbol = samples::symbol(&report);
    let first = renderer.render(&report, symbol.as_ref());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert!(renderer.render(&report, symbol.as_ref()) == first));
        }
    });
    assert!(rendering::pdf::render(&report, symbol.as_ref(), &Style::default()) == first);
    let mut other = report.clone();
    other.ids.number = 2;
    assert!(renderer.render(&other, symbol.as_ref()) != first);
}

#[test]
fn preflight_finds_every_file_to_be_pdf_a_1b() {
    let logo = Logo::decode(&logo_png()).expect("a logo");
    let renderer = Renderer::new(Style { logo: Some(logo), ..Style::default() });
    let files: Vec<(String, Vec<u8>)> = samples::all()
        .into_iter()
        .chain(hostile::reports())
        .map(|(name, report)| {
            (format!("preflight_{name}"), renderer.render(&report, samples::symbol(&report).as_ref()))
        })
        .collect();
    let n = files.len();
    if let Some(verdict) = judge::preflight(&files) {
        let n_valid = verdict.lines().filter(|line| line.ends_with(": valid")).count();
        assert_eq!(n_valid, n, "{verdict}");
    }
}

#[test]
fn qpdf_finds_the_structure_of_every_file_whole() {
    let renderer = Renderer::new(Style { logo: Logo::decode(&logo_png()).ok(), ..Style::default() });
    for (name, report) in samples::all().into_iter().chain(hostile::reports()) {
        let bytes = renderer.render(&report, samples::symbol(&report).as_ref());
        let Some(found) = judge::structure(name, &bytes) else { return };
        assert_eq!(found, "");
    }
    let mut broken = render(&samples::one_page_chemistry());
    let at = broken.windows(9).rposition(|it| it == b"startxref").expect("an end");
    broken.truncate(at);
    assert!(judge::structure("broken", &broken).is_none_or(|found| !found.is_empty()));
}

#[test]
fn preflight_refuses_a_file_that_is_not_pdf_a() {
    let bytes = render(&samples::one_page_chemistry());
    let claim = b"<pdfaid:part>1<";
    let at = bytes.windows(claim.len()).position(|window| window == claim).expect("a claim of conformance");
    let mut broken = bytes;
    broken[at + claim.len() - 2] = b'7';
    if let Some(verdict) = judge::preflight(&[("preflight_broken".into(), broken)]) {
        assert!(!verdict.contains(": valid"), "{verdict}");
    }
}

#[test]
fn the_file_is_named_after_the_act_the_patient_and_the_dossier() {
    let mut report = samples::one_page_chemistry();
    assert_eq!(file_name(&report), "20260312_CR d'examens biologiques_PAT-TROIS_DOMINIQUE_2026031200457.pdf");
    report.zone = TimeZone::get("Pacific/Noumea").expect("bundled zones");
    report.request.received_at = samples::at("2026-03-12T14:00:00Z");
    samples::edit_patient(&mut report, |patient| {
        patient.traits.birth_name = "Nuñez/../Œuf".into();
        patient.traits.first_given = String::new();
    });
    assert_eq!(file_name(&report), "20260313_CR d'examens biologiques_NUNEZ-..-OEUF_2026031200457.pdf");
}
