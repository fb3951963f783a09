//! Any CDA document as HTML and text: what it says is there, what means harm is not.
//!
//! Chromium and xmllint judge elsewhere; here, the words and the marks.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use cda::Limits;
use rendering::{
    document::{Remark, Sheet},
    html, text,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Renders a source; the page, the text and the remarks.
fn rendered(source: &str) -> (String, String, Vec<Remark>) {
    let (document, _) = cda::read(source, &Limits::default()).unwrap();
    let sheet = Sheet::new(&document);
    (html::page(&sheet, &html::Look::default()), text::page(&sheet), sheet.remarks)
}

fn with_text(text: &str, entries: &str) -> String {
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>T</title><component><structuredBody><component><section><title>S</title><text>{text}</text>{entries}</section></component></structuredBody></component></ClinicalDocument>"
    )
}

#[test]
fn nothing_of_a_hostile_text_runs_or_leads_outside() {
    let (page, _, remarks) = rendered(&with_text(
        "<script>alert(1)</script><h:script xmlns:h=\"http://www.w3.org/1999/xhtml\">alert(2)</h:script>\
         <paragraph onclick=\"x()\" styleCode=\"Bold&quot;&gt;&lt;script&gt;\">a &lt;img src=x onerror=y&gt;</paragraph>\
         <linkHtml href=\" JaVaScript:alert(3)\">b</linkHtml><linkHtml href=\"data:text/html,x\">c</linkHtml>\
         <linkHtml href=\"https://esante.gouv.fr/?a=1&amp;b=&quot;2\">d</linkHtml>\
         <iframe src=\"https://evil.example\"/><img src=\"https://evil.example/x.png\"/>\
         <renderMultiMedia referencedObject=\"nowhere\"/>\
         <table><tr><td colspan=\"500\" rowspan=\"-1\" style=\"position:fixed\">e</td></tr></table>",
        "",
    ));
    for harm in
        ["<script", "onclick=", "<iframe", "evil.example", "javascript:", "JaVaScript", "<img", "style=\"", "data:text"]
    {
        assert!(!page.contains(harm), "{harm} in {page}");
    }
    for kept in
        ["alert(1)", "&lt;img src=x onerror=y&gt;", "https://esante.gouv.fr/?a=1&amp;b=&quot;2", "colspan=\"100\""]
    {
        assert!(page.contains(kept), "{kept} not in {page}");
    }
    for remark in [Remark::ForeignElement, Remark::Link, Remark::Image] {
        assert!(remarks.contains(&remark), "{remark:?}");
        assert!(page.contains(xml::escape_text(remark.sentence()).as_ref()));
    }
}

#[test]
fn a_file_is_what_its_bytes_say_or_is_not_offered() {
    let media = |id: &str, kind: &str, data: &str| {
        format!(
            "<entry><observationMedia ID=\"{id}\"><value mediaType=\"{kind}\" representation=\"B64\">{data}</value></observationMedia></entry>"
        )
    };
    // The eight first bytes of PNG, then anything.
    let png = "iVBORw0KGgoAAAAN\n  SUhEUgAA";
    let entries = [
        media("good", "image/png", png),
        media("lies", "image/png", "JVBERi0xLjQKJeLjz9MK"),
        media("broken", "image/png", "iVBORw0KGgoAAAANS*hEUgAA"),
        media("page", "image/svg+xml", "PHN2Zz48L3N2Zz4="),
        media("pdf", "application/pdf", "JVBERi0xLjQKJeLjz9MK"),
    ];
    let shown: String = ["good", "lies", "broken", "page"]
        .iter()
        .map(|id| format!("<renderMultiMedia referencedObject=\"{id}\"/>"))
        .collect();
    let (page, text, remarks) = rendered(&with_text(&shown, &entries.concat()));
    assert_eq!(page.matches("<img ").count(), 1, "{page}");
    assert!(page.contains("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA"), "{page}");
    assert!(page.contains("data:application/pdf;base64,JVBERi0xLjQKJeLjz9MK"), "{page}");
    assert!(!page.contains("<svg") && !page.contains("svg+xml") && !page.contains("PHN2Zz4"));
    assert!(text.contains("[image]") && text.contains("[Document PDF 1 joint"), "{text}");
    assert!(remarks.contains(&Remark::Image) && remarks.contains(&Remark::File));
}

