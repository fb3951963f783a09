//! A schema by way of its bytes says what the schema said: of the official examples, and of those that are spoilt.
//!
//! Needs the oracle folder `ans`; says what it skipped otherwise.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod mutants;
mod oracle;

use std::fs;
use xsd::Schema;

#[test]
fn a_stored_schema_gives_the_same_verdicts_on_the_official_examples() {
    let Some(pack) = oracle::pack() else { return };
    let (schema, _) = pack.schema();
    let folder = pack.folder.clone();
    let read = move |path: &str| fs::read(folder.join(path)).ok();
    let stored = Schema::from_bytes(read, oracle::SCHEMA, &schema.to_bytes().unwrap()).unwrap();
    let examples = pack.examples();
    for (name, bytes) in &examples {
        assert_eq!(stored.is_certainly_valid(bytes), schema.is_certainly_valid(bytes), "{name}");
        assert_eq!(stored.validate(bytes), schema.validate(bytes), "{name}");
    }
    for (n, mutant) in mutants::all(&examples, 500).iter().enumerate() {
        let bytes = mutant.text.as_bytes();
        assert_eq!(stored.is_certainly_valid(bytes), schema.is_certainly_valid(bytes), "{}: {}", mutant.of, mutant.how);
        // It takes long, so one in thirty is tried.
        if n % 30 == 0 {
            assert_eq!(stored.validate(bytes), schema.validate(bytes), "{}: {}", mutant.of, mutant.how);
        }
    }
}
