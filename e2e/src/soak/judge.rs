//! What arrived beside what was planned: loss, other bytes, broken order, doubles, untied notifications.
//!
//! The mailboxes are read by Python's own library; the plan is read from the records.

use std::{
    collections::{HashMap, HashSet},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use app::{App, AppError};
use lab::{delivery::DeliveryState, report::Report};
use records::{deliveries, versions, work_items};
use serde::Deserialize;
use serde_json::json;
use store::params;

use super::{Sent, faults::Counts, potassium};
use crate::{LABORATORY_BOX, debian::Debian};

/// The independent reader of mailboxes.
const READER: &str = include_str!("read_boxes.py");

/// A message found in a mailbox.
#[derive(Deserialize)]
struct Found {
    r#box: String,
    at_us: i64,
    message_id: String,
    queue: Vec<String>,
    sha256: String,
}

/// A mail that was planned.
struct Planned {
    order: String,
    number: i64,
    address: String,
    message_id: String,
    state: DeliveryState,
    sha256: Option<String>,
    n_attempts: i64,
}

/// What a soak came to.
pub struct Verdict {
    /// Seed.
    pub seed: u64,
    /// Seconds of faults.
    pub seconds: u64,
    /// HL7 messages acknowledged.
    pub messages: u64,
    /// Report versions signed.
    pub versions: u64,
    /// Mails planned.
    pub mails: u64,
    /// Mails that a later version made useless before they left.
    pub superseded: u64,
    /// Attempts made, all mails together.
    pub attempts: u64,
    /// Mails that were handed over twice by us: same Message-ID, two submissions.
    pub doubles: u64,
    /// Mails that the operator itself put twice into a box: one submission, two copies.
    pub operator_doubles: u64,
    /// How long it took until everything had arrived.
    pub drained_after: Option<Duration>,
    /// What was broken.
    pub counts: Counts,
    /// What must not be: loss, other bytes, broken order, untied answers.
    pub problems: Vec<String>,
}

impl Verdict {
    /// One line for machines.
    pub fn json(&self) -> String {
        json!({
            "seed": self.seed,
            "seconds": self.seconds,
            "messages": self.messages,
            "versions": self.versions,
            "mails": self.mails,
            "superseded": self.superseded,
            "attempts": self.attempts,
            "doubles": self.doubles,
            "operator_doubles": self.operator_doubles,
            "drained_after_s": self.drained_after.map(|it| it.as_secs()),
            "killed": {
                "worker": self.counts.worker,
                "smtp": self.counts.smtp,
                "imap": self.counts.imap,
                "database": self.counts.database,
            },
            "cut": self.counts.cuts,
            "answers_lost": self.counts.mutes,
            "problems": self.problems.len(),
        })
        .to_string()
    }
}

/// Reads the boxes and the records, and compares.
pub async fn judge(app: &App, debian: &Debian, sent: &[Sent], messages: u64, counts: Counts) -> Result<Verdict> {
    let (planned, n_versions) = planned(app).await?;
    let found = found(debian)?;
    let mut problems = Vec::new();
    told_values(app, sent, &mut problems).await?;
    let mut by_id: HashMap<(&str, &str), Vec<&Found>> = HashMap::new();
    for mail in found.iter().filter(|it| it.r#box != LABORATORY_BOX) {
        by_id.entry((mail.r#box.as_str(), mail.message_id.as_str())).or_default().push(mail);
    }
    let (mut doubles, mut operator_doubles) = (0, 0);
    for mail in &planned {
        let copies = by_id.remove(&(mail.address.as_str(), mail.message_id.as_str())).unwrap_or_default();
        let name = format!("version {} of {} to {}", mail.number, mail.order, mail.address);
        match mail.state {
            DeliveryState::Received | DeliveryState::Read if copies.is_empty() => {
                problems.push(format!("lost: {name} is not in its box"));
            }
            DeliveryState::Received | DeliveryState::Read | DeliveryState::Superseded => {}
            other => problems.push(format!("not ended well: {name} is {}", other.code())),
        }
        if copies.iter().any(|it| Some(&it.sha256) != mail.sha256.as_ref()) {
            problems.push(format!("other bytes: {name}"));
        }
        let mut submissions: Vec<_> = copies.iter().map(|it| it.queue.first()).collect();
        submissions.sort();
        submissions.dedup();
        doubles += submissions.len().saturating_sub(1) as u64;
        operator_doubles += (copies.len() - submissions.len()) as u64;
    }
    problems.extend(by_id.keys().map(|(address, id)| format!("never planned: {id} in {address}")));
    broken_order(&planned, &found, &mut problems);
    untied(app, debian, &mut problems).await?;
    Ok(Verdict {
        seed: 0,
        seconds: 0,
        messages,
        versions: n_versions,
        mails: planned.len() as u64,
        superseded: planned.iter().filter(|it| it.state == DeliveryState::Superseded).count() as u64,
        attempts: planned.iter().map(|it| u64::try_from(it.n_attempts).unwrap_or_default()).sum(),
        doubles,
        operator_doubles,
        drained_after: None,
        counts,
        problems,
    })
}

/// Every planned mail, and how many versions there are.
async fn planned(app: &App) -> Result<(Vec<Planned>, u64)> {
    let sql = "SELECT d.id, v.order_id, v.number FROM delivery d JOIN report_version v ON v.id = d.version_id \
               WHERE d.address IS NOT NULL ORDER BY v.order_id, v.number, d.id";
    let read = app
        .store()
        .read(move |tx| {
            let rows = tx.query(sql, params![])?;
            let mut planned = Vec::with_capacity(rows.len());
            for row in &rows {
                let id = lab::id::DeliveryId::parse(row.text("id")?).ok_or(AppError::Rendering("an identifier"))?;
                let delivery = deliveries::get(tx, id)?;
                planned.push(Planned {
                    order: row.string("order_id")?,
                    number: row.int("number")?,
                    address: delivery.address.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default(),
                    message_id: format!("{}@{}", delivery.exchange, domain()),
                    state: delivery.state,
                    sha256: delivery.content_sha256.clone(),
                    n_attempts: i64::from(delivery.n_attempts),
                });
            }
            let n = tx.query("SELECT id FROM report_version", params![])?.len();
            Ok::<_, AppError>((planned, n as u64))
        })
        .await?;
    Ok(read)
}

fn domain() -> &'static str {
    LABORATORY_BOX.split('@').nth(1).unwrap_or_default()
}

fn found(debian: &Debian) -> Result<Vec<Found>> {
    let output = Command::new("python3").args(["-c", READER]).arg(debian.mailboxes()).output()?;
    ensure!(output.status.success(), "the reader of mailboxes: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).context("the reader of mailboxes")?;
    text.lines().map(|line| serde_json::from_str(line).context("a line of the reader")).collect()
}

/// The last version of each dossier says what its last acknowledged message said.
async fn told_values(app: &App, sent: &[Sent], problems: &mut Vec<String>) -> Result<()> {
    for dossier in sent {
        let number = format!("S{}", dossier.number);
        let expected = potassium(dossier.n_messages);
        let latest = app
            .store()
            .read(move |tx| {
                let rows = tx.query(
                    "SELECT v.id FROM report_version v JOIN lab_order o ON o.id = v.order_id WHERE o.number = $1 \
                     ORDER BY v.number DESC LIMIT 1",
                    params![number],
                )?;
                let Some(row) = rows.first() else { return Ok(None) };
                let id = lab::id::VersionId::parse(row.text("id")?).ok_or(AppError::Rendering("an identifier"))?;
                Ok::<_, AppError>(Some(versions::model(tx, id)?))
            })
            .await?;
        match latest {
            None => problems.push(format!("lost: dossier S{} has no report", dossier.number)),
            Some(report) if !tells(&report, &expected)? => {
                problems.push(format!("lost: dossier S{} does not tell {expected}", dossier.number));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn tells(report: &Report, value: &str) -> Result<bool> {
    Ok(serde_json::to_string(report)?.contains(&format!("\"{value}\"")))
}

/// In each box, the first copy of a version comes after the first copy of the version before it.
fn broken_order(planned: &[Planned], found: &[Found], problems: &mut Vec<String>) {
    let mut first: HashMap<(&str, &str), i64> = HashMap::new();
    let mut last: HashMap<(&str, &str), i64> = HashMap::new();
    for mail in found {
        let key = (mail.r#box.as_str(), mail.message_id.as_str());
        let earliest = first.entry(key).or_insert(mail.at_us);
        *earliest = (*earliest).min(mail.at_us);
        let latest = last.entry(key).or_insert(mail.at_us);
        *latest = (*latest).max(mail.at_us);
    }
    let mut before: HashMap<(&str, &str), Vec<&Planned>> = HashMap::new();
    for mail in planned {
        let key = (mail.address.as_str(), mail.message_id.as_str());
        let Some(at) = first.get(&key) else { continue };
        let earlier = before.entry((mail.order.as_str(), mail.address.as_str())).or_default();
        for it in earlier.iter() {
            if last.get(&(it.address.as_str(), it.message_id.as_str())).is_some_and(|other| other > at) {
                problems.push(format!(
                    "broken order: version {} of {} came to {} after version {}",
                    it.number, mail.order, mail.address, mail.number
                ));
            }
        }
        earlier.push(mail);
    }
}

/// Every answer in the return box was read and tied to its delivery.
async fn untied(app: &App, debian: &Debian, problems: &mut Vec<String>) -> Result<()> {
    let items = app.store().read(|tx| Ok::<_, AppError>(work_items::open_items(tx, None)?)).await?;
    for item in items.iter().filter(|it| it.station == "acknowledgment" || it.station == "delivery") {
        problems.push(format!("a doubt is open: {} {}", item.code, item.subject));
    }
    let rows = app
        .store()
        .read(|tx| Ok::<_, AppError>(tx.query("SELECT id FROM message WHERE transport = 'imap'", params![])?.len()))
        .await?;
    // A killed Postfix may put the same bytes there twice: they are recorded once.
    let in_box = debian.messages(LABORATORY_BOX)?.into_iter().collect::<HashSet<_>>().len();
    if rows != in_box {
        problems.push(format!("{rows} answers recorded, {in_box} in the return box"));
    }
    Ok(())
}
