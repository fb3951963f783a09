//! The demonstration from end to end, as a newcomer runs it: sent by itself, counted by itself, then ended.
//!
//! In: the release build of the server. Out: whether its own account of what it delivered adds up.

use crate::{prepare, shell, workspace::Workspace};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The longest a demonstration may take.
const LIMIT: Duration = Duration::from_secs(300);

/// Template of the documents that have rules of their own instead of those of CR-BIO. Source: BIO-TROD 2024.01.
const RAPID_TEST: &str = "root=\"1.2.250.1.213.1.1.1.59\"";

/// Runs `paillasse demo --auto --exit --json` on a fresh folder and checks what it says.
pub fn check(workspace: &Workspace) -> Result<bool> {
    let folder = workspace.scratch()?.join("demo");
    let mut command = Command::new(workspace.target.join("release/paillasse"));
    command.args(["demo", "--auto", "--exit", "--json", "--fresh", "--out"]).arg(&folder);
    let (status, printed) = shell::output_within(command.current_dir(&workspace.root), LIMIT)?;
    println!("{}", printed.trim());
    if !status.success() {
        bail!("the demonstration ended with {status}");
    }
    let problems = problems(&account(&printed)?)?;
    for problem in &problems {
        println!("{problem}");
    }
    Ok(problems.is_empty() && documents_are_clean(workspace, &folder.join("documents"))?)
}

/// Lets the official schemas and schematrons judge every document that the demonstration produced.
fn documents_are_clean(workspace: &Workspace, folder: &Path) -> Result<bool> {
    let mut documents: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    documents.sort();
    let python = prepare::python()?;
    let mut judge = Command::new(python);
    judge.arg(workspace.root.join("conformance/cr-bio/judge.py"));
    let is_rapid_test = |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|it| it.contains(RAPID_TEST));
    let (rapid_tests, others): (Vec<_>, Vec<_>) = documents.iter().partition(|path| is_rapid_test(path));
    for path in rapid_tests {
        judge.arg("--trod").arg(path);
    }
    judge.args(others);
    let (status, printed) = shell::output_within(&mut judge, LIMIT)?;
    let telling = printed.lines().filter(|line| !line.starts_with("ok ") && !line.starts_with("-- "));
    telling.for_each(|line| println!("{line}"));
    // 3: a tool or the oracle is missing, which the judge has said.
    Ok(status.success() || status.code() == Some(3))
}

/// The JSON object: everything from the first line that opens one.
fn account(printed: &str) -> Result<Value> {
    let start = printed.lines().position(|line| line.trim_start().starts_with('{')).context("no JSON object")?;
    let text: Vec<&str> = printed.lines().skip(start).collect();
    serde_json::from_str(&text.join("\n")).context("the account of the demonstration is not JSON")
}

/// What does not add up.
fn problems(account: &Value) -> Result<Vec<String>> {
    let count = |path: &str| {
        let number = account.pointer(path).and_then(Value::as_u64);
        number.with_context(|| format!("no count of {path}"))
    };
    let n_planned =
        count("/deliveries/mssante_pro")? + count("/deliveries/mssante_patient")? + count("/deliveries/dmp")?;
    let (n_received, n_failed, n_withheld) = (count("/received")?, count("/failed")?, count("/deliveries/withheld")?);
    let mut problems = Vec::new();
    if n_planned == 0 {
        problems.push("nothing was sent".to_owned());
    }
    if n_planned != n_received + n_failed {
        problems.push(format!("{n_planned} deliveries, but {n_received} received and {n_failed} failed"));
    }
    if n_failed > 0 {
        problems.push(format!("{n_failed} deliveries failed"));
    }
    if n_withheld == 0 {
        problems.push("nothing was withheld, though the samples hold cases that must be".to_owned());
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_must_add_up_and_hold_withheld_cases() {
        let read = |text: &str| problems(&account(text).expect("JSON")).expect("counts").len();
        let right = r#"{"deliveries": {"mssante_pro": 9, "mssante_patient": 4, "dmp": 5, "withheld": 3},
            "received": 18, "failed": 0}"#;
        assert_eq!(read(&format!("opening\n{right}\n")), 0);
        assert_eq!(read(&right.replace("18", "17")), 1);
        assert_eq!(read(&right.replace("18", "17").replace("\"failed\": 0", "\"failed\": 1")), 1);
        assert_eq!(read(&right.replace("\"withheld\": 3", "\"withheld\": 0")), 1);
        assert!(problems(&account("{}").expect("JSON")).is_err());
    }
}
