//! What mutants are, on a small document.

use super::*;

const DOCUMENT: &str = "<?xml version=\"1.0\"?>\n<a xmlns=\"urn:a\" xmlns:b='urn:b'>\n  <id root=\"1.2.3.4\" extension='x'/>\n  \
    <time value=\"20240115\"/>\n  <b:c code=\"1&lt;2\">é text</b:c>\n  <d><e/>tail</d>\n</a>\n";

#[test]
fn every_sampled_mutant_is_well_formed_distinct_and_different() {
    let mutants = sample(DOCUMENT, 10_000, &mut Draw::new(1));
    let texts: HashSet<&str> = mutants.iter().map(|it| it.text.as_str()).collect();
    assert!(mutants.len() > 150, "{}", mutants.len());
    assert_eq!(texts.len(), mutants.len());
    assert!(!texts.contains(DOCUMENT));
    for text in texts {
        assert!(Document::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn the_same_seed_gives_the_same_mutants() {
    let texts = |seed| sample(DOCUMENT, 40, &mut Draw::new(seed)).into_iter().map(|it| it.text).collect::<Vec<_>>();
    assert_eq!(texts(7), texts(7));
    assert_ne!(texts(7), texts(8));
}

#[test]
fn each_operator_does_what_it_says() {
    let document = Document::parse(DOCUMENT).expect("well formed");
    let made: Vec<(&str, String)> = all(&document).iter().map(|it| (it.operator, it.applied(DOCUMENT))).collect();
    let has = |operator: &str, part: &str| made.iter().any(|(it, text)| *it == operator && text.contains(part));
    assert!(has("swap", "<time value=\"20240115\"/>\n  <id root=\"1.2.3.4\" extension='x'/>"));
    assert!(has("move-to-end", "</d>\n<time value=\"20240115\"/></a>"));
    assert!(has("rename-unknown", "<b:cX code=\"1&lt;2\">é text</b:cX>"));
    assert!(has("namespace", "<b:c xmlns:b=\"urn:other\" code"));
    assert!(has("no-namespace", "<a xmlns=\"\" xmlns:b='urn:b'>"));
    assert!(has("null-flavor", "<id nullFlavor=\"UNK\" root"));
    assert!(has("attribute-delete", "<id  extension='x'/>"));
    assert!(has("attribute-rename", "rootX=\"1.2.3.4\""));
    assert!(has("time", "value=\"20241315\""));
    assert!(has("text-split", "é t<!--zzz-->ext"));
    assert!(has("attribute-longer", "code=\"1&lt;2zzz\""));
}

#[test]
fn long_payloads_are_cut_to_base64_and_other_texts_are_kept() {
    let text = format!("<a><b>{}</b><c>{}</c></a>", "QUJD\n".repeat(2000), "not base64! ".repeat(1000));
    let short = payload::shortened(&text);
    assert!(short.len() < 13_000, "{}", short.len());
    assert!(short.contains(&format!("<b>{}</b>", "QUJD".repeat(100))));
}
