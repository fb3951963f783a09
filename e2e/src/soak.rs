//! The soak: the real program between a stream of results and Debian's mail servers, everything killed at random.
//!
//! In: the program, a duration, a seed, a database. Out: what every mailbox holds in the end, beside what was planned.
//! The worker is killed and started again, so are Postfix, Dovecot and PostgreSQL; connections are cut in the middle of
//! a message, and answers are lost. The seed fixes the stream and the faults, not how the processes interleave.
#![allow(clippy::print_stdout)]

mod faults;
mod judge;
mod proxy;
mod worker;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use app::{App, AppError, Env, catalogue, start::open_store};
use records::{deliveries, lists, messages};
use store::testing::Postgres;
use transport::mllp::{ClientSettings, MllpClient};

pub use judge::Verdict;

use crate::{
    COLLECTOR_BOX, LABORATORY_BOX, Line, Message, Operator, Patient,
    debian::{Debian, Door},
    prepare,
};
use proxy::Proxy;
use worker::Worker;

/// Boxes that reports go to.
const BOXES: [&str; 3] = [
    "279035121518989@patient.mssante.fr",
    "claire.moreau@medecin.test.mssante.fr",
    "antoine.rossi@medecin.test.mssante.fr",
];
/// How long everything may take to arrive once nothing is killed any more.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long nothing must change before the end is believed.
const CALM: Duration = Duration::from_secs(3);

/// Where the program keeps its records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Database {
    /// A file of its own.
    Sqlite,
    /// A server of its own, killed as well.
    Postgres,
}

/// A soak.
pub struct Options {
    /// The executable `paillasse`.
    pub program: PathBuf,
    /// How long results come in and processes are killed.
    pub duration: Duration,
    /// Seed of the stream and of the faults.
    pub seed: u64,
    /// Where records are kept.
    pub database: Database,
}

/// A reproducible source of chance. Source: Steele, Lea, Flood, 2014 (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// A duration below so many milliseconds.
    pub(crate) fn millis(&mut self, bound: u64) -> Duration {
        Duration::from_millis(self.below(bound))
    }
}

/// A dossier of the stream.
struct Sent {
    number: usize,
    n_messages: u32,
    last: Instant,
}

