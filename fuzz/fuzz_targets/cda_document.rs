//! Any bytes are a document or refused; what was read is written, and says the same when read again.
#![no_main]

use cda::{Limits, facts};
use libfuzzer_sys::fuzz_target;
use rendering::{
    document::Sheet,
    html::{self, Look},
    self_presentable, text,
};

fuzz_target!(|input: &[u8]| {
    let limits = Limits { size_bytes: 1 << 20, nodes: 1 << 14, depth: 60 };
    let Ok(source) = xml::decode(input) else { return };
    let Ok((document, quirks)) = cda::read(&source, &limits) else { return };
    let (sheet, look) = (Sheet::new(&document), Look::default());
    let page = html::page(&sheet, &look);
    assert!(!page.contains("<script") && !page.contains("javascript:"));
    let _ = text::page(&sheet);
    let _ = cr_bio::lint::examine(source.as_bytes());
    let _ = cr_bio::received::results(&document);
    let written = cda::write(&document);
    assert!(self_presentable::wrap(&written, &look).is_some());
    let written = std::str::from_utf8(&written).expect("we write UTF-8");
    let again = cda::parse(written, &Limits::default()).expect("what we write is XML");
    // By a reader that is not ours.
    if let (0, Ok(tree)) = (quirks.n_lost, cda::parse(&source, &limits)) {
        let differences = facts::differences(&facts::facts(&tree, 1000), &facts::facts(&again, 1000));
        assert!(differences.is_empty(), "{differences:?}");
    }
});
