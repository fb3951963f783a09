//! The official schema and schematrons judge what we render, by tools that are not ours.
//!
//! Needs python3 with `saxonche` and `lxml`, and the oracle folder; says what it skipped otherwise.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod samples;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Exit code of the judge when a tool or the oracle is missing.
const MISSING: i32 = 3;

/// For each judge, a change of a clean document that it must notice.
const MUTATIONS: [(&str, &str, &str); 8] = [
    ("xsd", "<realmCode code=\"FR\"/>", "<realmCode code=\"F R\"/>"),
    ("cr-bio", "<title>Compte rendu d'examens biologiques</title>", "<title>Compte rendu</title>"),
    ("modeles-cda", "<originalText><reference value=\"#r2\"/></originalText>", ""),
    ("modeles-ans", "<title>Copie du document</title>", "<title>Copie</title>"),
    ("ihe", "<entry typeCode=\"DRIV\">", "<entry typeCode=\"COMP\">"),
    ("terminologies", "unit=\"mmol/L\"", "unit=\"MMOL/L\""),
    ("strucmin", "<languageCode code=\"fr-FR\"/>", ""),
    ("strucmin", " qualifier=\"BR\">DOMINIQUE<", ">DOMINIQUE<"),
];

/// How many reports drawn over the whole model are judged here; our own engine judges more of them.
const DRAWN: u64 = 20;

/// The same, of a cervical screening.
const SCREENING_MUTATIONS: [(&str, &str, &str); 9] = [
    ("cr-bio", "<templateId root=\"1.2.250.1.213.1.1.2.128\"/>", ""),
    ("ihe", "<code code=\"42349-1\"", "<code code=\"11369-6\""),
    ("ihe", "<templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.4.5\"/>", ""),
    ("ihe", " negationInd=\"true\"", ""),
    ("ihe", "<code code=\"11369-6\"", "<code code=\"42349-1\""),
    ("modeles-cda", "<text><reference value=\"#vaccine1\"/></text>", ""),
    ("modeles-cda", "code=\"IMMUNIZ\"", "code=\"IMMUNIZE\""),
    ("terminologies", "code=\"B97.7\"", "code=\"B97.77\""),
    ("strucmin", "<standardIndustryClassCode code=\"DEPISTAGE\"", "<standardIndustryClassCode code=\"SCREENING\""),
];

/// The same, of a rapid test.
const RAPID_TEST_MUTATIONS: [(&str, &str, &str); 9] = [
    ("trod", "<templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.1.1\"/>", ""),
    ("trod", "<code code=\"96173-0\"", "<code code=\"11502-2\""),
    ("trod", "<participant typeCode=\"DEV\">", "<participant typeCode=\"PRD\">"),
    ("trod", "<id root=\"2.51.1.1\"", "<id root=\"2.51.1.2\""),
    ("trod", "xsi:type=\"CD\" code=\"260385009\"", "xsi:type=\"CD\" code=\"260415000\""),
    ("trod", "<standardIndustryClassCode code=\"DEPISTAGE\"", "<standardIndustryClassCode code=\"AMBULATOIRE\""),
    ("ihe", "<entry typeCode=\"DRIV\">", "<entry typeCode=\"COMP\">"),
    ("terminologies", "code=\"J02.0\"", "code=\"J02.77\""),
    ("strucmin", "<languageCode code=\"fr-FR\"/>", ""),
];

fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("PAILLASSE_PYTHON") {
        return python.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .unwrap_or_default();
    let venv = cache.join("paillasse/venv/bin/python");
    if venv.is_file() { venv } else { "python3".into() }
}

