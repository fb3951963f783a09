//! Any CDA document as PDF: poppler finds its words, PDFBox preflight finds PDF/A-1b.

use crate::{judge, logo_png, squeezed};
use cda::Limits;
use rendering::{
    Renderer, Style,
    document::Sheet,
    html::{self, Look},
    self_presentable::wrap,
    text,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A narrative with what laboratories do not write every day.
const ODD: &str = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\"/><title>T &lt;é€𝄞</title><component><structuredBody><component><section><title>S</title><text><list><item>un</item><item><table><tr><td>dedans</td></tr></table></item></list><table><tbody><tr><td rowspan=\"3\">haut</td><td colspan=\"90\">large</td></tr><tr><td>a</td></tr><tr/><tr><td>b</td><td>c</td><td>d</td></tr></tbody></table><paragraph>XXXX</paragraph></text></section></component></structuredBody></component></ClinicalDocument>";

#[allow(clippy::print_stdout)]
fn sources() -> Vec<(String, String)> {
    let folder = examples();
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: the published examples are not at {}", folder.display());
        return Vec::new();
    };
    let mut all: Vec<(String, String)> = entries
        .flatten()
        .filter(|it| it.path().extension().is_some_and(|it| it == "xml"))
        .map(|it| fs::read(it.path()).expect("a file"))
        .enumerate()
        .map(|(n, bytes)| (format!("sheet_{n}"), xml::decode(&bytes).expect("text").into_owned()))
        .collect();
    // A word wider than a page, a cell longer than one.
    all.push(("sheet_odd".into(), ODD.replace("XXXX", &"mot ".repeat(3000)).replace("dedans", &"x".repeat(4000))));
    all
}

#[test]
fn any_document_is_a_pdf_a_1b_that_holds_its_words_and_its_images() {
    let renderer = Renderer::new(Style::default());
    let mut files = Vec::new();
    let mut n_images = 0;
    for (name, source) in sources() {
        let (document, _) = cda::read(&source, &Limits::default()).expect("a document");
        let sheet = Sheet::new(&document);
        let bytes = renderer.render_sheet(&sheet);
        if let Some(found) = judge::text(&name, &bytes, None) {
            let found = squeezed(&found);
            for word in text::page(&sheet).lines().filter(|it| !it.starts_with('[')).flat_map(str::split_whitespace) {
                // What the text form adds of its own: rules, bars, upper case.
                let is_own = word.chars().all(|it| matches!(it, '-' | '|' | '/' | ':')) || word == "[image]";
                let is_said = found.contains(word) || found.to_uppercase().contains(word) || word.contains('𝄞');
                assert!(is_own || is_said || word.len() > 1000, "{name}: {word}");
            }
            let shown = sheet.files.iter().filter(|it| it.kind.is_some_and(|kind| kind.is_image())).count();
            let images = judge::images(&name, &bytes).expect("poppler is there");
            assert_eq!(images.len(), shown, "{name}");
            n_images += shown;
        }
        assert_eq!(judge::structure(&name, &bytes).unwrap_or_default(), "");
        files.push((name, bytes));
    }
    assert!(files.len() < 2 || n_images > 0, "no image was compared");
    let n = files.len();
    if n == 0 {
        return;
    }
    if let Some(verdict) = judge::preflight(&files) {
        let n_valid = verdict.lines().filter(|line| line.ends_with(": valid")).count();
        assert_eq!(n_valid, n, "{verdict}");
    }
}

#[test]
fn a_table_repeats_its_head_on_each_page_and_a_tall_row_goes_on_over_pages() {
    let row = |n: usize| format!("<tr><td>Examen {n}</td><td>{n}</td></tr>");
    let tall = format!("<tr><td>Conclusion</td><td>{}</td></tr>", "mot ".repeat(2500));
    let rows: String = (0..70).map(row).chain([tall]).chain((70..90).map(row)).collect();
    let source = format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\"/><title>T</title><component><structuredBody><component><section><title>S</title><text><table><thead><tr><th>Colonne</th><th>Valeur mesurée</th></tr></thead><tbody>{rows}</tbody></table><paragraph>Après la table</paragraph></text></section></component></structuredBody></component></ClinicalDocument>"
    );
    let (document, _) = cda::read(&source, &Limits::default()).expect("a document");
    let bytes = Renderer::new(Style::default()).render_sheet(&Sheet::new(&document));
    let Some(n_pages) = judge::n_pages("tables", &bytes) else { return };
    assert!(n_pages >= 4, "{n_pages}");
    let mut n_words = Vec::new();
    for page in 1..=n_pages {
        let text = judge::text("tables", &bytes, Some(page)).expect("poppler is there");
        assert_eq!(text.matches("Valeur mesurée").count(), 1, "page {page}: {text}");
        assert_eq!(text.find("Après la table").is_some(), page == n_pages);
        n_words.push(text.matches("mot").count());
    }
    assert_eq!(n_words.iter().sum::<usize>(), 2500, "{n_words:?}");
    // It starts on the page where the rows before it end.
    let first = n_words.iter().position(|n| *n > 0).expect("words");
    assert!(judge::text("tables", &bytes, Some(first + 1)).is_some_and(|text| text.contains("Examen 69")));
}

#[test]
fn an_image_is_shown_wherever_the_text_refers_to_it() {
    let png = base64_simd::STANDARD.encode_to_string(logo_png());
    let shown = "<renderMultiMedia referencedObject=\"curve\"/>";
    for text in [
        shown.to_owned(),
        format!("<paragraph>avant {shown} après</paragraph>"),
        format!("<list><item>un {shown}</item></list>"),
        format!("<table><tbody><tr><td>Profil</td><td>{shown}</td></tr></tbody></table>"),
    ] {
        let source = format!(
            "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\"/><title>T</title><component><structuredBody><component><section><title>S</title><text>{text}</text><entry><observationMedia ID=\"curve\"><value mediaType=\"image/png\" representation=\"B64\">{png}</value></observationMedia></entry></section></component></structuredBody></component></ClinicalDocument>"
        );
        let (document, _) = cda::read(&source, &Limits::default()).expect("a document");
        let sheet = Sheet::new(&document);
        assert!(sheet.remarks.is_empty(), "{text}");
        let page = html::page(&sheet, &Look::default());
        assert_eq!(page.matches(&format!("src=\"data:image/png;base64,{png}\"")).count(), 1, "{text}");
        assert!(text::page(&sheet).contains("[image]"), "{text}");
        let bytes = Renderer::new(Style::default()).render_sheet(&sheet);
        assert!(judge::images("images", &bytes).is_none_or(|images| images.len() == 1), "{text}");
        let wrapped = wrap(source.as_bytes(), &Look::default()).expect("a document");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image.xml");
        fs::write(&path, wrapped).expect("a writable target folder");
        let Some(shown) = judge::shown(&[path]) else { continue };
        for processor in ["libxslt", "saxon"] {
            assert!(shown[0][processor]["addresses"][0].as_str().is_some_and(|it| it.starts_with("data:image/png")));
        }
    }
}

/// The published examples, in a folder beside the repository or above it.
fn examples() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = here.ancestors().map(|it| it.join("shared/data/ans/cda"));
    folders.find(|it| it.is_dir()).unwrap_or_else(|| here.join("../../../shared/data/ans/cda"))
}
