//! `paillasse send`: one message over MLLP, its answer on the standard output.

use std::{io::Write as _, net::SocketAddr, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use transport::mllp::{ClientSettings, MllpClient};

/// Sends the file as it is; exit code 0 for `AA`, 1 for a refusal.
pub async fn run(file: &Path, to: SocketAddr) -> Result<ExitCode> {
    let message = std::fs::read(file).with_context(|| format!("{} n'a pas pu être lu", file.display()))?;
    let mut client = MllpClient::connect(to, None, ClientSettings::default())
        .await
        .with_context(|| format!("{to} ne répond pas"))?;
    let answer = client.send(&message).await.context("aucune réponse")?;
    let text = String::from_utf8_lossy(&answer).replace('\r', "\n");
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    let accepted = hl7v2::decode(&answer, &hl7v2::Limits::default())
        .ok()
        .and_then(|message| hl7v2::ack::read(&message).ok())
        .is_some_and(|answer| answer.code == hl7v2::ack::AckCode::Accept);
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