/// Runs the judge; `None`, said aloud, when it cannot judge here.
fn judge(arguments: &[OsString]) -> Option<(bool, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/cr-bio/judge.py");
    let Ok(output) = Command::new(python()).arg(script).args(arguments).output() else {
        println!("skipped: python3 is missing, no document was judged");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.code() == Some(MISSING) {
        println!("{said}");
        return None;
    }
    Some((output.status.success(), said + &String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn every_sample_is_clean_for_the_official_rules_and_every_mutant_is_caught() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cr-bio-official");
    fs::create_dir_all(&folder).unwrap();
    let mut arguments: Vec<OsString> = Vec::new();
    for (name, report) in samples::all() {
        let path = folder.join(format!("{name}.xml"));
        fs::write(&path, cr_bio::v2024_01::render(&report, &samples::pdf(), &samples::settings())).unwrap();
        arguments.push(path.into());
    }
    for seed in 0..DRAWN {
        let path = folder.join(format!("drawn-{seed}.xml"));
        let report = samples::any(7919 * seed);
        fs::write(&path, cr_bio::v2024_01::render(&report, &samples::pdf(), &samples::settings())).unwrap();
        arguments.push(path.into());
    }
    // Level 1 is for the rules of every volet: those of CR-BIO want a structured body.
    for (name, report) in samples::all() {
        let path = folder.join(format!("{name}-level-1.xml"));
        fs::write(&path, cr_bio::v2024_01::render_level_1(&report, &samples::pdf(), &samples::settings())).unwrap();
        arguments.extend(["--common".into(), path.into()]);
    }
    let chemistry = samples::chemistry();
    let screening = samples::screening();
    let mutations = MUTATIONS.iter().map(|it| (&chemistry, it));
    let mutations = mutations.chain(SCREENING_MUTATIONS.iter().map(|it| (&screening, it)));
    for (number, (report, (judge, from, to))) in mutations.enumerate() {
        let clean = cr_bio::v2024_01::render(report, &samples::pdf(), &samples::settings());
        let clean = String::from_utf8(clean).unwrap();
        assert!(clean.contains(from), "nothing to mutate for {judge}: {from}");
        let path = folder.join(format!("mutant-{number}.xml"));
        fs::write(&path, clean.replacen(from, to, 1)).unwrap();
        let mut argument = OsString::from(format!("{judge}="));
        argument.push(&path);
        arguments.extend(["--mutant".into(), argument]);
    }
    let rapid = |report| String::from_utf8(cr_bio::trod::render(&report, &samples::pharmacy()).unwrap()).unwrap();
    for (name, report) in samples::rapid_tests() {
        let path = folder.join(format!("{name}.xml"));
        fs::write(&path, rapid(report)).unwrap();
        arguments.extend(["--trod".into(), path.into()]);
    }
    let clean = rapid(samples::angina());
    for (number, (judge, from, to)) in RAPID_TEST_MUTATIONS.iter().enumerate() {
        assert!(clean.contains(from), "nothing to mutate for {judge}: {from}");
        // Every author, signer and performer has the frame of practice: what is asked of one is asked of each.
        let path = folder.join(format!("mutant-trod-{number}.xml"));
        fs::write(&path, clean.replace(from, to)).unwrap();
        let mut argument = OsString::from(format!("{judge}="));
        argument.push(&path);
        arguments.extend(["--mutant".into(), argument]);
    }
    for (name, _, report) in samples::incomplete() {
        let path = folder.join(format!("incomplete-{name}.xml"));
        fs::write(&path, cr_bio::v2024_01::render(&report, &samples::pdf(), &samples::settings())).unwrap();
        let mut argument = OsString::from("strucmin=");
        argument.push(&path);
        arguments.extend(["--mutant".into(), argument]);
    }
    if let Some((passed, said)) = judge(&arguments) {
        assert!(passed, "{said}");
        println!("{said}");
    }
}

#[test]
fn the_judge_finds_nothing_in_the_published_examples() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data/ans/cda"))
        .find(|folder| folder.is_dir());
    let Some(folder) = examples else {
        println!("skipped: the published examples are not beside the repository");
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let of = |volet: &str| -> Vec<OsString> {
        let is_of = |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(volet));
        files.iter().filter(is_of).map(OsString::from).collect()
    };
    let mut arguments = of("BIO-CR-BIO_2024.01");
    assert_eq!(arguments.len(), 11);
    let rapid_tests = of("BIO-TROD_2024.01");
    assert_eq!(rapid_tests.len(), 4);
    arguments.extend(rapid_tests.into_iter().flat_map(|path| ["--trod".into(), path]));
    if let Some((passed, said)) = judge(&arguments) {
        assert!(passed, "{said}");
    }
}
