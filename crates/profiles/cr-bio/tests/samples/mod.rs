//! Synthetic reports that the tests and the speed example render. Everything in them is invented.
#![allow(dead_code, unused_imports, clippy::unwrap_used)]

mod any;
mod complete;
mod copy;
mod edge;
mod parts;
mod screening;
mod trod;
mod usual;

pub use any::any;
pub use complete::*;
pub use copy::{copy_of, printing};
pub use edge::*;
pub use parts::*;
pub use screening::*;
pub use trod::*;
pub use usual::*;

use cr_bio::{DocumentSettings, Facility, LocalRoots, PracticeSetting, Software};
use ins::Environment;
use lab::{
    patient::IdentityStatus,
    person::Professional,
    quantity::Coded,
    report::{Battery, Item, Report, Validator, Validators},
};

/// Every sample with its name.
pub fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("chemistry", chemistry()),
        ("several_chapters", several_chapters()),
        ("partial", partial()),
        ("completed", completed()),
        ("corrected", corrected()),
        ("corrected_and_partial", corrected_and_partial()),
        ("microbiology", microbiology()),
        ("identity_not_qualified", identity_not_qualified()),
        ("without_loinc", without_loinc()),
        ("prescriber_without_rpps", prescriber_without_rpps()),
        ("hostile", hostile()),
        ("bare", bare()),
        ("hospital", hospital()),
        ("mentions", mentions()),
        ("complete", complete()),
        ("screening", screening()),
        ("screening_with_report", screening_with_report()),
        ("self_sampling", self_sampling()),
    ]
}

/// Reports that lack what no null flavor may replace, with the finding that must stop their signature.
pub fn incomplete() -> Vec<(&'static str, &'static str, Report)> {
    let with = |change: fn(&mut Report)| {
        let mut report = chemistry();
        change(&mut report);
        report
    };
    vec![
        ("signer_without_number", "CRBIO-ID", with(|it| it.signer.rpps = None)),
        (
            "validator_without_number",
            "CRBIO-ID",
            with(|it| it.chapters[0].sections[0].validators = Validators::one(nameless())),
        ),
        ("director_without_number", "CRBIO-ID", with(|it| it.laboratory.director.rpps = None)),
        (
            "no_birth_date",
            "CRBIO-BIRTH",
            with(|it| {
                edit_patient(it, |patient| {
                    patient.status = IdentityStatus::Provisional;
                    patient.traits.birth_date = None;
                });
            }),
        ),
        ("no_birth_name", "CRBIO-NAME", with(|it| edit_patient(it, |patient| patient.traits.birth_name = " ".into()))),
        (
            "no_given_name",
            "CRBIO-NAME",
            with(|it| {
                edit_patient(it, |patient| {
                    patient.status = IdentityStatus::Provisional;
                    patient.traits.first_given = String::new();
                    patient.traits.given_names = String::new();
                    patient.traits.used_given = None;
                });
            }),
        ),
        ("laboratory_without_name", "CRBIO-NAME", with(|it| it.laboratory.name = String::new())),
    ]
}

/// A validator without national number.
fn nameless() -> Validator {
    Validator { professional: Professional { rpps: None, ..biologist() }, at: at("2026-01-04T13:20:00Z") }
}

pub fn settings() -> DocumentSettings {
    DocumentSettings {
        roots: LocalRoots::under(&oid("1.2.250.1.999.7")).unwrap(),
        environment: Environment::Test,
        software: Some(Software { name: "Paillasse".into(), version: "0.1.0".into() }),
        facility: Facility::MedicalBiologyLaboratory,
        practice: PracticeSetting::Ambulatory,
    }
}

pub fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n% a synthetic file <pdfaid:part>1</pdfaid:part>\n%%EOF\n".repeat(40)
}

/// `n` results in batteries of ten, with ranges, methods and previous results.
pub fn large(n: usize) -> Report {
    let sample = chemistry();
    let Item::Result(result) = &sample.chapters[0].sections[0].items[0] else { unreachable!() };
    let batteries = (0..n.div_ceil(10)).map(|at| {
        let n_results = (n - at * 10).min(10);
        Item::Battery(Battery {
            code: Coded::loinc("24331-1", "Bilan"),
            results: vec![result.clone(); n_results],
            comments: Vec::new(),
        })
    });
    report(vec![chapter("18719-5", "Biochimie", vec![section("18719-5", "Biochimie", batteries.collect())])])
}
