//! Reads the templates and sources of the workspace: a key that is asked for and missing fails, one that nobody asks
//! for fails too, and so does a finding, an act, a state or an alert without words.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use wording::{Catalogue, Language, catalogue};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Text of every file of a folder with that ending, without the tests at the end of Rust files.
fn texts(folder: &Path, ending: &str) -> String {
    let mut out = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.push_str(&texts(&path, ending));
        } else if path.extension().is_some_and(|it| it == ending) {
            let text = fs::read_to_string(&path).unwrap();
            out.push_str(text.split("#[cfg(test)]").next().unwrap());
        }
    }
    out
}

fn source(path: &str) -> String {
    let text = fs::read_to_string(crates().join(path)).unwrap();
    text.split("#[cfg(test)]").next().unwrap().to_owned()
}

/// Sources in which codes of findings and acts are written.
fn sources() -> String {
    let mut all = String::new();
    for folder in ["lab/src", "app/src", "records/src", "web/src"] {
        all.push_str(&texts(&crates().join(folder), "rs"));
    }
    for profile in fs::read_dir(crates().join("profiles")).unwrap() {
        all.push_str(&texts(&profile.unwrap().path().join("src"), "rs"));
    }
    all
}

/// What stands between double quotes, line by line.
fn literals(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .collect()
}

/// The first literals of calls such as `t("…")`.
fn asked<'a>(text: &'a str, call: &str) -> BTreeSet<&'a str> {
    let is_part_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(call)
        .filter(|(at, _)| !text[..*at].ends_with(is_part_of_a_name))
        .filter_map(|(at, _)| text[at + call.len()..].trim_start().strip_prefix('"')?.split('"').next())
        .collect()
}

fn require(words: &Catalogue, family: &str, codes: impl IntoIterator<Item = String>) {
    let codes: BTreeSet<String> = codes.into_iter().collect();
    assert!(!codes.is_empty(), "no code of {family} was found: this test looks in the wrong place");
    let missing: Vec<&String> = codes.iter().filter(|code| words.find(&format!("{family}.{code}")).is_none()).collect();
    assert!(missing.is_empty(), "without text in {family}: {missing:?}");
}

/// Codes written beside the variants of a type: `(DeliveryState::Sent, "sent")`, or `Self::Sent => "sent"` in its code.
fn codes_of(text: &str, name: &str) -> Vec<String> {
    let (pair, body) = (format!("({name}::"), format!("impl {name} {{"));
    let paired = text.split(&pair).skip(1).filter_map(|it| {
        let (_, rest) = it.split_once(", \"")?;
        Some(rest.split('"').next()?.to_owned())
    });
    let matched = text.split(&body).nth(1).into_iter().flat_map(|body| {
        let body = body.split("\n}").next().unwrap();
        body.split("Self::").skip(1).filter_map(|it| {
            let (variant, rest) = it.split_once(" => \"")?;
            variant.chars().all(char::is_alphanumeric).then(|| rest.split('"').next().unwrap().to_owned())
        })
    });
    paired.chain(matched).collect()
}

/// Codes of a table: `WrongHash = "XDS-DOC-03",`.
fn codes_of_table(text: &str) -> Vec<String> {
    let codes = text.lines().filter_map(|line| line.trim().split_once(" = \"")?.1.strip_suffix("\","));
    codes.map(str::to_owned).collect()
}

/// A code such as `INS-KEY`, and not a field of HL7 v2 (`PID-3`) nor a name of another list or of a person.
fn is_finding(text: &str) -> bool {
    const OTHERS: &[&str] = &["INS-NIR", "INS-NIA", "SNOMED-CT", "UTF-8", "ISO-8859-1", "PAT-TROIS", "SYN-R", "SYN-S"];
    let parts: Vec<&str> = text.split('-').collect();
    let is_field = parts[0].len() == 3 && parts.get(1).is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()));
    parts.len() > 1
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()))
        && parts[0].bytes().all(|byte| byte.is_ascii_uppercase())
        && !is_field
        && !text.starts_with("ASIP-")
        && !text.starts_with("X-")
        && !OTHERS.contains(&text)
}