/// Runs a soak; `None`, having said why, where Debian's servers cannot run.
pub async fn run(options: &Options) -> Result<Option<Verdict>> {
    println!("seed {}, {} s, {:?}", options.seed, options.duration.as_secs(), options.database);
    let boxes: Vec<&str> = BOXES.into_iter().chain([LABORATORY_BOX, COLLECTOR_BOX]).collect();
    let Some(debian) = tokio::task::spawn_blocking(move || Debian::start(&boxes)).await?? else { return Ok(None) };
    let debian = Arc::new(debian);
    let postgres = match options.database {
        Database::Sqlite => None,
        Database::Postgres => match tokio::task::spawn_blocking(Postgres::start_or_skip).await? {
            None => return Ok(None),
            Some(server) => Some(server),
        },
    };
    let operator = Operator::start().await?;
    operator.dmp.open_dmp(&BOXES[0][..15]);
    let folder = std::env::temp_dir().join(format!("paillasse-soak-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder)?;
    let (url, postgres) = match postgres {
        None => (format!("sqlite:{}", folder.join("paillasse.db").display()), None),
        Some(mut server) => {
            let made = tokio::task::spawn_blocking(move || server.fresh_database().map(|url| (url, server))).await?;
            let (url, server) = made?;
            (url, Some(Arc::new(server)))
        }
    };
    drop(observer(&url, &operator, true).await?);
    let wire = Arc::new(Proxy::start(debian.smtp_port(Door::Right).context("a door")?).await?);
    let settings = operator.settings_file(&folder, &url)?;
    let worker = Arc::new(Worker::start(&options.program, &settings, &folder, &debian, &wire).await?);

    let until = Instant::now() + options.duration;
    let chance = Chance::new(options.seed ^ 0x50a4);
    // The server stops when its last owner forgets it: it is kept until everything has been judged.
    let kept = postgres.clone();
    let acts =
        faults::Acts { worker: Arc::clone(&worker), debian: Arc::clone(&debian), wire: Arc::clone(&wire), postgres };
    let killing = tokio::spawn(faults::run(acts, chance, until));
    let sent = stream(&worker, Chance::new(options.seed), until).await?;
    let counts = killing.await??;

    let app = observer(&url, &operator, false).await?;
    let drained = drained(&app, sent.len()).await;
    if let Err(error) = &drained {
        println!("{error:#}\n{}\n{}", debian.logs(), worker.log());
    }
    let messages = sent.iter().map(|it| u64::from(it.n_messages)).sum();
    let mut verdict = judge::judge(&app, &debian, &sent, messages, counts).await?;
    verdict.seed = options.seed;
    verdict.seconds = options.duration.as_secs();
    verdict.drained_after = drained.as_ref().ok().copied();
    if let Err(error) = drained {
        verdict.problems.push(format!("{error:#}"));
    }
    worker.stop().await;
    // Its end waits for its processes.
    tokio::task::spawn_blocking(move || drop(kept)).await?;
    if verdict.problems.is_empty() {
        std::fs::remove_dir_all(&folder)?;
    } else {
        println!("kept: {}\n{}", folder.display(), worker.log());
    }
    Ok(Some(verdict))
}

/// The records, read beside the program.
async fn observer(url: &str, operator: &Operator, is_first: bool) -> Result<App> {
    let env = Env::system();
    let app = App::open(open_store(url, &env).await?, env, operator.settings()?, catalogue::usual()).await?;
    if is_first {
        prepare(&app).await?;
    }
    Ok(app)
}

/// Results and their corrections, each sent again until it is acknowledged, as a sender must.
async fn stream(worker: &Worker, mut chance: Chance, until: Instant) -> Result<Vec<Sent>> {
    let mut all: Vec<Sent> = Vec::new();
    while Instant::now() < until {
        let ripe: Vec<usize> = (0..all.len())
            .filter(|at| all[*at].n_messages < 4 && all[*at].last.elapsed() > Duration::from_millis(1500))
            .collect();
        let at = if !ripe.is_empty() && chance.below(100) < 40 {
            ripe[usize::try_from(chance.below(ripe.len() as u64))?]
        } else {
            all.push(Sent { number: all.len(), n_messages: 0, last: Instant::now() });
            all.len() - 1
        };
        all[at].n_messages += 1;
        let bytes = message(all[at].number, all[at].n_messages).encode();
        loop {
            if let Ok(answer) = send(worker, &bytes).await {
                let text = String::from_utf8_lossy(&answer);
                if text.contains("MSA|AA") {
                    break;
                }
                // Its database is down: it asks for the message again.
                ensure!(text.contains("INBOUND-NOT-STORED"), "refused: {text}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        all[at].last = Instant::now();
        tokio::time::sleep(chance.millis(500)).await;
    }
    Ok(all)
}

async fn send(worker: &Worker, bytes: &[u8]) -> Result<Vec<u8>> {
    let exchange = async {
        let mut client = MllpClient::connect(worker.mllp().await?, None, ClientSettings::default()).await?;
        Ok(client.send(bytes).await?.to_vec())
    };
    tokio::time::timeout(Duration::from_secs(10), exchange).await?
}

/// The potassium that the n-th message of a dossier tells: the only value of it that differs.
fn potassium(n: u32) -> String {
    format!("{}.{n}", 3 + n)
}

/// The n-th message of a dossier, from 1. One in four is about the patient who has a box and a DMP.
fn message(number: usize, n: u32) -> Message {
    let patient = if number.is_multiple_of(4) {
        Patient::qualified()
    } else {
        Patient {
            number: format!("Q{number}"),
            name: (format!("ESSAI{number}"), "CAMILLE".into()),
            matricule: None,
            reliability: "PROV",
        }
    };
    let mut potassium = Line::number("K", &potassium(n), "mmol/L");
    potassium.status = if n == 1 { 'F' } else { 'C' };
    Message {
        sender: "SGL-C",
        validator: Some("01234567101"),
        control_id: format!("S{number}-{n}"),
        time: format!("202611020930{n:02}+0100"),
        number: format!("S{number}"),
        patient,
        lines: vec![Line::number("NA", "140", "mmol/L"), potassium],
        ..Message::chemistry()
    }
}

/// Waits until every message is processed, every dossier has its report and every delivery has ended; how long it took.
async fn drained(app: &App, n_dossiers: usize) -> Result<Duration> {
    let started = Instant::now();
    let (mut calm_since, mut before) = (Instant::now(), Vec::new());
    loop {
        let (waiting, counts, reports) = app
            .store()
            .read(|tx| {
                let reports = lists::count_reports(tx)?;
                Ok::<_, AppError>((messages::n_waiting(tx, 1)?, deliveries::counts(tx)?, reports))
            })
            .await?;
        let pending: i64 = counts.iter().filter(|(_, state, _)| !state.has_ended()).map(|(_, _, n)| n).sum();
        let told: Vec<_> = counts.iter().map(|(channel, state, n)| (channel.code(), state.code(), *n)).collect();
        let is_over = waiting == 0 && pending == 0 && usize::try_from(reports).is_ok_and(|it| it >= n_dossiers);
        if !is_over || told != before {
            calm_since = Instant::now();
        } else if calm_since.elapsed() > CALM {
            return Ok(started.elapsed() - CALM);
        }
        before = told;
        ensure!(
            started.elapsed() < PATIENCE,
            "not drained: {waiting} messages wait, {reports} of {n_dossiers} reports, deliveries {before:?}"
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
