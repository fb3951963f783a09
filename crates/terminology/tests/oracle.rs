//! The table of accepted units against the file that the official check reads.

#![allow(clippy::print_stderr)]

use std::path::PathBuf;

use terminology::ucum;

/// The folder of the official tools: `$PAILLASSE_ORACLES`, else the user's cache.
fn oracles() -> Option<PathBuf> {
    let cache = || {
        let xdg = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = xdg.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
        Some(cache.join("paillasse/oracles"))
    };
    std::env::var_os("PAILLASSE_ORACLES").map(PathBuf::from).or_else(cache)
}

#[test]
fn the_accepted_units_are_those_of_the_official_file() {
    let file = "ans/schematrons/profils/terminologies/terminologie/2.16.840.1.113883.6.8.xml";
    let Some(text) = oracles().and_then(|folder| std::fs::read_to_string(folder.join(file)).ok()) else {
        eprintln!("skipped: 1 check needs the official list of units");
        return;
    };
    let unescape = |code: &str| {
        code.replace("&apos;", "'")
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    let mut published: Vec<String> =
        text.split("<code>").skip(1).map(|rest| unescape(rest.split("</code>").next().unwrap_or_default())).collect();
    published.sort();
    assert_eq!(ucum::accepted(), published);
}
