//! Checks of the sources that no compiler makes: who may depend on whom, what may stand in a file.
//!
//! Out: one sentence per problem, which says where and what to do.

mod direction;
mod files;
mod licenses;
mod migrations;
mod purity;

use crate::workspace::Workspace;
use anyhow::Result;

/// Every problem found.
pub fn assess(workspace: &Workspace) -> Result<Vec<String>> {
    let mut problems = direction::assess(workspace);
    problems.extend(purity::assess(workspace)?);
    problems.extend(files::assess(workspace)?);
    problems.extend(migrations::assess(workspace)?);
    problems.extend(licenses::assess(workspace)?);
    Ok(problems)
}

/// Prints problems, one a line.
pub fn print(problems: &[String]) {
    for problem in problems {
        println!("{problem}");
    }
}
