//! Running programs: a command in, its output or its failure out.

use anyhow::{Context, Result, bail, ensure};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Runs quietly; the standard output as text. What it complained about is in the error.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {}", name(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed ({}): {}", name(command), output.status, complaint.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} did not answer in UTF-8", name(command)))
}

/// Runs with this terminal; whether it succeeded.
pub fn shown(command: &mut Command) -> Result<bool> {
    Ok(command.status().with_context(|| format!("cannot run {}", name(command)))?.success())
}

/// Runs with its standard output kept and a bound on its time; stopped beyond it.
pub fn output_within(command: &mut Command, limit: Duration) -> Result<(ExitStatus, String)> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot run {}", name(command)))?;
    let mut pipe = child.stdout.take().context("a pipe was asked for")?;
    let reader = thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).map(|_| text)
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(Duration::from_millis(50));
    };
    let text = reader.join().map_err(|_| anyhow::anyhow!("the reader of {} stopped", name(command)))??;
    let Some(status) = status else { bail!("{} did not end within {} s", name(command), limit.as_secs()) };
    Ok((status, text))
}

/// Whether a program is on the path.
pub fn has(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else {
        return false;
    };
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Where this project keeps what it fetches or makes: `$XDG_CACHE_HOME/paillasse`, else under `~/.cache`.
pub fn cache() -> Result<PathBuf> {
    let home = match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => Path::new(&home).join(".cache"),
        _ => bail!("neither XDG_CACHE_HOME nor HOME is set"),
    };
    ensure!(home.is_absolute(), "the cache folder must be an absolute path");
    Ok(home.join("paillasse"))
}

fn name(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().take(4).map(|it| it.to_string_lossy()));
    words.join(" ")
}
