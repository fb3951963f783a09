//! What is measured of documents: read, written and rendered, each without its files in base64, whose bytes would hide the
//! work: they are copied.

use cda::Limits;
use rendering::{
    document::Sheet,
    html::{self, Look},
    text,
};
use std::{fs, hint::black_box, time::Instant};

/// In: `modelled` or `rendered`, then files. Out: lines; with how many allocations a document takes, where they are counted.
pub fn measure(n_allocations: Option<fn() -> usize>) {
    let limits = Limits::default();
    let is_rendered = std::env::args().nth(1).as_deref() == Some("rendered");
    let sources: Vec<String> = std::env::args().skip(2).map(|path| without_files(&fs::read(path).unwrap())).collect();
    let n_bytes: usize = sources.iter().map(String::len).sum();
    println!("{} documents of {} bytes in the mean, files left out", sources.len(), n_bytes / sources.len());

    let documents: Vec<_> = sources.iter().map(|source| cda::read(source, &limits).unwrap().0).collect();
    let look = Look::default();
    let sheets: Vec<_> = documents.iter().map(Sheet::new).collect();

    let time = |what: &str, run: &dyn Fn(usize) -> usize| {
        let before = n_allocations.map(|count| count());
        (0..sources.len()).for_each(|at| _ = black_box(run(at)));
        let counted = n_allocations.zip(before).map(|(count, before)| (count() - before) / sources.len());
        let counted = counted.map(|n| format!(", {n} allocations a document")).unwrap_or_default();
        // The best of many rounds: other work on the machine is left out.
        let best = (0..40).map(|_| round(sources.len(), run)).min_by(f64::total_cmp).unwrap();
        println!(
            "{what}: {:.0} documents/s, {:.2} ns/byte{counted}",
            sources.len() as f64 / best,
            best * 1e9 / n_bytes as f64
        );
    };
    if is_rendered {
        time("lay out and write HTML", &|at| html::page(&Sheet::new(black_box(&documents[at])), &look).len());
        time("write HTML", &|at| html::page(black_box(&sheets[at]), &look).len());
        time("write text", &|at| text::page(black_box(&sheets[at])).len());
    } else {
        time("read", &|at| cda::read(black_box(&sources[at]), &limits).unwrap().1.count);
        time("write", &|at| cda::write(black_box(&documents[at])).len());
    }
}

/// Seconds that one pass over all documents takes.
fn round(n: usize, run: &dyn Fn(usize) -> usize) -> f64 {
    const PASSES: u32 = 5;
    let started = Instant::now();
    for _ in 0..PASSES {
        (0..n).for_each(|at| _ = black_box(run(at)));
    }
    started.elapsed().as_secs_f64() / f64::from(PASSES)
}

/// The document with every file in base64 made of four characters.
fn without_files(bytes: &[u8]) -> String {
    let source = xml::decode(bytes).unwrap();
    let tree = roxmltree::Document::parse(&source).unwrap();
    let mut out = String::new();
    let mut from = 0;
    for text in tree.descendants().filter(|it| it.is_text()) {
        if text.parent().is_some_and(|it| it.attribute("representation") == Some("B64")) {
            out.push_str(&source[from..text.range().start]);
            out.push_str("AAAA");
            from = text.range().end;
        }
    }
    out + &source[from..]
}
