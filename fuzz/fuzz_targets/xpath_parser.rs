//! Any text is an expression or refused, by the rules of XPath 2.0 and of XPath 1.0.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xpath::{Names, Program, Scope};

fuzz_target!(|text: &str| {
    for is_xpath1 in [false, true] {
        let scope = Scope { namespaces: [("p".into(), "urn:p".into())].into(), is_xpath1, ..Scope::default() };
        let _ = Program::default().compile(&mut Names::new(), &scope, text, &[]);
    }
});