#[test]
fn every_key_that_is_asked_for_has_a_text() {
    let words = catalogue(Language::French);
    let pages = texts(&crates().join("web/templates"), "html") + &texts(&crates().join("web/src"), "rs");
    let mut n = 0;
    for call in ["t(", "w.get(", "words.get(", "w.with(", "words.with(", "visit.frame("] {
        for key in asked(&pages, call).into_iter().filter(|key| key.contains('.')) {
            n += 1;
            assert!(words.find(key).is_some(), "{key} has no text");
        }
    }
    assert!(n > 200, "only {n} keys were found: this test looks in the wrong place");
}

#[test]
fn every_finding_act_state_and_alert_has_words() {
    let words = catalogue(Language::French);
    let all = sources();
    require(words, "finding", literals(&all).into_iter().filter(|it| is_finding(it)).map(str::to_owned));
    let acts = texts(&crates().join("app/src"), "rs") + &texts(&crates().join("web/src/pages"), "rs");
    let is_act = |text: &&str| {
        text.split_once('.').is_some_and(|(subject, act)| {
            let plain =
                |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            plain(subject) && plain(act) && !["json", "xml", "pdf", "html"].contains(&act)
        })
    };
    let written: Vec<String> = literals(&acts)
        .into_iter()
        .filter(is_act)
        // What is a key itself is a text, not an act.
        .filter(|text| words.find(text).is_none())
        .map(str::to_owned)
        .collect();
    require(words, "audit", written);
    require(words, "delivery", codes_of(&source("lab/src/delivery.rs"), "DeliveryState"));
    require(words, "withheld", codes_of(&source("lab/src/routing.rs"), "WithheldReason"));
    require(words, "channel", codes_of(&source("lab/src/routing.rs"), "Channel"));
    require(words, "connection", codes_of(&source("lab/src/inbound.rs"), "ConnectionKind"));
    require(words, "identity", codes_of(&source("lab/src/patient.rs"), "IdentityStatus"));
    require(words, "role", codes_of(&source("lab/src/validation.rs"), "Role"));
    require(words, "stage", codes_of(&source("records/src/orders.rs"), "OrderStage"));
    require(words, "message", codes_of(&source("records/src/messages.rs"), "MessageState"));
    require(words, "observation_stage", codes_of(&source("records/src/observations.rs"), "ObservationStage"));
    require(words, "xds", codes_of_table(&source("formats/xds/src/findings.rs")));
    let stations = all.split("station: \"").skip(1).map(|it| it.split('"').next().unwrap().to_owned());
    require(words, "station", stations);
    let watch = source("app/src/watch.rs");
    let alerts = literals(&watch).into_iter().filter(|it| it.starts_with("delivery_")).map(str::to_owned);
    require(words, "alert", alerts.collect::<Vec<_>>());
    let notes = source("app/src/inbound.rs");
    let notes = notes.split("note = \"").skip(1).map(|it| it.split('"').next().unwrap().to_owned());
    require(words, "message_note", notes.filter(|note| !note.is_empty()));
}

#[test]
fn no_text_is_kept_that_nobody_asks_for() {
    let words = catalogue(Language::French);
    let templates = texts(&crates().join("web/templates"), "html");
    let all =
        sources() + &templates + &texts(&crates().join("server/src"), "rs") + &source("formats/xds/src/findings.rs");
    let known = literals(&all);
    let mut unused: Vec<&str> = words
        .keys()
        .filter(|key| {
            let as_code = key.split_once('.').is_some_and(|(family, code)| {
                all.contains(&format!("of(\"{family}\"")) && known.contains(code)
                    || all.contains(&format!("\"{family}.{{}}\"")) && known.contains(code)
            });
            !known.contains(key) && !as_code && !all.contains(&format!("\"{key}\""))
        })
        .collect();
    unused.sort_unstable();
    assert!(unused.is_empty(), "nobody asks for {unused:#?}");
}
