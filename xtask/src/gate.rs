//! The whole gate: every step in order, each with its time; all of them run even when one fails.
//!
//! Out: a summary, what was skipped and why, and a last line with the count of tests.

use crate::{browser, conformity, demo, documents, ledger, prepare, shell, suite, tidy, workspace::Workspace};
use anyhow::Result;
use std::time::{Duration, Instant};
use suite::Suite;

/// The steps done, with their verdict and time.
#[derive(Default)]
struct Record {
    steps: Vec<(&'static str, bool, Duration)>,
}

impl Record {
    fn step(&mut self, name: &'static str, run: impl FnOnce() -> Result<bool>) {
        println!("\n== {name}");
        let started = Instant::now();
        let passed = run().unwrap_or_else(|error| {
            println!("{error:#}");
            false
        });
        let elapsed = started.elapsed();
        println!("== {name}: {} in {:.1} s", verdict(passed), elapsed.as_secs_f64());
        self.steps.push((name, passed, elapsed));
    }
}

/// Runs the gate; whether every step passed. `fast` leaves out the release build, the demonstration and the browser.
pub fn run(workspace: &Workspace, fast: bool) -> Result<bool> {
    let mut record = Record::default();
    let mut absent = Vec::new();
    record.step("tools", || {
        absent = prepare::run(workspace);
        Ok(true)
    });
    record.step("format", || shell::shown(&mut workspace.cargo(&["fmt", "--all", "--check"])));
    record.step("tidy", || verdict_of(tidy::assess(workspace)?));
    record.step("lints", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
        shell::shown(&mut workspace.cargo(&arguments))
    });
    let mut tests = None;
    record.step("tests", || {
        let (passed, suite) = suite::run(workspace)?;
        tests = Some(suite);
        Ok(passed)
    });
    if !fast {
        record.step("release", || {
            shell::shown(&mut workspace.cargo(&["build", "--release", "--locked", "--quiet", "--bin", "paillasse"]))
        });
        record.step("conformity", || conformity::check(workspace));
        record.step("demonstration", || demo::check(workspace));
        record.step("browser", || browser::check(workspace));
    }
    let tests = tests.unwrap_or_default();
    record.step("ledger", || verdict_of(ledger::assess(workspace, &tests)?));
    record.step("documents", || verdict_of(documents::assess(workspace, &tests)?));
    Ok(close(&record, &absent, &tests, fast))
}

fn verdict_of(problems: Vec<String>) -> Result<bool> {
    tidy::print(&problems);
    Ok(problems.is_empty())
}

/// Prints what happened, the count of tests last.
fn close(record: &Record, absent: &[String], tests: &Suite, fast: bool) -> bool {
    println!("\n== summary");
    for (name, passed, elapsed) in &record.steps {
        println!("{:>7.1} s  {:<6}  {name}", elapsed.as_secs_f64(), verdict(*passed));
    }
    for what in absent {
        println!("absent here: {what}");
    }
    for (reason, n) in &tests.skipped {
        println!("skipped: {reason}{}", if *n > 1 { format!(" ({n} times)") } else { String::new() });
    }
    if fast {
        println!("skipped: the release build, the demonstration and the browser (--fast)");
    }
    let passed = record.steps.iter().all(|(_, passed, _)| *passed);
    println!("{}", tests.closing_line());
    passed
}

fn verdict(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILED" }
}
