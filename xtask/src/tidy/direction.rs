//! The dependency direction of the workspace, as a table of layers.
//!
//! Knows only what manifests say; what sources use follows from it.

use crate::workspace::{Member, Workspace};

/// A layer: its crates, the layers its crates may use beside their own.
struct Layer {
    name: &'static str,
    crates: &'static [&'static str],
    may_use: &'static [&'static str],
}

/// From the bottom up. Source: `docs/ARCHITECTURE.md`, dependency direction.
const LAYERS: &[Layer] = &[
    Layer { name: "terminology", crates: &["terminology"], may_use: &[] },
    Layer { name: "lab", crates: &["lab"], may_use: &["terminology"] },
    Layer { name: "wording", crates: &["wording"], may_use: &[] },
    Layer {
        name: "formats",
        crates: &["hl7v2", "cda", "xml", "xds", "soap", "dsig", "mail", "pdf-text", "xpath", "schematron", "xsd"],
        may_use: &[],
    },
    Layer {
        name: "profiles",
        crates: &["ins", "cr-bio", "cda-pack", "dmp", "mssante", "inbound-hl7v2", "annuaire"],
        may_use: &["lab", "formats", "terminology"],
    },
    Layer {
        name: "rendering",
        crates: &["rendering"],
        may_use: &["lab", "formats", "profiles", "terminology", "wording"],
    },
    Layer { name: "store", crates: &["store"], may_use: &[] },
    Layer { name: "records", crates: &["records"], may_use: &["lab", "store"] },
    Layer { name: "transport", crates: &["transport"], may_use: &["formats"] },
    Layer {
        name: "app",
        crates: &["app"],
        may_use: &[
            "lab",
            "terminology",
            "wording",
            "formats",
            "profiles",
            "rendering",
            "store",
            "records",
            "transport",
        ],
    },
    Layer {
        name: "web",
        crates: &["web"],
        may_use: &["app", "lab", "terminology", "wording", "formats", "profiles", "rendering", "store", "records"],
    },
    Layer { name: "sandbox", crates: &["sandbox"], may_use: &["formats", "transport"] },
    Layer { name: "server", crates: &["paillasse"], may_use: EVERYTHING },
    Layer { name: "e2e", crates: &["e2e"], may_use: EVERYTHING },
    Layer { name: "xtask", crates: &["xtask"], may_use: &[] },
];

const EVERYTHING: &[&str] = &[
    "terminology",
    "lab",
    "wording",
    "formats",
    "profiles",
    "rendering",
    "store",
    "records",
    "transport",
    "app",
    "web",
    "sandbox",
    "server",
];

/// Tests may reach further than the crate itself: which crate's tests, and what they may use beside.
const TESTS: &[(&str, &[&str])] = &[
    // Whole flows against a simulated outside.
    ("app", &["sandbox"]),
    ("web", &["sandbox", "transport"]),
    // Its measures are tried on a laboratory of scenarios.
    ("paillasse", &["e2e"]),
    // Our client and the simulator's server check each other.
    ("transport", &["sandbox"]),
];

/// One problem per dependency that points the wrong way, and per crate that has no layer.
pub fn assess(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, member) in &workspace.members {
        match layer(name) {
            Some(own) => problems.extend(breaches(name, own, member)),
            None => problems.push(format!("{name}: has no layer; give it one in xtask/src/tidy/direction.rs")),
        }
    }
    problems
}

fn breaches(name: &str, own: &Layer, member: &Member) -> Vec<String> {
    let beside = TESTS.iter().find(|(crate_name, _)| *crate_name == name).map_or(&[][..], |(_, beside)| *beside);
    let allowed =
        |needed: &str| layer(needed).is_some_and(|other| other.name == own.name || own.may_use.contains(&other.name));
    let say = |needed: &String, how: &str| {
        format!("{name}: must not {how} {needed}; {} may use only {}", own.name, words(own.may_use))
    };
    let normal = member.needs.iter().filter(|needed| !allowed(needed)).map(|needed| say(needed, "depend on"));
    let of_tests = member
        .tests_need
        .iter()
        .filter(|needed| !allowed(needed) && !beside.contains(&needed.as_str()))
        .map(|needed| say(needed, "test with"));
    normal.chain(of_tests).collect()
}

fn layer(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.crates.contains(&name))
}

fn words(layers: &[&str]) -> String {
    if layers.is_empty() { "itself".to_owned() } else { layers.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, needs: &[&str], tests_need: &[&str]) -> usize {
        let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        let member = Member { folder: "".into(), needs: owned(needs), tests_need: owned(tests_need) };
        breaches(name, layer(name).expect("a layer"), &member).len()
    }

    #[test]
    fn the_sandbox_never_reaches_the_laboratory_and_formats_never_reach_france() {
        assert_eq!(found("sandbox", &["hl7v2", "xds", "transport"], &[]), 0);
        assert_eq!(found("sandbox", &["lab", "dmp", "app"], &["cr-bio"]), 4);
        assert_eq!(found("xds", &["xml", "soap"], &["lab"]), 1);
        assert_eq!(found("lab", &["terminology", "store"], &[]), 1);
    }

    #[test]
    fn tests_of_the_flow_may_use_the_sandbox_and_the_flow_may_not() {
        assert_eq!(found("app", &["lab"], &["sandbox"]), 0);
        assert_eq!(found("app", &["sandbox"], &[]), 1);
    }
}
