//! What is killed, cut or silenced, and when.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use store::testing::Postgres;

use super::{Chance, proxy::Proxy, worker::Worker};
use crate::debian::Debian;

/// Everything that can be broken.
pub struct Acts {
    /// The program.
    pub worker: Arc<Worker>,
    /// The mail servers.
    pub debian: Arc<Debian>,
    /// The wire between both.
    pub wire: Arc<Proxy>,
    /// The database server, where there is one.
    pub postgres: Option<Arc<Postgres>>,
}

/// How often each thing was broken.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counts {
    /// The program killed.
    pub worker: u32,
    /// Postfix killed.
    pub smtp: u32,
    /// Dovecot killed.
    pub imap: u32,
    /// PostgreSQL killed.
    pub database: u32,
    /// Connections cut.
    pub cuts: u32,
    /// Answers lost.
    pub mutes: u32,
}

/// Breaks one thing after the other until the time is over, then leaves everything running.
pub async fn run(acts: Acts, mut chance: Chance, until: Instant) -> Result<Counts> {
    let mut counts = Counts::default();
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(300) + chance.millis(2500)).await;
        match chance.below(if acts.postgres.is_some() { 12 } else { 10 }) {
            0..=2 => {
                counts.worker += 1;
                acts.worker.kill().await?;
                tokio::time::sleep(chance.millis(1000)).await;
                acts.worker.start_again().await?;
            }
            3..=4 => {
                counts.smtp += 1;
                blocking(&acts, Debian::kill_smtp).await?;
                tokio::time::sleep(chance.millis(3000)).await;
                blocking(&acts, Debian::restart_smtp).await?;
            }
            5 => {
                counts.imap += 1;
                blocking(&acts, Debian::kill_imap).await?;
                tokio::time::sleep(chance.millis(3000)).await;
                blocking(&acts, Debian::restart_imap).await?;
            }
            6..=7 => {
                counts.cuts += 1;
                acts.wire.cut_after(1 + chance.below(400_000));
            }
            8..=9 => {
                counts.mutes += 1;
                acts.wire.set_mute(true);
                tokio::time::sleep(Duration::from_millis(100) + chance.millis(900)).await;
                acts.wire.cut();
                acts.wire.set_mute(false);
            }
            _ => {
                counts.database += 1;
                if let Some(server) = acts.postgres.clone() {
                    let down = chance.millis(2000);
                    tokio::task::spawn_blocking(move || server.kill_and_start(down)).await??;
                }
            }
        }
    }
    Ok(counts)
}

async fn blocking(acts: &Acts, act: fn(&Debian) -> Result<()>) -> Result<()> {
    let debian = Arc::clone(&acts.debian);
    tokio::task::spawn_blocking(move || act(&debian)).await?
}
