//! The ledger: each requirement of the referential, in our words, with the tests that prove it.
//!
//! In: `docs/requirements.toml` and the tests that exist. Out: `docs/requirements.md`.
//! A requirement is *done* when it names tests, all of them exist and nothing is said to be missing; *partial* when
//! something is said to be missing; *open* when no test proves anything of it. A test that does not exist is a problem.

use crate::suite::{Outcome, Suite};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use toml::{Table, Value};

const SOURCE: &str = "docs/requirements.toml";
const OUTPUT: &str = "docs/requirements.md";

/// One entry of the source: one identifier, or several that the referential words as one demand.
struct Requirement {
    ids: Vec<String>,
    demand: String,
    priority: String,
    tests: Vec<String>,
    missing: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum State {
    Done,
    Partial,
    Open,
}

impl State {
    const ALL: [Self; 3] = [Self::Done, Self::Partial, Self::Open];

    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Open => "open",
        }
    }
}

impl Requirement {
    fn state(&self, existing: &BTreeSet<String>) -> State {
        if self.tests.is_empty() || self.tests.iter().any(|test| !existing.contains(test)) {
            State::Open
        } else if self.missing.is_some() {
            State::Partial
        } else {
            State::Done
        }
    }

    fn family(&self) -> &str {
        let id = self.ids.first().map_or("", String::as_str);
        id.rsplit_once('.').map_or(id, |(family, _)| family)
    }
}

/// Writes the ledger; what it names and does not exist.
pub fn write(workspace: &Workspace, suite: &Suite) -> Result<Vec<String>> {
    let requirements = read(workspace)?;
    let existing = existing(suite);
    std::fs::write(workspace.root.join(OUTPUT), render(&requirements, &existing))?;
    println!("{OUTPUT} is written: {}", totals(&requirements, &existing));
    Ok(unknown_tests(&requirements, &existing))
}

/// Whether the committed ledger is what would be written now, and its tests passed here.
pub fn assess(workspace: &Workspace, suite: &Suite) -> Result<Vec<String>> {
    let requirements = read(workspace)?;
    let existing = existing(suite);
    let mut problems = unknown_tests(&requirements, &existing);
    let committed = std::fs::read_to_string(workspace.root.join(OUTPUT)).unwrap_or_default();
    if committed != render(&requirements, &existing) {
        problems.push(format!("{OUTPUT}: is not up to date; run `cargo xtask ledger`"));
    }
    println!("{}", totals(&requirements, &existing));
    for requirement in &requirements {
        for (test, outcome) in unproved(requirement, suite) {
            let id = requirement.ids.join(", ");
            match outcome {
                Outcome::Failed => problems.push(format!("{id}: {test} failed")),
                _ => println!("not proved on this machine: {id}, {test} was skipped"),
            }
        }
    }
    Ok(problems)
}

fn existing(suite: &Suite) -> BTreeSet<String> {
    suite.tests.iter().map(crate::suite::Test::id).collect()
}

/// Tests of a requirement that did not pass, with their outcome.
fn unproved<'a>(requirement: &'a Requirement, suite: &Suite) -> Vec<(&'a str, Outcome)> {
    let worst = |test: &str| {
        let outcomes: Vec<_> = suite.tests.iter().filter(|it| it.id() == test).map(|it| it.outcome).collect();
        [Outcome::Failed, Outcome::Skipped].into_iter().find(|outcome| outcomes.contains(outcome))
    };
    requirement.tests.iter().filter_map(|test| worst(test).map(|outcome| (test.as_str(), outcome))).collect()
}

fn unknown_tests(requirements: &[Requirement], existing: &BTreeSet<String>) -> Vec<String> {
    let named = requirements.iter().flat_map(|it| it.tests.iter().map(move |test| (it.ids.join(", "), test)));
    named
        .filter(|(_, test)| !existing.contains(*test))
        .map(|(id, test)| format!("{SOURCE}: {id} names {test}, which does not exist"))
        .collect()
}

fn read(workspace: &Workspace) -> Result<Vec<Requirement>> {
    let text = std::fs::read_to_string(workspace.root.join(SOURCE)).context(SOURCE)?;
    parse(&text).context(SOURCE)
}

fn parse(text: &str) -> Result<Vec<Requirement>> {
    let source: Table = text.parse()?;
    let entries = source.get("requirement").and_then(Value::as_array).context("no [[requirement]]")?;
    let (mut requirements, mut seen) = (Vec::new(), BTreeSet::new());
    for entry in entries {
        let entry = entry.as_table().context("a requirement is a table")?;
        let requirement = requirement(entry)?;
        for id in &requirement.ids {
            if !seen.insert(id.clone()) {
                bail!("{id} stands twice");
            }
        }
        requirements.push(requirement);
    }
    Ok(requirements)
}

