//! Any expression over any document stays within its bounds: the input is an expression, a NUL, a document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::BufRead;
use std::sync::Arc;
use xpath::{Bounds, Document, Files, Frame, Library, Limits, Names, NodeId, Opened, Program, Run, Scope};

struct NoFiles;

impl Files for NoFiles {
    fn open(&self, _: &str) -> std::io::Result<Option<Box<dyn BufRead + '_>>> {
        Ok(None)
    }

    fn size_bytes(&self, _: &str) -> Option<u64> {
        None
    }
}

const DOCUMENT: &[u8] = include_bytes!("../../crates/formats/xpath/tests/cases/nodes.xml");
const BOUNDS: Bounds = Bounds { steps: 50_000, calls: 100, items: 1 << 16, text_bytes: 1 << 20, stack_bytes: 1 << 20 };

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let Some(Ok(expression)) = parts.next().map(std::str::from_utf8) else { return };
    let scope = Scope { namespaces: [("p".into(), "urn:p".into())].into(), ..Scope::default() };
    let (mut program, mut names) = (Program::default(), Names::new());
    let Ok(compiled) = program.compile(&mut names, &scope, expression, &[]) else { return };
    let names = Arc::new(names);
    let Ok(document) = Document::parse(parts.next().unwrap_or(DOCUMENT), &names, &Limits::default()) else { return };
    let library = Library::new(Box::new(NoFiles), names);
    let opened = Opened::default();
    let run = Run::new(&program, &library, &document, &opened, &BOUNDS);
    let frame = Frame::plain(NodeId::DOCUMENT, "");
    let _ = run.truth(compiled, &frame.context());
    run.refill(&BOUNDS);
    let _ = run.texts(compiled, &frame.context());
});
