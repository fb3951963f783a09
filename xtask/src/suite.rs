//! The tests of the workspace: which exist, which passed, which said that they skipped something.
//!
//! In: what `cargo test` prints. Out: one [`Test`] each, named by its crate and function, and the checks skipped.
//! A test that prints a line starting with `skipped:` counts as skipped, not as passed.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What became of a test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It ran to its end and skipped nothing.
    Passed,
    /// It failed.
    Failed,
    /// It is ignored, or said that it could not do all it should.
    Skipped,
    /// It was only listed.
    Listed,
}

/// One test function.
#[derive(Clone)]
pub struct Test {
    /// Its crate.
    pub package: String,
    /// The modules it is in, then its name.
    pub path: String,
    /// What became of it.
    pub outcome: Outcome,
}

impl Test {
    /// How the ledger names it: `crate::function`.
    pub fn id(&self) -> String {
        let function = self.path.rsplit("::").next().unwrap_or(&self.path);
        format!("{}::{function}", self.package)
    }
}

/// A run, or a list.
#[derive(Default)]
pub struct Suite {
    /// Every test, in the order cargo ran them.
    pub tests: Vec<Test>,
    /// What was skipped, in the tests' own words, each with how often it was said.
    pub skipped: BTreeMap<String, usize>,
    /// Lines written past the harness, which no test can be held to.
    n_unattributed: usize,
}

impl Suite {
    /// How many tests had that outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.tests.iter().filter(|test| test.outcome == outcome).count()
    }

    /// The line that ends a run.
    pub fn closing_line(&self) -> String {
        let n_skipped = self.count(Outcome::Skipped) + self.n_unattributed;
        format!("{} passed, {} failed, {n_skipped} skipped", self.count(Outcome::Passed), self.count(Outcome::Failed))
    }

    fn to_json(&self) -> Value {
        let tests = self.tests.iter().map(|test| json!({"test": test.id(), "outcome": format!("{:?}", test.outcome)}));
        json!({"tests": tests.collect::<Vec<_>>(), "skipped": self.skipped})
    }
}

/// Lists the tests without running them.
pub fn list(workspace: &Workspace) -> Result<Suite> {
    let owners = build(workspace)?;
    let (success, suite) = read(workspace, &["test", "--workspace", "--locked", "--", "--list"], &owners, None)?;
    ensure!(success, "the tests could not be listed");
    Ok(suite)
}

/// Runs every test and doctest. What was printed is kept in `target/xtask/test.log`, the outcomes beside it.
pub fn run(workspace: &Workspace) -> Result<(bool, Suite)> {
    let owners = build(workspace)?;
    let log = workspace.scratch()?.join("test.log");
    let arguments = ["test", "--workspace", "--locked", "--no-fail-fast", "--", "--show-output"];
    let (success, suite) = read(workspace, &arguments, &owners, Some(&log))?;
    std::fs::write(workspace.scratch()?.join("tests.json"), suite.to_json().to_string())?;
    println!("all that was printed: {}", log.display());
    Ok((success, suite))
}

/// Builds the tests; the crate of each test program, by the program's file name.
fn build(workspace: &Workspace) -> Result<BTreeMap<String, String>> {
    let format = "--message-format=json-render-diagnostics";
    let mut command = workspace.cargo(&["test", "--workspace", "--locked", "--no-run", format]);
    let output = command.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the tests do not build");
    let mut owners = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        let (Some(program), Some(manifest)) = (message["executable"].as_str(), message["manifest_path"].as_str())
        else {
            continue;
        };
        let folder = Path::new(manifest).parent();
        let owner = workspace.members.iter().find(|(_, member)| Some(member.folder.as_path()) == folder);
        if let Some((package, _)) = owner {
            owners.insert(file_name(program), package.clone());
        }
    }
    Ok(owners)
}

/// Runs cargo with both its outputs in one pipe, so that lines keep their order, and reads them as they come.
fn read(
    workspace: &Workspace,
    arguments: &[&str],
    owners: &BTreeMap<String, String>,
    log: Option<&PathBuf>,
) -> Result<(bool, Suite)> {
    let mut command = Command::new("sh");
    command.args(["-c", "exec cargo \"$@\" 2>&1", "cargo"]).args(arguments).current_dir(&workspace.root);
    command.env("CARGO_TERM_COLOR", "never").stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run sh")?;
    let pipe = child.stdout.take().context("a pipe was asked for")?;
    let mut log = log.map(std::fs::File::create).transpose()?;
    let mut reader = Reader::new(owners, log.is_some());
    for line in BufReader::new(pipe).split(b'\n') {
        let line = line?;
        if let Some(log) = &mut log {
            log.write_all(&line)?;
            log.write_all(b"\n")?;
        }
        reader.line(&String::from_utf8_lossy(&line));
    }
    Ok((child.wait()?.success(), reader.suite))
}

/// Understands the lines of `cargo test`, one by one.
struct Reader<'a> {
    owners: &'a BTreeMap<String, String>,
    suite: Suite,
    package: String,
    /// Where the tests of the program that runs begin.
    first: usize,
    /// The test whose output is being repeated.
    speaking: Option<String>,
    /// Inside the account of what failed.
    telling_failures: bool,
    prints: bool,
}

impl<'a> Reader<'a> {
    fn new(owners: &'a BTreeMap<String, String>, prints: bool) -> Self {
        let package = String::new();
        Self { owners, suite: Suite::default(), package, first: 0, speaking: None, telling_failures: false, prints }
    }