fn requirement(entry: &Table) -> Result<Requirement> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let list = |key: &str| -> Vec<String> {
        let items = entry.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let ids = text("id").map_or_else(|| list("ids"), |id| vec![id]);
    let name = ids.first().cloned().context("an entry has neither id nor ids")?;
    if let Some(key) =
        entry.keys().find(|key| !["id", "ids", "demand", "priority", "tests", "missing"].contains(&key.as_str()))
    {
        bail!("{name}: unknown key {key}");
    }
    let priority = text("priority").with_context(|| format!("{name}: no priority"))?;
    if !["core", "next", "later"].contains(&priority.as_str()) {
        bail!("{name}: priority {priority} is none of core, next, later");
    }
    let demand = text("demand").with_context(|| format!("{name}: no demand"))?;
    Ok(Requirement { ids, demand, priority, tests: list("tests"), missing: text("missing") })
}

fn totals(requirements: &[Requirement], existing: &BTreeSet<String>) -> String {
    let mut counts = BTreeMap::new();
    for requirement in requirements {
        *counts.entry(requirement.state(existing)).or_insert(0) += requirement.ids.len();
    }
    let words = State::ALL.map(|state| format!("{} {}", counts.get(&state).unwrap_or(&0), state.word()));
    words.join(", ")
}

fn render(requirements: &[Requirement], existing: &BTreeSet<String>) -> String {
    let mut out = String::from(HEAD);
    let mut families: Vec<&str> = Vec::new();
    for requirement in requirements {
        if !families.contains(&requirement.family()) {
            families.push(requirement.family());
        }
    }
    let _ = writeln!(
        out,
        "\nIn all: {}.\n\n| family | done | partial | open |\n|---|---|---|---|",
        totals(requirements, existing)
    );
    let of = |family: &str| requirements.iter().filter(move |it| it.family() == family).collect::<Vec<_>>();
    for family in &families {
        let n = State::ALL.map(|state| {
            of(family).iter().filter(|it| it.state(existing) == state).map(|it| it.ids.len()).sum::<usize>()
        });
        let _ = writeln!(out, "| {family} | {} | {} | {} |", n[0], n[1], n[2]);
    }
    for family in &families {
        let _ = writeln!(out, "\n## {family}\n\n| id | demand | priority | state | tests |\n|---|---|---|---|---|");
        for requirement in of(family) {
            let _ = writeln!(out, "{}", row(requirement, existing));
        }
    }
    out
}

fn row(requirement: &Requirement, existing: &BTreeSet<String>) -> String {
    let Requirement { ids, demand, priority, tests, missing } = requirement;
    let state = requirement.state(existing).word();
    let missing = missing.as_ref().map(|it| format!("<br>missing: {it}")).unwrap_or_default();
    let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
    format!("| {} | {demand} | {priority} | {state}{missing} | {} |", ids.join("<br>"), tests.join("<br>"))
}

const HEAD: &str = "# Requirements

Generated by `cargo xtask ledger` from `docs/requirements.toml` and the tests that exist; do not edit.

Each line is a demand of the Ségur referential for laboratory systems, in our own words.
*Done*: the tests named exist, and `cargo xtask test` passes only when they do.
*Partial*: the tests prove a part, and the line says what is missing.
*Open*: no test proves anything of it.
*Core*, *next* and *later* say how soon the circuit needs it.
No line claims an approval: what only the national platforms or an accredited body can state is not here.
";

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        [[requirement]]
        id = "SGL.DMP.01"
        demand = "Feed."
        priority = "core"
        tests = ["lab::a", "dmp::b"]

        [[requirement]]
        ids = ["SGL.DMP.02", "SGL.DMP.03"]
        demand = "Block."
        priority = "next"
        tests = ["lab::a"]
        missing = "the page"

        [[requirement]]
        id = "SGL.INS.01"
        demand = "Fields."
        priority = "core"
    "#;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_state_follows_from_the_tests_that_exist() {
        let requirements = parse(TOML).expect("a ledger");
        assert_eq!(totals(&requirements, &names(&["lab::a", "dmp::b"])), "1 done, 2 partial, 1 open");
        assert_eq!(totals(&requirements, &names(&["lab::a"])), "0 done, 2 partial, 2 open");
        assert_eq!(unknown_tests(&requirements, &names(&["lab::a"])).len(), 1);
        let page = render(&requirements, &names(&["lab::a", "dmp::b"]));
        assert!(page.contains("| SGL.DMP | 1 | 2 | 0 |"), "{page}");
        assert!(
            page.contains("| SGL.DMP.02<br>SGL.DMP.03 | Block. | next | partial<br>missing: the page | `lab::a` |")
        );
    }

    #[test]
    fn an_entry_without_demand_or_written_twice_is_refused() {
        assert!(parse(&TOML.replace("demand = \"Feed.\"", "")).is_err());
        assert!(parse(&TOML.replace("SGL.INS.01", "SGL.DMP.03")).is_err());
        assert!(parse(&TOML.replace("\"next\"", "\"soon\"")).is_err());
    }
}
