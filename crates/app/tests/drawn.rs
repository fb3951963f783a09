//! Reports drawn over the whole model, each judged by the schema and the six official schematrons, run by our engine.
//!
//! Needs the oracle folder `ans`; says that it skipped otherwise. The engine itself is judged by Saxon elsewhere.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../profiles/cr-bio/tests/samples/mod.rs"]
mod samples;

use app::{
    Env,
    conformity::{Conformity, Options, Verdict},
};
use std::path::PathBuf;

/// How many are judged.
const N: u64 = 300;

/// The official pack: `$PAILLASSE_ORACLES/ans`, else in the user's cache.
fn pack() -> Option<PathBuf> {
    let cache = || {
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::var_os("HOME").map(|it| PathBuf::from(it).join(".cache")))?;
        Some(home.join("paillasse/oracles"))
    };
    let oracles = std::env::var_os("PAILLASSE_ORACLES").map(PathBuf::from).or_else(cache)?;
    Some(oracles.join("ans")).filter(|it| it.is_dir())
}

#[test]
fn any_report_of_the_model_is_clean_for_the_schema_and_the_official_schematrons() {
    let Some(pack) = pack() else {
        println!("skipped: {N} drawn reports need the official pack");
        return;
    };
    let conformity = Conformity::open(&pack, None, Env::system(), Options::default()).unwrap();
    let pdf = samples::pdf();
    for seed in 0..N {
        // Not those of the quick checks only: far seeds too.
        let report = samples::any(seed * 1_000_003);
        let document = cr_bio::v2024_01::render(&report, &pdf, &samples::settings());
        let outcome = conformity.check(&document);
        assert_eq!(outcome.schematrons.len(), 6);
        let failed: Vec<_> = outcome.schematrons.iter().flat_map(|it| it.failed.iter().chain(&it.reports)).collect();
        assert_eq!(outcome.verdict(), Verdict::Clean, "seed {seed}: {:?} {failed:?}", outcome.xsd);
    }
}
