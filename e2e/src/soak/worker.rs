//! The program under test: started on its settings, killed with SIGKILL, started again.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::sync::Mutex;

use super::proxy::Proxy;
use crate::debian::{Debian, Who};

/// The program, running or between two lives.
pub struct Worker {
    program: PathBuf,
    settings: PathBuf,
    folder: PathBuf,
    /// Settings by environment, over those of the file.
    environment: Vec<(&'static str, String)>,
    running: Mutex<Option<(Child, SocketAddr)>>,
}

impl Worker {
    /// Starts it: its mail leaves by the wire and comes back from Dovecot.
    pub async fn start(program: &Path, settings: &Path, folder: &Path, debian: &Debian, wire: &Proxy) -> Result<Self> {
        let identity = debian.pki.client(Who::Laboratory).context("a certificate")?;
        let write = |name: &str, bytes: &[u8]| -> Result<String> {
            let file = folder.join(name);
            std::fs::write(&file, bytes)?;
            Ok(file.display().to_string())
        };
        let environment = vec![
            ("PAILLASSE_LOG", "info".to_owned()),
            ("PAILLASSE_MSSANTE__SMTP__PORT", wire.address.port().to_string()),
            ("PAILLASSE_MSSANTE__IMAP__PORT", debian.imap_port().to_string()),
            ("PAILLASSE_MSSANTE__ROOTS", write("roots.pem", debian.pki.organizations.as_bytes())?),
            ("PAILLASSE_MSSANTE__REVOCATION_LISTS", write("lists.pem", debian.pki.list.as_bytes())?),
            ("PAILLASSE_MSSANTE__CERTIFICATE", write("client.pem", &identity.certificate_chain_pem)?),
            ("PAILLASSE_MSSANTE__KEY", write("client.key", &identity.private_key_pem)?),
            ("PAILLASSE_RETRY__UNKNOWN_GRACE_SECONDS", "10".to_owned()),
        ];
        let worker = Self {
            program: program.to_owned(),
            settings: settings.to_owned(),
            folder: folder.to_owned(),
            environment,
            running: Mutex::new(None),
        };
        worker.start_again().await?;
        Ok(worker)
    }

    /// Where messages are received, while it runs.
    pub async fn mllp(&self) -> Result<SocketAddr> {
        self.running.lock().await.as_ref().map(|(_, address)| *address).context("between two lives")
    }

    /// SIGKILL: nothing of the process runs any more.
    pub async fn kill(&self) -> Result<()> {
        if let Some((mut child, _)) = self.running.lock().await.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts it on what the last life left; tries again while its database does not answer.
    pub async fn start_again(&self) -> Result<()> {
        let mut running = self.running.lock().await;
        for _ in 0..30 {
            let life = self.life();
            if let Ok(started) = tokio::task::spawn_blocking(move || live(life)).await? {
                *running = Some(started);
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        anyhow::bail!("the program does not start\n{}", self.log())
    }

    /// The command of one life.
    fn life(&self) -> (Command, PathBuf) {
        let mut command = Command::new(&self.program);
        command.args(["serve", "--config"]).arg(&self.settings);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        (command, self.folder.join("worker.log"))
    }

    /// Ends it.
    pub async fn stop(&self) {
        // Its end matters to nobody any more.
        let _ = self.kill().await;
    }

    /// The last warnings and errors it wrote; every name in them is invented.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.folder.join("worker.log")).unwrap_or_default();
        let mut last: Vec<&str> =
            text.lines().rev().filter(|it| it.contains("WARN") || it.contains("ERROR")).take(40).collect();
        last.reverse();
        format!("-- paillasse\n{}", last.join("\n"))
    }
}

/// Starts it and waits until it says where it listens.
fn live((mut command, log): (Command, PathBuf)) -> Result<(Child, SocketAddr)> {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
    let stdout = child.stdout.take().context("stdout")?;
    let address = BufReader::new(stdout).lines().next().and_then(|line| {
        let line = line.ok()?;
        line.split("MLLP : ").nth(1)?.trim_end_matches(')').parse().ok()
    });
    match address {
        Some(address) => Ok((child, address)),
        None => {
            child.kill()?;
            child.wait()?;
            anyhow::bail!("it does not start")
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some((child, _)) = self.running.get_mut() {
            // Its end matters to nobody any more.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
