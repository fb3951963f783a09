//! Measurements beside an independent program that does the same work on the same bytes in the same run.

use crate::bench::{LIMIT, example};
use crate::{prepare, shell, workspace::Workspace};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::process::Command;

/// The message both read.
const MESSAGE: &str = "fixtures/hl7v2/sgl_b/blood_count_final.hl7";
/// Rounds, ours then theirs, so that both meet the same disturbances.
const N_ROUNDS: usize = 3;
/// Seconds a round.
const SECONDS: &str = "2";

/// Messages per second: ours, those of the Python package `hl7`, and how many times more.
pub fn hl7v2(workspace: &Workspace) -> Result<Value> {
    let script = workspace.root.join("xtask/peers/hl7_parse.py");
    let python = prepare::python()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut version = String::new();
    for _ in 0..N_ROUNDS {
        let printed = example(workspace, "hl7v2", "parse_rate", &[MESSAGE, SECONDS])?;
        ours.push(rate(&printed["lines"].to_string()).context("parse_rate printed no rate")?);
        let mut command = Command::new(&python);
        command.arg(&script).args([MESSAGE, SECONDS]).current_dir(&workspace.root);
        let (status, printed) = shell::output_within(&mut command, LIMIT)?;
        ensure!(status.success(), "the Python peer ended with {status}: {}", printed.trim());
        let peer: Value = serde_json::from_str(printed.trim()).context("the Python peer printed no JSON")?;
        theirs.push(peer["messages_per_s"].as_f64().context("the Python peer printed no rate")?);
        version = peer["version"].as_str().unwrap_or_default().to_owned();
    }
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(json!({
        "message": MESSAGE,
        "messages_per_s": ours.round(),
        "peer": format!("Python hl7 {version}"),
        "peer_messages_per_s": theirs.round(),
        "ratio": (ours / theirs).round(),
    }))
}

/// The number before `messages/s`.
fn rate(printed: &str) -> Option<f64> {
    printed.split(" messages/s").next()?.rsplit(' ').next()?.parse().ok()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_the_number_before_its_unit() {
        assert_eq!(rate("[\"812 bytes a message, 512345 messages/s, 416 MB/s (9 characters read)\"]"), Some(512_345.0));
        assert_eq!(rate("nothing"), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
