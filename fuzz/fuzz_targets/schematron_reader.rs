//! Any schema compiles or is refused, and checks a document within its bounds.
//!
//! The input is files, a NUL between them: `0.sch`, which is compiled, then `1.sch`, `2.sch`… for what it includes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schematron::{Bounds, CheckOptions, Document, Files, Limits, Options};
use std::io::BufRead;

struct Virtual(Vec<Vec<u8>>);

impl Virtual {
    fn find(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name.strip_suffix(".sch")?.parse::<usize>().ok()?).map(Vec::as_slice)
    }
}

impl Files for Virtual {
    fn open(&self, name: &str) -> std::io::Result<Option<Box<dyn BufRead + '_>>> {
        Ok(self.find(name).map(|it| Box::new(it) as Box<dyn BufRead>))
    }

    fn size_bytes(&self, name: &str) -> Option<u64> {
        self.find(name).map(|it| it.len() as u64)
    }
}

const DOCUMENT: &[u8] = include_bytes!("../../crates/formats/xpath/tests/cases/nodes.xml");

fuzz_target!(|input: &[u8]| {
    let files: Vec<Vec<u8>> = input.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    let Ok(ruleset) = schematron::compile(&Virtual(files.clone()), &|_| None, &["0.sch"], &Options::default()) else { return };
    let Ok(document) = Document::parse(DOCUMENT, ruleset.names(), &Limits::default()) else { return };
    let library = ruleset.library(Box::new(Virtual(files)));
    let bounds = Bounds { steps: 2_000, calls: 20, items: 1 << 14, text_bytes: 1 << 18, stack_bytes: 1 << 20 };
    let report = ruleset.check(&document, &library, &CheckOptions { bounds, ..CheckOptions::default() });
    for failure in report.schemas.iter().flat_map(|it| &it.failed) {
        let _ = ruleset.show(&document, failure);
    }
});