    fn line(&mut self, line: &str) {
        let trimmed = line.trim();
        if let Some(program) = trimmed.strip_prefix("Running ").and_then(|it| it.strip_suffix(')')) {
            let program = file_name(program.rsplit('(').next().unwrap_or_default());
            self.enter(self.owners.get(&program).cloned().unwrap_or_default());
            self.print(trimmed);
        } else if let Some(library) = trimmed.strip_prefix("Doc-tests ") {
            self.enter(library.replace('_', "-"));
            self.print(trimmed);
        } else if let Some(reason) = skipped(trimmed) {
            self.skip(reason);
        } else if let Some(path) = trimmed.strip_prefix("---- ").and_then(|it| it.strip_suffix(" stdout ----")) {
            self.speaking = Some(path.to_owned());
            self.print_failure(line);
        } else if trimmed.starts_with("test result: ") {
            self.speaking = None;
            self.telling_failures = false;
            self.print(trimmed);
        } else if trimmed == "successes:" || trimmed == "failures:" {
            self.speaking = None;
            self.telling_failures = trimmed == "failures:";
            self.print_failure(line);
        } else if let Some((path, outcome)) = outcome(trimmed).filter(|_| self.speaking.is_none()) {
            self.suite.tests.push(Test { package: self.package.clone(), path: path.to_owned(), outcome });
        } else if (trimmed.starts_with("error: ") || trimmed.starts_with("error[")) && self.speaking.is_none() {
            self.print(line);
        } else {
            self.print_failure(line);
        }
    }

    fn enter(&mut self, package: String) {
        self.package = package;
        self.first = self.suite.tests.len();
        self.speaking = None;
        self.telling_failures = false;
    }

    fn skip(&mut self, reason: &str) {
        *self.suite.skipped.entry(reason.to_owned()).or_default() += 1;
        let speaking = self.speaking.as_deref();
        let of_program = self.suite.tests[self.first..].iter_mut();
        match of_program.into_iter().find(|test| speaking == Some(test.path.as_str())) {
            Some(test) if test.outcome == Outcome::Passed => test.outcome = Outcome::Skipped,
            Some(_) => {}
            None => self.suite.n_unattributed += 1,
        }
    }

    fn print(&self, line: &str) {
        if self.prints {
            println!("{line}");
        }
    }

    fn print_failure(&self, line: &str) {
        if self.telling_failures {
            self.print(line);
        }
    }
}

/// `test path ... ok`, or `path: test` in a list.
fn outcome(line: &str) -> Option<(&str, Outcome)> {
    if let Some(path) = line.strip_suffix(": test") {
        return Some((path, Outcome::Listed));
    }
    let (path, word) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let path = path.strip_suffix(" - should panic").unwrap_or(path);
    // What a test writes past the harness may stand between the name and the outcome's first letters.
    match word.split([',', ' ']).next()? {
        "ok" => Some((path, Outcome::Passed)),
        "FAILED" => Some((path, Outcome::Failed)),
        "ignored" => Some((path, Outcome::Skipped)),
        _ => None,
    }
}

/// The reason in a line that says what was skipped.
fn skipped(line: &str) -> Option<&str> {
    line.strip_prefix("skipped:").map(str::trim)
}

fn file_name(path: &str) -> String {
    Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "
     Running unittests src/lib.rs (target/debug/deps/lab-11aa)

running 2 tests
test routing::tests::a_plan ... ok
test gone ... ignored

successes:

---- routing::tests::a_plan stdout ----
skipped: no judge
test of words ... ok

successes:
    routing::tests::a_plan

test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/it/main.rs (/elsewhere/deps/it-22bb)
skipped: a tool is not installed
test a_page ... FAILED
test a_word - should panic ... ok
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
   Doc-tests cr_bio
test crates/profiles/cr-bio/src/lib.rs - (line 9) ... ok
";

    #[test]
    fn the_lines_of_cargo_become_tests_with_their_crate_and_outcome() {
        let owners = [("lab-11aa", "lab"), ("it-22bb", "rendering")];
        let owners = owners.into_iter().map(|(program, it)| (program.to_owned(), it.to_owned())).collect();
        let mut reader = Reader::new(&owners, false);
        PRINTED.lines().for_each(|line| reader.line(line));
        let suite = reader.suite;
        let read: Vec<_> = suite.tests.iter().map(|test| (test.id(), test.outcome)).collect();
        let expected = [
            ("lab::a_plan", Outcome::Skipped),
            ("lab::gone", Outcome::Skipped),
            ("rendering::a_page", Outcome::Failed),
            ("rendering::a_word", Outcome::Passed),
            ("cr-bio::crates/profiles/cr-bio/src/lib.rs - (line 9)", Outcome::Passed),
        ];
        assert_eq!(read, expected.map(|(id, outcome)| (id.to_owned(), outcome)));
        assert_eq!(suite.closing_line(), "2 passed, 1 failed, 3 skipped");
        assert_eq!(suite.skipped.len(), 2);
    }

    #[test]
    fn a_list_gives_names_without_outcomes() {
        assert_eq!(outcome("routing::tests::a_plan: test"), Some(("routing::tests::a_plan", Outcome::Listed)));
        assert_eq!(outcome("12 tests, 0 benchmarks"), None);
    }
}
