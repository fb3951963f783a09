//! Our own reports as pages and as self-presentable documents: what the model says is read there by other programs.

use crate::{drawn, judge, logo_png, samples, squeezed};
use cr_bio::{DocumentSettings, Facility, LocalRoots, PracticeSetting};
use lab::{
    id::Oid,
    report::{Report, ReportedResult},
};
use rendering::{
    Logo, Renderer, Style, Trend,
    document::Sheet,
    html::{self, Look},
    self_presentable,
};
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::PathBuf,
};

/// A color that is not ours.
const GREEN: [u8; 3] = [0x0B, 0x5D, 0x2E];

fn style() -> Style {
    Style { accent: GREEN, logo: Some(Logo::decode(&logo_png()).expect("a logo")) }
}

/// The signed document of a report.
fn document(report: &Report) -> Vec<u8> {
    let settings = DocumentSettings {
        roots: LocalRoots::under(&Oid::parse("1.2.250.1.999.7").expect("an oid")).expect("arcs"),
        environment: ins::Environment::Test,
        software: None,
        facility: Facility::MedicalBiologyLaboratory,
        practice: PracticeSetting::Ambulatory,
    };
    let pdf = Renderer::new(style()).render(report, samples::symbol(report).as_ref());
    cr_bio::v2024_01::render(report, &pdf, &settings)
}

/// Reports drawn over the whole model, beside the samples.
const N_DRAWN: u64 = 100;

#[test]
fn the_pdf_prints_what_the_entries_of_the_document_say() {
    let drawn = (0..N_DRAWN).map(|seed| ("drawn", drawn::any(seed * 1_000_003)));
    for (name, report) in samples::all().into_iter().chain(drawn::all()).chain(drawn) {
        let found = cr_bio::lint::assess(&document(&report), report.patient.status);
        // Attached reports of other laboratories are made up, and no PDF/A.
        let is_of_file = |code: &str, place: &str| code == "CRBIO-L13" && place.ends_with("/value");
        let found: Vec<_> =
            found.iter().filter(|it| it.code.starts_with("CRBIO-L13") && !is_of_file(it.code, &it.place)).collect();
        assert!(found.is_empty(), "{name}, {:?}: {found:?}", report.ids);
    }
}

fn page(document: &[u8]) -> String {
    let limits = cda::Limits::default();
    let (document, _) = cda::read(std::str::from_utf8(document).expect("text"), &limits).expect("a document");
    html::page(&Sheet::new(&document), &Look::of(&style()))
}

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).expect("a writable target folder");
    folder.join(name)
}

fn written(name: &str, bytes: &[u8]) -> PathBuf {
    let path = path(name);
    fs::write(&path, bytes).expect("a writable target folder");
    path
}

/// What the model says of results, in the order of the page.
fn facts(report: &Report) -> Vec<String> {
    let mut facts = Vec::new();
    for result in report.results() {
        for line in result.lines() {
            facts.push(result.label.clone());
            facts.extend(line.in_unit.map(|unit| format!("(en {unit})")));
            facts.extend(result.method.as_ref().map(|it| it.label.clone()));
            facts.extend(result.analyzer.clone());
            match line.value {
                Some(value) => facts.push(format!("{} {}", value.printed(), value.printed_unit())),
                None => facts.push("Non réalisé".into()),
            }
            facts.extend(result.interpretation().map(|it| it.label().to_owned()));
            if let Some(range) = line.range {
                facts.push(range.printed());
                facts.extend(range.printed_beside());
            }
            for previous in line.previous {
                facts.push(format!("{} {}", previous.value.printed(), previous.value.printed_unit()));
            }
        }
        facts.extend(result.comments.iter().cloned());
    }
    facts
}

#[test]
fn three_readers_find_every_fact_of_our_reports_in_order_and_every_curve() {
    let reports = samples::all();
    let mut paths = Vec::new();
    for (name, report) in &reports {
        let document = document(report);
        paths.push(written(&format!("{name}.html"), page(&document).as_bytes()));
        let wrapped = self_presentable::wrap(&document, &Look::of(&style())).expect("a document");
        paths.push(written(&format!("{name}.xml"), &wrapped));
    }
    let Some(shown) = judge::shown(&paths) else { return };
    let mut n_curves_of_all = 0;
    for ((name, report), pages) in reports.iter().zip(shown.chunks(2)) {
        let n_curves =
            report.results().flat_map(ReportedResult::lines).filter(|line| Trend::of(line).is_some()).count();
        n_curves_of_all += n_curves;
        for (reader, page) in [("page", &pages[0]), ("libxslt", &pages[1]), ("saxon", &pages[1])] {
            let page = &page[reader];
            let words = squeezed(page["words"].as_str().expect("words"));
            let mut from = 0;
            for fact in facts(report) {
                let fact = squeezed(&fact);
                let at = words[from..].find(&fact);
                from +=
                    at.unwrap_or_else(|| panic!("{name}, {reader}: « {fact} » is not where it should be")) + fact.len();
            }
            let mut others: Vec<String> = [
                "INS à scanner",
                "Vos données sont traitées",
                "FINESS 120459876",
                "RPPS 10009876543",
                "RPPS 10001234567",
                "Dr Eva BLUE, eva.blue@medecin.mssante.fr",
                "Matricule INS 279035121518989 (NIR de test)",
                "05 65 00 00 00",
            ]
            .map(str::to_owned)
            .to_vec();
            others.extend(report.comments.iter().cloned());
            if n_curves > 0 {
                others.push("Courbe : évolution du résultat".into());
            }
            for other in others {
                assert!(words.contains(&squeezed(&other)), "{name}, {reader}: {other}");
            }
            assert_eq!(page["curves"], n_curves, "{name}, {reader}");
            assert_eq!(page["addresses"][0].as_str().map(|it| &it[..22]), Some("data:image/png;base64,"), "{name}");
        }
    }
    assert!(n_curves_of_all > 20, "{n_curves_of_all} curves");
}

