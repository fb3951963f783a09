//! The pages in a real browser: Debian's Chromium, driven by a driver of the npm registry.
//!
//! In: the release build of the server. Out: whether a biologist's first minute passes. Without Chromium or Node.js the
//! step says that it was skipped.

use crate::{shell, workspace::Workspace};
use anyhow::{Context, Result};
use std::{fs, process::Command, time::Duration};

/// The longest the browser may take.
const LIMIT: Duration = Duration::from_secs(300);
/// What the tests are made of, beside the driver that npm installs.
const FILES: [&str; 2] = ["package.json", "test.mjs"];

/// Runs the browser tests in a scratch copy, so that nothing installed lands in the tree.
pub fn check(workspace: &Workspace) -> Result<bool> {
    for program in ["chromium", "node", "npm"] {
        if !shell::has(program) {
            println!("skipped: {program} is not here");
            return Ok(true);
        }
    }
    let folder = workspace.scratch()?.join("browser");
    fs::create_dir_all(&folder)?;
    for name in FILES {
        let from = workspace.root.join("e2e/browser").join(name);
        fs::copy(&from, folder.join(name)).with_context(|| format!("{} cannot be copied", from.display()))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder);
    if !shell::shown(&mut npm)? && !folder.join("node_modules/playwright-core").is_dir() {
        println!("skipped: the browser driver could not be installed");
        return Ok(true);
    }
    let mut node = Command::new("node");
    node.arg("test.mjs").arg(workspace.target.join("release/paillasse")).current_dir(&folder);
    let (status, printed) = shell::output_within(&mut node, LIMIT)?;
    println!("{}", printed.trim());
    Ok(status.success())
}
