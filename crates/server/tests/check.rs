//! `paillasse check` as the shell runs it: on a tiny pack written here, and on the official one where it is present.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::Value;

const COMMON: [&str; 5] = [
    "schematrons/profils/structurationMinimale/ASIP-STRUCT-MIN-StrucMin.sch",
    "schematrons/profils/IHE.sch",
    "schematrons/profils/CI-SIS_ModelesDeContenusCDA.sch",
    "schematrons/profils/CI-SIS_Modeles_ANS.sch",
    "schematrons/profils/terminologies/schematron/terminologie.sch",
];
const VOLET: &str = "schematrons/CI-SIS_BIO-CR-BIO_2024.01.sch";

fn schema(body: &str) -> String {
    format!(
        r#"<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><title>Essai</title>
        <ns prefix="cda" uri="urn:hl7-org:v3"/><ns prefix="xs" uri="http://www.w3.org/2001/XMLSchema"/>{body}</schema>"#
    )
}

/// A pack of our own with the shape of the official one, its defects included.
struct Bench(PathBuf);

impl Bench {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("paillasse-check-{}-{name}", std::process::id()));
        // Of an earlier run.
        let _ = fs::remove_dir_all(&root);
        let bench = Self(root);
        let types = "doc('include/voc-1.2.250.1.213.1.1.5.471-DYNAMIC.xml')//concept/@code";
        let minimal = format!(
            r#"<pattern id="types"><rule context="/cda:ClinicalDocument">
            <assert role="error" id="type" test="cda:code/@code = {types}">Type <value-of select="cda:code/@code"/> inconnu.</assert>
            <assert role="warning" test="cda:title">Un titre est attendu.</assert></rule></pattern>"#
        );
        let ihe = r#"<include href="include/entrees/lower.sch"/>"#;
        let bodies = [minimal.as_str(), ihe, "", "", ""];
        for (file, body) in COMMON.iter().zip(bodies) {
            bench.write(&format!("pack/{file}"), &schema(body));
        }
        let volet = r#"<pattern id="Entete_CR-BIO"><rule context="cda:ClinicalDocument"><let name="n" value="cda:versionNumber/@value"/>
            <assert test="xs:integer($n) gt 0">La version est un entier positif.</assert>
            <report test="cda:confidential">À relire.</report></rule></pattern>"#;
        bench.write(&format!("pack/{VOLET}"), &schema(volet));
        bench.write(
            "pack/schematrons/profils/include/Entrees/Lower.sch",
            r#"<pattern xmlns="http://purl.oclc.org/dsdl/schematron" id="lower"><rule context="cda:id"><assert test="@root">Un identifiant a une racine.</assert></rule></pattern>"#,
        );
        bench.write(
            "pack/jeuxDeValeurs/JDV_J07_XdsTypeCode_CISIS.xml",
            r#"<R xmlns="urn:ihe:iti:svs:2008"><ConceptList><Concept code="11502-2" codeSystem="1"/></ConceptList></R>"#,
        );
        bench.document("clean.xml", "11502-2", "");
        bench
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A document of the volet 2024.01.
    fn document(&self, name: &str, code: &str, more: &str) -> PathBuf {
        let title = if more.contains("<title") { "" } else { "<title>CR</title>" };
        let version = if more.contains("<versionNumber") { "" } else { r#"<versionNumber value="1"/>"# };
        let text = format!(
            r#"<?xml version="1.0"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
<templateId root="1.2.250.1.213.1.1.1.1"/>
<templateId root="1.2.250.1.213.1.1.1.55" extension="2024.01"/>
<id root="1.2"/><code code="{code}"/>{title}{version}{more}
</ClinicalDocument>"#
        );
        self.write(&format!("documents/{name}"), &text)
    }

    /// The schema of the pack, with this content in its root element.
    fn xsd(&self, content: &str) {
        let text = format!(
            r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hl7-org:v3" elementFormDefault="qualified">
            <xs:element name="ClinicalDocument"><xs:complexType><xs:sequence>{content}</xs:sequence></xs:complexType></xs:element></xs:schema>"#
        );
        self.write("pack/infrastructure/cda/CDA_extended.xsd", &text);
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn check(&self, arguments: &[&str]) -> Output {
        let pack = self.path("pack");
        self.run(&[&["--pack", &pack], arguments].concat())
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_paillasse"))
            .arg("check")
            .args(arguments)
            .env("XDG_CACHE_HOME", self.0.join("cache"))
            .output()
            .unwrap()
    }

    fn json(&self, arguments: &[&str]) -> (i32, Vec<Value>) {
        let output = self.check(&[&["--json"], arguments].concat());
        let lines = text(&output).lines().map(|it| serde_json::from_str(it).unwrap()).collect();
        (output.status.code().unwrap(), lines)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // A folder of the system's own to clean.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn of<'v>(line: &'v Value, name: &str) -> &'v Value {
    line["schematrons"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()
}

#[test]
fn a_clean_document_has_the_shape_that_scripts_rely_on() {
    let bench = Bench::new("clean");
    let (code, lines) = bench.json(&[&bench.path("documents/clean.xml")]);
    assert_eq!((code, lines.len()), (0, 1), "{lines:?}");
    let line = &lines[0];
    assert_eq!(line["file"], bench.path("documents/clean.xml"));
    for key in ["xsd", "lint", "schematrons"] {
        assert!(line.get(key).is_some(), "{key}");
    }
    let names: Vec<&str> =
        line["schematrons"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    let expected: Vec<&str> = COMMON.iter().chain([&VOLET]).map(|it| it.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, expected);
    for it in line["schematrons"].as_array().unwrap() {
        assert!(it["fired"].is_u64());
        for key in ["failed", "reports", "not_evaluable"] {
            assert_eq!(it[key].as_array().map(Vec::len), Some(0), "{key} of {}", it["name"]);
        }
    }
    assert_eq!(of(line, "IHE.sch")["fired"], 1);
    let repaired: Vec<(&str, bool)> = line["pack"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["code"].as_str().unwrap(), it["repaired"].as_bool().unwrap()))
        .collect();
    assert!(
        repaired.contains(&("PACK-LETTER-CASE", true)) && repaired.contains(&("PACK-TYPE-CODES", true)),
        "{repaired:?}"
    );
}

#[test]
fn what_fails_is_named_by_rule_test_location_role_and_message() {
    let bench = Bench::new("failing");
    let file = bench.document("failing.xml", "OTHER", "<confidential/><!-- <title> -->");
    let (code, lines) = bench.json(&[file.to_str().unwrap()]);
    assert_eq!(code, 1);
    let minimal = of(&lines[0], "ASIP-STRUCT-MIN-StrucMin.sch");
    let failed = minimal["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 2);
    assert_eq!(failed[0]["rule"], "types//cda:ClinicalDocument");
    assert_eq!(failed[0]["location"], "/Q{urn:hl7-org:v3}ClinicalDocument[1]");
    assert_eq!((&failed[0]["role"], &failed[0]["id"]), (&"error".into(), &"type".into()));
    assert_eq!(failed[0]["message"], "Type OTHER inconnu.");
    assert_eq!((&failed[1]["role"], &failed[1]["test"]), (&"warning".into(), &"cda:title".into()));
    let reports = of(&lines[0], "CI-SIS_BIO-CR-BIO_2024.01.sch")["reports"].as_array().unwrap().clone();
    assert_eq!((reports.len(), &reports[0]["message"]), (1, &"À relire.".into()));

    let said = bench.check(&[file.to_str().unwrap()]);
    let said = text(&said);
    for expected in [
        "non conforme : 1 erreur, 1 avertissement, 1 signalement",
        "Type OTHER inconnu.",
        "règle types//cda:ClinicalDocument",
        "ASIP-STRUCT-MIN-StrucMin.sch:",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    assert!(!said.contains('\u{1b}'), "colors only on a terminal");
}

#[test]
fn what_cannot_be_evaluated_is_never_a_pass() {
    let bench = Bench::new("not-evaluable");
    let file = bench.document("version.xml", "11502-2", r#"<versionNumber value="one"/>"#);
    let (code, lines) = bench.json(&[file.to_str().unwrap()]);
    assert_eq!(code, 2);
    let it = &of(&lines[0], "CI-SIS_BIO-CR-BIO_2024.01.sch")["not_evaluable"][0];
    assert_eq!(it["rule"], "Entete_CR-BIO/cda:ClinicalDocument");
    assert_eq!(it["test"], "xs:integer($n) gt 0");
    assert!(it["message"].as_str().is_some_and(|it| it.contains("FORG0001")), "{it}");

    let (code, lines) = bench.json(&["--no-repair", &bench.path("documents/clean.xml")]);
    assert_eq!(code, 2);
    assert_eq!(of(&lines[0], "ASIP-STRUCT-MIN-StrucMin.sch")["not_evaluable"].as_array().unwrap().len(), 1);
    assert!(of(&lines[0], "IHE.sch")["uncompilable"].is_string());
    assert!(lines[0]["pack"].as_array().unwrap().iter().all(|it| it["repaired"] == false));
}

#[test]
fn a_version_without_volet_is_said_and_is_not_a_pass() {
    let bench = Bench::new("version");
    let file = bench.document("clean.xml", "11502-2", "");
    let text = fs::read_to_string(&file).unwrap().replace("2024.01", "2031.01");
    fs::write(&file, text).unwrap();
    let (code, lines) = bench.json(&[file.to_str().unwrap()]);
    assert_eq!((code, &lines[0]["volet"]["chosen"]), (2, &"absent".into()));
}

#[test]
fn what_is_not_xml_or_not_there_is_said_in_french_and_never_crashes() {
    let bench = Bench::new("bad");
    let bad = bench.write("documents/bad.xml", "<a><b></a>");
    let empty = bench.write("documents/empty.xml", "");
    let missing = bench.path("documents/missing.xml");
    let arguments = [bad.to_str().unwrap(), empty.to_str().unwrap()];
    let (code, lines) = bench.json(&arguments);
    assert_eq!((code, lines.len()), (1, 2));
    assert!(
        lines[0]["error"].as_str().is_some_and(|it| it.starts_with("Ce document n'est pas du XML lisible. (ligne 1"))
    );
    assert_eq!((&lines[0]["xsd"]["ok"], lines[1]["error"].is_string()), (&false.into(), true));

    let (code, lines) = bench.json(&[&missing, &bench.path("documents/clean.xml")]);
    assert_eq!((code, lines.len()), (2, 2));
    assert_eq!((&lines[0]["error"], &lines[1]["error"]), (&"ce fichier n'existe pas".into(), &Value::Null));

    let nowhere = bench.run(&["--pack", &bench.path("nowhere"), &missing]);
    assert!(nowhere.status.code() == Some(2) && errors(&nowhere).contains("n'est pas un dossier"));
    let other = bench.run(&["--pack", &bench.path("documents"), &missing]);
    assert!(other.status.code() == Some(2) && errors(&other).contains("ne contient pas les schematrons communs"));
    let schematron = bench.check(&["--schematron", "none.sch", &missing]);
    assert!(schematron.status.code() == Some(2) && errors(&schematron).contains("ce schematron n'existe pas"));
}

#[test]
fn folders_are_read_in_order_and_schematrons_chosen_by_hand() {
    let bench = Bench::new("folder");
    for n in 0..12 {
        bench.document(&format!("many/{n:02}.xml"), "11502-2", "");
    }
    bench.write("documents/many/notes.txt", "not a document");
    let (code, lines) = bench.json(&[&bench.path("documents/many")]);
    assert_eq!((code, lines.len()), (0, 12));
    let files: Vec<&str> = lines.iter().map(|it| it["file"].as_str().unwrap()).collect();
    assert!(files.is_sorted());

    let volet = bench.path(&format!("pack/{VOLET}"));
    for given in [VOLET, volet.as_str()] {
        let (code, lines) = bench.json(&["--schematron", given, &bench.path("documents/clean.xml")]);
        assert_eq!((code, lines[0]["schematrons"].as_array().unwrap().len()), (0, 1), "{given}");
    }
    let alone = bench.run(&["--json", "--schematron", &volet, &bench.path("documents/clean.xml")]);
    assert_eq!(alone.status.code(), Some(0), "{}", errors(&alone));
}

#[test]
fn without_a_pack_our_own_rules_are_run_and_it_is_said() {
    let bench = Bench::new("without");
    let file = bench.path("documents/clean.xml");
    let said = bench.run(&[&file]);
    assert_eq!(said.status.code(), Some(0));
    assert!(errors(&said).contains("Sans --pack"), "{}", errors(&said));
    assert!(text(&said).contains("nos contrôles seulement"));
    let strict = bench.run(&["--lint-strict", &file]);
    assert_eq!(strict.status.code(), Some(1), "a document without author has remarks");
}

#[test]
fn svrl_and_junit_are_what_their_readers_expect() {
    let bench = Bench::new("forms");
    let file = bench.document("failing.xml", "OTHER", "<confidential/>");
    let single = bench.check(&["--svrl", "--schematron", COMMON[0], file.to_str().unwrap()]);
    assert_eq!(single.status.code(), Some(1));
    let single = text(&single);
    let read = roxmltree::Document::parse(&single).unwrap();
    assert!(read.root_element().has_tag_name(("http://purl.oclc.org/dsdl/svrl", "schematron-output")));
    let failed = read.descendants().find(|it| it.tag_name().name() == "failed-assert").unwrap();
    assert_eq!(failed.attribute("location"), Some("/Q{urn:hl7-org:v3}ClinicalDocument[1]"));

    let all = text(&bench.check(&["--svrl", &bench.path("documents")]));
    let read = roxmltree::Document::parse(&all).unwrap();
    assert_eq!(read.descendants().filter(|it| it.tag_name().name() == "schematron-output").count(), 12);

    let out = bench.path("reports");
    bench.check(&["--svrl", "--out", &out, file.to_str().unwrap()]);
    assert_eq!(fs::read_dir(&out).unwrap().count(), 6);

    let junit = text(&bench.check(&["--junit", &bench.path("documents")]));
    let read = roxmltree::Document::parse(&junit).unwrap();
    let suites: Vec<_> = read.root_element().children().filter(|it| it.has_tag_name("testsuite")).collect();
    assert_eq!(suites.iter().map(|it| it.attribute("failures").unwrap()).collect::<Vec<_>>(), ["0", "2"]);
    let cases = suites[1].children().filter(|it| it.has_tag_name("testcase")).count();
    assert_eq!(suites[1].attribute("tests").unwrap(), cases.to_string());
}

#[test]
fn a_rule_is_explained_with_its_source() {
    let bench = Bench::new("explain");
    let explained = text(&bench.check(&["--explain", "Entete_CR-BIO/cda:ClinicalDocument"]));
    for expected in [
        "avec $n = cda:versionNumber/@value",
        "exige  xs:integer($n) gt 0",
        "message : La version",
        "signale si  cda:confidential",
        "CI-SIS_BIO-CR-BIO_2024.01.sch:",
    ] {
        assert!(explained.contains(expected), "{expected} in {explained}");
    }
    assert!(text(&bench.check(&["--explain", "Un identifiant"])).contains("Lower.sch:1"));
    let none = bench.check(&["--explain", "nothing of the kind"]);
    assert!(none.status.code() == Some(2) && errors(&none).contains("aucune règle"));
}

#[test]
fn compiled_rules_are_kept_and_a_changed_pack_is_compiled_anew() {
    let bench = Bench::new("cache");
    let file = bench.path("documents/clean.xml");
    let rulesets = || {
        let entries = fs::read_dir(bench.0.join("cache/paillasse/rulesets")).unwrap();
        entries.flatten().filter(|it| it.path().extension().is_some_and(|it| it == "ruleset")).count()
    };
    assert_eq!((bench.json(&[&file]).0, rulesets()), (0, 1));
    assert_eq!((bench.json(&[&file]).0, rulesets()), (0, 1));
    let lower = "pack/schematrons/profils/include/Entrees/Lower.sch";
    let changed = fs::read_to_string(bench.0.join(lower)).unwrap().replace("@root", "@extension");
    bench.write(lower, &changed);
    assert_eq!((bench.json(&[&file]).0, rulesets()), (1, 2));
    for entry in fs::read_dir(bench.0.join("cache/paillasse/rulesets")).unwrap().flatten() {
        fs::write(entry.path(), "damaged").unwrap();
    }
    assert_eq!(bench.json(&[&file]).0, 1);
    assert_eq!((bench.check(&["--no-cache", &file]).status.code(), rulesets()), (Some(1), 2));
}

#[test]
fn several_packs_are_named_apart() {
    let bench = Bench::new("packs");
    let lower = "schematrons/profils/include/Entrees/Lower.sch";
    let copy = |from: &Path, to: &Path| {
        let mut waiting = vec![from.to_owned()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(&folder).unwrap().flatten() {
                let path = entry.path();
                let target = to.join(path.strip_prefix(from).unwrap());
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    fs::create_dir_all(target.parent().unwrap()).unwrap();
                    fs::copy(&path, target).unwrap();
                }
            }
        }
    };
    copy(&bench.0.join("pack"), &bench.0.join("next"));
    let changed = fs::read_to_string(bench.0.join("next").join(lower)).unwrap().replace("@root", "@extension");
    bench.write(&format!("next/{lower}"), &changed);
    let (code, lines) = bench.json(&["--pack", &bench.path("next"), &bench.path("documents/clean.xml")]);
    assert_eq!(code, 1);
    let failing: Vec<&Value> = lines[0]["schematrons"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| !it["failed"].as_array().unwrap().is_empty())
        .collect();
    assert_eq!(failing.len(), 1);
    assert_eq!((&failing[0]["pack"], &failing[0]["name"]), (&"next".into(), &"IHE.sch".into()));
}

#[test]
fn a_schematron_alone_includes_from_above_its_folder() {
    let bench = Bench::new("above");
    bench.write(
        "alone/common.sch",
        r#"<pattern xmlns="http://purl.oclc.org/dsdl/schematron" id="common"><let name="wanted" value="'11502-2'"/></pattern>"#,
    );
    let body = r#"<include href="../common.sch"/><pattern id="own"><rule context="cda:code">
        <assert test="@code = $wanted">Un code voulu.</assert></rule></pattern>"#;
    let alone = bench.write("alone/one/own.sch", &schema(body)).display().to_string();
    let wrong = bench.document("wrong.xml", "?", "").display().to_string();
    let output = bench.run(&["--json", "--schematron", &alone, &bench.path("documents/clean.xml"), &wrong]);
    let lines: Vec<Value> = text(&output).lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(of(&lines[0], "own.sch")["failed"].as_array().unwrap().len(), 0, "{}", lines[0]);
    assert_eq!(of(&lines[0], "own.sch")["not_evaluable"].as_array().unwrap().len(), 0, "{}", lines[0]);
    assert_eq!(of(&lines[1], "own.sch")["failed"][0]["message"], "Un code voulu.");
}

/// What `--watch` prints, line by line, until it is dropped.
struct Watching {
    process: std::process::Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Watching {
    fn start(bench: &Bench, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_paillasse"))
            .args(["check", "--watch", "--pack", &bench.path("pack")])
            .args(arguments)
            .env("XDG_CACHE_HOME", bench.0.join("cache"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let printed = BufReader::new(process.stdout.take().unwrap());
        let (send, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in printed.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { process, lines }
    }

    /// The lines up to the one that holds these words.
    fn until(&self, words: &str) -> String {
        let mut all = String::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{words}: {all}"));
            all.push_str(&line);
            all.push('\n');
            if line.contains(words) {
                return all;
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_watched_file_is_checked_again_when_it_changes_and_when_the_rules_do() {
    let bench = Bench::new("watch");
    let documents = bench.path("documents");
    let watching = Watching::start(&bench, &[&documents]);
    watching.until("clean.xml : conforme");
    bench.document("clean.xml", "?", "");
    watching.until("0 corrigés, 1 nouveaux");
    watching.until("Type ? inconnu.");
    let strict = r#"<pattern id="p"><rule context="cda:ClinicalDocument"><assert test="cda:absent">Un absent.</assert></rule></pattern>"#;
    bench.write(&format!("pack/{VOLET}"), &schema(strict));
    watching.until("les règles ont changé");
    watching.until("0 corrigés, 1 nouveaux");
    watching.until("Un absent.");
}

#[test]
fn an_error_of_the_schema_is_explained_in_french() {
    let bench = Bench::new("xsd");
    bench.xsd(r#"<xs:any maxOccurs="unbounded" processContents="skip"/>"#);
    let clean = bench.path("documents/clean.xml");
    let wrong = bench.document("wrong.xml", "11502-2", "<more/>").display().to_string();
    fs::write(&wrong, fs::read_to_string(&wrong).unwrap().replace("<id root=\"1.2\"/>", "a")).unwrap();
    let (code, lines) = bench.json(&[&clean, &wrong]);
    assert_eq!(code, 1, "{lines:?}");
    assert_eq!(lines[0]["xsd"]["ok"], true, "{}", lines[0]);
    let error = &lines[1]["xsd"]["errors"][0];
    assert!(error["sentence"].as_str().unwrap().starts_with("Un élément contient du texte"), "{error}");
    let said = text(&bench.check(&[&wrong]));
    assert!(said.contains("Un élément contient du texte là où le schéma n'en admet pas."), "{said}");
}

#[test]
fn an_unusable_schema_is_never_a_pass() {
    let bench = Bench::new("xsd-unusable");
    bench.xsd(r#"<xs:any maxOccurs="4"/><xs:element name="title" type="xs:string"/>"#);
    let (code, lines) = bench.json(&[&bench.path("documents/clean.xml")]);
    assert_eq!(code, 2);
    assert_eq!(lines[0]["xsd"]["ok"], false, "{}", lines[0]);
    assert!(lines[0]["xsd"]["uncompilable"].as_str().unwrap().contains("CDA_extended.xsd"), "{}", lines[0]);
}

/// The official pack, where it is present.
fn official() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let root = set("PAILLASSE_ORACLES")
        .or_else(|| Some(set("XDG_CACHE_HOME")?.join("paillasse/oracles")))
        .or_else(|| Some(set("HOME")?.join(".cache/paillasse/oracles")))?;
    Some(root.join("ans")).filter(|it| it.join(COMMON[0]).is_file())
}

#[test]
fn the_published_examples_of_cr_bio_2024_01_are_clean_for_the_official_rules() {
    let Some(pack) = official() else {
        eprintln!("skipped: the official pack is not here");
        return;
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = here.ancestors().map(|it| it.join("shared/data/ans/cda")).find(|it| it.is_dir());
    let Some(examples) = examples.or_else(|| Some(pack.join("ExemplesCDA")).filter(|it| it.is_dir())) else {
        eprintln!("skipped: the published examples are not here");
        return;
    };
    let files: Vec<String> = fs::read_dir(examples)
        .unwrap()
        .flatten()
        .map(|it| it.path().display().to_string())
        .filter(|it| it.contains("BIO-CR-BIO_2024.01"))
        .collect();
    assert_eq!(files.len(), 11);
    let bench = Bench::new("official");
    let mut arguments = vec!["--json", "--pack", pack.to_str().unwrap()];
    arguments.extend(files.iter().map(String::as_str));
    let output = bench.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output), errors(&output));
    for line in text(&output).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["volet"]["file"], VOLET, "{}", line["file"]);
        assert_eq!(line["schematrons"].as_array().unwrap().len(), 6);
    }
}