#[test]
fn the_look_is_that_of_the_laboratory() {
    let document = document(&samples::one_page_chemistry());
    let page = page(&document);
    assert!(page.contains("--accent: #0b5d2e") && !page.contains("123b5d"));
    assert!(page.contains("content: \"Compte rendu") && page.contains("PAT-TROIS DOMINIQUE 28/03/1979"));
    for outside in ["http:", "https:", "url(", "<script", "@import", "<link"] {
        let harmless = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!harmless.contains(outside), "{outside}");
    }
}

#[test]
fn a_scanner_reads_the_ins_from_the_screen_and_from_the_print_of_the_page() {
    let report = samples::two_chapters();
    let wanted = ins::datamatrix(&report.patient, ins::Environment::Test).expect("a qualified identity");
    let source = written("scanned.html", page(&document(&report)).as_bytes());
    let (image, print) = (path("scanned.png"), path("scanned.pdf"));
    let url = format!("file://{}", source.display());
    let screenshot = format!("--screenshot={}", image.display());
    if judge::chromium("screen", &["--force-device-scale-factor=2", "--window-size=800,460", &screenshot, &url])
        .is_none()
    {
        return;
    }
    let Some(found) = judge::symbols_of(&image) else { return };
    assert_eq!(found, [wanted.as_str()]);
    let to = format!("--print-to-pdf={}", print.display());
    judge::chromium("print", &["--no-pdf-header-footer", &to, &url]);
    let print = fs::read(print).expect("a print");
    assert_eq!(judge::symbols_at_the_top("scanned", &print), Some(vec![wanted]));
}

#[test]
fn a_printed_page_repeats_the_header_of_its_tables_and_names_the_patient() {
    let source = written("printed.html", page(&document(&samples::long_report())).as_bytes());
    let print = path("printed.pdf");
    let to = format!("--print-to-pdf={}", print.display());
    let url = format!("file://{}", source.display());
    if judge::chromium("long", &["--no-pdf-header-footer", &to, &url]).is_none() {
        return;
    }
    let bytes = fs::read(print).expect("a print");
    let Some(n_pages) = judge::n_pages("printed", &bytes) else { return };
    assert!(n_pages >= 4, "{n_pages} pages");
    let mut n_continued = 0;
    for page in 1..=n_pages {
        let text = judge::text("printed", &bytes, Some(page)).expect("poppler is there");
        assert!(text.contains(&format!("Page {page}/{n_pages}")) && text.contains("PAT-TROIS"), "page {page}: {text}");
        n_continued += usize::from(squeezed(&text).contains("Valeursderéférence"));
    }
    assert!(n_continued >= n_pages - 2, "{n_continued} of {n_pages} pages have a table header");
}

#[test]
fn chromium_shows_over_http_what_the_page_says() {
    let report = samples::two_chapters();
    let document = document(&report);
    let wrapped = self_presentable::wrap(&document, &Look::of(&style())).expect("a document");
    let address = serve(wrapped);
    let Some(dom) = judge::chromium("http", &["--dump-dom", &format!("http://{address}/report.xml")]) else { return };
    let own = written("own.html", page(&document).as_bytes());
    let by_chromium = written("by_chromium.html", dom.as_bytes());
    let Some(shown) = judge::shown(&[own, by_chromium]) else { return };
    let words = |at: usize| squeezed(shown[at]["page"]["words"].as_str().expect("words"));
    let theirs = words(1);
    let mut from = 0;
    for fact in facts(&report) {
        let fact = squeezed(&fact);
        let at = theirs[from..].find(&fact);
        from += at.unwrap_or_else(|| panic!("« {fact} » is not where it should be in {dom}")) + fact.len();
    }
    assert_eq!(shown[0]["page"]["curves"], shown[1]["page"]["curves"]);
    assert!(theirs.contains("INSàscanner"));
}

/// Serves one document on loopback until the process ends.
fn serve(document: Vec<u8>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 4096];
            _ = stream.read(&mut request);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                document.len()
            );
            _ = stream.write_all(head.as_bytes());
            _ = stream.write_all(&document);
        }
    });
    address
}
