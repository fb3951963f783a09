//! `cargo xtask soak mssante`: the real program between a stream of results and Debian's mail servers, everything killed at random.
#![allow(clippy::print_stdout, reason = "a command-line tool")]

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use e2e::soak::{self, Database, Options};

/// Arguments: the program, seconds, seed, `sqlite` or `postgresql`.
#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |name: &str| arguments.next().with_context(|| format!("missing argument: {name}"));
    let options = Options {
        program: PathBuf::from(next("program")?),
        duration: Duration::from_secs(next("seconds")?.parse()?),
        seed: next("seed")?.parse()?,
        database: match next("database")?.as_str() {
            "postgresql" => Database::Postgres,
            _ => Database::Sqlite,
        },
    };
    let Some(verdict) = soak::run(&options).await? else { return Ok(()) };
    println!("{}", verdict.json());
    for problem in &verdict.problems {
        println!("problem: {problem}");
    }
    ensure!(verdict.problems.is_empty(), "{} problems", verdict.problems.len());
    Ok(())
}