#[test]
fn who_performed_several_acts_is_named_once() {
    let act = |number: &str| {
        format!(
            "<documentationOf><serviceEvent><performer typeCode=\"PRF\"><assignedEntity>\
             <id root=\"1.2.250.1.71.4.2.1\" extension=\"{number}\"/><assignedPerson><name><family>NOM{number}</family>\
             </name></assignedPerson></assignedEntity></performer></serviceEvent></documentationOf>"
        )
    };
    let acts = [act("801"), act("802"), act("801")].concat();
    let source =
        with_text("a", "").replace("<component><structuredBody>", &format!("{acts}<component><structuredBody>"));
    let (page, text, _) = rendered(&source);
    for shown in [page, text] {
        assert_eq!((shown.matches("NOM801").count(), shown.matches("NOM802").count()), (1, 1), "{shown}");
    }
}

#[test]
fn tables_lists_and_styles_are_kept() {
    let (page, text, remarks) = rendered(&with_text(
        "un<br/>deux <content styleCode=\"Bold\">gras</content> m<sup>2</sup>\
         <list listType=\"ordered\"><item>a</item><item><paragraph>b</paragraph><paragraph>c</paragraph></item></list>\
         <table><caption>Titre</caption><thead><tr><th>Examen</th><th>Résultat</th></tr></thead>\
         <tbody><tr><td><content ID=\"r1\">Glucose</content></td><td>5,2  mmol/L</td></tr></tbody></table>",
        "",
    ));
    assert!(remarks.is_empty(), "{remarks:?}");
    assert!(page.contains("un<br>deux <strong>gras</strong> m<sup>2</sup>"), "{page}");
    assert!(page.contains("<ol><li>a</li><li><p>b</p><p>c</p></li></ol>"), "{page}");
    assert!(page.contains("<caption>Titre</caption><thead><tr><th scope=\"col\">Examen</th>"), "{page}");
    assert!(text.contains("Titre\nExamen | Résultat\nGlucose | 5,2 mmol/L\n"), "{text}");
    assert!(text.contains("1. a\n2. b\n  c\n"), "{text}");
}

/// Every word that a published example prints is in its page and in its text.
#[test]
fn every_word_of_published_examples_is_rendered() {
    let folder = examples();
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: the published examples are not at {}", folder.display());
        return;
    };
    let mut n_words = 0;
    for path in entries.flatten().map(|it| it.path()).filter(|it| it.extension().is_some_and(|it| it == "xml")) {
        let source = fs::read(&path).unwrap();
        let source = xml::decode(&source).unwrap();
        let (page, text, remarks) = rendered(&source);
        assert!(remarks.iter().all(|it| *it == Remark::ForeignElement), "{}: {remarks:?}", path.display());
        let tree = roxmltree::Document::parse(&source).unwrap();
        let narratives = tree.descendants().filter(|it| {
            it.has_tag_name((cda::HL7, "text")) && it.parent().is_some_and(|it| it.tag_name().name() == "section")
        });
        for word in narratives
            .flat_map(|it| it.descendants())
            .filter(|it| it.is_text())
            .filter_map(|it| it.text())
            .flat_map(str::split_whitespace)
        {
            assert!(text.contains(word), "{}: {word} is not in the text", path.display());
            assert!(page.contains(xml::escape_text(word).as_ref()), "{}: {word} is not in the page", path.display());
            n_words += 1;
        }
    }
    println!("{n_words} words of published examples rendered");
}

/// The published examples, in a folder beside the repository or above it.
fn examples() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = here.ancestors().map(|it| it.join("shared/data/ans/cda"));
    folders.find(|it| it.is_dir()).unwrap_or_else(|| here.join("../../../shared/data/ans/cda"))
}
