//! What a laboratory decides once: who it is, where the services are, how patient it is.

use std::{path::PathBuf, time::Duration};

use jiff::{SignedDuration, tz::TimeZone};
use lab::{
    delivery::RetryPolicy,
    person::{Laboratory, MssanteAddress, TrustedDomains},
    report::screening::ScreeningCollector,
};
use transport::{discovery::Discovery, imap::ImapSettings, smtp::SmtpSettings, tls::Revocation};

use crate::conformity::Repairs;

/// Settings of the flow.
#[derive(Clone)]
pub struct Settings {
    /// The laboratory and its director.
    pub laboratory: Laboratory,
    /// Zone in which times without offset are read and times are printed.
    pub zone: TimeZone,
    /// Settings of mails, which hold those of documents and metadata.
    pub mail: mssante::Settings,
    /// The DMP.
    pub dmp: DmpSettings,
    /// The operator's mail server.
    pub smtp: SmtpSettings,
    /// The boxes that answers come to: the sending one, whose receipts prove what arrived, and those that people write to.
    pub return_boxes: Vec<ReturnBox>,
    /// Whom to ask where the servers of a mailbox are.
    pub discovery: Discovery,
    /// Where the operator's certificates that must not be believed are told; `None`: revocation is not checked.
    pub revocation: Option<RevocationSettings>,
    /// Delays between attempts.
    pub retry: RetryPolicy,
    /// How often a return box is read when its server does not tell of what comes.
    pub return_box_interval: Duration,
    /// After how long a delivery that has not ended is overdue.
    pub overdue_after: SignedDuration,
    /// Deliveries under way at a time.
    pub max_deliveries_in_flight: usize,
    /// Largest inbound message.
    pub max_message_bytes: usize,
    /// Earlier results shown and sent beside a result.
    pub n_previous: u32,
    /// The official rules that reports are checked against before they are signed.
    pub pack: PackSettings,
    /// The national collector that every report of a screening goes to; `None` when the laboratory sends it none.
    pub screening_collector: Option<ScreeningCollector>,
    /// The domains that may be written to: addresses of others are refused where they are written down, and again before
    /// a mail leaves.
    pub trusted: TrustedDomains,
}

/// A box that answers come to.
#[derive(Clone)]
pub struct ReturnBox {
    /// Its address.
    pub address: MssanteAddress,
    /// How it is read.
    pub imap: ImapSettings,
    /// How its person's mail is sent, for a box that opens with a token; others send through [`Settings::smtp`].
    pub smtp: Option<SmtpSettings>,
}

/// Where lists of revoked certificates come from.
#[derive(Clone)]
pub struct RevocationSettings {
    /// The lists in force, which the connections of `smtp` and `return_boxes` look at.
    pub lists: Revocation,
    /// The authorities, PEM: trusted for a source in `https`.
    pub roots_pem: Vec<u8>,
    /// Files, or addresses in `http` or `https`.
    pub sources: Vec<String>,
    /// From one renewal to the next.
    pub every: Duration,
}

/// The pack of official rules of the laboratory.
#[derive(Clone, Debug, Default)]
pub struct PackSettings {
    /// Its folder; none when no pack is installed.
    pub folder: Option<PathBuf>,
    /// A folder that keeps compiled rules from one start to the next.
    pub cache: Option<PathBuf>,
    /// Whether its known defects are repaired while it is read.
    pub repairs: Repairs,
    /// What becomes of a signature when no pack can be used.
    pub without: WithoutPack,
}

/// What becomes of a signature when no pack can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum WithoutPack {
    /// The report is signed, checked with our own rules, and says so.
    #[default]
    OwnRules,
    /// The report is not signed.
    Refused,
}

/// Where the DMP is.
#[derive(Clone)]
pub struct DmpSettings {
    /// Address of the repository service (ITI-41).
    pub repository_url: String,
    /// Address of the registry service (ITI-18).
    pub registry_url: String,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Certificates trusted for it, PEM; empty for a loopback service without TLS.
    pub roots_pem: Vec<u8>,
    /// A folder that keeps every request and answer, as homologation asks for. It holds patients' data.
    pub evidence: Option<PathBuf>,
}
