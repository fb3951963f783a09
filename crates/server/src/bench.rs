//! `paillasse bench`: measures of the whole, on this machine, over the code of production.
//!
//! Durability is never turned off; the machine's own calibration is printed by `cargo xtask bench` beside these figures.

mod conformity;
mod intake;
mod pipeline;

use std::{
    io::Write as _,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::demo::{DemoArgs, World};

/// Options of a measure.
#[derive(Args)]
pub struct BenchArgs {
    /// `intake`, `pipeline`, `dossier`, `start` ou `conformity`.
    name: String,
    /// Écrit un objet JSON.
    #[arg(long)]
    json: bool,
    /// Durée de la mesure, en secondes (20 pour la réception, 180 pour la chaîne entière).
    #[arg(long)]
    seconds: Option<u64>,
    /// Dossier des règles officielles ; sans lui, les comptes rendus sont contrôlés par nos seules règles.
    #[arg(long)]
    pack: Option<std::path::PathBuf>,
    /// Dossier où écrire la base de données de la mesure.
    #[arg(long)]
    data: Option<std::path::PathBuf>,
    /// Documents de la mesure, pour la conformité.
    files: Vec<std::path::PathBuf>,
}

/// Runs a measure.
pub async fn run(args: BenchArgs) -> Result<ExitCode> {
    let figures = match args.name.as_str() {
        "intake" => intake::run(&args).await?,
        "pipeline" => pipeline::run(&args).await?,
        "dossier" => dossier(&args).await?,
        "start" => start()?,
        "conformity" => conformity::run(&args)?,
        other => bail!("mesure inconnue : {other}"),
    };
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{figures}")?;
    } else if let Some(object) = figures.as_object() {
        for (name, value) in object {
            writeln!(out, "{name:<28} {value}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A world on free ports, with data in a scratch folder (or `--data`).
async fn world(args: &BenchArgs) -> Result<World> {
    World::start(&DemoArgs {
        auto: true,
        exit: true,
        reports: 1,
        out: None,
        json: true,
        fresh: true,
        data: args.data.clone(),
        pack: args.pack.clone(),
        no_pack: args.pack.is_none(),
        web: None,
        database: None,
    })
    .await
}

/// Percentile of sorted durations, in milliseconds.
fn percentile_ms(sorted: &[Duration], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |duration| duration.as_secs_f64() * 1000.0)
}

/// One dossier's life with ten results: received, technically validated, signed; one after the other.
async fn dossier(args: &BenchArgs) -> Result<serde_json::Value> {
    let world = world(args).await?;
    let lives = pipeline::lives(&world, 100).await?;
    let sorted = |part: usize| {
        let mut times: Vec<Duration> = lives.iter().map(|life| life[part]).collect();
        times.sort_unstable();
        times
    };
    let (received, validated, signed) = (sorted(0), sorted(1), sorted(2));
    let figures = serde_json::json!({
        "dossiers": lives.len(),
        "results_each": 10,
        "on_the_bench_p50_ms": percentile_ms(&received, 50),
        "technically_validated_p50_ms": percentile_ms(&validated, 50),
        "signed_p50_ms": percentile_ms(&signed, 50),
        "signed_p99_ms": percentile_ms(&signed, 99),
    });
    world.stop().await;
    Ok(figures)
}

/// Start to ready of a fresh process over an existing database, and its memory once idle.
fn start() -> Result<serde_json::Value> {
    let folder = std::env::temp_dir().join(format!("paillasse-start-{}", std::process::id()));
    let mut times = Vec::new();
    let mut memory_kib = 0;
    // The first start creates the database and the accounts: not counted.
    for round in 0..6 {
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["demo", "--web", "127.0.0.1:0", "--reports", "1", "--data"])
            .arg(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().context("stdout")?;
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stdout));
        lines
            .find(|line| line.as_ref().is_ok_and(|line| line.contains("MLLP")))
            .context("le programme n'a pas démarré")??;
        let ready = started.elapsed();
        if round > 0 {
            times.push(ready);
        }
        std::thread::sleep(Duration::from_millis(1500));
        memory_kib = resident_kib(child.id()).unwrap_or(0);
        child.kill()?;
        child.wait()?;
    }
    let _ = std::fs::remove_dir_all(&folder);
    times.sort_unstable();
    Ok(serde_json::json!({
        "start_to_ready_p50_ms": percentile_ms(&times, 50),
        "idle_memory_mb_with_sandbox": memory_kib / 1024,
    }))
}

/// Resident memory of a process.
fn resident_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().trim_end_matches(" kB").trim().parse().ok())
}
